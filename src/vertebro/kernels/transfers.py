"""Between a grid and its coarser copy: trilinear interpolation, its transpose, and mean moduli."""

from __future__ import annotations

import numpy as np

from vertebro.kernels.arrays import AnyArray
from vertebro.kernels.compiled import compiled, part
from vertebro.kernels.grids import NODES, NX, NY, VOXELS, Grid


@part
def longest_column(grid: Grid, first: int, stop: int) -> int:
    """The greatest length of some columns of nodes."""
    longest = 0
    for n in range(first, stop):
        longest = max(longest, grid.nodes[n, 1])
    return longest


@part
def gather_line(grid: Grid, column: int, coarse: tuple[int, int], fine: AnyArray, weight: float, line: AnyArray) -> None:  # fmt: skip  # noqa: E501
    """Adds a column of fine nodes to the line of fine nodes around a coarse column (lowest, count)."""
    low, many, at = grid.nodes[column]
    start = 2 * coarse[0] - 1
    for k in range(max(low, start), min(low + many, start + 2 * coarse[1] + 2)):
        line[k - start] += weight * fine[k + at - low]


@part
def restrict(grid: Grid, coarse: int, planes: tuple[int, int], fine: AnyArray, out: AnyArray) -> None:
    """out = P' fine on some planes of the coarse level; ``fine`` holds the level below."""
    row, below = grid.levels[coarse], grid.levels[coarse - 1]
    ny, my = row[NY] + 1, below[NY] + 1
    begin, end = row[NODES] + planes[0] * ny, row[NODES] + planes[1] * ny
    line, half = np.zeros(2 * longest_column(grid, begin, end) + 3, fine.dtype), fine.dtype.type(0.5)
    for n in range(begin, end):
        i, j = (n - row[NODES]) // ny, (n - row[NODES]) % ny
        lowest, count, start = grid.nodes[n]
        for c in range(fine.shape[0] if count > 0 else 0):
            line[: 2 * count + 3] = 0
            for a in range(max(2 * i - 1, 0), min(2 * i + 2, below[NX] + 1)):
                for b in range(max(2 * j - 1, 0), min(2 * j + 2, my)):
                    weight = fine.dtype.type((1 - 0.5 * abs(a - 2 * i)) * (1 - 0.5 * abs(b - 2 * j)))
                    gather_line(grid, below[NODES] + a * my + b, (lowest, count), fine[c], weight, line)
            target = out[c]
            for k in range(count):
                target[start + k] = line[2 * k + 1] + half * (line[2 * k] + line[2 * k + 2])


@part
def prolong(grid: Grid, level: int, planes: tuple[int, int], coarse: AnyArray, out: AnyArray) -> None:
    """out += P coarse on some planes of the level; ``coarse`` holds the level above."""
    row, above = grid.levels[level], grid.levels[level + 1]
    ny, my = row[NY] + 1, above[NY] + 1
    begin, end = row[NODES] + planes[0] * ny, row[NODES] + planes[1] * ny
    line, half = np.zeros(longest_column(grid, begin, end) // 2 + 3, out.dtype), out.dtype.type(0.5)
    for n in range(begin, end):
        i, j = (n - row[NODES]) // ny, (n - row[NODES]) % ny
        lowest, count, start = grid.nodes[n]
        k0, many = lowest // 2, (count + 1) // 2 + 1  # columns begin at even nodes
        weight = out.dtype.type((1 - 0.5 * (i % 2)) * (1 - 0.5 * (j % 2)))
        for c in range(out.shape[0] if count > 0 else 0):
            line[:many] = 0
            for a in range(i // 2, (i + 1) // 2 + 1):
                for b in range(j // 2, (j + 1) // 2 + 1):
                    low, length, at = grid.nodes[above[NODES] + a * my + b]
                    source = coarse[c]
                    for k in range(max(low, k0), min(low + length, k0 + many)):
                        line[k - k0] += weight * source[k + at - low]
            target = out[c]
            for k in range(count // 2):
                target[start + 2 * k] += line[k]
                target[start + 2 * k + 1] += half * (line[k] + line[k + 1])


@compiled
def restrict_piece(grid: Grid, coarse: int, planes: tuple[int, int], fine: AnyArray, out: AnyArray) -> None:
    """The same as a task of its own."""
    restrict(grid, coarse, planes, fine, out)


@compiled
def mean_moduli(grid: Grid, coarse: int, planes: tuple[int, int], modulus: AnyArray) -> None:
    """The modulus of coarse voxels: the mean of their eight children, void counting nought."""
    row, below = grid.levels[coarse], grid.levels[coarse - 1]
    eighth = modulus.dtype.type(0.125)
    for n in range(planes[0] * row[NY], min(planes[1], row[NX]) * row[NY]):
        i, j = n // row[NY], n % row[NY]
        lowest, count, start = grid.voxels[row[VOXELS] + n]
        for a in range(2 * i, min(2 * i + 2, below[NX])):
            for b in range(2 * j, min(2 * j + 2, below[NY])):
                low, many, at = grid.voxels[below[VOXELS] + a * below[NY] + b]
                to, pairs = start - lowest + low // 2, min(many // 2, lowest + count - low // 2)
                for k in range(pairs):
                    modulus[to + k] += eighth * (modulus[at + 2 * k] + modulus[at + 2 * k + 1])
