"""Cochrane, ASBMR and IOF: what each concludes, and how they are set against each other."""

import pytest
from patients import CLEAR_CANDIDATE, LEVEL, but, facts_from

from vertebro.guidelines.body import Hearing, bodies, position
from vertebro.guidelines.conflicts import conflicts
from vertebro.guidelines.derive import with_derived
from vertebro.guidelines.verdict import Conflict, Leaning, Procedure, Stance

PVP, BKP = Procedure.VERTEBROPLASTY, Procedure.KYPHOPLASTY
HEARING = Hearing.of(with_derived(facts_from(CLEAR_CANDIDATE), LEVEL))


def among(procedure: Procedure, *names: str) -> dict[str, Conflict]:
    positions = [bodies()[name].position(HEARING, procedure) for name in names]
    return {found.topic: found for found in conflicts(HEARING, procedure, positions)}


@pytest.mark.parametrize("body", ["cochrane", "asbmr"])
def test_vertebroplasty_is_no_better_than_sham_and_kyphoplasty_is_left_open(body: str) -> None:
    facts = with_derived(facts_from(CLEAR_CANDIDATE), LEVEL)
    against, left_open = position(body, facts, PVP), position(body, facts, BKP)
    assert against.stance is Stance.NOT_RECOMMENDED and "harm" in against.sentence
    assert left_open.stance is None


def test_the_counts_of_the_review_are_printed_with_it() -> None:
    facts = with_derived(facts_from(CLEAR_CANDIDATE), LEVEL)
    assert "5 trials with 541 patients" in position("cochrane", facts, PVP).sentence
    assert (
        "7 trials of vertebroplasty against kyphoplasty (968 patients)"
        in position("cochrane", facts, BKP).sentence
    )


def test_whether_it_works_is_shown_as_a_conflict_for_vertebroplasty() -> None:
    benefit = among(PVP, "cochrane", "asbmr", "iof")["benefit"]
    assert {s.body: s.leaning for s in benefit.sides} == {
        "cochrane": Leaning.AGAINST,
        "asbmr": Leaning.AGAINST,
        "iof": Leaning.FOR,
    }
    assert "benefit" not in among(BKP, "cochrane", "asbmr", "iof")


def test_that_time_matters_little_stands_beside_those_who_differ_on_it() -> None:
    early = Hearing.of(with_derived(facts_from(but(weeks_since_fracture=3.0)), LEVEL))
    names = ("ros", "nice", "cochrane", "asbmr")
    positions = [bodies()[name].position(early, PVP) for name in names]
    timing = {c.topic: c for c in conflicts(early, PVP, positions)}["timing"]
    assert [s.leaning for s in timing.sides if s.body in ("cochrane", "asbmr")] == [Leaning.OPEN] * 2
    assert all("duration" in s.sentence or "how long" in s.sentence for s in timing.sides[2:])


@pytest.mark.parametrize("body", ["cochrane", "asbmr", "iof"])
def test_a_tumour_is_out_of_their_scope(body: str) -> None:
    facts = with_derived(facts_from(but(malignancy="known")), LEVEL)
    assert position(body, facts, PVP).stance is Stance.OUT_OF_SCOPE


def test_the_foundation_gives_no_criteria_for_one_patient() -> None:
    facts = with_derived(facts_from(CLEAR_CANDIDATE), LEVEL)
    for procedure in Procedure:
        said = position("iof", facts, procedure)
        assert said.stance is None and "long-term" in said.sentence.lower()


@pytest.mark.parametrize("body", ["cochrane", "asbmr", "iof", "of_score"])
def test_their_subject_is_no_reason_for_or_against(body: str) -> None:
    assert not any(rule.is_reason for rule in bodies()[body].criteria)
