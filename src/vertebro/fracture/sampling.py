"""The HU that lie under a mask, whatever grid the mask is on."""

from __future__ import annotations

import numpy as np
from scipy import ndimage

from vertebro.kernels.arrays import AnyArray, Array
from vertebro.patient.volume import Volume

SAME_PLACE = 0.02
"""Largest offset, in voxels, at which two grids still count as one; rounding in headers."""


def hu_under(ct: Volume, mask: Volume) -> Array:
    """The CT at every voxel of the mask's grid, NaN where the CT does not reach.

    A mask cut out of the CT's own grid is read directly; any other grid by trilinear interpolation.
    """
    to_ct = np.linalg.inv(ct.affine_mm) @ mask.affine_mm
    corner = np.round(to_ct[:3, 3])
    far = to_ct[:3, :3] @ (np.array(mask.shape) - 1) + to_ct[:3, 3]
    if np.abs(far - corner - (np.array(mask.shape) - 1)).max() < SAME_PLACE and _is_shift(to_ct, corner):
        return _cut(ct, corner.astype(int), np.array(mask.shape))
    index = np.moveaxis(np.indices(mask.shape, dtype=float), 0, -1) @ to_ct[:3, :3].T + to_ct[:3, 3]
    low = np.floor(index.min(axis=(0, 1, 2))).astype(int)  # only the part of the CT that is read is copied
    high = np.ceil(index.max(axis=(0, 1, 2))).astype(int) + 1
    near = _cut(ct, low, high - low)
    return np.asarray(
        ndimage.map_coordinates(near, np.moveaxis(index - low, -1, 0), order=1, mode="constant", cval=np.nan)
    )


def _is_shift(to_ct: Array, corner: Array) -> bool:
    turned = np.abs(to_ct[:3, :3] - np.eye(3)).max()
    return bool(max(turned, np.abs(to_ct[:3, 3] - corner).max()) < SAME_PLACE)


def _cut(ct: Volume, corner: AnyArray, shape: AnyArray) -> Array:
    out = np.full(tuple(shape), np.nan)
    low = np.maximum(corner, 0)
    high = np.minimum(corner + shape, ct.shape)
    if (high > low).all():
        inside = tuple(slice(a, b) for a, b in zip(low - corner, high - corner, strict=True))
        out[inside] = ct.values[tuple(slice(a, b) for a, b in zip(low, high, strict=True))]
    return out
