"""From voxel arrays to columns: moduli, and the inverse of every node's own block of the stiffness."""

from __future__ import annotations

from typing import NamedTuple, TypeAlias

import numpy as np

from vertebro.kernels.arrays import AnyArray
from vertebro.kernels.compiled import compiled, part
from vertebro.kernels.grids import NODES, NX, NY, VOXELS, Grid

Planes: TypeAlias = tuple[int, int]
Freedom: TypeAlias = tuple[AnyArray, AnyArray, AnyArray]


class Moduli(NamedTuple):
    """Moduli in columns, the corner's block by modulus (6, 3), the largest fully integrated lambda/mu."""

    lam: AnyArray
    mu: AnyArray
    corner: AnyArray
    largest_full_ratio: np.float32


@compiled
def pack_elastic(
    grid: Grid, planes: Planes, young: AnyArray, poisson: AnyArray, lam: AnyArray, mu: AnyArray
) -> None:
    """lambda and mu of the finest level from dense arrays; ``poisson`` may have one entry for all."""
    ny, nz = young.shape[1], young.shape[2]
    each = 1 if poisson.size > 1 else 0
    for n in range(planes[0] * ny, min(planes[1], young.shape[0]) * ny):
        i, j = n // ny, n % ny
        lowest, count, start = grid.voxels[n]
        for k in range(min(count, nz - lowest)):
            nu = poisson[i * each, j * each, (lowest + k) * each]
            m = young[i, j, lowest + k] / (2 * (1 + nu))
            mu[start + k] = m
            lam[start + k] = 2 * m * nu / (1 - 2 * nu)


@compiled
def pack(grid: Grid, planes: Planes, dense: AnyArray, out: AnyArray) -> None:
    """One modulus of the finest level from a dense array."""
    ny, nz = dense.shape[1], dense.shape[2]
    for n in range(planes[0] * ny, min(planes[1], dense.shape[0]) * ny):
        lowest, count, start = grid.voxels[n]
        for k in range(min(count, nz - lowest)):
            out[start + k] = dense[n // ny, n % ny, lowest + k]


@part
def add_corner(column: AnyArray, shift: int, factors: AnyArray, sign: int, m: Moduli, to: AnyArray) -> None:
    """to += the corner's entry of each voxel of a column (its last voxel is void)."""
    start, s = column[2], np.float32(sign)
    a, b, c = s * factors[0], s * factors[1], s * factors[2]
    n = column[1] - 1
    lams, mus, target = m.lam[start : start + n], m.mu[start : start + n], to[shift : shift + n]
    for k in range(n):
        lam, mu = lams[k], mus[k]
        higher = np.float32(0) if lam > m.largest_full_ratio * mu else lam
        target[k] += a * lam + b * higher + c * mu


@part
def gather_blocks(grid: Grid, row: AnyArray, at: tuple[int, int, int], m: Moduli, sums: AnyArray) -> None:
    """Sums the corner blocks of the voxels around a column of nodes (i, j, lowest): xx yy zz xy xz yz."""
    i, j, lowest = at
    for a in range(max(i - 1, 0), min(i + 1, row[NX])):
        for b in range(max(j - 1, 0), min(j + 1, row[NY])):
            column = grid.voxels[row[VOXELS] + a * row[NY] + b]
            x, y, shift = 1 - 2 * (a - i + 1), 1 - 2 * (b - j + 1), column[0] - lowest
            for entry in range(6):
                sign = x * y if entry == 3 else x if entry == 4 else y if entry == 5 else 1
                upside = -1 if entry > 3 else 1  # a node above a voxel lies at its upper corner
                add_corner(column, shift, m.corner[entry], sign * upside, m, sums[entry])
                add_corner(column, shift + 1, m.corner[entry], sign, m, sums[entry])


@part
def invert_blocks(
    count: int, start: int, sums: AnyArray, held: AnyArray, extra: AnyArray, inverse: AnyArray
) -> None:
    """The inverse 3 x 3 blocks (xx yy zz xy xz yz) of a column of nodes; held directions get nought."""
    for k in range(count):
        at, solid = start + k, 1.0 if sums[0, k] > 0 else 0.0
        x = solid * (1 - (held[at] & 1))
        y = solid * (1 - (held[at] >> 1 & 1))
        z = solid * (1 - (held[at] >> 2 & 1))
        a = sums[0, k] * x + extra[0, at] * x + (1 - x)
        b = sums[1, k] * y + extra[1, at] * y + (1 - y)
        c = sums[2, k] * z + extra[2, at] * z + (1 - z)
        d, e, f = sums[3, k] * x * y, sums[4, k] * x * z, sums[5, k] * y * z
        p, q, r = b * c - f * f, f * e - d * c, d * f - b * e
        scale = 1 / (a * p + d * q + e * r)
        inverse[0, at] = p * scale * x
        inverse[1, at] = (a * c - e * e) * scale * y
        inverse[2, at] = (a * b - d * d) * scale * z
        inverse[3, at] = q * scale
        inverse[4, at] = r * scale
        inverse[5, at] = (e * d - a * f) * scale


@compiled
def node_blocks(
    grid: Grid, level: int, planes: Planes, m: Moduli, freedom: Freedom, inverse: AnyArray
) -> None:
    """Inverse blocks of the nodes on some planes.

    ``freedom``: bits of held directions, an addition to the diagonal, and scratch (6, longest column).
    """
    row, held, extra, sums = grid.levels[level], freedom[0], freedom[1], freedom[2]
    ny = row[NY] + 1
    begin, end = row[NODES] + planes[0] * ny, row[NODES] + planes[1] * ny
    for n in range(begin, end):
        lowest, count, start = grid.nodes[n]
        sums[:, : count + 1] = 0
        at = n - row[NODES]
        gather_blocks(grid, row, (at // ny, at % ny, lowest), m, sums)
        if inverse.shape[0] == 6:
            invert_blocks(count, start, sums, held, extra, inverse)
            continue
        for k in range(count):
            free = held[start + k] == 0 and sums[0, k] > 0
            inverse[0, start + k] = 1 / (sums[0, k] + extra[0, start + k]) if free else 0
