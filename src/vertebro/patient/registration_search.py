"""Search for the rigid motion from CT to MRI: the whole spine first, then SimpleITK from the best."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from importlib import import_module
from itertools import product
from typing import Any

import numpy as np
from scipy import ndimage

from vertebro.kernels.alignment import grey_levels, mutual_information, rigid
from vertebro.kernels.arrays import AnyArray, Array
from vertebro.kernels.labelled import boxes_of
from vertebro.patient.spine import Spine
from vertebro.patient.volume import Volume

AROUND_MM = 16.0
"""How far around the vertebrae the images are compared: discs, canal, and the vessels that tell the sides."""

ASIDE_MM = 32.0
"""No farther to the sides than this from the middle of the spine: sagittal MRI is narrow."""

CT_MM, MRI_MM = 2.0, 3.0
"""Voxels of the coarse copies; half the blur of thick slices loses nothing of the optimum's place."""

MOST_PLACES, FEW_PLACES = 8000, 1000
"""Places compared in the tests and in the first search; twice as many move the optimum by under 0.1 mm."""

STEPS_MM = (10.0, 8.0, 6.0)
"""Steps of the first search to the left, back and head: below the reach of the refinement."""

REACH_MM = (10.0, 56.0)
"""How far from the middle of the MRI the first search goes to the sides and to front and back."""

PITCHES_DEG = (-8.0, 0.0, 8.0)
"""Tilts about the left axis in the first search: a cushion under the knees or the back."""

BLUR_MM, ROUGH_MM = 3.0, 2.0
"""Blur of both images in the first search (its steps must not step over the optimum) and in the second."""

LEAST_OVERLAP = 0.4
"""Of the places around the CT's vertebrae that must lie in the MRI for a place to be looked at."""

APART_MM = 12.0
"""Places nearer to each other than this are one optimum: half the height of a vertebra."""

CANDIDATES = 3
SEED = 7  # the choice of places is the same every time


@dataclass(frozen=True)
class Places:
    """Where CT and MRI are compared: places around the vertebrae (LPS mm of the CT), the CT's grey there."""

    points_mm: Array
    ct_grey: AnyArray
    coarse_ct: Volume
    near_spine: AnyArray
    mri: Volume
    centres_mm: Array

    @classmethod
    def of(cls, ct: Volume, spine: Spine, mri: Volume) -> Places:
        """Chosen evenly and reproducibly around the vertebrae."""
        coarse = _coarser(_cropped(ct, spine), CT_MM)
        near = _near_spine(coarse, spine)
        index = np.argwhere(near)
        chosen = np.random.default_rng(SEED).permutation(len(index))[:MOST_PLACES]
        jitter = np.random.default_rng(SEED + 1).uniform(-0.5, 0.5, (len(chosen), 3))
        index = np.clip(index[chosen] + jitter, 0, np.array(coarse.shape) - 1)
        hu = _values(coarse, index)
        centres = np.array([_middle(x.mask) for x in spine])
        return cls(coarse.to_mm(index), grey_levels(hu), coarse, near, mri, centres)

    def score(self, motion: Array, points_mm: Array | None = None) -> tuple[float, float]:
        """Mutual information at this motion and the part of the places inside the MRI."""
        points = self.points_mm if points_mm is None else points_mm
        index = self.mri.to_index(points @ motion[:3, :3].T + motion[:3, 3])
        inside = ((index >= 0) & (index <= np.array(self.mri.shape) - 1)).all(axis=1)
        if inside.mean() < LEAST_OVERLAP:
            return 0.0, float(inside.mean())
        grey = grey_levels(_values(self.mri, index[inside]))
        return mutual_information(self.ct_grey[inside], grey), float(inside.mean())

    @cached_property
    def for_itk(self) -> tuple[Any, Any, Any]:
        """CT, MRI and the surroundings of the vertebrae as SimpleITK holds them."""
        near = _as_itk(self.coarse_ct, self.near_spine.astype(np.uint8))
        return _as_itk(self.coarse_ct), _as_itk(self.mri), near

    @cached_property
    def blurred_for_itk(self) -> tuple[Any, Any]:
        """CT and MRI blurred, so that the slope towards the optimum reaches far."""
        return _as_itk(_blurred(self.coarse_ct, ROUGH_MM)), _as_itk(_blurred(self.mri, ROUGH_MM))

    def apart_mm(self, one: Array, other: Array) -> float:
        """The farthest that two motions take the middle of a vertebra apart."""
        places = [self.centres_mm @ m[:3, :3].T + m[:3, 3] for m in (one, other)]
        return float(np.linalg.norm(places[0] - places[1], axis=1).max())


def find_motion(places: Places, start: Array | None = None) -> Array:
    """The motion of the best fit: from a start, or from the likeliest place along the spine."""
    if start is None:
        found = [roughly(places, candidate) for candidate in likely_places(places)]
        start = max(found, key=lambda motion: places.score(motion)[0])
    else:
        start = roughly(places, start)
    return _optimised(places, start, Search(False, int(places.near_spine.sum())))


def roughly(places: Places, start: Array) -> Array:
    """Where the blurred images lead from a start: near the optimum, quickly."""
    return _optimised(places, start, Search(True, int(places.near_spine.sum())))


def likely_places(places: Places) -> list[Array]:
    """The likeliest motions by the first search, best first, well apart from each other."""
    chosen: list[Array] = []
    for _, motion in motions_by_fit(places):
        if all(places.apart_mm(motion, other) > APART_MM for other in chosen):
            chosen.append(motion)
        if len(chosen) == CANDIDATES:
            break
    return chosen or [np.eye(4)]


def motions_by_fit(
    places: Places, flips: tuple[int, ...] = (1, 1, 1), pitches: tuple[float, ...] = PITCHES_DEG
) -> list[tuple[float, Array]]:
    """Every motion of the first search with its fit, best first.

    Fit is mutual information times the part of the places that lie in the MRI. ``flips`` turn the CT's
    axes round (-1) about the middle of its spine, to see whether it would fit better so.
    """
    mri, ct = _blurred(_coarser(places.mri, MRI_MM), BLUR_MM), _blurred(places.coarse_ct, BLUR_MM)
    points, grey = places.points_mm[:FEW_PLACES], grey_levels(mri.values)
    levels = grey_levels(_values(ct, ct.to_index(points)))
    centre = places.centres_mm.mean(axis=0)
    middle = mri.to_mm((np.array(mri.shape) - 1) / 2) - centre
    per_mm: Array = np.asarray(np.linalg.inv(mri.affine_mm)[:3, :3])
    found = []
    for pitch in pitches:
        turn = rigid((pitch, 0, 0), (0, 0, 0), centre) @ _mirror(flips, centre)
        base = mri.to_index(points @ turn[:3, :3].T + turn[:3, 3] + middle)
        for step in _steps(points, mri):
            index = np.rint(base + per_mm @ step).astype(np.int32)
            inside = ((index >= 0) & (index < mri.shape)).all(axis=1)
            part = float(inside.mean())
            if part >= LEAST_OVERLAP:
                there = grey[tuple(index[inside].T)]
                fit = part * mutual_information(levels[inside], there)
                found.append((fit, _shift(middle + step) @ turn))
    return sorted(found, key=lambda pair: -pair[0])


def _mirror(flips: tuple[int, ...], centre: Array) -> Array:
    motion = np.eye(4)
    motion[:3, :3] = np.diag(flips)
    motion[:3, 3] = centre - np.array(flips) * centre
    return motion


def _blurred(volume: Volume, by_mm: float) -> Volume:
    sigma = by_mm / volume.spacing_mm
    return replace(volume, values=ndimage.gaussian_filter(volume.values.astype(np.float32), sigma))


def _steps(points: Array, mri: Volume) -> Array:
    """Shifts to look at, from the middle of the MRI: as far along the spine as the images overlap enough."""
    corners = mri.to_mm(np.array(list(product(*((0, n - 1) for n in mri.shape)))))
    tall = float(np.ptp(corners[:, 2]) + np.ptp(points[:, 2])) / 2
    reach = (*REACH_MM, max(STEPS_MM[2], tall - LEAST_OVERLAP * float(np.ptp(points[:, 2]))))
    along = [np.arange(-r, r + s / 2, s) for r, s in zip(reach, STEPS_MM, strict=True)]
    return np.array(list(product(*along)))


@dataclass(frozen=True)
class Search:
    """How SimpleITK searches: roughly on blurred images down the slope, or exactly line by line (Powell)."""

    is_rough: bool
    voxels: int

    def set_up(self, method: Any) -> None:
        """Sampling, smoothing and optimiser."""
        method.SetMetricAsMattesMutualInformation(BINS)
        method.SetMetricSamplingStrategy(method.RANDOM)
        method.SetMetricSamplingPercentage(
            min(1.0, (ROUGHLY if self.is_rough else EXACTLY) / self.voxels), SEED
        )
        if self.is_rough:
            method.SetOptimizerAsRegularStepGradientDescent(2.0, 0.02, 120, 0.6)
        else:
            method.SetOptimizerAsPowell(20, 100, 1.0, 0.05, 1e-3)
        method.SetOptimizerScalesFromPhysicalShift()


def _optimised(places: Places, start: Array, search: Search) -> Array:
    """The motion that SimpleITK reaches from a start (Mattes mutual information, turned about the spine)."""
    sitk = _library()

    centre = places.centres_mm.mean(axis=0)
    motion = sitk.Euler3DTransform()
    motion.SetCenter(centre.tolist())
    motion.SetMatrix(start[:3, :3].ravel().tolist())
    motion.SetTranslation((start[:3, :3] @ centre + start[:3, 3] - centre).tolist())
    method = sitk.ImageRegistrationMethod()
    method.SetNumberOfThreads(1)  # the order of sums then never changes the result
    search.set_up(method)
    ct, mri, near = places.for_itk
    method.SetMetricFixedMask(near)
    method.SetInterpolator(sitk.sitkLinear)
    method.SetInitialTransform(motion, inPlace=True)
    method.Execute(*(places.blurred_for_itk if search.is_rough else (ct, mri)))
    return _matrix(motion, centre)


BINS = 32
ROUGHLY, EXACTLY = 4000, 6000
"""Places that SimpleITK samples; twice as many move the optimum by a tenth of a millimetre."""


def _library() -> Any:
    """SimpleITK, which is an extra; ImportError where it is not installed."""
    return import_module("SimpleITK")


def _matrix(motion: Any, centre: Array) -> Array:
    turn = np.array(motion.GetMatrix()).reshape(3, 3)
    total = np.eye(4)
    total[:3, :3] = turn
    total[:3, 3] = centre + np.array(motion.GetTranslation()) - turn @ centre
    return total


def _as_itk(volume: Volume, values: AnyArray | None = None) -> Any:
    sitk = _library()

    shown = volume.values.astype(np.float32) if values is None else values
    image = sitk.GetImageFromArray(np.ascontiguousarray(shown.transpose(2, 1, 0)))
    image.SetSpacing(volume.spacing_mm.tolist())
    image.SetOrigin(volume.affine_mm[:3, 3].tolist())
    image.SetDirection(volume.directions.ravel().tolist())
    return image


def _shift(by_mm: Array) -> Array:
    motion = np.eye(4)
    motion[:3, 3] = by_mm
    return motion


def _cropped(ct: Volume, spine: Spine) -> Volume:
    """The part of the CT around the vertebrae."""
    ends = []
    for vertebra in spine:
        mask = vertebra.mask
        corners = np.array(list(product(*((0, n - 1) for n in mask.shape))))
        ends.append(ct.to_index(mask.to_mm(corners)))
    index, pad = np.concatenate(ends), AROUND_MM / ct.spacing_mm
    low = np.clip(np.floor(index.min(axis=0) - pad).astype(int), 0, np.array(ct.shape) - 2)
    high = np.clip(np.ceil(index.max(axis=0) + pad).astype(int) + 1, low + 2, ct.shape)
    i, j, k = (slice(int(a), int(b)) for a, b in zip(low, high, strict=True))
    return ct.cropped((i, j, k))


def _coarser(volume: Volume, about_mm: float) -> Volume:
    """The image averaged over blocks of voxels of about this size."""
    every = np.maximum(1, np.round(about_mm / volume.spacing_mm)).astype(int)
    shape = np.array(volume.shape) // every
    i, p, j, q, k, r = (int(n) for pair in zip(shape, every, strict=True) for n in pair)
    whole = volume.values[: i * p, : j * q, : k * r]
    values = whole.reshape(i, p, j, q, k, r).mean(axis=(1, 3, 5), dtype=np.float32)
    affine = volume.affine_mm.copy()
    affine[:3, :3] = volume.affine_mm[:3, :3] * every
    affine[:3, 3] = volume.to_mm((every - 1) / 2)
    return Volume(values, affine, volume.quantity)


def _near_spine(grid: Volume, spine: Spine) -> AnyArray:
    """Yes where a voxel of the grid lies near a vertebra, and not far to the side."""
    bone = np.zeros(grid.shape, dtype=bool)
    for vertebra in spine:
        index = np.argwhere(vertebra.mask.values)
        index = index[:: max(1, len(index) // 20000)]
        at = np.rint(grid.to_index(vertebra.mask.to_mm(index))).astype(int)
        at = at[((at >= 0) & (at < grid.shape)).all(axis=1)]
        bone[tuple(at.T)] = True
    near = ndimage.distance_transform_edt(~bone, sampling=grid.spacing_mm) <= AROUND_MM
    index = np.argwhere(near)
    aside = np.abs(grid.to_mm(index)[:, 0] - np.mean([_middle(x.mask)[0] for x in spine])) > ASIDE_MM
    near[tuple(index[aside].T)] = False
    return np.asarray(near)


def _middle(mask: Volume) -> Array:
    (box,) = boxes_of(mask.values).values()
    return mask.to_mm(np.array([(s.start + s.stop - 1) / 2 for s in box]))


def _values(volume: Volume, index: AnyArray) -> Array:
    return np.asarray(
        ndimage.map_coordinates(volume.values, index.T, output=np.float64, order=1, prefilter=False)
    )
