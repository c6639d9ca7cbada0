"""Runs, edges, holes, resampling and angles on arrays whose answer is known."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_allclose
from scipy.spatial.transform import Rotation

from vertebro.kernels.geometry import (
    Grid,
    angle_between_deg,
    enclosed_hole,
    extent_along,
    first_exit,
    largest_part,
    longest_run,
    resampled,
    resampled_at,
    run_edges,
    thickest_point,
)


@given(st.lists(st.booleans(), min_size=1, max_size=40))
def test_the_longest_run_is_the_longest(bits: list[bool]) -> None:
    first, last, length = longest_run(np.array(bits))
    runs = "".join("x" if b else " " for b in bits).split()
    assert length == max((len(r) for r in runs), default=0)
    if length:
        assert all(bits[int(first) : int(last) + 1])
        assert last - first + 1 == length


@given(st.floats(3.1, 8.9), st.floats(11.1, 16.9))
def test_edges_of_a_ramp_are_found_between_the_samples(low: float, high: float) -> None:
    """A box seen through a linear ramp of three samples: the half level lies on its true edge."""
    at = np.arange(20.0)
    values = np.clip(np.minimum(at - low, high - at) / 3 + 0.5, 0, 1)
    found = run_edges(values[None], at)
    assert_allclose([found[0][0], found[1][0]], [low, high], atol=1e-9)


def test_a_run_that_meets_the_end_of_its_line_has_no_edge() -> None:
    low, high = run_edges(np.array([[1.0, 1, 1, 0], [0, 1, 1, 1], [0, 0, 0, 0]]), np.arange(4.0))
    assert np.isnan(low).all()
    assert np.isnan(high).all()


def test_the_first_exit_is_the_first_and_not_the_last() -> None:
    line = np.array([[0.0, 1, 0, 1, 1, 1, 0, 1, 0]])
    at = np.arange(9.0)
    assert first_exit(line, at, 4, +1)[0] == pytest.approx(5.5)
    assert first_exit(line, at, 4, -1)[0] == pytest.approx(2.5)
    assert np.isnan(first_exit(line, at, 2, +1)[0])


def test_only_what_is_closed_all_round_is_a_hole() -> None:
    ring = np.ones((9, 9), dtype=bool)
    ring[3:6, 3:6] = False
    assert enclosed_hole(ring, 9).sum() == 9  # type: ignore[union-attr]
    assert enclosed_hole(ring, 10) is None
    ring[:4, 4] = False
    assert enclosed_hole(ring, 1) is None


def test_the_largest_disc_is_found_in_the_body_and_not_in_the_process() -> None:
    silhouette = np.zeros((60, 40), dtype=bool)
    x, y = np.mgrid[:60, :40]
    silhouette |= np.hypot(x - 40, y - 20) <= 12
    silhouette[5:40, 18:23] = True
    at, radius = thickest_point(silhouette)
    assert np.hypot(*(at - [40, 20])) <= 1.5
    assert radius == pytest.approx(12, abs=1)
    assert largest_part(silhouette).sum() == silhouette.sum()


def test_resampling_a_linear_image_is_exact_in_any_frame() -> None:
    rng = np.random.default_rng(0)
    turn = Rotation.random(rng=rng).as_matrix()
    affine = np.eye(4)
    affine[:3, :3] = turn * [0.7, 1.1, 2.0]
    affine[:3, 3] = [5, -3, 8]
    gradient = np.array([0.3, -0.2, 0.5])
    index = np.stack(np.meshgrid(*[np.arange(16)] * 3, indexing="ij"), -1)
    values = (index @ affine[:3, :3].T + affine[:3, 3]) @ gradient
    centre = affine[:3, :3] @ np.full(3, 7.5) + affine[:3, 3]
    axes = Rotation.random(rng=rng).as_matrix()
    grid = Grid.around(np.full(3, -2.0), np.full(3, 2.0), np.array([0.5, 0.7, 1.0]))
    found = resampled(values, affine, centre, axes, grid)
    assert found.shape == grid.shape
    local = np.stack(np.meshgrid(grid.right_mm, grid.anterior_mm, grid.superior_mm, indexing="ij"), -1)
    world = local @ axes + centre
    assert_allclose(found, world @ gradient, atol=1e-4)
    assert_allclose(resampled_at(values, affine, world.reshape(-1, 3)), found.ravel(), atol=1e-4)


def test_a_voxels_shadow_is_its_edge_along_an_axis_and_longer_askew() -> None:
    spacing = np.array([1.0, 1.0, 3.0])
    assert extent_along(np.eye(3), spacing, np.array([0, 0, 1.0])) == pytest.approx(3)
    askew = np.array([0, 1, 1]) / np.sqrt(2)
    assert extent_along(np.eye(3), spacing, askew) == pytest.approx(4 / np.sqrt(2))


@given(st.floats(-179, 179))
def test_angles_keep_their_sign(angle: float) -> None:
    a = np.radians(angle)
    assert angle_between_deg(np.array([1.0, 0]), np.array([np.cos(a), np.sin(a)])) == pytest.approx(
        angle, abs=1e-6
    )
