"""Facts that are not simply written: read off an image with a spread, or worked out from others."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

from vertebro.vocabulary.known import Known

T_co = TypeVar("T_co", covariant=True)

Facts = Mapping[str, Known[Any]]
"""Facts by name. A fact that is not known is absent: it is never a default."""


class RememberedFacts(dict[str, Known[Any]]):
    """The facts of one patient, with the answers of the rules to them, each worked out once."""

    def __init__(self, facts: Facts) -> None:
        super().__init__(facts)
        self.answers: dict[Any, Any] = {}
        """The outcome of each rule that was asked; the facts never change afterwards."""


@dataclass(frozen=True)
class Reading(Known[T_co]):
    """A value read off an image, with every value that lies within its spread.

    A rule answers only if all possible values give the same answer: an uncertain grade or a
    number whose spread crosses a threshold stays UNKNOWN instead of becoming a firm fact.
    """

    possible: tuple[T_co, ...] = ()


@dataclass(frozen=True)
class Derived(Known[T_co]):
    """A value worked out from other facts, named in ``used``; worked out anew when they change.

    ``possible`` holds every value it may have (a score with an item nobody wrote down, say), and
    ``missing`` the facts that would settle which of them it is. ``ended_by`` are facts not known yet that
    may leave nothing to work out.
    """

    used: tuple[str, ...] = ()
    possible: tuple[T_co, ...] = ()
    missing: tuple[str, ...] = ()
    ended_by: tuple[str, ...] = ()


def possible_values(known: Known[Any]) -> tuple[Any, ...]:
    """Every value this fact may have: one for a written fact, several for an uncertain reading."""
    return (isinstance(known, Reading | Derived) and known.possible) or (known.value,)


def is_certain(known: Known[Any]) -> bool:
    """True if the fact can have one value only."""
    return len(set(possible_values(known))) == 1


def certain_value(facts: Facts, name: str) -> Any:
    """The value of a fact that is known and can have one value only, else None."""
    known = facts.get(name)
    return known.value if known is not None and is_certain(known) else None
