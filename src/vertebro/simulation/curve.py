"""The force a vertebra carries while it is crushed: its curve, and the strengths read off it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from scipy.interpolate import PchipInterpolator
from scipy.optimize import brentq

from vertebro.errors import BadModel, NotConverged
from vertebro.kernels.arrays import Array
from vertebro.kernels.cycles import Effort
from vertebro.kernels.plastic import BYTES_A_VOXEL, Criterion, PlasticStep, YieldLaw, solve_plastic
from vertebro.kernels.resources import available_bytes
from vertebro.simulation.loading import SUPERIOR, held
from vertebro.simulation.voxel_model import VoxelModel, v
from vertebro.vocabulary.known import Unknown
from vertebro.vocabulary.texts import texts

say = texts(beside=__file__).say

TOLERANCE = 1e-5  # of the unbalanced force; forces are then right to about as much
PERCENT = 100.0
STEPS = 20  # of equal length, to the greatest strain
FEW_STEPS = 10  # enough for how much a curve moves, if not for its knee


@dataclass(frozen=True)
class Curve:
    """Displacement (mm) and force (N) of the upper plate from nought on, and the bone at the end.

    ``yielding_share`` is the part of all points that yield; ``plastic_strain`` the equivalent one of every
    voxel (nx, ny, nz) at the end, ``dissipated_nmm`` the work each has lost.
    """

    displacement_mm: Array
    force_n: Array
    yielding_share: Array
    plastic_strain: Array
    dissipated_nmm: Array
    height_mm: float

    def force_at(self, displacement_mm: float) -> float:
        """The force at a displacement, N, by a monotone curve through the steps."""
        return float(PchipInterpolator(self.displacement_mm, self.force_n)(displacement_mm))

    def offset_load_n(self, stiffness_n_mm: float, offset_pct: float) -> float | Unknown:
        """Where the curve meets the elastic line moved by an offset in strain, N."""
        shift = offset_pct / PERCENT * self.height_mm

        def above(u: float) -> float:
            return self.force_at(u) - stiffness_n_mm * (u - shift)

        if above(self.displacement_mm[-1]) > 0:
            return Unknown(say("unknown.no_offset", strain=f"{self.strain_pct:.2g}"))
        return self.force_at(brentq(above, 0.0, self.displacement_mm[-1]))

    def strain_load_n(self, strain_pct: float) -> float | Unknown:
        """The force at an apparent strain, N."""
        if strain_pct > self.strain_pct:
            return Unknown(say("unknown.curve_ends", strain=f"{self.strain_pct:.2g}"))
        return self.force_at(strain_pct / PERCENT * self.height_mm)

    @property
    def strain_pct(self) -> float:
        """Apparent strain at the end, %."""
        return float(PERCENT * self.displacement_mm[-1] / self.height_mm)


def check_room(model: VoxelModel) -> None:
    """Raises where the memory for the points that yield is not there, before anything is solved."""
    needed, there = model.elements * BYTES_A_VOXEL, available_bytes()
    if needed > there:
        raise BadModel(
            f"Crushing {model.elements:,} voxels takes about {needed / 2**30:.1f} GiB of memory, "
            f"the machine has {there / 2**30:.1f}.",
            "a model that fits into memory",
            "Take larger voxels, or the linear model alone (--linear).",
        )


def crushed(
    model: VoxelModel,
    steps: int = STEPS,
    tell: Callable[[str], None] = lambda _: None,
    effort: Effort | None = None,
) -> Curve | Unknown:
    """The curve of a model whose bone and caps are perfectly plastic, to the greatest strain of the settings.

    Tresca's criterion: Mohr-Coulomb's with the same yield stress in compression and tension [walle2025]_.
    """
    if isinstance(model.yield_mpa, Unknown):
        return model.yield_mpa
    most_mm = v.greatest_strain_pct.number / PERCENT * model.height_mm
    seen: list[PlasticStep] = []

    def heard(step: PlasticStep) -> None:
        seen.append(step)
        tell(say("progress.crushing", step=len(seen), steps=steps, yielding=f"{step.yielding_share:.0%}"))

    pressed = held(model, np.full(len(model.top), -most_mm))
    law = YieldLaw(Criterion.TRESCA, np.where(model.young_mpa > 0, model.yield_mpa, 1.0))
    factors = np.linspace(0, 1, steps + 1)[1:]
    try:
        solved = solve_plastic(pressed, law, factors.tolist(), tolerance=TOLERANCE, effort=effort, tell=heard)
    except NotConverged as stopped:
        return Unknown(say("unknown.not_converged", why=str(stopped)))
    force = -solved.force_n(model.top, SUPERIOR)
    return Curve(
        displacement_mm=np.concatenate([[0.0], factors * most_mm]),
        force_n=np.concatenate([[0.0], force]),
        yielding_share=np.concatenate([[0.0], [s.yielding_share for s in solved.steps]]),
        plastic_strain=solved.equivalent_plastic_strain,
        dissipated_nmm=solved.dissipated_nmm,
        height_mm=model.height_mm,
    )
