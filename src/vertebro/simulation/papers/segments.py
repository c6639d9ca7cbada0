"""Bodies of known shape for published checks: elliptic vertebrae over each other, and pillars of cement."""

from __future__ import annotations

import numpy as np

from vertebro.patient.frame import BodyFrame
from vertebro.simulation.segment import SaturationField, SegmentGrid
from vertebro.vocabulary.grades import Quantity

FRAME = BodyFrame.from_directions(
    np.zeros(3), anterior=np.array([0.0, -1, 0]), superior=np.array([0.0, 0, 1])
)
ROOM_MM = 5.0


def phantom(
    count: int = 2,
    edge_mm: float = 1.0,
    half_mm: tuple[float, float] = (23.0, 16.0),
    body_mm: float = 26.0,
    disc_mm: float = 10.0,
    densities: tuple[float, float] = (30.0, 1000.0),
) -> SegmentGrid:
    """Bodies one over the other; ``densities`` are those of the inside and of a shell of 1 mm."""
    height = count * body_mm + (count - 1) * disc_mm
    ranges = [(-h - ROOM_MM, h + ROOM_MM) for h in half_mm] + [(-ROOM_MM, height + ROOM_MM)]
    axes = [np.arange(low + edge_mm / 2, high, edge_mm) for low, high in ranges]
    x, y, z = np.meshgrid(*axes, indexing="ij")
    out = np.hypot(x / half_mm[0], y / half_mm[1])
    within = np.hypot(x / (half_mm[0] - 1), y / (half_mm[1] - 1))
    hollow = 1.5 * np.clip(1 - (out / 0.8) ** 2, 0, None)
    number, density = np.zeros(x.shape, np.int8), np.full(x.shape, densities[0])
    for n in range(count):
        above = height - n * (body_mm + disc_mm)
        upper = above - hollow * (n > 0)
        lower = above - body_mm + hollow * (n < count - 1)
        own = (out < 1) & (z < upper) & (z > lower)
        number[own] = n + 1
        density[own & ((within > 1) | (z > upper - 1) | (z < lower + 1))] = densities[1]
    first = np.array([axis[0] for axis in axes])
    return SegmentGrid(number, number > 0, density, Quantity.K2HPO4_MG_CM3, edge_mm, first, FRAME)


def pillar(grid: SegmentGrid, n: int, half_mm: tuple[float, float], right_mm: float = 0.0) -> SaturationField:
    """Cement from end-plate to end-plate of body ``n``, on the grid of the segment."""
    index = np.argwhere(grid.body(n))
    place = grid.first_mm + index * grid.edge_mm
    inside = np.hypot((place[:, 0] - right_mm) / half_mm[0], place[:, 1] / half_mm[1]) < 1
    saturation = np.zeros(grid.number.shape)
    saturation[tuple(index[inside].T)] = 1.0
    affine = np.eye(4)
    affine[:3, :3] = grid.frame.axes.T * grid.edge_mm
    affine[:3, 3] = grid.to_mm(np.zeros(3))
    return SaturationField(saturation, affine)
