"""Search one side of a vertebra for straight corridors: many entries by many targets, scored at once."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import product

import numpy as np

from vertebro.kernels.arrays import AnyArray, Array, Mask
from vertebro.kernels.needle_paths import Field, along, unit
from vertebro.procedures.site import STEP_MM, Half
from vertebro.procedures.trajectory import Route
from vertebro.vocabulary.levels import Level, Region
from vertebro.vocabulary.library import cited_values

v = cited_values(beside=__file__)

SAMPLE_MM = 1.0
"""Step along a path: below half of the thinnest needle, so that no wall slips between two samples."""

COARSE_SAMPLE_MM = 2.0
"""The same for the first look at thousands of paths; the few that are kept are looked at again."""

SKIN_MM = 60.0
"""How far behind the entry the needle is followed, where it must not pass through bone or canal."""

GATES, TARGETS = 60, 50
"""How many places in the pedicle and in the front of the body are joined with each other."""

GATE_DEPTH = 0.35
"""Places nearer to the pedicle's wall than this share of its half girth hold no needle worth looking at."""

NEAR_ENTRY_MM = 5.0
"""Next to a slanting entry the needle brushes the bone's surface; that is no second bone in its way."""

FINE_STEPS_MM = (0.8, 0.8, 0.4, 0.4, 0.2, 0.2)
"""Steps of the search about a good path, after the coarse one."""


@dataclass(frozen=True)
class Aim:
    """What a corridor is for: the needle's radius, its route, how far beside the middle its tip shall lie.

    ``pull`` weighs how much the place of the tip counts against room.
    """

    radius_mm: float
    route: Route
    beside_mm: float
    pull: float = 1.0


@dataclass(frozen=True)
class Paths:
    """Many straight paths of one side; gate and target (n, 3), the rest (n,), all mm and degrees.

    ``hold`` is the least room once a needle past the pedicle has come in with its whole girth, ``slide_mm``
    how far from its entry that is. ``inner`` is the least room to the surface of the bone on the part of
    the path that must lie in it, ``pedicle`` and ``body`` that of its two parts; ``canal`` and
    ``neighbours`` the least room to these along the whole needle from the skin on.
    """

    entry_mm: Array
    target_mm: Array
    pedicle: Array
    body: Array
    canal: Array
    neighbours: Array
    way_in: Array
    convergence_deg: Array
    tilt_deg: Array
    hold: Array
    slide_mm: Array
    cost: Array

    @property
    def inner(self) -> Array:
        """The least room in pedicle and body."""
        return np.minimum(self.pedicle, self.body)

    @property
    def breach(self) -> Array:
        """How far (mm) each needle leaves its bone, or reaches into the canal; NaN where it meets no bone."""
        out = np.maximum(np.maximum(-self.inner, -self.hold), -self.canal)
        return np.where(np.isfinite(self.inner), out, np.nan)

    def __getitem__(self, chosen: AnyArray) -> Paths:
        return Paths(*(getattr(self, name)[chosen] for name in self.__dataclass_fields__))

    def __len__(self) -> int:
        return len(self.cost)


def best_paths(half: Half, aim: Aim, count: int) -> Paths:
    """The best paths of this side by their cost, each bettered by small steps; none where none is safe."""
    gates = pedicle_gates(half) if aim.route is Route.TRANSPEDICULAR else outer_gates(half)
    targets = _targets(half, aim)
    if not len(gates) or not len(targets):
        return no_paths()
    pairs = np.array(list(product(range(len(gates)), range(len(targets)))))
    found = scored(half, aim, gates[pairs[:, 0]], targets[pairs[:, 1]], COARSE_SAMPLE_MM)
    found = found[_safe(found)]
    found = found[_apart(found, count)]
    for step in FINE_STEPS_MM:
        found = _bettered(half, aim, found, step)
    return found[np.argsort(found.cost, kind="stable")]


def scored(half: Half, aim: Aim, gates: Array, targets: Array, sample_mm: float = SAMPLE_MM) -> Paths:
    """Every path from a gate to its target (both (n, 3)): rooms, angles, cost."""
    direction = unit(targets - gates)
    reach = np.linalg.norm(targets - gates, axis=1)
    depths = np.arange(-SKIN_MM, float(reach.max()) + sample_mm, sample_mm)
    points = along(gates, direction, depths)
    bone = half.bone(points)
    before_tip = depths[None, :] <= reach[:, None] + sample_mm / 2
    entry = _entry_depths(bone, depths, aim.route)
    entered = depths[None, :] >= entry[:, None]
    inner = _must_be_bone(half, aim, points, bone, (entered, sample_mm)) & before_tip
    front = points[..., 1] > half.body.posterior_wall(points[..., 2])
    r = aim.radius_mm
    hold, slide = _coming_in(aim, bone, entered & before_tip, depths)
    outer = depths[None, :] < entry[:, None] - NEAR_ENTRY_MM
    paths = Paths(
        entry_mm=gates + entry[:, None] * direction,
        target_mm=targets,
        pedicle=_least(bone, inner & ~front) - r,
        body=_least(bone, inner & front) - r,
        canal=_least(half.canal(points), before_tip) - r,
        neighbours=_least(half.neighbours(points), before_tip) - r
        if isinstance(half.neighbours, Field)
        else np.full(len(gates), np.inf),
        way_in=_least(-bone, outer) - r,
        convergence_deg=np.degrees(np.arctan2(-direction[:, 0], direction[:, 1])),
        tilt_deg=np.degrees(np.arctan2(direction[:, 2], direction[:, 1])),
        hold=hold,
        slide_mm=slide - entry,
        cost=np.zeros(len(gates)),
    )
    object.__setattr__(paths, "cost", _cost(half, aim, paths))
    return paths


def _least(values: Array, where: Mask) -> Array:
    return np.asarray(np.min(np.where(where, values, np.inf), axis=1))


def _entry_depths(bone: Array, depths: Array, route: Route) -> Array:
    """Where each path comes into the bone in front of which its gate lies, going back from the gate."""
    start, step = int(np.argmin(np.abs(depths))), float(depths[1] - depths[0])
    if route is Route.EXTRAPEDICULAR:  # its gate lies on the surface
        return np.zeros(len(bone))
    back = bone[:, start::-1]
    outside = back < 0
    at = np.where(outside.any(axis=1), outside.argmax(axis=1), len(back[0]) - 1)
    at = np.clip(at, 1, None)
    rows = np.arange(len(bone))
    inner, outer = back[rows, at - 1], back[rows, at]
    share = np.clip(inner / np.maximum(inner - outer, 1e-6), 0, 1)
    return np.asarray(depths[start] - (at - 1 + share) * step)


def _must_be_bone(half: Half, aim: Aim, points: Array, bone: Array, way: tuple[Mask, float]) -> Mask:
    """The part of each path that has to lie in bone with its whole girth.

    Through the pedicle: from half-way along the canal on, clear of the slanting surface at the entry.
    Past it: from where the needle has come in with its whole girth, at the latest at the body's wall.
    """
    if aim.route is Route.TRANSPEDICULAR:
        return np.asarray(points[..., 1] >= half.zone_start_mm)
    entered, sample_mm = way
    whole = entered & (bone >= aim.radius_mm)
    steps = round(float(v.late_entry.value) / sample_mm)  # clear of the slanting entry
    whole[:, steps:] = np.maximum.accumulate(whole, axis=1)[:, :-steps]
    whole[:, :steps] = False
    deep = points[..., 1] >= half.body.posterior_wall(points[..., 2]) + float(v.late_entry.value)
    return np.asarray(entered & (whole | deep))


def _coming_in(aim: Aim, bone: Array, within: Mask, depths: Array) -> tuple[Array, Array]:
    """Past the pedicle: the least room after the whole girth is in, and the depth where that happens."""
    count = len(bone)
    if aim.route is Route.TRANSPEDICULAR:
        return np.full(count, np.inf), np.full(count, -np.inf)
    whole = within & (bone >= aim.radius_mm)
    since = np.maximum.accumulate(whole, axis=1) & within
    first = np.where(whole.any(axis=1), depths[whole.argmax(axis=1)], np.inf)
    return _least(bone, since) - aim.radius_mm, first


def _cost(half: Half, aim: Aim, p: Paths) -> Array:
    """Lower is better (mm): room to the walls, less what comes too near, aims wrong or leans too much."""
    room = _worth(p.pedicle) + 0.25 * _worth(p.inner)
    near = 2 * np.maximum(v.enough_room.value["canal"] - p.canal, 0)
    near = near + np.maximum(v.enough_room.value["body"] - p.body, 0)
    near = near + np.maximum(v.enough_room.value["neighbours"] - p.neighbours, 0)
    near = near + 0.5 * np.maximum(v.enough_room.value["way_in"] - p.way_in, 0)
    least, most = convergence_range(half.site.level, aim.route)
    lean = np.maximum(least - p.convergence_deg, 0) + np.maximum(p.convergence_deg - most, 0)
    lean = lean + np.maximum(np.abs(p.tilt_deg) - float(v.enough_tilt.value), 0)
    wanted = wanted_target(half, aim)
    off = np.linalg.norm((p.target_mm - wanted) * np.array([1.0, 0.6, 1.0]), axis=1)
    return np.asarray(
        near - room + 0.2 * lean + 0.02 * np.abs(p.tilt_deg) + aim.pull * off * (0.1 + 0.025 * off)
    )


def _worth(room_mm: Array) -> Array:
    """What room is worth: all of it where there is little, less and less of it where there is enough."""
    enough = float(v.enough_room.value["wall"])
    return np.asarray(enough * -np.expm1(-np.clip(room_mm, -enough, 50) / enough))


def convergence_range(level: Level, route: Route) -> tuple[float, float]:
    """The least and most lean towards the middle (deg) a path of this level and route should have."""
    part = "thoracic" if level.region is Region.THORACIC else "lumbar"
    least, most = v.convergence.value[str(route)][part]
    return float(least), float(most)


def wanted_target(half: Half, aim: Aim) -> Array:
    """The middle of the front third, as far beside the middle as asked, half-way between the end-plates."""
    body = half.body
    back, front = float(body.posterior_wall(0.0)), float(body.anterior_wall(0.0))
    anterior = back + float(v.target_depth.value) * (front - back)
    i = int(np.argmin(np.abs(body.right_mm - half.side.sign * aim.beside_mm)))
    j = int(np.argmin(np.abs(body.anterior_mm - anterior)))
    middle = (body.upper_mm[i, j] + body.lower_mm[i, j]) / 2
    return np.array([aim.beside_mm, anterior, middle if np.isfinite(middle) else 0.0])


def _targets(half: Half, aim: Aim) -> Array:
    """Places for the tip in the front third of the body, deep enough below every surface."""
    points = half.cells_mm
    points = points[np.abs(points[:, 0] - aim.beside_mm) <= float(v.target_reach.value)]
    points = points[in_front_third(half, points)]
    deep = half.bone(points) >= aim.radius_mm + float(v.least_room.value["tip"])
    return _spread(points[deep], TARGETS)


def in_front_third(half: Half, points: Array) -> Mask:
    """Whether points lie in the front third of the body at their own height."""
    back, front = half.body.posterior_wall(points[:, 2]), half.body.anterior_wall(points[:, 2])
    share = (points[:, 1] - back) / (front - back)
    return np.asarray((share >= float(v.front_third.value)) & (share <= 1))


def pedicle_gates(half: Half) -> Array:
    """Places in the narrowest part of the pedicle through which a needle can pass."""
    cells = half.isthmus.cells_mm
    return _spread(cells[half.bone(cells) > GATE_DEPTH * half.isthmus.girth_mm / 2], GATES)


def outer_gates(half: Half) -> Array:
    """Places on the outer surface of pedicle and body above the nerve root, to come in past the pedicle."""
    middle, points = half.isthmus.middle_mm, half.cells_mm
    wall = float(half.body.posterior_wall(0.0))
    least, most = v.outer_entry.value
    here = (points[:, 0] >= middle[0]) & (points[:, 2] >= middle[2])
    here &= (points[:, 1] >= wall + least) & (points[:, 1] <= wall + most)
    points = points[here]
    return _spread(points[np.abs(half.bone(points)) <= 0.6 * STEP_MM], 2 * GATES)


def _spread(points: Array, count: int) -> Array:
    """At most ``count`` of the points, taken evenly from their order."""
    if len(points) <= count:
        return points
    return np.asarray(points[np.linspace(0, len(points) - 1, count).round().astype(int)])


def _safe(p: Paths) -> Mask:
    """What may be planned at all: in bone, clear of canal and neighbours, nothing in the way to the entry."""
    least = v.least_room.value
    clear = (p.canal >= least["canal"]) & (p.inner >= least["wall"]) & (p.neighbours >= least["neighbours"])
    comes_in = (p.hold >= least["wall"]) & (p.slide_mm <= float(v.longest_slide.value))
    return np.asarray(clear & comes_in & (p.way_in >= least["way_in"]) & np.isfinite(p.inner))


def _apart(p: Paths, count: int) -> AnyArray:
    """Indices of the cheapest paths that differ from each other by more than a few millimetres."""
    chosen: list[int] = []
    for i in np.argsort(p.cost, kind="stable"):
        near = [
            np.linalg.norm(p.entry_mm[i] - p.entry_mm[j]) + np.linalg.norm(p.target_mm[i] - p.target_mm[j])
            for j in chosen
        ]
        if all(d > 4 * STEP_MM for d in near):
            chosen.append(int(i))
        if len(chosen) == count:
            break
    return np.array(chosen, dtype=int)


def _bettered(half: Half, aim: Aim, p: Paths, step: float) -> Paths:
    """Each path moved to its best safe neighbour, both ends shifted by one step in every direction."""
    if not len(p):
        return p
    sideways = np.array(list(product((-step, 0.0, step), repeat=4)))
    shifts = np.zeros((len(sideways) + 2, 5))
    shifts[2:, :4] = sideways
    shifts[:2, 4] = step, -step
    best = [no_paths()]
    for i in range(len(p)):
        near = _shifted(half, aim, p[np.array([i])], shifts)
        near = near[_safe(near) & in_front_third(half, near.target_mm)]
        if len(near):  # else the first look was too coarse to see what is in the way
            best.append(near[np.array([np.argmin(near.cost)])])
    return Paths(*(np.concatenate([getattr(b, n) for b in best]) for n in p.__dataclass_fields__))


def _shifted(half: Half, aim: Aim, one: Paths, shifts: Array) -> Paths:
    """One path with its gate and target shifted sideways and up."""
    gate = one.entry_mm + (0.0 if aim.route is Route.EXTRAPEDICULAR else 0.25) * (
        one.target_mm - one.entry_mm
    )
    gates, targets = np.repeat(gate, len(shifts), axis=0), np.repeat(one.target_mm, len(shifts), axis=0)
    gates[:, [0, 2]] += shifts[:, :2]
    targets[:, [0, 2, 1]] += shifts[:, 2:]
    if aim.route is Route.EXTRAPEDICULAR:
        gates = np.repeat(gate, len(shifts), axis=0)
    return scored(half, aim, gates, targets)


def no_paths() -> Paths:
    """No path at all."""
    none = np.zeros(0)
    return Paths(np.zeros((0, 3)), np.zeros((0, 3)), *[none] * 10)
