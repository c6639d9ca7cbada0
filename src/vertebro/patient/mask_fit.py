"""Whether a mask lies on the bone of its CT: brighter inside than around, and nowhere else brighter."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import product
from typing import TypeAlias

import numpy as np
from scipy import ndimage

from vertebro.errors import BadAnatomy, BadGeometry
from vertebro.kernels.arrays import Array, Mask
from vertebro.kernels.orientation import coarser
from vertebro.patient.orientation import say, v
from vertebro.patient.spine import Spine
from vertebro.patient.volume import Volume

SHELL_MM = 4.0  # soft tissue around the bone; less than the 6 mm of air a vertebra is cut out with
COARSE_MM = 1.5  # a shell of 4 mm is then still two voxels thick, and a fine grid eight times quicker
CLIP_HU = (-100.0, 400.0)  # gas and metal, however extreme, weigh no more than fat and dense bone
SHIFTS_MM = (
    -8.0,
    -4.0,
    4.0,
    8.0,
)  # half a body height at most; less than 4 mm is within a segmentation's error
MOST_POINTS = 20000  # the standard error of the mean is then below 2 HU
LEAST_INSIDE = 0.9  # of the points, for a place to be compared

Move: TypeAlias = Callable[[Array], Array]


@dataclass(frozen=True)
class MaskFit:
    """How much brighter the CT is inside the mask than around it, as it lies and at the next best place."""

    contrast_hu: float
    next_best_hu: float
    next_best: str
    is_mirror: bool

    @property
    def margin_hu(self) -> float:
        """By how much the mask fits better as it lies than anywhere else."""
        return self.contrast_hu - self.next_best_hu

    @property
    def mirror_is_open(self) -> bool:
        """True if a mirror image of the mask would fit nearly as well: the images cannot tell them apart."""
        return self.is_mirror and self.margin_hu < v.clearly_better_hu.value


def mask_fits_ct(ct: Volume, spine: Spine) -> MaskFit:
    """Compares the mask as it lies with its mirror images and with small shifts along the image axes."""
    inside, around = (ct.to_index(points) for points in _inside_and_around(spine))
    _refuse_outside(ct, inside)

    def contrast(move: Move) -> float | None:
        bone, shell = _mean_hu(ct, move(inside)), _mean_hu(ct, move(around))
        return None if bone is None or shell is None else bone - shell

    own = contrast(lambda index: index)
    assert own is not None  # the mask lies inside the CT, as checked above
    others = [
        (name, mirror, found)
        for name, mirror, move in _moves(ct, inside)
        if (found := contrast(move)) is not None
    ]
    name, is_mirror, best = max(others, key=lambda other: other[2], default=("", False, float("-inf")))
    return MaskFit(own, best, name, is_mirror)


def check_mask_fits_ct(ct: Volume, spine: Spine) -> MaskFit:
    """The same, but a mask that lies beside the bone or fits better mirrored is refused (BadAnatomy)."""
    fit = mask_fits_ct(ct, spine)
    own, other = f"{fit.contrast_hu:.0f}", f"{fit.next_best_hu:.0f}"
    if -fit.margin_hu > v.clearly_better_hu.value:
        kind = "mirrored" if fit.is_mirror else "shifted"
        said = say(f"{kind}.found", how=fit.next_best, own=own, other=other)
        raise BadAnatomy(said, say(f"{kind}.needed"), say(f"{kind}.do"))
    if fit.contrast_hu < v.least_contrast_hu.value:
        needed = say("no_bone.needed", least=v.least_contrast_hu.value)
        raise BadAnatomy(say("no_bone.found", own=own), needed, say("no_bone.do"))
    return fit


def _inside_and_around(spine: Spine) -> tuple[Array, Array]:
    """Points in mm inside the vertebrae, and in the soft tissue just around them."""
    inside, around = [], []
    for vertebra in spine:
        mask = vertebra.mask
        inside.append(mask.to_mm(np.argwhere(mask.values)))
        around.append(_shell_mm(mask))
    shell = np.vstack(around)
    for vertebra in spine:  # the neighbour's facet is bone, not surroundings
        shell = shell[~_lies_in(vertebra.mask, shell)]
    return _thinned(np.vstack(inside)), _thinned(shell)


def _shell_mm(mask: Volume) -> Array:
    """Places around a mask; a fine grid is thinned, since a fraction of its voxels is enough."""
    every = np.maximum(1, (COARSE_MM / mask.spacing_mm).astype(int))
    filled = coarser(mask.values, every)
    away = ndimage.distance_transform_edt(~filled, sampling=mask.spacing_mm * every)
    index = np.argwhere((away > 0) & (away <= SHELL_MM)) * every + (every - 1) / 2
    return mask.to_mm(index[(index <= np.array(mask.shape) - 1).all(axis=1)])


def _lies_in(mask: Volume, points_mm: Array) -> Mask:
    index = np.rint(mask.to_index(points_mm)).astype(int)
    within = ((index >= 0) & (index < mask.shape)).all(axis=1)
    found = np.zeros(len(points_mm), dtype=bool)
    found[within] = mask.values[tuple(index[within].T)]
    return found


def _thinned(points: Array) -> Array:
    return points[:: max(1, len(points) // MOST_POINTS)]


def _mean_hu(ct: Volume, index: Array) -> float | None:
    """Mean of the clipped HU at these places, or None where too many lie outside the image."""
    nearest = np.rint(index).astype(int)
    within = ((nearest >= 0) & (nearest < ct.shape)).all(axis=1)
    if within.mean() < LEAST_INSIDE:
        return None
    return float(np.clip(ct.values[tuple(nearest[within].T)].astype(float), *CLIP_HU).mean())


def _moves(ct: Volume, inside: Array) -> Iterator[tuple[str, bool, Move]]:
    """Every other place to try: mirrored about the image and about the spine itself, and moved."""
    image, spine = np.array(ct.shape) - 1.0, inside.min(axis=0) + inside.max(axis=0)
    for flips in list(product((False, True), repeat=3))[1:]:
        name = " and ".join(_way(ct, axis) for axis in range(3) if flips[axis])
        for twice_centre in (image, spine):
            yield name, True, _mirrored(np.array(flips), twice_centre)
    for axis, by in product(range(3), SHIFTS_MM):
        step = np.zeros(3)
        step[axis] = by / ct.spacing_mm[axis]
        yield f"{abs(by):g} mm {_way(ct, axis)}", False, _moved(step)


def _mirrored(flips: Mask, twice_centre: Array) -> Move:
    return lambda index: np.where(flips, twice_centre - index, index)


def _moved(step: Array) -> Move:
    return lambda index: np.asarray(index + step)


def _way(ct: Volume, axis: int) -> str:
    """The axis of an image in patient words."""
    return say(f"way.{ct.axis_codes[axis]}")


def _refuse_outside(ct: Volume, inside: Array) -> None:
    nearest = np.rint(inside)
    within = float(((nearest >= 0) & (nearest < ct.shape)).all(axis=1).mean())
    if within < 1:
        share = f"{100 * (1 - within):.0f}" if within < 0.99 else "a part"
        raise BadGeometry(
            say("outside.found", share=share if share == "a part" else f"{share} %"),
            say("outside.needed"),
            say("outside.do"),
        )
