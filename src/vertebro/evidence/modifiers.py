"""What changes a harm in this person: published ratios whose condition the person's facts meet."""

from __future__ import annotations

import operator
import re
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from vertebro.evidence.counts import Interval, IntervalMethod
from vertebro.evidence.course import label
from vertebro.evidence.harm_types import Applies, Harm, Heading, Modifier, NoRate
from vertebro.evidence.reading import Mark, Row, refuse_duplicates, rows_of
from vertebro.vocabulary.facts import facts as dictionary
from vertebro.vocabulary.known import Known
from vertebro.vocabulary.procedures import Procedure

COLUMNS = (
    "factor",
    "heading",
    "harms",
    "procedure",
    "condition",
    "measure",
    "estimate",
    "ci_low",
    "ci_high",
    "source",
    "where",
    "mark",
    "note",
)
EITHER = "both"
CHOICE = "choice"
"""The condition of a factor that is not the person's but chosen or met during the procedure."""

Facts = Mapping[str, Known[Any]]

_CONDITION = re.compile(r"(\w+) (in|>=|<=|>|<) (.+)")
_COMPARE: dict[str, Callable[[float, float], bool]] = {
    ">=": operator.ge,
    "<=": operator.le,
    ">": operator.gt,
    "<": operator.lt,
}


def modifier_rows(data: Path | None = None) -> list[Row]:
    """The verified rows of modifiers.csv, each checked."""
    rows = list(rows_of("modifiers.csv", COLUMNS, data))
    for row in rows:
        row.choice("heading", Heading)
        if row.text("procedure") != EITHER:
            row.choice("procedure", Procedure)
        if row.text("condition") != CHOICE:
            check_condition(row, "condition")
        row.interval(row.number("estimate"))
        assert row.sources and row.text("where")
    refuse_duplicates(
        rows, lambda row: (row.text("factor"), row.text("procedure"), row.text("source")), "factor"
    )
    return [row for row in rows if row.mark is not Mark.MEMORY]


def _same(row: Row) -> tuple[str, ...]:
    return tuple(row.text(column) for column in ("factor", "procedure", "source"))


def check_condition(row: Row, column: str) -> None:
    """Refuse a condition about a fact that the record does not have, or that cannot be read."""
    condition = row.optional(column)
    parts = _CONDITION.fullmatch(condition)
    if condition and (parts is None or parts[1] not in dictionary()):
        raise row.refuse(
            f"{column} is '{condition}'.", "as in 'asa >= 4' or 'sex in female', with a fact's name"
        )


def concerns(row: Row, harm: Harm | NoRate) -> bool:
    """True if the factor changes this harm; not where only people with the factor were counted."""
    if row.text("heading") != harm.heading.value or row.text("procedure") not in (
        harm.procedure.value,
        EITHER,
    ):
        return False
    if isinstance(harm, NoRate):
        return not harm.does_not_apply and row.text("harms") == "all"
    counted = harm.only_if.split(" ")[0]
    if counted and row.text("condition").startswith(f"{counted} "):
        return False
    return row.text("harms") == "all" or harm.key in row.text("harms").split("|")


def modifiers_for(rows: Sequence[Row], facts: Facts) -> tuple[Modifier, ...]:
    """The factors that hold or may hold for these facts; those of the operator's choice may always."""
    found = []
    for row in rows:
        condition = row.text("condition")
        held = Applies.MAYBE if condition == CHOICE else applies(condition, facts)
        if held:
            found.append(_modifier(row, held))
    return tuple(found)


def asked_for(rows: Sequence[Row], facts: Facts) -> tuple[str, ...]:
    """The facts that a condition asks for and that are not known."""
    names = [_CONDITION.fullmatch(row.text("condition")) for row in rows if row.text("condition") != CHOICE]
    return tuple(dict.fromkeys(n[1] for n in names if n and n[1] not in facts))


def applies(condition: str, facts: Facts) -> Applies | None:
    """Whether a condition holds: surely, for some of the values a reading may have, or not (None)."""
    parts = _CONDITION.fullmatch(condition)
    if parts is None or parts[1] not in facts:
        return None
    known = facts[parts[1]]
    # a reading off an image and a derived fact carry every value within their spread
    values = getattr(known, "possible", ()) or (known.value,)
    held = [_true(value, parts[2], parts[3]) for value in values]
    if all(held):
        return Applies.YES
    return Applies.MAYBE if any(held) else None


def _true(value: Any, relation: str, limit: str) -> bool:
    if relation == "in":
        return str(value) in limit.split("|")
    return _COMPARE[relation](float(value), float(limit))


def _modifier(row: Row, held: Applies) -> Modifier:
    condition = row.text("condition")
    parts = _CONDITION.fullmatch(condition)
    estimate = row.number("estimate")
    return Modifier(
        factor=row.text("factor"),
        label=label(f"factor.{row.text('factor')}", row.text("factor")),
        applies=held,
        because=(parts[1],) if parts else (),
        measure=row.text("measure"),
        estimate=estimate,
        interval=Interval(*row.interval(estimate), IntervalMethod.PRINTED),
        source=row.text("source"),
        where=row.text("where"),
        note=row.optional("note"),
    )
