"""How an answer came about: the steps passed, the one that answered, and the verdicts it rests on."""

from dataclasses import replace
from typing import Any

import pytest
from patients import decided

from vertebro.guidelines.settings import own_texts
from vertebro.guidelines.settle import STEPS
from vertebro.guidelines.trace import trace
from vertebro.guidelines.verdict import Outcome, Stance

ANSWERED_AT: dict[str, dict[str, Any]] = {
    "known_danger": {"infection": "suspected"},
    "too_little_known": {"mri": None},
    "correctable_or_healed": {"inr": 2.6},
    "too_early": {"weeks_since_fracture": 2.0},
    "no_body_in_favour": {"pain_nrs": 5},
    "pain_treatment_first": {"optimal_pain_management": False},
    "bodies_differ": {"weeks_since_fracture": 22.0},
    "for_the_meeting": {"posterior_wall": "breached"},
    "unchecked": {"asa": None},
    "consider": {},
}


def test_every_step_can_answer() -> None:
    assert list(ANSWERED_AT) == [step.__name__ for step in STEPS]


@pytest.mark.parametrize("step", ANSWERED_AT)
def test_the_way_to_each_step_is_told(step: str) -> None:
    decision = decided(**ANSWERED_AT[step])
    assert decision.step == step
    told = trace(decision)
    assert len(told.passed) == list(ANSWERED_AT).index(step)
    assert told.here.startswith(own_texts().say(f"step.{step}.here")) and told.verdicts
    for verdict in told.verdicts:
        assert verdict.source and verdict.where
        assert verdict.used or verdict.outcome is Outcome.UNKNOWN


def test_a_body_that_turned_it_down_is_traced_to_the_criteria_that_failed() -> None:
    told = trace(decided(pain_nrs=5))
    assert [v.rule for v in told.verdicts] == ["ros.HasSeverePain"]
    assert told.verdicts[0].used["pain_nrs"].value == 5


def test_consider_is_traced_to_the_criteria_of_every_body_in_favour_and_of_no_other() -> None:
    decision = decided()
    bodies = {verdict.body for verdict in trace(decision).verdicts}
    assert {"ros", "nice"} <= bodies
    assert bodies == {p.body for p in decision.positions if p.stance is Stance.CONSIDER and p.verdicts}


def test_a_body_that_knows_too_little_is_traced_to_what_it_misses() -> None:
    decision = decided(pain_trend=None)
    assert decision.stance is Stance.NOT_ENOUGH_INFORMATION and decision.decided_by in ("ros", "nice")
    assert {v.outcome for v in trace(decision).verdicts} == {Outcome.UNKNOWN}
    assert {missing for v in trace(decision).verdicts for missing in v.missing} == {"pain_trend"}


def test_a_body_that_turns_it_down_though_its_criteria_are_met_is_traced_to_all_of_them() -> None:
    """As Cochrane does: the fracture is its subject, and its answer is no."""
    decision = replace(decided(), decided_by="cochrane", step="no_body_in_favour")
    (position,) = (p for p in decision.positions if p.body == "cochrane")
    assert {v.outcome for v in position.verdicts} == {Outcome.MET}
    assert trace(decision).verdicts == position.verdicts


def test_dangers_that_nobody_checked_are_named_and_a_passed_step_claims_no_check() -> None:
    told = trace(decided(infection=None, neuro_grade=None))
    assert "Not recorded, so not checked: nerve deficit, infection." in told.here
    assert all("recorded" in passed for passed in told.passed)
    assert "not checked" not in trace(decided(mri=None)).here
