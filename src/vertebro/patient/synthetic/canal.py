"""What lies between and behind the bodies: the discs, and the canal with its fat, dural sac and cord."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import pairwise

import numpy as np
from scipy.interpolate import PchipInterpolator

from vertebro.kernels.arrays import AnyArray
from vertebro.kernels.solids import Point, ellipse
from vertebro.patient.synthetic.bone import Bone
from vertebro.patient.synthetic.canvas import Canvas, Tile
from vertebro.patient.synthetic.spec import v
from vertebro.vocabulary.levels import Level


def paint_canal(canvas: Canvas, bones: Mapping[Level, Bone]) -> None:
    """Epidural fat, the dural sac and in it the cord, which ends at L1."""
    stir = v.stir_signal.value
    for level, bone in bones.items():
        span = bone.arch.intact.half_height_mm + v.disc_height.value[level.value]
        back = bone.arch.back_mm - bone.arch.canal_depth_mm
        wide = bone.arch.canal_width_mm / 2 + 2
        box = canvas.tile.around_local(
            bone.frame, (-wide, back - 2, -span), (wide, bone.arch.back_mm + 4, span)
        )
        if box is not None:
            canvas.paint_solid(box, bone.canal(box.local(bone.frame)), v.adipose_hu.value, stir["adipose"])
    _paint_sac(canvas, bones)


def _paint_sac(canvas: Canvas, bones: Mapping[Level, Bone]) -> None:
    hu, stir = v.other_hu.value, v.stir_signal.value
    y = [float(b.frame.origin_mm[1]) for b in bones.values()]
    box = canvas.tile.around_lps((-14, min(y), -1e4), (14, max(y) + 40, 1e4))
    if box is None:
        return
    x, a, z = _along_canal(box, bones)
    arch = next(iter(bones.values())).arch
    width = np.interp(z, *_widths(bones)).astype(np.float32)
    sac = ellipse(x, a, width / 2 - np.float32(2.8), 0.39 * arch.canal_depth_mm)
    canvas.paint_solid(box, sac, hu["fluid"], stir["fluid"])
    cord = np.maximum(ellipse(x, a - np.float32(0.5), 4.6, 3.7), np.float32(_cord_end_mm(bones)) - z)
    canvas.paint_solid(box, cord, hu["cord"], stir["cord"])


def _cord_end_mm(bones: Mapping[Level, Bone]) -> float:
    """Height at which the cord ends: a little below the middle of L1, or beyond the levels built."""
    if Level.L1 in bones:
        return float(bones[Level.L1].frame.origin_mm[2]) - 4.0
    return -1e4 if min(bones) < Level.L1 else 1e4


def _along_canal(tile: Tile, bones: Mapping[Level, Bone]) -> Point:
    """(left, anterior, up) mm of a tile's voxels from a smooth line through the middle of the canal."""
    x, y, z = tile.world()
    middles = []
    for bone in bones.values():
        half = bone.arch.intact.half_height_mm * 0.6
        places = [(0, bone.arch.back_mm - 0.47 * bone.arch.canal_depth_mm, s) for s in (half, -half)]
        middles.append(bone.frame.world_mm(np.array(places)))
    line = np.concatenate(middles)[::-1]
    smooth = PchipInterpolator(line[:, 2], line[:, 1])
    ends = np.clip(z, line[0, 2], line[-1, 2])
    slope = np.where(z > ends, smooth(line[-1, 2], 1), smooth(line[0, 2], 1))
    return x, (smooth(ends) + slope * (z - ends) - y).astype(np.float32), z


def _widths(bones: Mapping[Level, Bone]) -> tuple[list[float], list[float]]:
    """Heights from below and the width of the canal there."""
    from_below = list(bones.values())[::-1]
    return [float(b.frame.origin_mm[2]) for b in from_below], [b.arch.canal_width_mm for b in from_below]


def paint_discs(canvas: Canvas, bones: Mapping[Level, Bone]) -> None:
    """Discs between the end-plates: a ring with a softer, moister core."""
    pairs = list(bones.values())
    for upper, lower in pairwise(pairs):
        _paint_disc(canvas, upper, lower)


def _paint_disc(canvas: Canvas, upper: Bone, lower: Bone) -> None:
    hu, stir = v.other_hu.value, v.stir_signal.value
    half = upper.body.half_height_mm
    disc = v.disc_height.value[upper.level.value]
    wide, deep = lower.body.width_mm / 2 + 5, lower.body.depth_mm / 2 + 6
    reach = -half - disc - lower.body.half_height_mm
    box = canvas.tile.around_local(upper.frame, (-wide, -deep, reach), (wide, deep, 0))
    if box is None:
        return
    over, under = box.local(upper.frame), box.local(lower.frame)
    below = over[2] - upper.body.lower_mm(over[0], over[1]).astype(np.float32)
    above = lower.body.upper_mm(under[0], under[1]).astype(np.float32) - under[2]
    wall = (_disc_wall(upper, over, -1) + _disc_wall(lower, under, 1)) / 2
    ring = np.maximum(wall - np.float32(0.8), np.maximum(below, above))
    canvas.paint_solid(box, ring, hu["disc_ring"], stir["disc_ring"])
    core = np.maximum(wall + np.float32(7.0), np.maximum(below, above))
    canvas.paint_solid(box, core, hu["disc_core"], stir["disc_core"])


def _disc_wall(bone: Bone, point: Point, side: int) -> AnyArray:
    """Distance to the edge of an end-plate, carried on into the disc."""
    r, a, _ = point
    at_rim = np.float32(side * bone.body.half_height_mm) + np.float32(side * bone.body.chord_slope) * a
    return bone.body.wall_distance((r, a, at_rim))
