"""The panel's suspicion score, the result of advanced imaging, and kyphotic deformity, worked out."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from vertebro.guidelines.reading import Derived, Facts, certain_value, possible_values
from vertebro.vocabulary.library import cited_values
from vertebro.vocabulary.texts import texts

v = cited_values(beside=__file__)
words = texts(beside=__file__)


def limits_daily_life(facts: Facts) -> bool | None:
    """Pain severely limits mobility or everyday life; who cannot get up with painkillers is limited."""
    gets_up = certain_value(facts, "mobilises_on_analgesia")
    return _written(facts, "adl_severely_limited", True if gets_up is False else None)


def eases_at_rest(facts: Facts) -> bool | None:
    """The pain is less or gone at rest, as written or by the two pain scores."""
    return _written(facts, "pain_less_at_rest", _worse_on_moving(facts))


def comes_with_movement(facts: Facts) -> bool | None:
    """The pain comes with activity or movement, as written or by the two pain scores."""
    return _written(facts, "pain_on_movement", _worse_on_moving(facts))


def had_small_injury(facts: Facts) -> bool | None:
    """A recent injury of low energy; no injury at all is none."""
    trauma = certain_value(facts, "trauma")
    return None if trauma is None else bool(trauma == "low_energy")


def has_thin_bone(facts: Facts) -> bool | None:
    """Osteoporosis or osteopenia."""
    found = {certain_value(facts, name) for name in ("osteoporosis", "osteopenia")}
    return True if True in found else None if None in found else False


def broke_before(facts: Facts) -> bool | None:
    """An earlier vertebral fracture."""
    return _more_than_none(facts, "prior_vcf_count")


def takes_steroids(facts: Facts) -> bool | None:
    """Corticosteroids are taken."""
    return _more_than_none(facts, "steroid_mg_day")


def is_tender(facts: Facts) -> bool | None:
    """A spinous process is tender to palpation or percussion."""
    tapped, levels = certain_value(facts, "closed_fist_percussion"), certain_value(facts, "tender_levels")
    found = True if tapped or levels else None
    return _written(facts, "midline_tenderness", found)


def hurts_on_turning(facts: Facts) -> bool | None:
    """Changing position hurts, with reluctance to move."""
    written: bool | None = certain_value(facts, "pain_on_position_change")
    return written


def is_in_midline(facts: Facts) -> bool | None:
    """Back pain in the midline, as written or by its pattern."""
    pattern = certain_value(facts, "pain_pattern")
    return _written(facts, "midline_pain", True if pattern == "midline" else None)


SIGNS: dict[str, Callable[[Facts], bool | None]] = {
    "adl_severely_limited": limits_daily_life,
    "pain_less_at_rest": eases_at_rest,
    "trauma": had_small_injury,
    "pain_on_movement": comes_with_movement,
    "osteoporosis": has_thin_bone,
    "prior_vcf_count": broke_before,
    "steroid_mg_day": takes_steroids,
    "midline_tenderness": is_tender,
    "pain_on_position_change": hurts_on_turning,
    "midline_pain": is_in_midline,
}
"""The ten signs by the fact to ask for, in the order of the panel's page; None where not known."""


ALSO_FROM: dict[str, tuple[str, ...]] = {
    "adl_severely_limited": ("mobilises_on_analgesia",),
    "pain_less_at_rest": ("pain_nrs_rest", "pain_nrs_movement"),
    "pain_on_movement": ("pain_nrs_rest", "pain_nrs_movement"),
    "osteoporosis": ("osteopenia",),
    "midline_tenderness": ("closed_fist_percussion", "tender_levels"),
    "midline_pain": ("pain_pattern",),
}
"""The further facts by which a sign is known where nobody wrote it."""


def vcf_suspicion_score(facts: Facts) -> Derived[int] | None:
    """One point for each sign; a sign that is not known may still be present, so a range is kept."""
    found = {name: sign(facts) for name, sign in SIGNS.items()}
    unknown = tuple(_to_ask(name, facts) for name, present in found.items() if present is None)
    if len(unknown) == len(SIGNS):
        return None
    present = list(found.values()).count(True)
    possible = tuple(range(present, present + len(unknown) + 1))
    asked = dict.fromkeys(name for sign in SIGNS for name in (sign, *ALSO_FROM.get(sign, ())))
    used = tuple(name for name in asked if name in facts)
    return Derived(present, _said(present, len(unknown)), None, used, possible, unknown)


def _to_ask(name: str, facts: Facts) -> str:
    """The fact that settles a sign; known not to have osteoporosis, a person may still have osteopenia."""
    return "osteopenia" if name == "osteoporosis" and name in facts else name


def _said(present: int, unknown: int) -> str:
    bands = tuple(dict.fromkeys(_band(score) for score in (present, present + unknown)))
    band = words.say("suspicion.range", low=bands[0], high=bands[-1]) if len(bands) > 1 else bands[0]
    key = "suspicion.some_unknown" if unknown else "suspicion.all_known"
    return words.say(key, present=present, asked=len(SIGNS), unknown=unknown, band=band)


def _band(score: int) -> str:
    """The panel's word for the probability of a vertebral fracture at this score."""
    if score >= v.suspicion_high_from.number:
        return words.say("suspicion.high")
    intermediate = score >= v.suspicion_intermediate_from.number
    return words.say("suspicion.intermediate" if intermediate else "suspicion.low")


def advanced_imaging(facts: Facts) -> Derived[str] | None:
    """What MRI says; a bone scan only where no MRI was reported."""
    stir, scan = certain_value(facts, "mri"), certain_value(facts, "bone_scan")
    if stir is not None:
        return _imaged(stir == "oedema", "mri")
    if scan is not None:
        return _imaged(scan == "uptake", "bone_scan")
    return None


def _imaged(shows: bool, by: str) -> Derived[str]:
    return Derived("positive" if shows else "negative", words.say(f"imaging.{by}"), None, (by,))


def kyphotic_deformity(facts: Facts) -> Derived[bool] | None:
    """Where nobody wrote it: the angle, against our setting."""
    if "kyphosis_deg" not in facts:
        return None
    angles = possible_values(facts["kyphosis_deg"])
    found = tuple(sorted({angle >= v.kyphosis_deformity_from.number for angle in angles}))
    said = words.say("kyphosis", kyphosis_deformity_from=v.kyphosis_deformity_from.in_words())
    missing = ("kyphotic_deformity",) if len(found) > 1 else ()
    return Derived(found[0], said, None, ("kyphosis_deg",), found, missing)


def _written(facts: Facts, name: str, otherwise: bool | None) -> bool | None:
    """What a person wrote, else what follows from other facts."""
    answer = certain_value(facts, name)
    return otherwise if answer is None else bool(answer)


def _worse_on_moving(facts: Facts) -> bool | None:
    rest, moving = certain_value(facts, "pain_nrs_rest"), certain_value(facts, "pain_nrs_movement")
    return None if rest is None or moving is None else bool(rest < moving)


def _more_than_none(facts: Facts, name: str) -> bool | None:
    amount = certain_value(facts, name)
    return None if amount is None else bool(amount > 0)


WORKED_OUT: dict[str, Callable[[Facts], Derived[Any] | None]] = {
    "vcf_suspicion_score": vcf_suspicion_score,
    "advanced_imaging": advanced_imaging,
    "kyphotic_deformity": kyphotic_deformity,
}
ASK_INSTEAD: dict[str, list[str]] = {
    "vcf_suspicion_score": list(SIGNS),
    "advanced_imaging": ["mri", "bone_scan"],
}
