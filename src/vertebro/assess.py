"""The story on one page: measure, judge, and say what was not done."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from platform import python_version

from vertebro import __version__
from vertebro.evidence.overview import Asked, overview
from vertebro.fracture.measure import measure
from vertebro.guidelines.decision import judge, settings
from vertebro.guidelines.facts_of import facts_of, noticed
from vertebro.guidelines.verdict import Decision, Stance
from vertebro.patient.case import Case
from vertebro.report.assessment import Assessment
from vertebro.report.not_done import NOT_ASKED, NOT_OPEN, not_done
from vertebro.vocabulary.known import Unknown

Say = Callable[[str], None]


LEAVE_OPEN = frozenset(
    {Stance.CONSIDER, Stance.DISCUSS, Stance.WAIT, Stance.CORRECT_FIRST, Stance.NOT_ENOUGH_INFORMATION}
)
"""Stances after which a procedure may still come into question."""


def assess(case: Case, say: Say = lambda _: None, *, simulate: bool | None = False) -> Assessment:
    """Everything vertebro can say about one patient; ``say`` hears what is being done.

    ``simulate``: also play the procedures; ``None``: where the decision leaves one open and there is a scan.
    """
    say("measuring the vertebrae")
    findings = measure(case) if not isinstance(case.spine, Unknown) else Unknown(case.spine.why)
    say("judging")
    facts = facts_of(case, findings)
    judged = judge(facts, case.level)
    why_not = _why_not(case, judged.decisions, simulate)
    comparison = None
    if not why_not:
        from vertebro.simulation.compare import compared  # a record alone waits for no solver

        comparison = compared(case, findings, say)
    return Assessment(
        case=case,
        findings=findings,
        facts=facts,
        decisions=judged.decisions,
        settings=settings(),
        other_paths=judged.other_paths,
        boundaries=judged.boundaries,
        evidence=overview(Asked(), facts),
        comparison=comparison,
        versions={"vertebro": __version__, "python": python_version()},
        disagreements=noticed(case, findings),
        not_done=not_done(case, findings, comparison, why_not),
    )


def _why_not(case: Case, decisions: Sequence[Decision], simulate: bool | None) -> str:
    """Why the procedures are not simulated; empty if they are."""
    if simulate is not None:
        return "" if simulate else NOT_ASKED
    for images in (case.ct, case.spine):
        if isinstance(images, Unknown):
            return images.why
    return "" if any(d.stance in LEAVE_OPEN for d in decisions) else NOT_OPEN
