"""Whether a mask lies in the patient as its header says: processes behind, head up, on the CT's bone."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import Enum
from itertools import pairwise
from typing import Any

import numpy as np

from vertebro.errors import BadAnatomy
from vertebro.kernels.arrays import Array
from vertebro.kernels.orientation import VertebraShape, vertebra_shape
from vertebro.patient.spine import Spine, Vertebra
from vertebro.patient.volume import Volume
from vertebro.vocabulary.levels import Level, Region
from vertebro.vocabulary.library import cited_values
from vertebro.vocabulary.texts import texts

v = cited_values(beside=__file__, name="orientation_values.yaml")
say = texts(__file__, "orientation_text").say

TOWARDS = {"L": (1, 0, 0), "R": (-1, 0, 0), "P": (0, 1, 0), "A": (0, -1, 0), "S": (0, 0, 1), "I": (0, 0, -1)}
OTHER_SHAPE = (Region.CERVICAL, Region.SACRAL)


class Lie(Enum):
    """How something lies compared with what its header says."""

    CONSISTENT = "consistent"
    FLIPPED = "mirrored or turned by half a turn"
    ROTATED = "axes exchanged"
    NOT_CHECKED = "not checked"


@dataclass(frozen=True)
class VertebraLie:
    """How one vertebra lies: where its process points and its head end is, as letters; or why unknown."""

    level: Level
    lie: Lie
    why: str = ""
    posterior: str = ""
    up: str = ""
    shape: VertebraShape | None = None


@dataclass(frozen=True)
class Orientation:
    """How the spine of a mask lies, with the axis codes that would be right where it lies wrongly."""

    lie: Lie
    posterior: str
    up: str
    vertebrae: Mapping[Level, VertebraLie]
    proposed: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()


def orientation_of(spine: Spine) -> Orientation:
    """How the vertebrae lie by their own shape and the order of their levels; refuses nothing."""
    each = {vertebra.level: _lie_of(vertebra) for vertebra in spine}
    posterior, up = _posterior(each), _up(spine, each)
    lie = _judged(posterior, up)
    odd = [x.level for x in each.values() if x.posterior and posterior and x.posterior != posterior]
    notes = [say("note.odd", levels=", ".join(map(str, odd)))] if odd else []
    if not posterior:
        whys = Counter(x.why for x in each.values())
        notes.append(say("note.not_checked", why=whys.most_common(1)[0][0]))
    elif not up:
        notes.append(say("note.up_unsure"))
    wrong = lie in (Lie.FLIPPED, Lie.ROTATED)
    proposed = _right_codes(next(iter(spine)).mask, posterior, up) if wrong and posterior and up else ()
    return Orientation(lie, posterior, up, each, proposed, tuple(notes))


def bodies_alone(found: Orientation) -> bool:
    """True if no vertebra that lies wholly in the image shows a canal: the mask holds bodies alone."""
    whole = [x for x in found.vertebrae.values() if x.why != say("why.cut_off")]
    return bool(whole) and all(x.why == say("why.no_canal") for x in whole)


def check_orientation(spine: Spine) -> Orientation:
    """The same, but a mask that is flipped, turned or out of order is refused (BadAnatomy)."""
    _refuse_disorder(spine)
    found = orientation_of(spine)
    _refuse_names_that_run_up(spine, found)
    if found.lie in (Lie.CONSISTENT, Lie.NOT_CHECKED):
        return found
    raise _refusal(next(iter(spine)).mask.axis_codes, found)


def _refusal(codes: str, found: Orientation) -> BadAnatomy:
    words = {"codes": codes}
    words |= {"posterior": say(f"posterior.{found.posterior}")} if found.posterior else {}
    words |= {"up": say(f"up.{found.up}")} if found.up else {}
    key = "found" if len(words) == 3 else "found_posterior" if found.posterior else "found_up"
    do = say("wrong.do_unsure")
    if found.proposed:
        do = say("wrong.do", turned=found.proposed[0], mirrored=found.proposed[1])
    return BadAnatomy(say(f"wrong.{key}", **words), say("wrong.needed"), do)


def with_axis_codes(image: Volume, codes: str) -> Volume:
    """The image with its stored axes read as ``codes``, about the same centre: for a header that is wrong."""
    own, spacing = image.directions, image.spacing_mm
    order = [int(np.argmax(np.abs(np.array(TOWARDS[c]) @ own))) for c in codes]
    signs = [np.sign(np.array(TOWARDS[c]) @ own[:, a]) for c, a in zip(codes, order, strict=True)]
    affine = np.eye(4)
    affine[:3, :3] = own[:, order] * signs * spacing
    middle = (np.array(image.shape) - 1) / 2
    affine[:3, 3] = image.to_mm(middle) - affine[:3, :3] @ middle
    return replace(image, affine_mm=affine)


def _lie_of(vertebra: Vertebra) -> VertebraLie:
    def unknown(why: str, shape: VertebraShape | None = None) -> VertebraLie:
        return VertebraLie(
            vertebra.level, Lie.NOT_CHECKED, say(f"why.{why}", level=vertebra.level), shape=shape
        )

    if vertebra.is_cut_off:
        return unknown("cut_off")
    if vertebra.level.region in OTHER_SHAPE:
        return unknown("other_shape")
    mask = vertebra.mask
    shape = vertebra_shape(mask.values, mask.affine_mm[:3, :3])
    if shape is None or shape.canal_radius_mm < v.least_canal_radius_mm.value:
        return unknown("no_canal", shape)
    if shape.behind_canal_mm < v.least_behind_canal_mm.value:
        return unknown("no_process", shape)
    posterior = _letter(shape.posterior)
    if not posterior:
        return unknown("oblique", shape)
    says_up = abs(shape.upward_mm) >= v.least_upward_mm.value
    up = _letter(shape.axis * np.sign(shape.upward_mm)) if says_up else ""
    return VertebraLie(vertebra.level, _judged(posterior, up), "", posterior, up, shape)


def _posterior(each: Mapping[Level, VertebraLie]) -> str:
    """Where the processes point in the mean of the vertebrae that show it."""
    seen = [x.shape.posterior for x in each.values() if x.posterior and x.shape]
    return _letter(np.mean(seen, axis=0)) if seen else ""


def _up(spine: Spine, each: Mapping[Level, VertebraLie]) -> str:
    """Where the head end points: by the order of the levels, or by the shape of a single vertebra."""
    return _up_by_order(spine) or _up_by_shape(each)


def _up_by_shape(each: Mapping[Level, VertebraLie]) -> str:
    shapes = [x.shape for x in each.values() if x.posterior and x.shape]
    if not shapes:
        return ""
    mean = np.mean([s.axis * s.upward_mm for s in shapes], axis=0)
    return _letter(mean) if np.linalg.norm(mean) >= v.least_upward_mm.value else ""


def _up_by_order(spine: Spine) -> str:
    centres = [vertebra.centre_mm for vertebra in spine]
    return _letter(centres[0] - centres[-1]) if len(centres) > 1 else ""


def _judged(posterior: str, up: str) -> Lie:
    """What the two directions say; ``""`` stands for one that is not known."""
    if up == "S" and not posterior:
        return Lie.NOT_CHECKED
    if not posterior and not up:
        return Lie.NOT_CHECKED
    if posterior in ("P", "") and up in ("S", ""):
        return Lie.CONSISTENT
    reversed_only = posterior in ("P", "A", "") and up in ("S", "I", "")
    return Lie.FLIPPED if reversed_only else Lie.ROTATED


def _letter(direction: Array) -> str:
    """The patient direction a vector points along most nearly; empty where it lies between two."""
    length = float(np.linalg.norm(direction))
    if length == 0:
        return ""
    letter, cosine = max(
        ((c, float(np.array(t) @ direction) / length) for c, t in TOWARDS.items()), key=lambda pair: pair[1]
    )
    return letter if cosine >= np.cos(np.radians(v.most_tilt_deg.value)) else ""


def _right_codes(mask: Volume, posterior: str, up: str) -> tuple[str, ...]:
    """The axis codes that would be right: first for an image that was turned, then for a mirrored one."""
    p, s = np.array(TOWARDS[posterior]), np.array(TOWARDS[up])
    if p @ s != 0:
        return ()
    codes = []
    for left in (np.cross(p, s), -np.cross(p, s)):
        truth = np.array([left, p, s])  # rows: where the header's directions truly point, in LPS
        turned = Volume(mask.values, _affine(truth @ mask.affine_mm[:3, :3]), mask.quantity)
        codes.append(turned.axis_codes)
    return tuple(codes)


def _affine(steps_mm: Array) -> Array:
    affine = np.eye(4)
    affine[:3, :3] = steps_mm
    return affine


def _refuse_disorder(spine: Spine) -> None:
    vertebrae = list(spine)
    if len(vertebrae) < 3:
        return
    down = vertebrae[-1].centre_mm - vertebrae[0].centre_mm
    for upper, lower in pairwise(vertebrae):
        if (lower.centre_mm - upper.centre_mm) @ down <= 0:
            words: dict[str, Any] = {"upper": upper.level, "lower": lower.level}
            raise BadAnatomy(say("order.found", **words), say("order.needed"), say("order.do"))


def _refuse_names_that_run_up(spine: Spine, found: Orientation) -> None:
    by_order, by_shape = _up_by_order(spine), _up_by_shape(found.vertebrae)
    if by_order and by_shape and np.array(TOWARDS[by_order]) @ np.array(TOWARDS[by_shape]) < 0:
        said = say("names_run_up.found", lowest=spine.levels[-1], highest=spine.levels[0])
        raise BadAnatomy(said, say("names_run_up.needed"), say("names_run_up.do"))
