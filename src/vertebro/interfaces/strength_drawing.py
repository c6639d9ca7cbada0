"""The picture of ``vertebro strength``: refused before the solve where there would be none, written whole."""

from __future__ import annotations

from pathlib import Path

from vertebro.errors import BadCase, BadFile
from vertebro.formats.writing import writing
from vertebro.report.strength_picture import strength_picture
from vertebro.simulation.materials import YIELD_OF
from vertebro.simulation.strength import Strength
from vertebro.simulation.voxel_model import ModelSettings

SUFFIX = ".svg"


def check_picture(picture: Path, settings: ModelSettings) -> None:
    """Raises where the curve could not be drawn or its file not written, before anything is solved."""
    if picture.is_dir() or picture.suffix.lower() != SUFFIX:
        raise BadFile(
            f"The picture cannot be written to {picture}.",
            f"the name of a file that ends in {SUFFIX}",
            f"Name one: --picture curve{SUFFIX}.",
        )
    if not settings.crush:
        raise BadCase(
            "--linear leaves out the curve that --picture draws.",
            "a model that is crushed",
            "Leave out one of the two.",
        )
    if settings.law.name not in YIELD_OF:
        raise BadCase(
            f"No curve to draw: no law of the yield stress was published with '{settings.law.name}'.",
            f"one of {', '.join(YIELD_OF)}",
            "Take another --law, or leave out --picture.",
        )


def draw(strength: Strength, picture: Path) -> None:
    """Writes the curve of a level; raises where the bone could not be crushed."""
    drawn = strength_picture(strength)
    with writing(picture) as temporary:
        temporary.write_text(drawn, encoding="utf-8")
