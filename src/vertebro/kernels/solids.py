"""Signed distances (mm, negative inside) of simple solids, and how much of a voxel lies inside."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeAlias

import numpy as np

from vertebro.kernels.arrays import AnyArray

Point: TypeAlias = tuple[AnyArray, AnyArray, AnyArray]
"""Three coordinate arrays that broadcast against each other."""

TINY = 1e-6
"""Keeps divisions finite at the very centre of a solid, where the distance is not used."""


def ellipse(across: AnyArray, along: AnyArray, rx: AnyArray | float, ry: AnyArray | float) -> AnyArray:
    """Distance to an ellipse round the origin, exact to first order near its edge."""
    radii = np.asarray(rx, dtype=np.float32), np.asarray(ry, dtype=np.float32)
    return _scaled_ball((across, along), radii)


def ellipsoid(point: Point, centre: Sequence[float], radii: Sequence[float]) -> AnyArray:
    """Distance to an ellipsoid along the axes, exact to first order near its surface."""
    offset = [p - np.float32(c) for p, c in zip(point, centre, strict=True)]
    return _scaled_ball(offset, [np.float32(r) for r in radii])


def limb(
    point: Point,
    start: Sequence[float],
    end: Sequence[float],
    radii: Sequence[float],
    end_radii: Sequence[float] | None = None,
) -> AnyArray:
    """Distance to an ellipsoid swept from ``start`` to ``end``, its radii changing on the way."""
    axis = np.subtract(end, start).astype(np.float32)
    along = sum(
        ((p - np.float32(a)) * d for p, a, d in zip(point, start, axis, strict=True)), start=np.float32(0)
    )
    t = np.clip(along / np.float32(max(float(axis @ axis), TINY)), 0, 1)
    offset = [p - (np.float32(a) + t * d) for p, a, d in zip(point, start, axis, strict=True)]
    last = radii if end_radii is None else end_radii
    return _scaled_ball(
        offset, [np.float32(r0) + t * np.float32(r1 - r0) for r0, r1 in zip(radii, last, strict=True)]
    )


def _scaled_ball(offset: Sequence[AnyArray], radii: Sequence[AnyArray | np.float32]) -> AnyArray:
    scaled = [o / r for o, r in zip(offset, radii, strict=True)]
    k = _length(scaled)
    slope = _length([x / r for x, r in zip(scaled, radii, strict=True)])
    return np.asarray((k - 1) * np.maximum(k, TINY) / np.maximum(slope, TINY))


def _length(vector: Sequence[AnyArray]) -> AnyArray:
    total = vector[0] * vector[0]
    for x in vector[1:]:
        total = total + x * x
    return np.asarray(np.sqrt(total))


def plate(
    point: Point, corners: Sequence[tuple[float, float]], half_thickness: float, rounding: float
) -> AnyArray:
    """Distance to a convex polygon in the last two coordinates, made thick along the first, rounded.

    ``corners`` go around once, either way; thickness and corners include the rounding.
    """
    across, u, v = point
    outline = np.asarray(corners, dtype=np.float32)
    centre = outline.mean(axis=0)
    inside = np.full(np.broadcast(u, v).shape, -np.inf, dtype=np.float32)
    for first, second in zip(outline, np.roll(outline, -1, axis=0), strict=True):
        edge = second - first
        normal = np.array([edge[1], -edge[0]]) / np.linalg.norm(edge)
        normal = normal if normal @ (first - centre) > 0 else -normal
        inside = np.maximum(
            inside,
            (u - first[0]) * np.float32(normal[0]) + (v - first[1]) * np.float32(normal[1]),
        )
    x, y = inside + np.float32(rounding), np.abs(across) - np.float32(half_thickness - rounding)
    outer = np.sqrt(np.maximum(x, 0) ** 2 + np.maximum(y, 0) ** 2)
    return np.asarray(outer + np.minimum(np.maximum(x, y), 0) - np.float32(rounding))


def rounded_intersection(a: AnyArray, b: AnyArray, radius: float) -> AnyArray:
    """Distance to what lies in both solids, the edge between them rounded within ``radius``."""
    near = np.maximum(np.float32(radius) - np.abs(a - b), 0)
    return np.asarray(np.maximum(a, b) + near * near / np.float32(4 * radius))


def filleted_union(a: AnyArray, b: AnyArray, radius: float) -> AnyArray:
    """Distance to what lies in either solid, the inner edge between them filled within ``radius``."""
    near = np.maximum(np.float32(radius) - np.abs(a - b), 0)
    return np.asarray(np.minimum(a, b) - near * near / np.float32(4 * radius))


def coverage(distance: AnyArray, change: AnyArray) -> AnyArray:
    """Part of each voxel (0 to 1) with a negative distance; ``change`` is its change over one voxel.

    A voxel is as wide, seen along the surface's normal, as the distance changes across it; the ramp of
    that width keeps areas and volumes to second order in the voxel size for any orientation.
    """
    return np.asarray(np.clip(np.float32(0.5) - distance / np.maximum(change, TINY), 0, 1))


def change_per_voxel(distance: AnyArray) -> AnyArray:
    """Length of the gradient of a distance, in distance per voxel."""
    total = np.zeros(distance.shape, dtype=np.float32)
    for axis in range(3):
        if distance.shape[axis] > 1:
            total += np.gradient(distance, axis=axis) ** 2
    return np.sqrt(total)
