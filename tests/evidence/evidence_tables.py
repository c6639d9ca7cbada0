"""A person's own folder of tables for the tests: the package's header and the rows of a test."""

import csv
from importlib.resources import files
from pathlib import Path

DATA = Path(str(files("vertebro"))) / "evidence" / "data"


def header(table: str) -> list[str]:
    return (DATA / table).read_text(encoding="utf-8").splitlines()[0].split(",")


def rows(table: str) -> list[dict[str, str]]:
    return list(csv.DictReader((DATA / table).read_text(encoding="utf-8").splitlines(keepends=True)))


def own_folder(folder: Path, table: str, *new: dict[str, str]) -> Path:
    """A folder with one table that holds these rows; a cell that a row does not give is empty."""
    folder.mkdir(exist_ok=True)
    with (folder / table).open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, header(table), restval="", lineterminator="\n")
        writer.writeheader()
        writer.writerows(new)
    return folder


BUCHBINDER_1_MONTH = {
    "trial": "BUCH",
    "procedure": "vertebroplasty",
    "comparison": "sham",
    "endpoint": "pain",
    "scale": "pain 0-10",
    "unit": "points",
    "time_days": "30",
    "over_time": "no",
    "measure": "MD",
    "estimate": "0.4",
    "ci_low": "-0.9",
    "ci_high": "1.7",
    "patients": "70",
    "direction": "printed",
    "analysis": "main",
    "pool": "yes",
    "source": "N Engl J Med 2009;361:557, table 3, read by me",
    "mark": "V",
}
"""What somebody who has the paper might add; the numbers are made up for the test."""
