"""The shape of one vertebral body: corners, the three heights, the angles, each with its spread."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from vertebro.fracture.body import Body
from vertebro.fracture.endplates import TRIALS, EndPlate
from vertebro.fracture.landmarks import EndPlateLine
from vertebro.kernels.arrays import Array
from vertebro.kernels.geometry import angle_between_deg
from vertebro.vocabulary.library import cited_values
from vertebro.vocabulary.measured import Measured
from vertebro.vocabulary.texts import texts

v = cited_values(beside=__file__, name="shape_values.yaml")
say = texts(beside=__file__, name="shape").say

PARTS = ("anterior", "middle", "posterior")


@dataclass(frozen=True)
class Corners:
    """Anterior, middle and posterior point of an end-plate in the mid-sagittal plane of the body's frame.

    ``anterior_mm`` and ``superior_mm`` hold the three points' coordinates, ``errors_mm`` trials (rows)
    of the error of the three superior coordinates.
    """

    anterior_mm: Array
    superior_mm: Array
    errors_mm: Array

    def direction(self, trial: int | None = None) -> Array:
        """(anterior, superior) step from the posterior to the anterior point, as found or in one trial."""
        s = self.superior_mm if trial is None else self.superior_mm - self.errors_mm[trial]
        return np.array([self.anterior_mm[0] - self.anterior_mm[2], s[0] - s[2]])


@dataclass(frozen=True)
class BodyShape:
    """A body with its two end-plates and their corners."""

    body: Body
    upper: EndPlate
    lower: EndPlate
    upper_corners: Corners
    lower_corners: Corners


def shape_of(body: Body, upper: EndPlate, lower: EndPlate) -> BodyShape:
    """The body with the corners of its end-plates."""
    return BodyShape(body, upper, lower, _corners(upper, body), _corners(lower, body))


def _corners(plate: EndPlate, body: Body) -> Corners:
    """The rims of the end-plate's surface and the point midway between them."""
    middle, half = plate.surface.centre_mm, plate.surface.half_depth_mm
    at = np.array([middle + half, middle, middle - half])
    heights = plate.height_mm(at)
    slope = float(heights[0] - heights[2]) / (2 * half)
    return Corners(at, heights, plate.error_mm(at) + _rim_errors(body, plate.sign, slope))


def _rim_errors(body: Body, sign: float, slope: float) -> Array:
    """Trials of what the surface's own errors leave out: the place of rims on a tilted plate, its form."""
    rng = np.random.default_rng(2 + int(sign > 0))  # the same spread for the same mask
    unsure = np.hypot(body.voxel_mm[1] / np.sqrt(12) / 2, float(v.corner_inset.value) / 2 * body.depth_mm)
    walls = np.random.default_rng(1).standard_normal((TRIALS, 2)) * unsure  # both plates meet the same walls
    places = np.stack([walls[:, 0], walls.mean(axis=1), walls[:, 1]], axis=-1) * slope
    form = rng.standard_normal((TRIALS, 3)) * float(v.form_error.value) * body.voxel_step[0]
    return np.asarray(places + form)


def heights_mm(shape: BodyShape) -> tuple[Array, Array]:
    """Anterior, middle and posterior height, and trials (rows) of their errors.

    Each is the distance between the corresponding points of the two end-plates (six-point morphometry).
    """
    up, low = shape.upper_corners, shape.lower_corners
    apart = up.anterior_mm - low.anterior_mm
    value = np.hypot(apart, up.superior_mm - low.superior_mm)
    return value, up.errors_mm - low.errors_mm


def is_plausible(shape: BodyShape) -> bool:
    """True if the sizes found are those of a vertebral body, broken or not, lying with its head upwards."""
    body, limits = shape.body, v.plausible_body.value
    heights, _ = heights_mm(shape)
    wedge = angle_between_deg(shape.upper_corners.direction(), shape.lower_corners.direction())
    sizes = {"depth": body.depth_mm, "width": body.width_mm, "wedge": wedge, "lean": body.frame.superior[2]}
    found = [*sizes.items(), *(("height", h) for h in heights)]
    return all(limits[name][0] <= size <= limits[name][1] for name, size in found)


def height_findings(shape: BodyShape) -> tuple[Measured, Measured, Measured]:
    """Anterior, middle and posterior height in mm, with spread and method."""
    value, errors = heights_mm(shape)
    spread = np.sqrt((errors**2).mean(axis=0) + float(v.definition_spread.value) ** 2)
    method = say(f"heights.{_source(shape)}", voxel=f"{shape.body.voxel_step[0]:.1f} mm", why=_why(shape))
    found = [
        Measured(float(h), "mm", f"{say(f'part.{p}')}: {method}", float(s))
        for p, h, s in zip(PARTS, value, spread, strict=True)
    ]
    return found[0], found[1], found[2]


def _source(shape: BodyShape) -> str:
    seen = shape.upper.from_ct + shape.lower.from_ct
    return {2: "ct", 1: "mixed", 0: "mask"}[seen]


def _why(shape: BodyShape) -> str:
    return shape.upper.why_not or shape.lower.why_not


def wedge_angle(shape: BodyShape) -> Measured:
    """Angle between the chords of the two end-plates in degrees; positive is lower in front (kyphosis)."""
    up, low = shape.upper_corners, shape.lower_corners
    value = angle_between_deg(up.direction(), low.direction())
    trials = [angle_between_deg(up.direction(i), low.direction(i)) - value for i in range(len(up.errors_mm))]
    return Measured(value, "deg", say("angle.wedge"), _angle_spread(trials))


def _angle_spread(trials: list[float]) -> float:
    return float(np.sqrt(np.mean(np.square(trials)) + float(v.angle_definition_spread.value) ** 2))


def kyphosis(upper: BodyShape, lower: BodyShape, method: str) -> Measured:
    """Angle (deg, kyphosis positive) from the upper end-plate of one body to the lower one of another below.

    Both chords are projected on the sagittal plane that the two bodies share.
    """
    value = _angle_in_space(upper, lower, None)
    trials = [_angle_in_space(upper, lower, i) - value for i in range(len(upper.upper_corners.errors_mm))]
    return Measured(value, "deg", method, _angle_spread(trials))


def _angle_in_space(upper: BodyShape, lower: BodyShape, trial: int | None) -> float:
    right = upper.body.frame.right + lower.body.frame.right
    right = right / np.linalg.norm(right)
    front = upper.body.frame.anterior + lower.body.frame.anterior
    front = front - (front @ right) * right
    front = front / np.linalg.norm(front)
    up = np.cross(right, front)
    chords = []
    for shape, corners in ((upper, upper.upper_corners), (lower, lower.lower_corners)):
        a, s = corners.direction(trial)
        world = a * shape.body.frame.anterior + s * shape.body.frame.superior
        chords.append(np.array([world @ front, world @ up]))
    return angle_between_deg(chords[0], chords[1])


def plate_line(shape: BodyShape, upper: bool) -> EndPlateLine:
    """The end-plate's points and line in LPS mm."""
    plate, corners = (shape.upper, shape.upper_corners) if upper else (shape.lower, shape.lower_corners)
    frame = shape.body.frame
    points = [
        frame.world_mm(np.array([0.0, a, s]))
        for a, s in zip(corners.anterior_mm, corners.superior_mm, strict=True)
    ]
    along = np.linspace(corners.anterior_mm[2], corners.anterior_mm[0], 41)
    line = np.stack([np.zeros_like(along), along, plate.height_mm(along)], axis=-1)
    return EndPlateLine(points[0], points[1], points[2], frame.world_mm(line))
