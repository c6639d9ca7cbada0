"""Findings, facts and verdicts in words; every number is put into words here or in Measured."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from enum import Enum
from typing import Any

from vertebro.fracture.findings import NO_MRI, Findings, VertebraFindings
from vertebro.patient.case import Case
from vertebro.vocabulary.facts import fact
from vertebro.vocabulary.grades import GenantGrade
from vertebro.vocabulary.known import Known, Unknown
from vertebro.vocabulary.levels import Level
from vertebro.vocabulary.measured import Graded, Measured
from vertebro.vocabulary.texts import texts
from vertebro.vocabulary.units import read_as, weeks_in_words

LEAD = (
    "height_loss",
    "genant",
    "shape",
    "wedge_angle",
    "local_kyphosis",
    "posterior_wall",
    "canal_narrowing",
    "cleft_gas_volume",
    "trabecular_density",
)
"""The findings of the level in question that open the report; all others stand in the tables."""

LEAD_ON_MRI = ("oedema_fraction", "cleft_fluid")
"""The same where there is an MRI."""

Finding = Measured | Graded[Any] | Unknown


def say(key: str, **values: object) -> str:
    """The sentence of the report with that key; a missing sentence or value is a HouseFault."""
    return texts(beside=__file__).say(key, **values)


def knows(key: str) -> bool:
    """True if the report has a sentence of that key."""
    return key in texts(beside=__file__)


def plain_sentences() -> dict[str, str]:
    """Every sentence of the report that needs no value, by key: the labels of a page."""
    words = texts(beside=__file__)
    return {key: words.say(key) for key in words.keys() if not words.placeholders(key)}  # noqa: SIM118


def day(on: date) -> str:
    """``22 November 2026``"""
    return f"{on.day} {on:%B} {on.year}"


def grade_in_words(grade: object) -> str:
    """A grade or a yes / no as people read it."""
    return say(f"answer.{str(grade).lower()}") if isinstance(grade, bool) else str(grade)


def in_words(found: Finding) -> str:
    """Any finding as people read it, with its spread or its other possible grades."""
    if isinstance(found, Unknown):
        return say("value.not_measured_why", why=found.why)
    if isinstance(found, Measured):
        return found.in_words()
    grade, others = grade_in_words(found.value), other_grades(found)
    return say("value.graded_unsure", grade=grade, others=others) if others else grade


def other_grades(found: Graded[Any]) -> str:
    """The other grades within one spread, in words; nothing where the grade is certain."""
    return ", ".join(grade_in_words(g) for g in dict.fromkeys(found.possible) if g != found.value)


def after_stance(stance: str, sentence: str) -> str:
    """The sentence that stands after its stance, which is not said twice: ``Wait. The pain ...``."""
    start = f"{stance}. "
    return sentence[len(start) :] if sentence.lower().startswith(start.lower()) else sentence


def value_in_words(value: Any, unit: str = "1") -> str:
    """The value of a fact or setting as people read it."""
    match value:
        case bool():
            return say(f"answer.{str(value).lower()}")
        case date():
            return day(value)
        case list() | tuple():
            return ", ".join(value_in_words(one) for one in value) or say("fact.nothing")
        case Enum():
            return str(value)
        case float() | int() if unit == "wk":
            return weeks_in_words(value)
        case float() | int():
            gap = "" if read_as(unit) in ("°", "") else " "
            return f"{_number(value)}{gap}{read_as(unit)}"
    return str(value).replace("_", " ")


def _number(value: float) -> str:
    """As somebody wrote it; a number that was worked out with three figures."""
    return f"{value:.10g}" if round(value, 2) == value else f"{value:.3g}"


def fact_in_words(name: str, known: Known[Any]) -> str:
    """``age: 78 years``"""
    entry = fact(name)
    return say("fact.said", label=entry.label, value=value_in_words(known.value, entry.unit))


def origin_in_words(known: Known[Any]) -> str:
    """Where a fact comes from and of which day."""
    if known.on is None:
        return say("fact.from", source=known.source)
    return say("fact.from_on", source=known.source, day=day(known.on))


def level_in_question(case: Case) -> str:
    """The level, or why it is not known."""
    if isinstance(case.level, Unknown):
        return say("header.level_unknown", why=case.level.why)
    return str(case.level)


def lead(case: Case, findings: Findings | Unknown) -> list[str]:
    """What was measured at the level in question and what was not, then the other levels."""
    if isinstance(findings, Unknown):
        return [say("lead.no_findings", why=findings.why)]
    level = case.level
    if isinstance(level, Unknown):
        own = [say("lead.no_level", why=level.why)]
    elif level not in findings.vertebrae:
        own = [say("lead.not_in_findings", level=level)]
    else:
        own = _own_sentences(level, findings[level])
    return own + _grades_of_all(findings)


def _own_sentences(level: Level, found: VertebraFindings) -> list[str]:
    values: dict[str, Finding] = dict(found)
    names = LEAD if found.oedema_fraction == NO_MRI else (*LEAD, *LEAD_ON_MRI)
    known = {name: values[name] for name in names if not isinstance(values[name], Unknown)}
    sentences = [
        say(f"lead.{_variant(name, value)}", level=level, value=in_words(value))
        for name, value in known.items()
    ]
    missing = [
        say("lead.unknown_item", label=say(f"finding.{name}"), why=why.why.rstrip("."))
        for name in names
        if isinstance(why := values[name], Unknown)
    ]
    if missing:
        sentences.append(say("lead.unknown", level=level, list="; ".join(missing)))
    return sentences


def _variant(name: str, value: Finding) -> str:
    """A loss smaller than its own uncertainty is not called a loss."""
    if name == "height_loss" and isinstance(value, Measured) and value.value <= value.spread:
        return "height_loss_none"
    return name


def _grades_of_all(findings: Findings) -> list[str]:
    lost, unsure, none, unknown = [], [], [], []
    for level, found in findings.vertebrae.items():
        if isinstance(found.genant, Unknown):
            unknown.append(say("lead.graded_unknown_item", level=level, why=found.genant.why.rstrip(".")))
        elif found.genant.value is GenantGrade.NORMAL:
            words = say("lead.graded_loss_item", level=level, grade=in_words(found.genant))
            none.append(str(level)) if found.genant.is_certain else unsure.append(words)
        else:
            lost.append(say("lead.graded_loss_item", level=level, grade=in_words(found.genant)))
    said = [_listed("lead.graded_loss", lost), _listed("lead.graded_unsure", unsure)]
    said += [_listed("lead.graded_zero", none, ", ")]
    said += [_listed("lead.graded_unknown", unknown), say("lead.elsewhere")]
    return [sentence for sentence in said if sentence]


def _listed(key: str, items: Iterable[str], between: str = "; ") -> str:
    joined = between.join(items)
    return say(key, list=joined) if joined else ""
