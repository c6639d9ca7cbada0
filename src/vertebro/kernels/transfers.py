"""Between a grid and its coarser copy: trilinear interpolation, its transpose, and mean moduli."""

from __future__ import annotations

from typing import TypeAlias

from vertebro.kernels.arrays import AnyArray
from vertebro.kernels.compiled import compiled, part
from vertebro.kernels.grids import NODES, NX, NY, VOXELS, Grid

Planes: TypeAlias = tuple[int, int]


@part
def gather_line(grid: Grid, column: int, coarse: tuple[int, int], fine: AnyArray, weight: float, line: AnyArray) -> None:  # fmt: skip  # noqa: E501
    """Adds a column of fine nodes to the line of fine nodes around a coarse column (lowest, count)."""
    low, many, at = grid.nodes[column]
    start = 2 * coarse[0] - 1
    begin, end = max(low, start), min(low + many, start + 2 * coarse[1] + 2)
    source, target = fine[at + begin - low : at + end - low], line[begin - start : end - start]
    for k in range(end - begin):
        target[k] += weight * source[k]


@part
def restrict(grid: Grid, coarse: int, planes: Planes, fine: AnyArray, out: AnyArray, line: AnyArray) -> None:
    """out = P' fine on some planes of the coarse level; ``fine`` holds the level below.

    ``line`` is scratch, twice as long as the longest column of the level.
    """
    row, below = grid.levels[coarse], grid.levels[coarse - 1]
    ny, my = row[NY] + 1, below[NY] + 1
    begin, end = row[NODES] + planes[0] * ny, row[NODES] + planes[1] * ny
    half = fine.dtype.type(0.5)
    for n in range(begin, end):
        i, j = (n - row[NODES]) // ny, (n - row[NODES]) % ny
        lowest, count, start = grid.nodes[n]
        for c in range(fine.shape[0] if count > 0 else 0):
            line[: 2 * count + 3] = 0
            for a in range(max(2 * i - 1, 0), min(2 * i + 2, below[NX] + 1)):
                for b in range(max(2 * j - 1, 0), min(2 * j + 2, my)):
                    weight = fine.dtype.type((1 - 0.5 * abs(a - 2 * i)) * (1 - 0.5 * abs(b - 2 * j)))
                    gather_line(grid, below[NODES] + a * my + b, (lowest, count), fine[c], weight, line)
            target = out[c, start : start + count]
            for k in range(count):
                target[k] = line[2 * k + 1] + half * (line[2 * k] + line[2 * k + 2])


@part
def prolong(grid: Grid, level: int, planes: Planes, coarse: AnyArray, out: AnyArray, line: AnyArray) -> None:
    """out += P coarse on some planes of the level; ``coarse`` holds the level above, ``line`` is scratch."""
    row, above = grid.levels[level], grid.levels[level + 1]
    ny, my = row[NY] + 1, above[NY] + 1
    begin, end = row[NODES] + planes[0] * ny, row[NODES] + planes[1] * ny
    half = out.dtype.type(0.5)
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
                    p, q = max(low, k0), min(low + length, k0 + many)
                    source, near = coarse[c, at + p - low : at + q - low], line[p - k0 : q - k0]
                    for k in range(q - p):
                        near[k] += weight * source[k]
            target = out[c, start : start + count]
            for k in range(count // 2):
                target[2 * k] += line[k]
                target[2 * k + 1] += half * (line[k] + line[k + 1])


@compiled
def restrict_piece(
    grid: Grid, coarse: int, planes: Planes, fine: AnyArray, out: AnyArray, line: AnyArray
) -> None:
    """The same as a task of its own."""
    restrict(grid, coarse, planes, fine, out, line)


@compiled
def mean_moduli(grid: Grid, coarse: int, planes: Planes, modulus: AnyArray) -> None:
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
                target, source = modulus[to : to + pairs], modulus[at : at + 2 * pairs]
                for k in range(pairs):
                    target[k] += eighth * (source[2 * k] + source[2 * k + 1])


@compiled
def solid_weight(
    grid: Grid, coarse: int, places: AnyArray, nodes: tuple[AnyArray, AnyArray], out: AnyArray
) -> None:
    """The interpolation weights of the solid fine nodes around some coarse nodes (n, 3), summed.

    ``nodes``: inverse blocks, nought at nodes in the void, and the bits of held directions.
    """
    below, inverse, held = grid.levels[coarse - 1], nodes[0], nodes[1]
    for n in range(len(places)):
        for offset in range(27):
            a, b, c = offset // 9, offset // 3 % 3, offset % 3
            i, j, k = 2 * places[n, 0] + a - 1, 2 * places[n, 1] + b - 1, 2 * places[n, 2] + c - 1
            if i < 0 or j < 0 or i > below[NX] or j > below[NY]:
                continue
            low, count, start = grid.nodes[below[NODES] + i * (below[NY] + 1) + j]
            if k < low or k >= low + count:
                continue
            at = start + k - low
            if held[at] or inverse[0, at] > 0:
                out[n] += 0.5 ** (abs(a - 1) + abs(b - 1) + abs(c - 1))
