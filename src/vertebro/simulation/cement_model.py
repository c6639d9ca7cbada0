"""This patient's vertebra made ready for cement: porous bone, voids, ways out, what must be said of them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np

from vertebro.fracture.density import cautions, contrast_of, density_mg_cm3
from vertebro.fracture.density import v as hu
from vertebro.fracture.findings import Calibration
from vertebro.fracture.measure import measurable
from vertebro.kernels.arrays import Mask
from vertebro.kernels.geometry import Grid, resampled
from vertebro.patient.case import Case
from vertebro.patient.volume import Volume
from vertebro.procedures.trajectory import Trajectory
from vertebro.simulation.cortex import Gap, gaps_of, shell_on_ct
from vertebro.simulation.injection import InjectionNeedle, say
from vertebro.simulation.leakage import BodyBox, Outlet, foramen, outlets_of, track
from vertebro.simulation.permeability import PermeabilityLaw, PorousVertebra, kozeny, porous_vertebra, v
from vertebro.simulation.vertebra_grid import (
    HALF,
    BonyVertebra,
    VertebraGrid,
    bony_vertebra,
    calibration_needed,
    images_of,
    room_for_caps_mm,
    vertebra_grid,
    whole_vertebra,
)
from vertebro.vocabulary.known import Unknown
from vertebro.vocabulary.levels import Level

CT_EDGE_MM = 1.0
"""Cubes on which the shell of the CT is looked at, whatever the grid of the flow."""

FORAMEN_ROOM_MM = 3.0
"""Around the mean foramen in which a gap of the posterior wall is taken for the foramen itself."""

Progress = Callable[[str], None]


@dataclass(frozen=True)
class CementModel:
    """One vertebra, and how it was made; its ``bone`` is without its veins.

    ``gaps`` are Unknown where the CT does not show the shell.
    """

    level: Level
    bone: PorousVertebra
    outlets: tuple[Outlet, ...]
    gaps: tuple[Gap, ...] | Unknown
    box: BodyBox
    cautions: tuple[str, ...]


@dataclass(frozen=True)
class Prepared:
    """The vertebra of a case cut out of its images, from which models on any grid are made."""

    level: Level
    given: BonyVertebra
    gas: Volume
    gaps: tuple[Gap, ...] | Unknown
    cautions: tuple[str, ...]

    def on(self, edge_mm: float, law: PermeabilityLaw = kozeny) -> CementModel:
        """The model on cubes of this size."""
        return self.within(vertebra_grid(self.given, edge_mm, room_for_caps_mm(edge_mm)), law=law)

    def within(
        self, grid: VertebraGrid, cavity: Mask | None = None, law: PermeabilityLaw = kozeny
    ) -> CementModel:
        """The model on a grid of this vertebra, with a cavity if there is one."""
        gas = _on_grid(self.gas, grid)
        bone = porous_vertebra(grid, gas if cavity is None else gas | cavity, law)
        bone = bone.times(np.where(foramen(grid), v.foramen_permeability_factor.number, 1.0))
        gaps = () if isinstance(self.gaps, Unknown) else self.gaps
        outlets = outlets_of(grid, gaps)
        return CementModel(self.level, bone, outlets, self.gaps, BodyBox.of(grid), self.cautions)


def prepared(case: Case, level: Level, tell: Progress = lambda _: None) -> Prepared:
    """The vertebra of a level; refuses a case without calibrated density or a cut vertebra."""
    ct, spine = images_of(case)
    calibration, vertebra = calibration_needed(case), whole_vertebra(spine, level)
    tell("finding the body of the vertebra")
    seen = measurable(spine, ct)
    given = bony_vertebra(ct, vertebra, seen.bodies[level], calibration)
    tell("looking for gaps in its shell")
    gaps = gaps_on_ct(given)
    said = (*_cautions(gaps, level in seen.broken), *cautions(calibration, contrast_of(case), ()))
    return Prepared(level, given, _gas(given, calibration), gaps, said)


def needle_along(path: Trajectory) -> InjectionNeedle:
    """The cannula that lies along a planned path."""
    needle = path.needle
    return InjectionNeedle(
        str(path.side), path.target_mm, needle.inner_mm, needle.outer_mm, entry_mm=path.entry_mm
    )


def with_tracks(model: CementModel, needles: Sequence[InjectionNeedle]) -> CementModel:
    """The model with a slit beside each needle whose way through the bone is known."""
    local, found = model.bone.grid.frame.local_mm, []
    for n in needles:
        if n.entry_mm is not None:
            depth = float(np.linalg.norm(np.asarray(n.tip_mm) - n.entry_mm))
            found.append(track(local(np.asarray(n.tip_mm)), n.outer_mm, depth))
    return replace(model, outlets=(*model.outlets, *found))


def gaps_on_ct(given: BonyVertebra) -> tuple[Gap, ...] | Unknown:
    """Gaps of the shell that the CT shows, the basivertebral foramen left out."""
    grid = vertebra_grid(given, CT_EDGE_MM, 2 * CT_EDGE_MM)
    shell = shell_on_ct(grid, given.density)
    if isinstance(shell, Unknown):
        return shell
    return gaps_of(grid, shell, foramen(grid, FORAMEN_ROOM_MM))


def _gas(given: BonyVertebra, calibration: Calibration) -> Volume:
    """Voxels of gas: less dense than any tissue of a body."""
    least = float(density_mg_cm3(np.array([hu.gas_hu.number]), calibration)[0])
    return Volume(given.density.values < least, given.density.affine_mm, given.bone.quantity)


def _on_grid(mask: Volume, grid: VertebraGrid) -> Mask:
    axes = [grid.first_mm[a] + np.arange(n) * grid.edge_mm for a, n in enumerate(grid.shape)]
    share = resampled(mask.values, mask.affine_mm, grid.frame.origin_mm, grid.frame.axes, Grid(*axes))
    return np.asarray((share >= HALF) & grid.body)


def _cautions(gaps: tuple[Gap, ...] | Unknown, broken: bool) -> tuple[str, ...]:
    said = [say("caution.estimate"), say("caution.veins")]
    if isinstance(gaps, Unknown):
        said.append(say("caution.no_shell", why=gaps.why))
    else:
        said.append(say("caution.gaps", least=v.gap_width_mm.value))
    if broken:
        said.append(say("caution.broken"))
    return tuple(said)
