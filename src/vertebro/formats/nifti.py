"""NIfTI images in and out: RAS in the file, LPS in the house, and nothing guessed about orientation."""

from __future__ import annotations

import gzip
import struct
import warnings
import zlib
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import nibabel
import numpy as np
from nibabel.filebasedimages import ImageFileError
from nibabel.nifti1 import Nifti1Extension
from nibabel.spatialimages import HeaderDataError, HeaderTypeError

from vertebro.errors import BadFile, BadGeometry
from vertebro.formats.places import is_folder
from vertebro.formats.plausible import check_size, check_voxel_size, hounsfield, v
from vertebro.formats.refusals import note, refusal
from vertebro.formats.writing import writing
from vertebro.kernels.arrays import AnyArray, Array
from vertebro.patient.volume import Volume
from vertebro.vocabulary.grades import Quantity

RAS_TO_LPS = np.diag([-1.0, -1.0, 1.0, 1.0])
MM_PER_UNIT = {"mm": 1.0, "unknown": 1.0, "meter": 1e3, "micron": 1e-3}
TEMPLATE_CODES = {3: "Talairach", 4: "MNI"}
GZIP_MAGIC = b"\x1f\x8b"
MOST_DEFLATE_SHRINKS = 1032  # times; the bound of the deflate format, so a header can be known to lie
_new_image: Any = nibabel.Nifti1Image  # nibabel is only partly typed
_axis_codes: Any = nibabel.aff2axcodes
CODE_COMMENT = 0  # TotalSegmentator, following nibabel's example, writes its label table with code 0
AT_ONCE = 1 << 24  # bytes; gzip makes a copy of what is asked for, so the whole would be held twice
BROKEN_HEADER = (
    ImageFileError,
    HeaderDataError,
    HeaderTypeError,
    ValueError,
    TypeError,
    KeyError,
    IndexError,
    OverflowError,
    MemoryError,
    struct.error,
    zlib.error,
    EOFError,
    OSError,
)
"""What nibabel raises on bytes that are not a NIfTI image; it has no common ancestor short of Exception."""


def read_nifti(path: Path, quantity: Quantity) -> Volume:
    """The image in LPS mm. Labels come as whole numbers, a CT as checked Hounsfield units."""
    return read_nifti_with_notes(path, quantity)[0]


def read_nifti_with_notes(path: Path, quantity: Quantity) -> tuple[Volume, tuple[str, ...]]:
    """The image in LPS mm, and in words what was repaired or noticed."""
    path = Path(path)
    image = _opened(path)
    shape = _three_axes(image.shape, path)
    affine, notes = _affine_lps(image, path)
    stored = _stored_numbers(image, path).reshape(shape, order="F")
    if quantity is Quantity.LABEL:
        return Volume(_labels(stored, image, path), affine, quantity), notes
    values = _scaled(stored, image, path)
    if quantity is Quantity.HOUNSFIELD:
        values, more = hounsfield(values, path.name)
        notes += more
    return Volume(values, affine, quantity), notes


def write_nifti(volume: Volume, path: Path, label_table: dict[int, str] | None = None) -> None:
    """Writes .nii or .nii.gz: whole or not at all. ``label_table`` names the labels inside the file."""
    path = Path(path)
    _check_name(path)
    values = _smallest_kind(volume.values)
    affine_ras = RAS_TO_LPS @ volume.affine_mm
    image = _new_image(values, affine_ras)
    image.header.set_xyzt_units("mm")
    image.set_sform(affine_ras, code="scanner")
    image.set_qform(affine_ras, code="scanner")
    if _farthest_apart_mm(image.get_qform(), affine_ras, volume.shape) > 0.1 * v.header_agreement_mm.value:
        image.set_qform(None)  # a qform cannot hold even the slightest shear: better one place than two
    if label_table:
        image.header.extensions.append(Nifti1Extension(CODE_COMMENT, _as_xml(label_table)))
    with writing(path) as temporary:
        nibabel.save(image, temporary)


def read_label_table(path: Path) -> dict[int, str] | None:
    """Label names that the file itself holds (as TotalSegmentator writes them), None if it has none."""
    for extension in _opened(Path(path)).header.extensions:
        text = _text_of(extension)
        if "<LabelTable" not in text or "<!" in text.replace("<![CDATA[", ""):
            continue  # a document type or an entity has no business in a label table
        try:
            tree = ElementTree.fromstring(text)
            return {int(node.attrib["Key"]): (node.text or "").strip() for node in tree.iter("Label")}
        except (ElementTree.ParseError, KeyError, ValueError):
            continue
    return None


def _opened(path: Path) -> Any:
    if is_folder(path):
        raise refusal(BadFile, "file.folder", path=path)
    _check_name(path)
    try:
        with path.open("rb") as file:
            start = file.read(2)
    except OSError as fault:
        raise refusal(BadFile, "file.unreadable", path=path, why=fault.strerror) from fault
    if not start:
        raise refusal(BadFile, "file.empty", path=path)
    if (start == GZIP_MAGIC) != path.name.lower().endswith(".gz"):
        kind = "nifti.name_plain" if start == GZIP_MAGIC else "nifti.name_gz"
        raise refusal(BadFile, kind, path=path)
    try:
        with nibabel.imageglobals.LoggingOutputSuppressor(), warnings.catch_warnings():
            warnings.simplefilter("ignore")  # oddities of extensions; what matters is checked here
            image = nibabel.load(path)
    except BROKEN_HEADER as fault:
        raise refusal(BadFile, "nifti.not_nifti", path=path, why=_first_line(fault)) from fault
    if not isinstance(image, nibabel.Nifti1Image):  # Nifti2Image is one too
        raise refusal(BadFile, "nifti.not_nifti", path=path, why=f"it is {type(image).__name__}")
    return image


def _check_name(path: Path) -> None:
    if not path.name.lower().endswith((".nii", ".nii.gz")):
        raise refusal(BadFile, "nifti.name", path=path)


def _three_axes(shape: tuple[int, ...], path: Path) -> tuple[int, int, int]:
    shown = " x ".join(map(str, shape))
    while len(shape) > 3 and shape[-1] == 1:
        shape = shape[:-1]
    if len(shape) > 3:
        raise refusal(
            BadFile, "nifti.frames", path=path, frames=int(np.prod(shape[3:], dtype=object)), shape=shown
        )
    if len(shape) < 3 or shape[2] == 1:
        raise refusal(BadFile, "nifti.one_slice", path=path, shape=shown)
    check_size(shape, path)
    i, j, k = shape
    return i, j, k


@np.errstate(over="ignore", invalid="ignore")
def _affine_lps(image: Any, path: Path) -> tuple[Array, tuple[str, ...]]:
    """The affine in LPS mm: the sform where there is one, else the qform; refused where they disagree."""
    header, notes = image.header, []
    try:
        sform, s_code = header.get_sform(coded=True)
        qform, q_code = header.get_qform(coded=True)
        unit = header.get_xyzt_units()[0]
        if not all(np.isfinite(form).all() for form in (sform, qform) if form is not None):
            raise ValueError("its orientation holds numbers that are not finite")
    except BROKEN_HEADER as fault:
        raise refusal(BadFile, "nifti.not_nifti", path=path, why=_first_line(fault)) from fault
    if not s_code and not q_code:
        raise refusal(BadGeometry, "nifti.no_orientation", path=path)
    if s_code in TEMPLATE_CODES or (not s_code and q_code in TEMPLATE_CODES):
        code = TEMPLATE_CODES[s_code or q_code]
        raise refusal(BadGeometry, "nifti.template", path=path, code=code)
    scale = np.diag([MM_PER_UNIT.get(unit, 1.0)] * 3 + [1.0])
    if scale[0, 0] != 1:
        notes.append(note("units", path=path.name, unit=unit))
    affine = scale @ (sform if s_code else qform)
    if s_code and q_code:
        notes += _compared(affine, scale @ qform, image.shape[:3], path)
    _check_against_pixdim(affine, scale[0, 0] * np.asarray(header["pixdim"][1:4], dtype=float), path)
    check_voxel_size(affine, path)
    return RAS_TO_LPS @ affine, tuple(notes)


def _compared(sform: Array, qform: Array, shape: tuple[int, ...], path: Path) -> list[str]:
    apart = _farthest_apart_mm(sform, qform, shape)
    within = v.header_agreement_mm.value
    if not apart <= within:
        codes = ["".join(_axis_codes(a)) if np.isfinite(a).all() else "?" for a in (sform, qform)]
        raise refusal(
            BadGeometry,
            "nifti.two_orientations",
            path=path,
            apart=f"{apart:.2f}",
            sform=codes[0],
            qform=codes[1],
            within=within,
        )
    return [] if apart < 0.1 * within else [note("sform_used", path=path.name, apart=f"{apart:.2f}")]


def _farthest_apart_mm(one: Array, other: Array, shape: tuple[int, ...]) -> float:
    corners = np.array([[i, j, k, 1.0] for i in (0, shape[0]) for j in (0, shape[1]) for k in (0, shape[2])])
    return float(np.linalg.norm(corners @ (one - other)[:3].T, axis=1).max())


def _check_against_pixdim(affine: Array, pixdim_mm: Array, path: Path) -> None:
    """Refuses two voxel sizes in one header; which of them a tool believes would be chance."""
    spacing = np.linalg.norm(affine[:3, :3], axis=0)
    agree = np.abs(spacing - pixdim_mm) <= v.voxel_size_agreement_pct.value / 100 * spacing
    if not agree.all():
        sizes = [" x ".join(f"{s:.4g}" for s in size) for size in (pixdim_mm, spacing)]
        raise refusal(BadGeometry, "nifti.two_sizes", path=path, header=sizes[0], affine=sizes[1])


def _stored_numbers(image: Any, path: Path) -> AnyArray:
    """The numbers as stored, flat; every byte is read, so a compressed file proves its checksum."""
    kind = np.dtype(image.dataobj.dtype)
    if kind.kind not in "iuf":
        raise refusal(BadFile, "nifti.kind_of_number", path=path, stored=kind)
    count = int(np.prod([int(n) for n in image.shape], dtype=object))
    size, start = path.stat().st_size, int(image.dataobj.offset)
    zipped = path.name.lower().endswith(".gz")
    if count * kind.itemsize + start > size * (MOST_DEFLATE_SHRINKS if zipped else 1):
        why = f"{size:,} bytes cannot hold {count:,} voxels"
        raise refusal(BadFile, "nifti.truncated", path=path, why=why)
    numbers = np.empty(count, kind)
    try:
        with gzip.open(path) if zipped else path.open("rb") as file:
            file.seek(start)
            got = _fill(file, numbers)
            if zipped and got == numbers.nbytes:
                while file.read(1 << 16):
                    pass  # to the end, where the checksum is compared
    except (OSError, EOFError, zlib.error, ValueError) as fault:
        raise refusal(BadFile, "nifti.truncated", path=path, why=_first_line(fault)) from fault
    if got != numbers.nbytes:
        raise refusal(BadFile, "nifti.truncated", path=path, why=f"{got:,} of {numbers.nbytes:,} bytes")
    return numbers


def _fill(file: Any, numbers: AnyArray) -> int:
    room, got = memoryview(numbers.view(np.uint8).data), 0
    while got < len(room):
        more = file.readinto(room[got : got + AT_ONCE])
        if not more:
            break
        got += more
    return got


def _scaled(stored: AnyArray, image: Any, path: Path) -> AnyArray:
    """Real numbers: int16 where the file holds whole ones that fit, else float32."""
    slope, intercept = float(image.dataobj.slope), float(image.dataobj.inter)
    plain = slope == 1 and intercept == 0
    if plain and stored.dtype.kind in "iu" and _fits(stored, np.int16):
        return stored.astype(np.int16, order="K", copy=not stored.dtype.isnative)
    with np.errstate(over="ignore", invalid="ignore"):
        values = stored.astype(np.float32, order="K", copy=not stored.dtype.isnative)
        if not plain:
            values *= np.float32(slope)
            values += np.float32(intercept)
    _check_finite(values, path)
    return values


def _check_finite(values: AnyArray, path: Path) -> None:
    with np.errstate(invalid="ignore"):
        finite = np.isfinite(values.min()) and np.isfinite(values.max())
    if not finite:
        raise refusal(BadFile, "nifti.not_finite", path=path, outside=v.outside_hu.value)


def _labels(stored: AnyArray, image: Any, path: Path) -> AnyArray:
    """Whole-number labels in the smallest kind that holds them."""
    if stored.dtype.kind == "f" or image.dataobj.slope != 1 or image.dataobj.inter != 0:
        with np.errstate(over="ignore", invalid="ignore"):
            scaled = stored * float(image.dataobj.slope) + float(image.dataobj.inter)
        _check_finite(scaled, path)
        off = np.abs(scaled - np.rint(scaled))
        if off.max() > v.whole_number_tolerance.value:
            worst = scaled.ravel(order="K")[int(off.ravel(order="K").argmax())]
            raise refusal(BadFile, "nifti.not_whole", path=path, value=f"{worst:.4g}")
        stored = np.rint(scaled)
    lowest, highest = stored.min(), stored.max()
    if lowest < 0:
        raise refusal(BadFile, "nifti.negative_label", path=path, lowest=int(lowest))
    most = np.iinfo(np.uint16).max
    if highest > most:
        raise refusal(BadFile, "nifti.beyond", path=path, highest=int(highest), most=most)
    return stored.astype(np.uint8 if highest <= np.iinfo(np.uint8).max else np.uint16, order="K", copy=False)


def _smallest_kind(values: AnyArray) -> AnyArray:
    """Numbers in a kind that NIfTI readers everywhere know: no yes/no, no 64 bit."""
    if values.dtype.kind == "b":
        return values.astype(np.uint8)
    if values.dtype.kind == "f":
        return values.astype(np.float32, copy=False)
    if values.dtype.itemsize <= 2:
        return values
    for kind in (np.uint8, np.int16, np.uint16, np.int32):
        if _fits(values, kind):
            return values.astype(kind)
    return values.astype(np.float32)


def _fits(values: AnyArray, kind: type[np.integer[Any]]) -> bool:
    limits = np.iinfo(kind)
    return int(values.min()) >= limits.min and int(values.max()) <= limits.max


def _as_xml(table: dict[int, str]) -> bytes:
    root = ElementTree.Element("CaretExtension")
    information = ElementTree.SubElement(root, "VolumeInformation", Index="0")
    labels = ElementTree.SubElement(information, "LabelTable")
    for key, name in sorted(table.items()):
        ElementTree.SubElement(labels, "Label", Key=str(key)).text = name
    return bytes(ElementTree.tostring(root, encoding="UTF-8", xml_declaration=True))


def _text_of(extension: Any) -> str:
    content = extension.get_content()
    raw = content if isinstance(content, bytes) else str(content).encode()
    return raw.decode("utf-8", errors="replace").strip("\x00 \n\r\t")


def _first_line(fault: BaseException) -> str:
    return (str(fault).strip() or type(fault).__name__).splitlines()[0]
