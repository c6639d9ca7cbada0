"""The posture effect of a wedge that is left, and of one that is reduced [rohlmann2006]_.

The angles of the published wedges could not be read: each stands for the angle at which the levers give the
published muscle force. The pressures follow without further choice, within 25 %, in the published order.
"""

import numpy as np
import pytest

from played import pillar  # isort: skip
from vertebro.simulation.discs import v
from vertebro.simulation.papers.adjacent import raised_pct
from vertebro.simulation.posture import Posture

WEDGES = ("residual wedge", "wedge reduced")
FREE, HELPED = Posture(), Posture(compensation=v.compensation.number)


def angle(wedge: str) -> float:
    return FREE.wedge_of(v.muscle_gain_pct.value[wedge] / 100)


@pytest.mark.parametrize("wedge", WEDGES)
def test_muscle_force_and_pressure_without_compensation(wedge: str) -> None:
    assert 100 * (FREE.muscle_ratio(angle(wedge)) - 1) == pytest.approx(v.muscle_gain_pct.value[wedge])
    gained = 100 * (FREE.load_ratio(angle(wedge)) - 1)
    assert gained == pytest.approx(v.pressure_gain_pct.value[wedge], rel=0.25)


@pytest.mark.parametrize("wedge", WEDGES)
def test_pressure_with_compensation(wedge: str) -> None:
    gained = 100 * (HELPED.load_ratio(angle(wedge)) - 1)
    assert gained == pytest.approx(v.compensated_gain_pct.value[wedge], rel=0.25)


def test_the_published_order_and_that_posture_outweighs_cement() -> None:
    left, reduced = (angle(w) for w in WEDGES)
    gains = [
        p.load_ratio(a) - 1 for p, a in ((FREE, left), (FREE, reduced), (HELPED, left), (HELPED, reduced))
    ]
    free_left, free_reduced, helped_left, helped_reduced = gains
    assert free_left > max(free_reduced, helped_left) and min(free_reduced, helped_left) > helped_reduced
    alone = v.cement_alone_pct.value["Rohlmann 2006"] / 100
    assert helped_reduced > alone and free_left / alone == pytest.approx(25, rel=0.25)


def test_the_pressure_in_a_disc_follows_in_the_published_order() -> None:
    """Through the segment, as next to a patient's level: the load moves forward too, off the core."""
    untreated = pillar().before
    rises = {(p, w): raised_pct(untreated, p, angle(w)) for p in (FREE, HELPED) for w in WEDGES}
    for posture, published in ((FREE, v.pressure_gain_pct), (HELPED, v.compensated_gain_pct)):
        for wedge in WEDGES:
            assert rises[posture, wedge] == pytest.approx(published.value[wedge], rel=0.25)
    left, reduced = WEDGES
    assert rises[FREE, left] > rises[HELPED, left] > rises[FREE, reduced] > rises[HELPED, reduced]


def test_the_two_fitted_levers_are_the_best_ones() -> None:
    """Arm and compensation leave errors of one size and opposite sign: none is nearer to both."""
    errors = [
        [(p.load_ratio(angle(w)) - 1) * 100 / published.value[w] - 1 for w in WEDGES]
        for p, published in ((FREE, v.pressure_gain_pct), (HELPED, v.compensated_gain_pct))
    ]
    np.testing.assert_allclose(np.sum(errors, axis=1), 0, atol=0.03)
