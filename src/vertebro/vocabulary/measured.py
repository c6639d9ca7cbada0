"""A measured number or grade: value, unit, method, spread. A number without a unit is refused."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Generic, TypeVar

from vertebro.errors import HouseFault
from vertebro.vocabulary.units import is_unit, read_as

G = TypeVar("G")


@dataclass(frozen=True)
class Measured:
    """A number read off an image.

    ``spread`` is one standard uncertainty in the same unit; ``method`` says in a few words how
    the number was obtained, and names the source of the method where it has one.
    """

    value: float
    unit: str
    method: str
    spread: float

    def __post_init__(self) -> None:
        if not math.isfinite(self.value):
            raise HouseFault(f"A measured value must be finite, not {self.value}; use Unknown(why).")
        if not (math.isfinite(self.spread) and self.spread >= 0):
            raise HouseFault(f"The spread must be zero or more, not {self.spread}.")
        if not is_unit(self.unit):
            raise HouseFault(f"'{self.unit}' is not a unit of the house; see vocabulary/units.py.")
        if not self.method:
            raise HouseFault("A measured value must say how it was measured.")

    def in_words(self) -> str:
        """Value and spread as people read them: ``24.3 ± 0.4 mm``."""
        digits = _digits(self.spread)
        unit = read_as(self.unit)
        gap = "" if unit in ("°", "") else " "
        value = round(self.value, digits) + 0.0  # what rounds to nought has no sign
        if self.spread == 0:
            return f"{value:.{digits}f}{gap}{unit}"
        return f"{value:.{digits}f} ± {self.spread:.{digits}f}{gap}{unit}"


@dataclass(frozen=True)
class Graded(Generic[G]):
    """A grade read off an image, with every grade that lies within one spread of it."""

    value: G
    method: str
    possible: tuple[G, ...]

    def __post_init__(self) -> None:
        if self.value not in self.possible:
            raise HouseFault("The grades that are possible must hold the grade itself.")
        if not self.method:
            raise HouseFault("A grade must say how it was found.")

    @property
    def is_certain(self) -> bool:
        """True if no other grade lies within one spread."""
        return len(set(self.possible)) == 1


def _digits(spread: float) -> int:
    """Decimals worth printing: no more than the spread supports, at most two."""
    if spread >= 10:
        return 0
    return 1 if spread >= 0.1 or spread == 0 else 2
