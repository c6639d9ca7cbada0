"""Pressure and heat on voxels: exact profiles, a direct solve at a contrast of a million, bad input."""

import numpy as np
import pytest
import scipy.ndimage
import scipy.sparse.linalg
from numpy.testing import assert_allclose

from vertebro.errors import BadModel
from vertebro.kernels.arrays import Array
from vertebro.kernels.compiled import COMPILED
from vertebro.kernels.cycles import Effort
from vertebro.kernels.elastic import ElasticModel, solve_elastic
from vertebro.kernels.hexahedron import conduction_matrix
from vertebro.kernels.scalar import ScalarModel, solve_scalar
from vertebro.kernels.supports import NodeValues
from vertebro.kernels.sweeps import perform


def between_plates(conductivity: Array, edges: tuple[float, float, float] = (1.0, 1.0, 1.0)) -> ScalarModel:
    """1 on the lowest plane of the last axis, 0 on the highest."""
    shape = [n + 1 for n in conductivity.shape]
    low, high = np.zeros(shape, bool), np.zeros(shape, bool)
    low[:, :, 0] = high[:, :, -1] = True
    return ScalarModel(conductivity, edges, (NodeValues.at(low, 0, 1.0), NodeValues.at(high, 0, 0.0)))


def sparse_direct(model: ScalarModel) -> Array:
    shape = [n + 1 for n in model.conductivity.shape]
    number = np.arange(np.prod(shape)).reshape(shape)
    voxel = np.argwhere(model.conductivity > 0)
    nodes = np.stack([number[tuple((voxel + c).T)] for c in np.ndindex(2, 2, 2)], axis=-1)
    K = model.conductivity[tuple(voxel.T)][:, None, None] * conduction_matrix(model.edges_mm)
    rows, columns = np.repeat(nodes, 8, axis=1), np.tile(nodes, (1, 8))
    A = scipy.sparse.csc_matrix((K.ravel(), (rows.ravel(), columns.ravel())), shape=(number.size,) * 2)
    p, free = np.zeros(number.size), np.zeros(number.size, bool)
    free[nodes] = True
    for v in model.given:
        at = number[tuple(v.nodes.T)]
        p[at], free[at] = v.values, False
    p[free] = scipy.sparse.linalg.spsolve(A[free][:, free], -(A @ p)[free])
    return p.reshape(shape)


def test_layers_in_series_share_the_drop_by_their_resistance() -> None:
    k = np.full((5, 6, 12), 4.0)
    k[:, :, 5:] = 0.5
    solved = solve_scalar(between_plates(k, (1.0, 0.8, 1.5)), tolerance=1e-11)
    flow = 1 / (5 * 1.5 / 4 + 7 * 1.5 / 0.5)
    z = np.arange(13)
    profile = 1 - flow * 1.5 * np.where(z <= 5, z / 4, 5 / 4 + (z - 5) / 0.5)
    assert_allclose(solved.values(), np.broadcast_to(profile, (6, 7, 13)), atol=1e-11)
    assert solved.flows()[:, :, 0].sum() == pytest.approx(flow * 5 * 6 * 0.8, rel=1e-9)


def porous(contrast: float, shape: tuple[int, int, int] = (14, 12, 16)) -> Array:
    """Marrow (1) in channels through tight bone (1/contrast), with voids."""
    rng = np.random.default_rng(4)
    smooth = scipy.ndimage.gaussian_filter(rng.uniform(size=shape), 1.2)
    k = np.where(smooth > np.median(smooth), 1.0, 1 / contrast)
    k[rng.uniform(size=shape) < 0.05] = 0
    k[:, :, [0, -1]] = 1.0
    return k


@pytest.mark.parametrize("edges", [(1.0, 1.0, 1.0), (0.6, 1.0, 1.7)])
def test_a_contrast_of_a_million_agrees_with_a_direct_solve(edges: tuple[float, float, float]) -> None:
    model = between_plates(porous(1e6), edges)
    solved = solve_scalar(model, tolerance=1e-13)
    number, _ = scipy.ndimage.label(model.conductivity > 0)
    kept = np.isin(number, np.unique(number[:, :, [0, -1]])) & (number > 0)
    reference = sparse_direct(ScalarModel(np.where(kept, model.conductivity, 0.0), edges, model.given))
    assert_allclose(solved.values(), reference, atol=1e-6)
    assert solved.convergence.iterations <= 80


def test_a_point_source_flows_out_at_the_held_nodes() -> None:
    k = np.ones((9, 9, 9))
    outer = np.ones((10, 10, 10), bool)
    outer[1:-1, 1:-1, 1:-1] = False
    source = NodeValues.at(np.array([[4, 5, 5]]), 0, 2.5)
    solved = solve_scalar(ScalarModel(k, (1.0,) * 3, (NodeValues.at(outer, 0, 0.0),), (source,)))
    assert solved.flows().sum() == pytest.approx(-2.5, rel=1e-6)
    assert solved.values().max() == solved.values()[4, 5, 5] > 0


def test_the_field_is_the_same_for_any_number_of_threads() -> None:
    model = between_plates(np.random.default_rng(1).uniform(0.1, 1, (40, 20, 20)))
    one, two = (solve_scalar(model, effort=Effort(threads=n)).value for n in (1, 2))
    assert np.array_equal(one, two)


@pytest.mark.skipif(not COMPILED, reason="nothing is compiled")
def test_elasticity_and_scalar_problems_share_one_compiled_program() -> None:
    k = np.full((6, 6, 6), 2.0)
    solve_scalar(between_plates(k))
    ends = between_plates(k).given
    solve_elastic(ElasticModel(k, 0.3, (1.0, 1.0, 1.0), ends))
    assert len(perform.signatures) == 1  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    "k, words",
    [
        (np.zeros((3, 3, 3)), "Nothing conducts"),
        (np.full((3, 3, 3), np.nan), "not numbers"),
        (-np.ones((3, 3, 3)), "negative"),
    ],
)
def test_impossible_conductivities_are_refused(k: Array, words: str) -> None:
    with pytest.raises(BadModel, match=words):
        solve_scalar(between_plates(k))
