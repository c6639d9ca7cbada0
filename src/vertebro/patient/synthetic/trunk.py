"""The body around the spine: skin, fat, muscles, organs, vessels, and clean samples of five tissues."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from math import sqrt

import numpy as np

from vertebro.kernels.arrays import AnyArray, Array
from vertebro.kernels.solids import Point, ellipse, ellipsoid, limb
from vertebro.patient.synthetic.bone import Bone, grain
from vertebro.patient.synthetic.canvas import Canvas, Tile
from vertebro.patient.synthetic.spec import SyntheticSpec, v
from vertebro.vocabulary.levels import Level

SKIN_BACK_MM = 84.0
"""How far the skin of the back lies behind the spine's middle."""

TRUNK_MM = (158.0, 108.0)
"""Half width and half depth of the trunk."""

FOLLOW = 0.7
"""How much of the spine's bends the skin of the back follows."""

LAYERS = ((0.0, "skin"), (2.0, "adipose"), (20.0, "muscle"), (31.0, "adipose"))
"""What lies how deep (mm) under the skin's surface."""

AORTA = (13.0, 29.0, 10.0)
"""Left, anterior and radius of the aorta."""

FAT_SAMPLE_MM = 8.0
"""Depth of the fat sample under the skin's surface, in the middle of the layer."""

COUCH_MM = (46.0, 600.0, 2.0)
"""The couch: how far behind the skin, its radius of curvature, half the thickness of its shell."""

ENDLESS = 1e4
"""Beyond any image, mm."""


@dataclass(frozen=True)
class Part:
    """One tissue's solid in (left, anterior, up) mm from the line of the bodies, and a box around it."""

    tissue: str
    low_mm: Sequence[float]
    high_mm: Sequence[float]
    distance: Callable[[Point], AnyArray]


@dataclass(frozen=True)
class Surroundings:
    """The soft tissues of one patient, placed by her levels and the line through their bodies (LPS mm)."""

    spec: SyntheticSpec
    levels: tuple[Level, ...]
    path_mm: Array

    def along_spine(self, tile: Tile, follow: float = 1.0) -> Point:
        """(left, anterior, up) mm of a tile's voxels from the line of the bodies' centres.

        ``follow`` is how much of the line's bends is followed: 1 all of it, 0 none.
        """
        x, y, z = tile.world()
        path = self.path_mm[::-1]
        if np.abs(path[:, 0]).max() > 1e-9:  # a straight spine keeps its left coordinate small in memory
            x = x - np.float32(follow) * np.interp(z, path[:, 2], path[:, 0]).astype(np.float32)
        return x, -(y - np.float32(follow) * np.interp(z, path[:, 2], path[:, 1]).astype(np.float32)), z

    def box(self, tile: Tile, low_mm: Sequence[float], high_mm: Sequence[float]) -> Tile | None:
        """The part of a tile that holds a box given along the spine."""
        x, y, _ = self.path_mm.T
        low = (low_mm[0] + float(x.min()), float(y.min()) - high_mm[1] - 2, low_mm[2])
        high = (high_mm[0] + float(x.max()), float(y.max()) - low_mm[1] + 2, high_mm[2])
        return tile.around_lps(low, high)

    def height_of(self, level: Level) -> float:
        """Height of a level's centre, continued beyond the levels built by whole mean steps."""
        levels, z = self.levels, self.path_mm[:, 2]
        if level in levels:
            return float(z[levels.index(level)])
        step = 31.0 if len(z) < 2 else float((z[0] - z[-1]) / (len(z) - 1))
        return float(z[0] + step * (_rank(levels[0]) - _rank(level)))

    @property
    def ends_mm(self) -> tuple[float, float]:
        """Lowest and highest place at the height of a body."""
        half = 10.0  # less than half of any body
        return float(self.path_mm[-1, 2]) - half, float(self.path_mm[0, 2]) + half

    def hu(self, tissue: str) -> float:
        """HU of a soft tissue on this patient's scan."""
        if tissue == "blood" and self.spec.contrast:
            return float(v.other_hu.value["contrast_blood"])
        five = {"adipose": v.adipose_hu, "muscle": v.muscle_hu, "blood": v.blood_hu, "air": v.air_hu}
        return float(five[tissue].value if tissue in five else v.other_hu.value[tissue])


def _rank(level: Level) -> int:
    """Position without the rare T13, so that T12 and L1 are neighbours."""
    return level.order - (1 if level.order > Level.T12.order else 0)


def paint_trunk(canvas: Canvas, around: Surroundings) -> None:
    """Skin, fat, wall, belly, back muscles, psoas and vessels, from the outside in."""
    tile, stir = canvas.tile, v.stir_signal.value
    left, front, _ = around.along_spine(tile, FOLLOW)
    down = -front - np.float32(SKIN_BACK_MM - TRUNK_MM[1])
    for inset, tissue in LAYERS:
        layer = ellipse(left, down, TRUNK_MM[0] - inset, TRUNK_MM[1] - inset)
        canvas.paint_solid(tile, layer, around.hu(tissue), stir[tissue])
    _paint_couch(canvas)
    for part in [*_belly(around), *_back(around)]:
        _paint(canvas, around, part)
    _marble(canvas, around)
    for part in [*_front_muscles(around), *_vessels()]:
        _paint(canvas, around, part)


def _paint_couch(canvas: Canvas) -> None:
    behind, radius, half = COUCH_MM
    deepest = SKIN_BACK_MM + behind
    box = canvas.tile.around_lps((-210, deepest - 40, -ENDLESS), (210, deepest + 5, ENDLESS))
    if box is not None:
        x, y, _ = box.world()
        from_centre = np.sqrt(x * x + (y - np.float32(deepest - radius)) ** 2)
        shell = np.abs(from_centre - np.float32(radius)) - np.float32(half)
        canvas.paint_solid(box, shell, v.other_hu.value["couch"], v.stir_signal.value["couch"])


def _paint(canvas: Canvas, around: Surroundings, part: Part) -> None:
    box = around.box(canvas.tile, part.low_mm, part.high_mm)
    if box is not None:
        distance = part.distance(around.along_spine(box))
        canvas.paint_solid(box, distance, around.hu(part.tissue), v.stir_signal.value[part.tissue])


def _tube(tissue: str, left: float, anterior: float, rx: float, ry: float) -> Part:
    """An elliptic tube that follows the spine through the whole image."""

    def distance(p: Point) -> AnyArray:
        return ellipse(p[0] - np.float32(left), p[1] - np.float32(anterior), rx, ry)

    low = (left - rx - 2, anterior - ry - 2, -ENDLESS)
    return Part(tissue, low, (left + rx + 2, anterior + ry + 2, ENDLESS), distance)


def _blob(tissue: str, centre: tuple[float, float, float], radii: tuple[float, float, float]) -> Part:
    low, high = np.subtract(centre, radii) - 2, np.add(centre, radii) + 2
    return Part(tissue, low.tolist(), high.tolist(), lambda p: ellipsoid(p, centre, radii))


def _belt(
    tissue: str, ends: Sequence[tuple[float, float, float]], radii: Sequence[tuple[float, float, float]]
) -> Part:
    """A muscle drawn out between two places, with the radii it has at each."""
    reach = np.max(radii, axis=0) + 2
    low, high = np.min(ends, axis=0) - reach, np.max(ends, axis=0) + reach
    return Part(tissue, low.tolist(), high.tolist(), lambda p: limb(p, ends[0], ends[1], radii[0], radii[1]))


def _belly(around: Surroundings) -> Iterator[Part]:
    at = around.height_of
    yield _blob("liver", (-75, 70, at(Level.T11)), (62, 66, 75))
    yield _blob("bowel", (68, 78, at(Level.T12)), (50, 42, 40))
    yield _blob("kidney", (60, 2, at(Level.L1) + 4), (24, 20, 50))
    yield _blob("kidney", (-60, 0, at(Level.L2) + 6), (24, 20, 50))
    loops = ((-58, 78), (-20, 92), (22, 84), (60, 74), (4, 112), (-40, 118), (46, 116))
    for n, (left, anterior) in enumerate(loops):
        yield _blob("bowel", (left, anterior, at(Level.L3) + 14 * (n % 3 - 1)), (17, 15, 38))


def _back(around: Surroundings) -> Iterator[Part]:
    low, high = around.height_of(Level.L4) - 20, around.height_of(Level.L1)
    for side in (-1, 1):
        yield _tube("muscle", side * 31, -46, 27, 19)
        yield _tube("muscle", side * 14, -41, 12.5, 17)
        yield _belt("muscle", ((side * 66, -14, low), (side * 44, -22, high)), ((16, 9, 9), (8, 6, 9)))
    yield _tube("ligament", 0, -48, 2.2, 24)


def _front_muscles(around: Surroundings) -> Iterator[Part]:
    low, high = around.height_of(Level.L2), around.height_of(Level.T10)
    for side in (-1, 1):
        yield _psoas(around, side)
        yield _belt("muscle", ((side * 9, 20, low), (side * 20, 20, high)), ((3, 3, 8), (4, 8, 8)))


def _psoas(around: Surroundings, side: int) -> Part:
    top, bottom = around.height_of(Level.T12) - 6, around.height_of(Level.L5)
    ends = ((side * 22.0, -6.0, top), (side * 43.0, 2.0, bottom))
    return _belt("muscle", ends, ((5.0, 6.5, 8.0), (19.0, 21.0, 20.0)))


def _vessels() -> Iterator[Part]:
    left, anterior, radius = AORTA
    yield _tube("blood", left, anterior, radius, radius)
    yield _tube("blood", -17, 28, 11, 8.5)


def _marble(canvas: Canvas, around: Surroundings) -> None:
    """Streaks of fat in the muscles of the back, as at her age."""
    box = around.box(canvas.tile, (-58, -66, -ENDLESS), (58, -25, ENDLESS))
    if box is None:
        return
    spine = around.along_spine(box)
    sides = [_tube("muscle", side * 31, -46, 25, 17).distance(spine) for side in (-1, 1)]
    middle = _tube("muscle", 0, -41, 25, 15).distance(spine)
    depth = np.broadcast_to(np.minimum(np.minimum(*sides), middle), box.shape)
    here = depth < 0
    point = np.array([np.broadcast_to(p, here.shape)[here] for p in spine])
    streak = grain(around.spec.seed, 0, point * np.array([[0.55], [0.75], [0.16]], dtype=np.float32))
    part = np.zeros(here.shape, dtype=np.float32)
    part[here] = np.clip((streak - 0.75) * 1.2, 0, 0.85) * np.clip(-depth[here] / 3, 0, 1)
    canvas.paint(box, part, around.hu("adipose"), v.stir_signal.value["adipose"])


ADIPOSE, AIR, BLOOD, CORTICAL, MUSCLE = 91, 92, 93, 94, 95
"""Labels of the five reference tissues, as the internal calibration reads them."""


def sample_tissues(canvas: Canvas, around: Surroundings, bones: Mapping[Level, Bone]) -> AnyArray:
    """Labels of small clean samples of five tissues, each well inside its tissue, on whole voxels."""
    labels = np.zeros(
        tuple(n // p for n, p in zip(canvas.tile.shape, canvas.grid.parts, strict=True)), np.uint8
    )
    low, high = around.ends_mm
    left, anterior, radius = AORTA
    psoas = _psoas(around, 1)
    fat = SKIN_BACK_MM - _inset(FAT_SAMPLE_MM, 30)
    air = SKIN_BACK_MM + 14
    samples = [
        (BLOOD, _tube("blood", left, anterior, radius - 3.5, radius - 3.5), 1.0, low),
        (MUSCLE, Part("muscle", psoas.low_mm, psoas.high_mm, lambda p: psoas.distance(p) + 4.5), 1.0, low),
        (ADIPOSE, _tube("adipose", 30, -fat, 12, 2.5), FOLLOW, low),
        (AIR, _tube("air", 0, -air, 20, 5.0), FOLLOW, low),
    ]
    for number, part, follow, bottom in samples:
        box = around.box(canvas.tile, (*part.low_mm[:2], bottom), (*part.high_mm[:2], high))
        if box is not None:
            spine = around.along_spine(box, follow)
            within = np.maximum(bottom - spine[2], spine[2] - high)
            _mark(labels, canvas, box, np.maximum(part.distance(spine), within), number)
    for bone in bones.values():
        _sample_cortex(labels, canvas, bone)
    return labels


def _sample_cortex(labels: AnyArray, canvas: Canvas, bone: Bone) -> None:
    r, a, s = bone.arch.cortical_core_mm
    for side in (-1, 1):
        box = canvas.tile.around_local(bone.frame, (side * r - 3, a - 3, s - 4), (side * r + 3, a + 3, s + 4))
        if box is not None:
            core = ellipsoid(box.local(bone.frame), (side * r, a, s), (1.7, 1.7, 2.6))
            _mark(labels, canvas, box, core, CORTICAL)


def _mark(labels: AnyArray, canvas: Canvas, box: Tile, distance: AnyArray, number: int) -> None:
    """Label the voxels that lie inside with all their parts."""
    inside = np.broadcast_to(distance, box.shape) < 0
    where, part = canvas.averaged_tile(box, inside.astype(np.float32))
    labels[where][part > 0.999] = number


def _inset(depth_mm: float, left_mm: float) -> float:
    """How far before the hindmost skin a layer at this depth lies, this far to the side."""
    wide, deep = TRUNK_MM[0] - depth_mm, TRUNK_MM[1] - depth_mm
    return TRUNK_MM[1] - deep * sqrt(1 - (left_mm / wide) ** 2)
