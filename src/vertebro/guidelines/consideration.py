"""A consideration: a rule that speaks for or against one path for this patient, and decides nothing."""

from __future__ import annotations

from functools import cache
from typing import ClassVar

from vertebro.errors import HouseFault
from vertebro.guidelines.rule import AllOf, Rule, rules
from vertebro.guidelines.verdict import Path

PROCEDURES = (Path.VERTEBROPLASTY, Path.KYPHOPLASTY)


class Consideration(Rule, abstract=True):
    """A rule whose MET is a reason for the paths ``for_paths`` and against the paths ``against_paths``.

    Not met and unknown say nothing: a reason that cannot be shown is not given.
    """

    for_paths: ClassVar[tuple[Path, ...]] = ()
    against_paths: ClassVar[tuple[Path, ...]] = ()

    def __init_subclass__(cls, *, abstract: bool = False) -> None:
        super().__init_subclass__(abstract=abstract)
        if not abstract and not (cls.for_paths or cls.against_paths):
            raise HouseFault(f"Consideration {cls.__name__} speaks neither for nor against any path.")
        if set(cls.for_paths) & set(cls.against_paths):
            raise HouseFault(f"Consideration {cls.__name__} speaks for and against the same path.")


class ConsiderationAllOf(AllOf, Consideration, abstract=True):
    """A consideration that counts if all its parts are met."""


@cache
def speaking_for(path: Path) -> tuple[type[Consideration], ...]:
    """The considerations that speak for a path if they are met."""
    return tuple(rule for rule in _all() if path in rule.for_paths)


@cache
def speaking_against(path: Path) -> tuple[type[Consideration], ...]:
    """The considerations that speak against a path if they are met."""
    return tuple(rule for rule in _all() if path in rule.against_paths)


def _all() -> list[type[Consideration]]:
    return [rule for rule in rules().values() if issubclass(rule, Consideration)]
