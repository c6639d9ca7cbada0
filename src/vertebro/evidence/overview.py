"""All the evidence on what somebody asked: effects, harms, the course, and what is contested or missing."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum
from pathlib import Path
from typing import TypeVar

from vertebro.errors import BadRecord, nearest
from vertebro.evidence.contested import Contested, Question, contested
from vertebro.evidence.course import CoursePoint, natural_course
from vertebro.evidence.effects import (
    Comparison,
    Effect,
    Endpoint,
    NoEffect,
    Procedure,
    effects,
    left_out,
    no_effects,
)
from vertebro.evidence.harm_types import Harm, NoRate
from vertebro.evidence.harms import Facts, harms_for
from vertebro.evidence.remarks import Remark, remarks
from vertebro.evidence.trials import from_memory

HARMS, COURSE = "harms", "course"

E = TypeVar("E", bound=Enum)


@dataclass(frozen=True)
class LeftOut:
    """A finding that is not pooled, and why."""

    trial: str
    scale: str
    time_days: int
    why: str


@dataclass(frozen=True)
class Overview:
    """What was found for one question; ``from_memory`` lists the rows that wait to be read in the papers."""

    effects: tuple[Effect, ...]
    missing: tuple[NoEffect, ...]
    left_out: tuple[LeftOut, ...]
    harms: tuple[Harm | NoRate, ...]
    remarks: tuple[Remark, ...]
    course: tuple[CoursePoint, ...]
    contested: tuple[Contested, ...]
    from_memory: tuple[str, ...]


@dataclass(frozen=True)
class Asked:
    """What somebody asks: an outcome, a comparison, a procedure; None asks for all of them."""

    outcome: str | None = None
    versus: str | None = None
    procedure: str | None = None
    data: Path | None = None

    @property
    def endpoints(self) -> tuple[Endpoint, ...]:
        """The endpoints meant; none where harms or the course are asked for."""
        if self.outcome in (HARMS, COURSE):
            return ()
        if self.outcome is None:
            return tuple(Endpoint)
        chosen = _choice(self.outcome, Endpoint, "outcome", HARMS, COURSE)
        return (Endpoint.PAIN, Endpoint.PAIN_RELIEF) if chosen is Endpoint.PAIN else (chosen,)

    @property
    def comparisons(self) -> tuple[Comparison, ...]:
        """The comparisons meant."""
        return tuple(Comparison) if self.versus is None else (_choice(self.versus, Comparison, "versus"),)

    @property
    def procedures(self) -> tuple[Procedure, ...]:
        """The procedures meant."""
        return (
            tuple(Procedure) if self.procedure is None else (_choice(self.procedure, Procedure, "procedure"),)
        )


def overview(asked: Asked, facts: Facts | None = None) -> Overview:
    """Everything that answers the question, the harms for a person where their facts are given.

    The comparison of the two procedures stands once.
    """
    endpoints, data = asked.endpoints, asked.data
    pairs = [(p, c) for p in asked.procedures for c in asked.comparisons]
    found = dict.fromkeys(e for p, c in pairs for e in effects(p, c, data) if e.endpoint in endpoints)
    harms = [h for p in asked.procedures for h in harms_for(facts or {}, p, data)]
    questions = tuple(contested(question, data) for question in Question)
    everything = asked.outcome is None
    of_harms = everything or asked.outcome == HARMS
    return Overview(
        effects=tuple(found),
        missing=_missing(pairs, asked),
        left_out=_left_out(pairs, asked),
        harms=tuple(harms) if of_harms else (),
        remarks=tuple(r for p in asked.procedures for r in remarks(p)) if of_harms else (),
        course=natural_course(data) if everything or asked.outcome == COURSE else (),
        contested=tuple(q for q in questions if everything or _belongs(q.question, asked)),
        from_memory=from_memory(data),
    )


def _missing(pairs: Sequence[tuple[Procedure, Comparison]], asked: Asked) -> tuple[NoEffect, ...]:
    """What is missing; a control with an injection is one trial's own, so nobody misses it elsewhere."""
    none = [n for p, c in pairs for n in no_effects(p, c, asked.data) if n.endpoint in asked.endpoints]
    usual = [n for n in none if asked.versus or n.comparison is not Comparison.ACTIVE_CONTROL]
    two = Comparison.KYPHOPLASTY_V_VERTEBROPLASTY
    return tuple(
        {
            (n.procedure if n.comparison is not two else two, n.comparison, n.endpoint): n for n in usual
        }.values()
    )


def _left_out(pairs: Sequence[tuple[Procedure, Comparison]], asked: Asked) -> tuple[LeftOut, ...]:
    meant = {e.value for e in asked.endpoints}
    out = [f for p, c in pairs for f in left_out(p, c, asked.data) if f.scale.endpoint in meant]
    return tuple(dict.fromkeys(LeftOut(f.trial.name, f.scale.name, f.time_days, f.why_not) for f in out))


def _belongs(question: Question, asked: Asked) -> bool:
    return asked.outcome == HARMS if question is Question.NEXT_DOOR else Endpoint.PAIN in asked.endpoints


def _choice(word: str, choices: type[E], what: str, *more: str) -> E:
    """The member that a word means; ``quality-of-life`` is ``quality of life``."""
    values = [str(c.value) for c in choices]
    meant = word.replace("-", " ").replace("_", " ").strip().lower()
    if meant in values:
        return choices(meant)
    allowed = [*values, *more]
    raise BadRecord(
        f"{what} is '{word}'. {nearest(word, allowed)}".strip(),
        f"one of: {', '.join(allowed)}",
        "Choose one.",
    )
