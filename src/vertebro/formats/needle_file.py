"""A person's own needles from a file: lines of 3D Slicer's Markups (.mrk.json), in LPS or RAS millimetres."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np

from vertebro.errors import BadFile
from vertebro.procedures.wishes import OwnNeedle
from vertebro.vocabulary.texts import texts

say = texts(beside=__file__, name="needle_file").say

TO_LPS = {"LPS": (1.0, 1.0, 1.0), "RAS": (-1.0, -1.0, 1.0), "0": (-1.0, -1.0, 1.0), "1": (1.0, 1.0, 1.0)}
"""Signs that turn a file's coordinates into LPS; old files number the systems, 0 being RAS."""

FARTHEST_MM = 5000.0
"""No scanner counts further from its middle: what is beyond it is not millimetres."""


def read_needles(path: Path) -> tuple[OwnNeedle, ...]:
    """Every line of a Markups file, first point to second; one at least, or BadFile."""
    try:
        document = json.loads(Path(path).read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError) as fault:
        raise _refused(path, "unreadable", why=_why(fault)) from fault
    markups = document.get("markups") if isinstance(document, dict) else None
    if not isinstance(markups, list):
        raise _refused(path, "no_markups")
    lines = [m for m in markups if isinstance(m, dict) and m.get("type") == "Line"]
    if not lines:
        raise _refused(path, "no_line")
    return tuple(_needle(path, line, n) for n, line in enumerate(lines, start=1))


def _needle(path: Path, line: dict[str, Any], number: int) -> OwnNeedle:
    name = str(line.get("name") or number)
    system = str(line.get("coordinateSystem", ""))
    if system not in TO_LPS:
        raise _refused(path, "system", name=name, system=system or "-")
    if line.get("coordinateUnits", "mm") not in ("mm", ["mm", "UCUM", "millimeter"]):
        raise _refused(path, "units", name=name)
    points = line.get("controlPoints")
    drawn = points if isinstance(points, list) else []
    try:
        ends = np.array([p.get("position") for p in drawn if isinstance(p, dict)], dtype=float)
    except (TypeError, ValueError, OverflowError) as fault:
        raise _refused(path, "points", name=name) from fault
    if ends.shape != (2, 3) or not np.isfinite(ends).all() or np.allclose(*ends):
        raise _refused(path, "points", name=name)
    if np.abs(ends).max() > FARTHEST_MM:
        raise _refused(path, "far", name=name, most=f"{FARTHEST_MM:g}")
    ends = ends * TO_LPS[system]
    entry, tip = ((float(x), float(y), float(z)) for x, y, z in ends)
    return OwnNeedle(name, entry, tip)


def _refused(path: Path, key: str, **words: str) -> BadFile:
    found = say(f"{key}.found", path=path, **words)
    return BadFile(found, say("needed"), say("do"))


def _why(fault: OSError | ValueError | RecursionError) -> str:
    return fault.strerror or str(fault) if isinstance(fault, OSError) else str(fault)
