"""A synthetic CT painted on a real label map: cortex at the surface, spongy bone in it, soft tissue around.

The mask gives no grey values and no edge finer than its voxels. The surface is the zero of the smoothed
signed distance to the mask; where the bone is thin (arch, processes) its cortex is thicker, as it is in life.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from scipy import ndimage

from vertebro.errors import BadLabels
from vertebro.kernels.arrays import AnyArray, Array, Mask
from vertebro.kernels.solids import change_per_voxel, coverage
from vertebro.patient.synthetic.bone import grain
from vertebro.patient.synthetic.canvas import Canvas, Grid
from vertebro.patient.synthetic.density import spongy_hu
from vertebro.patient.synthetic.scanner import add_noise, blur
from vertebro.patient.synthetic.spec import SyntheticSpec, v
from vertebro.patient.synthetic.trunk import Surroundings, paint_trunk
from vertebro.patient.synthetic.verse import VERSE_LEVELS
from vertebro.patient.volume import Volume
from vertebro.vocabulary.grades import Quantity
from vertebro.vocabulary.levels import Level

SMOOTH_MM = 0.9
"""How far the steps of the mask's voxels are smoothed; less than the thinnest lamina."""

AROUND_MM = 10.0
"""How far beyond a vertebra its distance is needed (discs)."""

DISC_REACH_MM = (7.0, 17.0)
"""A disc lies no farther than this from both its vertebrae, and from the line through the bodies."""

THICK_BONE_MM = 6.5
"""Bone with a middle deeper than this is body, the rest is arch."""


@dataclass
class _Cut:
    """One vertebra cut out of the mask: where, its signed distance (mm), and the depth of the bone nearby."""

    level: Level
    box: tuple[slice, slice, slice]
    distance: AnyArray
    depth: AnyArray


def paint(labels: Volume, spec: SyntheticSpec) -> Volume:
    """A synthetic CT (HU) on the grid of a label map in VerSe numbers.

    Of the spec, the seed, the density, contrast and scanner count; spine, fractures and grid are the mask's.
    """
    cuts = _cut_out(labels)
    path = np.array([_body_centre(cut, labels) for cut in cuts])
    order = np.argsort(-path[:, 2])
    cuts, path = [cuts[n] for n in order], path[order]
    grid = Grid(labels.shape, np.array(labels.affine_mm))
    around = Surroundings(spec, tuple(cut.level for cut in cuts), path)
    hu = np.zeros(labels.shape, dtype=np.float32)
    for first, last in grid.slabs():
        canvas = Canvas(grid, (first, last))
        paint_trunk(canvas, around)
        hu[first:last] = canvas.averaged(canvas.hu)
    _paint_discs(hu, cuts, labels, path)
    for cut in cuts:
        _paint_bone(hu, cut, labels, spec)
    blur(hu, labels.spacing_mm, spec.scanner)
    add_noise(hu, spec.scanner.noise_hu, [spec.seed, 5])
    return Volume(hu, labels.affine_mm, Quantity.HOUNSFIELD)


def _cut_out(labels: Volume) -> list[_Cut]:
    values = np.asarray(labels.values)
    found = [int(n) for n in np.unique(values) if int(n) in VERSE_LEVELS]
    if not found:
        raise BadLabels("The mask holds no vertebra.", "VerSe numbers, such as 20 for L1", "Check the mask.")
    return [_cut(labels, values == n, VERSE_LEVELS[n]) for n in found]


def _cut(labels: Volume, inside: Mask, level: Level) -> _Cut:
    pad = np.ceil(AROUND_MM / labels.spacing_mm).astype(int)
    (tight,) = ndimage.find_objects(inside.astype(np.uint8))
    i, j, k = (
        slice(max(0, s.start - p), min(n, s.stop + p))
        for s, p, n in zip(tight, pad, labels.shape, strict=True)
    )
    mask = inside[i, j, k]
    spacing = labels.spacing_mm
    half = float(spacing.mean()) / 2  # the distance map measures to voxel centres, the surface lies between
    depth = ndimage.distance_transform_edt(mask, sampling=spacing)
    beyond = ndimage.distance_transform_edt(~mask, sampling=spacing)
    signed = np.where(mask, half - depth, beyond - half).astype(np.float32)
    smooth = ndimage.gaussian_filter(signed, SMOOTH_MM / spacing)
    reach = tuple(int(n) | 1 for n in np.ceil(2 * AROUND_MM / spacing))
    nearby = ndimage.maximum_filter(depth, size=reach)
    return _Cut(level, (i, j, k), smooth, nearby)


def _body_centre(cut: _Cut, labels: Volume) -> Array:
    """Centre of the thickest part of the bone, which is the body, in LPS mm."""
    thick = cut.distance < 0.6 * float(cut.distance.min())
    corner = np.array([s.start for s in cut.box])
    return np.asarray(labels.to_mm(np.argwhere(thick).mean(axis=0) + corner))


def _paint_bone(hu: AnyArray, cut: _Cut, labels: Volume, spec: SyntheticSpec) -> None:
    change = change_per_voxel(cut.distance)
    filled = coverage(cut.distance, change)
    body = np.clip((cut.depth - THICK_BONE_MM) / 2 + 0.5, 0, 1)
    shell = v.arch_shell_thickness.value + body * (v.shell_thickness.value - v.arch_shell_thickness.value)
    spongy = np.minimum(coverage(cut.distance + shell.astype(np.float32), change), filled)
    inside = np.full(filled.shape, spongy_hu(spec, cut.level), dtype=np.float32)
    here = np.nonzero(spongy)
    corner = np.array([s.start for s in cut.box])
    at = labels.to_mm(np.stack(here, axis=1) + corner).T.astype(np.float32)
    texture = grain(spec.seed, cut.level.order, at)
    inside[here] += v.texture_hu.value * (texture - texture.mean())
    part = hu[cut.box]
    part += filled * (v.cortical_hu.value - part)
    part += spongy * (inside - part)


def _paint_discs(hu: AnyArray, cuts: list[_Cut], labels: Volume, path: Array) -> None:
    for n, (upper, lower) in enumerate(pairwise(cuts)):
        i, j, k = (
            slice(max(s.start, t.start), min(s.stop, t.stop))
            for s, t in zip(upper.box, lower.box, strict=True)
        )
        if all(s.start < s.stop for s in (i, j, k)):
            near = [cut.distance[_within((i, j, k), cut.box)] for cut in (upper, lower)]
            aside = _from_line((i, j, k), labels, path[n], path[n + 1])
            disc = np.maximum(np.maximum(*near) - DISC_REACH_MM[0], aside - DISC_REACH_MM[1])
            part = coverage(disc.astype(np.float32), change_per_voxel(disc))
            hu[i, j, k] += part * (np.float32(v.other_hu.value["disc_ring"]) - hu[i, j, k])


def _from_line(box: tuple[slice, slice, slice], labels: Volume, start: Array, end: Array) -> AnyArray:
    """Distance in mm of a box's voxels from the line through two points."""
    index = np.stack(np.meshgrid(*(np.arange(s.start, s.stop) for s in box), indexing="ij"), axis=-1)
    axis = (end - start) / np.linalg.norm(end - start)
    offset = labels.to_mm(index) - start
    return np.asarray(np.linalg.norm(offset - (offset @ axis)[..., None] * axis, axis=-1))


def _within(box: tuple[slice, slice, slice], outer: tuple[slice, slice, slice]) -> tuple[slice, slice, slice]:
    i, j, k = (slice(s.start - o.start, s.stop - o.start) for s, o in zip(box, outer, strict=True))
    return i, j, k
