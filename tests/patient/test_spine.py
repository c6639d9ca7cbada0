"""Vertebrae come out of a mask whole, in order, and know their neighbours and the image's border."""

from __future__ import annotations

import numpy as np
import pytest

from vertebro.errors import BadLabels, HouseFault
from vertebro.patient.spine import Spine, Vertebra
from vertebro.patient.volume import Volume
from vertebro.vocabulary.grades import Quantity
from vertebro.vocabulary.levels import Level


def column(*numbers: int, step_mm: float = 1.5) -> Volume:
    """Blocks from the top down, clear of every border."""
    values = np.zeros((20, 20, 10 * len(numbers) + 10), dtype=np.uint8)
    for row, number in enumerate(reversed(numbers)):
        values[6:14, 7:13, 6 + 10 * row : 12 + 10 * row] = number
    return Volume(values, np.diag([step_mm] * 3 + [1.0]), Quantity.LABEL)


NAMES = {1: Level.T12, 2: Level.L1, 3: Level.L2}


def test_levels_come_from_head_to_sacrum_whatever_their_numbers() -> None:
    spine = Spine.from_labels(column(3, 1, 2), {3: Level.T12, 1: Level.L1, 2: Level.L2}, "a test")
    assert spine.levels == (Level.T12, Level.L1, Level.L2) == tuple(v.level for v in spine)
    assert spine.named_by == "a test"


def test_each_vertebra_is_cut_out_whole_and_in_its_place() -> None:
    labels = column(1, 2, 3)
    for number, level in NAMES.items():
        vertebra = Spine.from_labels(labels, NAMES, "a test")[level]
        assert vertebra.mask.values.sum() == (labels.values == number).sum()
        expected = labels.to_mm(np.argwhere(labels.values == number)).mean(axis=0)
        np.testing.assert_allclose(vertebra.centre_mm, expected)
        assert not vertebra.is_cut_off


@pytest.mark.parametrize("axis", [0, 1, 2])
@pytest.mark.parametrize("end", [0, -1])
def test_bone_on_the_border_is_cut_off(axis: int, end: int) -> None:
    labels = column(1)
    values = labels.values.copy()
    line = [slice(8, 9)] * 3
    line[axis] = slice(None)
    values[tuple(line)] = 1
    keep = [slice(None)] * 3
    keep[axis] = slice(0, 12) if end == -1 else slice(8, None)
    part = Volume(values[tuple(keep)], labels.affine_mm, Quantity.LABEL)
    assert Spine.from_labels(part, NAMES, "a test")[Level.T12].is_cut_off


def test_a_body_mask_is_kept_inside_its_vertebra() -> None:
    labels = column(1, 2)
    body = Volume(np.indices(labels.shape)[1] < 10, labels.affine_mm, Quantity.LABEL)
    for vertebra in Spine.from_labels(labels, NAMES, "a test", body):
        assert vertebra.body is not None
        assert 0 < vertebra.body.values.sum() < vertebra.mask.values.sum()
        assert not (vertebra.body.values & ~vertebra.mask.values).any()


def test_neighbours_are_the_next_levels_and_nothing_across_a_gap() -> None:
    spine = Spine.from_labels(column(1, 2, 3), {1: Level.T11, 2: Level.T12, 3: Level.L2}, "a test")
    above, below = spine.above(Level.T12), spine.below(Level.T11)
    assert above is not None and above.level == Level.T11
    assert below is not None and below.level == Level.T12
    assert spine.below(Level.T12) is None and spine.above(Level.L2) is None and spine.above(Level.T11) is None


def test_a_thirteenth_thoracic_vertebra_lies_between_t12_and_l1() -> None:
    spine = Spine.from_labels(column(1, 2, 3), {1: Level.T12, 2: Level.T13, 3: Level.L1}, "a test")
    below, above = spine.below(Level.T12), spine.above(Level.L1)
    assert below is not None and below.level == Level.T13
    assert above is not None and above.level == Level.T13


def test_a_level_that_is_not_there_is_said_with_those_that_are() -> None:
    spine = Spine.from_labels(column(1, 2), NAMES, "a test")
    assert Level.L1 in spine and Level.L5 not in spine
    with pytest.raises(BadLabels, match="L5 is not in the mask") as caught:
        _ = spine[Level.L5]
    assert "T12, L1" in caught.value.needed


def test_a_mask_without_a_vertebra_is_refused() -> None:
    with pytest.raises(BadLabels, match="no vertebra"):
        Spine.from_labels(column(9), NAMES, "a test")


def test_a_vertebra_is_never_empty_nor_a_grey_image() -> None:
    empty = Volume(np.zeros((3, 3, 3), dtype=bool), np.eye(4), Quantity.LABEL)
    with pytest.raises(BadLabels, match="empty"):
        Vertebra(Level.L1, empty, is_cut_off=False)
    with pytest.raises(HouseFault):
        Vertebra(Level.L1, Volume(np.ones((3, 3, 3)), np.eye(4), Quantity.LABEL), is_cut_off=False)
