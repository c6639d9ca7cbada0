"""Viscosity of cement on its way through pores: shear rate from flow, power law (mm, s, Pa s)."""

from __future__ import annotations

import numpy as np

from vertebro.kernels.arrays import Array
from vertebro.kernels.porous import Conditions

M_PER_MM = 1e-3


def shear_rate_per_s(conditions: Conditions, shape: float) -> Array:
    """4 shape |q|/phi / sqrt(8 k/phi): that at the wall of capillaries of this permeability, by a factor."""
    k, porosity = conditions.rock.permeability_mm2, conditions.rock.porosity
    rate = np.zeros_like(conditions.flow_mm_s)
    at = k > 0
    rate[at] = 4 * shape * conditions.flow_mm_s[at] / np.sqrt(8 * k[at] * porosity[at])
    return rate


def power_law_pa_s(
    conditions: Conditions, consistency_pa_sn: float, index: float, least_flow_mm_s: float
) -> Array:
    """mu_eff |q|^(n - 1) of Christopher and Middleman: |grad p| = mu_eff |q|^n/k.

    mu_eff = K/12 (9 + 3/n)^n (150 k phi)^((1 - n)/2), in metres. Below the least flow the viscosity stays as
    it is there, since it would grow without bound.
    """
    k, porosity = conditions.rock.permeability_mm2 * M_PER_MM**2, conditions.rock.porosity
    n = index
    effective = consistency_pa_sn / 12 * (9 + 3 / n) ** n * (150 * k * porosity) ** ((1 - n) / 2)
    flow = np.maximum(conditions.flow_mm_s, least_flow_mm_s) * M_PER_MM
    return np.asarray(np.where(k > 0, effective * flow ** (n - 1), consistency_pa_sn))
