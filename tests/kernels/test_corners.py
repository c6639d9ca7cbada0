"""A corner of bone is modelled as it is: derivatives agree, and an edge is found up to its walls."""

import numpy as np
import pytest
from numpy.testing import assert_allclose

from vertebro.kernels.corners import Corner, Wall
from vertebro.kernels.edges import Blur, Prior, Seen, fit_edge

DENSE, SHELL = 1200.0, 0.5


def blurs(size: float, sigma: float = 0.05) -> tuple[Blur, Blur]:
    return Blur.of_voxel(np.array([0.0, 0.0, size]), sigma), Blur.of_voxel(np.array([0.0, size, 0.0]), sigma)


def test_the_derivatives_are_those_of_the_values() -> None:
    rng = np.random.default_rng(0)
    n = 300
    upright, across = blurs(2.9, 0.4)
    edge = Seen(rng.uniform(-4, 4, n), rng.normal(size=(n, 3)), np.zeros(n), DENSE, upright)
    walls = tuple(Wall(rng.uniform(-4, 2, n), rng.normal(size=(n, 2)), across) for _ in range(2))
    corner = Corner(edge, (walls[0], walls[1]))
    p = np.array([*rng.normal(size=7) * 0.05, SHELL, 110.0, 70.0, 20.0, -40.0, 30.0])
    _, derivatives = corner.model(p)
    for k in range(len(p)):
        step = np.zeros_like(p)
        step[k] = 1e-3 if k < 8 else 1e-2
        change = (corner.model(p + step)[0] - corner.model(p - step)[0]) / (2 * step[k])
        assert_allclose(derivatives[:, k], change, atol=0.03 * np.abs(change).max())


def test_far_from_the_walls_a_corner_is_a_plain_edge() -> None:
    upright, across = blurs(1.0)
    x = np.linspace(-4, 4, 81)
    edge = Seen(x, np.ones((81, 1)), np.zeros(81), DENSE, upright)
    far = Wall(np.full(81, -20.0), np.ones((81, 1)), across)
    levels = [SHELL, 120.0, 70.0, 30.0]
    plain, _ = edge.model(np.array([0.1, *levels]))
    cornered, _ = Corner(edge, (far, far)).model(np.array([0.1, 0.0, 0.0, *levels, 0.0, 0.0]))
    assert_allclose(cornered, plain, atol=1e-6)


@pytest.mark.parametrize("tilt", [-0.8, 0.3, 1.1])
def test_a_plate_is_found_up_to_walls_that_are_not_quite_where_they_were_guessed(tilt: float) -> None:
    """Voxels of 3 mm, integrated from a true section of bone; the walls are guessed 0.6 mm off."""
    size, half, shift = 3.0, 15.0, 0.4
    grid = np.arange(-7, 8) * size
    front, height = (g.ravel() for g in np.meshgrid(grid + 0.7, np.arange(-3, 3) * size + 1.1, indexing="ij"))
    fine = ((np.arange(60) + 0.5) / 60 - 0.5) * size
    a, s = np.meshgrid(fine, fine)
    grey = np.array(
        [true_section(f + a, h + s, shift, tilt, half).mean() for f, h in zip(front, height, strict=True)]
    )
    upright, across = blurs(size)
    near = np.abs(front) <= half
    terms = np.stack([np.ones_like(front), front / half], axis=-1)[near]
    edge = Seen(height[near], terms, grey[near], DENSE, upright)
    ones = np.ones((int(near.sum()), 1))
    walls = tuple(Wall((side * front - half + 0.6)[near], ones, across) for side in (1, -1))
    free = np.full(4, 1e3)
    prior = Prior(
        np.zeros(4), free, free, (0.5, 0.1), (70.0, 80.0), 120.0, beside=((0.0, 100.0), (0.0, 100.0))
    )
    fit = fit_edge(Corner(edge, (walls[0], walls[1])), prior)
    assert_allclose(fit.shift_mm[:2], [shift, tilt], atol=0.15)
    assert_allclose(fit.shift_mm[2:], [0.6, 0.6], atol=0.3)


def true_section(front: np.ndarray, height: np.ndarray, shift: float, tilt: float, half: float) -> np.ndarray:
    edge, wall = height - shift - tilt * front / half, np.abs(front) - half
    inside = np.where((edge < -SHELL) & (wall < -SHELL), 120.0, DENSE)
    return np.where(wall > 0, -30.0, np.where(edge > 0, 70.0, inside))
