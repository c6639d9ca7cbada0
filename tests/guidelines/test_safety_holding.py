"""How long each blood thinner is held: the drug, the time, the source, and what a missing fact changes."""

import re
from typing import Any

import pytest
from patients import decided, facts_from

from vertebro.guidelines.safety.bleeding import BloodThinnerNotPaused
from vertebro.guidelines.safety.holding import holding_times, how_to_hold
from vertebro.guidelines.verdict import Stance
from vertebro.vocabulary.facts import fact

WORDS = BloodThinnerNotPaused.texts()
DRUGS = [drug for drug in fact("anticoagulant").choices if drug != "none"]


def held(*drugs: str, **more: Any) -> str:
    return how_to_hold(facts_from({"anticoagulant": drugs, **more}), WORDS)


@pytest.mark.parametrize(
    ("drug", "said"),
    [
        ("warfarin", ["5 days", "ACC, AHA", "check the INR again", "1.5 to 1.8"]),
        ("apixaban", ["2 days", "Douketis", "72 hours", "UpToDate", "2 to 3 days after"]),
        ("rivaroxaban", ["2 days", "Douketis", "72 hours", "UpToDate", "2 to 3 days after"]),
        ("edoxaban", ["2 days", "ACC, AHA", "start it again is not verified"]),
        (
            "dabigatran",
            ["4 days", "2 days", "up to 3 days", "Boehringer", "Ask for the creatinine clearance"],
        ),
        ("heparin", ["kind is not named", "48 hours", "24 hours", "Ask which"]),
        ("unfractionated_heparin", ["4 to 6 hours", "PAC6"]),
        ("enoxaparin_prophylactic", ["24 hours", "12 hours", "PAC6"]),
        ("enoxaparin_therapeutic", ["48 hours", "24 hours", "PAC6"]),
        ("fondaparinux", ["6 days", "48 hours", "PAC6"]),
        ("clopidogrel", ["5 days", "European Society", "5 to 7 days", "cardiologist", "24 hours"]),
        ("prasugrel", ["7 days", "European Society", "label", "7 to 10 days", "cardiologist"]),
        ("ticagrelor", ["5 days", "European Society", "3 to 5 days", "cardiologist"]),
        ("aspirin", ["3 days", "European Society", "4 days", "goes on in most surgery", "cardiologist"]),
        ("other", ["no time of holding it is verified", "local protocol"]),
    ],
)
def test_each_drug_is_answered_with_its_time_and_its_source(drug: str, said: list[str]) -> None:
    for part in said:
        assert part in held(drug), part


@pytest.mark.parametrize("drug", DRUGS)
def test_every_drug_is_named_and_says_that_the_local_protocol_counts(drug: str) -> None:
    sentence = held(drug)
    assert drug.split("_")[0] in sentence or (drug == "other" and "Another blood thinner" in sentence)
    assert "local protocol" in sentence and "{" not in sentence


@pytest.mark.parametrize(
    ("drug", "clearance", "said", "never"),
    [
        ("dabigatran", None, "hold it for 4 days", "is 50 mL/min or more, so"),
        ("dabigatran", 29.9, "ask a haematologist", "hold it for"),
        ("dabigatran", 30.0, "hold it for 4 days", "2 days ("),
        ("dabigatran", 49.9, "hold it for 4 days", "2 days ("),
        ("dabigatran", 50.0, "hold it for 2 days", "4 days"),
        ("enoxaparin_therapeutic", None, "hold it for 48 hours", "below 50"),
        ("enoxaparin_therapeutic", 20.0, "hold it for 48 hours", "24 hours"),
        ("enoxaparin_therapeutic", 49.9, "hold it for 48 hours", "24 hours"),
        ("enoxaparin_therapeutic", 50.0, "hold it for 24 hours", "48 hours"),
        ("enoxaparin_prophylactic", 49.9, "hold it for 24 hours", "12 hours"),
        ("enoxaparin_prophylactic", 50.0, "hold it for 12 hours", "24 hours"),
        ("fondaparinux", 49.9, "hold it for 6 days", "48 hours"),
        ("fondaparinux", 50.0, "hold it for 48 hours", "6 days"),
        ("heparin", 50.0, "hold it for 24 hours", "48 hours"),
    ],
)
def test_the_kidneys_decide_which_of_two_times(
    drug: str, clearance: float | None, said: str, never: str
) -> None:
    sentence = held(drug) if clearance is None else held(drug, crcl_ml_min=clearance)
    assert said in sentence and never not in sentence


@pytest.mark.parametrize("drug", [drug for drug in DRUGS if drug != "other"])
def test_every_drug_says_when_to_start_it_again_or_that_nobody_verified_it(drug: str) -> None:
    assert "Start again" in held(drug) or "start it again is not verified" in held(drug)


def test_where_a_fact_is_missing_the_longer_time_comes_first() -> None:
    for drug in ("dabigatran", "enoxaparin_prophylactic", "enoxaparin_therapeutic", "fondaparinux"):
        sentence = held(drug)
        assert "which is not recorded" in sentence
        hours = [int(n) * (24 if u == "days" else 1) for n, u in re.findall(r"(\d+) (days|hours)", sentence)]
        assert hours[0] == max(hours)


def test_a_patient_on_two_drugs_is_told_about_both() -> None:
    said = held("warfarin", "aspirin")
    assert "warfarin: hold it for 5 days" in said and "aspirin: it goes on" in said
    assert said.count("The Society of Interventional Radiology prints") == 1
    headline = decided(anticoagulant=["warfarin", "aspirin"], anticoagulant_held=False).headline
    assert said in headline and "warfarin, aspirin" in headline


def test_a_stent_brings_in_the_cardiologist_unless_there_is_none() -> None:
    assert "6 months" in held("clopidogrel", coronary_stent=True)
    assert "cardiologist" in held("clopidogrel")
    assert "cardiologist" not in held("clopidogrel", coronary_stent=False)
    assert "cardiologist" not in held("warfarin", coronary_stent=True)


def test_dabigatran_asks_for_the_clearance_even_when_it_is_paused() -> None:
    paused = {"anticoagulant": "dabigatran", "anticoagulant_held": True}
    unknown = decided(**paused)
    assert unknown.stance is Stance.NOT_ENOUGH_INFORMATION and unknown.ask_next == ("crcl_ml_min",)
    assert decided(**paused, crcl_ml_min=50.0).stance is Stance.CONSIDER
    slow = decided(**paused, crcl_ml_min=49.9)
    assert slow.stance is Stance.CONSIDER
    assert any("stays longer in the body" in reason for reason in slow.reasons_against)
    assert "crcl_ml_min" not in decided(anticoagulant="apixaban", anticoagulant_held=True).ask_next


def test_every_cited_time_is_said_somewhere() -> None:
    said = {name for key in WORDS.under("hold") for name in WORDS.placeholders(key)}
    for time in holding_times():
        assert {time.name, f"{time.name}_number"} & said, time.name
        assert time.unit in ("d", "h") and time.number > 0
        assert (
            f"{time.name}_by" in said or time.name.endswith(("_from", "_neuraxial_from")) or shared(time.name)
        )


def shared(name: str) -> bool:
    """True where the source stands beside the other end of the same range, or the other clearance."""
    return name.startswith(("hold_dabigatran", "hold_enoxaparin", "hold_fondaparinux"))


def test_nothing_is_said_where_no_drug_is_known_or_taken() -> None:
    assert how_to_hold({}, WORDS) == "" and held("none") == ""


def test_a_stent_nobody_asked_about_is_a_caution_and_slow_kidneys_are_asked_for() -> None:
    """A drug already paused: the stent changes no answer; the clearance does, for it sets the days."""
    paused = {"anticoagulant": ("clopidogrel",), "anticoagulant_held": True}
    assert decided(**paused).stance is Stance.CONSIDER
    assert any("cardiologist" in said for said in decided(**paused, coronary_stent=True).reasons_against)
    unknown = decided(anticoagulant=("dabigatran",), anticoagulant_held=True)
    assert unknown.stance is Stance.NOT_ENOUGH_INFORMATION and unknown.ask_next == ("crcl_ml_min",)
