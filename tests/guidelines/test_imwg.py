"""The myeloma consensus: its bands of pain on both sides of each limit, for myeloma only."""

from typing import Any

import pytest
from patients import LEVEL, but, facts_from

from vertebro.guidelines.body import position
from vertebro.guidelines.derive import with_derived
from vertebro.guidelines.imwg.rules import HasSeverePain, IsUnhealed, MayBeFromMyeloma, body
from vertebro.guidelines.verdict import Position, Procedure, Stance

TABLE_2 = {
    0: ("nothing said", None),
    1: ("watch", Stance.WAIT),
    3: ("watch", Stance.WAIT),
    4: ("systemic treatment first", Stance.WAIT),
    5: ("systemic treatment first", Stance.WAIT),
    6: ("immediate augmentation", Stance.CONSIDER),
    10: ("immediate augmentation", Stance.CONSIDER),
}


def said(procedure: Procedure = Procedure.KYPHOPLASTY, **changed: Any) -> Position:
    return position("imwg", with_derived(facts_from(but(**changed)), LEVEL), procedure)


@pytest.mark.parametrize("nrs", TABLE_2)
@pytest.mark.parametrize("procedure", Procedure)
def test_the_bands_of_pain_are_those_of_table_2(nrs: int, procedure: Procedure) -> None:
    answer = said(procedure, malignancy="known", myeloma=True, pain_nrs=nrs, weeks_since_fracture=5.0)
    assert (answer.rating, answer.stance) == TABLE_2[nrs]


def test_it_is_for_myeloma_only() -> None:
    assert said().stance is Stance.OUT_OF_SCOPE  # no tumour: nobody has to ask about myeloma
    assert said(malignancy="known", myeloma=False).stance is Stance.OUT_OF_SCOPE
    asks = said(malignancy="known")
    assert asks.stance is Stance.NOT_ENOUGH_INFORMATION and "myeloma" in asks.sentence
    no_pain = said(malignancy="known", myeloma=True, pain_nrs=None)
    assert no_pain.stance is Stance.NOT_ENOUGH_INFORMATION and "pain" in no_pain.sentence


def test_only_severe_pain_and_healing_lean() -> None:
    assert [rule for rule in body.criteria if rule.is_reason] == [HasSeverePain, IsUnhealed]
    assert not any(part.is_reason for part in MayBeFromMyeloma.parts)


@pytest.mark.parametrize(
    ("weeks", "rating"),
    [
        (6.0, "immediate augmentation"),
        (6.1, "an indication while unhealed"),
        (30.0, "an indication while unhealed"),
    ],
)
def test_cement_at_once_is_for_an_acute_fracture_only(weeks: float, rating: str) -> None:
    assert said(malignancy="known", myeloma=True, weeks_since_fracture=weeks).rating == rating


def test_severe_pain_past_the_acute_time_needs_an_unhealed_fracture() -> None:
    late: dict[str, Any] = {"malignancy": "known", "myeloma": True, "weeks_since_fracture": 30.0}
    healed = said(**late, mri="no_oedema", intravertebral_cleft="none")
    assert healed.stance is None and "selective chronic" in healed.sentence
    unclear = said(**late, mri=None)
    assert unclear.stance is Stance.NOT_ENOUGH_INFORMATION and "MRI" in unclear.sentence
    undated = said(malignancy="known", myeloma=True, weeks_since_fracture=None)
    assert undated.stance is Stance.NOT_ENOUGH_INFORMATION


def test_a_tumour_that_is_only_suspected_gets_no_answer() -> None:
    answer = said(malignancy="suspected", myeloma=True, pain_nrs=9, weeks_since_fracture=2.0)
    assert answer.stance is None and "only suspected" in answer.rating
