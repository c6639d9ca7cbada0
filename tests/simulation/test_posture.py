"""The levers of a wedge: closed forms, order, limits."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from vertebro.errors import BadModel
from vertebro.simulation.posture import Posture

ANGLES = st.floats(-10, 29)


def test_no_wedge_changes_nothing() -> None:
    assert Posture().load_ratio(0) == Posture().muscle_ratio(0) == 1 and Posture().forward_mm(0) == 0


def test_the_shift_is_that_of_a_turned_line() -> None:
    posture = Posture(weight_arm_mm=20, weight_height_mm=350)
    arms = [20 + posture.shift_mm(a) for a in (0, 5, 10, 15, 20)]
    np.testing.assert_allclose(arms, [20.0, 50.4, 80.5, 109.9, 138.5], atol=0.05)


@given(ANGLES, st.floats(0, 1))
def test_weight_and_muscle_balance_about_the_disc_but_for_the_share_left(angle: float, taken: float) -> None:
    posture = Posture(compensation=taken)
    d, a = posture.weight_arm_mm, posture.muscle_arm_mm
    weight, muscle = 1.0, d / a * posture.muscle_ratio(angle)
    compression = weight + muscle
    assert compression == pytest.approx((1 + d / a) * posture.load_ratio(angle))
    left = compression * posture.forward_mm(angle)
    assert left == pytest.approx(posture.unbalanced_share * posture.shift_mm(angle), abs=1e-9)


@given(ANGLES, st.floats(0.1, 5))
def test_more_wedge_is_more_load_and_compensation_less(angle: float, more: float) -> None:
    free, helped = Posture(), Posture(compensation=0.5)
    wider = min(angle + more, 30)
    assert free.load_ratio(wider) >= free.load_ratio(angle)
    if angle > 0.01:
        assert 1 < helped.load_ratio(angle) < free.load_ratio(angle)


def test_the_angle_of_a_muscle_force_is_found_again() -> None:
    assert Posture().muscle_ratio(Posture().wedge_of(0.8)) == pytest.approx(1.8)


@pytest.mark.parametrize("angle", [31.0, -40.0, float("nan")])
def test_angles_out_of_range_are_refused(angle: float) -> None:
    with pytest.raises(BadModel, match="wedge"):
        Posture().load_ratio(angle)
