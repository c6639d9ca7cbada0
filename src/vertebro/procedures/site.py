"""Where a needle may go in one vertebra: distances to its bone, its canal and its neighbours (mm)."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from scipy import ndimage

from vertebro.errors import HouseFault
from vertebro.fracture.body import Body
from vertebro.fracture.measure import body_in
from vertebro.kernels.arrays import Array, Mask
from vertebro.kernels.geometry import Grid, enclosed_hole, largest_part, resampled
from vertebro.kernels.needle_paths import Field, signed_distance
from vertebro.patient.spine import Spine, Vertebra
from vertebro.patient.volume import Volume
from vertebro.procedures.trajectory import Image, Side
from vertebro.vocabulary.known import Unknown
from vertebro.vocabulary.levels import Level
from vertebro.vocabulary.library import cited_values
from vertebro.vocabulary.texts import texts

v = cited_values(beside=__file__)
say = texts(beside=__file__, name="site").say

STEP_MM = 0.75
"""Step of the site's grid: a quarter of the thinnest needle's neighbourhood; finer changes no plan."""

BEYOND_MM = 10.0
"""Room of the grid above and below the body, where pedicles, joints and neighbours lie."""

BEHIND_MM = 25.0
"""Room of the grid behind the canal: laminae, joints and the roots of the processes."""

BESIDE_MM = 20.0
"""Room of the grid beside the body."""

HOLLOW_MM = 2.0
"""How far in front of its straight line a hollow posterior wall lies."""

FREE_MM = 50.0
"""Distance said of structures beyond the grid."""

BESIDE_CANAL = 0.3
"""Share of the canal's half width beyond which bone behind the body belongs to a pedicle, not the laminae."""

IN_PLANE = np.zeros((3, 3, 3), dtype=bool)
IN_PLANE[:, 1, 1] = IN_PLANE[1, :, 1] = True
"""Neighbours in the axial plane alone."""


@dataclass(frozen=True)
class Site:
    """One vertebra as a needle meets it. Coordinates are those of its body: right, anterior, superior (mm).

    ``bone`` is the depth below the bone's surface (negative outside), ``canal`` the distance from the
    spinal canal (negative within), ``neighbours`` that from the vertebrae next to it, where the mask
    holds them.
    """

    level: Level
    body: Body
    image: Image
    bone: Field
    canal: Field
    neighbours: Field | Unknown
    canal_back_mm: float
    canal_half_mm: float
    voxel_mm: float

    @property
    def body_ml(self) -> float:
        """Volume of the body between its end-plates."""
        body = self.body
        column = float(np.diff(body.right_mm).mean() * np.diff(body.anterior_mm).mean())
        return float(np.nansum(body.upper_mm - body.lower_mm)) * column / 1000

    def seen_from(self, side: Side) -> Half:
        """The site in coordinates whose first axis runs outwards on this side."""
        return self._halves[side]

    @cached_property
    def _halves(self) -> dict[Side, Half]:
        return {side: self._half(side) for side in Side}

    def _half(self, side: Side) -> Half:
        fields: list[Field | Unknown] = [self.bone, self.canal, self.neighbours]
        if side is Side.LEFT:
            fields = [f if isinstance(f, Unknown) else f.mirrored() for f in fields]
        bone, canal, neighbours = fields
        assert isinstance(bone, Field) and isinstance(canal, Field)
        return Half(self, side, bone, canal, neighbours)


@dataclass(frozen=True)
class Half:
    """One side of a site; coordinates are (lateral, anterior, superior) mm, lateral outwards on this side."""

    site: Site
    side: Side
    bone: Field
    canal: Field
    neighbours: Field | Unknown

    @property
    def body(self) -> Body:
        """The body of the vertebra."""
        return self.site.body

    @property
    def zone_start_mm(self) -> float:
        """Anterior coordinate at which the pedicle begins: half-way along the canal."""
        wall = float(self.body.posterior_wall(0.0))
        return (wall + self.site.canal_back_mm) / 2

    @cached_property
    def cells_mm(self) -> Array:
        """All places of the grid (n, 3) on this side of the middle and a little beyond it."""
        low, shape = self.bone.low_mm, self.bone.values.shape
        axes = [low[a] + STEP_MM * np.arange(n) for a, n in enumerate(shape)]
        axes[0] = axes[0][axes[0] >= -float(v.target_reach.value)]
        return np.stack(np.meshgrid(*axes, indexing="ij"), axis=-1).reshape(-1, 3)

    @cached_property
    def pedicle_planes_mm(self) -> tuple[Array, ...]:
        """Cells in and about the bone beside the canal, one array for every coronal plane up to the body."""
        points = self.cells_mm
        wall = float(self.body.posterior_wall(0.0))
        beside = (points[:, 0] > BESIDE_CANAL * self.site.canal_half_mm) & (points[:, 1] <= wall + HOLLOW_MM)
        points = points[beside & (points[:, 1] >= self.zone_start_mm)]
        points = points[self.bone(points) > -2 * STEP_MM]
        return tuple(points[points[:, 1] == a] for a in np.unique(points[:, 1]))

    @cached_property
    def isthmus(self) -> Isthmus:
        """The pedicle's narrowest part: the plane in which the widest needle that fits is thinnest."""
        depth, n = min((float(self.bone(plane).max()), n) for n, plane in enumerate(self.pedicle_planes_mm))
        plane = self.pedicle_planes_mm[n]
        return Isthmus(plane[int(np.argmax(self.bone(plane)))], 2 * max(depth, 0.0), plane)

    def to_world(self, points: Array) -> Array:
        """Points (..., 3) of this side in patient LPS mm."""
        return np.asarray(self.body.frame.world_mm(points * np.array([self.side.sign, 1.0, 1.0])))

    def from_world(self, points_mm: Array) -> Array:
        """Patient LPS mm in coordinates of this side."""
        return np.asarray(self.body.frame.local_mm(points_mm) * np.array([self.side.sign, 1.0, 1.0]))


@dataclass(frozen=True)
class Isthmus:
    """A pedicle's narrowest part: its middle, the girth of the widest needle it holds, its plane's cells."""

    middle_mm: Array
    girth_mm: float
    cells_mm: Array


def site_of(spine: Spine, level: Level, image: Volume | None = None) -> Site | Unknown:
    """The site of a level, or why no needle can be planned there.

    ``image`` is the CT of the case; without it the part of the mask that holds the vertebra bounds the plan.
    """
    vertebra = spine[level]
    if vertebra.is_cut_off:
        return Unknown(say("cut_off", level=level))
    body = body_in(spine, vertebra)
    if isinstance(body, Unknown):
        return body
    grid = _grid(vertebra, body)
    bone = _filled(_occupied(vertebra, body, grid))
    canal = _canal(np.asarray(bone > 0.5), body, grid)
    if isinstance(canal, Unknown):
        return canal
    near = [n for n in (spine.above(level), spine.below(level)) if n is not None]
    others = np.any([_occupied(n, body, grid) > 0.5 for n in near], axis=0) if near else None
    return _site(Image.of(image or vertebra.mask), body, grid, bone, (canal, others))


def _site(image: Image, body: Body, grid: Grid, bone: Array, around: tuple[Mask, Mask | None]) -> Site:
    low = np.array([grid.right_mm[0], grid.anterior_mm[0], grid.superior_mm[0]])
    canal, others = around
    rows = np.nonzero(canal.any(axis=(0, 2)))[0]
    columns = np.nonzero(canal.any(axis=(1, 2)))[0]
    neighbours: Field | Unknown = Unknown(say("no_neighbours", level=body.level))
    if others is not None:
        neighbours = Field(-signed_distance(others, STEP_MM), low, STEP_MM, FREE_MM)
    return Site(
        level=body.level,
        body=body,
        image=image,
        bone=Field(signed_distance(bone, STEP_MM), low, STEP_MM, -FREE_MM),
        canal=Field(-signed_distance(canal, STEP_MM), low, STEP_MM, FREE_MM),
        neighbours=neighbours,
        canal_back_mm=float(grid.anterior_mm[rows[0]]),
        canal_half_mm=float(np.abs(grid.right_mm[columns]).max()),
        voxel_mm=float(np.max(body.voxel_mm)),
    )


def _grid(vertebra: Vertebra, body: Body) -> Grid:
    """A grid symmetric about the mid-sagittal plane that holds body, pedicles, joints."""
    points = body.frame.local_mm(vertebra.mask.to_mm(np.argwhere(vertebra.mask.values)))
    wall = float(body.posterior_wall(0.0))
    depth = body.depth_mm
    wide = min(float(np.abs(points[:, 0]).max()), body.width_mm / 2 + BESIDE_MM)
    back = max(float(points[:, 1].min()), wall - depth - BEHIND_MM)
    front = float(body.anterior_wall(0.0)) + BEYOND_MM
    low, high = float(np.nanmin(body.lower_mm)), float(np.nanmax(body.upper_mm))
    half = np.arange(STEP_MM / 2, wide + 2 * STEP_MM, STEP_MM)
    return Grid(
        np.concatenate([-half[::-1], half]),
        np.arange(back - 2 * STEP_MM, front, STEP_MM),
        np.arange(low - BEYOND_MM, high + BEYOND_MM, STEP_MM),
    )


def _occupied(vertebra: Vertebra, body: Body, grid: Grid) -> Array:
    mask, frame = vertebra.mask, body.frame
    return resampled(mask.values, mask.affine_mm, frame.origin_mm, frame.axes, grid)


def _filled(share: Array) -> Array:
    """The bone without crumbs beside it and without the closed pores a mask may have inside."""
    solid = ndimage.binary_fill_holes(largest_part(np.asarray(share > 0.5)))
    share = np.where(solid & (share <= 0.5), 1.0, share)
    return np.asarray(np.where(~solid & (share > 0.5), 0.0, share))


def _canal(bone: Mask, body: Body, grid: Grid) -> Mask | Unknown:
    """The canal: what the ring of bone encloses, widened into the recesses beside it, at every height.

    The hole that can be looked through from above is canal at all heights. Beyond it, whatever is not bone
    and lies behind the posterior wall within the reach of a nerve root counts as canal too.
    """
    hole = enclosed_hole(np.asarray(bone.any(axis=2)), v.smallest_canal_mm2.value / STEP_MM**2)
    if hole is None:
        return Unknown(say("no_canal", level=body.level))
    wall = body.posterior_wall(grid.superior_mm)
    behind = grid.anterior_mm[:, None] <= wall[None, :] + HOLLOW_MM
    free = ~bone & behind[None, :, :]
    seed = hole[:, :, None] & free
    if not seed.any():
        raise HouseFault("A hole in the silhouette of a vertebra holds bone at every height.")
    steps = max(1, round(float(v.root_reach.value) / STEP_MM))
    return np.asarray(ndimage.binary_dilation(seed, IN_PLANE, iterations=steps, mask=free))
