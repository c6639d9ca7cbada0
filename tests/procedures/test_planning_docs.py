"""The results in docs/planning.md are worked out anew: what the page says of VerSe 004 must still be so."""

from pathlib import Path

import pytest
from needle_cases import paths

from vertebro.formats.casefile import case_of_mask
from vertebro.patient.spine import Spine
from vertebro.procedures.grades import Robustness
from vertebro.procedures.trajectory import Route, Side
from vertebro.vocabulary.levels import Level
from vertebro.vocabulary.measured import Measured

PAGE = (Path(__file__).parents[2] / "docs" / "planning.md").read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def verse(shared_data: Path) -> Spine:
    spine = case_of_mask(shared_data / "verse004/sub-verse004_seg-vert_msk.nii.gz", "verse", None).spine
    assert isinstance(spine, Spine)
    return spine


def row(level: Level, side: Side) -> list[str]:
    """The cells of a path's line on the page."""
    (line,) = [x for x in PAGE.splitlines() if x.startswith(f"| {level} | {side} |")]
    return [cell.strip() for cell in line.strip("|").split("|")]


@pytest.mark.parametrize("level", [Level.T12, Level.L1, Level.L4])
def test_the_page_tells_the_paths_as_they_are(verse: Spine, level: Level) -> None:
    for side in Side:
        path, cells = paths(verse, level, side)[0], row(level, side)
        through = "through" if path.route is Route.TRANSPEDICULAR else "past"
        assert cells[2] == f"{through} the pedicle, {path.needle.gauge} gauge"
        canal = path.margins["canal"]
        assert isinstance(canal, Measured) and abs(canal.value - float(cells[3])) < 0.6
        assert cells[7] == str(path.grade)
        assert isinstance(path.robustness, Robustness)
        assert abs(100 * path.robustness.acceptable - float(cells[8].split()[0])) < 5
        assert isinstance(path.convergence, Measured)
        assert abs(path.convergence.value - float(cells[10].rstrip("°"))) < 3
