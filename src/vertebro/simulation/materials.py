"""Material laws: each is registered with the kind of density it takes, its range and its source."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from vertebro.errors import BadModel, HouseFault
from vertebro.kernels.arrays import AnyArray, Array
from vertebro.vocabulary.grades import Quantity
from vertebro.vocabulary.library import CitedValue, cited_values

v = cited_values(beside=__file__)

K2HPO4, HA, ASH = Quantity.K2HPO4_MG_CM3, Quantity.HA_MG_CM3, Quantity.ASH_MG_CM3
APPARENT = Quantity.APPARENT_MG_CM3
MG_PER_G = 1000.0

Formula = Callable[[Array], Array]


@dataclass(frozen=True)
class Law:
    """One law: what a voxel of a density of ``takes`` has of ``gives`` (``young_mpa``, ``yield_mpa``).

    ``is_clipped_below`` is true where the source itself gives a floor below the range; elsewhere a density
    outside the range is refused.
    """

    name: str
    takes: Quantity
    gives: str
    constants: CitedValue
    range: CitedValue
    is_clipped_below: bool
    formula: Formula

    @property
    def range_mg_cm3(self) -> tuple[float, float]:
        """The densities the law is stated for."""
        low, high = self.range.value
        return float(low), float(high)

    def __call__(self, density_mg_cm3: AnyArray, kind: Quantity) -> Array:
        """The property in MPa; another kind of density, or one out of range, is an error."""
        if kind is not self.takes:
            raise BadModel(
                f"The law '{self.name}' was given density of the kind {kind}.",
                f"{self.takes}",
                "Convert the density first, or take a law made for this kind.",
            )
        density = np.asarray(density_mg_cm3, dtype=float)
        low, high = self.range_mg_cm3
        self._check(density, -np.inf if self.is_clipped_below else low, high)
        value = self.formula(np.maximum(density, low) / MG_PER_G)
        floor = float(v.elastic_floor_mpa.value) if self.is_clipped_below else 0.0
        return np.asarray(np.where(density < low, floor, np.maximum(value, floor)))

    def _check(self, density: Array, low: float, high: float) -> None:
        if not np.isfinite(density).all():
            raise BadModel("Some densities are not numbers.", "mg/cm3", "Check that the CT covers the mask.")
        if density.size and not (low <= density.min() and density.max() <= high):
            found = density.min() if density.min() < low else density.max()
            outside = int(((density < low) | (density > high)).sum())
            raise BadModel(
                f"A density of {found:.0f} mg/cm3 ({outside} voxels) lies outside the law '{self.name}'.",
                f"{self.range_mg_cm3[0]:g} to {high:g} mg/cm3 of {self.takes}",
                "Metal and cement are denser than bone: leave them out of the mask or give them their own"
                " material.",
            )


LAWS: dict[str, Law] = {}
"""Every registered law by its name."""


def law(
    *, takes: Quantity, gives: str, constants: CitedValue, within: CitedValue, clips: bool = False
) -> Callable[[Formula], Law]:
    """Register a formula of the density in g/cm3 (``clips``: its source gives a floor below the range)."""

    def register(formula: Formula) -> Law:
        if formula.__name__ in LAWS:
            raise HouseFault(f"Two material laws are called '{formula.__name__}'.")
        made = Law(formula.__name__, takes, gives, constants, within, clips, formula)
        LAWS[made.name] = made
        return made

    return register


def _power(constants: CitedValue, rho: Array) -> Array:
    factor, exponent = constants.value
    return np.asarray(factor * rho**exponent)


@law(
    takes=K2HPO4,
    gives="young_mpa",
    constants=v.kopperdahl_young_mpa,
    within=v.k2hpo4_range_mg_cm3,
    clips=True,
)
def kopperdahl_young(rho: Array) -> Array:
    """E = 2980 rho^1.05 MPa, the law of the published benchmark [walle2025]_."""
    return _power(v.kopperdahl_young_mpa, rho)


@law(
    takes=K2HPO4,
    gives="yield_mpa",
    constants=v.kopperdahl_yield_mpa,
    within=v.k2hpo4_range_mg_cm3,
    clips=True,
)
def kopperdahl_yield(rho: Array) -> Array:
    """Yield stress 37.4 rho^1.39 MPa, in compression and tension."""
    return _power(v.kopperdahl_yield_mpa, rho)


@law(
    takes=K2HPO4, gives="young_mpa", constants=v.crawford_young_mpa, within=v.k2hpo4_range_mg_cm3, clips=True
)
def crawford_young(rho: Array) -> Array:
    """E = -34.7 + 3230 rho MPa for the voxels of a vertebra, the floor where that is negative."""
    intercept, slope = v.crawford_young_mpa.value
    return np.asarray(intercept + slope * rho)


@law(takes=APPARENT, gives="young_mpa", constants=v.morgan_young_mpa, within=v.apparent_range_mg_cm3)
def morgan_young(rho: Array) -> Array:
    """E = 4730 rho^1.56 MPa of vertebral trabecular bone, from its apparent density."""
    return _power(v.morgan_young_mpa, rho)


@law(takes=ASH, gives="young_mpa", constants=v.hip_young_mpa, within=v.ash_range_mg_cm3, clips=True)
def hip_young(rho: Array) -> Array:
    """E = 10500 rho^2.29 MPa from ash density, a law of the hip."""
    return _power(v.hip_young_mpa, rho)


YIELD_OF = {kopperdahl_young.name: kopperdahl_yield}
"""The law of the yield stress that was published with a law of the modulus, by the latter's name."""


def law_named(name: str) -> Law:
    """A registered law; an unknown name says which there are."""
    if name not in LAWS:
        raise BadModel(
            f"There is no material law '{name}'.", f"one of {', '.join(LAWS)}", "Name one of these."
        )
    return LAWS[name]


@dataclass(frozen=True)
class Conversion:
    """density of ``gives`` = slope x density of ``takes`` + intercept, mg/cm3."""

    takes: Quantity
    gives: Quantity
    slope: float
    intercept_mg_cm3: float
    source: CitedValue

    def reversed(self) -> Conversion:
        """The same line read the other way."""
        back = -self.intercept_mg_cm3 / self.slope
        return Conversion(self.gives, self.takes, 1 / self.slope, back, self.source)


def _line(takes: Quantity, gives: Quantity, cited: CitedValue) -> Conversion:
    slope, intercept = cited.value
    return Conversion(takes, gives, slope, intercept, cited)


_MEASURED = (
    _line(K2HPO4, ASH, v.k2hpo4_to_ash),
    _line(HA, ASH, v.ha_to_ash),
    Conversion(ASH, APPARENT, 1 / v.ash_to_apparent_ratio.number, 0.0, v.ash_to_apparent_ratio),
)
CONVERSIONS = {(c.takes, c.gives): c for one in _MEASURED for c in (one, one.reversed())}
"""The lines between two kinds of density that a source gives, in both directions."""


def way_between(takes: Quantity, gives: Quantity) -> tuple[Conversion, ...]:
    """The conversions that lead from one kind of density to another, by way of ash density where needed."""
    if takes is gives:
        return ()
    if (takes, gives) in CONVERSIONS:
        return (CONVERSIONS[takes, gives],)
    if (takes, ASH) in CONVERSIONS and (ASH, gives) in CONVERSIONS:
        return CONVERSIONS[takes, ASH], CONVERSIONS[ASH, gives]
    raise BadModel(
        f"No published line leads from {takes} to {gives}.",
        f"a density ({', '.join(map(str, dict.fromkeys(kind for kind, _ in CONVERSIONS)))})",
        "Calibrate the CT to one of these kinds.",
    )


def converted(density_mg_cm3: AnyArray, takes: Quantity, gives: Quantity) -> Array:
    """Densities of one kind as another, in mg/cm3."""
    density = np.asarray(density_mg_cm3, dtype=float)
    for step in way_between(takes, gives):
        density = step.slope * density + step.intercept_mg_cm3
    return density


@dataclass(frozen=True)
class Material:
    """A material of constant properties."""

    name: str
    young_mpa: float
    poisson: float
    compressive_yield_mpa: float | None
    tensile_yield_mpa: float | None
    source: CitedValue


def _tissue(name: str, cited: CitedValue) -> Material:
    young, compressive, tensile = cited.value
    return Material(name, young, v.poisson_bone.number, compressive, tensile, cited)


def _pmma(name: str, cited: CitedValue, yield_mpa: float | None = None) -> Material:
    return Material(name, cited.number, v.poisson_bone.number, yield_mpa, yield_mpa, cited)


CAP = _pmma("PMMA cap", v.cap_young_mpa, v.cap_yield_mpa.number)
MATERIALS = {
    m.name: m
    for m in (
        CAP,
        _pmma("PMMA cap of a rig", v.rig_cap_young_mpa),
        _pmma("PMMA of vertebroplasty", v.cement_young_mpa),
        _tissue("trabecular tissue", v.tissue_trabecular_mpa),
        _tissue("cortical tissue", v.tissue_cortical_mpa),
    )
}
"""Materials without a density, by name."""


def cemented_young_mpa(bone_mpa: AnyArray, saturation: AnyArray, scaling: float) -> Array:
    """Modulus of bone whose pores hold cement: E = S scaling E_cement, bone "switched off" [kinzl2012]_.

    ``saturation`` S (0 to 1) is the share of the pore space that is cement; what is left of it is the
    porosity that governs the modulus. Below ``least_saturation`` the value goes over linearly into that of
    the bone, and is nowhere below it. ``scaling`` (0.5 to 1) stands for cement mixed with blood.
    """
    S, bone = np.asarray(saturation, dtype=float), np.asarray(bone_mpa, dtype=float)
    low, high = v.cement_scaling.value
    if not low <= scaling <= high:
        raise BadModel(
            f"The scaling of cement is {scaling:g}.", f"{low} to {high}", "Sample it in this range."
        )
    if not (np.isfinite(S).all() and (S >= 0).all() and (S <= 1).all()):
        raise BadModel("A saturation lies outside 0 to 1.", "shares of the pore space", "Check the filling.")
    part = np.minimum(S / v.least_saturation.number, 1.0)
    cement = S * scaling * v.cement_young_mpa.number
    return np.asarray(np.maximum(bone, part * cement + (1 - part) * bone))
