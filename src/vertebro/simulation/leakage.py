"""The ways out of a vertebral body: where each begins, how much it lets through, and where cement then is."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import Enum
from math import pi

import numpy as np
from scipy.spatial import cKDTree

from vertebro.errors import BadModel
from vertebro.kernels.arrays import AnyArray, Array, Mask
from vertebro.simulation.cortex import Gap, Side
from vertebro.simulation.permeability import MM2_PER_M2, v
from vertebro.simulation.vertebra_grid import VertebraGrid

KPA_PER_MPA = 1000.0


class Route(Enum):
    """How cement leaves a body, with Yeom's letter [yeom2003]_; D for the disc as in [cleft_pairs_2021]_."""

    BASIVERTEBRAL = "basivertebral vein"
    SEGMENTAL = "segmental vein"
    CORTEX = "gap in the cortex"
    END_PLATE = "gap in an end-plate"
    TRACK = "needle track"

    @property
    def yeom(self) -> str | None:
        """The letter of the type; coming back along the needle has none."""
        return {"basivertebral vein": "B", "segmental vein": "S", "gap in the cortex": "C"}.get(
            self.value, "D" if self is Route.END_PLATE else None
        )

    @property
    def is_vein(self) -> bool:
        """Only cement in a vein can reach the lung."""
        return self in (Route.BASIVERTEBRAL, Route.SEGMENTAL)


class Place(Enum):
    """Where cement lies once it has left the bone."""

    CANAL = "spinal canal"
    VEINS = "veins beside the spine"
    SOFT_TISSUE = "soft tissue beside the spine"
    DISC = "disc"
    TRACK = "needle track"


@dataclass(frozen=True)
class Outlet:
    """One way out. ``conductance_mm3`` is that of its geometry: flow = conductance / viscosity x pressure.

    ``places_mm`` (n, 3) in the body's frame with their ``shares``; ``holds_mm3`` is the room on the way out,
    which cement fills first; ``behind_kpa`` the pressure at its far end. ``inside_mm`` (2, 3) are the ends of
    a vein inside the bone and ``bore_mm4`` its conductance times length, which change with its width.
    """

    name: str
    route: Route
    to: Place
    places_mm: Array
    shares: Array
    conductance_mm3: float
    holds_mm3: float
    behind_kpa: float
    inside_mm: Array | None = None
    bore_mm4: float = 0.0

    def __post_init__(self) -> None:
        if not (self.conductance_mm3 > 0 and self.holds_mm3 > 0 and len(self.places_mm) == len(self.shares)):
            raise BadModel(f"'{self.name}' lets nothing through.", "a conductance above 0", "Leave it out.")

    def times(self, factor: float) -> Outlet:
        """The same way out, wider or narrower by a factor of its conductance."""
        return replace(self, conductance_mm3=self.conductance_mm3 * factor, bore_mm4=self.bore_mm4 * factor)


@dataclass(frozen=True)
class BodyBox:
    """Width, depth, height of a body (mm) about its middle, and where its posterior wall lies there."""

    width_mm: float
    depth_mm: float
    height_mm: float
    posterior_mm: float
    middle_mm: Array

    @classmethod
    def of(cls, grid: VertebraGrid) -> BodyBox:
        """From the mask, along the three middle lines of the body."""
        cubes = grid.local_mm(np.argwhere(grid.body))
        middle = np.median(cubes, axis=0)
        half, spans = grid.edge_mm / 2, []
        for axis in range(3):
            others = [a for a in range(3) if a != axis]
            beside = (np.abs(cubes[:, others] - middle[others]) <= max(2.0, grid.edge_mm)).all(axis=1)
            along = cubes[beside, axis]
            spans.append((float(along.min()) - half, float(along.max()) + half))
        sizes = [high - low for low, high in spans]
        centre = np.array([(low + high) / 2 for low, high in spans])
        return cls(sizes[0], sizes[1], sizes[2], spans[1][0], centre)


def foramen_mm(box: BodyBox) -> tuple[Array, Array]:
    """Centre and half axes of the basivertebral foramen by the shares of [he2023]_, in the body's frame."""
    share = v.foramen_share.value
    above = v.foramen_above_middle.number * box.height_mm
    centre = np.array([box.middle_mm[0], box.posterior_mm, box.middle_mm[2] + above])
    sizes = np.array([share["width"] * box.width_mm / 2, share["depth"] * box.depth_mm])
    return centre, np.array([sizes[0], sizes[1], share["height"] * box.height_mm / 2])


def foramen(grid: VertebraGrid, room_mm: float = 0.0) -> Mask:
    """Cubes of the basivertebral foramen, with ``room_mm`` around it."""
    centre, half = foramen_mm(BodyBox.of(grid))
    axes = [grid.first_mm[a] + np.arange(n) * grid.edge_mm for a, n in enumerate(grid.shape)]
    away = np.stack(np.meshgrid(*axes, indexing="ij"), axis=-1) - centre
    return np.asarray((((away / (half + room_mm)) ** 2).sum(axis=-1) <= 1) & grid.bone)


def outlets_of(grid: VertebraGrid, gaps: Sequence[Gap]) -> tuple[Outlet, ...]:
    """Veins by the anatomy of all, gaps as this CT shows them."""
    box = BodyBox.of(grid)
    return (_basivertebral(box), *_segmental(grid, box), *(_through(gap, box) for gap in gaps))


def _tube_mm3(radius_mm: float, length_mm: float) -> float:
    """pi r^4 / (8 l): Poiseuille."""
    return pi * radius_mm**4 / (8 * length_mm)


def _vein(name: str, route: Route, to: Place, line_mm: Array, radius_mm: float) -> Outlet:
    """A vein along a line inside the bone, whose first point is where it leaves the bone."""
    length = v.vein_length_mm.number
    return Outlet(
        name,
        route,
        to,
        line_mm[:1],
        np.ones(1),
        _tube_mm3(radius_mm, length),
        pi * radius_mm**2 * length,
        v.venous_pressure_kpa.number,
        line_mm,
        pi * radius_mm**4 / 8,
    )


def _basivertebral(box: BodyBox) -> Outlet:
    """From front to back through the body, where it runs horizontally [elsevier_basivertebral]_."""
    mouth, _ = foramen_mm(box)
    radius = v.basivertebral_radius_mm.number
    through = np.array([0.0, v.basivertebral_share.number * box.depth_mm, 0.0])
    line = np.stack([mouth, mouth + through])
    return _vein("basivertebral vein", Route.BASIVERTEBRAL, Place.CANAL, line, radius)


def _meeting_mm(box: BodyBox) -> Array:
    """Where the veins of the bone meet: the middle of the body at the height of the foramen."""
    mouth, _ = foramen_mm(box)
    return np.array([mouth[0], box.middle_mm[1], mouth[2]])


def _segmental(grid: VertebraGrid, box: BodyBox) -> tuple[Outlet, ...]:
    """Two veins on each side, half-way up, a quarter of the depth before and behind the middle."""
    cubes, found = grid.local_mm(np.argwhere(grid.body)), []
    for side, name in ((1, "right"), (-1, "left")):
        for step, where in ((0.25, "anterior"), (-0.25, "posterior")):
            front = box.middle_mm[1] + step * box.depth_mm
            near = np.abs(cubes[:, 1:] - [front, box.middle_mm[2]]).max(axis=1) <= grid.edge_mm
            if near.any():
                reach = side * (side * cubes[near, 0]).max()
                place = np.array([reach, front, box.middle_mm[2]])
                radius = v.segmental_radius_mm.number
                vein = f"{name} {where} segmental vein"
                line = np.stack([place, _meeting_mm(box)])
                found.append(_vein(vein, Route.SEGMENTAL, Place.VEINS, line, radius))
    return tuple(found)


def _through(gap: Gap, box: BodyBox) -> Outlet:
    """A gap as a patch of spongy bone: k A / thickness, with the published mean permeability."""
    k_mm2 = v.baroud_permeability_m2.number * MM2_PER_M2
    plate = gap.side in (Side.UPPER, Side.LOWER)
    route, to = (Route.END_PLATE, Place.DISC) if plate else (Route.CORTEX, Place.SOFT_TISSUE)
    if gap.side is Side.POSTERIOR and abs(gap.centre_mm[0] - box.middle_mm[0]) < box.width_mm / 3:
        to = Place.CANAL  # between the pedicles, which stand on the outer thirds
    thickness = v.defect_thickness_mm.number
    return Outlet(
        f"gap of {gap.area_mm2:.0f} mm2 in the {gap.side.value}",
        route,
        to,
        gap.places_mm,
        gap.areas_mm2 / gap.area_mm2,
        k_mm2 * gap.area_mm2 / thickness,
        gap.area_mm2 * thickness,
        v.soft_tissue_pressure_kpa.number,
    )


def track(tip_local_mm: Array, outer_mm: float, length_mm: float) -> Outlet:
    """The slit between a cannula and the bone around it, from the tip back: pi d g^3 / (12 l)."""
    gap = v.track_gap_mm.number
    return Outlet(
        "needle track",
        Route.TRACK,
        Place.TRACK,
        np.asarray(tip_local_mm, dtype=float)[None, :],
        np.ones(1),
        pi * outer_mm * gap**3 / (12 * length_mm),
        pi * outer_mm * gap * length_mm,
        v.soft_tissue_pressure_kpa.number,
    )


def sampled_outlets(outlets: Sequence[Outlet], generator: np.random.Generator) -> tuple[Outlet, ...]:
    """Every way out with its conductance drawn at random about its mean, each on its own."""
    steps = generator.standard_normal(len(outlets))
    return tuple(
        o.times(float(v.outlet_spread_factor.number**z)) for o, z in zip(outlets, steps, strict=True)
    )


def veins_in(grid: VertebraGrid, outlets: Sequence[Outlet]) -> Array:
    """What the veins add to the permeability (mm2) of the cubes they run through: bore over cross-section."""
    added = np.zeros(grid.shape)
    for outlet in outlets:
        if outlet.inside_mm is None:
            continue
        mouth, end = outlet.inside_mm
        steps = int(np.ceil(np.linalg.norm(end - mouth) / (grid.edge_mm / 4)))
        places = mouth + np.linspace(0, 1, steps + 1)[:, None] * (end - mouth)
        cubes = np.unique(np.round((places - grid.first_mm) / grid.edge_mm).astype(int), axis=0)
        cubes = cubes[((cubes >= 0) & (cubes < grid.shape)).all(axis=1)]
        added[tuple(cubes.T)] += outlet.bore_mm4 / grid.edge_mm**2
    return added


def corners_of(active: Mask) -> Mask:
    """Corners of open cubes: corner (i, j, k) is the lower corner of cube (i, j, k)."""
    corners = np.zeros(np.array(active.shape) + 1, dtype=bool)
    for a, b, c in np.ndindex(2, 2, 2):
        corners[a : a + active.shape[0], b : b + active.shape[1], c : c + active.shape[2]] |= active
    return corners


def nodes_near(places_mm: AnyArray, corners: Mask, grid: VertebraGrid) -> AnyArray:
    """The corner nearest to each place (n, 3; body's frame), as indices."""
    nodes = np.argwhere(corners)
    _, at = cKDTree(grid.local_mm(nodes - 0.5)).query(np.asarray(places_mm).reshape(-1, 3))
    return np.asarray(nodes[at])
