"""Where a rule comes from: its sentences, its numbers with source and day checked, and its cases."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Any

from vertebro.guidelines.gate import Gate
from vertebro.guidelines.rule import AllOf, Rule, folder_path, folders, rule
from vertebro.guidelines.settings import numbers_of, own_texts
from vertebro.vocabulary.facts import fact, facts
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
        when_met=_shown(found, "met"),
        when_not_met=_shown(found, "not_met"),
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


def _shown(found: type[Rule], key: str) -> str:
    """A sentence with its cited values filled in, and the patient's facts as ‹INR›."""
    words, name = found.texts(), f"{found.__name__}.{key}"
    numbers = numbers_of(str(folder_path(found.body()) / "rules.py"))
    filled = {word: numbers.get(word) or f"‹{_asked_for(word)}›" for word in words.placeholders(name)}
    return words.say(name, **filled)


def _asked_for(word: str) -> str:
    """What a placeholder stands for: a fact by its label, where it comes from, or what the rule lists."""
    if word in facts():
        return fact(word).label
    told = word.removesuffix("_source")
    if told in facts():
        return own_texts().say("where_from", label=fact(told).label)
    return word.replace("_", " ")


@cache
def cases(folder: str) -> tuple[Case, ...]:
    """The cases of one folder of rules."""
    entries = own_yaml(folder_path(folder) / "cases.yaml")
    return tuple(Case(**entry) for entry in entries)


def all_cases() -> dict[str, tuple[Case, ...]]:
    """The cases of every folder."""
    return {folder: cases(folder) for folder in folders()}
