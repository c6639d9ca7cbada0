"""The units of the house: UCUM code, and how people read them. mm, degrees, HU, mg/cm3, weeks."""

from __future__ import annotations

from types import MappingProxyType

UNITS = MappingProxyType(
    {  # UCUM code: as people read it
        "1": "",
        "mm": "mm",
        "um": "µm",
        "mm2": "mm²",
        "mm3": "mm³",
        "mL": "mL",
        "deg": "°",
        "%": "%",
        "[hnsf'U]": "HU",
        "mg/cm3": "mg/cm³",
        "g/cm3": "g/cm³",
        "cm2/g": "cm²/g",
        "keV": "keV",
        "mm/mm": "",
        "N": "N",
        "N/mm": "N/mm",
        "MPa": "MPa",
        "kPa": "kPa",
        "Pa.s": "Pa s",
        "m2": "m²",
        "kN": "kN",
        "N.m": "N m",
        "N.m/deg": "N m/°",
        "s": "s",
        "Cel": "°C",
        "min": "minutes",
        "h": "hours",
        "d": "days",
        "wk": "weeks",
        "mo": "months",
        "a": "years",
        "10*9/L": "×10⁹/L",
        "mg/L": "mg/L",
        "mg/d": "mg a day",
        "mL/min": "mL/min",
        "mm/h": "mm/h",
        "mg/dL": "mg/dL",
        "g/dL": "g/dL",
        "kg": "kg",
        "kg/m2": "kg/m²",
        "W/(m.K)": "W/(m K)",
        "J/(kg.K)": "J/(kg K)",
        "kJ/kg": "kJ/kg",
        "kJ/mol": "kJ/mol",
        "K": "K",
        "/s": "/s",
        "mL/(min.100g)": "mL/min per 100 g",
        "{score}": "",
        "{INR}": "",
        "{SD}": "SD",
        "{vertebra}": "vertebrae",
    }
)


ONE = MappingProxyType(
    {
        "min": "minute",
        "h": "hour",
        "d": "day",
        "wk": "week",
        "mo": "month",
        "a": "year",
        "{vertebra}": "vertebra",
    }
)
"""How people read a unit after the number one, where it differs."""


def is_unit(code: str) -> bool:
    """True if the house knows this UCUM code."""
    return code in UNITS


def weeks_in_words(weeks: float) -> str:
    """A count of weeks as people read it: ``7 weeks and 3 days``, where it is a whole number of days."""
    days = round(weeks * 7)
    if days % 7 == 0 or abs(weeks * 7 - days) > 0.01:
        return f"{round(weeks, 2):g} {read_as('wk', weeks)}"
    whole, rest = divmod(days, 7)
    said = f"{rest} {read_as('d', rest)}"
    return f"{whole} {read_as('wk', whole)} and {said}" if whole else said


def read_as(code: str, count: float | None = None) -> str:
    """The unit as people read it: ``[hnsf'U]`` is ``HU``; ``wk`` after one is ``week``."""
    return ONE.get(code, UNITS[code]) if count == 1 else UNITS[code]
