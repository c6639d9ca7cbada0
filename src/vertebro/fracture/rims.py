"""An end-plate up to its rims, where voxels are too coarse to leave the walls out: plate and walls as one."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from vertebro.fracture.body import Body
from vertebro.kernels.arrays import Array
from vertebro.kernels.corners import Corner, Wall
from vertebro.kernels.edges import Blur, Prior, Seen
from vertebro.kernels.geometry import extent_along
from vertebro.kernels.surfaces import WallLine
from vertebro.patient.volume import Volume
from vertebro.vocabulary.library import cited_values

v = cited_values(beside=__file__, name="shape_values.yaml")

COARSE_MM = 2.0
"""Voxels that reach further than this along the depth leave too little of the plate without its rims."""

BEYOND_MM = 0.5
"""How far beyond a wall's line the centre of a voxel may lie that still sees the rim."""

WALL_ERROR = 0.35
"""Share of a voxel by which a wall found in the mask is usually off (standard deviation)."""

FREE_MM = 1e3
"""A reach so large that it binds nothing."""


def are_needed(body: Body, ct: Volume) -> bool:
    """True if the voxels are so coarse that leaving the rims out would leave too little of an end-plate."""
    return extent_along(ct.directions, ct.spacing_mm, body.frame.anterior) > COARSE_MM


@dataclass(frozen=True)
class Rims:
    """The two ends of an end-plate as some voxels see them: how it drops there, and the walls beyond.

    The walls stand in the order posterior, anterior; ``shadows_mm`` is how wide a voxel is along the normal
    of each; ``rounding`` holds one column per end.
    """

    rounding: Array
    walls: tuple[tuple[Array, Array], tuple[Array, Array]]
    shadows_mm: tuple[Array, Array]
    wall_shift_mm: float

    @classmethod
    def of(cls, body: Body, ct: Volume, places: tuple[Array, Array, Array], ends_mm: Array) -> Rims:
        """The rims about voxels at these places; ``ends_mm`` (2, n) is where the plate ends there."""
        right, front, height = places
        beyond = np.stack([ends_mm[0] - front, front - ends_mm[1]])
        reach = float(v.rim_rounding.value["reach"])
        rounding = -((np.clip(beyond + reach, 0, reach + BEYOND_MM) / reach) ** 2).T
        lines = (body.posterior_wall, body.anterior_wall)
        back, fore = (_wall(line, out, right, height) for line, out in zip(lines, beyond, strict=True))
        shadows = [_shadows(body, ct, line) for line in lines]
        return cls(rounding, (back, fore), (shadows[0], shadows[1]), WALL_ERROR * body.voxel_mm[1])

    def corner(self, plate: Seen, sigma_mm: float) -> Corner:
        """The view of the plate with its rims, through this blur of the scanner."""
        blurs = [Blur.of_voxel(shadows, sigma_mm) for shadows in self.shadows_mm]
        back, fore = (Wall(*wall, blur) for wall, blur in zip(self.walls, blurs, strict=True))
        return Corner(replace(plate, terms=np.hstack([plate.terms, self.rounding])), (back, fore))

    def prior(self, plate: Prior) -> Prior:
        """What is known beforehand of the plate, its rims and its walls."""
        drop, curve = v.rim_rounding.value, float(v.wall_shape.value["bend"])
        beside = (float(v.wall_surroundings_hu.value[0]), float(v.wall_surroundings_hu.value[1]))
        reach = [FREE_MM, FREE_MM, curve, curve]
        shift = [self.wall_shift_mm, self.wall_shift_mm, FREE_MM, FREE_MM]
        return replace(
            plate,
            guess=np.array([*plate.guess, *[-drop["drop"]] * 2, *np.zeros(8)]),
            reach=np.array([*plate.reach, *[drop["spread"]] * 2, *reach, *reach]),
            shift=np.array([*plate.shift, *[FREE_MM] * 2, *shift, *shift]),
            beside=(beside, beside),
        )


def _wall(line: WallLine, out_mm: Array, right_mm: Array, height_mm: Array) -> tuple[Array, Array]:
    """Distance beyond a wall, and the terms of its place: shift, lean, curve and turn from side to side."""
    cosine = 1 / np.hypot(1.0, line.slope)
    t = np.clip((2 * height_mm - line.high_mm - line.low_mm) / (line.high_mm - line.low_mm), -1, 1)
    y = right_mm / np.abs(right_mm).max()
    terms = np.stack([np.ones_like(y), 1 - np.abs(t), -(y**2), y], axis=-1)
    return out_mm * cosine, terms * cosine


def _shadows(body: Body, ct: Volume, line: WallLine) -> Array:
    normal = body.frame.anterior - line.slope * body.frame.superior
    return np.asarray(np.abs(ct.directions.T @ (normal / np.linalg.norm(normal))) * ct.spacing_mm)
