"""Samples of the tissues a CT can be calibrated with: from a mask, or found in the CT itself."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
from scipy import ndimage

from vertebro.errors import BadGeometry
from vertebro.fracture.sampling import hu_under
from vertebro.kernels.arrays import AnyArray, Array, Mask
from vertebro.kernels.labelled import boxes_of
from vertebro.patient.spine import Spine, Vertebra
from vertebro.patient.volume import Volume
from vertebro.vocabulary.known import Unknown
from vertebro.vocabulary.levels import Level
from vertebro.vocabulary.library import cited_values
from vertebro.vocabulary.texts import texts

v = cited_values(beside=__file__, name="density_values.yaml")
say = texts(beside=__file__, name="density").say

Samples = Mapping[str, "Sample | Unknown"]
"""One sample, or why there is none, for each of the five reference tissues by name."""

NOWHERE = (slice(0, 0),) * 3

PREFERRED_BONE = Level("L4")
"""The bone whose cortex is sampled first [ogo]."""


@dataclass(frozen=True)
class Sample:
    """The HU of one tissue: its middle, the scatter of the voxels, their number, and how they were found.

    The middle is the mean of a region somebody drew, the median of one found here (a table top or a
    fascia in the region then hardly counts).
    """

    tissue: str
    hu: float
    sd_hu: float
    n: int
    how: str

    @property
    def spread_hu(self) -> float:
        """Standard error of the middle, were the voxels independent."""
        return float(self.sd_hu / np.sqrt(self.n))


def tissue_samples(ct: Volume, spine: Spine | Unknown, tissues: Volume | Unknown) -> Samples:
    """A sample of each reference tissue: from the mask where one was given, else looked for in the CT.

    Blood is never looked for: a great vessel cannot be told from bowel by its HU alone.
    """
    if isinstance(tissues, Volume):
        return samples_in_mask(ct, tissues)
    return samples_found(ct, spine)


def plausible(samples: Samples) -> Samples:
    """The samples that lie in the published window of their tissue; the others say why they are refused."""
    return {name: _in_window(sample) for name, sample in samples.items()}


def _in_window(sample: Sample | Unknown) -> Sample | Unknown:
    if isinstance(sample, Unknown):
        return sample
    low, high = getattr(v, f"{sample.tissue}_window_hu").value
    if low <= sample.hu <= high:
        return sample
    name = sample.tissue.replace("_", " ")
    return Unknown(say("why.implausible", tissue=name, hu=f"{sample.hu:.0f}", low=low, high=high))


def samples_in_mask(ct: Volume, tissues: Volume) -> Samples:
    """A sample of each reference tissue under its label in a mask on the CT's own grid."""
    if not ct.same_grid(tissues):
        raise BadGeometry(
            f"The tissue mask ({tissues.shape}) does not lie on the grid of the CT ({ct.shape}).",
            "a mask with the CT's own voxels",
            "Resample the mask to the CT.",
        )
    pixel_mm2 = ct.voxel_mm3 / float(ct.spacing_mm.max())
    least = int(np.ceil(v.sample_area_mm2.value / pixel_mm2))
    boxes = boxes_of(tissues.values)

    def hu_of(label: int) -> AnyArray:
        box = boxes.get(label, NOWHERE)
        return np.asarray(ct.values[box][tissues.values[box] == label])

    return {
        name: _sample(name, hu_of(label), least, say("how.mask", label=label))
        for name, label in v.tissue_labels.value.items()
    }


def samples_found(ct: Volume, spine: Spine | Unknown) -> Samples:
    """Air, fat, muscle and cortical bone looked for in the CT near the spine (blood never)."""
    coarse = blocks(_near(ct, spine))
    air = _deep(_around_the_patient(coarse.values), coarse)
    found: dict[str, Sample | Unknown] = {
        "adipose": _tissue(coarse, "adipose", _deep(_between(coarse, v.adipose_search_hu.value), coarse)),
        "air": _tissue(coarse, "air", air),
        "blood": Unknown(say("why.no_blood")),
    }
    if isinstance(spine, Unknown):
        found["cortical_bone"] = found["skeletal_muscle"] = Unknown(say("why.no_spine", why=spine.why))
        return found
    muscle = _between(coarse, v.muscle_search_hu.value) & near_the_spine(coarse, spine, v.muscle_box_mm.value)
    found["cortical_bone"] = cortical_sample(ct, spine)
    found["skeletal_muscle"] = _tissue(coarse, "skeletal_muscle", _deep(muscle, coarse))
    return found


def cortical_sample(ct: Volume, spine: Spine) -> Sample | Unknown:
    """The densest bone of one vertebra (L4 where there is one): voxels 51 to 949 ranked by HU [ogo]."""
    whole = [bone for bone in spine if not bone.is_cut_off]
    if not whole:
        return Unknown(say("why.all_cut_off"))
    bone = next((b for b in whole if b.level == PREFERRED_BONE), whole[-1])
    hu = hu_under(ct, bone.mask)[bone.mask.values]
    ranks = v.cortical_ranks.value
    ranked = np.sort(hu[np.isfinite(hu)])[::-1][ranks["skipped"] : ranks["skipped"] + ranks["taken"]]
    return _sample("cortical_bone", ranked, ranks["taken"], say("how.cortical", level=bone.level))


def blocks(ct: Volume) -> Volume:
    """The CT averaged over blocks of about 3 mm; a CT as coarse as that stays as it is."""
    step = np.maximum(1, np.round(v.search_block_mm.value / ct.spacing_mm)).astype(int)
    if (step == 1).all():
        return ct
    kept = [int(n // s * s) for n, s in zip(ct.shape, step, strict=True)]
    if 0 in kept:
        return ct
    i, j, k = kept
    a, b, c = (int(s) for s in step)
    cut = ct.values[:i, :j, :k].reshape(i // a, a, j // b, b, k // c, c)
    affine = ct.affine_mm.copy()
    affine[:3, :3] = ct.affine_mm[:3, :3] * step
    affine[:3, 3] = ct.to_mm((step - 1) / 2)
    return Volume(cut.mean(axis=(1, 3, 5), dtype=np.float32), affine, ct.quantity)


def bright_vessel(ct: Volume, spine: Spine | Unknown) -> Sample | Unknown:
    """A thick region in front of the spine brighter than any soft tissue without contrast agent, if any."""
    if isinstance(spine, Unknown):
        return Unknown(say("why.no_spine", why=spine.why))
    coarse = blocks(_near(ct, spine))
    front = near_the_spine(coarse, spine, v.vessel_box_mm.value)
    bright = _deep(_between(coarse, v.vessel_search_hu.value), coarse) & front
    least = int(np.ceil(v.least_vessel_mm3.value / coarse.voxel_mm3))
    return _middle("blood", coarse.values[bright], least, say("how.vessel"))


def near_the_spine(grid: Volume, spine: Spine, box: Mapping[str, tuple[float, float]]) -> Mask:
    """Voxels at these distances to either side (lateral) and behind (posterior) the vertebrae, in mm."""
    index = np.moveaxis(np.indices(grid.shape), 0, -1)
    left, back, up = np.moveaxis(grid.to_mm(index), -1, 0)
    centres = np.array([bone.centre_mm for bone in spine])
    centres = centres[np.argsort(centres[:, 2])]
    lateral = np.abs(left - np.interp(up, centres[:, 2], centres[:, 0]))
    behind = back - np.interp(up, centres[:, 2], centres[:, 1])
    inside = np.ones(grid.shape, dtype=bool)
    for distance, (low, high) in ((lateral, box["lateral"]), (behind, box["posterior"])):
        inside &= (distance >= low) & (distance <= high)
    return np.asarray(inside)


def _near(ct: Volume, spine: Spine | Unknown) -> Volume:
    """The slab of the CT that holds the spine, so that tissues far from it do not count."""
    if isinstance(spine, Unknown):
        return ct
    axis = int(np.argmax(np.abs(ct.directions[2])))
    ends = np.concatenate([_ends(ct, bone, axis) for bone in spine])
    box = [slice(None)] * 3
    box[axis] = slice(max(0, int(ends.min())), min(ct.shape[axis], int(ends.max()) + 1))
    return ct.cropped((box[0], box[1], box[2]))


def _ends(ct: Volume, bone: Vertebra, axis: int) -> Array:
    corners = np.array(np.meshgrid(*[(0, n - 1) for n in bone.mask.shape])).reshape(3, -1).T
    return np.asarray(ct.to_index(bone.mask.to_mm(corners))[:, axis])


def _between(ct: Volume, window: tuple[float, float]) -> Mask:
    return np.asarray((ct.values >= window[0]) & (ct.values <= window[1]))


def _around_the_patient(hu: AnyArray) -> Mask:
    """The gas that reaches the border of the image: the air around the patient, without padding."""
    gas, count = ndimage.label(hu < v.air_search_hu.value)
    if count == 0:
        return np.zeros(hu.shape, dtype=bool)
    faces = [np.take(gas, end, axis).ravel() for axis in range(3) for end in (0, -1)]
    outer = np.unique(np.concatenate(faces))
    return np.asarray(np.isin(gas, outer[outer > 0]) & (hu > v.padding_hu.value))


def _deep(region: Mask, grid: Volume) -> Mask:
    """The part of a region that keeps its distance from the region's edge; the image's border is no edge."""
    padded = np.pad(region, 1, mode="edge")
    depth = ndimage.distance_transform_edt(padded, sampling=grid.spacing_mm)[1:-1, 1:-1, 1:-1]
    return np.asarray(depth > v.search_margin_mm.value)


def _tissue(grid: Volume, tissue: str, where: Mask) -> Sample | Unknown:
    least = int(np.ceil(v.sample_area_mm2.value / v.search_block_mm.value**2))
    return _middle(tissue, grid.values[where], least, say(f"how.{tissue}"))


def _sample(tissue: str, hu: AnyArray, least: int, how: str) -> Sample | Unknown:
    """Mean and standard deviation of a region, if it is large enough and not padding."""
    name = tissue.replace("_", " ")
    if hu.size < max(2, least):
        return Unknown(say("why.too_small", tissue=name, n=hu.size, needed=max(2, least), how=how))
    sd = float(np.std(hu, dtype=np.float64, ddof=1))
    if sd == 0:
        return Unknown(say("why.no_noise", tissue=name, hu=f"{float(hu.flat[0]):.0f}"))
    return Sample(tissue, float(np.mean(hu, dtype=np.float64)), sd, int(hu.size), how)


def _middle(tissue: str, hu: AnyArray, least: int, how: str) -> Sample | Unknown:
    """As ``_sample``, with the median for the mean."""
    sample = _sample(tissue, hu, least, how)
    return sample if isinstance(sample, Unknown) else replace(sample, hu=float(np.median(hu)))
