"""The brick: its closed-form modes against quadrature, rigid motions, uniform strain."""

import numpy as np
import pytest
from numpy.testing import assert_allclose

from vertebro.kernels.hexahedron import (
    CORNERS,
    conduction_matrix,
    corner_constants,
    lame,
    largest_eigenvalue,
    scalar_constants,
    scales,
    stiffness_parts,
    walsh,
)

EDGES = (1.2, 0.7, 1.9)


@pytest.mark.parametrize("volume_at_centre", [False, True])
def test_only_the_six_rigid_motions_cost_no_energy(volume_at_centre: bool) -> None:
    K_lambda, K_mu = stiffness_parts(EDGES, volume_at_centre=volume_at_centre)
    values = np.linalg.eigvalsh(500 * K_lambda + K_mu)
    assert_allclose(values[:6], 0, atol=1e-12 * values[-1])
    assert values[6] > 1e-3 * np.linalg.eigvalsh(K_mu)[-1]


def test_uniaxial_stress_returns_youngs_modulus() -> None:
    E, nu = 350.0, 0.3
    lam, mu = lame(E, nu)
    K_lambda, K_mu = stiffness_parts(EDGES)
    u = (CORNERS * np.array(EDGES) / 2 @ np.diag([-nu, -nu, 1.0])).ravel()
    assert_allclose(u @ (lam * K_lambda + mu * K_mu) @ u / 2, E / 2 * np.prod(EDGES))


def test_the_volume_part_alone_is_felt_at_the_centre_only() -> None:
    bending = np.zeros((8, 3))
    bending[:, 0] = CORNERS[:, 0] * CORNERS[:, 1]
    full, _ = stiffness_parts(EDGES)
    centre, _ = stiffness_parts(EDGES, volume_at_centre=True)
    assert bending.ravel() @ centre @ bending.ravel() == pytest.approx(0, abs=1e-12)
    assert bending.ravel() @ full @ bending.ravel() > 0.1


@pytest.mark.parametrize("column, volume_at_centre", [(0, True), (1, False), (2, None)])
def test_a_corner_s_block_is_that_of_the_matrix(column: int, volume_at_centre: bool | None) -> None:
    s = np.tile(scales(EDGES), 8)
    K_lambda, K_mu = stiffness_parts(EDGES, volume_at_centre=bool(volume_at_centre))
    K = (K_mu if volume_at_centre is None else K_lambda) / np.outer(s, s)
    c = corner_constants(EDGES)
    value = c[:, 0] + c[:, 1] if volume_at_centre is False else c[:, column]
    for n, (x, y, z) in enumerate(CORNERS):
        block = K[3 * n : 3 * n + 3, 3 * n : 3 * n + 3]
        assert_allclose(block.diagonal(), value[:3])
        assert_allclose(block[[0, 0, 1], [1, 2, 2]], value[3:] * [x * y, x * z, y * z])


def test_conduction_is_diagonal_in_modes() -> None:
    W = walsh()
    modes = W @ conduction_matrix(EDGES) @ W.T / 64
    x, y, z, xy, xz, yz, xyz = scalar_constants(EDGES)
    assert_allclose(modes, np.diag([0, z, y, yz, x, xz, xy, xyz]), atol=1e-14)


def test_the_bound_of_the_smoother_holds_for_a_mixture() -> None:
    lam, mu = np.array([0.5, 1.5, 4.0, 1e3]), np.array([1.0, 1.0, 3.0, 2.0])
    K_lambda, K_mu = stiffness_parts(EDGES)
    bound = largest_eigenvalue(EDGES, lam / mu)
    rng = np.random.default_rng(1)
    for _ in range(20):
        weight = rng.uniform(0, 1, 4) ** 8
        K = (weight @ lam) * K_lambda + (weight @ mu) * K_mu
        blocks = K * np.kron(np.eye(8), np.ones((3, 3)))
        assert np.linalg.eigvals(np.linalg.solve(blocks, K)).real.max() <= bound * (1 + 1e-9)
