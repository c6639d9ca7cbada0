"""A balloon in a vertebra as a drawing: the cut before and with it full, and pressure over volume."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import ndimage

from vertebro.kernels.arrays import AnyArray, Array
from vertebro.report.drawing import Drawing, png
from vertebro.simulation.endplate_lift import Union, ends_of
from vertebro.simulation.inflation import Inflation
from vertebro.vocabulary.texts import texts

say = texts(beside=__file__, name="inflation").say

PIXEL_MM = 0.25
FADES_MM = 3.0  # beyond the bone: what lies further away stays where it is
MAGNIFIED = 4.0  # a lift of some tenths of a millimetre would not be seen
BRIGHT_MG_CM3 = 500.0  # drawn white
GAP_MM, HEAD_MM, FOOT_MM, EDGE_MM = 4.0, 6.0, 13.0, 9.0
PLOT_MM = (52.0, 34.0)
TEXT_MM = 2.6
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
    height = HEAD_MM + max(high, PLOT_MM[1] + FOOT_MM) + FOOT_MM
    paper = Drawing(3 * GAP_MM + 2 * wide + EDGE_MM + PLOT_MM[0] + GAP_MM, height, PAPER)
    moved = _moved(inflation, cut)
    for left, name, pixels in (
        (GAP_MM, say("picture.before"), _grey(cut.fine(inflation.grid.density))),
        (2 * GAP_MM + wide, say("picture.full", times=f"{MAGNIFIED:g}"), _painted(inflation, cut, moved)),
    ):
        paper.words((left, HEAD_MM / 2), name, TEXT_MM, fill=INK)
        paper.image(png(pixels.astype(np.uint8)), (left, HEAD_MM), cut.size_mm)
        paper.words((left + 1, HEAD_MM + high - 2), say("picture.front"), TEXT_MM * 0.9, fill=PLATE)
    _plates(paper, inflation, cut, (2 * GAP_MM + wide, HEAD_MM))
    _legend(paper, GAP_MM, HEAD_MM + high + 3.5)
    _curve(paper, inflation, (2 * GAP_MM + 2 * wide + EDGE_MM + GAP_MM, HEAD_MM))
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
    for share, colour in (
        (0.7 * np.clip(fetched(denser), 0, 1), CRUSHED),
        (fetched(last.cavity) > 0.5, CAVITY),
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


def _legend(paper: Drawing, left: float, down: float) -> None:
    for colour, key in ((CAVITY, "cavity"), (CRUSHED, "crushed")):
        name = say(f"picture.{key}")
        paper.rect((left, down - 1.2), (3, 2.4), fill=colour)
        paper.words((left + 4, down), name, TEXT_MM, fill=INK)
        left += 8 + len(name) * TEXT_MM * 0.55
    paper.words((left, down), say("picture.plates"), TEXT_MM, fill=INK)


def _curve(paper: Drawing, inflation: Inflation, corner: tuple[float, float]) -> None:
    """Pressure over volume, the rated pressure, and the gain beside that of patients."""
    volumes = np.array([0.0, *(s.volume.value for s in inflation.steps)])
    pressures = np.array([s.pressure.value for s in inflation.steps])
    margin = inflation.pressure_margin
    rated = pressures.max() + margin.value if hasattr(margin, "value") else None
    most = TOP_SHARE * max(pressures.max(), rated or 0.0)
    left, top = corner
    wide, high = PLOT_MM

    def at(volume: float, pressure: float) -> tuple[float, float]:
        return left + wide * volume / volumes[-1], top + high * (1 - pressure / most)

    for tick in np.arange(0, most, 1.0):
        paper.line([at(0, tick), at(volumes[-1], tick)], stroke=HAIR, stroke_width=0.2)
        paper.words((left - 1.5, at(0, tick)[1]), f"{tick:g}", TEXT_MM, fill=SOFT, text_anchor="end")
    for volume in volumes:
        paper.words(
            (at(volume, 0)[0], top + high + 3), f"{volume:.1f}", TEXT_MM, fill=SOFT, text_anchor="middle"
        )
    points = [at(v, p) for v, p in zip(volumes[1:], pressures, strict=True)]
    paper.line(points, stroke=LINE, stroke_width=0.6)
    for point in points:
        paper.circle(point, 0.9, fill=LINE)
    if rated:
        paper.line(
            [at(0, rated), at(volumes[-1], rated)], stroke=LIMIT, stroke_width=0.4, stroke_dasharray="2 1.2"
        )
        paper.words(
            (left + 1, at(0, rated)[1] - 2), say("picture.rated", mpa=f"{rated:.2f}"), TEXT_MM, fill=LIMIT
        )
    paper.words((left, top - HEAD_MM / 2), say("picture.pressure"), TEXT_MM, fill=INK)
    paper.words((left, top + high + 7), say("picture.volume"), TEXT_MM, fill=INK)
    gain = inflation.gains[Union.LOOSE]["full"]
    ours, theirs = gain.anterior.in_words(), gain.patients[0].anterior.in_words()
    paper.words((left, top + high + 11), say("picture.gain", ours=ours), TEXT_MM, fill=INK)
    paper.words((left, top + high + 14.5), say("picture.patients", theirs=theirs), TEXT_MM, fill=INK)
