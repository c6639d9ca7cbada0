"""A safety gate: a rule that, when met, takes the decision away from the recommendations."""

from __future__ import annotations

from collections.abc import Mapping
from enum import IntEnum
from functools import cache
from typing import ClassVar

from vertebro.errors import HouseFault
from vertebro.guidelines.rule import AllOf, Rule, rules
from vertebro.guidelines.verdict import Outcome, Procedure, Stance


class Stage(IntEnum):
    """When a gate is asked. The first stage with a gate that fires gives the headline.

    The order is a setting of ours: a danger that is known is never hidden behind an
    answer that is missing, so EMERGENCY, SCOPE and ABSOLUTE come before DATA. Nerves, stability
    and infection are as urgent with a tumour or after an accident, so EMERGENCY comes before
    SCOPE; only a child goes to the children's pathway first, with the emergency said.
    """

    CHILD = 1
    EMERGENCY = 2
    SCOPE = 3
    ABSOLUTE = 4
    DATA = 5
    CORRECTABLE = 6
    HEALED = 7
    TIMING = 8
    INDICATION = 9
    RELATIVE = 10
    CHOICE = 11
    FEASIBILITY = 12


OUT_OF_SCOPE = (Stage.CHILD, Stage.SCOPE)
"""The stages that say that the fracture is not judged here."""


class Gate(Rule, abstract=True):
    """A rule whose MET means: stop here, and say ``stance``.

    ``must_know``: nothing is answered while the gate is unknown. ``blocks``: *consider* is not
    answered while it is unknown; ``blocks_once``: the same, but only once that rule is met.
    ``stance`` None marks a caution that is said and changes nothing.
    """

    stage: ClassVar[Stage]
    stance: ClassVar[Stance | None]
    must_know: ClassVar[bool] = False
    blocks: ClassVar[bool] = True
    blocks_once: ClassVar[type[Rule] | None] = None

    def __init_subclass__(cls, *, abstract: bool = False) -> None:
        super().__init_subclass__(abstract=abstract)
        if not abstract and not (hasattr(cls, "stage") and hasattr(cls, "stance")):
            raise HouseFault(f"Gate {cls.__name__} does not say when it is asked and what it answers.")

    @classmethod
    def is_open(cls, outcomes: Mapping[type[Rule], Outcome]) -> bool:
        """True while *consider* cannot be answered because the gate is unknown."""
        blocks = cls.blocks or (cls.blocks_once is not None and outcomes[cls.blocks_once] is Outcome.MET)
        return blocks and outcomes[cls] is Outcome.UNKNOWN


class GateAllOf(AllOf, Gate, abstract=True):
    """A gate that fires if all its parts are met."""


@cache
def gates(procedure: Procedure) -> tuple[type[Gate], ...]:
    """The gates for a procedure in the order in which they are asked."""
    found = [r for r in rules().values() if issubclass(r, Gate) and procedure in r.procedures]
    return tuple(sorted(found, key=lambda gate: gate.stage))
