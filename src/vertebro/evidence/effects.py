"""What a procedure achieves against sham, usual care or the other procedure: pooled at each time."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from vertebro.evidence.certainty import certainty_of
from vertebro.evidence.counts import Interval, IntervalMethod
from vertebro.evidence.effect_types import Comparison as Comparison
from vertebro.evidence.effect_types import Effect as Effect
from vertebro.evidence.effect_types import Endpoint as Endpoint
from vertebro.evidence.effect_types import Heterogeneity, TrialEffect
from vertebro.evidence.effect_types import NoEffect as NoEffect
from vertebro.evidence.trials import Finding, findings
from vertebro.kernels.pooling import Pool, pool, tau2_interval
from vertebro.vocabulary.known import Unknown
from vertebro.vocabulary.library import cited_values
from vertebro.vocabulary.procedures import Procedure as Procedure
from vertebro.vocabulary.texts import texts

_values = cited_values(beside=__file__)
_words = texts(beside=__file__)


def effects(procedure: Procedure, versus: Comparison, data: Path | None = None) -> tuple[Effect, ...]:
    """Every effect that verified trials give, by endpoint, scale and time.

    The comparison of the two procedures is the same whichever of them is asked about.
    """
    mine = [f for f in findings(data) if _answers(f, procedure, versus)]
    groups: dict[tuple[object, ...], list[Finding]] = {}
    for finding in mine:
        groups.setdefault(finding.question, []).append(finding)
    found = [_effect(group) for group in groups.values()]
    order = [e.value for e in Endpoint]
    return tuple(
        sorted(found, key=lambda e: (order.index(e.endpoint.value), e.scale, e.over_time, e.time_days))
    )


def no_effects(procedure: Procedure, versus: Comparison, data: Path | None = None) -> tuple[NoEffect, ...]:
    """The endpoints for which there is no verified effect, each with why."""
    have = {e.endpoint for e in effects(procedure, versus, data)}
    return tuple(
        NoEffect(procedure, versus, endpoint, _why_none(procedure, versus, endpoint, data))
        for endpoint in (Endpoint.PAIN, Endpoint.DISABILITY, Endpoint.QUALITY_OF_LIFE)
        if endpoint not in have
    )


def left_out(procedure: Procedure, versus: Comparison, data: Path | None = None) -> tuple[Finding, ...]:
    """Findings after the procedure that are not pooled; each says why (``why_not``)."""
    return tuple(
        f for f in findings(data) if _concerns(f, procedure, versus) and f.why_not and f.time_days > 0
    )


def _concerns(finding: Finding, procedure: Procedure, versus: Comparison) -> bool:
    either = versus is Comparison.KYPHOPLASTY_V_VERTEBROPLASTY
    return finding.comparison is versus and (either or finding.procedure is procedure)


def _answers(finding: Finding, procedure: Procedure, versus: Comparison) -> bool:
    return _concerns(finding, procedure, versus) and finding.time_days > 0 and not finding.why_not


def _why_none(procedure: Procedure, versus: Comparison, endpoint: Endpoint, data: Path | None) -> str:
    others = [f for f in left_out(procedure, versus, data) if f.scale.endpoint == endpoint.value]
    if others:
        names = ", ".join(dict.fromkeys(f.trial.name for f in others))
        return _words.say("no_effect.not_usable", trials=names, why=others[0].why_not)
    return _words.say(
        "no_effect.none", procedure=procedure.value, versus=versus.value, endpoint=endpoint.value
    )


def _effect(findings_of_one_question: Sequence[Finding]) -> Effect:
    group = sorted(findings_of_one_question, key=lambda f: (f.trial.year, f.trial.name))
    first = group[0]
    pooled = _pooled(group)
    trials = tuple(_trial(f, float(w)) for f, w in zip(group, pooled.weights, strict=True))
    intervals = _intervals(group, pooled)
    heterogeneity = _heterogeneity(pooled)
    return Effect(
        procedure=first.procedure,
        comparison=first.comparison,
        endpoint=Endpoint(first.scale.endpoint),
        scale=first.scale.name,
        unit=first.scale.unit,
        time_days=first.time_days,
        over_time=first.over_time,
        estimate=pooled.estimate,
        intervals=intervals,
        prediction=_prediction(pooled),
        trials=trials,
        heterogeneity=heterogeneity,
        certainty=certainty_of(group, pooled.estimate, intervals, heterogeneity),
        caveats=_caveats(group, pooled, intervals),
    )


def _pooled(group: Sequence[Finding]) -> Pool:
    y = np.array([f.estimate for f in group])
    return pool(y, np.array([f.variance for f in group]), _values.pooling_method.value)


def _intervals(group: Sequence[Finding], pooled: Pool) -> tuple[Interval, ...]:
    """One trial: its own interval. More: the one to show first, then the others."""
    if pooled.k == 1:
        how = IntervalMethod.WALD if group[0].from_arms else IntervalMethod.PRINTED
        return (Interval(group[0].low, group[0].high, how),)
    wald = Interval(*pooled.wald(), IntervalMethod.WALD)
    plain = Interval(*pooled.knapp_hartung(), IntervalMethod.KNAPP_HARTUNG)
    modified = Interval(*pooled.knapp_hartung(modified=True), IntervalMethod.MODIFIED_KNAPP_HARTUNG)
    if pooled.k >= _values.modified_knapp_hartung_from_trials.number:
        return modified, wald, plain
    return wald, plain, modified


def _prediction(pooled: Pool) -> Interval | Unknown:
    ends = pooled.prediction(df=pooled.k - 2)
    if pooled.k < 3:
        return Unknown(_words.say("prediction.too_few"))
    return Interval(*ends, IntervalMethod.PREDICTION)


def _heterogeneity(pooled: Pool) -> Heterogeneity | Unknown:
    if pooled.k < 2:
        return Unknown(_words.say("heterogeneity.one_trial"))
    ends = tau2_interval(pooled.y, pooled.v)
    return Heterogeneity(pooled.tau2, ends, pooled.i2_pct, pooled.q, pooled.k - 1, pooled.q_p)


def _trial(finding: Finding, weight: float) -> TrialEffect:
    how = IntervalMethod.WALD if finding.from_arms else IntervalMethod.PRINTED
    return TrialEffect(
        trial=finding.trial.key,
        name=finding.trial.name,
        year=finding.trial.year,
        estimate=finding.estimate,
        interval=Interval(finding.low, finding.high, how),
        patients=finding.patients,
        weight=weight,
        sources=finding.sources,
    )


def _caveats(group: Sequence[Finding], pooled: Pool, intervals: Sequence[Interval]) -> tuple[str, ...]:
    said = [_words.say("caveat.trial", trial=f.trial.name, note=f.note) for f in group if f.note]
    if len({i.holds(0.0) for i in intervals}) > 1:
        no = ", ".join(i.method.value for i in intervals if i.holds(0.0))
        yes = ", ".join(i.method.value for i in intervals if not i.holds(0.0))
        said.insert(0, _words.say("caveat.depends_on_interval", yes=yes, no=no))
    if pooled.k == 2:
        said.append(_words.say("caveat.two_trials"))
    if any(f.direction == "inferred" for f in group):
        said.append(_direction(group, intervals))
    return tuple(said)


def _direction(group: Sequence[Finding], intervals: Sequence[Interval]) -> str:
    """Whether the other direction of the trials that do not print theirs would change the conclusion."""
    flip = np.array([-1.0 if f.direction == "inferred" else 1.0 for f in group])
    other = pool(
        flip * [f.estimate for f in group],
        np.array([f.variance for f in group]),
        _values.pooling_method.value,
    )
    names = ", ".join(f.trial.name for f in group if f.direction == "inferred")
    same = Interval(*other.wald(), IntervalMethod.WALD).holds(0.0) == _wald(intervals).holds(0.0)
    return _words.say(f"caveat.direction_{'same' if same else 'matters'}", trials=names)


def _wald(intervals: Sequence[Interval]) -> Interval:
    """The Wald interval, or that of the one trial."""
    return next((i for i in intervals if i.method is IntervalMethod.WALD), intervals[0])
