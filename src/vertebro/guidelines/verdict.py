"""What a rule, a body and the decision answer: met, not met or unknown; a stance; and why."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Any

from vertebro.errors import HouseFault
from vertebro.vocabulary.known import Known, Unknown
from vertebro.vocabulary.levels import Level


class Outcome(Enum):
    """The three answers of a rule."""

    MET = "met"
    NOT_MET = "not met"
    UNKNOWN = "unknown"


class Procedure(Enum):
    """What can be done to the vertebra with cement."""

    VERTEBROPLASTY = "vertebroplasty"
    KYPHOPLASTY = "balloon kyphoplasty"


class Stance(Enum):
    """The only words vertebro uses for an answer. Never "should have"."""

    CONSIDER = "consider"
    DISCUSS = "discuss in MDT"
    WAIT = "wait"
    CORRECT_FIRST = "correct first"
    NOT_RECOMMENDED = "not recommended"
    CONTRAINDICATED = "contraindicated"
    REFER_URGENTLY = "refer urgently"
    OUT_OF_SCOPE = "out of scope"
    NOT_ENOUGH_INFORMATION = "not enough information"


@dataclass(frozen=True)
class Verdict:
    """One rule's answer for one patient.

    ``sentence`` is for people, with the numbers the rule used; ``source`` is a key of the
    bibliography and ``where`` the place in it; ``used`` are the facts the rule saw, ``missing``
    the names of those it needed and did not get.
    """

    rule: str
    body: str
    outcome: Outcome
    sentence: str
    source: str
    where: str
    used: Mapping[str, Known[Any]]
    missing: tuple[str, ...]

    def __post_init__(self) -> None:
        if not self.source:
            raise HouseFault(f"Rule {self.rule} gave a verdict without a source.")
        if (self.outcome is Outcome.UNKNOWN) != bool(self.missing):
            raise HouseFault(f"Rule {self.rule}: unknown exactly when a fact is missing.")


@dataclass(frozen=True)
class Position:
    """What one body says about one procedure for this patient, and the verdicts it rests on."""

    body: str
    title: str
    stance: Stance
    sentence: str
    verdicts: tuple[Verdict, ...]


@dataclass(frozen=True)
class Decision:
    """The answer for one procedure at one level.

    ``decided_by`` is the gate or position that gave the headline; every other verdict stays listed.
    ``conflicts`` are sentences that say which bodies disagree and on what number;
    ``reasons_for`` and ``reasons_against`` are sentences; ``ask_next`` are names of facts, the
    most deciding first.
    """

    procedure: Procedure
    level: Level | Unknown
    stance: Stance
    headline: str
    decided_by: str
    verdicts: tuple[Verdict, ...]
    positions: tuple[Position, ...]
    conflicts: tuple[str, ...] = ()
    reasons_for: tuple[str, ...] = ()
    reasons_against: tuple[str, ...] = ()
    always_said: tuple[str, ...] = ()
    ask_next: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if not self.verdicts:
            raise HouseFault("A decision without a verdict must not exist.")
