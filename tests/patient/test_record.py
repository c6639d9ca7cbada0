"""A record holds facts that can be true together; what is not written is Unknown, never a default."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vertebro.errors import BadRecord
from vertebro.patient.record import NOT_WRITTEN, ClinicalRecord
from vertebro.vocabulary.facts import facts
from vertebro.vocabulary.known import Known, Unknown
from vertebro.vocabulary.levels import Level

DAY = date(2024, 5, 2)


def test_what_is_not_written_is_unknown() -> None:
    record = ClinicalRecord.of(DAY)
    entries = dict(record)
    assert set(entries) == {n for n, f in facts().items() if f.origin == "record"}
    assert all(entry == Unknown(NOT_WRITTEN) for entry in entries.values())
    assert record.value("pain_nrs") is None


def test_values_keep_their_source_and_day() -> None:
    record = ClinicalRecord.of(DAY, "ward round", pain_nrs=8, tender_levels=["T12", "l1"])
    assert record["pain_nrs"] == Known(8, "ward round", DAY)
    assert record.value("tender_levels") == (Level.T12, Level.L1)


@pytest.mark.parametrize(
    ("facts_given", "said"),
    [
        ({"sex": "male", "pregnant": True}, "male and pregnant"),
        ({"myeloma": True, "malignancy": "none"}, "myeloma is known and that no tumour"),
        ({"allergies": ["none", "latex"]}, "allergies: none, and latex"),
        ({"mri": "oedema", "mri_impossible_reason": "other"}, "MRI is impossible"),
        ({"mri_oedema_fraction": 20, "mri_impossible_reason": "other"}, "MRI is impossible"),
        ({"mri": "oedema", "mri_oedema_fraction": 0}, "MRI showed oedema and oedema in 0"),
        ({"mri": "no_oedema", "mri_oedema_fraction": 1}, "MRI showed no oedema and oedema in 1"),
        ({"examined": False, "exam_matches_level": False}, "not examined and what"),
        ({"examined": False, "tender_levels": []}, "not examined and what"),
        ({"posterior_wall": "intact", "canal_narrowing_pct": 20}, "posterior wall is intact"),
        ({"anticoagulant": "none", "anticoagulant_held": True}, "blood thinner"),
        ({"anticoagulant": ["none", "warfarin"]}, "blood thinners: none, and warfarin"),
        ({"trauma": "none", "osteoporosis": False, "malignancy": "none"}, "without injury"),
        ({"fracture_date": date(2024, 3, 1), "weeks_since_fracture": 2}, "but weeks_since_fracture is 2"),
        ({"fracture_date": date(2024, 5, 3)}, "after the day of the record"),
        (
            {"fracture_date": date(2024, 3, 2), "conservative_since": date(2024, 3, 1)},
            r"conservative_since is 2024-03-01, before fracture_date \(2024-03-02\)",
        ),
        (
            {
                "osteoporosis_drug_start": date(2023, 1, 2),
                "osteoporosis_drug_last_dose": date(2023, 1, 1),
            },
            "osteoporosis_drug_last_dose is 2023-01-01, before osteoporosis_drug_start",
        ),
        ({"pain_less_at_rest": True, "pain_nrs_rest": 6, "pain_nrs_movement": 5}, "pain is less at rest"),
        ({"midline_tenderness": False, "tender_levels": ["L1"]}, "no spinous process is tender"),
        ({"height_loss_progressing": False, "height_loss_progression_pct": 1}, "no further height was lost"),
    ],
)
def test_facts_that_cannot_be_true_together_are_refused(facts_given: dict[str, Any], said: str) -> None:
    with pytest.raises(BadRecord, match=said):
        ClinicalRecord.of(DAY, **facts_given)


@pytest.mark.parametrize(
    "facts_given",
    [
        {"sex": "female", "pregnant": True},
        {"myeloma": True, "malignancy": "known"},
        {"myeloma": False, "malignancy": "none"},
        {"sex": "male", "pregnant": False},
        {"allergies": ["none"]},
        {"posterior_wall": "retropulsed", "canal_narrowing_pct": 20},
        {"posterior_wall": "intact", "canal_narrowing_pct": 0},
        {"mri": "oedema", "mri_oedema_fraction": 1},
        {"mri": "no_oedema", "mri_oedema_fraction": 0},
        {"examined": True, "exam_matches_level": True},
        {"examined": False},
        {"fracture_date": date(2024, 4, 18), "weeks_since_fracture": 2},
        {"fracture_date": DAY},
        {"fracture_date": DAY, "conservative_since": DAY},
        {"pain_less_at_rest": True, "pain_nrs_rest": 5, "pain_nrs_movement": 5},
        {"midline_tenderness": False, "tender_levels": []},
        {"height_loss_progressing": False, "height_loss_progression_pct": 0},
        {"trauma": "none", "osteoporosis": False},
    ],
)
def test_facts_that_can_be_true_together_are_taken(facts_given: dict[str, Any]) -> None:
    assert ClinicalRecord.of(DAY, **facts_given).on == DAY


def test_several_blood_thinners_are_a_list_and_a_single_one_needs_none() -> None:
    assert ClinicalRecord.of(DAY, anticoagulant="warfarin").value("anticoagulant") == ("warfarin",)
    both = ClinicalRecord.of(DAY, anticoagulant=["warfarin", "aspirin"]).value("anticoagulant")
    assert both == ("warfarin", "aspirin")


def test_what_vertebro_works_out_itself_is_not_recorded() -> None:
    with pytest.raises(BadRecord, match="worked out by vertebro"):
        ClinicalRecord.of(DAY, fracture_unhealed=True)


def test_a_misspelt_fact_gets_the_nearest_name() -> None:
    with pytest.raises(BadRecord, match="Did you mean 'pain_nrs'"):
        ClinicalRecord.of(DAY, pain_nr=8)


def test_an_unknown_keeps_its_reason() -> None:
    assert ClinicalRecord(DAY, {"mri": Unknown("booked")})["mri"] == Unknown("booked")


@given(st.sampled_from([f for f in facts().values() if f.origin == "record"]), st.data())
def test_numbers_in_range_are_taken_and_others_refused(asked: Any, data: st.DataObject) -> None:
    if asked.kind not in ("number", "integer"):
        return
    number = data.draw(st.integers(-1000, 4000))
    if asked.low <= number <= asked.high:
        assert ClinicalRecord.of(DAY, **{asked.name: number}).value(asked.name) == number
    else:
        with pytest.raises(BadRecord):
            ClinicalRecord.of(DAY, **{asked.name: number})
