"""FHIR on the command line: a bundle where a record is taken, and the questionnaire."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from fhir_bundles import ICD10CM, bundle, condition, observation, patient, written

from vertebro.interfaces.cli import main


def leave(*arguments: object) -> int:
    try:
        main([str(a) for a in arguments])
    except SystemExit as left:
        return int(left.code or 0)
    return 0


def test_judge_takes_a_bundle(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    infected = bundle(patient(), condition(ICD10CM, "M46.26"), timestamp="2024-05-02T08:00:00Z")
    assert leave("judge", written(tmp_path, infected), "--level", "L1") == 0
    said = capsys.readouterr()
    assert "Vertebroplasty at L1: CONTRAINDICATED" in said.out
    assert "The day of the record is that of the bundle's timestamp" in said.err


def test_judge_writes_the_sources_and_the_notes_as_json(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    content = bundle(patient(), observation("6301-6", 1.1, "1"), timestamp="2024-05-02T08:00:00Z")
    assert leave("judge", written(tmp_path, content), "--json", "-") == 0
    document = json.loads(capsys.readouterr().out)
    assert document["record"]["inr"]["source"].startswith("Observation/")
    assert any("timestamp" in note for note in document["case"]["notes"])
    assert "unknown" in document["case"]["level"]


def test_a_level_may_be_asked_of_a_record_as_well(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    record = written(tmp_path, "date: 2024-05-02\nlevel: L1\npain_nrs: 8\n", "record.yaml")
    assert leave("judge", record, "--level", "th12") == 0
    assert "Vertebroplasty at T12" in capsys.readouterr().out


@pytest.mark.parametrize("level", ["L9", "spine"])
def test_a_level_that_is_none_is_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], level: str
) -> None:
    assert leave("judge", written(tmp_path, bundle(patient())), "--level", level) == 2
    assert f"'{level}' is not the name of a vertebra" in capsys.readouterr().err


def test_a_bad_bundle_is_one_message(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert leave("judge", written(tmp_path, bundle(patient(), patient(id="p2")))) == 2
    said = capsys.readouterr().err
    assert "2 patients" in said and "to do:" in said and "Traceback" not in said


def test_the_questionnaire_is_written(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert leave("questionnaire") == 0
    printed = json.loads(capsys.readouterr().out)
    assert leave("questionnaire", "-o", tmp_path / "q.json") == 0
    assert json.loads((tmp_path / "q.json").read_text(encoding="utf-8")) == printed
    assert printed["resourceType"] == "Questionnaire"
