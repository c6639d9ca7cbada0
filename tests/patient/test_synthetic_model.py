"""The analytic model behind the synthetic patient: its truth is what its surfaces say."""

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from vertebro.errors import BadCase
from vertebro.patient.synthetic import Fracture, SyntheticSpec, Truth
from vertebro.patient.synthetic.bone import bones_of, cleft_of
from vertebro.patient.synthetic.column import column_of
from vertebro.patient.synthetic.density import density_mg_cm3, hu_of_density
from vertebro.patient.synthetic.spec import v
from vertebro.patient.synthetic.truth import truth_of
from vertebro.patient.synthetic.verse import verse_number
from vertebro.vocabulary.grades import FractureShape
from vertebro.vocabulary.known import Unknown
from vertebro.vocabulary.levels import Level


def truth(*fractures: Fracture) -> Truth:
    spec = SyntheticSpec(fractures=fractures)
    column = column_of(spec)
    return truth_of(spec, column, bones_of(spec, column))


WHOLE = truth()
losses = st.floats(0, 60)


@settings(max_examples=40, deadline=None)
@given(front=losses, back=losses, middle=st.floats(0.75, 1.0), level=st.sampled_from(list(WHOLE.vertebrae)))
def test_the_surfaces_stand_as_far_apart_as_the_losses_say(
    front: float, back: float, middle: float, level: Level
) -> None:
    lost = max(0.0, 100 - (200 - front - back) / 2 * middle)  # never above the line between the rims
    for shape in FractureShape:
        try:
            made = Fracture(level, shape, front, lost, back)
        except BadCase:
            continue
        t = truth(made)[level]
        assert t.height_loss_pct == pytest.approx((front, lost, back), abs=0.01)


@pytest.mark.parametrize(
    ("fracture", "least"),
    [
        (Fracture.wedge(Level.L1, 40), "anterior_height_mm"),
        (Fracture.biconcave(Level.T11, 35), "middle_height_mm"),
    ],
)
def test_each_shape_loses_most_where_it_says(fracture: Fracture, least: str) -> None:
    t, w = truth(fracture)[fracture.level], WHOLE[fracture.level]
    heights = ("anterior_height_mm", "middle_height_mm", "posterior_height_mm")
    ratio = {n: getattr(t, n) / getattr(w, n) for n in heights}
    assert min(ratio, key=ratio.__getitem__) == least


def test_a_crush_loses_the_same_everywhere() -> None:
    assert truth(Fracture.crush(Level.L2, 30))[Level.L2].height_loss_pct == pytest.approx(
        (30, 30, 30), abs=0.01
    )


@given(front=losses, back=losses, middle=st.floats(0, 20))
def test_just_one_shape_fits_a_set_of_losses(front: float, middle: float, back: float) -> None:
    middle += (front + back) / 2
    fitting = []
    for named in FractureShape:
        try:
            fitting.append(Fracture(Level.L1, named, front, middle, back))
        except BadCase:
            continue
    assert len(fitting) == 1


def test_the_wedge_is_the_angle_of_the_six_landmarks() -> None:
    for t in truth(Fracture.wedge(Level.L1, 40)).vertebrae.values():
        p = t.landmarks_mm()
        up, low = (p[f"{s}_anterior"] - p[f"{s}_posterior"] for s in ("upper", "lower"))
        angle = np.degrees(np.arccos(up @ low / np.linalg.norm(up) / np.linalg.norm(low)))
        assert abs(t.wedge_deg) == pytest.approx(angle, abs=1e-4)
        assert t.frame.axes @ up / np.linalg.norm(up) == pytest.approx(
            [0, np.cos(np.radians(angle / 2)), -np.sin(np.radians(t.wedge_deg / 2))], abs=1e-5
        )


def test_intact_women_have_the_published_wedges() -> None:
    for level, t in WHOLE.vertebrae.items():
        assert t.wedge_deg == pytest.approx(v.body_wedge.value[level.value], abs=1e-9)


def test_a_wedge_adds_its_angle_to_the_kyphosis_and_to_nothing_else() -> None:
    broken = truth(Fracture.wedge(Level.L1, 40))
    more = broken[Level.L1].wedge_deg - WHOLE[Level.L1].wedge_deg
    assert more > 15
    for level, kind in (
        (Level.L1, "segmental_kyphosis_deg"),
        (Level.L1, "local_kyphosis_deg"),
        (Level.T12, "local_kyphosis_deg"),
    ):
        assert getattr(broken[level], kind) - getattr(WHOLE[level], kind) == pytest.approx(more)
    assert broken[Level.L3].local_kyphosis_deg == pytest.approx(WHOLE[Level.L3].local_kyphosis_deg)
    assert isinstance(WHOLE[Level.T10].segmental_kyphosis_deg, Unknown)
    assert isinstance(WHOLE[Level.L4].local_kyphosis_deg, Unknown)


def test_kyphosis_is_the_angle_between_the_plates_in_space() -> None:
    t = truth(Fracture.wedge(Level.L1, 40))
    above, below = t[Level.T12].landmarks_mm(), t[Level.L2].landmarks_mm()
    upper = above["upper_anterior"] - above["upper_posterior"]
    lower = below["lower_anterior"] - below["lower_posterior"]
    lean = np.degrees(np.arctan2(-upper[2], -upper[1]) - np.arctan2(-lower[2], -lower[1]))
    assert t[Level.L1].local_kyphosis_deg == pytest.approx(lean, abs=1e-4)


def test_discs_are_as_high_as_they_were_built() -> None:
    levels = list(WHOLE.vertebrae)
    for upper, lower in pairwise(levels):
        one, two = WHOLE[upper], WHOLE[lower]
        down = one.frame.world_mm(np.array([0, 0, -one.body.half_height_mm]))
        up = two.frame.world_mm(np.array([0, 0, two.body.half_height_mm]))
        assert np.linalg.norm(down - up) == pytest.approx(v.disc_height.value[upper.value], abs=1e-9)


@pytest.mark.parametrize("bulge", [0.0, 2.0, 5.0])
def test_retropulsion_narrows_the_canal_by_as_many_mm(bulge: float) -> None:
    t = truth(Fracture.wedge(Level.L1, 30, retropulsion_mm=bulge))[Level.L1]
    at = t.body.retropulsion_height_mm
    wall = t.body.posterior_wall_mm(at)[0]
    straight = truth(Fracture.wedge(Level.L1, 30))[Level.L1].body.posterior_wall_mm(at)[0]
    assert straight - wall == pytest.approx(bulge, abs=0.02)
    assert t.canal_at(at, intact=True).diameter_mm - t.canal_at(at).diameter_mm == pytest.approx(
        bulge, abs=0.4
    )
    assert t.canal_at(at).area_mm2 <= t.canal_at(at, intact=True).area_mm2 + 4
    assert (t.canal_narrowing_pct > 0) == (bulge > 0)


def test_the_canals_have_the_size_of_a_canal() -> None:
    for t in WHOLE.vertebrae.values():
        assert 14 < t.canal.diameter_mm < 18
        assert 180 < t.canal.area_mm2 < 400


def test_the_end_plate_defect_is_beside_the_heights_and_as_deep_as_built() -> None:
    plain, dented = (truth(Fracture.wedge(Level.L1, 30, endplate_defect_mm=d))[Level.L1] for d in (0.0, 3.0))
    assert dented.body.dent is not None
    place = dented.body.dent.right_mm, dented.body.dent.anterior_mm
    assert plain.body.upper_mm(*place) - dented.body.upper_mm(*place) == pytest.approx(3.0, abs=1e-5)
    assert dented.height_loss_pct == plain.height_loss_pct


def test_the_cleft_lies_inside_the_bone() -> None:
    for fracture in (Fracture.wedge(Level.L1, 60, cleft=True), Fracture.crush(Level.T10, 50, cleft=True)):
        t = truth(fracture)[fracture.level]
        assert t.cleft_gas_mm3 > 100
        centre, radii = cleft_of(t.body)
        angle = np.linspace(0, 2 * np.pi, 73, dtype=np.float32)
        for plane in ((0, 1), (0, 2), (1, 2)):
            p = [np.full_like(angle, c) for c in centre]
            p[plane[0]] += radii[plane[0]] * np.cos(angle)
            p[plane[1]] += radii[plane[1]] * np.sin(angle)
            assert (t.body.distance((p[0], p[1], p[2])) < -0.3).all()


@given(st.floats(20, 250))
def test_density_and_hu_turn_into_each_other(density: float) -> None:
    assert density_mg_cm3(hu_of_density(density)) == pytest.approx(density, rel=1e-9)


def test_the_calibration_is_the_published_one() -> None:
    assert density_mg_cm3(100.0) == pytest.approx(88.6, abs=0.1)
    assert density_mg_cm3(0.0) == pytest.approx(37.0, abs=0.1)


@pytest.mark.parametrize(
    ("wrong", "word"),
    [
        ({"axis_codes": "LPP"}, "axis_codes"),
        ({"spacing_mm": (1.0, 1.0, 0.01)}, "spacing_mm"),
        ({"fractures": (Fracture.wedge(Level.L5, 30),)}, "L5"),
        ({"fractures": (Fracture.wedge(Level.L1, 30), Fracture.crush(Level.L1, 30))}, "L1"),
        ({"top": Level.L4, "bottom": Level.T10}, "L4"),
        ({"top": Level.C3}, "C3"),
        ({"density_mg_cm3": 1000.0}, "density"),
    ],
)
def test_a_spec_that_cannot_be_is_refused(wrong: dict[str, object], word: str) -> None:
    with pytest.raises(BadCase, match=word):
        SyntheticSpec(**wrong)  # type: ignore[arg-type]


def test_the_verse_numbers_are_the_schemes_own() -> None:
    numbers = {"C1": 1, "C7": 7, "T1": 8, "T12": 19, "L1": 20, "L5": 24, "L6": 25, "T13": 28}
    assert {name: verse_number(Level[name]) for name in numbers} == numbers


def test_a_middle_that_would_bulge_above_the_rims_is_refused() -> None:
    with pytest.raises(BadCase, match="middle_loss_pct"):
        Fracture(Level.L1, FractureShape.WEDGE, anterior_loss_pct=60)
