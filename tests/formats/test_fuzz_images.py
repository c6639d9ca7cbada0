"""Damaged images end in a refusal in words or a valid volume, never in another error."""

import gzip
import warnings
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import nibabel
import numpy as np
import pydicom
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from images_of_known_truth import body_like_hu, oblique_ct
from pydicom.uid import JPEG2000Lossless, JPEGLSLossless, RLELossless

from vertebro.errors import BadInput
from vertebro.formats.dicom import list_series, read_series
from vertebro.formats.dicom_write import write_ct_series
from vertebro.formats.nifti import read_label_table, read_nifti
from vertebro.formats.seg import read_seg
from vertebro.patient.volume import Volume
from vertebro.vocabulary.grades import Quantity

TRIES = 100
FUZZ = settings(
    max_examples=TRIES,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)


def is_sound(volume: Volume) -> bool:
    """What every image inside the house keeps."""
    return volume.values.ndim == 3 and bool(
        np.isfinite(volume.values).all() and np.isfinite(volume.affine_mm).all()
    )


def survives(read: Callable[[], Volume]) -> None:
    try:
        assert is_sound(read())
    except BadInput as refused:
        assert refused.found
        assert refused.needed
        assert refused.do


def damage(draw: st.DrawFn, good: bytes, headers: int) -> bytes:
    """Bytes of a good file with bytes changed (mostly in the header), or cut off, or doubled."""
    data = bytearray(good)
    for _ in range(draw(st.integers(0, 6))):
        at = draw(st.one_of(st.integers(0, min(headers, len(data)) - 1), st.integers(0, len(data) - 1)))
        data[at] = draw(st.one_of(st.sampled_from([0, 1, 0x7F, 0x80, 0xFF]), st.integers(0, 255)))
    cut = draw(st.one_of(st.none(), st.integers(0, len(data))))
    return bytes(data if cut is None else data[:cut])


damaged = st.composite(damage)


@pytest.fixture(scope="module")
def nifti() -> bytes:
    image = nibabel.Nifti1Image(body_like_hu(), np.diag([1, 1, 2, 1]))
    image.header.extensions.append(
        nibabel.nifti1.Nifti1Extension(0, b"<LabelTable><Label Key='1'>L1</Label></LabelTable>")
    )
    return bytes(image.to_bytes())


@FUZZ
@given(data=st.data(), quantity=st.sampled_from(Quantity), zipped=st.booleans())
def test_damaged_nifti(
    data: st.DataObject, quantity: Quantity, zipped: bool, nifti: bytes, tmp_path: Path
) -> None:
    raw = data.draw(damaged(nifti, 352))
    path = tmp_path / ("x.nii.gz" if zipped else "x.nii")
    path.write_bytes(gzip.compress(raw, 1) if zipped else raw)
    survives(lambda: read_nifti(path, quantity))
    with suppress(BadInput):
        read_label_table(path)


@FUZZ
@given(data=st.data())
def test_damaged_compression(data: st.DataObject, nifti: bytes, tmp_path: Path) -> None:
    (tmp_path / "x.nii.gz").write_bytes(data.draw(damaged(gzip.compress(nifti), 20)))
    survives(lambda: read_nifti(tmp_path / "x.nii.gz", Quantity.HOUNSFIELD))


@FUZZ
@given(raw=st.binary(max_size=600), name=st.sampled_from(["x.nii", "x.nii.gz"]))
def test_any_bytes_as_an_image(raw: bytes, name: str, tmp_path: Path) -> None:
    for prefix in (b"", b"\x1f\x8b\x08", b"\\\x01\x00\x00"):
        (tmp_path / name).write_bytes(prefix + raw)
        survives(lambda: read_nifti(tmp_path / name, Quantity.HOUNSFIELD))


@pytest.fixture(scope="module", params=[None, RLELossless, JPEG2000Lossless, JPEGLSLossless], ids=str)
def ct(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("fuzz") / "ct"
    large_enough_for_jpeg_2000 = Volume(body_like_hu((40, 36, 4)), np.eye(4), Quantity.HOUNSFIELD)
    write_ct_series(large_enough_for_jpeg_2000, folder, transfer_syntax=request.param)
    return folder


@FUZZ
@given(data=st.data())
def test_a_damaged_slice(data: st.DataObject, ct: Path, tmp_path: Path) -> None:
    for path in ct.iterdir():
        (tmp_path / path.name).write_bytes(path.read_bytes())
    good = (ct / "CT0003.dcm").read_bytes()
    (tmp_path / "CT0003.dcm").write_bytes(data.draw(damaged(good, 1200)))
    survives(lambda: read_series(tmp_path)[0])
    with suppress(BadInput):
        list_series(tmp_path)


ODD_VALUES = st.one_of(
    st.none(),
    st.sampled_from(
        ["", "nan", "inf", "-1e999", "1e308", "abc", "0", "-1", "1\\2", "1\\2\\3\\4\\5\\6\\7", "\x00"]
    ),
    st.integers(-70000, 70000).map(str),
)
ELEMENTS = [
    "ImagePositionPatient",
    "ImageOrientationPatient",
    "PixelSpacing",
    "RescaleSlope",
    "RescaleIntercept",
    "SliceThickness",
    "SeriesNumber",
    "InstanceNumber",
    "NumberOfFrames",
    "ImageType",
    "Modality",
    "SOPClassUID",
    "PhotometricInterpretation",
]


@FUZZ
@given(changes=st.dictionaries(st.sampled_from(ELEMENTS), ODD_VALUES, min_size=1, max_size=3))
def test_odd_values_in_a_header(changes: dict[str, str | None], tmp_path: Path) -> None:
    """Values no writer should make, written as raw bytes because pydicom would refuse to."""
    folder = tmp_path / "ct"
    if not folder.exists():
        write_ct_series(oblique_ct(), folder)
    ds = pydicom.dcmread(folder / "CT0001.dcm")
    for keyword, value in changes.items():
        tag = pydicom.datadict.tag_for_keyword(keyword)
        assert tag is not None
        if value is None:
            ds.pop(tag, None)
            continue
        raw = value.encode() + b" " * (len(value) % 2)
        vr = pydicom.datadict.dictionary_VR(tag)
        ds[tag] = pydicom.dataelem.RawDataElement(pydicom.tag.Tag(tag), vr, len(raw), raw, 0, False, True)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        ds.save_as(folder / "CT0002x.dcm")
    survives(lambda: read_series(folder)[0])


NUMBERS = [
    "Rows",
    "Columns",
    "BitsAllocated",
    "BitsStored",
    "HighBit",
    "PixelRepresentation",
    "SamplesPerPixel",
]


@FUZZ
@given(changes=st.dictionaries(st.sampled_from(NUMBERS), st.integers(0, 65535), min_size=1, max_size=3))
def test_odd_numbers_in_a_header(changes: dict[str, int], tmp_path: Path) -> None:
    for n, path in enumerate(sorted((tmp_path / "ct").glob("*.dcm")) or _fresh(tmp_path / "ct")):
        ds = pydicom.dcmread(path)
        for keyword, value in changes.items():
            setattr(ds, keyword, value)
        (tmp_path / "odd").mkdir(exist_ok=True)
        ds.save_as(tmp_path / "odd" / f"{n}.dcm")
    survives(lambda: read_series(tmp_path / "odd")[0])


def _fresh(folder: Path) -> list[Path]:
    write_ct_series(oblique_ct(), folder)
    return sorted(folder.glob("*.dcm"))


@FUZZ
@given(raw=st.binary(max_size=400))
def test_any_bytes_as_a_series_or_segmentation(raw: bytes, tmp_path: Path) -> None:
    for prefix in (b"", b"\x08\x00\x05\x00CS", b"\x00" * 128 + b"DICM"):
        (tmp_path / "x.dcm").write_bytes(prefix + raw)
        survives(lambda: read_series(tmp_path)[0])
        survives(lambda: read_seg(tmp_path / "x.dcm")[0])


@FUZZ
@given(data=st.data(), name=st.sampled_from(["seg.dcm", "sparse-labelmap-noppv.dcm"]))
def test_a_damaged_segmentation(data: st.DataObject, name: str, shared_data: Path, tmp_path: Path) -> None:
    good = (shared_data / "dicom_seg_sr" / name).read_bytes()
    (tmp_path / "x.dcm").write_bytes(data.draw(damaged(good, 6000)))
    survives(lambda: read_seg(tmp_path / "x.dcm")[0])


def test_the_test_files_of_pydicom_are_read_or_refused(tmp_path: Path) -> None:
    """Two hundred real and broken files of every kind, each alone in a folder."""
    root = Path(pydicom.data.__file__).parent / "test_files"
    for path in (p for p in root.rglob("*") if p.is_file() and p.suffix not in (".json", ".py")):
        survives(lambda path=path: read_series(path)[0])  # type: ignore[misc]
        survives(lambda path=path: read_seg(path)[0])  # type: ignore[misc]
    survives(lambda: read_series(root)[0])
    assert not list(tmp_path.iterdir())
