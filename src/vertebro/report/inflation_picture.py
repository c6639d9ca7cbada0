"""A balloon in a vertebra as a drawing: the cut before and with it full, and pressure over volume."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import ndimage

from vertebro.kernels.arrays import AnyArray, Array
from vertebro.report.drawing import Drawing, Style, png
from vertebro.simulation.endplate_lift import Union, ends_of
from vertebro.simulation.inflation import Inflation
from vertebro.vocabulary.known import Unknown
from vertebro.vocabulary.texts import texts

say = texts(beside=__file__, name="inflation").say

PIXEL_MM = 0.25
FADES_MM = 3.0  # beyond the bone: what lies further away stays where it is
MAGNIFIED = 4.0  # a lift of some tenths of a millimetre would not be seen
BRIGHT_MG_CM3 = 500.0  # drawn white
GAP_MM, HEAD_MM, FOOT_MM, EDGE_MM, LINE_MM = 4.0, 6.0, 13.0, 9.0, 4.4
PLOT_MM = (56.0, 36.0)
TEXT_MM = 2.8
LETTER: dict[str, Style] = {"text_anchor": "middle", "font_weight": 700}
WALL_SHARE = 0.7  # of the usual height: lower columns belong to the walls
TOP_SHARE = 1.15  # of the pressure axis beyond what it must hold
GROUND, PAPER, INK, SOFT, HAIR = "#10161c", "#ffffff", "#16212b", "#4a5866", "#d5dde4"
CAVITY, CRUSHED, PLATE, LINE, LIMIT = "#58b7d8", "#e8833a", "#ffffff", "#0a5876", "#b3261e"


@dataclass(frozen=True)
class Cut:
    """A sagittal cut of cubes: rows from the top down, columns from the front to the back."""

    index: int
    edge_mm: float
    rows: slice
    columns: slice

    @classmethod
    def of(cls, inflation: Inflation) -> Cut:
        """Through the middle of the first balloon, around the body and a little more."""
        grid = inflation.grid
        at = (inflation.balloons[0].shape.middle_mm[0] - grid.first_mm[0]) / grid.edge_mm
        index = int(np.clip(round(at), 0, grid.shape[0] - 1))
        body, room = np.argwhere(grid.body), round(5 / grid.edge_mm)
        low, high = np.maximum(body.min(axis=0) - room, 0), body.max(axis=0) + room + 1
        return cls(
            index,
            grid.edge_mm,
            slice(int(low[2]), min(int(high[2]), grid.shape[2])),
            slice(int(low[1]), min(int(high[1]), grid.shape[1])),
        )

    def fine(self, field: AnyArray, order: int = 1) -> Array:
        """The field (cubes) on the cut's pixels."""
        flat = np.asarray(field, dtype=float)[self.index, self.columns, self.rows].T[::-1, ::-1]
        return np.asarray(
            ndimage.zoom(flat, self.edge_mm / PIXEL_MM, order=order, mode="nearest", grid_mode=True)
        )

    def place(self, anterior: AnyArray, superior: AnyArray) -> Array:
        """Millimetres from the upper left corner of points given as indices of cubes."""
        across = (self.columns.stop - 0.5 - np.asarray(anterior)) * self.edge_mm
        down = (self.rows.stop - 0.5 - np.asarray(superior)) * self.edge_mm
        return np.stack([across, down], axis=-1)

    @property
    def size_mm(self) -> tuple[float, float]:
        """Width and height."""
        return (
            (self.columns.stop - self.columns.start) * self.edge_mm,
            (self.rows.stop - self.rows.start) * self.edge_mm,
        )


def inflation_picture(inflation: Inflation) -> str:
    """SVG: the bone before, the cavity with its crushed bone and lifted end-plates, pressure over volume."""
    cut = Cut.of(inflation)
    wide, high = cut.size_mm
    height = HEAD_MM + max(high + 3 * LINE_MM + GAP_MM, PLOT_MM[1] + FOOT_MM + 3 * LINE_MM)
    paper = Drawing(3 * GAP_MM + 2 * wide + EDGE_MM + PLOT_MM[0] + GAP_MM, height, PAPER)
    moved = _moved(inflation, cut)
    for left, name, pixels in (
        (GAP_MM, say("picture.before"), _grey(cut.fine(inflation.grid.density))),
        (2 * GAP_MM + wide, say("picture.full", times=f"{MAGNIFIED:g}"), _painted(inflation, cut, moved)),
    ):
        paper.words((left, HEAD_MM / 2), name, TEXT_MM, fill=INK)
        paper.image(png(pixels.astype(np.uint8)), (left, HEAD_MM), cut.size_mm)
        for key, at in (
            ("front", (2.0, high / 2)),
            ("back", (wide - 2.0, high / 2)),
            ("up", (wide / 2, 2.5)),
        ):
            place = (left + at[0], HEAD_MM + at[1])
            paper.words(place, say(f"picture.{key}"), TEXT_MM, fill=PLATE, halo=GROUND, **LETTER)
    _plates(paper, inflation, cut, (2 * GAP_MM + wide, HEAD_MM))
    _legend(paper, GAP_MM, HEAD_MM + high + LINE_MM)
    left = 3 * GAP_MM + 2 * wide + EDGE_MM
    _curve(paper, inflation, (left, HEAD_MM))
    gain, left_over = (inflation.gains[Union.LOOSE][state].anterior for state in ("full", "deflated"))
    theirs = inflation.gains[Union.LOOSE]["full"].patients[0].anterior
    told = (("gain", gain), ("emptied", left_over), ("patients", theirs))
    for row, (key, number) in enumerate(told):
        at = (left, HEAD_MM + PLOT_MM[1] + FOOT_MM + row * LINE_MM)
        paper.words(at, say(f"picture.{key}", mm=number.in_words()), TEXT_MM, fill=INK)
    return paper.svg(say("picture.alt"))


def _grey(density: Array) -> Array:
    """8-bit grey from density, on a dark ground (rows, columns, 3)."""
    shade = np.clip(density / BRIGHT_MG_CM3, 0, 1)[..., None] ** 0.7
    return np.asarray((1 - shade) * _rgb(GROUND) + shade * 255.0)


def _rgb(colour: str) -> Array:
    return np.array([int(colour[n : n + 2], 16) for n in (1, 3, 5)], dtype=float)


def _moved(inflation: Inflation, cut: Cut) -> Array:
    """Displacement (anterior, superior; mm) on the pixels of the cut, carried on beyond the bone."""
    nodes = inflation.lifts[Union.LOOSE].full_mm[..., 1:]
    cubes = sum(
        nodes[i : nodes.shape[0] - 1 + i, j : nodes.shape[1] - 1 + j, k : nodes.shape[2] - 1 + k]
        for i, j, k in np.ndindex(2, 2, 2)
    )
    solid = inflation.grid.body & ~inflation.last.cavity
    away, nearest = ndimage.distance_transform_edt(~solid, return_indices=True)
    fade = np.clip(2 - away * cut.edge_mm / FADES_MM, 0, 1) + inflation.last.cavity
    spread = (np.asarray(cubes) / 8)[tuple(nearest)] * np.minimum(fade, 1)[..., None]
    return np.stack([cut.fine(spread[..., 0]), cut.fine(spread[..., 1])], axis=-1)


def _painted(inflation: Inflation, cut: Cut, moved: Array) -> Array:
    """The cut with the balloon full: every pixel fetched from where it was before it moved."""
    last, before = inflation.last, inflation.grid.density
    after = inflation.bone_after.density
    denser = np.where(last.crushed.is_denser, (after - before) / np.maximum(before, 50.0), 0.0)
    rows, columns = np.indices(moved.shape[:2]).astype(float)
    back = MAGNIFIED / PIXEL_MM
    at = np.stack([rows + back * moved[..., 1], columns + back * moved[..., 0]])

    def fetched(field: AnyArray) -> Array:
        return np.asarray(ndimage.map_coordinates(cut.fine(field), at, order=1, mode="nearest"))

    picture = _grey(fetched(np.where(last.cavity, before, after)))
    cavity = (fetched(last.cavity) > 0.5) | (cut.fine(last.cavity) > 0.5)  # it only grows as its walls move
    for share, colour in (
        (0.7 * np.clip(fetched(denser), 0, 1), CRUSHED),
        (cavity, CAVITY),
    ):
        opacity = np.asarray(share, dtype=float)[..., None]
        picture = (1 - opacity) * picture + opacity * _rgb(colour)
    return picture


def _plates(paper: Drawing, inflation: Inflation, cut: Cut, corner: tuple[float, float]) -> None:
    """The end-plates before, dashed, and where they have gone."""
    body = inflation.grid.body
    low, high = ends_of(body)
    tall = body[cut.index].sum(axis=1)
    here = np.flatnonzero(tall > WALL_SHARE * np.median(tall[tall > 0]))
    up = inflation.lifts[Union.LOOSE].full_mm[..., 2]
    for edge in (low[cut.index, here] - 0.5, high[cut.index, here] + 0.5):
        node = (edge + 0.5).astype(int)
        lift = np.mean([up[cut.index + a, here + b, node] for a, b in np.ndindex(2, 2)], axis=0)
        smooth = ndimage.uniform_filter1d(edge.astype(float), 3, mode="nearest")
        line = cut.place(here, smooth) + corner
        paper.line(line, stroke=PLATE, stroke_width=0.3, stroke_dasharray="1 1")
        paper.line(line - np.stack([0 * lift, MAGNIFIED * lift], axis=-1), stroke=PLATE, stroke_width=0.5)


def _legend(paper: Drawing, left: float, down: float) -> float:
    """What colours and lines mean, one line each; gives where it ends."""
    for colour, key in ((CAVITY, "cavity"), (CRUSHED, "crushed")):
        paper.rect((left, down - 1.3), (4.0, 2.6), fill=colour)
        paper.words((left + 6, down), say(f"picture.{key}"), TEXT_MM, fill=INK)
        down += LINE_MM
    paper.line(
        [(left, down - 0.7), (left + 4, down - 0.7)], stroke=INK, stroke_width=0.3, stroke_dasharray="1 1"
    )
    paper.line([(left, down + 0.7), (left + 4, down + 0.7)], stroke=INK, stroke_width=0.5)
    paper.words((left + 6, down), say("picture.plates"), TEXT_MM, fill=INK)
    return down


def rated_mpa(inflation: Inflation) -> float | Unknown:
    """The lowest pressure any of the balloons is rated for."""
    ratings = [b.balloon.rated_pressure_mpa for b in inflation.balloons]
    unknown = [one for one in ratings if isinstance(one, Unknown)]
    return unknown[0] if unknown else min(b.balloon.limit_mpa for b in inflation.balloons)


def _curve(paper: Drawing, inflation: Inflation, corner: tuple[float, float]) -> None:
    """Pressure with its spread over volume up to what was planned, the rated pressure, and why it ended."""
    steps, rated = inflation.steps, rated_mpa(inflation)
    plot = _Plot(
        corner,
        sum(b.volume_ml for b in inflation.balloons),
        max(
            [s.pressure.value + s.pressure.spread for s in steps]
            + ([] if isinstance(rated, Unknown) else [rated])
        ),
    )
    plot.axes(paper)
    points = [plot.at(s.volume.value, s.pressure.value) for s in steps]
    if len(points) > 1:
        paper.line(points, stroke=LINE, stroke_width=0.6)
    for step, point in zip(steps, points, strict=True):
        ends = [step.pressure.value + sign * step.pressure.spread for sign in (-1, 1)]
        paper.line([plot.at(step.volume.value, max(e, 0.0)) for e in ends], stroke=LINE, stroke_width=0.35)
        paper.circle(point, 0.9, fill=LINE)
    if not isinstance(rated, Unknown):
        y = plot.at(0, rated)[1]
        ends_x = [(corner[0], y), (corner[0] + PLOT_MM[0], y)]
        paper.line(ends_x, stroke=LIMIT, stroke_width=0.4, stroke_dasharray="2 1.2")
        words = say("picture.rated", mpa=f"{rated:.2f}")
        paper.words((corner[0] + 1, y - 2), words, TEXT_MM, fill=LIMIT, halo=PAPER)


@dataclass(frozen=True)
class _Plot:
    """Volume across up to what was planned, pressure upwards."""

    corner: tuple[float, float]
    most_ml: float
    most_mpa: float

    def at(self, ml: float, mpa: float) -> tuple[float, float]:
        """Where it lies on the drawing."""
        left, top = self.corner
        high = TOP_SHARE * self.most_mpa
        return left + PLOT_MM[0] * ml / self.most_ml, top + PLOT_MM[1] * (1 - mpa / high)

    def axes(self, paper: Drawing) -> None:
        """Grid, numbers, and what they mean."""
        (left, top), (wide, high) = self.corner, PLOT_MM
        for tick in np.arange(0, TOP_SHARE * self.most_mpa, 1.0):
            y = self.at(0, tick)[1]
            paper.line([(left, y), (left + wide, y)], stroke=HAIR, stroke_width=0.2)
            paper.words((left - 1.5, y), f"{tick:g}", TEXT_MM, fill=SOFT, text_anchor="end")
        for ml in np.linspace(0, self.most_ml, 5):
            x = self.at(ml, 0)[0]
            paper.line([(x, top + high), (x, top + high + 1)], stroke=SOFT, stroke_width=0.25)
            paper.words((x, top + high + 3.4), f"{ml:g}", TEXT_MM, fill=SOFT, text_anchor="middle")
        paper.words((left, top - HEAD_MM / 2), say("picture.pressure"), TEXT_MM, fill=INK)
        middle = (left + wide / 2, top + high + 8)
        paper.words(middle, say("picture.volume"), TEXT_MM, fill=INK, text_anchor="middle")
