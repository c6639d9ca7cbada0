"""What a verdict and a decision refuse to be."""

from dataclasses import replace

import pytest
from patients import decided

from vertebro.errors import HouseFault
from vertebro.guidelines.verdict import Outcome, Stance


def test_a_verdict_without_a_source_is_refused() -> None:
    with pytest.raises(HouseFault, match="without a source"):
        replace(decided().verdicts[0], source="")


def test_unknown_means_that_something_is_missing_and_nothing_else() -> None:
    verdict = decided().verdicts[0]
    with pytest.raises(HouseFault, match="unknown exactly when"):
        replace(verdict, outcome=Outcome.UNKNOWN)
    with pytest.raises(HouseFault, match="unknown exactly when"):
        replace(verdict, missing=("inr",))


def test_a_decision_without_a_verdict_is_refused() -> None:
    with pytest.raises(HouseFault, match="without a verdict"):
        replace(decided(), verdicts=())


def test_the_stances_never_give_an_order() -> None:
    assert {stance.value for stance in Stance} == {
        "consider",
        "discuss in MDT",
        "wait",
        "correct first",
        "not recommended",
        "contraindicated",
        "refer urgently",
        "out of scope",
        "not enough information",
    }
