"""What was measured on the images: each finding a Measured or Graded value, or Unknown with why."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, fields
from types import MappingProxyType

from vertebro.errors import BadLabels
from vertebro.fracture.landmarks import Landmarks
from vertebro.patient.frame import BodyFrame
from vertebro.patient.mri import MrImage
from vertebro.patient.registration import Alignment
from vertebro.patient.spine import Spine
from vertebro.patient.volume import Volume
from vertebro.vocabulary.grades import (
    ContrastPhase,
    FractureShape,
    GenantGrade,
    OedemaExtent,
    PosteriorWall,
)
from vertebro.vocabulary.known import Unknown
from vertebro.vocabulary.levels import Level
from vertebro.vocabulary.measured import Graded, Measured

Number = Measured | Unknown

NO_MRI = Unknown("no MRI was given")


@dataclass(frozen=True)
class VertebraFindings:
    """The findings of one vertebra; the unit of each number is in the Measured itself."""

    level: Level
    anterior_height: Number
    middle_height: Number
    posterior_height: Number
    expected_anterior_height: Number
    expected_middle_height: Number
    expected_posterior_height: Number
    height_loss: Number
    wedge_angle: Number
    segmental_kyphosis: Number
    local_kyphosis: Number
    posterior_wall_bulge: Number
    canal_narrowing: Number
    endplate_defect: Number
    cleft_gas_volume: Number
    trabecular_hu: Number
    trabecular_density: Number
    genant: Graded[GenantGrade] | Unknown
    shape: Graded[FractureShape] | Unknown
    posterior_wall: Graded[PosteriorWall] | Unknown
    metal_or_cement: Graded[bool] | Unknown
    oedema_fraction: Number = NO_MRI
    oedema_extent: Graded[OedemaExtent] | Unknown = NO_MRI
    cleft_fluid: Graded[bool] | Unknown = NO_MRI

    def __iter__(self) -> Iterator[tuple[str, Number | Graded[object] | Unknown]]:
        """Name and value of every finding, in the order above."""
        return ((f.name, getattr(self, f.name)) for f in fields(self) if f.name != "level")


@dataclass(frozen=True)
class Calibration:
    """How HU became density: the kind of density, the numbers of the fit, and how good it was."""

    method: str
    kind: str
    numbers: Mapping[str, float]
    reference: str


@dataclass(frozen=True)
class MriFindings:
    """How the vertebrae lie on the MRI, which of them served as healthy, and where the marrow is bright.

    ``spine`` and ``frames`` are in the MRI's own frame; ``located`` says in words how they came there.
    ``alignment`` is Unknown where no registration was needed; ``references`` where none could be used.
    """

    image: MrImage
    spine: Spine
    frames: Mapping[Level, BodyFrame]
    located: str
    alignment: Alignment | Unknown
    references: tuple[Level, ...] | Unknown
    bright: Mapping[Level, Volume] = field(default_factory=dict)


@dataclass(frozen=True)
class Findings:
    """All findings of one case; ``landmarks`` hold the points the numbers come from, where found.

    ``context`` says how the density of unbroken bodies lies to published limits, never as a diagnosis.
    ``mri`` is Unknown where there is no MRI, or where the vertebrae could not be found on it.
    """

    vertebrae: Mapping[Level, VertebraFindings]
    calibration: Calibration | Unknown
    contrast: Graded[ContrastPhase] | Unknown
    cautions: tuple[str, ...] = ()
    landmarks: Mapping[Level, Landmarks] = field(default_factory=dict)
    context: tuple[str, ...] = ()
    mri: MriFindings | Unknown = NO_MRI

    def __post_init__(self) -> None:
        for name in ("vertebrae", "landmarks"):
            ordered = dict(sorted(getattr(self, name).items(), key=lambda item: item[0].order))
            object.__setattr__(self, name, MappingProxyType(ordered))

    def __getitem__(self, level: Level) -> VertebraFindings:
        if level not in self.vertebrae:
            here = ", ".join(map(str, self.vertebrae))
            raise BadLabels(f"{level} was not measured.", f"one of {here}", "Name one of these.")
        return self.vertebrae[level]
