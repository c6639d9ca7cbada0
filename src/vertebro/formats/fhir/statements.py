"""What the resources of a patient state, one fact at a time, with whatever cannot be read and why."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from vertebro.errors import BadInput, BadRecord
from vertebro.formats.fhir.bundle import refusal, say
from vertebro.formats.fhir.codes import CodeEntry, all_names, has_name, matches, named, near_words
from vertebro.formats.fhir.resources import Concept, Encounter, Observation, Patient, Resource
from vertebro.vocabulary.facts import fact
from vertebro.vocabulary.known import Unknown
from vertebro.vocabulary.levels import Level
from vertebro.vocabulary.units import read_as

UCUM = "http://unitsofmeasure.org"
BIRTH_SEX = "http://hl7.org/fhir/us/core/StructureDefinition/us-core-birthsex"
GOOD_OBSERVATION = ("final", "amended", "corrected")
WITHDRAWN_OBSERVATION = ("cancelled", "entered-in-error")
_DAY = re.compile(r"\d{4}-\d{2}-\d{2}(T\d{2}:\d{2}(:\d{2}(\.\d+)?)?(Z|[+-]\d{2}:\d{2})?)?")


@dataclass(frozen=True)
class When:
    """A day, and the moment of it where that is written."""

    day: date
    moment: datetime | None = None


@dataclass(frozen=True)
class Refused:
    """A value that cannot be: what was found and what is allowed."""

    found: str
    allowed: str


@dataclass(frozen=True)
class Stated:
    """One resource's word on one fact: a value, an Unknown with why, or a value that cannot be.

    ``lasting`` is true of what stands until it is ended (a diagnosis, a prescription) and false of
    what was so on its day (a measurement, an answer).
    """

    fact: str
    value: Any
    source: str
    when: When | None = None
    lasting: bool = False


@dataclass(frozen=True)
class NotRead:
    """Something found and not read: what, in which resource, why, and the fact that stays unknown for it."""

    what: str
    where: str
    why: str
    fact: str = ""


@dataclass(frozen=True)
class BrokenVertebra:
    """A diagnosis of a broken vertebra: the levels it names, since when, and where it stands."""

    levels: frozenset[Level]
    since: When | None
    source: str


Statement = Stated | NotRead | BrokenVertebra


def when(text: str | None) -> When | None:
    """The day of a FHIR date or dateTime; None where the day is not written in full."""
    if text is None or not _DAY.fullmatch(text):
        return None
    try:
        day = date.fromisoformat(text[:10])
        moment = datetime.fromisoformat(text) if "T" in text else None
    except ValueError:  # the 30th of February, the 25th hour
        return None
    return When(day, moment if moment and moment.tzinfo else None)


def source_of(one: Resource, code: str, at: When | None, key: str = "plain", **more: object) -> str:
    """Where a fact comes from: the resource, the code and the day."""
    day = at.day if at else say("source.no_day")
    return say(f"source.{key}", name=one.name, code=code, day=day, **more)


def unread(
    one: Resource, concept: Concept | None, key: str, fact_name: str = "", **values: object
) -> NotRead:
    """The statement that this resource was found and not read, and why."""
    return NotRead(named(concept), one.name, say(f"not_read.{key}", **values), fact_name)


def is_qualified(one: Resource) -> bool:
    """True if an extension may change what the resource means, so that it must not be read."""
    return bool(one.modifier_extension or one.implicit_rules)


def is_near(concept: Concept | None, part: str) -> bool:
    """True if a name of the concept holds one of the words of this part."""
    return any(word in f"{name} " for name in all_names(concept) for word in near_words(part))


def of_observation(one: Observation, on: date) -> Iterator[Statement]:
    """The fact of an observation, where its code is known."""
    entries = matches("observations", one.code)
    if one.status in WITHDRAWN_OBSERVATION:
        return
    for part in one.component:
        inside = matches("observations", part.code)
        if inside or is_near(part.code, "Observation"):
            yield unread(one, part.code, "component", inside[0].fact if inside else "")
    if not entries:
        yield from _near_observation(one)
    for entry in entries:
        at = when(one.when)
        if is_qualified(one):
            yield unread(one, one.code, "qualified", entry.fact)
        elif one.status not in GOOD_OBSERVATION:
            yield unread(one, one.code, "status", entry.fact, status=one.status)
        elif at is None:
            yield unread(one, one.code, "no_day", entry.fact)
        elif at.day > on:
            yield unread(one, one.code, "later", entry.fact, day=at.day)
        elif entry.whole_body and one.body_site is not None:
            yield unread(one, one.code, "body_site", entry.fact, site=named(one.body_site))
        elif one.data_absent_reason is not None:
            yield unread(one, one.code, "absent", entry.fact, reason=named(one.data_absent_reason))
        else:
            yield _measured(one, entry, at)


def _near_observation(one: Observation) -> Iterator[NotRead]:
    known = matches("not_read", one.code)
    for entry in known:
        yield unread(one, one.code, entry.why, entry.fact)
    if not known and is_near(one.code, "Observation"):
        yield unread(one, one.code, "no_known_code")
    elif not known and not has_name(one.code):
        yield NotRead(say("not_read.nameless"), one.name, say("not_read.no_known_code"))


def _measured(one: Observation, entry: CodeEntry, at: When) -> Stated:
    source = source_of(one, f"{entry.system} {entry.code}", at)
    if entry.answers:
        return Stated(entry.fact, _answered(one, entry), source, at)
    unit, number = _unit_and_number(one, entry)
    if number is None:
        return Stated(entry.fact, Unknown(say("unknown.no_number", source=source)), source, at)
    quantity = one.value_quantity
    if quantity and quantity.comparator:
        why = say("unknown.comparator", source=source, value=f"{quantity.comparator} {number:g}")
        return Stated(entry.fact, Unknown(why), source, at)
    if unit is None:
        return Stated(entry.fact, Unknown(say("unknown.no_unit", source=source)), source, at)
    if unit not in entry.units:
        found = say("refused.unit", source=source, label=fact(entry.fact).label, value=f"{number:g} {unit}")
        return Stated(entry.fact, Refused(found, " or ".join(entry.units)), source, at)
    value = entry.converted(number, unit)
    if entry.units[unit]:
        source = source_of(one, f"{entry.system} {entry.code}", at, "converted", value=f"{number:g} {unit}")
    return Stated(entry.fact, checked(entry.fact, value, source), source, at)


def _unit_and_number(one: Observation, entry: CodeEntry) -> tuple[str | None, float | None]:
    """The UCUM code and the number; a bare whole number is a count or a score."""
    if one.value_integer is not None:
        return ("1" if "1" in entry.units else None), one.value_integer
    quantity = one.value_quantity
    if quantity is None:
        return None, None
    return (quantity.code if quantity.system == UCUM else None), quantity.value


def _answered(one: Observation, entry: CodeEntry) -> Any:
    codings = one.value_codeable_concept.coding if one.value_codeable_concept else []
    answers = {entry.answer(coding) for coding in codings} - {None}
    if len(answers) == 1:
        return answers.pop()
    why = say("unknown.answer", answer=named(one.value_codeable_concept), name=one.name)
    return Unknown(why)


def checked(name: str, value: Any, source: str) -> Any:
    """The value in the type of its fact, Unknown where it is not whole, Refused where it cannot be."""
    known = fact(name)
    if known.kind == "integer" and isinstance(value, float) and not value.is_integer():
        return Unknown(say("unknown.not_whole", source=source, value=f"{value:g}", label=known.label))
    try:
        return known.check(value)
    except BadRecord:
        shown = f"{value:g} {read_as(known.unit)}".strip() if isinstance(value, float | int) else repr(value)
        return Refused(say("refused.value", source=source, label=known.label, value=shown), known.allowed)
    except BadInput as fault:  # the name of a vertebra that does not exist
        found = say("refused.value", source=source, label=known.label, value=repr(value))
        return Refused(found, fault.needed)


def of_encounter(one: Encounter, on: date) -> Iterator[Statement]:
    """In hospital or not, from a stay that is still going on; one that is over says nothing of today."""
    if one.status != "in-progress" or is_qualified(one):
        return
    start = when(one.period.start) if one.period else None
    end = when(one.period.end) if one.period else None
    if end is not None and end.day < on:
        return
    concept = Concept(coding=[one.class_])
    entries = matches("encounters", concept)
    if not entries:
        yield unread(one, concept, "no_known_code", "setting")
    for entry in entries:
        source = source_of(one, f"{entry.system} {entry.code}", start)
        inside = entry.value == "inpatient"
        if start is None or start.day > on:
            yield unread(one, concept, "no_day", entry.fact)
        else:
            yield Stated(entry.fact, entry.value, source, start, lasting=inside)


def of_patient(one: Patient, on: date, file: str) -> Iterator[Statement]:
    """Age and sex; the record of someone who has died is refused."""
    if one.deceased_boolean or one.deceased_date_time:
        raise refusal(BadRecord, "deceased", file=file, name=one.name)
    yield from _age(one, on)
    yield _sex(one)


def _age(one: Patient, on: date) -> Iterator[Statement]:
    if one.birth_date is None:
        return
    source = say("source.birth_date", name=one.name, day=one.birth_date)
    ages = ages_between(one.birth_date, on)
    if ages is None:
        found = say("refused.value", source=source, label=fact("age_years").label, value=one.birth_date)
        yield Stated("age_years", Refused(found, say("allowed.birth_date")), source, lasting=True)
    elif len(ages) > 1:
        why = say("unknown.birth_date", day=one.birth_date, young=min(ages), old=max(ages))
        yield Stated("age_years", Unknown(why), source, lasting=True)
    else:
        yield Stated("age_years", checked("age_years", ages.pop(), source), source, lasting=True)


def ages_between(born: str, on: date) -> set[int] | None:
    """Every age in whole years that a birth date, full or not, allows; None where it is no past date."""
    if not re.fullmatch(r"\d{4}(-\d{2}){0,2}", born):
        return None
    first, last = born + "-01-01"[len(born) - 4 :] if len(born) < 10 else born, born
    try:
        days = {date.fromisoformat(first)}
        days |= {_last_day(last)} if len(born) < 10 else set()
    except ValueError:
        return None
    if min(days) > on:
        return None
    return {
        on.year - d.year - ((on.month, on.day) < (d.month, d.day)) for d in (min(days), min(max(days), on))
    }


def _last_day(month_or_year: str) -> date:
    year, month = int(month_or_year[:4]), int(month_or_year[5:7] or 12)
    first_of_next = date(year + month // 12, month % 12 + 1, 1)
    return date.fromordinal(first_of_next.toordinal() - 1)


def _sex(one: Patient) -> Stated:
    source = say("source.gender", name=one.name, gender=one.gender)
    at_birth = {e.value_code for e in one.extension if e.url == BIRTH_SEX} - {None}
    written = {"female": "F", "male": "M"}.get(one.gender or "")
    if written is None:
        why = say("unknown.gender", gender=one.gender or say("unknown.nothing"))
    elif at_birth - {written}:
        why = say("unknown.birth_sex", gender=one.gender, birth=", ".join(sorted(map(str, at_birth))))
    else:
        return Stated("sex", one.gender, source, lasting=True)
    return Stated("sex", Unknown(why), source, lasting=True)
