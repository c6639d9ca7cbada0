"""The scales outcomes are measured on: endpoint, unit, range and which way is better."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from pathlib import Path

import yaml

from vertebro.errors import nearest
from vertebro.evidence.reading import Row


@dataclass(frozen=True)
class Scale:
    """One scale; ``better`` is lower, higher or neither (a trait that is no outcome)."""

    name: str
    endpoint: str
    unit: str
    low: float
    high: float
    better: str

    @property
    def width(self) -> float:
        """From end to end, in the unit of the scale."""
        return self.high - self.low


@cache
def scales() -> dict[str, Scale]:
    """Every scale of the house by its name."""
    entries = yaml.safe_load(Path(__file__).with_name("scales.yaml").read_text(encoding="utf-8"))
    return {name: Scale(name=name, **entry) for name, entry in entries.items()}


def scale_of(row: Row) -> Scale:
    """The scale named on a row, whose endpoint and unit must be those of the scale."""
    name, unit = row.text("scale"), row.text("unit")
    if name not in scales():
        found = f"scale is '{name}'. {nearest(name, scales())}".strip()
        raise row.refuse(found, f"one of: {', '.join(scales())}")
    scale = scales()[name]
    if unit != scale.unit:
        raise row.refuse(f"unit is '{unit}' on the scale '{name}'.", f"the unit of that scale: {scale.unit}")
    if row.text("endpoint") != scale.endpoint:
        raise row.refuse(f"endpoint is '{row.text('endpoint')}' on the scale '{name}'.", scale.endpoint)
    return scale
