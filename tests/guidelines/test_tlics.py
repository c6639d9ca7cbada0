"""TLICS: the printed points, the classes on both sides, and a sum that is settled before all is known."""

from itertools import product
from typing import Any

import pytest
from patients import LEVEL, but, decisions, facts_from

from vertebro.guidelines.body import position
from vertebro.guidelines.derive import with_derived
from vertebro.guidelines.reading import is_certain
from vertebro.guidelines.tlics.derived import tlics
from vertebro.guidelines.tlics.rules import ScoreIsOperative, body
from vertebro.guidelines.verdict import Position, Procedure, Stance

MORPHOLOGY = {"compression": 1, "burst": 2, "translation_or_rotation": 3, "distraction": 4}
LIGAMENTS = {"intact": 0, "suspected": 2, "injured": 3}
NERVES = {"N0": 0, "N1": 0, "N2": 2, "N3": 3, "N4": 2}


def said(**values: Any) -> Position:
    return position("tlics", with_derived(facts_from(values), LEVEL), Procedure.VERTEBROPLASTY)


@pytest.mark.parametrize(("kind", "bands", "nerves"), list(product(MORPHOLOGY, LIGAMENTS, NERVES)))
def test_the_points_add_up_as_printed_and_the_class_follows(kind: str, bands: str, nerves: str) -> None:
    injury = {"injury_morphology": kind, "posterior_ligaments": bands, "neuro_grade": nerves}
    worked = tlics(facts_from(injury))
    printed = MORPHOLOGY[kind] + LIGAMENTS[bands] + NERVES[nerves]
    assert worked is not None and worked.value == printed and is_certain(worked)
    rating = "operative" if printed >= 5 else "either" if printed == 4 else "not operative"
    assert said(**injury, trauma="high_energy").rating == rating


@pytest.mark.parametrize(("score", "rating"), [(3, "not operative"), (4, "either"), (5, "operative")])
def test_a_written_score_is_taken_as_it_is(score: int, rating: str) -> None:
    answer = said(tlics=score, trauma="high_energy")
    assert answer.rating == rating
    assert answer.stance is (Stance.REFER_URGENTLY if score == 5 else None)


def test_an_operative_score_is_known_before_every_part_is() -> None:
    burst = {"injury_morphology": "burst", "neuro_grade": "N3", "trauma": "high_energy"}
    worked = tlics(facts_from(burst))
    assert worked is not None and worked.possible == (5, 7, 8) and worked.missing == ("posterior_ligaments",)
    assert worked.value == 8  # what nobody looked at is not played down
    assert worked.used == ("injury_morphology", "neuro_grade") and "between 5 and 8" in worked.source
    answer = said(**burst)
    assert answer.rating == "operative" and "5 to 8" in " ".join(v.sentence for v in answer.verdicts)


def test_a_score_that_is_still_open_asks_for_what_is_missing() -> None:
    answer = said(injury_morphology="burst", neuro_grade="N0", trauma="high_energy")
    assert answer.stance is Stance.NOT_ENOUGH_INFORMATION and "posterior ligaments" in answer.sentence
    facts = with_derived(facts_from({"injury_morphology": "burst", "neuro_grade": "N0"}), LEVEL)
    assert ScoreIsOperative.missing(facts) == ("posterior_ligaments",)


def test_a_score_with_every_part_says_that_it_was_added_up() -> None:
    whole = {"injury_morphology": "burst", "posterior_ligaments": "intact", "neuro_grade": "N0"}
    worked = tlics(facts_from(whole))
    assert worked is not None and worked.used == tuple(whole) and worked.missing == ()
    assert "between" not in worked.source


def test_it_is_for_injuries_only_and_sends_an_operative_score_to_the_surgeon() -> None:
    assert said(trauma="low_energy").stance is Stance.OUT_OF_SCOPE
    assert tlics(facts_from({"neuro_grade": "N0", "posterior_ligaments": "intact"})) is None
    for score, stance in ((4, Stance.CONSIDER), (5, Stance.REFER_URGENTLY), (9, Stance.REFER_URGENTLY)):
        assert decisions(but(tlics=score))[Procedure.KYPHOPLASTY].stance is stance


def test_no_class_of_the_score_leans_for_or_against_cement() -> None:
    assert not any(rule.is_reason for rule in body.criteria)
