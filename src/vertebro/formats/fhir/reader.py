"""A FHIR bundle becomes the case of a record: facts by known codes alone, and a list of what was not read."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import date, timedelta
from pathlib import Path

from vertebro.errors import BadCase, BadRecord
from vertebro.formats.fhir.bundle import PatientBundle, read_bundle, refusal, say
from vertebro.formats.fhir.problems import of_allergy, of_condition, of_medicine, of_medicine_given
from vertebro.formats.fhir.questionnaire import of_response
from vertebro.formats.fhir.resources import (
    AllergyIntolerance,
    Condition,
    Encounter,
    MedicationUse,
    MedicineGiven,
    Observation,
    QuestionnaireResponse,
    Read,
)
from vertebro.formats.fhir.settle import is_past, settle
from vertebro.formats.fhir.statements import (
    BrokenVertebra,
    NotRead,
    Refused,
    Stated,
    Statement,
    ages_between,
    of_encounter,
    of_observation,
    of_patient,
    when,
)
from vertebro.patient.case import Case
from vertebro.patient.record import ClinicalRecord
from vertebro.vocabulary.facts import fact
from vertebro.vocabulary.known import Unknown
from vertebro.vocabulary.levels import Level

LEVEL = "fracture_level"


def read_fhir_case(path: Path, level: Level | None = None, on: date | None = None) -> Case:
    """The case of a bundle (``.json``, ``.json.gz``) on a day, about a level, without images.

    The day is ``on``, else that of the bundle's timestamp, else today. The level is ``level``, else the
    one vertebra that a diagnosis or an answer names, else Unknown.
    """
    bundle = read_bundle(path)
    day, day_note = _day(bundle, on)
    statements = [*_of_now(_statements(bundle, day), day)]
    about, level_notes = _level(level, statements)
    stated = [*_facts(statements, bundle, about)]
    unread = [s for s in statements if isinstance(s, NotRead)] + _days_not_read(statements, about)
    settled = settle(stated, unread, day)
    refused = [*_levels_refused(statements), *settled.refused]
    if refused:
        raise _refused(bundle.file, refused)
    record = ClinicalRecord(day, settled.entries)
    not_read = Unknown(say("unknown.no_images"))
    notes = (*day_note, *level_notes, *_about_the_file(bundle), *settled.notes)
    name = bundle.file.removesuffix(".gz").removesuffix(".json") or bundle.file
    return Case(name, day, record, about, ct=not_read, spine=not_read, notes=notes)


def _day(bundle: PatientBundle, on: date | None) -> tuple[date, tuple[str, ...]]:
    if on is not None:
        return on, ()
    if bundle.timestamp is None:
        return date.today(), (say("notes.today", day=date.today()),)
    written = when(bundle.timestamp)
    if written is None or written.day > date.today() + timedelta(days=1):  # a day's grace for time zones
        raise refusal(BadCase, "timestamp", file=bundle.file, stamp=bundle.timestamp)
    return written.day, (say("notes.timestamp", day=written.day),)


def _statements(bundle: PatientBundle, on: date) -> Iterator[Statement]:
    if bundle.patient is not None:
        yield from of_patient(bundle.patient, on, bundle.file)
    for one in bundle.resources:
        yield from _of(one, bundle, on)


def _of_now(statements: Iterable[Statement], on: date) -> Iterator[Statement]:
    """The statements, with a level that was answered too long ago left unread."""
    for one in statements:
        if isinstance(one, Stated) and one.fact == LEVEL and is_past(one, on):
            yield NotRead(fact(LEVEL).label, one.source, say("not_read.long_ago"))
        else:
            yield one


def _of(one: Read, bundle: PatientBundle, on: date) -> Iterable[Statement]:
    match one:
        case Observation():
            return of_observation(one, on)
        case Condition():
            return of_condition(one, on)
        case AllergyIntolerance():
            return of_allergy(one, on)
        case MedicationUse():
            return of_medicine(one, on, bundle.medications)
        case MedicineGiven():
            return of_medicine_given(one, bundle.medications)
        case Encounter():
            return of_encounter(one, on)
        case QuestionnaireResponse():
            return of_response(one, on)
    return ()


def _level(asked: Level | None, statements: Iterable[Statement]) -> tuple[Level | Unknown, tuple[str, ...]]:
    """The level the caller names, or the only one the bundle names; a difference is said."""
    found: dict[Level, str] = {}
    for one in statements:
        if isinstance(one, BrokenVertebra):
            found |= {level: one.source for level in sorted(one.levels) if level not in found}
        elif isinstance(one, Stated) and one.fact == LEVEL and isinstance(one.value, Level):
            found.setdefault(one.value, one.source)
    words = ", ".join(f"{level} ({source})" for level, source in found.items())
    if asked is not None:
        differs = bool(found) and asked not in found
        return asked, ((say("notes.other_level", asked=asked, found=words),) if differs else ())
    if len(found) == 1:
        return next(iter(found)), (say("notes.level", level=words),)
    return Unknown(say("unknown.levels", found=words) if found else say("unknown.level")), ()


def _levels_refused(statements: Iterable[Statement]) -> list[Refused]:
    """Answers that name no vertebra: the level is no fact of the record, so nothing else would say it."""
    stated = [one for one in statements if isinstance(one, Stated) and one.fact == LEVEL]
    return [one.value for one in stated if isinstance(one.value, Refused)]


def _facts(
    statements: Iterable[Statement], bundle: PatientBundle, about: Level | Unknown
) -> Iterator[Stated]:
    """What was stated of facts a record holds; the day of the fracture only where it is the only one."""
    kept = list(statements)
    for one in kept:
        if isinstance(one, Stated) and one.fact != LEVEL and not _is_the_same_age(one, bundle):
            yield one
    broken = _broken_here(kept, about)
    since = {one.since.day if one.since else None for one in broken}
    if len(since) == 1 and None not in since:
        yield Stated("fracture_date", since.pop(), "; ".join(one.source for one in broken), lasting=True)


def _is_the_same_age(one: Stated, bundle: PatientBundle) -> bool:
    """True for an answer about the age that fits the birth date on the day it was given."""
    born = bundle.patient.birth_date if bundle.patient else None
    if one.fact != "age_years" or one.lasting or born is None or one.when is None:
        return False
    return one.value in (ages_between(born, one.when.day) or ())


def _broken_here(statements: Iterable[Statement], about: Level | Unknown) -> list[BrokenVertebra]:
    """The diagnoses about the level in question, or where none names it those that may be about it."""
    broken = [one for one in statements if isinstance(one, BrokenVertebra)]
    naming = [one for one in broken if about in one.levels]
    return naming or [one for one in broken if isinstance(about, Unknown) or not one.levels]


def _days_not_read(statements: Iterable[Statement], about: Level | Unknown) -> list[NotRead]:
    """The diagnoses of a broken vertebra that do not give one day on which it broke."""
    broken = _broken_here(statements, about)
    several = len({one.since.day for one in broken if one.since}) > 1
    key = "several_days" if several else "no_day"
    return [
        NotRead(say("not_read.broken"), one.source, say(f"not_read.{key}"), "fracture_date")
        for one in broken
        if several or one.since is None
    ]


def _about_the_file(bundle: PatientBundle) -> Iterator[str]:
    if bundle.patient is None:
        yield say("notes.no_patient")
    if bundle.of_nobody:
        first = bundle.of_nobody[0].name
        yield say("notes.of_nobody", count=len(bundle.of_nobody), first=first)
    if bundle.goes_on:
        yield say("notes.goes_on")
    if bundle.other_kinds:
        kinds = ", ".join(f"{kind} ({count})" for kind, count in bundle.other_kinds.items())
        yield say("notes.other_kinds", kinds=kinds)


def _refused(file: str, refused: Iterable[Refused]) -> BadRecord:
    lines = [say("refused.line", found=one.found, allowed=one.allowed) for one in refused]
    return BadRecord(
        say("refused.values.found", file=file, lines="".join(f"\n  {line}" for line in lines)),
        say("refused.values.needed"),
        say("refused.values.do"),
    )
