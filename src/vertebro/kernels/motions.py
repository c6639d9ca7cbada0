"""Several motions of one elastic body: its hierarchy of grids is made once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from vertebro.kernels.cycles import Effort
from vertebro.kernels.elastic import Checked, ElasticModel, ElasticSolution, Solver
from vertebro.kernels.resources import processors
from vertebro.kernels.supports import NodeValues


def solve_motions(
    model: ElasticModel,
    motions: Sequence[tuple[NodeValues, ...]],
    *,
    tolerance: float = 1e-8,
    effort: Effort | None = None,
    near: Sequence[ElasticSolution] | None = None,
) -> tuple[ElasticSolution, ...]:
    """Solutions of one body held at the same nodes and moved in several ways: its hierarchy is made once.

    The motions take the place of the model's own; ``near``: solutions to begin from, one for each.
    """
    solver, found = None, []
    for n, motion in enumerate(motions):
        moved = replace(model, displacements_mm=motion)
        if solver is None:
            solver = Solver(Checked(moved), effort or Effort(threads=processors()))
        else:
            solver.move(moved)
        one = solver.solution(tolerance, None if near is None else near[n])
        found.append(replace(one, displacement_mm=one.displacement_mm.copy()))
    return tuple(found)
