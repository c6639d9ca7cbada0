"""The segment from the side before and with cement: strain of the bones, pressure in the discs, change."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from vertebro.kernels.arrays import AnyArray, Array, Mask
from vertebro.report.drawing import Drawing, png
from vertebro.report.figures import CHOSEN, GROUND, HALO, INK, Picture
from vertebro.report.neighbours_words import say
from vertebro.simulation.discs import Tissue
from vertebro.simulation.neighbours import PreparedSegment
from vertebro.simulation.segment import SaturationField
from vertebro.simulation.segment_response import SegmentResponse
from vertebro.vocabulary.known import Unknown

Colours = tuple[tuple[int, int, int], ...]
STRAIN: Colours = ((24, 32, 56), (92, 40, 116), (190, 62, 96), (246, 132, 70), (252, 236, 160))
PRESSURE: Colours = ((14, 46, 66), (24, 104, 130), (70, 176, 190), (196, 240, 236))
CHANGE: Colours = ((66, 120, 214), (150, 180, 226), (70, 74, 82), (240, 160, 130), (222, 66, 60))
CAP = (72, 78, 86)
MARGIN_MM, GAP_MM, SIDE_MM, TEXT_MM, HEAD_MM, FOOT_MM = 5.0, 7.0, 8.0, 3.2, 9.0, 21.0
LARGE = 98  # % quantile at which a colour scale ends: single voxels at corners do not stretch it


@dataclass(frozen=True)
class _Side:
    """One state of the segment in the plane of the picture: strain (%) of bone, pressure (MPa) of discs."""

    strain: Array
    pressure: Array
    disc_mpa: tuple[float, ...]


def neighbours_picture(
    prepared: PreparedSegment, cement: SaturationField, scaling: float = 0.75
) -> Picture | Unknown:
    """Three panels: before, with cement, and the change; Unknown where the cement could not be solved."""
    after = prepared.cemented(cement, scaling)
    if isinstance(after, Unknown):
        return after
    plane = round(float(prepared.untreated.model.line_of_load()[0]))
    load = prepared.load.value
    sides = (_side(prepared.untreated, load, plane), _side(after, load, plane))
    cemented = after.model.young_mpa[plane] != prepared.untreated.model.young_mpa[plane]
    cut = _cut(prepared, plane)
    panels = _Panels(prepared, plane, cut, cemented[cut])
    return panels.drawn(sides)


def _side(response: SegmentResponse, load_n: float, plane: int) -> _Side:
    motion, model = response.motion(load_n), response.model
    rows = np.flatnonzero(response.voxels.index[:, 0] == plane)
    at = tuple(response.voxels.index[rows, 1:].T)
    strain, pressure = np.full(model.tissue.shape[1:], np.nan), np.full(model.tissue.shape[1:], np.nan)
    strain[at] = 100 * response.effective_strain(motion, rows)
    pressure[at] = -response.stress(motion, rows)[:, :3].mean(axis=1)
    tissue = model.tissue[plane]
    strain[tissue != Tissue.BONE] = np.nan
    pressure[~np.isin(tissue, (Tissue.NUCLEUS, Tissue.ANNULUS, Tissue.CARTILAGE))] = np.nan
    return _Side(strain, pressure, tuple(response.pressure_mpa(motion, d) for d in model.discs))


def _cut(prepared: PreparedSegment, plane: int) -> tuple[slice, slice]:
    """The part of the plane that holds bodies, discs and caps, with a margin."""
    grid = prepared.untreated.model.grid
    seen = grid.is_body[plane] | (prepared.untreated.model.tissue[plane] == Tissue.CAP)
    pad = round(MARGIN_MM / grid.edge_mm)
    ends = [(np.nonzero(seen.any(axis=1 - a))[0][[0, -1]], seen.shape[a]) for a in (0, 1)]
    forward, up = (slice(max(0, int(lo) - pad), min(n, int(hi) + pad + 1)) for (lo, hi), n in ends)
    return forward, up


@dataclass(frozen=True)
class _Panels:
    prepared: PreparedSegment
    plane: int
    cut: tuple[slice, slice]
    cemented: Mask

    @property
    def edge_mm(self) -> float:
        return self.prepared.untreated.model.grid.edge_mm

    @property
    def size_mm(self) -> tuple[float, float]:
        across, high = self.cemented.shape
        return across * self.edge_mm, high * self.edge_mm

    def _left(self, n: int) -> float:
        return SIDE_MM + n * (self.size_mm[0] + GAP_MM)

    def drawn(self, sides: tuple[_Side, _Side]) -> Picture:
        width, height = self.size_mm
        before, after = sides
        share = 100 * (after.strain - before.strain) / float(np.nanmean(self._next_door(before.strain)))
        drawing = Drawing(2 * SIDE_MM + 3 * width + 2 * GAP_MM, HEAD_MM + height + FOOT_MM, ground=GROUND)
        ends = {
            "strain": float(np.nanpercentile(before.strain[self.cut], LARGE)),
            "pressure": float(np.nanmax(after.pressure[self.cut])),
            "change": float(np.nanpercentile(np.abs(self._next_door(share)), LARGE)),
            "rise": float(np.nanmax(np.abs(after.pressure - before.pressure)[self.cut])),
        }
        for n, one in enumerate(sides):
            layers = (
                (one.strain, STRAIN, (0, ends["strain"])),
                (one.pressure, PRESSURE, (0, ends["pressure"])),
            )
            self._panel(drawing, n, layers)
            self._pressures(drawing, n, [say("picture.mpa", value=f"{p:.2f}") for p in one.disc_mpa])
        difference = (
            (share, CHANGE, (-ends["change"], ends["change"])),
            (after.pressure - before.pressure, CHANGE, (-ends["rise"], ends["rise"])),
        )
        self._panel(drawing, 2, difference)
        rises = [100 * (b / a - 1) for a, b in zip(before.disc_mpa, after.disc_mpa, strict=True)]
        self._pressures(drawing, 2, [say("picture.rise", value=f"{r:+.1f}") for r in rises])
        self._scales(drawing, ends)
        return self._with_words(drawing, before, rises)

    def _next_door(self, values: Array) -> Array:
        """Values of the bones next door in the cut, NaN elsewhere; inside the treated one all is larger."""
        grid, segment = self.prepared.untreated.model.grid, self.prepared.segment
        other = grid.number[self.plane] != segment.number(segment.treated)
        return np.where(other, values, np.nan)[self.cut]

    def _panel(
        self, drawing: Drawing, n: int, layers: tuple[tuple[Array, Colours, tuple[float, float]], ...]
    ) -> None:
        pixels = np.zeros((*self.cemented.shape, 4), np.uint8)
        pixels[self.prepared.untreated.model.tissue[self.plane][self.cut] == Tissue.CAP] = (*CAP, 255)
        for values, colours, (low, high) in layers:
            own = values[self.cut]
            known = np.isfinite(own)
            pixels[known] = coloured((own[known] - low) / (high - low), colours)
        left = self._left(n)
        fine = pixels.repeat(4, axis=0).repeat(4, axis=1)  # a browser would smooth single voxels
        drawing.image(png(fine.transpose(1, 0, 2)[::-1, ::-1]), (left, HEAD_MM), self.size_mm)
        if n:
            self._outline(drawing, left)
        middle = left + self.size_mm[0] / 2
        words = say(f"picture.panel.{('before', 'after', 'change')[n]}")
        drawing.words(
            (middle, HEAD_MM / 2), words, TEXT_MM * 1.1, fill=INK, text_anchor="middle", font_weight=700
        )
        if n == 0:
            self._names(drawing)
            for letter, x in (("front", left - SIDE_MM / 2), ("back", left + self.size_mm[0] + GAP_MM / 2)):
                at = (x, HEAD_MM + self.size_mm[1] / 2)
                drawing.words(at, say(f"picture.{letter}"), TEXT_MM, fill=INK, text_anchor="middle")

    def _outline(self, drawing: Drawing, left: float) -> None:
        """The edges of the cement, one step for each voxel."""
        padded = np.pad(self.cemented, 1)
        for axis in (0, 1):
            change = np.diff(padded.astype(np.int8), axis=axis)
            for i, k in np.argwhere(change != 0):
                a = np.array([i, k], dtype=float) - [(axis == 1), (axis == 0)]
                b = a + ([0, 1] if axis == 0 else [1, 0])
                points = [self._place(p, left) for p in (a, b)]
                drawing.line(points, stroke=CHOSEN, stroke_width=0.35, stroke_linecap="square")

    def _place(self, at: AnyArray, left: float) -> tuple[float, float]:
        """Where a corner (anterior, superior in voxels of the cut) lies on the drawing; anterior is left."""
        width, height = self.size_mm
        return left + width - float(at[0]) * self.edge_mm, HEAD_MM + height - float(at[1]) * self.edge_mm

    def _names(self, drawing: Drawing) -> None:
        grid = self.prepared.untreated.model.grid
        treated = self.prepared.segment.treated
        for level in self.prepared.segment.levels:
            at = np.argwhere((grid.body(self.prepared.segment.number(level)))[self.plane][self.cut])
            x, y = self._place(at.mean(axis=0), self._left(0))
            fill = CHOSEN if level is treated else INK
            drawing.words(
                (x, y), str(level), TEXT_MM * 1.2, fill=fill, text_anchor="middle", halo=HALO, font_weight=700
            )

    def _pressures(self, drawing: Drawing, n: int, said: list[str]) -> None:
        left = self._left(n)
        for disc, words in zip(self.prepared.untreated.model.discs, said, strict=True):
            at = np.argwhere(disc.voxels[self.plane][self.cut])
            x, y = self._place(at.mean(axis=0), left)
            drawing.words(
                (x, y), words, TEXT_MM * 1.1, fill=INK, text_anchor="middle", halo=HALO, font_weight=700
            )

    def _scales(self, drawing: Drawing, ends: dict[str, float]) -> None:
        width, height = self.size_mm
        top = HEAD_MM + height + 4.0
        bars = (
            (0, "strain", STRAIN, (0.0, ends["strain"]), "%"),
            (1, "pressure", PRESSURE, (0.0, ends["pressure"]), "MPa"),
            (2, "change", CHANGE, (-ends["change"], ends["change"]), "%"),
        )
        for n, name, colours, (low, high), unit in bars:
            left = self._left(n)
            ramp = coloured(np.linspace(0, 1, 128), colours)[None]
            drawing.image(png(ramp), (left, top), (width, 3.0))
            for share, value, anchor in ((0.0, low, "start"), (1.0, high, "end")):
                words = f"{value:.2g} {unit}"
                drawing.words((left + share * width, top + 6), words, TEXT_MM, fill=INK, text_anchor=anchor)
            drawing.words(
                (left + width / 2, top + 11),
                say(f"picture.scale.{name}"),
                TEXT_MM,
                fill=INK,
                text_anchor="middle",
            )

    def _with_words(self, drawing: Drawing, before: _Side, rises: list[float]) -> Picture:
        segment = self.prepared.segment
        pairs = [f"{a}-{b}" for a, b in zip(segment.levels, segment.levels[1:], strict=False)]
        told = ", ".join(
            say("picture.disc", place=pair, before=f"{p:.2f}", rise=f"{r:+.1f}")
            for pair, p, r in zip(pairs, before.disc_mpa, rises, strict=True)
        )
        words = {"level": str(segment.treated), "discs": told, "load": f"{self.prepared.load.value:.0f}"}
        alt = say("picture.alt", **words)
        return Picture(
            "neighbours",
            say("picture.title", **words),
            say("picture.caption", **words),
            alt,
            drawing.svg(alt),
        )


def coloured(share: AnyArray, colours: Colours) -> AnyArray:
    """Pixels (..., 4) for shares from 0 to 1 along a row of colours."""
    stops = np.linspace(0, 1, len(colours))
    within = np.clip(share, 0, 1)
    channels = [np.interp(within, stops, np.array(colours)[:, c]) for c in range(3)]
    return np.stack([*channels, np.full_like(channels[0], 255)], axis=-1).astype(np.uint8)
