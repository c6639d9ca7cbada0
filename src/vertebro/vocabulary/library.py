"""The bibliography and the cited values: every number carries unit, source, place and day checked."""

from __future__ import annotations

import importlib
import pkgutil
from dataclasses import dataclass
from datetime import date
from functools import cache
from importlib.resources import files
from pathlib import Path
from types import ModuleType
from typing import Any

from vertebro.errors import HouseFault
from vertebro.vocabulary.own_yaml import own_yaml
from vertebro.vocabulary.units import is_unit, read_as

SETTING = "vertebro_setting"
"""The reference key of numbers we chose ourselves; such a value must say why."""

STALE_AFTER_DAYS = 366
"""A value not looked at for a year is due for another look (STYLE: CI warns after 12 months)."""


@dataclass(frozen=True)
class Reference:
    """One work we rely on; ``year`` is None where the copy read does not print one."""

    key: str
    title: str
    by: str
    year: int | None
    link: str
    note: str = ""

    @property
    def short(self) -> str:
        """Who and when: ``Klazen CAH and others (2010)``."""
        return f"{self.by} ({self.year or 'no year printed'})"

    def __str__(self) -> str:
        return f"{self.short}. {self.title}. {self.link}".rstrip()


@dataclass(frozen=True)
class CitedValue:
    """A number (or a short table) with its unit, its source, its place there and the day checked."""

    name: str
    value: Any
    unit: str
    source: str
    where: str
    checked_on: date
    note: str = ""

    def __post_init__(self) -> None:
        if not is_unit(self.unit):
            raise HouseFault(f"{self.name}: '{self.unit}' is not a unit of the house.")
        if self.source not in references():
            raise HouseFault(f"{self.name}: no reference '{self.source}' in data/references.yaml.")
        if not self.where:
            raise HouseFault(f"{self.name}: say where in the source the value stands.")
        if self.source == SETTING and not self.note:
            raise HouseFault(f"{self.name}: a setting of ours must say why (note).")

    @property
    def number(self) -> float:
        """The value as a number, for comparing; a table has none."""
        if isinstance(self.value, bool) or not isinstance(self.value, int | float):
            raise HouseFault(f"{self.name} is not a number but {self.value!r}.")
        return self.value

    @property
    def reference(self) -> Reference:
        """The work the value comes from."""
        return references()[self.source]

    @property
    def is_setting(self) -> bool:
        """True if the number was chosen by us rather than published."""
        return self.source == SETTING

    def in_words(self) -> str:
        """``8 weeks``"""
        value = ", ".join(map(str, self.value)) if isinstance(self.value, list) else self.value
        return f"{value} {read_as(self.unit, self.value)}".strip()


class CitedValues:
    """The cited values of one folder: ``v.healing_weeks.value``."""

    def __init__(self, entries: dict[str, CitedValue], beside: Path) -> None:
        self._entries = entries
        self._beside = beside

    def __getattr__(self, name: str) -> CitedValue:
        try:
            return self._entries[name]
        except KeyError:
            raise HouseFault(f"No value '{name}' in {self._beside}.") from None

    def __iter__(self) -> Any:
        return iter(self._entries.values())


@cache
def references() -> dict[str, Reference]:
    """The bibliography by key."""
    entries = own_yaml(files("vertebro").joinpath("data/references.yaml"))
    return {key: Reference(key=key, **entry) for key, entry in entries.items()}


@cache
def _values_in(path: Path) -> CitedValues:
    entries = own_yaml(path) or {}
    try:
        return CitedValues({n: CitedValue(name=n, **e) for n, e in entries.items()}, path)
    except TypeError as fault:
        raise HouseFault(f"{path.name}: {fault}") from fault


def cited_values(beside: str, name: str = "values.yaml") -> CitedValues:
    """The values in ``values.yaml`` next to the module that asks (pass ``beside=__file__``)."""
    return _values_in(Path(beside).with_name(name))


@cache
def all_cited_values() -> dict[str, CitedValue]:
    """Every cited value of the house by its full name, as in ``guidelines.ros.healing_weeks``."""
    house = Path(str(files("vertebro")))
    found: dict[str, CitedValue] = {}
    for path in sorted(house.rglob("*values.yaml")):
        place = ".".join(path.relative_to(house).parent.parts)
        found |= {f"{place}.{v.name}": v for v in _values_in(path)}
    return found


def discover(package: ModuleType) -> list[ModuleType]:
    """Import every module of a package and its sub-packages: what lies in the folder has joined."""
    walk = pkgutil.walk_packages(package.__path__, prefix=f"{package.__name__}.")
    return [importlib.import_module(found.name) for found in walk]
