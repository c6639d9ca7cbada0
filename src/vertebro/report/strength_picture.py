"""The curve of a crushed vertebra as a drawing: force over displacement, with the strengths read off it."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from vertebro.errors import BadModel
from vertebro.kernels.arrays import Array
from vertebro.report.drawing import Drawing
from vertebro.simulation.curve import Curve
from vertebro.simulation.strength import DEFINED, Strength
from vertebro.simulation.strength import say as words
from vertebro.vocabulary.known import Unknown
from vertebro.vocabulary.measured import Measured
from vertebro.vocabulary.texts import texts

say = texts(beside=__file__, name="strength").say

LEFT_MM, TOP_MM, WIDE_MM, HIGH_MM, BELOW_MM, RIGHT_MM = 16.0, 12.0, 112.0, 74.0, 15.0, 8.0
INK, SOFT, HAIR, BONE, LINE = "#16212b", "#4a5866", "#d5dde4", "#0a5876", "#8a5200"
TEXT_MM = 3.3
KILO = 1000.0
MARGIN = 1.15  # of the force axis beyond the greatest force


@dataclass(frozen=True)
class Mark:
    """A strength on the curve: its name and force (N)."""

    name: str
    force_n: float


def curve_picture(curve: Curve, stiffness_n_mm: float, offset_pct: float, marks: Sequence[Mark]) -> str:
    """The curve as SVG: force in kN over shortening in mm and %, the elastic line and the moved one."""
    paper = Drawing(LEFT_MM + WIDE_MM + RIGHT_MM, TOP_MM + HIGH_MM + BELOW_MM, "#ffffff")
    plot = _Plot(paper, float(curve.displacement_mm[-1]), float(curve.force_n.max()) * MARGIN)
    plot.axes(curve.height_mm)
    shift = offset_pct / 100 * curve.height_mm
    for start, dash in ((0.0, "1.2 1.0"), (shift, "2.6 1.2")):
        reach = plot.most_n / stiffness_n_mm
        plot.line([(start, 0.0), (start + reach, plot.most_n)], stroke=LINE, width=0.35, dash=dash)
    plot.follow(curve.displacement_mm, curve.force_n)
    for mark in marks:
        plot.mark(curve, mark)
    plot.label_line(shift, stiffness_n_mm, say("picture.moved_line", offset=f"{offset_pct:g}"))
    return paper.svg(say("picture.alt", strain=f"{curve.strain_pct:.1f}"))


def strength_picture(strength: Strength) -> str:
    """The curve of a level with its named strengths; a plain refusal where it was not crushed."""
    curve = strength.curve
    if isinstance(curve, Unknown):
        raise BadModel(say("picture.none", why=curve.why), say("picture.needed"), say("picture.do"))
    marks = [
        Mark(words(f"definition.{e.name}", **DEFINED), e.value.value)
        for e in strength.numbers.compression
        if e.name in ("offset", "strain") and isinstance(e.value, Measured)
    ]
    return curve_picture(curve, strength.numbers.stiffness.value, DEFINED["offset"], marks)


def _nice(most: float) -> float:
    """The next number at or above a value that people count in."""
    power = 10.0 ** math.floor(math.log10(most))
    return next(power * n for n in (1, 2, 2.5, 5, 10) if power * n >= most * (1 - 1e-9))


class _Plot:
    """Millimetres of shortening and newtons on paper."""

    def __init__(self, paper: Drawing, most_mm: float, most_n: float) -> None:
        self.paper, self.most_mm, self.most_n = paper, most_mm, most_n

    def at(self, mm: float, newton: float) -> tuple[float, float]:
        """Where a point of the curve lies on paper."""
        return LEFT_MM + mm / self.most_mm * WIDE_MM, TOP_MM + HIGH_MM * (1 - newton / self.most_n)

    def axes(self, height_mm: float) -> None:
        """Grid, numbers, units; shortening in mm below, in % of the height at the upper edge."""
        paper, bottom = self.paper, TOP_MM + HIGH_MM
        step = _nice(self.most_n / 6)
        for n in range(int(self.most_n / step) + 1):
            _, y = self.at(0, n * step)
            paper.line([(LEFT_MM, y), (LEFT_MM + WIDE_MM, y)], stroke=HAIR, stroke_width=0.25)
            text = f"{n * step / KILO:g}"
            paper.words((LEFT_MM - 1.5, y), text, TEXT_MM, fill=SOFT, text_anchor="end")
        for n in range(int(self.most_mm / 0.1 + 1e-9) + 1):
            x, _ = self.at(n * 0.1, 0)
            paper.line([(x, bottom), (x, bottom + 1)], stroke=SOFT, stroke_width=0.25)
            paper.words((x, bottom + 4.6), f"{n * 0.1:.1f}", TEXT_MM, fill=SOFT, text_anchor="middle")
        for percent in (0.5, 1.0, 1.5, 2.0):
            mm = percent / 100 * height_mm
            if mm <= self.most_mm * (1 + 1e-9):
                x, _ = self.at(mm, 0)
                paper.line([(x, TOP_MM), (x, bottom)], stroke=HAIR, stroke_width=0.25)
                paper.words(
                    (x, TOP_MM - 1.4), f"{percent:g} %", TEXT_MM * 0.9, fill=SOFT, text_anchor="middle"
                )
        middle = LEFT_MM + WIDE_MM / 2
        paper.words((middle, bottom + 10), say("picture.shortening"), TEXT_MM, fill=INK, text_anchor="middle")
        paper.words((LEFT_MM - 12, TOP_MM - 5.5), say("picture.force"), TEXT_MM, fill=INK)

    def line(
        self, points: Sequence[tuple[float, float]], *, stroke: str, width: float, dash: str = ""
    ) -> None:
        """A line through points of the curve's plane, cut at its upper edge."""
        style = {"stroke_dasharray": dash} if dash else {}
        self.paper.line([self.at(*p) for p in points], stroke=stroke, stroke_width=width, **style)

    def follow(self, mm: Array, newton: Array) -> None:
        """The curve and a dot at every step that was solved."""
        points = list(zip(mm.tolist(), newton.tolist(), strict=True))
        self.line(points, stroke=BONE, width=0.7)
        for point in points:
            self.paper.circle(self.at(*point), 0.75, fill=BONE)

    def mark(self, curve: Curve, mark: Mark) -> None:
        """A ring about a strength on the curve, and its name below the curve."""
        x, y = self.at(_first_at(curve, mark.force_n), mark.force_n)
        self.paper.circle((x, y), 1.6, fill="none", stroke=INK, stroke_width=0.5)
        text = say("picture.mark", name=mark.name, force=f"{mark.force_n / KILO:.2f}")
        left = x > LEFT_MM + WIDE_MM * 0.6
        place = (x + 2 if left else x + 2.5, y + 5.2)
        self.paper.words(
            place, text, TEXT_MM, fill=INK, text_anchor="end" if left else "start", halo="#ffffff"
        )

    def label_line(self, shift_mm: float, stiffness: float, text: str) -> None:
        """The name of the moved elastic line, beside its lower part."""
        x, y = self.at(shift_mm + 0.12 * self.most_n / stiffness, 0.12 * self.most_n)
        self.paper.words((x + 1.5, y), text, TEXT_MM * 0.9, fill=LINE)


def _first_at(curve: Curve, force_n: float) -> float:
    """The displacement at which the curve first carries a force."""
    above = int((curve.force_n >= force_n).argmax())
    if above == 0:
        return float(curve.displacement_mm[-1])
    low, high = curve.force_n[above - 1], curve.force_n[above]
    share = (force_n - low) / (high - low)
    return float(curve.displacement_mm[above - 1] * (1 - share) + curve.displacement_mm[above] * share)
