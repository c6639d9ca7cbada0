"""Numbers and their boxes are the same however the image is stored."""

from __future__ import annotations

import numpy as np
import pytest

from vertebro.kernels.arrays import AnyArray
from vertebro.kernels.labelled import boxes_of, label_places, numbers_in


def image(kind: type = np.uint8) -> AnyArray:
    values = np.zeros((9, 8, 7), kind)
    values[1:4, 2:3, 5:7] = 3
    values[6, 7, 0] = 200
    return values


@pytest.mark.parametrize("kind", [np.uint8, np.uint16, np.int16, np.int32])
@pytest.mark.parametrize("way", ["C", "F", "turned", "flipped"])
def test_numbers_and_boxes_do_not_depend_on_the_storage(kind: type, way: str) -> None:
    values = image(kind)
    if way == "turned":
        values = np.ascontiguousarray(values.transpose(1, 2, 0)).transpose(2, 0, 1)
    elif way == "flipped":
        values = np.asfortranarray(values[::-1])[::-1]
    else:
        values = values.copy(order=way)  # type: ignore[call-overload]
    assert numbers_in(values) == (3, 200)
    boxes = boxes_of(values)
    assert boxes == {
        3: (slice(1, 4), slice(2, 3), slice(5, 7)),
        200: (slice(6, 7), slice(7, 8), slice(0, 1)),
    }
    count, mean = label_places(values)[3]
    assert count == 6 and mean.tolist() == [2, 2, 5.5]


def test_a_yes_no_image_holds_one_number_and_an_empty_one_none() -> None:
    assert numbers_in(image() == 3) == (1,)
    assert boxes_of(image() == 200) == {1: (slice(6, 7), slice(7, 8), slice(0, 1))}
    assert numbers_in(np.zeros((2, 2, 2), np.uint8)) == ()
