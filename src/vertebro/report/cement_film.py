"""The filling of a vertebra as a short film (GIF): two slices and the bone as glass, with time and volume."""

from __future__ import annotations

import io
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import as_file, files
from typing import TYPE_CHECKING

import numpy as np

from vertebro.errors import HouseFault
from vertebro.kernels.arrays import AnyArray
from vertebro.report.cement_picture import GLASS, VIEWS, glass_view, leaks_on, needle_lines, painted
from vertebro.report.cement_scene import BONE, CEMENT, NEEDLE, SIGNS, CementScene, rgb, say
from vertebro.report.planes import Plane

if TYPE_CHECKING:
    from PIL import Image, ImageDraw, ImageFont

PANEL_PX, HEAD_PX, FOOT_PX, GAP_PX = (250, 270), 34, 64, 4
STEP_MS, LAST_MS = 280, 2600
SIDE = "left"  # as the X-ray looks while cement is injected
COLOURS = 200  # enough for grey bone and a few bright marks; fewer make the file smaller
SWATCH_PX = 30  # of every mark, shown to the search for a palette: small marks keep their colour
GROUND, INK, QUIET = (18, 24, 31), (255, 255, 255), (60, 72, 84)
GLASS_GROUND = np.array([30.0, 38.0, 47.0])


@dataclass(frozen=True)
class Moment:
    """The share of the pores that is filled, cement in the bone and gone by each way out (mL), and when."""

    share: AnyArray
    ml: float
    leaks_ml: tuple[float, ...]
    time_s: float


def film(scene: CementScene, moments: Sequence[Moment]) -> bytes:
    """A looping GIF of the moments, the last one shown longer."""
    from PIL import Image

    if not moments:
        raise HouseFault("A film needs at least one moment.")
    stage = _Stage(scene, moments[-1].ml)
    frames = [stage.frame(moment) for moment in moments]
    palette = _swatches(frames[-1]).quantize(COLOURS)  # one for all: what does not change costs nothing
    reduced = [frame.quantize(palette=palette, dither=Image.Dither.NONE) for frame in frames]
    lengths = [STEP_MS] * (len(reduced) - 1) + [LAST_MS]
    out = io.BytesIO()
    reduced[0].save(
        out, "GIF", save_all=True, append_images=reduced[1:], duration=lengths, loop=0, optimize=False
    )
    return out.getvalue()


def _swatches(frame: Image.Image) -> Image.Image:
    """The frame with a patch of every colour that marks have."""
    from PIL import Image

    marks = [rgb(c) for c in (CEMENT, NEEDLE, *(colour for _, colour in SIGNS.values()))]
    shaded = [light * ((1 - GLASS) * c + GLASS * rgb(BONE)) for c in marks for light in (0.55, 0.9)]
    image = Image.new("RGB", (frame.width, frame.height + SWATCH_PX), INK)
    image.paste(frame, (0, 0))
    wide = frame.width // (len(marks) + len(shaded))
    for number, colour in enumerate((*marks, *shaded)):
        red, green, blue = (int(c) for c in colour)
        place = (number * wide, frame.height, (number + 1) * wide, frame.height + SWATCH_PX)
        image.paste((red, green, blue), place)
    return image


def film_in_words(scene: CementScene, moments: Sequence[Moment]) -> str:
    """What the film shows, for those who cannot see it."""
    last = moments[-1]
    at = scene.at(last.share, last.ml, last.leaks_ml)
    return say(
        "film.alt", level=scene.level, ml=f"{last.ml:.1f}", time=_time(last.time_s), leaks=at.leaks_in_words()
    )


class _Stage:
    """What stays the same from frame to frame."""

    def __init__(self, scene: CementScene, most_ml: float) -> None:
        sagittal, _, axial = scene.planes()
        self._scene, self._most_ml = scene, most_ml
        self._planes = [_sized(plane) for plane in (sagittal, axial)]
        self._glass = glass_view(scene, SIDE, PANEL_PX)

    def frame(self, moment: Moment) -> Image.Image:
        from PIL import Image, ImageDraw

        scene = self._scene.at(moment.share, moment.ml, moment.leaks_ml)
        width = 3 * PANEL_PX[0] + 2 * GAP_PX
        image = Image.new("RGB", (width, HEAD_PX + PANEL_PX[1] + FOOT_PX), GROUND)
        draw = ImageDraw.Draw(image)
        for number, (plane, pixel_mm) in enumerate(self._planes):
            left = number * (PANEL_PX[0] + GAP_PX)
            pixels = painted(scene, plane, pixel_mm)[: PANEL_PX[1], : PANEL_PX[0]]
            image.paste(Image.fromarray(pixels), (left, HEAD_PX))
            _marks(draw, scene, plane, (left, HEAD_PX, pixel_mm))
        solid = _on_ground(self._glass(scene))
        left = 2 * (PANEL_PX[0] + GAP_PX)
        image.paste(Image.fromarray(solid), (left, HEAD_PX))
        for letter, x in zip(VIEWS[SIDE][0], (left + 10, left + PANEL_PX[0] - 10), strict=True):
            draw.text((x, HEAD_PX + PANEL_PX[1] / 2), letter, fill=INK, font=_font(13), anchor="mm")
        self._words(draw, scene, moment)
        return image

    def _words(self, draw: ImageDraw.ImageDraw, scene: CementScene, moment: Moment) -> None:
        line = say("film.line", level=scene.level, ml=f"{moment.ml:.2f}", time=_time(moment.time_s))
        draw.text((10, HEAD_PX / 2), line, fill=INK, font=_font(18), anchor="lm")
        right, top = 3 * PANEL_PX[0] + 2 * GAP_PX - 10, HEAD_PX + PANEL_PX[1]
        draw.text(
            (right, HEAD_PX / 2), say("film.computed"), fill=(160, 170, 180), font=_font(12), anchor="rm"
        )
        share = moment.ml / self._most_ml if self._most_ml > 0 else 0.0
        draw.rectangle((0, top, right + 10, top + 3), fill=QUIET)
        draw.rectangle((0, top, (right + 10) * share, top + 3), fill=CEMENT)
        if not scene.seen_leaks:
            draw.text((10, top + 22), say("film.dry"), fill=INK, font=_font(13), anchor="lm")
        for row, leak in enumerate(scene.seen_leaks[:6]):
            at = (10 + row // 3 * right / 2, top + 14 + row % 3 * 18)
            words = say("film.leak", sign=leak.sign, name=leak.name, ml=f"{leak.ml:.2f}")
            draw.text(at, words, fill=leak.colour, font=_font(13), anchor="lm")


def _sized(plane: Plane) -> tuple[Plane, float]:
    """The plane grown to the shape of a panel, and the size of a pixel."""
    from dataclasses import replace

    pixel_mm = max(plane.size_mm[0] / PANEL_PX[0], plane.size_mm[1] / PANEL_PX[1])
    return replace(plane, size_mm=(PANEL_PX[0] * pixel_mm, PANEL_PX[1] * pixel_mm)), pixel_mm


def _marks(
    draw: ImageDraw.ImageDraw, scene: CementScene, plane: Plane, place: tuple[int, int, float]
) -> None:
    """Needles, leaks and the letters of the sides."""
    left, top, pixel_mm = place
    corner = np.array([left, top])
    for start, end, hidden in needle_lines(scene, plane):
        ends = [tuple(corner + point / pixel_mm) for point in (start, end)]
        draw.line(ends, fill=NEEDLE, width=1 if hidden else 3)
    for leak, at in leaks_on(scene, plane):
        middle, radius = corner + at / pixel_mm, max(leak.radius_mm / pixel_mm, 7.0)
        draw.ellipse((*(middle - radius), *(middle + radius)), fill=leak.colour)
        draw.text(tuple(middle), leak.sign, fill=GROUND, font=_font(11), anchor="mm")
    width, height = PANEL_PX
    edges = ((10, height / 2), (width - 10, height / 2), (width / 2, 10), (width / 2, height - 10))
    for letter, (x, y) in zip(plane.letters, edges, strict=True):
        draw.text((left + x, top + y), letter, fill=INK, font=_font(13), anchor="mm")


def _on_ground(pixels: AnyArray) -> AnyArray:
    """A picture with opacity laid on the ground."""
    opacity = pixels[..., 3:] / 255.0
    return np.asarray(opacity * pixels[..., :3] + (1 - opacity) * GLASS_GROUND, dtype=np.uint8)


def _time(seconds: float) -> str:
    minutes, rest = divmod(round(seconds), 60)
    return say("film.time", minutes=minutes, seconds=rest)


@cache
def _font(size: int) -> ImageFont.FreeTypeFont:
    """The font that comes with matplotlib: the same on every machine."""
    from PIL import ImageFont

    with as_file(files("matplotlib") / "mpl-data/fonts/ttf/DejaVuSans.ttf") as path:
        return ImageFont.truetype(str(path), size)
