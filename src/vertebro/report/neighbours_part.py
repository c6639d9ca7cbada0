"""The load next door in words: cement and alignment apart, the band of published models, and the trials."""

from __future__ import annotations

from collections.abc import Iterator

from vertebro.report.compare_words import short
from vertebro.report.neighbours_words import bands_in_words, evidence_in_words
from vertebro.report.section_part import Part, say
from vertebro.simulation.compare import Compared
from vertebro.simulation.neighbour_results import Alignment, Neighbours
from vertebro.vocabulary.known import Unknown
from vertebro.vocabulary.measured import Measured


def neighbours_part(compared: Compared) -> Part:
    """What each procedure at its planned volume does next door, or why that is not known."""
    found = next_door(compared)
    if not found:
        why = [compared.segment] if isinstance(compared.segment, Unknown) else _why(compared)
        told = tuple(dict.fromkeys(one.why for one in why))
        return Part(say("heading.neighbours"), tuple(say("neighbours.none", why=one) for one in told))
    one = next(iter(found.values()))
    bands = [line for effect in ("cement", "alignment") for line in bands_in_words(one.bands, effect)]
    levels = ", ".join(map(str, one.levels))
    left_out = (say("neighbours.left_out", what=what, why=why) for what, why in one.not_done)
    aligned = one.alignment
    no_wedge = [say("neighbours.no_alignment", why=aligned.why)] if isinstance(aligned, Unknown) else []
    return Part(
        heading=say("heading.neighbours"),
        says=(
            say("neighbours.estimate", levels=levels),
            evidence_in_words(one),
            *bands,
            *_beyond(one),
            *_doubt(one),
        ),
        heads=_heads(one),
        rows=tuple(_rows(found)),
        pictures=("next_door",),
        below=(*no_wedge, *one.cautions, *left_out),
    )


def _beyond(one: Neighbours) -> list[str]:
    """Said beside the table where the wedge calls for more than any published model spans."""
    most = max((band.high_pct for band in one.bands if band.effect == "alignment"), default=None)
    loads = [] if isinstance(one.alignment, Unknown) else [now_over_straight(a).value for a in one.alignment]
    return [say("neighbours.beyond")] if most is not None and loads and max(loads) > most else []


def _doubt(one: Neighbours) -> list[str]:
    """The spread of the wedge, which holds for the rows after a procedure too."""
    if isinstance(one.alignment, Unknown) or not one.alignment[0].wedge_before.spread:
        return []
    before = one.alignment[0].wedge_before
    return [say("neighbours.same_doubt", spread=f"{before.spread:.1f}°")]


def next_door(compared: Compared) -> dict[str, Neighbours]:
    """By procedure, at its planned volume, where it is known."""
    options = {name: compared.as_planned(name) for name in compared.played}
    return {
        name: o.neighbours
        for name, o in options.items()
        if not isinstance(o, Unknown) and isinstance(o.neighbours, Neighbours)
    }


def _why(compared: Compared) -> list[Unknown]:
    options = [compared.as_planned(name) for name in compared.played]
    found = [o if isinstance(o, Unknown) else o.neighbours for o in options]
    return [one for one in found if isinstance(one, Unknown)]


def _heads(one: Neighbours) -> tuple[str, ...]:
    discs = (say("neighbours.heads.disc", place=place) for place in _discs(one))
    rest = (say(f"neighbours.heads.{name}") for name in ("wedge", "free", "held"))
    return (say("neighbours.heads.which"), *discs, *rest)


def _discs(one: Neighbours) -> list[str]:
    return [reading.place for reading in one.now if reading.quantity == "pressure"]


def _rows(found: dict[str, Neighbours]) -> Iterator[tuple[str, ...]]:
    """As imaged, then after each procedure: the discs by the cement alone, the load by the wedge alone."""
    for number, (name, one) in enumerate(found.items()):
        none = [say("neighbours.none_here") for _ in _discs(one)]
        by = None if isinstance(one.alignment, Unknown) else {a.posture: a for a in one.alignment}
        if not number and by:
            free, held = by["uncompensated"], by["compensated"]
            yield say("neighbours.now"), *none, short(free.wedge_before), _now(free), _now(held)
        discs = [short(one.by_cement("pressure", place), sign=True) for place in _discs(one)]
        yield say("neighbours.after", procedure=name), *discs, *_after(by)


def _after(by: dict[str, Alignment] | None) -> list[str]:
    if by is None:
        return [say("neighbours.unknown")] * 3
    free, held = by["uncompensated"], by["compensated"]
    return [short(free.wedge_after), *(f"{one.over_straight.value:+.0f} %" for one in (free, held))]


def _now(one: Alignment) -> str:
    """The load as it is, in per cent over that of a spine without a wedge, with its spread."""
    load = now_over_straight(one)
    return f"{load.value:+.0f} ± {load.spread:.0f} %"


def now_over_straight(one: Alignment) -> Measured:
    """The load under the wedge as imaged, in per cent over that of the same spine without a wedge."""
    straight = one.load_after.value / (1 + one.over_straight.value / 100)
    before = one.load_before
    share = 100 * (before.value / straight - 1)
    return Measured(share, "%", one.over_straight.method, 100 * before.spread / straight)
