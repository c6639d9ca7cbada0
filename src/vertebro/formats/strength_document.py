"""The JSON document of a vertebra's strength, and of a check against published numbers."""

from __future__ import annotations

from typing import Any

from vertebro.formats.document import plain
from vertebro.formats.strength_schema import STRENGTH_FORMAT, VALIDATION_FORMAT
from vertebro.simulation.curve import Curve
from vertebro.simulation.published_model import Comparison
from vertebro.simulation.strength import Estimate, Strength
from vertebro.vocabulary.known import Unknown
from vertebro.vocabulary.library import CitedValue
from vertebro.vocabulary.measured import Measured


def strength_document(case_id: str, strength: Strength) -> dict[str, Any]:
    """The strength of one level as plain JSON data; format ``vertebro.strength/1``."""
    n, law = strength.numbers, strength.settings.law
    return {
        "format": STRENGTH_FORMAT,
        "case": case_id,
        "level": str(strength.level),
        "law": {
            "name": law.name,
            "takes": str(law.takes),
            "range_mg_cm3": list(law.range_mg_cm3),
            "source": _source(law.constants),
        },
        "calibration": {
            "method": strength.calibration.method,
            "kind": strength.calibration.kind,
            "reference": strength.calibration.reference,
        },
        "model": dict(n.model),
        "height": _measured(n.height),
        "stiffness": _measured(n.stiffness) | {"source": _source(law.constants)},
        "bending_stiffness": _measured(n.bending_stiffness) | {"source": _source(law.constants)},
        "compression": {e.name: _estimate(e) for e in n.compression},
        "flexion": {e.name: _estimate(e) for e in n.flexion},
        "curve": _curve(strength.curve),
        "load_to_strength": {activity: _measured(m) for activity, m in n.load_to_strength.items()},
        "cautions": list(strength.cautions),
        "not_done": [{"what": what, "why": why} for what, why in strength.not_done],
    }


def validation_document(comparison: Comparison) -> dict[str, Any]:
    """A check against published numbers as plain JSON data; format ``vertebro.validation/1``."""
    rows = [
        {"name": r.name, "published": r.published, "ours": r.ours, "unit": r.unit, "agrees": r.agrees}
        for r in comparison.rows
    ]
    return {
        "format": VALIDATION_FORMAT,
        "subject": comparison.subject,
        "source": _source(comparison.source),
        "agrees": comparison.agrees,
        "rows": rows,
        "curve": _curve(comparison.curve),
        "not_done": [{"what": what, "why": why} for what, why in comparison.not_done],
    }


def _curve(curve: Curve | Unknown) -> dict[str, Any]:
    """Displacement, force and the part of the points that yield, step by step."""
    if isinstance(curve, Unknown):
        return {"unknown": curve.why}
    columns = {
        "displacement_mm": curve.displacement_mm,
        "force_n": curve.force_n,
        "yielding_share": curve.yielding_share,
    }
    return {name: [round(float(x), 6) for x in column] for name, column in columns.items()}


def _estimate(estimate: Estimate) -> dict[str, Any]:
    if isinstance(estimate.value, Unknown):
        return {"unknown": estimate.value.why}
    source = {"source": _source(estimate.source)} if estimate.source else {}
    return _measured(estimate.value) | source


def _measured(value: Measured) -> dict[str, Any]:
    out: dict[str, Any] = plain(value)
    return out


def _source(cited: CitedValue) -> dict[str, str]:
    return {"key": cited.source, "work": str(cited.reference), "where": cited.where}
