"""Hounsfield units to mineral density from the patient's own tissues (internal calibration)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from vertebro.kernels.arrays import AnyArray, Array


@dataclass(frozen=True)
class Line:
    """A straight line fitted to a few points, with what is needed for its uncertainty."""

    slope: float
    intercept: float
    mean_x: float
    sum_of_squares_x: float
    residual: float
    n: int

    def at(self, x: AnyArray | float) -> Array:
        """The line at x."""
        return np.asarray(self.slope * np.asarray(x, dtype=float) + self.intercept)

    def spread(self, x: AnyArray | float) -> Array:
        """Standard error of the line at x, from the scatter of the points about it."""
        offset = np.asarray(x, dtype=float) - self.mean_x
        return np.asarray(self.residual * np.sqrt(1 / self.n + offset**2 / self.sum_of_squares_x))


@dataclass(frozen=True)
class Attenuation:
    """Mass attenuation (cm2/g) on one grid of energies (keV), of the tissues and the components."""

    energy_kev: Array
    tissues: Array
    water: Array
    mineral: Array
    filler: Array


@dataclass(frozen=True)
class InternalFit:
    """One scan's calibration: mass attenuation and mass density as lines in HU, at one energy.

    ``mineral`` and ``filler`` are the mass attenuations (cm2/g) of the two components that fill
    bone, K2HPO4 and triglyceride, at the effective energy.
    """

    energy_kev: float
    r_squared: float
    is_inside_grid: bool
    attenuation_cm2_g: Line
    density_g_cm3: Line
    mineral: float
    filler: float


def on_grid(energy_kev: AnyArray, attenuation: AnyArray, grid_kev: AnyArray) -> Array:
    """A table interpolated linearly to a grid of energies; the grid must lie inside the table."""
    if grid_kev[0] < energy_kev[0] or grid_kev[-1] > energy_kev[-1]:
        raise ValueError("The grid of energies reaches beyond the table.")
    return np.asarray(np.interp(grid_kev, energy_kev, attenuation))


def straight_line(x: AnyArray, y: AnyArray) -> Line:
    """The least-squares line through three or more points."""
    x, y = np.asarray(x, dtype=float), np.asarray(y, dtype=float)
    if x.size < 3:
        raise ValueError("A line with an uncertainty needs three points or more.")
    sxx = float(((x - x.mean()) ** 2).sum())
    slope = float(((x - x.mean()) * (y - y.mean())).sum() / sxx)
    intercept = float(y.mean() - slope * x.mean())
    residual = float(np.sqrt(((y - slope * x - intercept) ** 2).sum() / (x.size - 2)))
    return Line(slope, intercept, float(x.mean()), sxx, residual, x.size)


def r_squared_by_energy(hu: AnyArray, attenuation: AnyArray) -> Array:
    """How linear each energy's mass attenuation is in HU: R2 for each column (energy) of a table."""
    x = np.asarray(hu, dtype=float)[:, None]
    x, y = x - x.mean(axis=0), attenuation - attenuation.mean(axis=0)
    return np.asarray((x * y).sum(axis=0) ** 2 / ((x**2).sum(axis=0) * (y**2).sum(axis=0)))


def fit_internal(hu: AnyArray, table: Attenuation) -> InternalFit:
    """The calibration from mean HU of three or more tissues (rows of ``table.tissues``).

    E* = argmax R2 of m_i(E) on h_i;  mu(h) = a1 h + b1 at E*;
    rho_i = (h_i/1000 + 1) m_water/m_i;  rho(h) = a2 h + b2.

    References
    ----------
    [michalski2020]_ gives the method.
    """
    h = np.asarray(hu, dtype=float)
    fit = r_squared_by_energy(h, table.tissues)
    best = int(np.argmax(fit))
    m, water = table.tissues[:, best], table.water[best]
    return InternalFit(
        energy_kev=float(table.energy_kev[best]),
        r_squared=float(fit[best]),
        is_inside_grid=0 < best < fit.size - 1,
        attenuation_cm2_g=straight_line(h, m),
        density_g_cm3=straight_line(h, (h / 1000 + 1) * water / m),
        mineral=float(table.mineral[best]),
        filler=float(table.filler[best]),
    )


def mineral_mg_cm3(hu: AnyArray | float, fit: InternalFit) -> Array:
    """Mineral density in mg/cm3: D = 1000 rho(h) (mu(h) - m_filler)/(m_mineral - m_filler)."""
    share = (fit.attenuation_cm2_g.at(hu) - fit.filler) / (fit.mineral - fit.filler)
    return np.asarray(1000 * fit.density_g_cm3.at(hu) * share)


def mineral_spread_mg_cm3(hu: AnyArray | float, fit: InternalFit) -> Array:
    """Standard uncertainty of the mineral density from the scatter of the tissues about both lines."""
    rho, mu = fit.density_g_cm3, fit.attenuation_cm2_g
    scale = 1000 / (fit.mineral - fit.filler)
    by_rho = rho.spread(hu) * (mu.at(hu) - fit.filler)
    by_mu = mu.spread(hu) * rho.at(hu)
    return np.asarray(scale * np.hypot(by_rho, by_mu))


def turning_hu(fit: InternalFit) -> float:
    """The HU above which density rises with HU: the map is a parabola, and gas lies beyond its turn."""
    rho, mu = fit.density_g_cm3, fit.attenuation_cm2_g
    return -0.5 * (rho.intercept / rho.slope + (mu.intercept - fit.filler) / mu.slope)
