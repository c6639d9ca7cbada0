"""How far a needle leaves the bone it shall stay in: the grades of Gertzbein and Robbins, A to E."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from types import MappingProxyType

import numpy as np

from vertebro.errors import HouseFault
from vertebro.kernels.arrays import Array
from vertebro.vocabulary.library import cited_values

v = cited_values(beside=__file__)


class BreachGrade(Enum):
    """Gertzbein and Robbins: A no breach, then steps of 2 mm to E; A and B count as acceptable."""

    A = "A"
    B = "B"
    C = "C"
    D = "D"
    E = "E"

    @property
    def is_acceptable(self) -> bool:
        """A and B."""
        return self in (BreachGrade.A, BreachGrade.B)

    def __str__(self) -> str:
        return self.value


def breach_grade(breach_mm: float) -> BreachGrade:
    """The grade of a breach by this much (mm); zero and less is none."""
    return list(BreachGrade)[int(breach_grades(np.array([breach_mm]))[0])]


def breach_grades(breach_mm: Array) -> Array:
    """The grades of many breaches as 0 (A) to 4 (E)."""
    limits = [float(x) for x in v.breach_limits.value]
    above = np.searchsorted(limits, breach_mm, side="right") + 1
    return np.asarray(np.where(breach_mm > 0, above, 0))


@dataclass(frozen=True)
class Robustness:
    """How a path fares in an unsteady hand: the share of tries in each grade, and into the canal.

    Tries are off at the entry by ``off_mm`` and in direction by ``off_deg`` at most, evenly all round.
    """

    shares: Mapping[BreachGrade, float]
    into_canal: float
    tries: int
    off_mm: float
    off_deg: float

    def __post_init__(self) -> None:
        if abs(sum(self.shares.values()) - 1) > 1e-9 or self.tries < 1:
            raise HouseFault("The shares of a path's grades must add up to one.")
        object.__setattr__(self, "shares", MappingProxyType(dict(self.shares)))

    @property
    def acceptable(self) -> float:
        """Share of tries with grade A or B."""
        return sum(share for grade, share in self.shares.items() if grade.is_acceptable)
