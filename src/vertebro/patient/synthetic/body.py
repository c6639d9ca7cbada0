"""The vertebral body as an analytic solid: kidney-shaped outline, waist, hollow end-plates with a rim.

Coordinates are (right, anterior, superior) mm in the body's own frame: the origin lies midway between
the rims, ``superior`` bisects the two end-plates. The end-plate's surface over the point (r, a) is

    chord(a) - hollow * (1 - (q/qc)^2)^1.5      inside the crest of the rim (q < qc)
    chord(a) - drop * ((q - qc)/(1 - qc))^2     outside it

where q runs from 0 at the centre to 1 at the edge of the outline, and chord(a) is the straight line
through the two crests in the mid-sagittal plane. The heights of the truth are taken at the crests
(a = +-qc * depth/2) and at a = 0, so they equal the numbers the body was built from.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import atan, degrees, tan
from math import radians as rad

import numpy as np

from vertebro.kernels.arrays import AnyArray
from vertebro.kernels.solids import TINY, Point, rounded_intersection
from vertebro.patient.synthetic.spec import Fracture, v
from vertebro.vocabulary.levels import Level

NEAR_WALL = 0.85
"""Beyond this part of the half depth the wall's hollow, waist and bulge are whole, and add up exactly."""


@dataclass(frozen=True)
class Dent:
    """A hole pressed into the upper end-plate, beside the mid-sagittal plane."""

    right_mm: float
    anterior_mm: float
    radius_mm: float
    depth_mm: float


@dataclass(frozen=True)
class BodyShape:
    """One vertebral body; all sizes in mm."""

    width_mm: float
    depth_mm: float
    anterior_mm: float
    middle_mm: float
    posterior_mm: float
    upper_hollow_mm: float
    lower_hollow_mm: float
    retropulsion_mm: float = 0.0
    waist_scale: float = 1.0
    dent: Dent | None = None

    @property
    def rim_mm(self) -> float:
        """How far the crest of the rim lies before and behind the centre."""
        return float(v.rim_position.value) * self.depth_mm / 2

    @property
    def half_height_mm(self) -> float:
        """Half the height between the two chords at the centre."""
        return (self.anterior_mm + self.posterior_mm) / 4

    @property
    def chord_slope(self) -> float:
        """Rise of the upper chord per mm towards the front."""
        return (self.anterior_mm - self.posterior_mm) / (4 * self.rim_mm)

    @property
    def wedge_deg(self) -> float:
        """Angle between the two end-plates' chords; positive is lower in front."""
        return -2 * degrees(atan(self.chord_slope))

    def upper_mm(self, right: AnyArray | float, anterior: AnyArray | float) -> AnyArray:
        """Height of the upper end-plate over a point."""
        q = self._from_centre(np.asarray(right), np.asarray(anterior))
        surface = self._chord(anterior) - _plate_relief(q, self.upper_hollow_mm)
        return np.asarray(surface if self.dent is None else surface - self._dent(right, anterior))

    def lower_mm(self, right: AnyArray | float, anterior: AnyArray | float) -> AnyArray:
        """Height (negative) of the lower end-plate over a point."""
        q = self._from_centre(np.asarray(right), np.asarray(anterior))
        return np.asarray(_plate_relief(q, self.lower_hollow_mm) - self._chord(anterior))

    def height_mm(self, anterior_mm: float) -> float:
        """Height between the end-plates in the mid-sagittal plane, this far before the centre."""
        return float(self.upper_mm(0.0, anterior_mm) - self.lower_mm(0.0, anterior_mm))

    def wall_distance(self, point: Point) -> AnyArray:
        """Distance to the side wall."""
        r, a, s = point
        n = np.float32(v.outline_exponent.value)
        shifted = a + self._wall_shift(r, a, s)
        half_depth = np.where(shifted > 0, self.depth_mm / 2, self.depth_mm / 2 + v.posterior_notch.value)
        half_depth = half_depth.astype(np.float32)
        u, w = np.abs(r) / np.float32(self.width_mm / 2), np.abs(shifted) / half_depth
        q = np.maximum((u**n + w**n) ** (1 / n), np.float32(TINY))
        steep = np.sqrt(
            ((u / q) ** (n - 1) / np.float32(self.width_mm / 2)) ** 2 + ((w / q) ** (n - 1) / half_depth) ** 2
        )
        return np.asarray((q - 1) / np.maximum(steep, np.float32(TINY)) + self._waist(a, s))

    def cap_distance(self, point: Point) -> tuple[AnyArray, AnyArray]:
        """Distances to the upper and to the lower end-plate."""
        r, a, s = point
        up = (s - self.upper_mm(r, a)) * self._cap_cosine(r, a, self.upper_hollow_mm)
        low = (self.lower_mm(r, a) - s) * self._cap_cosine(r, a, self.lower_hollow_mm)
        return np.asarray(up), np.asarray(low)

    def distance(self, point: Point) -> AnyArray:
        """Distance to the whole body, its edges rounded."""
        caps = np.maximum(*self.cap_distance(point))
        return rounded_intersection(self.wall_distance(point), caps, float(v.edge_rounding.value))

    def posterior_wall_mm(self, superior_mm: AnyArray | float) -> AnyArray:
        """Where the posterior wall lies (anterior coordinate) in the mid-sagittal plane at these heights."""
        s = np.atleast_1d(np.asarray(superior_mm, dtype=np.float32))
        a = np.arange(-self.depth_mm / 2 - 14, 0, 0.01, dtype=np.float32)[:, None]
        r = np.zeros(1, dtype=np.float32)
        inside = self.wall_distance((r, a, s[None, :])) < 0
        return np.asarray(a[np.argmax(inside, axis=0), 0], dtype=float)

    def _chord(self, anterior: AnyArray | float) -> AnyArray:
        return np.asarray(
            np.float32(self.half_height_mm) + np.float32(self.chord_slope) * np.asarray(anterior)
        )

    def _from_centre(self, right: AnyArray, anterior: AnyArray) -> AnyArray:
        n = np.float32(v.outline_exponent.value)
        u, w = np.abs(right) / np.float32(self.width_mm / 2), np.abs(anterior) / np.float32(self.depth_mm / 2)
        return np.asarray((u**n + w**n) ** (1 / n))

    def _cap_cosine(self, r: AnyArray, a: AnyArray, hollow_mm: float) -> AnyArray:
        q, qc = self._from_centre(r, a), np.float32(v.rim_position.value)
        slope = 3 * hollow_mm / qc**2 * q * np.sqrt(np.maximum(1 - (q / qc) ** 2, 0)) / (self.depth_mm / 2)
        return np.asarray(
            1 / np.sqrt(1 + (slope + np.abs(np.float32(self.chord_slope))) ** 2), dtype=np.float32
        )

    def _wall_shift(self, r: AnyArray, a: AnyArray, s: AnyArray) -> AnyArray:
        """How far the hollow behind moves the wall forwards (negative) and retropulsion backwards."""
        behind = _smooth_step(-a / np.float32(NEAR_WALL * self.depth_mm / 2))
        notch = -np.float32(v.posterior_notch.value) * np.exp(-((r / np.float32(self.width_mm / 5)) ** 2))
        if not self.retropulsion_mm:
            return np.asarray(behind * notch)
        high = (s - np.float32(self.retropulsion_height_mm)) / np.float32(0.45 * self.half_height_mm)
        bulge = np.float32(self.retropulsion_mm) * np.exp(
            -(high**2) - (r / np.float32(self.width_mm / 4)) ** 2
        )
        return np.asarray(behind * (notch + bulge))

    @property
    def retropulsion_height_mm(self) -> float:
        """Height of the fragment's hindmost point: the upper half of the posterior wall."""
        return 0.4 * self.half_height_mm

    def _waist(self, a: AnyArray, s: AnyArray) -> AnyArray:
        waist = v.waist.value
        t = s / np.maximum(self._chord(np.clip(a, -self.depth_mm / 2, self.depth_mm / 2)), 1)
        x = np.clip(a / np.float32(NEAR_WALL * self.depth_mm / 2), -1, 1)
        size = (
            waist["side"]
            + np.where(x > 0, waist["front"] - waist["side"], waist["back"] - waist["side"]) * x**2
        )
        return np.asarray(self.waist_scale * size * np.maximum(1 - t * t, 0), dtype=np.float32)

    def _dent(self, right: AnyArray | float, anterior: AnyArray | float) -> AnyArray:
        assert self.dent is not None
        d = self.dent
        far = (
            (np.asarray(right) - d.right_mm) ** 2 + (np.asarray(anterior) - d.anterior_mm) ** 2
        ) / d.radius_mm**2
        return np.asarray(d.depth_mm * np.maximum(1 - far, 0) ** 2)


def _plate_relief(q: AnyArray, hollow_mm: float) -> AnyArray:
    qc, drop = np.float32(v.rim_position.value), np.float32(v.rim_drop.value)
    hollow = np.float32(hollow_mm) * np.maximum(1 - (q / qc) ** 2, 0) ** np.float32(1.5)
    return np.asarray(hollow + drop * (np.maximum(q - qc, 0) / (1 - qc)) ** 2)


def _smooth_step(x: AnyArray) -> AnyArray:
    x = np.clip(x, 0, 1)
    return np.asarray(x * x * (3 - 2 * x))


def intact_body(level: Level) -> BodyShape:
    """The body of this level before any fracture."""
    depth, back = v.body_depth.value[level.value], v.posterior_height.value[level.value]
    rim = v.rim_position.value * depth / 2
    front = back - 4 * rim * tan(rad(v.body_wedge.value[level.value] / 2))
    middle = v.middle_over_mean.value * (front + back) / 2
    hollow, share = (front + back) / 2 - middle, v.upper_hollow_share.value
    return BodyShape(
        v.body_width.value[level.value], depth, front, middle, back, share * hollow, (1 - share) * hollow
    )


def broken_body(level: Level, fracture: Fracture) -> BodyShape:
    """The body of this level with its fracture."""
    was = intact_body(level)
    front = was.anterior_mm * (1 - fracture.anterior_loss_pct / 100)
    middle = was.middle_mm * (1 - fracture.middle_loss_pct / 100)
    back = was.posterior_mm * (1 - fracture.posterior_loss_pct / 100)
    more = (front + back) / 2 - middle - was.upper_hollow_mm - was.lower_hollow_mm
    share = v.fractured_upper_share.value.get(fracture.shape.value, v.upper_hollow_share.value)
    dent = fracture.endplate_defect_mm
    return BodyShape(
        was.width_mm,
        was.depth_mm,
        front,
        middle,
        back,
        was.upper_hollow_mm + share * more,
        was.lower_hollow_mm + (1 - share) * more,
        fracture.retropulsion_mm,
        middle / was.middle_mm,
        Dent(was.width_mm / 4, 0.1 * was.depth_mm, 4.5, dent) if dent else None,
    )


def body_of(level: Level, fracture: Fracture | None) -> BodyShape:
    """The body of this level, broken or not."""
    return intact_body(level) if fracture is None else broken_body(level, fracture)
