"""The JSON document of the load next door: its own versioned wire format, with a published schema."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from vertebro.formats.document import MeasuredWire, NotDoneWire, UnknownWire, plain
from vertebro.formats.strength_schema import SourceWire
from vertebro.simulation.neighbour_results import Alignment, Band, Change, Neighbours
from vertebro.vocabulary.known import Unknown
from vertebro.vocabulary.library import CitedValue

NEIGHBOURS_FORMAT = "vertebro.neighbours/1"

Number = MeasuredWire | UnknownWire


class _Wire(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class LawWire(_Wire):
    """The law by which density became stiffness."""

    name: str
    source: SourceWire


class ModuliWire(_Wire):
    """One tissue of the discs."""

    young_mpa: float
    poisson: float
    source: SourceWire


class DiscsWire(_Wire):
    """What the discs are made of."""

    name: str
    nucleus: ModuliWire
    annulus: ModuliWire
    cartilage: ModuliWire


class CalibrationWire(_Wire):
    """How HU became density."""

    method: str
    kind: str


class ReadingWire(_Wire):
    """One quantity at one place as it is."""

    quantity: str
    place: str
    value: Number


class ChangeWire(_Wire):
    """One quantity at one place before and after, and the change in per cent of before."""

    quantity: str
    place: str
    before: Number
    after: Number
    change: Number


class AlignmentWire(_Wire):
    """What the wedge alone does in one posture."""

    posture: str
    wedge_before: MeasuredWire
    wedge_after: MeasuredWire
    load_before: MeasuredWire
    load_after: MeasuredWire
    over_straight: Annotated[
        MeasuredWire, Field(description="the load after over that of a spine without any wedge")
    ]
    changes: list[ChangeWire]


class BandWire(_Wire):
    """What published models span for one effect: rise of the disc pressure in per cent."""

    effect: str
    low_pct: float
    high_pct: float
    sources: list[SourceWire]


class NeighboursWire(_Wire):
    """The load next door by cement alone and by alignment alone: a mechanical estimate."""

    level: str
    levels: list[str]
    is_fracture_risk: Annotated[Literal[False], Field(description="this is never a risk of fracture")]
    law: LawWire
    discs: DiscsWire
    calibration: CalibrationWire
    load: MeasuredWire
    model: Annotated[dict[str, int | float], Field(description="counts and sizes; units in the names")]
    now: list[ReadingWire]
    cement: list[ChangeWire] | UnknownWire
    alignment: list[AlignmentWire] | UnknownWire
    bands: list[BandWire]
    evidence: Annotated[str, Field(description="key of the contested question of the trials")]
    cautions: list[str]
    not_done: list[NotDoneWire]


class NeighboursDocumentWire(NeighboursWire):
    """The whole document."""

    format: Literal["vertebro.neighbours/1"]
    case: str


def neighbours_document(case_id: str, found: Neighbours) -> dict[str, Any]:
    """The load next door of one level as plain JSON data; format ``vertebro.neighbours/1``."""
    raw = {"format": NEIGHBOURS_FORMAT, "case": case_id} | neighbours_part(found)
    return NeighboursDocumentWire.model_validate(raw).model_dump(mode="json")


def neighbours_schema() -> dict[str, Any]:
    """The JSON schema of the document (draft 2020-12)."""
    made = NeighboursDocumentWire.model_json_schema(mode="serialization")
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", "$id": NEIGHBOURS_FORMAT, **made}


def neighbours_part(found: Neighbours) -> dict[str, Any]:
    """The same without its head, to stand inside another document."""
    segment = found.settings.segment
    discs = segment.discs
    tissues = {"nucleus": discs.nucleus, "annulus": discs.annulus, "cartilage": discs.cartilage}
    return {
        "level": str(found.level),
        "levels": [str(level) for level in found.levels],
        "is_fracture_risk": False,
        "law": {"name": segment.law.name, "source": _source(segment.law.constants)},
        "discs": {"name": discs.name} | {name: _moduli(value) for name, value in tissues.items()},
        "calibration": {"method": found.calibration.method, "kind": found.calibration.kind},
        "load": plain(found.load),
        "model": dict(found.model),
        "now": [{"quantity": r.quantity, "place": r.place, "value": plain(r.value)} for r in found.now],
        "cement": _changes(found.cement),
        "alignment": _alignments(found.alignment),
        "bands": [_band(band) for band in found.bands],
        "evidence": found.evidence,
        "cautions": list(found.cautions),
        "not_done": [{"what": what, "why": why} for what, why in found.not_done],
    }


def _changes(changes: tuple[Change, ...] | Unknown) -> Any:
    if isinstance(changes, Unknown):
        return plain(changes)
    return [plain(one) for one in changes]


def _alignments(alignments: tuple[Alignment, ...] | Unknown) -> Any:
    if isinstance(alignments, Unknown):
        return plain(alignments)
    return [plain(one) for one in alignments]


def _band(band: Band) -> dict[str, Any]:
    sources = [_source(cited) for cited in band.sources]
    return {"effect": band.effect, "low_pct": band.low_pct, "high_pct": band.high_pct, "sources": sources}


def _moduli(cited: CitedValue) -> dict[str, Any]:
    young, poisson = cited.value
    return {"young_mpa": young, "poisson": poisson, "source": _source(cited)}


def _source(cited: CitedValue) -> dict[str, str]:
    return {"key": cited.source, "work": str(cited.reference), "where": cited.where}
