"""An injection as heat and pictures need it: where its cement lies, in the bone and in the canal."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from vertebro.errors import HouseFault
from vertebro.kernels.arrays import Array, Mask
from vertebro.kernels.geometry import enclosed_hole
from vertebro.simulation.heating import TRACE, CementField, Heat, HeatSettings, heat_spread
from vertebro.simulation.injection import CementResult, Snapshot
from vertebro.simulation.leakage import Outlet, Place
from vertebro.simulation.permeability import porosity_of
from vertebro.simulation.vertebra_grid import VertebraGrid
from vertebro.vocabulary.known import Unknown

LEAST_CANAL_MM2 = 25.0
"""A hole in the bone's shadow smaller than this is a gap of the mask, not a canal."""


@dataclass(frozen=True)
class Injected:
    """Share of the pores filled on the cubes of a grid, and cement (mL) gone by each way out.

    ``porosity`` is that of the flow: 0 where cement cannot enter.
    """

    grid: VertebraGrid
    porosity: Array
    share: Array
    outlets: tuple[Outlet, ...] = ()
    leaks_ml: tuple[float, ...] = ()

    def __post_init__(self) -> None:
        shapes = {self.grid.shape, self.porosity.shape, self.share.shape}
        if len(shapes) > 1 or len(self.outlets) != len(self.leaks_ml):
            raise HouseFault("Shares, porosity and leaks must belong to the grid and the ways out.")
        if not (
            np.isfinite(self.share).all() and self.share.min() >= -TRACE and self.share.max() <= 1 + TRACE
        ):
            raise HouseFault("The share of the pores that is filled must lie between 0 and 1.")

    @classmethod
    def of(cls, result: CementResult) -> Injected:
        """What an injection left."""
        left = tuple(float(ml) for ml in result.course.leak_ml[:, -1])
        return cls(result.bone.grid, result.bone.porosity, result.cement_share, result.outlets, left)

    @classmethod
    def at(cls, result: CementResult, moment: Snapshot) -> Injected:
        """What an injection had left at one of its moments."""
        bone, share = result.bone, np.clip(np.asarray(moment.share, dtype=float), 0.0, 1.0)
        return cls(bone.grid, bone.porosity, share, result.outlets, moment.leak_ml)

    @property
    def ml(self) -> float:
        """Cement in the bone."""
        return float((np.clip(self.share, 0, 1) * self.porosity).sum()) * self.grid.edge_mm**3 / 1000

    def canal(self) -> Mask | Unknown:
        """The room inside the ring of the vertebra, as high as its bone."""
        hole = enclosed_hole(np.asarray(self.grid.bone.any(axis=2)), LEAST_CANAL_MM2 / self.grid.edge_mm**2)
        if hole is None:
            return Unknown("the mask does not close a ring around the canal")
        high = np.flatnonzero(self.grid.body.any(axis=(0, 1)))
        room = np.repeat(hole[:, :, None], self.grid.shape[2], axis=2) & ~self.grid.bone
        room[:, :, : high[0]] = room[:, :, high[-1] + 1 :] = False
        return np.asarray(room)

    def field(self) -> CementField:
        """Shares of cement and bone. Cement in the canal is laid as a lump before the way it came by."""
        inside = self.grid.bone
        bone = np.where(inside, 1 - porosity_of(self.grid), 0.0)
        cement = np.where(inside, np.clip(self.share, 0, 1) * self.porosity, 0.0)
        bone = np.minimum(bone, 1 - cement)
        canal = self.canal()
        if not isinstance(canal, Unknown):
            for outlet, ml in zip(self.outlets, self.leaks_ml, strict=True):
                if outlet.to is Place.CANAL:
                    self._lay(cement, canal, outlet, ml)
        return CementField(cement, bone, inside, self.grid.edge_mm)

    def _lay(self, cement: Array, canal: Mask, outlet: Outlet, ml: float) -> None:
        """Fills the cubes of the canal nearest to where a way out opens."""
        free = np.argwhere(canal & (cement < 1))
        opening = np.average(outlet.places_mm, axis=0, weights=outlet.shares)
        near = free[np.argsort(np.linalg.norm(self.grid.local_mm(free) - opening, axis=1), kind="stable")]
        left = ml * 1000 / self.grid.edge_mm**3
        for at in near:
            if left <= 0:
                return
            put = min(left, 1 - float(cement[tuple(at)]))
            cement[tuple(at)] += put
            left -= put


def heat_of(injected: Injected, settings: HeatSettings | None = None) -> dict[str, Heat] | Unknown:
    """The heat by every published law of cure; Unknown where there is no cement."""
    if not ((injected.share * injected.porosity) > TRACE).any():
        return Unknown("no cement was injected")
    field, canal = injected.field(), injected.canal()
    regions = field.regions(None if isinstance(canal, Unknown) else canal)
    return heat_spread(field, regions, settings)
