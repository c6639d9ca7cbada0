"""The published checks, each played once in a run of the tests."""

from functools import cache

from vertebro.report.papers_words import cells
from vertebro.simulation.papers.adjacent import Pillared, pillared
from vertebro.simulation.papers.rows import PaperRow
from vertebro.simulation.papers.table import CHECKS


@cache
def rows_of(check: str) -> tuple[PaperRow, ...]:
    """The rows of one check, as ``vertebro validate papers`` has them."""
    return tuple(CHECKS[check]())


@cache
def pillar() -> Pillared:
    """The segment without and with a pillar."""
    return pillared()


def line(row: PaperRow) -> str:
    """A row as it stands in the table of docs/validation.md."""
    name, *rest = cells(row)
    return "| " + " | ".join((f"{row.check}: {name}", *rest)) + " |"
