"""One vertebral body on the voxels of an MRI: what part of each it fills, and where marrow can be read."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
from scipy import ndimage

from vertebro.fracture.trabecular import depth_mm
from vertebro.kernels.arrays import AnyArray, Array, Mask
from vertebro.patient.frame import BodyFrame
from vertebro.patient.volume import Volume
from vertebro.vocabulary.levels import Level
from vertebro.vocabulary.library import cited_values

v = cited_values(beside=__file__, name="oedema_values.yaml")

PART_MM = 1.0
"""Voxels wider than this are looked at in parts of about this size."""

FILLED = 0.95
"""A voxel of which less belongs to the body holds other tissue too; the rest is rounding."""


@dataclass(frozen=True)
class MrBody:
    """A vertebral body on the MRI: its yes/no mask (on any grid) and its directions, in the MRI's frame."""

    level: Level
    mask: Volume
    frame: BodyFrame

    @cached_property
    def depth_mm(self) -> Array:
        """How deep each voxel of the mask lies in the body."""
        return depth_mm(self.mask)

    def moved(self, by_mm: Array) -> MrBody:
        """The same body elsewhere; its depths go along."""
        affine = self.mask.affine_mm.copy()
        affine[:3, 3] += by_mm
        frame = replace(self.frame, origin_mm=self.frame.origin_mm + by_mm)
        there = replace(self, mask=replace(self.mask, affine_mm=affine), frame=frame)
        there.__dict__["depth_mm"] = self.depth_mm
        return there


@dataclass(frozen=True)
class BodyReading:
    """The signal of one body, voxel by voxel of the MRI.

    ``share`` is the part of each voxel that the body fills, ``readable`` where its marrow is read, and
    ``nearest`` the place of the nearest readable voxel. ``places_mm`` are LPS mm of all voxels of the crop.
    """

    body: MrBody
    crop: Volume
    share: Array
    readable: Mask
    nearest: AnyArray
    in_view: float

    @property
    def signal(self) -> Array:
        """The signal of every voxel of the crop."""
        return np.asarray(self.crop.values, dtype=float)

    @property
    def places_mm(self) -> Array:
        """Where the voxels of the crop lie."""
        return self.crop.to_mm(np.moveaxis(np.indices(self.crop.shape, dtype=float), 0, -1))

    @property
    def read_mm3(self) -> float:
        """Volume of the marrow that is read."""
        return float(self.readable.sum()) * self.crop.voxel_mm3

    @property
    def body_mm3(self) -> float:
        """Volume of the body."""
        return float(self.share.sum()) * self.crop.voxel_mm3

    @property
    def read_share(self) -> float:
        """Part of the body whose marrow is read."""
        return float(self.share[self.readable].sum() / max(self.share.sum(), 1e-9))

    def part_of_body(self, chosen: Mask) -> float:
        """Part of the body (0 to 1) that the chosen voxels stand for; what is unread follows the nearest."""
        everywhere = chosen[tuple(self.nearest)]
        return float(self.share[everywhere].sum() / self.share.sum())

    def spread_out(self, chosen: Mask) -> Mask:
        """The chosen readable voxels and the unread ones of the body that follow them."""
        return np.asarray(chosen[tuple(self.nearest)] & (self.share > 0.5))


def read_body(image: Volume, body: MrBody) -> BodyReading | None:
    """The body on the MRI; None where the two do not meet at all."""
    box = _box(image, body.mask)
    if box is None:
        return None
    crop = image.cropped(box)
    share = _share(crop, body.mask)
    index = image.to_index(body.mask.to_mm(np.argwhere(body.mask.values)))
    in_view = float(((index >= -0.5) & (index <= np.array(image.shape) - 0.5)).all(axis=1).mean())
    readable = (share >= FILLED) & (_depth(crop, body) >= margin_mm(image)) & ~_vein(crop, body)
    if readable.any():
        nearest = ndimage.distance_transform_edt(
            ~readable, sampling=crop.spacing_mm, return_distances=False, return_indices=True
        )
    else:
        nearest = np.indices(crop.shape)
    return BodyReading(body, crop, share, readable, nearest, in_view)


def margin_mm(image: Volume) -> float:
    """How far from the surface marrow is read: a setting, and no less than a voxel in the slices' plane."""
    return max(float(v.surface_margin.number), float(np.sort(image.spacing_mm)[1]))


def _box(image: Volume, mask: Volume) -> tuple[slice, slice, slice] | None:
    index = image.to_index(mask.to_mm(np.argwhere(mask.values)))
    low = np.maximum(np.floor(index.min(axis=0)).astype(int) - 1, 0)
    high = np.minimum(np.ceil(index.max(axis=0)).astype(int) + 2, image.shape)
    if (high <= low).any():
        return None
    i, j, k = (slice(int(a), int(b)) for a, b in zip(low, high, strict=True))
    return i, j, k


def _share(crop: Volume, mask: Volume) -> Array:
    """The part of each voxel that the mask fills, counted on parts of about a millimetre."""
    parts = np.maximum(1, np.ceil(crop.spacing_mm / PART_MM)).astype(int)
    along = [(np.arange(n * p) + 0.5) / p - 0.5 for n, p in zip(crop.shape, parts, strict=True)]
    places = crop.to_mm(np.stack(np.meshgrid(*along, indexing="ij"), axis=-1))
    inside = _sampled(mask.values.astype(np.float32), mask, places) > 0.5
    i, p, j, q, k, r = (n for pair in zip(crop.shape, parts, strict=True) for n in pair)
    return np.asarray(inside.reshape(i, p, j, q, k, r).mean(axis=(1, 3, 5)))


def _depth(crop: Volume, body: MrBody) -> Array:
    """How deep the middle of each voxel lies in the body, mm."""
    places = crop.to_mm(np.moveaxis(np.indices(crop.shape, dtype=float), 0, -1))
    return _sampled(body.depth_mm, body.mask, places)


def _sampled(values: AnyArray, grid: Volume, places_mm: Array) -> Array:
    index = np.moveaxis(grid.to_index(places_mm), -1, 0)
    return np.asarray(ndimage.map_coordinates(values, index, order=1, prefilter=False))


def _vein(crop: Volume, body: MrBody) -> Mask:
    """Around the basivertebral foramen: at half height, in the middle, from the posterior wall forwards."""
    zone = v.vein_zone.value
    local = body.frame.local_mm(body.mask.to_mm(np.argwhere(body.mask.values)))
    central = local[np.abs(local[:, 0]) <= zone["half_width"]]
    wall = float((central if len(central) else local)[:, 1].min())
    places = crop.to_mm(np.moveaxis(np.indices(crop.shape, dtype=float), 0, -1))
    right, front, up = np.moveaxis(body.frame.local_mm(places), -1, 0)
    beside = (np.abs(right) <= zone["half_width"]) & (np.abs(up) <= zone["half_height"])
    return np.asarray(beside & (front <= wall + zone["depth"]))
