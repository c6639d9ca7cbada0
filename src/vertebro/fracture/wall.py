"""The posterior wall and the canal: does bone stand in the canal, and how much room is left."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from scipy import ndimage
from scipy.interpolate import CubicHermiteSpline

from vertebro.fracture.findings import Number
from vertebro.fracture.landmarks import Canal
from vertebro.fracture.shape import BodyShape
from vertebro.kernels.arrays import Array
from vertebro.kernels.surfaces import robust_least_squares
from vertebro.vocabulary.grades import PosteriorWall
from vertebro.vocabulary.known import Unknown
from vertebro.vocabulary.levels import Level
from vertebro.vocabulary.library import cited_values
from vertebro.vocabulary.measured import Graded, Measured
from vertebro.vocabulary.texts import texts

v = cited_values(beside=__file__, name="shape_values.yaml")
say = texts(beside=__file__, name="shape").say

SHARES = np.linspace(0.0, 1.0, 41)
"""Places on a posterior wall, from the lower (0) to the upper end-plate (1)."""

EDGE = 0.08
"""Share of the wall next to an end-plate where its rounded rim is no wall any more."""


@dataclass(frozen=True)
class Wall:
    """A posterior wall in its body's frame: heights, its place, and the place to be expected (mm)."""

    superior_mm: Array
    wall_mm: Array
    expected_mm: Array
    by_neighbours: bool


def wall_places(shape: BodyShape) -> tuple[Array, Array]:
    """Heights and places (superior, anterior; mm) of the posterior wall, from the lower corner up."""
    body = shape.body
    low, high = shape.lower_corners.superior_mm[2], shape.upper_corners.superior_mm[2]
    heights = low + SHARES * (high - low)
    known = np.isfinite(body.posterior_profile_mm)
    if known.sum() < 2:
        return heights, np.asarray(body.posterior_wall(heights))
    places = np.interp(heights, body.superior_mm[known], body.posterior_profile_mm[known])
    inner = (SHARES >= EDGE) & (SHARES <= 1 - EDGE)
    return heights, np.interp(SHARES, SHARES[inner], places[inner])


def expected_wall(
    shape: BodyShape, above: BodyShape | None, below: BodyShape | None, whole: Sequence[BodyShape]
) -> Wall:
    """The wall this body should have: its own straight line, hollow as the walls of unbroken neighbours.

    The line follows most of the wall, so a fragment does not bend it. Should the whole of one end have been
    pushed back: with both neighbours measured, their walls give a smooth line; an end that lies further
    behind it than the other end does, by more than bodies usually tilt, is moved forward by what is more.
    """
    heights, places = wall_places(shape)
    ends = shape.body.posterior_wall.straight(heights[[0, -1]])
    sure = above is not None and below is not None
    if above is not None and below is not None:
        behind = _between(shape, above, below, heights[[0, -1]]) - ends
        ends = ends + np.maximum(behind - behind.min() - float(v.wall_step.value), 0)
    bends = [other.body.posterior_wall.bend_mm for other in whole] or [shape.body.posterior_wall.bend_mm]
    hollow = -min(0.0, float(np.mean(bends))) * (1 - (2 * SHARES - 1) ** 2)
    return Wall(heights, places, ends[0] + SHARES * (ends[1] - ends[0]) + hollow, sure)


def _between(shape: BodyShape, above: BodyShape, below: BodyShape, heights: Array) -> Array:
    """The smooth line from the wall above to the wall below, in this body's frame."""
    points, slopes = [], []
    for other in (below, above):
        s = np.array([other.lower_corners.superior_mm[2], other.upper_corners.superior_mm[2]])
        a = other.body.posterior_wall.straight(s)
        world = other.body.frame.world_mm(np.stack([np.zeros(2), a, s], axis=-1))
        ends = shape.body.frame.local_mm(world)
        slope = (ends[1, 1] - ends[0, 1]) / (ends[1, 2] - ends[0, 2])
        points.append(ends[1] if other is below else ends[0])
        slopes.append(slope)
    curve = CubicHermiteSpline([p[2] for p in points], [p[1] for p in points], slopes)
    return np.asarray(curve(heights))


def bulge(shape: BodyShape, wall: Wall) -> Measured:
    """How far (mm) the posterior wall stands behind its expected place where it does most; at least 0."""
    behind = np.convolve(wall.expected_mm - wall.wall_mm, np.ones(3) / 3, mode="same")[1:-1]
    edge = shape.body.voxel_mm[1] / np.sqrt(12)
    line = float(v.wall_line_spread.value["neighbours" if wall.by_neighbours else "own"])
    method = say("wall.bulge_neighbours" if wall.by_neighbours else "wall.bulge_own")
    return Measured(max(0.0, float(behind.max())), "mm", method, float(np.hypot(edge, line)))


def wall_state(found: Measured) -> Graded[PosteriorWall]:
    """Intact or retropulsed by how far the wall stands in the canal.

    A crack without displacement cannot be told from a mask: breached stays possible unless retropulsed.
    """
    limit = float(v.retropulsion_limit.value)
    possible = [_by_bulge(found.value + d, limit) for d in (0.0, -found.spread, found.spread)]
    if PosteriorWall.INTACT in possible:
        possible.append(PosteriorWall.BREACHED)
    return Graded(
        possible[0], say("wall.state", limit=v.retropulsion_limit.in_words()), tuple(dict.fromkeys(possible))
    )


def _by_bulge(mm: float, limit_mm: float) -> PosteriorWall:
    if mm >= limit_mm:
        return PosteriorWall.RETROPULSED
    return PosteriorWall.INTACT


def lamina_mm(shape: BodyShape) -> Array | Unknown:
    """The foremost point of the lamina behind the canal, LPS mm."""
    body, level = shape.body, shape.body.level
    if "posterior elements" in body.missing:
        return Unknown(say("unknown.cut", level=level, parts="posterior elements are"))
    if body.lamina_mm is None or not np.isfinite(body.lamina_mm).any():
        return Unknown(say("unknown.lamina", level=level))
    gap = np.nan_to_num(body.lamina_mm - body.posterior_wall.straight(body.superior_mm), nan=-np.inf)
    front = np.argsort(gap)[::-1][:3]  # three samples: one voxel's spike is no lamina
    front = front[np.isfinite(gap[front])]
    point = np.array([0.0, body.lamina_mm[front].mean(), body.superior_mm[front].mean()])
    return np.asarray(body.frame.world_mm(point))


def canal_of(shape: BodyShape, above: BodyShape | None, below: BodyShape | None) -> Canal | Unknown:
    """The mid-sagittal diameter of the canal where it is narrowest behind this body.

    It runs from the posterior wall to a line through the foremost point of the lamina: along the foremost
    points of the neighbours' laminae where both are seen, else along the wall's own straight line.
    """
    own = lamina_mm(shape)
    if isinstance(own, Unknown):
        return own
    local = shape.body.frame.local_mm
    others = [Unknown("-") if other is None else lamina_mm(other) for other in (above, below)]
    slope = shape.body.posterior_wall.slope
    ends = [local(o) for o in others if not isinstance(o, Unknown)]
    if len(ends) == 2:
        slope = float((ends[0][1] - ends[1][1]) / (ends[0][2] - ends[1][2]))
    heights, places = wall_places(shape)
    lamina = local(own)[1] + slope * (heights - local(own)[2])
    at = int(np.argmin(places - lamina))
    points = np.array([[0.0, a, heights[at]] for a in (places[at], lamina[at])])
    wall, behind = shape.body.frame.world_mm(points)
    return Canal(wall, behind, (wall + behind) / 2)


def diameter_mm(canal: Canal) -> float:
    """Mid-sagittal diameter of the canal."""
    return float(np.linalg.norm(canal.wall_mm - canal.lamina_mm))


def narrowing(
    level: Level, canals: Mapping[Level, Canal | Unknown], whole: Sequence[Level], voxel_mm: float
) -> Number:
    """Loss (%) of the mid-sagittal diameter against the nearest unbroken neighbours; at least 0."""
    own = canals[level]
    if isinstance(own, Unknown):
        return own
    near = [
        n for n in (_nearest(level, whole, canals, -1), _nearest(level, whole, canals, +1)) if n is not None
    ]
    if not near:
        return Unknown(say("unknown.canal", level=level))
    others = [diameter_mm(c) for c in (canals[n] for n in near) if isinstance(c, Canal)]
    usual = float(np.mean(others))
    edge = np.sqrt(2) * voxel_mm / np.sqrt(12)
    value = 100 * (1 - diameter_mm(own) / usual)
    spread = 100 * np.hypot(edge, float(v.canal_scatter.value) * usual) * np.sqrt(1 + 1 / len(others)) / usual
    method = say("wall.narrowing", levels=", ".join(map(str, near)))
    return Measured(min(100.0, max(0.0, value)), "%", method, float(spread))


def _nearest(
    level: Level, whole: Sequence[Level], canals: Mapping[Level, Canal | Unknown], side: int
) -> Level | None:
    there = [n for n in whole if (n.order - level.order) * side > 0 and isinstance(canals[n], Canal)]
    near = min(there, key=lambda n: abs(n.order - level.order), default=None)
    return near if near and abs(near.order - level.order) <= v.canal_reach.value else None


def endplate_defect(shape: BodyShape) -> Measured:
    """Depth (mm) of the deepest dip of either end-plate beyond its own smooth surface; at least 0.

    The smooth surface is a second-order one fitted robustly, so that a local dip does not pull it down.
    """
    depths = [_dip(shape, sign) for sign in (1.0, -1.0)]
    step = shape.body.voxel_step[0] / np.sqrt(12)
    return Measured(max(0.0, *depths), "mm", say("wall.defect"), float(np.hypot(step, v.defect_spread.value)))


def _dip(shape: BodyShape, sign: float) -> float:
    body = shape.body
    plate = body.upper_mm if sign > 0 else body.lower_mm
    right, front = np.meshgrid(body.right_mm, body.anterior_mm, indexing="ij")
    middle = float(body.anterior_wall(0.0) + body.posterior_wall(0.0)) / 2
    x, y = (front - middle) / (body.depth_mm / 2), right / (body.width_mm / 2)
    use = np.isfinite(plate) & (np.hypot(x, y) <= float(v.defect_region.value))
    design = np.stack(
        [np.ones(use.sum()), x[use], y[use], x[use] ** 2, y[use] ** 2, x[use] * y[use]], axis=-1
    )
    design = np.column_stack([design, x[use] ** 4, y[use] ** 4])
    dip = np.zeros(use.sum())
    for _ in range(3):  # what dips is left out of the smooth surface, or it would follow the dip
        level = dip < float(v.defect_step.value)
        coefficients, _ = robust_least_squares(design[level], plate[use][level], 0.25)
        dip = sign * (design @ coefficients - plate[use])
    below = np.zeros(plate.shape)
    below[use] = dip
    cross = ndimage.generate_binary_structure(2, 1).astype(float)  # a dip is wider than one column
    near = ndimage.convolve(use.astype(float), cross)
    mean = ndimage.convolve(below, cross) / np.maximum(near, 1.0)
    return float(mean[use & (near >= 3)].max(initial=0.0))
