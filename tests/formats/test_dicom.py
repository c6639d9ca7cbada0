"""DICOM CT series: every voxel at its place, in HU, through every compression; the rest refused in words."""

from pathlib import Path

import highdicom
import numpy as np
import pydicom
import pytest
from images_of_known_truth import CODES, body_like_hu, by_place, oblique_ct
from numpy.testing import assert_allclose, assert_array_equal
from pydicom.data import get_testdata_file
from pydicom.filebase import DicomFileLike
from pydicom.filewriter import write_dataset
from pydicom.uid import (
    DeflatedExplicitVRLittleEndian,
    JPEG2000Lossless,
    JPEGLSLossless,
    RLELossless,
)

from vertebro.errors import BadFile, BadGeometry
from vertebro.formats.dicom import list_series, read_series
from vertebro.formats.dicom_write import SeriesWords, write_ct_series
from vertebro.formats.nifti import read_nifti
from vertebro.patient.volume import Volume
from vertebro.vocabulary.grades import Quantity


@pytest.mark.parametrize("codes", CODES)
def test_every_voxel_keeps_its_place_in_all_48_orientations(codes: str, tmp_path: Path) -> None:
    write_ct_series(oblique_ct(codes), tmp_path / "ct")
    back, _ = read_series(tmp_path / "ct")
    assert back.values.dtype == np.int16
    for one, other in zip(by_place(back), by_place(oblique_ct()), strict=True):
        assert_allclose(one, other, atol=1e-6)
    assert back.axis_codes[:2] == codes[:2]
    assert np.linalg.det(back.affine_mm[:3, :3]) > 0


def hand_written(
    folder: Path, orientation: list[float], positions: list[list[float]], names: list[str]
) -> None:
    """A series written with pydicom alone: one marked pixel in row 1, column 3 of the first slice."""
    template = pydicom.dcmread(get_testdata_file("CT_small.dcm"))
    for n, (position, name) in enumerate(zip(positions, names, strict=True)):
        ds = template.copy()
        ds.file_meta = template.file_meta
        hu = body_like_hu((6, 5, 1), seed=n)[:, :, 0].T.copy()  # 5 rows, 6 columns
        hu[1, 3] = 2222 if n == 0 else 0
        ds.Rows, ds.Columns, ds.PixelSpacing = 5, 6, [0.8, 0.5]  # between rows, between columns
        ds.ImageOrientationPatient, ds.ImagePositionPatient = orientation, position
        ds.PixelData = (hu + 1024).astype("<u2").tobytes()
        ds.BitsStored, ds.HighBit, ds.PixelRepresentation = 16, 15, 0
        ds.RescaleSlope, ds.RescaleIntercept = 1, -1024
        ds.InstanceNumber, ds.SOPInstanceUID = n + 1, f"1.2.3.{n + 1}"
        ds.GantryDetectorTilt = 0
        ds.save_as(folder / name)


AXIAL, CORONAL, SAGITTAL = [1.0, 0, 0, 0, 1, 0], [1.0, 0, 0, 0, 0, -1], [0.0, 1, 0, 0, 0, -1]
FEET_FIRST_PRONE = [-1.0, 0, 0, 0, 1, 0]
STACKS = {  # orientation, step from slice to slice, where the marked pixel must lie from the first position
    "axial, head first file order": (AXIAL, [0, 0, -2.0], [1.5, 0.8, 0]),
    "axial, feet first file order": (AXIAL, [0, 0, 2.0], [1.5, 0.8, 0]),
    "axial, turned round": (FEET_FIRST_PRONE, [0, 0, 2.0], [-1.5, 0.8, 0]),
    "coronal": (CORONAL, [0, 3.0, 0], [1.5, 0, -0.8]),
    "sagittal": (SAGITTAL, [-4.0, 0, 0], [0, 1.5, -0.8]),
}


@pytest.mark.parametrize("name", STACKS)
@pytest.mark.parametrize("shuffled", [False, True])
def test_a_marked_pixel_lies_where_the_header_puts_it(name: str, shuffled: bool, tmp_path: Path) -> None:
    """Row, column, spacing and order by hand, straight from the standard's formula for a pixel's place."""
    orientation, step, offset = STACKS[name]
    first = np.array([-100.5, 20.25, 310.0])
    positions = [list(first + n * np.array(step)) for n in range(4)]
    names = [f"{'zaxb'[n] if shuffled else n}.dcm" for n in range(4)]
    hand_written(tmp_path, orientation, positions, names)
    volume, _ = read_series(tmp_path)
    found = volume.to_mm(np.argwhere(volume.values == 2222))
    assert_allclose(found, [first + offset], atol=1e-6)


@pytest.mark.parametrize(
    "syntax",
    [RLELossless, JPEG2000Lossless, JPEGLSLossless, DeflatedExplicitVRLittleEndian],
    ids=lambda u: u.name,
)
@pytest.mark.parametrize("lowest", [-1000, -1100], ids=["unsigned", "signed"])
def test_compressed_series_are_read_identically(syntax: str, lowest: int, tmp_path: Path) -> None:
    values = np.full((40, 32, 4), lowest, np.int16)
    values[5:30, 6:20] = body_like_hu((25, 14, 4))
    before = Volume(values, np.diag([0.5, 0.5, 2, 1]), Quantity.HOUNSFIELD)
    write_ct_series(before, tmp_path / "ct", transfer_syntax=syntax)
    assert pydicom.dcmread(tmp_path / "ct" / "CT0001.dcm").file_meta.TransferSyntaxUID == syntax
    back, _ = read_series(tmp_path / "ct")
    assert_array_equal(back.values, values)
    assert back.same_grid(before)


def slices(folder: Path) -> list[pydicom.Dataset]:
    return [pydicom.dcmread(p) for p in sorted(folder.glob("CT*.dcm"))]


@pytest.fixture
def series(tmp_path: Path) -> Path:
    write_ct_series(oblique_ct(), tmp_path / "ct", SeriesWords("Lumbar bone 1.0", 4))
    return tmp_path / "ct"


def test_an_enhanced_multi_frame_image_is_the_same_volume(series: Path, tmp_path: Path) -> None:
    """Converted by highdicom, frames in reverse, read from a file alone."""
    legacy = slices(series)
    for n, ds in enumerate(legacy):
        ds.AcquisitionNumber, ds.KVP, ds.ContentDate, ds.ContentTime = 1, 120, "20260102", "101010"
        ds.AcquisitionDate, ds.AcquisitionTime, ds.InstanceNumber = "20260102", "101010", len(legacy) - n
    enhanced = highdicom.legacy.LegacyConvertedEnhancedCTImage(
        legacy, "1.2.3.4", 9, "1.2.3.4.5", 1, transfer_syntax_uid="1.2.840.10008.1.2.1"
    )
    enhanced.save_as(tmp_path / "enhanced.dcm")
    back, _ = read_series(tmp_path / "enhanced.dcm")
    assert back.same_grid(oblique_ct())
    assert_array_equal(back.values, oblique_ct().values)


def test_one_of_several_series_is_chosen_by_number_description_or_uid(series: Path) -> None:
    other = oblique_ct("SPL")
    write_ct_series(other, series / "deeper", SeriesWords("Lumbar soft 3.0", 5))
    with pytest.raises(BadFile, match="several CT series") as refused:
        read_series(series)
    for word in ("Lumbar bone 1.0", "Lumbar soft 3.0", " 4 ", " 5 ", "9 x 8", "images"):
        assert word in refused.value.found
    listed = {s.number: s for s in list_series(series)}
    assert {n: s.images for n, s in listed.items()} == {4: 7, 5: other.shape[2]}
    for name in ("5", "soft", "lumbar soft 3.0", str(listed[5].uid)):
        volume, notes = read_series(series, name)
        assert volume.axis_codes[:2] == "SP"
        assert "Lumbar bone" in " ".join(notes)
    with pytest.raises(BadFile, match="fits several"):
        read_series(series, "Lumbar")
    with pytest.raises(BadFile, match="No series"):
        read_series(series, "7")


def test_other_things_in_the_folder_are_left_out_and_named(series: Path) -> None:
    (series / "notes.txt").write_text("read me")
    (series / "DICOMDIR").write_bytes(Path(get_testdata_file("DICOMDIR")).read_bytes())
    (series / "empty.dcm").touch()
    scout = slices(series)[0]
    scout.ImageType, scout.SOPInstanceUID = ["ORIGINAL", "PRIMARY", "LOCALIZER"], "1.2.3"
    scout.ImageOrientationPatient = [1, 0, 0, 0, 0, -1]
    scout.save_as(series / "scout.dcm")
    copy = slices(series)[3]
    copy.save_as(series / "copy_of_4.dcm")
    for name in ("test-SR.dcm", "MR_small.dcm"):
        (series / name).write_bytes(Path(get_testdata_file(name)).read_bytes())
    volume, notes = read_series(series)
    assert_array_equal(volume.values, oblique_ct().values)
    said = " ".join(notes)
    for word in ("notes.txt", "empty.dcm", "1 localiser", "1 file(s) that repeat", "2 other series"):
        assert word in said


def test_missing_identifiers_are_repaired_and_said(series: Path) -> None:
    for path in series.glob("*.dcm"):
        ds = pydicom.dcmread(path)
        ds.SeriesInstanceUID = ds.StudyInstanceUID = ds.SOPInstanceUID = ds.SOPClassUID = ""
        del ds.FrameOfReferenceUID
        ds.save_as(path)
    volume, notes = read_series(series)
    assert_array_equal(volume.values, oblique_ct().values)
    said = " ".join(notes)
    for word in ("no Series Instance UID", "no SOP Instance UID", "no Frame of Reference"):
        assert word in said


def test_files_without_preamble_or_meta_information_are_read(series: Path) -> None:
    for path in series.glob("*.dcm"):
        ds = pydicom.dcmread(path)
        with path.open("wb") as file:
            file_of_data_set_alone = DicomFileLike(file)
            file_of_data_set_alone.is_implicit_VR = file_of_data_set_alone.is_little_endian = True
            write_dataset(file_of_data_set_alone, ds)
        assert path.read_bytes()[128:132] != b"DICM"
    volume, _ = read_series(series)
    assert_array_equal(volume.values, oblique_ct().values)


def test_each_slice_keeps_its_own_rescale(series: Path) -> None:
    """A factor of a half in one slice makes the whole series real numbers; none is cut off or rounded."""
    path = sorted(series.glob("*.dcm"))[2]
    ds = pydicom.dcmread(path)
    ds.RescaleSlope = "0.5"
    ds.save_as(path)
    volume, _ = read_series(series)
    truth = oblique_ct().values.astype(np.float32)
    truth[:, :, 2] = 0.5 * (truth[:, :, 2] + 1024) - 1024
    assert volume.values.dtype == np.float32
    assert_allclose(volume.values, truth)


def spoiled(folder: Path, number: int, **changes: object) -> None:
    path = sorted(folder.glob("*.dcm"))[number]
    ds = pydicom.dcmread(path)
    for keyword, value in changes.items():
        if value is None:
            delattr(ds, keyword)
        else:
            setattr(ds, keyword, value)
    ds.save_as(path)


FAULTS = {
    "a missing slice": (lambda f: sorted(f.glob("*.dcm"))[3].unlink(), BadGeometry, "1 slice.* missing"),
    "one slice": (lambda f: [p.unlink() for p in sorted(f.glob("*.dcm"))[1:]], BadGeometry, "1 slice"),
    "truncated pixels": (
        lambda f: (p := min(f.glob("*.dcm"))).write_bytes(p.read_bytes()[:-50]),
        BadFile,
        "pixels",
    ),
    "half a header": (
        lambda f: (p := min(f.glob("*.dcm"))).write_bytes(p.read_bytes()[:400]),
        BadFile,
        "CT0001.*damaged",
    ),
    "another modality": (
        lambda f: [spoiled(f, n, Modality="MR") for n in range(7)],
        BadGeometry,
        "modality MR",
    ),
    "no rescale": (lambda f: spoiled(f, 2, RescaleSlope=None), BadGeometry, "rescale slope"),
    "a map of something": (lambda f: spoiled(f, 2, RescaleType="Z_EFF"), BadGeometry, "Z_EFF"),
    "no position": (lambda f: spoiled(f, 2, ImagePositionPatient=None), BadGeometry, "where it lies"),
    "another size": (lambda f: spoiled(f, 2, Rows=4), BadGeometry, "2 kinds"),
    "another patient": (lambda f: spoiled(f, 2, PatientID="SOMEONE ELSE"), BadGeometry, "2 patients"),
    "a moved slice": (
        lambda f: spoiled(f, 2, ImagePositionPatient=[-31.5, 40.25, -606.0]),
        BadGeometry,
        "CT0003.dcm",
    ),
}


@pytest.mark.parametrize("name", FAULTS)
def test_a_broken_series_is_refused_in_words(name: str, series: Path) -> None:
    spoil, kind, words = FAULTS[name]
    spoil(series)
    with pytest.raises(kind, match=words) as refused:
        read_series(series)
    assert refused.value.do


def test_places_without_a_series_are_refused_in_words(tmp_path: Path) -> None:
    with pytest.raises(BadFile, match="no file"):
        read_series(tmp_path / "nowhere")
    with pytest.raises(BadFile, match="no DICOM image"):
        read_series(tmp_path)
    (tmp_path / "DICOMDIR").write_bytes(Path(get_testdata_file("DICOMDIR")).read_bytes())
    with pytest.raises(BadFile, match="no DICOM image"):
        read_series(tmp_path)
    (tmp_path / "CT_small.dcm").write_bytes(Path(get_testdata_file("CT_small.dcm")).read_bytes())
    with pytest.raises(BadGeometry, match="1 slice"):
        read_series(tmp_path)


def test_writing_refuses_what_would_not_be_a_ct_series(tmp_path: Path) -> None:
    ct = oblique_ct()
    with pytest.raises(BadGeometry, match="label"):
        write_ct_series(Volume(ct.values, ct.affine_mm, Quantity.LABEL), tmp_path / "a")
    with pytest.raises(BadGeometry, match="40000"):
        write_ct_series(Volume(np.full((3, 3, 3), 40000.0), np.eye(4), Quantity.HOUNSFIELD), tmp_path / "a")
    assert not (tmp_path / "a").exists()
    write_ct_series(ct, tmp_path / "a")
    with pytest.raises(BadGeometry, match="32 pixels"):
        write_ct_series(ct, tmp_path / "b", transfer_syntax=JPEG2000Lossless)
    with pytest.raises(BadFile, match="not empty"):
        write_ct_series(ct, tmp_path / "a")


def test_the_real_series_agrees_with_its_mask(shared_data: Path) -> None:
    """JPEG 2000, all UIDs empty; its mask lies on the same grid, and the vertebrae in it are bone."""
    ct, notes = read_series(shared_data / "ct_dicom_ts")
    mask = read_nifti(shared_data / "ct_dicom_ts" / "seg_total_multilabel.nii.gz", Quantity.LABEL)
    mask = mask.oriented(ct.axis_codes)
    assert ct.shape == (512, 512, 20)
    assert ct.same_grid(mask)
    t11, t12 = (np.median(ct.values[mask.values == n]) for n in (33, 32))
    assert t11 > 150 and t12 > 150
    assert ct.values[mask.values == 0].min() == -1024
    assert any("no Series Instance UID" in n for n in notes)


def test_the_real_tilted_and_incomplete_series_are_refused_in_words(shared_data: Path) -> None:
    with pytest.raises(BadGeometry, match=r"tilted by 14\.0 degrees"):
        read_series(shared_data / "dicom_malformed" / "gantrytilting")
    with pytest.raises(BadGeometry, match=r"1 slice\(s\) are missing.*5 mm apart, but 10 mm"):
        read_series(shared_data / "dicom_malformed" / "missing_slice")


@pytest.mark.parametrize("shift_px", [-2, 1])
def test_a_tilted_series_is_straightened_when_asked_for(shift_px: int, series: Path) -> None:
    """Slices shifted by whole pixels: every voxel must come back at the place its own header gave it."""
    ct = oblique_ct()
    along_rows = ct.affine_mm[:3, 1]
    for k, path in enumerate(sorted(series.glob("*.dcm"))):
        ds = pydicom.dcmread(path)
        ds.ImagePositionPatient = [round(float(c), 9) for c in ct.to_mm(np.array([0, shift_px * k, k]))]
        ds.save_as(path)
    with pytest.raises(BadGeometry, match="tilted by"):
        read_series(series)
    straight, notes = read_series(series, straighten=True)
    index = np.indices(ct.shape).reshape(3, -1).T
    places = ct.to_mm(index + np.outer(index[:, 2], shift_px * np.eye(3)[1]))
    found = np.rint(straight.to_index(places)).astype(int)
    assert_array_equal(straight.values[tuple(found.T)], ct.values[tuple(index.T)])
    assert np.abs(straight.to_mm(found) - places).max() < 1e-4
    assert np.count_nonzero(straight.values == -1024) == straight.values.size - ct.values.size
    assert abs(along_rows @ straight.affine_mm[:3, 2]) < 1e-9
    assert any("tilted" in n for n in notes)
