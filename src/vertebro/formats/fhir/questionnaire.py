"""The Questionnaire of the dictionary of facts, and what a filled one states."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from functools import cache
from typing import Any

from vertebro.formats.fhir.bundle import say
from vertebro.formats.fhir.codes import entries, systems, vertebra_codings
from vertebro.formats.fhir.resources import Answer, Coding, Concept, Item, QuestionnaireResponse
from vertebro.formats.fhir.statements import (
    UCUM,
    NotRead,
    Refused,
    Stated,
    Statement,
    When,
    checked,
    is_qualified,
    source_of,
    unread,
    when,
)
from vertebro.vocabulary.facts import Fact, fact, facts
from vertebro.vocabulary.levels import Level
from vertebro.vocabulary.units import read_as

QUESTIONNAIRE = "urn:uuid:5f0f3c5e-5a58-4b0b-9f5d-6a3f1f0c7a11"
ANSWERS = "urn:uuid:0b8e0b52-92c5-4c7f-8d5e-8e6a6a1d4f02"
"""Our own names: of the questionnaire, and of the code system of its answers. They never change."""
VERSION = "1"
LEVEL = "fracture_level"
EXTENSION = "http://hl7.org/fhir/StructureDefinition"
TYPES = {
    "number": "decimal",
    "integer": "integer",
    "yes_no": "boolean",
    "choice": "choice",
    "choices": "choice",
    "date": "date",
    "level": "choice",
    "levels": "choice",
}
REPEATED = ("choices", "levels")
SAME_AS_ONE = ("1", "{score}", "{INR}")
"""Units that nobody writes beside a number."""
GOOD = ("completed", "amended")
WITHDRAWN = ("entered-in-error", "stopped")


@cache
def asked() -> tuple[Fact, ...]:
    """The facts that are asked: the level in question, then every fact a person records."""
    return (fact(LEVEL), *(f for f in facts().values() if f.origin == "record"))


def fhir_questionnaire() -> dict[str, Any]:
    """The dictionary of facts as a FHIR R4 Questionnaire; ``linkId`` is the name of the fact."""
    return {
        "resourceType": "Questionnaire",
        "id": "vertebro-clinical-record",
        "url": QUESTIONNAIRE,
        "version": VERSION,
        "name": "VertebroClinicalRecord",
        "title": say("questionnaire.title"),
        "status": "active",
        "subjectType": ["Patient"],
        "description": say("questionnaire.description"),
        "item": [_question(one) for one in asked()],
    }


def _question(one: Fact) -> dict[str, Any]:
    made: dict[str, Any] = {"linkId": one.name}
    extensions = [*_limits(one), *_unit(one)]
    if extensions:
        made["extension"] = extensions
    if codes := _codes(one):
        made["code"] = codes
    made |= {"text": one.question, "type": TYPES[one.kind], "required": False}
    if one.kind in REPEATED:
        made["repeats"] = True
    if TYPES[one.kind] == "choice":
        made["answerOption"] = [{"valueCoding": option} for option in _options(one)]
    return made


def _limits(one: Fact) -> Iterator[dict[str, Any]]:
    if one.kind not in ("number", "integer"):
        return
    key = "valueInteger" if one.kind == "integer" else "valueDecimal"
    for name, limit in (("minValue", one.low), ("maxValue", one.high)):
        assert limit is not None  # every number of the dictionary has a range
        yield {"url": f"{EXTENSION}/{name}", key: int(limit) if one.kind == "integer" else float(limit)}


def _unit(one: Fact) -> Iterator[dict[str, Any]]:
    if one.kind in ("number", "integer") and one.unit not in SAME_AS_ONE:
        coding = {"system": UCUM, "code": one.unit, "display": read_as(one.unit)}
        yield {"url": f"{EXTENSION}/questionnaire-unit", "valueCoding": coding}


def _codes(one: Fact) -> list[dict[str, str]]:
    """The codes of the table that ask for this fact."""
    asking = [entry for entry in entries("observations") if entry.fact == one.name]
    return [{"system": systems()[e.system], "code": e.code, "display": e.display} for e in asking]


def _options(one: Fact) -> Iterator[dict[str, str]]:
    if one.kind in ("level", "levels"):
        for level in Level:
            yield {"system": ANSWERS, "code": str(level), "display": str(level)}
    for choice in one.choices:
        yield {"system": ANSWERS, "code": choice, "display": one.in_words(choice)}


def of_response(one: QuestionnaireResponse, on: date) -> Iterator[Statement]:
    """The facts that a filled questionnaire answers."""
    concept = Concept(text=say("questionnaire.response"))
    if one.status in WITHDRAWN:
        return
    at = when(one.authored)
    if one.questionnaire not in (QUESTIONNAIRE, f"{QUESTIONNAIRE}|{VERSION}"):
        yield unread(one, concept, "other_questionnaire", url=one.questionnaire or say("unknown.nothing"))
    elif is_qualified(one):
        yield unread(one, concept, "qualified")
    elif one.status not in GOOD:
        yield unread(one, concept, "status", status=one.status)
    elif at is None:
        yield unread(one, concept, "no_day")
    elif at.day > on:
        yield unread(one, concept, "later", day=at.day)
    else:
        for item in _all_items(one.item):
            if item.answer:
                yield _answered(one, item, at, on)


def _all_items(items: list[Item]) -> Iterator[Item]:
    for item in items:
        yield item
        yield from _all_items(item.item)
        for answer in item.answer:
            yield from _all_items(answer.item)


def _answered(one: QuestionnaireResponse, item: Item, at: When, on: date) -> Statement:
    name = item.link_id
    if name not in {f.name for f in asked()}:
        return NotRead(item.link_id, one.name, say("not_read.no_question"))
    known = fact(name)
    source = source_of(one, name, at)
    values = [_value(known, answer) for answer in item.answer]
    if known.kind not in REPEATED and len(values) > 1:
        found = say("refused.answers", source=source, label=known.label, count=len(values))
        return Stated(name, Refused(found, known.allowed), source, at)
    if any(value is None for value in values):
        found = say("refused.answer_type", source=source, label=known.label, type=TYPES[known.kind])
        return Stated(name, Refused(found, known.allowed), source, at)
    value = checked(name, values if known.kind in REPEATED else values[0], source)
    return Stated(name, _counted_on(name, value, at, on), source, at)


def _value(known: Fact, answer: Answer) -> Any:
    """The answer in the type the question asks for, or None."""
    match known.kind:
        case "yes_no":
            return answer.value_boolean
        case "integer":
            return answer.value_integer
        case "number":
            return answer.value_decimal
        case "date":
            at = when(answer.value_date)
            return at.day if at else None
    return _chosen(answer.value_coding)


def _chosen(coding: Coding | None) -> str | None:
    if coding is None or coding.code is None:
        return None
    if coding.system == systems()["SNOMED CT"]:
        return next((str(level) for level, code in vertebra_codings().items() if code == coding.code), None)
    return coding.code if coding.system == ANSWERS else None


def _counted_on(name: str, value: Any, at: When, on: date) -> Any:
    """Weeks that were counted on an earlier day, counted on to the day of the record."""
    if name == "weeks_since_fracture" and isinstance(value, float) and at.day < on:
        return value + (on - at.day) / timedelta(weeks=1)
    return value
