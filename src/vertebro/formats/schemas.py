"""Every published JSON schema by the name of its file; ``python -m vertebro.formats.schemas`` writes them."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

from vertebro.formats.compare_document import comparison_schema
from vertebro.formats.document import FINDINGS_FORMAT, FindingsDocumentWire, as_json, schema
from vertebro.formats.evidence_document import evidence_schema
from vertebro.formats.neighbours_document import neighbours_schema
from vertebro.formats.papers_document import papers_schema
from vertebro.formats.plan_document import plan_schema
from vertebro.formats.simulation_document import simulation_schema
from vertebro.formats.strength_schema import strength_schema, validation_schema
from vertebro.formats.writing import writing


def schemas() -> dict[str, dict[str, Any]]:
    """Name of the file and schema of every document that vertebro writes for others."""
    made = {
        "assessment": schema(),
        "comparison": comparison_schema(),
        "evidence": evidence_schema(),
        "findings": findings_schema(),
        "neighbours": neighbours_schema(),
        "papers": papers_schema(),
        "plan": plan_schema(),
        "simulation": simulation_schema(),
        "strength": strength_schema(),
        "validation": validation_schema(),
    }
    return {f"{name}-1.schema.json": one for name, one in made.items()}


def findings_schema() -> dict[str, Any]:
    """The JSON schema of the measurements alone (draft 2020-12)."""
    made = FindingsDocumentWire.model_json_schema(mode="serialization")
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", "$id": FINDINGS_FORMAT, **made}


def publish(folder: Path) -> None:
    """Writes every schema into a folder."""
    for name, one in schemas().items():
        with writing(folder / name) as temporary:
            temporary.write_text(as_json(one), encoding="utf-8")


if __name__ == "__main__":
    publish(Path(sys.argv[1]))
