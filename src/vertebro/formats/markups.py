"""Needles as lines that 3D Slicer opens: a Markups file (.mrk.json) in LPS millimetres."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from vertebro.errors import HouseFault
from vertebro.formats.writing import writing
from vertebro.kernels.arrays import AnyArray

SCHEMA = (
    "https://raw.githubusercontent.com/slicer/slicer/master/Modules/Loadable/Markups/Resources/Schema/"
    "markups-schema-v1.0.3.json#"
)


@dataclass(frozen=True)
class NeedleLine:
    """A needle from where it enters the bone to its tip (LPS mm), with its outer diameter."""

    name: str
    entry_mm: AnyArray
    tip_mm: AnyArray
    diameter_mm: float
    colour: str = "#d94f2b"

    def __post_init__(self) -> None:
        ends = np.array([self.entry_mm, self.tip_mm], dtype=float)
        if ends.shape != (2, 3) or not np.isfinite(ends).all() or np.allclose(*ends):
            raise HouseFault(f"The needle '{self.name}' needs two different ends.")
        if not self.name or not self.diameter_mm > 0:
            raise HouseFault("A needle needs a name and a diameter.")


def write_markups(needles: Sequence[NeedleLine], path: Path) -> None:
    """Writes one line a needle, from entry to tip: whole or not at all."""
    document = {"@schema": SCHEMA, "markups": [_line(needle) for needle in needles]}
    with writing(path) as temporary:
        temporary.write_text(json.dumps(document, indent=1), encoding="utf-8")


def _line(needle: NeedleLine) -> dict[str, Any]:
    ends = (("entry", needle.entry_mm), ("tip", needle.tip_mm))
    colour = [int(needle.colour[k : k + 2], 16) / 255 for k in (1, 3, 5)]
    return {
        "type": "Line",
        "name": needle.name,
        "coordinateSystem": "LPS",
        "coordinateUnits": "mm",
        "locked": True,
        "fixedNumberOfControlPoints": True,
        "controlPoints": [
            {
                "id": str(number),
                "label": f"{needle.name} {end}",
                "description": f"outer diameter {needle.diameter_mm:g} mm",
                "position": [float(x) for x in place],
                "selected": True,
                "locked": True,
                "visibility": True,
                "positionStatus": "defined",
            }
            for number, (end, place) in enumerate(ends, start=1)
        ],
        "display": {"visibility": True, "color": colour, "selectedColor": colour},
    }
