"""The published L2 model [walle2025]: counts exact, stiffness 12362 N/mm within 0.1 %."""

from pathlib import Path

import numpy as np
import pytest
from walle2025 import published_model

from vertebro.kernels.cycles import Effort
from vertebro.kernels.elastic import ElasticSolution, solve_elastic
from vertebro.kernels.stresses import energies_nmm, force_through_cut, solid_voxels


@pytest.fixture(scope="module")
def published(shared_data: Path) -> ElasticSolution:
    model = published_model(shared_data)
    assert np.count_nonzero(model.young_mpa) == 67_137
    assert len(model.top) == 1432 and len(model.bottom) == 1413
    return solve_elastic(model.pressed())


def test_the_stiffness_is_the_published_one(shared_data: Path, published: ElasticSolution) -> None:
    model = published_model(shared_data)
    force = -published.reaction(model.top)[2]
    assert force / 0.2 == pytest.approx(12362, rel=1e-3)
    assert force / 0.2 == pytest.approx(12363.13, rel=1e-5)  # an independent code, knowledge of the project
    assert published.reaction(model.bottom)[2] == pytest.approx(force, rel=1e-5)
    assert published.energy_nmm == pytest.approx(force * 0.2 / 2, rel=1e-5)


def test_counts_energy_and_cuts_agree(shared_data: Path, published: ElasticSolution) -> None:
    voxels = solid_voxels(published)
    assert len(voxels.index) == 67_137 and len(np.unique(voxels.corners)) == 77_892
    assert energies_nmm(published, voxels).sum() == pytest.approx(published.energy_nmm, rel=1e-6)
    model = published_model(shared_data)
    for level in (10, 18, 25):
        above = np.zeros(model.young_mpa.shape, bool)
        above[:, :, level:] = True
        cut = force_through_cut(published, voxels, above)
        assert cut[2] == pytest.approx(published.reaction(model.top)[2], rel=1e-4)


def test_without_the_shift_of_bins_bone_is_some_15_percent_softer(shared_data: Path) -> None:
    model = published_model(shared_data, bin_shift=0)
    stiffness = -solve_elastic(model.pressed(), tolerance=1e-6).reaction(model.top)[2] / 0.2
    assert stiffness / 12363.13 == pytest.approx(0.85, abs=0.02)


def test_few_iterations_whatever_the_contrast_and_the_size_of_voxels(shared_data: Path) -> None:
    """The contrast is that of the model itself: 1e-4 to 5700 MPa."""
    counts = []
    for split in (1, 2):
        model = published_model(shared_data, split=split)
        solved = solve_elastic(model.pressed(), tolerance=1e-6)
        counts.append(solved.convergence[0].iterations)
        floor = np.where(model.young_mpa > 0, np.maximum(model.young_mpa, 10.0), 0.0)
        gentle = type(model)(floor, model.edge_mm, model.top, model.bottom)
        easy = solve_elastic(gentle.pressed(), tolerance=1e-6).convergence[0].iterations
        assert counts[-1] <= 1.3 * easy
    assert counts[0] <= 15 and counts[1] <= counts[0]


def test_two_threads_give_the_bits_of_one(shared_data: Path) -> None:
    model = published_model(shared_data).pressed()
    one, two = (solve_elastic(model, tolerance=1e-6, effort=Effort(threads=n)) for n in (1, 2))
    assert np.array_equal(one.displacement_mm, two.displacement_mm)
