"""The evidence in the report: every effect with every interval, every harm, the course, and the plots."""

from dataclasses import replace

import pytest

from vertebro.evidence.overview import Asked, Overview, overview
from vertebro.report.assessment import Assessment
from vertebro.report.content import content
from vertebro.report.evidence_section import evidence_words, forest_plots
from vertebro.report.page import html
from vertebro.report.pictures import Pictures


@pytest.fixture(scope="module")
def found() -> Overview:
    return overview(Asked(), {})


def test_every_effect_is_printed_with_every_interval(found: Overview) -> None:
    printed = [row for group in evidence_words(found).effects for row in group.rows]
    assert len(printed) == len(found.effects)
    assert sum(len(row.intervals) for row in printed) == sum(len(e.intervals) for e in found.effects)
    assert all(row.certainty and row.about for row in printed)


def test_every_harm_is_printed_under_its_heading(found: Overview) -> None:
    groups = evidence_words(found).harms
    assert len(groups) == 2
    for group in groups:
        mine = [h for h in found.harms if h.procedure.value in group.title.lower()]
        assert {name for name, _ in group.headings} == {h.heading.value for h in mine}
        assert sum(len(lines) for _, lines in group.headings) >= len(mine) > 0


def test_the_plots_are_of_pain_and_say_so_in_words(found: Overview) -> None:
    plots = forest_plots(found)
    assert len(plots) == 2 and len({plot.name for plot in plots}) == 2
    for plot in plots:
        assert "Pain" in plot.title and plot.alt and "<desc>" in plot.svg


def test_the_page_shows_the_evidence_and_leaves_the_section_out_without_it(
    block_assessment: Assessment, found: Overview
) -> None:
    with_evidence = replace(block_assessment, evidence=found)
    page = html(content(with_evidence), Pictures.of(with_evidence))
    assert 'id="evidence"' in page and 'href="#evidence"' in page and "against sham" in page
    without = replace(block_assessment, evidence=None)
    assert 'id="evidence"' not in html(content(without), Pictures.of(without))
