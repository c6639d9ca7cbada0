"""A safety gate: a rule that, when met, takes the decision away from the recommendations."""

from __future__ import annotations

from enum import IntEnum
from functools import cache
from typing import ClassVar

from vertebro.errors import HouseFault
from vertebro.guidelines.rule import AllOf, Rule, rules
from vertebro.guidelines.verdict import Procedure, Stance


class Stage(IntEnum):
    """When a gate is asked. The first stage with a gate that fires gives the headline.

    The order is a setting of ours: a danger that is known is never hidden behind an
    answer that is missing, so EMERGENCY and ABSOLUTE come before DATA.
    """

    SCOPE = 1
    EMERGENCY = 2
    ABSOLUTE = 3
    DATA = 4
    CORRECTABLE = 5
    HEALED = 6
    TIMING = 7
    INDICATION = 8
    RELATIVE = 9
    CHOICE = 10
    FEASIBILITY = 11


class Gate(Rule, abstract=True):
    """A rule whose MET means: stop here, and say ``stance``.

    ``must_know``: nothing is answered while the gate is unknown. ``blocks``: *consider* is not
    answered while it is unknown. ``stance`` None marks a caution that is said and changes nothing.
    """

    stage: ClassVar[Stage]
    stance: ClassVar[Stance | None]
    must_know: ClassVar[bool] = False
    blocks: ClassVar[bool] = True

    def __init_subclass__(cls, *, abstract: bool = False) -> None:
        super().__init_subclass__(abstract=abstract)
        if not abstract and not (hasattr(cls, "stage") and hasattr(cls, "stance")):
            raise HouseFault(f"Gate {cls.__name__} does not say when it is asked and what it answers.")


class GateAllOf(AllOf, Gate, abstract=True):
    """A gate that fires if all its parts are met."""


@cache
def gates(procedure: Procedure) -> tuple[type[Gate], ...]:
    """The gates for a procedure in the order in which they are asked."""
    found = [r for r in rules().values() if issubclass(r, Gate) and procedure in r.procedures]
    return tuple(sorted(found, key=lambda gate: gate.stage))
