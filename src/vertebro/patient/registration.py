"""Lay the CT's vertebrae on an MRI: a rigid motion by mutual information, believed only if its tests pass.

SimpleITK finds the motion (extra ``registration``). Whether it may be believed is tested apart from it, in
ways that can fail: other places along the spine must fit clearly worse, other starts must end at the same
place, every vertebra by itself must want to stay, and the mirror image must fit worse.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from types import MappingProxyType

import numpy as np

from vertebro.kernels.alignment import rigid, turned_deg
from vertebro.kernels.arrays import Array
from vertebro.patient.registration_search import Places, find_motion
from vertebro.patient.registration_tests import clearest_flip, fits_elsewhere, fits_mirrored, residuals_mm
from vertebro.patient.spine import Spine
from vertebro.patient.volume import Volume
from vertebro.vocabulary.known import Unknown
from vertebro.vocabulary.levels import Level
from vertebro.vocabulary.library import cited_values
from vertebro.vocabulary.texts import texts

v = cited_values(beside=__file__, name="registration_values.yaml")
say = texts(__file__, "registration_text").say

STARTS = (
    (5.0, -4.0, 6.0, 4.0, 0.0, -3.0),
    (-5.0, 5.0, -6.0, -3.0, 3.0, 2.0),
    (0.0, 6.0, 5.0, 2.0, -4.0, 4.0),
)
"""Other starts around the motion found: mm to the left, back and head, degrees about the same axes."""


@dataclass(frozen=True)
class Alignment:
    """A rigid motion that takes the CT's LPS mm to the MRI's, and how good it is.

    ``numbers`` hold the tests it passed, with units in their names; ``residual_mm`` how far each vertebra
    by itself would move on; ``notes`` what a reader should know.
    """

    ct_to_mri: Array
    misfit_mm: float
    numbers: Mapping[str, float] = field(default_factory=dict)
    residual_mm: Mapping[Level, float] = field(default_factory=dict)
    notes: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        for name in ("numbers", "residual_mm"):
            object.__setattr__(self, name, MappingProxyType(dict(getattr(self, name))))


def align(ct: Volume | Unknown, spine: Spine, mri: Volume, lies_on_ct: bool) -> Alignment | Unknown:
    """The motion from CT to MRI with its quality, or Unknown with the test that failed.

    ``lies_on_ct`` is somebody's word that the two were registered already; the word is tested.
    """
    if isinstance(ct, Unknown):
        if lies_on_ct:
            return Alignment(np.eye(4), 0.0, notes=(say("not_tested", why=ct.why),))
        return Unknown(say("no_ct", why=ct.why))
    places = Places.of(ct, spine, mri)
    if lies_on_ct:
        return _judged(places, spine, np.eye(4), 0.0, lies_on_ct)
    try:
        motion = find_motion(places)
        again = [find_motion(places, motion @ _start(places, s)) for s in STARTS]
    except ImportError:
        return Unknown(say("missing_extra"))
    best = max((motion, *again), key=lambda one: places.score(one)[0])
    others = [one for one in (motion, *again) if one is not best]
    apart = float(np.median([places.apart_mm(best, one) for one in others]))
    return _judged(places, spine, best, apart, lies_on_ct)


def moved_spine(spine: Spine, motion: Array) -> Spine:
    """The spine with every mask carried along by a rigid motion; no voxel is resampled."""

    def moved(volume: Volume) -> Volume:
        return replace(volume, affine_mm=motion @ volume.affine_mm)

    carried = {
        x.level: replace(x, mask=moved(x.mask), body=None if x.body is None else moved(x.body)) for x in spine
    }
    return replace(spine, vertebrae=carried)


@dataclass(frozen=True)
class _Quality:
    """The numbers that a registration is judged by."""

    fit: float
    overlap: float
    elsewhere: float
    apart_mm: float
    residual_mm: Mapping[Level, float]
    mirror: float

    @property
    def median_mm(self) -> float:
        return float(np.median(list(self.residual_mm.values())))

    @property
    def worst(self) -> Level:
        return max(self.residual_mm, key=lambda level: self.residual_mm[level])

    def fault(self) -> str:
        """The first test that failed, in words; empty if all passed."""
        if self.overlap < v.least_overlap.number:
            return say("why.overlap", share=f"{100 * self.overlap:.0f}")
        if self.fit < v.least_fit.number:
            return say("why.fit", fit=f"{self.fit:.2f}")
        if len(self.residual_mm) < v.least_tested.number:
            return say("why.few", count=len(self.residual_mm))
        if self.mirror > v.mirror_is_better.number:
            return say("why.mirror", part=f"{100 * self.mirror:.0f}")
        if self.elsewhere > v.most_elsewhere.number:
            return say("why.elsewhere", part=f"{100 * self.elsewhere:.0f}")
        if self.apart_mm > v.most_restart_mm.number:
            return say("why.restarts", apart=f"{self.apart_mm:.1f}")
        most = self.residual_mm[self.worst]
        if self.median_mm > v.most_residual_median_mm.number or most > v.most_residual_mm.number:
            return say("why.residual", median=f"{self.median_mm:.1f}", most=f"{most:.1f}", level=self.worst)
        return ""


def _judged(
    places: Places, spine: Spine, motion: Array, apart: float, lies_on_ct: bool
) -> Alignment | Unknown:
    fit, overlap = places.score(motion)
    elsewhere = 0.0 if lies_on_ct or fit == 0 else fits_elsewhere(places, motion, spine)
    residual = residuals_mm(places, motion, spine) if fit else {}
    mirror = fits_mirrored(places, motion) if fit else 0.0
    quality = _Quality(fit, overlap, elsewhere, apart, residual, mirror)
    fault = quality.fault()
    if fault:
        return Unknown(say("poor", why=fault, do=_advice(places, lies_on_ct)))
    misfit = float(np.hypot(apart, quality.median_mm))
    numbers = {
        "moved_mm": places.apart_mm(motion, np.eye(4)),
        "turned_deg": turned_deg(motion),
        "fit_nats": fit,
        "overlap": overlap,
        "fit_one_vertebra_off": elsewhere,
        "restarts_within_mm": apart,
        "residual_median_mm": quality.median_mm,
        "residual_most_mm": residual[quality.worst],
        "fit_mirrored": mirror,
    }
    return Alignment(motion, misfit, numbers, residual, _notes(numbers, lies_on_ct))


def _advice(places: Places, lies_on_ct: bool) -> str:
    if lies_on_ct:
        return say("do_registered")
    flips = clearest_flip(places)
    if flips is None:
        return say("do")
    return say("do_flip", axes=" and ".join(say(f"axes.{n}") for n in range(3) if flips[n] < 0))


def _notes(numbers: Mapping[str, float], lies_on_ct: bool) -> tuple[str, ...]:
    words = {
        "moved": f"{numbers['moved_mm']:.0f}",
        "turned": f"{numbers['turned_deg']:.1f}",
        "apart": f"{numbers['restarts_within_mm']:.1f}",
        "median": f"{numbers['residual_median_mm']:.1f}",
        "most": f"{numbers['residual_most_mm']:.1f}",
        "elsewhere": f"{100 * numbers['fit_one_vertebra_off']:.0f}",
    }
    said = [say("notes.registered" if lies_on_ct else "notes.quality", **words)]
    if numbers["fit_mirrored"] > v.mirror_is_open.number:
        said.append(say("notes.mirror_open", part=f"{100 * numbers['fit_mirrored']:.0f}"))
    return tuple(said)


def _start(places: Places, by: tuple[float, float, float, float, float, float]) -> Array:
    return rigid(by[3:], by[:3], places.centres_mm.mean(axis=0))
