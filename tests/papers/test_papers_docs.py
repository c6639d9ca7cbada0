"""Every number of ``vertebro validate papers``: in the band asked for, and as docs/validation.md has it.

``python tests/papers/test_papers_docs.py`` prints the lines of the page, to paste after a change.
"""

import os
from pathlib import Path

import pytest

from played import l2_doses, l2_inflated, line, rows_of  # isort: skip
from vertebro.simulation.papers.dose import dose_rows
from vertebro.simulation.papers.heights import height_rows
from vertebro.simulation.papers.rows import PaperRow
from vertebro.simulation.papers.table import CHECKS

PAGE = Path(__file__).parents[2] / "docs" / "validation.md"
SHORT = {"risk of any leak"}
"""What does not reach its band; the page says why."""
LONG = {"dose", "risks", "heat"}


def of_l2(shared: Path) -> tuple[PaperRow, ...]:
    """The rows that need the images of the published L2, in the order of ``rows_of_l2``."""
    return (*dose_rows(l2_doses(shared), "l2"), *height_rows(l2_inflated(shared), "l2"))


def judged(rows: tuple[PaperRow, ...]) -> None:
    page = PAGE.read_text(encoding="utf-8")
    assert {row.name for row in rows if not row.inside} == SHORT & {row.name for row in rows}
    assert [line(row) for row in rows if line(row) not in page] == []


@pytest.mark.parametrize(
    "check", [pytest.param(c, marks=[pytest.mark.slow] if c in LONG else []) for c in CHECKS]
)
def test_published_numbers(check: str) -> None:
    judged(rows_of(check))


@pytest.mark.slow
def test_published_numbers_of_a_real_vertebra(shared_data: Path) -> None:
    judged(of_l2(shared_data))


def test_the_page_has_no_line_that_the_program_does_not_print() -> None:
    """Lines of the quick checks are counted: an old line left on the page would be one too many."""
    page = PAGE.read_text(encoding="utf-8").splitlines()
    for check in set(CHECKS) - LONG:
        for name in {row.check for row in rows_of(check)}:
            assert sum(text.startswith(f"| {name}: ") for text in page) == sum(
                row.check == name for row in rows_of(check)
            )


if __name__ == "__main__":
    played = [row for check in CHECKS for row in rows_of(check)]
    print("\n".join(line(row) for row in (*played, *of_l2(Path(os.environ["VERTEBRO_SHARED_DATA"])))))
