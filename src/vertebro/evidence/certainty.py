"""How sure one can be of an effect: starts high for randomised trials and is lowered by stated rules."""

from __future__ import annotations

from collections.abc import Sequence

from vertebro.evidence.counts import Interval
from vertebro.evidence.effect_types import Certainty, Comparison, Endpoint, Grade, Heterogeneity
from vertebro.evidence.trials import Finding, Flag
from vertebro.vocabulary.known import Unknown
from vertebro.vocabulary.library import cited_values
from vertebro.vocabulary.texts import texts

_values = cited_values(beside=__file__)
_words = texts(beside=__file__)
STEPS = (Grade.HIGH, Grade.MODERATE, Grade.LOW, Grade.VERY_LOW)


def certainty_of(
    group: Sequence[Finding],
    estimate: float,
    intervals: Sequence[Interval],
    heterogeneity: Heterogeneity | Unknown,
) -> Certainty:
    """The grade: one step down for each reason, never below very low."""
    reasons = [
        *_bias(group),
        *_inconsistency(heterogeneity),
        *_imprecision(group, intervals),
        *_indirectness(group, estimate),
    ]
    return Certainty(STEPS[min(len(reasons), len(STEPS) - 1)], tuple(reasons))


def _bias(group: Sequence[Finding]) -> list[str]:
    reasons = []
    if group[0].comparison is Comparison.USUAL_CARE:
        reasons.append(_words.say("certainty.open"))
    crossed = [f.trial.name for f in group if Flag.CROSSOVER in f.flags]
    if crossed:
        reasons.append(_words.say("certainty.crossover", trials=", ".join(crossed)))
    randomised = [f.trial.name for f in group if Flag.N_RANDOMISED in f.flags]
    if randomised:
        reasons.append(_words.say("certainty.randomised", trials=", ".join(randomised)))
    return reasons


def _inconsistency(heterogeneity: Heterogeneity | Unknown) -> list[str]:
    limit = _values.inconsistent_from_i2_pct.number
    if isinstance(heterogeneity, Unknown) or heterogeneity.i2_pct < limit:
        return []
    return [_words.say("certainty.inconsistent", i2=round(heterogeneity.i2_pct), limit=f"{limit:g}")]


def _imprecision(group: Sequence[Finding], intervals: Sequence[Interval]) -> list[str]:
    reasons = []
    shown = intervals[0]
    important = _values.important_pain_points
    is_pain = group[0].scale.endpoint == Endpoint.PAIN.value
    if is_pain and shown.holds(0.0) and shown.high >= important.number:
        reasons.append(_words.say("certainty.wide", points=f"{important.number:g}"))
    few = _values.few_patients_below.number
    patients = [f.patients for f in group]
    if len(group) == 1:
        reasons.append(_words.say("certainty.one_trial"))
    elif None in patients or sum(p for p in patients if p) < few:
        reasons.append(_words.say("certainty.few_patients", limit=f"{few:g}"))
    return reasons


def _indirectness(group: Sequence[Finding], estimate: float) -> list[str]:
    inferred = [f for f in group if f.direction == "inferred"]
    if inferred and len(inferred) == len(group) and estimate != 0:
        return [_words.say("certainty.direction", trials=", ".join(f.trial.name for f in inferred))]
    return []
