"""What one body says about a plain candidate with some facts changed, and about the published cases."""

from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

from patients import CLEAR_CANDIDATE, LEVEL, facts_from
from vignettes import facts_of_patient, vignettes

from vertebro.guidelines.body import Hearing, bodies
from vertebro.guidelines.conflicts import conflicts
from vertebro.guidelines.derive import with_derived
from vertebro.guidelines.verdict import Conflict, Position, Procedure
from vertebro.vocabulary.levels import Level

PVP, BKP = Procedure.VERTEBROPLASTY, Procedure.KYPHOPLASTY


def hearing_of(values: Mapping[str, Any], level: Level = LEVEL) -> Hearing:
    """These facts, heard."""
    return Hearing.of(with_derived(facts_from(values), level))


def said(body: str, values: Mapping[str, Any], procedure: Procedure = PVP, level: Level = LEVEL) -> Position:
    """What the body says with the clear candidate's facts changed; None takes a fact away."""
    known = {name: value for name, value in (CLEAR_CANDIDATE | dict(values)).items() if value is not None}
    return bodies()[body].position(hearing_of(known, level), procedure)


def said_of(body: str, case: dict[str, Any], procedure: Procedure = PVP) -> Position:
    """What the body says about one published case."""
    level = Level.parse(case["patient"]["levels"][0])
    return bodies()[body].position(
        Hearing.of(with_derived(facts_of_patient(case["patient"]), level)), procedure
    )


def between(bodies_heard: tuple[str, ...], values: Mapping[str, Any], procedure: Procedure) -> list[Conflict]:
    """The conflicts between these bodies about the clear candidate with some facts changed."""
    hearing = hearing_of({n: v for n, v in (CLEAR_CANDIDATE | dict(values)).items() if v is not None})
    positions = [bodies()[name].position(hearing, procedure) for name in bodies_heard]
    return list(conflicts(hearing, procedure, positions))


@cache
def published(shared_data: Path) -> dict[str, dict[str, Any]]:
    """The published acceptance cases by name."""
    return {case["id"]: case for case in vignettes(shared_data.parent / "knowledge")}
