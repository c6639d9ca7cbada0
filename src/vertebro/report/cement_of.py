"""The scene of an injection for its pictures and files."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Protocol

import numpy as np

from vertebro.kernels.arrays import AnyArray, Array
from vertebro.patient.volume import Volume
from vertebro.procedures.trajectory import Side
from vertebro.report.cement_film import Moment
from vertebro.report.cement_scene import CementScene, DrawnLeak, DrawnNeedle, say
from vertebro.simulation.inflation import Inflation
from vertebro.simulation.injected import Injected
from vertebro.simulation.injection import InjectionNeedle
from vertebro.simulation.leakage import Outlet
from vertebro.vocabulary.grades import Quantity
from vertebro.vocabulary.known import Unknown

SIDES = {str(side) for side in Side}


@dataclass(frozen=True)
class Seen:
    """What the pictures are drawn on: level, CT, the mask of its bone, the balloons' cavity."""

    level: str
    ct: Volume | Unknown
    bone: Volume
    cavity: Volume | Unknown = field(default_factory=lambda: Unknown(say("no_cavity")))


def cavity_of(inflation: Inflation | Unknown) -> Volume | Unknown:
    """The cavity that balloons made, as a mask in the patient."""
    if isinstance(inflation, Unknown):
        return inflation
    return Volume(inflation.last.cavity, inflation.grid.affine_mm, Quantity.LABEL)


def scene_of(injected: Injected, seen: Seen, needles: Sequence[DrawnNeedle]) -> CementScene:
    """The scene at the end of an injection."""
    grid = injected.grid
    share = np.clip(injected.share, 0, 1).astype(np.float32)
    cement = Volume(np.where(grid.bone, share, 0), grid.affine_mm, Quantity.CEMENT_SHARE)
    pairs = zip(injected.outlets, injected.leaks_ml, strict=True)
    leaks = tuple(_leak(injected, outlet, ml) for outlet, ml in pairs)
    return CementScene(
        seen.level, seen.ct, seen.bone, grid.frame, cement, injected.ml, tuple(needles), leaks, seen.cavity
    )


def drawn(needles: Sequence[InjectionNeedle]) -> tuple[DrawnNeedle, ...]:
    """The needles of an injection for its pictures."""
    return tuple(
        DrawnNeedle(
            say("needle.side" if needle.name in SIDES else "needle.other", name=needle.name),
            np.asarray(needle.tip_mm, dtype=float),
            needle.outer_mm,
            Unknown(say("needle.no_entry")) if needle.entry_mm is None else np.asarray(needle.entry_mm),
        )
        for needle in needles
    )


class Shot(Protocol):
    """An injection at one moment: share of the pores of every cube, injected, and gone by each way out."""

    @property
    def time_s(self) -> float:
        """Since the injection began."""

    @property
    def injected_ml(self) -> float:
        """Cement that left the needles."""

    @property
    def share(self) -> AnyArray:
        """On the cubes of the grid."""

    @property
    def leak_ml(self) -> tuple[float, ...]:
        """In the order of the ways out."""


def moments_of(injected: Injected, shots: Iterable[Shot]) -> tuple[Moment, ...]:
    """The moments of a film, from a dry bone on; a moment without cement in the bone comes first."""
    open_here = injected.porosity > 0
    none = tuple(0.0 for _ in injected.outlets)
    made = [Moment(np.zeros(injected.share.shape, np.float32), 0.0, none, 0.0)]
    for shot in shots:
        share = np.where(open_here, np.clip(shot.share, 0, 1), 0).astype(np.float32)
        made.append(Moment(share, shot.injected_ml - sum(shot.leak_ml), tuple(shot.leak_ml), shot.time_s))
    return tuple(made) if len(made) > 1 else ()


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
