"""A flat picture out of a three-dimensional image, at any angle, without resampling the whole of it."""

from __future__ import annotations

import numpy as np
from scipy import ndimage

from vertebro.kernels.arrays import AnyArray, Array


def plane_points_mm(
    centre_mm: AnyArray, across: AnyArray, down: AnyArray, size_mm: tuple[float, float], pixel_mm: float
) -> Array:
    """Centres of the picture's pixels in mm, shape (rows, columns, 3).

    ``across`` points to the right edge of the picture, ``down`` to its lower edge (unit vectors);
    ``size_mm`` is (width, height).
    """
    columns, rows = (max(1, round(side / pixel_mm)) for side in size_mm)
    x = (np.arange(columns) + 0.5) * pixel_mm - columns * pixel_mm / 2
    y = (np.arange(rows) + 0.5) * pixel_mm - rows * pixel_mm / 2
    return np.asarray(
        np.asarray(centre_mm)
        + x[None, :, None] * np.asarray(across)[None, None, :]
        + y[:, None, None] * np.asarray(down)[None, None, :]
    )


def values_at(values: AnyArray, index: Array) -> Array:
    """Values at fractional voxel indices (..., 3), linear between voxels; NaN outside the image.

    A voxel reaches half a voxel beyond its centre, so the outermost half voxel keeps its value.
    """
    shape = np.array(values.shape)
    inside = ((index >= -0.5) & (index <= shape - 0.5)).all(axis=-1)
    found = np.full(index.shape[:-1], np.nan)
    if inside.any():
        source = values.view(np.uint8) if values.dtype == np.bool_ else values
        found[inside] = ndimage.map_coordinates(
            source, index[inside].T, output=np.float64, order=1, mode="nearest", prefilter=False
        )
    return found
