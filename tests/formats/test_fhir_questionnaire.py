"""The questionnaire asks for every fact, and filled in at random it gives the record that YAML gives."""

from __future__ import annotations

import json
import tempfile
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
import yaml
from fhir.resources.R4B.questionnaire import Questionnaire
from fhir.resources.R4B.questionnaireresponse import QuestionnaireResponse
from fhir_bundles import (
    ATC,
    SCT,
    SUBJECT,
    TODAY,
    Resource,
    allergy,
    bundle,
    condition,
    medicine,
    observation,
    patient,
    written,
)
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from vertebro.errors import BadInput, BadRecord
from vertebro.formats.casefile import read_record_case
from vertebro.formats.fhir import fhir_questionnaire, read_fhir_case
from vertebro.formats.fhir.questionnaire import ANSWERS
from vertebro.guidelines.reading import Reading
from vertebro.patient.case import Case
from vertebro.vocabulary.facts import facts
from vertebro.vocabulary.known import Known, Unknown
from vertebro.vocabulary.levels import Level

ASKED = fhir_questionnaire()
ITEMS = {item["linkId"]: item for item in ASKED["item"]}


def test_the_questionnaire_is_fhir() -> None:
    Questionnaire.model_validate(ASKED)
    json.dumps(ASKED, allow_nan=False)


def test_every_recorded_fact_is_asked_once_in_plain_words() -> None:
    recorded = [f for f in facts().values() if f.origin == "record"]
    assert list(ITEMS) == ["fracture_level", *(f.name for f in recorded)]
    assert len(ITEMS) == len(ASKED["item"])
    for one in recorded:
        item = ITEMS[one.name]
        assert item["text"] == one.question and not item["required"]
        assert [o["valueCoding"]["code"] for o in item.get("answerOption", [])][: len(one.choices)] == list(
            one.choices
        )
        assert bool(item.get("repeats")) is (one.kind in ("choices", "levels"))


def limits(item: Resource) -> tuple[float, float]:
    found = {e["url"].rsplit("/", 1)[1]: e for e in item["extension"]}
    key = "valueInteger" if item["type"] == "integer" else "valueDecimal"
    return found["minValue"][key], found["maxValue"][key]


def test_numbers_carry_their_limits_units_and_codes() -> None:
    assert limits(ITEMS["pain_nrs"]) == (0, 10)
    assert ITEMS["pain_nrs"]["code"][0] == {
        "system": "http://loinc.org",
        "code": "72514-3",
        "display": "Pain severity 0-10 verbal numeric rating",
    }
    units = {
        name: e["valueCoding"]["code"]
        for name, item in ITEMS.items()
        for e in item.get("extension", [])
        if e["url"].endswith("questionnaire-unit")
    }
    assert units["platelets"] == "10*9/L" and units["crp"] == "mg/L" and "pain_nrs" not in units
    for name, item in ITEMS.items():
        if item["type"] in ("integer", "decimal"):
            assert limits(item) == (facts()[name].low, facts()[name].high)


def answers_to(item: Resource) -> st.SearchStrategy[list[Resource]]:
    """Any answers the questionnaire itself allows, knowing nothing else of the fact."""
    kind = item["type"]
    if kind == "boolean":
        one = st.booleans().map(lambda b: {"valueBoolean": b})
    elif kind == "integer":
        one = st.integers(*map(int, limits(item))).map(lambda n: {"valueInteger": n})
    elif kind == "decimal":
        low, high = limits(item)
        one = st.floats(low, high).map(lambda x: {"valueDecimal": min(max(round(x, 3), low), high)})
    elif kind == "date":
        day = st.dates(date(1990, 1, 1), TODAY)
        one = day.map(lambda d: {"valueDate": d.isoformat()})
    else:
        one = st.sampled_from(item["answerOption"])
    most = 3 if item.get("repeats") else 1
    return st.lists(one, min_size=1, max_size=most, unique_by=json.dumps)


FILLED = st.fixed_dictionaries({}, optional={name: answers_to(item) for name, item in ITEMS.items()})


def response(filled: dict[str, list[Resource]], **more: Any) -> Resource:
    return {
        "resourceType": "QuestionnaireResponse",
        "id": "r1",
        "status": "completed",
        "questionnaire": ASKED["url"],
        "subject": SUBJECT,
        "authored": f"{TODAY}T12:00:00Z",
        "item": [{"linkId": name, "answer": given} for name, given in filled.items()],
    } | more


def as_yaml(filled: dict[str, list[Resource]]) -> str:
    """The same answers as a person would write them in a record file."""

    def plain(answer: Resource) -> Any:
        value = next(iter(answer.values()))
        return value["code"] if isinstance(value, dict) else value

    record: dict[str, Any] = {"date": TODAY}
    for name, given_answers in filled.items():
        values = [plain(a) for a in given_answers]
        value = values if ITEMS[name].get("repeats") else values[0]
        value = date.fromisoformat(value) if ITEMS[name]["type"] == "date" else value
        record["level" if name == "fracture_level" else name] = value
    return yaml.safe_dump(record)


def result(read: Any, path: Path, *arguments: Any) -> tuple[Any, ...]:
    """The level and what is known, or the class of the refusal."""
    try:
        case: Case = read(path, *arguments)
    except BadInput as refusal:
        assert str(refusal)
        return ("refused",)
    level = case.level if isinstance(case.level, Level) else None
    return level, {name: e.value for name, e in case.record if isinstance(e, Known)}


@settings(
    max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large]
)
@given(FILLED)
def test_a_filled_questionnaire_gives_the_record_that_yaml_gives(filled: dict[str, list[Resource]]) -> None:
    if "fracture_date" in filled:  # the two that may contradict each other are compared below
        filled = {n: a for n, a in filled.items() if n != "weeks_since_fracture"}
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder)
        (place / "record.yaml").write_text(as_yaml(filled), encoding="utf-8")
        fhir = written(place, response(filled), "response.json")
        assert result(read_fhir_case, fhir, None, TODAY) == result(read_record_case, place / "record.yaml")


def read_response(folder: Path, filled: dict[str, list[Resource]], *others: Resource, **more: Any) -> Case:
    path = written(folder, bundle(patient(), response(filled, **more), *others))
    return read_fhir_case(path, on=TODAY)


def option(name: str, code: str) -> Resource:
    return next(o for o in ITEMS[name]["answerOption"] if o["valueCoding"]["code"] == code)


def test_a_response_is_fhir(tmp_path: Path) -> None:
    filled = {"pain_nrs": [{"valueInteger": 8}], "mri": [option("mri", "oedema")]}
    QuestionnaireResponse.model_validate(response(filled))
    case = read_response(tmp_path, filled)
    assert case.record["pain_nrs"] == Known(8, f"QuestionnaireResponse/r1, pain_nrs, {TODAY}", TODAY)
    assert case.record.value("mri") == "oedema"


def test_questions_may_be_nested_and_one_level_is_the_one(tmp_path: Path) -> None:
    inner = {"linkId": "pain_nrs", "answer": [{"valueInteger": 8}]}
    outer = {"linkId": "fracture_level", "answer": [option("fracture_level", "L2") | {"item": [inner]}]}
    case = read_response(tmp_path, {}, item=[{"linkId": "group", "item": [outer]}])
    assert case.level is Level.L2 and case.record.value("pain_nrs") == 8


def test_a_vertebra_may_be_named_by_its_code(tmp_path: Path) -> None:
    coded = {"valueCoding": {"system": "http://snomed.info/sct", "code": "23215003"}}
    case = read_response(tmp_path, {"fracture_level": [coded], "tender_levels": [coded]})
    assert case.level is Level.T12 and case.record.value("tender_levels") == (Level.T12,)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"status": "in-progress"}, "its status is in-progress"),
        ({"questionnaire": "http://example.org/other"}, "http://example.org/other"),
        ({"questionnaire": f"{ASKED['url']}|2"}, "another questionnaire"),
        ({"questionnaire": None}, "another questionnaire"),
        ({"authored": None}, "its day is not written in full"),
        ({"authored": "2024-05"}, "its day is not written in full"),
        ({"authored": "2024-05-09"}, "after the day of the record"),
        ({"modifierExtension": [{"url": "http://x"}]}, "an extension"),
    ],
)
def test_a_response_that_cannot_be_relied_on_is_listed(
    tmp_path: Path, change: dict[str, Any], words: str
) -> None:
    made = {
        n: v for n, v in (response({"pain_nrs": [{"valueInteger": 8}]}) | change).items() if v is not None
    }
    case = read_fhir_case(written(tmp_path, bundle(patient(), made)), on=TODAY)
    assert case.record.value("pain_nrs") is None
    assert any(words in note for note in case.notes)


def test_a_withdrawn_response_is_gone(tmp_path: Path) -> None:
    case = read_response(tmp_path, {"pain_nrs": [{"valueInteger": 8}]}, status="entered-in-error")
    assert case.record.value("pain_nrs") is None


@pytest.mark.parametrize(
    ("filled", "words"),
    [
        ({"pain_nrs": [{"valueInteger": 80}]}, "a whole number from 0 to 10"),
        (
            {"tender_levels": [{"valueCoding": {"system": ANSWERS, "code": "L99"}}]},
            "C1 to C7, T1 to T13, L1 to L6 or S1",
        ),
        ({"pain_nrs": [{"valueDecimal": 8}]}, "not answered as the questionnaire asks, by one integer"),
        ({"pain_nrs": [{"valueInteger": 8}, {"valueInteger": 9}]}, "has 2 answers"),
        ({"mri": [{"valueCoding": {"code": "oedema"}}]}, "MRI is not answered"),
        ({"fracture_date": [{"valueDate": "2024-02"}]}, "as the questionnaire asks, by one date"),
        (
            {"fracture_level": [{"valueCoding": {"system": "http://snomed.info/sct", "code": "1"}}]},
            "answered",
        ),
    ],
)
def test_an_answer_that_cannot_be_is_refused(
    tmp_path: Path, filled: dict[str, list[Resource]], words: str
) -> None:
    with pytest.raises(BadRecord) as caught:
        read_response(tmp_path, filled)
    assert words in str(caught.value) and "QuestionnaireResponse/r1" in str(caught.value)


def test_an_unknown_question_is_listed(tmp_path: Path) -> None:
    case = read_response(tmp_path, {"imaging_done": [{"valueBoolean": True}], "x": [{"valueInteger": 1}]})
    assert sum("there is no such question" in note for note in case.notes) == 2


def test_the_newest_answer_or_measurement_counts(tmp_path: Path) -> None:
    asked_earlier = {"authored": "2024-04-20"}
    newer = observation("72514-3", 4, "{score}", "2024-05-01")
    case = read_response(tmp_path, {"pain_nrs": [{"valueInteger": 8}]}, newer, **asked_earlier)
    assert case.record.value("pain_nrs") == 4


def test_an_answer_and_a_prescription_that_contradict_each_other_are_said(tmp_path: Path) -> None:
    none = {"anticoagulant": [option("anticoagulant", "none")]}
    case = read_response(tmp_path, none, medicine(ATC, "B01AA03"))
    entry = case.record["anticoagulant"]
    assert isinstance(entry, Unknown) and "contradictory" in entry.why and "warfarin" in entry.why
    near = read_response(tmp_path, none, medicine("x", "y", "Eliquis 5 mg"))
    assert isinstance(near.record["anticoagulant"], Unknown)


def test_a_prescription_is_added_to_the_answer(tmp_path: Path) -> None:
    aspirin = {"anticoagulant": [option("anticoagulant", "aspirin")]}
    case = read_response(tmp_path, aspirin, medicine(ATC, "B01AC04"))
    assert case.record.value("anticoagulant") == ("aspirin", "clopidogrel")


def test_an_answer_beside_an_allergy_that_cannot_be_read_is_not_complete(tmp_path: Path) -> None:
    """Latex was answered; the other allergy may be to the cement, so nothing is said about cement."""
    latex = {"allergies": [option("allergies", "latex")]}
    alone = read_response(tmp_path, latex).record["allergies"]
    assert type(alone) is Known and alone.value == ("latex",)
    beside = read_response(tmp_path, latex, allergy("1", "Methacrylate")).record["allergies"]
    assert isinstance(beside, Reading) and ("latex", "pmma") in beside.possible
    several = {"anticoagulant": [option("anticoagulant", "aspirin")]}
    added = read_response(tmp_path, several, medicine(ATC, "B01AC04")).record["anticoagulant"]
    assert isinstance(added, Reading) and ("aspirin", "clopidogrel", "warfarin") in added.possible
    old = read_response(tmp_path, latex, allergy("1", "Methacrylate"), authored="2023-01-01")
    assert isinstance(old.record["allergies"], Unknown)


def test_weeks_are_counted_on_to_the_day_of_the_record(tmp_path: Path) -> None:
    earlier = TODAY - timedelta(days=14)
    filled = {"weeks_since_fracture": [{"valueDecimal": 6}]}
    case = read_response(tmp_path, filled, authored=earlier.isoformat())
    assert case.record.value("weeks_since_fracture") == 8.0


def test_weeks_and_a_day_that_do_not_agree_are_both_left_open(tmp_path: Path) -> None:
    filled = {
        "weeks_since_fracture": [{"valueDecimal": 20}],
        "fracture_date": [{"valueDate": (TODAY - timedelta(weeks=4)).isoformat()}],
    }
    case = read_response(tmp_path, filled)
    for name in filled:
        entry = case.record[name]
        assert isinstance(entry, Unknown) and "contradictory" in entry.why


def test_weeks_and_a_day_one_week_apart_still_agree(tmp_path: Path) -> None:
    filled = {
        "weeks_since_fracture": [{"valueDecimal": 5}],
        "fracture_date": [{"valueDate": (TODAY - timedelta(weeks=4)).isoformat()}],
    }
    case = read_response(tmp_path, filled, authored=TODAY.isoformat())
    assert case.record.value("weeks_since_fracture") == 5.0 and case.record.value("fracture_date")


def test_an_age_that_fits_the_birth_date_is_no_contradiction(tmp_path: Path) -> None:
    filled = {"age_years": [{"valueInteger": 77}]}
    before_birthday = read_response(tmp_path, filled, authored="2024-03-03")
    assert before_birthday.record.value("age_years") == 78
    wrong = read_response(tmp_path, filled)
    assert isinstance(wrong.record["age_years"], Unknown)


@pytest.mark.parametrize(
    ("name", "answer", "days", "outcome"),
    [
        ("mri", option("mri", "no_oedema"), 28, "silent"),
        ("mri", option("mri", "no_oedema"), 29, "said"),
        ("mri", option("mri", "no_oedema"), 91, "past"),
        ("anticoagulant", option("anticoagulant", "none"), 29, "past"),
        ("malignancy", option("malignancy", "none"), 91, "past"),
        ("osteoporosis", {"valueBoolean": False}, 91, "past"),
        ("sex", option("sex", "female"), 4000, "silent"),
        ("fracture_date", {"valueDate": "2010-01-01"}, 4000, "silent"),
        ("bmi", {"valueDecimal": 25.0}, 4000, "said"),
    ],
)
def test_an_answer_speaks_for_today_only_for_so_long(
    tmp_path: Path, name: str, answer: Resource, days: int, outcome: str
) -> None:
    authored = (TODAY - timedelta(days=days)).isoformat()
    case = read_fhir_case(written(tmp_path, bundle(response({name: [answer]}, authored=authored))), on=TODAY)
    entry = case.record[name]
    if outcome == "past":
        assert isinstance(entry, Unknown) and f"{days} days" in entry.why
    else:
        assert isinstance(entry, Known)
        assert ("before the day of the record" in entry.source) is (outcome == "said")


def test_an_answer_of_the_past_gives_way_to_a_diagnosis_that_stands(tmp_path: Path) -> None:
    no = {"osteoporosis": [{"valueBoolean": False}]}
    old = read_response(tmp_path, no, condition(SCT, "64859006"), authored="2023-01-01")
    assert old.record.value("osteoporosis") is True
    assert any("osteoporosis was no" in note for note in old.notes)
    now = read_response(tmp_path, no, condition(SCT, "64859006"))
    entry = now.record["osteoporosis"]
    assert isinstance(entry, Unknown) and "contradictory" in entry.why


def test_a_level_that_was_answered_long_ago_is_asked_again(tmp_path: Path) -> None:
    filled = {"fracture_level": [option("fracture_level", "L2")]}
    old = read_response(tmp_path, filled, authored="2023-01-01")
    assert isinstance(old.level, Unknown) and any("too long ago" in note for note in old.notes)
    assert read_response(tmp_path, filled, authored="2024-03-01").level is Level.L2
