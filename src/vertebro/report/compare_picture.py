"""The trade-off as a drawing: strength given back over the chance of a leak, one mark for each option."""

from __future__ import annotations

from dataclasses import dataclass

from vertebro.report.drawing import Drawing
from vertebro.report.published_beside import leaks_in_people_pct
from vertebro.simulation.compare import Compared
from vertebro.simulation.sampling import Share
from vertebro.vocabulary.known import Unknown
from vertebro.vocabulary.measured import Measured
from vertebro.vocabulary.texts import texts

say = texts(beside=__file__, name="compare").say

LEFT_MM, TOP_MM, WIDE_MM, HIGH_MM, BELOW_MM, RIGHT_MM = 18.0, 14.0, 106.0, 70.0, 14.0, 16.0
INK, SOFT, HAIR, BAND = "#16212b", "#4a5866", "#d5dde4", "#e6ebf0"
COLOURS = ("#0a5876", "#8a5200", "#5b3a86", "#2c6b3f")
TEXT_MM = 3.3
ROOM = 1.06  # above the highest mark, for its name
LETTER = 0.5  # mean width of a letter over its height
STEP_PCT = 20.0
MOST_LINES = 8
LEAST_FOR_NAME_PCT = 12.0  # room for a name on the left of a mark


@dataclass(frozen=True)
class Point:
    """One option: chance of a leak with its interval (%), strength with its spread (%), name and series."""

    name: str
    series: int
    leak_pct: tuple[float, float, float]
    strength: Measured
    is_efficient: bool


def points_of(compared: Compared) -> list[Point]:
    """The options of which both are known."""
    names, best = list(compared.played), compared.efficient()
    found = []
    for option in compared.options:
        strength, chance = compared.strength(option.restored), option.anywhere
        if isinstance(strength, Unknown) or not isinstance(chance, Share):
            continue
        if isinstance(chance.probability, Unknown):
            continue
        leak = (100 * chance.low, 100 * chance.probability, 100 * chance.high)
        efficient = any(option is other for other in best)
        name = say("picture.volume", ml=f"{option.volume.value:g}")
        found.append(Point(name, names.index(option.procedure), leak, strength, efficient))
    return found


def trade_off_picture(compared: Compared) -> str | Unknown:
    """The trade-off as SVG, or why it cannot be drawn."""
    points = points_of(compared)
    if not points:
        return Unknown(say("picture.none"))
    top = ROOM * max(115.0, *(p.strength.value + p.strength.spread for p in points))
    plot = _Plot(Drawing(LEFT_MM + WIDE_MM + RIGHT_MM, TOP_MM + HIGH_MM + BELOW_MM, "#ffffff"), top)
    plot.axes()
    plot.legend(list(compared.played))
    for number in range(len(compared.played)):
        series = [p for p in points if p.series == number]
        plot.join(series)
        for point in series:
            plot.mark(point)
    return plot.paper.svg(say("picture.alt", level=compared.level))


class _Plot:
    """Chance of a leak to the right, strength upwards, both in per cent."""

    def __init__(self, paper: Drawing, top_pct: float) -> None:
        self.paper, self.top = paper, top_pct

    def at(self, leak_pct: float, strength_pct: float) -> tuple[float, float]:
        """Where an option lies on paper."""
        return LEFT_MM + leak_pct / 100 * WIDE_MM, TOP_MM + HIGH_MM * (1 - strength_pct / self.top)

    def axes(self) -> None:
        """Grid, numbers and what they mean; the intact estimate as a line."""
        paper, bottom = self.paper, TOP_MM + HIGH_MM
        self._people()
        step = next(n for n in (20, 50, 100, 200, 500) if self.top / n <= MOST_LINES or n == 500)
        for percent in range(0, int(self.top) + 1, step):
            _, y = self.at(0, percent)
            is_intact = percent == 100
            paper.line(
                [(LEFT_MM, y), (LEFT_MM + WIDE_MM, y)], stroke=SOFT if is_intact else HAIR, stroke_width=0.25
            )
            paper.words((LEFT_MM - 1.5, y), f"{percent} %", TEXT_MM, fill=SOFT, text_anchor="end")
        for percent in range(0, 101, int(STEP_PCT)):
            x, _ = self.at(percent, 0)
            paper.line([(x, bottom), (x, bottom + 1)], stroke=SOFT, stroke_width=0.25)
            paper.words((x, bottom + 3.6), f"{percent} %", TEXT_MM, fill=SOFT, text_anchor="middle")
        paper.words(
            (LEFT_MM + WIDE_MM / 2, bottom + 10), say("picture.leak"), TEXT_MM, fill=INK, text_anchor="middle"
        )
        paper.words((LEFT_MM - 14, TOP_MM - 8), say("picture.strength"), TEXT_MM, fill=INK)

    def _people(self) -> None:
        """The band of leaks that CT showed in people, behind everything else."""
        (left, top), (right, bottom) = (
            self.at(pct, strength)
            for pct, strength in zip(leaks_in_people_pct(), (self.top, 0.0), strict=True)
        )
        self.paper.rect((left, top), (right - left, bottom - top), fill=BAND)
        self.paper.words(
            ((left + right) / 2, bottom - 3), say("picture.people"), TEXT_MM, fill=SOFT, text_anchor="middle"
        )

    def legend(self, names: list[str]) -> None:
        """Procedures with their signs, in one row that ends where the plot does."""
        widths = [LETTER * TEXT_MM * len(name) + 8 for name in names]
        x = LEFT_MM + WIDE_MM + RIGHT_MM - sum(widths)
        for number, (name, width) in enumerate(zip(names, widths, strict=True)):
            self._sign(number, (x, TOP_MM - 3))
            self.paper.words((x + 2.2, TOP_MM - 3), name, TEXT_MM, fill=INK)
            x += width

    def join(self, points: list[Point]) -> None:
        """A line through the volumes of one procedure."""
        if len(points) > 1:
            way = [self.at(p.leak_pct[1], p.strength.value) for p in points]
            colour = COLOURS[points[0].series % len(COLOURS)]
            self.paper.line(way, stroke=colour, stroke_width=0.5, stroke_dasharray="1.4 1.0")

    def mark(self, point: Point) -> None:
        """A dot with its interval and its spread; a ring where no other option beats it."""
        colour, (low, middle, high) = COLOURS[point.series % len(COLOURS)], point.leak_pct
        value, spread = point.strength.value, point.strength.spread
        self.paper.line([self.at(low, value), self.at(high, value)], stroke=colour, stroke_width=0.3)
        ends = [self.at(middle, max(value - spread, 0.0)), self.at(middle, value + spread)]
        self.paper.line(ends, stroke=colour, stroke_width=0.3)
        x, y = self.at(middle, value)
        self._sign(point.series, (x, y))
        if point.is_efficient:
            self.paper.circle((x, y), 2.2, fill="none", stroke=INK, stroke_width=0.4)
        # more cement is stronger and leaks more often: the way goes up to the right, names stand off it
        first = point.series % 2 == 0
        anchor = "end" if first else "start"
        place = (x - 2.2, y - 3.2) if first else (x + 2.2, y + 3.4)
        if first and middle < LEAST_FOR_NAME_PCT:
            place, anchor = (x + 2.6, y - 3.2), "start"
        self.paper.words(place, point.name, TEXT_MM, fill=colour, text_anchor=anchor, halo="#ffffff")

    def _sign(self, series: int, at: tuple[float, float]) -> None:
        """A dot, a square or a diamond: procedures are told apart by shape as well as by colour."""
        x, y = at
        colour, half = COLOURS[series % len(COLOURS)], 1.15
        if series % 3 == 0:
            self.paper.circle(at, half, fill=colour)
        elif series % 3 == 1:
            self.paper.rect((x - half, y - half), (2 * half, 2 * half), fill=colour)
        else:
            corners = [(x, y - 1.5), (x + 1.5, y), (x, y + 1.5), (x - 1.5, y)]
            self.paper.outline(corners, fill=colour)
