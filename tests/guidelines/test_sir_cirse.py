"""SIR: a day of painkillers, when the procedures are offered; CIRSE: nothing but its abstract."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from saying import between, hearing_of, said

from vertebro.guidelines.body import bodies
from vertebro.guidelines.rule import MET, rules
from vertebro.guidelines.sir.rules import HasFailedMedicalTherapy
from vertebro.guidelines.verdict import Procedure, Stance
from vertebro.vocabulary.library import all_cited_values

NOT_YET: dict[str, Any] = {
    "optimal_pain_management": False,
    "adl_severely_limited": False,
    "analgesia_hours": 24.0,
    "physiotherapy_tolerated": True,
}


@pytest.mark.parametrize(
    ("changed", "stance"),
    [
        ({}, Stance.NOT_RECOMMENDED),
        ({"optimal_pain_management": True}, Stance.CONSIDER),
        ({"adl_severely_limited": True}, Stance.CONSIDER),
        ({"mobilises_on_analgesia": False}, Stance.CONSIDER),
        ({"physiotherapy_tolerated": False}, Stance.CONSIDER),
        ({"mobilises_on_analgesia": False, "analgesia_hours": 23.9}, Stance.NOT_RECOMMENDED),
        ({"physiotherapy_tolerated": False, "analgesia_hours": 23.9}, Stance.NOT_RECOMMENDED),
        ({"mobilises_on_analgesia": False, "analgesia_hours": None}, Stance.NOT_ENOUGH_INFORMATION),
        ({"adl_severely_limited": None}, Stance.NOT_ENOUGH_INFORMATION),
        ({"adl_severely_limited": True, "pain_nrs": 0}, Stance.NOT_RECOMMENDED),
        ({"adl_severely_limited": True, "exam_matches_level": False}, Stance.NOT_RECOMMENDED),
        ({"adl_severely_limited": True, "malignancy": "suspected"}, Stance.OUT_OF_SCOPE),
        ({"adl_severely_limited": True, "malignancy": "known"}, Stance.CONSIDER),
        ({"adl_severely_limited": True, "trauma": "high_energy"}, Stance.OUT_OF_SCOPE),
        ({"adl_severely_limited": True, "osteoporosis": None}, Stance.NOT_ENOUGH_INFORMATION),
    ],
    ids=str,
)
def test_when_the_procedures_are_offered(changed: dict[str, Any], stance: Stance) -> None:
    for procedure in Procedure:
        assert said("sir", NOT_YET | changed, procedure).stance is stance


def test_what_is_not_met_is_named_and_nothing_else() -> None:
    assert said("sir", NOT_YET).rating == "not met: medical therapy failed or pain alters life"
    painless = said("sir", NOT_YET | {"adl_severely_limited": True, "pain_nrs": 0})
    assert painless.rating == "not met: symptoms from the fracture"


@given(hours=st.floats(0, 1000, allow_nan=False), walks=st.booleans(), bears=st.booleans())
def test_failure_needs_a_day_of_painkillers_and_one_of_two_situations(
    hours: float, walks: bool, bears: bool
) -> None:
    values = {"analgesia_hours": hours, "mobilises_on_analgesia": walks, "physiotherapy_tolerated": bears}
    failed = hearing_of(values).outcomes[HasFailedMedicalTherapy] is MET
    assert failed == (hours >= 24 and not (walks and bears))


def test_its_day_is_set_against_the_society_s_weeks_and_said_to_be_secondary() -> None:
    failed = {
        "weeks_since_fracture": 1.0,
        "analgesia_hours": 30.0,
        "mobilises_on_analgesia": False,
    }
    by_topic = {c.topic: c for c in between(("ros", "sir"), failed, Procedure.VERTEBROPLASTY)}
    (side,) = (s for s in by_topic["timing"].sides if s.body == "sir")
    assert "24 hours" in side.sentence and "secondary" in side.sentence


def test_what_was_not_verified_is_said_and_is_no_rule() -> None:
    assert "not verified" in said("sir", {}).sentence
    assert not any("SideEffect" in name for name in rules())


def test_cirse_has_no_rule_and_no_number_and_takes_no_side() -> None:
    assert not any(name.startswith("cirse.") for name in rules())
    assert not any(name.startswith("guidelines.cirse.") for name in all_cited_values())
    for procedure in Procedure:
        found = said("cirse", {}, procedure)
        assert found.stance is None and found.rating == "not verified" and found.verdicts == ()
        assert not any(sign.isdigit() for sign in found.sentence)
    assert bodies()["cirse"].criteria == ()
