"""An image keeps its voxels in their places through every axis order, crop and conversion."""

from __future__ import annotations

from dataclasses import replace
from itertools import permutations, product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.spatial.transform import Rotation

from vertebro.errors import BadGeometry
from vertebro.patient.volume import Volume
from vertebro.vocabulary.grades import Quantity

PAIRS = ("RL", "AP", "IS")
CODES = [
    "".join(PAIRS[a][s] for a, s in zip(order, sides, strict=True))
    for order in permutations(range(3))
    for sides in product((0, 1), repeat=3)
]


def image(affine: np.ndarray | None = None) -> Volume:
    values = np.arange(3 * 4 * 5).reshape(3, 4, 5)
    if affine is None:
        affine = np.diag([1.0, 2.0, 3.0, 1.0])
        affine[:3, 3] = (10, -20, 30)
    return Volume(values, affine, Quantity.LABEL)


def tilted(seed: int) -> Volume:
    affine = np.eye(4)
    affine[:3, :3] = Rotation.random(random_state=seed).as_matrix() * [0.8, 1.0, 2.5]
    affine[:3, 3] = (5, 6, 7)
    return image(affine)


def test_there_are_48_axis_codes() -> None:
    assert len(set(CODES)) == 48


@pytest.mark.parametrize("codes", CODES)
def test_every_axis_order_keeps_each_voxel_in_its_place(codes: str) -> None:
    turned = image().oriented(codes)
    assert turned.axis_codes == codes
    back = turned.oriented("LPS")
    np.testing.assert_array_equal(back.values, image().values)
    np.testing.assert_allclose(back.affine_mm, image().affine_mm)
    for number in (0, 7, 59):
        here, there = (v.to_mm(np.argwhere(v.values == number)[0]) for v in (image(), turned))
        np.testing.assert_allclose(here, there)


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 10_000), st.sampled_from(CODES))
def test_a_tilted_image_too(seed: int, codes: str) -> None:
    first = tilted(seed)
    turned = first.oriented(codes)
    for number in (0, 23, 59):
        here, there = (v.to_mm(np.argwhere(v.values == number)[0]) for v in (first, turned))
        np.testing.assert_allclose(here, there, atol=1e-9)
    assert turned.voxel_mm3 == pytest.approx(2.0)
    assert sorted(turned.axis_codes.translate(str.maketrans("RAI", "LPS"))) == sorted("LPS")


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 10_000))
def test_index_and_millimetres_undo_each_other(seed: int) -> None:
    volume = tilted(seed)
    index = np.random.default_rng(seed).uniform(-5, 9, (6, 3))
    np.testing.assert_allclose(volume.to_index(volume.to_mm(index)), index, atol=1e-9)


def test_a_crop_stays_in_the_patient() -> None:
    part = image().cropped((slice(1, 3), slice(2, 4), slice(None)))
    assert part.shape == (2, 2, 5)
    np.testing.assert_allclose(part.to_mm(np.zeros(3)), image().to_mm(np.array([1, 2, 0])))
    assert part.values[0, 0, 0] == image().values[1, 2, 0]


def test_same_grid_asks_for_shape_and_place() -> None:
    first = image()
    moved = first.affine_mm.copy()
    moved[0, 3] += 0.04
    assert first.same_grid(replace(first, affine_mm=moved))
    moved[0, 3] += 0.04
    assert not first.same_grid(replace(first, affine_mm=moved))
    assert not first.same_grid(first.cropped((slice(0, 2), slice(None), slice(None))))


def test_values_and_affine_cannot_be_changed() -> None:
    volume = image()
    with pytest.raises(ValueError, match="read-only"):
        volume.values[0, 0, 0] = 1
    with pytest.raises(ValueError, match="read-only"):
        volume.affine_mm[0, 0] = 1


def test_the_callers_own_array_stays_writable() -> None:
    mine = np.zeros((2, 2, 2))
    Volume(mine, np.eye(4), Quantity.LABEL)
    mine[0, 0, 0] = 1


SHEARED = np.eye(4)
SHEARED[0, 1] = 0.3


@pytest.mark.parametrize(
    ("affine", "said"),
    [
        (np.diag([1.0, 0.0, 1.0, 1.0]), "voxel size"),
        (np.diag([1.0, np.nan, 1.0, 1.0]), "finite"),
        (np.eye(3), "finite"),
        (SHEARED, "right angles"),
    ],
)
def test_a_bad_affine_is_refused_in_words(affine: np.ndarray, said: str) -> None:
    with pytest.raises(BadGeometry, match=said):
        Volume(np.zeros((2, 2, 2)), affine, Quantity.LABEL)


@pytest.mark.parametrize("shape", [(2, 2), (0, 2, 2), (2, 2, 2, 2)])
def test_an_image_has_three_axes(shape: tuple[int, ...]) -> None:
    with pytest.raises(BadGeometry, match="three"):
        Volume(np.zeros(shape), np.eye(4), Quantity.LABEL)


def test_numbers_without_a_meaning_are_refused() -> None:
    with pytest.raises(TypeError, match="say what the numbers mean"):
        Volume(np.zeros((2, 2, 2)), np.eye(4), "hu")  # type: ignore[arg-type]
