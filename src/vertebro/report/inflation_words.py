"""Balloons in plain words: how far filled, pressure, room, margins, heights beside what patients gained."""

from __future__ import annotations

from collections.abc import Iterable

from vertebro.fracture.findings import Number
from vertebro.simulation.endplate_lift import Union
from vertebro.simulation.height_gain import PLACES, HeightGain, HeightsAfter
from vertebro.simulation.inflation import Inflation
from vertebro.vocabulary.known import Unknown
from vertebro.vocabulary.texts import texts

say = texts(beside=__file__, name="inflation_words").say

NOTHING = 0.05  # mm or degrees: less is written as 0.0


def inflation_in_words(inflation: Inflation, heights: HeightsAfter | Unknown) -> Iterable[str]:
    """The balloons, how far they went, the margins that are left, and the heights; one thing a line."""
    for balloon in inflation.balloons:
        yield say("balloon", side=balloon.side, name=balloon.balloon.name, ml=f"{balloon.volume_ml:g}")
    last = inflation.last
    yield say("filled", ml=last.volume.in_words(), mpa=last.pressure.in_words(), why=inflation.why)
    yield _or_why("pressure_margin", inflation.pressure_margin)
    yield from may_burst(inflation.pressure_margin)
    yield _or_why("volume_margin", inflation.volume_margin)
    yield say("room", wall=_number(last.wall), end_plate=_number(last.end_plate))
    for union in Union:
        yield _gains(union, inflation.gains[union])
    for series in inflation.gains[Union.LOOSE]["full"].patients:
        yield say(
            "patients", name=series.name, **{n: getattr(series, n).in_words() for n in (*PLACES, "angle")}
        )
    if not isinstance(heights, Unknown):
        after = (*PLACES, "wedge", "local_kyphosis")
        held = heights.gain == inflation.gains[Union.LOOSE]["full"]
        yield say(
            "heights.held" if held else "heights.emptied", **{n: _number(getattr(heights, n)) for n in after}
        )
    yield from inflation.cautions


def may_burst(margin: Number) -> Iterable[str]:
    """Said where less is left to the rated pressure than its uncertainty."""
    if not isinstance(margin, Unknown) and margin.value < margin.spread:
        yield say("pressure_margin.small")


def course_table(inflation: Inflation) -> list[str]:
    """Volume, pressure by both models, and the least distances, a line for every step."""
    rows = [tuple(say(f"column.{name}") for name in ("volume", "pressure", "other", "wall", "end_plate"))]
    for step in inflation.steps:
        found = (step.volume, step.pressure, step.pressure_uncompacted, step.wall, step.end_plate)
        rows.append(tuple(_number(one) for one in found))
    widths = [max(len(row[n]) for row in rows) for n in range(len(rows[0]))]
    return [
        "  " + "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
        for row in rows
    ]


def _gains(union: Union, by_state: dict[str, HeightGain]) -> str:
    """Full, emptied, and by how much the middle falls back."""
    full, left = by_state["full"], by_state["deflated"]
    told = {f"full_{n}": _change(getattr(full, n).value) for n in PLACES}
    told |= {f"left_{n}": _change(getattr(left, n).value) for n in PLACES}
    back = full.middle.value - left.middle.value
    told |= {"full_wedge": _change(full.wedge.value), "left_wedge": _change(left.wedge.value)}
    return say(f"gain.{union}", back=f"{max(back, 0.0):.1f}", **told)


def _change(value: float) -> str:
    return "0.0" if abs(value) < NOTHING else f"{value:+.1f}"


def _number(found: Number) -> str:
    return say("unknown") if isinstance(found, Unknown) else found.in_words()


def _or_why(key: str, found: Number) -> str:
    if isinstance(found, Unknown):
        return say(f"{key}.unknown", why=found.why)
    return say(f"{key}.known", margin=found.in_words())
