"""The report as one HTML page that needs nothing from outside."""

from __future__ import annotations

from functools import cache
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from vertebro.report.content import Content
from vertebro.report.pictures import Pictures
from vertebro.report.sentences import say
from vertebro.report.surfaces3d import GLASS

if TYPE_CHECKING:
    from jinja2 import Environment

TEMPLATES = Path(__file__).with_name("templates")
SECTIONS = (
    "decision",
    "findings",
    "cautions",
    "pictures",
    "other_paths",
    "bodies",
    "conflicts",
    "changes",
    "evidence",
    "simulation",
    "solid",
    "table",
    "rules",
    "record",
    "not_done",
    "settings",
    "sources",
)
SIGNS = {"go": "✓", "talk": "…", "wait": "‖", "stop": "✕", "urgent": "!", "open": "?"}


def html(words: Content, pictures: Pictures) -> str:
    """The report as one self-contained page."""
    shown = {
        "solid": pictures.still,
        "other_paths": words.other_paths,
        "bodies": words.said_by,
        "conflicts": words.conflicts,
        "evidence": words.evidence,
        "simulation": words.simulation,
    }

    left_out = {section for section, content in shown.items() if not content}
    return (
        _templates()
        .get_template("report.html")
        .render(
            c=words,
            pictures=pictures.slices,
            no_pictures=pictures.why_none,
            still=pictures.still,
            chart=pictures.chart,
            forests=pictures.forests,
            of_procedures={picture.name: picture for picture in pictures.procedures},
            scene=pictures.scene,
            inlaid=_inlaid(pictures.scene),
            sections=[s for s in SECTIONS if s not in left_out],
            marks=SIGNS,
            css=_asset(TEMPLATES / "report.css"),
            script=_asset(TEMPLATES / "solid.js"),
            plotly=_asset(files("plotly") / "package_data/plotly.min.js"),
        )
    )


def _inlaid(scene: dict[str, Any] | None) -> list[str]:
    """The procedures whose needles and cement the scene holds, in their order."""
    named = [mesh.get("meta") for mesh in scene["data"]] if scene else []
    return [name for name in dict.fromkeys(named) if name is not None and name != GLASS]


@cache
def _templates() -> Environment:
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    made = Environment(
        loader=FileSystemLoader(TEMPLATES), autoescape=True, undefined=StrictUndefined, trim_blocks=True
    )
    made.globals["say"] = say
    return made


def _asset(path: Path | Traversable) -> object:
    """A style sheet or script that is ours or plotly's, and so needs no escaping."""
    from markupsafe import Markup

    return Markup(path.read_text(encoding="utf-8"))
