"""The OF type from its findings, and the OF score with its breakdown, as the pocket card reckons them."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import cache
from itertools import product
from typing import Any

from vertebro.guidelines.reading import Derived, Facts, certain_value, is_certain, possible_values
from vertebro.guidelines.settings import numbers_of
from vertebro.vocabulary.library import cited_values
from vertebro.vocabulary.texts import texts

v = cited_values(beside=__file__)
words = texts(beside=__file__)

TYPES = ("OF1", "OF2", "OF3", "OF4", "OF5")
ANTICOAGULANTS = frozenset(
    {
        "warfarin",
        "apixaban",
        "rivaroxaban",
        "edoxaban",
        "dabigatran",
        "heparin",
        "unfractionated_heparin",
        "enoxaparin_prophylactic",
        "enoxaparin_therapeutic",
        "fondaparinux",
    }
)
"""The card counts anticoagulation; drugs against platelets (aspirin, clopidogrel, ...) are none."""

TYPE_POINTS: dict[str, int] = dict(zip(TYPES, v.type_points.value, strict=True))
TSCORE_BELOW, DENSITY_UP_TO = v.tscore_below.number, v.density_up_to.number
SEVERE, PROGRESSION = v.severe_osteoporosis_points.value, v.progression_points.value
PAIN_FROM, PAIN, DEFICIT = v.pain_from.number, v.pain_points.value, v.deficit_points.value
MOBILISATION, HEALTH, FLOOR = v.mobilisation_points.value, v.health_points.value, v.health_floor.value
ASA_ABOVE, MFI_ABOVE = v.asa_above.number, v.mfi_above.number
WALL_SHARE_OF3 = v.wall_share_of3.number
"""The numbers of the card, read once: the score is worked out again for every question that is tried."""

Points = tuple[str, int]
"""The key of what was found (in ``breakdown.<key>``), and the points for it."""


@dataclass(frozen=True)
class Item:
    """One line of the score: the facts it looks at (None where absent), and the points for them."""

    needs: tuple[str, ...]
    points: Callable[..., Points]

    def nominal(self, facts: Facts) -> Points:
        """The points for the values as they stand."""
        return self.points(*(facts[name].value if name in facts else None for name in self.needs))

    def possible(self, facts: Facts) -> set[int]:
        """Every number of points the line may have."""
        every = product(*(possible_values(facts[n]) if n in facts else (None,) for n in self.needs))
        return {self.points(*values)[1] for values in every}


def _type(of_type: str) -> Points:
    return of_type, TYPE_POINTS[of_type]


def _osteoporosis(spine: float | None, hip: float | None, density_hu: float | None) -> Points:
    severe = [score < TSCORE_BELOW for score in (spine, hip) if score is not None]
    severe += [] if density_hu is None else [density_hu <= DENSITY_UP_TO]
    if any(severe):
        return "bone_severe", SEVERE
    return "bone_not_severe" if severe else "bone_unknown", 0


def _progression(progressing: bool | None) -> Points:
    if progressing is None:
        return "progression_unknown", 0
    return ("progression", PROGRESSION) if progressing else ("no_progression", -PROGRESSION)


def _pain(nrs: int | None, on_analgesia: bool | None, optimal: bool | None) -> Points:
    """Pain counts under painkillers only; pain despite the best possible treatment is such pain."""
    under_analgesia = on_analgesia if on_analgesia is not None else optimal
    if nrs is None or not under_analgesia:
        return "pain_unknown", 0
    return ("pain", PAIN) if nrs >= PAIN_FROM else ("little_pain", -PAIN)


def _neurology(grade: str | None) -> Points:
    if grade is None:
        return "neurology_unknown", 0
    return ("deficit", DEFICIT) if grade in ("N2", "N3", "N4") else ("no_deficit", 0)


def _mobilisation(can_get_up: bool | None) -> Points:
    if can_get_up is None:
        return "mobilisation_unknown", 0
    return ("gets_up", -MOBILISATION) if can_get_up else ("cannot_get_up", MOBILISATION)


def _health(asa: int | None, mfi5: int | None, drugs: tuple[str, ...] | None) -> Points:
    """The three lines of the health status together, not below their floor."""
    found = {
        "asa": None if asa is None else asa > ASA_ABOVE,
        "mfi": None if mfi5 is None else mfi5 > MFI_ABOVE,
        "drug": _is_anticoagulated(drugs),
    }
    counted = [name for name, counts in found.items() if counts]
    unknown = [name for name, counts in found.items() if counts is None]
    points = max(FLOOR, len(counted) * HEALTH)
    return f"health {' '.join(counted)} unknown {' '.join(unknown)}", points


def _is_anticoagulated(drugs: tuple[str, ...] | None) -> bool | None:
    """None where nobody wrote it, or where a drug is not named."""
    if drugs is None:
        return None
    if ANTICOAGULANTS & set(drugs):
        return True
    return None if "other" in drugs else False


ITEMS = (
    Item(("of_type",), _type),
    Item(("tscore_spine", "tscore_hip", "qct_hu"), _osteoporosis),
    Item(("height_loss_progressing",), _progression),
    Item(("pain_nrs", "pain_on_analgesia", "optimal_pain_management"), _pain),
    Item(("neuro_grade",), _neurology),
    Item(("mobilises_on_analgesia",), _mobilisation),
    Item(("asa", "mfi5", "anticoagulant"), _health),
)
"""The lines of the card, in its order."""

NEEDS = tuple(name for item in ITEMS for name in item.needs)


def of_score(facts: Facts) -> Derived[int] | None:
    """The score; a line that nobody wrote counts nothing, as the card says. No score without a type."""
    if "of_type" not in facts:
        return None
    found = tuple(item.nominal(facts) for item in ITEMS)
    used = tuple(name for name in NEEDS if name in facts)
    unsure = tuple(name for name in used if not is_certain(facts[name]))
    nominal = sum(points for _, points in found)
    possible = _possible(facts) if unsure else ()
    return Derived(nominal, breakdown(found), None, used, possible, unsure)


def _possible(facts: Facts) -> tuple[int, ...]:
    """Every score there may be with readings that are not certain."""
    return tuple(sorted({sum(points) for points in product(*(item.possible(facts) for item in ITEMS))}))


@cache
def breakdown(found: tuple[Points, ...]) -> str:
    """Every line with its points: ``OF2 +4, ..., further loss of height not known 0``."""
    lines = [
        words.say("breakdown.line", found=_line(key), points=f"{points:+d}" if points else "0")
        for key, points in found
    ]
    return words.say("breakdown.whole", lines=", ".join(lines))


def _line(key: str) -> str:
    if key in TYPES:
        return key
    if key.startswith("health "):
        return _health_line(*key.removeprefix("health ").split("unknown"))
    return words.say(f"breakdown.{key}", **numbers_of(__file__))


def _health_line(counted: str, unknown: str) -> str:
    said = [_health_words(f"breakdown.{name}" for name in counted.split())]
    if unknown.split():
        not_known = _health_words(f"breakdown.unknown_{name}" for name in unknown.split())
        said.append(words.say("breakdown.health_unknown", missing=not_known))
    return words.say(
        "breakdown.health", found="; ".join(filter(None, said)) or words.say("breakdown.nothing")
    )


def _health_words(keys: Iterable[str]) -> str:
    return ", ".join(words.say(key, **numbers_of(__file__)) for key in keys)


TYPE_NEEDS = ("spinal_instability", "endplates_deformed", "posterior_wall_involved_pct", "mri")

HEALING = "fracture_unhealed"


def of_type(facts: Facts) -> Derived[str] | None:
    """The type by the card's algorithm, only if everything it asks for on the way is known.

    A fracture that has healed has no type: its deformity is an old one.
    """
    if certain_value(facts, HEALING) is False:
        return None
    every = product(*(possible_values(facts[n]) if n in facts else (None,) for n in TYPE_NEEDS))
    types = {type_of(*values) for values in every}
    if None in types:
        return None
    nominal = type_of(*(facts[n].value if n in facts else None for n in TYPE_NEEDS))
    used = tuple(name for name in (*TYPE_NEEDS, HEALING) if name in facts)
    unsure = tuple(name for name in used if not is_certain(facts[name]))
    open_still = len(types) > 1
    return Derived(
        nominal,
        words.say("type_from_findings", **numbers_of(__file__)),
        None,
        used,
        tuple(sorted(t for t in types if t)) if open_still else (),
        unsure if open_still else (),
        () if HEALING in facts else (HEALING,),
    )


def type_of(band: str | None, endplates: str | None, wall_pct: float | None, mri: str | None) -> Any:
    """The card's algorithm, the first yes wins; None where it asks for what is not known, or finds none."""
    if band is None:
        return None
    if band != "none":
        return "OF5"
    if endplates == "both":
        return "OF4"
    if endplates == "one" and wall_pct is not None:
        return "OF3" if wall_pct >= WALL_SHARE_OF3 else "OF2"
    return "OF1" if endplates == "none" and mri == "oedema" else None


FRAILTY_ITEMS = ("diabetes", "copd", "heart_failure", "hypertension", "functionally_dependent")
"""The items of the five-item frailty index [mfi5_items]_."""


def mfi5(facts: Facts) -> Derived[int] | None:
    """How many of the five items apply, only if every one of them is written."""
    if any(name not in facts for name in FRAILTY_ITEMS):
        return None
    counted = sum(facts[name].value for name in FRAILTY_ITEMS)
    return Derived(counted, words.say("frailty_counted"), None, FRAILTY_ITEMS)


WORKED_OUT = {"mfi5": mfi5, "of_type": of_type, "of_score": of_score}

ASK_INSTEAD = {"of_score": ["of_type"]}
