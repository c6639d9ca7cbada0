"""Linear elasticity of a box of voxels: the model, the solve, the solution (mm, MPa, N)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from vertebro.errors import BadModel
from vertebro.kernels.arrays import AnyArray, Array, Mask
from vertebro.kernels.blocks import pack_elastic
from vertebro.kernels.cycles import Effort, F, U
from vertebro.kernels.grids import Grid, addresses, extent_of, places, pyramid
from vertebro.kernels.hexahedron import (
    Edges,
    Integration,
    lame,
    largest_eigenvalue,
    largest_full_ratio,
    scales,
)
from vertebro.kernels.hierarchy import NO_SPRINGS, Brick, Held
from vertebro.kernels.multigrid import Convergence, Multigrid
from vertebro.kernels.resources import check_memory, levels_for, processors
from vertebro.kernels.supports import (
    NodeValues,
    Parts,
    Plate,
    Supports,
    check_agree,
    check_balance,
    check_nodes,
    gathered,
    kept_parts,
    parts_of,
)

SOFTEST_MPA, STIFFEST_MPA = 1e-15, 1e15  # their squares, summed over a body, stay in single precision


@dataclass(frozen=True)
class ElasticModel:
    """Voxels (nx, ny, nz) with Young's modulus (0: void) and Poisson's ratio, held and loaded at nodes."""

    young_mpa: Array
    poisson: float | Array
    edges_mm: Edges
    displacements_mm: tuple[NodeValues, ...]
    forces_n: tuple[NodeValues, ...] = ()
    plates: tuple[Plate, ...] = ()
    integration: Integration = Integration.SELECTIVE


@dataclass(frozen=True)
class ElasticSolution:
    """Displacements and reactions of a solved model; ``stresses`` computes the rest.

    Fields are (component, address) on the finest level of ``grid``; ``reaction_n`` is one force for each
    held direction (``held_at``, ``held_axis``), those of ``plates`` included.
    """

    grid: Grid
    shape: tuple[int, int, int]
    edges_mm: Edges
    lam_mpa: AnyArray
    mu_mpa: AnyArray
    largest_full_ratio: float
    displacement_mm: Array
    held_at: AnyArray
    held_axis: AnyArray
    reaction_n: Array
    work_of_forces_nmm: float
    plate_motions: tuple[Array, ...]
    dropped_voxels: int
    convergence: tuple[Convergence, ...]

    def displacements(self) -> Array:
        """Displacements at all nodes (nx + 1, ny + 1, nz + 1, 3) in mm; nought in the void."""
        return self._dense(self.displacement_mm)

    def displacements_along(self, axis: int) -> Array:
        """Displacements in one direction at all nodes (nx + 1, ny + 1, nz + 1) in mm; nought in the void."""
        return self._dense(self.displacement_mm[axis : axis + 1])[..., 0]

    def reactions(self) -> Array:
        """Forces of the supports and plates at all nodes (nx + 1, ny + 1, nz + 1, 3) in N."""
        field = np.zeros_like(self.displacement_mm)
        field[self.held_axis, self.held_at] = self.reaction_n
        return self._dense(field)

    def reaction(self, nodes: AnyArray) -> Array:
        """The sum (3) of the forces that hold the nodes (indices (n, 3) or a mask), in N."""
        asked = np.zeros(self.displacement_mm.shape[1], bool)
        asked[self.addresses(nodes)] = True
        here = asked[self.held_at]
        return np.asarray(np.bincount(self.held_axis[here], self.reaction_n[here], minlength=3), dtype=float)

    def reactions_along(self, nodes: AnyArray, axis: int) -> Array:
        """The force (N) on each of some held nodes (indices (n, 3)) in one direction."""
        field = np.zeros(self.displacement_mm.shape[1])
        here = self.held_axis == axis
        field[self.held_at[here]] = self.reaction_n[here]
        return field[addresses(self.grid, np.asarray(nodes))]

    def addresses(self, nodes: AnyArray) -> AnyArray:
        """Where the fields hold some nodes (indices (n, 3) or a mask), those of the void left out."""
        where = np.asarray(nodes)
        at = addresses(self.grid, np.argwhere(where) if where.dtype == bool else where)
        return np.asarray(at[at >= 0])

    @property
    def energy_nmm(self) -> float:
        """Strain energy, N mm: half the work of the supports, plates and forces."""
        at_supports = self.displacement_mm[self.held_axis, self.held_at] @ self.reaction_n
        return float(at_supports + self.work_of_forces_nmm) / 2

    def _dense(self, field: Array) -> Array:
        out = np.zeros((*(n + 1 for n in self.shape), len(field)))
        place = places(self.grid)
        real = (place[0] >= 0) & (place[2] <= self.shape[2])
        out[tuple(place[:, real])] = field[:, : place.shape[1]].T[real]
        return out


def solve_elastic(
    model: ElasticModel,
    *,
    tolerance: float = 1e-8,
    effort: Effort | None = None,
    near: ElasticSolution | None = None,
) -> ElasticSolution:
    """The displacements in balance with the forces; raises ``BadModel`` or ``NotConverged``.

    ``tolerance`` bounds the residual force, in double precision, relative to the one at rest. From the
    solution of a model ``near`` this one (the same voxels and supports, a few moduli changed) it takes
    fewer steps, and the difference between the two is told better than from rest.
    """
    return Solver(Checked(model), effort or Effort(threads=processors())).solution(tolerance, near)


class Checked:
    """A model without faults: islands taken out, one value for each held node and direction."""

    def __init__(self, model: ElasticModel) -> None:
        self.model = model
        solid = _solid(model)
        self.poissons = _poissons(model, solid)
        nodes, axes, values = gathered(model.displacements_mm)
        check_nodes("given displacements", nodes, values, solid)
        self.loads = gathered(model.forces_n)
        check_nodes("forces", self.loads[0], self.loads[2], solid)
        for plate in model.plates:
            check_nodes("nodes of a plate", np.asarray(plate.nodes), np.array([plate.force_n]), solid)
        one = check_agree(nodes, axes, values)
        self.held = nodes[one], axes[one], values[one]
        parts = parts_of(solid)
        tied = [np.asarray(p.nodes, dtype=np.int64) for p in model.plates]
        kept = kept_parts(parts, np.concatenate([self.held[0], *tied]), self.loads[0])
        supports = Supports(self.held[:2], self.loads[:2], self.loads[2], model.plates)
        check_balance(parts, kept, model.edges_mm, supports)
        self.young, self.dropped = _without_islands(model.young_mpa, parts, kept)
        self.tied = [self._free_of_supports(p) for p in model.plates]

    def _free_of_supports(self, plate: Plate) -> Plate:
        nodes = np.asarray(plate.nodes, dtype=np.int64)
        both = np.column_stack([nodes, np.full(len(nodes), plate.axis)])
        held = {tuple(row) for row in np.column_stack(self.held[:2]).tolist()}
        if any(tuple(row) in held for row in both.tolist()):
            raise BadModel(
                "A plate shares nodes with given displacements in its own direction.",
                "nodes that are either tied to a plate or held",
                "Take the nodes out of one of the sets.",
            )
        return plate


def _solid(model: ElasticModel) -> Mask:
    """Where the voxels are solid, after checking that the moduli are those of a solid."""
    young = np.asarray(model.young_mpa)
    if young.ndim != 3 or min(young.shape) == 0:
        raise BadModel(f"The moduli have the shape {young.shape}.", "a box of voxels", "Give a 3D array.")
    edges = np.asarray(model.edges_mm, dtype=float)
    if edges.shape != (3,) or not (np.isfinite(edges) & (edges > 0)).all():
        raise BadModel(
            f"The edges of a voxel are {model.edges_mm} mm.", "three lengths above 0", "Check them."
        )
    if not np.isfinite(young).all():
        raise BadModel("Some moduli are not numbers (NaN or infinite).", "MPa; 0 for void", "Check the law.")
    if young.min() < 0:
        raise BadModel(
            f"The smallest modulus is {young.min():g} MPa.", "at least 0 (void)", "Check the material law."
        )
    solid = young > 0
    if (young[solid] < SOFTEST_MPA).any() or young.max() > STIFFEST_MPA:
        raise BadModel(
            f"The moduli reach from {young[solid].min():g} to {young.max():g} MPa.",
            f"{SOFTEST_MPA:g} to {STIFFEST_MPA:g} MPa, which single precision holds",
            "Check the material law; void is 0.",
        )
    if not solid.any():
        raise BadModel("All voxels are void.", "voxels with a modulus above 0", "Check mask and law.")
    return np.asarray(solid)


def _poissons(model: ElasticModel, solid: Mask) -> Array:
    """The Poisson's ratios of the solid voxels (one number if it is the same for all), checked."""
    nu = np.asarray(model.poisson, dtype=float)
    if nu.ndim not in (0, 3) or (nu.ndim == 3 and nu.shape != solid.shape):
        raise BadModel(
            f"Poisson's ratios have the shape {nu.shape}.", f"{solid.shape} or one number", "Check it."
        )
    inner = nu[solid] if nu.ndim else nu.reshape(1)
    wrong = ~((inner > -1) & (inner < 0.5))
    if wrong.any():
        raise BadModel(
            f"A Poisson's ratio is {inner[wrong][0]:g}.",
            "above -1 and below 0.5",
            "Give a nearly incompressible material 0.49 to 0.499.",
        )
    return inner


def _without_islands(young: Array, parts: Parts, kept: AnyArray) -> tuple[Array, int]:
    """The moduli without parts that nothing holds, and how many voxels those had."""
    young = np.ascontiguousarray(young, dtype=float)
    if kept[1:].all():
        return young, 0
    stays = kept[parts.number]
    return np.where(stays, young, 0.0), int(((young > 0) & ~stays).sum())


class Solver:
    """The hierarchy of a checked model and its solutions; the caller may need memory for every voxel too."""

    def __init__(self, checked: Checked, effort: Effort, more_bytes_a_voxel: int = 0) -> None:
        self.checked, self.model = checked, checked.model
        self.scale = scales(self.model.edges_mm)
        solid = checked.young > 0
        self.grid = pyramid(extent_of(solid), levels_for(solid))
        check_memory(self.grid, more_bytes_a_voxel=more_bytes_a_voxel)
        self.lam, self.mu = self._moduli()
        self.plate_at = [addresses(self.grid, np.asarray(p.nodes)) for p in checked.tied]
        self.at = np.concatenate([addresses(self.grid, checked.held[0]), *self.plate_at])
        self.axis = np.concatenate([checked.held[1], *(np.full(len(p.nodes), p.axis) for p in checked.tied)])
        self.multigrid = Multigrid(
            self.grid, (self.lam, self.mu), self._brick(), (self._held(), NO_SPRINGS), effort
        )

    def move(self, model: ElasticModel) -> None:
        """Takes other displacements at the nodes held so far; the body starts from rest."""
        nodes, axes, values = gathered(model.displacements_mm)
        one = check_agree(nodes, axes, values)
        held = self.checked.held
        if not (np.array_equal(nodes[one], held[0]) and np.array_equal(axes[one], held[1])):
            raise BadModel("A motion holds other nodes than the first.", "the same nodes", "Solve it apart.")
        self.checked.held = held[0], held[1], values[one]
        self.multigrid.exact[U] = 0
        self.multigrid.exact[F] = 0

    def _moduli(self) -> tuple[AnyArray, AnyArray]:
        size = int(self.grid.voxels[:, 1].sum()) + 64  # one register may be read beyond the last
        lam, mu = np.zeros(size, np.float32), np.zeros(size, np.float32)
        nu = np.asarray(self.model.poisson, dtype=float)
        nu = np.ascontiguousarray(nu if nu.ndim else nu.reshape(1, 1, 1))
        pack_elastic(self.grid, (0, len(self.checked.young)), self.checked.young, nu, lam, mu)
        return lam, mu

    def _brick(self) -> Brick:
        full = largest_full_ratio(self.model.integration)
        lam, mu = lame(1.0, self.checked.poissons)
        ratio, largest = lam / mu, 0.0
        for centre, some in ((False, ratio[ratio <= full]), (True, ratio[ratio > full])):
            if some.size:
                ends = np.array([some.min(), some.max()])
                largest = max(largest, largest_eigenvalue(self.model.edges_mm, ends, volume_at_centre=centre))
        return Brick(3, self.model.edges_mm, full, largest)

    def _held(self) -> Held:
        where, index = np.unique(self.at, return_inverse=True)
        bits = np.zeros(len(where), np.int64)
        np.bitwise_or.at(bits, index, 1 << self.axis)
        return Held(where, bits)

    def solution(self, tolerance: float, near: ElasticSolution | None = None) -> ElasticSolution:
        nodes, axes, forces = self.checked.loads
        loaded = addresses(self.grid, nodes)
        np.add.at(self.multigrid.exact[F], (axes, loaded), forces / self.scale[axes])
        given = np.zeros(len(self.at))
        given[: len(self.checked.held[2])] = self.checked.held[2]
        state = self._balanced(given, tolerance, near)
        state, motions = self._with_plates(state, tolerance)
        return ElasticSolution(
            grid=self.grid,
            shape=self.checked.young.shape,
            edges_mm=self.model.edges_mm,
            lam_mpa=self.lam,
            mu_mpa=self.mu,
            largest_full_ratio=largest_full_ratio(self.model.integration),
            displacement_mm=state.u,
            held_at=self.at,
            held_axis=self.axis,
            reaction_n=state.reaction,
            work_of_forces_nmm=float(state.u[axes, loaded] @ forces),
            plate_motions=motions,
            dropped_voxels=self.checked.dropped,
            convergence=state.convergence,
        )

    def _balanced(self, given: Array, tolerance: float, near: ElasticSolution | None = None) -> _State:
        """Displacements and reactions (mm, N) where the held directions are given."""
        exact, at_rest = self.multigrid.exact, None
        exact[U][self.axis, self.at] = given * self.scale[self.axis]
        if near is not None:
            at_rest = self.multigrid.unbalanced()
            exact[U][:] = self._displacements_of(near)
            exact[U][self.axis, self.at] = given * self.scale[self.axis]
        done = self.multigrid.solve(tolerance, against=at_rest)
        self.multigrid.clear_void()
        reaction = -self.multigrid.forces()[self.axis, self.at] * self.scale[self.axis]
        u = exact[U]
        if not np.all(self.scale == 1):
            u /= self.scale[:, None]
        return _State(u, reaction, (done,))

    def _displacements_of(self, near: ElasticSolution) -> Array:
        if near.shape != self.checked.young.shape or not np.array_equal(near.grid.voxels, self.grid.voxels):
            raise BadModel(
                "The solution to begin from is that of other voxels.",
                "the same solid voxels, with other moduli",
                "Solve from rest.",
            )
        return np.asarray(near.displacement_mm * self.scale[:, None])

    def _with_plates(self, state: _State, tolerance: float) -> tuple[_State, tuple[Array, ...]]:
        """Adds the motions of the plates for which their forces come out as given (superposition)."""
        plates = self.checked.tied
        if not plates:
            return state, ()
        state = state.copied()
        shapes = [p.shapes(self.model.edges_mm) for p in plates]
        motions = np.zeros((len(self.at), sum(s.shape[1] for s in shapes)))
        begin, column, wanted = len(self.at) - sum(len(s) for s in shapes), 0, np.zeros(motions.shape[1])
        for plate, shape in zip(plates, shapes, strict=True):
            n, m = shape.shape
            motions[begin : begin + n, column : column + m] = shape
            wanted[column] = plate.force_n
            begin, column = begin + n, column + m
        self.multigrid.exact[F] = 0
        solved = [self._moved(motions[:, n], tolerance) for n in range(motions.shape[1])]
        felt = np.stack([motions.T @ s.reaction for s in solved], axis=-1)
        amounts = _amounts(felt, wanted - motions.T @ state.reaction)
        for amount, one in zip(amounts, solved, strict=True):
            state = state.plus(amount, one)
        return state, tuple(np.split(amounts, np.cumsum([s.shape[1] for s in shapes])[:-1]))

    def _moved(self, motion: Array, tolerance: float) -> _State:
        self.multigrid.exact[U] = 0
        return self._balanced(motion, tolerance).copied()


@dataclass(frozen=True)
class _State:
    """Displacements (component, address), reactions of the held directions, and the solves behind them."""

    u: Array
    reaction: Array
    convergence: tuple[Convergence, ...]

    def copied(self) -> _State:
        """The same, apart from the solver's own memory."""
        return _State(self.u.copy(), self.reaction, self.convergence)

    def plus(self, amount: float, other: _State) -> _State:
        """This state with a multiple of another."""
        u, reaction = self.u + amount * other.u, self.reaction + amount * other.reaction
        return _State(u, reaction, (*self.convergence, *other.convergence))


def _amounts(stiffness: Array, wanted: Array) -> Array:
    """The motions of the plates (mm, rad) that give the wanted forces and moments."""
    size = np.sqrt(np.outer(stiffness.diagonal(), stiffness.diagonal()))
    if not np.linalg.cond(stiffness / size) < 1e9:  # less than nine digits below the stiffest motion
        raise BadModel(
            "A plate can tilt freely: nothing stops it.",
            "displacements that stop every motion of the plates",
            "Hold the model in more directions, or do not let the plate tilt.",
        )
    return np.asarray(np.linalg.solve(stiffness, wanted))
