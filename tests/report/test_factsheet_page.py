"""The factsheet as page and PDF: readable by everybody, the same words in both, an overview of one page."""

import json
import os
import re
import shutil
import subprocess
from dataclasses import replace
from datetime import date
from html.parser import HTMLParser
from io import BytesIO
from itertools import pairwise
from pathlib import Path

import pytest
from pypdf import PdfReader

from vertebro.report.assessment import Assessment
from vertebro.report.factsheet.blocks import Box, Sheet
from vertebro.report.factsheet.factsheet import general_factsheet, write_factsheet
from vertebro.report.factsheet.page import TEMPLATES, html
from vertebro.report.factsheet.pdf import pdf
from vertebro.report.factsheet.personal import personal_sheet
from vertebro.vocabulary.procedures import Procedure

DAY = date(2026, 11, 22)
VOID = {"meta", "input", "br", "link", "img", "hr"}


@pytest.fixture(scope="module", params=["vertebroplasty", "kyphoplasty", "one person"])
def sheet(request: pytest.FixtureRequest, block_assessment: Assessment) -> Sheet:
    if request.param == "one person":
        return personal_sheet(block_assessment)
    return general_factsheet(Procedure[request.param.upper()], DAY)


@pytest.fixture(scope="module")
def page(sheet: Sheet) -> str:
    return html(sheet)


@pytest.fixture(scope="module")
def document(sheet: Sheet) -> PdfReader:
    return PdfReader(BytesIO(pdf(sheet, DAY)))


class Elements(HTMLParser):
    """Every start tag with its attributes, and whether all tags close in order."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []
        self.open: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def all(self, tag: str) -> list[dict[str, str | None]]:
        return [attributes for name, attributes in self.found if name == tag]


def test_the_page_names_language_title_landmarks_and_a_way_past_them(page: str) -> None:
    elements = Elements(page)
    assert elements.open == []
    assert elements.all("html")[0]["lang"] == "en"
    assert "<title>" in page and len(elements.all("h1")) == 1
    assert [len(elements.all(tag)) for tag in ("header", "main", "nav", "footer")] == [1, 1, 1, 1]
    assert elements.all("nav")[0]["aria-label"]
    assert elements.all("a")[0] == {"class": "skip", "href": "#glance"}


def test_headings_step_down_one_at_a_time(page: str) -> None:
    depths = [int(tag[1]) for tag, _ in Elements(page).found if re.fullmatch(r"h[1-6]", tag)]
    assert depths[0] == 1 and max(depths) == 3
    assert all(after - before <= 1 for before, after in pairwise(depths))


def test_ids_are_unique_and_every_inner_link_and_label_has_its_end(page: str) -> None:
    elements = Elements(page)
    ids = [a["id"] for _, a in elements.found if "id" in a]
    assert len(ids) == len(set(ids))
    ends = [a["href"].removeprefix("#") for a in elements.all("a") if (a["href"] or "").startswith("#")]  # type: ignore[union-attr]
    labelled = [a["aria-labelledby"] for _, a in elements.found if a.get("aria-labelledby")]
    assert set(ends) | set(labelled) <= set(ids)
    assert {a.get("for") for a in elements.all("label")} <= set(ids)


def test_pictures_and_tables_have_words_and_boxes_to_tick_have_names(page: str) -> None:
    elements = Elements(page)
    assert all(svg["role"] == "img" and svg["aria-labelledby"] for svg in elements.all("svg"))
    assert page.count("<svg") == page.count('<title id="icons')
    assert all(th.get("scope") for th in elements.all("th"))
    assert all(box["aria-label"] for box in elements.all("input"))
    scrolled = [a for a in elements.all("div") if a.get("class") == "scroll"]
    assert all(a["tabindex"] == "0" and a["role"] == "group" and a["aria-label"] for a in scrolled)


def test_nothing_is_fetched_and_nothing_runs(page: str) -> None:
    assert "default-src 'none'" in page and "<script" not in page and "http-equiv" in page
    fetching = re.findall(r"(?:src|url\()\s*=?\s*[\"']?(https?:)", page)
    assert not fetching


def _luminance(colour: str) -> float:
    full = "".join(c * 2 for c in colour) if len(colour) == 3 else colour
    parts = [int(full[n : n + 2], 16) / 255 for n in (0, 2, 4)]
    linear = [p / 12.92 if p <= 0.03928 else ((p + 0.055) / 1.055) ** 2.4 for p in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def test_every_text_colour_stands_out_from_every_ground_as_wcag_asks() -> None:
    css = (TEMPLATES / "factsheet.css").read_text(encoding="utf-8")
    named = dict(re.findall(r"--(\w+): #([0-9a-f]{3,6})", css))
    grounds = [named["paper"], named["ground"], "eef5f8", "fdf0ef"]
    for text in ("ink", "soft", "accent", "alarm"):
        for ground in grounds:
            light, dark = sorted((_luminance(named[text]), _luminance(ground)), reverse=True)
            assert (light + 0.05) / (dark + 0.05) >= 4.5, (text, ground)


def test_a_name_from_outside_cannot_become_markup(block_assessment: Assessment) -> None:
    case = replace(block_assessment.case, id="<script>alert(1)</script>")
    made = html(personal_sheet(replace(block_assessment, case=case)))
    assert "<script" not in made and "&lt;script&gt;" in made


def test_the_pdf_is_tagged_in_our_language_and_says_what_standard_it_keeps(document: PdfReader) -> None:
    root = document.trailer["/Root"]
    assert root["/MarkInfo"]["/Marked"] is True or root["/MarkInfo"]["/Marked"].value
    assert root["/Lang"] == "en" and "/StructTreeRoot" in root
    assert b"pdfuaid" in root["/Metadata"].get_data()
    assert document.metadata is not None and document.metadata.title


def test_the_overview_fills_one_page_and_no_more(sheet: Sheet, document: PdfReader) -> None:
    first, second = (document.pages[n].extract_text() for n in (0, 1))
    overview, following = sheet.sections[:2]
    assert overview.heading in first
    if isinstance(
        lead := overview.blocks[0], Box
    ):  # a no, a not yet or an alarm is said before anything else
        assert lead.heading in first and following.heading in second
        assert not second.strip().startswith(following.heading)
    else:
        assert second.strip().startswith(following.heading)


def test_page_and_pdf_say_the_same(sheet: Sheet, page: str, document: PdfReader) -> None:
    written = re.sub(r"[\s\-]+", "", "".join(p.extract_text() for p in document.pages))
    for section in sheet.sections:
        assert f">{section.heading}</h2>" in page
        for passage in section.passages():
            if passage.prose:
                assert re.sub(r"[\s\-]+", "", passage.text) in written, passage.text


def test_the_files_of_one_person_are_written_and_listed(block_assessment: Assessment, tmp_path: Path) -> None:
    written = write_factsheet(block_assessment, tmp_path)
    assert {p.name for p in tmp_path.iterdir()} == {"factsheet.html", "factsheet.pdf"}
    assert not written.broken, list(map(str, written.broken))
    assert written.document.read_bytes() == pdf(personal_sheet(block_assessment), block_assessment.case.on)


AXE = os.environ.get("VERTEBRO_AXE", "")
"""Where axe.min.js lies (npm install axe-core); without it, or without chromium, this check is left out."""


@pytest.mark.skipif(not (AXE and shutil.which("chromium")), reason="needs axe-core and chromium")
def test_axe_finds_nothing_against_wcag_2_2_aa(page: str, tmp_path: Path) -> None:
    open_page = re.sub(r'<meta http-equiv="Content-Security-Policy"[^>]*>', "", page)
    run = (
        "axe.run({runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice']})"
        ".then(r => { const out = document.createElement('pre'); out.id = 'axe';"
        "out.textContent = JSON.stringify(r.violations.map(v => [v.id, v.nodes.map(n => n.html)]));"
        "document.body.replaceChildren(out); });"
    )
    script = f"<script>{Path(AXE).read_text(encoding='utf-8')}</script><script>{run}</script></body>"
    (tmp_path / "page.html").write_text(open_page.replace("</body>", script), encoding="utf-8")
    chromium = ["chromium", "--headless", "--no-sandbox", "--disable-gpu", "--virtual-time-budget=20000"]
    dumped = subprocess.run(
        [*chromium, "--dump-dom", f"file://{tmp_path / 'page.html'}"],
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    found = re.search(r'<pre id="axe">(.*?)</pre>', dumped, re.DOTALL)
    assert found and json.loads(found[1].replace("&quot;", '"')) == []
