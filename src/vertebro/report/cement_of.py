"""The scene of an injection for its pictures and files."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from vertebro.kernels.arrays import Array
from vertebro.patient.volume import Volume
from vertebro.report.cement_scene import CementScene, DrawnLeak, DrawnNeedle
from vertebro.simulation.injected import Injected
from vertebro.simulation.leakage import Outlet
from vertebro.vocabulary.grades import Quantity
from vertebro.vocabulary.known import Unknown


@dataclass(frozen=True)
class Seen:
    """What the pictures are drawn on: name of the level, its CT, the mask of its bone."""

    level: str
    ct: Volume | Unknown
    bone: Volume


def scene_of(injected: Injected, seen: Seen, needles: Sequence[DrawnNeedle]) -> CementScene:
    """The scene at the end of an injection."""
    grid = injected.grid
    share = np.clip(injected.share, 0, 1).astype(np.float32)
    cement = Volume(np.where(grid.bone, share, 0), grid.affine_mm, Quantity.CEMENT_SHARE)
    pairs = zip(injected.outlets, injected.leaks_ml, strict=True)
    leaks = tuple(_leak(injected, outlet, ml) for outlet, ml in pairs)
    return CementScene(seen.level, seen.ct, seen.bone, grid.frame, cement, injected.ml, tuple(needles), leaks)


def _leak(injected: Injected, outlet: Outlet, ml: float) -> DrawnLeak:
    """The leak's ball just outside the opening, away from the middle of the body."""
    grid = injected.grid
    opening = np.average(outlet.places_mm, axis=0, weights=outlet.shares)
    made = DrawnLeak(outlet.name, outlet.route.value, grid.frame.world_mm(opening), ml)
    outwards = _away(opening - grid.local_mm(np.argwhere(grid.body)).mean(axis=0))
    place = grid.frame.world_mm(opening + outwards * (made.radius_mm + grid.edge_mm / 2))
    return DrawnLeak(outlet.name, outlet.route.value, place, ml)


def _away(offset: Array) -> Array:
    """The main direction of an offset: out of the nearest face, not out of a corner."""
    axis = int(np.abs(offset).argmax())
    return np.asarray(np.sign(offset[axis]) * np.eye(3)[axis])
