"""How the vertebrae stand on each other: a frame for each body, joined by discs in the natural curve."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from math import atan2, cos, radians, sin

import numpy as np

from vertebro.kernels.arrays import Array
from vertebro.patient.frame import BodyFrame
from vertebro.patient.synthetic.body import BodyShape, body_of, intact_body
from vertebro.patient.synthetic.spec import SyntheticSpec, v
from vertebro.vocabulary.levels import Level


@dataclass(frozen=True)
class Column:
    """The bodies of the spine and their frames in LPS mm, all in the mid-sagittal plane x = 0."""

    bodies: Mapping[Level, BodyShape]
    frames: Mapping[Level, BodyFrame]
    leans_deg: Mapping[Level, float]

    @property
    def levels(self) -> tuple[Level, ...]:
        """From head to sacrum."""
        return tuple(self.bodies)

    @cached_property
    def path_mm(self) -> Array:
        """Centres of the bodies in LPS mm, from head to sacrum, shape (n, 3)."""
        return np.array([self.frames[level].origin_mm for level in self.levels])

    def upper_plate_lean_deg(self, level: Level) -> float:
        """How far the normal of the upper end-plate leans forwards."""
        return self.leans_deg[level] + self.bodies[level].wedge_deg / 2

    def lower_plate_lean_deg(self, level: Level) -> float:
        """How far the normal of the lower end-plate leans forwards."""
        return self.leans_deg[level] - self.bodies[level].wedge_deg / 2


def column_of(spec: SyntheticSpec) -> Column:
    """The spine of this spec, standing upright over its lower end, L3 (or the middle) near y = z = 0."""
    bodies = {level: body_of(level, spec.fracture_of(level)) for level in spec.levels}
    leans = _leans(bodies, {level: intact_body(level) for level in spec.levels})
    centres = _stack(bodies, leans)
    frames = {level: _frame(centres[level], leans[level]) for level in bodies}
    return Column(bodies, frames, leans)


def _leans(bodies: Mapping[Level, BodyShape], intact: Mapping[Level, BodyShape]) -> dict[Level, float]:
    """Lean of each superior axis in degrees: the intact curve, and half of each new wedge on either side."""
    leans = _chain(intact, 0.0)
    level_most = min(leans, key=lambda lv: abs(lv.order - Level.L3.order))  # L3 lies level in most people
    base = -leans[level_most]
    broken = _chain(bodies, 0.0)
    chord, was = _tilt(_stack(bodies, broken)), _tilt(_stack(intact, leans))
    return {level: lean + base + was - chord for level, lean in broken.items()}


def _chain(bodies: Mapping[Level, BodyShape], top_deg: float) -> dict[Level, float]:
    """Leans down the spine when the upper one leans ``top_deg``."""
    leans: dict[Level, float] = {}
    lean, above = top_deg, None
    for level, body in bodies.items():
        if above is not None:
            disc = v.disc_wedge.value[above.value]
            lean -= bodies[above].wedge_deg / 2 + body.wedge_deg / 2 + disc
        leans[level] = lean
        above = level
    return leans


def _stack(bodies: Mapping[Level, BodyShape], leans: Mapping[Level, float]) -> dict[Level, Array]:
    """Centres in LPS mm, the middle of the spine at the origin."""
    centres: dict[Level, Array] = {}
    at, above = np.zeros(3), None
    for level, body in bodies.items():
        if above is not None:
            lower = leans[above] - bodies[above].wedge_deg / 2
            upper = leans[level] + body.wedge_deg / 2
            at = at - bodies[above].half_height_mm * _superior(leans[above])
            at = at - v.disc_height.value[above.value] * _superior((lower + upper) / 2)
            at = at - body.half_height_mm * _superior(leans[level])
        centres[level] = at
        above = level
    middle = (np.array(list(centres.values())).max(axis=0) + np.array(list(centres.values())).min(axis=0)) / 2
    return {level: centre - middle for level, centre in centres.items()}


def _tilt(centres: Mapping[Level, Array]) -> float:
    """Forward lean in degrees of the line from the lowest to the highest body; 0 for a single one."""
    path = list(centres.values())
    up = path[0] - path[-1]
    return float(np.degrees(atan2(-up[1], up[2]))) if len(path) > 1 else 0.0


def _superior(lean_deg: float) -> Array:
    return np.array([0.0, -sin(radians(lean_deg)), cos(radians(lean_deg))])


def _frame(centre: Array, lean_deg: float) -> BodyFrame:
    anterior = np.array([0.0, -cos(radians(lean_deg)), -sin(radians(lean_deg))])
    return BodyFrame.from_directions(centre, anterior, _superior(lean_deg))
