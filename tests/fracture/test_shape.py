"""Heights and angles of bodies whose size is known, at any orientation, shift and voxel size."""

import itertools
from functools import cache

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from phantoms import Block, Scan, scanned

from vertebro.fracture.body import NoBody, find_body
from vertebro.fracture.endplates import end_plates
from vertebro.fracture.measure import FRONT, HEAD
from vertebro.fracture.parts import body_mask
from vertebro.fracture.shape import BodyShape, height_findings, shape_of, wedge_angle
from vertebro.fracture.sharpen import sharpened
from vertebro.patient.spine import Vertebra
from vertebro.patient.volume import Volume
from vertebro.vocabulary.grades import Quantity
from vertebro.vocabulary.levels import Level

L2 = Level.L2
BOX = Block(23.5, 23.5)
WEDGE = Block(20.0, 25.0)
REVERSED = Block(26.0, 22.0)
HOLLOW = Block(24.0, 26.0, hollow_mm=3.0)
CRUSHED = Block(10.0, 13.0, hollow_mm=0.8)
TILTED, ODD = (12.0, 0.0, 0.0), (8.0, -6.0, 15.0)


@cache
def shape(block: Block, scan: Scan, with_ct: bool = True) -> BodyShape:
    spine, ct = scanned({L2: block}, scan)
    body = find_body(spine[L2], HEAD, FRONT)
    if not with_ct:
        return shape_of(body, *end_plates(body, None, []))
    body = sharpened(body, ct)
    return shape_of(body, *end_plates(body, ct, []))


def true_heights(block: Block) -> tuple[float, float, float]:
    return block.anterior_mm, block.middle_mm, block.posterior_mm


@pytest.mark.parametrize("block", [BOX, WEDGE, REVERSED, HOLLOW, CRUSHED], ids=str)
@pytest.mark.parametrize("scan", [Scan(rotation_deg=TILTED), Scan(rotation_deg=ODD, shift=(0.3, 0.1, 0.4))])
def test_heights_are_within_0_3_mm_and_angles_within_half_a_degree_on_1_mm_voxels(
    block: Block, scan: Scan
) -> None:
    found = shape(block, scan)
    for height, true in zip(height_findings(found), true_heights(block), strict=True):
        assert abs(height.value - true) <= 0.3
    assert abs(wedge_angle(found).value - block.wedge_deg) <= 0.5


@pytest.mark.parametrize("block", [BOX, WEDGE, HOLLOW], ids=str)
def test_heights_are_within_0_6_mm_and_angles_within_a_degree_on_3_mm_voxels(block: Block) -> None:
    found = shape(block, Scan(spacing_mm=(3, 3, 3), rotation_deg=ODD, shift=(0.3, 0.1, 0.4), parts=3))
    for height, true in zip(height_findings(found), true_heights(block), strict=True):
        assert abs(height.value - true) <= 0.6
    assert abs(wedge_angle(found).value - block.wedge_deg) <= 1.0


def test_a_mask_flat_against_its_grid_admits_what_its_voxels_hide() -> None:
    scan = Scan(spacing_mm=(3, 3, 3), shift=(0.0, 0.0, 0.37))
    found = height_findings(shape(BOX, scan, with_ct=False))
    for height in found:
        assert height.spread > 0.5
        assert abs(height.value - 23.5) <= 3 * height.spread
        assert "mask alone" in height.method


def test_a_body_flat_against_its_grid_is_measured_as_surely_as_its_spread_says() -> None:
    for shift in (0.0, 0.2, 0.4):
        for height in height_findings(shape(BOX, Scan(shift=(0.0, 0.0, shift)))):
            assert abs(height.value - 23.5) <= max(0.3, 2.5 * height.spread)


def test_the_ct_sees_what_the_mask_hides() -> None:
    scan = Scan(shift=(0.0, 0.0, 0.2))
    by_mask = height_findings(shape(BOX, scan, with_ct=False))[1]
    by_ct = height_findings(shape(BOX, scan))[1]
    assert by_ct.spread < by_mask.spread
    assert abs(by_ct.value - 23.5) < abs(by_mask.value - 23.5)
    assert "grey values" in by_ct.method


@pytest.mark.parametrize("codes", ["RAS", "PIR", "SLA", "IPL"])
def test_the_stored_order_of_the_axes_changes_nothing(codes: str) -> None:
    plain, turned = (height_findings(shape(WEDGE, Scan(codes=c))) for c in ("LPS", codes))
    for one, other in zip(plain, turned, strict=True):
        assert other.value == pytest.approx(one.value, abs=0.05)


def test_front_and_back_are_not_swapped_for_a_single_vertebra() -> None:
    front, _, back = height_findings(shape(WEDGE, Scan()))
    assert front.value < back.value
    assert wedge_angle(shape(WEDGE, Scan())).value > 0
    assert wedge_angle(shape(REVERSED, Scan())).value < 0


@pytest.mark.slow
@settings(max_examples=10, deadline=None)
@given(
    st.tuples(*[st.floats(-15, 15)] * 3),
    st.tuples(*[st.floats(-0.5, 0.5)] * 3),
    st.floats(12, 27),
    st.floats(0, 3),
)
def test_any_pose_gives_the_same_heights(
    turn: tuple[float, float, float], shift: tuple[float, float, float], front: float, hollow: float
) -> None:
    block = Block(front, 26.0, hollow_mm=hollow)
    found = height_findings(shape(block, Scan(rotation_deg=turn, shift=shift)))
    for height, true in zip(found, true_heights(block), strict=True):
        assert abs(height.value - true) <= max(0.35, 3 * height.spread)


def test_true_heights_lie_within_two_spreads_as_often_as_the_spread_says() -> None:
    inside = []
    for block, turn in itertools.product([WEDGE, HOLLOW, CRUSHED], [(0.0, 0.0, 0.0), TILTED, ODD]):
        found = shape(
            block, Scan(spacing_mm=(1, 1, 2), rotation_deg=turn, shift=(0.2, 0.3, 0.1)), with_ct=False
        )
        pairs = zip(height_findings(found), true_heights(block), strict=True)
        inside += [abs(height.value - true) <= 2 * height.spread for height, true in pairs]
    assert np.mean(inside) >= 0.8


def test_the_body_is_told_from_the_posterior_elements() -> None:
    spine, _ = scanned({L2: BOX}, Scan())
    body = find_body(spine[L2], HEAD, FRONT)
    mask = body_mask(spine[L2], body)
    volume = mask.values.sum() * mask.voxel_mm3
    u = np.linspace(-1, 1, 2001)
    area = BOX.depth_mm / 2 * BOX.width_mm / 2 * 2 * np.trapezoid((1 - u**6) ** (1 / 6), u)
    assert volume == pytest.approx(area * 23.5, rel=0.03)
    assert body.lamina_mm is not None


def test_the_directions_are_found_from_the_bone_alone() -> None:
    spine, _ = scanned({L2: BOX}, Scan())
    leaning = np.array([0.0, 0.25, 1.0]) / np.hypot(0.25, 1.0)
    aside = np.array([0.5, -1.0, 0.0]) / np.hypot(0.5, 1.0)
    frame = find_body(spine[L2], leaning, aside).frame
    assert frame.superior @ HEAD > np.cos(np.radians(1.0))
    assert frame.anterior @ FRONT > np.cos(np.radians(2.0))


def test_a_body_without_an_arch_is_measured_but_shows_no_canal() -> None:
    spine, _ = scanned({L2: Block(20.0, 25.0, has_arch=False)}, Scan())
    body = find_body(spine[L2], HEAD, FRONT)
    assert body.lamina_mm is None
    found = height_findings(shape_of(body, *end_plates(body, None, [])))
    assert abs(found[0].value - 20.0) < 3 * found[0].spread


def test_a_crumb_of_bone_is_no_body() -> None:
    values = np.zeros((20, 20, 20), dtype=bool)
    values[9:11, 9:11, 9:11] = True
    crumb = Vertebra(L2, Volume(values, np.eye(4), Quantity.LABEL), is_cut_off=False)
    with pytest.raises(NoBody):
        find_body(crumb, HEAD, FRONT)
