"""The myeloma consensus: its bands of pain on both sides of each limit, for myeloma only."""

from typing import Any

import pytest
from patients import LEVEL, but, facts_from

from vertebro.guidelines.body import position
from vertebro.guidelines.derive import with_derived
from vertebro.guidelines.imwg.rules import HasSeverePain, IsFromMyeloma, body
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
    answer = said(procedure, malignancy="known", myeloma=True, pain_nrs=nrs)
    assert (answer.rating, answer.stance) == TABLE_2[nrs]


def test_it_is_for_myeloma_only() -> None:
    assert said().stance is Stance.OUT_OF_SCOPE  # no tumour: nobody has to ask about myeloma
    assert said(malignancy="known", myeloma=False).stance is Stance.OUT_OF_SCOPE
    asks = said(malignancy="known")
    assert asks.stance is Stance.NOT_ENOUGH_INFORMATION and "myeloma" in asks.sentence
    no_pain = said(malignancy="known", myeloma=True, pain_nrs=None)
    assert no_pain.stance is Stance.NOT_ENOUGH_INFORMATION and "pain" in no_pain.sentence


def test_only_severe_pain_leans_on_how_bad_the_pain_has_to_be() -> None:
    assert [rule for rule in body.criteria if rule.is_reason] == [HasSeverePain]
    assert not any(part.is_reason for part in IsFromMyeloma.parts)
