"""What a person probably meant: hints for a value that a case file or record cannot take as written."""

from __future__ import annotations

import re
from datetime import date
from typing import Any

from vertebro.vocabulary.facts import Fact
from vertebro.vocabulary.meant import hint_for_choices, hint_for_scale
from vertebro.vocabulary.units import read_as

_DAY_MONTH_YEAR = re.compile(r"(\d{1,2})\.(\d{1,2})\.(\d{4})")
_WITH_COMMA = re.compile(r"[-+]?\d+,\d+")
_OUT_OF = re.compile(r"(\d+)\s*/\s*\d+")
_PER_MICROLITRE = 1000.0
"""Cells in each microlitre are this many times cells in 10⁹ a litre."""


def hint_for_fact(asked: Fact, value: Any, written: str) -> str:
    """``Did you mean 1.1?``, or nothing where no one meaning is likely."""
    match asked.kind:
        case "number" | "integer":
            return _number(asked, value)
        case "date":
            return hint_for_day(written)
        case "levels" | "choices" if isinstance(value, str):
            return _list(asked, value)
        case "choices":
            return hint_for_choices(value, asked.choices)
    return hint_for_choices(written, asked.choices)


def hint_for_day(written: str) -> str:
    """A day with dots is day, month, year; with strokes it could be either, and nothing is guessed."""
    match = _DAY_MONTH_YEAR.fullmatch(written.strip())
    if not match:
        return ""
    day, month, year = map(int, match.groups())
    try:
        return f"Did you mean {date(year, month, day)}?"
    except ValueError:
        return ""


def _number(asked: Fact, value: Any) -> str:
    if isinstance(value, str):
        text = value.strip()
        if _WITH_COMMA.fullmatch(text) and asked.kind == "number":
            return f"Did you mean {text.replace(',', '.')}?"
        if match := _OUT_OF.fullmatch(text):
            return f"Did you mean {match[1]}?"
        try:
            float(text)
        except ValueError:
            return ""
        return "Write the number without quotation marks"
    if asked.unit == "10*9/L" and isinstance(value, int | float) and asked.high is not None:
        fewer = value / _PER_MICROLITRE
        if asked.high < value and fewer <= asked.high:
            return f"If this is for each microlitre, write {fewer:g} ({read_as(asked.unit)})"
    return hint_for_scale(asked.name, asked.unit, value, (asked.low, asked.high))


def _list(asked: Fact, value: str) -> str:
    if asked.kind == "levels" or value in asked.choices:
        return f"Write it in brackets: [{value}]"
    return hint_for_choices(value, asked.choices)
