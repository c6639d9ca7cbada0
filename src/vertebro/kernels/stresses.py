"""What a solved displacement field means at voxels: strain, stress, energy, forces through cuts.

Components are in the order xx yy zz yz xz xy; strains carry engineering shears (twice the tensor's).
Rows belong to the solid voxels, in the order of ``solid_voxels``; ``dense`` puts them back on the grid.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from vertebro.kernels.arrays import AnyArray, Array, Mask
from vertebro.kernels.elastic import ElasticSolution
from vertebro.kernels.grids import NX, NY, addresses
from vertebro.kernels.hexahedron import stiffness_parts, strain_matrix

AT_ONCE = 100_000  # voxels whose 24 displacements are held in memory together (19 MB)


@dataclass(frozen=True)
class SolidVoxels:
    """Solid voxels of a solution: indices (n, 3), addresses of the corners (n, 8), lambda and mu in MPa."""

    index: AnyArray
    corners: AnyArray
    lam_mpa: Array
    mu_mpa: Array

    def dense(self, rows: Array, shape: tuple[int, ...], outside: float = np.nan) -> Array:
        """Rows (n, ...) on the grid of voxels; ``outside`` where there is void."""
        out = np.full((*shape, *rows.shape[1:]), outside)
        out[tuple(self.index.T)] = rows
        return out


def solid_voxels(solution: ElasticSolution) -> SolidVoxels:
    """The solid voxels of the finest level."""
    grid = solution.grid
    nx, ny = grid.levels[0, [NX, NY]]
    lowest, count, start = grid.voxels[: nx * ny].T
    column = np.repeat(np.arange(nx * ny), count)
    within = np.arange(len(column)) - np.repeat(np.cumsum(count) - count, count)
    at = start[column] + within
    solid = solution.mu_mpa[at] > 0
    at, column, within = at[solid], column[solid], within[solid]
    index = np.stack([column // ny, column % ny, lowest[column] + within], axis=-1)
    corners = np.stack([addresses(grid, index + c) for c in np.ndindex(2, 2, 2)], axis=-1)
    return SolidVoxels(index, corners, solution.lam_mpa[at].astype(float), solution.mu_mpa[at].astype(float))


def strains(solution: ElasticSolution, voxels: SolidVoxels) -> Array:
    """Mean strain (n, 6) of every voxel, that of its centre.

    Written out: for products this narrow the threads of a linear algebra library would stand in the way of
    whoever else works on the machine.
    """
    B = strain_matrix(np.zeros(3), solution.edges_mm).reshape(6, 8, 3)
    out = np.zeros((6, len(voxels.index)))
    xx, yy, zz, yz, xz, xy = out
    for corner in range(8):
        u, v, w = (field[voxels.corners[:, corner]] for field in solution.displacement_mm)
        x, y, z = (float(B[axis, corner, axis]) for axis in range(3))
        xx += x * u
        yy += y * v
        zz += z * w
        yz += z * v + y * w
        xz += z * u + x * w
        xy += y * u + x * v
    return np.ascontiguousarray(out.T)


def stresses_mpa(strain: Array, voxels: SolidVoxels) -> Array:
    """Mean stress (n, 6) in MPa: lambda tr(e) + 2 mu e, and mu times the engineering shears."""
    out = voxels.mu_mpa[:, None] * strain
    out[:, :3] *= 2
    out[:, :3] += (voxels.lam_mpa * strain[:, :3].sum(axis=1))[:, None]
    return np.asarray(out)


def von_mises(stress: Array) -> Array:
    """sqrt(3/2 s:s) of the deviator of a stress, in its unit."""
    x, y, z, yz, xz, xy = np.moveaxis(stress, -1, 0)
    normal = (x - y) ** 2 + (y - z) ** 2 + (z - x) ** 2
    return np.asarray(np.sqrt(normal / 2 + 3 * (yz**2 + xz**2 + xy**2)))


def principal_strains(strain: Array) -> Array:
    """The three principal strains (n, 3), least first."""
    x, y, z, yz, xz, xy = np.moveaxis(strain * [1, 1, 1, 0.5, 0.5, 0.5], -1, 0)
    rows = [np.stack(row, axis=-1) for row in ((x, xy, xz), (xy, y, yz), (xz, yz, z))]
    return np.linalg.eigvalsh(np.stack(rows, axis=-2))


def nodal_forces_n(solution: ElasticSolution, voxels: SolidVoxels, some: AnyArray) -> Array:
    """Forces (n, 8, 3) in N that hold the corners of some voxels (indices of rows)."""
    by_lambda, by_mu = stiffness_parts(solution.edges_mm)
    at_centre, _ = stiffness_parts(solution.edges_mm, volume_at_centre=True)
    lam, mu = voxels.lam_mpa[some, None], voxels.mu_mpa[some, None]
    u = np.moveaxis(solution.displacement_mm[:, voxels.corners[some]], 0, -1).reshape(len(some), 24)
    full = lam <= solution.largest_full_ratio * mu
    volume = np.where(full, u @ by_lambda, u @ at_centre)
    return np.asarray(lam * volume + mu * (u @ by_mu)).reshape(len(some), 8, 3)


def energies_nmm(solution: ElasticSolution, voxels: SolidVoxels) -> Array:
    """Strain energy (n) of every voxel in N mm."""
    out = np.empty(len(voxels.index))
    for begin in range(0, len(out), AT_ONCE):
        some = np.arange(begin, min(begin + AT_ONCE, len(out)))
        u = np.moveaxis(solution.displacement_mm[:, voxels.corners[some]], 0, -1)
        out[some] = (nodal_forces_n(solution, voxels, some) * u).sum(axis=(1, 2)) / 2
    return out


def force_through_cut(solution: ElasticSolution, voxels: SolidVoxels, side: Mask) -> Array:
    """The force (3) in N that one side of a cut (voxels of the mask) exerts on the other."""
    own = side[tuple(voxels.index.T)]
    elsewhere = np.zeros(solution.displacement_mm.shape[1], bool)
    elsewhere[voxels.corners[~own]] = True
    touching = np.flatnonzero(own & elsewhere[voxels.corners].any(axis=1))
    shared = elsewhere[voxels.corners[touching]][..., None]
    return np.asarray(-(nodal_forces_n(solution, voxels, touching) * shared).sum(axis=(0, 1)))
