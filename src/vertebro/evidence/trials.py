"""The trials and what each of them found, from the package's tables and a person's own."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from vertebro.evidence.effect_types import Comparison
from vertebro.evidence.reading import Mark, Row, refuse_duplicates, rows_of
from vertebro.evidence.scales import Scale, scale_of
from vertebro.kernels.effect_sizes import from_interval, mean_difference
from vertebro.vocabulary.library import cited_values
from vertebro.vocabulary.procedures import Procedure
from vertebro.vocabulary.texts import texts

TRIAL_COLUMNS = (
    "trial",
    "name",
    "year",
    "procedure",
    "compared_with",
    "control",
    "country",
    "n_procedure",
    "n_control",
    "n_total",
    "fracture_age",
    "oedema",
    "pain_from",
    "blinding",
    "source",
    "mark",
    "note",
)
EFFECT_COLUMNS = (
    "trial",
    "procedure",
    "comparison",
    "endpoint",
    "scale",
    "unit",
    "time_days",
    "over_time",
    "measure",
    "estimate",
    "ci_low",
    "ci_high",
    "patients",
    "direction",
    "analysis",
    "pool",
    "source",
    "mark",
    "note",
)
ARM_COLUMNS = (
    "trial",
    "arm",
    "endpoint",
    "scale",
    "unit",
    "time_days",
    "n",
    "mean",
    "spread",
    "spread_is",
    "ci_low",
    "ci_high",
    "value_is",
    "source",
    "mark",
    "note",
)
MAIN = "main"
CONTROLS = {
    "sham": Comparison.SHAM,
    "control": Comparison.ACTIVE_CONTROL,
    "usual care": Comparison.USUAL_CARE,
}


@dataclass(frozen=True)
class Trial:
    """One trial as its report describes it; what is not verified is empty."""

    key: str
    name: str
    year: int
    mark: Mark
    cells: dict[str, str]


@dataclass(frozen=True)
class Finding:
    """One trial's effect at one time: an estimate with its interval; positive is better with the procedure.

    ``why_not`` says why it may not be pooled; empty where it may.
    """

    trial: Trial
    procedure: Procedure
    comparison: Comparison
    scale: Scale
    time_days: int
    over_time: bool
    estimate: float
    low: float
    high: float
    patients: int | None
    direction: str
    mark: Mark
    why_not: str
    sources: tuple[str, ...]
    note: str
    from_arms: bool = False

    @property
    def variance(self) -> float:
        """Of the estimate, from its interval."""
        return float(from_interval(_row(self.estimate), _row(self.low), _row(self.high))[1][0])

    @property
    def question(self) -> tuple[object, ...]:
        """What the finding answers: findings may be pooled only where this is the same."""
        at = (self.time_days, self.over_time)
        return (self.procedure, self.comparison, self.scale.name, *at)


def trials(data: Path | None = None) -> dict[str, Trial]:
    """Every trial by its key; on a person's own row of the same key theirs counts."""
    rows = list(rows_of("trials.csv", TRIAL_COLUMNS, data))
    refuse_duplicates(rows, lambda row: (row.text("trial"), row.ours), "trial")
    return {row.text("trial"): _trial(row) for row in rows}


def findings(data: Path | None = None) -> tuple[Finding, ...]:
    """Every finding: as printed, and worked out from two arms where no effect was printed."""
    known = trials(data)
    rows = [r for r in rows_of("effects.csv", EFFECT_COLUMNS, data) if r.text("analysis") == MAIN]
    printed = [_finding(row, known) for row in rows]
    verified = [row for row in rows if row.mark is not Mark.MEMORY]
    refuse_duplicates(verified, _asks, "finding of one trial")
    have = {(f.trial.key, f.question) for f in printed if f.mark is not Mark.MEMORY}
    worked_out = [f for f in _from_arms(data, known) if (f.trial.key, f.question) not in have]
    return (*printed, *worked_out)


def from_memory(data: Path | None = None) -> tuple[str, ...]:
    """Which rows are only remembered, as ``file, line``: never pooled and never shown as fact."""
    tables = (("trials.csv", TRIAL_COLUMNS), ("effects.csv", EFFECT_COLUMNS), ("arms.csv", ARM_COLUMNS))
    rows = [row for table, columns in tables for row in rows_of(table, columns, data)]
    return tuple(f"{r.file.name}, line {r.line}: {r.text('trial')}" for r in rows if r.mark is Mark.MEMORY)


def _asks(row: Row) -> tuple[str, ...]:
    return tuple(row.text(c) for c in ("trial", "procedure", "comparison", "scale", "time_days", "over_time"))


def _trial(row: Row) -> Trial:
    n = [row.maybe_whole(c) for c in ("n_procedure", "n_control", "n_total")]
    if None not in n and sum(n[:2]) > n[2]:  # type: ignore[arg-type, operator]
        raise row.refuse(f"{n[0]} and {n[1]} patients make more than {n[2]}.", "arms that add up")
    assert row.sources
    return Trial(row.text("trial"), row.text("name"), row.whole("year"), row.mark, row.cells)


def _known_trial(row: Row, known: dict[str, Trial]) -> Trial:
    if row.text("trial") not in known:
        raise row.refuse(f"no trial '{row.text('trial')}' in trials.csv.", "a trial of trials.csv")
    return known[row.text("trial")]


def _finding(row: Row, known: dict[str, Trial]) -> Finding:
    estimate = row.number("estimate")
    low, high = row.interval(estimate)
    for column, allowed in (("over_time", ("yes", "no")), ("pool", ("yes", "no")), ("direction", DIRECTIONS)):
        if row.text(column) not in allowed:
            raise row.refuse(f"{column} is '{row.text(column)}'.", f"one of: {', '.join(allowed)}")
    return Finding(
        trial=_known_trial(row, known),
        procedure=row.choice("procedure", Procedure),
        comparison=row.choice("comparison", Comparison),
        scale=scale_of(row),
        time_days=row.whole("time_days"),
        over_time=row.text("over_time") == "yes",
        estimate=estimate,
        low=low,
        high=high,
        patients=row.maybe_whole("patients"),
        direction=row.text("direction"),
        mark=row.mark,
        why_not=_why_not(row, estimate, (low, high)),
        sources=row.sources,
        note=row.optional("note"),
    )


DIRECTIONS = ("printed", "inferred", "not printed")


def _why_not(row: Row, estimate: float, ends: tuple[float, float]) -> str:
    """Why the finding is not pooled; empty where it is."""
    words = texts(beside=__file__)
    half = (ends[1] - ends[0]) / 2
    off = abs(sum(ends) / 2 - estimate) / half
    if row.mark is Mark.MEMORY:
        return words.say("not_pooled.memory")
    if row.text("direction") == "not printed":
        return words.say("not_pooled.direction")
    if row.text("pool") == "no":
        return words.say("not_pooled.note", note=row.text("note"))
    if off > cited_values(beside=__file__).interval_off_centre_share.number:
        return words.say("not_pooled.off_centre", estimate=estimate, middle=round(sum(ends) / 2, 3))
    return ""


@dataclass(frozen=True)
class _Arm:
    row: Row
    scale: Scale
    n: int | None
    mean: float
    sd: float | None


def _from_arms(data: Path | None, known: dict[str, Trial]) -> Iterator[Finding]:
    """Differences between the two arms of a trial, where both print n, mean and spread."""
    rows = list(rows_of("arms.csv", ARM_COLUMNS, data))
    refuse_duplicates([r for r in rows if r.mark is not Mark.MEMORY], _arm_key, "arm of one trial")
    together: dict[tuple[str, ...], list[_Arm]] = {}
    for row in rows:
        _known = [_known_trial(row, known)] if "+" not in row.text("trial") else []
        arm = _read_arm(row)
        if row.mark is not Mark.MEMORY and _known:
            together.setdefault(_arm_key(row)[:1] + _arm_key(row)[2:], []).append(arm)
    for arms in together.values():
        yield from _difference(arms, known)


def _arm_key(row: Row) -> tuple[str, ...]:
    return tuple(row.text(c) for c in ("trial", "arm", "scale", "time_days", "value_is"))


def _read_arm(row: Row) -> _Arm:
    scale, n, mean = scale_of(row), row.maybe_whole("n"), row.number("mean")
    if row.text("value_is") not in ("value", "improvement"):
        raise row.refuse(f"value_is is '{row.text('value_is')}'.", "value or improvement")
    if row.text("value_is") == "value" and not scale.low <= mean <= scale.high:
        raise row.refuse(
            f"a mean of {mean:g} on the scale '{scale.name}'.", f"{scale.low:g} to {scale.high:g}"
        )
    if row.optional("ci_low"):
        row.interval(mean)
    return _Arm(row, scale, n, mean, _sd(row, scale, n))


def _sd(row: Row, scale: Scale, n: int | None) -> float | None:
    """The standard deviation; from a standard error or an interval by n; None where neither is printed."""
    kind = row.optional("spread_is")
    if not row.optional("spread"):
        ends = row.optional("ci_low") and n
        half = (row.number("ci_high") - row.number("ci_low")) / 2 if ends else math.nan
        return half / Z95 * math.sqrt(n) if ends and n else None
    spread = row.number("spread")
    if kind not in ("sd", "se") or spread <= 0:
        raise row.refuse(f"spread is {spread:g} and spread_is '{kind}'.", "a positive spread, and sd or se")
    if kind == "se":
        if n is None:
            raise row.refuse("a standard error without n.", "n on the row")
        return spread * math.sqrt(n)
    share = cited_values(beside=__file__).standard_error_suspected_below_share.number
    if scale.better != "neither" and spread < share * scale.width:
        found = f"a standard deviation of {spread:g} on the scale '{scale.name}' is too small to be one."
        raise row.refuse(found, "the standard deviation", "If it is a standard error, write se in spread_is.")
    return spread


Z95 = 1.959963984540054
"""The normal quantile of a 95 % interval."""


def _difference(arms: Sequence[_Arm], known: dict[str, Trial]) -> Iterator[Finding]:
    pair = _pair(arms)
    if pair is None:
        return
    one, two, comparison = pair
    if one.n is None or two.n is None or one.sd is None or two.sd is None:
        return
    row = one.row
    days = row.whole("time_days")
    y, v = mean_difference(np.array([one.n, one.mean, one.sd]), np.array([two.n, two.mean, two.sd]))
    better_higher = one.scale.better == "higher" or row.text("value_is") == "improvement"
    estimate, half = float(y[0]) * (1 if better_higher else -1), Z95 * math.sqrt(float(v[0]))
    yield Finding(
        trial=known[row.text("trial")],
        procedure=Procedure(row.text("arm")),
        comparison=comparison,
        scale=one.scale,
        time_days=days,
        over_time=False,
        estimate=estimate,
        low=estimate - half,
        high=estimate + half,
        patients=one.n + two.n,
        direction="printed",
        mark=Mark.DERIVED,
        why_not=texts(beside=__file__).say("not_pooled.baseline") if days == 0 else "",
        sources=tuple(dict.fromkeys(one.row.sources + two.row.sources)),
        note="; ".join(dict.fromkeys(n for n in (one.row.optional("note"), two.row.optional("note")) if n)),
        from_arms=True,
    )


def _pair(arms: Sequence[_Arm]) -> tuple[_Arm, _Arm, Comparison] | None:
    """The procedure's arm, the other one, and what they compare."""
    if len(arms) != 2 or arms[0].scale.better == "neither":
        return None
    named = {arm.row.text("arm"): arm for arm in arms}
    kyphoplasty, vertebroplasty = (
        named.get(p.value) for p in (Procedure.KYPHOPLASTY, Procedure.VERTEBROPLASTY)
    )
    if kyphoplasty and vertebroplasty:
        return kyphoplasty, vertebroplasty, Comparison.KYPHOPLASTY_V_VERTEBROPLASTY
    treated = kyphoplasty or vertebroplasty
    control = next((name for name in named if name in CONTROLS), None)
    return (treated, named[control], CONTROLS[control]) if treated and control else None


def _row(value: float) -> np.ndarray[tuple[int, ...], np.dtype[np.float64]]:
    return np.array([value])
