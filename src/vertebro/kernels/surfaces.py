"""Smooth curves and surfaces through scattered heights: robust polynomials with their covariance."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from numpy.polynomial.legendre import legvander

from vertebro.kernels.arrays import AnyArray, Array

ROUNDS = 12
"""Re-weighting rounds; the weights settle within a handful."""

HUBER = 1.345
"""Huber's constant in units of the scale: 95 % efficiency if the errors are normal."""

MAD_TO_SD = 1.4826
"""Median absolute deviation of a normal distribution times this is its standard deviation."""


def scale_of(residuals: Array) -> float:
    """Robust standard deviation of residuals (median absolute deviation)."""
    return float(MAD_TO_SD * np.median(np.abs(residuals - np.median(residuals))))


def robust_least_squares(
    design: Array, values: Array, least_scale: float, stiffness: Array | None = None
) -> tuple[Array, Array]:
    """Coefficients and weights of the Huber fit; ``least_scale`` is the scale below which all weigh 1.

    ``stiffness`` is one number per coefficient: sum(stiffness * coefficient^2) is added to the sum of
    squares (ridge), in the units of the values squared.
    """
    ridge = np.diag(np.zeros(design.shape[1]) if stiffness is None else stiffness)
    weights = np.ones(len(values))
    coefficients: Array = np.zeros(design.shape[1])
    for _ in range(ROUNDS):
        normal = design.T @ (weights[:, None] * design) + ridge
        fitted = np.linalg.lstsq(normal, design.T @ (weights * values), rcond=None)[0]
        if np.allclose(fitted, coefficients, rtol=0, atol=1e-6):  # a nanometre is enough
            break
        coefficients = np.asarray(fitted)
        residuals = values - design @ coefficients
        limit = HUBER * max(scale_of(residuals), least_scale)
        weights = np.minimum(1.0, limit / np.maximum(np.abs(residuals), 1e-12))
    return np.asarray(coefficients), weights


@dataclass(frozen=True)
class Rimmed:
    """A height over (right, anterior): a plane through two rims, and hollows between them.

    With x = -1 at the posterior rim and +1 at the anterior one, and y = right / half_width,

        height = c0 + c1 x + c2 y + c3 y^2 + c4 x y + (1 - x^2)^2 (c5 + c6 x + c7 P2(x) + c8 P3(x) + c9 y^2)

    where the last factor, and its slope, vanish at the rims: what lies beyond them follows the plane, and
    the straight line from rim to rim is c0 + c1 x whatever the hollows. P2, P3 are Legendre's polynomials.
    """

    coefficients: Array
    centre_mm: float
    half_depth_mm: float
    half_width_mm: float

    PLANE: ClassVar[tuple[int, ...]] = (0, 1, 2)
    ACROSS: ClassVar[tuple[int, ...]] = (3, 4)
    HOLLOWS: ClassVar[tuple[int, ...]] = (5, 6, 7, 8, 9)

    def design(self, right_mm: AnyArray, anterior_mm: AnyArray) -> Array:
        """One column per coefficient, one row per place."""
        x = (np.asarray(anterior_mm, dtype=float) - self.centre_mm) / self.half_depth_mm
        y = np.asarray(right_mm, dtype=float) / self.half_width_mm
        x, y = np.broadcast_arrays(np.atleast_1d(x), np.atleast_1d(y))
        between = np.clip(1 - x**2, 0, None) ** 2
        plane = np.stack([np.ones_like(x), x, y, y**2, x * y], axis=-1)
        hollows = np.concatenate([legvander(x, 3), y[..., None] ** 2], axis=-1)
        return np.concatenate([plane, between[..., None] * hollows], axis=-1)

    def __call__(self, right_mm: AnyArray, anterior_mm: AnyArray) -> Array:
        """Height in mm."""
        return np.asarray(self.design(right_mm, anterior_mm) @ self.coefficients)

    def slopes(self, right_mm: AnyArray, anterior_mm: AnyArray) -> tuple[Array, Array]:
        """Slope towards the right and towards anterior (mm per mm)."""
        r, a, h = np.asarray(right_mm), np.asarray(anterior_mm), 0.05  # mm; smooth on this scale
        by_right = (self(r + h, a) - self(r - h, a)) / (2 * h)
        by_front = (self(r, a + h) - self(r, a - h)) / (2 * h)
        return by_right, by_front


@dataclass(frozen=True)
class WallLine:
    """A wall seen from the side: straight between its ends, hollow between them (mm).

    anterior = offset + slope * superior - bend * (1 - t^2), t from -1 at the lower to +1 at the upper end
    """

    offset_mm: float
    slope: float
    bend_mm: float
    low_mm: float
    high_mm: float

    def __call__(self, superior_mm: AnyArray | float) -> Array:
        """Anterior coordinate in mm; straight beyond the ends."""
        s = np.asarray(superior_mm, dtype=float)
        return self.straight(s) - self.bend_mm * np.clip(1 - self._t(s) ** 2, 0, None)

    def straight(self, superior_mm: AnyArray | float) -> Array:
        """Anterior coordinate of the straight line between the ends, in mm."""
        return np.asarray(self.offset_mm + self.slope * np.asarray(superior_mm, dtype=float))

    def _t(self, superior_mm: Array) -> Array:
        return (2 * superior_mm - self.high_mm - self.low_mm) / (self.high_mm - self.low_mm)


@dataclass(frozen=True)
class WallFit:
    """How a wall is followed: its ends, which way is out, its usual scatter, hollow and tilt.

    ``samples`` is the number of points that come from one voxel, and so share one error.
    """

    low_mm: float
    high_mm: float
    outward: float
    within_mm: float
    bend_reach_mm: float
    tilt_reach: float
    samples: float


def wall_line(superior_mm: Array, anterior_mm: Array, fit: WallFit) -> WallLine:
    """The line along most of a wall, whatever stands out of it.

    Of all lines through two of the points that one is taken from which the others lie least far: a point
    that stands out (a fragment, a beak) counts as ``within_mm`` however far it stands out, a point that lies
    inside counts up to four times that. The points near the line then give its place, tilt and bend.
    """
    n = len(superior_mm)
    i, j = np.triu_indices(n, k=max(1, n // 4))
    slope = (anterior_mm[j] - anterior_mm[i]) / (superior_mm[j] - superior_mm[i])
    offset = anterior_mm[i] - slope * superior_mm[i]
    out = fit.outward * (anterior_mm[None, :] - offset[:, None] - slope[:, None] * superior_mm[None, :])
    cost = np.abs(np.clip(out, -4 * fit.within_mm, fit.within_mm)).mean(axis=1)
    best = int((cost + fit.within_mm * (slope / (2 * fit.tilt_reach)) ** 2).argmin())
    near = np.abs(out[best]) <= fit.within_mm
    t = (2 * superior_mm[near] - fit.low_mm - fit.high_mm) / (fit.high_mm - fit.low_mm)
    design = np.stack([np.ones(near.sum()), superior_mm[near], -(1 - t**2)], axis=-1)
    ridge = fit.samples * (fit.within_mm / 2 / np.array([np.inf, fit.tilt_reach, fit.bend_reach_mm])) ** 2
    (a, b, bend), _ = robust_least_squares(design, anterior_mm[near], fit.within_mm / 4, ridge)
    return WallLine(float(a), float(b), float(bend), fit.low_mm, fit.high_mm)
