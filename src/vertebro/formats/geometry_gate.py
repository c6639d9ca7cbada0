"""The gate every CT and MR series passes before any number: is it one regular stack of slices, and where?

Pure logic on slice headers. SimpleITK and GDCM read tilted, incomplete and doubled series without a
word; here each of these is refused and explained, and only what cannot mislead is repaired with a note.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from vertebro.errors import BadGeometry
from vertebro.formats.refusals import note, refusal
from vertebro.kernels.arrays import AnyArray, Array
from vertebro.vocabulary.library import cited_values

v = cited_values(beside=__file__, name="dicom_values.yaml")

HU_TYPES = {None, "HU", "HU_MOD"}
"""Rescale types that are Hounsfield units; CT images need not name the type."""


@dataclass(frozen=True)
class SliceHeader:
    """What the gate needs to know about one slice (one file, or one frame of a file); None: not said."""

    name: str
    rows: int
    columns: int
    position_mm: tuple[float, ...] | None
    orientation: tuple[float, ...] | None
    pixel_spacing_mm: tuple[float, ...] | None
    modality: str | None = "CT"
    image_type: tuple[str, ...] = ()
    rescale_slope: float | None = None
    rescale_intercept: float | None = None
    rescale_type: str | None = None
    series_uid: str | None = None
    frame_of_reference: str | None = None
    sop_instance_uid: str | None = None
    sop_class: str | None = None
    patient_id: str | None = None
    acquisition: int | None = None
    thickness_mm: float | None = None
    gantry_tilt_deg: float | None = None
    samples_per_pixel: int = 1
    photometric: str | None = None
    is_lossy: bool = False

    @property
    def is_localiser(self) -> bool:
        """True for a scout image."""
        return "LOCALIZER" in self.image_type

    @property
    def is_derived(self) -> bool:
        """True for an image computed from other images."""
        return self.image_type[:1] == ("DERIVED",)

    def corners_mm(self) -> Array:
        """Centres of the first pixel and of the ends of the first row and first column, LPS mm."""
        assert self.position_mm and self.orientation and self.pixel_spacing_mm
        first, directions = np.array(self.position_mm), np.array(self.orientation).reshape(2, 3)
        along_row = directions[0] * self.pixel_spacing_mm[1] * (self.columns - 1)
        along_column = directions[1] * self.pixel_spacing_mm[0] * (self.rows - 1)
        return np.array([first, first + along_row, first + along_column])


@dataclass(frozen=True)
class Stack:
    """Slices in order, and where voxel (column, row, slice) lies in LPS mm; sheared if tilted."""

    slices: tuple[SliceHeader, ...]
    affine_mm: Array
    tilt_deg: float
    notes: tuple[str, ...]


def checked_stack(slices: Sequence[SliceHeader], straighten: bool = False, modality: str = "CT") -> Stack:
    """The slices as one regular stack, or a refusal that says which slice is wrong, and how.

    ``straighten`` accepts a gantry tilt; the pixels then have to go through ``straightened``. A CT must
    say how its numbers become HU; the numbers of an MR image have no unit and need no rescale.
    """
    kept, notes = _images_of_the_body(slices, modality)
    for s in kept:
        _check_place(s)
        _check_grey(s)
        if modality == "CT":
            _check_units(s)
    _check_one_kind(kept)
    kept, copies = _without_copies(kept)
    if len(kept) < v.fewest_slices.value:
        raise refusal(BadGeometry, "series.few", count=len(kept), fewest=v.fewest_slices.value)
    kept = _in_order(kept)
    _check_distances(kept)
    affine, tilt = _affine_and_tilt(kept)
    _check_corners(kept, affine)
    if tilt >= v.tilt_is_none_below_deg.value and not straighten:
        raise _tilted(affine, tilt)
    return Stack(tuple(kept), affine, tilt, (*notes, *copies, *_remarks(kept, affine, tilt)))


def straightened(values: AnyArray, affine_mm: Array, outside: float) -> tuple[AnyArray, Array]:
    """A tilted stack on a rectangular grid: every slice shifted in its own plane, edges filled.

    ``values[column, row, slice]``. The planes stay where they are, so only the positions within a
    plane are interpolated (linearly); the grid grows to hold every slice.
    """
    spacing = np.linalg.norm(affine_mm[:3, :3], axis=0)
    row, column = affine_mm[:3, 0] / spacing[0], affine_mm[:3, 1] / spacing[1]
    step, last = affine_mm[:3, 2], values.shape[2] - 1
    shifts = np.array([step @ row / spacing[0], step @ column / spacing[1]])  # pixels per slice
    first = np.floor(np.minimum(0, shifts * last)).astype(int)
    beyond = np.ceil(np.maximum(0, shifts * last)).astype(int)
    size = np.array(values.shape[:2]) + beyond - first
    straight = np.full((values.shape[2], size[1], size[0]), outside, values.dtype).transpose(2, 1, 0)
    for k in range(values.shape[2]):
        straight[:, :, k] = _shifted(
            values[:, :, k], shifts * k - first, (int(size[0]), int(size[1])), outside
        )
    affine = affine_mm.copy()
    affine[:3, 2] = step - (step @ row) * row - (step @ column) * column
    affine[:3, 3] += affine_mm[:3, :2] @ first
    return straight, affine


def _shifted(plane: AnyArray, by: Array, size: tuple[int, int], outside: float) -> AnyArray:
    """The plane moved by ``by`` (>= 0) pixels into a larger one, linearly interpolated."""
    moved = plane.astype(np.float32)
    for axis in (0, 1):
        shift = max(0.0, float(by[axis]))  # rounding may leave a hair below zero
        whole, part = int(shift), shift - int(shift)
        widths = [(0, 0), (0, 0)]
        widths[axis] = (whole, size[axis] - moved.shape[axis] - whole)
        moved = np.pad(moved, widths, constant_values=outside)
        if part > 0:  # then the last pixel is fill, and what rolls round to the front is fill
            moved = (1 - part) * moved + part * np.roll(moved, 1, axis)
    return np.rint(moved) if plane.dtype.kind == "i" else moved


def _images_of_the_body(slices: Sequence[SliceHeader], modality: str) -> tuple[list[SliceHeader], list[str]]:
    """Without localisers; refuses a series of localisers, of another modality, of several patients."""
    where = "The series" if not slices or not slices[0].series_uid else f"Series {slices[0].series_uid}"
    for s in slices:
        if s.modality != modality:
            key = "series.no_ct" if modality == "CT" else "mr.modality"
            raise refusal(BadGeometry, key, where=where, modality=s.modality or "not said")
    kept = [s for s in slices if not s.is_localiser]
    if slices and not kept:
        raise refusal(BadGeometry, "series.scout", where=where)
    patients = sorted({s.patient_id for s in kept if s.patient_id})
    if len(patients) > 1:
        raise refusal(BadGeometry, "series.patients", count=len(patients), ids=", ".join(patients))
    derived = [s for s in kept if s.is_derived]
    if derived and len(derived) < len(kept):
        raise refusal(
            BadGeometry,
            "series.derived",
            original=len(kept) - len(derived),
            derived=len(derived),
            slice=derived[0].name,
        )
    left_out = len(slices) - len(kept)
    return kept, [note("scouts", count=left_out)] if left_out else []


def _check_place(s: SliceHeader) -> None:
    """Refuses a slice that does not say where it lies."""
    wanted = {
        "where it lies (Image Position Patient)": (s.position_mm, 3),
        "how it is turned (Image Orientation Patient)": (s.orientation, 6),
        "how large its pixels are (Pixel Spacing)": (s.pixel_spacing_mm, 2),
    }
    for what, (given, length) in wanted.items():
        if given is None or len(given) != length or not np.isfinite(given).all():
            raise refusal(BadGeometry, "series.no_place", slice=s.name, what=what)
    assert s.orientation and s.pixel_spacing_mm
    axes = np.array(s.orientation).reshape(2, 3)
    if not np.allclose(axes @ axes.T, np.eye(2), atol=v.cosine_tolerance.value):
        shown = ", ".join(f"{c:g}" for c in s.orientation)
        raise refusal(BadGeometry, "series.not_square", slice=s.name, orientation=shown)
    if min(s.pixel_spacing_mm) <= 0:
        what = "how large its pixels are (Pixel Spacing is zero or less)"
        raise refusal(BadGeometry, "series.no_place", slice=s.name, what=what)


def _check_grey(s: SliceHeader) -> None:
    """Refuses coloured pictures."""
    if s.samples_per_pixel != 1 or s.photometric not in (None, "MONOCHROME1", "MONOCHROME2"):
        raise refusal(
            BadGeometry,
            "series.colour",
            slice=s.name,
            photometric=s.photometric,
            samples=s.samples_per_pixel,
        )


def _check_units(s: SliceHeader) -> None:
    """Refuses maps and numbers without a way to Hounsfield units."""
    slope, intercept = s.rescale_slope, s.rescale_intercept
    if slope is None or intercept is None or slope == 0 or not np.isfinite([slope, intercept]).all():
        raise refusal(BadGeometry, "series.no_rescale", slice=s.name)
    if s.rescale_type not in HU_TYPES:
        raise refusal(BadGeometry, "series.not_hu", slice=s.name, type=s.rescale_type)


def _check_one_kind(slices: Sequence[SliceHeader]) -> None:
    """Refuses slices that differ in orientation, size, pixel spacing or frame of reference."""
    kinds: list[tuple[SliceHeader, int]] = []
    for s in slices:
        for n, (first, count) in enumerate(kinds):
            if _same_kind(first, s):
                kinds[n] = (first, count + 1)
                break
        else:
            kinds.append((s, 1))
    if len(kinds) > 1:
        listed = "; ".join(f"{count} x {_in_words(first)}" for first, count in kinds)
        raise refusal(BadGeometry, "series.kinds", count=len(kinds), kinds=listed)


def _same_kind(one: SliceHeader, other: SliceHeader) -> bool:
    assert one.orientation and other.orientation and one.pixel_spacing_mm and other.pixel_spacing_mm
    off = np.abs(np.array(one.orientation) - other.orientation).max()
    return (
        off <= v.cosine_tolerance.value
        and (one.rows, one.columns) == (other.rows, other.columns)
        and np.allclose(one.pixel_spacing_mm, other.pixel_spacing_mm, rtol=1e-4)  # rounding of decimals
        and one.frame_of_reference == other.frame_of_reference
    )


def _in_words(s: SliceHeader) -> str:
    assert s.orientation and s.pixel_spacing_mm
    plane = ("sagittal", "coronal", "axial")[int(np.abs(_normal(s)).argmax())]
    size = f"{s.columns} x {s.rows} pixels of {s.pixel_spacing_mm[1]:.3g} x {s.pixel_spacing_mm[0]:.3g} mm"
    turned = ", ".join(f"{c:.3g}" for c in s.orientation)
    frame = s.frame_of_reference or "none"
    return f"{plane}, {size}, orientation ({turned}), frame {frame}, as {s.name}"


def _normal(s: SliceHeader) -> Array:
    return np.cross(*np.array(s.orientation).reshape(2, 3))


def _without_copies(slices: Sequence[SliceHeader]) -> tuple[list[SliceHeader], list[str]]:
    """Each image once: files with the same SOP Instance UID are copies of one image."""
    seen: set[str] = set()
    kept = []
    for s in slices:
        if s.sop_instance_uid and s.sop_instance_uid in seen:
            continue
        seen.add(s.sop_instance_uid or "")
        kept.append(s)
    copies = len(slices) - len(kept)
    return kept, [note("copies", count=copies)] if copies else []


def _along_mm(slices: Sequence[SliceHeader]) -> Array:
    """Positions along the normal of the slices."""
    return np.array([s.position_mm for s in slices]) @ _normal(slices[0])


def _in_order(slices: Sequence[SliceHeader]) -> list[SliceHeader]:
    """From the first slice along the normal (row x column) to the last."""
    return [slices[n] for n in np.argsort(_along_mm(slices), kind="stable")]


def _check_distances(slices: Sequence[SliceHeader]) -> None:
    """Refuses several images at one place, missing slices and unequal distances."""
    along, within = _along_mm(slices), v.position_tolerance_mm.value
    steps = np.diff(along)
    if (steps < within).any():
        raise _at_one_place(slices, along, int(np.argmax(steps < within)))
    step = float(np.sort(steps)[(len(steps) - 1) // 2])  # the lower median: a gap never passes for usual
    off = np.abs(steps - step)
    if off.max() <= 2 * within:  # each end of a step may be rounded; the corners are looked at next
        return
    worst = int(off.argmax())
    times = round(float(steps[worst]) / step)
    evenly = times >= 2 and abs(steps[worst] - times * step) <= (times + 1) * within
    raise refusal(
        BadGeometry,
        "series.missing" if evenly else "series.uneven",
        count=times - 1,
        step=f"{step:.3g}",
        gap=f"{steps[worst]:.4g}",
        before=_at(slices[worst], along[worst]),
        after=_at(slices[worst + 1], along[worst + 1]),
        within=within,
    )


def _at(s: SliceHeader, along: float) -> str:
    return f"{s.name} (at {along:.2f} mm)"


def _at_one_place(slices: Sequence[SliceHeader], along: Array, first: int) -> BadGeometry:
    here = [
        s for s, d in zip(slices, along, strict=True) if abs(d - along[first]) < v.position_tolerance_mm.value
    ]
    acquisitions = Counter(s.acquisition for s in slices if s.acquisition is not None)
    listed = ", ".join(f"number {n} with {count} images" for n, count in sorted(acquisitions.items()))
    return refusal(
        BadGeometry,
        "series.same_place",
        times=len(here),
        where=f"{along[first]:.2f}",
        names=", ".join(s.name for s in here[:4]) + (", ..." if len(here) > 4 else ""),
        more=f"The series holds acquisitions {listed}." if len(acquisitions) > 1 else "",
    )


def _affine_and_tilt(slices: Sequence[SliceHeader]) -> tuple[Array, float]:
    """Where voxel (column, row, slice) lies, and the angle between the stack and the slices' normal."""
    first, last = slices[0], slices[-1]
    assert first.orientation and first.pixel_spacing_mm and first.position_mm and last.position_mm
    row, column = np.array(first.orientation).reshape(2, 3)
    row = row / np.linalg.norm(row)
    column = column - (column @ row) * row
    column = column / np.linalg.norm(column)
    step = (np.array(last.position_mm) - first.position_mm) / (len(slices) - 1)
    affine = np.eye(4)
    affine[:3, 0], affine[:3, 1] = row * first.pixel_spacing_mm[1], column * first.pixel_spacing_mm[0]
    affine[:3, 2], affine[:3, 3] = step, first.position_mm
    cosine = float(step @ np.cross(row, column) / np.linalg.norm(step))
    return affine, float(np.degrees(np.arccos(min(1.0, cosine))))


def _check_corners(slices: Sequence[SliceHeader], affine: Array) -> None:
    """Refuses slices that lie elsewhere than the stack as a whole says: drift, turn or sideways shift."""
    shape = (slices[0].columns - 1, slices[0].rows - 1)
    corners = np.array([[0, 0], [shape[0], 0], [0, shape[1]]]) @ affine[:3, :2].T + affine[:3, 3]
    off = [
        np.linalg.norm(s.corners_mm() - corners - k * affine[:3, 2], axis=1).max()
        for k, s in enumerate(slices)
    ]
    worst = int(np.argmax(off))
    if off[worst] > v.position_tolerance_mm.value:
        raise refusal(
            BadGeometry,
            "series.drift",
            slice=_at(slices[worst], _along_mm(slices)[worst]),
            off=f"{off[worst]:.2f}",
            within=v.position_tolerance_mm.value,
        )


def _tilted(affine: Array, tilt_deg: float) -> BadGeometry:
    length = float(np.linalg.norm(affine[:3, 2]))
    aside, along = length * np.sin(np.radians(tilt_deg)), length * np.cos(np.radians(tilt_deg))
    return refusal(
        BadGeometry, "series.tilt", angle=f"{tilt_deg:.1f}", shift=f"{aside:.2f}", step=f"{along:.3g}"
    )


def _remarks(slices: Sequence[SliceHeader], affine: Array, tilt_deg: float) -> list[str]:
    """What the reader of the report should know about a series that passed."""
    said, first = [], slices[0]
    step = float(np.linalg.norm(affine[:3, 2]))
    if not all(s.sop_instance_uid for s in slices):
        said.append(note("no_sop_uid", count=sum(not s.sop_instance_uid for s in slices)))
    if not all(s.sop_class for s in slices):
        said.append(note("no_sop_class", count=sum(not s.sop_class for s in slices)))
    if not first.frame_of_reference:
        said.append(note("no_frame"))
    if not all(s.image_type for s in slices):
        said.append(note("no_type", count=sum(not s.image_type for s in slices)))
    if any(s.is_lossy for s in slices):
        said.append(note("lossy", count=sum(s.is_lossy for s in slices)))
    if first.is_derived:
        said.append(note("derived", type="/".join(first.image_type)))
    if first.thickness_mm and step > first.thickness_mm + v.position_tolerance_mm.value:
        said.append(note("gaps", thickness=f"{first.thickness_mm:g}", step=f"{step:.3g}"))
    named = abs(first.gantry_tilt_deg or 0.0)
    if tilt_deg >= v.tilt_is_none_below_deg.value:
        said.append(note("straightened", angle=f"{tilt_deg:.1f}", outside=v.outside_hu.value))
    elif named >= 1:  # a whole degree: rounding and sagging of the gantry stay below
        said.append(note("tilt_tag", angle=f"{named:g}"))
    return said
