"""The story on one page: measure, judge, and say what was not done."""

from __future__ import annotations

from collections.abc import Callable
from platform import python_version

from vertebro import __version__
from vertebro.evidence.overview import Asked, overview
from vertebro.fracture.measure import measure
from vertebro.guidelines.decision import judge, settings
from vertebro.guidelines.facts_of import facts_of, noticed
from vertebro.patient.case import Case
from vertebro.report.assessment import Assessment
from vertebro.report.not_done import not_done
from vertebro.vocabulary.known import Unknown

Say = Callable[[str], None]


def assess(case: Case, say: Say = lambda _: None, *, simulate: bool = False) -> Assessment:
    """Everything vertebro can say about one patient; ``say`` hears what is being done."""
    say("measuring the vertebrae")
    findings = measure(case) if not isinstance(case.spine, Unknown) else Unknown(case.spine.why)
    say("judging")
    facts = facts_of(case, findings)
    judged = judge(facts, case.level)
    comparison = None
    if simulate:
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
        not_done=not_done(case, findings, comparison),
    )
