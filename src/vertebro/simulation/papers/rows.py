"""One published number beside ours: the band it was asked to lie in, and whether it does."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from vertebro.vocabulary.known import Unknown
from vertebro.vocabulary.library import CitedValue, cited_values
from vertebro.vocabulary.texts import texts

v = cited_values(beside=__file__)
say = texts(beside=__file__).say

PERCENT = 100.0


@dataclass(frozen=True)
class Band:
    """What was published, as it is told, and the least and most of ours that count as agreeing."""

    published: str
    low: float
    high: float
    source: CitedValue

    @classmethod
    def within(cls, published: str, ends: Sequence[float], source: CitedValue) -> Band:
        """What was published and the two ends of the band."""
        low, high = ends
        return cls(published, float(low), float(high), source)

    @classmethod
    def about(cls, published: float, within_pct: float, source: CitedValue) -> Band:
        """A number and what lies within some per cent of it."""
        share = within_pct / PERCENT
        return cls(f"{published:g}", published * (1 - share), published * (1 + share), source)

    @classmethod
    def one_spread(cls, mean: float, spread: float, source: CitedValue) -> Band:
        """A mean and what lies within one standard deviation of it."""
        return cls(f"{mean:g} ± {spread:g}", mean - spread, mean + spread, source)


@dataclass(frozen=True)
class PaperRow:
    """One number: which check and body it belongs to, the published band, ours."""

    check: str
    name: str
    band: Band
    ours: float | Unknown
    unit: str

    @property
    def inside(self) -> bool | None:
        """True if ours lies in the band; None if there is no number of ours."""
        if isinstance(self.ours, Unknown):
            return None
        return self.band.low <= self.ours <= self.band.high


@dataclass(frozen=True)
class PapersTable:
    """All rows, and what was left out and why."""

    rows: tuple[PaperRow, ...]
    not_done: tuple[tuple[str, str], ...]

    @property
    def agrees(self) -> bool:
        """True if no number of ours lies outside its band."""
        return all(row.inside is not False for row in self.rows)


def row(check: str, name: str, band: Band, ours: float | Unknown, unit: str = "%") -> PaperRow:
    """A row whose check and name are sentences of this folder."""
    return PaperRow(say(f"check.{check}"), say(f"row.{check}.{name}"), band, ours, unit)
