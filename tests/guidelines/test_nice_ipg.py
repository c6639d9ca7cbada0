"""IPG12 and IPG166: each arrangement, what is asked for one procedure only, and the wording on metastases."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from saying import BKP, PVP, said

from vertebro.guidelines.body import bodies
from vertebro.guidelines.nice_ipg.rules import CRITERIA
from vertebro.guidelines.verdict import Procedure, Stance

ARRANGED: dict[str, Any] = {
    "mdt_discussed": True,
    "mdt_has_radiologist": True,
    "mdt_has_spinal_surgeon": True,
    "spinal_surgery_access": True,
    "operator_trained": True,
    "cement_as_instructed": True,
    "consent_arranged": True,
    "results_audited": True,
    "good_imaging_facilities": True,
}
METASTASIS: dict[str, Any] = ARRANGED | {
    "malignancy": "known",
    "mdt_has_oncologist": True,
    "canal_narrowing_pct": 0.0,
    "pain_on_movement": True,
    "height_loss_pct": 10.0,
}


@pytest.mark.parametrize("procedure", Procedure)
def test_supported_with_every_arrangement(procedure: Procedure) -> None:
    found = said("nice_ipg", ARRANGED, procedure)
    assert found.stance is Stance.CONSIDER
    assert {verdict.rule for verdict in found.verdicts} == {
        rule.name() for rule in CRITERIA if procedure in rule.procedures
    }


@pytest.mark.parametrize("name", sorted(set(ARRANGED) - {"good_imaging_facilities"}))
@pytest.mark.parametrize("procedure", Procedure)
def test_each_arrangement_counts_for_both_procedures(name: str, procedure: Procedure) -> None:
    refused = said("nice_ipg", ARRANGED | {name: False}, procedure)
    assert refused.stance is Stance.NOT_RECOMMENDED and refused.rating.startswith("not met: ")
    unknown = said("nice_ipg", ARRANGED | {name: None}, procedure)
    assert unknown.stance is Stance.NOT_ENOUGH_INFORMATION


def test_good_images_are_asked_for_kyphoplasty_only() -> None:
    for value in (False, None):
        without = ARRANGED | {"good_imaging_facilities": value}
        assert said("nice_ipg", without, PVP).stance is Stance.CONSIDER
        assert said("nice_ipg", without, BKP).stance is not Stance.CONSIDER


def test_pain_that_resists_treatment_is_asked_for_vertebroplasty_only() -> None:
    for value in (False, None):
        without = ARRANGED | {"optimal_pain_management": value}
        assert said("nice_ipg", without, BKP).stance is Stance.CONSIDER
        assert said("nice_ipg", without, PVP).stance is not Stance.CONSIDER


def test_without_a_word_on_tumour_it_does_not_support_anything() -> None:
    assert said("nice_ipg", ARRANGED | {"malignancy": None}).stance is Stance.NOT_ENOUGH_INFORMATION


def test_a_suspected_tumour_is_found_out_about_first() -> None:
    found = said("nice_ipg", ARRANGED | {"malignancy": "suspected"})
    assert found.stance is Stance.OUT_OF_SCOPE and "suspected" in found.sentence


def test_the_wording_on_metastases_needs_all_of_it_and_says_that_it_was_replaced() -> None:
    found = said("nice_ipg", METASTASIS)
    assert found.stance is Stance.DISCUSS
    assert "NG234 has replaced CG75" in found.sentence and "oncologist" in found.sentence


@pytest.mark.parametrize(
    "changed",
    [
        {"neuro_grade": "N1"},
        {"neuro_grade": "N3"},
        {"canal_narrowing_pct": 1.0},
        {"spinal_instability": "tension_band_failure"},
        {"pain_on_movement": False},
        {"optimal_pain_management": False},
        {"mdt_has_oncologist": False},
        {"mdt_has_radiologist": False},
        {"mdt_has_spinal_surgeon": False},
        {"spinal_surgery_access": False},
    ],
    ids=str,
)
def test_each_part_of_the_wording_on_metastases_counts(changed: dict[str, Any]) -> None:
    assert said("nice_ipg", METASTASIS | changed).stance is Stance.NOT_RECOMMENDED
    (name,) = changed
    assert said("nice_ipg", METASTASIS | {name: None}).stance is Stance.NOT_ENOUGH_INFORMATION


def test_what_is_open_in_the_wording_on_metastases_is_named() -> None:
    found = said("nice_ipg", METASTASIS | {"mdt_has_oncologist": None})
    assert "not known yet: oncologist in the team." in found.sentence


@pytest.mark.parametrize(("loss", "stance"), [(19.9, Stance.NOT_RECOMMENDED), (20.0, Stance.DISCUSS)])
def test_collapse_stands_for_resistant_pain_from_our_reading_on(loss: float, stance: Stance) -> None:
    without_pain = METASTASIS | {"pain_on_movement": False, "height_loss_pct": loss}
    assert said("nice_ipg", without_pain).stance is stance


def test_the_safety_notices_on_cement_are_always_said() -> None:
    assert any("MDA/2003/021" in s and "MDA/2007/088" in s for s in bodies()["nice_ipg"].always)


@given(known=st.sets(st.sampled_from(sorted(ARRANGED))))
def test_no_procedure_is_supported_while_something_it_needs_is_unknown(known: set[str]) -> None:
    needed = {PVP: set(ARRANGED) - {"good_imaging_facilities"}, BKP: set(ARRANGED)}
    for procedure, needs in needed.items():
        found = said("nice_ipg", dict.fromkeys(known, True), procedure)
        assert (found.stance is Stance.CONSIDER) == (needs <= known)
