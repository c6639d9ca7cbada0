"""The table of published numbers as plain JSON data."""

from __future__ import annotations

from math import isfinite
from typing import Any

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
