"""Solids keep their exact volumes, areas and places at any voxel size and orientation."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.spatial.transform import Rotation

from vertebro.kernels.arrays import AnyArray
from vertebro.kernels.solids import (
    Point,
    change_per_voxel,
    coverage,
    ellipse,
    ellipsoid,
    filleted_union,
    limb,
    plate,
    rounded_intersection,
)


def points(spacing: tuple[float, float, float], turn_deg: tuple[float, float, float], half: float) -> Point:
    """Voxel centres of a turned grid that holds a ball of radius ``half``."""
    shape = [int(2 * half / s) + 3 for s in spacing]
    index = np.moveaxis(np.indices(shape), 0, -1) - (np.array(shape) - 1) / 2 + 0.137
    turn = Rotation.from_euler("xyz", turn_deg, degrees=True).as_matrix()
    world = (index * np.array(spacing)) @ turn.T
    return tuple(np.moveaxis(world, -1, 0).astype(np.float32))  # type: ignore[return-value]


def volume(distance: AnyArray, spacing: tuple[float, float, float]) -> float:
    return float(coverage(distance, change_per_voxel(distance)).sum(dtype=float) * np.prod(spacing))


spacings = st.tuples(*[st.floats(0.5, 1.2)] * 3)
turns = st.tuples(*[st.floats(-45, 45)] * 3)


@settings(max_examples=15, deadline=None)
@given(spacing=spacings, turn=turns)
def test_a_ball_keeps_its_volume(
    spacing: tuple[float, float, float], turn: tuple[float, float, float]
) -> None:
    ball = ellipsoid(points(spacing, turn, 12), (0.3, -0.2, 0.1), (10, 10, 10))
    assert volume(ball, spacing) == pytest.approx(4 / 3 * np.pi * 1000, rel=4e-3)


@settings(max_examples=10, deadline=None)
@given(spacing=spacings, turn=turns)
def test_a_flat_body_keeps_its_thickness(
    spacing: tuple[float, float, float], turn: tuple[float, float, float]
) -> None:
    r, a, s = points(spacing, turn, 24)
    disc = np.maximum(np.abs(s) - np.float32(4.05), ellipse(r, a, 20.0, 20.0))
    assert volume(disc, spacing) == pytest.approx(8.1 * np.pi * 400, rel=6e-3)


def test_the_distance_is_true_near_a_surface() -> None:
    out = np.linspace(-0.5, 0.5, 11, dtype=np.float32)
    zero = np.zeros_like(out)
    assert np.allclose(ellipsoid((out + 8, zero, zero), (0, 0, 0), (8, 5, 3)), out, atol=0.05)
    assert np.allclose(limb((zero, out + 4, zero), (0, 0, -9), (0, 0, 9), (4, 4, 4)), out, atol=0.01)
    assert np.allclose(
        plate((out + 3, zero, zero), [(-9, -9), (-9, 9), (9, 9), (9, -9)], 3, 1), out, atol=1e-5
    )
    assert np.allclose(
        plate((zero, out + 9, zero), [(-9, -9), (-9, 9), (9, 9), (9, -9)], 3, 1), out, atol=1e-5
    )


def test_a_limb_tapers_between_its_ends() -> None:
    r = np.linspace(0, 10, 1001, dtype=np.float32)
    for s, radius in ((0.0, 2.0), (10.0, 4.0), (20.0, 6.0)):
        d = limb((r, 0 * r, 0 * r + s), (0, 0, 0), (0, 0, 20), (2, 2, 2), (6, 6, 6))
        assert r[np.argmin(np.abs(d))] == pytest.approx(radius, abs=0.02)


@given(a=st.floats(-5, 5), b=st.floats(-5, 5), radius=st.floats(0.1, 3))
def test_fillets_only_add_and_roundings_only_take_near_the_edge(a: float, b: float, radius: float) -> None:
    one, two = np.float32([a]), np.float32([b])
    assert filleted_union(one, two, radius)[0] <= min(one[0], two[0])
    assert rounded_intersection(one, two, radius)[0] >= max(one[0], two[0])
    if abs(a - b) > radius:
        assert filleted_union(one, two, radius)[0] == min(one[0], two[0])
        assert rounded_intersection(one, two, radius)[0] == max(one[0], two[0])


def test_a_voxel_cut_in_half_is_half_covered() -> None:
    distance = np.broadcast_to(np.float32([-2.0, 0.0, 2.0]), (3, 3, 3))
    assert np.allclose(coverage(distance, change_per_voxel(distance))[1, 1], [0, 0.5, 1][::-1])
