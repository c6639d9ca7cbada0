"""A mask must lie on the bone of its CT: mirrored, shifted and foreign masks are refused in words."""

from __future__ import annotations

from dataclasses import replace
from itertools import product
from pathlib import Path

import numpy as np
import pytest

from simple_vertebra import painted
from vertebro.errors import BadAnatomy, BadGeometry
from vertebro.formats.nifti import read_nifti
from vertebro.patient.mask_fit import MaskFit, check_mask_fits_ct, mask_fits_ct
from vertebro.patient.spine import Spine
from vertebro.patient.volume import Volume
from vertebro.vocabulary.grades import Quantity
from vertebro.vocabulary.levels import Level

CASES = [
    (
        "ct_lumbar_ts/example_ct.nii.gz",
        "ct_lumbar_ts/totalseg.nii.gz",
        {29: Level.L3, 30: Level.L2, 31: Level.L1},
    ),
    ("ct_thoracic_ts/ct_cropped.nii.gz", "ct_thoracic_ts/vertebrae_T12.nii.gz", {1: Level.T12}),
]
FLIPS = list(product((1, -1), repeat=3))


def wedge() -> Volume:
    """A body with one horn, alike in no mirror, off the centre of its image."""
    values = np.zeros((40, 50, 40), dtype=np.uint8)
    values[8:20, 10:24, 12:22] = 1
    values[8:12, 24:36, 18:22] = 1
    return Volume(values, np.diag([2.0, 2.0, 2.0, 1.0]), Quantity.LABEL)


def spine_of(labels: Volume, levels: dict[int, Level] | None = None) -> Spine:
    return Spine.from_labels(labels, levels or {1: Level.L1}, "a test")


def test_a_painted_mask_fits_with_the_contrast_it_was_painted_with() -> None:
    fit = check_mask_fits_ct(painted(wedge()), spine_of(wedge()))
    assert fit.contrast_hu == pytest.approx(210, abs=3)
    assert fit.margin_hu > 15  # its own mirror image about the body comes next


@pytest.mark.parametrize("flips", FLIPS[1:])
def test_a_mirrored_mask_is_refused(flips: tuple[int, int, int]) -> None:
    turned = replace(wedge(), values=wedge().values[:: flips[0], :: flips[1], :: flips[2]])
    with pytest.raises(BadAnatomy, match="fits the CT better when it is mirrored"):
        check_mask_fits_ct(painted(wedge()), spine_of(turned))


def test_a_shifted_mask_is_refused_with_the_way() -> None:
    moved = replace(wedge(), values=np.roll(wedge().values, 4, axis=1))
    with pytest.raises(BadAnatomy, match="8 mm front to back"):
        check_mask_fits_ct(painted(wedge()), spine_of(moved))


def test_a_mask_of_another_patient_is_refused() -> None:
    empty = Volume(np.full(wedge().shape, 40.0), wedge().affine_mm, Quantity.HOUNSFIELD)
    with pytest.raises(BadAnatomy, match="does not lie on bone"):
        check_mask_fits_ct(empty, spine_of(wedge()))


def test_a_mask_outside_the_ct_is_refused() -> None:
    affine = wedge().affine_mm.copy()
    affine[2, 3] += 60
    with pytest.raises(BadGeometry, match="outside the CT"):
        check_mask_fits_ct(painted(wedge()), spine_of(replace(wedge(), affine_mm=affine)))


def test_a_mask_on_its_own_finer_grid_in_the_same_frame_fits() -> None:
    coarse = wedge()
    affine = coarse.affine_mm.copy()
    affine[:3, :3] /= 2
    affine[:3, 3] -= 0.5
    fine = Volume(coarse.values.repeat(2, 0).repeat(2, 1).repeat(2, 2), affine, Quantity.LABEL)
    assert check_mask_fits_ct(painted(coarse), spine_of(fine)).contrast_hu > 150


@pytest.mark.parametrize(("ct_name", "mask_name", "levels"), CASES)
def test_real_masks_fit_and_their_mirror_images_do_not(
    shared_data: Path, ct_name: str, mask_name: str, levels: dict[int, Level]
) -> None:
    ct = read_nifti(shared_data / ct_name, Quantity.HOUNSFIELD)
    labels = read_nifti(shared_data / mask_name, Quantity.LABEL)
    fit = check_mask_fits_ct(ct, spine_of(labels, levels))
    assert fit.contrast_hu > 100 and fit.margin_hu > 30
    for flips in FLIPS[1:]:
        turned = replace(labels, values=labels.values[:: flips[0], :: flips[1], :: flips[2]])
        assert mask_fits_ct(ct, spine_of(turned, levels)).margin_hu < -90
        with pytest.raises(BadAnatomy):
            check_mask_fits_ct(ct, spine_of(turned, levels))


def test_a_mirror_image_that_fits_as_well_is_said_to_be_open() -> None:
    symmetric = MaskFit(contrast_hu=140, next_best_hu=135, next_best="left to right", is_mirror=True)
    clear = MaskFit(contrast_hu=140, next_best_hu=60, next_best="left to right", is_mirror=True)
    shifted = MaskFit(contrast_hu=140, next_best_hu=135, next_best="4 mm to the left", is_mirror=False)
    assert (symmetric.mirror_is_open, clear.mirror_is_open, shifted.mirror_is_open) == (True, False, False)
