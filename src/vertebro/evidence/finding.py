"""One trial's finding: an estimate with its interval, what it answers and whether it may be pooled."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

import numpy as np

from vertebro.evidence.effect_types import Comparison
from vertebro.evidence.reading import Mark, Row
from vertebro.evidence.scales import Scale
from vertebro.kernels.effect_sizes import from_interval
from vertebro.vocabulary.procedures import Procedure


class Flag(Enum):
    """What weakens a finding, by a rule of ``certainty.py``."""

    CROSSOVER = "crossover"
    N_RANDOMISED = "n_randomised"


@dataclass(frozen=True)
class Trial:
    """One trial; ``randomised`` is None where that number is not verified."""

    key: str
    name: str
    year: int
    randomised: int | None
    mark: Mark


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
    flags: tuple[Flag, ...] = ()
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


def flags_of(row: Row) -> tuple[Flag, ...]:
    """What weakens the finding of a row."""
    names = [name.strip() for name in row.optional("flags").split(";") if name.strip()]
    allowed = [flag.value for flag in Flag]
    for name in names:
        if name not in allowed:
            raise row.refuse(f"flags holds '{name}'.", f"any of: {', '.join(allowed)}")
    return tuple(Flag(name) for name in names)


def known_trial(row: Row, known: dict[str, Trial]) -> Trial:
    """The trial a row names, which must stand in trials.csv."""
    if row.text("trial") not in known:
        raise row.refuse(f"no trial '{row.text('trial')}' in trials.csv.", "a trial of trials.csv")
    return known[row.text("trial")]


def _row(value: float) -> np.ndarray[tuple[int, ...], np.dtype[np.float64]]:
    return np.array([value])
