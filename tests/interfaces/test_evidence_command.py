"""`vertebro evidence` as a person meets it: words, JSON with a schema, plots, their own tables, bad input."""

import json
from pathlib import Path

import jsonschema
import pytest

from vertebro.evidence.overview import Asked, overview
from vertebro.formats.document import as_json
from vertebro.formats.evidence_document import evidence_document, evidence_schema
from vertebro.interfaces.cli import main

SCHEMA = Path(__file__).parents[2] / "docs" / "schema" / "evidence-1.schema.json"
HEADER = "trial,procedure,comparison,endpoint,scale,unit,time_days,over_time,measure,estimate,ci_low,ci_high,"
HEADER += "patients,direction,analysis,pool,flags,source,mark,note\n"
ROW = "BUCH,vertebroplasty,sham,pain,pain 0-10,points,30,no,MD,0.4,-0.9,1.7,70,printed,main,yes,,my copy,V,\n"


def leave(*arguments: object) -> int:
    try:
        main([str(a) for a in arguments])
    except SystemExit as left:
        return int(left.code or 0)
    return 0


def test_pain_against_sham(capsys: pytest.CaptureFixture[str]) -> None:
    assert leave("evidence", "pain", "--versus", "sham") == 0
    said = capsys.readouterr().out
    assert "12 months: 0.60 (−0.62 to 1.81) points, modified Knapp-Hartung; 3 trials, 378 patients" in said
    assert "0.60 (0.04 to 1.15) points, Wald" in said
    assert "The conclusion depends on the interval" in said
    assert "Without a procedure by then: mild pain or none in 57 of 95 patients" in " ".join(said.split())
    assert "No verified trial gives pain for balloon kyphoplasty against sham" in " ".join(said.split())


def test_harms_course_and_everything(capsys: pytest.CaptureFixture[str]) -> None:
    assert leave("evidence", "harms") == 0
    harms = capsys.readouterr().out
    assert "149 of 181 patients" in harms and "points, Wald" not in harms
    assert leave("evidence", "course") == 0
    assert "57 of 95 patients" in capsys.readouterr().out
    assert leave("evidence") == 0
    assert "only remembered (mark M)" in capsys.readouterr().out


def test_the_harms_of_one_person(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    record = tmp_path / "record.yaml"
    record.write_text("id: one\ndate: 2026-11-22\nrecord:\n  asa: 4\n  sex: female\n", encoding="utf-8")
    assert leave("evidence", "harms", "--record", record) == 0
    said = " ".join(capsys.readouterr().out.split())
    assert "for this person: severe illness (ASA class 4 or more)" in said
    assert "for this person: female sex" in said and "for this person: the kidneys" not in said


def test_the_json_keeps_its_published_schema(capsys: pytest.CaptureFixture[str]) -> None:
    assert SCHEMA.read_text(encoding="utf-8") == as_json(evidence_schema()), (
        f"publish it again: {SCHEMA.name}"
    )
    assert leave("evidence", "--json", "-") == 0
    made = json.loads(capsys.readouterr().out)
    jsonschema.validate(made, evidence_schema())
    assert made["format"] == "vertebro.evidence/1"
    cited = {s for effect in made["effects"] for t in effect["trials"] for s in t["sources"]}
    assert cited <= set(made["references"])


def test_forest_plots_are_written(tmp_path: Path) -> None:
    assert leave("evidence", "pain", "--versus", "sham", "-o", tmp_path / "plots") == 0
    names = {p.name for p in (tmp_path / "plots").iterdir()}
    assert "pain-after-vertebroplasty-against-sham-pain-0-10.svg" in names


def test_ones_own_tables_join(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "effects.csv").write_text(HEADER + ROW, encoding="utf-8")
    assert leave("evidence", "pain", "--versus", "sham", "--data", tmp_path) == 0
    assert "Buchbinder 2009, INVEST 2009, VERTOS IV 2018" in capsys.readouterr().out
    (tmp_path / "effects.csv").write_text(HEADER + ROW.replace("points", ""), encoding="utf-8")
    assert leave("evidence", "--data", tmp_path) == 2
    said = capsys.readouterr().err
    assert "effects.csv, line 2: unit is empty" in said


@pytest.mark.parametrize(
    ("arguments", "hint"),
    [(("pian",), "Did you mean 'pain'?"), (("pain", "--versus", "shamm"), "Did you mean 'sham'?")],
)
def test_a_misspelt_word_is_refused(
    arguments: tuple[str, ...], hint: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert leave("evidence", *arguments) == 2
    assert hint in capsys.readouterr().err


def test_one_effect_is_told_once_whichever_procedure_it_belongs_to() -> None:
    found = overview(Asked())
    assert len(found.effects) == len(set(found.effects))
    assert len(evidence_document(found)["effects"]) == len(found.effects)
