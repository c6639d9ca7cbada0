"""SINS: its three classes on both sides of each limit, for tumours only."""

import pytest
from patients import LEVEL, but, facts_from

from vertebro.guidelines.body import position
from vertebro.guidelines.derive import with_derived
from vertebro.guidelines.safety.suspicions import ScoreShowsInstability
from vertebro.guidelines.sins.rules import body, v
from vertebro.guidelines.verdict import Procedure, Stance

CLASSES = {
    0: "stable",
    6: "stable",
    7: "potentially unstable",
    12: "potentially unstable",
    13: "unstable",
    18: "unstable",
}


@pytest.mark.parametrize("score", CLASSES)
def test_the_classes_begin_where_they_are_printed(score: int) -> None:
    facts = with_derived(facts_from(but(malignancy="known", sins=score)), LEVEL)
    said = position("sins", facts, Procedure.KYPHOPLASTY)
    assert said.rating == CLASSES[score] and str(score) in said.sentence
    assert said.stance is (Stance.REFER_URGENTLY if score >= 13 else None)


def test_without_a_tumour_it_says_nothing_and_without_a_score_it_asks() -> None:
    nothing = position("sins", with_derived(facts_from(but()), LEVEL), Procedure.KYPHOPLASTY)
    assert nothing.stance is Stance.OUT_OF_SCOPE
    asks = position("sins", facts_from({"malignancy": "known"}), Procedure.KYPHOPLASTY)
    assert asks.stance is Stance.NOT_ENOUGH_INFORMATION and "SINS" in asks.sentence


def test_the_safety_check_stops_at_the_same_score() -> None:
    (limit,) = ScoreShowsInstability.values
    assert limit.number == v.unstable_from.number


def test_no_class_of_the_score_leans_for_or_against_cement() -> None:
    assert not any(rule.is_reason for rule in body.criteria)
