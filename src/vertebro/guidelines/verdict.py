"""What a rule, a body and the decision answer: met, not met or unknown; a stance; and why."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Any

from vertebro.errors import HouseFault
from vertebro.vocabulary.known import Known, Unknown
from vertebro.vocabulary.levels import Level
from vertebro.vocabulary.procedures import Procedure as Procedure


class Outcome(Enum):
    """The three answers of a rule."""

    MET = "met"
    NOT_MET = "not met"
    UNKNOWN = "unknown"


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
    """What one body says about one procedure for this patient, and the verdicts it rests on.

    ``rating`` is the answer in the body's own short words ("usually appropriate"); ``stance`` is
    None where the body takes no side for a single patient.
    """

    body: str
    title: str
    stance: Stance | None
    rating: str
    sentence: str
    verdicts: tuple[Verdict, ...]


class Leaning(Enum):
    """Which way an answer to one question leans."""

    FOR = "for"
    AGAINST = "against"
    OPEN = "open"


@dataclass(frozen=True)
class Side:
    """What one body says on one question for this patient, with its source."""

    body: str
    title: str
    leaning: Leaning
    sentence: str
    source: str
    where: str
    rule: str = ""
    """The rule behind it; empty for a published statement that holds for every patient."""

    def __post_init__(self) -> None:
        if not (self.source and self.where):
            raise HouseFault(f"{self.title} takes a side without a source.")


@dataclass(frozen=True)
class Conflict:
    """A question on which at least one body leans for and one against, with everything said on it."""

    topic: str
    question: str
    sides: tuple[Side, ...]
    sentence: str

    def __post_init__(self) -> None:
        if not {Leaning.FOR, Leaning.AGAINST} <= {side.leaning for side in self.sides}:
            raise HouseFault(f"Nobody disagrees on '{self.topic}'.")


class Path(Enum):
    """What can be done for this patient, the two procedures among it."""

    VERTEBROPLASTY = Procedure.VERTEBROPLASTY.value
    KYPHOPLASTY = Procedure.KYPHOPLASTY.value
    WAITING = "waiting with pain treatment"
    SURGERY = "a spinal surgeon's opinion"
    OTHER_CAUSE = "looking for another cause"


@dataclass(frozen=True)
class OtherPath:
    """A path besides the procedures: its stance (None: nothing known speaks for it), and why."""

    path: Path
    stance: Stance | None
    sentence: str
    reasons_for: tuple[str, ...]
    reasons_against: tuple[str, ...]


@dataclass(frozen=True)
class Decision:
    """The answer for one procedure at one level.

    ``decided_by`` is the gate or position that gave the headline; every other verdict stays listed.
    ``step`` names the step of the order in which the answer was looked for (``settle.STEPS``);
    ``conflicts`` say which bodies disagree, on what, and with what number;
    ``reasons_for`` and ``reasons_against`` are sentences; ``ask_next`` are names of facts, the
    most deciding first.
    """

    procedure: Procedure
    level: Level | Unknown
    stance: Stance
    headline: str
    decided_by: str
    step: str
    verdicts: tuple[Verdict, ...]
    positions: tuple[Position, ...]
    conflicts: tuple[Conflict, ...] = ()
    reasons_for: tuple[str, ...] = ()
    reasons_against: tuple[str, ...] = ()
    always_said: tuple[str, ...] = ()
    ask_next: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if not self.verdicts:
            raise HouseFault("A decision without a verdict must not exist.")
