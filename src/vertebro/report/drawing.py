"""A small drawing in millimetres that becomes one SVG: picture, outlines, lines and words on it."""

from __future__ import annotations

import base64
import struct
import zlib
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from xml.sax.saxutils import escape, quoteattr

import numpy as np

from vertebro.kernels.arrays import AnyArray

FONT = "system-ui, 'Segoe UI', Roboto, 'DejaVu Sans', sans-serif"


Point = AnyArray | Sequence[float]
Style = str | float
"""The value of an SVG attribute; attribute names are written with _ for -."""


class Drawing:
    """Elements in the order they are drawn; the unit of every coordinate is one millimetre."""

    def __init__(self, width: float, height: float, ground: str | None = None) -> None:
        self.width, self.height = width, height
        self._elements: list[str] = []
        if ground:
            self.rect((0, 0), (width, height), fill=ground)

    def image(self, png: bytes, corner: Point = (0, 0), size: tuple[float, float] | None = None) -> None:
        """A picture from an upper left corner; without a size it fills the drawing."""
        width, height = size or (self.width, self.height)
        data = base64.b64encode(png).decode("ascii")
        place: dict[str, Style] = {"x": corner[0], "y": corner[1], "width": width, "height": height}
        self._add("image", place | {"preserveAspectRatio": "none", "href": f"data:image/png;base64,{data}"})

    def line(self, points: AnyArray | Sequence[Point], **style: Style) -> None:
        """A line through points (n, 2)."""
        self._add("path", {"d": _steps(points), "fill": "none"} | style)

    def outline(self, points: AnyArray | Sequence[Point], **style: Style) -> None:
        """A closed line through points (n, 2), empty unless ``fill`` is given."""
        self._add("path", {"d": _steps(points) + "Z", "fill": "none"} | style)

    def circle(self, at: Point, radius: float, **style: Style) -> None:
        """A round dot."""
        self._add("circle", {"cx": at[0], "cy": at[1], "r": radius} | style)

    def rect(self, corner: Point, size: tuple[float, float], **style: Style) -> None:
        """A rectangle from its upper left corner."""
        self._add("rect", {"x": corner[0], "y": corner[1], "width": size[0], "height": size[1]} | style)

    def words(self, at: Point, text: str, size: float, **style: Style) -> None:
        """Words with their middle height at a point; ``halo`` is a colour that keeps them readable."""
        halo = style.pop("halo", None)
        if halo:
            style |= {"stroke": halo, "stroke_width": size * 0.28, "stroke_linejoin": "round"}
            style |= {"paint_order": "stroke"}
        place = {"x": at[0], "y": at[1] + size * 0.36, "font_size": size}
        self._add("text", place | style, text)

    @contextmanager
    def group(self, name: str) -> Iterator[None]:
        """What is drawn inside can be shown or hidden by the page under this name."""
        self._elements.append(f"<g class={quoteattr(name)}>")
        yield
        self._elements.append("</g>")

    def svg(self, alt: str) -> str:
        """The whole drawing with its alternative text."""
        box = f"0 0 {_number(self.width)} {_number(self.height)}"
        return (
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="{box}" role="img" '
            f'aria-label={quoteattr(alt)} font-family="{FONT}">{"".join(self._elements)}</svg>'
        )

    def _add(self, element: str, attributes: Mapping[str, Style], text: str | None = None) -> None:
        listed = "".join(
            f" {name.rstrip('_').replace('_', '-')}={quoteattr(_number(value))}"
            for name, value in attributes.items()
        )
        end = "/>" if text is None else f">{escape(text)}</{element}>"
        self._elements.append(f"<{element}{listed}{end}")


def png(pixels: AnyArray) -> bytes:
    """A PNG file of 8-bit pixels, (rows, columns, channels) with 1 to 4 channels."""
    rows, columns, channels = pixels.shape
    colour_type = {1: 0, 2: 4, 3: 2, 4: 6}[channels]
    flat = np.ascontiguousarray(pixels, dtype=np.uint8).reshape(rows, columns * channels)
    lines = np.hstack([np.zeros((rows, 1), dtype=np.uint8), flat]).tobytes()
    header = struct.pack(">IIBBBBB", columns, rows, 8, colour_type, 0, 0, 0)
    chunks = ((b"IHDR", header), (b"IDAT", zlib.compress(lines, 6)), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(_chunk(kind, data) for kind, data in chunks)


def _chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def _steps(points: AnyArray | Sequence[Point]) -> str:
    return "M" + " ".join(f"{_number(float(x))},{_number(float(y))}" for x, y in points)


def _number(value: Style) -> str:
    """Numbers to a hundredth of a millimetre, words as they are."""
    return f"{value:.2f}".rstrip("0").rstrip(".") if isinstance(value, float) else str(value)
