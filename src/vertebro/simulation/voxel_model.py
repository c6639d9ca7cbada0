"""The voxel model of one vertebra between two plates: resampled, capped or embedded, connected."""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum

import numpy as np
from scipy import ndimage

from vertebro.errors import BadLabels, BadModel
from vertebro.kernels.arrays import AnyArray, Array, Mask
from vertebro.kernels.geometry import largest_part
from vertebro.simulation.materials import CAP, YIELD_OF, Law, converted, kopperdahl_young
from vertebro.simulation.vertebra_grid import (
    HALF,
    BonyVertebra,
    VertebraGrid,
    room_for_caps_mm,
    vertebra_grid,
)
from vertebro.vocabulary.known import Unknown
from vertebro.vocabulary.library import cited_values
from vertebro.vocabulary.texts import texts

v = cited_values(beside=__file__)
say = texts(beside=__file__).say


class Ends(StrEnum):
    """What holds the end-plates: caps of bone cement, or stiff plates that the bone is embedded in."""

    CAPS = "caps"
    EMBEDDED = "embedded"


@dataclass(frozen=True)
class ModelSettings:
    """How the model is made; the defaults are those of the published benchmark, without its bin shift.

    Without ``crush`` it stays linear, and the strengths of yielding bone unknown.
    """

    law: Law = kopperdahl_young
    voxel_mm: float = v.voxel_mm.number
    cap_margin_mm: float = v.cap_margin_mm.number
    crush: bool = True
    ends: Ends = Ends.CAPS

    def __post_init__(self) -> None:
        if self.law.gives != "young_mpa":
            raise BadModel(
                f"The law '{self.law.name}' gives {self.law.gives}.",
                "a law of the modulus",
                "Name another law.",
            )
        if self.voxel_mm > self.coarsest_mm:
            raise BadModel(
                f"Voxels of {self.voxel_mm:g} mm are thicker than what holds the end-plates.",
                f"at most {self.coarsest_mm:g} mm",
                f"Take smaller voxels; the published model has {v.voxel_mm.value} mm.",
            )

    @property
    def coarsest_mm(self) -> float:
        """The largest voxel that shows the caps or the depth of the bone inside the plates, mm."""
        return (v.embedding_depth_mm if self.ends is Ends.EMBEDDED else v.cap_thickness_mm).number

    @property
    def embedding_layers(self) -> int:
        """How many voxels the embedded plates reach below the end-plates."""
        return max(1, round(v.embedding_depth_mm.number / self.voxel_mm))


@dataclass(frozen=True)
class VoxelModel:
    """Moduli and yield stresses on a grid along right, anterior, superior, and the nodes of the two plates.

    ``height_mm`` is the mean distance between the loaded end-plates; ``dropped_voxels`` bone that did not
    hang together with the rest; ``floor_voxels`` bone so light that the law gives its floor.
    """

    young_mpa: Array
    yield_mpa: Array | Unknown
    is_body: Mask
    is_cap: Mask
    edge_mm: float
    top: AnyArray
    bottom: AnyArray
    height_mm: float
    dropped_voxels: int
    floor_voxels: int

    @property
    def elements(self) -> int:
        """Number of solid voxels."""
        return int(np.count_nonzero(self.young_mpa))


def build_model(
    given: BonyVertebra, settings: ModelSettings, density_shift_mg_cm3: float = 0.0
) -> VoxelModel:
    """The model of a vertebra; ``density_shift_mg_cm3`` moves all calibrated densities."""
    room_mm = room_for_caps_mm(settings.voxel_mm)
    return model_on(vertebra_grid(given, settings.voxel_mm, room_mm), settings, density_shift_mg_cm3)


def model_on(on_grid: VertebraGrid, settings: ModelSettings, density_shift_mg_cm3: float = 0.0) -> VoxelModel:
    """The model of a vertebra that is on cubes already; they must leave room for the caps."""
    law, voxel_mm = settings.law, on_grid.edge_mm
    settings = replace(settings, voxel_mm=voxel_mm)
    whole = largest_part(on_grid.bone)
    body = on_grid.body & whole
    if not body.any():
        raise BadLabels(
            "The body of the vertebra is empty.", "a body with bone", "Check the mask of the body."
        )
    columns, low, high = _loaded_columns(body, settings)
    is_cap, (bottom, top) = _plates(whole, columns, (low, high), settings)
    young = np.zeros(whole.shape)
    of_law = converted(on_grid.density[whole] + density_shift_mg_cm3, on_grid.quantity, law.takes)
    if density_shift_mg_cm3:  # the law refuses what the scan shows, not what its uncertainty adds
        of_law = np.minimum(of_law, law.range_mg_cm3[1])
    young[whole] = law(of_law, law.takes)
    young[is_cap] = CAP.young_mpa
    return VoxelModel(
        young_mpa=young,
        yield_mpa=_yield_stresses(law, whole, of_law, is_cap),
        is_body=body,
        is_cap=is_cap,
        edge_mm=voxel_mm,
        top=top,
        bottom=bottom,
        height_mm=float((high - low + 1)[columns].mean() * voxel_mm),
        dropped_voxels=int(on_grid.bone.sum() - whole.sum()),
        floor_voxels=int((young[whole] <= v.elastic_floor_mpa.number).sum()),
    )


def _yield_stresses(law: Law, bone: Mask, density: Array, is_cap: Mask) -> Array | Unknown:
    """Yield stresses by the law that goes with a law of the modulus, MPa."""
    if law.name not in YIELD_OF:
        return Unknown(say("unknown.no_yield_law", law=law.name))
    yields = np.zeros(bone.shape)
    yields[bone] = YIELD_OF[law.name](density, law.takes)
    assert CAP.compressive_yield_mpa is not None
    yields[is_cap] = CAP.compressive_yield_mpa
    return yields


def _loaded_columns(body: Mask, settings: ModelSettings) -> tuple[Mask, AnyArray, AnyArray]:
    """Columns that reach from one end-plate to the other, and the lowest and highest voxel of each.

    A column belongs to both end-plates if it crosses the plane fitted half way between them: a lip of
    one end-plate that overhangs the waist does not, and a cap must not reach down to it past the bone.
    The rim of these columns stays free.
    """
    filled = body.any(axis=2)
    low = body.argmax(axis=2)
    high = body.shape[2] - 1 - body[:, :, ::-1].argmax(axis=2)
    i, j = np.nonzero(filled)
    design = np.stack([np.ones(len(i)), i, j], axis=-1)
    plane, *_ = np.linalg.lstsq(design, (low[i, j] + high[i, j]) / 2, rcond=None)
    middle = design @ plane
    columns = np.zeros_like(filled)
    columns[i, j] = (low[i, j] <= middle) & (high[i, j] >= middle)
    columns = largest_part(columns)
    share = columns.sum() / body.sum(axis=(0, 1)).max()
    edge_mm = (ndimage.distance_transform_edt(np.pad(columns, 1))[1:-1, 1:-1] - HALF) * settings.voxel_mm
    inner = columns & (edge_mm >= settings.cap_margin_mm)
    if share < v.least_plate_share.number or not inner.any():
        raise BadModel(
            f"No caps to load: they would cover {share:.0%} of the cross-section of the body.",
            f"at least {v.least_plate_share.number:.0%}, from end-plate to end-plate",
            "Check the mask of the body, and that its directions are right.",
        )
    return inner, low, high


def _plates(
    bone: Mask, columns: Mask, ends: tuple[AnyArray, AnyArray], settings: ModelSettings
) -> tuple[Mask, tuple[AnyArray, AnyArray]]:
    """The voxels of the caps (none where the bone is embedded), and the nodes of lower and upper plate."""
    if settings.ends is Ends.EMBEDDED:
        return np.zeros_like(bone), _embedded(bone, columns, ends, settings)
    is_cap, (bottom, top) = _caps(bone, columns, ends, round(v.cap_thickness_mm.number / settings.voxel_mm))
    return is_cap, (plate_nodes(is_cap, bottom, step=0), plate_nodes(is_cap, top, step=1))


def _embedded(
    bone: Mask, columns: Mask, ends: tuple[AnyArray, AnyArray], settings: ModelSettings
) -> tuple[AnyArray, AnyArray]:
    """All nodes of the bone in the loaded columns as deep below either end-plate as the plates reach."""
    depth, voxel_mm = settings.embedding_layers, settings.voxel_mm
    low, high = ends
    least = int((high - low + 1)[columns].min())
    if least <= 2 * depth:
        raise BadModel(
            f"The body is {least * voxel_mm:g} mm high where it is lowest.",
            f"more than the {2 * depth * voxel_mm:g} mm that two embedded plates take up",
            "Use caps in their place.",
        )
    k = np.arange(bone.shape[2])
    held = bone & columns[..., None]
    lower, upper = held & (k < (low + depth)[..., None]), held & (k > (high - depth)[..., None])
    return nodes_of(lower & (k >= low[..., None])), nodes_of(upper & (k <= high[..., None]))


def nodes_of(voxels: Mask) -> AnyArray:
    """Nodes (n, 3) at the corners of voxels."""
    touched = np.zeros([n + 1 for n in voxels.shape], dtype=bool)
    for corner in np.ndindex(2, 2, 2):
        touched[tuple(slice(c, c + n) for c, n in zip(corner, voxels.shape, strict=True))] |= voxels
    return np.argwhere(touched)


def _caps(
    bone: Mask, columns: Mask, ends: tuple[AnyArray, AnyArray], thickness: int
) -> tuple[Mask, tuple[int, int]]:
    """Cement from each end-plate to a plane beyond it, and the lowest and highest layer of the caps.

    Every cap is at least as thick as asked for over the highest point of its end-plate.
    """
    low, high = ends
    bottom, top = int(low[columns].min()) - thickness, int(high[columns].max()) + thickness
    k = np.arange(bone.shape[2])
    above, below = k > high[..., None], k < low[..., None]
    over = np.logical_or.accumulate(bone & above, axis=2)  # bone that overhangs an end-plate is not loaded
    under = np.logical_or.accumulate((bone & below)[:, :, ::-1], axis=2)[:, :, ::-1]
    cap = columns[..., None] & ((above & (k <= top) & ~over) | (below & (k >= bottom) & ~under))
    number, _ = ndimage.label(cap)
    ends_at = np.unique(number[:, :, [bottom, top]])
    return np.isin(number, ends_at[ends_at > 0]), (bottom, top)


def plate_nodes(cap: Mask, layer: int, step: int) -> AnyArray:
    """Nodes (n, 3) of the outer faces of a cap, which lie in one plane."""
    i, j = np.nonzero(cap[:, :, layer])
    corners = [np.stack([i + a, j + b, np.full_like(i, layer + step)], axis=-1) for a, b in np.ndindex(2, 2)]
    return np.unique(np.concatenate(corners), axis=0)
