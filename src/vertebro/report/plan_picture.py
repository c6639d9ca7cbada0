"""Pictures of planned needles: the scan cut along each of them, the room left, the bone as glass."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from vertebro.kernels.arrays import AnyArray, Array
from vertebro.kernels.needle_paths import Field
from vertebro.patient.spine import Spine
from vertebro.patient.volume import Volume
from vertebro.procedures.grades import Robustness
from vertebro.procedures.site import Site
from vertebro.procedures.trajectory import MARGINS, Plan, Trajectory
from vertebro.report.cement_picture import SOLID_GRID_MM, VIEWS, glass_view
from vertebro.report.cement_scene import NEEDLE, OUTLINE, CementScene, DrawnNeedle, rgb
from vertebro.report.drawing import Drawing, png
from vertebro.report.figures import GROUND, HALO, INK, Picture, bone_window, contours
from vertebro.report.plan_words import margin_name
from vertebro.report.planes import Plane
from vertebro.report.readable import made_readable
from vertebro.report.surfaces3d import surface_of
from vertebro.vocabulary.grades import Quantity
from vertebro.vocabulary.known import Unknown
from vertebro.vocabulary.library import cited_values
from vertebro.vocabulary.measured import Measured
from vertebro.vocabulary.texts import texts

v = cited_values(beside=__file__)
say = texts(beside=__file__, name="plan").say

PIXEL_MM = 0.25
PANEL_MM = (66.0, 62.0)
ACROSS_MM = (44.0, 44.0)
BARS_MM = 52.0
GAP_MM, TEXT_MM = 2.0, 3.0
GLASS_PIXELS = 300
SHADE = 0.25
"""Share of the canal's colour over the scan."""
CANAL, NEAR, ENOUGH = "#ff5a5f", "#ffb000", "#39d39f"
SHAFT_MM = 14.0
"""How much of the needle is drawn behind its entry."""
LONGEST_BAR_MM = 10.0
"""Room beyond which a bar grows no longer."""


@dataclass(frozen=True)
class PlanScene:
    """What is drawn: the CT where there is one, the bone, its site with the canal, the plan."""

    ct: Volume | Unknown
    spine: Spine
    site: Site
    plan: Plan

    @property
    def bone(self) -> Volume:
        """The mask of the vertebra."""
        return self.spine[self.plan.level].mask

    def canal(self) -> Volume:
        """The canal as a yes/no image in the patient."""
        return field_volume(self.site.canal, self.site, inside=-1.0)


def field_volume(field: Field, site: Site, inside: float) -> Volume:
    """Where a field of a site has this sign, as an image in the patient."""
    frame = site.body.frame
    affine = np.eye(4)
    affine[:3, :3] = frame.axes.T * field.step_mm
    affine[:3, 3] = frame.world_mm(field.low_mm)
    return Volume((field.values * inside) > 0, affine, Quantity.LABEL)


def plan_picture(scene: PlanScene) -> Picture:
    """One row a needle, cut along it twice, with its bars; then the bone as glass."""
    row = PANEL_MM[1] + 2.0 * TEXT_MM
    width = 2 * PANEL_MM[0] + BARS_MM + 2 * GAP_MM
    last = len(GLASS_VIEWS) + len(scene.plan.needles)
    side = (width - (last - 1) * GAP_MM) / last
    drawing = Drawing(width, row * len(scene.plan.needles) + side + 2.4 * TEXT_MM, ground=GROUND)
    canal = scene.canal()
    for number, needle in enumerate(scene.plan.needles):
        top = number * row
        for at, plane in enumerate((axial_oblique(scene, needle), sagittal_oblique(scene, needle))):
            _panel(drawing, scene, canal, needle, (plane, np.array([at * (PANEL_MM[0] + GAP_MM), top])))
        _bars(drawing, needle, np.array([2 * (PANEL_MM[0] + GAP_MM), top]))
    top = row * len(scene.plan.needles)
    for number, needle in enumerate(scene.plan.needles):
        _across(drawing, scene, canal, needle, (np.array([number * (side + GAP_MM), top]), side))
    _glass(drawing, scene, (np.array([len(scene.plan.needles) * (side + GAP_MM), top]), side))
    return _picture(scene, drawing)


def axial_oblique(scene: PlanScene, needle: Trajectory) -> Plane:
    """The plane of needle and right-left axis: the patient's right on the left, the front above."""
    right = scene.site.body.frame.right
    return _along(needle, "axial", -right, -_square(needle.direction, right), ("R", "L", "A", "P"))


def sagittal_oblique(scene: PlanScene, needle: Trajectory) -> Plane:
    """The upright plane of the needle: the front on the left."""
    up = scene.site.body.frame.superior
    return _along(needle, "sagittal", -_square(needle.direction, up), -up, ("A", "P", "S", "I"))


def _square(direction: Array, axis: Array) -> Array:
    """The part of a direction at right angles to an axis, of length one."""
    rest = direction - (direction @ axis) * axis
    return np.asarray(rest / np.linalg.norm(rest))


def _along(
    needle: Trajectory, view: str, across: Array, down: Array, letters: tuple[str, str, str, str]
) -> Plane:
    middle = (needle.entry_mm + needle.target_mm) / 2
    return Plane(view, middle, np.asarray(across), np.asarray(down), PANEL_MM, letters)


def _panel(
    drawing: Drawing, scene: PlanScene, canal: Volume, needle: Trajectory, where: tuple[Plane, Array]
) -> None:
    plane, corner = where
    _ground(drawing, scene, canal, plane, corner)
    _needle(drawing, needle, plane, corner)
    _words(drawing, needle, plane, corner)


def _ground(drawing: Drawing, scene: PlanScene, canal: Volume, plane: Plane, corner: Array) -> None:
    """The scan on a plane with the canal shaded, and the outlines of the bones and of the canal."""
    drawing.image(png(shaded(scene, canal, plane)), corner=corner, size=plane.size_mm)
    for other in scene.spine:
        chosen = other.level is scene.plan.level
        for line in contours(plane, other.mask, PIXEL_MM):
            style: dict[str, str | float] = {} if chosen else {"stroke_dasharray": "0.8 0.8", "opacity": 0.7}
            drawing.line(_within(line, plane) + corner, stroke=OUTLINE, stroke_width=0.3, **style)
    for line in contours(plane, canal, PIXEL_MM):
        drawing.line(_within(line, plane) + corner, stroke=CANAL, stroke_width=0.4)


def shaded(scene: PlanScene, canal: Volume, plane: Plane) -> AnyArray:
    """The scan on a plane, red where the canal is: 8-bit red, green, blue (rows, columns, 3)."""
    ground = scene.ct if isinstance(scene.ct, Volume) else scene.bone
    cut = plane.cut(ground, PIXEL_MM)
    grey, seen = np.moveaxis(
        bone_window(cut if isinstance(scene.ct, Volume) else 400.0 * np.nan_to_num(cut) - 200.0), -1, 0
    )
    pixels = np.where(seen > 0, grey, 0)[..., None] * np.ones(3)
    inside = (np.nan_to_num(plane.cut(canal, PIXEL_MM)) > 0.5)[..., None]
    return np.asarray(np.where(inside, (1 - SHADE) * pixels + SHADE * rgb(CANAL), pixels), dtype=np.uint8)


def _within(line: Array, plane: Plane) -> Array:
    return np.clip(line, 0.0, np.array(plane.size_mm))


def _needle(drawing: Drawing, needle: Trajectory, plane: Plane, corner: Array) -> None:
    """The needle in its true width, from a little before the bone to its tip, with its depths."""
    depths = np.arange(0.0, needle.depth_mm, 10.0)[1:]
    ends = plane.picture_mm(needle.at_mm(np.array([-SHAFT_MM, 0.0, needle.depth_mm])))
    along = (ends[2] - ends[1]) / np.linalg.norm(ends[2] - ends[1])
    square = np.array([-along[1], along[0]])
    half = needle.needle.outer_mm / 2 * square
    body = _within(np.array([ends[0] + half, ends[2] + half, ends[2] - half, ends[0] - half]), plane)
    drawing.outline(body + corner, fill=NEEDLE, fill_opacity=0.35, stroke=NEEDLE, stroke_width=0.35)
    for depth, at in zip(depths, plane.picture_mm(needle.at_mm(depths)), strict=True):
        drawing.line(np.array([at - 1.4 * half, at + 1.4 * half]) + corner, stroke=INK, stroke_width=0.3)
        beside = at + (needle.needle.outer_mm / 2 + 2.4) * (square if square[1] > 0 else -square) + corner
        drawing.words(beside, f"{depth:.0f}", TEXT_MM * 0.75, fill=INK, text_anchor="middle", halo=HALO)
    drawing.circle(ends[2] + corner, 0.8, fill=NEEDLE, stroke=HALO, stroke_width=0.25)
    drawing.circle(ends[1] + corner, 0.8, fill=INK, stroke=HALO, stroke_width=0.25)


def _letters(drawing: Drawing, plane: Plane, corner: Array) -> None:
    for letter, place in plane.lettered(corner, TEXT_MM * 0.8):
        drawing.words(place, letter, TEXT_MM, fill=INK, font_weight=700, text_anchor="middle", halo=HALO)


def _words(drawing: Drawing, needle: Trajectory, plane: Plane, corner: Array) -> None:
    (w, h), (x, y) = plane.size_mm, corner
    _letters(drawing, plane, corner)
    title = say(
        f"picture.{plane.view}",
        side=str(needle.side).capitalize(),
        tilt=_degrees(needle.cranio_caudal),
        pole=_pole(needle.cranio_caudal),
        lean=_degrees(needle.convergence),
    )
    drawing.words((x + w / 2, y + h + TEXT_MM), title, TEXT_MM, fill=INK, text_anchor="middle")


def _degrees(angle: Measured | Unknown) -> str:
    return "?" if isinstance(angle, Unknown) else f"{abs(angle.value):.0f}"


def _pole(angle: Measured | Unknown) -> str:
    if isinstance(angle, Unknown):
        return "?"
    return say("picture.head" if angle.value >= 0 else "picture.feet")


def _bars(drawing: Drawing, needle: Trajectory, corner: Array) -> None:
    """The room left to each structure as a bar, red where it cuts, amber below one grade of breach."""
    told = [(n, needle.margins[n]) for n in MARGINS if n in needle.margins]
    title = say("picture.room", side=str(needle.side).capitalize())
    drawing.words(corner + np.array([0.0, 3.0]), title, TEXT_MM, fill=INK, font_weight=700)
    start, scale = 29.0, (BARS_MM - 39.0) / LONGEST_BAR_MM
    for row, (name, room) in enumerate(told):
        at = corner + np.array([0.0, 8.0 + row * TEXT_MM * 1.5])
        drawing.words(at, margin_name(name), TEXT_MM * 0.85, fill=INK)
        if isinstance(room, Unknown):
            drawing.words(at + np.array([start, 0.0]), "–", TEXT_MM * 0.85, fill=INK)
            continue
        long = float(np.clip(room.value, 0.0, LONGEST_BAR_MM)) * scale
        drawing.rect(at + np.array([start, -1.0]), (max(long, 0.3), 2.0), fill=_colour(room.value))
        drawing.words(at + np.array([start + long + 1.0, 0.0]), f"{room.value:.1f}", TEXT_MM * 0.85, fill=INK)
    below = corner + np.array([0.0, 8.0 + len(told) * TEXT_MM * 1.5 + 2.0])
    drawing.words(below, _grade(needle), TEXT_MM * 0.85, fill=INK)
    depth = say("picture.depth", depth=f"{needle.depth_mm:.0f}", needle=needle.needle.name)
    for row, words in enumerate((str(needle.route), depth), start=1):
        drawing.words(below + np.array([0.0, row * TEXT_MM * 1.5]), words, TEXT_MM * 0.85, fill=INK)


def _colour(room_mm: float) -> str:
    if room_mm < 0:
        return CANAL
    return NEAR if room_mm < float(v.near_needle.value) else ENOUGH


def _grade(needle: Trajectory) -> str:
    grade = "?" if isinstance(needle.grade, Unknown) else str(needle.grade)
    tried = needle.robustness
    share = f"{100 * tried.acceptable:.0f} %" if isinstance(tried, Robustness) else "?"
    return say("picture.grade", grade=grade, share=share)


def narrowest_mm(scene: PlanScene, needle: Trajectory) -> float:
    """The depth at which the needle comes nearest to the canal, mm from the bone's surface."""
    depths = np.arange(0.0, needle.depth_mm, 0.5)
    local = scene.site.body.frame.local_mm(needle.at_mm(depths))
    return float(depths[int(np.argmin(scene.site.canal(local)))])


def across_needle(scene: PlanScene, needle: Trajectory, depth_mm: float) -> Plane:
    """The plane across the needle at a depth, seen from behind: the patient's left on the left."""
    frame, along = scene.site.body.frame, needle.direction
    right = _square(frame.right, along)
    up = np.cross(right, along)
    up = up if up @ frame.superior > 0 else -up
    return Plane("across", needle.at_mm(np.array(depth_mm)), right, -up, ACROSS_MM, ("L", "R", "S", "I"))


def _across(
    drawing: Drawing, scene: PlanScene, canal: Volume, needle: Trajectory, where: tuple[Array, float]
) -> None:
    """The bone cut across the needle where the canal is nearest, with the needle's round."""
    corner, side = where
    depth = narrowest_mm(scene, needle)
    plane = across_needle(scene, needle, depth)
    plane = replace(plane, size_mm=(side, side))
    _ground(drawing, scene, canal, plane, corner)
    middle = np.array([side, side]) / 2 + corner
    radius = needle.needle.outer_mm / 2
    drawing.circle(middle, radius, fill=NEEDLE, fill_opacity=0.35, stroke=NEEDLE, stroke_width=0.4)
    _letters(drawing, plane, corner)
    title = say("picture.across", side=str(needle.side).capitalize(), depth=f"{depth:.0f}")
    drawing.words(
        (middle[0], corner[1] + side + TEXT_MM), title, TEXT_MM * 0.82, fill=INK, text_anchor="middle"
    )


GLASS_VIEWS = ("back", "left", "below")


def _glass(drawing: Drawing, scene: PlanScene, place: tuple[Array, float]) -> None:
    """The vertebra as glass with its needles, from three sides."""
    first, side = place
    needles = tuple(
        DrawnNeedle(f"{n.level} {n.side}", n.target_mm, n.needle.outer_mm, n.entry_mm)
        for n in scene.plan.needles
    )
    bone = scene.bone
    none = Volume(np.zeros((2, 2, 2)), bone.affine_mm, Quantity.CEMENT_SHARE)
    drawn = CementScene(str(scene.plan.level), scene.ct, bone, scene.site.body.frame, none, 0.0, needles)
    surface = surface_of(bone, SOLID_GRID_MM)
    for number, name in enumerate(GLASS_VIEWS):
        pixels = glass_view(drawn, name, (GLASS_PIXELS, GLASS_PIXELS), surface)(drawn)
        corner = first + np.array([number * (side + GAP_MM), 0.0])
        drawing.rect(corner, (side, side), fill="#f3f6f8")
        drawing.image(png(pixels), corner=corner, size=(side, side))
        for letter, x in zip(VIEWS[name][0], (TEXT_MM, side - TEXT_MM), strict=True):
            at = corner + np.array([x, TEXT_MM])
            drawing.words(at, letter, TEXT_MM, fill=GROUND, font_weight=700, text_anchor="middle")
        middle = (corner[0] + side / 2, corner[1] + side + TEXT_MM)
        drawing.words(middle, say(f"picture.{name}"), TEXT_MM * 0.9, fill=INK, text_anchor="middle")


def _picture(scene: PlanScene, drawing: Drawing) -> Picture:
    plan = scene.plan
    words = " ".join(
        say("picture.needle", side=str(n.side).capitalize(), words=" ".join(n.words)) for n in plan.needles
    )
    title = say("picture.title", procedure=plan.procedure, level=plan.level)
    alt = say("picture.alt", level=plan.level, words=words)
    caption = say("picture.caption", words=words)
    return made_readable(Picture("plan", title, caption, alt, drawing.svg(alt)))
