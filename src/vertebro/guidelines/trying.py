"""What the answer would be with one fact changed, and which values of a fact are worth trying."""

from __future__ import annotations

from functools import cache
from typing import Any

from vertebro.guidelines.body import Hearing
from vertebro.guidelines.derive import with_derived
from vertebro.guidelines.rule import Rule, rules
from vertebro.guidelines.settings import own
from vertebro.guidelines.settle import Settled, settle
from vertebro.guidelines.verdict import Procedure
from vertebro.vocabulary.facts import fact
from vertebro.vocabulary.known import Known, Unknown
from vertebro.vocabulary.levels import Level

TRIED = "tried, to see what the answer would decide"

Answers = dict[Procedure, Settled]
"""What is settled for each procedure."""


def settled_if(hearing: Hearing, level: Level | Unknown, name: str, value: Any) -> Answers:
    """What would be settled if this fact had this value and nothing else changed."""
    facts = hearing.facts
    known = with_derived({**facts, name: Known(value, TRIED)}, level)
    changed = {n for n in {*known, *facts} if known.get(n) != facts.get(n)}
    outcomes = {**hearing.outcomes, **{r: r.outcome(known) for n in changed for r in _rules_needing(n)}}
    return {procedure: settle(outcomes, procedure) for procedure in Procedure}


@cache
def _rules_needing(name: str) -> tuple[type[Rule], ...]:
    """The rules that need this fact and can make the stance: gates, the pathway, the deciding bodies."""
    folders = {"safety", "pathway", *own.deciding_bodies.value}
    return tuple(rule for rule in rules().values() if name in rule.needs and rule.body() in folders)


@cache
def possible_answers(name: str) -> tuple[Any, ...]:
    """Answers worth trying: every choice, or for a number both sides of every limit it is held to."""
    asked = fact(name)
    if asked.kind == "yes_no":
        return (True, False)
    if asked.kind == "choice":
        return asked.choices
    if asked.kind == "choices":
        return tuple((choice,) for choice in asked.choices)
    if asked.kind == "level":
        return tuple(Level)
    if asked.kind not in ("number", "integer"):
        return ()  # a day or a list of vertebrae is asked for by what follows from it
    assert asked.low is not None and asked.high is not None  # every number of the dictionary has a range
    step = step_of(name)
    limits = {v.number for r in _rules_needing(name) for v in r.values if v.unit == asked.unit}
    near = {round(limit + by, 6) for limit in {asked.low, asked.high, *limits} for by in (-step, 0, step)}
    return tuple(sorted(number for number in near if asked.low <= number <= asked.high))


def step_of(name: str) -> float:
    """The smallest difference of this number that people write down."""
    return 1 if fact(name).kind == "integer" else 0.1
