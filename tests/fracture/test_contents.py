"""Gas, metal and cement in phantoms of known volume; and the real scans, which hold none."""

from dataclasses import replace
from pathlib import Path

import nibabel as nib
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import ndimage

from vertebro.fracture.contents import cleft_gas, metal_or_cement
from vertebro.patient.frame import BodyFrame
from vertebro.patient.volume import Volume
from vertebro.vocabulary.grades import Quantity
from vertebro.vocabulary.known import Unknown
from vertebro.vocabulary.measured import Graded, Measured

BONE_HU, GAS_HU, FAT_HU = 110.0, -1000.0, -100.0
FRAME = BodyFrame.from_directions(np.zeros(3), np.array([0.0, -1.0, 0.0]), np.array([0.0, 0.0, 1.0]))


def grid(voxel_mm: float) -> tuple[np.ndarray, np.ndarray]:
    """Affine and centres (n, n, n, 3) of voxels around the origin, 52 x 44 x 40 mm."""
    shape = np.round(np.array([52, 44, 40]) / voxel_mm).astype(int)
    affine = np.diag([voxel_mm] * 3 + [1.0])
    affine[:3, 3] = -(shape - 1) / 2 * voxel_mm
    index = np.moveaxis(np.indices(tuple(shape)), 0, -1)
    return affine, index * voxel_mm + affine[:3, 3]


def box(
    centres: np.ndarray, half_mm: tuple[float, float, float], voxel_mm: float, at_mm: float = 0
) -> np.ndarray:
    """Share of each voxel inside a box around (0, 0, at_mm): exact, as a scanner averages."""
    share = np.ones(centres.shape[:3])
    for axis, half in enumerate(half_mm):
        middle = at_mm if axis == 2 else 0.0
        x = centres[..., axis] - middle
        inside = np.minimum(x + voxel_mm / 2, half) - np.maximum(x - voxel_mm / 2, -half)
        share = share * np.clip(inside / voxel_mm, 0, 1)
    return share


def body_with(
    gas_mm: tuple[float, float, float] | None, voxel_mm: float, noise_hu: float, at_mm: float = 0.3
):
    """A block of bone (40 x 32 x 26 mm) in fat with a slit of gas of known size inside it."""
    affine, centres = grid(voxel_mm)
    bone = box(centres, (20, 16, 13), voxel_mm)
    hu = FAT_HU + (BONE_HU - FAT_HU) * bone
    if gas_mm is not None:
        gas = box(centres, (gas_mm[0] / 2, gas_mm[1] / 2, gas_mm[2] / 2), voxel_mm, at_mm)
        hu = hu + (GAS_HU - BONE_HU) * gas
    sigma = 0.6 / voxel_mm
    hu = ndimage.gaussian_filter(hu, sigma) + np.random.default_rng(3).normal(0, noise_hu, hu.shape)
    ct = Volume(hu, affine, Quantity.HOUNSFIELD)
    return ct, Volume(bone >= 0.5, affine, Quantity.LABEL)


@pytest.mark.parametrize("voxel_mm", [0.7, 1.0, 1.5, 2.0])
@pytest.mark.parametrize("thick_mm", [1.5, 3.0, 6.0])
def test_a_cleft_keeps_its_volume_even_thinner_than_two_voxels(voxel_mm: float, thick_mm: float) -> None:
    ct, body = body_with((20, 14, thick_mm), voxel_mm, noise_hu=15)
    found = cleft_gas(ct, body, FRAME)
    assert isinstance(found, Measured) and found.unit == "mm3"
    assert found.value == pytest.approx(20 * 14 * thick_mm, rel=0.15)
    assert 0 < found.spread < 0.2 * found.value


@given(st.integers(0, 10_000), st.sampled_from([5.0, 40.0, 80.0]))
@settings(max_examples=15, deadline=None)
def test_noise_alone_is_not_gas(seed: int, noise_hu: float) -> None:
    ct, body = body_with(None, 1.0, noise_hu=0)
    noisy = ct.values + np.random.default_rng(seed).normal(0, noise_hu, ct.shape)
    found = cleft_gas(replace(ct, values=noisy), body, FRAME)
    assert isinstance(found, Measured)
    assert found.value == 0.0  # a measured zero: all of the body was searched
    assert found.spread > 0 and "searched" in found.method


def test_more_gas_reads_more() -> None:
    read = []
    for thick in (1.0, 2.0, 4.0, 8.0):
        found = cleft_gas(*body_with((20, 14, thick), 1.0, 10.0), FRAME)
        assert isinstance(found, Measured)
        read.append(found.value)
    assert read == sorted(read) and read[0] > 0


def test_a_body_beyond_the_ct_was_not_searched() -> None:
    ct, body = body_with(None, 1.0, 10.0)
    found = cleft_gas(ct.cropped((slice(0, 30), slice(None), slice(None))), body, FRAME)
    assert isinstance(found, Unknown) and "outside the CT" in found.why


def test_gas_that_goes_on_beside_the_body_is_not_a_cleft() -> None:
    """A mask that runs into the lung: the gas reaches the body from its side."""
    ct, body = body_with(None, 1.0, 10.0)
    _, centres = grid(1.0)
    lung = centres[..., 0] > 10
    found = cleft_gas(replace(ct, values=np.where(lung, -850.0, ct.values)), body, FRAME)
    assert isinstance(found, Unknown) and "lung" in found.why


def test_lung_beside_a_right_mask_is_no_gas_in_the_body() -> None:
    ct, body = body_with(None, 1.0, 10.0)
    _, centres = grid(1.0)
    lung = centres[..., 0] > 20
    blurred = ndimage.gaussian_filter(np.where(lung, -850.0, np.asarray(ct.values)), 0.8)
    found = cleft_gas(replace(ct, values=blurred), body, FRAME)
    assert isinstance(found, Measured) and found.value == 0.0


def test_gas_in_the_disc_counts_only_inside_the_body() -> None:
    """A cleft that opens through the end-plate into a vacuum disc."""
    ct, body = body_with((20, 14, 16), 1.0, 10.0, at_mm=10.0)  # from 2 to 18 mm; the body ends at 13
    found = cleft_gas(ct, body, FRAME)
    assert isinstance(found, Measured)
    assert found.value == pytest.approx(20 * 14 * 11, rel=0.15)


def test_dark_streaks_beside_metal_are_not_gas() -> None:
    ct, body = body_with((20, 14, 3), 1.0, 10.0)
    _, centres = grid(1.0)
    screw = (np.abs(centres[..., 0] - 10) < 3) & (np.abs(centres[..., 2] + 8) < 3)
    found = cleft_gas(replace(ct, values=np.where(screw, 3071.0, ct.values)), body, FRAME)
    assert isinstance(found, Unknown) and "streaks" in found.why


def test_a_body_of_no_depth_has_no_inside() -> None:
    ct, body = body_with(None, 2.0, 10.0)
    thin = np.asarray(body.values).copy()
    thin[:, :, : thin.shape[2] // 2] = False
    thin[:, :, thin.shape[2] // 2 + 2 :] = False
    found = cleft_gas(ct, Volume(thin, body.affine_mm, Quantity.LABEL), FRAME)
    assert isinstance(found, Unknown) and "too small" in found.why


def with_lump(hu: float, radius_mm: float) -> tuple[Volume, Volume]:
    ct, body = body_with(None, 1.0, 15.0)
    _, centres = grid(1.0)
    lump = np.linalg.norm(centres, axis=-1) < radius_mm
    return replace(ct, values=np.where(lump, hu, ct.values)), body


@pytest.mark.parametrize(
    ("hu", "radius_mm", "seen", "possible"),
    [
        (110, 6, False, {False}),  # bone
        (1200, 6, False, {False}),  # a bone island
        (1600, 6, False, {False, True}),  # a very dense island, or cement
        (2200, 6, True, {True}),  # cement
        (3071, 6, True, {True}),  # metal
        (2200, 1.5, False, {False}),  # a speck
    ],
)
def test_metal_and_cement(hu: float, radius_mm: float, seen: bool, possible: set[bool]) -> None:
    found = metal_or_cement(*with_lump(hu, radius_mm))
    assert isinstance(found, Graded)
    assert found.value is seen and set(found.possible) == possible


def test_saturated_voxels_are_told() -> None:
    found = metal_or_cement(*with_lump(3071, 6))
    assert isinstance(found, Graded) and "top of the scale" in found.method


def test_metal_is_not_denied_of_a_bone_that_was_not_seen_whole() -> None:
    ct, bone = with_lump(110, 6)
    part = ct.cropped((slice(0, 20), slice(None), slice(None)))
    found = metal_or_cement(part, bone)
    assert isinstance(found, Unknown) and "outside the CT" in found.why
    ct, bone = with_lump(2500, 6)
    part = ct.cropped((slice(0, 30), slice(None), slice(None)))
    seen = metal_or_cement(part, bone)
    assert isinstance(seen, Graded) and seen.value is True  # what is seen is there


def test_a_real_lumbar_ct_holds_neither(shared_data: Path) -> None:
    folder = shared_data / "ct_lumbar_ts"
    flip = np.diag([-1.0, -1.0, 1.0, 1.0])
    image, mask, parts = (
        nib.load(folder / f"{n}.nii.gz") for n in ("example_ct", "totalseg", "totalseg_vertebrae_body")
    )
    ct = Volume(image.get_fdata(dtype=np.float32), flip @ image.affine, Quantity.HOUNSFIELD)
    for label in (28, 29, 30, 31):
        bone = np.asarray(mask.dataobj) == label
        body = Volume(bone & (np.asarray(parts.dataobj) == 1), flip @ mask.affine, Quantity.LABEL)
        frame = replace(FRAME, origin_mm=body.to_mm(np.argwhere(body.values)).mean(axis=0))
        gas = cleft_gas(ct, body, frame)
        assert isinstance(gas, Measured) and gas.value == 0.0
        metal = metal_or_cement(ct, Volume(bone, flip @ mask.affine, Quantity.LABEL))
        assert isinstance(metal, Graded) and metal.value is False and metal.is_certain
