"""The heights a body had before it broke, from its unbroken neighbours and the trend along the spine."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from types import MappingProxyType

import numpy as np

from vertebro.kernels.arrays import Array
from vertebro.vocabulary.known import Unknown
from vertebro.vocabulary.levels import Level
from vertebro.vocabulary.library import cited_values
from vertebro.vocabulary.texts import texts

v = cited_values(beside=__file__, name="shape_values.yaml")
say = texts(beside=__file__, name="shape").say


@dataclass(frozen=True)
class Heights:
    """Anterior, middle and posterior height (mm) of one body with their spreads."""

    value_mm: Array
    spread_mm: Array


@dataclass(frozen=True)
class Expected:
    """The heights to be expected, their spreads, and the levels they come from."""

    value_mm: Array
    spread_mm: Array
    references: tuple[Level, ...]


@cache
def trend_mm(level: Level) -> Array | None:
    """Anterior, middle and posterior height of an average spine; None where no source gives the trend.

    Lumbar heights [bonczar_2024]_, T12 by its ratio to L1 [duman_2026]_, T9 to T11 by the step per level
    [palm_2025]_, T2 to T8 likewise [egwu_2019]_. The middle follows the mean of the two.
    """
    front, back = v.lumbar_anterior_height.value, v.lumbar_posterior_height.value
    name = level.value
    if name in front:
        pair = np.array([front[name], back[name]])
    elif Level.T2.order <= level.order <= Level.T12.order:
        ratio = v.t12_to_l1.value
        pair = np.array([front["L1"] * ratio["anterior"], back["L1"] * ratio["posterior"]])
        lower = Level.T12.order - max(level.order, Level.T9.order)
        upper = max(0, Level.T9.order - level.order)
        step = v.upper_thoracic_step.value
        pair = pair / v.lower_thoracic_step.value**lower
        pair = pair / np.array([step["anterior"], step["posterior"]]) ** upper
    else:
        return None
    return np.array([pair[0], pair.mean(), pair[1]])


def expected_heights(measured: Mapping[Level, Heights]) -> Mapping[Level, Expected | Unknown]:
    """For each measured level what its neighbours lead one to expect.

    A broken vertebra is no reference: struck off is first any whose own anterior or middle height falls
    short of its posterior one, then the one that falls furthest short of what the others expect, and the
    rest are judged again, until none falls short by Genant's mild limit. The heights of the references,
    divided by the trend, are averaged with weights by nearness and multiplied by the trend of the level.
    """
    references = {level: h for level, h in measured.items() if trend_mm(level) is not None}
    references = {level: h for level, h in references.items() if not _deformed(level, h)}
    while True:
        losses = {}
        for level, heights in references.items():
            found = _expect(level, references)
            if isinstance(found, Expected):
                losses[level] = float((1 - heights.value_mm / found.value_mm).max())
        worst = max(losses, key=lambda level: losses[level], default=None)
        if worst is None or losses[worst] * 100 < v.genant_mild.value:
            break
        references = {level: h for level, h in references.items() if level is not worst}
    return MappingProxyType({level: _expect(level, references) for level in measured})


def _deformed(level: Level, heights: Heights) -> bool:
    """True if a body is lower in front or in the middle than behind, by the mild limit beyond the trend.

    Two broken neighbours would otherwise vouch for each other.
    """
    own = heights.value_mm[:2] / heights.value_mm[2]
    usual = _trend(level)[:2] / _trend(level)[2]
    return bool(((1 - own / usual) * 100 >= v.genant_mild.value).any())


def _expect(level: Level, references: Mapping[Level, Heights]) -> Expected | Unknown:
    trend = trend_mm(level)
    if trend is None:
        return Unknown(say("unknown.trend", level=level))
    near = [r for r in references if r is not level and abs(r.order - level.order) <= v.reference_reach.value]
    above = sorted((r for r in near if r < level), key=lambda r: -r.order)[:2]
    below = sorted((r for r in near if level < r), key=lambda r: r.order)[:2]
    used = [*reversed(above), *below]
    if not used:
        return Unknown(say("unknown.neighbours", level=level))
    weight = np.array([1 / abs(r.order - level.order) for r in used])
    weight = weight / weight.sum()
    ratios = np.array([references[r].value_mm / _trend(r) for r in used])
    spreads = np.array([references[r].spread_mm / _trend(r) for r in used])
    mean = weight @ ratios
    scatter = max(float(v.height_scatter.value), _scatter(ratios / mean))
    share = float((weight**2).sum())  # one over the effective number of references
    spread = np.sqrt((scatter * mean) ** 2 * (1 + share) + (weight[:, None] ** 2 * spreads**2).sum(axis=0))
    return Expected(mean * trend, spread * trend, tuple(used))


def _trend(level: Level) -> Array:
    found = trend_mm(level)
    assert found is not None
    return found


def _scatter(relative: Array) -> float:
    """Relative standard deviation among three or more references; 0 where there are too few to tell."""
    return float(relative.std(axis=0, ddof=1).mean()) if len(relative) >= 3 else 0.0
