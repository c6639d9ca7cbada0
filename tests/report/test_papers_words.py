"""The table of published numbers as people and programs read it: inside, outside, unknown, left out."""

import json
from math import inf
from pathlib import Path

import pytest

from vertebro.formats.document import as_json
from vertebro.formats.papers_document import papers_document
from vertebro.interfaces.cli import main
from vertebro.report.papers_words import cells, number, papers_in_words
from vertebro.simulation.papers.rows import Band, PaperRow, PapersTable, row, v
from vertebro.vocabulary.known import Unknown

SOURCE = v.habib_leak_g
ROWS = (
    PaperRow("a check", "a first number", Band.about(20.0, 25.0, SOURCE), 17.0, "%"),
    PaperRow("a check", "a second", Band.one_spread(1.5, 2.9, SOURCE), 9.04, "mm"),
    PaperRow("another", "a third", Band("7", -1.0, inf, SOURCE), Unknown("nobody asked"), "1"),
)
TABLE = PapersTable(ROWS, (("a fourth", "its image is missing"),))


def test_a_band_holds_its_ends_and_an_unknown_is_neither_in_nor_out() -> None:
    assert [r.inside for r in ROWS] == [True, False, None] and not TABLE.agrees
    for ours, inside in ((15.0, True), (25.0, True), (14.99, False), (25.01, False)):
        assert PaperRow("", "", ROWS[0].band, ours, "%").inside is inside


def test_the_words_name_what_is_outside_and_what_was_not_done() -> None:
    said = papers_in_words(TABLE)
    assert "1 of 2 numbers" in said and "Outside: a check: a second" in said
    assert "Not done: a fourth: its image is missing." in said
    assert said.count("a check\n") == 1 and "OUTSIDE" in said
    assert cells(ROWS[1])[1:4] == ("1.5 ± 2.9 mm [habib2010]", "-1.4 to 4.4", "9.0 mm")
    assert cells(ROWS[2])[2:] == ("-1.0 or more", "unknown", "")


def test_the_document_is_plain_data_and_says_why_a_number_is_missing() -> None:
    made = json.loads(as_json(papers_document(TABLE)))
    assert made["format"] == "vertebro.papers/1" and made["agrees"] is False
    assert [r["inside"] for r in made["rows"]] == [True, False, None]
    assert made["rows"][2]["ours"] == {"unknown": "nobody asked"} and made["rows"][2]["high"] is None
    assert made["rows"][0]["source"] == "habib2010" and made["not_done"][0]["what"] == "a fourth"


@pytest.mark.parametrize(
    ("value", "said"), [(104.4, "104"), (9.95, "9.9"), (-0.04, "-0.04"), (-0.004, "0.00"), (0.332, "0.33")]
)
def test_numbers_have_no_more_digits_than_they_deserve(value: float, said: str) -> None:
    assert number(value) == said


def test_a_folder_that_is_not_there_is_refused_before_anything_is_played(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for folder in (tmp_path / "nowhere", tmp_path):
        with pytest.raises(SystemExit, match="2"):
            main(["validate", "papers", "--data", str(folder)])
    said = capsys.readouterr()
    assert "no folder of published data" in said.err and "verse004" in said.err
    assert "pillar" not in said.err


def test_every_row_has_words() -> None:
    band = Band.about(1.0, 1.0, SOURCE)
    assert row("heat_10", "canal_wall", band, 1.0, "Cel").name == "wall of the canal"
