"""The JSON document of the evidence: its own versioned wire format, with a published schema."""

from __future__ import annotations

import re
from dataclasses import fields, is_dataclass
from enum import Enum
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter

from vertebro import __version__
from vertebro.evidence.overview import Overview
from vertebro.formats.document import UnknownWire
from vertebro.formats.writing import make_sure_of_folder, writing
from vertebro.report.forest import forests
from vertebro.vocabulary.known import Unknown
from vertebro.vocabulary.library import references

FORMAT = "vertebro.evidence/1"


def evidence_document(found: Overview) -> dict[str, Any]:
    """The evidence as JSON: times in days, intervals with their method, every source spelt out once."""
    data = _wire(found)
    keys = sorted(set(_sources(data)) & set(references()))
    cited = {key: str(references()[key]) for key in keys}
    return {"format": FORMAT, "versions": {"vertebro": __version__}, **data, "references": cited}


def evidence_schema() -> dict[str, Any]:
    """The JSON schema (draft 2020-12) of the document."""
    schema = TypeAdapter(Overview).json_schema()
    schema["$defs"]["Unknown"] = UnknownWire.model_json_schema()
    texts = {"type": "object", "additionalProperties": {"type": "string"}}
    more = {"format": {"const": FORMAT}, "versions": texts, "references": texts}
    schema["properties"] = more | schema["properties"]
    schema["required"] = [*more, *schema["required"]]
    return (
        {"$schema": "https://json-schema.org/draft/2020-12/schema"} | schema | {"additionalProperties": False}
    )


def write_forests(found: Overview, folder: Path) -> list[Path]:
    """A forest plot for each outcome and scale, written to the folder as SVG; where they lie."""
    make_sure_of_folder(folder)
    written = []
    for title, svg in forests(found.effects).items():
        path = folder / f"{re.sub(r'[^a-z0-9]+', '-', title.lower()).strip('-')}.svg"
        with writing(path) as temporary:
            temporary.write_text(svg, encoding="utf-8")
        written.append(path)
    return written


def _wire(value: Any) -> Any:
    if isinstance(value, Unknown):
        return {"unknown": value.why}
    if isinstance(value, Enum):
        return value.value
    if is_dataclass(value):
        return {field.name: _wire(getattr(value, field.name)) for field in fields(value)}
    if isinstance(value, tuple | list):
        return [_wire(one) for one in value]
    return value


def _sources(data: Any) -> list[str]:
    if isinstance(data, dict):
        own = [*data.get("sources", ()), *data.get("concluded_by", ())]
        own += [data["source"]] if isinstance(data.get("source"), str) else []
        return own + [s for value in data.values() for s in _sources(value)]
    return [s for one in data for s in _sources(one)] if isinstance(data, list) else []
