"""The harms of a procedure for one person, under the eight headings, each with its denominator."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from vertebro.evidence.counts import Count, CountedAs, same_kind
from vertebro.evidence.course import label
from vertebro.evidence.harm_types import Detection, Harm, Heading, NoRate, Symptoms
from vertebro.evidence.modifiers import (
    EITHER,
    applies,
    asked_for,
    check_condition,
    concerns,
    modifier_rows,
    modifiers_for,
)
from vertebro.evidence.modifiers import Facts as Facts
from vertebro.evidence.reading import Mark, Row, refuse_duplicates, rows_of
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


def harms_for(facts: Facts, procedure: Procedure, data: Path | None = None) -> tuple[Harm | NoRate, ...]:
    """Every harm of the procedure that holds for this person, in the order of the eight headings."""
    rows, factors = _rows(data), modifier_rows(data)
    found: list[Harm | NoRate] = []
    for heading in Heading:
        mine = [_harm(row, procedure) for row in rows if _concerns(row, heading, procedure, facts)]
        found += mine
        if all(harm.only_if for harm in mine):  # none at all, or none that holds for everybody
            found.append(_no_rate(heading, procedure))
    return tuple(_for_this_person(harm, factors, facts) for harm in found)


def _for_this_person(harm: Harm | NoRate, factors: list[Row], facts: Facts) -> Harm | NoRate:
    """The harm with what changes it in this person, and the facts that would and are not known."""
    mine = [row for row in factors if concerns(row, harm)]
    changed = modifiers_for(mine, facts)
    if isinstance(harm, NoRate):
        return replace(harm, modifiers=changed)
    return replace(harm, modifiers=changed, asked=asked_for(mine, facts))


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
    check_condition(row, "only_if")
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
        and _holds(row, facts)
    )


def _holds(row: Row, facts: Facts) -> bool:
    """True without a condition, and where the fact is known and may be so."""
    return not row.optional("only_if") or bool(applies(row.text("only_if"), facts))


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
        only_if=row.optional("only_if"),
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
