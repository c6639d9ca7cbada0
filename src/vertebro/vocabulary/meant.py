"""What was probably meant by a value that a fact cannot take: the name of a drug, another scale or unit."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from math import isfinite
from pathlib import Path
from typing import Any

from vertebro.errors import nearest
from vertebro.vocabulary.own_yaml import own_yaml

_CREATININE_UMOL_L = 88.4
"""One mg/dL of creatinine (molar mass 113.12 g/mol) is 88.4 µmol/L."""


@dataclass(frozen=True)
class DrugName:
    """A name people use for a drug, how the dictionary writes the drug, and where the name was seen."""

    name: str
    drugs: tuple[str, ...]
    source: str


@cache
def drug_names() -> dict[str, DrugName]:
    """Every name of a drug that is not how the dictionary writes it, in small letters."""
    entries = own_yaml(Path(__file__).with_name("drug_names.yaml"))
    return {name: DrugName(name, tuple(entry["drugs"]), entry["source"]) for name, entry in entries.items()}


def hint_for_choices(value: Any, choices: Iterable[str]) -> str:
    """The nearest choices to what was written: ``'Eliquis' is written apixaban.``"""
    given = value if isinstance(value, list | tuple) else (value,)
    wrong = [one for one in given if isinstance(one, str) and one not in choices]
    return " ".join(hint for one in wrong if (hint := _hint_for_choice(one, tuple(choices))))


def _hint_for_choice(word: str, choices: tuple[str, ...]) -> str:
    known = drug_names().get(word.strip().lower())
    if known and set(known.drugs) <= set(choices):
        return f"'{word}' is written {' or '.join(known.drugs)}."
    return nearest(word, choices) or ("If it is none of these, write other." if "other" in choices else "")


def hint_for_scale(name: str, unit: str, value: Any, allowed: tuple[float | None, float | None]) -> str:
    """The value on the scale of the fact, where another common scale or unit explains it; else nothing."""
    low, high = allowed
    if isinstance(value, bool) or not isinstance(value, int | float) or not isfinite(value):
        return ""
    if low is None or high is None or low <= value <= high:
        return ""
    if unit == "{SD}":
        return "If this is a density on CT in Hounsfield units, write it as qct_hu."
    scale, converted = _elsewhere(name, unit, float(value))
    return f"If this is {scale}, write {converted:g}." if scale and low <= converted <= high else ""


def _elsewhere(name: str, unit: str, value: float) -> tuple[str, float]:
    """Another common scale or unit of this fact, and the value brought from there."""
    if name.startswith("pain_nrs"):
        return "on a scale from 0 to 100", round(value / 10)
    return {
        "Cel": ("in degrees Fahrenheit", round((value - 32) * 5 / 9, 1)),
        "g/dL": ("in g/L", value / 10),
        "mg/dL": ("in µmol/L", round(value / _CREATININE_UMOL_L, 2)),
    }.get(unit, ("", value))
