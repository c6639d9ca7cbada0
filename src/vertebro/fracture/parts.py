"""Which voxels of a vertebra are its body, and which parts of it the border of the image cuts off."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from vertebro.fracture.body import STEP_MM, Body
from vertebro.kernels.arrays import Array
from vertebro.kernels.geometry import largest_part
from vertebro.patient.spine import Vertebra
from vertebro.patient.volume import Volume


def missing_parts(vertebra: Vertebra, body: Body) -> frozenset[str]:
    """Which parts the border of the image cuts off: upper, lower, anterior, side, posterior elements."""
    if not vertebra.is_cut_off:
        return frozenset()
    values, parts = vertebra.mask.values, set()
    for axis in range(3):
        for end, sign in ((0, -1.0), (values.shape[axis] - 1, 1.0)):
            face = np.argwhere(np.take(values, end, axis=axis))
            if not len(face):
                continue
            places = body.frame.local_mm(vertebra.mask.to_mm(np.insert(face, axis, end, axis=1)))
            outward = body.frame.axes @ (sign * vertebra.mask.directions[:, axis])
            behind = places[:, 1] < body.posterior_wall(places[:, 2]) - STEP_MM
            if behind.any():
                parts.add("posterior elements")
            if (~behind).any():
                parts.add(_side(outward))
    return frozenset(parts)


def _side(outward: Array) -> str:
    axis = int(np.argmax(np.abs(outward)))
    if axis == 2:
        return "upper end-plate" if outward[2] > 0 else "lower end-plate"
    return "anterior wall" if axis == 1 and outward[1] > 0 else "side"


def body_mask(vertebra: Vertebra, body: Body) -> Volume:
    """The voxels of the body: the given body mask, or what lies before the posterior wall."""
    if vertebra.body is not None:
        return vertebra.body
    mask = vertebra.mask
    index = np.argwhere(mask.values)
    right, front, height = body.frame.local_mm(mask.to_mm(index)).T
    known = np.isfinite(body.posterior_profile_mm)
    bulge = np.interp(height, body.superior_mm[known], body.posterior_profile_mm[known])
    wall = np.where(
        np.abs(right) <= body.half_band_mm,
        np.minimum(bulge, body.posterior_wall(height)),
        body.posterior_wall(height),
    )
    inside = np.zeros(mask.shape, dtype=bool)
    inside[tuple(index[front >= wall].T)] = True
    return replace(mask, values=largest_part(inside))
