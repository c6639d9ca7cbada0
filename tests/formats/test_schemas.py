"""Every document that is written for others has a published schema, a link to it, and is a valid schema."""

import re
from pathlib import Path

import jsonschema
import pytest

import vertebro
from vertebro.formats.document import as_json
from vertebro.formats.schemas import schemas

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
