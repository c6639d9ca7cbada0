"""Needles and cement of every procedure as surfaces, for the scene that can be turned."""

from __future__ import annotations

from collections.abc import Iterator

from vertebro.kernels.rendering import tube
from vertebro.patient.case import Case
from vertebro.procedures.trajectory import Plan
from vertebro.report.before_after import columns_of
from vertebro.report.section_part import say
from vertebro.report.surfaces3d import Inlay, level_surface
from vertebro.simulation.compare import Compared

NEEDLE, CEMENT = "#1f7ea8", "#c26a00"
SHAFT_MM = 25.0
"""How much of a needle is shown behind its entry."""
FILLED = 0.5


def inlays_of(compared: Compared, case: Case) -> tuple[Inlay, ...]:
    """By procedure: its needles with a part of their shafts, and the cement at its planned volume."""
    cement = {column.name: column.scene.cement for column in columns_of(compared, case)}
    found: list[Inlay] = []
    for name, plan in compared.plans.items():
        if not isinstance(plan, Plan):
            continue
        found += _needles(name, plan)
        if name in cement and cement[name].values.max() > FILLED:
            surface = level_surface(cement[name], FILLED)
            found.append(Inlay(name, say("inlay.cement", procedure=name), surface, CEMENT))
    return tuple(found)


def _needles(procedure: str, plan: Plan) -> Iterator[Inlay]:
    for path in plan.needles:
        rod = tube(path.entry_mm - SHAFT_MM * path.direction, path.target_mm, path.needle.outer_mm / 2)
        yield Inlay(procedure, say("inlay.needle", procedure=procedure, side=path.side), rod, NEEDLE)
