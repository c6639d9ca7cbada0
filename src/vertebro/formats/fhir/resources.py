"""The parts of FHIR R4 resources that are read, checked for their shape and nothing else."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel, ConfigDict, Field
from pydantic.alias_generators import to_camel


class Part(BaseModel):
    """A part of a resource: fields that are not named here are left alone."""

    model_config = ConfigDict(
        extra="ignore", frozen=True, strict=True, allow_inf_nan=False, alias_generator=to_camel
    )


class Coding(Part):
    """One code of one system."""

    system: str | None = None
    code: str | None = None
    display: str | None = None


class Concept(Part):
    """The same thing in several codes, and in words."""

    coding: list[Coding] = []
    text: str | None = None


class Quantity(Part):
    """A number with its unit."""

    value: float | None = None
    comparator: str | None = None
    unit: str | None = None
    system: str | None = None
    code: str | None = None


class Reference(Part):
    """A pointer to another resource."""

    reference: str | None = None


class Period(Part):
    """From when to when."""

    start: str | None = None
    end: str | None = None


class Extension(Part):
    """A named addition."""

    url: str
    value_code: str | None = None


class Resource(Part):
    """What all resources have."""

    resource_type: str
    id: str | None = None
    modifier_extension: list[Any] = []
    implicit_rules: str | None = None

    @property
    def name(self) -> str:
        """``Observation/abc``, as sources name it."""
        return f"{self.resource_type}/{self.id or '(no id)'}"


class Patient(Resource):
    """The person."""

    gender: str | None = None
    birth_date: str | None = None
    deceased_boolean: bool | None = None
    deceased_date_time: str | None = None
    extension: list[Extension] = []


class Component(Part):
    """One of several values of an observation."""

    code: Concept


class Observation(Resource):
    """One measurement or answer."""

    status: str
    code: Concept
    subject: Reference | None = None
    effective_date_time: str | None = None
    effective_instant: str | None = None
    effective_period: Period | None = None
    value_quantity: Quantity | None = None
    value_codeable_concept: Concept | None = None
    value_integer: int | None = None
    value_boolean: bool | None = None
    value_string: str | None = None
    data_absent_reason: Concept | None = None
    body_site: Concept | None = None
    component: list[Component] = []

    @property
    def when(self) -> str | None:
        """When it was true of the patient, as written."""
        period = self.effective_period
        return self.effective_date_time or self.effective_instant or (period.end if period else None)


class Condition(Resource):
    """A diagnosis or problem."""

    clinical_status: Concept | None = None
    verification_status: Concept | None = None
    code: Concept | None = None
    subject: Reference | None = None
    onset_date_time: str | None = None
    abatement_date_time: str | None = None
    recorded_date: str | None = None
    body_site: list[Concept] = []


class AllergyIntolerance(Resource):
    """An allergy, or the statement that there is none."""

    clinical_status: Concept | None = None
    verification_status: Concept | None = None
    code: Concept | None = None
    patient: Reference | None = None
    recorded_date: str | None = None


class Medication(Resource):
    """A medicine that others refer to."""

    code: Concept | None = None


class MedicationUse(Resource):
    """A MedicationRequest or a MedicationStatement."""

    status: str
    intent: str | None = None
    do_not_perform: bool | None = None
    medication_codeable_concept: Concept | None = None
    medication_reference: Reference | None = None
    subject: Reference | None = None
    authored_on: str | None = None
    effective_date_time: str | None = None
    effective_period: Period | None = None
    contained: list[dict[str, Any]] = []


class MedicineGiven(Resource):
    """A MedicationAdministration or a MedicationDispense: not read, and said where it may matter."""

    status: str
    medication_codeable_concept: Concept | None = None
    medication_reference: Reference | None = None
    subject: Reference | None = None
    contained: list[dict[str, Any]] = []


class Encounter(Resource):
    """A stay or a visit."""

    status: str
    class_: Coding = Field(alias="class")
    subject: Reference | None = None
    period: Period | None = None


class Answer(Part):
    """One answer to one question."""

    value_boolean: bool | None = None
    value_integer: int | None = None
    value_decimal: float | None = None
    value_date: str | None = None
    value_coding: Coding | None = None
    item: list[Item] = []


class Item(Part):
    """One question of a response, with its answers and the questions below it."""

    link_id: str
    answer: list[Answer] = []
    item: list[Item] = []


class QuestionnaireResponse(Resource):
    """A filled questionnaire."""

    status: str
    questionnaire: str | None = None
    subject: Reference | None = None
    authored: str | None = None
    item: list[Item] = []


class Request(Part):
    """What a transaction asks the server to do with an entry."""

    method: str | None = None


class Entry(Part):
    """One resource of a bundle."""

    full_url: str | None = None
    resource: dict[str, Any] | None = None
    request: Request | None = None


class Link(Part):
    """Where more is."""

    relation: str


class BundleForm(Part):
    """A bundle before its resources are looked at."""

    resource_type: str
    type: str
    timestamp: str | None = None
    link: list[Link] = []
    entry: list[Entry] = []


Read = (
    Patient
    | Observation
    | Condition
    | AllergyIntolerance
    | MedicationUse
    | MedicineGiven
    | Medication
    | Encounter
    | QuestionnaireResponse
)
"""Every kind of resource that is read."""

KINDS: dict[str, type[Read]] = {
    "Patient": Patient,
    "Observation": Observation,
    "Condition": Condition,
    "AllergyIntolerance": AllergyIntolerance,
    "MedicationRequest": MedicationUse,
    "MedicationStatement": MedicationUse,
    "MedicationAdministration": MedicineGiven,
    "MedicationDispense": MedicineGiven,
    "Medication": Medication,
    "Encounter": Encounter,
    "QuestionnaireResponse": QuestionnaireResponse,
}
"""The resources that are read, by their name; all others are left alone."""
