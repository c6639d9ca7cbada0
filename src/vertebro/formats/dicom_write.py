"""A CT or MR volume as a classic DICOM series, one file a slice, whole or not at all."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from pathlib import Path

import numpy as np
from pydicom import Dataset, FileMetaDataset
from pydicom.pixels.utils import compress
from pydicom.uid import (
    CTImageStorage,
    DeflatedExplicitVRLittleEndian,
    ExplicitVRLittleEndian,
    JPEG2000Lossless,
    MRImageStorage,
    generate_uid,
)

from vertebro.errors import BadFile, BadGeometry
from vertebro.formats.refusals import refusal
from vertebro.formats.writing import writing
from vertebro.kernels.arrays import AnyArray, Array
from vertebro.patient.volume import Volume
from vertebro.vocabulary.grades import Quantity

AIR_OFFSET_HU = 1024
"""Stored numbers are HU plus this, as scanners write them, unless noise reaches below."""
SMALLEST_JPEG_2000 = 32  # openjpeg halves a picture five times
DECIMAL_DIGITS = 16  # the longest decimal string that DICOM allows


@dataclass(frozen=True)
class SeriesWords:
    """What a written series says about itself. The patient is not named unless the caller does."""

    description: str = "vertebro"
    number: int = 1
    patient_id: str = "vertebro"
    patient_name: str = "Synthetic^Patient"
    on: date | None = None


def write_ct_series(
    volume: Volume, folder: Path, words: SeriesWords | None = None, transfer_syntax: str | None = None
) -> None:
    """Writes ``CT0001.dcm`` and so on: rows along j, columns along i, slices along k of the volume.

    A slice's columns run along i and its rows along j, so the grid comes back as it is where i, j, k
    are right-handed, and with k turned round where they are not. ``transfer_syntax`` may be RLE,
    JPEG 2000 lossless, JPEG-LS lossless or deflated; none is uncompressed.
    """
    folder = Path(folder)
    if volume.quantity is not Quantity.HOUNSFIELD:
        raise refusal(BadGeometry, "writing.not_hu", quantity=volume.quantity)
    if folder.is_dir() and any(folder.iterdir()):
        raise refusal(BadFile, "writing.not_empty", path=folder)
    stored, intercept = _stored_numbers(volume.values)
    shared = _shared(volume, words or SeriesWords())
    shared.PixelRepresentation, shared.RescaleIntercept = int(stored.dtype.kind == "i"), intercept
    with writing(folder) as temporary:
        temporary.mkdir()
        for k in range(volume.shape[2]):
            ds = _slice(shared, volume.to_mm(np.array([0, 0, k])), k, stored[:, :, k].T)
            _compress(ds, transfer_syntax, stored[:, :, k].T)
            ds.save_as(temporary / f"CT{k + 1:04d}.dcm", enforce_file_format=True)


@dataclass(frozen=True)
class MrTimes:
    """What an MR series says of its sequence: kind of the echo train and times in ms."""

    scanning: str
    echo_ms: float
    repetition_ms: float
    inversion_ms: float | None = None


def write_mr_series(volume: Volume, folder: Path, words: SeriesWords, times: MrTimes, frame: str) -> None:
    """Writes ``MR0001.dcm`` and so on; ``frame`` is the frame of reference that series of a visit share."""
    folder = Path(folder)
    if volume.quantity is not Quantity.MR_SIGNAL:
        raise refusal(BadGeometry, "writing.not_mr", quantity=volume.quantity)
    if folder.is_dir() and any(folder.iterdir()):
        raise refusal(BadFile, "writing.not_empty", path=folder)
    stored = np.clip(np.rint(volume.values), 0, np.iinfo(np.uint16).max).astype(np.uint16)
    shared = _shared(volume, words)
    shared.SOPClassUID, shared.Modality, shared.FrameOfReferenceUID = MRImageStorage, "MR", frame
    shared.ImageType = ["DERIVED", "SECONDARY", "OTHER"]
    del shared.RescaleSlope, shared.RescaleType, shared.KVP
    shared.PixelRepresentation = 0
    shared.ScanningSequence, shared.SequenceVariant, shared.ScanOptions = times.scanning.split("\\"), "SK", ""
    shared.MRAcquisitionType, shared.EchoTrainLength = "2D", 1
    shared.EchoTime, shared.RepetitionTime = _decimal(times.echo_ms), _decimal(times.repetition_ms)
    if times.inversion_ms is not None:
        shared.InversionTime = _decimal(times.inversion_ms)
    with writing(folder) as temporary:
        temporary.mkdir()
        for k in range(volume.shape[2]):
            ds = _slice(shared, volume.to_mm(np.array([0, 0, k])), k, stored[:, :, k].T)
            ds.save_as(temporary / f"MR{k + 1:04d}.dcm", enforce_file_format=True)


def _stored_numbers(hu: AnyArray) -> tuple[AnyArray, int]:
    """Stored numbers and rescale intercept: unsigned from -1024 HU, signed where HU reach below."""
    whole = np.rint(hu) if hu.dtype.kind == "f" else hu
    lowest, highest = float(whole.min()), float(whole.max())
    limits = np.iinfo(np.int16)
    if not (limits.min <= lowest and highest <= limits.max):
        raise refusal(
            BadGeometry,
            "writing.hu_range",
            lowest=f"{lowest:g}",
            highest=f"{highest:g}",
            least=limits.min,
            most=limits.max,
        )
    if lowest < -AIR_OFFSET_HU:
        return whole.astype(np.int16), 0
    return (whole.astype(np.int32) + AIR_OFFSET_HU).astype(np.uint16), -AIR_OFFSET_HU


def _shared(volume: Volume, words: SeriesWords) -> Dataset:
    """Everything the slices of one series have in common."""
    ds = Dataset()
    ds.SOPClassUID, ds.Modality = CTImageStorage, "CT"
    ds.ImageType = ["DERIVED", "SECONDARY", "AXIAL"]
    ds.StudyInstanceUID, ds.SeriesInstanceUID = generate_uid(prefix=None), generate_uid(prefix=None)
    ds.FrameOfReferenceUID, ds.PositionReferenceIndicator = generate_uid(prefix=None), ""
    ds.PatientID, ds.PatientName = words.patient_id, words.patient_name
    ds.PatientBirthDate = ds.PatientSex = ds.ReferringPhysicianName = ds.AccessionNumber = ""
    day = words.on.strftime("%Y%m%d") if words.on else ""
    ds.StudyDate = ds.SeriesDate = ds.ContentDate = day
    ds.StudyTime = ds.ContentTime = ds.StudyID = ds.KVP = ds.AcquisitionNumber = ds.PatientPosition = ""
    ds.Manufacturer, ds.SeriesDescription, ds.SeriesNumber = "vertebro", words.description, words.number
    ds.Columns, ds.Rows = volume.shape[0], volume.shape[1]
    ds.PixelSpacing = [_decimal(volume.spacing_mm[1]), _decimal(volume.spacing_mm[0])]
    ds.SliceThickness = _decimal(volume.spacing_mm[2])
    ds.ImageOrientationPatient = [_decimal(c) for c in volume.directions[:, :2].T.ravel()]
    ds.SamplesPerPixel, ds.PhotometricInterpretation = 1, "MONOCHROME2"
    ds.BitsAllocated, ds.BitsStored, ds.HighBit = 16, 16, 15
    ds.RescaleSlope, ds.RescaleType = 1, "HU"
    return ds


def _slice(shared: Dataset, position_mm: Array, k: int, plane: AnyArray) -> Dataset:
    ds = Dataset()
    ds.update(shared)
    ds.SOPInstanceUID, ds.InstanceNumber = generate_uid(prefix=None), k + 1
    ds.ImagePositionPatient = [_decimal(c) for c in position_mm]
    ds.PixelData = plane.astype(plane.dtype.newbyteorder("<")).tobytes()
    ds["PixelData"].VR = "OW"
    ds.file_meta = FileMetaDataset()
    ds.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    return ds


def _compress(ds: Dataset, syntax: str | None, plane: AnyArray) -> None:
    if syntax is None:
        return
    if syntax == JPEG2000Lossless and min(plane.shape) < SMALLEST_JPEG_2000:
        raise refusal(BadGeometry, "writing.jpeg_2000", least=SMALLEST_JPEG_2000)
    if syntax == DeflatedExplicitVRLittleEndian:
        ds.file_meta.TransferSyntaxUID = DeflatedExplicitVRLittleEndian  # pydicom deflates the whole file
    else:
        compress(ds, syntax, generate_instance_uid=False)


def _decimal(number: float) -> str:
    """The number as precisely as a DICOM decimal string can hold it."""
    for digits in range(DECIMAL_DIGITS, 0, -1):
        text = f"{number:.{digits}g}"
        if len(text) <= DECIMAL_DIGITS:
            return text
    return f"{number:.0f}"
