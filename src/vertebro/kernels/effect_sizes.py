"""Effect sizes with their variances from two arms: differences of means, ratios and differences of risks."""

from __future__ import annotations

import numpy as np
from scipy import special, stats

from vertebro.kernels.arrays import AnyArray, Array

Sizes = tuple[Array, Array]
"""Estimates y and their variances v, one for each trial."""

CORRECTION = 0.5
"""Added to the four cells of a table with an empty one (Haldane and Anscombe)."""


def mean_difference(one: AnyArray, two: AnyArray, pooled_sd: bool = False) -> Sizes:
    """Mean difference one - two; arms are (n, mean, sd) rows. v = s1²/n1 + s2²/n2, or with one pooled s."""
    (n1, m1, s1), (n2, m2, s2) = _arm(one), _arm(two)
    if pooled_sd:
        s1 = s2 = _pooled_sd(n1, s1, n2, s2)
    return m1 - m2, s1**2 / n1 + s2**2 / n2


def standardised_mean_difference(one: AnyArray, two: AnyArray) -> Sizes:
    """Hedges' g with the exact small-sample factor J(m) = G(m/2) / (sqrt(m/2) G((m-1)/2)), m = n1+n2-2.

    v = 1/n1 + 1/n2 + g²/(2(n1 + n2)).
    """
    (n1, m1, s1), (n2, m2, s2) = _arm(one), _arm(two)
    m = n1 + n2 - 2
    log_j = special.gammaln(m / 2) - special.gammaln((m - 1) / 2) - 0.5 * np.log(m / 2)
    g = np.exp(log_j) * (m1 - m2) / _pooled_sd(n1, s1, n2, s2)
    return g, 1 / n1 + 1 / n2 + g**2 / (2 * (n1 + n2))


def log_risk_ratio(tables: AnyArray, drop_double_zero: bool = True) -> Sizes:
    """log RR; tables are rows (events1, n1, events2, n2). v = 1/a - 1/n1 + 1/c - 1/n2.

    A table with an empty cell gets a half in all four; one without any event, or with nothing but
    events, in both arms says nothing about a ratio and becomes NaN unless it is to be kept.
    """
    a, b, c, d = _corrected(tables, drop_double_zero)
    n1, n2 = a + b, c + d
    return np.log(a / n1) - np.log(c / n2), 1 / a - 1 / n1 + 1 / c - 1 / n2


def log_odds_ratio(tables: AnyArray, drop_double_zero: bool = True) -> Sizes:
    """log OR with v = 1/a + 1/b + 1/c + 1/d; empty cells as in ``log_risk_ratio``."""
    a, b, c, d = _corrected(tables, drop_double_zero)
    return np.log(a * d / (b * c)), 1 / a + 1 / b + 1 / c + 1 / d


def risk_difference(tables: AnyArray) -> Sizes:
    """p1 - p2 as counted, with v = p1 q1/n1 + p2 q2/n2; where a cell is empty, v from the corrected table."""
    a, b, c, d = _cells(tables)
    ac, bc, cc, dc = _corrected(tables, drop_double_zero=False)
    n1, n2 = ac + bc, cc + dc
    return a / (a + b) - c / (c + d), ac * bc / n1**3 + cc * dc / n2**3


def peto(tables: AnyArray) -> Sizes:
    """Peto's one-step log OR, (O - E)/V with variance 1/V; NaN where V is nought (no event, or all)."""
    a, b, c, d = _cells(tables)
    n1, n2, n = a + b, c + d, a + b + c + d
    events = a + c
    v = n1 * n2 * events * (b + d) / (n**2 * (n - 1))
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(v > 0, (a - n1 * events / n) / v, np.nan), np.where(v > 0, 1 / v, np.nan)


def from_interval(estimate: AnyArray, low: AnyArray, high: AnyArray, level: float = 0.95) -> Sizes:
    """Estimate and variance from an interval symmetric on the scale given (pass logs for ratios)."""
    y, low, high = (np.asarray(x, dtype=float) for x in (estimate, low, high))
    if np.any(low >= high) or np.any(y < low) or np.any(y > high):
        raise ValueError("Every interval must hold its estimate and have a width.")
    z = stats.norm.ppf(0.5 + level / 2)
    return y, ((high - low) / (2 * z)) ** 2


def combined_arms(n: AnyArray, mean: AnyArray, sd: AnyArray) -> tuple[float, float, float]:
    """n, mean and sd of several groups taken together: within and between squares over N - 1."""
    n, mean, sd = (np.asarray(x, dtype=float) for x in (n, mean, sd))
    total = n.sum()
    middle = float((n * mean).sum() / total)
    squares = ((n - 1) * sd**2).sum() + (n * (mean - middle) ** 2).sum()
    return float(total), middle, float(np.sqrt(squares / (total - 1)))


def _arm(rows: AnyArray) -> tuple[Array, Array, Array]:
    n, mean, sd = np.atleast_2d(np.asarray(rows, dtype=float)).T
    if np.any(n < 2) or np.any(sd <= 0):
        raise ValueError("An arm needs two patients or more and a positive standard deviation.")
    return n, mean, sd


def _pooled_sd(n1: Array, s1: Array, n2: Array, s2: Array) -> Array:
    return np.asarray(np.sqrt(((n1 - 1) * s1**2 + (n2 - 1) * s2**2) / (n1 + n2 - 2)))


def _cells(tables: AnyArray) -> tuple[Array, Array, Array, Array]:
    a, n1, c, n2 = np.atleast_2d(np.asarray(tables, dtype=float)).T
    if np.any((a < 0) | (c < 0) | (a > n1) | (c > n2) | (n1 <= 0) | (n2 <= 0)):
        raise ValueError("Events lie between none and the number of the arm.")
    return a, n1 - a, c, n2 - c


def _corrected(tables: AnyArray, drop_double_zero: bool) -> tuple[Array, Array, Array, Array]:
    a, b, c, d = _cells(tables)
    empty = (a == 0) | (b == 0) | (c == 0) | (d == 0)
    add = np.where(empty, CORRECTION, 0.0)
    if drop_double_zero:
        add = np.where(((a == 0) & (c == 0)) | ((b == 0) & (d == 0)), np.nan, add)
    return a + add, b + add, c + add, d + add
