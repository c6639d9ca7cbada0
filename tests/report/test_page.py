"""The page: complete, self-contained, accessible, safe against hostile text, the same every time."""

import re
from collections.abc import Callable
from dataclasses import fields, replace
from html.parser import HTMLParser
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from vertebro.fracture.findings import Findings, VertebraFindings
from vertebro.guidelines.settings import setting_in_words
from vertebro.guidelines.trace import trace
from vertebro.guidelines.verdict import Outcome, Stance
from vertebro.patient.spine import Spine
from vertebro.report import page as page_module
from vertebro.report.assessment import Assessment
from vertebro.report.clinician import write_report
from vertebro.report.content import content
from vertebro.report.differences import changes_words
from vertebro.report.judgement import MARKS, TONES
from vertebro.report.page import SIGNS, html
from vertebro.report.pictures import Pictures
from vertebro.report.sentences import in_words, say
from vertebro.vocabulary.facts import fact
from vertebro.vocabulary.grades import GenantGrade
from vertebro.vocabulary.known import Unknown
from vertebro.vocabulary.levels import Level
from vertebro.vocabulary.measured import Graded


class Read(HTMLParser):
    """Every element with its attributes, and the text people see."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str]]] = []
        self.text = ""
        self._hidden = 0
        self.feed(page)
        self.text = " ".join(self.text.split())

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, {name: value or "" for name, value in attrs}))
        self._hidden += tag in ("script", "style")

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, {name: value or "" for name, value in attrs}))

    def handle_endtag(self, tag: str) -> None:
        self._hidden -= tag in ("script", "style")

    def handle_data(self, data: str) -> None:
        if not self._hidden:
            self.text += f" {data}"

    def all(self, tag: str) -> list[dict[str, str]]:
        return [attributes for name, attributes in self.elements if name == tag]


def page_of(assessment: Assessment) -> str:
    return html(content(assessment), Pictures.of(assessment))


@pytest.fixture(scope="module")
def read(block_assessment: Assessment) -> Read:
    return Read(page_of(block_assessment))


def squeezed(text: str) -> str:
    return " ".join(text.split())


def test_every_verdict_stands_on_the_page_with_its_facts_and_source(
    block_assessment: Assessment, read: Read
) -> None:
    for decision in block_assessment.decisions:
        said = (decision.stance.value, decision.headline, *decision.reasons_for, *decision.reasons_against)
        for words in (
            *said,
            *(side.sentence for conflict in decision.conflicts for side in conflict.sides),
            *decision.always_said,
        ):
            assert words in read.text
        for verdict in decision.verdicts:
            for words in (verdict.sentence, verdict.rule, verdict.where, verdict.outcome.value):
                assert words in read.text
            for name in verdict.missing:
                assert fact(name).label in read.text
        for name in decision.ask_next:
            assert fact(name).question in read.text


def test_every_finding_of_every_level_stands_on_the_page_or_says_why_not(
    block_assessment: Assessment, read: Read
) -> None:
    findings = block_assessment.findings
    assert isinstance(findings, Findings)
    for found in findings.vertebrae.values():
        for _, value in found:
            if isinstance(value, Unknown):
                assert value.why in read.text
            elif isinstance(value, Graded):
                assert in_words(replace(value, possible=(value.value,))) in read.text
            else:
                assert value.in_words() in read.text and value.method in read.text


def test_cautions_settings_and_what_was_not_done_are_printed(
    block_assessment: Assessment, read: Read
) -> None:
    for what, why in block_assessment.not_done:
        assert what in read.text and why in read.text
    for setting in block_assessment.settings:
        assert setting_in_words(setting.name) in read.text and squeezed(setting.note) in read.text
    assert "The slices are 3 mm thick." in read.text
    assert read.text.count(squeezed(say("intended_use"))) == 2


def test_every_change_that_would_give_another_answer_is_printed(
    block_assessment: Assessment, read: Read
) -> None:
    lines = changes_words(block_assessment.boundaries)
    assert lines
    for line in lines:
        assert all(said in read.text for said in (line.label, line.now, line.then, *dict(line.answers)))


def test_the_way_to_each_answer_is_printed(block_assessment: Assessment, read: Read) -> None:
    for decision in block_assessment.decisions:
        found = trace(decision)
        assert all(said in read.text for said in (*found.passed, found.here))


def test_nothing_is_loaded_from_outside(read: Read) -> None:
    for tag, attributes in read.elements:
        for name in ("src", "srcset", "data", "poster", "action", "xlink:href"):
            assert not attributes.get(name, "").startswith(("http", "//")), (tag, name)
        if tag in ("link", "image", "use", "iframe", "object", "embed", "base"):
            assert attributes.get("href", "data:").startswith("data:"), tag
    assert "url(" not in (page_module.TEMPLATES / "report.css").read_text(encoding="utf-8")
    policy = next(m["content"] for m in read.all("meta") if "http-equiv" in m)
    assert "default-src 'none'" in policy and "http" not in policy.replace("http-equiv", "")


def test_every_picture_has_words(read: Read) -> None:
    for image in read.all("img"):
        assert image.get("alt")
    drawings = read.all("svg")
    assert len(drawings) == 6
    for drawing in drawings:
        assert drawing["role"] == "img" and len(drawing["aria-label"]) > 40


def test_landmarks_language_headings_and_links_are_in_order(read: Read) -> None:
    assert read.all("html")[0]["lang"] == "en"
    for once in ("main", "nav", "h1", "title"):
        assert len(read.all(once)) == 1, once
    levels = [int(tag[1]) for tag, _ in read.elements if re.fullmatch("h[1-6]", tag)]
    assert levels[0] == 1
    assert all(after <= before + 1 for before, after in pairwise(levels))
    ids = [attributes["id"] for _, attributes in read.elements if "id" in attributes]
    assert len(ids) == len(set(ids))
    for link in read.all("a"):
        if link["href"].startswith("#"):
            assert link["href"][1:] in ids
    for _, attributes in read.elements:
        if "aria-labelledby" in attributes:
            assert attributes["aria-labelledby"] in ids
    for scrolled in (a for tag, a in read.elements if a.get("class") == "scroll"):
        assert scrolled["tabindex"] == "0"


def luminance(colour: str) -> float:
    channels = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def test_colours_reach_the_contrast_of_wcag_aa() -> None:
    css = (page_module.TEMPLATES / "report.css").read_text(encoding="utf-8")
    colours = dict(re.findall(r"--([a-z-]+): (#[0-9a-f]{6});", css))
    pairs = [("ink", "paper"), ("ink", "ground"), ("soft", "paper"), ("soft", "ground"), ("accent", "ground")]
    for tone in ("go", "talk", "wait", "stop", "open"):
        pairs += [(tone, "paper"), (tone, f"{tone}-ground")]
    for ink, ground in pairs:
        light, dark = sorted((luminance(colours[ink]), luminance(colours[ground])), reverse=True)
        assert (light + 0.05) / (dark + 0.05) >= 4.5, (ink, ground)


def test_an_answer_never_rests_on_colour_alone() -> None:
    assert set(TONES) == set(Stance) and set(TONES.values()) == set(SIGNS)
    assert set(MARKS) == set(Outcome) and len(set(MARKS.values())) == len(Outcome)


HOSTILE = "<script>alert(1)</script>\"'&#panic() ${7*7} {{ 7*7 }} {0} ]]> -->"


def hostile(assessment: Assessment) -> Assessment:
    """The same assessment with every free text replaced by an attack."""
    decisions = tuple(
        replace(
            d,
            headline=HOSTILE,
            reasons_for=(HOSTILE,),
            conflicts=tuple(replace(c, sentence=HOSTILE, question=HOSTILE) for c in d.conflicts),
            positions=tuple(replace(p, title=HOSTILE, rating=HOSTILE, sentence=HOSTILE) for p in d.positions),
            verdicts=tuple(replace(v, sentence=HOSTILE, rule=HOSTILE, where=HOSTILE) for v in d.verdicts),
        )
        for d in assessment.decisions
    )
    findings = assessment.findings
    assert isinstance(findings, Findings)
    own = replace(findings[Level.L1], wedge_angle=Unknown(HOSTILE), genant=Unknown(HOSTILE))
    bad = replace(findings, vertebrae={**findings.vertebrae, Level.L1: own}, cautions=(HOSTILE,))
    case = replace(assessment.case, id=HOSTILE, notes=(HOSTILE,), ct=Unknown(HOSTILE))
    return replace(assessment, case=case, findings=bad, decisions=decisions, not_done=((HOSTILE, HOSTILE),))


def test_hostile_text_is_shown_as_text(block_assessment: Assessment) -> None:
    plain = Read(page_of(replace(block_assessment, case=replace(block_assessment.case, ct=Unknown("x")))))
    page = page_of(hostile(block_assessment))
    read = Read(page)
    assert "<script>alert" not in page
    assert squeezed(HOSTILE) in read.text
    assert len(read.all("script")) == len(plain.all("script"))
    assert not any(name.startswith("on") for _, attributes in read.elements for name in attributes)


def test_two_runs_give_the_same_bytes(block_assessment: Assessment, tmp_path: Path) -> None:
    for name in ("one", "two"):
        write_report(block_assessment, tmp_path / name)
    one, two = (sorted(p for p in (tmp_path / n).rglob("*") if p.is_file()) for n in ("one", "two"))
    assert [p.name for p in one] == [p.name for p in two] and len(one) == 8
    for a, b in zip(one, two, strict=True):
        assert a.read_bytes() == b.read_bytes(), a.name


def without(assessment: Assessment, **parts: Any) -> Assessment:
    return replace(assessment, case=replace(assessment.case, **parts))


def record_only(assessment: Assessment) -> Assessment:
    why = Unknown("no images were given")
    decisions = tuple(replace(d, level=why) for d in assessment.decisions)
    bare = replace(assessment, findings=why, decisions=decisions, facts={}, settings=(), not_done=())
    return without(bare, level=why, ct=why, spine=why)


def mask_only(assessment: Assessment) -> Assessment:
    return without(assessment, ct=Unknown("only a mask was given"))


def nothing_measured(assessment: Assessment) -> Assessment:
    return replace(assessment, findings=Unknown("the voxels are too large"))


def no_level(assessment: Assessment) -> Assessment:
    return without(assessment, level=Unknown("nobody named it"))


def no_landmarks(assessment: Assessment) -> Assessment:
    assert isinstance(assessment.findings, Findings)
    return replace(assessment, findings=replace(assessment.findings, landmarks={}))


def one_vertebra(assessment: Assessment) -> Assessment:
    spine, findings = assessment.case.spine, assessment.findings
    assert isinstance(spine, Spine) and isinstance(findings, Findings)
    alone = replace(findings, vertebrae={Level.L1: findings[Level.L1]}, landmarks={})
    return without(replace(assessment, findings=alone), spine=Spine({Level.L1: spine[Level.L1]}, "user"))


def all_unknown(assessment: Assessment) -> Assessment:
    assert isinstance(assessment.findings, Findings)
    names = {f.name: Unknown(f"no {f.name}") for f in fields(VertebraFindings) if f.name != "level"}
    blank: dict[str, Any] = dict(names)
    own = {level: VertebraFindings(level=level, **blank) for level in assessment.findings.vertebrae}
    why = Unknown("no tissue was found")
    return replace(
        assessment, findings=replace(assessment.findings, vertebrae=own, calibration=why, contrast=why)
    )


def as_it_is(assessment: Assessment) -> Assessment:
    return assessment


SITUATIONS = [
    as_it_is,
    record_only,
    mask_only,
    nothing_measured,
    no_level,
    no_landmarks,
    one_vertebra,
    all_unknown,
]


@pytest.mark.parametrize("change", SITUATIONS, ids=lambda change: change.__name__)
def test_the_report_is_whole_whatever_is_missing_and_says_why(
    change: Callable[[Assessment], Assessment], block_assessment: Assessment, tmp_path: Path
) -> None:
    assessment = change(block_assessment)
    written = write_report(assessment, tmp_path)
    assert all(path.stat().st_size > 0 for path in written)
    text = Read(written[0].read_text(encoding="utf-8")).text
    case = assessment.case
    for part in (case.ct, case.spine, case.level, assessment.findings):
        if isinstance(part, Unknown):
            assert part.why in text
    assert assessment.decisions[0].headline in text
    assert "{" not in text and "}" not in text, "a placeholder was left open"


def test_absence_is_only_said_of_what_was_measured(block_assessment: Assessment) -> None:
    findings = block_assessment.findings
    assert isinstance(findings, Findings)
    normal = Graded(GenantGrade.NORMAL, "heights", (GenantGrade.NORMAL,))
    whole = {
        level: replace(found, genant=normal if level != Level.T12 else Unknown("cut off by the image"))
        for level, found in findings.vertebrae.items()
    }
    text = Read(page_of(replace(block_assessment, findings=replace(findings, vertebrae=whole)))).text
    assert not re.search(r"no (vertebral )?fracture|not fractured|is normal|healthy", text, re.IGNORECASE)
    assert squeezed(say("lead.graded_zero", list="L1, L2")) in text
    assert "T12 (cut off by the image)" in text
    assert squeezed(say("lead.elsewhere")) in text
