"""Where a rule comes from: its sentences, its numbers with source and day checked, and its cases."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Any

from vertebro.guidelines.gate import Gate
from vertebro.guidelines.rule import AllOf, Rule, folder_path, folders, rule
from vertebro.vocabulary.library import CitedValue, Reference, references
from vertebro.vocabulary.own_yaml import own_yaml


@dataclass(frozen=True)
class Case:
    """One signed example: given these facts, these rules answer so."""

    name: str
    given: dict[str, Any]
    expect: dict[str, str]


@dataclass(frozen=True)
class RuleExplanation:
    """Everything there is to know about one rule."""

    name: str
    sentence: str
    when_met: str
    when_not_met: str
    needs: tuple[str, ...]
    parts: tuple[str, ...]
    stance: str
    numbers: tuple[CitedValue, ...]
    reference: Reference
    where: str
    cases: tuple[tuple[str, str], ...]
    """Name of each case that tests the rule, and what it expects."""


def explain_rule(name: str) -> RuleExplanation:
    """The explanation of a rule by its full name, as in ``ros.HasHadTimeToHeal``."""
    found = rule(name)
    stance = found.stance if issubclass(found, Gate) else None
    return RuleExplanation(
        name=name,
        sentence=found.say("rule", {}),
        when_met=found.texts().raw(f"{found.__name__}.met"),
        when_not_met=found.texts().raw(f"{found.__name__}.not_met"),
        needs=found.needs,
        parts=tuple(part.name() for part in found.parts) if issubclass(found, AllOf) else (),
        stance=stance.value if stance else "",
        numbers=_numbers(found),
        reference=references()[found.source],
        where=found.where,
        cases=tuple(
            (case.name, case.expect[found.__name__])
            for case in cases(found.body())
            if found.__name__ in case.expect
        ),
    )


def _numbers(found: type[Rule]) -> tuple[CitedValue, ...]:
    """The numbers of a rule and of its parts, each once."""
    parts = found.parts if issubclass(found, AllOf) else ()
    every = [*found.values, *(value for part in parts for value in _numbers(part))]
    return tuple(value for place, value in enumerate(every) if value not in every[:place])


@cache
def cases(folder: str) -> tuple[Case, ...]:
    """The cases of one folder of rules."""
    entries = own_yaml(folder_path(folder) / "cases.yaml")
    return tuple(Case(**entry) for entry in entries)


def all_cases() -> dict[str, tuple[Case, ...]]:
    """The cases of every folder."""
    return {folder: cases(folder) for folder in folders()}
