"""The level in question on CT and MRI side by side: the same slice, levels named, bright marrow outlined."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from vertebro.fracture.findings import Findings, MriFindings
from vertebro.kernels.arrays import AnyArray, Array
from vertebro.patient.frame import BodyFrame
from vertebro.patient.mri import Mri
from vertebro.patient.spine import Spine
from vertebro.patient.volume import Volume
from vertebro.report import planes
from vertebro.report.assessment import Assessment
from vertebro.report.drawing import Drawing, Style, png
from vertebro.report.figures import (
    CHOSEN,
    GROUND,
    HALO,
    INK,
    OTHERS,
    Picture,
    bone_window,
    contours,
    scale_bar,
)
from vertebro.report.planes import Plane
from vertebro.report.readable import made_readable
from vertebro.report.sentences import say
from vertebro.vocabulary.known import Unknown
from vertebro.vocabulary.levels import Level
from vertebro.vocabulary.measured import Measured

OEDEMA = "#ff5d7a"
PANEL_MM = (88.0, 128.0)
"""Width and height of one panel: the level in question with its neighbours."""

GAP_MM, PIXELS = 3.0, 420
TEXT_MM = 4.2


@dataclass(frozen=True)
class _Panel:
    """One image on its plane, what it is called, and the vertebrae in its frame."""

    title: str
    image: Volume
    plane: Plane
    spine: Spine
    is_ct: bool


def mri_picture(assessment: Assessment) -> Picture | None:
    """The picture, or None where no vertebra in question lies on an MRI."""
    findings, level, mri = assessment.findings, assessment.case.level, assessment.case.mri
    if isinstance(findings, Unknown) or isinstance(level, Unknown) or not isinstance(mri, Mri):
        return None
    found = findings.mri
    if not isinstance(found, MriFindings) or level not in found.frames:
        return None
    panels = _panels(assessment, found, level, mri)
    width, height = PANEL_MM
    drawing = Drawing(len(panels) * width + (len(panels) - 1) * GAP_MM, height, ground=GROUND)
    named: dict[Level, None] = {}
    for number, panel in enumerate(panels):
        named |= dict.fromkeys(_draw(drawing, panel, number * (width + GAP_MM), (findings, found, level)))
    scale = scale_bar(drawing, TEXT_MM, PANEL_MM[0] / 3)
    return made_readable(_with_words(drawing, (panels, tuple(named), scale), findings, found, level))


def _with_words(
    drawing: Drawing,
    shown: tuple[list[_Panel], tuple[Level, ...], str],
    findings: Findings,
    found: MriFindings,
    level: Level,
) -> Picture:
    panels, named, scale = shown
    part = findings[level].oedema_fraction
    words = {
        "level": str(level),
        "levels": ", ".join(map(str, named)),
        "series": " and ".join(p.title for p in panels if not p.is_ct),
        "scale": scale,
        "left": say("direction.A"),
        "right": say("direction.P"),
        "located": found.located,
        "ground": say("picture.mri.grey"),
    }
    if isinstance(part, Unknown):
        measured = say("picture.mri.not_measured", level=level, why=part.why)
    else:
        key = "oedema" if _shows(part) else "no_oedema"
        measured = say(f"picture.mri.{key}", level=level, value=part.in_words())
    said = [say("picture.mri.caption", **words), say("picture.mri.located", **words), measured]
    caption = " ".join((*said, say("picture.common", **words)))
    alt = say("picture.mri.alt", **words)
    return Picture("mri", say("picture.mri.title", **words), caption, alt, drawing.svg(alt))


def _shows(part: Measured) -> bool:
    return part.value > 0


def _panels(assessment: Assessment, found: MriFindings, level: Level, mri: Mri) -> list[_Panel]:
    """CT first where there is one, then every MR series, each cut along the body's own directions."""
    case, findings, panels = assessment.case, assessment.findings, []
    marks = findings.landmarks if isinstance(findings, Findings) else {}
    if isinstance(case.ct, Volume) and isinstance(case.spine, Spine) and level in marks:
        panels.append(_Panel(say("picture.mri.ct"), case.ct, _plane(marks[level].frame), case.spine, True))
    plane = _plane(found.frames[level])
    panels += [_Panel(str(s), one.image, plane, found.spine, False) for s, one in mri.images.items()]
    return panels


def _plane(frame: BodyFrame) -> Plane:
    """The body's sagittal plane, with more room behind it (canal) than in front."""
    plane = planes.sagittal(frame)
    width, height = PANEL_MM
    reach = np.array([[0.42, -0.5], [-0.58, 0.5]])
    corners = [frame.origin_mm + width * a * frame.anterior + height * s * frame.superior for a, s in reach]
    return plane.fitted(np.array(corners), margin_mm=0.0)


def _draw(
    drawing: Drawing, panel: _Panel, left: float, about: tuple[Findings, MriFindings, Level]
) -> list[Level]:
    """Draws one panel; gives the levels it names."""
    _, found, level = about
    offset = np.array([left, 0.0])
    pixel_mm = max(PANEL_MM) / PIXELS
    cut = panel.plane.cut(panel.image, pixel_mm)
    grey = bone_window(cut) if panel.is_ct else _mr_grey(cut, panel.image)
    drawing.image(png(grey), (left, 0), PANEL_MM)
    named = []
    with drawing.group("outlines"):
        for vertebra in panel.spine:
            lines = [x + offset for x in contours(panel.plane, vertebra.mask, pixel_mm)]
            chosen = vertebra.level is level
            for line in lines:
                stroke = CHOSEN if chosen else OTHERS
                drawing.line(line, stroke=stroke, stroke_width=0.45 if chosen else 0.25, opacity=0.9)
            if lines and _name(drawing, vertebra.level, lines, (left, chosen)):
                named.append(vertebra.level)
    bright = found.bright.get(level)
    if bright is not None and not panel.is_ct:
        with drawing.group("marks"):
            for line in contours(panel.plane, bright, pixel_mm):
                style: dict[str, Style] = {"stroke": OEDEMA, "fill": OEDEMA, "fill_opacity": "0.14"}
                drawing.outline(line + offset, stroke_width=0.6, **style)
    _corner_words(drawing, panel.title, left)
    return named


def _name(drawing: Drawing, level: Level, lines: list[Array], at: tuple[float, bool]) -> bool:
    """The name of a vertebra in front of its body; nothing where only a sliver of it shows."""
    left, chosen = at
    high = max(float(np.ptp(line[:, 1])) for line in lines)
    body = min((x for x in lines if np.ptp(x[:, 1]) > high / 2), key=lambda x: float(x[:, 0].mean()))
    y = float(body[body[:, 0] < body[:, 0].min() + 8, 1].mean())
    if np.ptp(body[:, 1]) < TEXT_MM or not TEXT_MM * 2 < y < PANEL_MM[1] - TEXT_MM:
        return False
    x = left + TEXT_MM * 0.7
    drawing.words(
        (x, y),
        str(level),
        TEXT_MM * (1.15 if chosen else 1),
        fill=CHOSEN if chosen else INK,
        font_weight=700 if chosen else 500,
        halo=HALO,
    )
    return True


def _corner_words(drawing: Drawing, title: str, left: float) -> None:
    """What the image is, and which way its edges point."""
    width, height = PANEL_MM
    style: dict[str, Style] = {"fill": INK, "font_weight": 700, "halo": HALO}
    drawing.words((left + TEXT_MM * 0.7, TEXT_MM), title, TEXT_MM * 1.15, **style)
    places = {"A": (TEXT_MM, height * 0.42), "P": (width - TEXT_MM, height * 0.42)}
    places |= {"S": (width / 2, TEXT_MM), "I": (width * 0.3, height - TEXT_MM)}
    for letter, (x, y) in places.items():
        drawing.words((left + x, y), letter, TEXT_MM * 1.1, text_anchor="middle", **style)


def _mr_grey(cut: Array, image: Volume) -> AnyArray:
    """Grey and opacity of each pixel, from the darkest to the brightest hundredth of the image."""
    low, high = np.quantile(image.values, [0.01, 0.99])
    grey = np.clip((np.nan_to_num(cut) - low) / max(float(high - low), 1e-9), 0, 1) * 255
    return np.asarray(np.stack([np.round(grey), np.where(np.isnan(cut), 0, 255)], axis=-1), dtype=np.uint8)
