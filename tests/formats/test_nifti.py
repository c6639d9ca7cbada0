"""NIfTI in and out: every voxel keeps its place in the patient, and what cannot be used says so in words."""

import gzip
import struct
from pathlib import Path

import nibabel
import numpy as np
import pytest
from images_of_known_truth import CODES, body_like_hu, by_place, oblique_ct
from numpy.testing import assert_allclose, assert_array_equal

from vertebro.errors import BadFile, BadGeometry, BadInput
from vertebro.formats.nifti import read_label_table, read_nifti, read_nifti_with_notes, write_nifti
from vertebro.patient.volume import Volume
from vertebro.vocabulary.grades import Quantity


def test_there_are_48_orientations() -> None:
    assert len(set(CODES)) == 48


@pytest.mark.parametrize("codes", CODES)
def test_every_voxel_keeps_its_place_in_all_48_orientations(codes: str, tmp_path: Path) -> None:
    before = oblique_ct(codes)
    write_nifti(before, tmp_path / "ct.nii.gz")
    after = read_nifti(tmp_path / "ct.nii.gz", Quantity.HOUNSFIELD)
    assert after.axis_codes == codes
    assert_array_equal(after.values, before.values)
    assert_allclose(after.affine_mm, before.affine_mm, atol=1e-4)  # the header holds 32 bit numbers
    for one, other in zip(by_place(after), by_place(oblique_ct()), strict=True):
        assert_allclose(one, other, atol=1e-3)


def test_the_file_says_ras_as_other_programs_read_it(tmp_path: Path) -> None:
    """A bright voxel towards the patient's left, front and head, found with nibabel alone."""
    values = body_like_hu()
    values[8, 0, 6] = 3000
    write_nifti(Volume(values, np.diag([1.0, 1, 1, 1]), Quantity.HOUNSFIELD), tmp_path / "ct.nii")
    other = nibabel.load(tmp_path / "ct.nii")
    place = other.affine @ [*np.argwhere(np.asarray(other.dataobj) == 3000)[0], 1]
    assert_allclose(place[:3], [-8, 0, 6])  # RAS: left is negative, and y = 0 is the most anterior in LPS


@pytest.mark.parametrize("kind", [np.int16, np.int32, np.float32, np.float64, np.uint8])
def test_labels_come_back_as_whole_numbers(kind: type, tmp_path: Path) -> None:
    values = np.zeros((4, 5, 6), kind)
    values[1:3, 2, 2:4] = 20
    nibabel.save(nibabel.Nifti1Image(values, np.eye(4)), tmp_path / "m.nii.gz")
    mask = read_nifti(tmp_path / "m.nii.gz", Quantity.LABEL)
    assert mask.values.dtype == np.uint8
    assert_array_equal(mask.values, values)


def test_big_endian_and_scaled_numbers_are_hounsfield_units(tmp_path: Path) -> None:
    hu = body_like_hu()
    stored = (2 * (hu + np.int32(1024))).astype(np.uint16)
    image = nibabel.Nifti1Image(stored, np.eye(4), nibabel.Nifti1Header(endianness=">"))
    data = bytearray(image.to_bytes())
    struct.pack_into(">ff", data, 112, 0.5, -1024)  # scl_slope, scl_inter
    (tmp_path / "s.nii").write_bytes(data)
    assert nibabel.load(tmp_path / "s.nii").header.endianness == ">"
    back = read_nifti(tmp_path / "s.nii", Quantity.HOUNSFIELD)
    assert back.values.dtype == np.float32
    assert back.values.dtype.isnative
    assert_array_equal(back.values, hu)


def test_micrometres_are_converted_and_said(tmp_path: Path) -> None:
    affine = np.diag([700.0, 700, 2500, 1])
    image = nibabel.Nifti1Image(body_like_hu(), affine)
    image.header.set_xyzt_units("micron")
    nibabel.save(image, tmp_path / "um.nii.gz")
    volume, notes = read_nifti_with_notes(tmp_path / "um.nii.gz", Quantity.HOUNSFIELD)
    assert_allclose(volume.spacing_mm, [0.7, 0.7, 2.5])
    assert "mm" in notes[0]


def test_padding_becomes_air_and_is_said(tmp_path: Path) -> None:
    values = body_like_hu()
    values[0, :4] = -3024
    nibabel.save(nibabel.Nifti1Image(values, np.eye(4)), tmp_path / "ct.nii.gz")
    volume, notes = read_nifti_with_notes(tmp_path / "ct.nii.gz", Quantity.HOUNSFIELD)
    assert (volume.values[0, :4] == -1024).all()
    assert_array_equal(volume.values[1:], values[1:])
    assert "outside the field of view" in notes[0]


def test_one_frame_in_a_fourth_axis_is_one_image(tmp_path: Path) -> None:
    nibabel.save(nibabel.Nifti1Image(body_like_hu()[..., None], np.eye(4)), tmp_path / "f.nii.gz")
    assert read_nifti(tmp_path / "f.nii.gz", Quantity.HOUNSFIELD).shape == (9, 8, 7)


def saved(path: Path, values: np.ndarray, s: int = 1, q: int = 1, affine: np.ndarray | None = None) -> Path:
    image = nibabel.Nifti1Image(values, np.eye(4) if affine is None else affine)
    image.set_sform(image.affine, code=s)
    image.set_qform(image.affine, code=q)
    nibabel.save(image, path)
    return path


def disagreeing(path: Path) -> Path:
    image = nibabel.Nifti1Image(body_like_hu(), np.eye(4))
    image.set_sform(np.diag([-1.0, 1, 1, 1]), code=1)
    image.set_qform(np.eye(4), code=1)
    nibabel.save(image, path)
    return path


def two_sizes(path: Path) -> Path:
    saved(path, body_like_hu(), q=0)
    data = bytearray(path.read_bytes())
    struct.pack_into("<f", data, 76 + 12, 2.0)
    path.write_bytes(bytes(data))
    return path


def with_nan(path: Path) -> Path:
    values = body_like_hu().astype(np.float32)
    values[2, 2, 2] = np.nan
    return saved(path, values)


REFUSED = {
    "no orientation": (lambda p: saved(p, body_like_hu(), 0, 0), BadGeometry, "does not say how it lies"),
    "two orientations": (disagreeing, BadGeometry, "two places"),
    "template space": (lambda p: saved(p, body_like_hu(), 4, 0), BadGeometry, "template"),
    "two voxel sizes": (two_sizes, BadGeometry, "two voxel sizes"),
    "not a number": (with_nan, BadFile, "NaN"),
    "many frames": (lambda p: saved(p, np.stack([body_like_hu()] * 3, -1)), BadFile, "3 images"),
    "one slice": (lambda p: saved(p, body_like_hu()[..., :1]), BadFile, "single picture"),
    "blank": (lambda p: saved(p, np.full((5, 5, 5), -1000, np.int16)), BadGeometry, "same number"),
    "raw numbers": (lambda p: saved(p, body_like_hu() + np.int16(1024)), BadGeometry, "raw numbers"),
    "a mask as the CT": (lambda p: saved(p, (body_like_hu() > 0).astype(np.uint8)), BadGeometry, "mask"),
    "a windowed picture": (
        lambda p: saved(p, np.linspace(0, 255, 1000, dtype=np.float32).reshape(10, 10, 10)),
        BadGeometry,
        "windowed",
    ),
    "padding but no rescale": (
        lambda p: saved(
            p, np.where(body_like_hu() < -900, -2000, 1100 + body_like_hu() // 16).astype(np.int16)
        ),
        BadGeometry,
        "rescale",
    ),
    "no bone": (lambda p: saved(p, body_like_hu() // 12), BadGeometry, "bone"),
    "metres": (
        lambda p: saved(p, body_like_hu(), affine=np.diag([0.001, 0.001, 0.003, 1])),
        BadGeometry,
        "unit",
    ),
    "sheared": (
        lambda p: saved(
            p,
            body_like_hu(),
            1,
            0,
            np.array([[1.0, 0, 0, 0], [0, 1, 0.3, 0], [0, 0, 0.954, 0], [0, 0, 0, 1]]),
        ),
        BadGeometry,
        "right angles",
    ),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_cannot_be_a_ct_is_refused_in_words(name: str, tmp_path: Path) -> None:
    make, kind, words = REFUSED[name]
    with pytest.raises(kind, match=words) as refused:
        read_nifti(make(tmp_path / "x.nii"), Quantity.HOUNSFIELD)
    assert refused.value.needed
    assert refused.value.do


@pytest.mark.parametrize(
    ("values", "words"),
    [
        (np.linspace(0, 9.3, 60).reshape(3, 4, 5), "no whole number"),
        (body_like_hu(), "negative"),
        (np.full((3, 4, 5), 100000, np.int32), "labels up to"),
    ],
)
def test_what_cannot_be_a_mask_is_refused_in_words(values: np.ndarray, words: str, tmp_path: Path) -> None:
    with pytest.raises(BadFile, match=words):
        read_nifti(saved(tmp_path / "m.nii.gz", values), Quantity.LABEL)


@pytest.fixture
def good(tmp_path: Path) -> Path:
    return saved(tmp_path / "good.nii.gz", body_like_hu((50, 40, 30)))


def refused(path: Path) -> str:
    with pytest.raises(BadInput) as fault:
        read_nifti(path, Quantity.HOUNSFIELD)
    return str(fault.value)


def test_files_that_are_no_image_are_refused_in_words(good: Path, tmp_path: Path) -> None:
    raw = good.read_bytes()
    (tmp_path / "empty.nii").touch()
    (tmp_path / "text.nii").write_text("not an image at all, " * 50)
    (tmp_path / "half.nii.gz").write_bytes(raw[: 3 * len(raw) // 4])
    (tmp_path / "no_checksum.nii.gz").write_bytes(raw[:-8])
    (tmp_path / "half.nii").write_bytes(gzip.decompress(raw)[:-20])
    (tmp_path / "plain.nii.gz").write_bytes(gzip.decompress(raw))
    (tmp_path / "packed.nii").write_bytes(raw)
    (tmp_path / "image.img").write_bytes(raw)
    assert "no file" in refused(tmp_path / "missing.nii")
    assert "folder" in refused(tmp_path)
    assert "empty" in refused(tmp_path / "empty.nii")
    assert "not a readable NIfTI" in refused(tmp_path / "text.nii")
    assert "incomplete" in refused(tmp_path / "half.nii.gz")
    assert "incomplete" in refused(tmp_path / "no_checksum.nii.gz")
    assert "incomplete" in refused(tmp_path / "half.nii")
    assert "not compressed" in refused(tmp_path / "plain.nii.gz")
    assert "compressed but not named" in refused(tmp_path / "packed.nii")
    assert ".nii.gz" in refused(tmp_path / "image.img")


def test_one_flipped_bit_in_the_voxels_of_a_compressed_file_is_noticed(good: Path) -> None:
    raw = bytearray(gzip.decompress(good.read_bytes()))
    packed = bytearray(gzip.compress(bytes(raw), compresslevel=0))  # stored: the flip cannot break the format
    packed[-40] ^= 1
    good.write_bytes(bytes(packed))
    assert "incomplete or damaged" in refused(good)


def test_a_header_that_promises_too_much_is_refused_before_memory_is_taken(tmp_path: Path) -> None:
    path = saved(tmp_path / "big.nii", body_like_hu())
    data = bytearray(path.read_bytes())
    struct.pack_into("<hhh", data, 42, 30000, 30000, 30000)
    path.write_bytes(bytes(data))
    assert "promises" in refused(path)
    struct.pack_into("<hhh", data, 42, 900, 900, 900)
    path.write_bytes(bytes(data))
    assert "cannot hold" in refused(path)


def test_a_label_table_in_the_file_is_read_back(tmp_path: Path) -> None:
    mask = Volume(np.ones((3, 3, 3), bool), np.eye(4), Quantity.LABEL)
    table = {1: "vertebrae_L1", 27: "Wirbel & <Scheibe>"}
    write_nifti(mask, tmp_path / "m.nii.gz", table)
    assert read_label_table(tmp_path / "m.nii.gz") == table
    write_nifti(mask, tmp_path / "m.nii.gz")
    assert read_label_table(tmp_path / "m.nii.gz") is None


def test_the_table_of_totalsegmentator_is_read(shared_data: Path) -> None:
    table = read_label_table(shared_data / "ct_lumbar_ts" / "totalseg.nii.gz")
    assert table is not None
    assert (table[27], table[31], table[32]) == ("vertebrae_L5", "vertebrae_L1", "vertebrae_T12")
    assert read_label_table(shared_data / "ct_lumbar_ts" / "example_ct.nii.gz") is None


def test_the_real_images_lie_as_their_makers_say(shared_data: Path) -> None:
    verse = read_nifti(shared_data / "verse004" / "sub-verse004_seg-vert_msk.nii.gz", Quantity.LABEL)
    assert (verse.axis_codes, verse.shape, verse.values.dtype) == ("PIR", (161, 338, 61), np.uint8)
    lumbar = read_nifti(shared_data / "ct_lumbar_ts" / "example_ct.nii.gz", Quantity.HOUNSFIELD)
    mask = read_nifti(shared_data / "ct_lumbar_ts" / "totalseg.nii.gz", Quantity.LABEL)
    assert lumbar.axis_codes == "RAS"
    assert lumbar.values.dtype == np.int16
    assert lumbar.same_grid(mask)
    assert np.median(lumbar.values[mask.values == 29]) > np.median(lumbar.values)  # L3 is bone
