"""Questions on which the evidence is contested, each with what speaks for, against and neither way."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from pathlib import Path

from vertebro.evidence.counts import Interval, IntervalMethod
from vertebro.evidence.reading import Mark, Row, refuse_duplicates, rows_of
from vertebro.vocabulary.texts import texts

COLUMNS = (
    "key",
    "question",
    "side",
    "measure",
    "estimate",
    "ci_low",
    "ci_high",
    "counts",
    "source",
    "mark",
    "note",
)


class Question(Enum):
    """The contested questions."""

    FRACTURE_AGE = "fracture_age"
    NEXT_DOOR = "next_door"


class Speaks(Enum):
    """Which way a finding speaks."""

    FOR = "for"
    AGAINST = "against"
    OPEN = "open"


@dataclass(frozen=True)
class Side:
    """One finding on a contested question."""

    speaks: Speaks
    measure: str
    estimate: float
    interval: Interval
    counts: str
    sources: tuple[str, ...]
    note: str


@dataclass(frozen=True)
class Contested:
    """A question, what the bodies conclude, and the findings on every side."""

    question: Question
    asked: str
    conclusion: str
    sides: tuple[Side, ...]
    concluded_by: tuple[str, ...]


_CONCLUDED_BY = {
    Question.FRACTURE_AGE: ("cochrane_cd006349", "asbmr_2019"),
    Question.NEXT_DOOR: ("ros_surgery_for_pain_relief", "klazen_2010_films"),
}


def contested(question: Question, data: Path | None = None) -> Contested:
    """The question with its findings, those for first."""
    rows = list(rows_of("ratios.csv", COLUMNS, data))
    refuse_duplicates(rows, lambda row: (row.text("key"), row.text("source")), "finding")
    kept = [r for r in rows if r.choice("question", Question) is question and r.mark is not Mark.MEMORY]
    order = list(Speaks)
    sides = sorted((_side(row) for row in kept), key=lambda side: order.index(side.speaks))
    words = texts(beside=__file__)
    return Contested(
        question=question,
        asked=words.say(f"contested.{question.value}.asked"),
        conclusion=words.say(f"contested.{question.value}.conclusion"),
        sides=tuple(sides),
        concluded_by=_CONCLUDED_BY[question],
    )


def _side(row: Row) -> Side:
    estimate = row.number("estimate")
    return Side(
        speaks=row.choice("side", Speaks),
        measure=row.text("measure"),
        estimate=estimate,
        interval=Interval(*row.interval(estimate), IntervalMethod.PRINTED),
        counts=row.optional("counts"),
        sources=row.sources,
        note=row.text("note"),
    )
