"""What people wrote, as far as it speaks for today and for this fracture, and what is said about the rest."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date
from functools import cache
from typing import Any

from vertebro.guidelines.ages import about_the_fracture, age_group, age_limit_days
from vertebro.guidelines.derive import with_derived
from vertebro.guidelines.gate import Gate, Stage, gates
from vertebro.guidelines.onset import WEEKS, first_possible_day, onset_notes, weeks_since_fracture
from vertebro.guidelines.reading import Facts
from vertebro.guidelines.rule import MET
from vertebro.guidelines.settings import own_texts
from vertebro.guidelines.verdict import Procedure
from vertebro.patient.case import Case
from vertebro.vocabulary.facts import fact
from vertebro.vocabulary.known import Known, Unknown


@dataclass
class Written:
    """The facts that count today, and a sentence for each that does not, or whose age is said."""

    facts: dict[str, Known[Any]]
    notes: list[str] = field(default_factory=list)


def what_is_written(case: Case) -> Written:
    """What people wrote, with the weeks counted up to the day of the case.

    A value without a day of its own has the day of the record. One that is too old, or was found
    before the bone broke, becomes unknown and is asked again, unless it is itself a danger: a
    danger counts until somebody says that it has passed.
    """
    told = {name: entry for name, entry in case.record if isinstance(entry, Known)}
    today = max(case.on, case.record.on)
    weeks = weeks_since_fracture(told, case.record.on, today)
    counting = told if weeks is None else told | {WEEKS: weeks}
    found = Written({}, list(onset_notes(told, weeks)))
    aged = _Aged(case.record.on, today, first_possible_day(weeks, today))
    for name, known in counting.items():
        why = aged.does_not_count(name, known)
        if why and is_a_danger(name, known):
            found.notes.append(aged.say("old_danger", name, known))
            why = ""
        if why:
            found.notes.append(why)
            continue
        found.facts[name] = known
        found.notes += [note for note in aged.is_old(name, known) if not _said_already(name, case)]
    return found


@dataclass(frozen=True)
class _Aged:
    """Tells what is too old to speak for today, or for this fracture."""

    noted_on: date
    today: date
    broke: date | None

    def does_not_count(self, name: str, known: Known[Any]) -> str:
        """Why the value does not count, or an empty string."""
        day = known.on or self.noted_on
        if self.broke is not None and name in about_the_fracture() and day < self.broke:
            return self.say("before_the_fracture", name, known)
        past = age_limit_days(age_group(name), "past")
        if past is not None and (self.today - day).days > past:
            return self.say("too_old", name, known, past=f"{past:g}")
        return ""

    def is_old(self, name: str, known: Known[Any]) -> Iterator[str]:
        """A value that counts although it is not of these days, said."""
        said = age_limit_days(age_group(name), "said")
        if known.on is not None and said is not None and (self.today - known.on).days > said:
            yield self.say("old", name, known)

    def say(self, key: str, name: str, known: Known[Any], **more: str) -> str:
        """The sentence ``note.<key>`` about one value."""
        day = known.on or self.noted_on
        words = {
            "label": fact(name).label,
            "value": fact(name).in_words(known.value),
            "source": known.source,
            "day": day,
            "days": (self.today - day).days,
            "broke": self.broke,
        }
        asked = own_texts().placeholders(f"note.{key}")
        return own_texts().say(f"note.{key}", **{n: w for n, w in (words | more).items() if n in asked})


def _said_already(name: str, case: Case) -> bool:
    return any(note.startswith(f"{fact(name).label}: ") for note in case.notes)


def is_a_danger(name: str, known: Known[Any]) -> bool:
    """True of a value that alone fires a gate of an emergency, of the scope or of an absolute danger."""
    alone: Facts = with_derived({name: known}, Unknown("asked of one fact alone"))
    return any(gate.outcome(alone) is MET for gate in _danger_gates())


@cache
def _danger_gates() -> tuple[type[Gate], ...]:
    every = {gate: None for procedure in Procedure for gate in gates(procedure)}
    return tuple(g for g in every if g.stance is not None and g.stage <= Stage.ABSOLUTE)
