"""How much cement restores stiffness and strength of a broken vertebra [molloy2003]_.

Nothing is fitted: bone, what a broken body has left, cement and its law each have a source of their own.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from vertebro.kernels.arrays import Array
from vertebro.simulation.augmented import Carried, broken_model, carried, cemented_model
from vertebro.simulation.augmented import v as fills
from vertebro.simulation.inflated_bone import cement_in
from vertebro.simulation.papers.rows import PERCENT, Band, PaperRow, row, v
from vertebro.simulation.permeability import porosity_of
from vertebro.simulation.vertebra_grid import VertebraGrid
from vertebro.simulation.voxel_model import ModelSettings, model_on
from vertebro.vocabulary.known import Unknown
from vertebro.vocabulary.measured import Measured

SHARES = (0.0, 0.08, 0.15, 0.22, 0.30)
SCALING = 0.75  # the middle of the cement's range
NEEDLES_MM = (9.0, 3.0)  # to either side of the middle of the body, and before it


@dataclass(frozen=True)
class DoseResponse:
    """Stiffness and strength over those of the intact body, (doses, 2), by share of the body filled."""

    shares: Array
    part: Array

    def restored_pct(self, column: int) -> float | Unknown:
        """Share of the body (%) at which the intact value is reached; unknown if no dose reaches it."""
        if self.part[-1, column] < 1:
            return Unknown(f"not reached at {PERCENT * self.shares[-1]:.0f} %")
        return float(np.interp(1.0, self.part[:, column], PERCENT * self.shares))

    def least_step_pct(self) -> float:
        """The least gain from one dose to the next, in per cent of the intact value."""
        return float(PERCENT * np.diff(self.part, axis=0).min())


def through_two_needles(grid: VertebraGrid, share: float) -> Array:
    """Saturation of every cube when cement that fills a share of the body spreads from two tips."""
    places = grid.local_mm(np.moveaxis(np.indices(grid.shape), 0, -1))
    middle = grid.local_mm(np.argwhere(grid.body).mean(axis=0))
    beside, ahead = NEEDLES_MM
    tips = [middle + np.array([s * beside, ahead, 0.0]) for s in (1, -1)]
    away = np.minimum(*(np.linalg.norm(places - tip, axis=-1) for tip in tips))
    porosity = np.where(grid.body, porosity_of(grid), 0.0)
    volume = share * grid.body.sum() * grid.edge_mm**3
    return cement_in(np.zeros(grid.shape, bool), away, porosity, volume, grid.edge_mm)


def dose_response(grid: VertebraGrid) -> DoseResponse:
    """The vertebra intact, broken, and filled with more and more cement."""
    intact = model_on(grid, ModelSettings())
    broken = broken_model(intact)
    before = _loads(carried((intact,), "intact"))
    doses = [cemented_model(broken, through_two_needles(grid, s), SCALING) for s in SHARES]
    after = [_loads(carried((model,), f"{s:.0%}")) for model, s in zip(doses, SHARES, strict=True)]
    return DoseResponse(np.array(SHARES), np.array(after) / np.array(before))


def _loads(state: Carried) -> tuple[float, float]:
    assert isinstance(state.offset, Measured), state.offset
    return state.stiffness.value, state.offset.value


def dose_rows(found: DoseResponse, body: str) -> tuple[PaperRow, ...]:
    """Doses that restore stiffness and strength, and that more cement never carries less."""
    told = fills.molloy_fill_pct
    names = ("strength", "stiffness")
    strength, stiffness = (
        Band.within(f"{told.value[name]:g}", v.dose_pct.value[name], told) for name in names
    )
    more = Band("", -v.voxels_worth_pct.number, np.inf, v.voxels_worth_pct)
    return (
        row(f"dose_{body}", "strength", strength, found.restored_pct(1)),
        row(f"dose_{body}", "stiffness", stiffness, found.restored_pct(0)),
        row(f"dose_{body}", "monotone", more, found.least_step_pct()),
    )
