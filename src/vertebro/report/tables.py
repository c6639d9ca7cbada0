"""The tables of measurements: one level in full, then every level, with why a value is missing."""

from __future__ import annotations

from dataclasses import dataclass

from vertebro.fracture.findings import NO_MRI, Findings, VertebraFindings
from vertebro.report.sentences import Finding, grade_in_words, in_words, other_grades, say
from vertebro.vocabulary.known import Unknown
from vertebro.vocabulary.levels import Level
from vertebro.vocabulary.measured import Graded

SHAPE = (
    "anterior_height",
    "middle_height",
    "posterior_height",
    "height_loss",
    "genant",
    "shape",
    "wedge_angle",
)
MORE = (
    "segmental_kyphosis",
    "local_kyphosis",
    "posterior_wall",
    "posterior_wall_bulge",
    "canal_narrowing",
    "endplate_defect",
    "cleft_gas_volume",
    "trabecular_hu",
    "trabecular_density",
    "metal_or_cement",
)

ON_MRI = ("oedema_fraction", "oedema_extent", "cleft_fluid")


Method = tuple[str, tuple[tuple[str, str], ...]]
"""A finding and how it was obtained: (levels, method), without levels where all are alike."""


@dataclass(frozen=True)
class Cell:
    """One entry of a table and a smaller line below it.

    The notes are letters that stand for why the entry, or what belongs below it, is missing.
    """

    text: str
    note: str = ""
    small: str = ""
    small_note: str = ""


@dataclass(frozen=True)
class Row:
    """One line of a table under its name; ``chosen`` for the level in question."""

    name: str
    cells: tuple[Cell, ...]
    chosen: bool = False


@dataclass(frozen=True)
class Table:
    """A table: the heads of its columns, its rows, its notes by letter."""

    heads: tuple[str, ...]
    rows: tuple[Row, ...]
    notes: tuple[tuple[str, str], ...] = ()


def level_table(found: VertebraFindings) -> Table:
    """Every measurement of one level with its spread and method, or why there is none."""
    heads = (say("column.what"), say("column.value"), say("column.method"))
    return Table(heads, tuple(Row(_name(name), _full(value)) for name, value in found))


def shape_table(findings: Findings, level: Level | None) -> Table:
    """Heights (with the expected ones below), loss, grade, shape and wedge angle of every level."""
    return _by_level(findings, level, SHAPE)


def more_table(findings: Findings, level: Level | None) -> Table:
    """Alignment, wall, canal, cleft and density of every level."""
    return _by_level(findings, level, MORE)


def mri_table(findings: Findings, level: Level | None) -> Table | None:
    """Oedema and fluid of every level; None where there is no MRI at all."""
    if findings.mri is NO_MRI or findings.mri == NO_MRI:
        return None
    return _by_level(findings, level, ON_MRI)


def methods(findings: Findings) -> tuple[Method, ...]:
    """How each finding was obtained; by level where the levels differ."""
    used: dict[str, dict[str, list[str]]] = {}
    for level, found in findings.vertebrae.items():
        for name, value in found:
            if not isinstance(value, Unknown):
                used.setdefault(_name(name), {}).setdefault(value.method, []).append(str(level))
    return tuple(
        (name, tuple((", ".join(levels) if len(ways) > 1 else "", how) for how, levels in ways.items()))
        for name, ways in used.items()
    )


def _full(value: Finding) -> tuple[Cell, ...]:
    if isinstance(value, Unknown):
        return Cell(say("value.not_measured")), Cell(value.why)
    return Cell(in_words(value)), Cell(value.method)


def _by_level(findings: Findings, level: Level | None, names: tuple[str, ...]) -> Table:
    letters: dict[str, str] = {}
    rows = []
    for own, found in findings.vertebrae.items():
        values: dict[str, Finding] = dict(found)
        cells = tuple(_short(values[n], values.get(f"expected_{n}"), letters) for n in names)
        rows.append(Row(str(own), cells, own == level))
    heads = (say("column.level"), *map(_name, names))
    return Table(heads, tuple(rows), tuple((letter, why) for why, letter in letters.items()))


def _short(value: Finding, expected: Finding | None, letters: dict[str, str]) -> Cell:
    small, small_note = _below(value, expected, letters)
    if isinstance(value, Unknown):
        return Cell(say("value.not_measured"), _note(value.why, letters), small, small_note)
    if isinstance(value, Graded):
        return Cell(grade_in_words(value.value), "", small, small_note)
    return Cell(in_words(value), "", small, small_note)


def _below(value: Finding, expected: Finding | None, letters: dict[str, str]) -> tuple[str, str]:
    """The expected height under a height, the other possible grades under a grade."""
    if isinstance(value, Graded):
        others = other_grades(value)
        return (say("value.others", others=others), "") if others else ("", "")
    if expected is None:
        return "", ""
    if isinstance(expected, Unknown):
        return say("column.expected", value=say("value.not_known")), _note(expected.why, letters)
    return say("column.expected", value=in_words(expected)), ""


def _note(why: str, letters: dict[str, str]) -> str:
    return letters.setdefault(why, _letter(len(letters)))


def _letter(number: int) -> str:
    """a, b, ... z, aa, ab, ..."""
    tens, ones = divmod(number, 26)
    return (_letter(tens - 1) if tens else "") + chr(ord("a") + ones)


def _name(name: str) -> str:
    return say(f"finding.{name}")
