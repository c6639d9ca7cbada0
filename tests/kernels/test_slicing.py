"""Oblique pictures: a linear field is reproduced exactly at any angle, and outside is not invented."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from vertebro.kernels.slicing import plane_points_mm, values_at


@given(st.lists(st.floats(-1, 1), min_size=4, max_size=4).filter(lambda q: np.linalg.norm(q) > 0.1))
def test_a_linear_field_is_sampled_exactly_on_an_oblique_plane(quaternion: list[float]) -> None:
    w, x, y, z = np.array(quaternion) / np.linalg.norm(quaternion)
    across = np.array([1 - 2 * (y * y + z * z), 2 * (x * y + z * w), 2 * (x * z - y * w)])
    down = np.array([2 * (x * y - z * w), 1 - 2 * (x * x + z * z), 2 * (y * z + x * w)])
    i, j, k = np.indices((20, 24, 28)).astype(float)
    points = plane_points_mm(np.array([9.5, 11.5, 13.5]), across, down, (8, 6), 0.5)
    found = values_at(3 * i - 2 * j + 0.5 * k, points)
    np.testing.assert_allclose(found, points @ [3, -2, 0.5], atol=1e-9)


def test_pixels_lie_half_a_pixel_inside_the_picture() -> None:
    points = plane_points_mm(np.zeros(3), np.array([1.0, 0, 0]), np.array([0, 0, -1.0]), (10, 4), 1.0)
    assert points.shape == (4, 10, 3)
    np.testing.assert_allclose(points[0, 0], [-4.5, 0, 1.5])
    np.testing.assert_allclose(points[-1, -1], [4.5, 0, -1.5])


@pytest.mark.parametrize("dtype", [np.int16, np.float32, np.bool_])
def test_outside_is_nan_and_the_outer_half_voxel_is_inside(dtype: type) -> None:
    values = np.ones((3, 1, 3), dtype=dtype)
    index = np.array([[-0.6, 0, 0], [-0.4, 0, 0], [2.4, 0.4, 2.4], [1, 0.6, 1]])
    np.testing.assert_array_equal(values_at(values, index), [np.nan, 1, 1, np.nan])
