"""DICOM CT series from a folder: found, listed, chosen, passed through the geometry gate, read as HU."""

from __future__ import annotations

import os
import warnings
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path
from typing import Any

import numpy as np
from pydicom import Dataset, dcmread
from pydicom.pixels.utils import iter_pixels
from pydicom.uid import (
    UID,
    CTImageStorage,
    EnhancedCTImageStorage,
    ExplicitVRBigEndian,
    ExplicitVRLittleEndian,
    ImplicitVRLittleEndian,
    LegacyConvertedEnhancedCTImageStorage,
    MediaStorageDirectoryStorage,
)

from vertebro.errors import BadFile, BadInput
from vertebro.formats.dicom_header import DAMAGED, TAGS, headers_of, text_of, whole_of
from vertebro.formats.geometry_gate import SliceHeader, Stack, checked_stack, straightened, v
from vertebro.formats.places import is_folder
from vertebro.formats.plausible import check_size, check_voxel_size, hounsfield
from vertebro.formats.refusals import note, refusal
from vertebro.kernels.arrays import AnyArray
from vertebro.patient.volume import Volume
from vertebro.vocabulary.grades import Quantity

CT_CLASSES = {CTImageStorage, EnhancedCTImageStorage, LegacyConvertedEnhancedCTImageStorage}
VOLUMES = ("CT", "MR")
PREAMBLE = 128  # bytes before the letters DICM
FIRST_TAGS = (b"\x02\x00", b"\x08\x00", b"\x00\x08")
"""How a file without preamble may begin: group 0002 or 0008, in either byte order."""
NAMES_SHOWN = 3  # files named in a note; more would hide the sentence


@dataclass(frozen=True)
class SeriesSummary:
    """One series of a folder as a person chooses by it."""

    uid: str | None
    number: int | None
    description: str
    modality: str
    images: int
    size: str
    is_ct_volume: bool
    is_mr_volume: bool = False

    def row(self) -> str:
        """One line of the table of series."""
        number = "-" if self.number is None else str(self.number)
        use = "CT" if self.is_ct_volume else "MR" if self.is_mr_volume else "not a volume"
        return (
            f"  {number:>6}  {self.description or '(no description)':<32}  {self.modality:<4}"
            f"  {self.images:>5} images  {self.size:<22}  {use:<15}  {self.uid or '(no UID)'}"
        )


@dataclass(frozen=True)
class Image:
    """One image of a folder: its file, its frame in it, and what its header says."""

    path: Path
    frame: int
    header: SliceHeader
    number: int | None
    description: str
    study: str | None


@dataclass(frozen=True)
class Folder:
    """What a folder holds: its series with their images, and the names of files that are no DICOM."""

    path: Path
    series: tuple[tuple[SeriesSummary, tuple[Image, ...]], ...]
    others: tuple[str, ...]


def list_series(folder: Path) -> tuple[SeriesSummary, ...]:
    """The series of a folder (and the folders in it), CT volumes first."""
    return tuple(summary for summary, _ in looked_through(Path(folder)).series)


def read_series(
    folder: Path, series: str | None = None, straighten: bool = False
) -> tuple[Volume, tuple[str, ...]]:
    """One CT series in Hounsfield units, and in words what was repaired or noticed.

    ``series`` is a number, a description or a UID; it is needed only where the folder holds several
    CT series. ``straighten`` resamples a series whose gantry was tilted.
    """
    found = looked_through(Path(folder))
    summary, images = _chosen(found, series)
    stack = checked_stack([i.header for i in images], straighten)
    values = values_of(stack, images)
    affine = stack.affine_mm
    if stack.tilt_deg >= v.tilt_is_none_below_deg.value:
        values, affine = straightened(values, affine, v.outside_hu.value)
    where = f"series {summary.number}" if summary.number is not None else "the series"
    check_voxel_size(affine, where)
    values, more = hounsfield(values, where)
    notes = (*notes_about(found, summary, images), *stack.notes, *more)
    return Volume(values, affine, Quantity.HOUNSFIELD), notes


def patient_of(folder: Path, series: str | None = None) -> str | None:
    """The patient ID that a CT series carries, None where it carries none."""
    _, images = _chosen(looked_through(Path(folder)), series)
    return images[0].header.patient_id


def looked_through(folder: Path) -> Folder:
    """The series of a folder and the folders in it, by their headers."""
    images, others = [], []
    for path in _files_in(folder) if is_folder(folder) else [folder]:
        here = _images_in(path)
        if here is None:
            others.append(path.name)
        else:
            images += here
    if not images:
        raise refusal(BadFile, "dicom.nothing", path=folder, others=len(others))
    images.sort(key=_series_key)
    series = [tuple(members) for _, members in groupby(images, key=_series_key)]
    listed = [(_summary(members), members) for members in series]
    listed.sort(key=lambda s: (not s[0].is_ct_volume, s[0].number is None, s[0].number or 0))
    return Folder(folder, tuple(listed), tuple(others))


def _files_in(folder: Path) -> Iterator[Path]:
    for place, folders, names in os.walk(folder):
        folders[:] = sorted(f for f in folders if not f.startswith("."))
        yield from (Path(place) / name for name in sorted(names) if not name.startswith("."))


def _images_in(path: Path) -> list[Image] | None:
    """The images of one file; None if it is no DICOM file, empty for a DICOM directory."""
    try:
        with path.open("rb") as file:
            start = file.read(PREAMBLE + 4)
    except OSError as fault:
        raise refusal(BadFile, "file.unreadable", path=path, why=fault.strerror) from fault
    if start[PREAMBLE:] != b"DICM" and start[:2] not in FIRST_TAGS:
        return None
    bare = start[PREAMBLE:] != b"DICM"
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # pydicom warns about odd values; what matters is checked here
        try:
            ds = dcmread(path, stop_before_pixels=True, specific_tags=TAGS, force=bare)
            if bare and "Modality" not in ds and "SOPClassUID" not in ds:
                return None
            if _sop_class(ds) == MediaStorageDirectoryStorage:
                return []
            headers = headers_of(ds, path.name, _sop_class(ds))
            if _sop_class(ds) in CT_CLASSES and not (headers[0].rows and headers[0].columns):
                raise ValueError("a CT image without its size: the file ends too early")
            number, said = whole_of(ds, "SeriesNumber"), text_of(ds, "SeriesDescription") or ""
            study = text_of(ds, "StudyInstanceUID")
        except DAMAGED as fault:
            raise refusal(BadFile, "dicom.header", slice=path, why=_first_line(fault)) from fault
    return [Image(path, n, header, number, said, study) for n, header in enumerate(headers)]


def _sop_class(ds: Dataset) -> str | None:
    """The SOP class from the data set, else from the file's meta information."""
    return text_of(ds, "SOPClassUID") or text_of(
        getattr(ds, "file_meta", Dataset()), "MediaStorageSOPClassUID"
    )


def _series_key(image: Image) -> tuple[str, ...]:
    """What images of one series share: the UID; without one, all that names the series."""
    if image.header.series_uid:
        return (image.header.series_uid,)
    header = image.header
    named = (header.patient_id, image.study, header.modality, image.number, image.description)
    return ("", *(str(n) for n in named))


def _summary(members: Sequence[Image]) -> SeriesSummary:
    headers = [m.header for m in members]
    slices = [h for h in headers if h.modality in VOLUMES and h.position_mm and not h.is_localiser]
    first = (slices or headers)[0]
    size = f"{first.columns} x {first.rows}" if first.rows and first.columns else "no image"
    if first.pixel_spacing_mm:
        size += f", {first.pixel_spacing_mm[0]:.3g} mm"
    return SeriesSummary(
        uid=first.series_uid,
        number=members[0].number,
        description=members[0].description,
        modality=first.modality or "?",
        images=len(members),
        size=size,
        is_ct_volume=len(slices) >= v.fewest_slices.value and first.modality == "CT",
        is_mr_volume=len(slices) >= v.fewest_slices.value and first.modality == "MR",
    )


def _chosen(found: Folder, asked: str | None) -> tuple[SeriesSummary, tuple[Image, ...]]:
    if asked is not None:
        return named_series(found, asked.strip())
    volumes = [s for s in found.series if s[0].is_ct_volume]
    if len(volumes) == 1:
        return volumes[0]
    if volumes:
        raise refusal(BadFile, "dicom.choose", path=found.path, table=series_table(volumes))
    if len(found.series) == 1:
        return found.series[0]  # the gate says why it is not a CT volume
    fewest = v.fewest_slices.value
    raise refusal(
        BadFile, "dicom.no_usable", path=found.path, table=series_table(found.series), fewest=fewest
    )


def named_series(found: Folder, asked: str) -> tuple[SeriesSummary, tuple[Image, ...]]:
    """The one series with this UID, this number, or (part of) this description."""
    word = asked.casefold()
    for fits in (
        [s for s in found.series if s[0].uid == asked],
        [s for s in found.series if str(s[0].number) == asked],
        [s for s in found.series if s[0].description.casefold() == word],
        [s for s in found.series if word and word in s[0].description.casefold()],
    ):
        if len(fits) == 1:
            return fits[0]
        if fits:
            raise refusal(
                BadFile, "dicom.several_such", path=found.path, asked=asked, table=series_table(fits)
            )
    raise refusal(BadFile, "dicom.none_such", path=found.path, asked=asked, table=series_table(found.series))


def series_table(series: Sequence[tuple[SeriesSummary, Any]]) -> str:
    """The series as lines to choose from."""
    return "\n".join(summary.row() for summary, _ in series)


def notes_about(found: Folder, summary: SeriesSummary, images: Sequence[Image]) -> list[str]:
    """What was left out of a folder, and what the chosen series does not say, in words."""
    said = []
    if not summary.uid:
        said.append(note("no_series_uid", count=len(images)))
    if found.others:
        names = ", ".join(found.others[:NAMES_SHOWN]) + (", ..." if len(found.others) > NAMES_SHOWN else "")
        said.append(note("not_dicom", count=len(found.others), names=names))
    left = [s for s, _ in found.series if s is not summary]
    if left:
        named = "; ".join(
            f"{s.number if s.number is not None else '-'} {s.description}".strip() for s in left
        )
        said.append(note("chosen", count=len(left), others=named))
    return said


def values_of(stack: Stack, images: Sequence[Image]) -> AnyArray:
    """``values[column, row, slice]`` rescaled: int16 where they are whole and fit, else float32."""
    source = {i.header: i for i in images}
    columns, rows, count = stack.slices[0].columns, stack.slices[0].rows, len(stack.slices)
    check_size((columns, rows, count), "the series")
    values: AnyArray = np.empty((count, rows, columns), np.int16)
    ordered = [(k, source[s]) for k, s in enumerate(stack.slices)]
    for path, members in groupby(ordered, key=lambda m: m[1].path):
        places = list(members)
        for (k, image), plane in zip(places, _planes(path, [i.frame for _, i in places]), strict=True):
            hu = _rescaled(plane, image.header)
            if hu.dtype != np.int16 and values.dtype == np.int16:
                values = values.astype(np.float32)
            values[k] = hu
    return values.transpose(2, 1, 0)


def _planes(path: Path, frames: Sequence[int]) -> Iterator[AnyArray]:
    """The stored numbers of the named frames of one file, decompressed."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # padding after the pixels and the like
        try:
            ds = dcmread(path, force=True)
            if not getattr(ds.file_meta, "TransferSyntaxUID", None):
                ds.file_meta.TransferSyntaxUID = _syntax_as_read(ds)
            shape = (int(ds.Rows), int(ds.Columns))
            for plane in iter_pixels(ds, indices=frames, raw=True):
                if plane.shape != shape:
                    raise ValueError(f"{plane.shape[0]} rows and {plane.shape[1:]} columns, not {shape}")
                yield plane
        except BadInput:
            raise
        except DAMAGED as fault:
            raise refusal(BadFile, "dicom.pixels", slice=path, why=_first_line(fault)) from fault


def _syntax_as_read(ds: Dataset) -> UID:
    """The transfer syntax of a file that does not name it: uncompressed, in the encoding found."""
    implicit, little = ds.original_encoding
    if implicit:
        return ImplicitVRLittleEndian
    return ExplicitVRLittleEndian if little else ExplicitVRBigEndian


def _rescaled(plane: AnyArray, header: SliceHeader) -> AnyArray:
    slope = 1.0 if header.rescale_slope is None else header.rescale_slope  # the gate asks a CT for it
    intercept = 0.0 if header.rescale_intercept is None else header.rescale_intercept
    if slope == round(slope) and intercept == round(intercept) and plane.dtype.kind in "iu":
        limits = np.iinfo(np.int16)
        ends = [int(end) * int(slope) + int(intercept) for end in (plane.min(), plane.max())]
        if limits.min <= min(ends) and max(ends) <= limits.max:
            return (plane.astype(np.int32) * np.int32(slope) + np.int32(intercept)).astype(np.int16)
    return plane.astype(np.float32) * np.float32(slope) + np.float32(intercept)


def _first_line(fault: BaseException) -> str:
    return (str(fault).strip() or type(fault).__name__).splitlines()[0]
