"""A still picture of a triangle surface: orthographic, shaded, nearest surface in front."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import ndimage

from vertebro.kernels.arrays import AnyArray, Array

AMBIENT = 0.42  # share of light that reaches a face turned away from the lamp; only the look depends on it
HOLLOW = 0.05  # darkening per mm below the surroundings, which makes joints and hollows readable


@dataclass(frozen=True)
class Surface:
    """Points (n, 3) in mm and triangles (m, 3) of indices, counter-clockwise seen from outside."""

    points_mm: Array
    triangles: AnyArray

    def normals(self) -> Array:
        """Unit normals at the points, outwards: the mean of the faces that meet there."""
        a, b, c = np.moveaxis(self.points_mm[self.triangles], 1, 0)
        faces = np.cross(b - a, c - a)
        total = np.stack(
            [
                np.bincount(self.triangles.ravel(), np.repeat(faces[:, axis], 3), len(self.points_mm))
                for axis in range(3)
            ],
            axis=-1,
        )
        return np.asarray(total / np.maximum(np.linalg.norm(total, axis=1, keepdims=True), 1e-12))


def enclosed_mm3(surface: Surface) -> float:
    """Volume inside a closed surface; negative if its triangles are turned inwards."""
    a, b, c = np.moveaxis(surface.points_mm[surface.triangles], 1, 0)
    return float(np.einsum("ij,ij->", a, np.cross(b, c)) / 6)


@dataclass(frozen=True)
class Canvas:
    """The picture's upper left corner, its unit vectors across and down (mm), pixel size and shape."""

    corner_mm: Array
    across: Array
    down: Array
    pixel_mm: float
    shape: tuple[int, int]

    @property
    def away(self) -> Array:
        """Unit vector away from the viewer."""
        return np.asarray(np.cross(self.across, self.down))


def rendered(surfaces: list[Surface], colours: AnyArray, canvas: Canvas) -> AnyArray:
    """The picture as 8-bit red, green, blue and opacity; ``colours`` (n, 3) one a surface, 0 to 255."""
    rows, columns = canvas.shape
    depth = np.full(rows * columns, np.inf)
    light = np.zeros(rows * columns)
    owner = np.full(rows * columns, -1)
    for number, surface in enumerate(surfaces):
        pixel, away, shade = _samples(surface, canvas)
        nearest = np.full(rows * columns, np.inf)
        np.minimum.at(nearest, pixel, away)
        wins = (away <= nearest[pixel]) & (away < depth[pixel])
        depth[pixel[wins]] = away[wins]
        light[pixel[wins]] = shade[wins]
        owner[pixel[wins]] = number
    return _coloured(depth.reshape(rows, columns), light, owner, np.asarray(colours, dtype=float))


def _samples(surface: Surface, canvas: Canvas) -> tuple[AnyArray, Array, Array]:
    """Pixel, distance from the viewer and brightness of points spread densely over the front faces."""
    points = (surface.points_mm - canvas.corner_mm) @ np.stack([canvas.across, canvas.down, canvas.away]).T
    normals = surface.normals()
    facing, towards_lamp = normals @ -canvas.away, normals @ _lamp(canvas)
    corners = surface.triangles[facing[surface.triangles].max(axis=1) > 0]
    if not len(corners):
        return np.zeros(0, dtype=int), np.zeros(0), np.zeros(0)
    known = np.column_stack([points, towards_lamp]).astype(np.float32)  # a micrometre is not seen
    weights = _spread(points, corners, canvas.pixel_mm).astype(np.float32)
    spread = np.tensordot(known[corners], weights, axes=([1], [1]))  # triangle, quantity, sample
    at, shade = np.moveaxis(spread[:, :3], 1, 2).reshape(-1, 3), spread[:, 3].ravel()
    column, row = np.floor(at[:, :2] / canvas.pixel_mm).astype(int).T
    rows, columns = canvas.shape
    seen = (row >= 0) & (row < rows) & (column >= 0) & (column < columns)
    return row[seen] * columns + column[seen], at[seen, 2], shade[seen]


def _lamp(canvas: Canvas) -> Array:
    """Unit vector towards the lamp: over the viewer's left shoulder."""
    lamp = -0.35 * canvas.across - 0.5 * canvas.down - 0.8 * canvas.away
    return np.asarray(lamp / np.linalg.norm(lamp))


def _spread(points: Array, corners: AnyArray, pixel_mm: float) -> Array:
    """Barycentric weights (samples, 3) close enough to leave no pixel of the longest usual edge empty."""
    flat = points[:, :2]
    edges = np.linalg.norm(flat[corners] - flat[np.roll(corners, 1, axis=1)], axis=-1)
    parts = int(np.ceil(np.percentile(edges, 99) / pixel_mm)) + 1
    steps = [(i, j, parts - i - j) for i in range(parts + 1) for j in range(parts + 1 - i)]
    return np.asarray(np.array(steps) / parts)


def _coloured(depth: Array, light: Array, owner: AnyArray, colours: AnyArray) -> AnyArray:
    seen = np.isfinite(depth)
    brightness = AMBIENT + (1 - AMBIENT) * np.clip(light.reshape(depth.shape), 0, 1)
    brightness *= np.clip(1 - HOLLOW * np.maximum(_below_surroundings(depth, seen), 0), 0.45, 1)
    rgb = colours[np.maximum(owner, 0)].reshape(*depth.shape, 3) * brightness[..., None]
    opacity = np.where(seen, 255, 0)[..., None]
    return np.asarray(np.concatenate([np.clip(rgb, 0, 255), opacity], axis=-1).round(), dtype=np.uint8)


def _below_surroundings(depth: Array, seen: AnyArray, pixels: float = 6.0) -> Array:
    """How far each pixel lies behind the mean of its surroundings, mm."""
    weight = ndimage.gaussian_filter(seen.astype(float), pixels)
    mean = ndimage.gaussian_filter(np.where(seen, depth, 0.0), pixels) / np.maximum(weight, 1e-6)
    return np.asarray(np.where(seen, depth - mean, 0.0))


def tube(start_mm: Array, end_mm: Array, radius_mm: float, sides: int = 24) -> Surface:
    """A closed round rod from start to end, its triangles counter-clockwise seen from outside."""
    length = float(np.linalg.norm(end_mm - start_mm))
    along = (end_mm - start_mm) / length
    least = np.eye(3)[np.abs(along).argmin()]
    across = np.cross(along, least) / np.linalg.norm(np.cross(along, least))
    angle = 2 * np.pi * np.arange(sides) / sides
    ring = radius_mm * (np.cos(angle)[:, None] * across + np.sin(angle)[:, None] * np.cross(along, across))
    count = int(np.ceil(length / radius_mm)) + 1  # rings near to each other: long triangles are slow to draw
    middles = start_mm + np.linspace(0, length, count)[:, None] * along
    points = np.concatenate([(middles[:, None] + ring).reshape(-1, 3), [start_mm, end_mm]])
    first = (sides * np.arange(count - 1)[:, None] + np.arange(sides)).ravel()
    second = (sides * np.arange(count - 1)[:, None] + np.roll(np.arange(sides), -1)).ravel()
    wall = [(first, second, first + sides), (second, second + sides, first + sides)]
    here, there = np.arange(sides), np.roll(np.arange(sides), -1)
    top, end = sides * (count - 1), np.full(sides, sides * count)
    caps = [(there, here, end), (here + top, there + top, end + 1)]
    return Surface(points, np.concatenate([np.stack(corners, axis=-1) for corners in (*wall, *caps)]))
