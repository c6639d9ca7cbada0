"""What a harm is: its heading, its count with a denominator, how it was looked for, what changes it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from vertebro.evidence.counts import Count, CountedAs, Interval
from vertebro.vocabulary.procedures import Procedure


class Heading(Enum):
    """The eight headings every list of side effects keeps, in this order."""

    LEAK = "cement leak"
    INFECTION = "infection"
    LUNG_EMBOLUS = "cement in the lung"
    ALLERGY = "allergy"
    CORD_OR_ROOT = "cord or root injury"
    BALLOON_RUPTURE = "balloon rupture"
    FRACTURE_NEXT_DOOR = "new fracture"
    ANAESTHETIC = "anaesthetic and general risk"


class Detection(Enum):
    """How the harm was looked for: CT finds many times what an X-ray during the procedure shows."""

    CT = "CT"
    RADIOGRAPHS = "radiographs"
    FLUOROSCOPY = "X-ray during the procedure"
    CLINICAL = "symptoms and clinical records"
    NOT_STATED = "not stated"


class Symptoms(Enum):
    """Whether the people counted felt anything of it."""

    SILENT = "silent"
    SYMPTOMATIC = "symptomatic"
    ANY = "any"


class Applies(Enum):
    """Whether a modifier holds for this patient."""

    YES = "applies"
    MAYBE = "may apply"


@dataclass(frozen=True)
class Modifier:
    """Something about this patient that changes a harm, with its effect and source.

    ``measure`` is OR, RR, HR or a difference; above 1 is more harm.
    """

    factor: str
    label: str
    applies: Applies
    because: tuple[str, ...]
    measure: str
    estimate: float
    interval: Interval
    source: str
    where: str
    note: str = ""


@dataclass(frozen=True)
class Harm:
    """One rate of one harm.

    ``without`` is the count in the other arm of the same trial, ``versus`` what that arm had.
    ``only_if`` names whom the study counted where that is not everybody (``posterior_wall in breached``).
    ``asked`` are facts that would change the harm and are not known.
    """

    heading: Heading
    key: str
    label: str
    procedure: Procedure
    count: Count
    detection: Detection
    symptoms: Symptoms
    follow_up: str
    interval: Interval
    sources: tuple[str, ...]
    note: str = ""
    versus: str = ""
    without: Count | None = None
    only_if: str = ""
    modifiers: tuple[Modifier, ...] = ()
    asked: tuple[str, ...] = ()

    @property
    def numerator(self) -> int:
        """How many it happened to."""
        return self.count.events

    @property
    def denominator(self) -> int:
        """Among how many it was counted."""
        return self.count.of

    @property
    def counted_as(self) -> CountedAs:
        """What the denominator counts."""
        return self.count.counted_as


@dataclass(frozen=True)
class NoRate:
    """A heading for which no rate was found: said, not guessed."""

    heading: Heading
    procedure: Procedure
    label: str
    why: str
    sources: tuple[str, ...] = ()
    modifiers: tuple[Modifier, ...] = ()
    does_not_apply: bool = False
