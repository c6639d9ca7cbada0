"""The change next door as a chart: cement alone and alignment alone, beside what published models span."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from vertebro.report.drawing import Drawing
from vertebro.report.figures import Picture
from vertebro.report.neighbours_part import now_over_straight
from vertebro.report.readable import made_readable
from vertebro.simulation.neighbour_results import Alignment, Band, Neighbours
from vertebro.vocabulary.known import Unknown
from vertebro.vocabulary.measured import Measured
from vertebro.vocabulary.texts import texts

say = texts(beside=__file__, name="next_door").say

LEFT_MM, PLOT_MM, RIGHT_MM, TOP_MM, ROW_MM, GAP_MM, BOTTOM_MM = 62.0, 92.0, 14.0, 8.0, 6.2, 9.0, 12.0
TEXT_MM = 3.1
INK, SOFT, HAIR, BAND = "#16212b", "#4a5866", "#d5dde4", "#c9d3dc"
DISC, POSTURE = "#0a5876", "#8a5200"
STEPS = (1, 2, 5, 10, 20, 50, 100, 200, 500)
MOST_TICKS = 7
NEAR = 0.03  # of the span
APART_MM = 0.9  # marks of one row stand above and below its middle


@dataclass(frozen=True)
class Mark:
    """One value (%) with its spread, and the sign it is drawn by."""

    value: float
    spread: float
    sign: str


@dataclass(frozen=True)
class Row:
    """One line of the chart: its name and its marks."""

    name: str
    marks: tuple[Mark, ...]


@dataclass(frozen=True)
class Panel:
    """One effect: its title, its lines, and the band of published models (%)."""

    title: str
    rows: tuple[Row, ...]
    band: Band | None
    signs: tuple[str, ...]


def next_door_chart(level: str, found: Mapping[str, Neighbours]) -> Picture | Unknown:
    """Both effects of every procedure on one scale; Unknown where neither could be computed."""
    panels = [panel for panel in (_cement(found), _alignment(found)) if panel.rows]
    if not panels:
        return Unknown(say("unknown"))
    high = TOP_MM + sum(_high(panel) for panel in panels) + BOTTOM_MM
    paper = Drawing(LEFT_MM + PLOT_MM + RIGHT_MM, high, "#ffffff")
    axis = _Axis.of(panels)
    top = TOP_MM
    for panel in panels:
        _panel(paper, axis, panel, top)
        top += _high(panel)
    axis.ticks(paper, high - BOTTOM_MM)
    each = "; ".join(_in_words(panel) for panel in panels)
    alt = say("alt", level=level, each=each)
    picture = Picture("next_door", say("title", level=level), say("caption"), alt, paper.svg(alt))
    return made_readable(picture)


def _cement(found: Mapping[str, Neighbours]) -> Panel:
    rows = []
    for name, one in found.items():
        changes = () if isinstance(one.cement, Unknown) else one.cement
        pressures = [(c.place, c.change) for c in changes if c.quantity == "pressure"]
        marks = tuple(Mark(m.value, m.spread, place) for place, m in pressures if isinstance(m, Measured))
        if marks:
            rows.append(Row(name, marks))
    return Panel(say("panel.cement"), tuple(rows), _band(found, "cement"), _signs(rows))


def _alignment(found: Mapping[str, Neighbours]) -> Panel:
    rows: list[Row] = []
    for name, one in found.items():
        if isinstance(one.alignment, Unknown):
            continue
        if not rows:
            rows.append(Row(say("row.now"), tuple(_before(a) for a in one.alignment)))
        after = tuple(Mark(a.over_straight.value, a.over_straight.spread, a.posture) for a in one.alignment)
        rows.append(Row(say("row.after", procedure=name), after))
    return Panel(say("panel.alignment"), tuple(rows), _band(found, "alignment"), _signs(rows))


def _before(one: Alignment) -> Mark:
    load = now_over_straight(one)
    return Mark(load.value, load.spread, one.posture)


def _band(found: Mapping[str, Neighbours], effect: str) -> Band | None:
    bands = [band for one in found.values() for band in one.bands if band.effect == effect]
    return bands[0] if bands else None


def _signs(rows: list[Row]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(mark.sign for row in rows for mark in row.marks))


def _high(panel: Panel) -> float:
    return TEXT_MM * 2 + (len(panel.rows) + 1) * ROW_MM + GAP_MM


@dataclass(frozen=True)
class _Axis:
    """Per cent across."""

    low: float
    high: float
    step: int

    @classmethod
    def of(cls, panels: list[Panel]) -> _Axis:
        values = [m.value + s * m.spread for p in panels for r in p.rows for m in r.marks for s in (-1, 1)]
        values += [end for p in panels if p.band for end in (p.band.low_pct, p.band.high_pct)] + [0.0]
        span = max(values) - min(values)
        step = next((n for n in STEPS if span / n <= MOST_TICKS), STEPS[-1])
        low = min(values) + NEAR * span  # a change of nearly nought needs no room below it
        return cls(step * min(low // step, 0.0), step * (max(values) // step + 1), step)

    def x(self, percent: float) -> float:
        """Where a value lies across the drawing."""
        return LEFT_MM + PLOT_MM * (percent - self.low) / (self.high - self.low)

    def ticks(self, paper: Drawing, bottom: float) -> None:
        """Numbers below."""
        for percent in range(round(self.low), round(self.high) + 1, self.step):
            x, words = self.x(percent), f"{percent:+d}" if percent else "0"
            paper.line([(x, bottom), (x, bottom + 1)], stroke=SOFT, stroke_width=0.25)
            paper.words((x, bottom + 3.6), words, TEXT_MM * 0.9, fill=SOFT, text_anchor="middle")
        middle = (LEFT_MM + PLOT_MM / 2, bottom + 8.2)
        paper.words(middle, say("axis"), TEXT_MM, fill=INK, text_anchor="middle")


def _panel(paper: Drawing, axis: _Axis, panel: Panel, top: float) -> None:
    paper.words((2.0, top), panel.title, TEXT_MM * 1.05, fill=INK, font_weight=700)
    y = top + TEXT_MM * 2
    if panel.band:
        left, right = axis.x(panel.band.low_pct), axis.x(panel.band.high_pct)
        high = (len(panel.rows) + 1) * ROW_MM
        paper.rect((left, y - ROW_MM / 2), (right - left, high), fill=BAND, opacity=0.6)
        low, most = f"{panel.band.low_pct:g}", f"{panel.band.high_pct:g}"
        paper.words((2.0, y), say("row.band", low=low, high=most), TEXT_MM, fill=SOFT)
        paper.line([(left, y), (right, y)], stroke=SOFT, stroke_width=0.5)
        for x in (left, right):
            paper.line([(x, y - 1.2), (x, y + 1.2)], stroke=SOFT, stroke_width=0.5)
    ends = (y - ROW_MM / 2, y + (len(panel.rows) + 0.5) * ROW_MM)
    paper.line([(axis.x(0), end) for end in ends], stroke=INK, stroke_width=0.35)
    for row in panel.rows:
        y += ROW_MM
        paper.words((2.0, y), row.name, TEXT_MM, fill=INK)
        for mark in row.marks:
            number = panel.signs.index(mark.sign)
            _mark(paper, axis, (mark, number), y + APART_MM * (1 if number else -1))
    _signs_legend(paper, panel, y + ROW_MM)


def _mark(paper: Drawing, axis: _Axis, what: tuple[Mark, int], y: float) -> None:
    """A filled dot above, an open square below: told apart by shape and place."""
    mark, number = what
    if mark.spread:
        ends = [(axis.x(mark.value - mark.spread), y), (axis.x(mark.value + mark.spread), y)]
        paper.line(ends, stroke=DISC, stroke_width=0.35)
    _sign(paper, number, (axis.x(mark.value), y))


def _sign(paper: Drawing, number: int, at: tuple[float, float]) -> None:
    x, y = at
    if number == 0:
        paper.circle(at, 1.15, fill=DISC)
    else:
        paper.rect((x - 1.1, y - 1.1), (2.2, 2.2), fill="#ffffff", stroke=POSTURE, stroke_width=0.5)


def _signs_legend(paper: Drawing, panel: Panel, y: float) -> None:
    left = LEFT_MM
    for number, sign in enumerate(panel.signs):
        words = (
            say(f"sign.{sign}") if sign in ("uncompensated", "compensated") else say("sign.disc", place=sign)
        )
        _sign(paper, number, (left, y))
        paper.words((left + 2.4, y), words, TEXT_MM * 0.9, fill=SOFT)
        left += 7.0 + len(words) * TEXT_MM * 0.48


def _in_words(panel: Panel) -> str:
    rows = "; ".join(
        say("alt_row", name=row.name, values=", ".join(f"{mark.value:+.1f} %" for mark in row.marks))
        for row in panel.rows
    )
    return say("alt_panel", title=panel.title, rows=rows)
