"""How long what was measured or answered speaks for today, for every door by which a record comes in."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

from vertebro.vocabulary.library import cited_values
from vertebro.vocabulary.own_yaml import own_yaml

v = cited_values(beside=__file__, name="ages_values.yaml")

OTHER_ANSWERS = "answers"
"""The age group of all facts that the table names in none."""


@cache
def _table() -> dict[str, Any]:
    table: dict[str, Any] = own_yaml(Path(__file__).with_name("ages.yaml"))
    return table


@cache
def age_groups() -> dict[str, tuple[str, ...]]:
    """The facts of every group of ages."""
    return {group: tuple(names) for group, names in _table()["ages"].items()}


@cache
def age_group(fact_name: str) -> str:
    """The group of settings that says how long a value of this fact speaks for today."""
    return next((group for group, names in age_groups().items() if fact_name in names), OTHER_ANSWERS)


def age_limit_days(group: str, kind: str) -> float | None:
    """The setting of a group of facts (``said`` or ``past``), in days; None for a group that has none."""
    found = {value.name: value for value in v}.get(f"{group}_{kind}_after")
    return found.number if found else None


@cache
def about_the_fracture() -> frozenset[str]:
    """The facts that say nothing about a fracture that came after them."""
    return frozenset(_table()["about_the_fracture"])
