"""The one table of numbers: every number that a patient's overview or factsheet shows stands here once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum
from pathlib import Path

from vertebro.errors import HouseFault
from vertebro.evidence.counts import Count, Interval
from vertebro.evidence.course import CoursePoint, natural_course
from vertebro.evidence.effects import Comparison, Effect, NoEffect, Procedure, effects, no_effects
from vertebro.evidence.harm_types import Harm, NoRate
from vertebro.evidence.harms import Facts, harms_for

ONE_DENOMINATOR = 1000
"""Natural frequencies are all told of this many people (or vertebrae), so that they can be compared."""


class Kind(Enum):
    """What a row tells."""

    COURSE = "without a procedure"
    BENEFIT = "what it achieves"
    HARM = "what can go wrong"


@dataclass(frozen=True)
class InThousand:
    """A natural frequency of 1000 with its interval, in whole numbers; both framings.

    ``fewer_than_one`` is true where something happened but rounds to none of 1000.
    """

    will: int
    low: int
    high: int
    fewer_than_one: bool

    @property
    def will_not(self) -> int:
        """The others of the 1000."""
        return ONE_DENOMINATOR - self.will


@dataclass(frozen=True)
class TableRow:
    """One number, or the statement that there is none (``why_none``), with where it comes from.

    ``key`` names the row for good, as in ``course.mild_or_no_pain``, ``harm.vertebroplasty.leak_any_ct``
    or ``effect.vertebroplasty.sham.pain 0-10.365``.

    Exactly one of ``course``, ``effect``, ``harm`` holds the whole finding; ``frequency`` is set
    where the finding is a count.
    """

    key: str
    kind: Kind
    label: str
    procedure: Procedure | None
    frequency: InThousand | None
    count: Count | None
    sources: tuple[str, ...]
    why_none: str = ""
    course: CoursePoint | None = None
    effect: Effect | NoEffect | None = None
    harm: Harm | NoRate | None = None


def one_table(facts: Facts, data: Path | None = None) -> tuple[TableRow, ...]:
    """The course without a procedure, then for each procedure what it achieves and what can go wrong."""
    rows = [_course_row(point) for point in natural_course(data)]
    for procedure in Procedure:
        rows += _benefits(procedure, data)
        rows += [_harm_row(harm) for harm in harms_for(facts, procedure, data)]
    return tuple({row.key: row for row in rows}.values())  # the two procedures' comparison stands once


def row(table: Sequence[TableRow], key: str) -> TableRow:
    """The row with that key; a missing one is our fault."""
    found = {r.key: r for r in table}
    if key not in found:
        raise HouseFault(f"The table of numbers has no row '{key}'.")
    return found[key]


def in_thousand(count: Count, interval: Interval) -> InThousand:
    """The count as a natural frequency of 1000."""
    will, low, high = (round(ONE_DENOMINATOR * p) for p in (count.share, interval.low, interval.high))
    return InThousand(will, low, high, fewer_than_one=count.events > 0 and will == 0)


def _course_row(point: CoursePoint) -> TableRow:
    return TableRow(
        key=f"course.{point.key}",
        kind=Kind.COURSE,
        label=point.label,
        procedure=None,
        frequency=in_thousand(point.count, point.interval),
        count=point.count,
        sources=point.sources,
        course=point,
    )


def _benefits(procedure: Procedure, data: Path | None) -> list[TableRow]:
    rows: list[TableRow] = []
    for versus in Comparison:
        found: list[Effect | NoEffect] = [*effects(procedure, versus, data)]
        if versus is Comparison.SHAM or found:
            found += no_effects(procedure, versus, data)
        rows += [_effect_row(effect) for effect in found]
    return rows


def _effect_row(effect: Effect | NoEffect) -> TableRow:
    return TableRow(
        key=_effect_key(effect),
        kind=Kind.BENEFIT,
        label=effect.endpoint.value,
        procedure=effect.procedure,
        frequency=None,
        count=None,
        sources=effect.sources if isinstance(effect, Effect) else (),
        why_none=effect.why if isinstance(effect, NoEffect) else "",
        effect=effect,
    )


def _effect_key(effect: Effect | NoEffect) -> str:
    start = f"effect.{effect.procedure.value}.{effect.comparison.value}"
    if isinstance(effect, NoEffect):
        return f"{start}.{effect.endpoint.value}"
    time = f"{'average to ' if effect.over_time else ''}{effect.time_days}"
    return f"{start}.{effect.scale}.{time}"


def _harm_row(harm: Harm | NoRate) -> TableRow:
    if isinstance(harm, NoRate):
        return TableRow(
            key=f"harm.{harm.procedure.value}.{harm.heading.name.lower()}",
            kind=Kind.HARM,
            label=harm.label,
            procedure=harm.procedure,
            frequency=None,
            count=None,
            sources=harm.sources,
            why_none=harm.why,
            harm=harm,
        )
    return TableRow(
        key=f"harm.{harm.procedure.value}.{harm.key}",
        kind=Kind.HARM,
        label=harm.label,
        procedure=harm.procedure,
        frequency=in_thousand(harm.count, harm.interval),
        count=harm.count,
        sources=harm.sources,
        harm=harm,
    )
