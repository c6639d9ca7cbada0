"""What happens without a procedure: the natural course at the times the trials used."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from vertebro.evidence.counts import Count, CountedAs, Interval
from vertebro.evidence.reading import Mark, Row, refuse_duplicates, rows_of
from vertebro.vocabulary.known import Unknown
from vertebro.vocabulary.library import cited_values
from vertebro.vocabulary.texts import texts

_values = cited_values(beside=__file__)

COLUMNS = (
    "key",
    "time_days",
    "events",
    "of",
    "counted_as",
    "better",
    "population",
    "source",
    "mark",
    "note",
)


@dataclass(frozen=True)
class CoursePoint:
    """What happened to how many without a procedure, by ``time_days`` after the start of the study.

    ``better`` is true where the event is a good one (pain gone), false for a bad one.
    """

    key: str
    label: str
    time_days: int
    count: Count
    interval: Interval
    better: bool
    population: str
    sources: tuple[str, ...]
    note: str


def natural_course(data: Path | None = None) -> tuple[CoursePoint, ...]:
    """Every verified point of the natural course, earliest first."""
    rows = list(rows_of("course.csv", COLUMNS, data))
    refuse_duplicates(rows, lambda row: (row.text("key"), row.text("source")), "point of one study")
    points = [_point(row) for row in rows]
    kept = [p for p, row in zip(points, rows, strict=True) if row.mark is not Mark.MEMORY]
    return tuple(sorted(kept, key=lambda point: point.time_days))


def course_at(time_days: int, data: Path | None = None) -> tuple[CoursePoint, ...] | Unknown:
    """What had become of pain without a procedure by that time, or that nobody counted it then."""
    near = _values.same_time_within_share.number * time_days
    found = [p for p in natural_course(data) if p.better and abs(p.time_days - time_days) <= near]
    return tuple(found) or Unknown(texts(beside=__file__).say("course_unknown"))


def _point(row: Row) -> CoursePoint:
    if row.text("better") not in ("yes", "no"):
        raise row.refuse(f"better is '{row.text('better')}'.", "yes or no")
    count = Count(*row.counts("events", "of"), row.choice("counted_as", CountedAs))
    key = row.text("key")
    return CoursePoint(
        key=key,
        label=label(f"course.{key}", key),
        time_days=row.whole("time_days"),
        count=count,
        interval=count.interval(),
        better=row.text("better") == "yes",
        population=row.text("population"),
        sources=row.sources,
        note=row.optional("note"),
    )


def label(key: str, otherwise: str) -> str:
    """The words of a row: ours have a sentence, a person's own row is called by its key."""
    words = texts(beside=__file__)
    return words.say(key) if key in words else otherwise.replace("_", " ")
