"""What a vertebra may hold besides bone: gas in a cleft, and metal or cement."""

from __future__ import annotations

import numpy as np
from scipy import ndimage

from vertebro.fracture.findings import Number
from vertebro.fracture.sampling import hu_under
from vertebro.fracture.trabecular import depth_mm
from vertebro.kernels.arrays import Array, Mask
from vertebro.patient.frame import BodyFrame
from vertebro.patient.volume import Volume
from vertebro.vocabulary.known import Unknown
from vertebro.vocabulary.library import cited_values
from vertebro.vocabulary.measured import Graded, Measured
from vertebro.vocabulary.texts import texts

v = cited_values(beside=__file__, name="density_values.yaml")
say = texts(beside=__file__, name="density").say

TOUCHING = np.ones((3, 3, 3))
"""Voxels that share a corner belong together: a thin cleft is often joined by corners alone."""


def cleft_gas(ct: Volume, body: Volume, frame: BodyFrame) -> Number:
    """Volume of gas inside a body (mm3); 0 only where the whole body was searched.

    Each voxel of gas or beside it counts by its share of gas, (bone - HU)/(bone - air), so that a
    cleft thinner than a voxel keeps its volume.
    """
    body = _close_up(body)
    hu, inside = hu_under(ct, body), np.asarray(body.values, dtype=bool)
    if not np.isfinite(hu[inside]).all():
        return Unknown(say("why.body_outside"))
    if _largest_mm3(hu > v.metal_hu.value, body) >= v.least_foreign_mm3.value:
        return Unknown(say("why.gas_and_metal"))
    deep = depth_mm(body) > float(body.spacing_mm.max())  # the outermost layer shares voxels with outside
    if not deep.any():
        return Unknown(say("why.no_interior"))
    bone, noise = _middle(hu[deep])
    limit = min(float(v.gas_hu.value), bone - v.noise_steps.value * noise)
    seeds = deep & (hu < limit)
    if not seeds.any():
        least = _share(np.array([limit]), bone)[0] * body.voxel_mm3
        return Measured(0.0, "mm3", say("method.no_gas", limit=f"{limit:.0f}"), float(least))
    gas = _connected(np.nan_to_num(hu, nan=0.0) < limit, seeds)
    if _leaves_sideways(gas & ~inside, body, frame):
        return Unknown(say("why.gas_continuous"))
    return _gas_volume(hu, gas & inside, body, (bone, noise, limit))


def metal_or_cement(ct: Volume, bone: Volume) -> Graded[bool] | Unknown:
    """Whether a vertebra (yes/no mask of the whole bone) holds metal or cement, by HU and volume.

    Between the densest cortical bone and the densest bone island both answers stay possible.
    """
    hu, inside = hu_under(ct, bone), np.asarray(bone.values, dtype=bool)
    inside_hu = np.where(inside, np.nan_to_num(hu, nan=-np.inf), -np.inf)
    least = float(v.least_foreign_mm3.value)
    sure = _largest_mm3(inside_hu > v.metal_hu.value, bone)
    may_be = _largest_mm3(inside_hu > v.dense_hu.value, bone)
    if sure < least and not np.isfinite(hu[inside]).all():
        return Unknown(say("why.bone_outside"))
    seen = sure >= least
    method = say("method.foreign", limit=v.metal_hu.value, volume=f"{sure:.0f}", least=f"{least:.0f}")
    saturated = int((inside_hu >= v.saturated_hu.value).sum())
    if saturated:
        method += say("method.saturated", n=saturated, hu=v.saturated_hu.value)
    doubtful = not seen and may_be >= least
    return Graded(seen, method, (False, True) if doubtful else (seen,))


def _close_up(mask: Volume) -> Volume:
    """The mask cut to its bone with the reach of streaks around it."""
    index = np.argwhere(mask.values)
    if index.size == 0:
        return mask
    reach = np.ceil(v.streak_reach_mm.value / mask.spacing_mm).astype(int)
    low = np.maximum(index.min(axis=0) - reach, 0)
    high = index.max(axis=0) + 1 + reach
    i, j, k = (slice(int(a), int(b)) for a, b in zip(low, high, strict=True))
    return mask.cropped((i, j, k))


def _middle(hu: Array) -> tuple[float, float]:
    """Median and robust standard deviation (1.4826 times the median absolute deviation)."""
    centre = float(np.median(hu))
    return centre, float(1.4826 * np.median(np.abs(hu - centre)))


def _share(hu: Array, bone: float) -> Array:
    """Share of gas in a voxel between bone of this HU and pure gas, 0 to 1."""
    return np.asarray(np.clip((bone - hu) / (bone - v.pure_gas_hu.value), 0, 1))


def _connected(region: Mask, seeds: Mask) -> Mask:
    """The connected parts of a region that hold a seed."""
    parts, _ = ndimage.label(region, TOUCHING)
    return np.asarray(np.isin(parts, np.unique(parts[seeds])) & region)


def _leaves_sideways(outside: Mask, body: Volume, frame: BodyFrame) -> bool:
    """True if gas goes on beside or in front of the body; above and below it lies in a disc."""
    if not outside.any():
        return False
    bone = frame.local_mm(body.to_mm(np.argwhere(body.values)))
    gas = frame.local_mm(body.to_mm(np.argwhere(outside)))
    reach = float(body.spacing_mm.max())
    low, high = bone.min(axis=0) - reach, bone.max(axis=0) + reach
    return bool(((gas[:, :2] < low[:2]) | (gas[:, :2] > high[:2])).any())


def _gas_volume(hu: Array, gas: Mask, body: Volume, scale: tuple[float, float, float]) -> Measured:
    bone, noise, limit = scale
    inside = depth_mm(body) > float(body.spacing_mm.max())
    around = ndimage.binary_dilation(gas, TOUCHING) & (inside | gas)
    volume, high, low = (
        float(_share(hu[around], level).sum()) * body.voxel_mm3
        for level in (bone, bone + noise, bone - noise)
    )
    spread = max((high - low) / 2, 0.5 * body.voxel_mm3)
    return Measured(volume, "mm3", say("method.gas", limit=f"{limit:.0f}"), spread)


def _largest_mm3(region: Mask, grid: Volume) -> float:
    parts, count = ndimage.label(region, TOUCHING)
    if count == 0:
        return 0.0
    return float(np.bincount(parts.ravel())[1:].max()) * grid.voxel_mm3
