"""``vertebro strength`` and ``vertebro validate`` as a person meets them."""

import json
from pathlib import Path

import pytest

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
    ],
)
def test_bad_input_is_said(
    small_case: Path, capsys: pytest.CaptureFixture[str], arguments: tuple[str, str], said: str
) -> None:
    assert leave("strength", small_case, *arguments) == 2
    assert said in capsys.readouterr().err


def test_the_published_check_as_a_table(shared_data: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert leave("validate", "strength", "--data", shared_data) == 0
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
