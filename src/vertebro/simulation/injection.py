"""What an injection is told and what it gives: needles, settings, course, leaks, spread, why it ended."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from functools import cached_property

import numpy as np

from vertebro.errors import BadCase
from vertebro.kernels.arrays import AnyArray, Array, Mask
from vertebro.kernels.porespace import mean_of_corners
from vertebro.simulation.cortex import STEEP
from vertebro.simulation.leakage import Outlet, Place, Route
from vertebro.simulation.permeability import PorousVertebra, outward, v
from vertebro.simulation.vertebra_grid import HALF
from vertebro.vocabulary.texts import texts

say = texts(beside=__file__, name="cement").say

MM3_PER_ML = 1000.0

LEAST_ML = 0.01
"""No syringe is read to less: of cement, of the rate a minute, and between two volumes that are compared."""


@dataclass(frozen=True)
class InjectionNeedle:
    """A cannula by its tip (LPS mm) and bore; ``entry_mm`` where it enters the bone, if that is known."""

    name: str
    tip_mm: Array
    inner_mm: float
    outer_mm: float
    length_mm: float = v.cannula_mm.number
    entry_mm: Array | None = None

    def __post_init__(self) -> None:
        tip = np.asarray(self.tip_mm, dtype=float)
        if tip.shape != (3,) or not np.isfinite(tip).all() or not 0 < self.inner_mm < self.outer_mm:
            raise BadCase(
                f"The needle '{self.name}' has its tip at {self.tip_mm} and bores of {self.inner_mm} and"
                f" {self.outer_mm} mm.",
                "a tip of three numbers (mm) and an inner bore below the outer one",
                "Correct the needle.",
            )


@dataclass(frozen=True)
class InjectionSettings:
    """How the cement is injected. ``stop_leak_ml`` ends it once so much lies outside the bone (None: never).

    With ``local_shear`` the cement is thinned by the flow at every place; without, by one shear rate
    for all of it, which is quicker. ``keep_moments`` keeps the filling after every portion, for a film,
    and at the volumes of ``also_at_ml``.
    """

    rate_ml_min: float = v.rate_ml_min.number
    start_min: float = v.start_min.number
    most_mpa: float = v.most_pressure_mpa.number
    stop_leak_ml: float | None = None
    local_shear: bool = True
    keep_moments: bool = False
    also_at_ml: tuple[float, ...] = ()
    threads: int | None = None

    def __post_init__(self) -> None:
        numbers = (self.rate_ml_min, self.start_min, self.most_mpa)
        if not (all(np.isfinite(n) and n > 0 for n in numbers) and self.rate_ml_min >= LEAST_ML):
            raise BadCase(
                f"Rate {self.rate_ml_min} mL/min, start {self.start_min} min, limit {self.most_mpa} MPa.",
                f"numbers above 0, the rate at least {LEAST_ML:g} mL/min",
                "Correct them.",
            )
        allowed = self.stop_leak_ml
        if allowed is not None and not (np.isfinite(allowed) and allowed >= 0):
            raise BadCase(
                f"A leak of {allowed:g} mL to end the injection at.", "a volume of 0 or more", "Correct it."
            )


class Stop(Enum):
    """Why an injection ended, or never began."""

    VOLUME = "volume"
    PRESSURE = "pressure"
    SET = "set"
    LEAK = "leak"
    FULL = "full"
    NO_ROOM = "no_room"
    NOT_IN_BONE = "not_in_bone"
    IN_CANAL = "in_canal"
    NO_WAY_OUT = "no_way_out"

    @property
    def began(self) -> bool:
        """True if any cement was injected."""
        return self not in (Stop.NO_ROOM, Stop.NOT_IN_BONE, Stop.IN_CANAL, Stop.NO_WAY_OUT)


@dataclass(frozen=True)
class Course:
    """The injection step by step: arrays over time; ``leak_ml`` is (outlets, steps) of cement."""

    time_s: Array
    injected_ml: Array
    bone_kpa: Array
    hub_mpa: Array
    leak_ml: Array

    def leaks_at(self, volume_ml: float) -> Array:
        """Cement that had left by each outlet when so much had been injected; the last if it ended before."""
        rows = [np.interp(volume_ml, self.injected_ml, row) for row in self.leak_ml]
        return np.array(rows, dtype=float)


@dataclass(frozen=True)
class Snapshot:
    """The filling at one moment: share of the pores of every cube, and what had left by each outlet (mL)."""

    time_s: float
    injected_ml: float
    share: AnyArray
    leak_ml: tuple[float, ...]


@dataclass(frozen=True)
class Spread:
    """Where the cement in the bone lies: its reach (mm), and shares of its volume or of the pores."""

    reach_mm: Array
    of_body_pores: float
    right_of_middle: float
    in_posterior_part: float
    meets_upper_plate: bool
    meets_lower_plate: bool


@dataclass(frozen=True)
class CementResult:
    """One injection: ``saturation`` at the corners of cubes (0 to 1), how it went, what left by which way.

    ``why`` says in words why it ended. ``imbalance`` is the cement unaccounted for over what was injected.
    """

    bone: PorousVertebra
    outlets: tuple[Outlet, ...]
    asked_ml: float
    stopped: Stop
    why: str
    course: Course
    saturation: Array
    imbalance: float = 0.0
    moments: tuple[Snapshot, ...] = ()

    @property
    def injected_ml(self) -> float:
        """Cement that left the needles."""
        return float(self.course.injected_ml[-1])

    @property
    def leaked_ml(self) -> float:
        """Cement outside the bone."""
        return float(self.course.leak_ml[:, -1].sum())

    @property
    def in_bone_ml(self) -> float:
        """Cement inside the bone."""
        return self.injected_ml - self.leaked_ml

    @cached_property
    def cement_share(self) -> Array:
        """Share of the pores of every cube that cement fills."""
        return np.where(self.bone.active, mean_of_corners(self.saturation), 0.0)

    @property
    def by_route(self) -> Mapping[Route, float]:
        """Cement (mL) that left by each kind of way."""
        last = self.course.leak_ml[:, -1]
        pairs = list(zip(self.outlets, last, strict=True))
        return {route: float(sum(ml for o, ml in pairs if o.route is route)) for route in Route}

    @property
    def by_place(self) -> Mapping[Place, float]:
        """Cement (mL) outside the bone by where it lies."""
        last = self.course.leak_ml[:, -1]
        pairs = list(zip(self.outlets, last, strict=True))
        return {place: float(sum(ml for o, ml in pairs if o.to is place)) for place in Place}

    @property
    def in_veins_ml(self) -> float:
        """Cement in a vein: the only that can reach the lung."""
        return sum(ml for route, ml in self.by_route.items() if route.is_vein)

    @property
    def yeom(self) -> tuple[str, ...]:
        """The types of leak seen, B S C D, each from ``leak_ml`` on."""
        seen = (r.yeom for r, ml in self.by_route.items() if ml >= v.leak_ml.number and r.yeom)
        return tuple(seen)

    @property
    def most_bone_kpa(self) -> float:
        """The largest pressure in the bone at the needle's tip."""
        return float(self.course.bone_kpa.max())

    @property
    def most_hub_mpa(self) -> float:
        """The largest pressure at the hub: that in the bone and what the cannula takes."""
        return float(self.course.hub_mpa.max())

    @cached_property
    def spread(self) -> Spread:
        """Where the cement in the bone lies."""
        return _spread(self.bone, self.cement_share)


FILLED = 0.5  # share of its pores from which a cube counts as filled


def _spread(bone: PorousVertebra, share: Array) -> Spread:
    grid = bone.grid
    body = np.argwhere(grid.body)
    at = grid.local_mm(body)
    volume = (share * bone.porosity)[tuple(body.T)]
    total = max(float(volume.sum()), 1e-12)  # nothing injected: shares of nothing are 0
    depth = (at[:, 1] - at[:, 1].min()) / max(float(np.ptp(at[:, 1])), grid.edge_mm)
    filled = body[share[tuple(body.T)] >= FILLED]
    steep = outward(grid.body)[tuple(filled.T)][:, 2]
    right = np.clip(HALF + (at[:, 0] - np.mean(at[:, 0])) / grid.edge_mm, 0, 1)  # of the part of each cube
    reach = (np.ptp(filled, axis=0) + 1) * grid.edge_mm if len(filled) else np.zeros(3)
    return Spread(
        reach_mm=np.asarray(reach, dtype=float),
        of_body_pores=float(volume.sum() / bone.porosity[grid.body].sum()),
        right_of_middle=float((volume * right).sum() / total),
        in_posterior_part=float(volume[depth < v.body_share.number].sum() / total),
        meets_upper_plate=_meets(grid.body, filled[steep > STEEP], 1),
        meets_lower_plate=_meets(grid.body, filled[steep < -STEEP], -1),
    )


def _meets(body: Mask, filled: AnyArray, step: int) -> bool:
    """Whether one of some filled cubes is the last of its column of the body along the spine."""
    i, j, k = filled.T
    last = body.shape[2] - 1 - body[:, :, ::-1].argmax(axis=2) if step > 0 else body.argmax(axis=2)
    return bool((k == last[i, j]).any())
