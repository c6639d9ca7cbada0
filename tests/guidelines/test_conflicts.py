"""Where bodies disagree: the rows of the published list, each for a patient it concerns."""

from dataclasses import replace
from typing import Any

import pytest
from patients import CLEAR_CANDIDATE, but, decisions
from saying import hearing_of

from vertebro.errors import HouseFault
from vertebro.guidelines.body import bodies
from vertebro.guidelines.conflicts import LEANS, lean, single_rules, topics
from vertebro.guidelines.conflicts import conflicts as conflicts_between
from vertebro.guidelines.medicare.contraindications import HasInfection, IsPregnant
from vertebro.guidelines.nice.rules import HasSevereOngoingPain, IsOngoing, IsRecent, IsSevere
from vertebro.guidelines.rule import AllOf, AnyOf, Rule
from vertebro.guidelines.verdict import Conflict, Leaning, Outcome, Procedure, Stance

FULL = {
    "height_loss_pct": 30.0,
    "height_loss_progressing": False,
    "kyphotic_deformity": True,
    "rmdq": 19,
    "of_type": "OF2",
    "tscore_spine": -3.2,
    "pain_on_analgesia": True,
}


def conflicts(procedure: Procedure = Procedure.VERTEBROPLASTY, **changed: Any) -> dict[str, Conflict]:
    decision = decisions(but(**FULL | changed))[procedure]
    return {conflict.topic: conflict for conflict in decision.conflicts}


def leaning(conflict: Conflict, body: str) -> set[Leaning]:
    return {side.leaning for side in conflict.sides if side.body == body}


@pytest.mark.parametrize(
    ("topic", "changed", "pro", "contra"),
    [
        ("timing", {"weeks_since_fracture": 3.0}, "england", "ros"),
        ("timing", {"weeks_since_fracture": 8.0}, "ros", "england"),
        ("timing", {"weeks_since_fracture": 20.0}, "ros", "nice"),
        ("severity", {"pain_nrs": 6}, "rand", "ros"),
        ("benefit", {}, "sir", "cochrane"),
        ("choice", {}, "nice", "aaos"),
        ("chronic", {"weeks_since_fracture": 20.0}, "acr", "medicare"),
        ("operate", {}, "nice", "of_score"),
    ],
)
def test_each_published_disagreement_is_shown_to_the_patient_it_concerns(
    topic: str, changed: dict[str, Any], pro: str, contra: str
) -> None:
    found = conflicts(**changed)
    assert topic in found, list(found)
    assert Leaning.FOR in leaning(found[topic], pro)
    assert Leaning.AGAINST in leaning(found[topic], contra)


def test_every_side_has_its_source_and_the_sentence_names_both_bodies() -> None:
    for conflict in conflicts(weeks_since_fracture=3.0).values():
        assert all(side.source and side.where and side.sentence for side in conflict.sides)
        named = [side.title for side in conflict.sides if side.title in conflict.sentence]
        assert len(set(named)) >= 2


def test_the_order_is_that_of_the_list_of_topics() -> None:
    found = list(conflicts(weeks_since_fracture=20.0))
    assert found == sorted(found, key=topics().index)


def test_a_body_for_which_the_patient_is_out_of_scope_is_not_heard() -> None:
    found = conflicts(malignancy="known")
    assert all(side.body not in ("ros", "nice") for c in found.values() for side in c.sides)


def test_the_score_is_named_with_its_points_and_its_limits() -> None:
    (said,) = (s.sentence for s in conflicts()["operate"].sides if s.body == "of_score")
    assert "4" in said and "not validated" in said
    assert "operate" not in conflicts(mobilises_on_analgesia=False, neuro_grade="N0", of_type="OF4")


class IsPregnantAndInfected(AllOf):
    """A made-up exclusion: only both together speak against the procedure."""

    source, where, speaks_against = "nice_ta279", "nowhere: made up for this test", True
    parts = (IsPregnant, HasInfection)


class IsSevereOrOngoing(AnyOf):
    """A made-up choice: neither part has to be there."""

    source, where = "nice_ta279", "nowhere: made up for this test"
    parts = (IsSevere, IsOngoing)


def test_criteria_are_compared_part_by_part_and_an_exclusion_or_a_choice_as_a_whole() -> None:
    assert single_rules(HasSevereOngoingPain) == (IsSevere, IsOngoing)
    assert single_rules(IsRecent) == (IsRecent,)
    for whole in (IsPregnantAndInfected, IsSevereOrOngoing):
        assert single_rules(whole) == (whole,)


def test_a_conflict_on_which_nobody_disagrees_is_refused() -> None:
    (timing,) = (c for c in conflicts(weeks_since_fracture=3.0).values() if c.topic == "timing")
    agreed = tuple(side for side in timing.sides if side.leaning is not Leaning.AGAINST)
    with pytest.raises(HouseFault, match="Nobody disagrees on 'timing'"):
        Conflict(timing.topic, timing.question, agreed, timing.sentence)


def test_nice_recommends_both_alike_and_the_academy_and_the_european_panel_do_not() -> None:
    for procedure, academy in [
        (Procedure.VERTEBROPLASTY, Leaning.AGAINST),
        (Procedure.KYPHOPLASTY, Leaning.FOR),
    ]:
        found = {s.body: s.leaning for s in conflicts(procedure)["choice"].sides}
        assert found["nice"] is Leaning.FOR and found["aaos"] is academy
        panel = Leaning.FOR if procedure is Procedure.KYPHOPLASTY else Leaning.OPEN
        assert found["rand_europe"] is panel


@pytest.mark.parametrize(
    ("stances", "leaning"),
    [
        ((Stance.CONSIDER, Stance.DISCUSS), Leaning.FOR),
        ((Stance.WAIT, Stance.NOT_RECOMMENDED, Stance.CONTRAINDICATED), Leaning.AGAINST),
        ((Stance.CORRECT_FIRST, Stance.REFER_URGENTLY, Stance.OUT_OF_SCOPE), Leaning.OPEN),
        ((Stance.NOT_ENOUGH_INFORMATION, None), Leaning.OPEN),
    ],
)
def test_which_way_a_whole_answer_leans(stances: tuple[Stance | None, ...], leaning: Leaning) -> None:
    """Not now and not at all speak against the procedure; another way on takes no side on it."""
    assert {LEANS.get(stance, Leaning.OPEN) for stance in stances} == {leaning}


@pytest.mark.parametrize("asked", [IsRecent, HasInfection])
def test_what_is_not_known_leans_no_way(asked: type[Rule]) -> None:
    assert lean(asked, Outcome.UNKNOWN) is Leaning.OPEN


def test_a_whole_answer_without_a_criterion_behind_it_takes_no_side() -> None:
    hearing = hearing_of(CLEAR_CANDIDATE)
    pro, contra = (bodies()[name].position(hearing, Procedure.VERTEBROPLASTY) for name in ("ros", "cirse"))
    contra = replace(contra, stance=Stance.NOT_RECOMMENDED)
    for verdicts, topics_found in ((pro.verdicts, ["whole"]), ((), [])):
        sides = (pro, replace(contra, verdicts=verdicts))
        found = conflicts_between(hearing, Procedure.VERTEBROPLASTY, sides)
        assert [conflict.topic for conflict in found] == topics_found


@pytest.mark.parametrize(("stance", "heard"), [(Stance.NOT_RECOMMENDED, True), (Stance.OUT_OF_SCOPE, False)])
def test_a_review_is_heard_only_where_the_patient_is_its_subject(stance: Stance, heard: bool) -> None:
    hearing = hearing_of(CLEAR_CANDIDATE)
    pro, contra = (bodies()[name].position(hearing, Procedure.VERTEBROPLASTY) for name in ("sir", "cochrane"))
    found = conflicts_between(hearing, Procedure.VERTEBROPLASTY, (pro, replace(contra, stance=stance)))
    assert ("benefit" in {conflict.topic for conflict in found}) is heard
