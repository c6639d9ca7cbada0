"""A body that recommends: its criteria, and what it says about a procedure once they are judged."""

from __future__ import annotations

import importlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

from vertebro import guidelines
from vertebro.guidelines.derive import askable
from vertebro.guidelines.reading import Facts
from vertebro.guidelines.rule import NOT_MET, Rule, folders, rules, words_of
from vertebro.guidelines.settings import numbers_of, own
from vertebro.guidelines.verdict import Outcome, Position, Procedure, Stance, Verdict
from vertebro.vocabulary.facts import fact
from vertebro.vocabulary.texts import Texts, texts

Outcomes = Mapping[type[Rule], Outcome]
"""The answer of every rule of the house for one patient."""


@dataclass(frozen=True)
class Hearing:
    """One patient's facts with the outcome of every rule; verdicts are written when asked for."""

    facts: Facts
    outcomes: Outcomes
    written: dict[type[Rule], Verdict] = field(default_factory=dict)

    @classmethod
    def of(cls, facts: Facts) -> Hearing:
        """Every rule of the house applied to these facts."""
        return cls(facts, {rule: rule.outcome(facts) for rule in rules().values()})

    def verdict(self, rule: type[Rule]) -> Verdict:
        """The verdict of one rule, written once."""
        if rule not in self.written:
            self.written[rule] = rule.judge(self.facts)
        return self.written[rule]


@dataclass(frozen=True)
class Answer:
    """A stance and the key of the sentence that says it, under ``position`` in the body's texts."""

    stance: Stance
    key: str


@dataclass(frozen=True)
class Body:
    """One body: ``answer`` turns the outcomes of its criteria into what it says."""

    criteria: tuple[type[Rule], ...]
    answer: Callable[[Outcomes, Procedure], Answer]
    file: str

    @property
    def name(self) -> str:
        """The folder the body lives in: ``ros``."""
        return Path(self.file).parent.name

    @property
    def texts(self) -> Texts:
        """The body's sentences."""
        return texts(beside=self.file)

    @property
    def title(self) -> str:
        """The body's name for people."""
        return self.texts.say("title")

    def position(self, hearing: Hearing, procedure: Procedure) -> Position:
        """What this body says about one procedure for this patient."""
        answer = self.answer(hearing.outcomes, procedure)
        key = f"position.{answer.key}"
        names = {"procedure": procedure.value, "Procedure": procedure.value.capitalize()}
        words = numbers_of(self.file) | self._lists(hearing) | names
        return Position(
            body=self.name,
            title=self.title,
            stance=answer.stance,
            sentence=self.texts.say(key, **words | words_of(hearing.facts, self.texts.placeholders(key))),
            verdicts=tuple(hearing.verdict(rule) for rule in self.criteria),
        )

    def _lists(self, hearing: Hearing) -> dict[str, str]:
        facts, outcomes = hearing.facts, hearing.outcomes
        unmet = [rule.say("short", facts) for rule in self.criteria if outcomes[rule] is NOT_MET]
        missing = [name for rule in self.criteria for name in rule.missing(facts)]
        labels = [fact(name).label for name in askable(missing, facts)]
        return {"unmet": "; ".join(unmet), "missing": ", ".join(labels)}

    def always(self) -> tuple[str, ...]:
        """What this body says to everybody."""
        return tuple(self.texts.say(key, **numbers_of(self.file)) for key in self.texts.under("always"))


@cache
def bodies() -> dict[str, Body]:
    """Every body by name, those that make the stance first; a folder with a ``body`` has joined."""
    found: dict[str, Body] = {}
    for folder in folders():
        body = getattr(importlib.import_module(f"{guidelines.__name__}.{folder}.rules"), "body", None)
        if isinstance(body, Body):
            found[folder] = body
    first = own.deciding_bodies.value
    return {name: found[name] for name in (*first, *(name for name in found if name not in first))}


def position(body: str, facts: Facts, procedure: Procedure) -> Position:
    """What one body says about one procedure for this patient (``position("nice", facts, ...)``)."""
    return bodies()[body].position(Hearing.of(facts), procedure)
