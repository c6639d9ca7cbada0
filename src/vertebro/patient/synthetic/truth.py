"""What the synthetic patient is known to be: every number from the analytic model, none from voxels.

Heights: the distance between the outer surfaces of the two end-plates, in the mid-sagittal plane, along the
body's superior axis (the bisector of the end-plates): at the anterior crest of the rim, midway between the
crests, and at the posterior crest. Wedge: the angle between the two end-plates' chords (crest to crest),
positive if the front is lower. Segmental kyphosis: upper end-plate of the level above to lower end-plate of
this level; local kyphosis: upper end-plate of the level above to lower end-plate of the level below; positive
leans forwards. Retropulsion: how far the hindmost point of the fragment lies behind where the intact wall
was, in the mid-sagittal plane. Canal: bounded by the posterior wall in front and the arch behind.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from math import pi
from types import MappingProxyType

import numpy as np

from vertebro.kernels.arrays import Array
from vertebro.patient.frame import BodyFrame
from vertebro.patient.synthetic.arch import ArchShape
from vertebro.patient.synthetic.body import BodyShape, intact_body
from vertebro.patient.synthetic.bone import Bone, cleft_of
from vertebro.patient.synthetic.column import Column
from vertebro.patient.synthetic.density import density_mg_cm3, level_density_mg_cm3, spongy_hu
from vertebro.patient.synthetic.spec import Fracture, SyntheticSpec, v
from vertebro.vocabulary.known import Unknown
from vertebro.vocabulary.levels import Level


@dataclass(frozen=True)
class CanalTruth:
    """The canal in one axial plane of the vertebra: its mid-sagittal diameter and its area."""

    superior_mm: float
    diameter_mm: float
    area_mm2: float


@dataclass(frozen=True)
class VertebraTruth:
    """The exact numbers of one vertebra. ``body`` and ``arch`` give any other by the analytic model."""

    level: Level
    frame: BodyFrame
    body: BodyShape
    arch: ArchShape
    intact: BodyShape
    fracture: Fracture | None
    trabecular_hu: float
    trabecular_density_mg_cm3: float
    segmental_kyphosis_deg: float | Unknown
    local_kyphosis_deg: float | Unknown

    @property
    def anterior_height_mm(self) -> float:
        """Height at the anterior crest of the rim."""
        return self.body.height_mm(self.body.rim_mm)

    @property
    def middle_height_mm(self) -> float:
        """Height midway between the crests."""
        return self.body.height_mm(0.0)

    @property
    def posterior_height_mm(self) -> float:
        """Height at the posterior crest of the rim."""
        return self.body.height_mm(-self.body.rim_mm)

    @property
    def height_loss_pct(self) -> tuple[float, float, float]:
        """Loss against the same vertebra before its fracture: anterior, middle, posterior."""
        return (
            100 * (1 - self.anterior_height_mm / self.intact.height_mm(self.intact.rim_mm)),
            100 * (1 - self.middle_height_mm / self.intact.height_mm(0.0)),
            100 * (1 - self.posterior_height_mm / self.intact.height_mm(-self.intact.rim_mm)),
        )

    @property
    def wedge_deg(self) -> float:
        """Angle between the end-plates' chords."""
        return self.body.wedge_deg

    @property
    def retropulsion_mm(self) -> float:
        """How far the fragment reaches behind the intact wall."""
        return self.body.retropulsion_mm

    @property
    def cleft_gas_mm3(self) -> float:
        """Volume of the gas in the cleft; 0 means that the body was built without one."""
        return 0.0 if self.fracture is None or self.fracture.fluid else self._cleft_mm3

    @property
    def cleft_fluid_mm3(self) -> float:
        """Volume of the fluid in the cleft; 0 means that the body was built without one."""
        return 0.0 if self.fracture is None or not self.fracture.fluid else self._cleft_mm3

    @property
    def _cleft_mm3(self) -> float:
        if self.fracture is None or not self.fracture.cleft:
            return 0.0
        _, radii = cleft_of(self.body)
        return 4 / 3 * pi * radii[0] * radii[1] * radii[2]

    @property
    def oedema_pct(self) -> float:
        """Part of the body's marrow that is bright on STIR: the same part of its height everywhere."""
        return 0.0 if self.fracture is None else 100 * self.fracture.oedema

    @property
    def pedicle_width_mm(self) -> float:
        """Transverse width of the pedicle at its narrowest."""
        return float(v.pedicle_width.value[self.level.value])

    def canal_at(self, superior_mm: float, intact: bool = False) -> CanalTruth:
        """The canal in the axial plane at this height; ``intact`` asks for it before the fracture."""
        return _canal(self.intact if intact else self.body, self.arch, superior_mm)

    @property
    def canal(self) -> CanalTruth:
        """The canal where it is narrowest between the end-plates."""
        heights = np.linspace(-0.9, 0.9, 73) * self.body.posterior_mm / 2
        return self.canal_at(float(heights[np.argmin(self.body.posterior_wall_mm(heights))]))

    @property
    def canal_narrowing_pct(self) -> float:
        """Loss of the mid-sagittal diameter at the fragment's hindmost point against the intact body."""
        if not self.retropulsion_mm:
            return 0.0
        at = self.body.retropulsion_height_mm
        whole = self.canal_at(at, intact=True).diameter_mm
        return 100 * (1 - (whole - self.retropulsion_mm) / whole)

    def landmarks_mm(self) -> Mapping[str, Array]:
        """The six points of the heights in LPS mm: upper and lower, anterior, middle, posterior."""
        rim = self.body.rim_mm
        points = {}
        for name, a in (("anterior", rim), ("middle", 0.0), ("posterior", -rim)):
            up, low = float(self.body.upper_mm(0.0, a)), float(self.body.lower_mm(0.0, a))
            points[f"upper_{name}"] = self.frame.world_mm(np.array([0.0, a, up]))
            points[f"lower_{name}"] = self.frame.world_mm(np.array([0.0, a, low]))
        return MappingProxyType(points)


@dataclass(frozen=True)
class Truth:
    """The truth of every level built."""

    vertebrae: Mapping[Level, VertebraTruth]

    def __getitem__(self, level: Level) -> VertebraTruth:
        return self.vertebrae[level]


def truth_of(spec: SyntheticSpec, column: Column, bones: Mapping[Level, Bone]) -> Truth:
    """The truth of a spec."""
    return Truth(MappingProxyType({level: _truth(spec, column, bone) for level, bone in bones.items()}))


def _truth(spec: SyntheticSpec, column: Column, bone: Bone) -> VertebraTruth:
    level = bone.level
    above, below = level.above, level.below
    bottom = column.lower_plate_lean_deg(level)
    edge: float | Unknown = Unknown(f"the synthetic spine ends at {level}")
    segmental, local = edge, edge
    if above in column.levels:
        top = column.upper_plate_lean_deg(above)
        segmental = top - bottom
        if below in column.levels:
            local = top - column.lower_plate_lean_deg(below)
    hu = spongy_hu(spec, level)
    density = level_density_mg_cm3(spec, level)
    assert spec.contrast or abs(density - density_mg_cm3(hu)) < 1e-6  # the map and its inverse agree
    return VertebraTruth(
        level,
        bone.frame,
        bone.body,
        bone.arch,
        intact_body(level),
        bone.fracture,
        hu,
        density,
        segmental,
        local,
    )


STEP_MM = 0.05
"""Step of the sum over the canal's analytic outline; its area changes by less than 0.1 mm2 below it."""


def _canal(body: BodyShape, arch: ArchShape, superior_mm: float) -> CanalTruth:
    wide, back = arch.canal_width_mm / 2 + 1, arch.back_mm - arch.canal_depth_mm
    r = np.arange(STEP_MM / 2, wide, STEP_MM, dtype=np.float32)[:, None]
    a = np.arange(back - 1, arch.back_mm + 3, STEP_MM, dtype=np.float32)[None, :]
    height = np.full((1, 1), superior_mm, dtype=np.float32)
    open_here = (arch.canal_distance(r, a) < 0) & (body.distance((r, a, height)) > 0)
    wall = float(body.posterior_wall_mm(superior_mm)[0])
    return CanalTruth(superior_mm, wall - back, 2 * float(open_here.sum()) * STEP_MM**2)
