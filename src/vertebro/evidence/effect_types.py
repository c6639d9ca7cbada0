"""What a procedure achieves against sham, usual care or the other procedure, at each time."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from vertebro.errors import HouseFault
from vertebro.evidence.counts import Interval, IntervalMethod
from vertebro.vocabulary.known import Unknown
from vertebro.vocabulary.procedures import Procedure


class Comparison(Enum):
    """What the procedure was compared with."""

    SHAM = "sham"
    ACTIVE_CONTROL = "active control"
    USUAL_CARE = "usual care"
    KYPHOPLASTY_V_VERTEBROPLASTY = "kyphoplasty v vertebroplasty"


class Endpoint(Enum):
    """What was measured in the patients."""

    PAIN = "pain"
    PAIN_RELIEF = "pain below 4 of 10"
    DISABILITY = "disability"
    QUALITY_OF_LIFE = "quality of life"


class Grade(Enum):
    """How sure one can be of an effect (GRADE-like, by the rules of ``certainty.py``)."""

    HIGH = "high"
    MODERATE = "moderate"
    LOW = "low"
    VERY_LOW = "very low"


@dataclass(frozen=True)
class Certainty:
    """The grade and, in sentences, every reason it was lowered for."""

    grade: Grade
    reasons: tuple[str, ...]


@dataclass(frozen=True)
class Heterogeneity:
    """How much the trials differ beyond chance."""

    tau2: float
    tau2_interval: tuple[float, float]
    i2_pct: float
    q: float
    df: int
    p: float


@dataclass(frozen=True)
class TrialEffect:
    """One trial's own estimate with the interval it was made from, and its share of the pool."""

    trial: str
    name: str
    year: int
    estimate: float
    interval: Interval
    patients: int | None
    weight: float
    sources: tuple[str, ...]


@dataclass(frozen=True)
class Effect:
    """One pooled (or single-trial) effect at one time. Positive is better with the procedure.

    In the comparison of the two procedures positive is better with balloon kyphoplasty.
    ``intervals`` holds every interval that can be given; ``interval`` is the one to show first.
    ``over_time`` is true where the estimate is an average from the start to ``time_days``.
    """

    procedure: Procedure
    comparison: Comparison
    endpoint: Endpoint
    scale: str
    unit: str
    time_days: int
    over_time: bool
    estimate: float
    intervals: tuple[Interval, ...]
    prediction: Interval | Unknown
    trials: tuple[TrialEffect, ...]
    heterogeneity: Heterogeneity | Unknown
    certainty: Certainty
    caveats: tuple[str, ...]

    def __post_init__(self) -> None:
        if not self.intervals or not self.trials:
            raise HouseFault(
                f"{self.endpoint} at {self.time_days} days: an effect without interval or trial."
            )

    @property
    def interval(self) -> Interval:
        """The interval to show first."""
        return self.intervals[0]

    @property
    def interval_method(self) -> IntervalMethod:
        """How the interval shown first was made."""
        return self.interval.method

    @property
    def k(self) -> int:
        """How many trials."""
        return len(self.trials)

    @property
    def patients(self) -> int | Unknown:
        """How many patients in all, as randomised unless a caveat says otherwise."""
        numbers = [t.patients for t in self.trials if t.patients is not None]
        if len(numbers) < len(self.trials):
            return Unknown("a trial does not print how many patients its estimate rests on")
        return sum(numbers)

    @property
    def depends_on_interval(self) -> bool:
        """True if some of the intervals hold no difference at all and others do not."""
        return len({interval.holds(0.0) for interval in self.intervals}) > 1

    @property
    def sources(self) -> tuple[str, ...]:
        """Keys of the bibliography, each once."""
        return tuple(dict.fromkeys(s for t in self.trials for s in t.sources))


@dataclass(frozen=True)
class NoEffect:
    """An endpoint for which no verified trial gives an effect against this comparator, and why."""

    procedure: Procedure
    comparison: Comparison
    endpoint: Endpoint
    why: str
