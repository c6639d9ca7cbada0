"""The table of codes keeps its promises: known systems and sources, values their facts allow, no doubles."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from vertebro.errors import HouseFault
from vertebro.formats.fhir import codes
from vertebro.formats.fhir.codes import CodeEntry, entries, systems, vertebra_codings
from vertebro.formats.fhir.docs import with_fresh_tables
from vertebro.formats.fhir.resources import Coding
from vertebro.formats.seg import vertebra_codes
from vertebro.guidelines import ages
from vertebro.vocabulary.facts import fact, facts
from vertebro.vocabulary.library import references
from vertebro.vocabulary.texts import texts

PARTS = ("observations", "conditions", "allergies", "medicines", "encounters", "not_read")
ALL = [(part, entry) for part in PARTS for entry in entries(part)]


@pytest.mark.parametrize(("part", "entry"), ALL, ids=lambda x: x if isinstance(x, str) else x.code)
def test_every_entry_has_a_system_a_source_and_a_fact(part: str, entry: CodeEntry) -> None:
    assert entry.system in systems() and entry.source in references()
    assert entry.vertebra or entry.fact in facts()
    assert entry.display or part == "not_read"
    if part == "not_read":
        assert texts(beside=codes.__file__).say(f"not_read.{entry.why}")
    elif part == "observations":
        assert bool(entry.units) is not bool(entry.answers)
    elif entry.fact:
        assert entry.value is not None


def test_no_code_is_there_twice_for_one_fact() -> None:
    for part in PARTS:
        keys = [(e.system, e.code, e.fact) for e in entries(part)]
        assert len(keys) == len(set(keys)), part


def test_the_day_the_codes_were_checked_is_written() -> None:
    table = yaml.safe_load(Path(codes.TABLE).read_text(encoding="utf-8"))
    assert str(table["checked_on"]) == "2026-11-22"


def test_the_vertebrae_are_those_of_dicom() -> None:
    dicom = {level: code.value for level, code in vertebra_codes().items() if str(level) != "S1"}
    assert vertebra_codings() == dicom


def test_the_codes_of_the_dictionary_are_in_the_table() -> None:
    """facts.yaml and the table must not tell two stories."""
    for one in facts().values():
        if one.code.startswith("LOINC "):
            assert any(e.code == one.code[6:] and e.fact == one.name for e in entries("observations")), (
                one.name
            )


def test_units_end_in_the_unit_of_the_fact() -> None:
    same = {"10*3/uL": "10*9/L", "10*3/mm3": "10*9/L", "1": None, "{T-score}": "{SD}", "{T-Score}": "{SD}"}
    for entry in entries("observations"):
        for unit, how in entry.units.items():
            if not how:
                assert same.get(unit, unit) in (None, fact(entry.fact).unit), (entry.code, unit)


@pytest.mark.parametrize(
    "wrong",
    [
        {"source": "nobody"},
        {"fact": "osteoporosis", "value": "yes"},
        {"fact": "infection", "value": "bad"},
    ],
)
def test_a_wrong_entry_is_our_fault_or_refused(wrong: dict[str, str]) -> None:
    with pytest.raises((HouseFault, ValueError, Exception)):
        CodeEntry(**{"system": "SNOMED CT", "code": "1", "source": "dicom_cid_7603"} | wrong)


def test_a_code_fits_only_in_its_own_system_and_whole() -> None:
    osteoporosis = next(e for e in entries("conditions") if e.code == "64859006")
    sct = systems()["SNOMED CT"]
    assert osteoporosis.fits(Coding(system=sct, code="64859006"))
    assert not osteoporosis.fits(Coding(system=sct, code="648590061"))
    assert not osteoporosis.fits(Coding(code="64859006")) and not osteoporosis.fits(Coding(system=sct))


def test_conversions_are_exact() -> None:
    crp, albumin, warm = (
        next(e for e in entries("observations") if e.code == c) for c in ("1988-5", "1751-7", "8310-5")
    )
    assert crp.converted(0.7, "mg/dL") == 7.0
    assert albumin.converted(35, "g/L") == 3.5
    assert warm.converted(100.4, "[degF]") == 38.0 and warm.converted(32, "[degF]") == 0.0


def test_every_fact_has_a_limit_to_its_age_or_none_on_purpose() -> None:
    named = [name for names in ages.age_groups().values() for name in names]
    assert set(named) <= set(facts()) and len(named) == len(set(named))
    settings = {value.name for value in ages.v}
    for group in {ages.age_group(name) for name in facts()} - {"fixed"}:
        assert f"{group}_said_after" in settings
        assert (f"{group}_past_after" in settings) is (group != "lasting")
    for dated in (f.name for f in facts().values() if f.kind == "date"):
        assert ages.age_group(dated) == "fixed", dated


def test_the_tables_of_the_documentation_are_those_of_the_code() -> None:
    page = (Path(__file__).parents[2] / "docs" / "fhir.md").read_text(encoding="utf-8")
    assert with_fresh_tables(page) == page, "run with_fresh_tables over docs/fhir.md"
    for entry in entries("medicines"):
        assert f"{entry.system} {entry.code}" in page
