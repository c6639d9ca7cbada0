"""Sizes that no human vertebra has are refused: wrong voxels, slices too far apart, two under one name."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from simple_vertebra import simple_vertebra
from vertebro.errors import BadAnatomy
from vertebro.formats.nifti import read_nifti
from vertebro.patient.orientation import orientation_of
from vertebro.patient.proportions import check_proportions, check_volumes
from vertebro.patient.spine import Spine
from vertebro.patient.volume import Volume
from vertebro.vocabulary.grades import Quantity
from vertebro.vocabulary.levels import Level

LEVELS = {1: Level.L1, 2: Level.L2, 3: Level.L3}


def column(step_mm: float = 34.0, stretch: tuple[float, float, float] = (1, 1, 1)) -> Volume:
    """Three simple vertebrae, L1 uppermost, on a grid whose header is wrong by ``stretch``."""
    one = simple_vertebra()
    pitch = round(step_mm / 2)
    values = np.zeros((*one.shape[:2], one.shape[2] + 2 * pitch + 8), np.uint8)
    for number in LEVELS:
        start = 4 + (3 - number) * pitch
        part = values[:, :, start : start + one.shape[2]]
        part[one.values > 0] = number
    grid = one.affine_mm @ np.diag([*stretch, 1.0])
    return Volume(np.pad(values, 4), grid, Quantity.LABEL)


def check(labels: Volume, levels: dict[int, Level] | None = None) -> None:
    spine = Spine.from_labels(labels, levels or LEVELS, "a test")
    check_volumes(spine)
    check_proportions(spine, orientation_of(spine))


def test_a_spine_of_human_size_passes() -> None:
    check(column())
    check(column(stretch=(0.85, 0.85, 0.85)))
    check(column(stretch=(1.2, 1.2, 1.2)))


@pytest.mark.parametrize("times", [0.1, 0.5, 2, 10])
def test_a_wrong_unit_is_refused(times: float) -> None:
    with pytest.raises(BadAnatomy, match="size that it cannot have"):
        check(column(stretch=(times, times, times)))


@pytest.mark.parametrize("times", [0.4, 2])
def test_a_wrong_distance_between_slices_is_refused(times: float) -> None:
    with pytest.raises(BadAnatomy, match="distance between the slices"):
        check(column(stretch=(1, 1, times)))


def test_two_vertebrae_under_one_number_are_refused() -> None:
    labels = column(step_mm=40)
    merged = replace(labels, values=np.where(labels.values == 2, 1, labels.values).astype(np.uint8))
    with pytest.raises(BadAnatomy, match=r"L1 is .* two vertebrae seem to share one number"):
        check(merged, {1: Level.L1, 3: Level.L3})


def test_one_odd_vertebra_among_several_does_not_stop_the_rest() -> None:
    labels = column()
    values = labels.values.copy()
    crushed = np.argwhere(values == 2)
    values[tuple(crushed[::2].T)] = 0
    check(replace(labels, values=values))


def test_stray_voxels_far_away_make_no_vertebra_long() -> None:
    labels = column()
    values = labels.values.copy()
    values[4, 4, 4:8] = 1
    check(replace(labels, values=values))


def test_real_spines_pass_and_their_misread_headers_do_not(shared_data: Path) -> None:
    labels = read_nifti(shared_data / "verse004" / "sub-verse004_seg-vert_msk.nii.gz", Quantity.LABEL)
    levels = dict(zip(range(16, 25), [*list(Level)[15:19], *list(Level)[20:25]], strict=True))
    check(labels, levels)
    head_axis = int(np.argmax(np.abs(labels.directions[2])))
    for times in (0.5, 2.0):
        stretch = np.ones(4)
        stretch[head_axis] = times
        with pytest.raises(BadAnatomy):
            check(replace(labels, affine_mm=labels.affine_mm @ np.diag(stretch)), levels)
