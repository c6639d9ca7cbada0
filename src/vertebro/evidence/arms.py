"""Findings worked out from the two arms of a trial: n, mean and spread of each."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from vertebro.evidence.effect_types import Comparison
from vertebro.evidence.finding import Finding, Trial, flags_of, known_trial
from vertebro.evidence.reading import Mark, Row, refuse_duplicates, rows_of
from vertebro.evidence.scales import Scale, scale_of
from vertebro.kernels.effect_sizes import mean_difference
from vertebro.vocabulary.library import cited_values
from vertebro.vocabulary.procedures import Procedure
from vertebro.vocabulary.texts import texts

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
    "flags",
    "source",
    "mark",
    "note",
)
CONTROLS = {
    "sham": Comparison.SHAM,
    "control": Comparison.ACTIVE_CONTROL,
    "usual care": Comparison.USUAL_CARE,
}


@dataclass(frozen=True)
class _Arm:
    row: Row
    scale: Scale
    n: int | None
    mean: float
    sd: float | None


def from_arms(data: Path | None, known: dict[str, Trial]) -> Iterator[Finding]:
    """Differences between the two arms of a trial, where both print n, mean and spread."""
    rows = list(rows_of("arms.csv", ARM_COLUMNS, data))
    refuse_duplicates([r for r in rows if r.mark is not Mark.MEMORY], _arm_key, "arm of one trial")
    together: dict[tuple[str, ...], list[_Arm]] = {}
    for row in rows:
        arm = _read_arm(row)
        if "+" in row.text("trial"):  # several trials together: a baseline table, no finding
            continue
        known_trial(row, known)
        if row.mark is not Mark.MEMORY:
            together.setdefault(_arm_key(row)[:1] + _arm_key(row)[2:], []).append(arm)
    _refuse_told_twice(together)
    for arms in together.values():
        yield from _difference(arms, known)


def _refuse_told_twice(together: Mapping[tuple[str, ...], Sequence[_Arm]]) -> None:
    """Values and improvements of the same arms are one finding, not two."""
    seen: set[tuple[str, ...]] = set()
    for key, arms in together.items():
        if key[:-1] in seen and len(arms) > 1:
            found = "both the values and the improvements of one trial at one time."
            raise arms[0].row.refuse(found, "one of the two")
        seen.add(key[:-1])


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
        flags=tuple(dict.fromkeys(flags_of(one.row) + flags_of(two.row))),
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
