"""Voxels that yield: a load path followed step by step, each step in balance to a stated tolerance.

Newton's method with the consistent tangent, never stored as a matrix: conjugate gradients apply it point by
point, preconditioned by the multigrid cycle of the elastic body. A step that does not converge is halved.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from enum import Enum
from typing import TypeVar

import numpy as np

from vertebro.errors import BadModel, NotConverged
from vertebro.kernels.arrays import AnyArray, Array
from vertebro.kernels.blocks import pack
from vertebro.kernels.crushing import A_VOXEL, GAUSS, OF_STATE, POINTS, SCRATCH, Yielding, complete, crush
from vertebro.kernels.cycles import EXACT_R, Effort, F, P, Q, S, U
from vertebro.kernels.elastic import Checked, ElasticModel, ElasticSolution, Solver
from vertebro.kernels.grids import PIECE_COUNT, dense_rows
from vertebro.kernels.hexahedron import CORNERS, LOCKING_POISSON, Integration
from vertebro.kernels.lanes import MOST_LANES
from vertebro.kernels.resources import processors
from vertebro.kernels.stresses import SolidVoxels, strains, stresses_mpa
from vertebro.kernels.tangents import tangent_product
from vertebro.kernels.yielding import CONE, WEDGE

T = TypeVar("T")

NEVER_MPA = 1e30  # stands for an infinite yield stress, whose ratios would not be numbers
ELASTIC_TOLERANCE = 1e-8  # of the elastic answer that every step builds on
MOST_NEWTON = 25
LEAST_STEP = 1 / 256  # of a step: one that fails so often will not succeed
BYTES_A_VOXEL = POINTS * (OF_STATE * 8 + 1) + A_VOXEL * 4 + 38 + 96 + 72  # points, laws, fields, what is told
HOPEFUL = 0.1  # a damped correction must lower the residual by this share of what it promises
DAMPING = (1.0, 0.5, 0.25, 0.1)
LOOSEST, TIGHTEST = 0.1, 1e-3  # of the residual that a linear solve leaves; single precision allows 1e-4


class Criterion(Enum):
    """When a point yields."""

    VON_MISES = "von Mises: the same stress in compression and tension, hardening allowed"
    TRESCA = "Tresca: the greatest shear; the same stress in compression and tension"
    MOHR_COULOMB = "Mohr-Coulomb: k s1 - s3 = s_c, with k = s_c/s_t"
    DRUCKER_PRAGER = "Drucker-Prager: q + A p = B, the cone through s_c and s_t"

    @property
    def is_cone(self) -> bool:
        """True for the smooth criteria."""
        return self in (Criterion.VON_MISES, Criterion.DRUCKER_PRAGER)

    @property
    def has_pressure(self) -> bool:
        """True where tension and compression may differ."""
        return self in (Criterion.MOHR_COULOMB, Criterion.DRUCKER_PRAGER)


@dataclass(frozen=True)
class YieldLaw:
    """Yield stresses (MPa; a number or one a voxel; infinite: never yields) and hardening (MPa a strain)."""

    criterion: Criterion
    compressive_mpa: float | Array
    tensile_mpa: float | Array | None = None
    hardening_mpa: float | Array = 0.0


@dataclass(frozen=True)
class PlasticStep:
    """One point of the load path: its factor, the forces that hold the held directions (N), how it went."""

    factor: float
    reaction_n: Array
    newton: int
    iterations: int
    yielding_share: float
    residuals: tuple[float, ...]


@dataclass(frozen=True)
class PlasticSolution:
    """The path, and the state at its end.

    ``final`` holds displacements and reactions (its energy is half of forces times displacements, not the
    stored one; its strains hold the plastic ones: for stresses take ``stress_mpa``), ``peak`` those at the
    greatest factor. Fields are by voxel (nx, ny, nz), nought in the void.
    """

    steps: tuple[PlasticStep, ...]
    final: ElasticSolution
    plastic_strain: Array
    equivalent_plastic_strain: Array
    dissipated_nmm: Array
    yielding: Array
    peak: ElasticSolution

    def force_n(self, nodes: AnyArray, axis: int) -> Array:
        """The force on some nodes (mask, or indices (n, 3)) in one direction at every step, N."""
        asked = np.zeros(self.final.displacement_mm.shape[1], bool)
        asked[self.final.addresses(nodes)] = True
        here = asked[self.final.held_at] & (self.final.held_axis == axis)
        return np.array([step.reaction_n[here].sum() for step in self.steps])

    def stress_mpa(self, voxels: SolidVoxels) -> Array:
        """Mean stress (n, 6) of voxels at the end of the path, MPa."""
        plastic = self.plastic_strain[tuple(voxels.index.T)]
        return stresses_mpa(strains(self.final, voxels) - plastic, voxels)


Tell = Callable[[PlasticStep], None]


def solve_plastic(
    model: ElasticModel,
    law: YieldLaw,
    factors: Sequence[float],
    *,
    tolerance: float = 1e-6,
    effort: Effort | None = None,
    tell: Tell = lambda _: None,
) -> PlasticSolution:
    """Follows the loads of a model times each factor in turn; raises ``BadModel`` or ``NotConverged``.

    ``tolerance`` bounds the unbalanced force relative to the largest forces of supports and loads so far.
    Factors may fall (unloading). ``tell`` hears of every step that is reached.
    """
    if model.plates:
        raise BadModel(
            "The model has a rigid plate under a force.",
            "displacements or forces at nodes: plates are superposed, which yielding forbids",
            "Give the displacements of the plate's nodes.",
        )
    asked = np.asarray(factors, dtype=float)
    if asked.ndim != 1 or not asked.size or not np.isfinite(asked).all():
        raise BadModel(f"The load factors are {factors}.", "a list of numbers", "Give at least one.")
    path = _Path(model, law, effort or Effort(threads=processors()), tolerance)
    steps: list[PlasticStep] = []
    for factor in asked.tolist():
        steps.append(path.to(factor))
        tell(steps[-1])
        if len(steps) == 1 + asked.argmax():
            peak = path.reached(steps[-1])
    return replace(path.solution(tuple(steps)), peak=peak)


def _yields(model: ElasticModel, law: YieldLaw, solid: AnyArray) -> tuple[Array, Array, Array]:
    """Compressive and tensile yield stress and hardening of every voxel, checked."""
    shape = np.shape(model.young_mpa)

    def dense(what: str, value: float | Array) -> Array:
        array = np.asarray(value, dtype=float)
        if array.ndim and array.shape != shape:
            raise BadModel(f"The {what} has the shape {array.shape}.", f"{shape} or one number", "Check it.")
        return np.ascontiguousarray(np.broadcast_to(array, shape))

    compressive = dense("yield stress", law.compressive_mpa)
    tensile = compressive if law.tensile_mpa is None else dense("tensile yield stress", law.tensile_mpa)
    hardening = dense("hardening modulus", law.hardening_mpa)
    for stress in (compressive, tensile):
        wrong = solid & ~(stress > 0)
        if wrong.any():
            raise BadModel(
                f"{wrong.sum()} solid voxels have a yield stress of {stress[wrong][0]:g} MPa.",
                "above 0 (infinite: never yields)",
                "Check the yield law.",
            )
    if not law.criterion.has_pressure and (compressive != tensile)[solid].any():
        raise BadModel(
            f"Compression and tension differ, which {law.criterion.name} cannot hold.",
            "one yield stress, or a criterion that depends on pressure",
            "Take MOHR_COULOMB or DRUCKER_PRAGER.",
        )
    if (compressive < tensile)[solid].any():
        raise BadModel(
            "A voxel is stronger in tension than in compression.", "bone or cement", "Check the order."
        )
    if not (np.isfinite(hardening) & (hardening >= 0))[solid].all():
        raise BadModel("A hardening modulus is below 0 or no number.", "at least 0 MPa", "Check the law.")
    if law.criterion is not Criterion.VON_MISES and hardening[solid].any():
        raise BadModel(
            f"{law.criterion.name} was given hardening.", "VON_MISES with hardening, or none", "Choose one."
        )
    return np.minimum(compressive, NEVER_MPA), np.minimum(tensile, NEVER_MPA), hardening


class _Path:
    """A body on its load path: the last state in balance, and how to reach the next."""

    def __init__(self, model: ElasticModel, law: YieldLaw, effort: Effort, tolerance: float) -> None:
        checked = Checked(model)
        stresses = _yields(model, law, checked.young > 0)
        self.model, self.tolerance = model, tolerance
        self.solver = Solver(checked, effort, BYTES_A_VOXEL)
        self.grid, self.multigrid = self.solver.grid, self.solver.multigrid
        elastic = self.solver.solution(min(tolerance, ELASTIC_TOLERANCE))
        self.last = elastic
        self.unit = self.multigrid.exact[U].copy() * self.solver.scale[:, None]
        self.loads = self.multigrid.exact[F].copy()
        self.before = self.unit * 0
        self.here, self.factor, self.step_before = self.before, 0.0, 0.0
        self.threads, self.sweeps = effort.threads, _Sweeps(self.solver, model, law, stresses)

    def to(self, factor: float) -> PlasticStep:
        """Reaches a factor, in parts if need be."""
        target, goal, done = factor, factor, (0, 0)
        least = abs(factor - self.factor) * LEAST_STEP
        with self.multigrid.helped(), ThreadPoolExecutor(self.threads) as pool:
            self.sweeps.pool = pool
            while True:
                step = self._newton(goal)
                done = done[0] + step.newton, done[1] + step.iterations
                if step.residuals[-1] <= self.tolerance:
                    self._accept(step.factor)
                    if step.factor == target:
                        return replace(step, newton=done[0], iterations=done[1])
                    goal = target
                    continue
                goal = self.factor + (goal - self.factor) / 2
                if not abs(goal - self.factor) > least / 2:  # nor where a step of no length fails
                    raise NotConverged(
                        f"The body does not reach {target:g} of its load: beyond {self.factor:g} no step "
                        f"comes into balance (residual {step.residuals[-1]:.1e}).",
                        f"a residual of {self.tolerance:.1e}",
                        "Under given forces a body of perfectly plastic material has a limit load: give "
                        "displacements, less load, or hardening.",
                    )

    def _guess(self, factor: float) -> Array:
        """Straight on where the path goes on, elastic where it turns or begins."""
        step = factor - self.factor
        if self.step_before * step > 0:
            return np.asarray(self.here + (self.here - self.before) * (step / self.step_before))
        return np.asarray(self.here + self.unit * step)

    def _newton(self, factor: float) -> PlasticStep:
        """Tries to bring the body into balance at a factor."""
        u, sweeps = self.multigrid.exact[U], self.sweeps
        u[:] = self._guess(factor)
        self.multigrid.exact[F][:] = self.loads * factor
        size, forces = sweeps.residual()
        sizes, iterations, newton = [size], 0, 0
        while sizes[-1] > self.tolerance and newton < MOST_NEWTON and np.isfinite(sizes[-1]):
            ratio = sizes[-1] / sizes[-2] if len(sizes) > 1 else 1.0
            reduction = float(np.clip(min(ratio**2, 0.3 * sizes[-1] ** 0.5), TIGHTEST, LOOSEST))
            reduction = max(reduction, 0.5 * self.tolerance / sizes[-1])
            scale = sweeps.unbalanced
            iterations += self.multigrid.correction(sweeps.product, reduction, 200)
            newton += 1
            size, forces = self._damped(u, scale, sizes[-1])
            sizes.append(size)
            if size > 0.95 * sizes[-2] and newton > 3:  # it goes nowhere
                break
        return PlasticStep(factor, forces, newton, iterations, sweeps.yielding_share, tuple(sizes))

    def _damped(self, u: Array, scale: float, size: float) -> tuple[float, Array]:
        """Takes as much of the correction as lowers the residual."""
        correction = self.multigrid.scene.work.fields[S][:, : u.shape[1]]
        taken, best = 0.0, (np.inf, 0.0)
        for share in DAMPING:
            u += (share - taken) * scale * correction
            taken = share
            now, forces = self.sweeps.residual()
            if now < (1 - HOPEFUL * share) * size:
                return now, forces
            best = min(best, (now, share))
        if best[1] != taken:
            u += (best[1] - taken) * scale * correction
            now, forces = self.sweeps.residual()
        return now, forces

    def _accept(self, factor: float) -> None:
        self.sweeps.commit()
        self.sweeps.largest = max(self.sweeps.largest, self.sweeps.forces)
        self.step_before, self.factor = factor - self.factor, factor
        self.before, self.here = self.here, self.multigrid.exact[U].copy()

    def reached(self, step: PlasticStep) -> ElasticSolution:
        """Displacements and reactions at the step just reached."""
        self.multigrid.exact[U][:] = self.here
        self.multigrid.clear_void()
        scaled = self.multigrid.exact[U]
        u, work = scaled / self.solver.scale[:, None], float(step.factor * np.vdot(self.loads, scaled))
        return replace(self.last, displacement_mm=u, reaction_n=step.reaction_n, work_of_forces_nmm=work)

    def solution(self, steps: tuple[PlasticStep, ...]) -> PlasticSolution:
        """The path and its end."""
        sweeps, shape, final = self.sweeps, self.last.shape, self.reached(steps[-1])
        state = sweeps.law.state
        return PlasticSolution(
            steps=steps,
            final=final,
            peak=final,
            plastic_strain=dense_rows(self.grid, shape, state[:, :, :6].mean(axis=1)),
            equivalent_plastic_strain=dense_rows(self.grid, shape, state[:, :, 6].mean(axis=1)),
            dissipated_nmm=dense_rows(self.grid, shape, sweeps.law.dissipated),
            yielding=dense_rows(self.grid, shape, (state[:, :, 6] > 0).mean(axis=1)),
        )


class _Sweeps:
    """The sweeps over a yielding body, cut into pieces for the threads of a pool."""

    def __init__(
        self, solver: Solver, model: ElasticModel, law: YieldLaw, stresses: tuple[Array, Array, Array]
    ) -> None:
        self.solver, self.multigrid = solver, solver.multigrid
        self.pool: ThreadPoolExecutor
        grid = solver.grid
        self.pieces = [tuple(p) for p in grid.pieces[: grid.levels[0, PIECE_COUNT]].tolist()]
        count = solver.lam.size
        packed = [np.ones(count), np.ones(count), np.zeros(count)]
        for dense, rows in zip(stresses, packed, strict=True):
            pack(grid, (0, len(dense)), dense, rows)
        centred = self._centred(model, count)
        h = min(model.edges_mm)
        s = solver.scale
        pairs = ((0, 0), (1, 1), (2, 2), (1, 2), (0, 2), (0, 1))
        slopes = np.array([1 / (4 * h * s[i] * s[j]) for i, j in pairs] + [np.prod(model.edges_mm) / POINTS])
        self.law = Yielding(
            kind=CONE if law.criterion.is_cone else WEDGE,
            compressive=packed[0],
            tensile=packed[1],
            hardening=packed[2],
            at_centre=centred,
            state=np.zeros((count, POINTS, OF_STATE)),
            tangent=np.zeros(count * A_VOXEL, np.float32),
            written=np.zeros((count, POINTS), np.uint8),
            yields=np.zeros(count, np.uint8),
            mixed=np.zeros(count // MOST_LANES + 1, np.uint8),
            centred=(centred / 3).astype(np.float32),
            dissipated=np.zeros(count),
            slopes=slopes,
        )
        self.points = CORNERS * GAUSS
        table = np.zeros((POINTS + 1, 6), np.float32)
        table[:POINTS, :3] = self.points
        table[POINTS] = [*slopes[:3], *(1 / slopes[:3])]
        width = self.multigrid.scene.work.exact_planes.shape[1:]
        self.work = [(np.zeros(width), np.zeros(SCRATCH), self.points) for _ in self.pieces]
        self.narrow_work = [(np.zeros(width, np.float32), table) for _ in self.pieces]
        self.solid_points = POINTS * int((solver.mu > 0).sum())
        self.yielding_share = self.unbalanced = self.forces = self.largest = 0.0

    def _centred(self, model: ElasticModel, count: int) -> AnyArray:
        solver = self.solver
        if model.integration is Integration.FULL:
            return np.zeros(count, np.uint8)
        solid = solver.mu > 0
        if model.integration is Integration.CENTRE:
            return solid.astype(np.uint8)
        ratio = 2 * LOCKING_POISSON / (1 - 2 * LOCKING_POISSON) * (1 + 1e-6)
        return (solid & (solver.lam > ratio * solver.mu)).astype(np.uint8)

    def residual(self) -> tuple[float, Array]:
        """Unbalanced force relative to the largest forces so far, and the forces of the supports (N).

        Leaves the unbalanced forces in the residual field, and the tangents where points yield.
        """
        exact, scene = self.multigrid.exact, self.multigrid.scene
        out = exact[EXACT_R]
        yielding = self._each(
            lambda n: crush(self.pieces[n], scene, self.law, (exact[U], exact[F], out), self.work[n], 0)
        )
        self._each(lambda n: complete(self.pieces[n], scene, self.law, self.work[n][1]))
        at, axis = self.solver.at, self.solver.axis
        reaction = -out[axis, at] * self.solver.scale[axis]
        out[axis, at] = 0
        self.yielding_share = sum(yielding) / self.solid_points
        self.unbalanced = float(np.sqrt(np.einsum("ij,ij->", out, out)))
        loads = np.einsum("ij,ij->", exact[F], exact[F])
        self.forces = float(np.sqrt(reaction @ reaction + loads))
        size = np.maximum(self.forces, self.largest)
        share = self.unbalanced / size if size != 0 else self.unbalanced and np.inf
        return float(share), reaction  # what is no number stays none: it must not pass for balance

    def product(self) -> float:
        """Field Q = tangent times field P; returns P.Q."""
        scene, law = self.multigrid.scene, self.law
        fields = scene.work.fields[P], scene.work.fields[Q]
        parts = self._each(lambda n: tangent_product(self.pieces[n], scene, law, fields, self.narrow_work[n]))
        return float(sum(parts))

    def commit(self) -> None:
        """Keeps the state of every point at the displacements reached."""
        exact, scene = self.multigrid.exact, self.multigrid.scene
        self._each(
            lambda n: crush(
                self.pieces[n], scene, self.law, (exact[U], exact[F], exact[EXACT_R]), self.work[n], 1
            )
        )

    def _each(self, task: Callable[[int], T]) -> list[T]:
        if len(self.pieces) == 1:
            return [task(0)]
        return list(self.pool.map(task, range(len(self.pieces))))
