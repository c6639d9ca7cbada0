"""What each procedure would do in this spine, as the report prints it: plans, the table, what it says."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from vertebro.report.figures import Picture
from vertebro.report.sentences import say
from vertebro.vocabulary.known import Unknown

if TYPE_CHECKING:
    from vertebro.simulation.compare import Compared


@dataclass(frozen=True)
class SimulationWords:
    """The whole section: plans, the table, what it says, what is missing, what to keep in mind."""

    cautions: tuple[str, ...]
    plans: tuple[str, ...]
    heads: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    reading: tuple[str, ...]
    missing: tuple[str, ...]


def simulation_words(compared: Compared | Unknown | None) -> SimulationWords | None:
    """The comparison in words. (Imported here: a report without it does not wait for the solvers.)"""
    from vertebro.report.compare_words import missing, plans, reading, rows

    if compared is None or isinstance(compared, Unknown):
        return None
    heads, *body = rows(compared)
    return SimulationWords(
        cautions=compared.cautions,
        plans=tuple(plans(compared)),
        heads=heads,
        rows=tuple(body),
        reading=tuple(reading(compared)),
        missing=tuple(missing(compared)),
    )


def trade_off(compared: Compared | Unknown | None) -> Picture | None:
    """The trade-off between strength and leak, where there is one to show."""
    if compared is None or isinstance(compared, Unknown):
        return None
    from vertebro.report.compare_picture import trade_off_picture

    drawn = trade_off_picture(compared)
    if isinstance(drawn, Unknown):
        return None
    alt = say("simulation.trade_off.alt", level=compared.level)
    return Picture(
        "trade_off", say("simulation.trade_off.title"), say("simulation.trade_off.caption"), alt, drawn
    )
