"""Everything vertebro found out about one patient: the only input of a report."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from vertebro.evidence.overview import Overview
from vertebro.fracture.findings import Findings
from vertebro.guidelines.verdict import Decision, OtherPath
from vertebro.guidelines.what_if import Boundary
from vertebro.patient.case import Case
from vertebro.vocabulary.known import Known, Unknown
from vertebro.vocabulary.library import CitedValue

if TYPE_CHECKING:
    from vertebro.simulation.compare import Compared


@dataclass(frozen=True)
class Assessment:
    """The case, what was measured, what was decided and why, and what was not done.

    ``disagreements`` say what to look at again: readings and days that differ, what does not count
    and why, what no rule reads;
    ``other_paths`` are waiting, a surgeon, another cause;
    ``evidence`` is what the trials show and the harms for this person;
    ``comparison`` is what each procedure would do in this spine (None: nobody asked);
    ``boundaries`` are the single changes that would give another answer; ``facts`` are the
    facts the rules saw; ``settings`` the numbers of our own that the answer depends on;
    ``not_done`` pairs of what was not done and why.
    """

    case: Case
    findings: Findings | Unknown
    facts: Mapping[str, Known[Any]]
    decisions: tuple[Decision, ...]
    settings: tuple[CitedValue, ...]
    versions: Mapping[str, str]
    boundaries: tuple[Boundary, ...] = ()
    other_paths: tuple[OtherPath, ...] = ()
    evidence: Overview | None = None
    comparison: Compared | Unknown | None = None
    disagreements: tuple[str, ...] = ()
    not_done: tuple[tuple[str, str], ...] = ()

    @property
    def is_partial(self) -> bool:
        """True if part of the job is undone: images missing or not measured, a simulation refused."""
        return any(isinstance(part, Unknown) for part in (self.findings, self.case.ct, self.comparison))
