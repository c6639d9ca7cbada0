"""A value that is known, with where it comes from, or the statement that it is not, with why."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Generic, NoReturn, TypeVar

from vertebro.errors import HouseFault

T_co = TypeVar("T_co", covariant=True)


@dataclass(frozen=True)
class Known(Generic[T_co]):
    """A value with its source in words and, where there is one, its day."""

    value: T_co
    source: str
    on: date | None = None

    def __post_init__(self) -> None:
        if not self.source:
            raise HouseFault(f"The value {self.value!r} was given without saying where it comes from.")

    def __bool__(self) -> NoReturn:
        raise TypeError("A Known has no truth value: ask for its .value, or use isinstance.")


@dataclass(frozen=True)
class Unknown:
    """Something that is not known, and why. Never replaced by a default."""

    why: str

    def __post_init__(self) -> None:
        if not self.why:
            raise HouseFault("An Unknown must say why it is unknown.")

    def __bool__(self) -> NoReturn:
        raise TypeError("An Unknown is neither true nor false: use isinstance(x, Unknown).")


Maybe = Known[T_co] | Unknown
"""A value that may be unknown: ``Maybe[int]`` is ``Known[int] | Unknown``."""
