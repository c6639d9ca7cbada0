"""The discs and joints between vertebrae on a grid of cubes: what fills the room between their bones."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum

import numpy as np
from scipy import ndimage

from vertebro.errors import BadModel
from vertebro.kernels.arrays import AnyArray, Array, Mask
from vertebro.kernels.geometry import largest_part
from vertebro.vocabulary.library import CitedValue, cited_values

v = cited_values(beside=__file__, name="segment_values.yaml")

EVERY_SIDE = np.ones((3, 3, 3), bool)  # voxels that share a face, an edge or a corner share nodes


class Tissue(IntEnum):
    """What a voxel of a segment is made of."""

    VOID = 0
    BONE = 1
    ANNULUS = 2
    NUCLEUS = 3
    CARTILAGE = 4
    JOINT = 5
    CAP = 6


@dataclass(frozen=True)
class DiscTissues:
    """Young's modulus (MPa) and Poisson's ratio of the soft tissues, each with its source.

    The annulus stands for ground substance and fibres together. ``joint`` fills the facet joints.
    """

    name: str
    nucleus: CitedValue
    annulus: CitedValue
    cartilage: CitedValue
    joint: CitedValue

    def elastic(self, tissue: Tissue) -> tuple[float, float]:
        """Modulus (MPa) and Poisson's ratio of one of the soft tissues."""
        young, poisson = getattr(self, tissue.name.lower()).value
        return float(young), float(poisson)


def _tissues(name: str, nucleus: CitedValue, annulus: CitedValue, cartilage: CitedValue) -> DiscTissues:
    return DiscTissues(name, nucleus, annulus, cartilage, v.joint)


DISCS = {
    d.name: d
    for d in (
        _tissues("nucleus and annulus", v.nucleus, v.annulus_whole, v.cartilage),
        _tissues("soft annulus", v.nucleus_gel, v.annulus_soft, v.cartilage_soft),
        _tissues("ground substance alone", v.nucleus, v.annulus_ground, v.cartilage),
        _tissues("stiff annulus", v.nucleus, v.annulus_stiff, v.cartilage_thin),
        _tissues("one material", v.one_disc, v.one_disc, v.one_disc),
    )
}
"""Sets of disc tissues by name; the first is the default."""


@dataclass(frozen=True)
class Disc:
    """One disc on the grid of a segment: its voxels, and the columns it covers.

    ``lower`` and ``upper`` are, for each column, the first and last voxel of the disc along superior.
    ``core`` are the columns of the nucleus, ``rim`` the outermost ones.
    """

    voxels: Mask
    columns: Mask
    lower: AnyArray
    upper: AnyArray
    core: Mask
    rim: Mask
    bone_taken: int

    def area_mm2(self, edge_mm: float) -> float:
        """Area of the columns."""
        return float(self.columns.sum() * edge_mm**2)

    def height_mm(self, edge_mm: float) -> float:
        """Mean height of the columns."""
        return float((self.upper - self.lower + 1)[self.columns].mean() * edge_mm)


def disc_between(upper_body: Mask, lower_body: Mask, edge_mm: float) -> Disc:
    """The disc between two bodies: every column from the one end-plate to the other."""
    has = upper_body.any(axis=2) & lower_body.any(axis=2)
    above = upper_body.argmax(axis=2)
    below = lower_body.shape[2] - 1 - lower_body[:, :, ::-1].argmax(axis=2)
    gap = above - below - 1
    columns = _facing(has & (gap >= -1), gap, edge_mm)
    least = round(v.least_disc_mm.number / edge_mm)
    taken = np.where(columns, np.maximum(0, -(-(least - gap) // 2)), 0)  # half from either bone, rounded up
    first, last = below + 1 - taken, above - 1 + taken
    k = np.arange(upper_body.shape[2])
    voxels = columns[:, :, None] & (k >= first[:, :, None]) & (k <= last[:, :, None])
    bone_taken = int((voxels & (upper_body | lower_body)).sum())
    shift = -v.nucleus_behind_share.number * np.ptp(np.nonzero(columns)[1])
    core = inner_columns(columns, v.nucleus_share.number, shift)
    rim = columns & ~inner_columns(columns, 1 - v.rim_share.number)
    return Disc(voxels, columns, first, last, core, rim, bone_taken)


def _facing(candidates: Mask, gap: AnyArray, edge_mm: float) -> Mask:
    """Columns in which two end-plates face each other: in one part, and no lip that looks past the other."""
    columns = largest_part(candidates)
    if not columns.any():
        raise BadModel(
            "Two neighbouring bodies do not face each other.",
            "a room for a disc between them",
            "Check the mask.",
        )
    lips = columns & (above_plane(columns, gap) > v.lip_mm.number / edge_mm)
    lips &= ~inner_columns(columns, v.facing_share.number)
    return largest_part(np.asarray(ndimage.binary_opening(columns & ~lips)))


def above_plane(columns: Mask, height: AnyArray) -> Array:
    """How far a height map lies above the plane through its inner columns."""
    places = np.stack([np.ones(columns.shape), *np.indices(columns.shape)], axis=-1)
    inner = inner_columns(columns, v.facing_share.number)
    plane, *_ = np.linalg.lstsq(places[inner], height[inner].astype(float), rcond=None)
    return np.asarray(height - places @ plane)


def inner_columns(columns: Mask, share: float, forward: float = 0.0) -> Mask:
    """The same outline made smaller to a share of its area, moved forward by some voxels."""
    i, j = np.nonzero(columns)
    centre = np.array([i.mean(), j.mean()])
    at = np.stack([i, j], axis=-1) - centre - [0.0, forward]
    seen = np.rint(centre + at / np.sqrt(share)).astype(int)
    inside = ((seen >= 0) & (seen < columns.shape)).all(axis=1)
    out = np.zeros_like(columns)
    out[i[inside], j[inside]] = columns[tuple(seen[inside].T)]
    return out


def disc_tissue(disc: Disc, edge_mm: float) -> AnyArray:
    """Tissue of every voxel of a disc: nucleus inside, annulus around, cartilage next to the bones."""
    k = np.arange(disc.voxels.shape[2])
    out = np.where(disc.core[:, :, None], Tissue.NUCLEUS, Tissue.ANNULUS) * disc.voxels
    layers = max(1, round(v.cartilage_mm.number / edge_mm))
    covered = inner_columns(disc.columns, v.cartilage_share.number) | disc.core
    covered &= disc.upper - disc.lower + 1 >= 2 * layers + 2  # a thinner disc keeps its inside
    beside = (k < disc.lower[:, :, None] + layers) | (k > disc.upper[:, :, None] - layers)
    out[disc.voxels & covered[:, :, None] & beside] = Tissue.CARTILAGE
    return np.asarray(out, dtype=np.int8)


def joints_between(upper: Mask, lower: Mask, behind: int, edge_mm: float) -> Mask:
    """Voxels of the facet joints: narrow gaps behind the discs (columns before ``behind``) and all contacts.

    Where two bones touch, or one lies at the other's edge or corner, the voxels of the lower one give way.
    """
    touching = ndimage.binary_dilation(upper, EVERY_SIDE) & lower
    reach = max(1, round(v.joint_gap_mm.number / 2 / edge_mm))
    ball = ndimage.generate_binary_structure(3, 1)
    near = ndimage.binary_dilation(upper, ball, reach) & ndimage.binary_dilation(lower, ball, reach)
    near &= ~upper & ~lower
    near[:, behind:] = False
    return np.asarray(touching | near)


def moduli_of(tissue: AnyArray, discs: DiscTissues) -> tuple[Array, Array]:
    """Modulus (MPa; 0 where there is no soft tissue) and Poisson's ratio of every voxel."""
    young = np.zeros(tissue.shape)
    poisson = np.full(tissue.shape, v.poisson_bone.number)
    for soft in (Tissue.ANNULUS, Tissue.NUCLEUS, Tissue.CARTILAGE, Tissue.JOINT):
        young[tissue == soft], poisson[tissue == soft] = discs.elastic(soft)
    return young, poisson
