"""The published schemas of a vertebra's strength (``vertebro.strength/1``) and of a check against print."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from vertebro.formats.document import MeasuredWire, UnknownWire

STRENGTH_FORMAT = "vertebro.strength/1"
VALIDATION_FORMAT = "vertebro.validation/1"


class _Wire(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class SourceWire(_Wire):
    """Where a law or a definition comes from."""

    key: Annotated[str, Field(description="key of the reference")]
    work: Annotated[str, Field(description="the reference in words")]
    where: Annotated[str, Field(description="the place in the work")]


class SourcedWire(MeasuredWire):
    """A number of the model, with the source of its law or definition."""

    source: SourceWire


class LawWire(_Wire):
    """The law that turns density into Young's modulus."""

    name: str
    takes: Annotated[str, Field(description="the kind of density it takes")]
    range_mg_cm3: Annotated[list[float], Field(min_length=2, max_length=2)]
    source: SourceWire


class CalibrationWire(_Wire):
    """How the density of the CT was calibrated."""

    method: str
    kind: str
    reference: str


class ModelWire(_Wire):
    """Counts of the voxel model."""

    elements: Annotated[int, Field(gt=0)]
    voxel_mm: Annotated[float, Field(gt=0)]
    cap_elements: Annotated[int, Field(ge=0)]
    upper_plate_nodes: Annotated[int, Field(gt=0)]
    lower_plate_nodes: Annotated[int, Field(gt=0)]
    islands_removed_voxels: Annotated[int, Field(ge=0)]
    voxels_below_the_law: Annotated[int, Field(ge=0)]


class CurveWire(_Wire):
    """The crushed vertebra, step by step."""

    displacement_mm: list[float]
    force_n: list[float]
    yielding_share: Annotated[
        list[float], Field(description="part of the bone and cement that yields, 0 to 1")
    ]


class MissingWire(_Wire):
    """What was not done, and why."""

    what: str
    why: str


class StrengthWire(_Wire):
    """The strength of one level."""

    format: Literal["vertebro.strength/1"]
    case: str
    level: str
    law: LawWire
    calibration: CalibrationWire
    model: ModelWire
    height: MeasuredWire
    stiffness: SourcedWire
    bending_stiffness: SourcedWire
    compression: Annotated[
        dict[str, SourcedWire | MeasuredWire | UnknownWire],
        Field(description="definitions of strength under axial compression, by name"),
    ]
    flexion: Annotated[
        dict[str, SourcedWire | MeasuredWire | UnknownWire],
        Field(description="definitions of strength under forward bending, by name"),
    ]
    curve: CurveWire | UnknownWire
    load_to_strength: Annotated[
        dict[str, MeasuredWire],
        Field(description="load of an activity over the stiffness-based strength"),
    ]
    cautions: list[str]
    not_done: list[MissingWire]


def strength_schema() -> dict[str, Any]:
    """The JSON schema of the document (draft 2020-12)."""
    made = StrengthWire.model_json_schema(mode="serialization")
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", "$id": STRENGTH_FORMAT, **made}


class RowWire(_Wire):
    """One number: published beside ours."""

    name: str
    published: Annotated[float | None, Field(description="null: nobody published it")]
    ours: float
    unit: str
    agrees: Annotated[bool | None, Field(description="null: there is nothing to agree with")]


class ValidationWire(_Wire):
    """A check against published numbers."""

    format: Literal["vertebro.validation/1"]
    subject: str
    source: SourceWire
    agrees: bool
    rows: list[RowWire]
    curve: CurveWire | UnknownWire
    not_done: list[MissingWire]


def validation_schema() -> dict[str, Any]:
    """The JSON schema of the document (draft 2020-12)."""
    made = ValidationWire.model_json_schema(mode="serialization")
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", "$id": VALIDATION_FORMAT, **made}
