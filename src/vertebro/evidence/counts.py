"""Counts with the kind of thing they count: patients, vertebrae, levels, fractures are never mixed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum

from vertebro.errors import HouseFault
from vertebro.kernels import proportions


class CountedAs(Enum):
    """What a denominator counts."""

    PATIENTS = "patients"
    VERTEBRAE = "vertebrae"
    LEVELS = "levels"
    FRACTURES = "fractures"
    PROCEDURES = "procedures"


class IntervalMethod(Enum):
    """How an interval was made."""

    WALD = "Wald"
    KNAPP_HARTUNG = "Knapp-Hartung"
    MODIFIED_KNAPP_HARTUNG = "modified Knapp-Hartung"
    PREDICTION = "prediction"
    EXACT = "exact (Clopper-Pearson)"
    WILSON = "Wilson"
    AGRESTI_COULL = "Agresti-Coull"
    PRINTED = "as printed in the source"


@dataclass(frozen=True)
class Interval:
    """A 95 % interval with the method that made it."""

    low: float
    high: float
    method: IntervalMethod

    def __post_init__(self) -> None:
        if not self.low <= self.high:
            raise HouseFault(f"An interval from {self.low} to {self.high} is none.")

    def holds(self, value: float) -> bool:
        """True if the value lies in the interval."""
        return self.low <= value <= self.high


_METHODS: dict[IntervalMethod, Callable[[float, float], tuple[float, float]]] = {
    IntervalMethod.EXACT: proportions.exact,
    IntervalMethod.WILSON: proportions.wilson,
    IntervalMethod.AGRESTI_COULL: proportions.agresti_coull,
}


@dataclass(frozen=True)
class Count:
    """So many events among so many patients, vertebrae, levels or fractures.

    There is no sum of counts: crude totals of several studies are not an estimate of anything.
    """

    events: int
    of: int
    counted_as: CountedAs

    def __post_init__(self) -> None:
        if not (self.of > 0 and 0 <= self.events <= self.of):
            raise HouseFault(f"{self.events} of {self.of} {self.counted_as.value} cannot be.")

    @property
    def share(self) -> float:
        """The proportion, 0 to 1."""
        return self.events / self.of

    def interval(self, method: IntervalMethod = IntervalMethod.WILSON) -> Interval:
        """The interval of the proportion, 0 to 1."""
        return Interval(*_METHODS[method](self.events, self.of), method)

    def difference(self, other: Count) -> float:
        """share - other's share; refused where the two count different things."""
        return self.share - same_kind(self, other).share

    def __str__(self) -> str:
        return f"{self.events} of {self.of} {self.counted_as.value}"


def same_kind(one: Count, other: Count) -> Count:
    """``other``, if it counts the same thing as ``one``; else a HouseFault."""
    if one.counted_as is not other.counted_as:
        raise HouseFault(
            f"{one} and {other} count different things: {one.counted_as.value} are not "
            f"{other.counted_as.value}, and their shares are not compared."
        )
    return other
