"""Everything around the bone, from the skin to the dural sac, and clean samples of five tissues."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from vertebro.kernels.arrays import AnyArray, Array
from vertebro.kernels.solids import Point, ellipsoid, limb
from vertebro.patient.synthetic.bone import Bone
from vertebro.patient.synthetic.canvas import Canvas, Tile
from vertebro.patient.synthetic.column import Column
from vertebro.patient.synthetic.spec import SyntheticSpec, v
from vertebro.vocabulary.levels import Level

SKIN_BACK_MM = 82.0
"""How far the skin of the back lies behind the spine's middle."""

TRUNK_MM = (158.0, 108.0)
"""Half width and half depth of the trunk."""

Distance = Callable[[Point], AnyArray]


@dataclass(frozen=True)
class Surroundings:
    """The soft tissues of one patient; sizes in mm, places relative to the line of the bodies."""

    spec: SyntheticSpec
    column: Column

    def along_spine(self, tile: Tile) -> Point:
        """(left, anterior, up) mm of a tile's voxels from the line of the bodies' centres."""
        x, y, z = tile.world()
        path = self.column.path_mm[::-1]
        return x, -(y - np.interp(z, path[:, 2], path[:, 1]).astype(np.float32)), z

    @property
    def ends_mm(self) -> tuple[float, float]:
        """Lowest and highest body centre."""
        return float(self.column.path_mm[-1, 2]), float(self.column.path_mm[0, 2])

    def height_of(self, level: Level) -> float:
        """Height of a level's centre, continued beyond the levels built by whole mean steps."""
        levels, z = self.column.levels, self.column.path_mm[:, 2]
        step = 31.0 if len(z) < 2 else float((z[0] - z[-1]) / (len(z) - 1))
        if level in levels:
            return float(z[levels.index(level)])
        orders = [_rank(lv) for lv in levels]
        return float(z[0] + step * (orders[0] - _rank(level)))

    @property
    def blood_hu(self) -> float:
        """Blood with or without contrast agent."""
        return float(v.other_hu.value["contrast_blood"] if self.spec.contrast else v.blood_hu.value)


def _rank(level: Level) -> int:
    """Position without the rare T13, so that T12 and L1 are neighbours."""
    return level.order - (1 if level.order > Level.T12.order else 0)


def paint_trunk(canvas: Canvas, around: Surroundings) -> None:
    """Skin, fat, wall, belly, back muscles, psoas and vessels, from the outside in."""
    tile = canvas.tile
    x, y, _ = tile.world()
    centre = SKIN_BACK_MM - TRUNK_MM[1]
    u, w = x, y - np.float32(centre)
    hu, stir = _hu(), v.stir_signal.value

    def ring(inset: float) -> AnyArray:
        rx, ry = np.float32(TRUNK_MM[0] - inset), np.float32(TRUNK_MM[1] - inset)
        return _ellipse(u, w, rx, ry)

    flat = ring(0)
    canvas.paint_solid(tile, np.broadcast_to(flat, tile.shape), hu["skin"], stir["skin"])
    for inset, name in ((2.0, "adipose"), (20.0, "muscle"), (31.0, "adipose")):
        canvas.paint_solid(tile, ring(inset), hu[name], stir[name])
    spine = around.along_spine(tile)
    for solid in _belly(around) + _back(around):
        paint_part(canvas, solid, spine, hu, stir)
    for side in (-1, 1):
        paint_part(canvas, ("muscle", _psoas(around, side)), spine, hu, stir)
    for solid in _vessels(around):
        paint_part(canvas, solid, spine, hu | {"blood": around.blood_hu}, stir)


def paint_part(
    canvas: Canvas,
    solid: tuple[str, Distance],
    point: Point,
    hu: Mapping[str, float],
    stir: Mapping[str, float],
) -> None:
    """Paint one named tissue inside the solid that goes with it."""
    name, distance = solid
    canvas.paint_solid(canvas.tile, distance(point), hu[name], stir[name])


def _hu() -> dict[str, float]:
    five = {n: getattr(v, f"{n}_hu").value for n in ("adipose", "air", "blood", "muscle")}
    return {**five, **v.other_hu.value}


def _ellipse(u: AnyArray, w: AnyArray, rx: float | np.float32, ry: float | np.float32) -> AnyArray:
    a, b = u / np.float32(rx), w / np.float32(ry)
    k = np.maximum(np.sqrt(a * a + b * b), np.float32(1e-4))
    slope = np.sqrt((a / np.float32(rx)) ** 2 + (b / np.float32(ry)) ** 2)
    return np.asarray((k - 1) * k / np.maximum(slope, np.float32(1e-6)))


def _tube(left: float, anterior: float, rx: float, ry: float) -> Distance:
    """An elliptic tube that follows the spine."""
    return lambda p: _ellipse(p[0] - np.float32(left), p[1] - np.float32(anterior), rx, ry)


def _blob(centre: tuple[float, float, float], radii: tuple[float, float, float]) -> Distance:
    return lambda p: ellipsoid(p, centre, radii)


def _belly(around: Surroundings) -> list[tuple[str, Distance]]:
    at = around.height_of
    solids: list[tuple[str, Distance]] = [
        ("liver", _blob((-75, 70, at(Level.T11)), (62, 66, 75))),
        ("bowel", _blob((68, 78, at(Level.T12)), (50, 42, 40))),
        ("kidney", _blob((60, 2, at(Level.L1) + 4), (24, 20, 50))),
        ("kidney", _blob((-60, 0, at(Level.L2) + 6), (24, 20, 50))),
    ]
    for n, (x, a) in enumerate(((-58, 78), (-20, 92), (22, 84), (60, 74), (4, 112), (-40, 118), (46, 116))):
        solids.append(("bowel", _blob((x, a, at(Level.L3) + 14 * (n % 3 - 1)), (17, 15, 38))))
    return solids


def _back(around: Surroundings) -> list[tuple[str, Distance]]:
    solids: list[tuple[str, Distance]] = []
    for side in (-1, 1):
        solids.append(("muscle", _tube(side * 31, -46, 27, 19)))
        solids.append(("muscle", _tube(side * 14, -41, 12.5, 17)))
        low = around.height_of(Level.L4) - 20
        high = around.height_of(Level.L1)
        start, end = (side * 66, -14, low), (side * 44, -22, high)
        solids.append(("muscle", lambda p, s=start, e=end: limb(p, s, e, (16, 9, 9), (8, 6, 9))))  # type: ignore[misc]
    solids.append(("ligament", _tube(0, -48, 2.2, 24)))
    return solids


def _psoas(around: Surroundings, side: int) -> Distance:
    top, bottom = around.height_of(Level.T12) - 6, around.height_of(Level.L5)
    return lambda p: limb(
        p, (side * 22, -6, top), (side * 43, 2, bottom), (5.0, 6.5, 8.0), (19.0, 21.0, 20.0)
    )


AORTA = (13.0, 29.0, 10.0)
"""Left, anterior and radius of the aorta."""


def _vessels(around: Surroundings) -> list[tuple[str, Distance]]:
    left, anterior, radius = AORTA
    cava = _tube(-17, 28, 11, 8.5)
    crura = [("muscle", _crus(around, side)) for side in (-1, 1)]
    return [*crura, ("blood", _tube(left, anterior, radius, radius)), ("blood", cava)]


def _crus(around: Surroundings, side: int) -> Distance:
    low, high = around.height_of(Level.L2), around.height_of(Level.T10)
    return lambda p: limb(p, (side * 9, 20, low), (side * 20, 20, high), (3, 3, 8), (4, 8, 8))


def paint_canal(canvas: Canvas, bones: Mapping[Level, Bone]) -> None:
    """Epidural fat, the dural sac and in it the cord, which ends at L1."""
    hu, stir = v.other_hu.value, v.stir_signal.value
    for level, bone in bones.items():
        span = bone.arch.intact.half_height_mm + v.disc_height.value[level.value]
        back = bone.arch.back_mm - bone.arch.canal_depth_mm
        wide = bone.arch.canal_width_mm / 2 + 2
        box = canvas.tile.around_local(
            bone.frame, (-wide, back - 2, -span), (wide, bone.arch.back_mm + 4, span)
        )
        if box is None:
            continue
        point = box.local(bone.frame)
        fat = bone.canal(point)
        canvas.paint_solid(box, fat, v.adipose_hu.value, stir["adipose"])
        r, a, s = point
        middle = bone.arch.back_mm - 0.46 * bone.arch.canal_depth_mm
        sac = np.maximum(
            _ellipse(
                r, a - np.float32(middle), bone.arch.canal_width_mm / 2 - 2.6, 0.40 * bone.arch.canal_depth_mm
            ),
            np.abs(s) - np.float32(span),
        )
        canvas.paint_solid(box, sac, hu["fluid"], stir["fluid"])
        tip = -0.3 * bone.body.half_height_mm if level is Level.L1 else -span
        if level.order <= Level.L1.order:
            cord = np.maximum(_ellipse(r, a - np.float32(middle + 0.6), 4.6, 3.7), np.float32(tip) - s)
            cord = np.maximum(cord, s - np.float32(span))
            canvas.paint_solid(box, cord, hu["cord"], stir["cord"])


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


ADIPOSE, AIR, BLOOD, CORTICAL, MUSCLE = 91, 92, 93, 94, 95
"""Labels of the five reference tissues, as the internal calibration reads them."""


def sample_tissues(canvas: Canvas, around: Surroundings, bones: Mapping[Level, Bone]) -> AnyArray:
    """Labels of small clean samples of five tissues, each well inside its tissue, on whole voxels."""
    spine = around.along_spine(canvas.tile)
    x, y, z = canvas.tile.world()
    low, high = around.ends_mm
    within = np.maximum(low - z, z - high)
    left, anterior, radius = AORTA
    psoas = np.maximum(_psoas(around, 1)(spine), _psoas(around, 1)((spine[0], spine[1], spine[2])))
    samples: list[tuple[int, AnyArray]] = [
        (BLOOD, np.maximum(_tube(left, anterior, radius - 3.5, radius - 3.5)(spine), within)),
        (
            MUSCLE,
            np.maximum(psoas + np.float32(4.5), np.maximum(within, around.height_of(Level.L3) - 10 - z)),
        ),
        (ADIPOSE, np.maximum(_ellipse(x - 30, y - np.float32(_fat_depth(30)), 12, 3.0), within)),
        (AIR, np.maximum(_ellipse(x, y - np.float32(SKIN_BACK_MM + 14), 20, 5.0), within)),
    ]
    labels = np.zeros(
        tuple(n // p for n, p in zip(canvas.tile.shape, canvas.grid.parts, strict=True)), np.uint8
    )
    for number, distance in samples:
        labels[_whole(canvas, distance)] = number
    for bone in bones.values():
        r, a, s = bone.arch.cortical_core_mm
        point = canvas.tile.local(bone.frame)
        for side in (-1, 1):
            labels[_whole(canvas, ellipsoid(point, (side * r, a, s), (1.7, 1.7, 2.6)))] = CORTICAL
    return labels


def _fat_depth(left: float) -> float:
    """Posterior coordinate of the middle of the fat under the skin, this far to the left."""
    depth = TRUNK_MM[1] - 11.0
    return SKIN_BACK_MM - TRUNK_MM[1] + depth * float(np.sqrt(1 - (left / (TRUNK_MM[0] - 11)) ** 2))


def _whole(canvas: Canvas, distance: AnyArray) -> AnyArray:
    """Voxels that lie inside with all their parts."""
    inside = np.broadcast_to(distance, canvas.tile.shape) < 0
    return np.asarray(canvas.averaged(inside.astype(np.float32)) > 0.999)


def skin_mm() -> Array:
    """Place of the skin of the back in LPS mm."""
    return np.array([0.0, SKIN_BACK_MM, 0.0])
