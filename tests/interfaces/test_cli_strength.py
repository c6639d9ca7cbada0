"""``vertebro strength`` and ``vertebro validate`` as a person meets them."""

import json
from pathlib import Path

import jsonschema
import pytest

from vertebro.formats.strength_schema import validation_schema
from vertebro.interfaces.cli import main


def leave(*arguments: object) -> int:
    """Exit code of one command."""
    try:
        main([str(a) for a in arguments])
    except SystemExit as left:
        return int(left.code or 0)
    return 0


def test_strength_of_the_cases_own_level_as_json(
    small_case: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert leave("strength", small_case, "--json", "-", "--voxel-mm", "2", "--linear") == 0
    out = capsys.readouterr()
    document = json.loads(out.out)
    assert document["level"] == "L1" and document["model"]["voxel_mm"] == 2.0
    assert document["compression"]["stiffness_based"]["unit"] == "N"
    assert "solving" in out.err  # progress is shown


def test_embedded_plates_are_named_in_every_answer(
    small_case: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert leave("strength", small_case, "--json", "-", "--voxel-mm", "2", "--linear", "--embedded") == 0
    document = json.loads(capsys.readouterr().out)
    assert (
        "below its end-plates" in document["stiffness"]["method"] and document["model"]["cap_elements"] == 0
    )
    assert any("published for caps" in said for said in document["cautions"])


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--level", "L9"), "L9"),
        (("--law", "hooke"), "kopperdahl_young"),
        (("--voxel-mm", "0"), "a length above 0"),
        (("--level", "L4"), "not in the mask"),
        (("--voxel-mm", "inf"), "thicker than what holds the end-plates"),
        (("--voxel-mm", "nan"), "a length above 0"),
        (("--voxel-mm", "3", "--embedded"), "at most 2 mm"),
        (("--picture", "curve.png"), "ends in .svg"),
        (("--picture", "curve.svg", "--linear"), "Leave out one of the two"),
        (("--picture", "curve.svg", "--law", "crawford_young"), "no law of the yield stress"),
    ],
)
def test_bad_input_is_said(
    small_case: Path, capsys: pytest.CaptureFixture[str], arguments: tuple[str, ...], said: str
) -> None:
    assert leave("strength", small_case, *arguments) == 2
    assert said in capsys.readouterr().err


def test_the_published_check_as_a_table(
    shared_data: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    kept = tmp_path / "check.json"
    assert leave("validate", "strength", "--data", shared_data, "--json", kept) == 0
    jsonschema.validate(json.loads(kept.read_text(encoding="utf-8")), validation_schema())
    lines = capsys.readouterr().out.splitlines()
    row = next(line for line in lines if line.startswith("stiffness  "))
    assert "12,362 N/mm" in row and "12,363.1 N/mm" in row and "agrees" in row
    assert sum("agrees" in line for line in lines) == 7


def test_an_unknown_check_or_missing_data(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("VERTEBRO_SHARED_DATA", raising=False)
    assert leave("validate", "strenght") == 2
    assert "Did you mean 'strength'?" in capsys.readouterr().err
    assert leave("validate", "strength") == 2
    assert "--data" in capsys.readouterr().err
    assert leave("validate", "strength", "--data", tmp_path) == 2


def test_a_picture_onto_a_folder_is_refused_before_the_solve(
    small_case: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "a.svg").mkdir()
    assert leave("strength", small_case, "--picture", tmp_path / "a.svg") == 2
    said = capsys.readouterr()
    assert "ends in .svg" in said.err and "solving" not in said.err


def test_the_picture_is_made_in_a_new_folder_and_the_numbers_are_told_beside_it(
    small_case: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    place = tmp_path / "new" / "curve.svg"
    assert leave("strength", small_case, "--voxel-mm", "3", "--picture", place) == 0
    assert place.read_text(encoding="utf-8").startswith("<svg")
    assert "0.2 % offset" in capsys.readouterr().out
