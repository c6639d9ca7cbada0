"""The two real spines: what the radiologist's reference says, and what a peer gets wrong."""

from datetime import date
from pathlib import Path

import nibabel as nib
import numpy as np
import pytest

from vertebro.fracture.findings import Findings
from vertebro.fracture.measure import measure
from vertebro.patient.case import Case
from vertebro.patient.record import ClinicalRecord
from vertebro.patient.spine import Spine
from vertebro.patient.volume import Volume
from vertebro.vocabulary.grades import FractureShape, GenantGrade, Quantity
from vertebro.vocabulary.known import Unknown
from vertebro.vocabulary.levels import Level
from vertebro.vocabulary.measured import Graded, Measured

DAY = date(2026, 3, 2)
RAS_TO_LPS = np.diag([-1.0, -1.0, 1.0, 1.0])
VERSE = {n + 8: Level[f"T{n + 1}"] for n in range(12)} | {n + 20: Level[f"L{n + 1}"] for n in range(5)}
TOTAL = {33: Level.T11, 32: Level.T12} | {32 - n: Level[f"L{n}"] for n in range(1, 6)}


def read(path: Path, quantity: Quantity) -> Volume:
    image = nib.load(path)
    values = np.asarray(image.dataobj)
    kind = np.uint8 if quantity is Quantity.LABEL else np.float32
    return Volume(values.astype(kind), RAS_TO_LPS @ image.affine, quantity)


def case_of(spine: Spine, ct: Volume | None = None) -> Case:
    given = Unknown("no CT was given") if ct is None else ct
    return Case("real", DAY, ClinicalRecord(DAY, {}), Unknown("not named"), given, spine)


@pytest.fixture(scope="module")
def verse004(shared_data: Path) -> Findings:
    labels = read(shared_data / "verse004" / "sub-verse004_seg-vert_msk.nii.gz", Quantity.LABEL)
    return measure(case_of(Spine.from_labels(labels, VERSE, "the VerSe scheme")))


@pytest.fixture(scope="module")
def lumbar(shared_data: Path) -> Findings:
    folder = shared_data / "ct_lumbar_ts"
    spine = Spine.from_labels(read(folder / "totalseg.nii.gz", Quantity.LABEL), TOTAL, "TotalSegmentator")
    return measure(case_of(spine, read(folder / "example_ct.nii.gz", Quantity.HOUNSFIELD)))


def test_the_broken_l1_is_severe_and_a_crush(verse004: Findings) -> None:
    found = verse004[Level.L1]
    assert isinstance(found.genant, Graded)
    assert found.genant.value is GenantGrade.SEVERE
    assert found.genant.is_certain
    assert isinstance(found.shape, Graded)
    assert found.shape.value is FractureShape.CRUSH


@pytest.mark.parametrize("level", [Level.T11, Level.T12, Level.L2, Level.L3])
def test_her_other_levels_are_not_broken(verse004: Findings, level: Level) -> None:
    found = verse004[level].genant
    assert isinstance(found, Graded)
    assert found.value is GenantGrade.NORMAL


@pytest.mark.parametrize("level", [Level.L1, Level.L2, Level.L3, Level.L4, Level.L5])
def test_a_lordotic_spine_is_not_called_broken(lumbar: Findings, level: Level) -> None:
    found = lumbar[level].genant
    assert isinstance(found, Graded)
    assert found.value is GenantGrade.NORMAL


def test_her_lower_lumbar_bodies_are_higher_in_front(lumbar: Findings) -> None:
    for level in (Level.L4, Level.L5):
        wedge = lumbar[level].wedge_angle
        assert isinstance(wedge, Measured)
        assert wedge.value + wedge.spread < 0


def test_a_body_cut_by_the_border_is_unknown_and_says_why(lumbar: Findings) -> None:
    found = lumbar[Level.T12]
    for value in (found.anterior_height, found.height_loss, found.genant, found.wedge_angle):
        assert isinstance(value, Unknown)
        assert "cut off" in value.why
    assert isinstance(lumbar[Level.T11].anterior_height, Unknown)
    assert Level.T12 not in lumbar.landmarks
