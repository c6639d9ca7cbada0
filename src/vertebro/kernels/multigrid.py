"""Conjugate gradients preconditioned by multigrid, for elasticity and for scalar problems alike.

Inner: conjugate gradients in single precision, with a cycle over the ``Hierarchy`` (Chebyshev smoother
over node blocks, dense solve on the coarsest grid) as preconditioner. Outer: correction of the residual
in double precision, until the stated tolerance; or ``NotConverged``, never half a result.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np

from vertebro.errors import NotConverged
from vertebro.kernels.arrays import AnyArray, Array
from vertebro.kernels.compiled import compiled
from vertebro.kernels.cycles import EXACT_R, Effort, U, solver_program
from vertebro.kernels.grids import Grid
from vertebro.kernels.hierarchy import Brick, Held, Hierarchy, Springs
from vertebro.kernels.sweeps import OUTER, PQ, RR, RZ, perform
from vertebro.kernels.team import Team

INNER_REDUCTION = 1e-3  # single precision carries about four digits through an inner solve
STALLED = 0.5  # a correction that does not halve the residual has met the limit of rounding


@dataclass
class Convergence:
    """How a solve went: inner iterations, and the relative exact residual after each correction."""

    tolerance: float
    iterations: int = 0
    residuals: list[float] = field(default_factory=list)

    def fail(self) -> None:
        """Raises the error that says how far the solve came."""
        raise NotConverged(
            f"After {self.iterations} iterations the residual is {self.residuals[-1]:.1e} of the first.",
            f"a residual of {self.tolerance:.1e}",
            "Check for parts of very different stiffness held by little, or ask for a larger tolerance.",
        )


@compiled
def clear_void(u: Array, inverse: AnyArray, held: AnyArray) -> None:
    """u = 0 where no direction is held or has an inverse."""
    for k in range(u.shape[1]):
        if inverse[0, k] == 0 and held[k] == 0:
            for c in range(u.shape[0]):
                u[c, k] = 0


class Multigrid:
    """The solver of one model: given forces F and held displacements in U, it makes U balance F."""

    def __init__(
        self,
        grid: Grid,
        moduli: tuple[AnyArray, AnyArray],
        brick: Brick,
        ground: tuple[Held, Springs],
        effort: Effort,
    ) -> None:
        self._effort = effort
        self._hierarchy = Hierarchy(grid, moduli, brick, ground, effort.threads)
        program = solver_program(len(grid.levels), brick.largest_eigenvalue, effort)
        self._parts, self.scene = program.parts, self._hierarchy.scene(program)
        self._registers = self._hierarchy.work.registers

    @property
    def exact(self) -> Array:
        """Fields U, F and the residual (field, component, address) in double precision."""
        return self._hierarchy.work.exact

    def unbalanced(self) -> float:
        """The size of the residual of U as it is."""
        self._run("residual")
        return float(np.sqrt(self._registers[OUTER]))

    def solve(self, tolerance: float, against: float | None = None) -> Convergence:
        """Corrects U until the residual is below the tolerance, relative to the first one or to a size."""
        done = Convergence(tolerance)
        with self.helped():
            self._run("residual")
            first = np.sqrt(self._registers[OUTER])
            size = first if against is None else against
            done.residuals.append(0.0 if first == 0 else float(first / size))  # NaN stays NaN
            while not done.residuals[-1] <= tolerance:
                self._inner(done)
                self._run("correct")
                self._run("residual")
                done.residuals.append(float(np.sqrt(self._registers[OUTER]) / size))
                better = done.residuals[-1] < STALLED * done.residuals[-2]
                if not (better or done.residuals[-1] <= tolerance):
                    done.fail()
        return done

    def forces(self) -> Array:
        """Nodal forces F - K U in every direction (component, address): less the reactions where held."""
        self._run("forces")
        return np.asarray(self.exact[EXACT_R])

    def clear_void(self) -> None:
        """Sets U to nought at nodes in the void, where interpolation has left its traces."""
        bits = self._hierarchy.held_bits(0)
        clear_void(self.exact[U], self._hierarchy.inverse, bits)

    def _inner(self, done: Convergence) -> None:
        self._run("narrow")
        self._registers[RZ] = np.inf  # no direction before the first
        target = max(INNER_REDUCTION, 0.5 * done.tolerance / done.residuals[-1])
        while True:
            if done.iterations >= self._effort.most_iterations:
                done.fail()
            self._run("direction", "step")
            done.iterations += 1
            if not self._registers[RR] > target**2:
                return

    def correction(self, product: Callable[[], float], reduction: float, most: int) -> int:
        """Solves for the residual field with another operator near this one; how many iterations it took.

        ``product`` sets field Q to the operator times field P and returns P.Q. What comes out is field S, in
        units of the residual's size.
        """
        size = float(np.sqrt(np.einsum("ij,ij->", self.exact[EXACT_R], self.exact[EXACT_R])))
        self._registers[OUTER] = size**2
        self._run("narrow")
        self._registers[RZ] = np.inf
        for iteration in range(1, most + 1):
            self._run("direction")
            self._registers[PQ] = product()
            if not self._registers[PQ] > 0:  # a direction without stiffness: what is found so far is used
                return iteration
            self._run("step")
            if not self._registers[RR] > reduction**2:
                return iteration
        return most

    def helped(self) -> Team:
        """Threads that help with every run inside a ``with``."""
        return Team(self._hierarchy.work.state, self._effort.threads - 1, self._help)

    def _run(self, part: str, last: str | None = None) -> None:
        perform(0, self._parts[part][0], self._parts[last or part][1], self.scene)

    def _help(self, rank: int) -> None:
        perform(rank, 0, len(self.scene.lines), self.scene)
