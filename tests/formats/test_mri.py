"""The MRI of a case file: NIfTI and DICOM, the sequence said by person and header, and what is refused."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from pydicom import dcmread

from vertebro.errors import BadAnatomy, BadCase, BadFile, BadGeometry, BadInput
from vertebro.formats.casefile import read_case, read_record
from vertebro.formats.dicom_write import MrTimes, SeriesWords, write_ct_series, write_mr_series
from vertebro.formats.nifti import write_nifti
from vertebro.fracture.measure import measure
from vertebro.patient.mri import Mri, MrSequence
from vertebro.patient.spine import Spine
from vertebro.patient.volume import Volume
from vertebro.vocabulary.grades import Quantity
from vertebro.vocabulary.known import Unknown
from vertebro.vocabulary.levels import Level

STIR = MrTimes("SE\\IR", 60, 4000, 160)
T1 = MrTimes("SE", 10, 600)
T2 = MrTimes("SE", 100, 3500)
HEAD = "id: a\ndate: 2026-11-22\n"


def image(seed: int = 0) -> Volume:
    """Some signal on an oblique sagittal grid."""
    affine = np.array([[0, 0, 4.0, 5], [0.9, 0, 0, 6], [0, -0.9, 0, 7], [0, 0, 0, 1]])
    values = np.random.default_rng(seed).integers(0, 900, (24, 30, 9)).astype(np.float32)
    return Volume(values, affine, Quantity.MR_SIGNAL)


def dicom(folder: Path, times: MrTimes, **words: object) -> None:
    write_mr_series(image(), folder, SeriesWords(**words), times, "1.2.3")  # type: ignore[arg-type]


def mri_of(folder: Path, block: str) -> Mri:
    (folder / "case.yaml").write_text(f"{HEAD}mri:\n{block}", encoding="utf-8")
    found = read_case(folder).mri
    assert isinstance(found, Mri)
    return found


def test_nifti_series_are_read_as_the_person_calls_them(tmp_path: Path) -> None:
    write_nifti(image(), tmp_path / "a.nii.gz")
    write_nifti(image(1), tmp_path / "b.nii.gz")
    found = mri_of(tmp_path, "  stir: a.nii.gz\n  t1: {file: b.nii.gz}\n")
    assert list(found.images) == [MrSequence.STIR, MrSequence.T1]
    stir = found.images[MrSequence.STIR]
    assert stir.image.quantity is Quantity.MR_SIGNAL and stir.said_by == "the case file"
    assert stir.image.same_grid(image()) and np.array_equal(stir.image.values, image().values)
    assert found.for_oedema is stir and not found.lies_on_ct
    assert found.for_registration.sequence is MrSequence.T1


def test_a_dicom_series_comes_back_where_it_was_and_its_header_is_asked(tmp_path: Path) -> None:
    dicom(tmp_path / "mr", STIR, description="sag")
    found = mri_of(tmp_path, "  stir: mr\n").images[MrSequence.STIR]
    assert "IR" in found.said_by and "160" in found.said_by
    points = image().to_mm(np.array([[0, 0, 0], [23, 29, 8]]))
    index = np.rint(found.image.to_index(points)).astype(int)
    assert [found.image.values[tuple(i)] for i in index] == [
        image().values[0, 0, 0],
        image().values[23, 29, 8],
    ]


def test_of_several_series_the_header_tells_which_is_meant(tmp_path: Path) -> None:
    for n, (name, times) in enumerate((("stir", STIR), ("t1", T1), ("t2", T2))):
        dicom(tmp_path / "mr" / name, times, number=n + 1, description="sag")
    found = mri_of(tmp_path, "  stir: mr\n  t1: {file: mr, series: 2}\n")
    assert set(found.images) == {MrSequence.STIR, MrSequence.T1}
    with pytest.raises(BadFile, match="several MR series"):
        mri_of(tmp_path, "  t2_fat_suppressed: mr\n")


@pytest.mark.parametrize(("name", "times"), [("stir", T2), ("stir", T1), ("t1", STIR), ("t2", STIR)])
def test_a_header_that_says_otherwise_is_refused(tmp_path: Path, name: str, times: MrTimes) -> None:
    dicom(tmp_path / "mr", times)
    with pytest.raises(BadGeometry, match="header speaks of"):
        mri_of(tmp_path, f"  {name}: mr\n")


def test_a_ct_is_no_mri(tmp_path: Path) -> None:
    hu = replace(image(), values=image().values - 1000, quantity=Quantity.HOUNSFIELD)
    write_ct_series(hu, tmp_path / "ct")
    with pytest.raises(BadInput, match=r"modality CT|no MR series"):
        mri_of(tmp_path, "  stir: ct\n")
    write_nifti(hu, tmp_path / "ct.nii.gz")
    with pytest.raises(BadGeometry, match="looks like a CT"):
        mri_of(tmp_path, "  stir: ct.nii.gz\n")


def test_images_of_two_patients_are_never_laid_together(tmp_path: Path) -> None:
    dicom(tmp_path / "stir", STIR, patient_id="one")
    dicom(tmp_path / "t1", T1, patient_id="other")
    with pytest.raises(BadCase, match="different patient numbers"):
        mri_of(tmp_path, "  stir: stir\n  t1: t1\n")


def test_series_of_two_frames_are_refused(tmp_path: Path) -> None:
    dicom(tmp_path / "stir", STIR)
    write_mr_series(image(), tmp_path / "t1", SeriesWords(), T1, "9.9.9")
    with pytest.raises(BadGeometry, match="frames of reference"):
        mri_of(tmp_path, "  stir: stir\n  t1: t1\n")


def test_a_missing_slice_is_refused_as_in_a_ct(tmp_path: Path) -> None:
    dicom(tmp_path / "mr", STIR)
    (tmp_path / "mr" / "MR0005.dcm").unlink()
    with pytest.raises(BadGeometry, match="missing"):
        mri_of(tmp_path, "  stir: mr\n")


def test_registered_needs_a_mask_and_an_empty_block_is_refused(tmp_path: Path) -> None:
    write_nifti(image(), tmp_path / "a.nii.gz")
    with pytest.raises(BadCase, match="no mask on the CT"):
        mri_of(tmp_path, "  stir: a.nii.gz\n  registered: true\n")
    with pytest.raises(BadCase, match="names no image"):
        mri_of(tmp_path, "  registered: false\n")
    with pytest.raises(BadInput, match="stri"):
        mri_of(tmp_path, "  stri: a.nii.gz\n")


def test_what_mri_showed_is_still_a_fact_of_a_bare_record(tmp_path: Path) -> None:
    path = tmp_path / "record.yaml"
    path.write_text("date: 2026-11-22\nmri: oedema\noedema_levels: [T12, L1]\n", encoding="utf-8")
    record = read_record(path)
    assert record.value("mri") == "oedema" and record.value("oedema_levels") == (Level.T12, Level.L1)


def test_the_header_of_an_enhanced_or_silent_series_is_not_guessed(tmp_path: Path) -> None:
    dicom(tmp_path / "mr", STIR)
    for path in (tmp_path / "mr").iterdir():
        ds = dcmread(path)
        for tag in ("InversionTime", "EchoTime", "RepetitionTime", "ScanningSequence"):
            delattr(ds, tag)
        ds.save_as(path)
    found = mri_of(tmp_path, "  t1: mr\n").images[MrSequence.T1]
    assert found.said_by == "the case file"


def test_a_real_t2_reads_and_no_oedema_is_measured(shared_data: Path, tmp_path: Path) -> None:
    folder = shared_data / "mr_tptbox"
    mask, t2 = folder / "sub-mri_seg-vert_label-6_msk.nii.gz", folder / "sub-mri_label-6_T2w.nii.gz"
    with pytest.raises(BadAnatomy, match="C6"):  # by its numbers a neck, by its size a lumbar spine
        mri_of(tmp_path, f"  t2: {t2}\n  mask: {{file: {mask}, scheme: tptbox}}\n")
    names = "levels: {5: L1, 6: L2, 7: L3}"
    found = mri_of(tmp_path, f"  t2: {t2}\n  mask: {{file: {mask}, {names}}}\n")
    assert isinstance(found.spine, Spine) and found.spine.levels == (Level.L1, Level.L2, Level.L3)
    assert found.for_oedema is None
    seen = measure(replace(read_case(tmp_path), spine=found.spine))
    for level in found.spine.levels:
        none = seen[level].oedema_fraction
        assert isinstance(none, Unknown) and "no STIR" in none.why
