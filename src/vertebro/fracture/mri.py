"""Read the MRI of a case: where its vertebrae lie, which are healthy, and what the others show."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from vertebro.fracture.body import Body
from vertebro.fracture.findings import MriFindings, VertebraFindings
from vertebro.fracture.landmarks import Canal
from vertebro.fracture.oedema import Oedema, Scene, fluid_cleft, measured_oedema, say, unreadable
from vertebro.fracture.oedema_reading import BodyReading, MrBody, read_body
from vertebro.fracture.oedema_reference import Reference, reference_of
from vertebro.fracture.parts import body_mask
from vertebro.kernels.arrays import Array
from vertebro.patient.case import Case
from vertebro.patient.frame import BodyFrame
from vertebro.patient.mri import Mri, MrImage
from vertebro.patient.registration import Alignment, align, moved_spine
from vertebro.patient.spine import Spine, Vertebra
from vertebro.patient.volume import Volume
from vertebro.vocabulary.known import Unknown
from vertebro.vocabulary.levels import Level
from vertebro.vocabulary.measured import Graded, Measured

if TYPE_CHECKING:
    from vertebro.fracture.measure import Measurable

CSF_REACH_MM = 7.0
"""Around the middle of the canal; reaches past the cord into the fluid beside it."""

CSF_QUANTILE = 0.9
"""The fluid is the brightest that the canal holds; the brightest voxels of all may be noise."""

STANDS_OUT = 1.5
"""How many times the threshold of bright marrow the fluid must show before a cleft is compared with it."""

NOTHING: Array = np.eye(4)


@dataclass(frozen=True)
class Located:
    """The vertebrae in the frame of the MRI, how they came there, and how far they may be off."""

    spine: Spine
    seen: Measurable
    ct_to_mri: Array
    words: str
    misfit_mm: float
    alignment: Alignment | Unknown = field(default=Unknown("no registration was needed"))


@dataclass(frozen=True)
class MriReading:
    """What the MRI showed: for each level the findings it adds, and how they came about."""

    findings: MriFindings | Unknown
    by_level: Mapping[Level, Mapping[str, Any]]
    cautions: tuple[str, ...] = ()

    def added_to(self, found: VertebraFindings) -> VertebraFindings:
        """The findings of a vertebra with what the MRI adds."""
        return replace(found, **self.by_level.get(found.level, {}))


def located(case: Case, seen: Measurable, own: Measurable | None) -> Located | Unknown:
    """The vertebrae on the MRI: by its own mask, by the CT's where it lies on the CT, else registered.

    ``seen`` was found on the CT's mask, ``own`` on the mask of the MRI where there is one.
    """
    mri = case.mri
    assert isinstance(mri, Mri)
    if own is not None and isinstance(mri.spine, Spine):
        return Located(mri.spine, own, NOTHING, say("located.own_mask"), 0.0)
    if not isinstance(case.spine, Spine):
        return Unknown(case.spine.why)
    if isinstance(case.ct, Unknown) and not mri.lies_on_ct:
        return Unknown(case.ct.why)
    found = align(case.ct, case.spine, mri.for_registration.image, mri.lies_on_ct)
    if isinstance(found, Unknown):
        return found
    words = say("located.registered" if mri.lies_on_ct else "located.moved")
    return Located(
        moved_spine(case.spine, found.ct_to_mri), seen, found.ct_to_mri, words, found.misfit_mm, found
    )


def read_mri(case: Case, place: Located | Unknown, found: Mapping[Level, VertebraFindings]) -> MriReading:
    """Oedema and fluid of every level; ``found`` says on which level metal disturbs."""
    mri = case.mri
    assert isinstance(mri, Mri)
    if isinstance(place, Unknown):
        why = say("unknown.not_located", why=place.why)
        return MriReading(Unknown(why), {n: _unknown(why) for n in found}, (why,))
    image = mri.for_oedema
    frames = {
        n: _moved(b.frame, place.ct_to_mri) for n, b in place.seen.bodies.items() if isinstance(b, Body)
    }
    about = MriFindings(mri.main, place.spine, frames, place.words, place.alignment, Unknown("not compared"))
    if image is None:
        why = say("unknown.no_stir", given=", ".join(map(str, mri.images)))
        return MriReading(replace(about, references=Unknown(why)), {n: _unknown(why) for n in found}, (why,))
    return _compared(case, place, image, found, about)


def _compared(
    case: Case, place: Located, image: MrImage, found: Mapping[Level, VertebraFindings], about: MriFindings
) -> MriReading:
    readings = {n: _reading(place, image.image, n, found[n]) for n in found}
    healthy = {
        n: r
        for n, r in readings.items()
        if isinstance(r, BodyReading) and n in place.seen.whole and n is not case.level and not unreadable(r)
    }
    reference = reference_of(healthy)
    if isinstance(reference, Unknown):
        about = replace(about, references=reference)
        by_level = {n: _unknown(_why(r, reference.why)) for n, r in readings.items()}
        return MriReading(about, by_level, (*_how(place), reference.why))
    scene = Scene(image.image, reference, str(image.sequence), place.words, place.misfit_mm)
    csf = _csf(place, scene)
    oedema = {n: _oedema(r, scene) for n, r in readings.items()}
    by_level = {
        n: {
            "oedema_fraction": oedema[n].fraction,
            "oedema_extent": oedema[n].extent,
            "cleft_fluid": r if isinstance(r, Unknown) else fluid_cleft(r, scene, csf),
        }
        for n, r in readings.items()
    }
    bright = {n: o.bright for n, o in oedema.items() if o.bright is not None}
    about = replace(about, references=reference.levels, bright=bright)
    return MriReading(about, by_level, (*_how(place), *_cautions(case, reference, oedema)))


def _how(place: Located) -> tuple[str, ...]:
    """What a reader should know of how the MRI was laid on the CT."""
    return () if isinstance(place.alignment, Unknown) else place.alignment.notes


def _unknown(why: str) -> dict[str, Any]:
    return dict.fromkeys(("oedema_fraction", "oedema_extent", "cleft_fluid"), Unknown(why))


def _why(reading: BodyReading | Unknown, otherwise: str) -> str:
    return reading.why if isinstance(reading, Unknown) else otherwise


def _oedema(reading: BodyReading | Unknown, scene: Scene) -> Oedema:
    return Oedema.unknown(reading.why) if isinstance(reading, Unknown) else measured_oedema(reading, scene)


def _reading(place: Located, image: Volume, level: Level, found: VertebraFindings) -> BodyReading | Unknown:
    if level not in place.spine:
        return Unknown(say("unknown.not_on_mri", level=level))
    metal = found.metal_or_cement
    if isinstance(metal, Graded) and metal.value:
        return Unknown(say("unknown.metal", level=level))
    body = place.seen.bodies[level]
    if isinstance(body, Unknown):
        return Unknown(say("unknown.no_body", level=level, why=body.why))
    read = read_body(image, _mr_body(place, place.spine[level], body))
    return Unknown(say("unknown.out_of_view", level=level, share=0)) if read is None else read


def _mr_body(place: Located, vertebra: Vertebra, body: Body) -> MrBody:
    """The body in the MRI's frame. ``body`` was found where the mask was drawn, so its frame moves along."""
    back: Array = np.asarray(np.linalg.inv(place.ct_to_mri))
    drawn = replace(vertebra, mask=_carried(vertebra.mask, back))
    if vertebra.body is not None:
        drawn = replace(drawn, body=_carried(vertebra.body, back))
    mask = _carried(body_mask(drawn, body), place.ct_to_mri)
    return MrBody(vertebra.level, mask, _moved(body.frame, place.ct_to_mri))


def _carried(volume: Volume, motion: Array) -> Volume:
    return replace(volume, affine_mm=motion @ volume.affine_mm)


def _moved(frame: BodyFrame, motion: Array) -> BodyFrame:
    turn = motion[:3, :3]
    return BodyFrame(
        turn @ frame.origin_mm + motion[:3, 3],
        turn @ frame.right,
        turn @ frame.anterior,
        turn @ frame.superior,
    )


def _csf(place: Located, scene: Scene) -> float | Unknown:
    """Signal of the fluid in the canal as a multiple of healthy marrow: the median of the levels."""
    found = []
    for canal in place.seen.canals.values():
        if isinstance(canal, Canal):
            centre = place.ct_to_mri[:3, :3] @ canal.centre_mm + place.ct_to_mri[:3, 3]
            found += list(_bright_around(scene, centre))
    if not found:
        return Unknown(say("unknown.no_csf"))
    csf = float(np.median(found))
    if csf < STANDS_OUT * scene.reference.threshold:
        return Unknown(say("unknown.csf_dark"))
    return csf


def _bright_around(scene: Scene, centre_mm: Array) -> Iterable[float]:
    image = scene.image
    reach = np.ceil(CSF_REACH_MM / image.spacing_mm).astype(int)
    middle = np.rint(image.to_index(centre_mm)).astype(int)
    low, high = middle - reach, middle + reach + 1
    if (low < 0).any() or (high > image.shape).any():
        return
    i, j, k = (slice(int(a), int(b)) for a, b in zip(low, high, strict=True))
    crop = image.cropped((i, j, k))
    places = crop.to_mm(np.moveaxis(np.indices(crop.shape, dtype=float), 0, -1))
    near = np.linalg.norm(places - centre_mm, axis=-1) <= CSF_REACH_MM
    healthy = scene.reference.healthy_at(places[near])
    yield float(np.quantile(np.asarray(crop.values, dtype=float)[near] / healthy, CSF_QUANTILE))


def _cautions(case: Case, reference: Reference, oedema: Mapping[Level, Oedema]) -> tuple[str, ...]:
    said = [say("caution.references", levels=", ".join(map(str, reference.levels)))]
    others = [
        say("caution.bright_item", level=n, value=o.fraction.in_words())
        for n, o in oedema.items()
        if n is not case.level and isinstance(o.fraction, Measured) and o.fraction.value > o.fraction.spread
    ]
    if others:
        said.append(say("caution.bright", list="; ".join(others)))
    written = any(case.record.value(name) is not None for name in ("mri", "mri_oedema_fraction"))
    return (*said, *(() if written else (say("caution.no_person"),)))
