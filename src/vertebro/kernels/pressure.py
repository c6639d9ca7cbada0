"""Pressure in porous bone, again and again for changing mobilities (mm, MPa, s): control volumes at nodes.

Voxels carry the mobility, nodes the pressure. Every voxel is summed at its corners, so flow runs along
the edges of the grid, as much into a control volume as out of it (the scheme of seven points). Outlets are
springs to the ground: flow = conductance (p - p_out).
"""

from __future__ import annotations

import numpy as np

from vertebro.kernels.arrays import AnyArray, Array, Mask
from vertebro.kernels.blocks import pack
from vertebro.kernels.cycles import Effort, F, U
from vertebro.kernels.grids import addresses, extent_of, pyramid
from vertebro.kernels.hexahedron import Edges
from vertebro.kernels.hierarchy import Brick, Held, Springs
from vertebro.kernels.multigrid import Convergence, Multigrid
from vertebro.kernels.resources import check_memory, levels_for

# Largest eigenvalue of the Jacobi-scaled voxel: its rows are weakly dominant (Gershgorin), and the mode of
# alternating signs reaches the bound.
LARGEST_EIGENVALUE = 2.0
NONE_HELD = Held(np.zeros(0, np.int64), np.zeros(0, np.int64))


def stretched(edges_mm: Edges, anisotropy: Edges) -> tuple[Edges, float]:
    """Edges and factor of the isotropic problem that flows like the anisotropic one.

    Along x a voxel conducts a_x V/h_x^2. With h_x' = h_x/sqrt(a_x) and the volume that goes with it this
    is V'/h_x'^2 times sqrt(a_x a_y a_z).
    """
    root = np.sqrt(np.asarray(anisotropy, dtype=float))
    x, y, z = (np.asarray(edges_mm, dtype=float) / root).tolist()
    return (x, y, z), float(root.prod())


class PressureSolver:
    """Solves on the voxels of a mask; fields at its nodes, the corners of these voxels, in one order."""

    def __init__(self, flows: Mask, edges_mm: Edges, anisotropy: Edges, effort: Effort) -> None:
        self._edges, self._factor = stretched(edges_mm, anisotropy)
        self._effort, self.shape = effort, flows.shape
        self.grid = pyramid(extent_of(flows), levels_for(flows))
        check_memory(self.grid, 1)
        corner = np.zeros([n + 1 for n in flows.shape], bool)
        for a, b, c in np.ndindex(2, 2, 2):
            corner[a : a + flows.shape[0], b : b + flows.shape[1], c : c + flows.shape[2]] |= flows
        self.nodes = np.argwhere(corner)
        self.at = addresses(self.grid, self.nodes)

    def prepare(self, mobility: Array, where: AnyArray, conductance: Array) -> None:
        """Takes mobilities (voxels, mm^2/(MPa s)) and outlets: numbers of nodes, mm^3/(MPa s) each."""
        modulus = np.zeros(int(self.grid.voxels[:, 1].sum()) + 64, np.float32)
        pack(self.grid, (0, self.shape[0]), mobility * self._factor, modulus)
        at = self.at[where]
        order = np.argsort(at)
        springs = Springs(
            np.stack([at[order], np.zeros_like(at)], axis=-1), conductance[order].astype(np.float32)
        )
        brick = Brick(1, self._edges, np.inf, LARGEST_EIGENVALUE, at_corners=True)
        self._solver = Multigrid(self.grid, (modulus, modulus), brick, (NONE_HELD, springs), self._effort)

    def solve(self, inflow: Array, guess: Array, tolerance: float) -> tuple[Array, Convergence]:
        """Pressure at nodes for the inflow at nodes; the unbalanced flow is below tolerance times inflow."""
        exact = self._solver.exact
        exact[U][:], exact[F][:] = 0, 0
        exact[U][0, self.at], exact[F][0, self.at] = guess, inflow
        done = self._solver.solve(tolerance, against=float(np.sqrt(np.einsum("n,n->", inflow, inflow))))
        return exact[U][0, self.at].copy(), done
