"""Pressure in a lumbar disc in daily life, one man of 70 kg [wilke1999]_: the model's is of that size.

The force on his spine was not measured. Set-points of a test rig (600 N walking, 1250 N lifting) must give a
lumbar disc pressures that lie among the measured ones, and his standing pressure a force near his weight.
"""

import pytest

from segments import phantom
from vertebro.simulation.discs import v
from vertebro.simulation.segment import SegmentSettings, build_segment
from vertebro.simulation.segment_response import SegmentResponse, respond_segment

MEASURED = v.standing_pressure_mpa.value
WEIGHT_N = 70 * 9.81


@pytest.fixture(scope="module")
def segment() -> SegmentResponse:
    return respond_segment(build_segment(phantom(half_mm=(25.0, 19.0)), SegmentSettings()))


def pressure(segment: SegmentResponse, force_n: float) -> float:
    return segment.pressure_mpa(segment.motion(force_n), segment.model.discs[0])


def test_loads_of_the_rig_give_pressures_of_daily_life(segment: SegmentResponse) -> None:
    loads = v.activity_loads_n.value
    walking, lifting = (pressure(segment, loads[name]) for name in ("walking", "lifting 5 to 10 kg"))
    assert MEASURED["lying prone"] < walking < MEASURED["standing flexed forward"]
    assert MEASURED["relaxed standing"] < lifting < MEASURED["standing flexed forward"]


def test_standing_pressure_asks_for_about_the_weight_of_the_body(segment: SegmentResponse) -> None:
    force = MEASURED["relaxed standing"] / pressure(segment, 1.0)
    assert 0.5 * WEIGHT_N < force < 1.3 * WEIGHT_N
