"""The programs of a multigrid-preconditioned conjugate gradient solve, as tables of lines."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import numpy as np

from vertebro.kernels.arrays import AnyArray, Array
from vertebro.kernels.sweeps import (
    APPLY,
    BEGIN_SMOOTH,
    CORRECT,
    DIRECTION,
    DOT,
    EXACT_RESIDUAL,
    NARROW,
    OUTER,
    PQ,
    PROLONG,
    RESIDUAL,
    RESTRICT,
    RR,
    RZ,
    SMOOTH,
    SOLVE,
    STEP,
)

X, X2, B, R, P, Q, S = range(7)  # fields: iterate and its twin, right side, residual, CG's p, q, solution
FIELDS = 7
U, F, EXACT_R = range(3)  # fields in double precision: solution, given forces, residual
EXACT_FIELDS = 3
NONE = -1


@dataclass(frozen=True)
class Effort:
    """How hard to work: degree of the Chebyshev smoother, the part of the spectrum it treats (from
    ``lowest`` times the largest eigenvalue), visits of every coarser level (2: W-cycle), threads.
    """

    degree: int = 2
    lowest: float = 0.15
    visits: int = 2
    most_iterations: int = 2000
    threads: int = 1


def chebyshev(largest: float, effort: Effort) -> Array:
    """Weights (degree, 3) of u + w0 u - w1 before + w2 D^-1 r, w0 = w1 except in the first step."""
    low = effort.lowest * largest
    centre, half = (largest + low) / 2, (largest - low) / 2
    sigma = centre / half
    rho = 1 / sigma
    weights = [(0.0, 0.0, 1 / centre)]
    for _ in range(1, effort.degree):
        following = 1 / (2 * sigma - rho)
        weights.append((following * rho, following * rho, 2 * following / half))
        rho = following
    return np.array(weights)


class Program:
    """Lines (operation, level, four fields, register) with three weights each, in named parts."""

    def __init__(self) -> None:
        self._lines: list[tuple[int, ...]] = []
        self._weights: list[tuple[float, ...]] = []
        self.parts: dict[str, tuple[int, int]] = {}

    def line(
        self, kind: int, level: int, *fields: int, register: int = NONE, weights: Array | None = None
    ) -> None:
        fields = fields + (0,) * (4 - len(fields))
        self._lines.append((kind, level, *fields, register))
        self._weights.append((0.0, 0.0, 0.0) if weights is None else tuple(weights))

    def end_part(self, name: str) -> None:
        begin = max((end for _, end in self.parts.values()), default=0)
        self.parts[name] = (begin, len(self._lines))

    def tables(self) -> tuple[AnyArray, AnyArray]:
        return np.array(self._lines, dtype=np.int64), np.array(self._weights, dtype=np.float32)


class _Cycle:
    """Writes one multigrid cycle; ``at[level]`` is the field that holds the level's iterate."""

    def __init__(self, program: Program, levels: int, weights: Array, visits: int) -> None:
        self.program, self.levels, self.weights, self.visits = program, levels, weights, visits
        self.at = [X] * levels

    def smooth(self, level: int, first: int = 0) -> None:
        for weights in self.weights[first:]:
            here = self.at[level]
            there = X + X2 - here
            self.program.line(SMOOTH, level, here, B, there, weights=weights)
            self.at[level] = there

    def smooth_from_nought(self, level: int) -> None:
        self.program.line(BEGIN_SMOOTH, level, B, X, weights=self.weights[0])
        self.at[level] = X
        for n, weights in enumerate(self.weights[1:]):
            here = self.at[level]
            before_is_nought = np.array([weights[0], 0.0, weights[2]])
            self.program.line(
                SMOOTH, level, here, B, X + X2 - here, weights=before_is_nought if n == 0 else weights
            )
            self.at[level] = X + X2 - here

    def visit(self, level: int, *, from_nought: bool = True) -> None:
        if level == self.levels - 1:
            self.program.line(SOLVE, level, B, X)
            self.at[level] = X
            return
        if from_nought:
            self.smooth_from_nought(level)
        else:
            self.smooth(level)
        self.program.line(RESIDUAL, level, self.at[level], B, R)
        self.program.line(RESTRICT, level + 1, R, B)
        for n in range(self.visits if level + 2 < self.levels else 1):
            self.visit(level + 1, from_nought=n == 0)
        self.program.line(PROLONG, level, self.at[level + 1], self.at[level])
        self.smooth(level)


@cache
def solver_program(levels: int, largest: float, effort: Effort) -> Program:
    """Parts: 'residual' (exact), 'narrow', then 'direction', 'apply', 'step' (together one iteration of the
    inner solve), 'correct', 'forces'.
    """
    program = Program()
    cycle = _Cycle(program, levels, chebyshev(largest, effort), effort.visits)
    program.line(EXACT_RESIDUAL, 0, U, F, EXACT_R, register=OUTER)
    program.end_part("residual")
    program.line(NARROW, 0, EXACT_R, B, S)
    program.end_part("narrow")
    cycle.visit(0)
    z = cycle.at[0]
    program.line(DOT, 0, B, z, register=RZ)
    program.line(DIRECTION, 0, z, P)
    program.end_part("direction")
    program.line(APPLY, 0, P, P, Q, register=PQ)
    program.end_part("apply")
    program.line(STEP, 0, P, S, Q, B, register=RR)
    program.end_part("step")
    program.line(CORRECT, 0, S, U)
    program.end_part("correct")
    program.line(EXACT_RESIDUAL, 1, U, F, EXACT_R)
    program.end_part("forces")
    return program
