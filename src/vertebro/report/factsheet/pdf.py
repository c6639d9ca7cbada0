"""The factsheet as a tagged PDF (PDF/UA-1) in large type."""

from __future__ import annotations

import json
from dataclasses import asdict
from datetime import UTC, date, datetime
from importlib.resources import as_file, files
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from vertebro.evidence.one_table import ONE_DENOMINATOR
from vertebro.report.factsheet.blocks import Block, Drawn, Rates, Sheet
from vertebro.report.factsheet.numbers import capital
from vertebro.report.factsheet.words import say

TEMPLATE = Path(__file__).with_name("templates") / "factsheet.typ"
WORDS = ("language", "footer", "page", "of_pages")


def pdf(sheet: Sheet, on: date) -> bytes:
    """The sheet as PDF bytes; the same sheet gives the same bytes."""
    import typst

    fonts = files("matplotlib") / "mpl-data/fonts/ttf"  # DejaVu Sans: clear, large letters
    with TemporaryDirectory() as name, as_file(fonts) as font_folder:
        folder = Path(name)
        (folder / "content.json").write_text(json.dumps(_data(sheet, on, folder)), encoding="utf-8")
        (folder / "factsheet.typ").write_bytes(TEMPLATE.read_bytes())
        return typst.compile(
            folder / "factsheet.typ",
            root=folder,
            font_paths=[font_folder],
            ignore_system_fonts=True,
            format="pdf",
            pdf_standards="ua-1",
            timestamp=datetime(on.year, on.month, on.day, tzinfo=UTC),
        )


def _data(sheet: Sheet, on: date, folder: Path) -> dict[str, Any]:
    heads = [say(f"line.heads.{key}") for key in ("what", "happens", "rest", "spread", "source")]
    words = {key: say(key) for key in WORDS}
    words |= {"lines": say("section.matters.lines"), "caption": say("line.caption", people=ONE_DENOMINATOR)}
    return {
        "title": sheet.title,
        "kind": sheet.kind,
        "header": sheet.header,
        "words": words | {"heads": heads},
        "day": {"year": on.year, "month": on.month, "day": on.day},
        "sections": [
            {"heading": s.heading, "blocks": [_block(block, folder) for block in s.blocks]}
            for s in sheet.sections
        ],
    }


def _block(block: Block, folder: Path) -> dict[str, Any]:
    if isinstance(block, Drawn):
        for picture in block.pictures:
            (folder / f"{picture.name}.svg").write_text(picture.svg, encoding="utf-8")
        drawn = [
            {"title": p.title, "caption": p.caption, "alt": p.alt, "file": f"{p.name}.svg"}
            for p in block.pictures
        ]
        return {"kind": block.kind, "pictures": drawn}
    said: dict[str, Any] = asdict(block) | {"kind": block.kind}  # type: ignore[call-overload]
    said.pop("side", None)
    if isinstance(block, Rates):
        said["rates"] = [
            asdict(r)
            | {
                "label": capital(r.label),
                "why_none": capital(r.why_none),
                "source": r.source or say("line.nobody"),
            }
            for r in block.rates
        ]
    return said
