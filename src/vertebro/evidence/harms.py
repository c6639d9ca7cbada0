"""The harms of a procedure for one person, under the eight headings, each with its denominator."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from vertebro.evidence.counts import Count, CountedAs, same_kind
from vertebro.evidence.course import label
from vertebro.evidence.harm_types import Detection, Harm, Heading, NoRate, Symptoms
from vertebro.evidence.reading import Mark, Row, refuse_duplicates, rows_of
from vertebro.vocabulary.known import Known
from vertebro.vocabulary.procedures import Procedure
from vertebro.vocabulary.texts import texts

COLUMNS = (
    "key",
    "heading",
    "procedure",
    "events",
    "of",
    "counted_as",
    "detection",
    "symptoms",
    "follow_up",
    "versus",
    "versus_events",
    "versus_of",
    "only_if",
    "source",
    "mark",
    "note",
)
EITHER = "both"

Facts = Mapping[str, Known[Any]]


def harms_for(facts: Facts, procedure: Procedure, data: Path | None = None) -> tuple[Harm | NoRate, ...]:
    """Every harm of the procedure that holds for this person, in the order of the eight headings."""
    rows = _rows(data)
    found: list[Harm | NoRate] = []
    for heading in Heading:
        mine = [_harm(row, procedure) for row in rows if _concerns(row, heading, procedure, facts)]
        found += mine or [_no_rate(heading, procedure)]
    return tuple(found)


def _rows(data: Path | None) -> list[Row]:
    rows = list(rows_of("harms.csv", COLUMNS, data))
    for row in rows:
        _check(row)
    refuse_duplicates(
        rows, lambda r: (r.text("key"), r.text("procedure"), r.text("source")), "harm of one study"
    )
    return rows


def _check(row: Row) -> None:
    row.choice("heading", Heading)
    if row.text("procedure") != EITHER:
        row.choice("procedure", Procedure)
    row.counts("events", "of")
    row.choice("counted_as", CountedAs)
    assert row.mark and row.sources


def _concerns(row: Row, heading: Heading, procedure: Procedure, facts: Facts) -> bool:
    return (
        row.mark is not Mark.MEMORY
        and row.choice("heading", Heading) is heading
        and row.text("procedure") in (procedure.value, EITHER)
        and _holds(row.optional("only_if"), facts)
    )


def _holds(condition: str, facts: Facts) -> bool:
    """``posterior_wall=breached|retropulsed``: true where the fact is known to be one of these."""
    if not condition:
        return True
    name, values = condition.split("=")
    return name in facts and str(facts[name].value) in values.split("|")


def _harm(row: Row, procedure: Procedure) -> Harm:
    count = Count(*row.counts("events", "of"), row.choice("counted_as", CountedAs))
    key = row.text("key")
    return Harm(
        heading=row.choice("heading", Heading),
        key=key,
        label=label(f"harm.{key}", key),
        procedure=procedure,
        count=count,
        detection=row.choice("detection", Detection),
        symptoms=row.choice("symptoms", Symptoms),
        follow_up=row.text("follow_up"),
        interval=count.interval(),
        sources=row.sources,
        note=row.optional("note"),
        versus=row.optional("versus"),
        without=_without(row, count),
    )


def _without(row: Row, count: Count) -> Count | None:
    if not row.optional("versus"):
        return None
    return same_kind(count, Count(*row.counts("versus_events", "versus_of"), count.counted_as))


def _no_rate(heading: Heading, procedure: Procedure) -> NoRate:
    no_balloon = heading is Heading.BALLOON_RUPTURE and procedure is Procedure.VERTEBROPLASTY
    keys = {
        Heading.ALLERGY: "allergy",
        Heading.CORD_OR_ROOT: "cord_or_root",
        Heading.BALLOON_RUPTURE: "no_balloon" if no_balloon else "balloon_rupture",
    }
    why = texts(beside=__file__).say(f"no_rate.{keys.get(heading, 'other')}")
    sources = ("nice_ipg166",) if heading in (Heading.CORD_OR_ROOT, Heading.BALLOON_RUPTURE) else ()
    return NoRate(
        heading, procedure, heading.value, why, () if no_balloon else sources, does_not_apply=no_balloon
    )
