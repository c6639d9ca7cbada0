"""The JSON document of planned needles, and the line of each needle for other programs."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from vertebro.formats.document import plain
from vertebro.formats.markups import NeedleLine
from vertebro.procedures.grades import Robustness
from vertebro.procedures.procedure import technique
from vertebro.procedures.steps import Fill, Inflate, Step
from vertebro.procedures.trajectory import Plan, Trajectory
from vertebro.vocabulary.known import Unknown
from vertebro.vocabulary.levels import Level

PLAN_FORMAT = "vertebro.plan/1"


def plan_document(case_id: str, level: Level, plans: Sequence[tuple[str, Plan | Unknown]]) -> dict[str, Any]:
    """The plans of one level as plain JSON data; format ``vertebro.plan/1``."""
    return {
        "format": PLAN_FORMAT,
        "case": case_id,
        "level": str(level),
        "coordinates": "patient LPS, mm",
        "plans": [plan_part(plan) for _, plan in plans if isinstance(plan, Plan)],
        "not_done": [{"what": name, "why": p.why} for name, p in plans if isinstance(p, Unknown)],
    }


def needle_lines(plan: Plan) -> tuple[NeedleLine, ...]:
    """One line a planned needle, named after its level and side."""
    return tuple(
        NeedleLine(f"{plan.level} {n.side} {plan.procedure}", n.entry_mm, n.target_mm, n.needle.outer_mm)
        for n in plan.needles
    )


def plan_part(plan: Plan) -> dict[str, Any]:
    """One plan as plain JSON data, to stand inside a document."""
    return {
        "procedure": plan.procedure,
        "needles": [_needle(n) for n in plan.needles],
        "alternatives": [_needle(n) for n in plan.alternatives],
        "devices": [d.name for d in plan.devices],
        "steps": [_step(s) for s in plan.steps],
        "cement_ml": plan.cement_ml,
        "harms": list(dict.fromkeys(h.heading for h in technique(plan.procedure).harms)),
        "notes": list(plan.notes),
    }


def _needle(path: Trajectory) -> dict[str, Any]:
    return {
        "side": str(path.side),
        "route": str(path.route),
        "needle": {"gauge": path.needle.gauge, "outer_mm": path.needle.outer_mm},
        "entry_mm": plain(path.entry_mm),
        "target_mm": plain(path.target_mm),
        "depth_mm": round(path.depth_mm, 2),
        "convergence": plain(path.convergence),
        "cranio_caudal": plain(path.cranio_caudal),
        "grade": plain(path.grade),
        "margins": {name: plain(margin) for name, margin in path.margins.items()},
        "robustness": _robustness(path.robustness),
        "in_words": list(path.words),
    }


def _robustness(found: Robustness | Unknown) -> dict[str, Any]:
    if isinstance(found, Unknown):
        return {"unknown": found.why}
    return {
        "acceptable": found.acceptable,
        "shares": {str(grade): share for grade, share in found.shares.items()},
        "into_canal": found.into_canal,
        "tries": found.tries,
        "off_mm": found.off_mm,
        "off_deg": found.off_deg,
    }


def _step(step: Step) -> dict[str, Any]:
    said: dict[str, Any] = {"step": step.name, "sides": list(step.sides)}
    if isinstance(step, Inflate):
        said |= {"balloon": step.balloon.name, "volume_ml_a_side": step.volume_ml}
    if isinstance(step, Fill):
        said |= {"cement": step.cement.name, "volume_ml": step.volume_ml}
    return said


def plan_schema() -> dict[str, Any]:
    """The JSON schema of the document."""
    text = {"type": "string"}
    document = _object(
        {"format": {"const": PLAN_FORMAT}, "case": text, "level": text, "coordinates": text}
        | {"plans": _list(plan_part_schema()), "not_done": _list(_object({"what": text, "why": text}))}
    )
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", "title": PLAN_FORMAT, **document}


def plan_part_schema() -> dict[str, Any]:
    """The JSON schema of one plan."""
    number, text = {"type": "number"}, {"type": "string"}
    step = _object({"step": text, "sides": _list(text)})
    step |= {"additionalProperties": True}
    needle = _needle_schema()
    return _object(
        {"procedure": text, "needles": _list(needle), "alternatives": _list(needle), "devices": _list(text)}
        | {"steps": _list(step), "cement_ml": number, "harms": _list(text), "notes": _list(text)}
    )


def _needle_schema() -> dict[str, Any]:
    number, text = {"type": "number"}, {"type": "string"}
    unknown = _object({"unknown": text})
    measured = {
        "anyOf": [_object({"value": number, "unit": text, "method": text, "spread": number}), unknown]
    }
    point = {"type": "array", "items": number, "minItems": 3, "maxItems": 3}
    shares = _object(dict.fromkeys("ABCDE", number))
    robust = _object(
        {"acceptable": number, "shares": shares, "into_canal": number, "tries": {"type": "integer"}}
        | {"off_mm": number, "off_deg": number}
    )
    return _object(
        {
            "side": {"enum": ["right", "left"]},
            "route": {"enum": ["transpedicular", "extrapedicular"]},
            "needle": _object({"gauge": {"type": "integer"}, "outer_mm": number}),
            "entry_mm": point,
            "target_mm": point,
            "depth_mm": number,
            "convergence": measured,
            "cranio_caudal": measured,
            "grade": {"anyOf": [{"enum": list("ABCDE")}, unknown]},
            "margins": {"type": "object", "additionalProperties": measured},
            "robustness": {"anyOf": [robust, unknown]},
            "in_words": _list(text),
        }
    )


def _object(properties: dict[str, Any]) -> dict[str, Any]:
    return {
        "type": "object",
        "properties": properties,
        "required": list(properties),
        "additionalProperties": False,
    }


def _list(items: dict[str, Any]) -> dict[str, Any]:
    return {"type": "array", "items": items}
