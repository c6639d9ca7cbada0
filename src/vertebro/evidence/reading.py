"""Reads the evidence tables (CSV) and refuses a row that cannot be true, with file, line and reason."""

from __future__ import annotations

import csv
import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from enum import Enum
from importlib.resources import files
from pathlib import Path
from typing import TypeVar

from vertebro.errors import BadFile, nearest
from vertebro.vocabulary.library import references

E = TypeVar("E", bound=Enum)
FROM_MEMORY = "from_memory"


class Mark(Enum):
    """How well a row is known: read in the source, derived from what was read, or only remembered."""

    VERIFIED = "V"
    DERIVED = "D"
    MEMORY = "M"


@dataclass(frozen=True)
class Row:
    """One line of a table with its place, for reading cells and for refusing them."""

    file: Path
    line: int
    cells: dict[str, str]
    ours: bool

    def refuse(self, found: str, needed: str, do: str = "Correct the row, or remove it.") -> BadFile:
        """The error that names file, line and reason."""
        return BadFile(f"{self.file}, line {self.line}: {found}", needed, do)

    def text(self, column: str) -> str:
        """The cell, which may not be empty."""
        if not self.cells[column]:
            raise self.refuse(f"{column} is empty.", f"a value for {column} on every row")
        return self.cells[column]

    def optional(self, column: str) -> str:
        """The cell, which may be empty."""
        return self.cells[column]

    def number(self, column: str) -> float:
        """The cell as a finite number."""
        try:
            value = float(self.text(column))
        except ValueError:
            value = math.nan
        if not math.isfinite(value):
            raise self.refuse(f"{column} is '{self.cells[column]}'.", "a number with a decimal point")
        return value

    def whole(self, column: str) -> int:
        """The cell as a whole number, nought or more."""
        value = self.number(column)
        if value < 0 or not value.is_integer():
            raise self.refuse(f"{column} is {value:g}.", "a whole number, 0 or more")
        return int(value)

    def maybe_whole(self, column: str) -> int | None:
        """The cell as a whole number, or None where it is empty."""
        return self.whole(column) if self.cells[column] else None

    def choice(self, column: str, choices: type[E]) -> E:
        """The cell as one of the choices."""
        values = [str(c.value) for c in choices]
        cell = self.text(column)
        if cell not in values:
            raise self.refuse(
                f"{column} is '{cell}'. {nearest(cell, values)}".strip(), f"one of: {', '.join(values)}"
            )
        return choices(cell)

    @property
    def mark(self) -> Mark:
        """How well the row is known."""
        return self.choice("mark", Mark)

    @property
    def sources(self) -> tuple[str, ...]:
        """Keys of the bibliography; on a person's own rows any citation in words."""
        cell = self.text("source")
        keys = tuple(s.strip() for s in cell.split(";")) if self.ours else (cell,)
        unknown = [k for k in keys if self.ours and k != FROM_MEMORY and k not in references()]
        if unknown or (FROM_MEMORY in keys and self.mark is not Mark.MEMORY):
            raise self.refuse(
                f"source '{'; '.join(keys)}' is not in the bibliography.", "a key of references.yaml"
            )
        return keys

    def interval(self, estimate: float, low: str = "ci_low", high: str = "ci_high") -> tuple[float, float]:
        """The interval, which must have a width and hold its estimate."""
        ends = self.number(low), self.number(high)
        if not ends[0] < ends[1]:
            raise self.refuse(
                f"the interval runs from {ends[0]:g} to {ends[1]:g}.", "a lower end below the upper"
            )
        if not ends[0] <= estimate <= ends[1]:
            raise self.refuse(
                f"the interval {ends[0]:g} to {ends[1]:g} does not hold its estimate {estimate:g}.",
                "estimate and interval of the same analysis, on the same scale and with the same sign",
            )
        return ends

    def counts(self, events: str, of: str) -> tuple[int, int]:
        """Events and their denominator, of which no more than all can be events."""
        happened, among = self.whole(events), self.whole(of)
        if among == 0 or happened > among:
            raise self.refuse(
                f"{happened} events among {among} cannot be.", f"0 <= {events} <= {of}, {of} above 0"
            )
        return happened, among


def rows_of(table: str, columns: Sequence[str], folder: Path | None = None) -> Iterator[Row]:
    """The rows of the package's table, then those of a table of the same name in the person's folder."""
    yield from _read(_package_tables() / table, columns, ours=True)
    if folder is not None:
        _check_folder(folder)
        if (folder / table).is_file():
            yield from _read(folder / table, columns, ours=False)


def _check_folder(folder: Path) -> None:
    """Refuse a folder that is none, or that holds a table we would not read."""
    names = sorted(p.name for p in _package_tables().glob("*.csv"))
    needed = f"a folder with any of: {', '.join(names)}"
    if not folder.is_dir():
        raise BadFile(f"There is no folder {folder}.", needed, "Check the path.")
    found = sorted(p.name for p in folder.glob("*.csv"))
    strange = [name for name in found if name not in names]
    if strange or not found:
        told = f"{folder} holds {', '.join(strange)}" if strange else f"{folder} holds no table (CSV)"
        hint = nearest(strange[0], names) if strange else ""
        raise BadFile(f"{told}.", needed, hint or "Name the tables like those of the package.")


def _package_tables() -> Path:
    return Path(str(files("vertebro"))) / "evidence" / "data"


def refuse_duplicates(rows: Sequence[Row], key: Callable[[Row], object], what: str) -> None:
    """Refuse a second row with the same key."""
    seen: dict[object, Row] = {}
    for row in rows:
        first = seen.setdefault(key(row), row)
        if first is not row:
            raise row.refuse(
                f"the same {what} stands in {first.file.name}, line {first.line}.",
                f"one row for each {what}",
                "Remove one of the two, or mark one as another analysis.",
            )


def _read(path: Path, columns: Sequence[str], ours: bool) -> Iterator[Row]:
    lines = _lines(path)
    header = lines[0][1] if lines else []
    _check_header(path, header, columns)
    for line, cells in lines[1:]:
        row = Row(path, line, dict(zip(header, (c.strip() for c in cells), strict=False)), ours)
        if not any(cells):
            continue
        if len(cells) != len(header):
            raise row.refuse(f"{len(cells)} cells.", f"{len(header)} cells, as in the first line")
        yield row


def _lines(path: Path) -> list[tuple[int, list[str]]]:
    """The cells of every line with its number."""
    needed, do = "a CSV file in UTF-8, cells apart by commas", "Save it as CSV (UTF-8)."
    try:
        reader = csv.reader(path.read_text(encoding="utf-8-sig").splitlines(keepends=True), strict=True)
        return [(reader.line_num, cells) for cells in reader]
    except UnicodeDecodeError:
        raise BadFile(f"{path} is not UTF-8 text.", needed, do) from None
    except csv.Error as fault:
        raise BadFile(f"{path} cannot be read as CSV: {fault}.", needed, do) from None


def _check_header(path: Path, header: Sequence[str], columns: Sequence[str]) -> None:
    missing = [c for c in columns if c not in header]
    unknown = [c for c in header if c not in columns]
    if missing or unknown or len(header) != len(columns):
        lacks, strange = (", ".join(c) or "none" for c in (missing, unknown))
        apart = "Set commas between the cells." if len(header) == 1 and ";" in header[0] else ""
        raise BadFile(
            f"{path}, line 1: columns missing: {lacks}; unknown: {strange}.",
            f"each of the columns once: {', '.join(columns)}",
            apart or "Copy the first line of the package's table.",
        )
