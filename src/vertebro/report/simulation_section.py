"""What each procedure would do in this spine, as the report prints it: the table, what it says, each part."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from vertebro.guidelines.verdict import Stance
from vertebro.report.assessment import Assessment
from vertebro.report.figures import Picture
from vertebro.vocabulary.known import Unknown

if TYPE_CHECKING:
    from vertebro.report.section_part import Part
    from vertebro.report.simulation_methods import HowComputed
    from vertebro.report.surfaces3d import Inlay
    from vertebro.simulation.compare import Compared


OPEN = frozenset({Stance.CONSIDER, Stance.DISCUSS})
"""The stances that leave a procedure open now."""


@dataclass(frozen=True)
class SimulationWords:
    """The whole section: what was decided, plans, the table, what it says, its parts, what is missing.

    ``refused`` is why nothing could be simulated, and then all there is.
    """

    refused: str
    cautions: tuple[str, ...] = ()
    plans: tuple[str, ...] = ()
    heads: tuple[str, ...] = ()
    rows: tuple[tuple[str, ...], ...] = ()
    reading: tuple[str, ...] = ()
    parts: tuple[Part, ...] = ()
    missing: tuple[tuple[str, str], ...] = ()
    methods: tuple[HowComputed, ...] = ()
    decided: tuple[str, ...] = ()


def simulation_words(assessment: Assessment) -> SimulationWords | None:
    """The comparison in words; None where nobody asked. (A report without it does not wait for solvers.)"""
    compared = assessment.comparison
    if compared is None:
        return None
    from vertebro.report.section_part import capital, say

    if isinstance(compared, Unknown):
        return SimulationWords(refused=say("refused", why=compared.why))
    from vertebro.report.compare_words import answers, rows
    from vertebro.report.not_simulated import not_simulated
    from vertebro.report.simulation_methods import methods_of

    heads, *body = rows(compared)
    return SimulationWords(
        refused="",
        decided=_decided(assessment),
        cautions=compared.cautions,
        plans=_plans(compared),
        heads=heads,
        rows=tuple(body),
        reading=tuple(map(capital, answers(compared))),
        parts=_parts(compared, assessment),
        missing=not_simulated(compared),
        methods=methods_of(compared),
    )


def _decided(assessment: Assessment) -> tuple[str, ...]:
    """The stance on each procedure, so that no number is read as a yes where the decision says no."""
    from vertebro.report.section_part import say

    by_stance: dict[Stance, list[str]] = {}
    for one in assessment.decisions:
        by_stance.setdefault(one.stance, []).append(one.procedure.value)
    return tuple(
        say(
            "decided.open" if stance in OPEN else "decided.closed",
            procedures=say("decided.and", one=names[0], other=names[1]) if len(names) == 2 else names[0],
            stance=stance.value,
        )
        for stance, names in by_stance.items()
    )


def _plans(compared: Compared) -> tuple[str, ...]:
    """Every plan, then what the planner has to say: where balloons and cement came out otherwise, say."""
    from vertebro.report.compare_words import plan_line
    from vertebro.report.section_part import capital

    said = [plan_line(name, plan) for name, plan in compared.plans.items()]
    said += [note for plan in compared.plans.values() if not isinstance(plan, Unknown) for note in plan.notes]
    return tuple(dict.fromkeys(map(capital, said)))


def _parts(compared: Compared, assessment: Assessment) -> tuple[Part, ...]:
    from vertebro.report.balloon_part import balloon_part
    from vertebro.report.heat_part import heat_part
    from vertebro.report.needles_part import needles_part
    from vertebro.report.neighbours_part import neighbours_part
    from vertebro.report.section_part import Part, say

    parts = (
        Part(say("heading.before_after"), pictures=("before_after",)),
        Part(say("heading.volume"), pictures=("trade_off",)),
        needles_part(compared),
        balloon_part(compared, assessment.findings),
        neighbours_part(compared),
        heat_part(compared),
    )
    return tuple(part for part in parts if part is not None and not part.is_empty)


def inlays_of_procedures(assessment: Assessment) -> tuple[Inlay, ...]:
    """What the procedures leave in the bone, for the scene that can be turned."""
    compared = assessment.comparison
    if compared is None or isinstance(compared, Unknown):
        return ()
    from vertebro.report.inlays import inlays_of

    return inlays_of(compared, assessment.case)


def pictures_of_procedures(assessment: Assessment) -> tuple[Picture, ...]:
    """The pictures of the section, where there is a comparison to draw."""
    compared = assessment.comparison
    if compared is None or isinstance(compared, Unknown):
        return ()
    from vertebro.report.simulation_pictures import simulation_pictures

    return simulation_pictures(compared, assessment.case)
