"""The arch of a vertebra as an analytic solid: pedicles, laminae, processes and joints around the canal.

Coordinates are (right, anterior, superior) mm in the frame of the vertebra's body; both sides are built
at once from the distance to the mid-sagittal plane.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from math import cos, radians, sin

import numpy as np

from vertebro.kernels.arrays import AnyArray, Array
from vertebro.kernels.solids import Point, filleted_union, limb, plate
from vertebro.patient.synthetic.body import BodyShape, intact_body
from vertebro.patient.synthetic.spec import v
from vertebro.vocabulary.levels import Level

CANAL_EXPONENT = np.float32(2.5)
"""The canal is a rounded triangle in the loin and round in the chest; one superellipse serves both."""


def _of(name: str, level: Level) -> float:
    return float(getattr(v, name).value[level.value])


@dataclass(frozen=True)
class ArchShape:
    """The arch of one level behind one body, broken or not; all sizes in mm."""

    level: Level
    body: BodyShape
    intact: BodyShape
    sinks_mm: float

    @classmethod
    def behind(cls, level: Level, bodies: Mapping[Level, BodyShape]) -> ArchShape:
        """The arch of this level; a fracture leaves it whole.

        Where the body below has lost height behind, this arch sinks towards the one below, and its
        lower joints end by half of that earlier instead of cutting through the arch below.
        """
        below = level.below
        lost = 0.0
        if below is not None and below in bodies:
            lost = intact_body(below).posterior_mm - bodies[below].posterior_mm
        return cls(level, bodies[level], intact_body(level), lost)

    @property
    def back_mm(self) -> float:
        """Where the intact posterior wall lies in the mid-sagittal plane."""
        return -self.body.depth_mm / 2

    @property
    def half_height_mm(self) -> float:
        """Half the height that the arch keeps: the joints slide by half of what the body lost behind."""
        kept = (1 + self.body.posterior_mm / self.intact.posterior_mm) / 2
        return kept * self.intact.half_height_mm

    @property
    def canal_width_mm(self) -> float:
        """Width between the pedicles."""
        return _of("canal_width", self.level)

    @property
    def canal_depth_mm(self) -> float:
        """From the posterior wall's corner line to the lamina."""
        return _of("canal_depth", self.level)

    @property
    def pedicle_mm(self) -> tuple[float, float, float]:
        """Centre of the right pedicle's narrowest part."""
        right = self.canal_width_mm / 2 + _of("pedicle_width", self.level) / 2
        height = self.pedicle_height_mm
        top = self.body.posterior_mm / 2 - 0.1 * self.body.posterior_mm
        return right, self.back_mm - 0.2 * self.canal_depth_mm, top - height / 2

    @property
    def pedicle_height_mm(self) -> float:
        """Height of the pedicle; a crushed body leaves less room for it."""
        return min(_of("pedicle_height", self.level), 0.75 * self.body.posterior_mm)

    def canal_distance(self, right: AnyArray, anterior: AnyArray) -> AnyArray:
        """Distance to the canal's outline in the axial plane."""
        front = self.back_mm + 2.0  # a little inside the body, whose wall closes the canal in front
        back = self.back_mm - self.canal_depth_mm
        half_depth, half_width = np.float32((front - back) / 2), np.float32(self.canal_width_mm / 2)
        u = np.abs(right) / half_width
        w = np.abs(anterior - np.float32((front + back) / 2)) / half_depth
        n = CANAL_EXPONENT
        q = np.maximum((u**n + w**n) ** (1 / n), np.float32(1e-3))
        steep = np.sqrt(((u / q) ** (n - 1) / half_width) ** 2 + ((w / q) ** (n - 1) / half_depth) ** 2)
        return np.asarray((q - 1) / steep)

    def distance(self, point: Point) -> AnyArray:
        """Distance to the arch, before the canal is cut out of it and the joints are opened."""
        right, anterior, superior = point
        side = np.sqrt(right * right + np.float32(0.04))  # both sides at once, smooth across the middle
        p = (side, anterior, superior)
        pillar = filleted_union(self._pillar(p), self._lamina(p), 3.0)
        bone = filleted_union(pillar, self._spinous_process((right, anterior, superior)), 3.5)
        bone = filleted_union(bone, self._upper_joint(p), 2.0)
        bone = filleted_union(bone, self._lower_joint(p), 2.0)
        bone = filleted_union(bone, self._transverse_process(p), 3.0)
        return filleted_union(bone, self._pedicle(p), 2.5)

    def _pedicle(self, p: Point) -> AnyArray:
        r, _, s = self.pedicle_mm
        half, high = _of("pedicle_width", self.level) / 2, self.pedicle_height_mm / 2
        start, end = (r - 1.0, self.back_mm + 6, s), (r, self.back_mm - 0.55 * self.canal_depth_mm, s)
        return limb(p, start, end, (half, half, high))

    @property
    def _pars(self) -> tuple[float, float, float]:
        r, _, s = self.pedicle_mm
        return r - 0.5, self.back_mm - 0.68 * self.canal_depth_mm, s

    @property
    def cortical_core_mm(self) -> tuple[float, float, float]:
        """Middle of the right pars, where the bone is cortical through and through."""
        r, a, _ = self._pars
        return r - 1.5, a - 2.5, self.pedicle_mm[2] - 0.3 * self.half_height_mm

    @property
    def rib_mm(self) -> Array:
        """Points along the right rib of a level of the chest, from its head outwards."""
        r, a, s = self._pars
        reach, high = _of("transverse_reach", self.level), 0.25 * self.intact.posterior_mm
        points = [
            (self.body.width_mm / 2 + 1, self.back_mm + 4, high),
            (r + 0.8 * reach + 3, a + 5.5, s - 1),
            (r + reach + 12, a - 6, s - 6),
            (62, self.back_mm - 31, s - 20),
            (95, self.back_mm - 18, s - 42),
            (125, self.back_mm + 12, s - 66),
        ]
        return np.array(points[:4] if self.level is Level.T12 else points)

    def _pillar(self, p: Point) -> AnyArray:
        r, a, s = self._pars
        low = -self.half_height_mm
        return limb(p, (r, a, s + 2), (r - 2.5, a - 4.5, low + 1), (5.0, 4.0, 4.0))

    def _lamina(self, p: Point) -> AnyArray:
        r, a, s = self._pars
        thick = v.lamina_thickness.value / 2
        back = self.back_mm - self.canal_depth_mm - thick + 0.4
        high, low = 0.72 * self.half_height_mm, s - 0.56 * self.half_height_mm
        r1, a1, s1 = r - 2, a - 1.5, low + 2
        sloping = (p[0], p[1] + np.float32(0.22) * (p[2] - np.float32(low)), p[2])
        return limb(sloping, (r1, a1, s1), (0, back, low), (thick, thick, high))

    def _spinous_process(self, p: Point) -> AnyArray:
        _, _, s = self._pars
        root = self.back_mm - self.canal_depth_mm - 2
        drop, long, high = (_of(f"spinous_{n}", self.level) for n in ("drop", "length", "height"))
        top = s - 1.5
        foot = s - 1.24 * self.half_height_mm
        corners = [
            (root, top),
            (root - long, top - drop),
            (root - long + 1.5, top - drop - high),
            (root - long + 6, top - drop - high),
            (root, min(foot, top - 6)),
        ]
        blade = plate(p, corners, 3.2, 3.0)
        knob = limb(
            p,
            (0, root - long + 2.5, top - drop - 3.5),
            (0, root - long + 3.5, top - drop - high + 3),
            (4.0, 3.0, 3.5),
        )
        return filleted_union(blade, knob, 3.0)

    def _joint_frame(self, level: Level) -> tuple[float, float, float]:
        """Side and place (right, anterior) of the joint below ``level`` and its turn in degrees."""
        turn = _of("facet_turn", level)
        lumbar = (turn - 5) / 45
        right = self.canal_width_mm / 2 + 1.2 + 1.4 * lumbar
        return right, self.back_mm - (0.86 - 0.04 * lumbar) * self.canal_depth_mm, turn

    def _upper_joint(self, p: Point) -> AnyArray:
        above = self.level.above or self.level
        right, back, turn = self._joint_frame(above if above.value in v.facet_turn.value else self.level)
        away = 3.7
        r, a = right + away * sin(radians(turn)), back + away * cos(radians(turn))
        r0, a0, s0 = self._pars
        top = self.half_height_mm + 6.0
        wide = (6.2, 5.8, 4.5)
        return filleted_union(
            limb(p, (r0, a0, s0 + 2), (r, a, top - 6), (5.2, 4.6, 4.0), wide),
            limb(p, (r, a, top - 6), (r, a, top), wide, (5.2, 4.8, 4.0)),
            3.0,
        )

    def _lower_joint(self, p: Point) -> AnyArray:
        right, back, turn = self._joint_frame(self.level)
        away = 3.7
        r, a = max(right - away * sin(radians(turn)), 6.0), back - away * cos(radians(turn))
        r0, a0, _ = self._pars
        low = -self.half_height_mm
        tip = low - _of("disc_height", self.level) - 6.0 + self.sinks_mm / 2
        wide = (5.8, 5.4, 4.5)
        return filleted_union(
            limb(p, (r0 - 2.5, a0 - 4.5, low + 3), (r, a, low - 2), (5.0, 4.2, 4.0), wide),
            limb(p, (r, a, low - 2), (r, a, tip), wide, (5.0, 4.6, 4.5)),
            3.0,
        )

    def _transverse_process(self, p: Point) -> AnyArray:
        r, a, s = self._pars
        reach = _of("transverse_reach", self.level)
        thoracic = self.level.order <= Level.T12.order
        back, up = (10.0, 4.0) if thoracic else (4.0, 2.0)
        start = (r, a + 1, s - 1)
        end = (r + reach, a + 1 - back * reach / 24, s - 1 + up * reach / 24)
        tip = (3.5, 4.0, 5.5) if thoracic else (2.6, 2.2, 4.6)
        return limb(p, start, end, (3.2, 3.0, 5.5), tip)
