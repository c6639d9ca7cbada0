"""The JSON document of an assessment: its own versioned wire format, with a published schema."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from datetime import date
from enum import Enum
from typing import Annotated, Any

import numpy as np
from pydantic import BaseModel, ConfigDict, Field

from vertebro.fracture.findings import Findings, MriFindings, VertebraFindings
from vertebro.patient.case import Case
from vertebro.patient.registration import Alignment
from vertebro.patient.spine import Spine
from vertebro.patient.volume import Volume
from vertebro.report.assessment import Assessment
from vertebro.vocabulary.known import Unknown
from vertebro.vocabulary.measured import Graded

FORMAT = "vertebro.assessment/1"
FINDINGS_FORMAT = "vertebro.findings/1"


class _Wire(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class UnknownWire(_Wire):
    """Something that is not known, and why."""

    unknown: Annotated[str, Field(description="why it is not known")]


class MeasuredWire(_Wire):
    """A number read off an image."""

    value: float
    unit: Annotated[str, Field(description="UCUM code")]
    spread: Annotated[float, Field(ge=0, description="one standard uncertainty, in the same unit")]
    method: str


class GradedWire(_Wire):
    """A grade read off an image, with every grade within one spread."""

    grade: str | int | bool
    possible: list[str | int | bool]
    method: str


class KnownWire(_Wire):
    """A fact with its source; one read off an image or worked out says more."""

    value: Any
    source: str
    on: date | None = None
    possible: Annotated[list[Any], Field(description="every value within the spread of a reading")] = []
    used: Annotated[list[str], Field(description="the facts a derived fact was worked out from")] = []
    missing: Annotated[list[str], Field(description="the facts that would settle a derived fact")] = []
    ended_by: Annotated[list[str], Field(description="unknown facts that may end a derived one")] = []


class CitedWire(_Wire):
    """A number of ours or of the literature on which the answer depends."""

    name: str
    value: Any
    unit: str
    source: str
    where: str
    checked_on: date
    note: str


class VerdictWire(_Wire):
    """One rule's answer."""

    rule: str
    body: str
    outcome: Annotated[str, Field(pattern="^(met|not met|unknown)$")]
    sentence: str
    source: str
    where: str
    used: dict[str, KnownWire]
    missing: list[str]


class PositionWire(_Wire):
    """What one body says."""

    body: str
    title: str
    stance: Annotated[str | None, Field(description="null: takes no side for a single patient")]
    rating: Annotated[str, Field(description="the answer in the body's own short words")]
    sentence: str
    verdicts: list[VerdictWire]


class SideWire(_Wire):
    """What one body says on one question."""

    body: str
    title: str
    leaning: Annotated[str, Field(pattern="^(for|against|open)$")]
    sentence: str
    source: str
    where: str
    rule: Annotated[str, Field(description="the rule behind it; empty for a general statement")]


class ConflictWire(_Wire):
    """A question on which bodies lean both ways."""

    topic: str
    question: str
    sides: list[SideWire]
    sentence: str


class DecisionWire(_Wire):
    """The answer for one procedure."""

    procedure: str
    level: str | UnknownWire
    stance: str
    headline: str
    decided_by: str
    step: Annotated[str, Field(description="the step of the order in which the answer was looked for")]
    verdicts: list[VerdictWire]
    positions: list[PositionWire]
    conflicts: list[ConflictWire]
    reasons_for: list[str]
    reasons_against: list[str]
    always_said: list[str]
    ask_next: list[str]


class OtherPathWire(_Wire):
    """A path besides the procedures."""

    path: str
    stance: Annotated[str | None, Field(description="null: nothing known speaks for it")]
    sentence: str
    reasons_for: list[str]
    reasons_against: list[str]


class BoundaryWire(_Wire):
    """A change of one fact that alone gives another answer."""

    fact: str
    now: KnownWire | UnknownWire
    values: Annotated[list[Any], Field(description="nearest and farthest number; of a choice all")]
    stances: Annotated[dict[str, str], Field(description="the answer then, by procedure")]
    decided_by: dict[str, str]


class ImageWire(_Wire):
    """The grid of an image; the voxels stay in the image."""

    shape: tuple[int, int, int]
    spacing_mm: tuple[float, float, float]
    axes: Annotated[str, Field(description="where i, j, k point: R/L, A/P, I/S")]
    quantity: str


class CaseWire(_Wire):
    """Whose assessment this is."""

    id: str
    on: date
    level: str | UnknownWire
    levels_in_mask: list[str] | UnknownWire
    levels_named_by: str | UnknownWire
    ct: ImageWire | UnknownWire
    notes: list[str]


class CalibrationWire(_Wire):
    """How HU became density."""

    method: str
    kind: str
    numbers: dict[str, float]
    reference: str


PointWire = Annotated[list[float], Field(min_length=3, max_length=3, description="LPS, mm")]


class FrameWire(_Wire):
    """A body's own directions, unit vectors in LPS, at its origin."""

    origin_mm: PointWire
    right: PointWire
    anterior: PointWire
    superior: PointWire


class EndPlateWire(_Wire):
    """One end-plate in the mid-sagittal plane."""

    anterior_mm: PointWire
    middle_mm: PointWire
    posterior_mm: PointWire
    line_mm: list[PointWire]


class CanalWire(_Wire):
    """The mid-sagittal diameter of the canal."""

    wall_mm: PointWire
    lamina_mm: PointWire
    centre_mm: PointWire


class LandmarksWire(_Wire):
    """Where one vertebral body lies."""

    level: str
    frame: FrameWire
    upper: EndPlateWire | UnknownWire
    lower: EndPlateWire | UnknownWire
    anterior_wall_mm: list[PointWire]
    posterior_wall_mm: list[PointWire]
    right_mm: PointWire
    left_mm: PointWire
    canal: CanalWire | UnknownWire
    expected_posterior_wall_mm: list[PointWire] | UnknownWire


class AlignmentWire(_Wire):
    """How the CT's vertebrae were laid on the MRI, and how well."""

    ct_to_mri: Annotated[list[list[float]], Field(description="4 x 4, from LPS mm of the CT to the MRI's")]
    numbers: Annotated[dict[str, float], Field(description="quality; units in the names")]


class MriWire(_Wire):
    """How the MRI was read."""

    sequence: str
    sequence_named_by: str
    image: ImageWire
    located: Annotated[str, Field(description="how the vertebrae were found on it")]
    alignment: AlignmentWire | UnknownWire
    references: Annotated[
        list[str] | UnknownWire, Field(description="vertebrae that served as healthy marrow")
    ]


class FindingsWire(_Wire):
    """What was measured, by level."""

    vertebrae: dict[str, dict[str, MeasuredWire | GradedWire | UnknownWire]]
    calibration: CalibrationWire | UnknownWire
    contrast: GradedWire | UnknownWire
    cautions: list[str]
    context: Annotated[list[str], Field(description="how density lies to published limits")]
    mri: Annotated[MriWire | UnknownWire, Field(description="how the MRI was read")]
    landmarks: dict[str, LandmarksWire]


class FindingsDocumentWire(_Wire):
    """The measurements of one case, without a decision."""

    format: Annotated[str, Field(pattern=r"^vertebro\.findings/1$")]
    case: CaseWire
    findings: FindingsWire


class NotDoneWire(_Wire):
    """Something that was not done."""

    what: str
    why: str


class AssessmentWire(_Wire):
    """Everything vertebro found out about one patient."""

    model_config = ConfigDict(extra="forbid", frozen=True, title="vertebro assessment, version 1")

    format: Annotated[str, Field(pattern=r"^vertebro\.assessment/1$")]
    versions: dict[str, str]
    case: CaseWire
    record: dict[str, KnownWire | UnknownWire]
    findings: FindingsWire | UnknownWire
    facts: dict[str, KnownWire]
    decisions: list[DecisionWire]
    other_paths: list[OtherPathWire]
    boundaries: list[BoundaryWire]
    settings: list[CitedWire]
    disagreements: list[str]
    not_done: list[NotDoneWire]


def document(assessment: Assessment) -> dict[str, Any]:
    """The assessment as plain JSON data, checked against its own schema."""
    raw = {
        "format": FORMAT,
        "versions": plain(assessment.versions),
        "case": _case(assessment.case),
        "record": {name: plain(entry) for name, entry in assessment.case.record},
        "findings": plain(assessment.findings),
        "facts": plain(assessment.facts),
        "decisions": plain(assessment.decisions),
        "other_paths": plain(assessment.other_paths),
        "boundaries": plain(assessment.boundaries),
        "settings": plain(assessment.settings),
        "disagreements": plain(assessment.disagreements),
        "not_done": [{"what": what, "why": why} for what, why in assessment.not_done],
    }
    return AssessmentWire.model_validate(raw).model_dump(mode="json")


def findings_document(case: Case, findings: Findings) -> dict[str, Any]:
    """The measurements alone as plain JSON data."""
    raw = {"format": FINDINGS_FORMAT, "case": _case(case), "findings": plain(findings)}
    return FindingsDocumentWire.model_validate(raw).model_dump(mode="json")


def plain(value: Any) -> Any:
    """Any value of the house as plain JSON data."""
    match value:
        case Unknown():
            return {"unknown": value.why}
        case Graded():
            return {"grade": plain(value.value), "possible": plain(value.possible), "method": value.method}
        case VertebraFindings():
            return {name: plain(finding) for name, finding in value}
        case MriFindings():
            return _mri(value)
        case Volume():
            return _image(value)
        case Enum():
            return value.value
        case np.ndarray():
            return np.round(value, 3).tolist()
        case date():
            return value.isoformat()
        case Mapping():
            return {str(plain(key)): plain(entry) for key, entry in value.items()}
        case list() | tuple():
            return [plain(entry) for entry in value]
        case _ if is_dataclass(value):
            return {field.name: plain(getattr(value, field.name)) for field in fields(value)}
    return value


def _case(case: Case) -> dict[str, Any]:
    spine = case.spine
    return {
        "id": case.id,
        "on": case.on,
        "level": plain(case.level),
        "levels_in_mask": plain(spine.levels if isinstance(spine, Spine) else spine),
        "levels_named_by": spine.named_by if isinstance(spine, Spine) else plain(spine),
        "ct": plain(case.ct),
        "notes": list(case.notes),
    }


def _image(volume: Volume) -> dict[str, Any]:
    return {
        "shape": volume.shape,
        "spacing_mm": tuple(float(mm) for mm in volume.spacing_mm),
        "axes": volume.axis_codes,
        "quantity": volume.quantity.value,
    }


def _mri(found: MriFindings) -> dict[str, Any]:
    laid: Any = plain(alignment := found.alignment)
    if isinstance(alignment, Alignment):
        motion = [[round(float(x), 6) for x in row] for row in alignment.ct_to_mri]
        laid = {"ct_to_mri": motion, "numbers": plain(alignment.numbers)}
    return {
        "sequence": found.image.sequence.value,
        "sequence_named_by": found.image.said_by,
        "image": _image(found.image.image),
        "located": found.located,
        "alignment": laid,
        "references": plain(found.references),
    }


def schema() -> dict[str, Any]:
    """The JSON schema of the document (draft 2020-12)."""
    made = AssessmentWire.model_json_schema(mode="serialization")
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", "$id": FORMAT, **made}


def as_json(data: dict[str, Any]) -> str:
    """Readable JSON text, stable in order."""
    return json.dumps(data, indent=2, ensure_ascii=False, allow_nan=False) + "\n"
