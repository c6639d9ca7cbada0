"""A balloon in a vertebra of known shape: mass, pressure, symmetry, why it ends, what is said beside it."""

from dataclasses import replace

import numpy as np
import pytest
from inflated_body import balloon_of, beside, elliptic_body
from numpy.testing import assert_allclose, assert_array_equal

from vertebro.errors import BadCase, HouseFault
from vertebro.procedures.trajectory import Side
from vertebro.simulation.endplate_lift import Union
from vertebro.simulation.height_gain import HeightGain, published_series
from vertebro.simulation.inflation import Inflation, Patient, Rules, Stop, inflate
from vertebro.vocabulary.known import Unknown
from vertebro.vocabulary.measured import Measured

NO_TARGET = Unknown("the height before is not known")
RULES = Rules(NO_TARGET, step_ml=1.0)


@pytest.fixture(scope="module")
def both() -> Inflation:
    """A balloon on each side, 2 mL each, in a healthy body."""
    return done(
        inflate(Patient(elliptic_body(), False), (beside(Side.RIGHT, 2), beside(Side.LEFT, 2)), RULES)
    )


def done(result: Inflation | Unknown) -> Inflation:
    assert isinstance(result, Inflation), result
    return result


def test_no_bone_is_lost(both: Inflation) -> None:
    mass = both.grid.density[both.grid.bone].sum() / 1000
    for step in both.steps:
        assert_allclose(step.crushed.density[both.grid.bone].sum(), mass, rtol=1e-12)
        assert not step.crushed.density[step.cavity].any()


def test_volume_pressure_and_cavity_grow(both: Inflation) -> None:
    first, last = both.steps
    assert_allclose([first.volume.value, last.volume.value], [2, 4], rtol=0.06)  # voxels of equal level
    assert last.pressure.value > first.pressure.value > 0
    assert (first.cavity <= last.cavity).all()
    assert 0.3 < last.pressure_uncompacted.value / last.pressure.value < 3  # two models of one bone
    assert both.ended_by is Stop.VOLUME
    assert isinstance(both.pressure_margin, Measured)
    assert_allclose(both.pressure_margin.value, balloon_of().limit_mpa - last.pressure.value)


def test_two_balloons_lift_both_sides_alike(both: Inflation) -> None:
    assert_array_equal(both.last.cavity, both.last.cavity[::-1])
    for lift in both.lifts.values():
        up = lift.full_mm[..., 2]
        assert_allclose(up, up[::-1], atol=2e-3 * np.abs(up).max())


def test_a_loose_fracture_lifts_more_and_springs_back(both: Inflation) -> None:
    healed, loose = both.lifts[Union.HEALED], both.lifts[Union.LOOSE]
    assert loose.full.middle_mm > healed.full.middle_mm > 0
    for lift in (healed, loose):
        assert lift.deflated.middle_mm < lift.full.middle_mm
        assert lift.deflated.opened_mm3 < lift.full.opened_mm3
    assert loose.full.opening_deg > 0  # the arch is a hinge: the front opens


def test_every_gain_stands_beside_what_patients_gained(both: Inflation) -> None:
    for union in Union:
        for state in ("full", "deflated"):
            gain = both.gains[union][state]
            assert [s.middle.value for s in gain.patients] == [2.1]
            assert union.value in gain.middle.method
            assert gain.wedge.value == pytest.approx(-getattr(both.lifts[union], state).opening_deg)
    with pytest.raises(HouseFault, match="beside"):
        replace(both.gains[Union.LOOSE]["full"], patients=())
    assert any("bench" in c for c in both.cautions)


def test_a_mirrored_balloon_does_the_mirrored_thing() -> None:
    grid = elliptic_body(edge_mm=2.5)
    right, left = (
        done(inflate(Patient(grid, True), (beside(side, 2, off_mm=6),), replace(RULES, step_ml=2.0)))
        for side in (Side.RIGHT, Side.LEFT)
    )
    assert_array_equal(right.last.cavity, left.last.cavity[::-1])
    assert right.last.cavity[grid.shape[0] // 2 :].sum() > left.last.cavity[grid.shape[0] // 2 :].sum()
    assert_allclose(right.last.pressure.value, left.last.pressure.value, rtol=1e-9)
    for union in Union:
        up, mirrored = right.lifts[union].full_mm[..., 2], left.lifts[union].full_mm[::-1, ..., 2]
        assert_allclose(up, mirrored, atol=2e-3 * np.abs(up).max())


def only_bone(
    volume_ml: float, rules: Rules, spongy: float = 60.0, off_mm: float = 0.0
) -> Inflation | Unknown:
    """One balloon, cubes of 2.5 mm."""
    patient = Patient(elliptic_body(2.5, spongy), False)
    return inflate(patient, (beside(Side.RIGHT, volume_ml, off_mm),), rules)


def test_dense_bone_ends_by_pressure_and_says_so() -> None:
    ended = only_bone(4, RULES, spongy=100.0)
    assert isinstance(ended, Inflation)
    assert ended.ended_by is Stop.PRESSURE and "2.758" in ended.why
    assert isinstance(ended.pressure_margin, Measured) and ended.pressure_margin.value >= 0
    refused = only_bone(2, RULES, spongy=400.0)
    assert isinstance(refused, Unknown) and "rated" in refused.why


def test_a_balloon_near_the_side_ends_at_the_wall() -> None:
    ended = only_bone(4, RULES, spongy=40.0, off_mm=14.0)
    assert isinstance(ended, Inflation) and ended.ended_by is Stop.WALL
    assert isinstance(ended.last.wall, Measured) and ended.last.wall.value >= 2


def test_the_height_that_was_lost_ends_it() -> None:
    wanted = Measured(0.02, "mm", "a height to regain, for this test", 0.0)
    ended = only_bone(4, replace(RULES, height_to_regain_mm=wanted))
    assert isinstance(ended, Inflation) and ended.ended_by is Stop.HEIGHT
    assert len(ended.steps) < 4 and ended.gains[Union.LOOSE]["full"].middle.value >= 0.02


def test_an_end_plate_ends_it_if_asked() -> None:
    rules = replace(RULES, end_plate_ends=True, end_plate_clearance_mm=6.0)
    ended = only_bone(4, rules)
    assert isinstance(ended, Inflation) and ended.ended_by is Stop.END_PLATE and ended.last.on_end_plate


def test_more_than_the_balloon_holds_is_refused() -> None:
    with pytest.raises(BadCase, match="15/3"):
        beside(Side.LEFT, 4.5)


def test_heights_afterwards_are_those_before_and_the_gain(both: Inflation) -> None:
    gain: HeightGain = both.gains[Union.LOOSE]["deflated"]
    assert gain.patients == published_series()
    assert gain.patients[0].angle.value == -1.3
