"""England: both sides of each number, 'usually', who and where, and the policy's column of the cases."""

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from saying import PVP, between, published, said, said_of

from vertebro.guidelines.verdict import Leaning, Procedure, Stance

ARRANGED = {
    "mdt_recommends": True,
    "spinal_surgery_access": True,
    "bone_health_measures": True,
    "results_audited": True,
}
EARLY = {"weeks_since_fracture": 4.0}
TERMS = {
    "VAS<7": "severe ongoing pain (score 7 or more)",
    ">6 wk ('usually')": "usually not more than 6 weeks after the fracture",
    "no acute fx on imaging": "acute unhealed fracture on imaging",
    "site mismatch": "fracture at the site of the pain",
}
"""The words of the column, and ours."""


@pytest.mark.parametrize("procedure", Procedure)
def test_commissioned_once_patient_and_place_meet_everything(procedure: Procedure) -> None:
    found = said("england", EARLY | ARRANGED, procedure)
    assert found.stance is Stance.CONSIDER and found.rating == "commissioned"


@pytest.mark.parametrize("name", sorted(ARRANGED))
def test_what_is_not_arranged_yet_is_named_and_what_is_refused_settles_it(name: str) -> None:
    open_still = said("england", EARLY | ARRANGED | {name: None})
    assert (
        open_still.stance is Stance.DISCUSS and open_still.rating == "commissioned if MDT and spinal access"
    )
    assert open_still.sentence.count("Not known yet") == 1
    refused = said("england", EARLY | ARRANGED | {name: False})
    assert refused.stance is Stance.NOT_RECOMMENDED and refused.rating.startswith("not met: ")


@pytest.mark.parametrize(
    ("changed", "stance"),
    [
        ({"pain_nrs": 7}, Stance.CONSIDER),
        ({"pain_nrs": 6}, Stance.NOT_RECOMMENDED),
        ({"weeks_since_fracture": 6.0}, Stance.CONSIDER),
        ({"weeks_since_fracture": 6.1}, Stance.NOT_RECOMMENDED),
        ({"age_years": 19, "pregnant": False}, Stance.CONSIDER),
        ({"age_years": 18, "pregnant": False}, Stance.OUT_OF_SCOPE),
        ({"osteoporosis": False}, Stance.OUT_OF_SCOPE),
        ({"pain_trend": "improving"}, Stance.NOT_RECOMMENDED),
        ({"mri": "no_oedema"}, Stance.NOT_RECOMMENDED),
        ({"exam_matches_level": False}, Stance.NOT_RECOMMENDED),
        ({"optimal_pain_management": False}, Stance.NOT_RECOMMENDED),
    ],
    ids=str,
)
def test_each_criterion_and_both_sides_of_each_number(changed: dict[str, Any], stance: Stance) -> None:
    assert said("england", EARLY | ARRANGED | changed).stance is stance


@pytest.mark.parametrize(
    "name", ["pain_nrs", "weeks_since_fracture", "mri", "exam_matches_level", "osteoporosis", "age_years"]
)
def test_without_a_fact_about_the_patient_it_cannot_tell(name: str) -> None:
    assert said("england", EARLY | ARRANGED | {name: None}).stance is Stance.NOT_ENOUGH_INFORMATION


def test_the_weeks_alone_do_not_answer_while_something_firm_is_unknown() -> None:
    late = {"weeks_since_fracture": 8.0} | ARRANGED
    assert said("england", late).rating.startswith("not met: usually")
    assert "leaves room" in said("england", late).sentence
    assert said("england", late | {"mri": None}).stance is Stance.NOT_ENOUGH_INFORMATION
    assert said("england", late | {"mri": None, "pain_nrs": 3}).stance is Stance.NOT_RECOMMENDED


@given(
    nrs=st.integers(0, 10),
    weeks=st.floats(0, 60, allow_nan=False),
    known=st.sets(st.sampled_from(sorted(ARRANGED))),
)
def test_it_is_never_commissioned_below_the_score_or_with_an_arrangement_unknown(
    nrs: int, weeks: float, known: set[str]
) -> None:
    arranged = dict.fromkeys(known, True)
    found = said("england", {"pain_nrs": nrs, "weeks_since_fracture": weeks} | arranged)
    meets = nrs >= 7 and weeks <= 6
    assert (found.rating == "commissioned") == (meets and len(known) == len(ARRANGED))
    assert (found.stance is Stance.DISCUSS) == (meets and len(known) < len(ARRANGED))


def test_its_weeks_and_the_society_s_healing_time_are_set_against_each_other() -> None:
    (conflict,) = between(("ros", "england"), {"weeks_since_fracture": 8.0}, PVP)
    leanings = {(side.body, side.leaning) for side in conflict.sides}
    assert conflict.topic == "timing"
    assert {("ros", Leaning.FOR), ("england", Leaning.AGAINST)} <= leanings
    assert any("2 to 12 weeks" in side.sentence for side in conflict.sides)


@pytest.mark.parametrize(
    "name", [f"V{n:02}" for n in (1, 2, 3, 4, 5, 7, 8, 9, 11, 12, 13, 14, 15, 17, 19, 21, 23, 24, 26, 28)]
)
def test_the_policy_says_what_its_column_says(name: str, shared_data: Path) -> None:
    case = published(shared_data)[name]
    column = case["hny"].removesuffix("†").strip()
    rating = said_of("england", case).rating
    if column.startswith("not met: "):
        terms = column.removeprefix("not met: ").split(", ")
        assert set(rating.removeprefix("not met: ").split(", ")) == {TERMS[term] for term in terms}
    elif column.startswith("commissioned"):
        assert rating == "commissioned if MDT and spinal access"
    else:
        assert rating == column


def test_a_cleft_without_oedema_is_unhealed_and_not_acute() -> None:
    cleft = said("england", EARLY | {"mri": "no_oedema", "intravertebral_cleft": "gas"})
    assert cleft.stance is Stance.NOT_RECOMMENDED and "acute unhealed fracture on imaging" in cleft.rating
    unseen = said("england", EARLY | {"mri": None, "intravertebral_cleft": "gas"})
    assert unseen.stance is Stance.NOT_ENOUGH_INFORMATION and "MRI" in unseen.sentence
