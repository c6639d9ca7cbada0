"""Robust surfaces and lines give back what was put in, whatever a few points do."""

import numpy as np
import pytest
from numpy.testing import assert_allclose

from vertebro.kernels.surfaces import Rimmed, WallFit, robust_least_squares, scale_of, wall_line

RNG = np.random.default_rng(3)


def test_a_rimmed_surface_is_given_back_exactly() -> None:
    true = Rimmed(RNG.normal(size=10), 1.0, 14.0, 8.0)
    right, front = (g.ravel() for g in np.meshgrid(np.linspace(-8, 8, 9), np.linspace(-13, 15, 29)))
    found, _ = robust_least_squares(true.design(right, front), true(right, front), 1e-3)
    assert_allclose(found, true.coefficients, atol=1e-8)


def test_beyond_the_rims_the_surface_is_the_plane_through_them() -> None:
    surface = Rimmed(np.array([2.0, 0.5, 0, 0, 0, -5, 1, 1, 1, 1]), 0.0, 14.0, 8.0)
    at = np.array([-16.0, -14.0, 14.0, 16.0])
    assert_allclose(surface(np.zeros(4), at), 2.0 + 0.5 * at / 14)


def test_slopes_are_those_of_the_surface() -> None:
    surface = Rimmed(np.array([0, 2.8, 1.6, 0, 0, 0, 0, 0, 0, 0]), 0.0, 14.0, 8.0)
    by_right, by_front = surface.slopes(np.zeros(1), np.zeros(1))
    assert_allclose([by_right[0], by_front[0]], [0.2, 0.2], atol=1e-9)


def test_a_quarter_of_wild_points_hardly_moves_the_fit() -> None:
    x = np.linspace(-1, 1, 80)
    design = np.stack([np.ones(80), x], axis=-1)
    values = 3 + 2 * x + RNG.normal(0, 0.05, 80)
    values[::4] += 8
    found, weights = robust_least_squares(design, values, 0.01)
    assert_allclose(found, [3, 2], atol=0.15)
    assert weights[::4].max() < weights[1::4].min()


def test_stiffness_pulls_towards_zero_and_none_pulls_not() -> None:
    design, values = np.ones((10, 1)), np.full(10, 2.0)
    assert robust_least_squares(design, values, 1.0)[0][0] == pytest.approx(2.0)
    assert robust_least_squares(design, values, 1.0, np.array([10.0]))[0][0] == pytest.approx(1.0)


def test_the_scale_of_normal_noise_is_its_standard_deviation() -> None:
    assert scale_of(RNG.normal(5, 2, 20000)) == pytest.approx(2, rel=0.05)


@pytest.mark.parametrize("outward", [-1.0, 1.0])
@pytest.mark.parametrize("slope", [0.0, 0.1])
def test_a_fragment_over_half_the_wall_does_not_bend_its_line(outward: float, slope: float) -> None:
    s = np.arange(-12, 12.5, 1.0)
    wall = outward * 15 + slope * s - outward * 0.6 * (1 - (s / 12.5) ** 2)
    fragment = outward * 5 * np.exp(-(((s - 4) / 5) ** 2))
    fit = WallFit(-12.5, 12.5, outward, 1.0, 1.5, 0.12, 1.0)
    line = wall_line(s, wall + fragment + RNG.normal(0, 0.1, len(s)), fit)
    assert np.abs(line(s) - wall).max() < 1.5
    assert np.abs(line(s) - wall)[:8].max() < 0.8


def test_a_wall_without_a_fragment_gives_its_place_tilt_and_hollow() -> None:
    s = np.arange(-12, 12.5, 1.0)
    wall = -15 + 0.05 * s + 0.8 * (1 - (s / 12.5) ** 2)
    line = wall_line(s, wall, WallFit(-12.5, 12.5, -1.0, 1.0, 1.5, 0.12, 1.0))
    assert line.slope == pytest.approx(0.05, abs=0.01)
    assert line.bend_mm == pytest.approx(-0.8, abs=0.15)
    assert_allclose(line(s), wall, atol=0.1)
