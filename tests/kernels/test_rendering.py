"""The still picture of a surface: a ball has its shadow's area, the nearer surface hides the farther."""

from typing import Any

import numpy as np
import pytest

from vertebro.kernels.rendering import Canvas, Surface, enclosed_mm3, rendered

FRONT = Canvas(
    np.array([-30.0, 0, 30]), np.array([1.0, 0, 0]), np.array([0, 0, -1.0]), 0.25, (240, 240)
)  # seen from the front (LPS): the patient's left is on the right


def ball(centre: tuple[float, float, float], radius: float) -> Surface:
    """A ball from an octahedron whose faces are split five times."""
    points = np.array([[1, 0, 0], [-1, 0, 0], [0, 1, 0], [0, -1, 0], [0, 0, 1], [0, 0, -1]], dtype=float)
    faces = [(0, 2, 4), (2, 1, 4), (1, 3, 4), (3, 0, 4), (2, 0, 5), (1, 2, 5), (3, 1, 5), (0, 3, 5)]
    corners = points[np.array(faces)]
    for _ in range(5):
        a, b, c = np.moveaxis(corners, 1, 0)
        ab, bc, ca = ((p + q) / 2 for p, q in ((a, b), (b, c), (c, a)))
        split = [(a, ab, ca), (ab, b, bc), (ca, bc, c), (ab, bc, ca)]
        corners = np.concatenate([np.stack(three, axis=1) for three in split])
    flat = corners.reshape(-1, 3)
    sphere = flat / np.linalg.norm(flat, axis=1, keepdims=True) * radius + centre
    unique, index = np.unique(sphere.round(9), axis=0, return_inverse=True)
    return Surface(unique, index.reshape(-1, 3))


RED, BLUE = [255, 0, 0], [0, 0, 255]


def test_a_ball_has_its_volume_and_casts_its_area() -> None:
    one = ball((0, 0, 0), 12)
    assert enclosed_mm3(one) == pytest.approx(4 / 3 * np.pi * 12**3, rel=0.01)
    picture = rendered([one], np.array([RED]), FRONT)
    area = (picture[..., 3] > 0).sum() * FRONT.pixel_mm**2
    assert area == pytest.approx(np.pi * 12**2, rel=0.03)


def test_normals_of_a_ball_point_outwards() -> None:
    one = ball((3, 4, 5), 10)
    np.testing.assert_allclose(one.normals(), (one.points_mm - [3, 4, 5]) / 10, atol=0.03)


@pytest.mark.parametrize("order", [(0, 1), (1, 0)])
def test_the_nearer_surface_hides_the_farther_whatever_the_order(order: tuple[int, int]) -> None:
    balls, colours = [ball((0, -20, 0), 5), ball((0, 20, 0), 10)], np.array([RED, BLUE])
    picture = rendered([balls[n] for n in order], colours[list(order)], FRONT)
    middle: Any = picture[120, 120]
    assert middle[0] > 80 and middle[2] == 0, "the ball in front is not seen"
    assert picture[120, 120 + 30][2] > 40, "the larger ball behind does not show around it"


def test_the_left_of_the_patient_is_on_the_right_from_the_front() -> None:
    picture = rendered([ball((15, 0, 0), 5)], np.array([RED]), FRONT)
    assert np.argwhere(picture[..., 3])[:, 1].mean() > 150
    assert np.argwhere(picture[..., 3])[:, 0].mean() == pytest.approx(119.5, abs=1)


def test_what_lies_outside_the_picture_is_left_out() -> None:
    assert not rendered([ball((100, 0, 0), 5)], np.array([RED]), FRONT)[..., 3].any()
