"""How an answer came about: the steps passed, the one that answered, and the verdicts it rests on."""

from typing import Any

import pytest
from patients import decided

from vertebro.guidelines.settings import own_texts
from vertebro.guidelines.settle import STEPS
from vertebro.guidelines.trace import trace
from vertebro.guidelines.verdict import Outcome

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
    assert told.here == own_texts().say(f"step.{step}.here") and told.verdicts
    for verdict in told.verdicts:
        assert verdict.source and verdict.where
        assert verdict.used or verdict.outcome is Outcome.UNKNOWN


def test_a_body_that_turned_it_down_is_traced_to_the_criteria_that_failed() -> None:
    told = trace(decided(pain_nrs=5))
    assert [v.rule for v in told.verdicts] == ["ros.HasSeverePain"]
    assert told.verdicts[0].used["pain_nrs"].value == 5
