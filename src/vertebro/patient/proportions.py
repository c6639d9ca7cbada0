"""Whether the vertebrae have sizes that human ones can have: a wrong voxel size or two under one name."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from vertebro.errors import BadAnatomy
from vertebro.patient.orientation import Orientation, say, v
from vertebro.patient.spine import Spine, Vertebra
from vertebro.vocabulary.levels import Level

ENDS_PCT = (1, 99)  # of the voxels along the canal: a few stray ones do not count


def check_volumes(spine: Spine) -> None:
    """Refuses a vertebra too large for a human, or a mask of mostly too small ones (BadAnatomy).

    A single small one may be crushed. A mask may hold the bodies alone, about half of the bone.
    """
    sizes = {x.level: np.count_nonzero(x.mask.values) * x.mask.voxel_mm3 / 1000 for x in spine}
    large = [x for x, ml in sizes.items() if ml > possible_volume_ml(x)[1]]
    whole = [x.level for x in spine if not x.is_cut_off]
    small = [x for x in whole if sizes[x] < possible_volume_ml(x)[0] / 2]
    if large or 2 * len(small) > len(whole):
        odd = (large or small)[0]
        least, most = possible_volume_ml(odd)
        words = {"level": odd, "ml": f"{sizes[odd]:.3g}", "least": f"{least / 2:g}", "most": f"{most:g}"}
        raise BadAnatomy(say("size.found", **words), say("size.needed", **words), say("size.do"))


def check_proportions(spine: Spine, lie: Orientation) -> None:
    """Refuses vertebrae too flat, too tall or too long for a human spine (BadAnatomy)."""
    _refuse_stretch(spine, lie)
    for vertebra in spine:
        _refuse_two_in_one(vertebra, lie)


def possible_volume_ml(level: Level) -> tuple[float, float]:
    """The least and the most that a whole vertebra of this level can hold."""
    for first, last, least, most in v.possible_volume_ml.value:
        if Level(first).order <= level.order <= Level(last).order:
            return float(least), float(most)
    return 0.0, float("inf")


def _refuse_stretch(spine: Spine, lie: Orientation) -> None:
    """The step from vertebra to vertebra against the width of the bodies shows slices at a wrong distance."""
    found = list(_steps_over_radius(spine, lie))
    if not found:
        return
    ratio = float(np.median(found))
    least, most = v.possible_step_over_radius.value
    if not least <= ratio <= most:
        words = {"ratio": f"{ratio:.1f}", "least": f"{least:g}", "most": f"{most:g}"}
        raise BadAnatomy(say("stretch.found", **words), say("stretch.needed", **words), say("stretch.do"))


def _steps_over_radius(spine: Spine, lie: Orientation) -> Iterator[float]:
    for upper in spine:
        lower = spine.below(upper.level)
        shapes = [lie.vertebrae[x.level].shape for x in (upper, lower) if x is not None]
        radii = [shape.body_radius_mm for shape in shapes if shape is not None]
        if lower is not None and len(radii) == 2:
            yield float(np.linalg.norm(upper.centre_mm - lower.centre_mm)) / float(np.mean(radii))


def _refuse_two_in_one(vertebra: Vertebra, lie: Orientation) -> None:
    shape = lie.vertebrae[vertebra.level].shape
    if shape is None:
        return
    along = vertebra.mask.to_mm(np.argwhere(vertebra.mask.values)) @ shape.axis
    length = float(np.ptp(np.percentile(along, ENDS_PCT)))
    if length > v.most_length_mm.value:
        words = {"level": vertebra.level, "length": f"{length:.0f}", "most": v.most_length_mm.value}
        raise BadAnatomy(say("length.found", **words), say("length.needed", **words), say("length.do"))
