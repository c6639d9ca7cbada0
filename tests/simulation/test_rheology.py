"""Cement's viscosity: order of the kinds, ageing, shear thinning, the cannula's closed forms."""

from math import pi

import numpy as np
import pytest

from vertebro.errors import BadCase
from vertebro.simulation.rheology import CementFlow, aged_min, cannula_drop_mpa, cement_named, v


def test_kinds_keep_their_order_and_cement_only_thickens() -> None:
    minutes = np.linspace(0, 13, 40)
    low, medium, high = (
        np.array([cement_named(n).at_rest_pa_s(m) for m in minutes]) for n in ("low", "medium", "high")
    )
    assert (low[:-1] <= medium[:-1]).all() and (medium[:-1] <= high[:-1]).all()
    assert (np.diff(low) >= 0).all() and np.allclose(
        [low[-1], medium[-1], high[-1]], v.end_of_cure_pa_s.value
    )


def test_every_curve_ends_where_the_published_cure_ends() -> None:
    for curve in v.curves_pa_s.value.values():
        assert max(curve) == v.cure_min.value and curve[max(curve)] == v.end_of_cure_pa_s.value


def test_cement_ages_twice_as_fast_at_body_temperature() -> None:
    assert aged_min(5, 37) == pytest.approx(10) and aged_min(5, 25) == 5 and aged_min(5, 13) == 2.5


def test_a_newtonian_cement_meets_poiseuille() -> None:
    newton = CementFlow("oil", {0: 100.0, 60: 100.0001}, flow_index=1.0)
    flow, R, L = 50.0, 1.25, 120.0
    expected = 8 * 100e-6 * L * flow / (pi * R**4)
    assert cannula_drop_mpa(newton, 1.0, flow, 2 * R, L) == pytest.approx(expected, rel=1e-5)
    assert expected == pytest.approx(0.63, rel=0.01)  # the worked example


def test_shear_thins_it_by_the_power_law_within_its_bounds() -> None:
    cement = cement_named("medium")
    at = cement.pa_s(5, [0.1, 1.0, 10.0, 1e6, 1e7])
    assert at[0] / at[1] == pytest.approx(10**0.5) and at[1] / at[2] == pytest.approx(10**0.5)
    assert at[3] == at[4]


def test_it_can_be_injected_until_it_is_too_thick() -> None:
    high = cement_named("high")
    assert high.is_workable(3.5) and not high.is_workable(9.5) and not high.times(10).is_workable(3.5)


@pytest.mark.parametrize("curve", [{3: 1.0}, {3: 2.0, 5: 1.0}, {5: 1.0, 3: 2.0}, {0: 0.0, 5: 1.0}])
def test_an_impossible_curve_is_refused(curve: dict[float, float]) -> None:
    with pytest.raises(BadCase, match="rising order"):
        CementFlow("bad", curve)


def test_an_unknown_kind_says_which_there_are() -> None:
    with pytest.raises(BadCase, match="low, medium, high"):
        cement_named("hihg")
