"""The one list of facts a record may hold and a rule may ask for: name, type, unit, range, question."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

from vertebro.errors import BadRecord, HouseFault, nearest
from vertebro.vocabulary.levels import Level
from vertebro.vocabulary.meant import hint_for_choices, hint_for_scale
from vertebro.vocabulary.own_yaml import own_yaml
from vertebro.vocabulary.texts import Texts, texts
from vertebro.vocabulary.units import is_unit, read_as, weeks_in_words

KINDS = ("number", "integer", "yes_no", "choice", "choices", "date", "level", "levels")
ORIGINS = ("record", "derived")


@dataclass(frozen=True)
class Fact:
    """One fact: what it is called, what it may be, how to ask for it and its standard code.

    ``origin`` is ``record`` (a person writes it down) or ``derived`` (vertebro works it out from
    the record or the images). A recorded fact may also be measured: the person's reading wins.
    """

    name: str
    kind: str
    origin: str = "record"
    unit: str = "1"
    low: float | None = None
    high: float | None = None
    choices: tuple[str, ...] = ()
    code: str = ""
    source: str = ""

    def __post_init__(self) -> None:
        if self.kind not in KINDS or self.origin not in ORIGINS or not is_unit(self.unit):
            raise HouseFault(f"Fact {self.name}: kind, origin or unit is not one of the house.")
        if self.kind in ("choice", "choices") and not self.choices:
            raise HouseFault(f"Fact {self.name} has no choices.")
        if self.is_number and (self.low is None or self.high is None):
            raise HouseFault(f"Fact {self.name} has no range.")

    @property
    def is_number(self) -> bool:
        """True for a number, whole or not."""
        return self.kind in ("number", "integer")

    @property
    def label(self) -> str:
        """What people call it: ``pain now (0 to 10)``."""
        return _words().say(f"{self.name}.label")

    @property
    def question(self) -> str:
        """The plain question that asks for it."""
        return _words().say(f"{self.name}.question")

    @property
    def allowed(self) -> str:
        """What may be answered, in words."""
        if self.is_number:
            whole = "a whole number" if self.kind == "integer" else "a number"
            return f"{whole} from {self.low:g} to {self.high:g} {read_as(self.unit)}".strip()
        if self.kind in ("choice", "choices"):
            many = "a list of any of" if self.kind == "choices" else "one of"
            return f"{many}: {', '.join(self.choices)}"
        return {
            "yes_no": "true or false",
            "date": "a day as YYYY-MM-DD",
            "level": "a vertebra such as L1",
            "levels": "a list of vertebrae such as [T12, L1]",
        }[self.kind]

    def in_words(self, value: Any) -> str:
        """A value of this fact as people read it: ``8 weeks``, ``no oedema``, ``yes``."""
        if self.is_number and self.unit == "wk":
            return weeks_in_words(value)
        if self.is_number:
            digits = 1 if self.unit in ("%", "deg") else 2  # nobody measures either more finely
            return f"{round(value, digits):g} {read_as(self.unit, value)}".strip()
        if self.kind == "yes_no":
            return _words().say("yes" if value else "no")
        if self.kind in ("choice", "choices"):
            chosen = (value,) if isinstance(value, str) else value
            return ", ".join(self._choice_in_words(c) for c in chosen)
        if self.kind == "levels":
            return ", ".join(map(str, value)) or _words().say("none")
        return str(value)

    def _choice_in_words(self, choice: str) -> str:
        key = f"{self.name}.choices.{choice}"
        return _words().say(key) if key in _words() else choice.replace("_", " ")

    def check(self, value: Any) -> Any:
        """The value in the type of this fact, or a BadRecord that says what is allowed."""
        match self.kind, value:
            case (("number" | "integer"), int() | float()) if not isinstance(value, bool):
                whole = self.kind == "integer"
                if self._holds(float(value)) and (float(value).is_integer() or not whole):
                    return int(value) if whole else float(value)
            case "yes_no", bool():
                return value
            case "choice", str() if value in self.choices:
                return value
            case "choices", str() if value in self.choices:  # a single one needs no list
                return (value,)
            case "choices", list() | tuple() if value and all(
                v in self.choices for v in value
            ):  # [] says nothing
                return tuple(value)
            case "date", date() if type(value) is date:
                return value
            case "level", str() | Level():
                return _level(value)
            case "levels", list() | tuple():
                return tuple(_level(v) for v in value)
        raise BadRecord(f"{self.name} is {value!r}.", self.allowed, self._advice(value))

    def _holds(self, number: float) -> bool:
        return self.low is not None and self.high is not None and self.low <= number <= self.high

    def _advice(self, value: Any) -> str:
        choices = hint_for_choices(value, self.choices) if self.choices else ""
        hint = choices or hint_for_scale(self.name, self.unit, value, (self.low, self.high))
        return f"Correct {self.name}, or leave it out if it is not known. {hint}".strip()


def _level(value: Any) -> Level:
    return value if isinstance(value, Level) else Level.parse(str(value))


@cache
def facts() -> dict[str, Fact]:
    """Every fact of the house by name."""
    entries = own_yaml(Path(__file__).with_name("facts.yaml"))
    return {
        n: Fact(name=n, **entry | {"choices": tuple(entry.get("choices", ()))})
        for n, entry in entries.items()
    }


def fact(name: str) -> Fact:
    """The fact of that name, or a BadRecord with the nearest spelling."""
    known = facts()
    if name in known:
        return known[name]
    raise BadRecord(
        f"There is no fact called '{name}'.",
        "a name from the dictionary (vertebro explain facts)",
        nearest(name, known) or "Look the name up in the dictionary.",
    )


def _words() -> Texts:
    return texts(beside=__file__, name="facts")
