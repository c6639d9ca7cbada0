"""The dense inverse on the coarsest grid, without the rigid motions that nothing holds."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from scipy import linalg

from vertebro.kernels.arrays import AnyArray, Array
from vertebro.kernels.compiled import compiled
from vertebro.kernels.grids import BEGIN, END, NX, NY, VOXELS, addresses, places_of
from vertebro.kernels.hexahedron import scales

if TYPE_CHECKING:
    from vertebro.kernels.hierarchy import Hierarchy


def coarsest_inverse(hierarchy: Hierarchy) -> tuple[AnyArray, AnyArray]:
    """The inverse in single precision, and the unknowns as rows (address, component)."""
    grid, brick = hierarchy.grid, hierarchy.brick
    matrix, free = _matrix(hierarchy)
    if not len(free):
        return np.zeros((0, 0), np.float32), free
    nodes = places_of(grid, free[:, 0], len(grid.levels) - 1)
    rigid = _rigid(nodes * scales(brick.edges_mm), free[:, 1], brick.components)
    rigid *= scales(brick.edges_mm)[free[:, 1], None] if brick.components == 3 else 1
    return _pseudo_inverse(matrix, rigid).astype(np.float32), np.ascontiguousarray(free)


def _solid_voxels(hierarchy: Hierarchy, level: int) -> tuple[AnyArray, AnyArray]:
    """Indices (n, 3) and addresses (n) of the solid voxels of a level."""
    grid = hierarchy.grid
    row = grid.levels[level]
    lowest, count, start = grid.voxels[row[VOXELS] : row[VOXELS] + row[NX] * row[NY]].T
    column = np.repeat(np.arange(len(count)), count)
    within = np.arange(len(column)) - np.repeat(np.cumsum(count) - count, count)
    voxel = np.stack([column // row[NY], column % row[NY], lowest[column] + within], axis=-1)
    at = start[column] + within
    return voxel[hierarchy.mu[at] > 0], at[hierarchy.mu[at] > 0]


def _matrix(hierarchy: Hierarchy) -> tuple[Array, AnyArray]:
    """The dense operator and its unknowns, the free directions of solid nodes."""
    grid, c, level = hierarchy.grid, hierarchy.brick.components, len(hierarchy.grid.levels) - 1
    begin, end = grid.levels[level, [BEGIN, END]]
    voxel, at = _solid_voxels(hierarchy, level)
    K = hierarchy.brick.matrices(level, hierarchy.lam[at].astype(float), hierarchy.mu[at].astype(float))
    corner = np.stack([addresses(grid, voxel + n, level) - begin for n in np.ndindex(2, 2, 2)], axis=-1)
    unknown = (corner[:, :, None] * c + np.arange(c)).reshape(len(voxel), 8 * c)
    usable = np.zeros((end - begin, c), bool)
    usable.ravel()[unknown] = True
    held, springs = hierarchy.held[level], hierarchy.springs[level]
    usable[held.at - begin] &= (held.bits[:, None] >> np.arange(c) & 1) == 0
    number = np.full(usable.size, -1)
    number[usable.ravel()] = np.arange(usable.sum())
    matrix = np.zeros((usable.sum() + 1,) * 2)  # the last row and column collect what is held
    index = number[unknown]
    np.add.at(matrix, (index[:, :, None], index[:, None, :]), K)
    row = number[(springs.at[:, 0] - begin) * c + springs.at[:, 1]]
    matrix[row, row] += springs.n_mm
    return matrix[:-1, :-1], np.argwhere(usable) + np.array([begin, 0])


def _rigid(place: AnyArray, component: AnyArray, components: int) -> Array:
    """Motions (unknowns, 6 or 1) that cost no energy in a body that nothing holds."""
    place = place - place.mean(axis=0)
    fields = [component == n for n in range(components)]
    if components == 3:
        for a, b in ((0, 1), (1, 2), (2, 0)):
            turn = np.where(component == a, -place[:, b], np.where(component == b, place[:, a], 0))
            fields.append(turn)
    return np.stack(fields, axis=-1).astype(float)


def _pseudo_inverse(matrix: Array, rigid: Array) -> Array:
    """The inverse outside the rigid motions that cost no energy, nought on these.

    Sums go through ``einsum``: threads of a linear algebra library would stand in each other's way on a
    busy machine, for matrices this small.
    """
    energy = np.einsum("ij,ik->jk", rigid, np.einsum("ij,jk->ik", matrix, rigid))
    mass = np.einsum("ij,ik->jk", rigid, rigid)
    values, vectors = linalg.eigh(energy, mass + 1e-12 * np.trace(mass) * np.eye(len(mass)))
    # A free motion costs rounding only (1e-16 of the stiffness, squared sums); a held one far more.
    free = values < 1e-9 * matrix.diagonal().max()
    basis = np.einsum("ij,jk->ik", rigid, vectors[:, free])  # orthonormal: eigh scales by the mass
    shift, outer = np.median(matrix.diagonal()), np.einsum("ij,kj->ik", basis, basis)
    inverse = matrix + shift * outer
    invert_in_place(inverse)
    return np.asarray(inverse - outer / shift)


@compiled
def invert_in_place(a: Array) -> None:
    """The inverse of a symmetric positive definite matrix (Gauss-Jordan without pivots)."""
    n = len(a)
    for k in range(n):
        pivot, row = 1 / a[k, k], a[k]
        row[k] = 1
        for j in range(n):
            row[j] *= pivot
        for i in range(n):
            if i == k:
                continue
            other = a[i]
            factor = other[k]
            other[k] = 0
            for j in range(n):
                other[j] -= factor * row[j]
