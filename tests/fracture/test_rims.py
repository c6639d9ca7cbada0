"""Coarse voxels: an end-plate is fitted up to its rims together with the walls, and gains by it."""

import numpy as np
import pytest
from phantoms import Block, Scan, scanned

from vertebro.fracture import rims
from vertebro.fracture.body import find_body
from vertebro.fracture.endplates import end_plates
from vertebro.fracture.measure import FRONT, HEAD
from vertebro.fracture.shape import heights_mm, shape_of, wedge_angle
from vertebro.fracture.sharpen import sharpened
from vertebro.vocabulary.levels import Level

WEDGE = Block(20.0, 25.0, hollow_mm=1.5)
TURNS = ((8.0, -6.0, 15.0), (-10.0, 4.0, 6.0), (15.0, 3.0, -8.0), (5.0, 9.0, -4.0))


def errors(voxel_mm: float, turn: tuple[float, float, float]) -> tuple[float, float]:
    """Largest error of the three heights (mm) and error of the wedge (deg), by the grey values."""
    parts = max(1, round(voxel_mm))
    scan = Scan(spacing_mm=(voxel_mm,) * 3, rotation_deg=turn, shift=(0.3, 0.1, 0.4), parts=parts)
    spine, ct = scanned({Level.L2: WEDGE}, scan)
    body = sharpened(find_body(spine[Level.L2], HEAD, FRONT), ct)
    assert rims.are_needed(body, ct) == (voxel_mm > 2)
    found = shape_of(body, *end_plates(body, ct, []))
    truth = [WEDGE.anterior_mm, WEDGE.middle_mm, WEDGE.posterior_mm]
    return float(np.abs(heights_mm(found)[0] - truth).max()), wedge_angle(found).value - WEDGE.wedge_deg


def test_bodies_on_3_mm_voxels_are_right_to_0_6_mm_and_a_degree() -> None:
    heights, angles = np.array([errors(3.0, turn) for turn in TURNS]).T
    assert heights.max() <= 0.6
    assert np.abs(angles).max() <= 1.0


@pytest.mark.parametrize("turn", TURNS[:2])
def test_fine_voxels_leave_the_rims_out_and_are_right_to_0_3_mm_and_half_a_degree(
    turn: tuple[float, float, float],
) -> None:
    height, angle = errors(1.0, turn)
    assert height <= 0.3
    assert abs(angle) <= 0.5
