"""Every document that is written for others has a published schema, a link to it, and is a valid schema."""

import json
import re
from pathlib import Path

import jsonschema
import pytest

import vertebro
from vertebro.formats.document import as_json
from vertebro.formats.papers_document import papers_document, papers_schema
from vertebro.formats.schemas import schemas
from vertebro.simulation.papers.rows import Band, PaperRow, PapersTable, v
from vertebro.vocabulary.known import Unknown

DOCS = Path(__file__).parents[2] / "docs"
INSIDE = {"samples"}
"""Formats of files that vertebro keeps for itself: a journal of samples, to go on with."""


@pytest.mark.parametrize("name", schemas())
def test_a_schema_is_published_told_of_and_valid(name: str) -> None:
    made = schemas()[name]
    published = (DOCS / "schema" / name).read_text(encoding="utf-8")
    assert published == as_json(made), "publish it again: make schemas"
    jsonschema.Draft202012Validator.check_schema(made)
    assert f"(schema/{name})" in (DOCS / "json.md").read_text(encoding="utf-8")


def test_no_format_lacks_a_schema() -> None:
    code = [path.read_text(encoding="utf-8") for path in Path(vertebro.__file__).parent.rglob("*.py")]
    named = {m for text in code for m in re.findall(r'"vertebro\.([a-z]+)/\d+"', text)} - INSIDE
    assert {f"{name}-1.schema.json" for name in named} == set(schemas())
    assert {p.name for p in (DOCS / "schema").iterdir()} == set(schemas())


def test_a_table_of_published_numbers_keeps_its_schema() -> None:
    band = Band("9 to 11", 9.0, float("inf"), v.bulge_left_pct)
    rows = tuple(PaperRow("flow", "pressure", band, ours, "kPa") for ours in (10.0, Unknown("not solved")))
    made = json.loads(as_json(papers_document(PapersTable(rows, (("heat", "no data"),)))))
    jsonschema.validate(made, papers_schema())
    assert made["rows"][0]["inside"] is True and made["rows"][0]["high"] is None
    assert made["rows"][1] == made["rows"][0] | {"ours": {"unknown": "not solved"}, "inside": None}
