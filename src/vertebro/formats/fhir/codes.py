"""The table of codes that are read from FHIR: which code says what, and where it was seen."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any

from vertebro.errors import HouseFault
from vertebro.formats.fhir.resources import Coding, Concept
from vertebro.vocabulary.facts import fact
from vertebro.vocabulary.levels import Level
from vertebro.vocabulary.library import references
from vertebro.vocabulary.own_yaml import own_yaml

TABLE = Path(__file__).with_name("fhir_codes.yaml")
WITH_OR_WITHOUT_DOT = ("ICD-10", "ICD-10-CM")
"""Systems whose codes are written M80.08 and M8008."""


@dataclass(frozen=True)
class CodeEntry:
    """One code: the fact and value it stands for, or why it is not read, and the source it was seen in."""

    system: str
    code: str
    source: str
    display: str = ""
    begins: bool = False
    fact: str = ""
    value: Any = None
    units: dict[str, dict[str, float]] = field(default_factory=dict)
    answers: dict[str, dict[str, Any]] = field(default_factory=dict)
    unconfirmed: Any = None
    history: bool = False
    of_bone: bool = False
    vertebra: bool = False
    whole_body: bool = False
    level: str = ""
    why: str = ""

    def __post_init__(self) -> None:
        if self.source not in references():
            raise HouseFault(f"FHIR code {self.code}: no reference '{self.source}' in data/references.yaml.")
        if self.fact and self.value is not None:
            fact(self.fact).check([self.value] if fact(self.fact).kind == "choices" else self.value)

    def fits(self, coding: Coding) -> bool:
        """True if this is the code, or one below it where the entry takes those too."""
        if coding.code is None or coding.system != systems()[self.system]:
            return False
        here, there = self.code, coding.code.strip()
        if self.system in WITH_OR_WITHOUT_DOT:
            here, there = here.replace(".", ""), there.replace(".", "").upper()
        return there.startswith(here) if self.begins else there == here

    def answer(self, coding: Coding) -> Any:
        """What a coded answer says, or None where it is not in the table."""
        for system, values in self.answers.items():
            if coding.system == systems()[system] and coding.code in values:
                return values[coding.code]
        return None

    def converted(self, value: float, unit: str) -> float:
        """The value in the unit of the fact; the unit must be one of ``units``."""
        how = {name: Decimal(str(number)) for name, number in self.units[unit].items()}
        exact = Decimal(str(value)) - how.get("minus", Decimal(0))
        return float(exact * how.get("times", Decimal(1)) / how.get("divided_by", Decimal(1)))

    def in_words(self) -> str:
        """``LOINC 777-3 (Platelets in blood by automated count)``"""
        return f"{self.system} {self.code} ({self.display})" if self.display else f"{self.system} {self.code}"


@cache
def _table() -> dict[str, Any]:
    table: dict[str, Any] = own_yaml(TABLE)
    return table


@cache
def systems() -> dict[str, str]:
    """The URI of every code system of the table by its name."""
    return dict(_table()["systems"])


@cache
def entries(part: str) -> tuple[CodeEntry, ...]:
    """The entries of one part: observations, conditions, allergies, medicines, encounters, not_read."""
    return tuple(CodeEntry(**entry) for entry in _table()[part])


@cache
def near_words(part: str) -> tuple[str, ...]:
    """Words that make something without a known code worth saying."""
    return tuple(_table()["near_words"][part])


@cache
def vertebra_codings() -> dict[Level, str]:
    """The SNOMED CT code of every vertebra that has one."""
    return {Level.parse(name): code for name, code in _table()["vertebrae"]["codes"].items()}


def matches(part: str, concept: Concept | None) -> list[CodeEntry]:
    """The entries that one of the concept's codes fits; an exact code hides a general one for its fact."""
    codings = concept.coding if concept else []
    fitting = [entry for entry in entries(part) if any(entry.fits(coding) for coding in codings)]
    exact = {entry.fact for entry in fitting if not entry.begins}
    return [entry for entry in fitting if not entry.begins or entry.fact not in exact]


def vertebrae_of(concepts: Iterable[Concept]) -> set[Level]:
    """The vertebrae that body sites name by a known code."""
    uri = systems()[_table()["vertebrae"]["system"]]
    codings = [coding for concept in concepts for coding in concept.coding if coding.system == uri]
    return {level for level, code in vertebra_codings().items() if any(c.code == code for c in codings)}


def named(concept: Concept | None) -> str:
    """What a concept is called by whoever wrote it: its text, a display, or its bare codes."""
    if concept is None:
        return "without a code"
    names = [concept.text, *(coding.display for coding in concept.coding)]
    bare = [f"{coding.system or 'no system'} {coding.code}" for coding in concept.coding if coding.code]
    return next(
        (name.strip() for name in names if name and name.strip()), ", ".join(bare) or "without a code"
    )


def has_name(concept: Concept | None) -> bool:
    """True if somebody wrote a name beside the codes."""
    return any(name.strip() for name in all_names(concept))


def all_names(concept: Concept | None) -> Iterator[str]:
    """Every name of a concept in small letters, for looking for words."""
    if concept is not None:
        yield from (n.lower() for n in (concept.text, *(c.display for c in concept.coding)) if n)
