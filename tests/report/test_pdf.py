"""The PDF: tagged (PDF/UA-1), with language, title and alternative text; data can never be code."""

from dataclasses import replace
from io import BytesIO
from typing import Any

import pytest
from pypdf import PdfReader
from pypdf.generic import ArrayObject, DictionaryObject

from vertebro.guidelines.facts_of import disagreements
from vertebro.patient.record import ClinicalRecord
from vertebro.report.assessment import Assessment
from vertebro.report.content import content
from vertebro.report.factsheet.personal import personal_sheet
from vertebro.report.page import html
from vertebro.report.pdf import pdf
from vertebro.report.pictures import Pictures
from vertebro.vocabulary.known import Unknown
from vertebro.vocabulary.levels import Level


def made(assessment: Assessment) -> PdfReader:
    words, pictures = content(assessment), Pictures.of(assessment)
    return PdfReader(BytesIO(pdf(words, pictures, assessment.case.on)))


def text_of(reader: PdfReader) -> str:
    return " ".join(" ".join(page.extract_text() for page in reader.pages).split())


def alternatives(node: Any) -> list[str]:
    """The alternative text of every figure in the structure tree."""
    node = node.get_object()
    if isinstance(node, ArrayObject):
        return [alt for one in node for alt in alternatives(one)]
    if not isinstance(node, DictionaryObject):
        return []
    own = [str(node.get("/Alt", ""))] if node.get("/S") == "/Figure" else []
    return own + (alternatives(node["/K"]) if "/K" in node else [])


def test_a_level_that_may_be_wrong_is_read_before_the_answer(block_assessment: Assessment) -> None:
    """L2 kept its height and the record says oedema there: on page, paper and factsheet before any stance."""
    record = ClinicalRecord.of(block_assessment.case.on, pain_nrs=8, mri="oedema")
    case = replace(block_assessment.case, level=Level.L2, record=record)
    doubtful = replace(
        block_assessment, case=case, disagreements=disagreements(case, block_assessment.findings)
    )
    words = content(doubtful)
    page = html(words, Pictures.of(doubtful))
    paper = text_of(made(doubtful))
    for said in (page, paper):
        assert said.count("so can a wrong level") == 1
        assert said.index("so can a wrong level") < said.index(words.decisions[0].headline[:40])
    sheet = " ".join(p.text for p in personal_sheet(doubtful).passages())
    assert "if this is the right bone" in sheet
    assert not content(block_assessment).differs
    assert "right bone" not in " ".join(p.text for p in personal_sheet(block_assessment).passages())


def test_it_is_tagged_titled_and_in_a_language(block_assessment: Assessment) -> None:
    reader = made(block_assessment)
    root: Any = reader.trailer["/Root"]
    assert root["/MarkInfo"]["/Marked"]
    assert root["/Lang"] == "en"
    assert reader.metadata is not None and reader.metadata.title is not None
    assert "L1" in reader.metadata.title and block_assessment.case.id in reader.metadata.title
    assert "pdfuaid:part" in root["/Metadata"].get_data().decode("utf-8")


def test_every_picture_has_its_alternative_text(block_assessment: Assessment) -> None:
    reader = made(block_assessment)
    root: Any = reader.trailer["/Root"]
    found = alternatives(root["/StructTreeRoot"])
    assert sorted(found) == sorted(picture.alt for picture in Pictures.of(block_assessment))


def test_the_decision_and_the_measurements_can_be_read_out(block_assessment: Assessment) -> None:
    text = text_of(made(block_assessment))
    for decision in block_assessment.decisions:
        for words in (decision.stance.value, decision.headline, *decision.reasons_for):
            assert words in text
        for verdict in decision.verdicts:
            assert verdict.sentence in text
    for words in (
        "46.8 ± 2.6 %",
        "14.2 ± 0.4 mm",
        "the voxels are too large",
        "this version does not simulate",
    ):
        assert words in text


@pytest.mark.parametrize(
    "name",
    [
        '#panic("out") $x$ *b* _i_ @ref <label> \\ `code` #read("/etc/passwd") // end',
        "</script><b>",
        "Ωμέγα Жук עברית عربي",
        "患者 – 🦴",
        "a\u202eb\u0000c\ud800d",
        "",
    ],
)
def test_no_name_can_break_or_steer_it(block_assessment: Assessment, name: str) -> None:
    why = Unknown("no images")
    bare = replace(block_assessment.case, id=name, notes=(name,), ct=why, spine=why, level=why)
    reader = made(replace(block_assessment, case=bare, findings=why, not_done=((name or "x", name),)))
    assert len(reader.pages) >= 2
    if name.startswith("#"):
        assert "".join(name.split()) in "".join(text_of(reader).split())
