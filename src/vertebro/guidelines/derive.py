"""Facts worked out from other facts: healing, cause, examination, pregnancy, the source of the pain."""

from __future__ import annotations

import importlib
import importlib.util
import pkgutil
from collections.abc import Callable, Iterable
from functools import cache
from types import ModuleType
from typing import Any

from vertebro import guidelines
from vertebro.guidelines.reading import Derived, Facts, certain_value, is_certain, possible_values
from vertebro.guidelines.settings import own, own_texts
from vertebro.vocabulary.known import Known, Unknown
from vertebro.vocabulary.levels import Level, Region


def worked_out(value: Any, key: str, *used: str) -> Derived[Any]:
    """A value, said to come from the sentence ``derived.<key>``, resting on the facts ``used``."""
    return Derived(value, own_texts().say(f"derived.{key}"), None, used)


def with_derived(facts: Facts, level: Level | Unknown) -> dict[str, Known[Any]]:
    """The facts with everything that follows from them; what a person wrote is never replaced."""
    known: dict[str, Known[Any]] = {n: k for n, k in facts.items() if not isinstance(k, Derived)}
    if isinstance(level, Level):
        known.setdefault("fracture_level", Derived(level, own_texts().say("derived.level")))
    for name, work in all_worked_out().items():
        worked = None if name in known else work(known)
        if worked is not None:
            known[name] = worked
    return known


def examined(facts: Facts) -> Derived[Any] | None:
    """Somebody who wrote down a finding has examined the back."""
    for found in ("exam_matches_level", "tender_levels"):
        if found in facts:
            return worked_out(True, "examined", found)
    return None


def exam_matches_level(facts: Facts) -> Derived[Any] | None:
    """The tender level lies at the fracture or next to it (two off in the thoracic spine)."""
    tender, level = certain_value(facts, "tender_levels"), certain_value(facts, "fracture_level")
    if tender is None or level is None:
        return None
    return worked_out(lies_near(tender, level), "tender_levels", "tender_levels", "fracture_level")


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


def pain_source_is_fracture(facts: Facts) -> Derived[Any] | None:
    """Pain found by hand at the fracture comes from it, pain found elsewhere does not."""
    matches = certain_value(facts, "exam_matches_level")
    return None if matches is None else worked_out(matches, "pain_source", "exam_matches_level")


def pregnant(facts: Facts) -> Derived[Any] | None:
    """Not asked of males and outside the ages of the setting; never assumed otherwise."""
    sex, age = certain_value(facts, "sex"), certain_value(facts, "age_years")
    if sex == "male":
        return worked_out(False, "pregnant_male", "sex")
    if age is not None and not own.pregnancy_from.number <= age <= own.pregnancy_until.number:
        return worked_out(False, "pregnant_age", "age_years")
    return None


def osteoporotic_fracture(facts: Facts) -> Derived[Any] | None:
    """Taken to be osteoporotic: osteoporosis known, no high-energy injury, no tumour or myeloma."""
    bone, trauma, tumour = (certain_value(facts, name) for name in ("osteoporosis", "trauma", "malignancy"))
    against = {
        "osteoporosis": bone is False,
        "trauma": trauma == "high_energy",
        "malignancy": tumour not in (None, "none"),
        "myeloma": certain_value(facts, "myeloma") is True,
        "tumour_signs": shows_signs(facts, "tumour_signs"),
    }
    for name, speaks_against in against.items():
        if speaks_against:
            return worked_out(False, "cause", name)
    if None in (bone, trauma, tumour):
        return None
    return worked_out(True, "cause", *(name for name in against if name in facts))


def malignancy_or_signs(facts: Facts) -> Derived[Any] | None:
    """The tumour as written; suspected where images show signs of one, or myeloma is known, all the same."""
    return _or_signs(facts, "malignancy", "tumour_signs", also=certain_value(facts, "myeloma") is True)


def infection_or_signs(facts: Facts) -> Derived[Any] | None:
    """The infection as written; suspected where images show signs of one all the same."""
    return _or_signs(facts, "infection", "infection_signs")


def shows_signs(facts: Facts, signs: str) -> bool:
    """True if the images surely show one of these signs."""
    return signs in facts and all(set(some) - {"none"} for some in possible_values(facts[signs]))


def _or_signs(facts: Facts, name: str, signs: str, *, also: bool = False) -> Derived[Any] | None:
    """What is written of ``name``, with ``none`` (or nothing) read as suspected beside a sure sign."""
    seen = also or shows_signs(facts, signs)
    if name not in facts:
        return (
            worked_out("suspected", "signs", *(n for n in (signs, "myeloma") if n in facts)) if seen else None
        )
    known = facts[name]
    if not seen:
        possible = possible_values(known)
        open_still = () if is_certain(known) else (name,)
        return Derived(known.value, known.source, known.on, (name,), possible, open_still)
    value = "suspected" if known.value == "none" else known.value
    possible = tuple(dict.fromkeys("suspected" if one == "none" else one for one in possible_values(known)))
    used = tuple(n for n in (name, signs, "myeloma") if n in facts)
    said = own_texts().say("derived.signs") if known.value == "none" else known.source
    return Derived(value, said, None, used, possible, () if len(possible) == 1 else (name,))


def mri(facts: Facts) -> Derived[Any] | None:
    """A part of the body that shows oedema is oedema, however small; none of it is none.

    A measured part counts where every value within its spread says the same: it can show oedema, but
    never rules it out, because its spread reaches above nought.
    """
    extent = certain_value(facts, "oedema_extent")
    if extent is not None:
        return worked_out("no_oedema" if extent == "none" else "oedema", "oedema_extent", "oedema_extent")
    fraction = facts.get("mri_oedema_fraction")
    shows = set() if fraction is None else {part > 0 for part in possible_values(fraction)}
    if len(shows) != 1:
        return None
    return worked_out("oedema" if shows == {True} else "no_oedema", "oedema_fraction", "mri_oedema_fraction")


def fracture_unhealed(facts: Facts) -> Derived[Any] | None:
    """Unhealed: a cleft, oedema on MRI, or (where MRI cannot be done) uptake on a bone scan.

    Healed only if the imaging is negative and a cleft is ruled out as well.
    """
    cleft, stir, scan = (certain_value(facts, n) for n in ("intravertebral_cleft", "mri", "bone_scan"))
    if cleft not in (None, "none"):
        return worked_out(True, "unhealed_cleft", "intravertebral_cleft")
    if stir is not None:
        shows, key = stir == "oedema", "unhealed_mri"
        used: tuple[str, ...] = ("mri",)
    elif scan is not None and "mri_impossible_reason" in facts:
        shows, key = scan == "uptake", "unhealed_scan"
        used = ("bone_scan", "mri_impossible_reason")
    else:
        return None
    if shows:
        return worked_out(True, key, *used)
    return None if cleft is None else worked_out(False, key, *used, "intravertebral_cleft")


def imaging_done(facts: Facts) -> Derived[Any] | None:
    """MRI reported; or the reason why it cannot be done, and a bone scan or a cleft reported instead.

    A cleft is unhealed by definition. CT without one answers nothing: no body defines which signs on
    CT show a fracture to be fresh, so there is no fact for them.
    """
    if "mri" in facts:
        return worked_out(True, "imaging_mri", "mri")
    if "mri_impossible_reason" not in facts:
        return None
    if "bone_scan" in facts:
        return worked_out(True, "imaging_scan", "bone_scan", "mri_impossible_reason")
    if certain_value(facts, "intravertebral_cleft") not in (None, "none"):
        return worked_out(True, "imaging_cleft", "intravertebral_cleft", "mri_impossible_reason")
    return None


def spinal_instability(facts: Facts) -> Derived[Any] | None:
    """OF5 is by definition distraction, rotation or translation; OF1 to OF4 are not."""
    of_type = certain_value(facts, "of_type")
    if of_type is None:
        return None
    return worked_out("translation_or_rotation" if of_type == "OF5" else "none", "of_type", "of_type")


Work = Callable[[Facts], Derived[Any] | None]
"""How a fact is worked out from others, or None where they do not allow it."""

WORKED_OUT: dict[str, Work] = {
    "exam_matches_level": exam_matches_level,
    "examined": examined,
    "mri": mri,
    "pain_source_is_fracture": pain_source_is_fracture,
    "pregnant": pregnant,
    "malignancy_or_signs": malignancy_or_signs,
    "infection_or_signs": infection_or_signs,
    "osteoporotic_fracture": osteoporotic_fracture,
    "fracture_unhealed": fracture_unhealed,
    "imaging_done": imaging_done,
    "spinal_instability": spinal_instability,
}
"""What is worked out for all folders of rules, in the order in which one may rest on another."""


@cache
def all_worked_out() -> dict[str, Work]:
    """The shared facts that are worked out, then those of each folder's ``derived.py``."""
    return WORKED_OUT | {name: work for module in _folders_own() for name, work in module.WORKED_OUT.items()}


@cache
def _asked_instead() -> dict[str, list[str]]:
    """For a fact that a folder works out: the facts to ask people for instead."""
    return {name: asked for module in _folders_own() for name, asked in module.ASK_INSTEAD.items()}


@cache
def _folders_own() -> tuple[ModuleType, ...]:
    packages = (m.name for m in pkgutil.iter_modules(guidelines.__path__) if m.ispkg)
    names = (f"{guidelines.__name__}.{package}.derived" for package in sorted(packages))
    return tuple(importlib.import_module(name) for name in names if importlib.util.find_spec(name))


def askable(missing: Iterable[str], facts: Facts) -> list[str]:
    """The questions for people behind missing facts: what is worked out is asked by what it rests on."""
    images = _imaging_to_ask(facts)
    imaged = imaging_done(facts) is not None
    place = "fracture_level" if "tender_levels" in facts else "exam_matches_level"
    instead = {
        "fracture_unhealed": ["intravertebral_cleft"] if imaged else images,
        "imaging_done": images,
        "osteoporotic_fracture": ["osteoporosis", "trauma", "malignancy"],
        "examined": [place],
        "exam_matches_level": [place],
        "pain_source_is_fracture": [place],
        **_asked_instead(),
    }
    missing = tuple(missing)
    names = [name for need in missing for name in instead.get(need, [need])]
    return [name for name in dict.fromkeys(names) if name not in facts or name in missing]


def _imaging_to_ask(facts: Facts) -> list[str]:
    """MRI first; where it cannot be done a bone scan or a cleft; beside a bone scan why there is no MRI."""
    if "mri_impossible_reason" in facts:
        return ["bone_scan", "intravertebral_cleft"]
    return ["mri_impossible_reason", "mri"] if "bone_scan" in facts else ["mri"]
