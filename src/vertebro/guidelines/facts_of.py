"""From the record and the images to facts: unknown facts are absent, measured ones keep their spread."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from vertebro.errors import HouseFault
from vertebro.fracture.findings import Findings, VertebraFindings
from vertebro.guidelines.derive import with_derived
from vertebro.guidelines.reading import Reading, possible_values
from vertebro.guidelines.settings import own, own_texts
from vertebro.guidelines.unused import unused
from vertebro.guidelines.written import what_is_written
from vertebro.patient.case import Case
from vertebro.vocabulary.facts import fact
from vertebro.vocabulary.grades import GenantGrade
from vertebro.vocabulary.known import Known, Unknown
from vertebro.vocabulary.levels import Level
from vertebro.vocabulary.measured import Graded, Measured


def facts_of(case: Case, findings: Findings | Unknown) -> dict[str, Known[Any]]:
    """Every fact that is known: written, measured where nobody wrote it, or worked out.

    A measured number carries every value within its spread and an uncertain grade every grade
    that is possible, so that no rule takes an uncertain reading for a firm fact.
    """
    people = written(case)
    images = {n: k for n, k in measured(case, findings).items() if not _overruled(n, k, people)}
    return with_derived(images | people, case.level)


def _overruled(name: str, image: Known[Any], people: dict[str, Known[Any]]) -> bool:
    """True for oedema measured on an MRI that a person read otherwise, or says cannot have been made."""
    return name == "mri_oedema_fraction" and bool(_read_otherwise(image, people))


def _read_otherwise(image: Known[Any], people: dict[str, Known[Any]]) -> tuple[str, ...]:
    """The facts in which a person contradicts the oedema measured on the MRI."""
    surely, none = min(possible_values(image)) > 0, round(image.value) == 0
    against = {
        "mri": {"no_oedema": surely, "oedema": none},
        "oedema_extent": {"none": surely, "part": none, "most": none},
    }
    found = [n for n, by in against.items() if n in people and by.get(people[n].value, False)]
    return (*found, *(n for n in ("mri_impossible_reason",) if n in people))


def written(case: Case) -> dict[str, Known[Any]]:
    """What people wrote down and what counts today, with the weeks since the fracture."""
    return what_is_written(case).facts


def measured(case: Case, findings: Findings | Unknown) -> dict[str, Known[Any]]:
    """What the images show at the level in question, as facts with their spread."""
    if isinstance(findings, Unknown) or not isinstance(case.level, Level):
        return {}
    if case.level not in findings.vertebrae:
        return {}
    at_level = findings[case.level]
    found = {name: read(at_level) for name, read in READ_OFF.items()}
    return {name: known for name, known in found.items() if known is not None}


def noticed(case: Case, findings: Findings | Unknown) -> tuple[str, ...]:
    """What a reader is told beside the answer: readings that differ, what does not count and why,
    days that disagree, and what was recorded without any rule using it.
    """
    read = what_is_written(case)
    left = unused(read.facts)
    said = own_texts().say("note.unused", labels=", ".join(fact(name).label for name in left))
    return (*disagreements(case, findings), *read.notes, *((said,) if left else ()))


def disagreements(case: Case, findings: Findings | Unknown) -> tuple[str, ...]:
    """Where a person's reading and the measurement differ by more than the spread: the person's counts."""
    people = written(case)
    images = measured(case, findings)
    differing = tuple(
        own_texts().say(
            "disagreement",
            label=fact(name).label,
            person=fact(name).in_words(people[name].value),
            image=images[name].source,
        )
        for name in images
        if name in people and not _agrees(name, people[name].value, images[name])
    )
    differing += _oedema_read_otherwise(people, images)
    return differing + _oedema_without_loss(case, findings, people)


def _oedema_read_otherwise(people: dict[str, Known[Any]], images: dict[str, Known[Any]]) -> tuple[str, ...]:
    """Where a person's reading of the MRI and the oedema measured on it differ."""
    image = images.get("mri_oedema_fraction")
    if image is None:
        return ()
    return tuple(
        own_texts().say(
            "disagreement",
            label=fact(name).label,
            person=fact(name).in_words(people[name].value),
            image=image.source,
        )
        for name in _read_otherwise(image, people)
    )


def _oedema_without_loss(
    case: Case, findings: Findings | Unknown, people: dict[str, Known[Any]]
) -> tuple[str, ...]:
    """A fresh fracture by MRI whose body has kept its height on CT: possible, or the wrong level."""
    oedema = "mri" in people and people["mri"].value == "oedema"
    if not oedema or isinstance(findings, Unknown) or case.level not in findings.vertebrae:
        return ()
    level = case.level
    assert isinstance(level, Level)  # an unknown level is no key of the findings
    grade = findings[level].genant
    if isinstance(grade, Unknown) or not grade.is_certain or grade.value is not GenantGrade.NORMAL:
        return ()
    return (own_texts().say("oedema_without_loss", level=level),)


def _agrees(name: str, person: Any, image: Known[Any]) -> bool:
    possible = possible_values(image)
    if fact(name).kind == "number":
        return bool(min(possible) <= person <= max(possible))
    return person in possible


def _number(finding: Measured | Unknown, name: str) -> Known[Any] | None:
    """A measured number with both ends of its spread, kept within the range of the fact."""
    if isinstance(finding, Unknown):
        return None
    low, high = fact(name).low, fact(name).high
    assert low is not None and high is not None  # every number of the dictionary has a range
    if finding.unit != fact(name).unit:
        raise HouseFault(f"{name} is asked in {fact(name).unit} and was measured in {finding.unit}.")
    reach = own.spreads_counted.number * finding.spread
    ends = (finding.value - reach, finding.value, finding.value + reach)
    kept = tuple(min(max(end, low), high) for end in ends)
    said = own_texts().say("measured", value=finding.in_words(), method=finding.method)
    return Reading(kept[1], said, None, kept)


def _posterior_wall(at_level: VertebraFindings) -> Known[Any] | None:
    wall = at_level.posterior_wall
    if not isinstance(wall, Graded):
        return None
    said = own_texts().say("measured", value=wall.value, method=wall.method)
    return Reading(wall.value.value, said, None, tuple(grade.value for grade in wall.possible))


def _gas_cleft(at_level: VertebraFindings) -> Known[Any] | None:
    """Gas that is surely there is a cleft; no gas on CT says nothing about fluid, so nothing is known."""
    gas = at_level.cleft_gas_volume
    if isinstance(gas, Unknown):
        return None
    surely = gas.value - own.spreads_counted.number * gas.spread
    if surely < own.gas_cleft_from.number:
        return None
    return Known("gas", own_texts().say("measured", value=gas.in_words(), method=gas.method))


def _cleft(at_level: VertebraFindings) -> Known[Any] | None:
    """A cleft that is surely there, by gas on CT or fluid on MRI; that none was seen says nothing."""
    gas, fluid = _gas_cleft(at_level), at_level.cleft_fluid
    if not (isinstance(fluid, Graded) and fluid.value and fluid.is_certain):
        return gas
    said = own_texts().say("measured", value=own_texts().say("cleft_fluid"), method=fluid.method)
    return Known("fluid", said) if gas is None else Known("both", f"{gas.source}; {said}")


READ_OFF: dict[str, Callable[[VertebraFindings], Known[Any] | None]] = {
    "height_loss_pct": lambda at_level: _number(at_level.height_loss, "height_loss_pct"),
    "kyphosis_deg": lambda at_level: _number(at_level.local_kyphosis, "kyphosis_deg"),
    "canal_narrowing_pct": lambda at_level: _number(at_level.canal_narrowing, "canal_narrowing_pct"),
    "posterior_wall": _posterior_wall,
    "intravertebral_cleft": _cleft,
    "mri_oedema_fraction": lambda at_level: _number(at_level.oedema_fraction, "mri_oedema_fraction"),
}
"""What is read off the images, and how."""
