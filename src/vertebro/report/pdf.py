"""The report as a tagged PDF (PDF/UA-1): typst refuses a picture without alternative text."""

from __future__ import annotations

import json
from dataclasses import asdict
from datetime import UTC, date, datetime
from importlib.resources import as_file, files
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from vertebro.report.content import Content
from vertebro.report.figures import Picture
from vertebro.report.sentences import plain_sentences

TEMPLATE = Path(__file__).with_name("templates") / "report.typ"
STANDARD = "ua-1"


def pdf(words: Content, pictures: tuple[Picture, ...], on: date, no_pictures: str) -> bytes:
    """The report as PDF bytes; the same assessment gives the same bytes."""
    import typst

    fonts = files("matplotlib") / "mpl-data/fonts/ttf"  # DejaVu Sans: letters that Libertinus lacks
    with TemporaryDirectory() as name, as_file(fonts) as font_folder:
        folder = Path(name)
        data = asdict(words) | {
            "words": plain_sentences(),
            "pictures": [_stored(folder, picture) for picture in pictures],
            "no_pictures": no_pictures,
            "day": {"year": on.year, "month": on.month, "day": on.day},
        }
        (folder / "content.json").write_text(json.dumps(data), encoding="utf-8")
        (folder / "report.typ").write_bytes(TEMPLATE.read_bytes())
        made: Any = typst.compile(
            folder / "report.typ",
            root=folder,
            font_paths=[font_folder],
            ignore_system_fonts=True,
            format="pdf",
            pdf_standards=[STANDARD],
            timestamp=datetime(on.year, on.month, on.day, tzinfo=UTC),
        )
    return bytes(made)


def _stored(folder: Path, picture: Picture) -> dict[str, str]:
    """The picture laid beside the template, with its words."""
    ending = "svg" if isinstance(picture.image, str) else "png"
    content = picture.image.encode("utf-8") if isinstance(picture.image, str) else picture.image
    (folder / f"{picture.name}.{ending}").write_bytes(content)
    return {
        "file": f"{picture.name}.{ending}",
        "title": picture.title,
        "caption": picture.caption,
        "alt": picture.alt,
    }
