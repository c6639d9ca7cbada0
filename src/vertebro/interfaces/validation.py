"""Published checks a person can run: which there are, where their data lie, and the table they print."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from vertebro.errors import BadCase, BadFile, nearest
from vertebro.formats.nifti import read_nifti
from vertebro.formats.papers_document import papers_document
from vertebro.formats.strength_document import validation_document
from vertebro.patient.volume import Volume
from vertebro.report.papers_words import papers_in_words
from vertebro.simulation.papers.table import papers
from vertebro.simulation.published_model import Comparison, Row, compared
from vertebro.vocabulary.grades import Quantity
from vertebro.vocabulary.known import Unknown
from vertebro.vocabulary.units import read_as

DATA = "VERTEBRO_SHARED_DATA"
L2 = "verse004/sub-verse004_0000_vertebra_21"

Tell = Callable[[str], None]


@dataclass(frozen=True)
class Checked:
    """A check that was run: in words, as JSON data, and whether every number agrees."""

    words: str
    document: dict[str, Any]
    agrees: bool


def validate(name: str, data: Path | None, tell: Tell) -> Checked:
    """One check by its name, on the data of a folder (or of the variable VERTEBRO_SHARED_DATA)."""
    if name not in CHECKS:
        hint = nearest(name, CHECKS)
        raise BadCase(
            f"There is no check '{name}'. {hint}", f"one of {', '.join(CHECKS)}", "Name one of these."
        )
    given = str(data) if data else os.environ.get(DATA, "")
    if given and not Path(given).is_dir():
        raise _no_folder(given)
    return CHECKS[name](Path(given) if given else None, tell)


def _no_folder(given: str) -> BadFile:
    return BadFile(
        f"There is no folder of published data at '{given}'.",
        "the folder that holds verse004",
        f"Give it with --data, or in the variable {DATA}; docs/strength.md says where it comes from.",
    )


def _l2(data: Path) -> tuple[Volume, Volume]:
    density = read_nifti(data / f"{L2}_im.nii.gz", Quantity.K2HPO4_MG_CM3)
    return density, read_nifti(data / f"{L2}_seg.nii.gz", Quantity.LABEL)


def _strength(data: Path | None, tell: Tell) -> Checked:
    if data is None:
        raise _no_folder("")
    found = compared(*_l2(data), tell)
    return Checked(comparison_in_words(found), validation_document(found), found.agrees)


def _papers(data: Path | None, tell: Tell) -> Checked:
    """Needs no data; what needs the images of the published L2 is left out without them, and said."""
    without = Unknown(f"no folder of its images was given (--data, or the variable {DATA})")
    found = papers(_l2(data) if data else without, tell)
    return Checked(papers_in_words(found), papers_document(found), found.agrees)


CHECKS: dict[str, Callable[[Path | None, Tell], Checked]] = {"strength": _strength, "papers": _papers}
"""Every check by its name."""


def comparison_in_words(comparison: Comparison) -> str:
    """Published beside ours, one number a line."""
    heads = ("", "published", "ours", "difference", "")
    lines = [heads, *map(_cells, comparison.rows)]
    widths = [max(len(line[n]) for line in lines) for n in range(len(heads))]
    table = [
        "  ".join(
            [line[0].ljust(widths[0]), *(c.rjust(w) for c, w in zip(line[1:], widths[1:], strict=True))]
        )
        for line in lines
    ]
    table.insert(1, "  ".join("─" * width for width in widths))
    missing = [f"not done: {what}: {why}" for what, why in comparison.not_done]
    title = f"{comparison.subject} ({comparison.source.reference.short})"
    return "\n".join([title, "", *(line.rstrip() for line in table), "", *missing])


def _cells(row: Row) -> tuple[str, str, str, str, str]:
    unit = read_as(row.unit)
    told = "" if row.published is None else _number(row.published, unit)
    off = "" if row.difference_pct is None else f"{row.difference_pct:+.3f} %"
    verdict = {True: "agrees", False: "DIFFERS", None: ""}[row.agrees]
    return row.name, told, _number(row.ours, unit), off, verdict


def _number(value: float, unit: str) -> str:
    text = (
        f"{value:,.0f}" if float(value).is_integer() else f"{value:,.1f}" if value > 1000 else f"{value:.4f}"
    )
    return f"{text} {unit}".strip()
