"""The trabecular bone of one vertebral body: where it is sampled, its HU and its density."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import ndimage

from vertebro.fracture.density import density_mg_cm3, density_spread_mg_cm3
from vertebro.fracture.findings import Calibration, Number
from vertebro.fracture.sampling import hu_under
from vertebro.kernels.arrays import Array, Mask
from vertebro.patient.frame import BodyFrame
from vertebro.patient.volume import Volume
from vertebro.vocabulary.grades import ContrastPhase, Quantity
from vertebro.vocabulary.known import Unknown
from vertebro.vocabulary.levels import Level, Region
from vertebro.vocabulary.library import cited_values
from vertebro.vocabulary.measured import Graded, Measured
from vertebro.vocabulary.texts import texts

v = cited_values(beside=__file__, name="density_values.yaml")
say = texts(beside=__file__, name="density").say


@dataclass(frozen=True)
class Trabecular:
    """HU and density of the trabecular bone of one body, and the region they were read in."""

    hu: Number
    density: Number
    region: Volume | Unknown


def trabecular(
    ct: Volume, body: Volume, frame: BodyFrame, calibration: Calibration | Unknown, is_broken: bool
) -> Trabecular:
    """Mean HU and density of the trabecular bone of a body (yes/no mask), each with its spread.

    The density is that of the mean HU, so that noise does not bend the quadratic scale.
    """
    region = trabecular_region(body, frame)
    if isinstance(region, Unknown):
        return Trabecular(region, region, region)
    read = _read(ct, region, frame, is_broken)
    if isinstance(read, Unknown):
        return Trabecular(read, read, region)
    if isinstance(calibration, Unknown):
        return Trabecular(read, Unknown(say("why.no_density", why=calibration.why)), region)
    return Trabecular(read, density_of(read, calibration), region)


def density_of(hu: Measured, calibration: Calibration) -> Measured:
    """A measured HU as density: its spread holds that of the HU and that of the calibration."""
    at, step = hu.value, max(hu.spread, 1.0)  # 1 HU: a slope needs some step where there is no spread
    below, density, above = density_mg_cm3(np.array([at - step, at, at + step]), calibration)
    by_hu = abs(above - below) / (2 * step) * hu.spread
    spread = float(np.hypot(by_hu, density_spread_mg_cm3(at, calibration)))
    kind = calibration.kind.replace("_mg_cm3", "").upper()
    method = say("method.density", kind=kind, calibration=calibration.method) + "; " + hu.method
    return Measured(float(density), "mg/cm3", method, spread)


def context(
    level: Level, hu: Number, density: Number, contrast: Graded[ContrastPhase] | Unknown
) -> tuple[str, ...]:
    """What published limits say of an unbroken lumbar body, as context and never as a diagnosis.

    Nothing is said after contrast agent, nor of a density of another kind than the limits' K2HPO4.
    """
    agent = isinstance(contrast, Graded) and contrast.value is ContrastPhase.LIKELY
    if agent or level.region is not Region.LUMBAR:
        return ()
    said = []
    if level is Level.L1 and isinstance(hu, Measured):
        limits, british = v.l1_osteoporosis_hu.value, v.l1_osteoporosis_british_hu.value
        band = (limits["specific"], limits["sensitive"])
        more = (british["specific"], british["sensitive"])
        said.append(_beside_limits("l1", hu, band, {"hu": f"{hu.value:.0f}"}, more))
    if isinstance(density, Measured) and "K2HPO4" in density.method:
        limits = v.lumbar_density_mg_cm3.value
        band = (limits["osteoporosis"], limits["normal"])
        words = {"level": str(level), "density": f"{density.value:.0f}"}
        said.append(_beside_limits("density", density, band, words, band))
    return tuple(said)


def _beside_limits(
    key: str, read: Measured, band: tuple[float, float], words: dict[str, str], british: tuple[float, float]
) -> str:
    low, high = band
    if read.value <= low:
        text = say(f"context.{key}_low", limit=low, british=british[0], **words)
    elif read.value <= high:
        text = say(f"context.{key}_middle", low=low, high=high, **words)
    else:
        text = say(f"context.{key}_high", limit=high, british=british[1], **words)
    if min(abs(read.value - low), abs(read.value - high)) <= read.spread:
        text += " " + say("context.near", spread=f"{read.spread:.0f}")
    return text


def trabecular_region(body: Volume, frame: BodyFrame) -> Volume | Unknown:
    """Where trabecular bone is sampled: away from cortex and end-plates, the posterior third left out."""
    margin = margin_mm(body)
    inside = depth_mm(body) >= margin
    nothing = Unknown(say("why.region_empty", margin=f"{margin:.1f}"))
    if not inside.any():
        return nothing
    front = frame.local_mm(body.to_mm(np.argwhere(body.values)))[:, 1]
    back = front.min() + v.foramen_part.value * (front.max() - front.min())
    index = np.argwhere(inside)
    kept = index[frame.local_mm(body.to_mm(index))[:, 1] >= back]
    if kept.size == 0:
        return nothing
    region = np.zeros(body.shape, dtype=bool)
    region[tuple(kept.T)] = True
    return Volume(region, body.affine_mm, Quantity.LABEL)


def margin_mm(body: Volume) -> float:
    """Distance from the surface that keeps the cortex out, for voxels of this size."""
    by_voxel = float(v.cortex_margin_voxels.value) * float(body.spacing_mm.max())
    return max(float(v.cortex_margin_mm.value), by_voxel)


def depth_mm(mask: Volume) -> Array:
    """How deep each voxel lies in a mask: 0 outside, half a voxel in the outermost layer."""
    inside = np.pad(np.asarray(mask.values, dtype=bool), 1)
    depth = ndimage.distance_transform_edt(inside, sampling=mask.spacing_mm)[1:-1, 1:-1, 1:-1]
    return np.asarray(np.maximum(depth - 0.5 * mask.spacing_mm.min(), 0.0))


def _read(ct: Volume, region: Volume, frame: BodyFrame, is_broken: bool) -> Number:
    hu, where = hu_under(ct, region), np.asarray(region.values)
    if not np.isfinite(hu[where]).all():
        return Unknown(say("why.region_outside"))
    clean = where & ~_foreign(hu)
    part = 1 - clean.sum() / where.sum()
    if part > v.most_left_out.value:
        most = 100 * v.most_left_out.value
        return Unknown(say("why.region_spoiled", part=f"{100 * part:.0f}", most=f"{most:.0f}"))
    n, volume = int(clean.sum()), float(clean.sum()) * region.voxel_mm3
    if n < v.least_region_voxels.value or volume < v.least_region_mm3.value:
        return Unknown(
            say(
                "why.region_small",
                n=n,
                volume=f"{volume:.0f}",
                voxels=v.least_region_voxels.value,
                needed=v.least_region_mm3.value,
            )
        )
    method = say("method.trabecular", n=n, volume=f"{volume:.0f}", margin=f"{margin_mm(region):.1f}")
    if part > 0:
        method += say("method.left_out", part=f"{100 * part:.1f}")
    if is_broken:
        method += say("method.impacted")
    return Measured(float(hu[clean].mean()), "[hnsf'U]", method, sampling_spread(hu, clean, region, frame))


def _foreign(hu: Array) -> Mask:
    """Voxels of gas or of what is denser than cortical bone, and their neighbours."""
    odd = (hu < v.gas_hu.value) | (hu > v.dense_hu.value)
    return np.asarray(ndimage.binary_dilation(odd, np.ones((3, 3, 3))))


def sampling_spread(hu: Array, where: Mask, grid: Volume, frame: BodyFrame) -> float:
    """Standard error of the mean from the means of the eight parts of the region.

    Parts, not voxels: neighbours share noise and structure, so counting voxels would promise too much.
    """
    index = np.argwhere(where)
    local = frame.local_mm(grid.to_mm(index))
    part = ((local > np.median(local, axis=0)) @ np.array([1, 2, 4])).astype(int)
    counts = np.bincount(part, minlength=8)
    sums = np.bincount(part, weights=hu[where], minlength=8)
    means = sums[counts > 0] / counts[counts > 0]
    if means.size < 2:
        return float(np.std(hu[where]))
    return float(np.std(means, ddof=1) / np.sqrt(means.size))
