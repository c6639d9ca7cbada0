"""Facts worked out from other facts: healing, cause, examination, pregnancy, the source of the pain."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from vertebro.guidelines.reading import Derived, Facts
from vertebro.guidelines.settings import own, own_texts
from vertebro.vocabulary.known import Known, Unknown
from vertebro.vocabulary.levels import Level, Region

Worked = tuple[Any, str, tuple[str, ...]]
"""A value, the key of the sentence that says where it comes from, and the facts it rests on."""


def with_derived(facts: Facts, level: Level | Unknown) -> dict[str, Known[Any]]:
    """The facts with everything that follows from them; what a person wrote is never replaced."""
    known: dict[str, Known[Any]] = {n: k for n, k in facts.items() if not isinstance(k, Derived)}
    if isinstance(level, Level):
        known.setdefault("fracture_level", Derived(level, own_texts().say("derived.level")))
    for name, work in WORKED_OUT.items():
        worked = None if name in known else work(known)
        if worked is not None:
            value, key, used = worked
            known[name] = Derived(value, own_texts().say(f"derived.{key}"), None, used)
    return known


def _value(facts: Facts, name: str) -> Any:
    """The value if it is known and certain, else None."""
    known = facts.get(name)
    uncertain = len(set(getattr(known, "possible", ()))) > 1
    return None if known is None or uncertain else known.value


def examined(facts: Facts) -> Worked | None:
    """Somebody who wrote down a finding has examined the back."""
    for found in ("exam_matches_level", "tender_levels"):
        if found in facts:
            return True, "examined", (found,)
    return None


def exam_matches_level(facts: Facts) -> Worked | None:
    """The tender level lies at the fracture or next to it (two off in the thoracic spine)."""
    tender, level = _value(facts, "tender_levels"), _value(facts, "fracture_level")
    if tender is None or level is None:
        return None
    return lies_near(tender, level), "tender_levels", ("tender_levels", "fracture_level")


def lies_near(tender: Iterable[Level], level: Level) -> bool:
    """True if a tender vertebra is the broken one or near enough to it for an examination by hand."""
    thoracic = level.region is Region.THORACIC
    reach = (own.level_match_thoracic if thoracic else own.level_match).number
    return any(steps_between(level, other) <= reach for other in tender)


def steps_between(one: Level, other: Level) -> int:
    """How many vertebrae apart, in a spine without T13 and L6 unless one of them is named."""
    low, high = sorted((one.order, other.order))
    skipped = sum(level.is_rare for level in Level if low < level.order < high)
    return high - low - skipped


def pain_source_is_fracture(facts: Facts) -> Worked | None:
    """Pain found by hand at the fracture comes from it, pain found elsewhere does not."""
    matches = _value(facts, "exam_matches_level")
    return None if matches is None else (matches, "pain_source", ("exam_matches_level",))


def pregnant(facts: Facts) -> Worked | None:
    """Not asked of males and outside the ages of the setting; never assumed otherwise."""
    sex, age = _value(facts, "sex"), _value(facts, "age_years")
    if sex == "male":
        return False, "pregnant_male", ("sex",)
    if age is not None and not own.pregnancy_from.number <= age <= own.pregnancy_until.number:
        return False, "pregnant_age", ("age_years",)
    return None


def osteoporotic_fracture(facts: Facts) -> Worked | None:
    """Taken to be osteoporotic: osteoporosis known, no high-energy injury, no tumour suspected."""
    bone, trauma, tumour = (_value(facts, name) for name in ("osteoporosis", "trauma", "malignancy"))
    against = {
        "osteoporosis": bone is False,
        "trauma": trauma == "high_energy",
        "malignancy": tumour not in (None, "none"),
    }
    for name, speaks_against in against.items():
        if speaks_against:
            return False, "cause", (name,)
    if None in (bone, trauma, tumour):
        return None
    return True, "cause", tuple(against)


def mri(facts: Facts) -> Worked | None:
    """A part of the body that shows oedema is oedema, however small; none of it is none."""
    fraction = _value(facts, "mri_oedema_fraction")
    if fraction is None:
        return None
    return ("oedema" if fraction > 0 else "no_oedema"), "oedema_fraction", ("mri_oedema_fraction",)


def fracture_unhealed(facts: Facts) -> Worked | None:
    """Unhealed: a cleft, oedema on MRI, or (where MRI cannot be done) uptake on a bone scan.

    Healed only if the imaging is negative and a cleft is ruled out as well.
    """
    cleft, stir, scan = (_value(facts, n) for n in ("intravertebral_cleft", "mri", "bone_scan"))
    if cleft not in (None, "none"):
        return True, "unhealed_cleft", ("intravertebral_cleft",)
    if stir is not None:
        imaged: Worked = (stir == "oedema", "unhealed_mri", ("mri",))
    elif scan is not None and "mri_impossible_reason" in facts:
        imaged = (scan == "uptake", "unhealed_scan", ("bone_scan", "mri_impossible_reason"))
    else:
        return None
    if imaged[0]:
        return imaged
    return None if cleft is None else (False, imaged[1], (*imaged[2], "intravertebral_cleft"))


def imaging_done(facts: Facts) -> Worked | None:
    """MRI reported; or the reason why it cannot be done, and a bone scan reported instead."""
    if "mri" in facts:
        return True, "imaging_mri", ("mri",)
    if "bone_scan" in facts and "mri_impossible_reason" in facts:
        return True, "imaging_scan", ("bone_scan", "mri_impossible_reason")
    return None


def spinal_instability(facts: Facts) -> Worked | None:
    """OF5 is by definition distraction, rotation or translation; OF1 to OF4 are not."""
    of_type = _value(facts, "of_type")
    if of_type is None:
        return None
    return ("translation_or_rotation" if of_type == "OF5" else "none"), "of_type", ("of_type",)


WORKED_OUT: dict[str, Callable[[Facts], Worked | None]] = {
    "exam_matches_level": exam_matches_level,
    "examined": examined,
    "mri": mri,
    "pain_source_is_fracture": pain_source_is_fracture,
    "pregnant": pregnant,
    "osteoporotic_fracture": osteoporotic_fracture,
    "fracture_unhealed": fracture_unhealed,
    "imaging_done": imaging_done,
    "spinal_instability": spinal_instability,
}
"""What is worked out, in the order in which one may rest on another."""


def askable(missing: Iterable[str], facts: Facts) -> list[str]:
    """The questions for people behind missing facts: what is worked out is asked by what it rests on."""
    image = "bone_scan" if "mri_impossible_reason" in facts else "mri"
    imaged = imaging_done(facts) is not None
    instead = {
        "fracture_unhealed": ["intravertebral_cleft" if imaged else image],
        "imaging_done": [image],
        "osteoporotic_fracture": ["osteoporosis", "trauma", "malignancy"],
        "examined": ["exam_matches_level"],
        "pain_source_is_fracture": ["exam_matches_level"],
    }
    missing = tuple(missing)
    names = [name for need in missing for name in instead.get(need, [need])]
    return [name for name in dict.fromkeys(names) if name not in facts or name in missing]
