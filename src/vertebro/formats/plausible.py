"""Whether numbers can be Hounsfield units, and whether a grid can be a scan of a patient."""

from __future__ import annotations

import numpy as np

from vertebro.errors import BadFile, BadGeometry
from vertebro.formats.refusals import note, refusal
from vertebro.kernels.arrays import AnyArray, Array
from vertebro.vocabulary.library import cited_values
from vertebro.vocabulary.texts import texts

v = cited_values(beside=__file__, name="dicom_values.yaml")

SAMPLE = 2_000_000
"""Voxels looked at for the share of tissue: its error is far below the limit of one per cent."""
FEWEST_ALONG_AN_AXIS = 2
"""Below two there is no spacing; the series gate asks for more."""


def check_size(shape: tuple[int, ...], where: object) -> None:
    """Refuses an image that no memory holds, or that has an axis of one voxel."""
    count = 1
    for n in shape:
        count *= int(n)
    if count > v.most_voxels.value or min(shape) < FEWEST_ALONG_AN_AXIS:
        raise refusal(
            BadFile,
            "nifti.too_big",
            path=where,
            shape=" x ".join(map(str, shape)),
            most=f"{v.most_voxels.value:,}",
            fewest=FEWEST_ALONG_AN_AXIS,
        )


def check_voxel_size(affine_mm: Array, where: object) -> None:
    """Refuses voxels too small or too large for a scan of a patient: a unit mixed up, most likely."""
    with np.errstate(over="ignore", invalid="ignore"):
        spacing = np.linalg.norm(affine_mm[:3, :3], axis=0)
    smallest, largest = v.smallest_voxel_mm.value, v.largest_voxel_mm.value
    if not ((spacing >= smallest) & (spacing <= largest)).all():
        size = " x ".join(f"{s:.4g}" for s in spacing)
        raise refusal(
            BadGeometry, "grid.voxel_size", where=where, size=size, smallest=smallest, largest=largest
        )


def hounsfield(values: AnyArray, where: object) -> tuple[AnyArray, tuple[str, ...]]:
    """The numbers as HU with padding turned to air, and what was noticed; refuses what is no CT of a body.

    ``values`` is changed in place where it holds padding.
    """
    lowest, highest = float(values.min()), float(values.max())
    if lowest == highest:
        raise refusal(BadGeometry, "hu.constant", where=where, value=f"{lowest:g}")
    if highest > v.highest_hu.value:
        raise refusal(
            BadGeometry, "hu.too_bright", where=where, highest=f"{highest:g}", limit=v.highest_hu.value
        )
    if lowest > v.dark_enough_hu.value:
        raise refusal(
            BadGeometry,
            "hu.no_dark",
            where=where,
            lowest=f"{lowest:g}",
            limit=v.dark_enough_hu.value,
            hint=texts(__file__, "images_text").say(f"hints.{_looks_like(values, highest)}"),
        )
    if highest < v.bright_enough_hu.value:
        raise refusal(
            BadGeometry, "hu.no_bright", where=where, highest=f"{highest:g}", limit=v.bright_enough_hu.value
        )
    _check_tissue(values, where)
    return _without_padding(values, lowest, where)


def _looks_like(values: AnyArray, highest: float) -> str:
    """What numbers without anything dark most resemble: few whole numbers, up to 255, or more."""
    some = _sample(values)
    whole = bool((some == np.rint(some)).all())
    if whole and np.unique(some).size <= 64 and highest <= 255:
        return "mask"
    return "picture" if highest <= 255 else "raw"


def _sample(values: AnyArray) -> AnyArray:
    flat = values.ravel(order="K")
    return flat[:: max(1, flat.size // SAMPLE)]


def _check_tissue(values: AnyArray, where: object) -> None:
    some = _sample(values)
    low, high = v.tissue_lowest_hu.value, v.tissue_highest_hu.value
    share_pct = 100 * float(np.count_nonzero((some >= low) & (some <= high))) / some.size
    if share_pct < v.least_tissue_pct.value:
        raise refusal(
            BadGeometry,
            "hu.no_tissue",
            where=where,
            share=f"{share_pct:.2g}",
            lowest=low,
            highest=high,
            least=v.least_tissue_pct.value,
        )


def _without_padding(values: AnyArray, lowest: float, where: object) -> tuple[AnyArray, tuple[str, ...]]:
    below = v.padding_below_hu.value
    if lowest >= below:
        return values, ()
    padding = values < below
    values[padding] = v.outside_hu.value
    share = f"{100 * np.count_nonzero(padding) / padding.size:.2g}"
    said = note("padding", where=where, share=share, below=below, outside=v.outside_hu.value)
    return values, (said,)
