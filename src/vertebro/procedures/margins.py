"""What one needle path keeps its distance from, how far it breaches, and how it fares in an unsteady hand."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from vertebro.kernels.arrays import Array, Mask
from vertebro.kernels.needle_paths import across, unit, unsteady
from vertebro.procedures.corridor import SAMPLE_MM, Aim, Paths, scored
from vertebro.procedures.grades import BreachGrade, Robustness, breach_grade, breach_grades
from vertebro.procedures.site import STEP_MM, Half
from vertebro.procedures.trajectory import Route
from vertebro.vocabulary.known import Unknown
from vertebro.vocabulary.library import cited_values
from vertebro.vocabulary.measured import Measured
from vertebro.vocabulary.texts import texts

v = cited_values(beside=__file__)
say = texts(beside=__file__, name="margins").say

RAY_MM, RAY_STEP_MM = 40.0, 0.25
"""How far and in which steps the surface of the bone is looked for beside a path."""

Number = Measured | Unknown


@dataclass(frozen=True)
class Line:
    """One path on its side: entry on the bone and target (lateral, anterior, superior mm)."""

    half: Half
    aim: Aim
    entry_mm: Array
    target_mm: Array

    @property
    def direction(self) -> Array:
        """Unit vector from entry to target."""
        return unit(self.target_mm - self.entry_mm)

    @property
    def depth_mm(self) -> float:
        """From entry to target."""
        return float(np.linalg.norm(self.target_mm - self.entry_mm))

    @property
    def gate_mm(self) -> Array:
        """Where the path passes the pedicle's narrowest plane; for one past the pedicle its entry."""
        if self.aim.route is Route.EXTRAPEDICULAR:
            return self.entry_mm
        ahead = self.half.isthmus.middle_mm[1] - self.entry_mm[1]
        share = np.clip(ahead / max(self.direction[1], 1e-3) / self.depth_mm, 0, 1)
        return np.asarray(self.entry_mm + share * (self.target_mm - self.entry_mm))

    @property
    def spread_mm(self) -> float:
        """Standard uncertainty of a distance to a surface, from the voxels of mask and grid."""
        return float(np.hypot(self.half.site.voxel_mm, STEP_MM) / np.sqrt(12))

    def measured(self, value: float, key: str) -> Number:
        """A room or breach in mm; Unknown where there is nothing to keep away from."""
        if not np.isfinite(value):
            return Unknown(say("unknown.nothing", what=say(f"name.{key}")))
        return Measured(float(value), "mm", say("method.room"), self.spread_mm)


def rooms(line: Line) -> dict[str, Number]:
    """The room between the needle's surface and every structure; negative where it cuts into it."""
    one = _alone(line)
    found = {"canal": line.measured(float(one.canal[0]), "canal")}
    found |= {k: line.measured(x, k) for k, x in _in_pedicle(line).items()}
    found |= {k: line.measured(x, k) for k, x in _in_body(line).items()}
    near = line.half.neighbours
    found["neighbours"] = (
        near if isinstance(near, Unknown) else line.measured(one.neighbours[0], "neighbours")
    )
    return found


def grade_of(line: Line) -> BreachGrade | Unknown:
    """The grade of the path as planned, never better than the room to the pedicle's walls told beside it."""
    breach = float(_alone(line).breach[0])
    if np.isnan(breach):
        return Unknown(say("unknown.no_bone"))
    return breach_grade(max(breach, -min(_in_pedicle(line).values())))


def robustness_of(line: Line) -> Robustness:
    """The grades when entry and direction are off as by an unsteady hand."""
    off, count = v.unsteady.value, int(v.tries.value)
    starts, directions = unsteady(line.entry_mm, line.target_mm, off["mm"], off["deg"], count)
    ahead = float(np.linalg.norm(line.gate_mm - line.entry_mm))
    gates, targets = starts + ahead * directions, starts + line.depth_mm * directions
    tried = scored(line.half, line.aim, gates, targets)
    grades = breach_grades(np.nan_to_num(tried.breach, nan=np.inf))
    shares = {grade: float(np.mean(grades == i)) for i, grade in enumerate(BreachGrade)}
    into = float(np.mean(tried.canal < 0))
    return Robustness(shares, into, len(starts), float(off["mm"]), float(off["deg"]))


def angles_of(line: Line) -> tuple[Measured, Measured]:
    """Lean towards the middle and towards the head (deg), against this vertebra's own directions."""
    lateral, anterior, superior = line.direction
    spread = float(np.degrees(np.arctan2(np.sqrt(2) * line.spread_mm, line.depth_mm)))
    return (
        Measured(float(np.degrees(np.arctan2(-lateral, anterior))), "deg", say("method.angle"), spread),
        Measured(float(np.degrees(np.arctan2(superior, anterior))), "deg", say("method.angle"), spread),
    )


def _alone(line: Line) -> Paths:
    return scored(line.half, line.aim, line.gate_mm[None], line.target_mm[None])


def _samples(line: Line) -> Array:
    depths = np.arange(0.0, line.depth_mm + SAMPLE_MM / 2, SAMPLE_MM / 2)
    return np.asarray(line.entry_mm + np.minimum(depths, line.depth_mm)[:, None] * line.direction)


def _exit(line: Line, points: Array, towards: Array) -> float:
    """Least way (mm) from points of the axis to the bone's surface in one direction, less the radius."""
    if not len(points):
        return float("inf")
    reach = np.arange(0.0, RAY_MM, RAY_STEP_MM)
    bone = line.half.bone(points[:, None, :] + reach[None, :, None] * towards)
    outside = bone < 0
    first = np.where(outside.any(axis=1), outside.argmax(axis=1), len(reach) - 1)
    way = reach[first]
    way = np.where(first == 0, bone[:, 0], way)  # already outside: how far outside, as a negative room
    return float(way.min() - line.aim.radius_mm)


def _in_pedicle(line: Line) -> dict[str, float]:
    """Room to the four walls of the pedicle; a path past the pedicle has none of them but the inner one."""
    points = _samples(line)
    here = points[_pedicle_part(line, points)]
    side, up = across(line.direction)
    medial = side if side[0] < 0 else -side
    if line.aim.route is Route.EXTRAPEDICULAR:
        return {"medial_wall": _exit(line, here, medial)}
    towards = {"medial_wall": medial, "lateral_wall": -medial, "pedicle_roof": up, "pedicle_floor": -up}
    return {name: _exit(line, here, way) for name, way in towards.items()}


def _pedicle_part(line: Line, points: Array) -> Mask:
    wall = line.half.body.posterior_wall(points[:, 2])
    behind = points[:, 1] <= wall
    if line.aim.route is Route.EXTRAPEDICULAR:
        return np.asarray(behind & (line.half.bone(points) >= line.aim.radius_mm))
    return np.asarray(behind & (points[:, 1] >= line.half.zone_start_mm))


def _in_body(line: Line) -> dict[str, float]:
    """Room to the end-plates, the side and, straight ahead of the tip, the anterior wall."""
    points = _samples(line)
    wall = line.half.body.posterior_wall(points[:, 2])
    late = float(v.late_entry.value) if line.aim.route is Route.EXTRAPEDICULAR else SAMPLE_MM
    here = points[points[:, 1] > wall + late]
    up, out = np.array([0.0, 0.0, 1.0]), np.array([1.0, 0.0, 0.0])
    ahead = _exit(line, line.target_mm[None], line.direction) + line.aim.radius_mm
    return {
        "upper_end_plate": _exit(line, here, up),
        "lower_end_plate": _exit(line, here, -up),
        "anterior_wall": ahead,
        "side_wall": _exit(line, here, out),
    }
