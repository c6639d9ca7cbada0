"""A body that recommends: its criteria, and what it says about a procedure once they are judged."""

from __future__ import annotations

import importlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache

from vertebro import guidelines
from vertebro.errors import HouseFault
from vertebro.guidelines.reading import Facts
from vertebro.guidelines.rule import Rule, folders, words_of
from vertebro.guidelines.settings import numbers_of, own
from vertebro.guidelines.verdict import Outcome, Position, Procedure, Stance
from vertebro.vocabulary.facts import fact
from vertebro.vocabulary.texts import Texts, texts

Outcomes = Mapping[type[Rule], Outcome]
"""The answer of every rule of the house for one patient."""


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
        return self.criteria[0].body()

    @property
    def texts(self) -> Texts:
        """The body's sentences."""
        return texts(beside=self.file)

    @property
    def title(self) -> str:
        """The body's name for people."""
        return self.texts.say("title")

    def position(self, facts: Facts, outcomes: Outcomes, procedure: Procedure) -> Position:
        """What this body says about one procedure for this patient."""
        answer = self.answer(outcomes, procedure)
        key = f"position.{answer.key}"
        words = numbers_of(self.file) | self._lists(facts, outcomes)
        words |= words_of(facts, self.texts.placeholders(key)) | {"procedure": procedure.value.capitalize()}
        return Position(
            body=self.name,
            title=self.title,
            stance=answer.stance,
            sentence=self.texts.say(key, **words),
            verdicts=tuple(rule.judge(facts) for rule in self.criteria),
        )

    def shorts(self, facts: Facts, outcomes: Outcomes, outcome: Outcome) -> tuple[str, ...]:
        """The criteria with that outcome, in a few words each."""
        return tuple(rule.say("short", facts) for rule in self.criteria if outcomes[rule] is outcome)

    def always(self) -> tuple[str, ...]:
        """What this body says to everybody."""
        return tuple(self.texts.say(key, **numbers_of(self.file)) for key in self.texts.under("always"))

    def _lists(self, facts: Facts, outcomes: Outcomes) -> dict[str, str]:
        missing = dict.fromkeys(name for rule in self.criteria for name in rule.missing(facts))
        return {
            "unmet": "; ".join(self.shorts(facts, outcomes, Outcome.NOT_MET)),
            "missing": ", ".join(fact(name).label for name in missing),
        }


@cache
def bodies() -> dict[str, Body]:
    """Every body by name, those that make the stance first; a folder with a ``body`` has joined."""
    found: dict[str, Body] = {}
    for folder in folders():
        body = getattr(importlib.import_module(f"{guidelines.__name__}.{folder}.rules"), "body", None)
        if isinstance(body, Body):
            if body.name != folder:
                raise HouseFault(f"The body in {folder} lists the criteria of {body.name}.")
            found[folder] = body
    first = own.deciding_bodies.value
    return {name: found[name] for name in (*first, *(name for name in found if name not in first))}


def position(body: str, facts: Facts, procedure: Procedure) -> Position:
    """What one body says about one procedure for this patient (``position("nice", facts, ...)``)."""
    found = bodies()[body]
    return found.position(facts, {rule: rule.outcome(facts) for rule in found.criteria}, procedure)
