"""The table of published numbers in words: a heading for each check, one number a line."""

from __future__ import annotations

from itertools import groupby

from vertebro.simulation.papers.rows import Band, PaperRow, PapersTable
from vertebro.vocabulary.known import Unknown
from vertebro.vocabulary.texts import texts
from vertebro.vocabulary.units import read_as

say = texts(beside=__file__, name="papers").say

Cells = tuple[str, str, str, str, str]


def papers_in_words(table: PapersTable) -> str:
    """The whole table, how many numbers lie inside, and what was not done."""
    lines = [(row.check, cells(row)) for row in table.rows]
    widths = [max(len(text[n]) for text in (heads(), *(c for _, c in lines))) for n in range(5)]
    said = [say("title"), "", _line(heads(), widths)]
    for check, group in groupby(lines, key=lambda line: line[0]):
        said += ["", check, *(_line(of, widths) for _, of in group)]
    missing = [say("not_done", what=what, why=why) for what, why in table.not_done]
    return "\n".join([*said, "", *outside(table), "", *missing]).rstrip()


def heads() -> Cells:
    """What the columns hold."""
    name, published, asked, ours, inside = (say(f"head.{n}") for n in _COLUMNS)
    return name, published, asked, ours, inside


_COLUMNS = ("name", "published", "asked", "ours", "inside")


def cells(row: PaperRow) -> Cells:
    """One row: name, published with its source, the band, ours, whether it lies inside."""
    unit = read_as(row.unit)
    ours = say("unknown") if isinstance(row.ours, Unknown) else _with(number(row.ours), unit)
    told = say("ours")
    if row.band.published:
        told = say("published", value=_with(row.band.published, unit), source=row.band.source.source)
    inside = {True: say("inside"), False: say("outside"), None: ""}[row.inside]
    return row.name, told, _asked(row.band), ours, inside


def _asked(band: Band) -> str:
    if band.high == float("inf"):
        return say("at_least", low=number(band.low))
    return say("between", low=number(band.low), high=number(band.high))


def outside(table: PapersTable) -> list[str]:
    """How many numbers lie in their bands, and which do not."""
    known = [row for row in table.rows if row.inside is not None]
    missed = [row for row in known if not row.inside]
    said = [say("count", inside=len(known) - len(missed), of=len(known))]
    return [*said, *(say("missed", check=row.check, name=row.name) for row in missed)]


def number(value: float) -> str:
    """To two or three digits, none of them of the solver's making."""
    digits = 0 if abs(value) >= 10 else 1 if abs(value) >= 1 else 2
    return f"{round(value, digits) + 0.0:.{digits}f}"


def _with(value: str, unit: str) -> str:
    return f"{value} {unit}".strip() if unit != "°" else f"{value}°"


def _line(of: Cells, widths: list[int]) -> str:
    padded = (of[0].ljust(widths[0]), of[1].ljust(widths[1]), of[2].rjust(widths[2]), of[3].rjust(widths[3]))
    return "  ".join(("", *padded, of[4])).rstrip()
