"""The trials and what each of them found, from the package's tables and a person's own."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from vertebro.evidence.arms import ARM_COLUMNS, from_arms
from vertebro.evidence.effect_types import Comparison
from vertebro.evidence.finding import Finding as Finding
from vertebro.evidence.finding import Flag as Flag
from vertebro.evidence.finding import Trial as Trial
from vertebro.evidence.finding import flags_of, known_trial
from vertebro.evidence.reading import Mark, Row, refuse_duplicates, rows_of
from vertebro.evidence.scales import scale_of
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
    "registration",
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
    "flags",
    "source",
    "mark",
    "note",
)
MAIN = "main"


def trials(data: Path | None = None) -> dict[str, Trial]:
    """Every trial by its key; a verified row takes the place of a remembered one.

    The same trial twice, under one key, one name or one registration, is refused: it would count twice.
    """
    rows = list(rows_of("trials.csv", TRIAL_COLUMNS, data))
    verified = [row for row in rows if row.mark is not Mark.MEMORY]
    refuse_duplicates(verified, lambda row: row.text("trial").casefold(), "trial")
    refuse_duplicates(verified, lambda row: (row.text("name").casefold(), row.text("year")), "trial")
    registered = [row for row in verified if row.optional("registration")]
    refuse_duplicates(registered, lambda row: row.text("registration").casefold(), "trial")
    remembered = [row for row in rows if row.mark is Mark.MEMORY]
    return {row.text("trial"): _trial(row) for row in (*remembered, *verified)}


def findings(data: Path | None = None) -> tuple[Finding, ...]:
    """Every finding: as printed, and worked out from two arms where no effect was printed."""
    return _packaged() if data is None else _read(data)


@cache
def _packaged() -> tuple[Finding, ...]:
    """The findings of the package's own tables, which do not change while it runs."""
    return _read(None)


def _read(data: Path | None) -> tuple[Finding, ...]:
    known = trials(data)
    every = [(row, _finding(row, known)) for row in rows_of("effects.csv", EFFECT_COLUMNS, data)]
    rows = [row for row, _ in every if row.text("analysis") == MAIN]
    printed = [finding for row, finding in every if row.text("analysis") == MAIN]
    verified = [row for row in rows if row.mark is not Mark.MEMORY]
    refuse_duplicates(verified, _asks, "finding of one trial")
    refuse_duplicates(verified, _tells, "result under another trial")
    have = {(f.trial.key, f.question) for f in printed if f.mark is not Mark.MEMORY}
    worked_out = [f for f in from_arms(data, known) if (f.trial.key, f.question) not in have]
    return (*printed, *worked_out)


def from_memory(data: Path | None = None) -> tuple[str, ...]:
    """Which rows are only remembered, as ``file, line``: never pooled and never shown as fact."""
    tables = (("trials.csv", TRIAL_COLUMNS), ("effects.csv", EFFECT_COLUMNS), ("arms.csv", ARM_COLUMNS))
    rows = [row for table, columns in tables for row in rows_of(table, columns, data)]
    return tuple(f"{r.file.name}, line {r.line}: {r.text('trial')}" for r in rows if r.mark is Mark.MEMORY)


def _asks(row: Row) -> tuple[str, ...]:
    return tuple(row.text(c) for c in ("trial", "procedure", "comparison", "scale", "time_days", "over_time"))


def _tells(row: Row) -> tuple[str, ...]:
    numbers = tuple(f"{row.number(c):g}" for c in ("estimate", "ci_low", "ci_high"))
    return (*_asks(row)[1:], *numbers)


def _trial(row: Row) -> Trial:
    one, two, both = (row.maybe_whole(c) for c in ("n_procedure", "n_control", "n_total"))
    if one is not None and two is not None and both is not None and one + two > both:
        raise row.refuse(f"{one} and {two} patients make more than {both}.", "arms that add up")
    assert row.sources
    return Trial(row.text("trial"), row.text("name"), row.whole("year"), both, row.mark)


def _finding(row: Row, known: dict[str, Trial]) -> Finding:
    estimate = row.number("estimate")
    low, high = row.interval(estimate)
    trial = known_trial(row, known)
    _check_words(row)
    _check_patients(row, trial)
    return Finding(
        trial=trial,
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
        flags=flags_of(row),
    )


WORDS = {
    "over_time": ("yes", "no"),
    "pool": ("yes", "no"),
    "measure": ("MD", "RD"),
    "direction": ("printed", "inferred", "not printed"),
}
"""The columns of effects.csv that hold one of a few words."""


def _check_words(row: Row) -> None:
    for column, allowed in WORDS.items():
        if row.text(column) not in allowed:
            raise row.refuse(f"{column} is '{row.text(column)}'.", f"one of: {', '.join(allowed)}")


def _check_patients(row: Row, trial: Trial) -> None:
    patients, randomised = row.maybe_whole("patients"), trial.randomised
    if patients is not None and (patients == 0 or (randomised and patients > randomised)):
        found = f"{patients} patients, of {randomised or 'an unknown number'} randomised in {trial.name}."
        raise row.refuse(found, "no more patients than the trial randomised")


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
