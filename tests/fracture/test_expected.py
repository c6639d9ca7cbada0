"""What the neighbours lead one to expect, the loss against it, Genant's grade and the fracture's shape."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from vertebro.fracture.expected import Expected, Heights, expected_heights, trend_mm
from vertebro.fracture.grading import genant, grade_of, height_loss, shape_from, shape_of_fracture
from vertebro.vocabulary.grades import FractureShape, GenantGrade
from vertebro.vocabulary.known import Unknown
from vertebro.vocabulary.levels import Level
from vertebro.vocabulary.measured import Measured

SPINE = [Level.T10, Level.T11, Level.T12, Level.L1, Level.L2, Level.L3, Level.L4, Level.L5]


def spine(scale: float = 0.95, **lost: tuple[float, float, float]) -> dict[Level, Heights]:
    """A spine that follows the published trend, with some levels lowered by these shares."""
    heights = {}
    for level in SPINE:
        trend = trend_mm(level)
        assert trend is not None
        left = 1 - np.array(lost.get(level.value, (0, 0, 0)))
        heights[level] = Heights(scale * trend * left, np.full(3, 0.2))
    return heights


def expected(measured: dict[Level, Heights], level: Level) -> Expected:
    found = expected_heights(measured)[level]
    assert isinstance(found, Expected)
    return found


@pytest.mark.parametrize("level", SPINE)
def test_an_unbroken_spine_expects_itself(level: Level) -> None:
    measured = spine()
    assert expected(measured, level).value_mm == pytest.approx(measured[level].value_mm, rel=1e-6)


def test_a_broken_body_does_not_lower_what_is_expected_of_itself_or_of_others() -> None:
    whole, broken = spine(), spine(L1=(0.4, 0.3, 0.1))
    for level in SPINE:
        assert expected(broken, level).value_mm == pytest.approx(whole[level].value_mm, rel=1e-6)
        assert Level.L1 not in expected(broken, level).references


def test_two_broken_neighbours_do_not_vouch_for_each_other() -> None:
    broken = spine(L1=(0.35, 0.3, 0.05), L2=(0.35, 0.3, 0.05))
    assert expected(broken, Level.L1).references == (Level.T11, Level.T12, Level.L3, Level.L4)
    loss = height_loss(broken[Level.L1], expected(broken, Level.L1))
    assert loss.value == pytest.approx(35, abs=0.1)


def test_a_crushed_body_is_found_by_its_neighbours() -> None:
    broken = spine(T12=(0.3, 0.3, 0.3))
    assert height_loss(broken[Level.T12], expected(broken, Level.T12)).value == pytest.approx(30, abs=0.1)


def test_lordotic_bodies_are_not_broken() -> None:
    """L4 and L5 are higher in front by nature: a peer calls them fractured for it."""
    measured = spine()
    assert measured[Level.L5].value_mm[0] > measured[Level.L5].value_mm[2] * 1.1
    for level in (Level.L4, Level.L5):
        assert genant(height_loss(measured[level], expected(measured, level))).value is GenantGrade.NORMAL


def test_alone_or_far_from_others_nothing_is_expected() -> None:
    alone = {Level.L1: spine()[Level.L1]}
    assert isinstance(expected_heights(alone)[Level.L1], Unknown)
    far = {level: h for level, h in spine().items() if level in (Level.T10, Level.L5)}
    assert isinstance(expected_heights(far)[Level.L5], Unknown)


def test_levels_without_a_published_trend_are_unknown() -> None:
    measured = spine() | {Level.T13: spine()[Level.T12], Level.C5: spine()[Level.T10]}
    assert trend_mm(Level.T13) is None
    assert isinstance(expected_heights(measured)[Level.T13], Unknown)


def test_the_trend_rises_from_the_chest_and_leans_forward_in_the_loins() -> None:
    levels = [Level[f"T{n}"] for n in range(2, 13)] + [Level.L1]
    posterior = [trend[2] for trend in map(trend_mm, levels) if trend is not None]
    assert np.all(np.diff(posterior) > 0)
    front, _, back = trend_mm(Level.L5) if trend_mm(Level.L5) is not None else (0, 0, 0)  # type: ignore[misc]
    assert front > back


def test_what_was_before_is_never_surer_than_bodies_differ() -> None:
    found = expected(spine(), Level.L2)
    assert np.all(found.spread_mm / found.value_mm >= 0.035)


@pytest.mark.parametrize(
    ("loss", "grade"),
    [(0, 0), (19.99, 0), (20, 1), (24.99, 1), (25, 2), (40, 2), (40.01, 3), (80, 3)],
)
def test_the_limits_of_the_grades(loss: float, grade: int) -> None:
    assert grade_of(loss) is GenantGrade(grade)


@given(st.floats(0, 90), st.floats(0, 15))
def test_every_grade_within_one_spread_is_possible(loss: float, spread: float) -> None:
    found = genant(Measured(loss, "%", "given", spread))
    for at in np.linspace(loss - spread, loss + spread, 7):
        assert grade_of(float(at)) in found.possible


@pytest.mark.parametrize(
    ("losses", "shape"),
    [
        ((10, 15, 5), FractureShape.NONE),
        ((35, 25, 5), FractureShape.WEDGE),
        ((10, 30, 5), FractureShape.BICONCAVE),
        ((40, 40, 30), FractureShape.CRUSH),
        ((5, 5, 25), FractureShape.CRUSH),
    ],
)
def test_the_shape_is_named_by_what_is_lost(losses: tuple[float, ...], shape: FractureShape) -> None:
    assert shape_from(np.array(losses)) is shape


def test_a_shape_near_a_limit_stays_open() -> None:
    broken = spine(L1=(0.21, 0.20, 0.0))
    found = shape_of_fracture(broken[Level.L1], expected(broken, Level.L1))
    assert found.value is FractureShape.WEDGE
    assert {FractureShape.NONE, FractureShape.BICONCAVE} <= set(found.possible)
