"""The JSON document: its schema is published, nothing is lost, an unknown stays an unknown."""

import json
from datetime import date
from pathlib import Path

import jsonschema
import pytest

from vertebro.assess import assess
from vertebro.formats.document import as_json, document, findings_document, schema
from vertebro.formats.schemas import findings_schema
from vertebro.fracture.measure import measure
from vertebro.patient.case import Case
from vertebro.patient.record import ClinicalRecord
from vertebro.patient.synthetic import SyntheticPatient
from vertebro.vocabulary.facts import facts
from vertebro.vocabulary.known import Unknown
from vertebro.vocabulary.levels import Level

DOCS = Path(__file__).parents[2] / "docs"
DAY = date(2026, 11, 22)


@pytest.fixture
def record_only() -> Case:
    nothing = Unknown("no images")
    record = ClinicalRecord.of(DAY, pain_nrs=8, mri="oedema", age_years=78)
    return Case("record-only", DAY, record, Level.L1, ct=nothing, spine=nothing)


def test_the_published_schema_is_the_schema() -> None:
    published = (DOCS / "schema" / "assessment-1.schema.json").read_text(encoding="utf-8")
    assert published == as_json(schema()), "publish it again: docs/schema/assessment-1.schema.json"


def test_a_record_alone_makes_a_valid_document(record_only: Case) -> None:
    made = document(assess(record_only))
    jsonschema.validate(made, schema())
    assert made["findings"] == {"unknown": "no images"}
    assert made["record"]["pain_nrs"] == {
        "value": 8,
        "source": "record",
        "on": "2026-11-22",
        "possible": [],
        "missing": [],
        "ended_by": [],
        "used": [],
    }
    assert made["record"]["inr"] == {"unknown": "not written in the record"}
    assert set(made["record"]) == {n for n, f in facts().items() if f.origin == "record"}


def test_every_finding_and_landmark_is_in_the_document(small_patient: SyntheticPatient) -> None:
    spine = small_patient.spine()
    case = Case("small", DAY, ClinicalRecord(DAY, {}), Level.L1, ct=small_patient.ct, spine=spine)
    findings = measure(case)
    made = findings_document(case, findings)
    jsonschema.validate(made, findings_schema())
    assert set(made["findings"]["vertebrae"]) == {"T12", "L1", "L2"}
    for level, found in findings.vertebrae.items():
        assert set(made["findings"]["vertebrae"][str(level)]) == {name for name, _ in found}
    height = findings[Level.T12].posterior_height
    assert not isinstance(height, Unknown)
    written = made["findings"]["vertebrae"]["T12"]["posterior_height"]
    assert (written["value"], written["unit"]) == (height.value, "mm")
    assert len(made["findings"]["landmarks"]["L1"]["frame"]["origin_mm"]) == 3
    assert json.loads(as_json(made)) == made


def test_the_same_case_gives_the_same_document(record_only: Case) -> None:
    assert as_json(document(assess(record_only))) == as_json(document(assess(record_only)))


def test_what_the_docs_list_is_in_the_document() -> None:
    text = (DOCS / "json.md").read_text(encoding="utf-8")
    for field in schema()["properties"]:
        assert f"`{field}" in text, field
