"""The heat of an injection as plain JSON data, beside what others measured."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from vertebro.simulation.heating import LAWS, Heat, HeatSettings, RegionHeat, v
from vertebro.vocabulary.library import CitedValue

MEASURED = ("centre", "anterior_cortex", "canal", "canal_bath", "living", "pig_centre", "ewe_centre")
"""Published values that are given along."""


def heat_document(by_law: Mapping[str, Heat]) -> dict[str, Any]:
    """Temperatures and times by law of cure and region, the settings, the limits, and published values."""
    settings = next(iter(by_law.values())).settings if by_law else None
    return {
        "limits_celsius": list(v.limits.value),
        "settings": {} if settings is None else _settings(settings),
        "laws": {name: _heat(name, heat) for name, heat in by_law.items()},
        "measured_elsewhere": [_cited(getattr(v, f"measured_{name}")) for name in MEASURED],
    }


def _settings(settings: HeatSettings) -> dict[str, float]:
    return {
        "minutes_since_mixing": settings.minutes_since_mixing,
        "entry_celsius": settings.entry_celsius,
        "blood_ml_min_100g": settings.blood_ml_min_100g,
    }


def _heat(name: str, heat: Heat) -> dict[str, Any]:
    return {
        "heat_kj_per_kg": _cited(LAWS[name].heat_kj_kg),
        "cured_share": round(heat.cured_share, 4),
        "released_j": round(heat.released_j, 1),
        "regions": {region: _region(found) for region, found in heat.regions.items()},
    }


def _region(found: RegionHeat) -> dict[str, Any]:
    return {
        "peak_celsius": round(found.peak_celsius, 2),
        "peak_minute": round(found.peak_minute, 3),
        "minutes_over": {str(limit): round(minutes, 3) for limit, minutes in found.minutes_over.items()},
        "ml_over": {str(limit): round(ml, 4) for limit, ml in found.ml_over.items()},
    }


def _cited(value: CitedValue) -> dict[str, Any]:
    return {
        "name": value.name,
        "value": value.value,
        "unit": value.unit,
        "source": value.source,
        "where": value.where,
    }
