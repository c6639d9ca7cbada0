"""What a displacement in porous bone is told and tells: rock, fluids, ports, drive, history, fields."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TypeAlias

import numpy as np

from vertebro.errors import BadModel
from vertebro.kernels.arrays import AnyArray, Array
from vertebro.kernels.hexahedron import Edges
from vertebro.kernels.wells import Well

MPA_PER_PA = 1e-6


def refused(found: str, needed: str, do: str = "Check where they come from.") -> BadModel:
    """The error for something that cannot be."""
    return BadModel(found, needed, do)


@dataclass(frozen=True)
class Rock:
    """Voxels (nx, ny, nz): permeability (mm^2, 0: nothing flows) along each axis times ``anisotropy``;
    porosity (0 to 1)."""

    permeability_mm2: Array
    porosity: Array
    edges_mm: Edges
    anisotropy: Edges = (1.0, 1.0, 1.0)

    def __post_init__(self) -> None:
        k, pores = np.asarray(self.permeability_mm2), np.asarray(self.porosity)
        if k.ndim != 3 or k.size == 0 or not np.isfinite(k).all() or k.min() < 0:
            raise refused(
                f"Permeabilities of the shape {k.shape}, or some negative or not numbers.",
                "numbers of at least 0 mm^2 in a box of voxels",
            )
        if not (k > 0).any():
            raise refused("No voxel lets anything flow.", "voxels with a permeability above 0 mm^2")
        if pores.shape != k.shape:
            raise refused(f"Porosities of the shape {pores.shape} for voxels {k.shape}.", "one for each")
        inside = pores[k > 0]
        if not np.isfinite(inside).all() or inside.min() <= 0 or inside.max() > 1:
            raise refused("Porosities of 0 or less, above 1, or not numbers.", "0 to 1 where something flows")
        for what, three in (("Edges (mm)", self.edges_mm), ("Anisotropy", self.anisotropy)):
            if len(three) != 3 or not np.isfinite(three).all() or min(three) <= 0:
                raise refused(f"{what}: {three}.", "three numbers above 0")


@dataclass(frozen=True)
class Conditions:
    """What the viscosity of cement may depend on: time, Darcy flow (voxels, mm/s) and the rock.

    Flow and rock are those of the smallest box in which anything flows.
    """

    time_s: float
    flow_mm_s: Array
    rock: Rock


Viscosity: TypeAlias = float | Array | Callable[[Conditions], float | Array]


@dataclass(frozen=True)
class Fluids:
    """Cement (Pa s: a number, voxels, or a function of ``Conditions``) displaces marrow (Pa s).

    Relative permeabilities are S^corey and (1 - S)^corey; 1: cement and marrow do not hinder each other.
    """

    cement_pa_s: Viscosity
    marrow_pa_s: float
    corey: float = 1.0
    sets_at_s: float = np.inf

    def __post_init__(self) -> None:
        if not (np.isfinite(self.marrow_pa_s) and self.marrow_pa_s > 0):
            raise refused(f"A viscosity of marrow of {self.marrow_pa_s} Pa s.", "a number above 0")
        if not (np.isfinite(self.corey) and self.corey >= 1):
            raise refused(f"A Corey exponent of {self.corey}.", "a number of at least 1")
        if not self.sets_at_s > 0:
            raise refused(f"Cement that sets at {self.sets_at_s} s.", "a time above 0")
        if not callable(self.cement_pa_s):
            _checked(self.cement_pa_s)

    @property
    def follows(self) -> bool:
        """Whether the viscosity depends on the conditions."""
        return callable(self.cement_pa_s)

    def cement(self, conditions: Conditions) -> Array:
        """Viscosity of cement in Pa s: one number, or one for each voxel."""
        given = self.cement_pa_s
        mu, shape = _checked(given(conditions) if callable(given) else given), conditions.flow_mm_s.shape
        if mu.ndim and mu.shape != shape:
            raise refused(f"Viscosities of the shape {mu.shape} for voxels {shape}.", "one, or one for each")
        return mu


def _checked(given: float | Array) -> Array:
    mu = np.asarray(given, dtype=float)
    if mu.size == 0 or not np.isfinite(mu).all() or mu.min() <= 0:
        raise refused("Viscosities of cement that are not numbers above 0.", "Pa s above 0 and bounded")
    return mu


@dataclass(frozen=True)
class Outlet:
    """A way out: nodes (n, 3), and ``opening_mm3``, permeability times area over length (a tube:
    pi r^4/(8 l)), of all together or for each; its flow is opening/viscosity (p - ``pressure_mpa``).

    The viscosity is that of what fills it: the mixture at its nodes, or, if it holds a ``volume_mm3``, the
    cement that went in, in series with the marrow it has not yet pushed out.
    """

    nodes: AnyArray
    opening_mm3: float | Array
    pressure_mpa: float = 0.0
    volume_mm3: float = 0.0

    def __post_init__(self) -> None:
        openings = self.openings_mm3()
        if not len(self.nodes) or len(openings) != len(self.nodes):
            raise refused(
                f"An outlet with {len(self.nodes)} nodes and {len(openings)} openings.", "one for each"
            )
        if not np.isfinite(openings).all() or openings.min() <= 0 or not np.isfinite(self.pressure_mpa):
            raise refused(
                "An outlet without a pressure or with openings of 0 or less.",
                "numbers, openings above 0 mm^3",
            )
        if not (np.isfinite(self.volume_mm3) and self.volume_mm3 >= 0):
            raise refused(f"An outlet with a volume of {self.volume_mm3} mm^3.", "a number of at least 0")

    def openings_mm3(self) -> Array:
        """One for each node."""
        given, count = np.asarray(self.opening_mm3, dtype=float), len(self.nodes)
        return given.copy() if given.ndim else np.full(count, given / max(count, 1))


@dataclass(frozen=True)
class Ports:
    """Where cement comes in and where anything leaves."""

    wells: tuple[Well, ...]
    outlets: tuple[Outlet, ...]

    def __post_init__(self) -> None:
        if not self.wells or not self.outlets:
            raise refused(
                f"{len(self.wells)} wells and {len(self.outlets)} outlets.",
                "one of each at least: what is incompressible must leave somewhere",
                "Add the missing one.",
            )
        nodes = np.concatenate([np.asarray(o.nodes).reshape(-1, 3) for o in self.outlets])
        if len(np.unique(nodes, axis=0)) < len(nodes):
            raise refused(
                "Some nodes belong to two outlets.", "each node in one outlet at most", "Split them."
            )


@dataclass(frozen=True)
class Drive:
    """Rates for each well (mm^3/s; ``inf``: what the pressure gives); the most its pressure may be."""

    rates_mm3_s: tuple[float, ...]
    most_mpa: float = np.inf

    def __post_init__(self) -> None:
        rates = np.asarray(self.rates_mm3_s, dtype=float)
        if np.isnan(rates).any() or (rates < 0).any() or not (rates > 0).any():
            raise refused(f"Rates of {self.rates_mm3_s} mm^3/s.", "rates of at least 0, one of them above 0")
        if np.isnan(self.most_mpa) or (np.isinf(self.most_mpa) and np.isinf(rates).any()):
            raise refused("Neither a rate nor a pressure drives the injection.", "a finite rate or pressure")


@dataclass(frozen=True)
class Accuracy:
    """``stride``: how many cells the front moves between two pressure solves; unbalanced flow over
    inflow (transport balances volumes by itself: this is an error of the way, not of the volume);
    ``agreement``: the part of the power by which viscosity and flow may disagree.
    """

    stride: float = 1.0
    tolerance: float = 1e-6
    agreement: float = 1e-3
    threads: int | None = None

    def __post_init__(self) -> None:
        if not (0 < self.stride < np.inf and 0 < self.tolerance < 1 and 0 < self.agreement < 1):
            raise refused(
                f"A stride of {self.stride}, a tolerance of {self.tolerance}, an agreement of"
                f" {self.agreement}.",
                "above 0, from 0 to 1",
            )


@dataclass(frozen=True)
class Moment:
    """One entry of the history; tuples have one entry for each well or outlet."""

    time_s: float
    injected_mm3: float
    rates_mm3_s: tuple[float, ...]
    wells_mpa: tuple[float, ...]
    cement_left_mm3: tuple[float, ...]
    all_left_mm3: tuple[float, ...]


@dataclass(frozen=True)
class Filling:
    """How an injection stands: history, fields at nodes (nx + 1, ny + 1, nz + 1), why it stopped.

    ``imbalance``: cement in the pores and gone through outlets, less what was injected, over the latter.
    """

    history: tuple[Moment, ...]
    saturation: Array
    pressure_mpa: Array
    stopped: str
    imbalance: float
    iterations: tuple[int, ...] = field(default=())
