"""Every error a user of vertebro can meet.

VertebroError
├── BadInput                 something given to us cannot be used (exit code 2)
│   ├── BadFile              missing, truncated, unreadable, not of the kind it claims
│   ├── BadGeometry          an image that is not one regular volume, or not on the other's grid
│   ├── BadLabels            a mask whose numbers cannot be told apart, or lack what is asked for
│   ├── BadAnatomy           a mask that is mirrored, flipped, out of order
│   ├── BadRecord            a clinical fact out of range, misspelt or contradictory
│   ├── BadCase              a case file with a wrong field
│   └── BadModel             a mechanical model that cannot be solved: nothing holds it, say
├── NotConverged             a solve that did not reach its tolerance: there is no result
└── HouseFault               our own data or code breaks a promise (a rule without a source, say)
"""

from __future__ import annotations

from difflib import get_close_matches
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable


class VertebroError(Exception):
    """Anything vertebro raises on purpose."""


class BadInput(VertebroError):
    """Input that cannot be used: says what was found, what is needed and what to do."""

    def __init__(self, found: str, needed: str, do: str) -> None:
        self.found, self.needed, self.do = found, needed, do
        super().__init__(f"{found}\n  needed: {needed}\n  to do:  {do}")

    def __reduce__(self) -> tuple[type[BadInput], tuple[str, str, str]]:
        return type(self), (self.found, self.needed, self.do)


class BadFile(BadInput):
    """A file that is missing, truncated, unreadable or of another kind."""


class BadGeometry(BadInput):
    """An image that is not one regular volume, or does not lie on the grid of its partner."""


class BadLabels(BadInput):
    """A mask whose numbers do not say which vertebra is which."""


class BadAnatomy(BadInput):
    """A mask that cannot be a spine as it lies: mirrored, flipped, rotated or out of order."""


class BadRecord(BadInput):
    """A clinical fact that is out of range, misspelt or contradicts another."""


class BadCase(BadInput):
    """A case file with a missing, unknown or wrong field."""


class BadModel(BadInput):
    """A mechanical or flow model that cannot be solved: void, not held, or with impossible moduli."""


class NotConverged(VertebroError):
    """A numerical solve that did not reach its tolerance; there is no result, not even half of one."""

    def __init__(self, found: str, needed: str, do: str) -> None:
        self.found, self.needed, self.do = found, needed, do
        super().__init__(f"{found}\n  needed: {needed}\n  to do:  {do}")

    def __reduce__(self) -> tuple[type[NotConverged], tuple[str, str, str]]:
        return type(self), (self.found, self.needed, self.do)


class HouseFault(VertebroError):
    """Our own data or code breaks a promise; please report it."""


def nearest(word: str, allowed: Iterable[str]) -> str:
    """A hint with the nearest allowed spelling, or an empty string: ``Did you mean 'oedema'?``"""
    close = get_close_matches(word.lower(), {a.lower(): a for a in allowed}, n=1, cutoff=0.6)
    originals = {a.lower(): a for a in allowed}
    return f"Did you mean '{originals[close[0]]}'?" if close else ""
