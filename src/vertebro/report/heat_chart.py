"""The temperatures of cement, cortex and canal wall over time, beside what was measured in cadavers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from vertebro.errors import HouseFault
from vertebro.report.cement_scene import say
from vertebro.report.drawing import Drawing, Style
from vertebro.report.figures import Picture
from vertebro.report.readable import made_readable
from vertebro.simulation.heating import Heat, v

PLOT_MM, SIDE_MM, LEFT_MM, TOP_MM, BOTTOM_MM, GAP_MM = (104.0, 62.0), 54.0, 14.0, 9.0, 12.0, 9.0
TEXT_MM = 3.3
INK, SOFT, HAIR, LIMIT = "#16212b", "#4a5866", "#d5dde4", "#b3261e"
REGIONS = {
    "centre": ("#c26a00", v.measured_centre),
    "cortex": ("#0a5876", v.measured_anterior_cortex),
    "canal_wall": ("#7b1fa2", v.measured_canal),
}
"""Colour of each region, and the range of peaks measured there."""
DASHES: tuple[dict[str, Style], ...] = ({}, {"stroke_dasharray": "2 1.2"}, {"stroke_dasharray": "0.8 0.8"})
LOWEST, STEP = 30, 10  # degrees: just below body temperature, and between lines


def heat_chart(level: str, by_law: Mapping[str, Heat]) -> Picture:
    """One line a region and law, the limits, and the published ranges beside."""
    shown = [name for name in REGIONS if all(name in heat.regions for heat in by_law.values())]
    if not by_law or not shown:
        raise HouseFault("A chart of heat needs at least one law and one region.")
    axes = _Axes.of(by_law)
    drawing = Drawing(
        LEFT_MM + PLOT_MM[0] + GAP_MM + SIDE_MM, TOP_MM + PLOT_MM[1] + BOTTOM_MM, ground="#ffffff"
    )
    _grid(drawing, axes)
    for dash, heat in zip(DASHES, by_law.values(), strict=False):
        for name in shown:
            places = [
                axes.at(t, c) for t, c in zip(heat.minutes, heat.regions[name].hottest_celsius, strict=True)
            ]
            drawing.line(places, stroke=REGIONS[name][0], stroke_width=0.6, **dash)
    for row, name in enumerate(shown):
        _beside(
            drawing,
            axes,
            (row, len(shown)),
            [heat.regions[name].peak_celsius for heat in by_law.values()],
            name,
        )
    each = " ".join(heat_in_words(by_law))
    words = {"level": level, "each": each, "source": v.measured_centre.reference.short}
    title, caption, alt = (say(f"heat.{part}", **words) for part in ("title", "caption", "alt"))
    return made_readable(Picture("cement_heat", title, caption, alt, drawing.svg(alt)))


@dataclass(frozen=True)
class _Axes:
    """Minutes across, degrees upwards."""

    most_min: float
    most_celsius: float

    @classmethod
    def of(cls, by_law: Mapping[str, Heat]) -> _Axes:
        hottest = max(
            float(v.measured_anterior_cortex.value[1]), *(h.peak_celsius.max() for h in by_law.values())
        )
        longest = max(float(heat.minutes[-1]) for heat in by_law.values())
        return cls(max(np.ceil(longest / 5) * 5, 5), float(np.ceil(hottest / STEP) * STEP))

    def at(self, minute: float, celsius: float) -> tuple[float, float]:
        """Where it lies on the drawing."""
        return LEFT_MM + PLOT_MM[0] * minute / self.most_min, self.height(celsius)

    def height(self, celsius: float) -> float:
        """How far down a temperature lies."""
        share = (celsius - LOWEST) / (self.most_celsius - LOWEST)
        return TOP_MM + PLOT_MM[1] * (1 - share)


def _grid(drawing: Drawing, axes: _Axes) -> None:
    right, bottom = LEFT_MM + PLOT_MM[0], TOP_MM + PLOT_MM[1]
    for celsius in range(LOWEST, round(axes.most_celsius) + 1, STEP):
        y = axes.height(celsius)
        drawing.line([(LEFT_MM, y), (right, y)], stroke=HAIR, stroke_width=0.2)
        drawing.words((LEFT_MM - 1.5, y), str(celsius), TEXT_MM * 0.9, fill=SOFT, text_anchor="end")
    for limit in v.limits.value:
        y = axes.height(limit)
        drawing.line([(LEFT_MM, y), (drawing.width, y)], stroke=LIMIT, stroke_width=0.25)
        drawing.words((right + 1, y - 1.6), f"{limit} °C", TEXT_MM * 0.9, fill=LIMIT)
    for minute in range(0, round(axes.most_min) + 1, 5):
        x, _ = axes.at(minute, LOWEST)
        drawing.line([(x, bottom), (x, bottom + 1)], stroke=SOFT, stroke_width=0.25)
        drawing.words((x, bottom + 3.4), str(minute), TEXT_MM * 0.9, fill=SOFT, text_anchor="middle")
    middle = LEFT_MM + PLOT_MM[0] / 2
    drawing.words((middle, bottom + 8.2), say("heat.minutes"), TEXT_MM, fill=INK, text_anchor="middle")
    drawing.words((LEFT_MM - 1.5, TOP_MM - 4.5), say("heat.celsius"), TEXT_MM, fill=INK, text_anchor="end")
    side = right + GAP_MM + SIDE_MM / 2
    drawing.words((side, TOP_MM - 4.5), say("heat.measured"), TEXT_MM, fill=INK, text_anchor="middle")


def _beside(drawing: Drawing, axes: _Axes, row: tuple[int, int], peaks: list[float], name: str) -> None:
    """The measured range as a bar, our peaks as dots."""
    number, count = row
    colour, measured = REGIONS[name]
    x = LEFT_MM + PLOT_MM[0] + GAP_MM + SIDE_MM * (number + 0.5) / count
    low, high = (axes.height(float(c)) for c in measured.value)
    drawing.rect((x - 3.4, high), (2.6, low - high), fill=colour, opacity=0.35)
    for peak in peaks:
        drawing.circle((x + 2.0, axes.height(peak)), 1.1, fill=colour)
    y = TOP_MM + PLOT_MM[1] + 3.4
    style: dict[str, Style] = {"fill": colour, "font_weight": 600, "text_anchor": "middle"}
    drawing.words((x, y), say(f"heat.short.{name}"), TEXT_MM * 0.9, **style)


def heat_in_words(by_law: Mapping[str, Heat]) -> tuple[str, ...]:
    """A sentence for every region with its peaks by both laws and the longest time above the lower limit."""
    shown = [name for name in REGIONS if all(name in heat.regions for heat in by_law.values())]
    return tuple(_in_words(name, by_law) for name in shown)


def _in_words(name: str, by_law: Mapping[str, Heat]) -> str:
    found = [heat.regions[name] for heat in by_law.values()]
    low, high = (f"{end(r.peak_celsius for r in found):.0f}" for end in (min, max))
    peak = low if low == high else say("heat.between", low=low, high=high)
    limit = v.limits.value[0]
    longest = max(r.minutes_over[limit] for r in found)
    words = {"region": say(f"heat.region.{name}"), "peak": peak, "limit": limit, "minutes": f"{longest:.1f}"}
    return say("heat.each" if longest > 0 else "heat.never", **words)
