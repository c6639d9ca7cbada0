"""The table of published numbers as plain JSON data."""

from __future__ import annotations

from math import isfinite
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from vertebro.formats.document import NotDoneWire, UnknownWire
from vertebro.simulation.papers.rows import PaperRow, PapersTable
from vertebro.vocabulary.known import Unknown

PAPERS_FORMAT = "vertebro.papers/1"


def papers_document(table: PapersTable) -> dict[str, Any]:
    """Every row with its band, and what was not done; format ``vertebro.papers/1``."""
    return {
        "format": PAPERS_FORMAT,
        "agrees": table.agrees,
        "rows": [_row(row) for row in table.rows],
        "not_done": [{"what": what, "why": why} for what, why in table.not_done],
    }


def _row(row: PaperRow) -> dict[str, Any]:
    ours = {"unknown": row.ours.why} if isinstance(row.ours, Unknown) else round(row.ours, 6)
    return {
        "check": row.check,
        "name": row.name,
        "published": row.band.published or None,
        "source": row.band.source.source,
        "where": row.band.source.where,
        "low": row.band.low,
        "high": row.band.high if isfinite(row.band.high) else None,
        "ours": ours,
        "unit": row.unit,
        "inside": row.inside,
    }


class _Wire(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class RowWire(_Wire):
    """One published number, its band, and ours."""

    check: str
    name: str
    published: Annotated[str | None, Field(description="as it was told; null: a band alone")]
    source: str
    where: str
    low: float
    high: Annotated[float | None, Field(description="null: a band without an upper end")]
    ours: float | UnknownWire
    unit: str
    inside: bool | None


class PapersWire(_Wire):
    """Published experiments played again."""

    format: Literal["vertebro.papers/1"]
    agrees: bool
    rows: list[RowWire]
    not_done: list[NotDoneWire]


def papers_schema() -> dict[str, Any]:
    """The JSON schema of the document (draft 2020-12)."""
    made = PapersWire.model_json_schema(mode="serialization")
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", "$id": PAPERS_FORMAT, **made}
