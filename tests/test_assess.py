"""When the procedures are played: where the decision leaves one open and there is a scan, or when asked."""

import shutil
from pathlib import Path
from typing import Any

import pytest

import vertebro.simulation.compare
from vertebro.assess import LEAVE_OPEN, assess
from vertebro.formats.casefile import read_case
from vertebro.report.not_done import NOT_ASKED, NOT_OPEN
from vertebro.vocabulary.known import Unknown

PLAYED = Unknown("this test does not play it")


@pytest.fixture
def played(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The cases that would have been played."""
    asked: list[str] = []

    def compared(case: Any, *_: Any) -> Unknown:
        asked.append(case.id)
        return PLAYED

    monkeypatch.setattr(vertebro.simulation.compare, "compared", compared)
    return asked


def test_an_open_decision_with_a_scan_is_played(small_case: Path, played: list[str]) -> None:
    made = assess(read_case(small_case), simulate=None)
    assert {d.stance for d in made.decisions} <= LEAVE_OPEN
    assert len(played) == 1 and made.comparison is PLAYED


def test_a_decision_against_both_is_played_only_when_asked(
    small_case: Path, played: list[str], tmp_path: Path
) -> None:
    folder = shutil.copytree(small_case, tmp_path / "case")
    text = (folder / "case.yaml").read_text(encoding="utf-8")
    infected = text.replace('infection: "none"', "infection: discitis_or_osteomyelitis")
    (folder / "case.yaml").write_text(infected, encoding="utf-8")
    case = read_case(folder)
    made = assess(case, simulate=None)
    assert infected != text and not {d.stance for d in made.decisions} & LEAVE_OPEN
    assert not played and made.comparison is None
    assert ("simulation of the procedures", NOT_OPEN) in made.not_done
    assert assess(case, simulate=True).comparison is PLAYED and len(played) == 1


def test_without_a_scan_nothing_is_played_and_the_reason_is_the_scan(
    small_case: Path, played: list[str], tmp_path: Path
) -> None:
    lines = (small_case / "case.yaml").read_text(encoding="utf-8").splitlines()
    kept = [line for line in lines if not line.startswith(("ct:", "mask:", "tissues:"))]
    (tmp_path / "case.yaml").write_text("\n".join(kept), encoding="utf-8")
    made = assess(read_case(tmp_path / "case.yaml"), simulate=None)
    assert not played and NOT_OPEN not in dict(made.not_done).values()
    assert dict(made.not_done)["simulation of the procedures"]


def test_whoever_does_not_ask_waits_for_no_solver(small_case: Path, played: list[str]) -> None:
    made = assess(read_case(small_case), simulate=False)
    assert not played and ("simulation of the procedures", NOT_ASKED) in made.not_done
