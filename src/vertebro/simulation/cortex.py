"""Where the CT shows the shell of a vertebral body missing: gaps in its walls and end-plates."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum

import numpy as np
from scipy import ndimage

from vertebro.kernels.arrays import AnyArray, Array, Mask
from vertebro.kernels.geometry import resampled_at
from vertebro.patient.volume import Volume
from vertebro.simulation.permeability import DEEP_MM, EVERY_NEIGHBOUR, outward, surface_area_mm2, v
from vertebro.simulation.vertebra_grid import VertebraGrid
from vertebro.vocabulary.known import Unknown
from vertebro.vocabulary.texts import texts

say = texts(beside=__file__, name="cement").say

SEARCH_MM = np.arange(-3.0, 1.01, 0.25)
"""Places along the outward direction where the shell's peak is looked for: the mask may be off by as much."""

STEEP = 0.7
"""Cosine with the long axis of the body above which a face belongs to an end-plate (45 degrees)."""


class Side(Enum):
    """The parts of a body's shell."""

    UPPER = "upper end-plate"
    LOWER = "lower end-plate"
    POSTERIOR = "posterior wall"
    FRONT = "anterior and side walls"


@dataclass(frozen=True)
class Gap:
    """A place where the shell is missing: points of it (n, 3) in the body's frame with their areas."""

    side: Side
    places_mm: Array
    areas_mm2: Array

    @property
    def area_mm2(self) -> float:
        """Area of the gap."""
        return float(self.areas_mm2.sum())

    @property
    def centre_mm(self) -> Array:
        """Its middle in the body's frame."""
        return np.asarray(np.average(self.places_mm, axis=0, weights=self.areas_mm2))


@dataclass(frozen=True)
class Shell:
    """The surface of a body: cubes (n, 3), their areas, sides, and how far the shell stands out there.

    ``excess`` is 1 where the shell stands out as usual on its side, 0 where there is none.
    """

    cubes: AnyArray
    areas_mm2: Array
    sides: tuple[Side, ...]
    excess: Array


def shell_on_ct(grid: VertebraGrid, density: Volume) -> Shell | Unknown:
    """How far the shell of the body stands out on the CT; Unknown where the CT does not show a shell."""
    area = surface_area_mm2(grid.bone, grid.edge_mm)
    cubes = np.argwhere(grid.body & (area > 0))
    normal = outward(grid.bone)[tuple(cubes.T)]
    inner = grid.body & (ndimage.distance_transform_edt(grid.bone) * grid.edge_mm > DEEP_MM)
    if len(cubes) == 0 or not inner.any():
        return Unknown(say("cortex.no_body"))
    around, scatter = _spongy(grid, inner)
    peaks = _peaks(grid, density, cubes, normal) - around[tuple(cubes.T)]
    sides = _sides(cubes, normal)
    excess = np.empty(len(cubes))
    for side in Side:
        here = np.array([s is side for s in sides])
        if not here.any():
            continue
        usual = float(np.median(peaks[here]))
        if usual < v.shell_least_contrast.number * scatter:
            return Unknown(say("cortex.not_seen", side=side.value))
        excess[here] = peaks[here] / usual
    return Shell(cubes, area[tuple(cubes.T)], sides, excess)


def _spongy(grid: VertebraGrid, inner: Mask) -> tuple[Array, float]:
    """The density of spongy bone beneath each place of the surface, and its scatter inside the body."""
    weight = ndimage.gaussian_filter(inner.astype(float), 3.0 / grid.edge_mm)  # 3 mm: wider than the texture
    smooth = ndimage.gaussian_filter(np.where(inner, grid.density, 0.0), 3.0 / grid.edge_mm)
    middle = float(np.median(grid.density[inner]))
    around = np.where(weight > 1e-3, smooth / np.maximum(weight, 1e-3), middle)
    left = (grid.density - around)[inner]
    return np.asarray(around), float(1.4826 * np.median(np.abs(left - np.median(left))))


def _peaks(grid: VertebraGrid, density: Volume, cubes: AnyArray, normal: Array) -> Array:
    """The greatest density along the outward direction of each place of the surface."""
    places = grid.local_mm(cubes)[:, None, :] + SEARCH_MM[None, :, None] * normal[:, None, :]
    world = grid.frame.world_mm(places.reshape(-1, 3))
    found = resampled_at(density.values, density.affine_mm, world).reshape(len(cubes), -1)
    return np.asarray(found.max(axis=1))


def _sides(cubes: AnyArray, normal: Array) -> tuple[Side, ...]:
    names = np.full(len(cubes), 3)
    names[normal[:, 1] < -STEEP] = 2
    names[normal[:, 2] > STEEP] = 0
    names[normal[:, 2] < -STEEP] = 1
    order = tuple(Side)
    return tuple(order[n] for n in names)


def gaps_of(grid: VertebraGrid, shell: Shell, natural: Mask) -> tuple[Gap, ...]:
    """Gaps of the shell, largest first; ``natural`` are openings that belong there (the foramen)."""
    open_here = np.zeros(grid.shape, dtype=bool)
    thin = (shell.excess < v.gap_share.number) & ~natural[tuple(shell.cubes.T)]
    open_here[tuple(shell.cubes[thin].T)] = True
    numbers, count = ndimage.label(open_here, EVERY_NEIGHBOUR)
    number = numbers[tuple(shell.cubes.T)]
    gaps = [_gap(grid, shell, np.nonzero(number == n)[0]) for n in range(1, count + 1)]
    kept = [gap for gap in gaps if gap.area_mm2 >= v.gap_least_mm2.number]
    return tuple(sorted(kept, key=lambda gap: -gap.area_mm2))


def _gap(grid: VertebraGrid, shell: Shell, members: AnyArray) -> Gap:
    areas = shell.areas_mm2[members]
    side = _most([shell.sides[m] for m in members], areas)
    return Gap(side, grid.local_mm(shell.cubes[members]), areas)


def _most(sides: Sequence[Side], areas: Array) -> Side:
    """The side that holds most of an area."""
    totals = {side: sum(a for s, a in zip(sides, areas, strict=True) if s is side) for side in Side}
    return max(totals, key=lambda side: totals[side])
