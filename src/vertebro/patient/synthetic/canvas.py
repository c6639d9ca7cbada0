"""The grid of the scan, and a slab of it on which tissues are painted, each over what lies beneath."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from vertebro.kernels.arrays import AnyArray, Array
from vertebro.kernels.solids import Point, change_per_voxel, coverage
from vertebro.patient.frame import BodyFrame
from vertebro.patient.synthetic.spec import v

FINEST_MM = 1.05
"""Voxels wider than this are painted in parts and averaged, as a scanner averages over them."""

SLAB_VOXELS = 3_000_000
"""Voxels painted at once: keeps the working memory near 200 MB."""


@dataclass(frozen=True)
class Grid:
    """A regular grid of voxels in LPS mm, and how often each is divided for painting."""

    shape: tuple[int, int, int]
    affine_mm: Array

    @property
    def parts(self) -> tuple[int, int, int]:
        """How many parts each voxel is painted in along i, j, k."""
        spacing = np.linalg.norm(self.affine_mm[:3, :3], axis=0)
        i, j, k = (max(1, int(np.ceil(s / FINEST_MM))) for s in spacing)
        return i, j, k

    @property
    def fine_affine_mm(self) -> Array:
        """Affine of the painted parts."""
        parts = np.array(self.parts)
        affine = self.affine_mm.copy()
        affine[:3, :3] /= parts
        affine[:3, 3] -= affine[:3, :3] @ ((parts - 1) / 2)
        return affine

    def slabs(self) -> Iterator[tuple[int, int]]:
        """First and last voxel plane of the slabs, along the first axis."""
        a_plane = int(np.prod(self.shape[1:]) * np.prod(self.parts))
        step = max(1, SLAB_VOXELS // a_plane)
        return ((i, min(i + step, self.shape[0])) for i in range(0, self.shape[0], step))


@dataclass(frozen=True)
class Tile:
    """A box of painted parts: where it lies, first and one past the last along i, j, k."""

    affine_mm: Array
    low: tuple[int, int, int]
    high: tuple[int, int, int]

    def local(self, frame: BodyFrame) -> Point:
        """(right, anterior, superior) mm of the voxels, as arrays that broadcast to the tile's shape."""
        return self._combine(frame.axes @ self.affine_mm[:3, :3], frame.local_mm(self.affine_mm[:3, 3]))

    def world(self) -> Point:
        """LPS mm of the voxels, as arrays that broadcast to the tile's shape."""
        return self._combine(self.affine_mm[:3, :3], self.affine_mm[:3, 3])

    @property
    def shape(self) -> tuple[int, int, int]:
        """Number of parts along i, j, k."""
        i, j, k = (h - lo for lo, h in zip(self.low, self.high, strict=True))
        return i, j, k

    def padded(self) -> Tile:
        """One part more on every side, so that a distance's change can be taken."""
        return Tile(self.affine_mm, _add(self.low, -1), _add(self.high, 1))

    def meet(self, other: Tile) -> Tile | None:
        """The box both share, if any."""
        low = tuple(map(max, self.low, other.low))
        high = tuple(map(min, self.high, other.high))
        if any(lo >= hi for lo, hi in zip(low, high, strict=True)):
            return None
        return Tile(self.affine_mm, (low[0], low[1], low[2]), (high[0], high[1], high[2]))

    def inside(self, other: Tile) -> tuple[slice, slice, slice]:
        """This box as slices of the arrays of a box that holds it."""
        i, j, k = (slice(lo - o, hi - o) for lo, hi, o in zip(self.low, self.high, other.low, strict=True))
        return i, j, k

    def around(self, corners_mm: Array) -> Tile | None:
        """The part of this tile that holds all these points (LPS mm), grown to whole parts."""
        inverse = np.linalg.inv(self.affine_mm)
        index = corners_mm @ inverse[:3, :3].T + inverse[:3, 3]
        low, high = np.floor(index.min(axis=0)).astype(int), np.ceil(index.max(axis=0)).astype(int) + 1
        box = Tile(self.affine_mm, (low[0], low[1], low[2]), (high[0], high[1], high[2]))
        return self.meet(box)

    def around_lps(self, low_mm: Sequence[float], high_mm: Sequence[float]) -> Tile | None:
        """The part of this tile around a box given in LPS mm."""
        return self.around(_corners(low_mm, high_mm))

    def around_local(
        self, frame: BodyFrame, low_mm: Sequence[float], high_mm: Sequence[float]
    ) -> Tile | None:
        """The part of this tile around a box given in a body's own directions."""
        return self.around(frame.world_mm(_corners(low_mm, high_mm)))

    def _combine(self, matrix: Array, start: Array) -> Point:
        steps = [np.arange(lo, hi, dtype=np.float64) for lo, hi in zip(self.low, self.high, strict=True)]
        largest = np.abs(matrix).max()
        out = []
        for row, first in zip(matrix, start, strict=True):
            total: AnyArray = np.full((1, 1, 1), first)
            for axis in range(3):
                if abs(row[axis]) > 1e-9 * largest:  # zero up to rounding: the array need not grow
                    shape = [1, 1, 1]
                    shape[axis] = -1
                    total = total + (row[axis] * steps[axis]).reshape(shape)
            out.append(total.astype(np.float32))
        return out[0], out[1], out[2]


def _corners(low: Sequence[float], high: Sequence[float]) -> Array:
    return np.array(np.meshgrid(*zip(low, high, strict=True)), dtype=float).reshape(3, -1).T


def _add(index: tuple[int, int, int], by: int) -> tuple[int, int, int]:
    return index[0] + by, index[1] + by, index[2] + by


class Canvas:
    """One slab of the scan while it is painted: HU and STIR signal of every part."""

    def __init__(self, grid: Grid, planes: tuple[int, int]) -> None:
        self.grid, self.planes = grid, planes
        parts = grid.parts
        low = (planes[0] * parts[0], 0, 0)
        high = (planes[1] * parts[0], grid.shape[1] * parts[1], grid.shape[2] * parts[2])
        self.tile = Tile(grid.fine_affine_mm, low, high)
        self.hu: AnyArray = np.full(self.tile.shape, v.air_hu.value, dtype=np.float32)
        self.stir: AnyArray = np.full(self.tile.shape, v.stir_signal.value["air"], dtype=np.float32)

    def paint(self, tile: Tile, part: AnyArray, hu: AnyArray | float, stir: AnyArray | float) -> None:
        """Cover this part (0 to 1) of each voxel of a tile with a tissue."""
        box = tile.inside(self.tile)
        self.hu[box] += part * (np.asarray(hu, dtype=np.float32) - self.hu[box])
        self.stir[box] += part * (np.asarray(stir, dtype=np.float32) - self.stir[box])

    def paint_solid(
        self, tile: Tile, distance: AnyArray, hu: AnyArray | float, stir: AnyArray | float
    ) -> None:
        """Cover the inside of a solid given by its distance over the tile."""
        self.paint(tile, self.part_inside(tile, distance), hu, stir)

    def part_inside(self, tile: Tile, distance: AnyArray) -> AnyArray:
        """Part of each voxel of a tile inside a solid whose distance is true to mm."""
        full = np.broadcast_to(distance, tile.shape)
        return coverage(full, change_per_voxel(full))

    def averaged(self, values: AnyArray) -> AnyArray:
        """Painted parts averaged to whole voxels."""
        parts = self.grid.parts
        if parts == (1, 1, 1):
            return values
        i, j, k = (n // p for n, p in zip(values.shape, parts, strict=True))
        return np.asarray(values.reshape(i, parts[0], j, parts[1], k, parts[2]).mean(axis=(1, 3, 5)))

    def averaged_tile(self, tile: Tile, values: AnyArray) -> tuple[tuple[slice, slice, slice], AnyArray]:
        """A tile's painted parts averaged to whole voxels, and where those lie in the slab; 0 outside it."""
        parts = np.array(self.grid.parts)
        low = (np.array(tile.low) - self.tile.low) // parts
        high = -(-(np.array(tile.high) - self.tile.low) // parts)
        before = np.array(tile.low) - self.tile.low - low * parts
        after = (high - low) * parts - before - np.array(tile.shape)
        whole = np.pad(values, list(zip(before.tolist(), after.tolist(), strict=True)))
        i, j, k = (slice(int(lo), int(hi)) for lo, hi in zip(low, high, strict=True))
        return (i, j, k), self.averaged(whole)
