"""Slice headers from DICOM data sets: classic images, and the frames of enhanced multi-frame ones."""

from __future__ import annotations

import struct
import zlib
from typing import Any

from pydicom import Dataset
from pydicom.datadict import tag_for_keyword
from pydicom.errors import BytesLengthException, InvalidDicomError

from vertebro.formats.geometry_gate import SliceHeader

DAMAGED = (
    ArithmeticError,
    AssertionError,
    AttributeError,
    EOFError,
    LookupError,
    MemoryError,
    OSError,
    RuntimeError,
    TypeError,
    ValueError,
    struct.error,
    zlib.error,
    BytesLengthException,
    InvalidDicomError,
)
"""What pydicom, highdicom and the decoders raise on damaged files; they have no common ancestor."""

MOST_FRAMES = 100_000  # one file; a scan of two metres in steps of 0.02 mm

WANTED = """
    SpecificCharacterSet SOPClassUID SOPInstanceUID Modality ImageType PatientID StudyInstanceUID
    SeriesInstanceUID SeriesNumber SeriesDescription AcquisitionNumber SliceThickness GantryDetectorTilt
    ImagePositionPatient ImageOrientationPatient FrameOfReferenceUID PixelSpacing Rows Columns
    SamplesPerPixel PhotometricInterpretation RescaleSlope RescaleIntercept RescaleType NumberOfFrames
    LossyImageCompression SharedFunctionalGroupsSequence
    PerFrameFunctionalGroupsSequence
    """
TAGS = [tag for word in WANTED.split() if (tag := tag_for_keyword(word)) is not None]
GROUP_OF = {
    "ImagePositionPatient": "PlanePositionSequence",
    "ImageOrientationPatient": "PlaneOrientationSequence",
    "PixelSpacing": "PixelMeasuresSequence",
    "SliceThickness": "PixelMeasuresSequence",
    "RescaleSlope": "PixelValueTransformationSequence",
    "RescaleIntercept": "PixelValueTransformationSequence",
    "RescaleType": "PixelValueTransformationSequence",
    "FrameType": "CTImageFrameTypeSequence",
    "FrameAcquisitionNumber": "FrameContentSequence",
}
"""Where enhanced images keep what classic ones say at the top."""


def headers_of(ds: Dataset, name: str, sop_class: str | None) -> list[SliceHeader]:
    """One header for a classic image, one for each frame of an enhanced one."""
    frames = ds.get("PerFrameFunctionalGroupsSequence")
    if not frames:
        return [_header([ds], ds, name, sop_class, text_of(ds, "SOPInstanceUID"))]
    count = whole_of(ds, "NumberOfFrames") or 0
    if len(frames) != count or count > MOST_FRAMES:
        raise ValueError(f"{count} frames announced, {len(frames)} described")
    shared = ds.get("SharedFunctionalGroupsSequence") or [Dataset()]
    uid = text_of(ds, "SOPInstanceUID")
    return [
        _header([frame, shared[0], ds], ds, f"{name} frame {n}", sop_class, f"{uid}#{n}" if uid else None)
        for n, frame in enumerate(frames, start=1)
    ]


def text_of(ds: Dataset, keyword: str) -> str | None:
    """The words of an element, None if it is absent or empty."""
    value = ds.get(keyword)
    return None if value is None or str(value).strip() == "" else str(value).strip()


def whole_of(ds: Dataset, keyword: str) -> int | None:
    """The whole number of an element, None if it is absent or empty."""
    value = ds.get(keyword)
    return None if value is None or value == "" else int(value)


def _header(
    places: list[Dataset], ds: Dataset, name: str, sop_class: str | None, uid: str | None
) -> SliceHeader:
    kinds = _found(places, "FrameType") or ds.get("ImageType") or ()
    return SliceHeader(
        name=name,
        rows=whole_of(ds, "Rows") or 0,
        columns=whole_of(ds, "Columns") or 0,
        position_mm=_numbers(_found(places, "ImagePositionPatient")),
        orientation=_numbers(_found(places, "ImageOrientationPatient")),
        pixel_spacing_mm=_numbers(_found(places, "PixelSpacing")),
        modality=text_of(ds, "Modality"),
        image_type=(kinds,) if isinstance(kinds, str) else tuple(str(k) for k in kinds),
        rescale_slope=_number(_found(places, "RescaleSlope")),
        rescale_intercept=_number(_found(places, "RescaleIntercept")),
        rescale_type=str(_found(places, "RescaleType") or "").strip() or None,
        series_uid=text_of(ds, "SeriesInstanceUID"),
        frame_of_reference=text_of(ds, "FrameOfReferenceUID"),
        sop_instance_uid=uid,
        sop_class=sop_class,
        patient_id=text_of(ds, "PatientID"),
        acquisition=_whole(_found(places, "FrameAcquisitionNumber") or ds.get("AcquisitionNumber")),
        thickness_mm=_number(_found(places, "SliceThickness")),
        gantry_tilt_deg=_number(ds.get("GantryDetectorTilt")),
        samples_per_pixel=whole_of(ds, "SamplesPerPixel") or 1,
        photometric=text_of(ds, "PhotometricInterpretation"),
        is_lossy=text_of(ds, "LossyImageCompression") == "01",
    )


def _found(places: list[Dataset], keyword: str) -> Any:
    """The first value of an element in the frame's groups, the shared groups, the image itself."""
    group = GROUP_OF.get(keyword, "")
    for place in places:
        for item in [*(place.get(group) or [])[:1], place]:
            value = item.get(keyword)
            if value is not None and value != "":
                return value
    return None


def _number(value: Any) -> float | None:
    return None if value is None or value == "" else float(value)


def _whole(value: Any) -> int | None:
    return None if value is None or value == "" else int(value)


def _numbers(value: Any) -> tuple[float, ...] | None:
    if value is None:
        return None
    return tuple(float(n) for n in value) if hasattr(value, "__iter__") else (float(value),)
