"""From the density of spongy bone (mg/cm3 K2HPO4) to its HU on the synthetic scan, and back."""

from __future__ import annotations

from math import sqrt

from vertebro.patient.synthetic.spec import SyntheticSpec, v
from vertebro.vocabulary.levels import Level


def density_mg_cm3(hu: float) -> float:
    """K2HPO4 density of a voxel of K2HPO4 and fat, by the two-component equation [michalski2020]_.

    D = 1000 rho(h) (mu(h) - mu_fat) / (mu_k2hpo4 - mu_fat), with rho = a2 h + b2, mu = a1 h + b1.
    """
    c = v.calibration.value
    rho, mu = c["a2"] * hu + c["b2"], c["a1"] * hu + c["b1"]
    return float(1000 * rho * (mu - c["triglyceride"]) / (c["k2hpo4"] - c["triglyceride"]))


def hu_of_density(density: float) -> float:
    """The HU that the equation above turns into this density: the upper root of its quadratic."""
    c = v.calibration.value
    excess = c["b1"] - c["triglyceride"]
    k = c["a1"] * c["a2"]
    linear = c["a1"] * c["b2"] + c["a2"] * excess
    constant = c["b2"] * excess - density * (c["k2hpo4"] - c["triglyceride"]) / 1000
    return float((-linear + sqrt(linear**2 - 4 * k * constant)) / (2 * k))


def level_density_mg_cm3(spec: SyntheticSpec, level: Level) -> float:
    """Density of this level's spongy bone, without grain, impaction or contrast agent."""
    return float(spec.density_mg_cm3 * v.density_over_l1.value[level.value])


def spongy_hu(spec: SyntheticSpec, level: Level) -> float:
    """HU of this level's spongy bone on the scan, before grain and impaction."""
    raised = v.contrast_bone_hu.value if spec.contrast else 0.0
    return hu_of_density(level_density_mg_cm3(spec, level)) + raised
