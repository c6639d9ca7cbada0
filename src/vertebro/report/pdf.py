"""The report as a tagged PDF (PDF/UA-1): typst refuses a picture without alternative text."""

from __future__ import annotations

import json
from dataclasses import asdict
from datetime import UTC, date, datetime
from importlib.resources import as_file, files
from pathlib import Path
from tempfile import TemporaryDirectory

from vertebro.report.content import Content
from vertebro.report.figures import Picture
from vertebro.report.pictures import Pictures
from vertebro.report.sentences import plain_sentences

TEMPLATE = Path(__file__).with_name("templates") / "report.typ"


def pdf(words: Content, pictures: Pictures, on: date) -> bytes:
    """The report as PDF bytes; the same assessment gives the same bytes."""
    import typst

    fonts = files("matplotlib") / "mpl-data/fonts/ttf"  # DejaVu Sans: letters that Libertinus lacks
    with TemporaryDirectory() as name, as_file(fonts) as font_folder:
        folder = Path(name)
        data = asdict(words) | {
            "words": plain_sentences(),
            "pictures": [_stored(folder, picture) for picture in pictures.slices],
            "still": _stored(folder, pictures.still),
            "chart": _stored(folder, pictures.chart),
            "of_procedures": {one.name: _stored(folder, one) for one in pictures.procedures},
            "forests": [_stored(folder, picture) for picture in pictures.forests],
            "no_pictures": pictures.why_none,
            "day": {"year": on.year, "month": on.month, "day": on.day},
        }
        (folder / "content.json").write_text(json.dumps(data), encoding="utf-8")
        (folder / "report.typ").write_bytes(TEMPLATE.read_bytes())
        return typst.compile(
            folder / "report.typ",
            root=folder,
            font_paths=[font_folder],
            ignore_system_fonts=True,
            format="pdf",
            pdf_standards="ua-1",
            timestamp=datetime(on.year, on.month, on.day, tzinfo=UTC),
        )


def _stored(folder: Path, picture: Picture | None) -> dict[str, str] | None:
    """The picture laid beside the template, and its words."""
    if picture is None:
        return None
    (folder / f"{picture.name}.svg").write_text(picture.svg, encoding="utf-8")
    words = {"title": picture.title, "caption": picture.caption, "alt": picture.alt}
    return words | {"file": f"{picture.name}.svg"}
