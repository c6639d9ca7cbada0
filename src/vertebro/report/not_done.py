"""What was not done for a case, and why: measurements, what needs the CT, what could not be simulated."""

from __future__ import annotations

from typing import TYPE_CHECKING

from vertebro.patient.case import Case
from vertebro.vocabulary.known import Unknown

if TYPE_CHECKING:
    from vertebro.simulation.compare import Compared

NOT_ASKED = "it was not asked for (--simulate)"
NOT_OPEN = "the decision leaves no procedure open (--simulate plays them all the same)"

Pair = tuple[str, str]


def not_done(
    case: Case, findings: object, comparison: Compared | Unknown | None, why_not: str = NOT_ASKED
) -> tuple[Pair, ...]:
    """Pairs of what was not done and why, in their order; ``why_not``: why nothing was simulated."""
    missing = [("measurements", findings.why)] if isinstance(findings, Unknown) else []
    if isinstance(case.ct, Unknown):
        missing.append(("density and everything read from grey values", case.ct.why))
    if comparison is None:
        missing.append(("simulation of the procedures", why_not))
    else:
        from vertebro.report.not_simulated import not_simulated  # a record alone waits for no solver

        missing.extend(not_simulated(comparison))
    return tuple(missing)
