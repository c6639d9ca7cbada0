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
from vertebro.kernels.hierarchy import Brick, Held
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

    Arrays are (component, address) on the finest level of ``grid``.
    """

    grid: Grid
    shape: tuple[int, int, int]
    edges_mm: Edges
    lam_mpa: AnyArray
    mu_mpa: AnyArray
    largest_full_ratio: float
    displacement_mm: Array
    reaction_n: Array
    applied_n: Array
    plate_motions: tuple[Array, ...]
    dropped_voxels: int
    convergence: tuple[Convergence, ...]

    def displacements(self) -> Array:
        """Displacements at all nodes (nx + 1, ny + 1, nz + 1, 3) in mm; nought in the void."""
        return self._dense(self.displacement_mm)

    def reactions(self) -> Array:
        """Forces of the supports and plates at all nodes in N."""
        return self._dense(self.reaction_n)

    def reaction(self, nodes: AnyArray) -> Array:
        """The sum (3) of the forces that hold the nodes (indices (n, 3) or a mask), in N."""
        where = np.asarray(nodes)
        at = addresses(self.grid, np.argwhere(where) if where.dtype == bool else where)
        return np.asarray(self.reaction_n[:, np.unique(at[at >= 0])].sum(axis=1))

    @property
    def energy_nmm(self) -> float:
        """Strain energy, N mm: half the work of all nodal forces."""
        return float((self.displacement_mm * (self.reaction_n + self.applied_n)).sum() / 2)

    def _dense(self, field: Array) -> Array:
        out = np.zeros((*(n + 1 for n in self.shape), 3))
        place = places(self.grid)
        real = (place[0] >= 0) & (place[2] <= self.shape[2])
        out[tuple(place[:, real])] = field[:, : place.shape[1]].T[real]
        return out


def solve_elastic(
    model: ElasticModel, *, tolerance: float = 1e-8, effort: Effort | None = None
) -> ElasticSolution:  # fmt: skip
    """The displacements in balance with the forces; raises ``BadModel`` or ``NotConverged``.

    ``tolerance`` bounds the residual force, in double precision, relative to the first one.
    """
    return _Solver(_Checked(model), effort or Effort(threads=processors())).solution(tolerance)


class _Checked:
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


class _Solver:
    """The hierarchy of a checked model and its solutions."""

    def __init__(self, checked: _Checked, effort: Effort) -> None:
        self.checked, self.model = checked, checked.model
        self.scale = scales(self.model.edges_mm)[:, None]
        solid = checked.young > 0
        self.grid = pyramid(extent_of(solid), levels_for(solid))
        check_memory(self.grid)
        self.lam, self.mu = self._moduli()
        self.held_at = addresses(self.grid, checked.held[0])
        self.tied_at = [addresses(self.grid, np.asarray(p.nodes)) for p in checked.tied]
        self.multigrid = Multigrid(self.grid, (self.lam, self.mu), self._brick(), self._held(), effort)

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
        at = [self.held_at, *self.tied_at]
        axes = [
            self.checked.held[1],
            *(np.full(len(a), p.axis) for a, p in zip(self.tied_at, self.checked.tied, strict=True)),
        ]
        where, index = np.unique(np.concatenate(at), return_inverse=True)
        bits = np.zeros(len(where), np.int64)
        np.bitwise_or.at(bits, index, 1 << np.concatenate(axes))
        return Held(where, bits)

    def _solve(
        self, loads: bool, plate: tuple[int, Array] | None, tolerance: float
    ) -> tuple[Array, Array, Convergence]:
        """Displacements and reactions (mm, N) for the given loads, or for one motion of one plate."""
        exact = self.multigrid.exact
        exact[:] = 0
        if loads:
            nodes, axes, values = self.checked.loads
            np.add.at(exact[F], (axes, addresses(self.grid, nodes)), values / self.scale[axes, 0])
            exact[U][self.checked.held[1], self.held_at] = (
                self.checked.held[2] * self.scale[self.checked.held[1], 0]
            )
        if plate is not None:
            number, shape = plate
            axis = self.checked.tied[number].axis
            exact[U][axis, self.tied_at[number]] = shape * self.scale[axis, 0]
        done = self.multigrid.solve(tolerance)
        reaction = self.multigrid.forces() * self.scale
        return exact[U] / self.scale * self.multigrid.touched(), reaction, done

    def solution(self, tolerance: float) -> ElasticSolution:
        u, reaction, done = self._solve(True, None, tolerance)
        u, reaction, motions, more = self._with_plates(u, reaction, tolerance)
        applied = np.zeros_like(u)
        nodes, axes, values = self.checked.loads
        np.add.at(applied, (axes, addresses(self.grid, nodes)), values)
        return ElasticSolution(
            grid=self.grid,
            shape=self.checked.young.shape,
            edges_mm=self.model.edges_mm,
            lam_mpa=self.lam,
            mu_mpa=self.mu,
            largest_full_ratio=largest_full_ratio(self.model.integration),
            displacement_mm=u,
            reaction_n=self._only_held(reaction),
            applied_n=applied,
            plate_motions=motions,
            dropped_voxels=self.checked.dropped,
            convergence=(done, *more),
        )

    def _only_held(self, forces: Array) -> Array:
        """Reactions where something holds; elsewhere only the residual is left, which is not one."""
        out = np.zeros_like(forces)
        for axis, at in self._held_directions():
            out[axis, at] = forces[axis, at]
        return out

    def _held_directions(self) -> list[tuple[AnyArray | int, AnyArray]]:
        tied = [(p.axis, at) for p, at in zip(self.checked.tied, self.tied_at, strict=True)]
        return [(self.checked.held[1], self.held_at), *tied]

    def _with_plates(
        self, u: Array, reaction: Array, tolerance: float
    ) -> tuple[Array, Array, tuple[Array, ...], tuple[Convergence, ...]]:
        """Adds the motions of the plates for which their forces come out as given (superposition)."""
        tied = self.checked.tied
        if not tied:
            return u, reaction, (), ()
        shapes = [p.shapes(self.model.edges_mm) for p in tied]
        motions = [(n, m) for n, shape in enumerate(shapes) for m in range(shape.shape[1])]
        solved = [self._solve(False, (n, shapes[n][:, m]), tolerance) for n, m in motions]

        def felt(forces: Array) -> Array:
            return np.array([shapes[n][:, m] @ forces[tied[n].axis, self.tied_at[n]] for n, m in motions])

        stiffness = np.stack([felt(r) for _, r, _ in solved], axis=-1)
        wanted = np.array([tied[n].force_n if m == 0 else 0.0 for n, m in motions])
        size = np.sqrt(np.outer(stiffness.diagonal(), stiffness.diagonal()))
        if not np.linalg.cond(stiffness / size) < 1e9:  # less than nine digits below the stiffest motion
            raise BadModel(
                "A plate can tilt freely: nothing stops it.",
                "displacements that stop every motion of the plates",
                "Hold the model in more directions, or do not let the plate tilt.",
            )
        motion = np.linalg.solve(stiffness, wanted - felt(reaction))
        for amount, (du, dr, _) in zip(motion, solved, strict=True):
            u, reaction = u + amount * du, reaction + amount * dr
        counts = np.cumsum([shape.shape[1] for shape in shapes])[:-1]
        return u, reaction, tuple(np.split(motion, counts)), tuple(done for _, _, done in solved)
