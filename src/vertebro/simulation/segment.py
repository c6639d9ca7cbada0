"""A segment of the spine as voxels: vertebrae from the CT, discs between them, caps at both ends."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from vertebro.errors import BadModel
from vertebro.kernels.arrays import AnyArray, Array, Mask
from vertebro.kernels.geometry import Grid, largest_part, resampled, resampled_at
from vertebro.patient.frame import BodyFrame
from vertebro.patient.volume import Volume
from vertebro.simulation.discs import (
    DISCS,
    Disc,
    DiscTissues,
    Tissue,
    above_plane,
    disc_between,
    disc_tissue,
    joints_between,
    moduli_of,
    v,
)
from vertebro.simulation.materials import CAP, Law, cemented_young_mpa, converted, kopperdahl_young
from vertebro.simulation.vertebra_grid import BonyVertebra
from vertebro.simulation.voxel_model import plate_nodes
from vertebro.simulation.voxel_model import v as bone_values
from vertebro.vocabulary.grades import Quantity

HALF = 0.5  # a voxel belongs to the bone if the mask covers half of it


@dataclass(frozen=True)
class SaturationField:
    """Share of the pore space that is cement (0 to 1) on a grid in the patient; nought outside it."""

    saturation: Array
    affine_mm: Array

    def __post_init__(self) -> None:
        S = np.asarray(self.saturation)
        if S.ndim != 3 or not np.isfinite(S).all() or S.min() < 0 or S.max() > 1:
            raise BadModel(
                "The cement is not a box of saturations between 0 and 1.",
                "the share of the pores that is cement in every voxel",
                "Check the filling.",
            )
        if np.shape(self.affine_mm) != (4, 4):
            raise BadModel("The cement does not say where it lies.", "a 4x4 matrix to LPS mm", "Give it.")


@dataclass(frozen=True)
class SegmentGrid:
    """Vertebrae on one grid of cubes along right, anterior, superior of a frame.

    ``number`` is 0 outside the bones and counts them from the uppermost; ``first_mm`` is the centre of
    cube (0, 0, 0) in the frame.
    """

    number: AnyArray
    is_body: Mask
    density: Array
    quantity: Quantity
    edge_mm: float
    first_mm: Array
    frame: BodyFrame

    @property
    def count(self) -> int:
        """How many vertebrae there are."""
        return int(self.number.max())

    def body(self, n: int) -> Mask:
        """The body of vertebra ``n``, counted from 1 at the top."""
        return np.asarray(self.is_body & (self.number == n))

    def to_mm(self, index: AnyArray) -> Array:
        """Centres of cubes (..., 3) in the patient (LPS, mm)."""
        return self.frame.world_mm(self.first_mm + np.asarray(index) * self.edge_mm)


@dataclass(frozen=True)
class SegmentSettings:
    """How a segment is made: law of bone, size of voxels, disc tissues, with or without what lies behind.

    Without posterior elements and facet joints a solve takes a third of the time.
    """

    law: Law = kopperdahl_young
    voxel_mm: float = bone_values.voxel_mm.number
    discs: DiscTissues = field(default_factory=lambda: DISCS["nucleus and annulus"])
    has_joints: bool = True


@dataclass(frozen=True)
class SegmentModel:
    """Moduli of a segment, its discs from the top down, and the nodes of its two plates.

    ``empty_voxels`` of the bone have no mineral and are left out, ``dropped_voxels`` hang together with
    nothing.
    """

    grid: SegmentGrid
    tissue: AnyArray
    young_mpa: Array
    poisson: Array
    discs: tuple[Disc, ...]
    top: AnyArray
    bottom: AnyArray
    dropped_voxels: int
    empty_voxels: int

    @property
    def elements(self) -> int:
        """Number of solid voxels."""
        return int(np.count_nonzero(self.young_mpa))

    def line_of_load(self) -> Array:
        """Where the resting load runs, right and anterior in voxels: through the middle of the nuclei."""
        cores = np.concatenate([np.argwhere(d.core) for d in self.discs])
        return np.asarray(cores.mean(axis=0) + HALF)


def segment_grid(vertebrae: Sequence[BonyVertebra], frame: BodyFrame, edge_mm: float) -> SegmentGrid:
    """Vertebrae, the uppermost first, on one grid in a frame."""
    boxes = [_box(x, frame) for x in vertebrae]
    room = v.cap_mm.number + 3 * edge_mm
    low = np.min([b[0] for b in boxes], axis=0) - room
    high = np.max([b[1] for b in boxes], axis=0) + room
    whole = Grid.around(low, high, np.full(3, edge_mm))
    share = np.full(whole.shape, HALF)
    number, is_body = np.zeros(whole.shape, np.int8), np.zeros(whole.shape, bool)
    density = np.zeros(whole.shape)
    for n, (one, box) in enumerate(zip(vertebrae, boxes, strict=True), start=1):
        part, grid = _part(whole, *box)
        bone = _on(one.bone, frame, grid)
        own = bone >= share[part]  # where two masks meet, the one that covers more of the voxel
        own &= bone >= HALF
        number[part][own] = n
        share[part][own] = bone[own]
        density[part][own] = _on(one.density, frame, grid)[own]
        is_body[part][own] = (_on(one.body, frame, grid) >= HALF)[own]
    return SegmentGrid(number, is_body, density, vertebrae[0].density.quantity, edge_mm, low, frame)


def _box(one: BonyVertebra, frame: BodyFrame) -> tuple[Array, Array]:
    places = frame.local_mm(one.bone.to_mm(np.argwhere(one.bone.values)))
    room = float(one.bone.spacing_mm.max())
    return places.min(axis=0) - room, places.max(axis=0) + room


def _part(whole: Grid, low: Array, high: Array) -> tuple[tuple[slice, ...], Grid]:
    axes = (whole.right_mm, whole.anterior_mm, whole.superior_mm)
    ends = [np.searchsorted(axis, (a, b)) for axis, a, b in zip(axes, low, high, strict=True)]
    cuts = tuple(slice(int(a), int(b) + 1) for a, b in ends)
    return cuts, Grid(*(axis[cut] for axis, cut in zip(axes, cuts, strict=True)))


def _on(image: Volume, frame: BodyFrame, grid: Grid) -> Array:
    return resampled(image.values, image.affine_mm, frame.origin_mm, frame.axes, grid)


def build_segment(grid: SegmentGrid, settings: SegmentSettings) -> SegmentModel:
    """Fill discs and joints, put caps on the two ends, give every voxel its modulus."""
    discs = tuple(disc_between(grid.body(n), grid.body(n + 1), grid.edge_mm) for n in range(1, grid.count))
    if not settings.has_joints:
        grid = replace(grid, number=np.where(grid.is_body, grid.number, np.int8(0)))
    tissue = _tissues(grid, discs)
    ends = _caps(grid, tissue)
    young, poisson = moduli_of(tissue, settings.discs)
    bone, law = tissue == Tissue.BONE, settings.law
    young[bone] = law(converted(grid.density[bone], grid.quantity, law.takes), law.takes)
    young[tissue == Tissue.CAP] = CAP.young_mpa
    empty = bone & (young <= bone_values.elastic_floor_mpa.number)
    tissue[empty] = Tissue.VOID  # it carries nothing, and parts that hang on it alone could swing freely
    whole = largest_part(np.asarray(tissue > 0))
    dropped = int((tissue > 0).sum() - whole.sum())
    tissue[~whole], young[~whole] = Tissue.VOID, 0.0
    cap = tissue == Tissue.CAP
    top, bottom = plate_nodes(cap, ends[1], step=1), plate_nodes(cap, ends[0], step=0)
    return SegmentModel(grid, tissue, young, poisson, discs, top, bottom, dropped, int(empty.sum()))


def _tissues(grid: SegmentGrid, discs: Sequence[Disc]) -> AnyArray:
    tissue = (grid.number > 0).astype(np.int8) * np.int8(Tissue.BONE)
    for n, disc in enumerate(discs, start=1):
        behind = int(np.nonzero(disc.columns)[1].min())
        joints = joints_between(grid.number == n, grid.number == n + 1, behind, grid.edge_mm)
        tissue[joints & ((tissue == Tissue.VOID) | (tissue == Tissue.BONE))] = Tissue.JOINT
    for disc in discs:
        tissue[disc.voxels] = disc_tissue(disc, grid.edge_mm)[disc.voxels]
    return tissue


def _caps(grid: SegmentGrid, tissue: AnyArray) -> tuple[int, int]:
    """Cement from the outer end-plates to a plane beyond them; the lowest and highest layer."""
    thick = max(1, round(v.cap_mm.number / grid.edge_mm))
    k = np.arange(tissue.shape[2])
    layers = []
    for n, step in ((grid.count, -1), (1, 1)):
        body = grid.body(n)
        columns = largest_part(np.asarray(body.any(axis=2)))
        end = body.argmax(axis=2) if step < 0 else body.shape[2] - 1 - body[:, :, ::-1].argmax(axis=2)
        columns &= np.abs(above_plane(columns, end)) <= v.lip_mm.number / grid.edge_mm  # no lip, no side wall
        layer = int((step * end[columns]).max() * step + step * thick)
        beyond = (step * k > step * end[:, :, None]) & (step * k <= step * layer)
        free = ~((tissue > 0) & beyond).any(axis=2)  # bone that overhangs the end-plate is not loaded
        tissue[(columns & free)[:, :, None] & beyond] = Tissue.CAP
        layers.append(layer)
    return layers[0], layers[1]


def with_cement(model: SegmentModel, n: int, cement: SaturationField, scaling: float) -> SegmentModel:
    """The same segment with cement in the bone of vertebra ``n`` (1 is the uppermost)."""
    own = (model.grid.number == n) & (model.tissue == Tissue.BONE)
    at = np.argwhere(own)
    S = np.clip(resampled_at(cement.saturation, cement.affine_mm, model.grid.to_mm(at)), 0.0, 1.0)
    young = model.young_mpa.copy()
    young[own] = cemented_young_mpa(young[own], S, scaling)
    return replace(model, young_mpa=young)
