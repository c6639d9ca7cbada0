"""Internal calibration: exact where the truth is a straight line, and honest about its own scatter."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_allclose

from vertebro.kernels.calibration import (
    Attenuation,
    InternalFit,
    fit_internal,
    mineral_mg_cm3,
    mineral_spread_mg_cm3,
    on_grid,
    r_squared_by_energy,
    straight_line,
    turning_hu,
)

GRID_KEV = np.arange(1.0, 200.5, 0.5)


def made_up_world(true_kev: float, hu: np.ndarray) -> Attenuation:
    """Tissues whose mass attenuation is linear in HU at one energy and bent away from it elsewhere."""
    bend = (GRID_KEV - true_kev) / 1000
    tissues = 0.17 + 1.5e-5 * hu[:, None] + bend * (hu[:, None] / 1000) ** 2
    flat = np.ones_like(GRID_KEV)
    return Attenuation(GRID_KEV, tissues, 0.172 * flat, 0.205 * flat, 0.169 * flat)


TISSUES_HU = np.array([-90.0, -980.0, 40.0, 1200.0, 50.0])


def made_up_fit() -> InternalFit:
    return fit_internal(TISSUES_HU, made_up_world(80.0, TISSUES_HU))


@given(st.integers(20, 360))
def test_the_energy_is_the_one_at_which_attenuation_is_a_line_in_hu(half_kev: int) -> None:
    fit = fit_internal(TISSUES_HU, made_up_world(half_kev / 2, TISSUES_HU))
    assert fit.energy_kev == half_kev / 2
    assert fit.r_squared == pytest.approx(1.0, abs=1e-9)
    assert fit.is_inside_grid


def test_a_best_energy_at_the_rim_of_the_grid_is_said_to_be_there() -> None:
    assert not fit_internal(TISSUES_HU, made_up_world(400.0, TISSUES_HU)).is_inside_grid


@given(
    st.floats(-2, 2),
    st.floats(-50, 50),
    st.lists(st.integers(-1000, 1500), min_size=3, unique=True, max_size=9),
)
def test_the_line_is_the_least_squares_line(slope: float, intercept: float, x: list[int]) -> None:
    line = straight_line(np.array(x), slope * np.array(x) + intercept)
    assert line.slope == pytest.approx(slope, abs=1e-9)
    assert line.intercept == pytest.approx(intercept, abs=1e-6)


def test_the_standard_error_of_the_line_is_that_of_repeated_experiments() -> None:
    x = np.array([-980.0, -90.0, 40.0, 50.0, 1200.0])
    rng = np.random.default_rng(1)
    at_100 = [straight_line(x, 0.9 * x + rng.normal(0, 5, x.size)).at(100.0) for _ in range(4000)]
    stated = straight_line(x, 0.9 * x).spread(100.0)
    exact = 5 * np.sqrt(1 / x.size + (100 - x.mean()) ** 2 / ((x - x.mean()) ** 2).sum())
    assert stated == pytest.approx(0.0, abs=1e-9)  # no scatter, no uncertainty
    assert np.std(at_100) == pytest.approx(exact, rel=0.05)  # 4000 repeats: 1.1 per cent


def test_two_points_have_no_scatter_and_are_refused() -> None:
    with pytest.raises(ValueError, match="three points"):
        straight_line(np.array([0.0, 1.0]), np.array([0.0, 1.0]))


def test_a_table_is_not_extrapolated() -> None:
    with pytest.raises(ValueError, match="beyond"):
        on_grid(np.array([10.0, 50.0]), np.array([1.0, 2.0]), np.array([5.0, 20.0]))


def test_r_squared_is_one_for_a_line_and_does_not_care_for_its_slope() -> None:
    hu = np.array([-1000.0, 0.0, 300.0, 1000.0])
    assert_allclose(r_squared_by_energy(hu, np.outer(hu, [1e-5, -3e-5]) + 0.17), 1.0)


@given(st.floats(-200, 1500), st.floats(0.5, 200))
def test_more_hu_means_more_mineral(hu: float, step: float) -> None:
    fit = made_up_fit()
    assert turning_hu(fit) < -200
    assert mineral_mg_cm3(hu + step, fit) > mineral_mg_cm3(hu, fit)


def test_the_map_turns_where_it_says() -> None:
    fit = made_up_fit()
    turn, step = turning_hu(fit), 1e-3
    slope = (mineral_mg_cm3(turn + step, fit) - mineral_mg_cm3(turn - step, fit)) / (2 * step)
    assert slope == pytest.approx(0.0, abs=1e-6)


def test_the_pure_components_read_zero_and_their_own_density() -> None:
    fit = made_up_fit()
    mu, rho = fit.attenuation_cm2_g, fit.density_g_cm3
    pure_fat = (fit.filler - mu.intercept) / mu.slope
    pure_mineral = (fit.mineral - mu.intercept) / mu.slope
    assert mineral_mg_cm3(pure_fat, fit) == pytest.approx(0.0, abs=1e-9)
    assert mineral_mg_cm3(pure_mineral, fit) == pytest.approx(1000 * rho.at(pure_mineral))


def test_tissues_off_the_line_make_the_density_less_certain() -> None:
    moved = TISSUES_HU + np.array([30.0, 0.0, -30.0, 100.0, 30.0])
    scattered = fit_internal(moved, made_up_world(80.0, TISSUES_HU))
    assert mineral_spread_mg_cm3(100.0, scattered) > mineral_spread_mg_cm3(100.0, made_up_fit())
