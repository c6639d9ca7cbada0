"""Authors, the balloon's maker and a payer: set beside the guidelines where these differ; no position."""

from typing import Any

import pytest
from patients import but, decisions
from saying import said

from vertebro.guidelines.verdict import Conflict, Leaning, Procedure, Stance

KNOWN = {
    "height_loss_pct": 30.0,
    "height_loss_progressing": False,
    "kyphotic_deformity": True,
    "rmdq": 19,
    "of_type": "OF2",
    "pain_on_analgesia": True,
    "setting": "outpatient",
}
FOR, AGAINST, OPEN = Leaning.FOR, Leaning.AGAINST, Leaning.OPEN


def conflicts(procedure: Procedure = Procedure.VERTEBROPLASTY, **changed: Any) -> dict[str, Conflict]:
    found = decisions(but(**KNOWN | changed))[procedure].conflicts
    return {conflict.topic: conflict for conflict in found}


def leaning(conflict: Conflict, body: str) -> set[Leaning]:
    return {side.leaning for side in conflict.sides if side.body == body}


@pytest.mark.parametrize("body", ["trialists", "blue_cross"])
def test_they_take_no_side_for_one_patient_and_are_about_osteoporosis(body: str) -> None:
    assert said(body, {}).stance is None
    assert said(body, {"malignancy": "known"}).stance is Stance.OUT_OF_SCOPE


@pytest.mark.parametrize(
    ("weeks", "authors", "payer"), [(3.0, OPEN, AGAINST), (8.0, OPEN, FOR), (20.0, FOR, FOR)]
)
def test_the_right_time_lists_authors_payer_and_what_was_not_verified(
    weeks: float, authors: Leaning, payer: Leaning
) -> None:
    timing = conflicts(weeks_since_fracture=weeks)["timing"]
    assert leaning(timing, "trialists") == {authors} and leaning(timing, "blue_cross") == {payer}
    assert leaning(timing, "cirse") == {OPEN}
    assert leaning(timing, "sir") == {OPEN}
    assert any("24 h" in side.sentence for side in timing.sides if side.body == "sir")


def test_a_day_of_painkillers_that_failed_leans_for_treating_early() -> None:
    failed = conflicts(weeks_since_fracture=3.0, analgesia_hours=24.0, mobilises_on_analgesia=False)
    assert leaning(failed["timing"], "sir") == {FOR}


def test_how_bad_the_pain_is_lists_every_limit() -> None:
    severity = conflicts(pain_nrs=6)["severity"]
    assert leaning(severity, "trialists") == {FOR} and leaning(severity, "ros") == {AGAINST}
    assert leaning(severity, "of_score") == {OPEN} and leaning(severity, "nass") == {OPEN}
    assert leaning(conflicts(pain_nrs=4).get("severity", severity), "trialists") <= {FOR, AGAINST}


def test_a_wall_in_the_canal_without_a_deficit_is_a_question_for_kyphoplasty() -> None:
    pushed = {"posterior_wall": "retropulsed", "neuro_grade": "N0"}
    wall = conflicts(Procedure.KYPHOPLASTY, **pushed)["wall"]
    assert leaning(wall, "trialists") == {FOR, OPEN} and AGAINST in leaning(wall, "medicare")
    assert any("157" in side.sentence for side in wall.sides)
    assert "wall" not in conflicts(Procedure.VERTEBROPLASTY, **pushed)  # nobody reports it for vertebroplasty
    assert "wall" not in conflicts(Procedure.KYPHOPLASTY)


@pytest.mark.parametrize(("nrs", "rated"), [(6, AGAINST), (7, OPEN)])
def test_above_its_limit_what_nass_says_of_a_chronic_fracture_is_not_published(
    nrs: int, rated: Leaning
) -> None:
    assert leaning(conflicts(weeks_since_fracture=20.0, pain_nrs=nrs)["chronic"], "nass") == {rated}


@pytest.mark.parametrize("weeks", [3.0, 8.0, 20.0])
@pytest.mark.parametrize("procedure", Procedure)
def test_whether_it_works_and_which_one_are_shown_for_both_procedures(
    procedure: Procedure, weeks: float
) -> None:
    found = conflicts(procedure, weeks_since_fracture=weeks)
    assert leaning(found["choice"], "nice") == {FOR}
    vertebroplasty = procedure is Procedure.VERTEBROPLASTY
    assert leaning(found["choice"], "aaos") == {AGAINST if vertebroplasty else FOR}
    if vertebroplasty:
        assert FOR in leaning(found["benefit"], "nice")
