"""Small FHIR R4 resources for tests: as short as the standard allows, about one patient."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path
from typing import Any

from vertebro.formats.fhir import read_fhir_case
from vertebro.patient.case import Case
from vertebro.vocabulary.levels import Level

TODAY = date(2024, 5, 2)
LOINC, SCT, UCUM = "http://loinc.org", "http://snomed.info/sct", "http://unitsofmeasure.org"
RXNORM, ATC = "http://www.nlm.nih.gov/research/umls/rxnorm", "http://www.whocc.no/atc"
ICD10CM = "http://hl7.org/fhir/sid/icd-10-cm"
STATUS = "http://terminology.hl7.org/CodeSystem"
SUBJECT = {"reference": "Patient/p1"}
Resource = dict[str, Any]


def concept(system: str, code: str, display: str = "") -> Resource:
    return {"coding": [{"system": system, "code": code} | ({"display": display} if display else {})]}


def patient(**more: Any) -> Resource:
    return {"resourceType": "Patient", "id": "p1", "gender": "female", "birthDate": "1946-03-04"} | more


def observation(code: str, value: float, unit: str, day: str = "2024-05-01", **more: Any) -> Resource:
    return {
        "resourceType": "Observation",
        "id": f"o{code}-{day[:10]}-{value:g}",
        "status": "final",
        "code": concept(LOINC, code),
        "subject": SUBJECT,
        "effectiveDateTime": day,
        "valueQuantity": {"value": value, "unit": unit, "system": UCUM, "code": unit},
    } | more


def condition(system: str, code: str, clinical: str | None = "active", **more: Any) -> Resource:
    made: Resource = {
        "resourceType": "Condition",
        "id": f"c{code}",
        "verificationStatus": concept(f"{STATUS}/condition-ver-status", "confirmed"),
        "code": concept(system, code),
        "subject": SUBJECT,
        "onsetDateTime": "2024-03-01",
    }
    if clinical:
        made["clinicalStatus"] = concept(f"{STATUS}/condition-clinical", clinical)
    return made | more


def verified(how: str) -> Resource:
    return {"verificationStatus": concept(f"{STATUS}/condition-ver-status", how)}


def allergy(code: str, display: str = "", **more: Any) -> Resource:
    return {
        "resourceType": "AllergyIntolerance",
        "id": f"a{code}",
        "clinicalStatus": concept(f"{STATUS}/allergyintolerance-clinical", "active"),
        "verificationStatus": concept(f"{STATUS}/allergyintolerance-verification", "confirmed"),
        "code": concept(SCT, code, display),
        "patient": SUBJECT,
    } | more


def medicine(system: str, code: str, display: str = "", **more: Any) -> Resource:
    return {
        "resourceType": "MedicationRequest",
        "id": f"m{code}",
        "status": "active",
        "intent": "order",
        "medicationCodeableConcept": concept(system, code, display),
        "subject": SUBJECT,
        "authoredOn": "2024-01-15",
    } | more


def encounter(code: str, start: str, **more: Any) -> Resource:
    return {
        "resourceType": "Encounter",
        "id": f"e{code}",
        "status": "in-progress",
        "class": {"system": f"{STATUS}/v3-ActCode", "code": code},
        "subject": SUBJECT,
        "period": {"start": start},
    } | more


def bundle(*resources: Resource, **more: Any) -> Resource:
    entries = [{"resource": one} for one in resources]
    return {"resourceType": "Bundle", "type": "collection", "entry": entries} | more


def written(folder: Path, content: Any, name: str = "bundle.json") -> Path:
    path = folder / name
    path.write_text(content if isinstance(content, str) else json.dumps(content), encoding="utf-8")
    return path


def read(folder: Path, *resources: Resource, level: Level | None = None) -> Case:
    """The case of a bundle of these resources and the patient, on TODAY."""
    return read_fhir_case(written(folder, bundle(patient(), *resources)), level, TODAY)
