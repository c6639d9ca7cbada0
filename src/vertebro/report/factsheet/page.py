"""The factsheet as one HTML page that needs nothing from outside."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from vertebro.evidence.one_table import ONE_DENOMINATOR
from vertebro.report.factsheet.blocks import Sheet
from vertebro.report.factsheet.numbers import capital
from vertebro.report.factsheet.words import say

if TYPE_CHECKING:
    from jinja2 import Environment

TEMPLATES = Path(__file__).with_name("templates")


def html(sheet: Sheet) -> str:
    """The sheet as one self-contained page."""
    from markupsafe import Markup

    css = Markup((TEMPLATES / "factsheet.css").read_text(encoding="utf-8"))
    return _templates().get_template("factsheet.html").render(sheet=sheet, css=css, people=ONE_DENOMINATOR)


@cache
def _templates() -> Environment:
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    loader = FileSystemLoader(TEMPLATES)
    made = Environment(loader=loader, autoescape=True, undefined=StrictUndefined, trim_blocks=True)
    made.globals.update(say=say, capital=capital)
    return made
