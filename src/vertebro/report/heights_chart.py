"""The heights of every vertebra beside what its neighbours lead one to expect, as a small chart."""

from __future__ import annotations

import math

from vertebro.fracture.findings import Findings, Number
from vertebro.report.drawing import Drawing
from vertebro.report.figures import Picture
from vertebro.report.sentences import say
from vertebro.vocabulary.known import Unknown
from vertebro.vocabulary.levels import Level
from vertebro.vocabulary.measured import Measured

PLACES = ("anterior", "middle", "posterior")
LABELS_MM, PANEL_MM, GAP_MM, ROW_MM, TOP_MM, BOTTOM_MM = 16.0, 50.0, 9.0, 7.0, 15.0, 9.0
INK, SOFT, HAIR, MEASURED, EXPECTED = "#16212b", "#4a5866", "#d5dde4", "#0a5876", "#8a5200"
TEXT_MM = 3.3


def heights_chart(findings: Findings, chosen: Level | None) -> Picture | None:
    """The chart, or None where no height was measured at all."""
    low, high = _range(findings)
    if low == high:
        return None
    levels = list(findings.vertebrae)
    drawing = Drawing(
        LABELS_MM + 3 * PANEL_MM + 3 * GAP_MM, TOP_MM + ROW_MM * len(levels) + BOTTOM_MM, "#ffffff"
    )
    _legend(drawing)
    _rows(drawing, levels, chosen)
    for number, place in enumerate(PLACES):
        left = LABELS_MM + number * (PANEL_MM + GAP_MM)
        panel = Panel(drawing, left, low, high)
        panel.axis(say(f"finding.{place}_height"), len(levels))
        for row, found in enumerate(findings.vertebrae.values()):
            y = TOP_MM + (row + 0.5) * ROW_MM
            panel.expected(getattr(found, f"expected_{place}_height"), y)
            panel.measured(getattr(found, f"{place}_height"), y)
    words = {"levels": ", ".join(map(str, levels))}
    alt = say("picture.heights.alt", **words)
    return Picture(
        "heights", say("picture.heights.title"), say("picture.heights.caption"), alt, drawing.svg(alt)
    )


class Panel:
    """One of the three heights: a scale in mm and a row for each vertebra."""

    def __init__(self, drawing: Drawing, left: float, low: float, high: float) -> None:
        self.drawing, self.left, self.low, self.high = drawing, left, low, high

    def x(self, mm: float) -> float:
        """Where a height lies across the drawing."""
        return self.left + (mm - self.low) / (self.high - self.low) * PANEL_MM

    def axis(self, title: str, rows: int) -> None:
        """Title above, grid lines and numbers below."""
        bottom = TOP_MM + rows * ROW_MM
        self.drawing.words((self.left, TOP_MM - 3), title, TEXT_MM, fill=INK, font_weight=600)
        step = 5 if self.high - self.low <= 30 else 10
        for mm in range(math.ceil(self.low / step) * step, math.floor(self.high) + 1, step):
            at = self.x(mm)
            self.drawing.line([(at, TOP_MM), (at, bottom)], stroke=HAIR, stroke_width=0.25)
            self.drawing.words((at, bottom + 3), str(mm), TEXT_MM * 0.88, fill=SOFT, text_anchor="middle")
        self.drawing.words(
            (self.left + PANEL_MM, bottom + 6.5), "mm", TEXT_MM * 0.88, fill=SOFT, text_anchor="end"
        )

    def measured(self, height: Number, y: float) -> None:
        """A filled dot with its spread, or the words that it was not measured."""
        if isinstance(height, Unknown):
            words = say("value.not_measured")
            self.drawing.words((self.left + 1, y), words, TEXT_MM * 0.88, fill=SOFT)
            return
        self._spread(height, y, MEASURED, 0.7)
        self.drawing.circle((self.x(height.value), y), 1.15, fill=MEASURED, class_="measured")

    def expected(self, height: Number, y: float) -> None:
        """A hollow diamond with its spread; nothing where no height can be expected."""
        if isinstance(height, Unknown):
            return
        at, r = self.x(height.value), 1.6
        self._spread(height, y, EXPECTED, 0.3)
        corners = [(at - r, y), (at, y - r), (at + r, y), (at, y + r)]
        self.drawing.outline(corners, stroke=EXPECTED, stroke_width=0.4, fill="#ffffff", class_="expected")

    def _spread(self, height: Measured, y: float, colour: str, thick: float) -> None:
        ends = [(self.x(height.value + sign * height.spread), y) for sign in (-1, 1)]
        self.drawing.line(ends, stroke=colour, stroke_width=thick)


def _range(findings: Findings) -> tuple[float, float]:
    """Round limits in mm that hold every height and its spread."""
    heights = [
        found
        for one in findings.vertebrae.values()
        for name, found in one
        if name.endswith("_height") and isinstance(found, Measured)
    ]
    if not heights:
        return 0.0, 0.0
    low = min(h.value - h.spread for h in heights)
    high = max(h.value + h.spread for h in heights)
    return math.floor(low / 5 - 0.2) * 5.0, math.ceil(high / 5 + 0.2) * 5.0


def _rows(drawing: Drawing, levels: list[Level], chosen: Level | None) -> None:
    for row, level in enumerate(levels):
        y = TOP_MM + row * ROW_MM
        if level == chosen:
            drawing.rect((0, y), (drawing.width, ROW_MM), fill="#fdf6e3")
        drawing.words(
            (2, y + ROW_MM / 2),
            say("picture.chosen_label", level=level) if level == chosen else str(level),
            TEXT_MM,
            fill=INK,
            font_weight=700 if level == chosen else 400,
        )


def _legend(drawing: Drawing) -> None:
    y = 3.5
    drawing.circle((LABELS_MM + 1.5, y), 1.15, fill=MEASURED)
    drawing.words((LABELS_MM + 4, y), say("picture.heights.measured"), TEXT_MM, fill=SOFT)
    at, r = LABELS_MM + 2 * (PANEL_MM + GAP_MM) - 20, 1.6
    drawing.outline([(at - r, y), (at, y - r), (at + r, y), (at, y + r)], stroke=EXPECTED, stroke_width=0.4)
    drawing.words((at + 2.5, y), say("picture.heights.expected"), TEXT_MM, fill=SOFT)
