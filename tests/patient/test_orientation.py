"""A mask says by its own shape how it lies: every wrong header is caught but the pure exchange of sides."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from itertools import permutations, product
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.spatial.transform import Rotation

from simple_vertebra import simple_vertebra
from vertebro.errors import BadAnatomy
from vertebro.formats.nifti import read_nifti
from vertebro.kernels.arrays import Mask
from vertebro.kernels.orientation import half_sphere, vertebra_shape
from vertebro.patient.orientation import Lie, bodies_alone, check_orientation, with_axis_codes
from vertebro.patient.spine import Spine
from vertebro.patient.volume import Volume
from vertebro.vocabulary.grades import Quantity
from vertebro.vocabulary.levels import Level

OPPOSITE = dict(zip("RLAPIS", "LRPASI", strict=True))
CODES = [
    "".join(letters[axis][side] for axis, side in zip(order, sides, strict=True))
    for letters in (("RL", "AP", "IS"),)
    for order in permutations(range(3))
    for sides in product((0, 1), repeat=3)
]


def spine_of(labels: Volume, levels: dict[int, Level] | None = None) -> Spine:
    return Spine.from_labels(labels, levels or {1: Level.L2}, "a test")


def misread(image: Volume) -> Iterator[tuple[str, Volume]]:
    """The image under each of the 48 headers; with each, the axis codes its stored axes truly have."""
    for order in permutations(range(3)):
        for flips in product((1, -1), repeat=3):
            true = [
                image.axis_codes[a] if f > 0 else OPPOSITE[image.axis_codes[a]]
                for a, f in zip(order, flips, strict=True)
            ]
            values = np.transpose(image.values, order)[:: flips[0], :: flips[1], :: flips[2]]
            affine = np.eye(4)
            affine[:3, :3] = image.directions * image.spacing_mm[list(order)]
            yield "".join(true), Volume(values, affine, Quantity.LABEL)


def assert_only_the_sides_can_hide(labels: Volume, levels: dict[int, Level] | None = None) -> None:
    own = labels.axis_codes
    for true, wrong in misread(labels):
        sides_only = true.translate(str.maketrans("LR", "RL")) == own
        if true == own or sides_only:
            assert check_orientation(spine_of(wrong, levels)).lie is Lie.CONSISTENT, true
            continue
        with pytest.raises(BadAnatomy) as caught:
            check_orientation(spine_of(wrong, levels))
        assert f"orientation: {true}" in caught.value.do  # proposed: turned, or mirrored


def test_all_48_headers_on_a_vertebra_of_primitives() -> None:
    assert_only_the_sides_can_hide(simple_vertebra(2.5))


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "levels"),
    [
        ("verse004/sub-verse004_seg-vert_msk.nii.gz", {20: Level.L1, 21: Level.L2}),  # L1 is crushed
        ("ct_lumbar_ts/totalseg.nii.gz", {29: Level.L3, 30: Level.L2}),  # 3 mm voxels
    ],
)
def test_all_48_headers_on_real_masks(shared_data: Path, name: str, levels: dict[int, Level]) -> None:
    labels = read_nifti(shared_data / name, Quantity.LABEL)
    where = np.argwhere(np.isin(labels.values, list(levels)))
    box = tuple(
        slice(max(0, a - 2), b + 3) for a, b in zip(where.min(axis=0), where.max(axis=0), strict=True)
    )
    assert len(box) == 3
    assert_only_the_sides_can_hide(labels.cropped(box), levels)


THORACIC = {n: Level(f"T{n - 7}") for n in range(8, 20)}  # as VerSe counts
LUMBAR = {n: Level(f"L{n - 19}") for n in range(20, 25)}
REAL = [
    ("verse004/sub-verse004_seg-vert_msk.nii.gz", THORACIC | LUMBAR, 9),
    (
        "ct_lumbar_ts/totalseg.nii.gz",
        {51 - n: x for n, x in LUMBAR.items()} | {32: Level.T12, 26: Level.S1},
        5,
    ),
    ("healthy_spine/healthy_ref_mask.nii.gz", {n: THORACIC[n] for n in (10, 15, 19)}, 3),
    ("mr_tptbox/sub-mri_seg-vert_label-6_msk.nii.gz", {5: Level.T11, 6: Level.T12, 7: Level.L1}, 1),
]


@pytest.mark.parametrize(("name", "levels", "checked"), REAL, ids=[r[0].split("/")[0] for r in REAL])
def test_real_masks_pass(shared_data: Path, name: str, levels: dict[int, Level], checked: int) -> None:
    found = check_orientation(spine_of(read_nifti(shared_data / name, Quantity.LABEL), levels))
    assert found.lie is Lie.CONSISTENT and not found.notes
    seen = [x for x in found.vertebrae.values() if x.lie is not Lie.NOT_CHECKED]
    assert len(seen) == checked and all(x.lie is Lie.CONSISTENT for x in seen)


def test_the_crop_with_the_wrong_header_is_refused(shared_data: Path) -> None:
    labels = read_nifti(shared_data / "verse004" / "sub-verse004_0000_vertebra_21_seg.nii.gz", Quantity.LABEL)
    whole = replace(labels, values=np.isin(labels.values, (1, 2, 3, 4)).astype(np.uint8))
    with pytest.raises(BadAnatomy, match="spinous processes point forward") as caught:
        check_orientation(spine_of(whole))
    assert "RAS" in caught.value.do and "LAS" in caught.value.do
    assert check_orientation(spine_of(with_axis_codes(whole, "RAS"))).lie is Lie.CONSISTENT


def test_a_mask_of_bodies_alone_is_not_checked_and_says_so(shared_data: Path) -> None:
    labels = read_nifti(shared_data / "ct_lumbar_ts" / "totalseg_vertebrae_pp_refined.nii.gz", Quantity.LABEL)
    found = check_orientation(spine_of(labels, LUMBAR))
    assert found.lie is Lie.NOT_CHECKED and bodies_alone(found)
    assert "could not be checked" in found.notes[0]


def test_a_vertebra_that_the_image_cuts_is_not_checked() -> None:
    whole = simple_vertebra()
    half = whole.cropped((slice(None), slice(None), slice(0, 16)))
    found = check_orientation(spine_of(half))
    assert found.lie is Lie.NOT_CHECKED and not bodies_alone(found)
    assert found.vertebrae[Level.L2].why == "the image cuts it off"


def two_vertebrae(upper: int, lower: int) -> Volume:
    one = simple_vertebra().values
    return Volume(
        np.concatenate([one * lower, one * upper], axis=2), simple_vertebra().affine_mm, Quantity.LABEL
    )


def test_names_that_run_up_the_spine_are_told_from_an_upside_down_mask() -> None:
    right = two_vertebrae(upper=1, lower=2)
    names = {1: Level.L1, 2: Level.L2}
    assert check_orientation(spine_of(right, names)).lie is Lie.CONSISTENT
    with pytest.raises(BadAnatomy, match="names of the mask run up"):
        check_orientation(spine_of(two_vertebrae(upper=2, lower=1), names))
    with pytest.raises(BadAnatomy, match="head end points down"):
        check_orientation(spine_of(replace(right, values=right.values[:, :, ::-1]), names))


def test_levels_out_of_order_are_refused() -> None:
    one = simple_vertebra().values
    column = Volume(
        np.concatenate([one * n for n in (3, 1, 2)], axis=2), simple_vertebra().affine_mm, Quantity.LABEL
    )
    with pytest.raises(BadAnatomy, match="L2 lies above L3"):
        check_orientation(spine_of(column, {1: Level.L3, 2: Level.L1, 3: Level.L2}))


@pytest.mark.parametrize("codes", CODES)
def test_reading_the_axes_as_other_codes_keeps_the_image_in_place(codes: str) -> None:
    image = simple_vertebra(4.0)
    read = with_axis_codes(image, codes)
    assert read.axis_codes == codes
    middle = (np.array(image.shape) - 1) / 2
    np.testing.assert_allclose(read.to_mm(middle), image.to_mm(middle), atol=1e-9)
    np.testing.assert_allclose(read.spacing_mm, image.spacing_mm)
    np.testing.assert_allclose(with_axis_codes(read, image.axis_codes).affine_mm, image.affine_mm, atol=1e-9)
    np.testing.assert_array_equal(read.values, image.values)


def test_correcting_a_tilted_image_keeps_its_tilt() -> None:
    tilt = Rotation.from_euler("x", 20, degrees=True).as_matrix()
    affine = np.eye(4)
    affine[:3, :3] = tilt * 2.0
    image = replace(simple_vertebra(), affine_mm=affine)
    flipped = with_axis_codes(image, "LAS")
    np.testing.assert_allclose(flipped.directions[:, 1], -image.directions[:, 1], atol=1e-12)
    np.testing.assert_allclose(flipped.directions[:, 2], image.directions[:, 2], atol=1e-12)


@settings(max_examples=8, deadline=None)
@given(st.integers(0, 10_000))
def test_the_shape_turns_with_the_vertebra(seed: int) -> None:
    turn = Rotation.random(random_state=seed).as_matrix()
    image = simple_vertebra(2.5)
    found = vertebra_shape(image.values.astype(bool), turn * 2.5)
    assert found is not None
    up = found.axis * np.sign(found.upward_mm)
    assert up @ turn[:, 2] > np.cos(np.radians(15))
    assert found.posterior @ turn[:, 1] > np.cos(np.radians(15))
    assert abs(found.upward_mm) > 4  # the primitives put pedicles at +6 mm and processes well below 0


def test_a_solid_block_has_no_canal() -> None:
    block: Mask = np.ones((20, 20, 20), dtype=bool)
    assert vertebra_shape(block, np.eye(3) * 2.0) is None


def test_directions_cover_the_half_sphere_evenly() -> None:
    around = half_sphere(120)
    np.testing.assert_allclose(np.linalg.norm(around, axis=1), 1)
    probe = Rotation.random(200, random_state=1).as_matrix()[:, :, 2]
    nearest = np.abs(probe @ around.T).max(axis=1)
    assert np.degrees(np.arccos(nearest.min())) < 13  # the spacing that kernels/orientation.py states
