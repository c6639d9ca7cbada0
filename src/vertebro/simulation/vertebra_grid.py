"""One vertebra on a grid of cubes in its body's own frame: bone, body and calibrated density."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from vertebro.errors import BadAnatomy, BadCase, BadLabels, BadModel
from vertebro.fracture.body import Body
from vertebro.fracture.contents import metal_or_cement
from vertebro.fracture.density import calibrated, calibration_of
from vertebro.fracture.findings import Calibration
from vertebro.fracture.parts import body_mask
from vertebro.kernels.arrays import AnyArray, Array, Mask
from vertebro.kernels.geometry import Grid, resampled
from vertebro.kernels.resources import available_bytes
from vertebro.patient.case import Case
from vertebro.patient.frame import BodyFrame
from vertebro.patient.spine import Spine, Vertebra
from vertebro.patient.volume import Volume
from vertebro.vocabulary.grades import Quantity
from vertebro.vocabulary.known import Unknown
from vertebro.vocabulary.levels import Level
from vertebro.vocabulary.library import cited_values
from vertebro.vocabulary.measured import Graded

v = cited_values(beside=__file__)

HALF = 0.5  # a voxel belongs to the bone if the mask covers half of it

CT_MARGIN_VOXELS = 2  # of the CT kept around a vertebra, so that interpolation never meets the cut


@dataclass(frozen=True)
class BonyVertebra:
    """What a model is made of: calibrated density, the masks of the bone and its body, the body's frame."""

    density: Volume
    bone: Volume
    body: Volume
    frame: BodyFrame


@dataclass(frozen=True)
class VertebraGrid:
    """Cubes of ``edge_mm`` along right, anterior, superior of a body's frame.

    ``first_mm`` is the centre of cube (0, 0, 0) in the frame; ``density`` is calibrated, of the kind
    ``quantity``, known also around the bone; ``body`` is part of ``bone``.
    """

    bone: Mask
    body: Mask
    density: Array
    quantity: Quantity
    edge_mm: float
    first_mm: Array
    frame: BodyFrame

    @property
    def shape(self) -> tuple[int, int, int]:
        """Number of cubes along right, anterior, superior."""
        i, j, k = self.bone.shape
        return i, j, k

    def local_mm(self, index: AnyArray) -> Array:
        """Centres of cubes (..., 3) as right, anterior, superior in mm."""
        return np.asarray(self.first_mm + np.asarray(index) * self.edge_mm)

    def to_mm(self, index: AnyArray) -> Array:
        """Centres of cubes (..., 3) in the patient (LPS, mm)."""
        return self.frame.world_mm(self.local_mm(index))

    def to_index(self, world_mm: AnyArray) -> Array:
        """Fractional indices of cubes at places (..., 3) in the patient (LPS, mm)."""
        return np.asarray((self.frame.local_mm(world_mm) - self.first_mm) / self.edge_mm)

    @property
    def affine_mm(self) -> Array:
        """From indices of cubes to LPS mm, as a 4x4 matrix."""
        affine = np.eye(4)
        affine[:3, :3] = self.frame.axes.T * self.edge_mm
        affine[:3, 3] = self.frame.world_mm(self.first_mm)
        return affine


def room_for_caps_mm(edge_mm: float) -> float:
    """Room around the bone in which a strength model lays its caps."""
    return v.cap_thickness_mm.number + 2 * edge_mm


def vertebra_grid(given: BonyVertebra, edge_mm: float, room_mm: float) -> VertebraGrid:
    """A vertebra on cubes of ``edge_mm``, with at least ``room_mm`` of grid around its bone."""
    if not given.bone.values.any():
        raise BadLabels("The mask of the vertebra is empty.", "a mask of the whole bone", "Check the mask.")
    places = given.frame.local_mm(given.bone.to_mm(np.argwhere(given.bone.values)))
    room = float(given.bone.spacing_mm.max()) + room_mm
    low, high = places.min(axis=0) - room, places.max(axis=0) + room
    _check_size(high - low, edge_mm)
    grid = Grid.around(low, high, np.full(3, edge_mm))

    def on_grid(image: Volume) -> Array:
        return resampled(image.values, image.affine_mm, given.frame.origin_mm, given.frame.axes, grid)

    bone = on_grid(given.bone) >= HALF
    body = (on_grid(given.body) >= HALF) & bone
    _check_covered(given.density, given.frame, grid, bone)
    return VertebraGrid(bone, body, on_grid(given.density), given.density.quantity, edge_mm, low, given.frame)


def _check_size(size_mm: Array, edge_mm: float) -> None:
    if not edge_mm > 0:
        raise BadModel(f"The voxel size is {edge_mm} mm.", "a length above 0", "Give a voxel size in mm.")
    needed, there = float(np.prod(size_mm / edge_mm)) * v.memory_bytes_per_voxel.number, available_bytes()
    if needed > there:
        raise BadModel(
            f"Voxels of {edge_mm:g} mm need about {needed / 2**30:.0f} GiB of memory, "
            f"the machine has {there / 2**30:.0f}.",
            "a model that fits into memory",
            f"Take larger voxels; the published model has {v.voxel_mm.value} mm.",
        )


def _check_covered(density: Volume, frame: BodyFrame, grid: Grid, bone: Mask) -> None:
    """Every voxel of the bone must lie inside the image of the density."""
    axes = (grid.right_mm, grid.anterior_mm, grid.superior_mm)
    mm = np.stack([axis[n] for axis, n in zip(axes, np.nonzero(bone), strict=True)], axis=-1)
    index = density.to_index(frame.world_mm(mm))
    outside = ((index < -HALF) | (index > np.array(density.shape) - HALF)).any(axis=1)
    if outside.any():
        raise BadAnatomy(
            f"{outside.sum()} voxels of the vertebra lie outside the CT.",
            "a vertebra that the CT shows whole",
            "Use a CT that reaches beyond the vertebra on all sides.",
        )


def images_of(case: Case) -> tuple[Volume, Spine]:
    """The CT and the spine of a case; refuses a case that lacks one."""
    if isinstance(case.ct, Unknown) or isinstance(case.spine, Unknown):
        why = case.ct.why if isinstance(case.ct, Unknown) else case.spine.why  # type: ignore[union-attr]
        raise BadCase(
            f"There is nothing to make a model of: {why}.", "a CT and a mask of the vertebrae", "Give both."
        )
    return case.ct, case.spine


def calibration_needed(case: Case) -> Calibration:
    """The calibration of a case; refuses a case whose density is not calibrated."""
    images_of(case)
    calibration = calibration_of(case)
    if isinstance(calibration, Unknown):
        raise BadCase(
            f"The density of the bone is not calibrated. {calibration.why}",
            "mg/cm3: Hounsfield units alone do not give a model of bone",
            "Give the density phantom, or a mask of the reference tissues (phantom: or tissues: in the case"
            " file).",
        )
    return calibration


def whole_vertebra(spine: Spine, level: Level) -> Vertebra:
    """The vertebra of a level; refuses one that the border of the image may cut."""
    vertebra = spine[level]
    if vertebra.is_cut_off:
        raise BadAnatomy(
            f"The mask of {level} touches the border of the image: parts of the bone may be missing.",
            "a vertebra that the image shows whole",
            "Take a level further from the border, or an image that reaches beyond it.",
        )
    return vertebra


def bony_vertebra(
    ct: Volume, vertebra: Vertebra, body: Body | Unknown, calibration: Calibration
) -> BonyVertebra:
    """Density and masks of one whole vertebra in the frame of its body."""
    if isinstance(body, Unknown):
        raise BadAnatomy(
            f"The body of {vertebra.level} could not be found. {body.why}",
            "a vertebra with a body between two end-plates",
            "Check the mask.",
        )
    _refuse_cement(ct, vertebra)
    density = calibrated(_around(ct, vertebra), calibration)
    return BonyVertebra(density, vertebra.mask, body_mask(vertebra, body), body.frame)


def _refuse_cement(ct: Volume, vertebra: Vertebra) -> None:
    """A model would take metal or cement for dense bone: too stiff, too strong, without pores."""
    foreign = metal_or_cement(ct, vertebra.mask)
    if isinstance(foreign, Graded) and foreign.value:
        raise BadAnatomy(
            f"{vertebra.level} holds metal or cement ({foreign.method}).",
            "a vertebra of bone alone",
            "Take another level, or an image from before it was treated.",
        )


def _around(ct: Volume, vertebra: Vertebra) -> Volume:
    """The part of a CT that holds a vertebra and the room its mask was cut out with."""
    corners = np.array(list(np.ndindex(2, 2, 2))) * (np.array(vertebra.mask.shape) - 1)
    at = ct.to_index(vertebra.mask.to_mm(corners))
    low = np.maximum(np.floor(at.min(axis=0)).astype(int) - CT_MARGIN_VOXELS, 0)
    high = np.minimum(np.ceil(at.max(axis=0)).astype(int) + CT_MARGIN_VOXELS + 1, ct.shape)
    if (high <= low).any():
        raise BadAnatomy(
            f"{vertebra.level} lies outside the CT.", "a mask that belongs to this CT", "Check mask and CT."
        )
    i, j, k = (slice(int(a), int(b)) for a, b in zip(low, high, strict=True))
    return ct.cropped((i, j, k))
