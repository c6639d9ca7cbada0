"""The heat of an injection as a part of its JSON document, beside what others measured."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from vertebro.simulation.heating import LAWS, Heat, RegionHeat, v
from vertebro.vocabulary.library import CitedValue

MEASURED = ("centre", "anterior_cortex", "canal", "canal_bath", "living", "pig_centre", "ewe_centre")
"""Published values that are given along."""


@dataclass(frozen=True)
class RegionWire:
    """A region's highest temperature and when (minutes after injecting); by limit: longest time, volume."""

    name: str
    peak_celsius: float
    peak_minute: float
    minutes_over: dict[str, float]
    ml_over: dict[str, float]


@dataclass(frozen=True)
class LawWire:
    """What one published law of cure gives."""

    name: str
    heat_kj_kg: float
    cured_share: float
    released_j: float
    regions: list[RegionWire]


@dataclass(frozen=True)
class MeasuredWire:
    """A published temperature or time, or a range of them."""

    name: str
    value: float | list[float]
    unit: str
    source: str
    where: str


@dataclass(frozen=True)
class HeatWire:
    """The heat by every law of cure, with what decided it."""

    minutes_since_mixing: float
    entry_celsius: float
    blood_ml_min_100g: float
    limits_celsius: list[float]
    laws: list[LawWire]
    measured_elsewhere: list[MeasuredWire]


def heat_wire(by_law: Mapping[str, Heat]) -> HeatWire:
    """The heat of at least one law as data."""
    settings = next(iter(by_law.values())).settings
    return HeatWire(
        settings.minutes_since_mixing,
        settings.entry_celsius,
        settings.blood_ml_min_100g,
        [float(limit) for limit in v.limits.value],
        [_law(name, heat) for name, heat in by_law.items()],
        [_measured(getattr(v, f"measured_{name}")) for name in MEASURED],
    )


def _law(name: str, heat: Heat) -> LawWire:
    regions = [_region(region, found) for region, found in heat.regions.items()]
    return LawWire(name, float(LAWS[name].heat_kj_kg.number), heat.cured_share, heat.released_j, regions)


def _region(name: str, found: RegionHeat) -> RegionWire:
    minutes = {str(limit): float(m) for limit, m in found.minutes_over.items()}
    volumes = {str(limit): float(ml) for limit, ml in found.ml_over.items()}
    return RegionWire(name, found.peak_celsius, found.peak_minute, minutes, volumes)


def _measured(value: CitedValue) -> MeasuredWire:
    number = [float(x) for x in value.value] if isinstance(value.value, list) else float(value.number)
    return MeasuredWire(value.name, number, value.unit, value.source, value.where)
