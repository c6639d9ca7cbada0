"""Steady pressure or heat in a box of voxels: div(conductivity grad p) = -source, on the same hierarchy.

Units are the caller's, consistently: with k/mu in mm^2/(MPa s) and p in MPa, flows come in mm^3/s.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from vertebro.errors import BadModel
from vertebro.kernels.arrays import AnyArray, Array, Mask
from vertebro.kernels.blocks import pack
from vertebro.kernels.cycles import Effort, F, U
from vertebro.kernels.grids import Grid, addresses, extent_of, places, pyramid
from vertebro.kernels.hexahedron import Edges, conduction_matrix
from vertebro.kernels.hierarchy import NO_SPRINGS, Brick, Held
from vertebro.kernels.multigrid import Convergence, Multigrid
from vertebro.kernels.resources import check_memory, levels_for, processors
from vertebro.kernels.supports import NodeValues, check_agree, check_nodes, gathered, kept_parts, parts_of


@dataclass(frozen=True)
class ScalarModel:
    """Voxels (nx, ny, nz) with a conductivity (0: nothing flows), values given and sources at nodes."""

    conductivity: Array
    edges_mm: Edges
    given: tuple[NodeValues, ...]
    sources: tuple[NodeValues, ...] = ()


@dataclass(frozen=True)
class ScalarSolution:
    """Values and the flows that hold them, by address on the finest level of ``grid``."""

    grid: Grid
    shape: tuple[int, int, int]
    value: Array
    flow: Array
    dropped_voxels: int
    convergence: Convergence

    def values(self) -> Array:
        """Values at all nodes (nx + 1, ny + 1, nz + 1); nought where nothing flows."""
        return self._dense(self.value)

    def flows(self) -> Array:
        """What enters at nodes with a given value (leaves where negative)."""
        return self._dense(self.flow)

    def _dense(self, field: Array) -> Array:
        out = np.zeros([n + 1 for n in self.shape])
        place = places(self.grid)
        real = (place[0] >= 0) & (place[2] <= self.shape[2])
        out[tuple(place[:, real])] = field[: place.shape[1]][real]
        return out


def solve_scalar(
    model: ScalarModel, *, tolerance: float = 1e-8, effort: Effort | None = None
) -> ScalarSolution:
    """The field whose flows balance; raises ``BadModel`` or ``NotConverged``.

    ``tolerance`` bounds the unbalanced flow, in double precision, relative to the first one.
    """
    solid = _conducting(model)
    nodes, _, values = gathered(model.given)
    check_nodes("given values", nodes, values, solid)
    into, _, sources = gathered(model.sources)
    check_nodes("sources", into, sources, solid)
    one = check_agree(nodes, np.zeros(len(nodes), np.int64), values)
    nodes, values = nodes[one], values[one]
    parts = parts_of(solid)
    kept = kept_parts(parts, nodes, into)[parts.number]
    conductivity = np.ascontiguousarray(np.where(kept, model.conductivity, 0.0))
    grid = pyramid(extent_of(kept), levels_for(kept))
    check_memory(grid, 1)
    solver = _prepared(grid, conductivity, model.edges_mm, nodes, effort or Effort(threads=processors()))
    solver.exact[U][0, addresses(grid, nodes)] = values
    np.add.at(solver.exact[F][0], addresses(grid, into), sources)
    done = solver.solve(tolerance)
    solver.clear_void()
    flow = np.zeros_like(solver.exact[U][0])
    at = addresses(grid, nodes)
    flow[at] = -solver.forces()[0, at]
    dropped = int((solid & ~kept).sum())
    return ScalarSolution(grid, conductivity.shape, solver.exact[U][0], flow, dropped, done)


def _conducting(model: ScalarModel) -> Mask:
    """Where something flows, after checking that the conductivities can be those of a material."""
    k = np.asarray(model.conductivity)
    if k.ndim != 3 or not np.isfinite(k).all() or k.size == 0 or k.min() < 0:
        raise BadModel(
            f"The conductivities have the shape {k.shape}, or some are negative or not numbers.",
            "a box of voxels with numbers of at least 0",
            "Check where they come from.",
        )
    if not (k > 0).any():
        raise BadModel("Nothing conducts.", "voxels with a conductivity above 0", "Check mask and law.")
    return np.asarray(k > 0)


def _prepared(grid: Grid, conductivity: Array, edges_mm: Edges, nodes: AnyArray, effort: Effort) -> Multigrid:
    """The hierarchy of a scalar model."""
    modulus = np.zeros(
        int(grid.voxels[:, 1].sum()) + 64, np.float32
    )  # a register may be read beyond the last
    pack(grid, (0, len(conductivity)), conductivity, modulus)
    matrix = conduction_matrix(edges_mm)
    scaled = matrix / matrix.diagonal()[:, None]
    brick = Brick(1, edges_mm, np.inf, float(np.linalg.eigvals(scaled).real.max()))
    at = np.unique(addresses(grid, nodes))
    return Multigrid(
        grid, (modulus, modulus), brick, (Held(at, np.ones(len(at), np.int64)), NO_SPRINGS), effort
    )
