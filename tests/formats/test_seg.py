"""DICOM SEG: every labelled voxel at its place, every vertebra by its name, the rest refused in words."""

from pathlib import Path

import highdicom
import numpy as np
import pydicom
import pytest
from highdicom.seg import Segmentation, SegmentDescription
from images_of_known_truth import CODES, by_place, oblique_ct
from numpy.testing import assert_allclose, assert_array_equal
from pydicom.sr.codedict import codes
from pydicom.sr.coding import Code

from vertebro.errors import BadFile, BadGeometry, BadLabels
from vertebro.formats.dicom import read_series
from vertebro.formats.dicom_write import write_ct_series
from vertebro.formats.nifti import read_nifti, write_nifti
from vertebro.formats.seg import read_seg, vertebra_codes
from vertebro.patient.volume import Volume
from vertebro.vocabulary.grades import Quantity
from vertebro.vocabulary.levels import Level

BONE = codes.SCT.Bone


def mask_of(ct: Volume) -> Volume:
    """Labels 1 to 3 scattered without any symmetry; every slice holds some."""
    values = (np.abs(ct.values.astype(int)) % 11).astype(np.uint8)
    return Volume(np.where(values > 3, 0, values), ct.affine_mm, Quantity.LABEL)


def written_seg(
    ct_folder: Path,
    planes: np.ndarray,
    what: dict[str, Code],
    kind: str = "BINARY",
) -> Path:
    """A SEG made by highdicom; ``planes`` are (slice, row, column[, segment]) in the order of the files."""
    sources = [pydicom.dcmread(p) for p in sorted(ct_folder.glob("*.dcm"))]
    described = [
        SegmentDescription(n, label, codes.SCT.AnatomicalStructure, code, "MANUAL")
        for n, (label, code) in enumerate(what.items(), start=1)
    ]
    seg = Segmentation(
        sources, planes, kind, described, "1.2.3", 5, "1.2.3.4", 1, "vertebro", "test", "1", "1"
    )
    seg.save_as(ct_folder.parent / "seg.dcm")
    return ct_folder.parent / "seg.dcm"


THREE = {"a": codes.SCT.T12Vertebra, "b": codes.SCT.L1Vertebra, "c": codes.SCT.L2Vertebra}


@pytest.mark.parametrize("codes_", CODES)
def test_every_label_keeps_its_place_in_all_48_orientations(codes_: str, tmp_path: Path) -> None:
    """NIfTI to SEG to NIfTI, compared voxel by voxel in the patient's space."""
    before = mask_of(oblique_ct(codes_))
    write_nifti(before, tmp_path / "before.nii.gz")
    mask = read_nifti(tmp_path / "before.nii.gz", Quantity.LABEL)
    write_ct_series(oblique_ct(codes_), tmp_path / "ct")
    path = written_seg(tmp_path / "ct", mask.values.transpose(2, 1, 0), THREE)
    ct, _ = read_series(tmp_path / "ct")
    on_ct, names = read_seg(path, ct)
    assert on_ct.same_grid(ct)
    assert names == {1: "T12", 2: "L1", 3: "L2"}
    write_nifti(on_ct, tmp_path / "after.nii.gz")
    after = read_nifti(tmp_path / "after.nii.gz", Quantity.LABEL)
    alone, _ = read_seg(path)
    for found in (on_ct, after, alone):
        for one, other in zip(by_place(found), by_place(mask_of(oblique_ct())), strict=True):
            assert_allclose(one, other, atol=1e-3)


@pytest.fixture
def ct_folder(tmp_path: Path) -> Path:
    write_ct_series(oblique_ct(), tmp_path / "ct")
    return tmp_path / "ct"


def planes() -> np.ndarray:
    return mask_of(oblique_ct()).values.transpose(2, 1, 0)


@pytest.mark.parametrize("kind", ["BINARY", "LABELMAP"])
def test_slices_without_labels_may_be_left_out_of_the_file(kind: str, ct_folder: Path) -> None:
    some = planes().copy()
    some[[0, 1, 3, 6]] = 0
    path = written_seg(ct_folder, some, THREE, kind)
    on_ct, _ = read_seg(path, oblique_ct())
    assert_array_equal(on_ct.values, some.transpose(2, 1, 0))


def test_names_come_from_the_code_and_else_from_the_label(ct_folder: Path) -> None:
    what = {"lowest thoracic": codes.SCT.T12Vertebra, "vertebrae_L1": BONE, "a rib": codes.SCT.Rib}
    assert read_seg(written_seg(ct_folder, planes(), what))[1] == {1: "T12", 2: "vertebrae_L1", 3: "a rib"}


def test_a_label_that_contradicts_its_code_is_refused(ct_folder: Path) -> None:
    path = written_seg(ct_folder, planes(), {"L2": codes.SCT.L1Vertebra, "b": BONE, "c": BONE})
    with pytest.raises(BadLabels, match="labelled 'L2' is coded as L1"):
        read_seg(path)


def overlapping(ct_folder: Path, what: dict[str, Code]) -> Path:
    """The first segment is everything, the second a part of it."""
    both = np.stack([planes() > 0, planes() == 2], axis=-1).astype(np.uint8)
    return written_seg(ct_folder, both, what)


def test_two_vertebrae_in_one_voxel_are_refused(ct_folder: Path) -> None:
    path = overlapping(ct_folder, {"a": codes.SCT.L1Vertebra, "b": codes.SCT.L2Vertebra})
    count = int((planes() == 2).sum())
    with pytest.raises(BadLabels, match=f"'L1' and 'L2' overlap in {count} voxels"):
        read_seg(path)


def test_a_vertebra_wins_over_what_is_no_vertebra(ct_folder: Path) -> None:
    path = overlapping(ct_folder, {"a": codes.SCT.L1Vertebra, "body": codes.SCT.VertebralForamen})
    mask, _ = read_seg(path, oblique_ct())
    assert_array_equal(mask.values, (planes() > 0).transpose(2, 1, 0))


def test_fractions_are_refused(ct_folder: Path) -> None:
    path = written_seg(ct_folder, (planes() > 0).astype(np.float32) * 0.5, {"a": BONE}, "FRACTIONAL")
    with pytest.raises(BadLabels, match="probabilities"):
        read_seg(path)


def test_a_mask_of_another_grid_is_refused(ct_folder: Path) -> None:
    path, ct = written_seg(ct_folder, planes(), THREE), oblique_ct()
    moved = ct.affine_mm.copy()
    moved[:3, 3] += 0.3
    with pytest.raises(BadGeometry, match="off by up to"):
        read_seg(path, Volume(ct.values, moved, Quantity.HOUNSFIELD))
    with pytest.raises(BadGeometry, match="outside the CT"):
        read_seg(path, ct.cropped((slice(0, 9), slice(0, 8), slice(0, 5))))
    part = ct.cropped((slice(0, 9), slice(0, 8), slice(0, 5)))
    lower = written_seg(ct_folder, np.where(np.arange(7)[:, None, None] < 5, planes(), 0), THREE)
    assert_array_equal(read_seg(lower, part)[0].values, mask_of(ct).values[:, :, :5])


def test_files_that_are_no_segmentation_are_refused(ct_folder: Path, tmp_path: Path) -> None:
    (tmp_path / "text.dcm").write_text("no DICOM")
    with pytest.raises(BadFile, match="CT Image Storage"):
        read_seg(ct_folder / "CT0001.dcm")
    with pytest.raises(BadFile, match="cannot be read"):
        read_seg(tmp_path / "text.dcm")
    with pytest.raises(BadFile, match="no file"):
        read_seg(tmp_path / "none.dcm")
    with pytest.raises(BadFile, match="folder"):
        read_seg(ct_folder)
    path = written_seg(ct_folder, planes(), THREE)
    path.write_bytes(path.read_bytes()[:-100])
    with pytest.raises(BadFile, match="cannot be read"):
        read_seg(path)


def test_the_codes_are_those_of_the_numbered_vertebrae() -> None:
    """As written by another program (TotalSegmentator's table) and in old SRT codes."""
    known = vertebra_codes()
    assert len(known) == 7 + 12 + 5 + 1
    assert {level: known[level].value for level in (Level.T11, Level.T12, Level.L1, Level.L5, Level.S1)} == {
        Level.T11: "12989004",
        Level.T12: "23215003",
        Level.L1: "66794005",
        Level.L5: "49668003",
        Level.S1: "65985001",
    }
    assert highdicom.sr.CodedConcept("T-11910", "SRT", "L1") == known[Level.L1]


def test_real_segmentations_lie_on_their_ct(shared_data: Path) -> None:
    folder = shared_data / "dicom_seg_sr"
    with pytest.raises(BadLabels, match="overlap in"):
        read_seg(folder / "partial_overlaps.dcm")
    labelmap, names = read_seg(folder / "sparse-labelmap-noppv.dcm")
    assert names == {1: "Liver"}
    assert np.count_nonzero(labelmap.values) == 630
    tumour, names = read_seg(folder / "seg.dcm")
    assert (tumour.shape, np.count_nonzero(tumour.values)) == ((128, 128, 13), 795)
    ct, _ = read_series(folder, "2")
    with pytest.raises(BadGeometry, match="does not lie on the voxels"):
        read_seg(folder / "seg.dcm", ct)
