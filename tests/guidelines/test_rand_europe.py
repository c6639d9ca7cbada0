"""The European RAND panel: nonsurgical management where printed, no side where its table is not free."""

from pathlib import Path
from typing import Any

import pytest
from patients import LEVEL, facts_from
from vignettes import facts_of_patient, vignettes

from vertebro.guidelines.body import Hearing, bodies
from vertebro.guidelines.conflicts import conflicts
from vertebro.guidelines.derive import with_derived
from vertebro.guidelines.rand_europe import rules as europe
from vertebro.guidelines.verdict import Leaning, Position, Procedure, Stance

NO_FACTOR: dict[str, Any] = {
    "osteoporosis": True,
    "malignancy": "none",
    "trauma": "low_energy",
    "mri": "oedema",
    "adl_severely_limited": False,
    "mobilises_on_analgesia": True,
    "pain_trend": "stable",
    "kyphosis_deg": 5.0,
    "scoliosis_deg": 3.0,
    "posterior_height_loss_pct": 0.0,
    "height_loss_pct": 15.0,
    "height_loss_progressing": False,
    "pulmonary_reserve": "normal",
    "copd": False,
}


def said(changed: dict[str, Any], procedure: Procedure = Procedure.VERTEBROPLASTY) -> Position:
    values = {n: v for n, v in (NO_FACTOR | changed).items() if v is not None}
    hearing = Hearing.of(with_derived(facts_from(values), LEVEL))
    return bodies()["rand_europe"].position(hearing, procedure)


@pytest.mark.parametrize(
    ("changed", "factor"),
    [
        ({"adl_severely_limited": True}, "severe impact on daily life"),
        ({"mobilises_on_analgesia": False}, "severe impact on daily life"),
        ({"pain_trend": "worsening"}, "worse symptoms"),
        ({"kyphosis_deg": 15.0}, "spinal deformity"),
        ({"scoliosis_deg": 10.0}, "spinal deformity"),
        ({"posterior_height_loss_pct": 10.0}, "spinal deformity"),
        ({"height_loss_pct": 20.0}, "spinal deformity"),
        ({"height_loss_progressing": True, "height_loss_progression_pct": 20.0}, "further loss of height"),
        ({"pulmonary_reserve": "severe"}, "lung disease"),
        ({"copd": True}, "lung disease"),
    ],
)
def test_with_an_unfavourable_factor_no_side_is_taken_and_the_factor_named(
    changed: dict[str, Any], factor: str
) -> None:
    assert said({}).stance is Stance.NOT_RECOMMENDED
    for procedure in Procedure:
        found = said(changed, procedure)
        assert found.stance is None and found.rating == "no side taken (table not free)"
        assert factor in found.sentence and "could not be read" in found.sentence
        assert all(share in found.sentence for share in ("128", "25 %", "45 %", "6 %", "21 %"))


@pytest.mark.parametrize(
    ("changed", "stance", "word"),
    [
        ({}, Stance.NOT_RECOMMENDED, "no unfavourable factor"),
        ({"mri": "no_oedema"}, Stance.NOT_RECOMMENDED, "MRI negative"),
        ({"mri": "no_oedema", "copd": True}, Stance.NOT_RECOMMENDED, "MRI negative"),
        ({"mri": "no_oedema", "osteoporosis": None}, Stance.NOT_RECOMMENDED, "MRI negative"),
        ({"mri": None}, Stance.NOT_ENOUGH_INFORMATION, "cannot tell"),
        ({"mri": None, "bone_scan": "uptake"}, Stance.NOT_ENOUGH_INFORMATION, "cannot tell"),
        ({"scoliosis_deg": None}, Stance.NOT_ENOUGH_INFORMATION, "cannot tell"),
        ({"osteoporosis": None}, Stance.NOT_ENOUGH_INFORMATION, "cannot tell"),
        ({"height_loss_progressing": True}, Stance.NOT_ENOUGH_INFORMATION, "cannot tell"),
        ({"trauma": "high_energy"}, Stance.OUT_OF_SCOPE, "out of scope"),
    ],
)
def test_what_the_panel_says(changed: dict[str, Any], stance: Stance, word: str) -> None:
    found = said(changed)
    assert found.stance is stance and word in found.rating


def test_no_further_loss_counts_as_none_and_a_written_loss_is_kept() -> None:
    facts = with_derived(facts_from({"height_loss_progressing": False}), LEVEL)
    assert facts["height_loss_progression_pct"].value == 0
    written = with_derived(
        facts_from({"height_loss_progressing": False, "height_loss_progression_pct": 5.0}), LEVEL
    )
    assert written["height_loss_progression_pct"].value == 5
    assert "height_loss_progression_pct" not in with_derived(
        facts_from({"height_loss_progressing": True}), LEVEL
    )


def test_the_cause_of_the_fracture_takes_no_side() -> None:
    assert [rule for rule in europe.CRITERIA if not rule.is_reason] == [europe.IsOsteoporoticFracture]


def test_the_published_shares_fit_together() -> None:
    v = europe.v
    alone = (v.nonsurgical_only_share, v.vertebroplasty_only_share, v.kyphoplasty_only_share)
    assert sum(share.number for share in alone) == 76  # "three quarters of the profiles"
    assert sum(share.number for share in alone) + v.either_procedure_share.number <= 100


def test_on_the_choice_the_panel_leans_to_kyphoplasty_only() -> None:
    (statement,) = europe.STATEMENTS
    assert statement.topic == "choice" and statement.leaning == {Procedure.KYPHOPLASTY: Leaning.FOR}
    numbers = bodies()["rand_europe"].numbers
    assert "45 %" in bodies()["rand_europe"].texts.say("statement.shares", **numbers)


def test_a_fracture_without_unfavourable_factor_is_a_conflict_with_those_who_would_consider_it() -> None:
    values = NO_FACTOR | {
        "pain_nrs": 8,
        "weeks_since_fracture": 8.0,
        "optimal_pain_management": True,
        "exam_matches_level": True,
        "intravertebral_cleft": "none",
    }
    hearing = Hearing.of(with_derived(facts_from(values), LEVEL))
    positions = tuple(body.position(hearing, Procedure.VERTEBROPLASTY) for body in bodies().values())
    found = {c.topic: c for c in conflicts(hearing, Procedure.VERTEBROPLASTY, positions)}
    sides = {side.body: side.leaning for side in found["course"].sides}
    assert sides["rand_europe"] is Leaning.AGAINST and sides["ros"] is Leaning.FOR


def test_no_published_case_gets_a_side_that_is_not_printed(shared_data: Path) -> None:
    for case in vignettes(shared_data.parent / "knowledge"):
        facts = with_derived(facts_of_patient(case["patient"]), LEVEL)
        for procedure in Procedure:
            found = bodies()["rand_europe"].position(Hearing.of(facts), procedure)
            assert found.stance is not Stance.CONSIDER
            if case["patient"]["mri"] == "no_oedema":
                assert "MRI negative" in found.rating
