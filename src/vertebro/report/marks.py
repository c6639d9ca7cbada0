"""Landmarks drawn on a slice: the three heights, the canal, the width of the body."""

from __future__ import annotations

from vertebro.fracture.findings import Number, VertebraFindings
from vertebro.fracture.landmarks import Landmarks
from vertebro.kernels.arrays import Array
from vertebro.report.drawing import Drawing
from vertebro.report.planes import Plane
from vertebro.report.sentences import say
from vertebro.vocabulary.known import Unknown
from vertebro.vocabulary.measured import Measured

HEIGHT, CANAL, HALO = "#7ef0c8", "#f7a8d8", "#12181f"


def draw_heights(
    drawing: Drawing, plane: Plane, body: tuple[Landmarks, VertebraFindings], size: float
) -> bool:
    """Three lines from end-plate to end-plate with the length that was measured; False without them."""
    mark, found = body
    if isinstance(mark.upper, Unknown) or isinstance(mark.lower, Unknown):
        return False
    upper, lower = mark.upper, mark.lower
    ends: tuple[tuple[Array, Array, Number, str], ...] = (
        (upper.anterior_mm, lower.anterior_mm, found.anterior_height, "end"),
        (upper.middle_mm, lower.middle_mm, found.middle_height, "middle"),
        (upper.posterior_mm, lower.posterior_mm, found.posterior_height, "start"),
    )
    for plate in (upper, lower):
        drawing.line(
            plane.picture_mm(plate.line_mm), stroke=HEIGHT, stroke_width=drawing.width * 0.004, opacity=0.9
        )
    for top, bottom, height, anchor in ends:
        _height(drawing, plane.picture_mm(top), plane.picture_mm(bottom), (height, anchor, size))
    return True


def draw_canal(drawing: Drawing, plane: Plane, mark: Landmarks) -> None:
    """The diameter of the canal, and where the back wall was expected."""
    thin = drawing.width * 0.005
    if not isinstance(mark.expected_posterior_wall_mm, Unknown):
        line = plane.picture_mm(mark.expected_posterior_wall_mm)
        drawing.line(line, stroke=CANAL, stroke_width=thin, stroke_dasharray=f"{thin * 2:.2f} {thin * 2:.2f}")
    if not isinstance(mark.canal, Unknown):
        start, end = plane.picture_mm(mark.canal.wall_mm), plane.picture_mm(mark.canal.lamina_mm)
        drawing.line([start, end], stroke=CANAL, stroke_width=thin)


def draw_width(drawing: Drawing, plane: Plane, mark: Landmarks) -> None:
    """The width of the body from its right to its left side."""
    drawing.line(
        [plane.picture_mm(mark.right_mm), plane.picture_mm(mark.left_mm)],
        stroke=HEIGHT,
        stroke_width=drawing.width * 0.004,
    )


def _height(drawing: Drawing, top: Array, bottom: Array, label: tuple[Number, str, float]) -> None:
    height, anchor, size = label
    drawing.line([top, bottom], stroke=HEIGHT, stroke_width=drawing.width * 0.005)
    for end in (top, bottom):
        drawing.circle(end, drawing.width * 0.007, fill=HEIGHT, stroke=HALO, stroke_width=0.2)
    words = height.in_words() if isinstance(height, Measured) else say("picture.not_measured")
    shift = {"end": -size * 0.7, "middle": 0.0, "start": size * 0.7}[anchor]
    place = (top + bottom) / 2 + [shift, 0]
    drawing.words(place, words, size, fill=HEIGHT, font_weight=600, text_anchor=anchor, halo=HALO)
