"""A path or a plan that cannot be is refused where it is made."""

from typing import Any

import numpy as np
import pytest

from vertebro.errors import BadCase, BadGeometry, HouseFault
from vertebro.procedures.devices import balloons, cement, needle_of, needles
from vertebro.procedures.grades import BreachGrade, Robustness, breach_grade
from vertebro.procedures.steps import Access, Deflate, Fill, Inflate
from vertebro.procedures.trajectory import Image, Plan, Route, Side, Trajectory
from vertebro.vocabulary.known import Unknown
from vertebro.vocabulary.levels import Level
from vertebro.vocabulary.measured import Measured

IMAGE = Image(np.diag([2.0, 2.0, 2.0, 1.0]), (50, 50, 50))


def path(**changed: Any) -> Trajectory:
    given: dict[str, Any] = {
        "level": Level.L1,
        "side": Side.LEFT,
        "route": Route.TRANSPEDICULAR,
        "entry_mm": np.array([60.0, 90.0, 50.0]),
        "target_mm": np.array([50.0, 40.0, 50.0]),
        "needle": needle_of(11),
        "image": IMAGE,
        "margins": {"canal": Measured(3.0, "mm", "by hand", 0.5), "neighbours": Unknown("not in the mask")},
        "grade": BreachGrade.A,
    }
    return Trajectory(**(given | changed))


def test_a_path_knows_its_depth_and_direction() -> None:
    found = path()
    assert found.depth_mm == pytest.approx(np.hypot(10, 50))
    np.testing.assert_allclose(found.at_mm(np.array(found.depth_mm)), found.target_mm)
    assert found.is_acceptable and not path(grade=BreachGrade.C).is_acceptable
    assert not path(grade=Unknown("the pedicle is cut off")).is_acceptable


@pytest.mark.parametrize("end", ["entry_mm", "target_mm"])
@pytest.mark.parametrize("out", [(-1.1, 50, 50), (50, 99.2, 50), (50, 50, 1e6)])
def test_a_path_outside_the_image_is_refused(end: str, out: tuple[float, float, float]) -> None:
    with pytest.raises(BadGeometry, match="outside the image"):
        path(**{end: np.array(out)})


def test_a_path_that_is_no_path_is_refused() -> None:
    with pytest.raises(BadGeometry, match="length"):
        path(entry_mm=path().target_mm)
    with pytest.raises(HouseFault):
        path(target_mm=np.array([50.0, np.nan, 50.0]))
    with pytest.raises(HouseFault, match="margins"):
        path(margins={"aorta": Unknown("not looked for")})


def test_grades_follow_the_published_limits() -> None:
    breaches = {-3.0: "A", 0.0: "A", 0.01: "B", 1.99: "B", 2.0: "C", 3.99: "C", 4.0: "D", 6.0: "E", 20.0: "E"}
    assert {mm: breach_grade(mm).value for mm in breaches} == breaches


def test_the_shares_of_a_robustness_add_up() -> None:
    found = Robustness({BreachGrade.A: 0.7, BreachGrade.B: 0.2, BreachGrade.C: 0.1}, 0.0, 10, 2.0, 3.0)
    assert found.acceptable == pytest.approx(0.9)
    with pytest.raises(HouseFault):
        Robustness({BreachGrade.A: 0.7}, 0.0, 10, 2.0, 3.0)


def test_the_catalogue_gets_thinner_with_its_gauge() -> None:
    sizes = [n.outer_mm for n in needles()]
    assert sizes == sorted(sizes, reverse=True)
    with pytest.raises(BadCase, match="12 gauge"):
        needle_of(12)


def test_a_plan_counts_its_cement_and_refuses_steps_out_of_order() -> None:
    balloon = balloons()[0]
    steps = (
        Access(("left",)),
        Inflate(("left",), balloon, 2.0),
        Deflate(("left",)),
        Fill(("left",), cement(), 3.0),
    )
    plan = Plan("kyphoplasty", Level.L1, (path(),), (balloon,), steps)
    assert plan.cement_ml == 3.0 and plan.needle(Side.LEFT).level is Level.L1
    for wrong in ((steps[3],), (steps[0], steps[2]), (steps[0], Access(("right",)))):
        with pytest.raises(HouseFault):
            Plan("kyphoplasty", Level.L1, (path(),), (), wrong)
    with pytest.raises(HouseFault, match="one needle a side"):
        Plan("kyphoplasty", Level.L1, (path(), path()), (), steps)
    with pytest.raises(HouseFault, match="another level"):
        Plan("kyphoplasty", Level.L2, (path(),), (), steps)


def test_a_balloon_is_not_filled_beyond_its_limit() -> None:
    balloon = balloons()[0]
    with pytest.raises(BadCase, match="at most"):
        Inflate(("left",), balloon, balloon.limit_ml + 0.1)
    with pytest.raises(BadCase):
        Inflate(("left",), balloon, 0.0)
