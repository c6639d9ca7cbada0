"""Oedema and fluid in a vertebral body on STIR, against the patient's own healthy vertebrae."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import ndimage

from vertebro.fracture.findings import Number
from vertebro.fracture.oedema_reading import BodyReading, margin_mm, read_body
from vertebro.fracture.oedema_reference import Reference
from vertebro.kernels.arrays import Array, Mask
from vertebro.patient.volume import Volume
from vertebro.vocabulary.grades import OedemaExtent, Quantity
from vertebro.vocabulary.known import Unknown
from vertebro.vocabulary.library import cited_values
from vertebro.vocabulary.measured import Graded, Measured
from vertebro.vocabulary.texts import texts

v = cited_values(beside=__file__, name="oedema_values.yaml")
say = texts(beside=__file__, name="oedema").say

Extent = Graded[OedemaExtent] | Unknown
Cleft = Graded[bool] | Unknown


@dataclass(frozen=True)
class Oedema:
    """The part of one body with oedema (per cent), its step, and the bright voxels as a mask."""

    fraction: Number
    extent: Extent
    bright: Volume | None = None

    @classmethod
    def unknown(cls, why: str) -> Oedema:
        """Not measured, and why."""
        return cls(Unknown(why), Unknown(why))


@dataclass(frozen=True)
class Scene:
    """What every body of one MRI shares: healthy marrow, the words for sequence and place, the misfit."""

    image: Volume
    reference: Reference
    sequence: str
    located: str
    misfit_mm: float


def measured_oedema(reading: BodyReading, scene: Scene) -> Oedema:
    """The part of a body that is brighter than healthy marrow, with its spread and its step of four."""
    why = unreadable(reading)
    if why:
        return Oedema.unknown(why)
    ratio, threshold = scene.reference.relative(reading), scene.reference.threshold
    bright, part = _bright(reading, ratio, threshold)
    spread = float(np.sqrt(sum(s**2 for s in _spreads(reading, scene, ratio, part))))
    method = say(
        "method.fraction",
        sequence=scene.sequence,
        references=", ".join(map(str, scene.reference.levels)),
        threshold=f"{threshold:.1f}",
        located=scene.located,
        unread=f"{100 * (1 - reading.read_share):.0f}",
    )
    fraction = Measured(100 * part, "%", method, 100 * spread)
    mask = Volume(reading.spread_out(bright), reading.crop.affine_mm, Quantity.LABEL)
    return Oedema(fraction, extent_of(fraction), mask)


def extent_of(fraction: Measured) -> Graded[OedemaExtent]:
    """The step of a measured part, with every step within its spread."""
    ends = (fraction.value - fraction.spread, fraction.value, fraction.value + fraction.spread)
    low, own, high = (_step(end) for end in ends)
    possible = tuple(step for step in OedemaExtent if low <= step <= high)
    return Graded(own, say("method.extent"), possible)


def _step(percent: float) -> OedemaExtent:
    limits, whole = v.extent_limits_pct.value, round(percent)
    return OedemaExtent(sum(whole >= limits[name] for name in ("minor", "moderate", "severe")))


def unreadable(reading: BodyReading) -> str:
    """Why a body cannot be read, or an empty string."""
    level, share = reading.body.level, reading.read_share
    if reading.in_view < v.least_in_view.number:
        return say("unknown.out_of_view", level=level, share=f"{100 * reading.in_view:.0f}")
    if reading.read_mm3 < v.least_read.number or share < v.least_read_share.number:
        volume = f"{reading.read_mm3:.0f}"
        return say("unknown.too_little", level=level, volume=volume, share=f"{100 * share:.0f}")
    return ""


def _bright(reading: BodyReading, ratio: Array, threshold: float) -> tuple[Mask, float]:
    """The bright readable voxels, and what part of the body they stand for.

    Found by the threshold; their edge is then drawn half way between healthy marrow and their own median.
    """
    found = _clusters(reading, reading.readable & (ratio > threshold))
    if not found.any():
        return found, 0.0
    own = float(np.median(ratio[found]))
    edge = max(threshold, 1 + float(v.half_way.number) * (own - 1))
    kept = _clusters(reading, reading.readable & (ratio > edge))
    return kept, reading.part_of_body(kept)


def _clusters(reading: BodyReading, chosen: Mask) -> Mask:
    """Connected spots that are large enough to count."""
    parts, count = ndimage.label(chosen)
    if count == 0:
        return chosen
    sizes = np.bincount(parts.ravel()) * reading.crop.voxel_mm3
    sizes[0] = 0
    return np.asarray(sizes[parts] >= v.least_cluster.number)


def _spreads(reading: BodyReading, scene: Scene, ratio: Array, part: float) -> tuple[float, ...]:
    """Standard uncertainties of the part: edge, healthy marrow, place of the body, unread margins."""
    threshold, scatter = scene.reference.threshold, scene.reference.scatter
    at_threshold = reading.part_of_body(_clusters(reading, reading.readable & (ratio > threshold)))
    by_level = [_bright(reading, ratio / (1 + sign * scatter), threshold)[1] for sign in (-1, 1)]
    up = reading.body.frame.superior
    matters = part > 0 or scene.misfit_mm > margin_mm(scene.image) / 2  # else the margin keeps the disc out
    steps = [sign * scene.misfit_mm * up for sign in (-1, 1)] if matters and scene.misfit_mm else []
    moved = [_part_when_moved(reading, scene, step) for step in steps]
    height = _height_mm(reading)
    return (
        abs(at_threshold - part) / 2,
        abs(by_level[0] - by_level[1]) / 2,
        max((abs(other - part) for other in moved), default=0.0),
        float(v.unread_share.number) * margin_mm(scene.image) / height,
        float(v.least_cluster.number) / reading.body_mm3 / 2,
    )


def _part_when_moved(reading: BodyReading, scene: Scene, by_mm: Array) -> float:
    """The part with oedema if the body lay this far from where it was found."""
    moved = read_body(scene.image, reading.body.moved(by_mm))
    if moved is None or not moved.readable.any():
        return 0.0
    return _bright(moved, scene.reference.relative(moved), scene.reference.threshold)[1]


def _height_mm(reading: BodyReading) -> float:
    """Height of the body from its volume and its outline seen from above."""
    mask = reading.body.mask
    local = reading.body.frame.local_mm(mask.to_mm(np.argwhere(mask.values)))
    cells = {(int(r), int(a)) for r, a in np.floor(local[:, :2] / 2)}  # squares of 2 mm
    return max(1.0, float(mask.values.sum()) * mask.voxel_mm3 / (4 * len(cells)))


def fluid_cleft(reading: BodyReading, scene: Scene, csf: float | Unknown) -> Cleft:
    """Whether a flat spot in the body is as bright as the patient's own cerebrospinal fluid.

    ``csf`` is the fluid's signal as a multiple of healthy marrow.
    """
    why = unreadable(reading)
    if why or isinstance(csf, Unknown):
        return Unknown(why) if why or not isinstance(csf, Unknown) else csf
    words = {"sequence": scene.sequence, "located": scene.located}
    ratio = scene.reference.relative(reading)
    limit = float(v.cleft_over_csf.number) * csf
    inside = reading.share >= 0.5  # a cleft may reach the end-plate, so the margin is not left out
    parts, count = ndimage.label(inside & (ratio >= limit))
    for number in range(1, count + 1):
        spot = parts == number
        if (spot & reading.readable).any() and _is_cleft(reading, spot):
            return Graded(True, say("method.cleft", **words), (True,))
    return Graded(False, say("method.cleft_none", **words), (False, True))


def _is_cleft(reading: BodyReading, spot: Mask) -> bool:
    """Large enough, and flat: at most half as thick along the spine as it is wide or deep."""
    if spot.sum() * reading.crop.voxel_mm3 < v.cleft_least.number:
        return False
    local = reading.body.frame.local_mm(reading.places_mm[spot])
    wide, deep, thick = np.std(local, axis=0)
    return bool(thick <= v.cleft_flatness.number * max(wide, deep))
