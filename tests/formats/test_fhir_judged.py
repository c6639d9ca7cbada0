"""From a bundle to the decision: a clear candidate is one only while nothing in it speaks against it."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import pytest
import yaml
from fhir_bundles import (
    ATC,
    ICD10CM,
    SUBJECT,
    TODAY,
    Resource,
    allergy,
    bundle,
    condition,
    medicine,
    observation,
    patient,
    verified,
    written,
)

from conftest import CLEAR_CANDIDATE
from vertebro.assess import assess
from vertebro.formats.fhir import fhir_questionnaire, read_fhir_case
from vertebro.vocabulary.levels import Level

ASKED = fhir_questionnaire()
CANDIDATE: dict[str, Any] = yaml.safe_load(CLEAR_CANDIDATE) | {"posterior_wall": "intact"}


def answered(**more: Any) -> Resource:
    """The clear candidate of the tests as a filled questionnaire; the age comes from the birth date."""
    items = {item["linkId"]: item for item in ASKED["item"]}
    filled = [
        {"linkId": name, "answer": [answer(items[name], one) for one in as_list(value)]}
        for name, value in CANDIDATE.items()
    ]
    return {
        "resourceType": "QuestionnaireResponse",
        "id": "r1",
        "status": "completed",
        "questionnaire": ASKED["url"],
        "subject": SUBJECT,
        "authored": TODAY.isoformat(),
        "item": filled,
    } | more


def as_list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def answer(item: Resource, value: Any) -> Resource:
    if "answerOption" in item:
        chosen: Resource = next(o for o in item["answerOption"] if o["valueCoding"]["code"] == str(value))
        return chosen
    return {
        {"boolean": "valueBoolean", "integer": "valueInteger", "decimal": "valueDecimal"}[item["type"]]: value
    }


def stances(folder: Path, *others: Resource, **more: Any) -> set[str]:
    born = patient(birthDate="1946-03-04")  # 78 on TODAY, as the candidate is
    path = written(folder, bundle(born, answered(**more), *others))
    return {d.stance.value for d in assess(read_fhir_case(path, Level.L1, TODAY)).decisions}


def test_a_clear_candidate_is_one(tmp_path: Path) -> None:
    assert stances(tmp_path) == {"consider"}


AGAINST = {
    "an infection": condition(ICD10CM, "M46.26"),
    "a suspected infection": condition(ICD10CM, "M46.26", **verified("differential")),
    "a blood thinner": medicine(ATC, "B01AA03"),
    "a blood thinner without a known code": medicine("x", "y", "Xarelto 20 mg"),
    "a medicine nobody can tell": medicine("x", "y"),
    "an allergy that cannot be read": allergy("1", "Methyl methacrylate"),
    "a newer INR": observation("6301-6", 2.6, "{INR}", f"{TODAY}T23:00:00Z") | {"id": "inr"},
    "an INR of the same day": observation("6301-6", 2.6, "{INR}", f"{TODAY}"),
    "a tumour of bone": condition(ICD10CM, "C79.51"),
    "another pain score": observation("72514-3", 3, "{score}", f"{TODAY}"),
}


@pytest.mark.parametrize("name", AGAINST)
def test_nothing_that_speaks_against_it_is_lost(tmp_path: Path, name: str) -> None:
    found = stances(tmp_path, AGAINST[name])
    assert "consider" not in found, found


FOR_NOTHING = {
    "a refuted infection": condition(ICD10CM, "M46.26", **verified("refuted")),
    "an infection that is over": condition(ICD10CM, "M46.26", "resolved"),
    "a stopped blood thinner": medicine(ATC, "B01AA03", status="stopped"),
    "an allergy entered in error": allergy("1", "Methyl methacrylate", **verified("entered-in-error")),
    "an INR of last week": observation("6301-6", 2.6, "{INR}", "2024-04-25"),
    "a withdrawn INR": observation("6301-6", 2.6, "{INR}", f"{TODAY}", status="entered-in-error"),
}


@pytest.mark.parametrize("name", FOR_NOTHING)
def test_what_does_not_stand_changes_nothing(tmp_path: Path, name: str) -> None:
    assert stances(tmp_path, FOR_NOTHING[name]) == {"consider"}


@pytest.mark.parametrize("days", [29, 91, 1000])
def test_answers_of_the_past_make_no_candidate(tmp_path: Path, days: int) -> None:
    authored = date.fromordinal(TODAY.toordinal() - days).isoformat()
    assert stances(tmp_path, authored=authored) == {"not enough information"}
