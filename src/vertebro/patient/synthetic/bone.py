"""The vertebrae on the canvas: their cortex, their spongy bone, and what a fracture left in them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from itertools import pairwise

import numpy as np
from scipy import ndimage

from vertebro.kernels.arrays import AnyArray
from vertebro.kernels.solids import Point, change_per_voxel, coverage, ellipsoid, filleted_union, limb
from vertebro.patient.frame import BodyFrame
from vertebro.patient.synthetic.arch import ArchShape
from vertebro.patient.synthetic.body import BodyShape
from vertebro.patient.synthetic.canvas import Canvas, Tile
from vertebro.patient.synthetic.column import Column
from vertebro.patient.synthetic.density import spongy_hu
from vertebro.patient.synthetic.spec import Fracture, SyntheticSpec, v
from vertebro.vocabulary.levels import Level

FAR = np.float32(50.0)
"""Any distance beyond the reach of fillets and joints, mm."""


@dataclass(frozen=True)
class Bone:
    """One vertebra of the spec: its frame, its solids and its fracture."""

    level: Level
    frame: BodyFrame
    body: BodyShape
    arch: ArchShape
    fracture: Fracture | None

    def box(self, tile: Tile) -> Tile | None:
        """The part of a tile that this vertebra can reach."""
        b, a = self.body, self.arch
        side = max(b.width_mm / 2 + 3, a.pedicle_mm[0] + v.transverse_reach.value[self.level.value] + 7)
        back = a.back_mm - a.canal_depth_mm - v.spinous_length.value[self.level.value] - 6
        drop = v.spinous_drop.value[self.level.value] + v.spinous_height.value[self.level.value]
        low = min(
            -a.intact.half_height_mm - v.disc_height.value[self.level.value] - 12, a.pedicle_mm[2] - drop - 8
        )
        high = a.intact.half_height_mm + 10
        return tile.around_local(self.frame, (-side, back, low), (side, b.depth_mm / 2 + 3, high))

    def canal(self, point: Point) -> AnyArray:
        """Distance to this vertebra's stretch of the canal."""
        r, a, s = point
        span = np.float32(self.arch.intact.half_height_mm + v.disc_height.value[self.level.value])
        return np.maximum(self.arch.canal_distance(r, a), np.abs(s) - span)


@dataclass
class Solid:
    """One vertebra on one tile: distances to its surface and to its spongy inside (mm)."""

    bone: Bone
    tile: Tile
    point: Point
    surface: AnyArray
    inside: AnyArray


def bones_of(spec: SyntheticSpec, column: Column) -> Mapping[Level, Bone]:
    """The vertebrae of a spec."""
    return {
        level: Bone(
            level,
            column.frames[level],
            column.bodies[level],
            ArchShape.behind(level, column.bodies),
            spec.fracture_of(level),
        )
        for level in column.levels
    }


def solids_on(tile: Tile, bones: Mapping[Level, Bone]) -> list[Solid]:
    """The vertebrae that reach a tile, the canal cut out and the joints between them opened."""
    solids = []
    for level, bone in bones.items():
        box = bone.box(tile)
        if box is not None:
            near = [bones[n] for n in (level.above, level.below) if n is not None and n in bones]
            solids.append(_solid(bone, box.padded(), near))
    _open_joints(solids)
    return solids


def _solid(bone: Bone, tile: Tile, neighbours: list[Bone]) -> Solid:
    point = tile.local(bone.frame)
    body, arch = bone.body.distance(point), bone.arch.distance(point)
    canal = bone.canal(point)
    for other in neighbours:
        canal = np.minimum(canal, other.canal(tile.local(other.frame)))
    shell = np.float32(v.shell_thickness.value)
    surface = np.minimum(body, np.maximum(filleted_union(body, arch, 2.0), -canal))
    thick = np.float32(v.arch_shell_thickness.value) + _pars_thickening(bone, point)
    spongy_arch = np.maximum(arch + thick, thick - canal)
    inside = filleted_union(body + shell, spongy_arch, 2.0)
    return Solid(bone, tile, point, surface, inside)


def _pars_thickening(bone: Bone, point: Point) -> AnyArray:
    """Extra cortex between the joints, which is cortical through and through, fading away from there."""
    r, a, s = bone.arch.cortical_core_mm
    far = (np.abs(point[0]) - r) ** 2 + (point[1] - a) ** 2 + ((point[2] - s) * np.float32(0.8)) ** 2
    return np.asarray(np.float32(4.5) * np.exp(-far / np.float32(6.0**2)))


def _open_joints(solids: list[Solid]) -> None:
    """Where two neighbours would meet, each ends half a joint space before the surface midway."""
    half = np.float32(v.facet_gap.value / 2)
    thick = np.float32(v.arch_shell_thickness.value)
    for upper, lower in pairwise(solids):
        shared = upper.tile.meet(lower.tile)
        if shared is None:
            continue
        up, low = shared.inside(upper.tile), shared.inside(lower.tile)
        ahead = (upper.surface[up] - lower.surface[low]) / 2
        upper.surface[up] = np.maximum(upper.surface[up], ahead + half)
        lower.surface[low] = np.maximum(lower.surface[low], half - ahead)
        upper.inside[up] = np.maximum(upper.inside[up], ahead + half + thick)
        lower.inside[low] = np.maximum(lower.inside[low], half - ahead + thick)


def paint_bone(canvas: Canvas, solid: Solid, spec: SyntheticSpec) -> tuple[Tile, AnyArray]:
    """Paint one vertebra; returns where, and the part of each voxel there that it fills."""
    inner = _trim(solid.tile)
    box = inner.inside(solid.tile)
    change = change_per_voxel(solid.surface)[box]
    filled = coverage(solid.surface[box], change)
    spongy = np.minimum(coverage(solid.inside[box], change), filled)
    point = inner.local(solid.bone.frame)
    canvas.paint(inner, filled, v.cortical_hu.value, v.stir_signal.value["cortical"])
    hu, stir = _spongy(solid.bone, spec, point, spongy)
    canvas.paint(inner, spongy, hu, stir)
    _paint_foramen(canvas, solid.bone, inner, filled)
    if solid.bone.fracture is not None and solid.bone.fracture.cleft:
        centre, radii = cleft_of(solid.bone.body)
        part = canvas.part_inside(inner, ellipsoid(point, centre, radii)) * filled
        holds = "fluid" if solid.bone.fracture.fluid else "gas"
        canvas.paint(inner, part, v.other_hu.value[holds], v.stir_signal.value[holds])
    return inner, filled


def _trim(tile: Tile) -> Tile:
    low, high = (n + 1 for n in tile.low), (n - 1 for n in tile.high)
    return Tile(tile.affine_mm, tuple(low), tuple(high))  # type: ignore[arg-type]


def _spongy(bone: Bone, spec: SyntheticSpec, point: Point, part: AnyArray) -> tuple[AnyArray, AnyArray]:
    """HU and STIR signal of the spongy bone where there is any."""
    hu = np.full(part.shape, spongy_hu(spec, bone.level), dtype=np.float32)
    stir = np.full(part.shape, v.stir_signal.value["marrow"], dtype=np.float32)
    here = part > 0
    r, a, s = (np.broadcast_to(p, part.shape)[here] for p in point)
    texture = grain(spec.seed, bone.level.order, np.array([r, a, s]))
    hu[here] += np.float32(v.texture_hu.value) * (texture - _mean_grain(spec.seed, bone))
    if bone.fracture is not None:
        upper, lower = bone.body.upper_mm(r, a), bone.body.lower_mm(r, a)
        in_body = (np.abs(a) < bone.body.depth_mm / 2) & (s < upper) & (s > lower)
        if bone.fracture.impacted:
            band = np.exp(-(((upper - s - 3.0) / 2.2) ** 2))
            hu[here] += np.where(in_body, np.float32(v.impaction_hu.value) * band, 0)
        depth = (upper - s) / np.maximum(upper - lower, 1)
        bright = np.clip((bone.fracture.oedema - depth) / 0.1 + 0.5, 0, 1) * in_body
        bright *= bone.fracture.oedema > 0  # without oedema there is no edge of it either
        stir[here] += bright * (v.stir_signal.value["oedema"] - v.stir_signal.value["marrow"])
    return hu, stir


def _paint_foramen(canvas: Canvas, bone: Bone, tile: Tile, filled: AnyArray) -> None:
    """The basivertebral foramen: a flat funnel from the posterior wall, lined with thin bone."""
    size, body = v.foramen_size.value, bone.body
    point = tile.local(bone.frame)
    centre = (0.0, -body.depth_mm / 2 + 1.0, v.foramen_above_middle.value * 2 * body.half_height_mm)
    room = min(1.0, body.half_height_mm / bone.arch.intact.half_height_mm)
    radii = np.array([size["width"] / 2, size["depth"] - 1.0, size["height"] / 2 * room])
    lining = canvas.part_inside(tile, ellipsoid(point, centre, (radii + 0.5).tolist())) * filled * 0.5
    canvas.paint(tile, lining, v.cortical_hu.value / 2, v.stir_signal.value["marrow"])
    hole = canvas.part_inside(tile, ellipsoid(point, centre, radii.tolist())) * filled
    canvas.paint(tile, hole, v.other_hu.value["vein"], v.stir_signal.value["vein"])


def cleft_of(body: BodyShape) -> tuple[tuple[float, float, float], tuple[float, float, float]]:
    """Centre and radii (mm) of the gas in the front of a broken body, under its upper end-plate."""
    at = 0.12 * body.depth_mm
    upper, height = float(body.upper_mm(0.0, at)), body.height_mm(at)
    thin = min(2.2, 0.14 * height)
    return (0.0, at, upper - 0.22 * height - thin), (0.24 * body.width_mm, 0.26 * body.depth_mm, thin)


def _mean_grain(seed: int, bone: Bone) -> np.float32:
    """Mean grain of the middle of the body, taken away so that its density is the truth's."""
    body = bone.body
    half = np.array([[0.7 * body.width_mm], [0.7 * body.depth_mm], [1.3 * body.half_height_mm]]) / 2
    steps = np.linspace(-1, 1, 25)
    points = half * np.array(np.meshgrid(steps, steps, steps)).reshape(3, -1)
    return np.float32(grain(seed, bone.level.order, points.astype(np.float32)).mean())


TILE_MM = 64
"""Edge of the block of grain that is repeated; larger than a body, so that no pattern shows."""


@cache
def _grain_block(seed: int) -> AnyArray:
    """A periodic block of correlated noise, mean 0 and SD 1, drawn out along the trabeculae."""
    noise = np.random.default_rng([seed, 1]).standard_normal((TILE_MM,) * 3, dtype=np.float32)
    fine = ndimage.gaussian_filter(noise, (0.6, 0.6, 1.6), mode="wrap")
    coarse = ndimage.gaussian_filter(noise, (2.5, 2.5, 4.0), mode="wrap")
    block = fine / fine.std() + 0.5 * coarse / coarse.std()
    return np.asarray((block - block.mean()) / block.std(), dtype=np.float32)


def grain(seed: int, order: int, point: AnyArray) -> AnyArray:
    """Grain of one bone (or 0: muscle) at points of shape (3, n): mean 0, SD 1."""
    shift = np.random.default_rng([seed, 2, order]).uniform(0, TILE_MM, (3, 1)).astype(np.float32)
    return np.asarray(ndimage.map_coordinates(_grain_block(seed), point + shift, order=1, mode="grid-wrap"))


LAST_RIB = Level.T12
RIB_SHELL_MM = np.float32(0.9)


def paint_ribs(canvas: Canvas, solids: list[Solid]) -> None:
    """The ribs of the chest's levels, each ending a joint space before the vertebrae."""
    for solid in solids:
        if solid.bone.level.order <= LAST_RIB.order:
            for side in (-1, 1):
                _paint_rib(canvas, solids, solid.bone, side)


def _paint_rib(canvas: Canvas, solids: list[Solid], bone: Bone, side: int) -> None:
    path = bone.arch.rib_mm
    low, high = path.min(axis=0) - 9, path.max(axis=0) + 9
    ends = sorted((side * float(low[0]), side * float(high[0])))
    tile = canvas.tile.around_local(bone.frame, (ends[0], *low[1:]), (ends[1], *high[1:]))
    if tile is None:
        return
    r, a, s = tile.local(bone.frame)
    rib = np.full(tile.shape, FAR, dtype=np.float32)
    for start, end in pairwise(path.tolist()):
        rib = filleted_union(rib, limb((np.float32(side) * r, a, s), start, end, (3.1, 3.1, 5.6)), 3.0)
    for other in solids:
        shared = tile.meet(other.tile)
        if shared is not None:
            here = shared.inside(tile)
            gap = np.float32(v.facet_gap.value) - other.surface[shared.inside(other.tile)]
            rib[here] = np.maximum(rib[here], gap)
    canvas.paint_solid(tile, rib, v.cortical_hu.value, v.stir_signal.value["cortical"])
    canvas.paint_solid(
        tile, rib + RIB_SHELL_MM, v.other_hu.value["rib_marrow"], v.stir_signal.value["marrow"]
    )
