"""What would change the answer: for each fact, the nearest value that gives another stance."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date
from itertools import pairwise
from typing import Any

from vertebro.errors import BadRecord
from vertebro.guidelines.body import Hearing
from vertebro.guidelines.derive import with_derived
from vertebro.guidelines.reading import Derived, Facts
from vertebro.guidelines.settle import settle
from vertebro.guidelines.trying import TRIED, Answers, possible_answers, settled_if, step_of
from vertebro.guidelines.verdict import Procedure, Stance
from vertebro.patient.record import NOT_WRITTEN, ClinicalRecord
from vertebro.vocabulary.facts import fact, facts
from vertebro.vocabulary.known import Known, Maybe, Unknown
from vertebro.vocabulary.levels import Level

Tried = list[tuple[Any, Answers]]
"""Values that were tried, with what would be settled."""


@dataclass(frozen=True)
class Boundary:
    """A change of one fact that alone gives another stance, and what decides then.

    ``now`` is the fact as it is. Of a number ``values`` are the nearest and
    the farthest tried value that give this answer; of a choice, all the choices that do.
    """

    fact: str
    now: Maybe[Any]
    values: tuple[Any, ...]
    stances: dict[Procedure, Stance]
    decided_by: dict[Procedure, str]


def boundaries(known: Facts, level: Level | Unknown) -> tuple[Boundary, ...]:
    """Every single change of a fact that changes a stance, in the order of the dictionary.

    Facts that are worked out are not changed by themselves: what they rest on is.
    """
    hearing = Hearing.of(with_derived(known, level))
    now = {p: settle(hearing.outcomes, p).stance for p in Procedure}
    names = (name for name, asked in facts().items() if asked.origin == "record")
    return tuple(found for name in names for found in _of_fact(name, hearing, level, now))


def _of_fact(
    name: str, hearing: Hearing, level: Level | Unknown, now: dict[Procedure, Stance]
) -> Iterator[Boundary]:
    known = hearing.facts.get(name, Unknown(NOT_WRITTEN))
    for values in _ways(name, known):
        tried = [(value, settled_if(hearing, level, name, value)) for value in values]
        if fact(name).is_number:
            tried = _with_exact_limits(tried, lambda value: settled_if(hearing, level, name, value), name)
        for together in _together(tried, is_number=fact(name).is_number):
            _, answers = together[0]
            if _stances(answers) == now:
                continue
            same = tuple(value for value, _ in together if _can_be_written(name, value, hearing.facts))
            if same:
                by = {procedure: settled.by for procedure, settled in answers.items()}
                ends = (same[0], same[-1]) if fact(name).is_number else same
                yield Boundary(name, known, ends, _stances(answers), by)


def _can_be_written(name: str, value: Any, known: Facts) -> bool:
    """False where the record would refuse it beside the other facts: a narrowed canal and an intact wall.

    Facts that contradict each other already (an image and a person's reading, say) refuse nothing more.
    """
    others = {n: k for n, k in known.items() if n != name and _is_written(n, k)}
    return _is_accepted({**others, name: Known(value, TRIED)}) or not _is_accepted(others)


def _is_written(name: str, known: Known[Any]) -> bool:
    """Days are left out: a change of one is a change of the time counted from it."""
    return fact(name).origin == "record" and fact(name).kind != "date" and not isinstance(known, Derived)


def _is_accepted(entries: Facts) -> bool:
    try:
        ClinicalRecord(date.max, entries)
    except BadRecord:
        return False
    return True


def _ways(name: str, known: Maybe[Any]) -> tuple[tuple[Any, ...], ...]:
    """The values to try: of a known number those below and those above, each from itself to far."""
    tried = possible_answers(name)
    if isinstance(known, Unknown) or not fact(name).is_number:
        return (tuple(value for value in tried if isinstance(known, Unknown) or value != known.value),)
    above = (known.value, *(value for value in tried if value > known.value))
    below = (known.value, *reversed([value for value in tried if value < known.value]))
    return below, above


def _with_exact_limits(tried: Tried, ask: Callable[[Any], Answers], name: str) -> Tried:
    """The tried numbers and, between two that differ, the first step that gives the farther answer."""
    found = tried[:1]
    for (near, here), (far, there) in pairwise(tried):
        if _stances(here) != _stances(there):
            found += _halved(near, (far, there), ask, step_of(name))
        found.append((far, there))
    return found


def _halved(near: float, beyond: tuple[float, Answers], ask: Callable[[Any], Answers], step: float) -> Tried:
    """Between two numbers that differ: the nearest whole step with the farther answer, if not itself."""
    far, there = beyond
    steps = round(abs(far - near) / step)
    low, high = 0, steps  # at ``low`` steps the nearer answer holds, at ``high`` the farther one
    while high - low > 1:
        middle = (low + high) // 2
        value = near + (far - near) * middle / steps
        same = _stances(ask(_rounded(value, step))) == _stances(there)
        low, high = (low, middle) if same else (middle, high)
    if high == steps:
        return []
    value = _rounded(near + (far - near) * high / steps, step)
    return [(value, ask(value))]


def _rounded(value: float, step: float) -> float:
    return round(value) if step == 1 else round(value, 1)


def _together(tried: Tried, is_number: bool) -> list[Tried]:
    """The values that give the same stances: of a number those that follow each other, else all."""
    groups: list[Tried] = []
    for value, answers in tried:
        candidates = groups[-1:] if is_number else groups
        same = next((g for g in candidates if _stances(g[0][1]) == _stances(answers)), None)
        if same is None:
            groups.append([(value, answers)])
        else:
            same.append((value, answers))
    return groups


def _stances(answers: Answers) -> dict[Procedure, Stance]:
    return {procedure: settled.stance for procedure, settled in answers.items()}
