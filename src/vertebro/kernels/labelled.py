"""What numbers a label image holds, and where each lies: in one pass over the voxels as they are stored."""

from __future__ import annotations

from typing import TypeAlias

import numpy as np
from scipy import ndimage

from vertebro.kernels.arrays import AnyArray, Array

Box: TypeAlias = tuple[slice, slice, slice]

FEW_BYTES = 2  # up to here every number has a bin of its own, and counting is quicker than sorting


def numbers_in(values: AnyArray) -> tuple[int, ...]:
    """The numbers of a label image, without 0, ascending."""
    if values.dtype.kind == "b":
        return (1,) if values.any() else ()
    if values.dtype.kind != "u" or values.dtype.itemsize > FEW_BYTES:
        return tuple(int(n) for n in np.unique(values) if n != 0)
    counts = np.zeros(np.iinfo(values.dtype).max + 1, np.int64)
    for plane in _as_stored(values):  # plane by plane: counting needs eight bytes for each voxel
        found = np.bincount(plane.ravel(order="K"))
        counts[: len(found)] += found
    return tuple(int(n) for n in np.flatnonzero(counts) if n != 0)


def boxes_of(values: AnyArray) -> dict[int, Box]:
    """The tight box of each number of a label image, without 0."""
    whole = values.view(np.uint8) if values.dtype.kind == "b" else values
    stored = _as_stored(whole)
    boxes = enumerate(ndimage.find_objects(stored), start=1)
    return {n: box if stored is whole else box[::-1] for n, box in boxes if box is not None}


def label_places(values: AnyArray) -> dict[int, tuple[int, Array]]:
    """For each number of a label image, without 0: how many voxels, and their mean index."""
    found: dict[int, tuple[int, Array]] = {}
    for number, box in boxes_of(values).items():
        index = np.argwhere(values[box] == number) + [s.start for s in box]
        found[number] = (len(index), index.mean(axis=0))
    return found


def _as_stored(values: AnyArray) -> AnyArray:
    """The image with its slowest axis first, which is how it is read most quickly."""
    return values.T if abs(values.strides[0]) < abs(values.strides[-1]) else values
