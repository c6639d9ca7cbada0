"""Intervals of a proportion: exact (Clopper-Pearson), Wilson and Agresti-Coull."""

from __future__ import annotations

import math

from scipy import stats

Ends = tuple[float, float]


def exact(events: float, of: float, level: float = 0.95) -> Ends:
    """Clopper and Pearson's interval: covers at least ``level`` whatever the true proportion."""
    _refuse_impossible(events, of)
    tail = (1 - level) / 2
    low = 0.0 if events == 0 else float(stats.beta.ppf(tail, events, of - events + 1))
    high = 1.0 if events == of else float(stats.beta.ppf(1 - tail, events + 1, of - events))
    return low, high


def wilson(events: float, of: float, level: float = 0.95) -> Ends:
    """Wilson's score interval, (p + z²/2n ± z sqrt(p(1-p)/n + z²/4n²)) / (1 + z²/n)."""
    _refuse_impossible(events, of)
    z, p = _z(level), events / of
    middle, shrink = p + z * z / (2 * of), 1 + z * z / of
    half = z * math.sqrt(p * (1 - p) / of + z * z / (4 * of * of))
    low = 0.0 if events == 0 else (middle - half) / shrink
    return low, 1.0 if events == of else (middle + half) / shrink


def agresti_coull(events: float, of: float, level: float = 0.95) -> Ends:
    """Agresti and Coull's interval: Wald's about Wilson's middle, cut to 0 and 1."""
    _refuse_impossible(events, of)
    z = _z(level)
    n = of + z * z
    p = (events + z * z / 2) / n
    half = z * math.sqrt(p * (1 - p) / n)
    return max(0.0, p - half), min(1.0, p + half)


def _z(level: float) -> float:
    if not 0 < level < 1:
        raise ValueError(f"A level lies between 0 and 1, not {level}.")
    return float(stats.norm.ppf(0.5 + level / 2))


def _refuse_impossible(events: float, of: float) -> None:
    if not (of > 0 and 0 <= events <= of):
        raise ValueError(f"{events} events of {of} is no proportion.")
