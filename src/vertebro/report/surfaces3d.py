"""The vertebrae as surfaces: an interactive scene for the page, and a still picture for everyone else."""

from __future__ import annotations

import base64
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from vertebro.errors import BadModel
from vertebro.kernels.arrays import AnyArray, Array
from vertebro.kernels.rendering import Canvas, Surface, enclosed_mm3, rendered
from vertebro.kernels.slicing import values_at
from vertebro.patient.spine import Spine
from vertebro.patient.volume import Volume
from vertebro.report.drawing import Drawing, png
from vertebro.report.figures import Picture
from vertebro.report.sentences import say
from vertebro.vocabulary.levels import Level

GRID_MM = 1.6  # fine enough for the processes, coarse enough for a page of a few megabytes
FULL_DETAIL = 9  # vertebrae; with more of them the grid grows so that the page does not
BONE, CHOSEN = "#d8cdb6", "#e0962e"
GLASS, GLASS_OPACITY = "glass", 0.35
"""How the page knows the bone that becomes glass when something is shown in it, and how clear that is."""
VIEWS = {
    "front": ("R", "L", np.array([1.0, 0, 0])),
    "left": ("A", "P", np.array([0, 1.0, 0])),
    "back": ("L", "R", np.array([-1.0, 0, 0])),
}
"""Name: letters at the left and right edge, and the direction across the picture (LPS)."""


def surfaces(spine: Spine) -> dict[Level, Surface]:
    """The outer surface of every vertebra, in LPS mm."""
    grid_mm = GRID_MM * max(1.0, (len(spine.levels) / FULL_DETAIL) ** 0.5)
    return {one.level: surface_of(one.mask, grid_mm) for one in spine}


def surface_of(mask: Volume, grid_mm: float) -> Surface:
    """The surface where half of the surroundings is inside the mask, on a grid of about ``grid_mm``."""
    from scipy.ndimage import gaussian_filter
    from skimage.measure import marching_cubes

    blur = 0.45 * grid_mm / mask.spacing_mm  # about half the new grid, so that nothing is skipped
    share = gaussian_filter(np.pad(mask.values.astype(np.float32), 2), blur, mode="constant")
    step = grid_mm / mask.spacing_mm
    ticks = [np.arange(0, n - 1 + s, s) for n, s in zip(share.shape, step, strict=True)]
    index = np.stack(np.meshgrid(*ticks, indexing="ij"), axis=-1)
    field = np.nan_to_num(values_at(share, index))
    level = min(0.5, 0.5 * float(field.max()))  # a bone thinner than the grid is drawn, not lost
    points, triangles, *_ = marching_cubes(field, level)  # type: ignore[no-untyped-call]
    made = Surface(mask.to_mm(points * step - 2), triangles)
    return made if enclosed_mm3(made) > 0 else Surface(made.points_mm, triangles[:, ::-1])


def level_surface(field: Volume, level: float = 0.5) -> Surface:
    """The surface (LPS mm) inside which a field of shares lies above a level, closed at the border."""
    from skimage.measure import marching_cubes

    padded = np.pad(field.values.astype(np.float32), 1)
    if not padded.max() > level:
        raise BadModel(
            f"Nothing in the field lies above {level:g}.",
            "a field that reaches the level",
            "Lower the level.",
        )
    points, triangles, *_ = marching_cubes(padded, level)  # type: ignore[no-untyped-call]
    made = Surface(field.to_mm(points - 1.0), triangles)
    return made if enclosed_mm3(made) > 0 else Surface(made.points_mm, triangles[:, ::-1])


@dataclass(frozen=True)
class Inlay:
    """What a procedure leaves in the bone: a surface (LPS, mm) with its name, by procedure."""

    procedure: str
    name: str
    surface: Surface
    colour: str


def scene(shapes: dict[Level, Surface], chosen: Level | None, inlays: Sequence[Inlay] = ()) -> dict[str, Any]:
    """What plotly needs to draw the vertebrae: data in mm from their middle (LPS), and layout.

    The inlays of the first procedure are shown through the chosen bone; the page changes to the others.
    """
    middle = _middle(shapes)  # plotly lights a scene from its origin, wherever the patient lies
    near = {level: Surface(s.points_mm - middle, s.triangles) for level, s in shapes.items()}
    first = inlays[0].procedure if inlays else None
    drawn = []
    for one in inlays:
        moved = Surface(one.surface.points_mm - middle, one.surface.triangles)
        shown = {"meta": one.procedure, "visible": one.procedure == first}
        drawn.append(_mesh(one.name, moved, one.colour) | shown)
    for level, shape in near.items():
        is_glass = bool(inlays) and level == chosen
        made = _mesh(str(level), shape, CHOSEN if level == chosen and not is_glass else BONE)
        drawn.append(made | ({"meta": GLASS, "opacity": GLASS_OPACITY} if is_glass else {}))
    return {"data": [*drawn, _labels(near), _letters(near)], "layout": _layout()}


def _middle(shapes: dict[Level, Surface]) -> Array:
    points = np.concatenate([shape.points_mm for shape in shapes.values()])
    return np.asarray((points.min(axis=0) + points.max(axis=0)) / 2)


def still(shapes: dict[Level, Surface], chosen: Level | None) -> Picture:
    """The vertebrae from the front, from the left and from behind."""
    points = np.concatenate([shape.points_mm for shape in shapes.values()])
    middle = _middle(shapes)
    air = np.array([40.0, 40.0, 12.0])  # around the bones, for the words, mm
    extent = np.ptp(points, axis=0) + air
    width, height = float(max(extent[:2])), float(extent[2])
    drawing = Drawing(width * len(VIEWS), height + 10, ground="#f3f6f8")
    for number, (name, (left, right, across)) in enumerate(VIEWS.items()):
        pixels = _view(shapes, chosen, middle, across, (width, height))
        drawing.image(png(pixels), corner=(number * width, 0), size=(width, height))
        _view_words(drawing, (number * width, width, height), name, (left, right))
        if name != "back":
            _level_words(drawing, shapes, chosen, (middle, across, number, width, height))
    words = {"levels": ", ".join(map(str, shapes)), "level": str(chosen or "")}
    alt = say("picture.solid.alt", **words)
    caption = say("picture.solid.caption_chosen" if chosen else "picture.solid.caption", **words)
    return Picture("solid", say("picture.solid.title"), caption, alt, drawing.svg(alt))


def _view(
    shapes: dict[Level, Surface],
    chosen: Level | None,
    middle: Array,
    across: Array,
    size_mm: tuple[float, float],
) -> AnyArray:
    pixel = max(size_mm) / 600  # sharp on paper at the size shown
    down = np.array([0.0, 0.0, -1.0])
    corner = middle - across * size_mm[0] / 2 - down * size_mm[1] / 2
    shape = (round(size_mm[1] / pixel), round(size_mm[0] / pixel))
    colours = np.array([_rgb(CHOSEN if level == chosen else BONE) for level in shapes])
    return rendered(list(shapes.values()), colours, Canvas(corner, across, down, pixel, shape))


def _view_words(
    drawing: Drawing, place: tuple[float, float, float], name: str, letters: tuple[str, str]
) -> None:
    x, width, height = place
    size = drawing.width / 50
    for letter, at in zip(letters, (x + size * 1.5, x + width - size * 1.5), strict=True):
        drawing.words(
            (at, size * 1.5), letter, size * 1.15, fill="#16212b", font_weight=700, text_anchor="middle"
        )
    title = say(f"picture.solid.{name}")
    drawing.words((x + width / 2, height + 4), title, size, fill="#16212b", text_anchor="middle")


def _level_words(
    drawing: Drawing,
    shapes: dict[Level, Surface],
    chosen: Level | None,
    view: tuple[Array, Array, int, float, float],
) -> None:
    middle, across, number, width, height = view
    size = drawing.width / 56
    for level, shape in shapes.items():
        offset = (shape.points_mm - middle) @ across
        x = number * width + width / 2 + offset.min() - size * 0.5
        y = height / 2 - float(shape.points_mm[:, 2].mean() - middle[2])
        weight, colour = (700, "#8a5200") if level == chosen else (500, "#16212b")
        drawing.words(
            (x, y), str(level), size, fill=colour, font_weight=weight, text_anchor="end", halo="#f3f6f8"
        )


def _mesh(name: str, shape: Surface, colour: str) -> dict[str, Any]:
    x, y, z = shape.points_mm.T.astype(np.float32)
    i, j, k = shape.triangles.T.astype(np.uint16 if len(x) < 2**16 else np.int32)
    return {
        "type": "mesh3d",
        "name": name,
        "hoverinfo": "name",
        "color": colour,
        "lighting": {"ambient": 0.45, "diffuse": 0.75, "specular": 0.12, "roughness": 0.7, "fresnel": 0.1},
        "lightposition": {"x": -2000, "y": -6000, "z": 4000},
    } | {name: _packed(numbers) for name, numbers in zip("xyzijk", (x, y, z, i, j, k), strict=True)}


def _packed(numbers: AnyArray) -> dict[str, str]:
    """Numbers as plotly reads them without a list of digits."""
    kind = {"float32": "f4", "int32": "i4", "uint16": "u2"}[numbers.dtype.name]
    little = numbers.astype(numbers.dtype.newbyteorder("<"))
    return {"dtype": kind, "bdata": base64.b64encode(little.tobytes()).decode("ascii")}


def _labels(shapes: dict[Level, Surface]) -> dict[str, Any]:
    places = [(s.points_mm[:, 0].max() + 6, *s.points_mm[:, 1:].mean(axis=0)) for s in shapes.values()]
    return _text(np.array(places), [str(level) for level in shapes], 15)


def _letters(shapes: dict[Level, Surface]) -> dict[str, Any]:
    """R, L, A, P around the feet of the spine, like a compass."""
    points = np.concatenate([shape.points_mm for shape in shapes.values()])
    low, high = points.min(axis=0) - 20, points.max(axis=0) + 20
    places = np.tile(np.array([*(low + high)[:2] / 2, low[2]]), (4, 1))
    places[:2, 0], places[2:, 1] = (low[0], high[0]), (low[1], high[1])
    return _text(places, ["R", "L", "A", "P"], 18)


def _text(places_mm: Array, words: list[str], size: int) -> dict[str, Any]:
    x, y, z = places_mm.round(2).T.tolist()
    font = {"size": size, "color": "#16212b"}
    return {
        "type": "scatter3d",
        "mode": "text",
        "x": x,
        "y": y,
        "z": z,
        "text": words,
        "textfont": font,
        "hoverinfo": "skip",
        "showlegend": False,
    }


def _layout() -> dict[str, Any]:
    hidden = {"visible": False}
    scene = {"xaxis": hidden, "yaxis": hidden, "zaxis": hidden, "aspectmode": "data", "dragmode": "turntable"}
    camera = {"eye": {"x": 0, "y": -1.9, "z": 0}, "up": {"x": 0, "y": 0, "z": 1}}
    return {
        "scene": scene | {"camera": camera},
        "margin": {"l": 0, "r": 0, "t": 0, "b": 0},
        "paper_bgcolor": "#f3f6f8",
    }


def _rgb(colour: str) -> tuple[int, int, int]:
    return int(colour[1:3], 16), int(colour[3:5], 16), int(colour[5:7], 16)
