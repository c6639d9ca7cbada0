"""What people, other models and cadavers showed of each column of the comparison, beside what is computed."""

from __future__ import annotations

from collections.abc import Iterator

from vertebro.evidence.harm_types import Harm
from vertebro.evidence.harms import harms_for
from vertebro.simulation.compare import Compared
from vertebro.simulation.heating import v as heating
from vertebro.simulation.height_gain import published_series
from vertebro.simulation.neighbour_results import Band
from vertebro.vocabulary.known import Unknown
from vertebro.vocabulary.library import references
from vertebro.vocabulary.procedures import Procedure
from vertebro.vocabulary.texts import texts

say = texts(beside=__file__, name="compare").say

ANYWHERE, CANAL = "leak_any_ct_levels", "leak_into_canal"
"""The counts in people that a computed chance of a leak stands beside, by their key in the table of harms."""


def published_row(compared: Compared) -> tuple[str, ...]:
    """The last row of the table: what stands in the literature of each column, a dash where nothing does."""
    none = say("cell.none")
    series = published_series()[0]
    balloons = any(one.plan.has_balloons for one in compared.played.values())
    gains = (series.middle, series.angle) if balloons else ()
    return (
        say("published.name"),
        *[none] * 3,
        _percent(_counted(ANYWHERE)),
        _percent(_counted(CANAL)),
        *([_gain(gain.value, gain.spread, gain.unit) for gain in gains] or [none] * 2),
        _disc(compared),
        say("cell.heat", **dict(zip(("low", "high"), heating.measured_canal.value, strict=True))),
    )


def leaks_in_people_pct() -> tuple[float, float]:
    """The least and the greatest share of levels (%) with a leak on CT."""
    shares = sorted(100 * one.count.share for one in _counted(ANYWHERE))
    return shares[0], shares[-1]


def published_leaks() -> str:
    """Where the counts of leaks come from, and that they rank above what is computed."""
    leaks, canal = _counted(ANYWHERE), _counted(CANAL)
    each = (
        say("published.leak", pct=_pct(one), of=one.count.of, procedure=one.procedure.value) for one in leaks
    )
    told = {"each": " and ".join(each), "canal": _pct(canal[0], 1), "of": canal[0].count.of}
    return say("published.leaks", source=_works(leaks), canal_source=_works(canal), **told)


def _counted(key: str) -> list[Harm]:
    return [h for p in Procedure for h in harms_for({}, p) if isinstance(h, Harm) and h.key == key]


def _percent(counted: list[Harm]) -> str:
    """One share, or the least and the greatest, with a decimal below ten."""
    shares = sorted(counted, key=lambda one: one.count.share)
    ends = dict.fromkeys(_pct(one, 0 if one.count.share >= 0.1 else 1) for one in (shares[0], shares[-1]))
    return say("published.percent", pct="–".join(ends))


def _pct(one: Harm, digits: int = 0) -> str:
    return f"{100 * one.count.share:.{digits}f}"


def _works(counted: list[Harm]) -> str:
    keys = dict.fromkeys(key for one in counted for key in one.sources)
    return ", ".join(f"[{references()[key].short}]" for key in keys)


def _gain(value: float, spread: float, unit: str) -> str:
    if unit == "deg":
        return say("cell.angle", number=f"{value:+.1f}", spread=f" ± {spread:.1f}")
    return say("cell.number", number=f"{value:+.1f}", spread=f" ± {spread:.1f}", unit=unit)


def _disc(compared: Compared) -> str:
    for band in _bands(compared):
        if band.effect == "cement":
            return say("published.disc", low=f"{band.low_pct:g}", high=f"{band.high_pct:g}")
    return say("cell.none")


def _bands(compared: Compared) -> Iterator[Band]:
    for option in compared.options:
        if not isinstance(option.neighbours, Unknown):
            yield from option.neighbours.bands
