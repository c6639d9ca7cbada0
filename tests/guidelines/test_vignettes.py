"""The published acceptance cases: the stance, and what each body says, for all twenty patients."""

from datetime import date
from pathlib import Path
from typing import Any

import pytest
from vignettes import facts_of_patient, values_of, vignettes

from vertebro.guidelines.decision import decide
from vertebro.guidelines.facts_of import facts_of
from vertebro.guidelines.verdict import Decision, Stance
from vertebro.patient.case import Case
from vertebro.patient.record import ClinicalRecord
from vertebro.vocabulary.known import Unknown
from vertebro.vocabulary.levels import Level

STANCES = {
    "V01": Stance.CONSIDER,
    "V02": Stance.WAIT,
    "V03": Stance.DISCUSS,
    "V04": Stance.NOT_RECOMMENDED,
    "V05": Stance.DISCUSS,
    "V07": Stance.CONSIDER,
    "V08": Stance.CONTRAINDICATED,
    "V09": Stance.REFER_URGENTLY,
    "V11": Stance.CORRECT_FIRST,
    "V12": Stance.DISCUSS,
    "V13": Stance.OUT_OF_SCOPE,
    "V14": Stance.DISCUSS,
    "V15": Stance.CONTRAINDICATED,
    "V17": Stance.NOT_RECOMMENDED,
    "V19": Stance.DISCUSS,
    "V21": Stance.DISCUSS,  # "surgical opinion": the meeting with a spinal surgeon
    "V23": Stance.NOT_RECOMMENDED,
    "V24": Stance.CONTRAINDICATED,
    "V26": Stance.NOT_ENOUGH_INFORMATION,
    "V28": Stance.OUT_OF_SCOPE,
}
"""The engine column in the words of the house."""

IN_THE_ENGINE_COLUMN = {
    Stance.CONSIDER: ("CONSIDER",),
    Stance.WAIT: ("WAIT",),
    Stance.DISCUSS: ("DISCUSS", "CONSIDER IN MDT", "SURGICAL OPINION"),
    Stance.NOT_RECOMMENDED: ("NOT RECOMMENDED",),
    Stance.CONTRAINDICATED: ("CONTRAINDICATED",),
    Stance.REFER_URGENTLY: ("URGENT SURGICAL REFERRAL",),
    Stance.CORRECT_FIRST: ("CORRECT FIRST",),
    Stance.OUT_OF_SCOPE: ("OUT OF",),
    Stance.NOT_ENOUGH_INFORMATION: ("NOT ENOUGH INFORMATION",),
}

ROS = {
    "may be considered": Stance.CONSIDER,
    "not usually (pain not severe)": Stance.NOT_RECOMMENDED,
    "not usually (healed/other pain)": Stance.NOT_RECOMMENDED,
    "wait (<6-8 wk)": Stance.WAIT,
    "out of scope": Stance.OUT_OF_SCOPE,
    "cannot tell": Stance.NOT_ENOUGH_INFORMATION,
}
NICE_CRITERIA = {
    "not severe-ongoing": "severe ongoing pain",
    "not recent*": "recent fracture",
    "not shown unhealed": "unhealed fracture",
    "level not confirmed": "pain confirmed at the level of the fracture",
}


@pytest.fixture(scope="module")
def cases(shared_data: Path) -> dict[str, dict[str, Any]]:
    return {case["id"]: case for case in vignettes(shared_data.parent / "knowledge")}


def decided(case: dict[str, Any]) -> tuple[Decision, ...]:
    return decide(facts_of_patient(case["patient"]), Level.parse(case["patient"]["levels"][0]))


@pytest.mark.parametrize("name", STANCES)
def test_the_stance_is_that_of_the_engine_column(name: str, cases: dict[str, dict[str, Any]]) -> None:
    assert cases[name]["engine"].startswith(IN_THE_ENGINE_COLUMN[STANCES[name]])
    for decision in decided(cases[name]):
        assert decision.stance is STANCES[name], decision.headline


def test_every_published_case_is_tested(cases: dict[str, dict[str, Any]]) -> None:
    assert set(cases) == set(STANCES)


@pytest.mark.parametrize("name", STANCES)
def test_the_royal_osteoporosis_society_says_what_its_column_says(
    name: str, cases: dict[str, dict[str, Any]]
) -> None:
    column = cases[name]["ros"].removesuffix("†").strip()
    for decision in decided(cases[name]):
        (ros,) = (position for position in decision.positions if position.body == "ros")
        assert ros.stance is ROS[column]
        if "not severe" in column:
            assert "severe" in ros.sentence
        if "healed" in column:
            assert "unhealed" in ros.sentence


@pytest.mark.parametrize("name", STANCES)
def test_nice_says_what_its_column_says(name: str, cases: dict[str, dict[str, Any]]) -> None:
    column = cases[name]["nice"].removesuffix("†").strip()
    for decision in decided(cases[name]):
        (nice,) = (position for position in decision.positions if position.body == "nice")
        if column.startswith("not met: "):
            named = "; ".join(NICE_CRITERIA[c] for c in column.removeprefix("not met: ").split(", "))
            assert nice.stance is Stance.NOT_RECOMMENDED
            assert nice.sentence.startswith(f"Not met: {named}.")
        else:
            expected = {"option": Stance.CONSIDER, "cannot tell": Stance.NOT_ENOUGH_INFORMATION}
            assert nice.stance is expected.get(column, Stance.OUT_OF_SCOPE)


@pytest.mark.parametrize("name", STANCES)
def test_a_record_with_the_same_words_gives_the_same_answer(
    name: str, cases: dict[str, dict[str, Any]]
) -> None:
    """Through the door people use: record, case, facts."""
    day = date(2026, 11, 22)
    patient = cases[name]["patient"]
    record = ClinicalRecord.of(day, **values_of(patient))
    case = Case(name, day, record, Level.parse(patient["levels"][0]), Unknown("no CT"), Unknown("no mask"))
    facts = facts_of(case, Unknown("no images"))
    assert [d.stance for d in decide(facts, case.level)] == [STANCES[name]] * 2
