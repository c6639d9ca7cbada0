"""The JSON document of the load next door."""

from __future__ import annotations

from typing import Any

from vertebro.formats.document import plain
from vertebro.simulation.neighbour_results import Alignment, Band, Change, Neighbours
from vertebro.vocabulary.known import Unknown
from vertebro.vocabulary.library import CitedValue

NEIGHBOURS_FORMAT = "vertebro.neighbours/1"


def neighbours_document(case_id: str, found: Neighbours) -> dict[str, Any]:
    """The load next door of one level as plain JSON data; format ``vertebro.neighbours/1``."""
    return {"format": NEIGHBOURS_FORMAT, "case": case_id} | neighbours_part(found)


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
    return [
        {
            "quantity": c.quantity,
            "place": c.place,
            "before": plain(c.before),
            "after": plain(c.after),
            "change": plain(c.change),
        }
        for c in changes
    ]


def _alignments(alignments: tuple[Alignment, ...] | Unknown) -> Any:
    if isinstance(alignments, Unknown):
        return plain(alignments)
    return [
        {
            "posture": one.posture,
            "wedge_before": plain(one.wedge_before),
            "wedge_after": plain(one.wedge_after),
            "load_before": plain(one.load_before),
            "load_after": plain(one.load_after),
            "over_straight": plain(one.over_straight),
            "changes": _changes(one.changes),
        }
        for one in alignments
    ]


def _band(band: Band) -> dict[str, Any]:
    sources = [_source(cited) for cited in band.sources]
    return {"effect": band.effect, "low_pct": band.low_pct, "high_pct": band.high_pct, "sources": sources}


def _moduli(cited: CitedValue) -> dict[str, Any]:
    young, poisson = cited.value
    return {"young_mpa": young, "poisson": poisson, "source": _source(cited)}


def _source(cited: CitedValue) -> dict[str, str]:
    return {"key": cited.source, "work": str(cited.reference), "where": cited.where}
