"""The load next door in words: cement and alignment apart, the band of published models, and the trials."""

from __future__ import annotations

from vertebro.report.compare_words import short
from vertebro.report.neighbours_words import bands_in_words, evidence_in_words
from vertebro.report.section_part import Part, planned, say
from vertebro.simulation.compare import Compared
from vertebro.simulation.neighbour_results import Alignment, Neighbours
from vertebro.vocabulary.known import Unknown


def neighbours_part(compared: Compared) -> Part:
    """What each procedure at its planned volume does next door, or why that is not known."""
    found = next_door(compared)
    if not found:
        why = [compared.segment] if isinstance(compared.segment, Unknown) else _why(compared)
        told = tuple(dict.fromkeys(one.why for one in why))
        return Part(say("heading.neighbours"), tuple(say("neighbours.none", why=one) for one in told))
    any_one = next(iter(found.values()))
    return Part(
        heading=say("heading.neighbours"),
        says=(
            say("neighbours.estimate"),
            evidence_in_words(any_one),
            *_cement(found),
            *bands_in_words(any_one.bands, "cement"),
            *_alignment(found),
            *bands_in_words(any_one.bands, "alignment"),
        ),
        pictures=("next_door",),
        below=(say("neighbours.model", levels=", ".join(map(str, any_one.levels))), *any_one.cautions),
    )


def next_door(compared: Compared) -> dict[str, Neighbours]:
    """By procedure, at its planned volume, where it is known."""
    options = {name: planned(compared, name) for name in compared.played}
    return {
        name: o.neighbours
        for name, o in options.items()
        if not isinstance(o, Unknown) and isinstance(o.neighbours, Neighbours)
    }


def _why(compared: Compared) -> list[Unknown]:
    options = [planned(compared, name) for name in compared.played]
    found = [o if isinstance(o, Unknown) else o.neighbours for o in options]
    return [one for one in found if isinstance(one, Unknown)]


def _cement(found: dict[str, Neighbours]) -> list[str]:
    each, why = [], []
    for name, one in found.items():
        if isinstance(one.cement, Unknown):
            why.append(say("neighbours.unknown", procedure=name, why=one.cement.why))
            continue
        discs = [
            say("neighbours.disc", place=c.place, change=short(c.change, sign=True))
            for c in one.cement
            if c.quantity == "pressure"
        ]
        each.append(say("neighbours.change", procedure=name, discs=", ".join(discs)))
    return [*([say("neighbours.cement", each="; ".join(each))] if each else []), *why]


def _alignment(found: dict[str, Neighbours]) -> list[str]:
    said = []
    for name, one in found.items():
        if isinstance(one.alignment, Unknown):
            said.append(say("neighbours.unknown_alignment", procedure=name, why=one.alignment.why))
        else:
            said.append(_postures(name, {a.posture: a for a in one.alignment}))
    return said


def _postures(procedure: str, by: dict[str, Alignment]) -> str:
    free, held = by["uncompensated"], by["compensated"]
    return say(
        "neighbours.alignment",
        procedure=procedure,
        before=short(free.wedge_before),
        after=short(free.wedge_after),
        over=short(free.over_straight, sign=True),
        held=short(held.over_straight, sign=True),
        now=short_rise(free),
        now_held=short_rise(held),
    )


def short_rise(one: Alignment) -> str:
    """The load before, in per cent over that of a spine without a wedge."""
    straight = one.load_after.value / (1 + one.over_straight.value / 100)
    return f"{100 * (one.load_before.value / straight - 1):+.0f} %"
