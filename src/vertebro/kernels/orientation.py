"""How a vertebra lies, read from its shape alone: the canal's axis, what lies behind it, which end is up.

The shadow of a vertebra along its canal is a ring: a large disc (the body), a hole (the canal) and
processes on the far side of the hole. Along no other direction does the shadow hold so large a hole.
Nothing here knows where the head is; the three directions come out in the frame of the points.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import ndimage

from vertebro.kernels.arrays import Array, Mask

POINT_MM = 1.5  # spacing of the sampled points: finer than the thinnest lamina, coarse enough to be quick
PIXEL_MM = 2.0  # a pixel of the shadow is wider than the points lie apart, so that solid bone has no gaps
DIRECTIONS = 120  # over a half-sphere: neighbours 13 degrees apart, half the angle at which a canal closes
RING_DEG = 6.5  # the second look: half way to the neighbouring directions


@dataclass(frozen=True)
class VertebraShape:
    """What the shadow along the canal shows. Directions are unit vectors in the frame of the points.

    ``upward_mm`` is how much higher, along ``axis``, the pedicles lie than the processes: positive
    where ``axis`` points to the head, since pedicles leave the upper half of a body and spinous
    processes point down.
    """

    axis: Array
    posterior: Array
    canal_radius_mm: float
    body_radius_mm: float
    body_to_canal_mm: float
    behind_canal_mm: float
    upward_mm: float


def vertebra_shape(mask: Mask, steps_mm: Array) -> VertebraShape | None:
    """The directions of a vertebra; None where no shadow has a hole.

    ``steps_mm`` holds the steps of the grid as columns; directions come out in their frame.
    """
    mask = _largest_piece(mask)
    surface = _points_mm(mask & ~ndimage.binary_erosion(mask), steps_mm)  # its shadow is that of the solid
    middle = surface.mean(axis=0)
    axis = _canal_axis(surface - middle)
    if axis is None:
        return None
    shadow = _Shadow(surface - middle, axis)
    hole, canal_radius = shadow.largest_disc(shadow.holes)
    disc, body_radius = shadow.largest_disc(shadow.filled)
    apart = float(np.linalg.norm(hole - disc))
    if apart == 0:
        return None
    posterior = (hole - disc) / apart @ shadow.plane
    points = _points_mm(mask, steps_mm) - middle
    return VertebraShape(
        axis=axis,
        posterior=posterior,
        canal_radius_mm=canal_radius,
        body_radius_mm=body_radius,
        body_to_canal_mm=apart,
        behind_canal_mm=float((points @ posterior).max() - hole @ shadow.plane @ posterior),
        upward_mm=_upward_mm(points, axis, posterior, (disc @ shadow.plane, body_radius, apart)),
    )


def _largest_piece(mask: Mask) -> Mask:
    parts, count = ndimage.label(mask)
    if count < 2:
        return mask
    sizes = np.bincount(parts.ravel())
    sizes[0] = 0
    return np.asarray(parts == sizes.argmax())


def _points_mm(mask: Mask, steps_mm: Array) -> Array:
    """Points (n, 3) that fill a mask, no farther apart than POINT_MM."""
    spacing = np.linalg.norm(steps_mm, axis=0)
    stride = np.maximum(1, (POINT_MM / spacing).astype(int))
    if (stride > 1).any():  # a fine image: what a coarser voxel holds any of is filled
        mask = coarser(mask, stride)
    repeats = np.ceil(spacing * stride / POINT_MM).astype(int)
    offsets = [((np.arange(n) + 0.5) / n - 0.5) * s for n, s in zip(repeats, stride, strict=True)]
    within = np.stack(np.meshgrid(*offsets, indexing="ij"), axis=-1).reshape(-1, 3)
    index = np.argwhere(mask) * stride + (stride - 1) / 2
    return np.asarray((index[:, None] + within[None]).reshape(-1, 3) @ steps_mm.T)


def coarser(mask: Mask, stride: Array) -> Mask:
    """The mask on every ``stride``-th voxel: filled where the larger voxel holds any of it."""
    padded = np.pad(mask, [(0, int(-n % s)) for n, s in zip(mask.shape, stride, strict=True)])
    (i, j, k), (a, b, c) = padded.shape, stride
    return np.asarray(padded.reshape(i // a, a, j // b, b, k // c, c).any(axis=(1, 3, 5)))


class _Shadow:
    """The shadow of points on the plane across a direction, in pixels."""

    def __init__(self, points: Array, direction: Array) -> None:
        self.plane = _across(direction)
        flat = np.ascontiguousarray((points @ self.plane.T).T)  # rows: extremes along a row are quick
        self._low = flat.min(axis=1) - 2 * PIXEL_MM
        pixels = ((flat - self._low[:, None]) / PIXEL_MM).astype(int)
        self.filled = np.zeros(pixels.max(axis=1) + 3, dtype=bool)
        self.filled[pixels[0], pixels[1]] = True

    @property
    def holes(self) -> Mask:
        return np.asarray(ndimage.binary_fill_holes(self.filled) & ~self.filled)

    def largest_disc(self, image: Mask) -> tuple[Array, float]:
        """Centre (mm in the plane) and radius (mm) of the largest disc inside an image."""
        reach = ndimage.distance_transform_edt(image)
        most = reach.max()
        near = np.argwhere(reach >= most - 0.5)  # half a pixel: the centre of a plateau, not its corner
        centre = near.mean(axis=0) if len(near) else np.zeros(2)
        return (centre + 0.5) * PIXEL_MM + self._low, float(most * PIXEL_MM)


def _canal_axis(points: Array) -> Array | None:
    """The direction along which the largest hole is seen, or None where there is no hole."""
    around = half_sphere(DIRECTIONS)
    areas = np.array([_Shadow(points, d).holes.sum() for d in around], dtype=float)
    best = around[areas.argmax()]
    if areas.max() == 0:
        return None
    ring = _ring(best, RING_DEG)
    nearby = np.vstack([around[np.abs(around @ best) > np.cos(np.radians(3 * RING_DEG))], ring])
    seen = np.array([_Shadow(points, d).holes.sum() for d in nearby], dtype=float)
    seen[seen < 0.7 * seen.max()] = 0  # the wings, where the canal closes unevenly, say little
    mean = (nearby * np.sign(nearby @ best)[:, None] * seen[:, None]).sum(axis=0)
    mean /= np.linalg.norm(mean)
    return np.asarray(mean if _Shadow(points, mean).holes.any() else best)


def _upward_mm(points: Array, axis: Array, posterior: Array, body: tuple[Array, float, float]) -> float:
    """Height of the pedicles above the processes along the axis; 0 where either cannot be seen."""
    disc, radius, apart = body
    back, height = points @ posterior - disc @ posterior, points @ axis
    from_disc = points - disc
    aside = np.linalg.norm(from_disc - np.outer(from_disc @ axis, axis), axis=1)
    behind = back > apart + 0.25 * radius  # past the middle of the canal
    beside = (back > 0.6 * radius) & (back < apart) & (aside > radius)  # between body and canal: pedicles
    if not behind.any() or not beside.any():
        return 0.0
    return float(height[beside].mean() - height[behind].mean())


def half_sphere(count: int) -> Array:
    """Unit vectors spread evenly over the upper half-sphere (a Fibonacci spiral)."""
    turn = np.pi * (1 + np.sqrt(5)) * (np.arange(count) + 0.5)
    z = (np.arange(count) + 0.5) / count
    r = np.sqrt(1 - z**2)
    return np.stack([r * np.cos(turn), r * np.sin(turn), z], axis=1)


def _ring(direction: Array, angle_deg: float) -> Array:
    turn = np.linspace(0, 2 * np.pi, 8, endpoint=False)
    plane = _across(direction)
    side = np.cos(turn)[:, None] * plane[0] + np.sin(turn)[:, None] * plane[1]
    angle = np.radians(angle_deg)
    return np.asarray(np.vstack([direction, np.cos(angle) * direction + np.sin(angle) * side]))


def _across(direction: Array) -> Array:
    """Two unit vectors (rows) that span the plane across a direction."""
    first = np.cross(direction, np.eye(3)[np.abs(direction).argmin()])
    first /= np.linalg.norm(first)
    return np.array([first, np.cross(direction, first)])
