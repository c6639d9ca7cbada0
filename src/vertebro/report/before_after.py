"""The vertebra as imaged and after each procedure at its planned volume: the same slices side by side."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from vertebro.errors import HouseFault
from vertebro.kernels.arrays import Array
from vertebro.patient.case import Case
from vertebro.patient.volume import Volume
from vertebro.procedures.trajectory import Side
from vertebro.report import planes
from vertebro.report.cement_of import Seen, scene_of
from vertebro.report.cement_picture import draw_leak, leaks_on, painted
from vertebro.report.cement_scene import CEMENT, OUTLINE, SHOWN_ML, CementScene
from vertebro.report.drawing import Drawing, Style, png
from vertebro.report.figures import GROUND, HALO, INK, Picture, contours, scale_bar
from vertebro.report.planes import Plane
from vertebro.report.readable import made_readable
from vertebro.simulation.compare import Compared
from vertebro.simulation.injected import Injected
from vertebro.simulation.injection import Snapshot
from vertebro.simulation.stage import Played
from vertebro.vocabulary.grades import Quantity
from vertebro.vocabulary.known import Unknown
from vertebro.vocabulary.texts import texts

say = texts(beside=__file__, name="before_after").say

PIXEL_MM = 0.22  # sharp in print at the size shown
MARGIN_MM, BEHIND_MM, GAP_MM = 6.0, 18.0, 2.0
"""Room about the body, room behind it for the canal, and between the panels."""
HEAD_MM, UNDER_MM, TEXT_MM, ROW_MM = 10.5, 4.6, 3.0, 5.0
CAVITY = "#5fd0ff"
DASH = "1.4 1.0"
LETTER = 0.5  # width of a letter over its height, about
ANTERIOR = 1


@dataclass(frozen=True)
class Column:
    """One state of the vertebra: its head, the line below, what lies in the bone, and a balloon's cavity."""

    name: str
    note: str
    scene: CementScene
    cavity: Volume | None = None


def before_after(compared: Compared, case: Case) -> Picture | Unknown:
    """As imaged and after every procedure that came to its planned volume; Unknown if none did."""
    columns = columns_of(compared, case)
    if not columns:
        return Unknown(say("unknown.nothing"))
    cuts = cuts_of(compared, columns)
    wide = cuts.axial.size_mm[0]
    body_mm = HEAD_MM + sum(cut.size_mm[1] + UNDER_MM for cut in cuts.planes)
    high = body_mm + ROW_MM * (1.6 + max(1, len(leak_rows(columns))))  # one line is the bar's of the scale
    drawing = Drawing(len(columns) * (wide + GAP_MM) - GAP_MM, high, ground=GROUND)
    for number, column in enumerate(columns):
        _column(drawing, column, cuts.planes, number * (wide + GAP_MM))
    _titles(drawing, cuts)
    _leaks(drawing, columns, _legend(drawing, columns, body_mm + ROW_MM * 0.6))
    scale_bar(drawing, TEXT_MM, wide / 2)
    return _picture(str(compared.level), columns, drawing)


def columns_of(compared: Compared, case: Case) -> tuple[Column, ...]:
    """The vertebra as imaged, then every procedure whose planned volume was reached; nothing if none was."""
    if isinstance(case.spine, Unknown):
        raise HouseFault("A comparison was made without a mask.")
    seen = Seen(str(compared.level), case.ct, case.spine[compared.level].mask)
    made = []
    for name, played in compared.played.items():
        moment = played.moment(played.plan.cement_ml)
        if not isinstance(moment, Unknown):
            made.append(_after(name, played, moment, seen))
    if not made:
        return ()
    first = made[0].scene
    dry = replace(first, cement=replace(first.cement, values=0 * first.cement.values), ml=0.0, leaks=())
    return (Column(say("imaged"), say("imaged_note"), dry), *made)


def _after(name: str, played: Played, moment: Snapshot, seen: Seen) -> Column:
    bone, share = played.injection.bone, np.clip(np.asarray(moment.share, dtype=float), 0.0, 1.0)
    injected = Injected(bone.grid, bone.porosity, share, played.injection.outlets, moment.leak_ml)
    scene = scene_of(injected, seen, ())
    note = say("note", inside=f"{scene.ml:.1f}", outside=f"{sum(moment.leak_ml):.2f}")
    if isinstance(played.inflation, Unknown):
        return Column(name, note, scene)
    grid = played.inflation.grid
    cavity = Volume(played.inflation.last.cavity, grid.affine_mm, Quantity.LABEL)
    return Column(name, note, scene, cavity)


@dataclass(frozen=True)
class Cuts:
    """The axial and the sagittal plane, and how far above and to the right of the body's middle they lie."""

    axial: Plane
    sagittal: Plane
    above_mm: float
    right_mm: float

    @property
    def planes(self) -> tuple[Plane, Plane]:
        """Both, in the order of the rows."""
        return self.axial, self.sagittal

    @property
    def titles(self) -> tuple[str, str]:
        """From where each is seen and where it lies."""
        above, right = f"{abs(self.above_mm):.0f}", f"{abs(self.right_mm):.0f}"
        pole, side = ("up", "down")[self.above_mm < 0], Side.LEFT if self.right_mm < 0 else Side.RIGHT
        axial = say("view.axial", mm=above, pole=say(f"pole.{pole}"))
        sagittal = say("view.sagittal", mm=right, side=side)
        return (
            axial if above != "0" else say("view.axial_middle"),
            sagittal if right != "0" else say("view.sagittal_middle"),
        )


def cuts_of(compared: Compared, columns: Sequence[Column]) -> Cuts:
    """The planes with the most cement of all columns together, equally wide, around body and canal."""
    grid = next(iter(compared.played.values())).injection.bone.grid
    cement = np.sum([c.scene.cement.values for c in columns[1:]], axis=0)
    index = np.array([cement.sum(axis=others).argmax() for others in ((1, 2), (0, 2), (0, 1))])
    frame = replace(grid.frame, origin_mm=grid.to_mm(index))
    body = grid.local_mm(np.argwhere(grid.body))
    low, high = body.min(axis=0), body.max(axis=0)
    right, _, above = grid.local_mm(index) - (low + high) / 2
    low[ANTERIOR] -= BEHIND_MM
    corners = np.array([np.where(upper, high, low) for upper in np.ndindex(2, 2, 2)])
    around = grid.frame.world_mm(corners)
    found = [p.fitted(around, MARGIN_MM) for p in (planes.axial(frame), planes.sagittal(frame))]
    wide = max(p.size_mm[0] for p in found)
    axial, sagittal = (replace(p, size_mm=(wide, p.size_mm[1])) for p in found)
    return Cuts(axial, sagittal, float(above), float(right))


def _column(drawing: Drawing, column: Column, cuts: Sequence[Plane], left: float) -> None:
    middle, top = left + cuts[0].size_mm[0] / 2, HEAD_MM
    drawing.words((middle, 3.4), column.name, TEXT_MM * 1.25, fill=INK, text_anchor="middle", font_weight=700)
    drawing.words((middle, 7.6), column.note, TEXT_MM * 0.85, fill=INK, text_anchor="middle")
    for cut in cuts:
        _panel(drawing, column, cut, np.array([left, top]))
        top += cut.size_mm[1] + UNDER_MM


def _panel(drawing: Drawing, column: Column, cut: Plane, corner: Array) -> None:
    drawing.image(png(painted(column.scene, cut, PIXEL_MM)), corner=corner, size=cut.size_mm)
    for line in contours(cut, column.scene.bone, PIXEL_MM):
        drawing.line(line + corner, stroke=OUTLINE, stroke_width=0.2, opacity=0.8)
    for line in contours(cut, column.scene.cement, PIXEL_MM):
        drawing.line(line + corner, stroke=CEMENT, stroke_width=0.4)
    if column.cavity is not None:
        for line in contours(cut, column.cavity, PIXEL_MM):
            drawing.line(line + corner, stroke=HALO, stroke_width=0.9, opacity=0.6)
            drawing.line(line + corner, stroke=CAVITY, stroke_width=0.5, stroke_dasharray=DASH)
    for leak, at in leaks_on(column.scene, cut):
        draw_leak(drawing, leak, at + corner)
    for letter, place in cut.lettered(corner, TEXT_MM * 0.8):
        drawing.words(place, letter, TEXT_MM, fill=INK, font_weight=700, text_anchor="middle", halo=HALO)


def _titles(drawing: Drawing, cuts: Cuts) -> None:
    """Under each row of panels: from where it is seen, and where the slice lies."""
    top = HEAD_MM
    for cut, title in zip(cuts.planes, cuts.titles, strict=True):
        top += cut.size_mm[1] + UNDER_MM
        at = (drawing.width / 2, top - UNDER_MM / 2)
        drawing.words(at, title, TEXT_MM * 0.9, fill=INK, text_anchor="middle")


def _legend(drawing: Drawing, columns: Sequence[Column], top: float) -> float:
    """What lines and fills mean, in words; gives where it ends."""
    left, text = TEXT_MM, TEXT_MM * 0.9
    for key in ("cement", "cavity", "bone") if _has_cavity(columns) else ("cement", "bone"):
        style: dict[str, Style] = {"stroke": OUTLINE, "stroke_width": 0.25}
        if key == "cement":
            style = {"stroke": CEMENT, "stroke_width": 0.4, "fill": CEMENT, "fill_opacity": 0.7}
        if key == "cavity":
            style = {"stroke": CAVITY, "stroke_width": 0.5, "stroke_dasharray": DASH}
        low, high, right = top - 1.3, top + 1.3, left + 4.0
        drawing.outline([(left, low), (right, low), (right, high), (left, high)], **style)
        words = say(f"legend.{key}")
        drawing.words((right + 1.5, top), words, text, fill=INK)
        left = right + 7.0 + len(words) * text * LETTER
    return top + ROW_MM


def _has_cavity(columns: Sequence[Column]) -> bool:
    return any(column.cavity is not None for column in columns)


def _leaks(drawing: Drawing, columns: Sequence[Column], top: float) -> float:
    """A line for every way cement took in any column, by its letter; gives where it ends."""
    for sign, colour, words in leak_rows(columns):
        at = (TEXT_MM + 2.0, top)
        drawing.circle(at, TEXT_MM * 0.6, fill=colour)
        drawing.words(at, sign, TEXT_MM * 0.8, fill=HALO, font_weight=700, text_anchor="middle")
        drawing.words((TEXT_MM + 5.5, top), words, TEXT_MM * 0.9, fill=INK)
        top += ROW_MM
    return top


def leak_rows(columns: Sequence[Column]) -> list[tuple[str, str, str]]:
    """Letter, colour and words of every way out that any column used, with how much each lost."""
    rows: dict[str, tuple[str, str, list[str]]] = {}
    for column in columns[1:]:
        for leak in column.scene.seen_leaks:
            told = say("leaks.ml", name=column.name, ml=f"{leak.ml:.2f}")
            rows.setdefault(leak.name, (leak.sign, leak.colour, []))[2].append(told)
    return [
        (sign, colour, say("leaks.row", way=way, each=", ".join(told)))
        for way, (sign, colour, told) in rows.items()
    ]


def _picture(level: str, columns: Sequence[Column], drawing: Drawing) -> Picture:
    rows = leak_rows(columns)
    each = "; ".join(f"{sign} {words}" for sign, _, words in rows)
    leaks = say("leaks.some", each=each) if rows else say("leaks.none", least=SHOWN_ML)
    told = "; ".join(say("column", name=c.name, note=c.note) for c in columns)
    words = {"level": level, "columns": told, "leaks": leaks}
    alt = say("alt", **words)
    return made_readable(
        Picture("before_after", say("title"), say("caption", **words), alt, drawing.svg(alt))
    )
