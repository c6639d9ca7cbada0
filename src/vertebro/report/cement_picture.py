"""Pictures of an injection: slices through the needle's tip with the cement on the CT, the bone as glass."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from vertebro.kernels.arrays import AnyArray, Array
from vertebro.kernels.rendering import Canvas, Surface, rendered, tube
from vertebro.patient.frame import BodyFrame
from vertebro.patient.volume import Volume
from vertebro.report.cement_scene import (
    BONE,
    CAVITY,
    CEMENT,
    NEEDLE,
    OUTLINE,
    CementScene,
    DrawnLeak,
    rgb,
    say,
)
from vertebro.report.drawing import Drawing, png
from vertebro.report.figures import GROUND, HALO, INK, Picture, bone_window, contours, scale_bar
from vertebro.report.planes import Plane
from vertebro.report.readable import made_readable
from vertebro.report.surfaces3d import level_surface, surface_of
from vertebro.vocabulary.grades import Quantity
from vertebro.vocabulary.known import Unknown

PIXEL_MM = 0.18  # sharp in print at the size shown
GAP_MM, TEXT_MM = 2.0, 3.0
ROW = 1.6  # distance of the legend's lines, in heights of its letters
STRONG = 0.78
"""Opacity of cement that fills its pores: the bone behind it can still be guessed."""
NEAR_MM = 3.0
"""A needle or a leak this near to a slice is drawn on it as if it lay in it."""
GLASS = 0.38
"""Share of the bone's colour over what lies in it."""
AIR_MM = 3.0
SOLID_GRID_MM = 0.9
FILLED = 0.5


def cement_slices(scene: CementScene) -> Picture:
    """CT with cement, needles and leaks, from the side, the front and the feet."""
    planes = scene.planes()
    width = sum(plane.size_mm[0] for plane in planes) + GAP_MM * (len(planes) - 1)
    below = max(plane.size_mm[1] for plane in planes[:2]) + TEXT_MM * 3.4
    rows = below + ROW * TEXT_MM * (len(_legend(scene)) - 0.2)
    drawing = Drawing(width, max(rows, planes[-1].size_mm[1] + TEXT_MM * 4.4), ground=GROUND)
    left = 0.0
    for plane in planes:
        _panel(drawing, scene, plane, left)
        left += plane.size_mm[0] + GAP_MM
    _draw_legend(drawing, scene, below)
    scale_bar(drawing, TEXT_MM, planes[-1].size_mm[0] / 3)
    return _picture("cement_slices", "slices", scene, drawing)


def painted(scene: CementScene, plane: Plane, pixel_mm: float) -> AnyArray:
    """The CT on a plane with the cement over it: 8-bit red, green, blue (rows, columns, 3)."""
    if isinstance(scene.ct, Volume):
        grey, seen = np.moveaxis(bone_window(plane.cut(scene.ct, pixel_mm)), -1, 0)
        ground = np.where(seen > 0, grey, 0)[..., None] * np.ones(3)
    else:
        ground = 50.0 * np.nan_to_num(plane.cut(scene.bone, pixel_mm))[..., None] * np.ones(3)
    share = np.clip(np.nan_to_num(plane.cut(scene.cement, pixel_mm)), 0, 1)[..., None]
    opacity = STRONG * share
    return np.asarray((1 - opacity) * ground + opacity * rgb(CEMENT), dtype=np.uint8)


def _panel(drawing: Drawing, scene: CementScene, plane: Plane, left: float) -> None:
    shift = np.array([left, 0.0])
    drawing.image(png(painted(scene, plane, PIXEL_MM)), corner=shift, size=plane.size_mm)
    for line in contours(plane, scene.bone, PIXEL_MM):
        drawing.line(line + shift, stroke=OUTLINE, stroke_width=0.22, opacity=0.8)
    for line in contours(plane, scene.cement, PIXEL_MM):
        drawing.line(line + shift, stroke=CEMENT, stroke_width=0.35)
    for line in () if isinstance(scene.cavity, Unknown) else contours(plane, scene.cavity, PIXEL_MM):
        drawing.line(line + shift, stroke=CAVITY, stroke_width=0.4, stroke_dasharray="1.2 0.8")
    for start, end, hidden in needle_lines(scene, plane):
        dash = {"stroke_dasharray": "1.2 1.2"} if hidden else {}
        drawing.line([start + shift, end + shift], stroke=HALO, stroke_width=1.5, opacity=0.5)
        drawing.line([start + shift, end + shift], stroke=NEEDLE, stroke_width=0.7, **dash)
    for needle in scene.needles:
        if abs(float((needle.tip_mm - plane.centre_mm) @ plane.normal)) <= NEAR_MM:
            drawing.circle(
                plane.picture_mm(needle.tip_mm) + shift, 0.9, fill=NEEDLE, stroke=HALO, stroke_width=0.3
            )
    for leak, at in leaks_on(scene, plane):
        draw_leak(drawing, leak, at + shift)
    _words(drawing, plane, shift)


def needle_lines(scene: CementScene, plane: Plane) -> list[tuple[Array, Array, bool]]:
    """Each needle on a plane, cut to the picture: start, end, and whether it lies off the plane there."""
    found = []
    for needle in scene.needles:
        if isinstance(needle.entry_mm, Unknown):
            found.append(_mark(plane, needle.tip_mm))
            continue
        along = (needle.entry_mm - needle.tip_mm) / np.linalg.norm(needle.entry_mm - needle.tip_mm)
        reach = float(np.linalg.norm(needle.entry_mm - needle.tip_mm)) + 12.0  # a little of the shaft outside
        steps = needle.tip_mm + along * np.linspace(0, reach, 60)[:, None]
        flat, off = plane.picture_mm(steps), np.abs((steps - plane.centre_mm) @ plane.normal)
        shown = ((flat >= 0) & (flat <= plane.size_mm)).all(axis=1)
        for hidden in (False, True):
            part = flat[shown & ((off > NEAR_MM) == hidden)]
            if len(part) > 1:
                found.append((part[0], part[-1], hidden))
    return found


def _mark(plane: Plane, tip_mm: Array) -> tuple[Array, Array, bool]:
    """A short stroke where a needle's tip lies whose way is not known."""
    at, half = plane.picture_mm(tip_mm), np.array([0.8, 0.0])
    return at - half, at + half, bool(abs((tip_mm - plane.centre_mm) @ plane.normal) > NEAR_MM)


def leaks_on(scene: CementScene, plane: Plane) -> list[tuple[DrawnLeak, Array]]:
    """The leaks that lie on a plane or near it, and where in its picture."""
    found = []
    for leak in scene.seen_leaks:
        at = plane.picture_mm(leak.place_mm)
        near = (
            abs(float((leak.place_mm - plane.centre_mm) @ plane.normal)) <= max(NEAR_MM, leak.radius_mm) + 2.0
        )
        if near and ((at >= 0) & (at <= plane.size_mm)).all():
            found.append((leak, at))
    return found


def draw_leak(drawing: Drawing, leak: DrawnLeak, at: Array) -> None:
    """A disc as large as the leak, with its letter."""
    radius = max(leak.radius_mm, 0.5 * TEXT_MM)
    drawing.circle(at, radius, fill=leak.colour, opacity=0.85, stroke=HALO, stroke_width=0.3)
    drawing.words(at, leak.sign, TEXT_MM * 0.85, fill=HALO, font_weight=700, text_anchor="middle")


def _words(drawing: Drawing, plane: Plane, shift: Array) -> None:
    (w, h), (x, y) = plane.size_mm, shift
    for letter, place in plane.lettered(shift, TEXT_MM * 0.8):
        drawing.words(place, letter, TEXT_MM, fill=INK, font_weight=700, text_anchor="middle", halo=HALO)
    title = say(f"slices.{plane.view}")
    drawing.words((x + w / 2, y + h + TEXT_MM), title, TEXT_MM, fill=INK, text_anchor="middle")


def _legend(scene: CementScene) -> list[tuple[str, str, str]]:
    """Sign, colour and words of everything shown."""
    rows = [("", CEMENT, say("legend.cement", ml=f"{scene.ml:.1f}")), ("", NEEDLE, say("legend.needle"))]
    rows += [] if isinstance(scene.cavity, Unknown) else [("", CAVITY, say("legend.cavity"))]
    return rows + [(one.sign, one.colour, f"{one.name} {one.ml:.2f} mL") for one in scene.seen_leaks]


def _draw_legend(drawing: Drawing, scene: CementScene, top: float) -> None:
    for row, (sign, colour, words) in enumerate(_legend(scene)):
        at = np.array([TEXT_MM * 1.2, top + row * ROW * TEXT_MM])
        drawing.circle(at, TEXT_MM * 0.6, fill=colour)
        drawing.words(at, sign, TEXT_MM * 0.8, fill=HALO, font_weight=700, text_anchor="middle")
        drawing.words(at + np.array([TEXT_MM, 0.0]), words, TEXT_MM, fill=INK)


def cement_solid(scene: CementScene) -> Picture:
    """The bone as glass from the front, the left, behind and below, with what is in it."""
    views = solid_views(scene)
    side = max(max(size) for _, _, size in views)
    drawing = Drawing(side * len(views), side + TEXT_MM * 2.4, ground="#f3f6f8")
    for number, (name, pixels, (width, height)) in enumerate(views):
        corner = (number * side + (side - width) / 2, (side - height) / 2)
        drawing.image(png(pixels), corner=corner, size=(width, height))
        middle = (number + 0.5) * side
        words = {"fill": "#16212b", "text_anchor": "middle"}
        drawing.words((middle, side + TEXT_MM), say(f"solid.{name}"), TEXT_MM, **words)
        for letter, x in zip(
            VIEWS[name][0], (number * side + TEXT_MM, (number + 1) * side - TEXT_MM), strict=True
        ):
            drawing.words((x, TEXT_MM), letter, TEXT_MM, font_weight=700, **words)
    return _picture("cement_solid", "solid", scene, drawing)


VIEWS = {
    "front": ("RL", (-1, 0, 0), (0, 0, -1)),
    "left": ("AP", (0, -1, 0), (0, 0, -1)),
    "back": ("LR", (1, 0, 0), (0, 0, -1)),
    "below": ("RL", (-1, 0, 0), (0, -1, 0)),
}
"""Letters at the left and right edge; across and down of the picture along right, anterior, superior."""


def solid_views(scene: CementScene) -> list[tuple[str, AnyArray, tuple[float, float]]]:
    """Name, picture (with opacity) and size in mm of every view."""
    bone = surface_of(scene.bone, SOLID_GRID_MM)
    made = []
    for name in VIEWS:
        canvas = _canvas(bone, scene.frame, name)
        rows, columns = canvas.shape
        pixels = _through(_bare(bone, canvas), _filled(scene, canvas))
        made.append((name, pixels, (columns * canvas.pixel_mm, rows * canvas.pixel_mm)))
    return made


def glass_view(
    scene: CementScene, name: str, size_px: tuple[int, int], surface: Surface | None = None
) -> Callable[[CementScene], AnyArray]:
    """A painter of one view at a size in pixels: the bone is drawn once, what is in it each time.

    ``surface`` is that of the bone where a caller has it already.
    """
    bone = surface or surface_of(scene.bone, SOLID_GRID_MM)
    canvas = _canvas(bone, scene.frame, name, size_px)
    glass = _bare(bone, canvas)
    return lambda now: _through(glass, _filled(now, canvas))


def _bare(bone: Surface, canvas: Canvas) -> AnyArray:
    return rendered([bone], np.array([rgb(BONE)]), canvas)


def _filled(scene: CementScene, canvas: Canvas) -> AnyArray:
    inner, colours = _inner(scene)
    return rendered(inner, colours, canvas) if inner else np.zeros((*canvas.shape, 4), np.uint8)


def _inner(scene: CementScene) -> tuple[list[Surface], AnyArray]:
    """Surfaces of cement, needles and leaks with their colours."""
    found: list[tuple[Surface, str]] = []
    if scene.cement.values.max() > FILLED:
        found.append((level_surface(scene.cement, FILLED), CEMENT))
    for needle in scene.needles:
        if not isinstance(needle.entry_mm, Unknown):
            along = (needle.entry_mm - needle.tip_mm) / np.linalg.norm(needle.entry_mm - needle.tip_mm)
            found.append((tube(needle.tip_mm, needle.entry_mm + 12 * along, needle.outer_mm / 2), "#3f9fc4"))
    found += [(_ball(leak.place_mm, max(leak.radius_mm, 1.0)), leak.colour) for leak in scene.seen_leaks]
    return [surface for surface, _ in found], np.array([rgb(colour) for _, colour in found])


def _ball(centre_mm: Array, radius_mm: float) -> Surface:
    n = 17
    away = np.linalg.norm(np.moveaxis(np.indices((n, n, n)), 0, -1) - (n - 1) / 2, axis=-1)
    affine = np.eye(4)
    affine[:3, :3] *= radius_mm / 6
    affine[:3, 3] = centre_mm - radius_mm / 6 * (n - 1) / 2
    return level_surface(Volume(np.clip(6.5 - away, 0, 1), affine, Quantity.CEMENT_SHARE))


def _canvas(bone: Surface, frame: BodyFrame, name: str, size_px: tuple[int, int] | None = None) -> Canvas:
    """The view of a bone, in pixels of the usual size or in a picture of a given one."""
    _, *local = VIEWS[name]
    across, down = (np.array(direction) @ frame.axes for direction in local)
    away = np.cross(across, down)
    flat = bone.points_mm @ np.stack([across, down, away], axis=-1)
    low, high = flat.min(axis=0) - AIR_MM, flat.max(axis=0) + AIR_MM
    width, height = (high - low)[:2]
    columns, rows = size_px or (round(width / PIXEL_MM), round(height / PIXEL_MM))
    pixel_mm = max(width / columns, height / rows)
    middle = (low + high) / 2
    corner = (middle[0] - columns * pixel_mm / 2) * across + (middle[1] - rows * pixel_mm / 2) * down
    return Canvas(corner + middle[2] * away, across, down, pixel_mm, (rows, columns))


def _through(glass: AnyArray, inside: AnyArray) -> AnyArray:
    """What is inside seen through glass: strong where there is something, the bone thin everywhere."""
    has, shell = inside[..., 3:] > 0, glass[..., 3:] > 0
    both = (1 - GLASS) * inside[..., :3] + GLASS * glass[..., :3]
    colour = np.where(has & shell, both, np.where(has, inside[..., :3], glass[..., :3]))
    opacity = np.where(has, 255, np.where(shell, 150, 0))
    return np.asarray(np.concatenate([colour, opacity], axis=-1), dtype=np.uint8)


def _picture(name: str, key: str, scene: CementScene, drawing: Drawing) -> Picture:
    needle = scene.needles[0].name if scene.needles else "-"
    words = {"level": scene.level, "ml": f"{scene.ml:.1f}", "leaks": scene.leaks_in_words(), "needle": needle}
    title, caption, alt = (say(f"{key}.{part}", **words) for part in ("title", "caption", "alt"))
    return made_readable(Picture(name, title, caption, alt, drawing.svg(alt)))
