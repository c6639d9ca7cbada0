"""Straight needles in distance fields: many paths sampled at once, and the tries of an unsteady hand."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import ndimage

from vertebro.kernels.arrays import AnyArray, Array

GOLDEN_RAD = np.pi * (3 - np.sqrt(5))
"""Turn from one point of a sunflower to the next: fills a disc evenly."""


@dataclass(frozen=True)
class Field:
    """A quantity on a regular grid in mm; beyond the grid it has the value ``outside``."""

    values: Array
    low_mm: Array
    step_mm: float
    outside: float

    def __call__(self, points_mm: Array) -> Array:
        """Trilinear values at points (..., 3)."""
        index = (points_mm.reshape(-1, 3) - self.low_mm) / self.step_mm
        found = ndimage.map_coordinates(
            self.values, index.T, order=1, prefilter=False, mode="constant", cval=self.outside
        )
        return np.asarray(found.reshape(points_mm.shape[:-1]))

    def mirrored(self) -> Field:
        """The same field with its first axis reversed; the grid must be symmetric about zero."""
        return Field(self.values[::-1], self.low_mm, self.step_mm, self.outside)


def signed_distance(occupied: AnyArray, step_mm: float) -> Array:
    """Distance (mm) to the surface of a solid: positive inside, negative outside.

    ``occupied`` is a mask, whose surface lies half-way between voxels, or a share from 0 to 1, whose surface
    lies where it crosses one half, between the voxels' centres.
    """
    inside = occupied > 0.5
    if not inside.any():
        return np.full(inside.shape, -np.inf, dtype=np.float32)
    gap = _gap(np.asarray(occupied, dtype=np.float32)) if occupied.dtype != np.bool_ else None
    found = -_way(~inside, gap)
    box = _box_about(inside)  # the way out of a solid ends next to it
    within = _way(inside[box], None if gap is None else gap[box])
    found[box] = np.where(inside[box], within, found[box])
    return np.asarray(found * np.float32(step_mm))


def _way(mask: AnyArray, gap: AnyArray | None) -> AnyArray:
    """Distance, in voxels, from each voxel of a mask to the surface between it and the rest."""
    if gap is None:
        return np.asarray(ndimage.distance_transform_edt(mask), dtype=np.float32) - np.float32(0.5)
    far, nearest = ndimage.distance_transform_edt(mask, return_indices=True)
    return np.asarray(far - gap[tuple(nearest)], dtype=np.float32)


def _box_about(inside: AnyArray) -> tuple[slice, ...]:
    """The part of a grid that holds a mask and one voxel around it."""
    box = []
    for axis in range(inside.ndim):
        rest = tuple(a for a in range(inside.ndim) if a != axis)
        at = np.nonzero(inside.any(axis=rest))[0]
        box.append(slice(max(int(at[0]) - 1, 0), int(at[-1]) + 2))
    return tuple(box)


def _gap(share: AnyArray) -> AnyArray:
    """How far, in voxels, the surface lies from each voxel's centre, judged by the slope of the share."""
    slope = np.sqrt(sum(g * g for g in np.gradient(share)))
    return np.asarray(np.clip(np.abs(share - 0.5) / np.maximum(slope, 0.25), 0, 1))


def unit(vectors: Array) -> Array:
    """Vectors (..., 3) of length one."""
    return np.asarray(vectors / np.linalg.norm(vectors, axis=-1, keepdims=True))


def along(start_mm: Array, direction: Array, depths_mm: Array) -> Array:
    """Points (paths, depths, 3) on paths (paths, 3) at the same depths."""
    return np.asarray(start_mm[:, None, :] + depths_mm[None, :, None] * direction[:, None, :])


def sunflower(count: int) -> Array:
    """Points (count, 2) spread evenly over the unit disc, the first at its centre."""
    n = np.arange(count)
    radius, turn = np.sqrt(n / max(count - 1, 1)), n * GOLDEN_RAD
    return np.stack([radius * np.cos(turn), radius * np.sin(turn)], axis=-1)


def across(direction: Array) -> tuple[Array, Array]:
    """Two unit vectors at right angles to a direction: sideways, and up (the third axis) as far as it can."""
    up = np.array([0.0, 0.0, 1.0]) - direction[2] * direction
    if float(np.linalg.norm(up)) < 0.1:  # a direction straight up or down: any will do
        up = np.array([0.0, 1.0, 0.0]) - direction[1] * direction
    up = unit(up)
    return unit(np.cross(up, direction)), up


def unsteady(
    entry_mm: Array, target_mm: Array, off_mm: float, off_deg: float, count: int
) -> tuple[Array, Array]:
    """Starts and directions of tries that miss the entry by up to ``off_mm`` and turn by up to ``off_deg``.

    Offsets and turns are spread evenly over their discs, ``count`` of each, every one with every other.
    """
    direction = unit(target_mm - entry_mm)
    side, up = across(direction)
    disc = sunflower(count)
    shifts = off_mm * (disc[:, :1] * side + disc[:, 1:] * up)
    turns = np.tan(np.radians(off_deg)) * (disc[:, :1] * side + disc[:, 1:] * up)
    starts = np.repeat(entry_mm + shifts, count, axis=0)
    return starts, unit(np.tile(direction + turns, (count, 1)))
