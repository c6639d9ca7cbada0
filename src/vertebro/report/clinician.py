"""The clinician's report: one HTML page, one tagged PDF and the pictures, from the same sentences."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from vertebro.report.assessment import Assessment
from vertebro.report.content import Content, content
from vertebro.report.figures import Picture, slices
from vertebro.report.pdf import pdf
from vertebro.report.sentences import say
from vertebro.vocabulary.known import Unknown

if TYPE_CHECKING:
    from jinja2 import Environment

TEMPLATES = Path(__file__).with_name("templates")
SECTIONS = (
    "decision",
    "findings",
    "pictures",
    "table",
    "rules",
    "record",
    "not_done",
    "cautions",
    "settings",
    "sources",
)
SIGNS = {"go": "✓", "talk": "…", "wait": "‖", "stop": "✕", "urgent": "!", "open": "?"}


def write_report(assessment: Assessment, out: Path) -> tuple[Path, ...]:
    """Writes ``report.html``, ``report.pdf`` and ``figures/`` into a folder; gives their paths."""
    words, pictures = content(assessment), slices(assessment)
    figures = out / "figures"
    figures.mkdir(parents=True, exist_ok=True)
    written = [_write(figures / f"{p.name}.svg", p.image) for p in pictures]
    page = out / "report.html"
    page.write_text(html(assessment, words, pictures), encoding="utf-8")
    document = out / "report.pdf"
    document.write_bytes(pdf(words, pictures, assessment.case.on, _no_pictures(assessment)))
    return (page, document, *written)


def html(assessment: Assessment, words: Content, pictures: tuple[Picture, ...]) -> str:
    """The report as one self-contained page."""
    return (
        _templates()
        .get_template("report.html")
        .render(
            c=words,
            pictures=pictures,
            no_pictures=_no_pictures(assessment),
            sections=SECTIONS,
            marks=SIGNS,
            css=_asset("report.css"),
        )
    )


def _no_pictures(assessment: Assessment) -> str:
    spine = assessment.case.spine
    return say("picture.none", why=spine.why) if isinstance(spine, Unknown) else ""


def _write(path: Path, image: str | bytes) -> Path:
    path.write_bytes(image.encode("utf-8") if isinstance(image, str) else image)
    return path


@cache
def _templates() -> Environment:
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    made = Environment(
        loader=FileSystemLoader(TEMPLATES), autoescape=True, undefined=StrictUndefined, trim_blocks=True
    )
    made.globals["say"] = say
    return made


def _asset(name: str) -> object:
    """A style sheet or script of ours, which needs no escaping."""
    from markupsafe import Markup

    return Markup((TEMPLATES / name).read_text(encoding="utf-8"))
