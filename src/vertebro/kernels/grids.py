"""Columns of voxels and nodes on a pyramid of grids, all levels in one address space.

Only what lies between the first and the last solid voxel of a column is stored. A level's planes of
nodes follow each other; fields are arrays (component, address). No pointers: four tables of integers.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from vertebro.kernels.arrays import AnyArray, Array
from vertebro.kernels.lanes import MOST_LANES

ALIGNMENT = 16  # planes begin on a cache line of 64 bytes in single precision
LEAST_PLANES = 16  # a piece of work redoes one plane of its neighbour: not more than 1/16 more work
MOST_PIECES = 16
LEAST_VOXELS = 6000  # below this a second thread costs more to wake than it brings

NX, NY, VOXELS, NODES, PLANES, PIECES, PIECE_COUNT, BEGIN, END = range(9)


class Grid(NamedTuple):
    """Tables of the pyramid; columns are (lowest k, count, address of the first).

    ``levels`` has a row a level: NX NY, its first column of voxels and of nodes, its first entry in
    ``planes`` and ``pieces``, its number of pieces, its first and last address of a node.
    """

    voxels: AnyArray
    nodes: AnyArray
    levels: AnyArray
    planes: AnyArray
    pieces: AnyArray


class Extent(NamedTuple):
    """First solid voxel of every column (nx, ny) and the one after the last; equal where empty."""

    first: AnyArray
    stop: AnyArray

    def halved(self) -> Extent:
        """The same on the grid of double edges."""
        nx, ny = self.first.shape
        pad = ((0, nx % 2), (0, ny % 2))
        empty = self.stop <= self.first
        first = np.pad(np.where(empty, _FAR, self.first // 2), pad, constant_values=_FAR)
        stop = np.pad(np.where(empty, -1, (self.stop + 1) // 2), pad, constant_values=-1)
        blocks = ((nx + 1) // 2, 2, (ny + 1) // 2, 2)
        first, stop = first.reshape(blocks).min(axis=(1, 3)), stop.reshape(blocks).max(axis=(1, 3))
        return Extent(np.where(stop > 0, first, 0), np.maximum(stop, 0))


_FAR = 2**40


def extent_of(solid: AnyArray) -> Extent:
    """The solid part of every column of a mask (nx, ny, nz)."""
    some = solid.any(axis=2)
    first = np.where(some, solid.argmax(axis=2), 0)
    return Extent(first, np.where(some, solid.shape[2] - solid[:, :, ::-1].argmax(axis=2), 0))


def pyramid(extent: Extent, levels: int) -> Grid:
    """The grid of a model and its coarser copies."""
    tables: list[list[AnyArray]] = [[], [], [], [], []]
    address = voxel_address = 0
    for _ in range(levels):
        voxels = _voxel_columns(extent, voxel_address)
        nodes, planes = _node_columns(voxels, address)
        pieces = _pieces(voxels)
        counts = [sum(len(t) for t in tables[n]) for n in (0, 1, 3, 4)]
        row = [*extent.first.shape, *counts, len(pieces), address, planes[-1]]
        for table, rows in zip(
            tables, (voxels.reshape(-1, 3), nodes.reshape(-1, 3), [row], planes, pieces), strict=True
        ):
            table.append(np.asarray(rows, dtype=np.int64))
        address = int(planes[-1])
        voxel_address += int(voxels[..., 1].sum())
        extent = extent.halved()
    return Grid(*(np.ascontiguousarray(np.concatenate(table)) for table in tables))


def _voxel_columns(extent: Extent, address: int) -> AnyArray:
    """Columns begin at an even voxel and end with at least one void voxel, in whole registers."""
    lowest = extent.first // 2 * 2
    count = -(-(extent.stop + 1 - lowest) // MOST_LANES) * MOST_LANES
    count = np.where(extent.stop > extent.first, count, 0)
    start = address + np.cumsum(count.ravel()).reshape(count.shape) - count
    return np.stack([np.where(count > 0, lowest, 0), count, start], axis=-1)


def _node_columns(voxels: AnyArray, address: int) -> tuple[AnyArray, AnyArray]:
    """Columns of nodes span their up to four columns of voxels; and where every plane begins."""
    nx, ny = voxels.shape[:2]
    lowest, top = np.full((nx + 1, ny + 1), _FAR), np.full((nx + 1, ny + 1), -1)
    empty = voxels[..., 1] == 0
    low, high = np.where(empty, _FAR, voxels[..., 0]), np.where(empty, -1, voxels[..., 0] + voxels[..., 1])
    for i in (0, 1):
        for j in (0, 1):
            part = np.s_[i : i + nx, j : j + ny]
            lowest[part] = np.minimum(lowest[part], low)
            top[part] = np.maximum(top[part], high)
    count = np.where(top > 0, top - lowest, 0)
    within = np.cumsum(count, axis=1) - count
    size = -(-(count.sum(axis=1) + MOST_LANES) // ALIGNMENT) * ALIGNMENT
    planes = address + np.concatenate([[0], np.cumsum(size)])
    start = planes[:-1, None] + within
    return np.stack([np.where(count > 0, lowest, 0), count, start], axis=-1), planes


def _pieces(voxels: AnyArray) -> AnyArray:
    """Ranges of planes of nodes with about equal work, an even number of them where there is enough."""
    nx = voxels.shape[0]
    work = voxels[..., 1].sum(axis=1) + MOST_LANES * np.count_nonzero(voxels[..., 1], axis=1)
    total = np.concatenate([[0], np.cumsum(work)])
    count = 1
    if voxels[..., 1].sum() >= LEAST_VOXELS:
        count = int(np.clip(nx // LEAST_PLANES // 2 * 2, 2, MOST_PIECES))
    inner = np.searchsorted(total, total[-1] * np.arange(1, count) / count)
    cuts = np.unique(np.concatenate([[0], inner, [nx + 1]]))
    return np.stack([cuts[:-1], cuts[1:]], axis=-1)


def addresses(grid: Grid, nodes: AnyArray, level: int = 0) -> AnyArray:
    """Where nodes (n, 3) of a level are stored; -1 for nodes that no column holds."""
    nx, ny = grid.levels[level, [NX, NY]]
    i, j, k = np.asarray(nodes, dtype=np.int64).T
    inside = (i >= 0) & (i <= nx) & (j >= 0) & (j <= ny)
    column = grid.nodes[grid.levels[level, NODES] + np.where(inside, i * (ny + 1) + j, 0)]
    inside &= (k >= column[:, 0]) & (k < column[:, 0] + column[:, 1])
    return np.where(inside, column[:, 2] + k - column[:, 0], -1)


def places(grid: Grid, level: int = 0) -> AnyArray:
    """The indices (3, stored) of the nodes at every address of a level; -1 at padding."""
    row = grid.levels[level]
    columns = grid.nodes[row[NODES] : row[NODES] + (row[NX] + 1) * (row[NY] + 1)]
    out = np.full((3, row[END] - row[BEGIN]), -1, dtype=np.int32)
    lowest, count, start = columns.T
    held = np.repeat(np.arange(len(columns)), count)
    within = np.arange(len(held)) - np.repeat(np.cumsum(count) - count, count)
    at = start[held] + within - row[BEGIN]
    out[0, at], out[1, at] = held // (row[NY] + 1), held % (row[NY] + 1)
    out[2, at] = lowest[held] + within
    return out


def places_of(grid: Grid, at: AnyArray, level: int = 0) -> AnyArray:
    """The indices (n, 3) of the nodes at some addresses of a level."""
    row = grid.levels[level]
    columns = grid.nodes[row[NODES] : row[NODES] + (row[NX] + 1) * (row[NY] + 1)]
    held = columns[columns[:, 1] > 0]
    number = np.flatnonzero(columns[:, 1] > 0)
    column = np.searchsorted(held[:, 2], at, side="right") - 1
    i, j = np.divmod(number[column], row[NY] + 1)
    return np.stack([i, j, held[column, 0] + at - held[column, 2]], axis=-1)


def dense_rows(grid: Grid, shape: tuple[int, int, int], rows: Array) -> Array:
    """Rows by address of a voxel on the grid (nx, ny, nz, ...)."""
    nx, ny, nz = shape
    out = np.zeros((*shape, *rows.shape[1:]))
    for n in range(nx * ny):
        lowest, count, start = grid.voxels[n]
        count = min(count, nz - lowest)
        out[n // ny, n % ny, lowest : lowest + count] = rows[start : start + count]
    return out
