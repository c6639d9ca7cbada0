"""Facts come from FHIR by known codes alone: the newest counts, silence says nothing, nothing is dropped."""

from __future__ import annotations

import gzip
import json
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from fhir.resources.R4B.bundle import Bundle as R4Bundle
from fhir_bundles import (
    ATC,
    ICD10CM,
    LOINC,
    RXNORM,
    SCT,
    SUBJECT,
    TODAY,
    Resource,
    allergy,
    bundle,
    concept,
    condition,
    encounter,
    medicine,
    observation,
    patient,
    read,
    verified,
    written,
)

from vertebro.assess import assess
from vertebro.errors import BadInput, BadRecord
from vertebro.formats.document import document
from vertebro.formats.fhir import bundle as bundle_module
from vertebro.formats.fhir import is_fhir, read_fhir_case
from vertebro.patient.case import Case
from vertebro.vocabulary.known import Known, Unknown
from vertebro.vocabulary.levels import Level

L1_SITE = {"bodySite": [concept(SCT, "66794005")]}


def known(case: Case, name: str) -> Known[Any]:
    entry = case.record[name]
    assert isinstance(entry, Known), entry
    return entry


def why(case: Case, name: str) -> str:
    entry = case.record[name]
    assert isinstance(entry, Unknown), entry
    return entry.why


def found(case: Case) -> set[str]:
    return {name for name, entry in case.record if isinstance(entry, Known)}


# The real bundles, looked through by hand: (file, age, sex, facts that may be known and no others)
SYNTHEA = {
    "Gayla": (83, "female", {"bmi": 27.891809178923943, "anticoagulant": ("clopidogrel",)}),
    "Lonnie": (70, "male", {"bmi": 27.525139837471244}),
    "Sina": (83, "female", {"bmi": 27.85140353599654}),
}


@pytest.mark.parametrize("name", SYNTHEA)
def test_the_sample_bundles_are_read_without_inventing_anything(shared_data: Path, name: str) -> None:
    path = next((shared_data / "fhir_synthea").glob(f"{name}*.json.gz"))
    age, sex, own = SYNTHEA[name]
    case = read_fhir_case(path, on=date(2021, 3, 1))
    truth: dict[str, Any] = {"age_years": age, "sex": sex, "smoker": False, "osteoporosis": True} | own
    truth |= {"osteoporosis_drug": "antiresorptive"}  # alendronic acid, prescribed to all three
    assert {n: case.record.value(n) for n in found(case)} == truth
    assert isinstance(case.level, Unknown) and isinstance(case.ct, Unknown)
    assert "not a whole number, and nothing is rounded" in why(case, "pain_nrs")
    assert "after 180 days it is asked again" in why(case, "platelets")


def test_what_lies_near_in_the_sample_bundles_is_named(shared_data: Path) -> None:
    said = {}
    for name in SYNTHEA:
        path = next((shared_data / "fhir_synthea").glob(f"{name}*.json.gz"))
        said[name] = " ".join(read_fhir_case(path, on=date(2021, 3, 1)).notes)
    assert "does not say whether spine or hip" in said["Gayla"] and "does not say" in said["Sina"]
    assert "Fracture of forearm" in said["Lonnie"]  # the one of 2021; that of 1955 is resolved
    assert said["Lonnie"].count("Fracture of forearm") == 1
    assert "Naproxen" not in said["Lonnie"] and "Hypertension" not in said["Gayla"]


def test_a_sample_bundle_with_a_broken_vertebra_is_judged(shared_data: Path, tmp_path: Path) -> None:
    path = next((shared_data / "fhir_synthea").glob("Gayla*.json.gz"))
    content = json.loads(gzip.decompress(path.read_bytes()))
    subject = {"reference": content["entry"][0]["fullUrl"]}
    broken = condition(ICD10CM, "M80.08XA", subject=subject, onsetDateTime="2021-01-04", **L1_SITE)
    content["entry"].append({"resource": broken})
    case = read_fhir_case(written(tmp_path, content), on=date(2021, 3, 1))
    assert case.level is Level.L1 and known(case, "fracture_date").value == date(2021, 1, 4)
    stances = {d.stance.value for d in assess(case).decisions}
    assert stances == {"not enough information"}
    document(assess(case))  # the document's own schema takes what came from FHIR


def test_a_fact_keeps_where_it_comes_from(tmp_path: Path) -> None:
    inr = known(read(tmp_path, observation("6301-6", 1.1, "{INR}")), "inr")
    assert inr == Known(1.1, "Observation/o6301-6-2024-05-01-1.1, LOINC 6301-6, 2024-05-01", date(2024, 5, 1))


def test_packed_and_plain_files_read_alike(tmp_path: Path) -> None:
    content = json.dumps(bundle(patient(), observation("777-3", 220, "10*3/uL")))
    (tmp_path / "a.json.gz").write_bytes(gzip.compress(content.encode()))
    plain = read_fhir_case(written(tmp_path, content, "a.json"), on=TODAY)
    packed = read_fhir_case(tmp_path / "a.json.gz", on=TODAY)
    assert packed.record == plain.record and packed.id == plain.id == "a"
    assert is_fhir(Path("x.JSON")) and is_fhir(Path("x.json.gz")) and not is_fhir(Path("x.yaml"))


@pytest.mark.parametrize(
    ("code", "value", "unit", "name", "expected"),
    [
        ("777-3", 220, "10*3/uL", "platelets", 220.0),
        ("777-3", 220, "10*9/L", "platelets", 220.0),
        ("1988-5", 0.3, "mg/dL", "crp", 3.0),
        ("1988-5", 3, "mg/L", "crp", 3.0),
        ("1751-7", 38, "g/L", "albumin", 3.8),
        ("8310-5", 98.6, "[degF]", "temperature", 37.0),
        ("8310-5", 37, "Cel", "temperature", 37.0),
        ("72514-3", 8, "{score}", "pain_nrs", 8),
        ("6301-6", 1.5, "1", "inr", 1.5),
        ("80946-7", -1.62, "{T-score}", "tscore_hip", -1.62),
    ],
)
def test_units_are_taken_by_their_code_and_converted_exactly(
    tmp_path: Path, code: str, value: float, unit: str, name: str, expected: float
) -> None:
    fact = known(read(tmp_path, observation(code, value, unit)), name)
    assert fact.value == expected
    assert ("converted from" in fact.source) is (fact.value != value)


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        (observation("72514-3", 80, "mm"), "pain now (0 to 10) is given as 80 mm"),
        (observation("72514-3", 80, "{score}"), "a whole number from 0 to 10"),
        (observation("2160-0", 88, "umol/L"), "creatinine is given as 88 umol/L"),
        (observation("777-3", 220000, "10*9/L"), "a number from 0 to 2000"),
        (observation("6301-6", 1.1, "s"), "allowed: {INR} or 1"),
        (observation("39156-5", -3, "kg/m2"), "a number from 8 to 90"),
    ],
)
def test_a_value_that_cannot_be_is_refused_in_words(tmp_path: Path, wrong: Resource, words: str) -> None:
    with pytest.raises(BadRecord) as caught:
        read(tmp_path, wrong)
    said = str(caught.value)
    assert words in said and "Observation/" in said and "bundle.json" in said


def test_all_values_that_cannot_be_are_named_at_once(tmp_path: Path) -> None:
    with pytest.raises(BadRecord) as caught:
        read(tmp_path, observation("6301-6", 99, "1"), observation("777-3", 1, "g/L"))
    assert "INR is 99" in str(caught.value) and "platelets is given as 1 g/L" in str(caught.value)


def test_an_older_mistake_does_not_count(tmp_path: Path) -> None:
    case = read(tmp_path, observation("6301-6", 99, "1", "2024-04-01"), observation("6301-6", 1.1, "1"))
    assert known(case, "inr").value == 1.1


def test_a_mistake_of_the_past_does_not_stop_the_reading(tmp_path: Path) -> None:
    case = read(tmp_path, observation("777-3", 220, "K/uL", "2013-04-01"), observation("6301-6", 1.1, "1"))
    assert "220 K/uL" in why(case, "platelets") and case.record.value("inr") == 1.1


def test_a_bare_whole_number_is_a_score(tmp_path: Path) -> None:
    bare = observation("72514-3", 8, "1", valueInteger=8)
    del bare["valueQuantity"]
    assert known(read(tmp_path, bare), "pain_nrs").value == 8
    count = observation("777-3", 8, "1", valueInteger=220)
    del count["valueQuantity"]
    assert "UCUM" in why(read(tmp_path, count), "platelets")


def test_an_observation_with_a_near_name_is_said(tmp_path: Path) -> None:
    name = {"code": concept(LOINC, "38214-3", "Pain severity visual analog")}
    vas = observation("38214-3", 80, "mm") | name
    case = read(tmp_path, vas)
    assert any("Found but not read: Pain severity visual analog" in note for note in case.notes)
    assert case.record.value("pain_nrs") is None


def test_a_fracture_that_is_not_confirmed_gives_no_day(tmp_path: Path) -> None:
    case = read(tmp_path, condition(ICD10CM, "M48.56XA", **verified("provisional")))
    assert "not confirmed" in why(case, "fracture_date")


def test_a_value_inside_another_observation_is_said(tmp_path: Path) -> None:
    panel = observation("99999-9", 1, "1", component=[{"code": concept(LOINC, "6301-6", "INR")}])
    assert "stands inside another observation" in why(read(tmp_path, panel), "inr")


def test_the_newest_counts_to_the_moment(tmp_path: Path) -> None:
    morning = observation("6301-6", 2.6, "1", "2024-05-01T08:00:00+02:00")
    evening = observation("6301-6", 1.2, "1", "2024-05-01T18:00:00+02:00")
    older = observation("6301-6", 3.3, "1", "2024-04-30")
    for order in ([morning, evening, older], [older, evening, morning]):
        assert known(read(tmp_path, *order), "inr").value == 1.2


def test_two_values_of_one_day_that_differ_are_said_and_none_is_taken(tmp_path: Path) -> None:
    case = read(tmp_path, observation("6301-6", 2.6, "1"), observation("6301-6", 1.2, "1"))
    said = why(case, "inr")
    assert "contradictory" in said and "2.6" in said and "1.2" in said
    assert any(said in note for note in case.notes)
    same = read(tmp_path, observation("6301-6", 1.2, "1"), observation("6301-6", 1.2, "1", id="again"))
    assert known(same, "inr").value == 1.2


@pytest.mark.parametrize(
    ("code", "unit", "days", "outcome", "age"),
    [
        ("6301-6", "1", 30, "silent", "30 days"),
        ("6301-6", "1", 31, "said", "31 days"),
        ("6301-6", "1", 180, "said", "5 months"),
        ("6301-6", "1", 181, "past", "5 months"),
        ("72514-3", "{score}", 7, "silent", "7 days"),
        ("72514-3", "{score}", 8, "said", "8 days"),
        ("72514-3", "{score}", 29, "past", "29 days"),
        ("39156-5", "kg/m2", 365, "silent", "11 months"),
        ("39156-5", "kg/m2", 366, "said", "12 months"),
        ("39156-5", "kg/m2", 730, "said", "23 months"),
        ("39156-5", "kg/m2", 731, "said", "2 years"),
        ("39156-5", "kg/m2", 2285, "said", "6 years"),
    ],
)
def test_the_age_of_a_value_is_said_and_the_past_is_asked_again(
    tmp_path: Path, code: str, unit: str, days: int, outcome: str, age: str
) -> None:
    name = {"6301-6": "inr", "72514-3": "pain_nrs", "39156-5": "bmi"}[code]
    value = 20 if name == "bmi" else 2
    day = date.fromordinal(TODAY.toordinal() - days).isoformat()
    case = read(tmp_path, observation(code, value, unit, day))
    if outcome == "past":
        assert age in why(case, name)
    else:
        assert (age in known(case, name).source) is (outcome == "said")
        assert any(f"{age} old" in note for note in case.notes) is (outcome == "said")


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"status": "preliminary"}, "its status is preliminary"),
        ({"effectiveDateTime": "2024-05"}, "its day is not written in full"),
        ({"effectiveDateTime": "2024-05-03"}, "after the day of the record"),
        ({"effectiveDateTime": "2024-02-30"}, "its day is not written in full"),
        ({"modifierExtension": [{"url": "http://x"}]}, "an extension changes its meaning"),
        ({"implicitRules": "http://x"}, "an extension changes its meaning"),
        ({"valueQuantity": {"value": 1.1, "unit": "INR"}}, "not written as a UCUM code"),
        ({"valueQuantity": {"value": 1.1, "unit": "1", "code": "1", "system": "http://x"}}, "UCUM"),
        ({"valueQuantity": {"code": "1", "system": "http://unitsofmeasure.org"}}, "holds no number"),
        ({"valueQuantity": None, "valueString": "1.1"}, "holds no number"),
    ],
)
def test_what_cannot_be_relied_on_is_listed_and_not_taken(
    tmp_path: Path, change: dict[str, Any], words: str
) -> None:
    one = {k: v for k, v in (observation("6301-6", 1.1, "1") | change).items() if v is not None}
    case = read(tmp_path, one)
    assert words in why(case, "inr")
    assert any(words in note for note in case.notes)


def test_less_than_is_not_a_number(tmp_path: Path) -> None:
    quantity = {"value": 5, "comparator": "<", "system": "http://unitsofmeasure.org", "code": "mg/L"}
    case = read(tmp_path, observation("1988-5", 5, "mg/L", valueQuantity=quantity))
    assert "only < 5 was reported" in why(case, "crp")


@pytest.mark.parametrize("status", ["cancelled", "entered-in-error"])
def test_a_withdrawn_observation_leaves_the_older_one(tmp_path: Path, status: str) -> None:
    withdrawn = observation("6301-6", 9, "1", status=status)
    case = read(tmp_path, withdrawn, observation("6301-6", 1.1, "1", "2024-04-20"))
    assert known(case, "inr").value == 1.1 and not any(
        "Observation/o6301-6-2024-05-01" in n for n in case.notes
    )


def test_silence_is_never_a_fact(tmp_path: Path) -> None:
    case = read(tmp_path)
    assert found(case) == {"age_years", "sex"}


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({}, True),
        (verified("refuted"), None),
        (verified("entered-in-error"), None),
        (verified("provisional"), None),
        ({"clinicalStatus": concept("x", "resolved")}, None),
        ({"clinicalStatus": concept("x", "inactive")}, None),
        ({"clinicalStatus": concept("x", "remission")}, None),
        ({"clinicalStatus": concept("x", "recurrence")}, True),
        ({"abatementDateTime": "2024-04-01"}, None),
        ({"abatementDateTime": "2024-06-01"}, True),
        ({"onsetDateTime": "2024-06-01"}, None),
        ({"modifierExtension": [{"url": "http://x"}]}, None),
        ({"clinicalStatus": None}, None),
    ],
)
def test_a_diagnosis_counts_only_while_it_stands(
    tmp_path: Path, change: dict[str, Any], expected: bool | None
) -> None:
    one = {k: v for k, v in (condition(SCT, "64859006") | change).items() if v is not None}
    assert read(tmp_path, one).record.value("osteoporosis") is expected


@pytest.mark.parametrize("code", ["M80.08XA", "M8008XA", "m81.0"])
def test_a_code_counts_with_everything_below_it(tmp_path: Path, code: str) -> None:
    assert known(read(tmp_path, condition(ICD10CM, code)), "osteoporosis").value is True


def test_a_code_of_another_system_is_another_code(tmp_path: Path) -> None:
    case = read(tmp_path, condition("http://example.org", "64859006"))
    assert case.record.value("osteoporosis") is None


def test_a_cancer_that_is_over_is_still_history_and_says_nothing_of_this_fracture(tmp_path: Path) -> None:
    over = read(tmp_path, condition(ICD10CM, "C90.01", "remission"))
    assert known(over, "cancer_history").value is True and over.record.value("malignancy") is None
    now = read(tmp_path, condition(ICD10CM, "C79.51"))
    assert "whether it is the cause" in why(now, "malignancy")


def test_an_infection_that_is_not_confirmed_is_suspected_and_the_worse_one_counts(tmp_path: Path) -> None:
    maybe = condition(ICD10CM, "M46.26", **verified("provisional"))
    assert known(read(tmp_path, maybe), "infection").value == "suspected"
    case = read(tmp_path, maybe, condition(ICD10CM, "M46.24"))
    assert known(case, "infection").value == "discitis_or_osteomyelitis"


def test_the_level_comes_from_the_caller_else_from_the_one_body_site(tmp_path: Path) -> None:
    broken = condition(SCT, "443165006", **L1_SITE)
    assert read(tmp_path, broken).level is Level.L1
    asked = read(tmp_path, broken, level=Level.T12)
    assert asked.level is Level.T12 and asked.record.value("fracture_date") is None
    assert any("The decision is about T12, as asked; the bundle names L1" in note for note in asked.notes)
    assert not any("as asked" in note for note in read(tmp_path, level=Level.T12).notes)
    assert not any("as asked" in note for note in read(tmp_path, broken, level=Level.L1).notes)
    two = read(tmp_path, broken, condition(ICD10CM, "S32.030A", onsetDateTime="2024-04-01"))
    assert isinstance(two.level, Unknown) and "more than one vertebra" in two.level.why
    assert "several diagnoses give different days" in why(two, "fracture_date")
    chosen = read(
        tmp_path, broken, condition(ICD10CM, "S32.030A", onsetDateTime="2024-04-01"), level=Level.L3
    )
    assert known(chosen, "fracture_date").value == date(2024, 4, 1)


@pytest.mark.parametrize(
    ("code", "level"),
    [
        ("S22.080A", None),
        ("S22.010A", Level.T1),
        ("S32.010D", Level.L1),
        ("S32059S", Level.L5),
        ("M48.56XA", None),
    ],
)
def test_a_fracture_code_gives_its_day_and_the_level_it_names(
    tmp_path: Path, code: str, level: Level | None
) -> None:
    case = read(tmp_path, condition(ICD10CM, code))
    assert (case.level if isinstance(case.level, Level) else None) is level
    assert known(case, "fracture_date").value == date(2024, 3, 1)
    assert case.record.value("osteoporosis") is None


def test_the_day_of_the_fracture_needs_every_diagnosis_of_it_to_agree(tmp_path: Path) -> None:
    dated, undated = condition(ICD10CM, "M48.56XA"), condition(ICD10CM, "M48.54XA")
    del undated["onsetDateTime"]
    case = read(tmp_path, dated, undated)
    assert "its day is not written in full" in why(case, "fracture_date")
    named = read(tmp_path, dated | L1_SITE, undated, level=Level.L1)
    assert known(named, "fracture_date").value == date(2024, 3, 1)


def test_a_forearm_is_not_a_vertebra(tmp_path: Path) -> None:
    forearm = condition(SCT, "65966004") | {"code": concept(SCT, "65966004", "Fracture of forearm")}
    case = read(tmp_path, condition(SCT, "443165006"), forearm)
    assert isinstance(case.level, Unknown) and case.record.value("fracture_date") is None
    assert any("Fracture of forearm" in note for note in case.notes)


NO_ALLERGY = allergy("716186003", "No known allergy")


def test_no_known_allergy_is_the_only_way_to_say_none(tmp_path: Path) -> None:
    assert known(read(tmp_path, NO_ALLERGY), "allergies").value == ("none",)
    assert read(tmp_path).record.value("allergies") is None
    assert "medicines alone" in why(read(tmp_path, allergy("409137002")), "allergies")


@pytest.mark.parametrize(
    "change",
    [
        verified("refuted"),
        verified("entered-in-error"),
        verified("unconfirmed"),
        {"clinicalStatus": concept("x", "inactive")},
        {"recordedDate": "2024-06-01"},
    ],
)
def test_a_doubtful_no_known_allergy_says_nothing(tmp_path: Path, change: Resource) -> None:
    assert read(tmp_path, NO_ALLERGY | change).record.value("allergies") is None


def test_an_allergy_beside_no_known_allergy_is_contradictory(tmp_path: Path) -> None:
    assert "contradictory" in why(read(tmp_path, NO_ALLERGY, allergy("111088007")), "allergies")
    peanut = allergy("91935009", "Allergy to peanuts")
    assert "Allergy to peanuts" in why(read(tmp_path, NO_ALLERGY, peanut), "allergies")


def outcomes(case: Case) -> dict[str, str]:
    verdicts = [v for decision in assess(case).decisions for v in decision.verdicts]
    return {v.rule: v.outcome.value for v in verdicts}


def test_a_list_of_allergies_never_says_that_there_is_no_other(tmp_path: Path) -> None:
    case = read(tmp_path, allergy("111088007", "Latex"), level=Level.L1)
    assert known(case, "allergies").value == ("latex",)
    said = outcomes(case)
    assert said["safety.IsAllergicToLatex"] == "met"
    assert said["safety.IsAllergicToCement"] == said["safety.IsAllergicToContrast"] == "unknown"
    document(assess(case))


def test_an_allergy_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    case = read(tmp_path, allergy("999", "Allergy to polymethyl methacrylate"))
    assert "Allergy to polymethyl methacrylate" in why(case, "allergies")


@pytest.mark.parametrize(
    ("system", "code", "drug"),
    [
        (ATC, "B01AA03", "warfarin"),
        (ATC, "B01AF02", "apixaban"),
        (ATC, "B01AC07", "other"),
        (RXNORM, "855290", None),
        (RXNORM, "11289", "warfarin"),
        (RXNORM, "309362", "clopidogrel"),
        (RXNORM, "1191", "aspirin"),
    ],
)
def test_a_blood_thinner_by_its_code(tmp_path: Path, system: str, code: str, drug: str | None) -> None:
    case = read(tmp_path, medicine(system, code))
    assert case.record.value("anticoagulant") == ((drug,) if drug else None)


def test_a_blood_thinner_without_a_known_code_is_named_and_the_fact_stays_open(tmp_path: Path) -> None:
    case = read(tmp_path, medicine(RXNORM, "1364445", "Apixaban 5 MG Oral Tablet [Eliquis]"))
    assert "Apixaban 5 MG Oral Tablet" in why(case, "anticoagulant")
    assert any("Found but not read: Apixaban" in note for note in case.notes)


def test_several_blood_thinners_are_all_kept(tmp_path: Path) -> None:
    case = read(tmp_path, medicine(ATC, "B01AC04"), medicine(ATC, "B01AC06"))
    assert set(known(case, "anticoagulant").value) == {"clopidogrel", "aspirin"}


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({"status": "stopped"}, None),
        ({"status": "cancelled"}, None),
        ({"status": "entered-in-error"}, None),
        ({"status": "completed"}, None),
        ({"status": "draft"}, None),
        ({"status": "unknown"}, None),
        ({"intent": "plan"}, None),
        ({"doNotPerform": True}, None),
        ({"authoredOn": "2024-06-01"}, None),
        ({"status": "on-hold"}, ("warfarin",)),
        ({"resourceType": "MedicationStatement", "intent": None}, ("warfarin",)),
        (
            {
                "resourceType": "MedicationStatement",
                "intent": None,
                "effectivePeriod": {"start": "2024-01-01", "end": "2024-02-01"},
            },
            None,
        ),
        ({"resourceType": "MedicationStatement", "status": "not-taken", "intent": None}, None),
    ],
)
def test_a_medicine_counts_only_while_it_is_taken(
    tmp_path: Path, change: dict[str, Any], expected: Any
) -> None:
    one = {k: v for k, v in (medicine(ATC, "B01AA03") | change).items() if v is not None}
    assert read(tmp_path, one).record.value("anticoagulant") == expected


def test_a_finished_prescription_of_a_blood_thinner_may_still_be_taken(tmp_path: Path) -> None:
    case = read(tmp_path, medicine(ATC, "B01AA03", "warfarin", status="completed"))
    assert "whether it is still taken is not said" in why(case, "anticoagulant")


def test_a_medicine_may_be_pointed_to(tmp_path: Path) -> None:
    there = {"resourceType": "Medication", "id": "w", "code": concept(ATC, "B01AA03")}
    use = medicine(ATC, "x")
    del use["medicationCodeableConcept"]
    pointing = use | {"medicationReference": {"reference": "Medication/w"}}
    assert known(read(tmp_path, pointing, there), "anticoagulant").value == ("warfarin",)
    inside = use | {"medicationReference": {"reference": "#w"}, "contained": [there]}
    assert known(read(tmp_path, inside), "anticoagulant").value == ("warfarin",)
    assert "cannot be told" in why(read(tmp_path, pointing), "anticoagulant")
    broken = use | pointing | {"medicationReference": {"reference": "#w"}, "contained": [there | {"code": 3}]}
    assert "cannot be told" in why(read(tmp_path, broken), "anticoagulant")
    nothing = use | {"medicationReference": {"display": "a tablet"}}
    assert "cannot be told" in why(read(tmp_path, nothing), "anticoagulant")
    by_url = bundle(patient(), use | {"medicationReference": {"reference": "urn:uuid:7"}}, there)
    by_url["entry"][2]["fullUrl"] = "urn:uuid:7"
    case = read_fhir_case(written(tmp_path, by_url), on=TODAY)
    assert known(case, "anticoagulant").value == ("warfarin",)


@pytest.mark.parametrize(
    ("one", "expected"),
    [
        (encounter("IMP", "2024-03-01"), "inpatient"),
        (encounter("AMB", "2024-05-01"), "outpatient"),
        (encounter("AMB", "2023-05-01"), None),
        (encounter("IMP", "2024-03-01", status="finished"), None),
        (encounter("IMP", "2024-03-01", period={"start": "2024-03-01", "end": "2024-03-09"}), None),
        (encounter("IMP", "2024-03-01", period={"start": "2024-03-01", "end": "2024-05-02"}), "inpatient"),
        (encounter("IMP", "2024-06-01"), None),
        (encounter("EMER", "2024-05-02"), None),
    ],
)
def test_only_a_stay_that_goes_on_says_where_the_patient_is(
    tmp_path: Path, one: Resource, expected: str | None
) -> None:
    assert read(tmp_path, one).record.value("setting") == expected


@pytest.mark.parametrize(
    ("change", "age"),
    [
        ({"birthDate": "1946-05-02"}, 78),
        ({"birthDate": "1946-05-03"}, 77),
        ({"birthDate": "1946-04"}, 78),
        ({"birthDate": "1946-05"}, None),
        ({"birthDate": "1946"}, None),
        ({"birthDate": "2004-02-29"}, 20),
    ],
)
def test_the_age_is_counted_from_the_birth_date_where_it_allows_only_one(
    tmp_path: Path, change: Resource, age: int | None
) -> None:
    case = read_fhir_case(written(tmp_path, bundle(patient(**change))), on=TODAY)
    assert case.record.value("age_years") == age


@pytest.mark.parametrize("born", ["2024-05-03", "1850-01-01", "1946-13-01", "yesterday"])
def test_a_birth_date_that_cannot_be_is_refused(tmp_path: Path, born: str) -> None:
    with pytest.raises(BadRecord, match="age is"):
        read_fhir_case(written(tmp_path, bundle(patient(birthDate=born))), on=TODAY)


def test_an_open_or_contradictory_sex_is_unknown(tmp_path: Path) -> None:
    birth = {"url": "http://hl7.org/fhir/us/core/StructureDefinition/us-core-birthsex", "valueCode": "F"}
    for change in ({"gender": "other"}, {"gender": "unknown"}, {"gender": "male", "extension": [birth]}):
        case = read_fhir_case(written(tmp_path, bundle(patient(**change))), on=TODAY)
        assert case.record.value("sex") is None
    assert read_fhir_case(written(tmp_path, bundle(patient(extension=[birth]))), on=TODAY).record.value("sex")
    silent = patient()
    del silent["gender"]
    case = read_fhir_case(written(tmp_path, bundle(silent)), on=TODAY)
    assert "administrative gender is written as nothing" in why(case, "sex")


def test_the_day_of_the_record(tmp_path: Path) -> None:
    stamped = bundle(patient(), timestamp="2024-05-02T10:00:00Z")
    assert read_fhir_case(written(tmp_path, stamped)).on == TODAY
    case = read_fhir_case(written(tmp_path, bundle(patient())))
    assert case.on == date.today() and any("no timestamp" in note for note in case.notes)


def test_smoking_and_pregnancy_by_their_answers(tmp_path: Path) -> None:
    smokes = observation("72166-2", 0, "1", valueCodeableConcept=concept(SCT, "77176002"))
    pregnant = observation("82810-3", 0, "1", valueCodeableConcept=concept(LOINC, "LA26683-5"))
    unclear = observation("72166-2", 0, "1", valueCodeableConcept=concept(SCT, "266927001", "Unknown"))
    assert known(read(tmp_path, smokes), "smoker").value is True
    assert known(read(tmp_path, pregnant), "pregnant").value is False
    assert "'Unknown'" in why(read(tmp_path, unclear), "smoker")


REFUSED: dict[str, tuple[Any, str]] = {
    "two versions of one": (
        bundle(patient(), observation("6301-6", 1, "1", id="o"), observation("6301-6", 2, "1", id="o")),
        "Observation/o in two versions",
    ),
    "several patients": (bundle(patient(), patient(id="p2")), "2 patients"),
    "resources of another": (
        bundle(patient(), observation("6301-6", 1, "1", subject={"reference": "Patient/p2"})),
        "more than one patient",
    ),
    "resources of two without a Patient": (
        bundle(
            observation("6301-6", 1, "1"),
            observation("6301-6", 1, "1", id="o2", subject={"reference": "Patient/p2"}),
        ),
        "more than one patient",
    ),
    "someone who has died": (bundle(patient(deceasedBoolean=True)), "has died"),
    "died on a day": (bundle(patient(deceasedDateTime="2020-01-01")), "has died"),
    "a single resource": (patient(), "`Patient`"),
    "a list": ([], "no resourceType"),
    "a history": (bundle(patient(), type="history"), "'history'"),
    "a bundle without a type": ({"resourceType": "Bundle"}, "type"),
    "FHIR STU3": (bundle(patient(), condition(SCT, "64859006", clinicalStatus="active")), "clinicalStatus"),
    "text for a number": (
        bundle(observation("6301-6", 1, "1", valueQuantity={"value": "1.1"})),
        "valueQuantity.value",
    ),
    "no resourceType": (bundle({"id": "x"}), "entry[0]"),
    "half a file": ('{"resourceType": "Bundle", "type"', "JSON"),
    "a field twice": ('{"resourceType": "Bundle", "type": "batch", "type": "document"}', "written twice"),
    "not a number": ('{"resourceType": "Bundle", "type": NaN}', "NaN"),
    "endless depth": ("[" * 200_000, "JSON"),
    "endless digits": ('{"resourceType": "Bundle", "type": ' + "9" * 5000 + "}", "JSON"),
    "nothing": ("", "JSON"),
    "a day to come": (bundle(patient(), timestamp="2999-01-01T00:00:00Z"), "2999"),
    "half a day": (bundle(patient(), timestamp="2024-05"), "2024-05"),
    "male and pregnant": (
        bundle(patient(gender="male"), condition(SCT, "77386006")),
        "male and pregnant",
    ),
}


@pytest.mark.parametrize("name", REFUSED)
def test_every_refusal_says_what_to_do(tmp_path: Path, name: str) -> None:
    content, words = REFUSED[name]
    with pytest.raises(BadInput) as caught:
        read_fhir_case(written(tmp_path, content))
    said = str(caught.value)
    assert words in said and "needed:" in said and "to do:" in said


def test_files_that_cannot_be_read(tmp_path: Path) -> None:
    packed = gzip.compress(b'{"resourceType": "Bundle"}' * 50)
    for name, data in {"a.json": b"\xff\xfe{}", "b.json.gz": b"plain", "c.json.gz": packed[:-20]}.items():
        (tmp_path / name).write_bytes(data)
        with pytest.raises(BadInput, match=name):
            read_fhir_case(tmp_path / name)
    with pytest.raises(BadInput, match="there is no such file"):
        read_fhir_case(tmp_path / "none.json")
    with pytest.raises(BadInput, match="cannot be read"):
        read_fhir_case(tmp_path)


def test_an_endless_file_is_refused_before_it_is_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bundle_module, "MOST_BYTES", 2**20)
    (tmp_path / "a.json.gz").write_bytes(gzip.compress(b" " * 3_000_000))
    with pytest.raises(BadInput, match="larger than 1 MiB"):
        read_fhir_case(tmp_path / "a.json.gz")


def test_the_same_resource_twice_is_one(tmp_path: Path) -> None:
    case = read_fhir_case(written(tmp_path, bundle(patient(), patient())), on=TODAY)
    assert case.record.value("age_years") == 78


def test_what_belongs_to_nobody_is_not_read_and_said(tmp_path: Path) -> None:
    one = observation("6301-6", 1, "1")
    del one["subject"]
    case = read(tmp_path, one)
    assert case.record.value("inr") is None and any("do not say whose they are" in n for n in case.notes)


def test_a_patient_may_be_named_by_url(tmp_path: Path) -> None:
    for pointer in ("urn:uuid:1-2", "https://x.org/fhir/Patient/p1", "Patient/p1/_history/3"):
        one = observation("6301-6", 1, "1", subject={"reference": pointer})
        content = bundle(one)
        content["entry"].insert(0, {"fullUrl": "urn:uuid:1-2", "resource": patient()})
        assert read_fhir_case(written(tmp_path, content), on=TODAY).record.value("inr") == 1.0


def test_a_bundle_without_a_patient_leaves_age_and_sex_open(tmp_path: Path) -> None:
    case = read_fhir_case(written(tmp_path, bundle(observation("6301-6", 1, "1"))), on=TODAY)
    assert found(case) == {"inr"} and any("holds no Patient" in note for note in case.notes)


def test_pain_of_a_named_place_is_not_taken_for_the_back(tmp_path: Path) -> None:
    knee = observation("72514-3", 8, "{score}", bodySite=concept(SCT, "72696002", "Knee"))
    case = read(tmp_path, knee, observation("6301-6", 1.1, "1"))
    assert "Knee" in why(case, "pain_nrs") and case.record.value("inr") == 1.1


def test_a_test_that_was_not_done_leaves_the_older_one(tmp_path: Path) -> None:
    not_done = observation("6301-6", 1, "1", dataAbsentReason=concept("x", "not-performed"))
    del not_done["valueQuantity"]
    case = read(tmp_path, not_done, observation("6301-6", 1.2, "1", "2024-04-28"))
    assert known(case, "inr").value == 1.2 and any("holds no value" in note for note in case.notes)


def test_what_was_given_once_is_said_and_not_read(tmp_path: Path) -> None:
    given = {
        "resourceType": "MedicationAdministration",
        "id": "g1",
        "status": "completed",
        "medicationCodeableConcept": {"text": "Heparin 5000 units"},
        "subject": SUBJECT,
        "effectiveDateTime": "2024-05-01",
    }
    case = read(tmp_path, given)
    assert "Heparin 5000 units" in why(case, "anticoagulant")
    water = given | {"medicationCodeableConcept": {"text": "Sodium chloride 0.9 %"}}
    assert not any("Sodium" in note for note in read(tmp_path, water).notes)


def test_codes_without_a_name_are_not_dropped(tmp_path: Path) -> None:
    case = read(
        tmp_path,
        condition(ICD10CM, "S12.100A"),
        medicine(RXNORM, "1364445"),
        observation("34714-6", 1.1, "{INR}"),
        observation("99999-9", 1.1, "{x}"),
    )
    said = " ".join(case.notes)
    assert "S12.100A" in said and "1364445" in said
    assert "observations without a name (Observation/o34714-6-2024-05-01-1.1 and 1 more)" in said
    assert "1364445" in why(case, "anticoagulant")


def test_other_kinds_and_further_pages_are_said(tmp_path: Path) -> None:
    content = bundle(
        patient(),
        {"resourceType": "Procedure", "id": "x"},
        {"resourceType": "Claim", "id": "y"},
        {"resourceType": "Claim", "id": "z"},
        type="searchset",
        link=[{"relation": "self", "url": "a"}, {"relation": "next", "url": "b"}],
    )
    said = " ".join(read_fhir_case(written(tmp_path, content), on=TODAY).notes)
    assert "Claim (2), Procedure (1)" in said and "one page of several" in said


def test_what_is_about_a_device_is_about_nobody(tmp_path: Path) -> None:
    case = read(tmp_path, observation("6301-6", 1.1, "1", subject={"reference": "Device/pump"}))
    assert case.record.value("inr") is None and any("do not say whose" in note for note in case.notes)


def test_a_deleted_entry_is_not_there(tmp_path: Path) -> None:
    content = bundle(patient(), observation("6301-6", 1.1, "1"), type="transaction")
    content["entry"][1]["request"] = {"method": "DELETE", "url": "Observation/x"}
    assert read_fhir_case(written(tmp_path, content), on=TODAY).record.value("inr") is None


def test_names_from_a_file_cannot_write_on_the_screen(tmp_path: Path) -> None:
    case = read(tmp_path, allergy("1", "Bone\x1b[2Jcement\x07"))
    assert not any(c in note for note in case.notes for c in "\x1b\x07")


def test_the_small_resources_of_these_tests_are_fhir() -> None:
    R4Bundle.model_validate(
        bundle(
            patient(),
            observation("6301-6", 1.1, "1", "2024-05-01"),
            condition(SCT, "64859006", **L1_SITE),
            NO_ALLERGY,
            medicine(ATC, "B01AA03"),
            encounter("IMP", "2024-03-01"),
            {"resourceType": "Medication", "id": "w", "code": concept(ATC, "B01AA03")},
        )
    )
    assert SUBJECT["reference"] == f"Patient/{patient()['id']}"
