"""TLICS from the kind of injury, the posterior ligaments and the nerves, where nobody wrote the score."""

from __future__ import annotations

from itertools import product
from typing import Any

from vertebro.guidelines.reading import Derived, Facts, possible_values
from vertebro.vocabulary.library import CitedValue, cited_values
from vertebro.vocabulary.texts import texts

v = cited_values(beside=__file__)
words = texts(beside=__file__)

PARTS: dict[str, tuple[CitedValue, tuple[str, ...]]] = {
    "injury_morphology": (
        v.morphology_points,
        ("compression", "burst", "translation_or_rotation", "distraction"),
    ),
    "posterior_ligaments": (v.ligament_points, ("intact", "suspected", "injured")),
    "neuro_grade": (v.nerve_points, ("N0", "N1", "N2", "N3", "N4")),
}
"""For each part of the score its points, and the grades in their order."""


def tlics(facts: Facts) -> Derived[int] | None:
    """The sum of the parts; a part nobody wrote may be any, and leaves open what hangs on it.

    Nothing is worked out without the kind of injury: an osteoporotic fracture has no such score.
    """
    if "injury_morphology" not in facts:
        return None
    sums = sorted({sum(points) for points in product(*(_points(name, facts) for name in PARTS))})
    missing = tuple(name for name in PARTS if len(_points(name, facts)) > 1)
    used = tuple(name for name in PARTS if name in facts)
    nominal = sum(_nominal(name, facts) for name in PARTS)
    source = words.say("worked_out", low=sums[0], high=sums[-1]) if missing else words.say("added_up")
    return Derived(nominal, source, None, used, tuple(sums) if missing else (), missing)


def _points(name: str, facts: Facts) -> list[int]:
    points, grades = PARTS[name]
    possible: tuple[Any, ...] = possible_values(facts[name]) if name in facts else grades
    return sorted({points.value[grades.index(grade)] for grade in possible})


def _nominal(name: str, facts: Facts) -> int:
    """The points as they stand; the most a part that nobody wrote may add, so that none is played down."""
    points, grades = PARTS[name]
    most: int = max(_points(name, facts))
    return points.value[grades.index(facts[name].value)] if name in facts else most


WORKED_OUT = {"tlics": tlics}

ASK_INSTEAD: dict[str, list[str]] = {}
