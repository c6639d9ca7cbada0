"""The pictures of the report: slices through the level in question, with outlines, levels and scale."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np

from vertebro.fracture.findings import Findings
from vertebro.fracture.landmarks import Landmarks
from vertebro.kernels.arrays import AnyArray, Array
from vertebro.patient.frame import BodyFrame
from vertebro.patient.spine import Spine, Vertebra
from vertebro.patient.volume import Volume
from vertebro.report import planes
from vertebro.report.assessment import Assessment
from vertebro.report.drawing import Drawing, png
from vertebro.report.marks import draw_canal, draw_heights, draw_width
from vertebro.report.planes import Plane
from vertebro.report.readable import made_readable
from vertebro.report.sentences import say
from vertebro.vocabulary.known import Unknown
from vertebro.vocabulary.levels import Level
from vertebro.vocabulary.library import cited_values

v = cited_values(beside=__file__)

GROUND, INK, HALO = "#12181f", "#ffffff", "#12181f"
OTHERS, CHOSEN = "#8fc1e3", "#ffc247"
TEXT_SHARE = {"spine": 1 / 24, "sagittal": 1 / 34, "coronal": 1 / 26, "axial": 1 / 26}
"""Height of the letters as a share of the picture's width: alike on the page, where widths differ."""
LONGEST_SIDE_PIXELS = 640  # enough for sharp print at the size shown; more only makes the file heavy


@dataclass(frozen=True)
class Picture:
    """One picture with its words."""

    name: str
    title: str
    caption: str
    alt: str
    svg: str


def slices(assessment: Assessment) -> tuple[Picture, ...]:
    """The spine from the side, then the level in question from the side, the front and the feet."""
    spine = assessment.case.spine
    if isinstance(spine, Unknown):
        return ()
    scene = Scene.of(assessment, spine)
    frame = scene.frame
    views = [scene.picture("spine", _whole(planes.sagittal(frame), spine))]
    if scene.level is None:
        return tuple(views)
    own = spine[scene.level]
    views.append(scene.picture("sagittal", _near(planes.sagittal(frame), scene)))
    views += [
        scene.picture(plane.view, plane.fitted(planes.corners_mm([_tight(own)]), margin_mm=10))
        for plane in (planes.coronal(frame), planes.axial(frame))
    ]
    return tuple(views)


@dataclass(frozen=True)
class Scene:
    """What every picture needs: CT, spine, landmarks, the level in question, the body it cuts through."""

    assessment: Assessment
    ct: Volume | Unknown
    spine: Spine
    landmarks: Mapping[Level, Landmarks]
    level: Level | None
    through: Level
    frame: BodyFrame

    @classmethod
    def of(cls, assessment: Assessment, spine: Spine) -> Scene:
        """The scene of an assessment; without a level in question it looks through the middle vertebra."""
        findings, level = assessment.findings, assessment.case.level
        marks = findings.landmarks if isinstance(findings, Findings) else {}
        chosen = None if isinstance(level, Unknown) else level
        through = chosen or spine.levels[len(spine.levels) // 2]
        mark = marks.get(through)
        frame = mark.frame if mark else planes.upright(spine[through].centre_mm)
        return cls(assessment, assessment.case.ct, spine, marks, chosen, through, frame)

    def picture(self, name: str, plane: Plane) -> Picture:
        """One slice with everything drawn on it."""
        pixel_mm = max(plane.size_mm) / LONGEST_SIDE_PIXELS
        drawing = Drawing(*plane.size_mm, ground=GROUND)
        if isinstance(self.ct, Volume):
            drawing.image(png(bone_window(plane.cut(self.ct, pixel_mm))))
        outlined = self._outlines(drawing, plane, pixel_mm)
        drawn = self._marks(drawing, plane, name)
        taken = self._labels(drawing, plane, name, outlined)
        _letters(drawing, plane, name, taken)
        scale_mm = scale_bar(drawing, drawing.width * TEXT_SHARE[name] * 0.9)
        words = {
            "levels": ", ".join(map(str, outlined)) or say("picture.no_level_crossed"),
            "level": str(self.through),
            "scale": scale_mm,
            "left": say(f"direction.{plane.letters[0]}"),
            "right": say(f"direction.{plane.letters[1]}"),
            "ground": self._ground(),
        }
        said = [say(f"picture.{name}.caption", **words), say("picture.common", **words)]
        if drawn:
            said.insert(1, say(f"picture.{name}.marks"))
        caption = " ".join(said)
        alt = say(f"picture.{name}.alt", **words)
        title = say(f"picture.{name}.title", **words)
        return made_readable(Picture(name, title, caption, alt, drawing.svg(alt)))

    def _ground(self) -> str:
        if isinstance(self.ct, Unknown):
            return say("picture.mask_only", why=self.ct.why)
        return say(
            "picture.window",
            centre=v.bone_window_centre_hu.in_words(),
            width=v.bone_window_width_hu.in_words(),
        )

    def _outlines(self, drawing: Drawing, plane: Plane, pixel_mm: float) -> dict[Level, Array]:
        """Draws the outlines of the mask; gives the body's outline of each level it meets."""
        bodies: dict[Level, Array] = {}
        fill = "#3a4a5a" if isinstance(self.ct, Unknown) else "none"
        with drawing.group("outlines"):
            for vertebra in self.spine:
                chosen = vertebra.level == self.level
                colour, share = (CHOSEN, 0.0055) if chosen else (OTHERS, 0.0035)
                lines = list(contours(plane, vertebra.mask, pixel_mm))
                for line in lines:
                    closed = np.array_equal(line[0], line[-1])  # open where the picture ends
                    draw = drawing.outline if closed else drawing.line
                    draw(line, stroke=colour, stroke_width=drawing.width * share, fill=fill)
                if lines:
                    bodies[vertebra.level] = body_outline(lines, plane)
        return bodies

    def _labels(
        self, drawing: Drawing, plane: Plane, name: str, outlined: Mapping[Level, Array]
    ) -> list[float]:
        """The name of every vertebra beside it; gives how far down the names stand."""
        size = drawing.width * TEXT_SHARE[name]
        taken = []
        for level, outline in outlined.items():
            chosen = level == self.level
            high = outline[:, 1].max() - outline[:, 1].min() > 2 * size
            if not (chosen or high):  # a sliver at the border has no room for its name
                continue
            place = _label_place(plane, outline, size, in_margin=name == "sagittal")
            if chosen and name == "sagittal":  # above the anterior height, which is written beside the body
                place = place - [0, 1.6 * size]
            taken.append(float(place[1]))
            drawing.words(
                place,
                say("picture.chosen_label", level=level) if chosen and name == "spine" else str(level),
                size * (1.15 if chosen else 1.0),
                fill=CHOSEN if chosen else INK,
                font_weight=700 if chosen else 500,
                text_anchor="start" if name == "sagittal" else "end",
                halo=HALO,
            )
        return taken

    def _marks(self, drawing: Drawing, plane: Plane, name: str) -> bool:
        """Draws the landmarks of the level in question; True if there were any to draw."""
        mark, findings = self.landmarks.get(self.through), self.assessment.findings
        if self.level is None or mark is None or name == "spine" or not isinstance(findings, Findings):
            return False
        with drawing.group("marks"):
            if name != "sagittal":
                draw_width(drawing, plane, mark)
                return True
            draw_canal(drawing, plane, mark)
            found = findings.vertebrae.get(mark.level)
            return found is not None and draw_heights(
                drawing, plane, (mark, found), drawing.width * TEXT_SHARE[name]
            )


def _whole(plane: Plane, spine: Spine) -> Plane:
    return plane.fitted(planes.corners_mm(_tight(one) for one in spine), margin_mm=14)


def _near(plane: Plane, scene: Scene) -> Plane:
    """Around the body where its landmarks are known, else around the whole bone."""
    assert scene.level is not None
    mark = scene.landmarks.get(scene.level)
    if mark is None:
        return plane.fitted(planes.corners_mm([_tight(scene.spine[scene.level])]), margin_mm=14)
    return plane.fitted(np.concatenate([mark.anterior_wall_mm, mark.posterior_wall_mm]), margin_mm=30)


def _tight(vertebra: Vertebra) -> Volume:
    """The mask without its margin."""
    inside = np.argwhere(vertebra.mask.values)
    low, high = inside.min(axis=0), inside.max(axis=0) + 1
    i, j, k = (slice(int(a), int(b)) for a, b in zip(low, high, strict=True))
    return vertebra.mask.cropped((i, j, k))


def bone_window(hu: Array) -> AnyArray:
    """Grey and opacity of each pixel in the bone window; where there is no image, nothing is drawn."""
    centre, width = float(v.bone_window_centre_hu.value), float(v.bone_window_width_hu.value)
    grey = np.clip((np.nan_to_num(hu) - centre) / width + 0.5, 0, 1) * 255
    opacity = np.where(np.isnan(hu), 0, 255)
    return np.asarray(np.stack([np.round(grey), opacity], axis=-1), dtype=np.uint8)


def contours(plane: Plane, mask: Volume, pixel_mm: float) -> Iterator[Array]:
    """Outlines of the mask on the plane, in picture mm."""
    from skimage.measure import find_contours

    share = np.nan_to_num(plane.cut(mask, pixel_mm))
    if share.max() < 0.5:
        return
    for line in find_contours(share, 0.5):  # type: ignore[no-untyped-call]
        if len(line) > 12:
            fewer = np.vstack([line[:-1:3], line[-1:]])  # a point every second pixel is smooth enough
            yield np.asarray((fewer[:, ::-1] + 0.5) * pixel_mm)


def body_outline(lines: list[Array], plane: Plane) -> Array:
    """The outline of the body among those of one vertebra: from the side the foremost large one."""
    areas = [_area(line) for line in lines]
    if plane.view != "sagittal":
        return lines[int(np.argmax(areas))]
    large = [line for line, area in zip(lines, areas, strict=True) if area > max(areas) / 4]
    return min(large, key=lambda line: float(line[:, 0].mean()))


def _area(line: Array) -> float:
    x, y = line.T
    return float(abs(np.dot(x, np.roll(y, 1)) - np.dot(y, np.roll(x, 1))) / 2)


def _label_place(plane: Plane, outline: Array, size: float, in_margin: bool) -> Array:
    """In the margin at the body's height, or just left of the bone."""
    low, high = outline.min(axis=0), outline.max(axis=0)
    front = outline[outline[:, 0] < low[0] + 0.25 * (high[0] - low[0]), 1]
    y = (front.min() + front.max()) / 2 if plane.view == "sagittal" else (low[1] + high[1]) / 2
    return np.array([size * 0.7 if in_margin else max(low[0] - size * 0.6, size * 2.5), y])


def _letters(drawing: Drawing, plane: Plane, name: str, taken: list[float]) -> None:
    """Which way each edge of the picture points; those at the sides keep clear of the names."""
    size, w, h = drawing.width * TEXT_SHARE[name] * 1.3, drawing.width, drawing.height
    free = [h / 2, h * 0.12, h * 0.85, h * 0.3, h * 0.7]
    side = max(free, key=lambda y: min([abs(y - other) for other in taken] + [2 * size]))
    edges = ((size * 0.8, side), (w - size * 0.8, side), (w / 2, size * 0.8), (w / 2, h - size * 0.8))
    for letter, place in zip(plane.letters, edges, strict=True):
        drawing.words(place, letter, size, fill=INK, font_weight=700, text_anchor="middle", halo=HALO)


def scale_bar(drawing: Drawing, size: float, most_mm: float | None = None) -> str:
    """A bar of a round length in the lower right corner; gives its length in words."""
    room = drawing.width / 3 if most_mm is None else most_mm
    length = max(mm for mm in (1, 2, 5, 10, 20, 50) if mm == 1 or mm <= room)
    right, y = drawing.width - size, drawing.height - size
    words = say("picture.scale", length=length)
    ends = [(right - length, y), (right, y)]
    drawing.line(ends, stroke=HALO, stroke_width=size * 0.5)
    drawing.line(ends, stroke=INK, stroke_width=size * 0.22, class_="scale")
    middle = (right - length / 2, y - size)
    drawing.words(middle, words, size, fill=INK, text_anchor="middle", halo=HALO, font_weight=600)
    return words
