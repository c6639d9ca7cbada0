"""Masks in a frame of their own: resampling, silhouettes, holes, edges of runs, angles (mm)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import ndimage

from vertebro.kernels.arrays import AnyArray, Array, Mask


@dataclass(frozen=True)
class Grid:
    """A regular grid of sampling places: three arrays of coordinates in mm along its own axes."""

    right_mm: Array
    anterior_mm: Array
    superior_mm: Array

    @classmethod
    def around(cls, low_mm: AnyArray, high_mm: AnyArray, step_mm: AnyArray) -> Grid:
        """The grid that covers a box, with these steps along its three axes."""
        return cls(*(np.arange(lo, hi + st, st) for lo, hi, st in zip(low_mm, high_mm, step_mm, strict=True)))

    @property
    def shape(self) -> tuple[int, int, int]:
        """Number of places along right, anterior, superior."""
        return len(self.right_mm), len(self.anterior_mm), len(self.superior_mm)


def resampled(values: AnyArray, affine_mm: Array, origin_mm: Array, axes: Array, grid: Grid) -> Array:
    """Trilinear values of an image at ``origin + right*axes[0] + anterior*axes[1] + superior*axes[2]``.

    Outside the image the value is 0. The index is an affine function of the place in the regular grid.
    """
    inverse = np.linalg.inv(affine_mm)
    along = inverse[:3, :3] @ axes.T  # columns: index steps per mm along the grid's own axes
    of_grid = (grid.right_mm, grid.anterior_mm, grid.superior_mm)
    first = np.array([axis[0] for axis in of_grid])
    step = np.array([(axis[-1] - axis[0]) / max(len(axis) - 1, 1) for axis in of_grid])
    start = inverse[:3, :3] @ origin_mm + inverse[:3, 3] + along @ first
    source = np.asarray(values, dtype=np.float32)
    return np.asarray(
        ndimage.affine_transform(source, along * step, start, grid.shape, order=1, prefilter=False)
    )


def resampled_at(values: AnyArray, affine_mm: Array, points_mm: Array) -> Array:
    """Trilinear values of an image at points (n, 3)."""
    inverse = np.linalg.inv(affine_mm)
    index = inverse[:3, :3] @ points_mm.T + inverse[:3, 3:]
    source = np.asarray(values, dtype=np.float32)
    return np.asarray(ndimage.map_coordinates(source, index, order=1, prefilter=False))


def extent_along(directions: Array, spacing_mm: Array, unit: Array) -> float:
    """Length (mm) of a voxel's shadow on a direction: how far one voxel reaches along it."""
    return float(np.abs(directions.T @ unit) @ spacing_mm)


def longest_run(inside: Mask) -> tuple[AnyArray, AnyArray, AnyArray]:
    """First index, last index and length of the longest run of True along the last axis.

    Where a line holds no True, the length is 0 and the indices are 0.
    """
    n = inside.shape[-1]
    at = np.arange(n)
    last_false = np.maximum.accumulate(np.where(inside, -1, at), axis=-1)
    length_here = np.where(inside, at - last_false, 0)
    end = length_here.argmax(axis=-1)
    length = np.take_along_axis(length_here, end[..., None], axis=-1)[..., 0]
    return np.where(length > 0, end - length + 1, 0), np.where(length > 0, end, 0), length


def run_edges(values: Array, along_mm: Array, level: float = 0.5) -> tuple[Array, Array]:
    """Lower and upper edge (mm) of the longest run above ``level`` along the last axis, sub-sample.

    The edge lies where straight lines between samples cross the level; NaN where there is no run
    or where it reaches the end of the line.
    """
    first, last, length = longest_run(values > level)
    n = values.shape[-1]
    ok = (length > 0) & (first > 0) & (last < n - 1)
    first, last = np.clip(first, 1, n - 1), np.clip(last, 0, n - 2)

    def crossing(inner: AnyArray, outer: AnyArray) -> Array:
        v_in = np.take_along_axis(values, inner[..., None], axis=-1)[..., 0]
        v_out = np.take_along_axis(values, outer[..., None], axis=-1)[..., 0]
        gap = np.where(v_in - v_out == 0, 1.0, v_in - v_out)
        return np.where(
            ok, along_mm[inner] + (along_mm[outer] - along_mm[inner]) * (v_in - level) / gap, np.nan
        )

    return crossing(first, first - 1), crossing(last, last + 1)


def first_exit(values: Array, along_mm: Array, start: int, step: int, level: float = 0.5) -> Array:
    """Place (mm) where each line along the last axis first falls below ``level``, going from ``start``.

    NaN where the line starts outside or never leaves.
    """
    line = values[..., start:] if step > 0 else values[..., start::-1]
    mm = along_mm[start:] if step > 0 else along_mm[start::-1]
    outside = line <= level
    at = outside.argmax(axis=-1)
    ok = outside.any(axis=-1) & (at > 0)
    at = np.clip(at, 1, len(mm) - 1)
    v_in = np.take_along_axis(line, at[..., None] - 1, axis=-1)[..., 0]
    v_out = np.take_along_axis(line, at[..., None], axis=-1)[..., 0]
    gap = np.where(v_in - v_out == 0, 1.0, v_in - v_out)
    return np.where(ok, mm[at - 1] + (mm[at] - mm[at - 1]) * (v_in - level) / gap, np.nan)


def largest_part(mask: Mask) -> Mask:
    """The largest connected part (faces touching) of a mask; the mask itself if it is empty."""
    labels, count = ndimage.label(mask)
    if count <= 1:
        return mask
    sizes = np.bincount(labels.ravel())
    sizes[0] = 0
    return np.asarray(labels == sizes.argmax())


def enclosed_hole(silhouette: Mask, least_pixels: float) -> Mask | None:
    """The largest hole that the silhouette encloses all round, if it has at least this many pixels."""
    holes = ndimage.binary_fill_holes(silhouette) & ~silhouette
    hole = largest_part(np.asarray(holes))
    return hole if hole.any() and hole.sum() >= least_pixels else None


def thickest_point(silhouette: Mask) -> tuple[AnyArray, float]:
    """Index of the centre of the largest disc that fits into a silhouette, and its radius in pixels."""
    depth = ndimage.distance_transform_edt(np.pad(silhouette, 1))[1:-1, 1:-1]
    at = np.array(np.unravel_index(int(np.argmax(depth)), depth.shape))
    return at, float(depth.max())


def angle_between_deg(one: AnyArray, other: AnyArray) -> float:
    """Angle from one plane vector (x, y) to another, counted anticlockwise, in degrees."""
    cross = float(one[0] * other[1] - one[1] * other[0])
    return float(np.degrees(np.arctan2(cross, float(np.dot(one, other)))))
