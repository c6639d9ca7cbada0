"""The bone a balloon grows in: density, distance of its walls and end-plates, stiffness and strength."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import ndimage

from vertebro.kernels.arrays import Array, Mask
from vertebro.kernels.geometry import largest_part
from vertebro.simulation.endplate_lift import LiftBody, ends_of, v
from vertebro.simulation.materials import converted, kopperdahl_yield, kopperdahl_young
from vertebro.simulation.vertebra_grid import VertebraGrid

MG_PER_G = 1000.0
PERCENT = 100.0
HALF = 0.5  # a wall lies half a cube before the middle of the first cube outside
TIE_DIGITS = 9  # of a level: rounding leaves less


@dataclass(frozen=True)
class Room:
    """Density (g/cm3, of the law's kind) and, in the body, the distances (mm) of a cube's middle from the
    walls, and from the end-plates along the spine.
    """

    bone: Mask
    body: Mask
    density: Array
    wall_mm: Array
    end_plate_mm: Array


def room_in(grid: VertebraGrid) -> Room:
    """The room in a vertebra."""
    bone = largest_part(grid.bone)
    body = grid.body & bone
    density = converted(grid.density, grid.quantity, kopperdahl_yield.takes) / MG_PER_G
    low, high = ends_of(body)
    k = np.arange(body.shape[2])
    column = np.asarray(body.any(axis=2))[..., None]
    beyond = column & ((k > high[..., None]) | (k < low[..., None]))  # above or below: not a wall
    outside = ~bone & ~beyond
    edge, wall = grid.edge_mm, np.full(body.shape, np.inf)
    if outside.any():
        wall = (ndimage.distance_transform_edt(~outside) - HALF) * edge
    plate = (np.minimum(high[..., None] - k, k - low[..., None]) + HALF) * edge
    return Room(bone, body, np.where(bone, density, 0.0), wall, np.where(body, plate, 0.0))


def strength_left(is_broken: bool) -> float:
    """The share of its strength that a body has: all of it, or what crushed ones had in a laboratory."""
    return 1 - v.residual_strength_pct.value[0] / PERCENT if is_broken else 1.0


def stiffness_left(is_broken: bool) -> float:
    """The share of its stiffness that a body has, likewise."""
    return 1 - v.residual_stiffness_pct.value[0] / PERCENT if is_broken else 1.0


def lift_body(grid: VertebraGrid, is_broken: bool) -> LiftBody:
    """Moduli and yield stresses of a vertebra; a broken body has lost what crushed ones lost in a laboratory.

    The arch is as it was.
    """
    bone = largest_part(grid.bone)
    density = converted(grid.density, grid.quantity, kopperdahl_young.takes)[bone]
    young, yields = np.zeros(bone.shape), np.zeros(bone.shape)
    young[bone] = kopperdahl_young(density, kopperdahl_young.takes)
    yields[bone] = kopperdahl_yield(density, kopperdahl_yield.takes)
    body = grid.body & bone
    if is_broken:
        young[body] *= stiffness_left(is_broken)
        yields[body] *= strength_left(is_broken)
    return LiftBody(young, yields, body, np.zeros_like(body), grid.edge_mm)


def cement_in(cavity: Mask, level: Array, porosity: Array, volume_mm3: float, edge_mm: float) -> Array:
    """Share of each cube's pores that cement fills: the cavity first, then the bone around it, nearest first.

    ``level`` orders the cubes outwards; ``porosity`` is that of the bone (1 in the cavity), nought where
    nothing flows.
    """
    inner = np.where(cavity, level - level.max() - 1, level).ravel()
    _, shell = np.unique(inner.round(TIE_DIGITS), return_inverse=True)  # cubes equally far out fill together
    pores = np.bincount(shell, porosity.ravel()) * edge_mm**3
    before = np.cumsum(pores) - pores
    part = np.clip((volume_mm3 - before) / np.where(pores > 0, pores, 1.0), 0.0, 1.0)
    return np.where(porosity > 0, part[shell].reshape(level.shape), 0.0)
