"""The clinician's report: one HTML page, one tagged PDF and the pictures, from the same sentences."""

from __future__ import annotations

from pathlib import Path

from vertebro.report.assessment import Assessment
from vertebro.report.content import content
from vertebro.report.page import html
from vertebro.report.pdf import pdf
from vertebro.report.pictures import Pictures


def write_report(assessment: Assessment, out: Path) -> tuple[Path, ...]:
    """Writes ``report.html``, ``report.pdf`` and ``figures/`` into a folder; gives their paths."""
    words, pictures = content(assessment), Pictures.of(assessment)
    figures, page, document = out / "figures", out / "report.html", out / "report.pdf"
    figures.mkdir(parents=True, exist_ok=True)
    drawn = [figures / f"{picture.name}.svg" for picture in pictures]
    for path, picture in zip(drawn, pictures, strict=True):
        path.write_text(picture.svg, encoding="utf-8")
    page.write_text(html(words, pictures), encoding="utf-8")
    document.write_bytes(pdf(words, pictures, assessment.case.on))
    return (page, document, *drawn)
