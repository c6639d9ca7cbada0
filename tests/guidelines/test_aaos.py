"""AAOS: for whom it speaks, calcitonin and the root block on both sides, and the column of the cases."""

from pathlib import Path
from typing import Any

import pytest
from saying import BKP, PVP, between, hearing_of, published, said, said_of

from vertebro.guidelines.aaos.rules import IsForCalcitonin, IsForRootBlock, v
from vertebro.guidelines.rule import MET
from vertebro.guidelines.verdict import Leaning, Stance
from vertebro.vocabulary.levels import Level

INTACT: dict[str, Any] = {
    "osteoporosis": True,
    "malignancy": "none",
    "trauma": "low_energy",
    "neuro_grade": "N0",
    "exam_matches_level": True,
}


def test_against_vertebroplasty_and_an_option_of_kyphoplasty() -> None:
    assert said("aaos", {}, PVP).stance is Stance.NOT_RECOMMENDED
    assert said("aaos", {}, BKP).stance is Stance.CONSIDER
    assert said("aaos", {}, PVP).rating == "against (strong)"
    assert said("aaos", {}, BKP).rating == "option (weak)"


@pytest.mark.parametrize("changed", [{"neuro_grade": "N2"}, {"exam_matches_level": False}], ids=str)
def test_for_others_it_recommends_nothing(changed: dict[str, Any]) -> None:
    for procedure in (PVP, BKP):
        assert said("aaos", changed, procedure).stance is None
    assert said("aaos", changed, BKP).rating == "no recommendation"
    assert said("aaos", changed, PVP).rating.startswith("against (strong)")


@pytest.mark.parametrize("name", ["neuro_grade", "exam_matches_level", "osteoporosis"])
def test_without_a_fact_it_cannot_tell(name: str) -> None:
    for procedure in (PVP, BKP):
        assert said("aaos", {name: None}, procedure).stance is Stance.NOT_ENOUGH_INFORMATION


def test_a_fracture_that_is_not_osteoporotic_is_out_of_scope_for_both() -> None:
    for procedure in (PVP, BKP):
        found = said("aaos", {"malignancy": "suspected"}, procedure)
        assert found.stance is Stance.OUT_OF_SCOPE and "osteoporotic fractures only" in found.rating


@pytest.mark.parametrize(("days", "suggested"), [(0, True), (5, True), (6, False)])
def test_calcitonin_is_for_the_first_days(days: int, suggested: bool) -> None:
    assert v.acute_until.number == 5
    values = INTACT | {"weeks_since_fracture": days / 7}
    assert (hearing_of(values).outcomes[IsForCalcitonin] is MET) is suggested
    for procedure in (PVP, BKP):
        sentence = said("aaos", {"weeks_since_fracture": days / 7}, procedure).sentence
        assert ("calcitonin for 4 weeks" in sentence) is suggested


@pytest.mark.parametrize("level", [Level.L2, Level.L3, Level.L4, Level.L5])
def test_the_root_block_is_for_two_levels(level: Level) -> None:
    outcome = hearing_of(INTACT, level).outcomes[IsForRootBlock]
    assert (outcome is MET) is (level in (Level.L3, Level.L4))


def test_it_is_set_against_those_who_see_a_benefit_only_on_vertebroplasty() -> None:
    (conflict,) = (c for c in between(("acr", "aaos"), {}, PVP) if c.topic == "benefit")
    assert {(s.body, s.leaning) for s in conflict.sides} == {
        ("acr", Leaning.FOR),
        ("aaos", Leaning.AGAINST),
    }
    assert "benefit" not in {c.topic for c in between(("acr", "aaos"), {}, BKP)}
    assert "benefit" not in {c.topic for c in between(("acr", "aaos"), {"neuro_grade": "N3"}, PVP)}


@pytest.mark.parametrize(
    "name", [f"V{n:02}" for n in (1, 2, 3, 4, 5, 7, 8, 9, 11, 12, 13, 14, 15, 17, 19, 21, 23, 24, 26, 28)]
)
def test_the_academy_says_what_its_column_says(name: str, shared_data: Path) -> None:
    case = published(shared_data)[name]
    vertebroplasty, kyphoplasty = (part.split(": ", 1)[1] for part in case["aaos"].split("; "))
    assert said_of("aaos", case, PVP).rating.startswith(vertebroplasty)
    assert said_of("aaos", case, BKP).rating.startswith(kyphoplasty)
