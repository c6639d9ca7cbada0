"""What was not done for a case, and why: measurements, what needs the CT, what could not be simulated."""

from __future__ import annotations

from typing import TYPE_CHECKING

from vertebro.patient.case import Case
from vertebro.vocabulary.known import Unknown

if TYPE_CHECKING:
    from vertebro.simulation.compare import Compared

NOT_ASKED = "nobody asked for it (--simulate)"

Pair = tuple[str, str]


def not_done(case: Case, findings: object, comparison: Compared | Unknown | None) -> tuple[Pair, ...]:
    """Pairs of what was not done and why, in the order of the work."""
    missing = [("measurements", findings.why)] if isinstance(findings, Unknown) else []
    if isinstance(case.ct, Unknown):
        missing.append(("density and everything read from grey values", case.ct.why))
    if comparison is None:
        missing.append(("simulation of the procedures", NOT_ASKED))
    else:
        from vertebro.report.not_simulated import not_simulated  # a record alone waits for no solver

        missing.extend(not_simulated(comparison))
    return tuple(missing)
