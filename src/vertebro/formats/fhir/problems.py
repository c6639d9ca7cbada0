"""What diagnoses, allergies and medicines state: only what stands today, and never anything by absence."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date

from pydantic import ValidationError

from vertebro.formats.fhir.codes import CodeEntry, has_name, matches, vertebrae_of
from vertebro.formats.fhir.resources import (
    AllergyIntolerance,
    Concept,
    Condition,
    Medication,
    MedicationUse,
    MedicineGiven,
)
from vertebro.formats.fhir.statements import (
    BrokenVertebra,
    NotRead,
    Stated,
    Statement,
    is_near,
    is_qualified,
    source_of,
    unread,
    when,
)
from vertebro.vocabulary.levels import Level

WRONG = ("refuted", "entered-in-error")
OVER = ("inactive", "resolved", "remission")
UNCONFIRMED = ("unconfirmed", "provisional", "differential")
GONE_MEDICINE = ("stopped", "cancelled", "entered-in-error", "not-taken")
TAKEN_MEDICINE = ("active", "on-hold")
ORDERS = ("order", "original-order", "reflex-order", "filler-order", "instance-order")


def status(concept: Concept | None) -> str | None:
    """The code of a status, in whichever coding it stands."""
    return next((coding.code for coding in concept.coding if coding.code), None) if concept else None


def of_condition(one: Condition, on: date) -> Iterator[Statement]:
    """The facts of a diagnosis that stands, or that counts as history."""
    if status(one.verification_status) in WRONG:
        return
    entries = matches("conditions", one.code)
    over = _is_over(one, on)
    if not entries and not over and (is_near(one.code, "Condition") or not has_name(one.code)):
        yield unread(one, one.code, "no_known_code")
    for entry in entries:
        if entry.fact and (not over or entry.history):
            yield from _diagnosed(one, entry, on)
    if not over and entries:
        yield from _broken(one, entries, on)


def _is_over(one: Condition, on: date) -> bool:
    ended = when(one.abatement_date_time)
    return status(one.clinical_status) in OVER or (ended is not None and ended.day <= on)


def _diagnosed(one: Condition, entry: CodeEntry, on: date) -> Iterator[Statement]:
    at = when(one.onset_date_time) or when(one.recorded_date)
    why = _why_not_read(one, at is not None and at.day > on, entry.history)
    value = entry.value
    if why == "unconfirmed" and entry.unconfirmed is not None:
        value, why = entry.unconfirmed, None
    if why:
        yield unread(one, one.code, why, entry.fact)
        return
    yield Stated(entry.fact, value, source_of(one, f"{entry.system} {entry.code}", at), at, lasting=True)
    if entry.of_bone and status(one.clinical_status) not in OVER:
        yield unread(one, one.code, "of_bone", "malignancy")


def _why_not_read(one: Condition, later: bool, history: bool) -> str | None:
    if is_qualified(one):
        return "qualified"
    if later:
        return "begins_later"
    if status(one.clinical_status) is None and not history:
        return "no_clinical_status"
    return "unconfirmed" if status(one.verification_status) in UNCONFIRMED else None


def _broken(one: Condition, entries: list[CodeEntry], on: date) -> Iterator[Statement]:
    """The broken vertebra of a diagnosis that names one by its code or its place."""
    levels = vertebrae_of(one.body_site) | {Level.parse(e.level) for e in entries if e.level}
    of_bone = any(entry.fact == "osteoporosis" for entry in entries)
    if not any(entry.vertebra for entry in entries) and not (levels and of_bone):
        return
    since = when(one.onset_date_time)
    why = _why_not_read(one, since is not None and since.day > on, history=False)
    if why:
        yield unread(one, one.code, why, "fracture_date")
    else:
        codes = ", ".join(f"{e.system} {e.code}" for e in entries)
        yield BrokenVertebra(frozenset(levels), since, source_of(one, codes, since))


def of_allergy(one: AllergyIntolerance, on: date) -> Iterator[Statement]:
    """An allergy that stands, or the explicit statement that none is known."""
    if status(one.verification_status) in WRONG or status(one.clinical_status) in OVER:
        return
    at = when(one.recorded_date)
    entries = matches("allergies", one.code)
    if is_qualified(one) or (at is not None and at.day > on):
        yield unread(one, one.code, "qualified" if is_qualified(one) else "begins_later", "allergies")
    elif not entries:
        known = matches("not_read", one.code)
        yield unread(one, one.code, known[0].why if known else "which_allergy", "allergies")
    for entry in entries if not is_qualified(one) else ():
        if entry.value == "none" and status(one.verification_status) in UNCONFIRMED:
            yield unread(one, one.code, "unconfirmed", entry.fact)
        elif at is None or at.day <= on:
            source = source_of(one, f"{entry.system} {entry.code}", at)
            yield Stated(entry.fact, entry.value, source, at, lasting=True)


def of_medicine(one: MedicationUse, on: date, known: Mapping[str, Medication]) -> Iterator[Statement]:
    """A medicine that is taken or ordered now."""
    if one.status in GONE_MEDICINE or one.do_not_perform:
        return
    concept = _medicine(one, known)
    if concept is None or not (concept.text or concept.coding):
        yield unread(one, concept, "which_medicine", "anticoagulant")
        return
    entries = matches("medicines", concept)
    if not entries:
        yield from _near_medicine(one, concept)
    at = when(one.authored_on) or when(one.effective_date_time)
    start = when(one.effective_period.start) if one.effective_period else None
    at = at or start
    for entry in entries:
        why = _why_not_taken(one, on)
        if why:
            yield unread(one, concept, why, entry.fact, status=one.status)
        else:
            key = "on_hold" if one.status == "on-hold" else "plain"
            source = source_of(one, f"{entry.system} {entry.code}", at, key)
            yield Stated(entry.fact, entry.value, source, at, lasting=True)


def of_medicine_given(one: MedicineGiven, known: Mapping[str, Medication]) -> Iterator[Statement]:
    """What was given or handed out once is not what is taken now: a blood thinner among it is said."""
    concept = _medicine(one, known)
    thinner = any(entry.fact == "anticoagulant" for entry in matches("medicines", concept))
    if one.status != "entered-in-error" and (thinner or is_near(concept, "medicines")):
        yield unread(one, concept, "given_once", "anticoagulant")


def _medicine(one: MedicationUse | MedicineGiven, known: Mapping[str, Medication]) -> Concept | None:
    if one.medication_codeable_concept is not None:
        return one.medication_codeable_concept
    pointer = one.medication_reference.reference if one.medication_reference else None
    if pointer is None:
        return None
    for inner in one.contained:
        if inner.get("resourceType") == "Medication" and pointer == f"#{inner.get('id')}":
            try:
                return Medication.model_validate(inner).code
            except ValidationError:  # of no use as a medicine: the user reads that it could not be told
                return None
    found = known.get(pointer) or known.get("/".join(pointer.split("/")[-2:]))
    return found.code if found else None


def _near_medicine(one: MedicationUse, concept: Concept) -> Iterator[NotRead]:
    for part, name in (("medicines", "anticoagulant"), ("bone_medicines", "osteoporosis_drug")):
        if is_near(concept, part):
            yield unread(one, concept, "no_known_code", name)
    if not has_name(concept):
        yield unread(one, concept, "no_known_code", "anticoagulant")


def _why_not_taken(one: MedicationUse, on: date) -> str | None:
    ended = when(one.effective_period.end) if one.effective_period else None
    begins = when(one.authored_on)
    if is_qualified(one):
        return "qualified"
    if one.status not in TAKEN_MEDICINE:
        return "medicine_status"
    if one.resource_type == "MedicationRequest" and one.intent not in ORDERS:
        return "not_ordered"
    if begins is not None and begins.day > on:
        return "begins_later"
    return "medicine_ended" if ended is not None and ended.day < on else None
