"""How thick cement is: by minutes since mixing, temperature and shear rate; and what a cannula takes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from itertools import pairwise
from math import pi
from types import MappingProxyType

import numpy as np
from numpy.typing import ArrayLike

from vertebro.errors import BadCase, nearest
from vertebro.kernels.arrays import Array
from vertebro.vocabulary.library import cited_values

v = cited_values(beside=__file__, name="rheology_values.yaml")

MPA_S = 1e-6
"""One Pa s in MPa s."""


@dataclass(frozen=True)
class CementFlow:
    """A cement by its curve: viscosity (Pa s) by minutes after mixing at 25 degrees and 1 per second.

    ``factor`` multiplies the whole curve; the source of a curve is said where it is shown.
    """

    name: str
    curve_pa_s: Mapping[float, float]
    flow_index: float = v.flow_index.number
    factor: float = 1.0

    def __post_init__(self) -> None:
        minutes, viscosities = list(self.curve_pa_s), list(self.curve_pa_s.values())
        rises = all(b > a for line in (minutes, viscosities) for a, b in pairwise(line))
        if len(minutes) < 2 or not rises or minutes[0] < 0 or viscosities[0] <= 0:
            raise BadCase(
                f"The curve of the cement '{self.name}' is {dict(self.curve_pa_s)}.",
                "two or more minutes in rising order, each with a higher viscosity in Pa s",
                "Correct the curve.",
            )
        if not 0 < self.flow_index <= 1:
            raise BadCase(
                f"The flow index of '{self.name}' is {self.flow_index}.", "above 0, at most 1", "Correct it."
            )
        object.__setattr__(self, "curve_pa_s", MappingProxyType(dict(self.curve_pa_s)))

    def times(self, factor: float) -> CementFlow:
        """The same cement, thicker or thinner by a factor at all times."""
        return replace(self, factor=self.factor * factor)

    def at_rest_pa_s(self, aged_min: float) -> float:
        """Viscosity at 1 per second of cement aged like so many minutes at 25 degrees.

        Straight lines of the logarithm between the points; before the first it is that of the first.
        """
        minutes, viscosities = list(self.curve_pa_s), list(self.curve_pa_s.values())
        log = np.interp(aged_min, minutes, np.log(viscosities))
        return float(self.factor * np.exp(log))

    def pa_s(self, aged_min: float, shear_per_s: ArrayLike) -> Array:
        """Viscosity at shear rates: mu_1 gamma^(n - 1), bounded at both ends."""
        low, high = v.shear_range_per_s.value
        gamma = np.clip(np.asarray(shear_per_s, dtype=float), low, high)
        return np.asarray(self.at_rest_pa_s(aged_min) * gamma ** (self.flow_index - 1))

    def is_workable(self, aged_min: float) -> bool:
        """True while it can still be injected."""
        return self.at_rest_pa_s(aged_min) < v.workable_pa_s.number and aged_min < max(self.curve_pa_s)


def cement_named(name: str) -> CementFlow:
    """Low, medium or high viscosity: curves of ours, not those of a product."""
    curves = v.curves_pa_s.value
    if name not in curves:
        raise BadCase(
            f"There is no viscosity '{name}'. {nearest(name, curves)}".strip(),
            f"one of {', '.join(curves)}",
            "Name one of these.",
        )
    return CementFlow(name, {float(m): float(mu) for m, mu in curves[name].items()})


def aged_min(minutes: float, temperature_cel: float) -> float:
    """Minutes at 25 degrees that age cement as much: curing takes half as long every 12 degrees more."""
    warmer = (temperature_cel - v.reference_cel.number) / v.halving_cel.number
    return float(minutes * 2**warmer)


def shear_in_pores_per_s(speed_mm_s: ArrayLike, porosity: ArrayLike, permeability_mm2: ArrayLike) -> Array:
    """4 alpha q / (phi sqrt(8 k / phi)), per second."""
    phi = np.asarray(porosity, dtype=float)
    width = phi * np.sqrt(8 * np.asarray(permeability_mm2) / phi)
    return np.asarray(4 * v.shear_factor.number * np.asarray(speed_mm_s) / width)


def cannula_drop_mpa(
    cement: CementFlow, age_min: float, flow_mm3_s: float, inner_mm: float, length_mm: float
) -> float:
    """Pressure to push a power-law fluid through a tube: (2 K L/R) ((3n+1)/n Q/(pi R^3))^n."""
    n, R = cement.flow_index, inner_mm / 2
    K = cement.at_rest_pa_s(age_min) * MPA_S
    low, high = v.shear_range_per_s.value
    rate = float(np.clip((3 * n + 1) / n * flow_mm3_s / (pi * R**3), low, high))
    thinned = K * rate ** (n - 1)  # bounded as in pa_s
    return float(2 * thinned * length_mm / R * (3 * n + 1) / n * flow_mm3_s / (pi * R**3))
