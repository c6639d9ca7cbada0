"""Volumes that were computed, in a folder named as BIDS names derivatives: NIfTI with a JSON beside each."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from vertebro import __version__
from vertebro.formats.nifti import write_nifti
from vertebro.formats.writing import writing
from vertebro.patient.volume import Volume

BIDS_VERSION = "1.4.0"  # the version in which derivatives were finalised


@dataclass(frozen=True)
class Derivative:
    """A computed volume: a label and a description in letters and digits, a suffix, and what it means."""

    label: str
    description: str
    suffix: str
    volume: Volume
    meaning: Mapping[str, Any]

    def name(self, subject: str) -> str:
        """File name without its ending: ``sub-0042_label-cement_desc-L1saturation_probseg``."""
        parts = {"sub": subject, "label": self.label, "desc": self.description}
        return "_".join([*(f"{k}-{plain_word(word)}" for k, word in parts.items()), self.suffix])


def plain_word(word: str) -> str:
    """Letters and digits alone, as names of BIDS have them; ``x`` and the number of a letter that has none.

    Two different words never become one.
    """
    if re.fullmatch("[0-9a-wyzA-Z]+", word):
        return word
    return "".join(c if re.fullmatch("[0-9a-wyzA-Z]", c) else f"x{ord(c):x}z" for c in word) or "x"


def write_derivatives(subject: str, derivatives: tuple[Derivative, ...], folder: Path) -> tuple[Path, ...]:
    """Writes every volume with its JSON, and what the folder is; gives the paths of the volumes."""
    made = []
    folder.mkdir(parents=True, exist_ok=True)
    _write_json(folder / "dataset_description.json", _dataset())
    for one in derivatives:
        name = one.name(subject)
        place = folder / f"{name}.nii.gz"
        write_nifti(one.volume, place)
        _write_json(folder / f"{name}.json", dict(one.meaning))
        made.append(place)
    return tuple(made)


def _dataset() -> dict[str, Any]:
    made_by = [{"Name": "vertebro", "Version": __version__}]
    return {
        "Name": "vertebro",
        "BIDSVersion": BIDS_VERSION,
        "DatasetType": "derivative",
        "GeneratedBy": made_by,
    }


def _write_json(path: Path, content: dict[str, Any]) -> None:
    with writing(path) as temporary:
        temporary.write_text(json.dumps(content, indent=1, allow_nan=False) + "\n", encoding="utf-8")
