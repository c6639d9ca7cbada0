"""Names of label numbers, looked for in the file, then beside it, then in the file's own name."""

from __future__ import annotations

import csv
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from vertebro.errors import BadFile
from vertebro.formats.labels import FoundNames, level_named
from vertebro.formats.nifti import read_label_table
from vertebro.kernels.labelled import numbers_in
from vertebro.patient.volume import Volume

MOST_BYTES = 1024 * 1024  # a table of names is a few KiB
NUMBER_COLUMNS = ("index", "value", "label")
NAME_COLUMNS = ("name", "abbreviation")


def names_of(path: Path, labels: Volume) -> FoundNames | None:
    """The label names that go with a NIfTI mask, or None where there are none."""
    inside = read_label_table(path)
    if inside:
        return FoundNames(inside, "the file's own label table")
    stem = path.name.removesuffix(".gz").removesuffix(".nii")
    for beside in (path.with_name(f"{stem}.tsv"), path.with_name("dseg.tsv"), path.with_name(f"{stem}.json")):
        if beside.is_file():
            read = _json_names(beside) if beside.suffix == ".json" else _tsv_names(beside)
            if read:
                return FoundNames(read, f"the file {beside.name}")
    numbers = numbers_in(labels.values)
    if stem.startswith("vertebra") and len(numbers) == 1 and level_named(stem):
        return FoundNames({numbers[0]: stem}, f"the name of the file, {path.name}")
    return None


def _tsv_names(path: Path) -> Mapping[int, str]:
    """A BIDS look-up table: one row for each number, with the columns ``index`` and ``name``."""
    rows = list(csv.DictReader(_text(path).splitlines(), delimiter="\t"))
    columns = [c for c in (rows[0] if rows else {}) if isinstance(c, str)]
    number = next((c for c in NUMBER_COLUMNS if c in columns), None)
    name = next((c for c in NAME_COLUMNS if c in columns), None)
    if number is None or name is None:
        raise BadFile(
            f"{path.name} has the columns {', '.join(columns) or 'none'}.",
            "a BIDS look-up table with the columns `index` and `name`",
            "Correct the table, or move it away if it does not belong to the mask.",
        )
    return {int(row[number]): row[name] for row in rows if _is_number(row[number]) and row[name]}


def _json_names(path: Path) -> Mapping[int, str]:
    """The part of a side-car that pairs numbers with names, either way round; others hold none."""
    try:
        content = json.loads(_text(path))
    except (ValueError, RecursionError) as fault:
        raise BadFile(
            f"{path.name} beside the mask is not JSON.", "a JSON side-car", "Correct it or move it away."
        ) from fault
    parts = [content, *content.values()] if isinstance(content, dict) else []
    for part in parts:
        names = _paired(part) if isinstance(part, dict) else {}
        if any(level_named(name) for name in names.values()):
            return names
    return {}


def _paired(part: Mapping[str, Any]) -> dict[int, str]:
    straight = {int(k): x for k, x in part.items() if _is_number(k) and isinstance(x, str)}
    turned = {x: k for k, x in part.items() if isinstance(x, int) and not isinstance(x, bool)}
    return straight or turned


def _is_number(text: Any) -> bool:
    return isinstance(text, str) and text.isascii() and text.isdigit() and len(text) < 9


def _text(path: Path) -> str:
    try:
        data = path.read_bytes()
        if len(data) <= MOST_BYTES:
            return data.decode("utf-8-sig")
        why = "it is too large"
    except (OSError, UnicodeDecodeError) as fault:
        why = str(fault)
    raise BadFile(
        f"{path.name} beside the mask cannot be read: {why}.",
        "a small text file in UTF-8",
        "Correct the file, or move it away if it does not belong to the mask.",
    )
