"""A body that recommends: its criteria, and what it says about a procedure once they are judged."""

from __future__ import annotations

import importlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cache, cached_property
from pathlib import Path

from vertebro import guidelines
from vertebro.guidelines.derive import askable
from vertebro.guidelines.reading import Facts, RememberedFacts
from vertebro.guidelines.rule import MET, NOT_MET, Rule, folders, rules, words_of
from vertebro.guidelines.settings import numbers_of, own
from vertebro.guidelines.verdict import Leaning, Outcome, Position, Procedure, Stance, Verdict
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
        heard = RememberedFacts(facts)
        return cls(heard, {rule: rule.outcome(heard) for rule in rules().values()})

    def verdict(self, rule: type[Rule]) -> Verdict:
        """The verdict of one rule, written once."""
        if rule not in self.written:
            self.written[rule] = rule.judge(self.facts)
        return self.written[rule]


@dataclass(frozen=True)
class Answer:
    """A stance (None: no side taken for a single patient) and the key under which it is worded.

    ``position.<key>`` in the body's texts is the sentence, ``rating.<key>`` the body's own short words.
    ``named`` are the rules the answer turns on: both may say ``{named}``, their short names, and
    ``{met}``, ``{unmet}`` and ``{missing}`` speak of them alone (of all criteria where none is named).
    """

    stance: Stance | None
    key: str
    named: tuple[type[Rule], ...] = ()


@dataclass(frozen=True)
class Statement:
    """A published statement that holds for every patient: ``statement.<key>`` in the body's texts.

    It is set against other bodies' answers to the question ``topic``; where ``when`` is given, only
    for the patients who meet that rule (``else_open``: for the others it is listed and takes no side).
    """

    topic: str
    key: str
    source: str
    where: str
    leaning: Mapping[Procedure, Leaning]
    when: type[Rule] | None = None
    else_open: bool = False

    def leans(self, outcomes: Outcomes, procedure: Procedure) -> Leaning | None:
        """Which way it leans for this patient; None where it is not made for them."""
        if self.when is None or outcomes[self.when] is MET:
            return self.leaning.get(procedure, Leaning.OPEN)
        return Leaning.OPEN if self.else_open else None


LISTS = {"named", "met", "unmet", "missing"}
"""The placeholders of a sentence that are filled with lists."""

BOTH_FOR = dict.fromkeys(Procedure, Leaning.FOR)
BOTH_AGAINST = dict.fromkeys(Procedure, Leaning.AGAINST)


@dataclass(frozen=True)
class Body:
    """One body: ``answer`` turns the outcomes of its criteria into what it says."""

    criteria: tuple[type[Rule], ...]
    answer: Callable[[Outcomes, Procedure], Answer]
    file: str
    statements: tuple[Statement, ...] = ()

    @cached_property
    def name(self) -> str:
        """The folder the body lives in: ``ros``."""
        return Path(self.file).parent.name

    @cached_property
    def texts(self) -> Texts:
        """The body's sentences."""
        return texts(beside=self.file)

    @cached_property
    def title(self) -> str:
        """The body's name for people."""
        return self.texts.say("title")

    @property
    def numbers(self) -> dict[str, str]:
        """The cited values of the body and the shared settings, as words for its sentences."""
        return numbers_of(self.file)

    def asked(self, procedure: Procedure) -> tuple[type[Rule], ...]:
        """The criteria that are asked for one procedure."""
        return tuple(rule for rule in self.criteria if procedure in rule.procedures)

    def position(self, hearing: Hearing, procedure: Procedure) -> Position:
        """What this body says about one procedure for this patient."""
        answer = self.answer(hearing.outcomes, procedure)
        key = f"position.{answer.key}"
        rating = f"rating.{answer.key}"
        asked = self.texts.placeholders(key) | self.texts.placeholders(rating)
        names = {"procedure": procedure.value, "Procedure": procedure.value.capitalize()}
        words = self.numbers | names | words_of(hearing.facts, asked)
        if asked & LISTS:
            words |= self._lists(hearing, answer, procedure)
        return Position(
            body=self.name,
            title=self.title,
            stance=answer.stance,
            rating=self.texts.say(rating, **words),
            sentence=self.texts.say(key, **words),
            verdicts=tuple(hearing.verdict(rule) for rule in self.asked(procedure)),
        )

    def _lists(self, hearing: Hearing, answer: Answer, procedure: Procedure) -> dict[str, str]:
        """What a sentence may list: rules by their short names, missing facts by their labels."""
        facts, outcomes = hearing.facts, hearing.outcomes
        criteria = answer.named or self.asked(procedure)
        named = [rule.say("short", facts) for rule in answer.named]
        met = [rule.say("short", facts) for rule in criteria if outcomes[rule] is MET]
        unmet = [rule.say("short", facts) for rule in criteria if outcomes[rule] is NOT_MET]
        missing = [name for rule in criteria for name in rule.missing(facts)]
        labels = [fact(name).label for name in askable(missing, facts)]
        return {
            "named": ", ".join(named),
            "met": "; ".join(met),
            "unmet": "; ".join(unmet),
            "missing": ", ".join(labels),
        }

    def state(self, statement: Statement, hearing: Hearing) -> str:
        """A general statement in words, with the facts it speaks of."""
        key = f"statement.{statement.key}"
        asked = self.texts.placeholders(key)
        return self.texts.say(key, **self.numbers | words_of(hearing.facts, asked))

    @cached_property
    def always(self) -> tuple[str, ...]:
        """What this body says to everybody."""
        return tuple(self.texts.say(key, **self.numbers) for key in self.texts.under("always"))


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
