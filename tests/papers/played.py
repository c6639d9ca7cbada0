"""The published checks, each played once in a run of the tests."""

from functools import cache
from pathlib import Path

from vertebro.formats.nifti import read_nifti
from vertebro.report.papers_words import cells
from vertebro.simulation.endplate_lift import v as lift
from vertebro.simulation.inflation import Inflation
from vertebro.simulation.papers.adjacent import Pillared, pillared
from vertebro.simulation.papers.dose import DoseResponse, dose_response
from vertebro.simulation.papers.published_l2 import inflated_l2, published_l2
from vertebro.simulation.papers.rows import PaperRow
from vertebro.simulation.papers.table import CHECKS
from vertebro.simulation.vertebra_grid import VertebraGrid
from vertebro.vocabulary.grades import Quantity


@cache
def rows_of(check: str) -> tuple[PaperRow, ...]:
    """The rows of one check, as ``vertebro validate papers`` has them."""
    return tuple(CHECKS[check]())


@cache
def pillar() -> Pillared:
    """The segment without and with a pillar."""
    return pillared()


@cache
def l2(shared: Path) -> VertebraGrid:
    """The published L2 on the cubes that patients get."""
    stem = shared / "verse004" / "sub-verse004_0000_vertebra_21"
    density = read_nifti(Path(f"{stem}_im.nii.gz"), Quantity.K2HPO4_MG_CM3)
    labels = read_nifti(Path(f"{stem}_seg.nii.gz"), Quantity.LABEL)
    return published_l2(density, labels, lift.voxel_mm.number)


@cache
def l2_doses(shared: Path) -> DoseResponse:
    """It, broken and filled."""
    return dose_response(l2(shared))


@cache
def l2_inflated(shared: Path) -> Inflation:
    """It, with two balloons."""
    return inflated_l2(l2(shared))


def line(row: PaperRow) -> str:
    """A row as it stands in the table of docs/validation.md."""
    name, *rest = cells(row)
    return "| " + " | ".join((f"{row.check}: {name}", *rest)) + " |"
