"""Forest plots: every trial and every pool of one outcome on one scale, as an accessible drawing."""

from __future__ import annotations

import math
from collections.abc import Sequence
from xml.sax.saxutils import escape

from vertebro.errors import HouseFault
from vertebro.evidence.counts import Interval
from vertebro.evidence.effects import Effect, Endpoint
from vertebro.report.drawing import Drawing
from vertebro.report.evidence_words import (
    MINUS,
    control_of,
    digits_of,
    effect_in_words,
    estimate_in_words,
    heading_of,
    time_in_words,
    title_of,
    treated_of,
    words,
)
from vertebro.vocabulary.known import Unknown
from vertebro.vocabulary.library import CitedValue, all_cited_values

WIDTH_MM, ROW_MM, TOP_MM, BOTTOM_MM = 186.0, 6.4, 25.0, 13.0
NAME_MM, PATIENTS_MM, LEFT_MM, RIGHT_MM, TEXT_AT_MM = 2.0, 77.0, 82.0, 136.0, 139.5
TEXT_MM = 3.2
INK, SOFT, HAIR, TRIAL, POOL, OTHER = "#16212b", "#4a5866", "#d5dde4", "#0a5876", "#8a2b00", "#8a5200"


def forest(effects: Sequence[Effect]) -> str:
    """One SVG for effects of one endpoint, comparison and scale, in the order of their times."""
    if len({title_of(e) for e in effects}) != 1:
        raise HouseFault("A forest plot shows one outcome on one scale; these are several.")
    plot = _Plot(effects)
    for effect in effects:
        plot.effect(effect)
    plot.finish()
    lines = " ".join(effect_in_words(e) for e in effects)
    return _accessible(plot.drawing, title_of(effects[0]), words("desc", lines=lines))


def forests(effects: Sequence[Effect]) -> dict[str, str]:
    """A forest plot for every outcome and scale among the effects, by its title."""
    groups: dict[str, list[Effect]] = {}
    for effect in effects:
        groups.setdefault(title_of(effect), []).append(effect)
    return {title: forest(group) for title, group in groups.items()}


def _accessible(drawing: Drawing, title: str, desc: str) -> str:
    """The drawing with its title and its content in words, which a screen reader speaks."""
    svg = drawing.svg(title)
    start = svg.index(">") + 1
    return f"{svg[:start]}<title>{escape(title)}</title><desc>{escape(desc)}</desc>{svg[start:]}"


def _rows(effect: Effect) -> int:
    """A heading, a line for each trial, and for several trials the pool and its other intervals."""
    return 1 + effect.k + (len(effect.intervals) if effect.k > 1 else 0)


class _Plot:
    """The drawing as it grows downwards."""

    def __init__(self, effects: Sequence[Effect]) -> None:
        self.first = effects[0]
        self.digits = digits_of(self.first)
        self.reach = _reach(effects)
        rows = sum(map(_rows, effects))
        self.bottom = TOP_MM + ROW_MM * rows
        self.pooled = any(e.k > 1 for e in effects)
        room = BOTTOM_MM + (ROW_MM if self._marks_important() else 0)
        self.drawing = Drawing(WIDTH_MM, self.bottom + room, "#ffffff")
        self.y = TOP_MM + ROW_MM / 2
        self._axis()
        self._heads()

    def x(self, value: float) -> float:
        """Where a difference lies across the drawing; beyond the axis at its end."""
        inside = max(-self.reach, min(self.reach, value))
        return LEFT_MM + (inside + self.reach) / (2 * self.reach) * (RIGHT_MM - LEFT_MM)

    def effect(self, effect: Effect) -> None:
        """All lines of one time."""
        self.drawing.rect((0, self.y - ROW_MM / 2), (WIDTH_MM, ROW_MM), fill="#eef3f6", fill_opacity=0.75)
        self._words(NAME_MM, time_in_words(effect.time_days, effect.over_time), font_weight=700)
        self.y += ROW_MM
        for trial in effect.trials:
            self._words(NAME_MM + 2, words("trial_name", name=trial.name, year=trial.year))
            patients = words("not_known") if trial.patients is None else str(trial.patients)
            self._words(PATIENTS_MM, patients, text_anchor="end")
            self._line(trial.interval, TRIAL, 0.55)
            side = 1.3 + 2.0 * math.sqrt(trial.weight)
            corner = (self.x(trial.estimate) - side / 2, self.y - side / 2)
            self.drawing.rect(corner, (side, side), fill=TRIAL, class_="trial")
            self._numbers(trial.estimate, trial.interval)
            if effect.k > 1:
                self._words(WIDTH_MM - 2, f"{100 * trial.weight:.0f} %", fill=SOFT, text_anchor="end")
            self.y += ROW_MM
        if effect.k > 1:
            self._pool(effect)

    def _pool(self, effect: Effect) -> None:
        shown = effect.interval
        label = words("pooled", k=effect.k, method=shown.method.value)
        self._words(NAME_MM + 2, label, font_weight=700, fill=POOL)
        low, middle, high = (self.x(v) for v in (shown.low, effect.estimate, shown.high))
        corners = [(low, self.y), (middle, self.y - 1.9), (high, self.y), (middle, self.y + 1.9)]
        self.drawing.outline(corners, fill=POOL, class_="pool")
        if not isinstance(effect.patients, Unknown):
            self._words(PATIENTS_MM, str(effect.patients), text_anchor="end", font_weight=700, fill=POOL)
        self._numbers(effect.estimate, shown, font_weight=700, fill=POOL)
        self.y += ROW_MM
        for interval in effect.intervals[1:]:
            self._words(NAME_MM + 2, words("other_interval", method=interval.method.value), fill=OTHER)
            self._line(interval, OTHER, 0.4)
            self._numbers(effect.estimate, interval, fill=OTHER)
            self.y += ROW_MM

    def _line(self, interval: Interval, colour: str, thick: float) -> None:
        """The interval with end strokes, or an arrow head where it goes on beyond the axis."""
        ends = ((interval.low, -1.0), (interval.high, 1.0))
        at = [(self.x(value), self.y) for value, _ in ends]
        self.drawing.line(at, stroke=colour, stroke_width=thick)
        for (value, way), (x, y) in zip(ends, at, strict=True):
            if abs(value) > self.reach:
                head = [(x - 1.8 * way, y - 1.1), (x, y), (x - 1.8 * way, y + 1.1)]
                self.drawing.line(head, stroke=colour, stroke_width=thick)
            else:
                self.drawing.line([(x, y - 0.9), (x, y + 0.9)], stroke=colour, stroke_width=thick)

    def _numbers(self, estimate: float, interval: Interval, **style: str | float) -> None:
        text = estimate_in_words(estimate, interval.low, interval.high, self.digits)
        self._words(TEXT_AT_MM, text, **style)

    def _words(self, x: float, text: str, **style: str | float) -> None:
        self.drawing.words((x, self.y), text, TEXT_MM, **({"fill": INK} | style))

    def _heads(self) -> None:
        self.drawing.words((NAME_MM, 5), heading_of(self.first), 4.2, fill=INK, font_weight=700)
        scale = words("scale", scale=self.first.scale)
        self.drawing.words((NAME_MM, 11), scale, TEXT_MM, fill=INK)
        y, style = TOP_MM - 4.5, {"fill": SOFT}
        self.drawing.words((NAME_MM, y), words("column.trial"), TEXT_MM, **style)
        self.drawing.words((PATIENTS_MM, y), words("column.patients"), TEXT_MM, text_anchor="end", **style)
        unit = words("column.difference", unit=self.first.unit)
        self.drawing.words((LEFT_MM + 6, y), unit, TEXT_MM, **style)
        if self.pooled:
            self.drawing.words((WIDTH_MM - 2, y), words("column.share"), TEXT_MM, text_anchor="end", **style)

    def _axis(self) -> None:
        for value in _ticks(self.reach):
            x = self.x(value)
            strong: dict[str, str | float] = {"stroke": SOFT, "stroke_width": 0.4} if value == 0 else {}
            style: dict[str, str | float] = {"stroke": HAIR, "stroke_width": 0.25}
            style.update(strong)
            self.drawing.line([(x, TOP_MM), (x, self.bottom)], **style)
            text = f"{value:g}".replace("-", MINUS)
            self.drawing.words((x, self.bottom + 3), text, TEXT_MM * 0.9, fill=SOFT, text_anchor="middle")

    def finish(self) -> None:
        """What left and right mean, and what would be an important difference."""
        middle, y = (LEFT_MM + RIGHT_MM) / 2, self.bottom + 8.0
        left, right = words("better_left", other=control_of(self.first)), treated_of(self.first)
        self.drawing.words((middle - 2, y), f"← {left}", TEXT_MM, fill=INK, text_anchor="end")
        self.drawing.words((middle + 2, y), f"{words('better_right', procedure=right)} →", TEXT_MM, fill=INK)
        if self._marks_important():
            self._important(y + ROW_MM)

    def _marks_important(self) -> bool:
        return self.first.endpoint is Endpoint.PAIN and _important_points().number < self.reach

    def _important(self, y: float) -> None:
        value = _important_points()
        x = self.x(value.number)
        dashes: dict[str, str | float] = {"stroke": POOL, "stroke_width": 0.35, "stroke_dasharray": "1.4 1.1"}
        self.drawing.line([(x, TOP_MM), (x, self.bottom)], **dashes)
        text = words("important", points=f"{value.number:g}", source=value.reference.short)
        self.drawing.line([(NAME_MM, y), (NAME_MM + 8, y)], **dashes)
        self.drawing.words((NAME_MM + 10, y), text, TEXT_MM, fill=POOL)


def _important_points() -> CitedValue:
    return all_cited_values()["evidence.important_pain_points"]


def _reach(effects: Sequence[Effect]) -> float:
    """A round number that holds every trial's interval and every first interval."""
    ends = [abs(v) for e in effects for t in e.trials for v in (t.interval.low, t.interval.high)]
    ends += [abs(v) for e in effects for v in (e.interval.low, e.interval.high)]
    most = max(ends)
    step = 10 ** math.floor(math.log10(most))
    return float(next(m * step for m in (1, 1.5, 2, 2.5, 3, 4, 5, 6, 8, 10) if m * step >= most))


def _ticks(reach: float) -> list[float]:
    step = next(s for s in (0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 50, 100) if reach / s <= 3)
    count = math.floor(reach / step)
    return [n * step for n in range(-count, count + 1)]
