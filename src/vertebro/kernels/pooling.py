"""Pooling of trials: fixed and random effects, their intervals, heterogeneity and small-study checks.

The model is y_i ~ N(mu, v_i + tau²); weights w_i = 1/(v_i + tau²). Everything takes estimates y and
variances v, one for each trial, and gives numbers; trials whose y or v is NaN carry no information
on the measure and are left out (``Pool.k`` counts the rest).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from scipy import optimize, stats

from vertebro.kernels.arrays import AnyArray, Array

Ends = tuple[float, float]
NOWHERE: Ends = (float("nan"), float("nan"))


@dataclass(frozen=True)
class Pool:
    """A pooled estimate: mu with its standard error, tau², Q and the trials it rests on."""

    estimate: float
    se: float
    tau2: float
    q: float
    y: Array
    v: Array
    method: str

    @property
    def k(self) -> int:
        """How many trials."""
        return len(self.y)

    @property
    def weights(self) -> Array:
        """Share of each trial in the estimate; they add up to one."""
        w = 1 / (self.v + self.tau2)
        return np.asarray(w / w.sum())

    @property
    def q_p(self) -> float:
        """p of Cochran's Q; NaN for one trial."""
        return float(stats.chi2.sf(self.q, self.k - 1)) if self.k > 1 else float("nan")

    @property
    def i2_pct(self) -> float:
        """tau² as a share of the whole variance of a typical trial, in percent; NaN for one trial.

        I² = tau²/(tau² + s²) with s² = (k-1) sum(w) / (sum(w)² - sum(w²)); from Q where tau² is fixed.
        """
        if self.k < 2:
            return float("nan")
        if self.method == "fixed":
            return 100 * max(0.0, 1 - (self.k - 1) / self.q) if self.q > 0 else 0.0
        w = 1 / self.v
        typical = (self.k - 1) * w.sum() / (w.sum() ** 2 - (w**2).sum())
        return float(100 * self.tau2 / (self.tau2 + typical))

    def wald(self, level: float = 0.95) -> Ends:
        """mu ± z se."""
        return _about(self.estimate, float(stats.norm.ppf(0.5 + level / 2)) * self.se)

    @property
    def knapp_hartung_ratio(self) -> float:
        """q = sum w (y - mu)² / (k - 1): under 1 the Knapp-Hartung interval may be too narrow."""
        if self.k < 2:
            return float("nan")
        w = 1 / (self.v + self.tau2)
        return float((w * (self.y - self.estimate) ** 2).sum() / (self.k - 1))

    def knapp_hartung(self, level: float = 0.95, modified: bool = False) -> Ends:
        """mu ± t(k-1) se sqrt(q); modified: never less than q = 1. Not defined for one trial."""
        if self.k < 2:
            return NOWHERE
        q = max(1.0, self.knapp_hartung_ratio) if modified else self.knapp_hartung_ratio
        t = float(stats.t.ppf(0.5 + level / 2, self.k - 1))
        return _about(self.estimate, t * self.se * float(np.sqrt(q)))

    def knapp_hartung_p(self, modified: bool = False) -> float:
        """Two-sided p of the test that belongs to the Knapp-Hartung interval; NaN for one trial."""
        if self.k < 2:
            return float("nan")
        q = max(1.0, self.knapp_hartung_ratio) if modified else self.knapp_hartung_ratio
        if q == 0:  # trials that agree to the last digit
            return float(self.estimate == 0)
        t = abs(self.estimate) / (self.se * float(np.sqrt(q)))
        return float(2 * stats.t.sf(t, self.k - 1))

    def prediction(self, level: float = 0.95, df: int | None = None) -> Ends:
        """Where the true effect of a new trial lies: mu ± c sqrt(tau² + se²).

        c is normal, or Student's t with ``df`` (k - 2 in Higgins, Thompson and Spiegelhalter).
        """
        if self.k < 2 or (df is not None and df < 1):
            return NOWHERE
        tail = 0.5 + level / 2
        c = float(stats.norm.ppf(tail) if df is None else stats.t.ppf(tail, df))
        return _about(self.estimate, c * float(np.sqrt(self.tau2 + self.se**2)))

    @property
    def p(self) -> float:
        """Two-sided p of the Wald test."""
        return float(2 * stats.norm.sf(abs(self.estimate) / self.se))


def pool(y: AnyArray, v: AnyArray, method: str = "DL") -> Pool:
    """The pooled estimate; method is one of ``fixed``, ``DL``, ``PM``, ``REML``, ``ML``."""
    y, v = _usable(y, v)
    if method not in METHODS:
        raise ValueError(f"method is {method!r}, not one of {', '.join(METHODS)}.")
    tau2 = METHODS[method](y, v) if len(y) > 1 else 0.0
    mu, se = _mean(y, v, tau2)
    return Pool(mu, se, tau2, _q(y, v, 0.0), y, v, method)


def tau2_interval(y: AnyArray, v: AnyArray, level: float = 0.95) -> Ends:
    """Q-profile interval of tau²: where Q(tau²) meets the quantiles of chi² with k - 1 degrees."""
    y, v = _usable(y, v)
    if len(y) < 2:
        return NOWHERE
    tail = (1 - level) / 2
    upper, lower = stats.chi2.ppf([tail, 1 - tail], len(y) - 1)
    return _where_q_is(float(lower), y, v), _where_q_is(float(upper), y, v)


@dataclass(frozen=True)
class Subgroups:
    """Pools of several groups and the test that they are the same."""

    pools: tuple[Pool, ...]
    q_between: float
    df: int
    p: float


def subgroups(y: AnyArray, v: AnyArray, group: Sequence[object], method: str = "DL") -> Subgroups:
    """Each group pooled for itself (its own tau²), and the interaction test between them."""
    y, v = np.asarray(y, dtype=float), np.asarray(v, dtype=float)
    names = list(dict.fromkeys(group))
    member = np.array([names.index(g) for g in group])
    pools = tuple(pool(y[member == i], v[member == i], method) for i in range(len(names)))
    estimates = np.array([p.estimate for p in pools])
    between = _q(estimates, np.array([p.se**2 for p in pools]), 0.0)
    df = len(pools) - 1
    return Subgroups(pools, between, df, float(stats.chi2.sf(between, df)) if df else float("nan"))


def leave_one_out(y: AnyArray, v: AnyArray, method: str = "DL") -> tuple[Pool, ...]:
    """The pool without each trial in turn."""
    y, v = _usable(y, v)
    if len(y) < 2:
        raise ValueError("Leaving one out needs two trials or more.")
    return tuple(pool(np.delete(y, i), np.delete(v, i), method) for i in range(len(y)))


@dataclass(frozen=True)
class Funnel:
    """Egger's regression of small-study effects: slope on the standard error, and the limit at se = 0."""

    slope: float
    slope_se: float
    limit: float
    t: float
    df: int
    p: float


def egger(y: AnyArray, v: AnyArray) -> Funnel:
    """Weighted regression y = limit + slope se, weights 1/v, tested with t on k - 2 degrees of freedom."""
    y, v = _usable(y, v)
    se, k = np.sqrt(v), len(y)
    if k < 3 or np.ptp(se) == 0:
        raise ValueError("Egger's test needs three trials or more, not all of one size.")
    design = np.column_stack([np.ones(k), se]) / se[:, None]
    inverse = np.linalg.inv(design.T @ design)
    limit, slope = inverse @ design.T @ (y / se)
    rest = y / se - design @ np.array([limit, slope])
    slope_se = float(np.sqrt(rest @ rest / (k - 2) * inverse[1, 1]))
    t = float(slope) / slope_se
    return Funnel(float(slope), slope_se, float(limit), t, k - 2, float(2 * stats.t.sf(abs(t), k - 2)))


@dataclass(frozen=True)
class Stratified:
    """A pool of 2x2 tables that needs no correction of empty cells; logs for ratios."""

    estimate: float
    se: float

    def wald(self, level: float = 0.95) -> Ends:
        """estimate ± z se."""
        return _about(self.estimate, float(stats.norm.ppf(0.5 + level / 2)) * self.se)


def mantel_haenszel(tables: AnyArray, measure: str) -> Stratified:
    """Mantel and Haenszel's pooled log RR, log OR or RD of tables (events1, n1, events2, n2).

    Variances: Greenland and Robins (RR), Robins, Breslow and Greenland (OR), Sato (RD). NaN where
    one arm has no event in any trial.
    """
    a, n1, c, n2 = np.atleast_2d(np.asarray(tables, dtype=float)).T
    if measure not in _STRATIFIED:
        raise ValueError(f"measure is {measure!r}, not one of {', '.join(_STRATIFIED)}.")
    with np.errstate(divide="ignore", invalid="ignore"):
        estimate, variance = _STRATIFIED[measure](a, n1, c, n2)
    known = np.isfinite(estimate) and np.isfinite(variance)
    return Stratified(float(estimate), float(np.sqrt(variance))) if known else Stratified(*NOWHERE)


def _mh_rr(a: Array, n1: Array, c: Array, n2: Array) -> tuple[float, float]:
    n = n1 + n2
    r, s = (a * n2 / n).sum(), (c * n1 / n).sum()
    return np.log(r / s), ((n1 * n2 * (a + c) - a * c * n) / n**2).sum() / (r * s)


def _mh_or(a: Array, n1: Array, c: Array, n2: Array) -> tuple[float, float]:
    b, d, n = n1 - a, n2 - c, n1 + n2
    p, q, r, s = (a + d) / n, (b + c) / n, a * d / n, b * c / n
    R, S = r.sum(), s.sum()
    spread = (p * r).sum() / R**2 + (p * s + q * r).sum() / (R * S) + (q * s).sum() / S**2
    return np.log(R / S), spread / 2


def _mh_rd(a: Array, n1: Array, c: Array, n2: Array) -> tuple[float, float]:
    n = n1 + n2
    whole = (n1 * n2 / n).sum()
    rd = ((a * n2 - c * n1) / n).sum() / whole
    slope = (c * (n1 / n) ** 2 - a * (n2 / n) ** 2 + n1 * n2 * (n2 - n1) / (2 * n**2)).sum()
    flat = ((a * (n2 - c) + c * (n1 - a)) / (2 * n)).sum()
    return rd, (rd * slope + flat) / whole**2


_STRATIFIED = {"RR": _mh_rr, "OR": _mh_or, "RD": _mh_rd}


def _usable(y: AnyArray, v: AnyArray) -> tuple[Array, Array]:
    y, v = np.atleast_1d(np.asarray(y, dtype=float)), np.atleast_1d(np.asarray(v, dtype=float))
    if y.shape != v.shape or y.ndim != 1:
        raise ValueError("As many variances as estimates, in one row each.")
    known = np.isfinite(y) & np.isfinite(v)
    y, v = y[known], v[known]
    if not len(y):
        raise ValueError("No trial carries information on this measure.")
    if np.any(v <= 0):
        raise ValueError("Variances must be positive.")
    return y, v


def _mean(y: Array, v: Array, tau2: float) -> tuple[float, float]:
    w = 1 / (v + tau2)
    return float((w * y).sum() / w.sum()), float(1 / np.sqrt(w.sum()))


def _q(y: Array, v: Array, tau2: float) -> float:
    mu, _ = _mean(y, v, tau2)
    return float(((y - mu) ** 2 / (v + tau2)).sum())


def _about(middle: float, half: float) -> Ends:
    return middle - half, middle + half


def _fixed(_y: Array, _v: Array) -> float:
    return 0.0


def _dersimonian_laird(y: Array, v: Array) -> float:
    w = 1 / v
    c = w.sum() - (w**2).sum() / w.sum()
    return max(0.0, (_q(y, v, 0.0) - (len(y) - 1)) / float(c))


def _paule_mandel(y: Array, v: Array) -> float:
    return _where_q_is(len(y) - 1.0, y, v)


def _where_q_is(target: float, y: Array, v: Array) -> float:
    """The tau² at which the falling function Q(tau²) meets the target; 0 where it starts below."""
    if _q(y, v, 0.0) <= target:
        return 0.0
    high = float(v.max())
    while _q(y, v, high) > target:
        high *= 2
    # Q falls smoothly: to the last digits of the upper end
    return float(optimize.brentq(lambda t: _q(y, v, t) - target, 0.0, high, xtol=1e-14 * high, rtol=1e-13))


def _most_likely(restricted: bool) -> Callable[[Array, Array], float]:
    def log_likelihood(t: float, y: Array, v: Array) -> float:
        w = 1 / (v + t)
        ll = 0.5 * np.log(w).sum() - 0.5 * _q(y, v, t)
        return float(ll - 0.5 * np.log(w.sum()) if restricted else ll)

    def score(t: float, y: Array, v: Array) -> float:
        w = 1 / (v + t)
        mu, _ = _mean(y, v, t)
        slope = (w**2 * (y - mu) ** 2).sum() - w.sum()
        return float(slope + (w**2).sum() / w.sum() if restricted else slope)

    def estimate(y: Array, v: Array) -> float:
        """The best of a grid of tau², then the root of the score on the two cells about it."""
        top = float(np.ptp(y) ** 2)
        if top == 0:
            return 0.0
        # 200 steps over eight decades: the likelihood of tau² has few bends
        grid = np.concatenate([[0.0], np.geomspace(top * 1e-8, top * 2, 200)])
        best = int(np.argmax([log_likelihood(t, y, v) for t in grid]))
        low, high = grid[max(best - 1, 0)], grid[min(best + 1, len(grid) - 1)]
        if score(low, y, v) <= 0:
            return 0.0
        return float(optimize.brentq(score, low, high, args=(y, v), xtol=1e-14 * top, rtol=1e-13))

    return estimate


METHODS: dict[str, Callable[[Array, Array], float]] = {
    "fixed": _fixed,
    "DL": _dersimonian_laird,
    "PM": _paule_mandel,
    "REML": _most_likely(restricted=True),
    "ML": _most_likely(restricted=False),
}
