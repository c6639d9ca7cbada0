"""Strain, stress, energy and cut forces of solved voxel models."""

import numpy as np
import pytest
from numpy.testing import assert_allclose

from vertebro.kernels.arrays import Array, Mask
from vertebro.kernels.elastic import ElasticModel, ElasticSolution, solve_elastic
from vertebro.kernels.stresses import (
    energies_nmm,
    force_through_cut,
    principal_strains,
    solid_voxels,
    strains,
    stresses_mpa,
    von_mises,
)
from vertebro.kernels.supports import NodeValues


def end(shape: tuple[int, ...], side: int) -> Mask:
    mask = np.zeros([n + 1 for n in shape], dtype=bool)
    mask[:, :, side] = True
    return mask


def squeezed(young: Array, poisson: float | Array = 0.3) -> ElasticSolution:
    held = tuple(NodeValues.at(end(young.shape, side), a, 0.0) for side in (0, -1) for a in (0, 1))
    ends = (NodeValues.at(end(young.shape, 0), 2, 0.0), NodeValues.at(end(young.shape, -1), 2, -0.2))
    return solve_elastic(ElasticModel(young, poisson, (1.0, 0.8, 1.4), held + ends), tolerance=1e-10)


def test_a_uniform_strain_comes_out_with_its_stress_and_energy() -> None:
    gradient = np.array([[1.0, 0.4, 0.0], [0.2, -0.3, 0.5], [0.1, 0.0, -0.6]]) * 1e-3
    shape, edges = (5, 4, 6), (1.0, 0.8, 1.4)
    u = np.moveaxis(np.indices([n + 1 for n in shape]), 0, -1) * np.array(edges) @ gradient.T
    everywhere = np.ones([n + 1 for n in shape], dtype=bool)
    given = tuple(NodeValues.at(everywhere, a, u[..., a].ravel()) for a in range(3))
    solved = solve_elastic(ElasticModel(np.full(shape, 500.0), 0.25, edges, given))
    voxels = solid_voxels(solved)
    strain = strains(solved, voxels)
    expected = [1e-3, -0.3e-3, -0.6e-3, 0.5e-3, 0.1e-3, 0.6e-3]
    assert_allclose(strain, np.broadcast_to(expected, (120, 6)), atol=1e-12)
    stress = stresses_mpa(strain, voxels)
    lam = mu = 200.0
    assert_allclose(stress[0, :3], lam * 0.1e-3 + 2 * mu * np.array(expected[:3]), rtol=1e-6)
    assert_allclose(stress[0, 3:], mu * np.array(expected[3:]), rtol=1e-6)
    energy = 0.5 * (stress * strain).sum(axis=1) * np.prod(edges)
    assert_allclose(energies_nmm(solved, voxels), energy, rtol=1e-6)
    symmetric = (gradient + gradient.T) / 2
    assert_allclose(principal_strains(strain)[0], np.linalg.eigvalsh(symmetric), atol=1e-12)


def test_von_mises_of_uniaxial_stress_is_the_stress_and_of_shear_is_root_three() -> None:
    assert_allclose(von_mises(np.array([[5.0, 0, 0, 0, 0, 0], [0, 0, 0, 0, 2.0, 0], [3, 3, 3, 0, 0, 0]])),
                    [5.0, 2 * np.sqrt(3), 0.0], atol=1e-12)  # fmt: skip


def test_energy_is_half_the_force_times_the_displacement() -> None:
    rng = np.random.default_rng(0)
    young = rng.uniform(5, 500, (6, 7, 8)) * (rng.uniform(size=(6, 7, 8)) > 0.2)
    young[:, :, [0, -1]] = 100.0
    solved = squeezed(young, rng.choice([0.3, 0.49], young.shape))
    work = 0.5 * -0.2 * solved.reaction(end(young.shape, -1))[2]
    assert energies_nmm(solved, solid_voxels(solved)).sum() == pytest.approx(work, rel=1e-7)
    assert solved.energy_nmm == pytest.approx(work, rel=1e-7)


def test_every_cut_carries_the_same_force() -> None:
    rng = np.random.default_rng(1)
    young = rng.uniform(5, 500, (6, 7, 8))
    solved = squeezed(young)
    voxels, top = solid_voxels(solved), solved.reaction(end(young.shape, -1))
    for level in range(1, 8):
        above = np.zeros(young.shape, bool)
        above[:, :, level:] = True
        assert_allclose(force_through_cut(solved, voxels, above), top, rtol=1e-7, atol=1e-7 * abs(top[2]))
    slanted = np.indices(young.shape).sum(axis=0) > 10
    slanted[:, :, -1], slanted[:, :, 0] = True, False
    assert_allclose(force_through_cut(solved, voxels, slanted)[2], top[2], rtol=1e-7)


def test_rows_go_back_to_their_voxels() -> None:
    young = np.full((4, 4, 5), 100.0)
    young[1, 2, 2] = 0
    solved = squeezed(young)
    voxels = solid_voxels(solved)
    dense = voxels.dense(voxels.mu_mpa, young.shape)
    assert np.isnan(dense[1, 2, 2])
    assert_allclose(dense[young > 0], 100 / 2.6, rtol=1e-6)
