"""Masks from DICOM SEG: segments become label numbers, their codes become the names of vertebrae."""

from __future__ import annotations

import warnings
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
from highdicom.seg import Segmentation, SegmentationTypeValues
from pydicom import Dataset, dcmread
from pydicom.sr.codedict import codes
from pydicom.sr.coding import Code
from pydicom.uid import SegmentationStorage

from vertebro.errors import BadFile, BadGeometry, BadLabels
from vertebro.formats.dicom_header import DAMAGED
from vertebro.formats.labels import level_named
from vertebro.formats.places import is_folder
from vertebro.formats.plausible import check_size, check_voxel_size, v
from vertebro.formats.refusals import refusal
from vertebro.kernels.arrays import AnyArray
from vertebro.patient.volume import Volume
from vertebro.vocabulary.grades import Quantity
from vertebro.vocabulary.levels import Level

BACKGROUND = 0
LABELMAP_STORAGE = "1.2.840.10008.5.1.4.1.1.66.7"  # newer than pydicom's table of SOP classes
S1_CODE = Code("65985001", "SCT", "S1 vertebra")  # the one numbered vertebra pydicom's table lacks


@cache
def vertebra_codes() -> dict[Level, Code]:
    """The SNOMED CT code of each vertebra that has one, C1 to L5 and S1."""
    named = {level: f"{level}Vertebra" for level in Level if not level.is_rare and level is not Level.S1}
    return {level: getattr(codes.SCT, name) for level, name in named.items()} | {Level.S1: S1_CODE}


def read_seg(path: Path, ct: Volume | None = None) -> tuple[Volume, dict[int, str]]:
    """The segments as one label image, on the grid of ``ct`` if it is given, and the name of each number.

    A segment coded as a vertebra is named by its level. Vertebrae may overlap other structures (a
    body, the canal) and then win; two vertebrae in one voxel are refused.
    """
    path = Path(path)
    seg = _opened(path)
    names = _names(seg, path)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # highdicom remarks on odd but readable headers
        try:
            volume = _combined(seg, names, path)
        except DAMAGED as fault:
            raise refusal(BadFile, "seg.damaged", path=path, why=_first_line(fault)) from fault
    check_voxel_size(volume.affine_mm, path.name)
    return (_on_grid_of(ct, volume, path) if ct is not None else volume), names


def _opened(path: Path) -> Segmentation:
    if is_folder(path):
        raise refusal(BadFile, "file.folder", path=path)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            ds = dcmread(path)
            kind = ds.get("SOPClassUID")
            if kind not in (SegmentationStorage, LABELMAP_STORAGE):
                raise refusal(
                    BadFile, "seg.other", path=path, sop_class=getattr(kind, "name", None) or "not said"
                )
            _check_size(ds, path)
            seg: Segmentation = Segmentation.from_dataset(ds, copy=False)
            fractional = seg.segmentation_type is SegmentationTypeValues.FRACTIONAL
        except DAMAGED as fault:
            raise refusal(BadFile, "seg.damaged", path=path, why=_first_line(fault)) from fault
    if fractional:
        raise refusal(BadLabels, "seg.fractional", path=path)
    return seg


def _check_size(ds: Dataset, path: Path) -> None:
    """Refuses what its header promises but no file of this size can hold, before memory is taken."""
    frames, segments = int(ds.get("NumberOfFrames") or 1), len(ds.get("SegmentSequence") or ())
    if frames < 1 or segments < 1:
        raise ValueError(f"{frames} frames, {segments} segments")
    check_size((int(ds.Rows), int(ds.Columns), max(2, frames)), path)


def _names(seg: Segmentation, path: Path) -> dict[int, str]:
    """Label number to name: the level where the code says so, else the label that a person wrote."""
    names = {}
    try:
        for number in seg.segment_numbers:
            if int(number) == BACKGROUND:
                continue
            said = seg.get_segment_description(number)
            names[int(number)] = _name(said.segmented_property_type, str(said.segment_label), path)
    except DAMAGED as fault:
        raise refusal(BadFile, "seg.damaged", path=path, why=_first_line(fault)) from fault
    return names


def _name(code: Any, label: str, path: Path) -> str:
    coded = next((level for level, known in vertebra_codes().items() if code == known), None)
    written = level_named(label)
    if coded and written and coded is not written:
        raise refusal(BadLabels, "seg.contradiction", path=path, label=label, coded=coded)
    return str(coded) if coded else label


def _combined(seg: Segmentation, names: dict[int, str], path: Path) -> Volume:
    """All segments in one image."""
    try:
        return _volume(seg, seg.get_volume(combine_segments=True))
    except RuntimeError as fault:
        if "overlap" not in str(fault):
            raise
    return _one_over_the_other(seg, names, path)


def _one_over_the_other(seg: Segmentation, names: dict[int, str], path: Path) -> Volume:
    """Overlapping segments one after the other, the vertebrae last."""
    vertebrae = [n for n, name in names.items() if level_named(name)]
    others = [n for n in names if n not in vertebrae]
    labels: AnyArray | None = None
    for number in [*others, *vertebrae]:
        one = _volume(seg, seg.get_volume(segment_numbers=[number], combine_segments=True))
        labels = np.zeros(one.shape, np.uint16) if labels is None else labels
        inside = one.values != 0
        taken = inside & np.isin(labels, vertebrae or others)
        if taken.any():
            pair = (names[int(labels[taken][0])], names[number])
            count = f"{np.count_nonzero(taken):,}"
            raise refusal(BadLabels, "seg.overlap", path=path, one=pair[0], other=pair[1], count=count)
        labels[inside] = number
    assert labels is not None  # segments overlap, so there are some
    return Volume(labels, one.affine_mm, Quantity.LABEL)


def _volume(seg: Segmentation, found: Any) -> Volume:
    """highdicom's image (slice, row, column) as ours (column, row, slice); both are in LPS."""
    if found.coordinate_system.value != "PATIENT":
        raise ValueError(f"it lies in the coordinates of a {found.coordinate_system.value}")
    affine = found.affine[:, [2, 1, 0, 3]]
    highest = max(int(n) for n in seg.segment_numbers)
    kind = np.uint8 if highest <= np.iinfo(np.uint8).max else np.uint16
    return Volume(found.array.transpose(2, 1, 0).astype(kind, copy=False), affine, Quantity.LABEL)


def _on_grid_of(ct: Volume, volume: Volume, path: Path) -> Volume:
    """The labels on the CT's own voxels; refuses voxels that lie between those of the CT."""
    turned = volume.oriented(ct.axis_codes)
    ends = np.array([[0, 0, 0], np.array(turned.shape) - 1])
    first, last = ct.to_index(turned.to_mm(ends))
    off_mm = np.abs(np.array([first - np.rint(first), last - first - ends[1]])) * ct.spacing_mm
    turn = np.abs(turned.directions - ct.directions).max()
    if off_mm.max() > v.position_tolerance_mm.value or turn > v.cosine_tolerance.value:
        raise refusal(
            BadGeometry,
            "seg.other_grid",
            path=path,
            mask=" x ".join(f"{s:.3g}" for s in turned.spacing_mm),
            ct=" x ".join(f"{s:.3g}" for s in ct.spacing_mm),
            off=f"{off_mm.max():.2g}",
        )
    start = np.rint(first).astype(int)
    here = tuple(
        slice(max(0, s), max(0, min(n, s + m))) for s, n, m in zip(start, ct.shape, turned.shape, strict=True)
    )
    there = tuple(slice(h.start - s, max(h.start - s, h.stop - s)) for h, s in zip(here, start, strict=True))
    labels = np.zeros(ct.shape, turned.values.dtype)
    labels[here] = turned.values[there]
    lost = np.count_nonzero(turned.values) - np.count_nonzero(labels)
    if lost:
        raise refusal(BadGeometry, "seg.outside", path=path, count=f"{lost:,}")
    return Volume(labels, ct.affine_mm, Quantity.LABEL)


def _first_line(fault: BaseException) -> str:
    return (str(fault).strip() or type(fault).__name__).splitlines()[0]
