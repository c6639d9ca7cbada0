"""How far a balloon's pressure moves the end-plates of a vertebra between discs, and what springs back."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

import numpy as np

from vertebro.errors import BadLabels
from vertebro.kernels.arrays import AnyArray, Array, Mask
from vertebro.kernels.balloon import opened_mm3, pressure_forces
from vertebro.kernels.elastic import ElasticModel, solve_elastic
from vertebro.kernels.geometry import largest_part
from vertebro.kernels.hexahedron import Integration
from vertebro.kernels.plastic import Criterion, PlasticStep, YieldLaw, solve_plastic
from vertebro.kernels.supports import NodeValues
from vertebro.vocabulary.library import cited_values

v = cited_values(beside=__file__, name="inflation_values.yaml")

TOLERANCE = 1e-4  # of the unbalanced force: lifts then change by less than 0.5 % (tested)
ANTERIOR, SUPERIOR = 1, 2
RISING = (0.3, 0.6, 0.8, 1.0)  # of the pressure: the bone yields late, so the steps grow shorter
FIFTH = 0.2  # of the depth of the body: the strips at which the three heights are read


class Union(Enum):
    """Whether the broken body hangs together, which a CT does not show."""

    HEALED = "healed"
    LOOSE = "loose"

    def __str__(self) -> str:
        return self.value


@dataclass(frozen=True)
class LiftBody:
    """A vertebra on cubes: moduli and yield stresses of its bone (nought elsewhere), its body, a cavity."""

    young_mpa: Array
    yield_mpa: Array
    body: Mask
    cavity: Mask
    edge_mm: float

    @property
    def solid(self) -> Mask:
        """The bone that is left."""
        return np.asarray((self.young_mpa > 0) & ~self.cavity)


@dataclass(frozen=True)
class Motion:
    """Gains of height (mm) at the front, middle and back, and by how much the end-plates open forward (deg).

    ``opened_mm3`` is by how much the cavity has grown.
    """

    anterior_mm: float
    middle_mm: float
    posterior_mm: float
    opening_deg: float
    opened_mm3: float


@dataclass(frozen=True)
class Lift:
    """Motions under full pressure and after it is let off; displacements (3, nodes) in mm of both."""

    full: Motion
    deflated: Motion
    full_mm: Array
    deflated_mm: Array
    yielding_share: float
    steps: tuple[PlasticStep, ...]


def between_discs(body: LiftBody) -> tuple[LiftBody, Mask]:
    """The body with discs on both end-plates, as high above each as a disc is thick, and where they are.

    The grid must reach that far.
    """
    bone, columns = body.young_mpa > 0, np.asarray(body.body.any(axis=2))
    low, high = ends_of(body.body)
    thick = max(1, round(v.disc_thickness_mm.number / body.edge_mm))
    bottom, top = int(low[columns].min()) - thick, int(high[columns].max()) + thick
    if bottom < 0 or top >= bone.shape[2]:
        raise BadLabels(
            "The grid ends before the discs do.",
            f"{v.disc_thickness_mm.value} mm beyond the end-plates",
            "Take more room around the vertebra.",
        )
    k = np.arange(bone.shape[2])
    above, below = k > high[..., None], k < low[..., None]
    over = np.logical_or.accumulate(bone & above, axis=2)  # bone over an end-plate shields it
    under = np.logical_or.accumulate((bone & below)[:, :, ::-1], axis=2)[:, :, ::-1]
    disc = columns[..., None] & ((above & (k <= top) & ~over) | (below & (k >= bottom) & ~under))
    young = np.where(disc, v.disc_young_mpa.number, body.young_mpa)
    yields = np.where(disc, np.inf, body.yield_mpa)
    return LiftBody(young, yields, body.body, body.cavity, body.edge_mm), disc


def ends_of(body: Mask) -> tuple[AnyArray, AnyArray]:
    """Lowest and highest voxel of the body in every column (nonsense in columns without body)."""
    return body.argmax(axis=2), body.shape[2] - 1 - body[:, :, ::-1].argmax(axis=2)


def _held(disc: Mask, shape: tuple[int, ...], pressed_mm: float) -> tuple[NodeValues, ...]:
    """The outer faces of the discs, held by the neighbours; the upper one pressed down."""
    layers = np.flatnonzero(disc.any(axis=(0, 1)))
    held: list[NodeValues] = []
    for layer, node, pressed in ((layers[0], layers[0], 0.0), (layers[-1], layers[-1] + 1, -pressed_mm)):
        where = np.zeros([n + 1 for n in shape], bool)
        for a, b in np.ndindex(2, 2):
            where[a : a + shape[0], b : b + shape[1], node] |= disc[:, :, layer]
        held += [NodeValues.at(where, 0, 0.0), NodeValues.at(where, 1, 0.0)]
        held.append(NodeValues.at(where, SUPERIOR, pressed))
    return tuple(held)


def pressed_by_mm(body: LiftBody) -> float:
    """How far the upper neighbour presses the segment with the preload of a patient who lies, mm."""
    model, disc = between_discs(body)
    young = np.where(model.solid, model.young_mpa, 0.0)
    held = _held(disc, young.shape, 1.0)
    solved = solve_elastic(ElasticModel(young, v.poisson.number, (body.edge_mm,) * 3, held), tolerance=1e-6)
    return float(v.preload_n.number / -solved.reaction(held[-1].nodes)[SUPERIOR])


def lifted(body: LiftBody, pressure_mpa: float, pressed_mm: float) -> Lift:
    """The end-plates under the pressure in the cavity, and after it is let off again."""
    model, disc = between_discs(body)
    young = np.where(model.solid, model.young_mpa, 0.0)
    young = np.where(largest_part(young > 0), young, 0.0)
    unit = pressure_forces(body.cavity, young > 0, body.edge_mm)
    pushed = tuple(NodeValues(f.nodes, f.axis, f.values * pressure_mpa) for f in unit)
    elastic = ElasticModel(
        young,
        v.poisson.number,
        (body.edge_mm,) * 3,
        _held(disc, young.shape, pressed_mm),
        pushed,
        integration=Integration.CENTRE,
    )
    law = YieldLaw(
        Criterion.VON_MISES,
        np.where(young > 0, model.yield_mpa, 1.0),
        hardening_mpa=v.hardening_share.number * young,
    )
    solved = solve_plastic(elastic, law, (*RISING, 0.0), tolerance=TOLERANCE)
    full, left = solved.peak.displacements(), solved.final.displacements()
    bone = body.body & (young > 0)
    return Lift(
        full=motion(full, bone, body.edge_mm, opened_mm3(unit, full)),
        deflated=motion(left, bone, body.edge_mm, opened_mm3(unit, left)),
        full_mm=full,
        deflated_mm=left,
        yielding_share=solved.steps[len(RISING) - 1].yielding_share,
        steps=solved.steps,
    )


def motion(moved_mm: Array, body: Mask, edge_mm: float, opened: float) -> Motion:
    """The motions of the end-plates of a body that displacements (nodes, 3) mean."""
    low, high = ends_of(body)
    i, j = np.nonzero(body.any(axis=2))
    gain = _mean_of_corners(moved_mm[..., SUPERIOR], i, j, high[i, j] + 1)
    gain -= _mean_of_corners(moved_mm[..., SUPERIOR], i, j, low[i, j])
    right, place = i - i.mean(), (j - j.min()) / max(1, j.max() - j.min())
    middle = np.abs(right) <= np.ptp(i) / 4  # the middle half of the width, as on a lateral film
    strips = ((place >= 1 - FIFTH), (np.abs(place - 0.5) <= FIFTH / 2), (place <= FIFTH))
    anterior, centre, posterior = (float(gain[strip & middle].mean()) for strip in strips)
    slope = np.polyfit(j * edge_mm, gain, 1)[0]
    return Motion(anterior, centre, posterior, float(np.degrees(np.arctan(slope))), opened)


def _mean_of_corners(field: Array, i: AnyArray, j: AnyArray, k: AnyArray) -> Array:
    return np.asarray(sum(field[i + a, j + b, k] for a, b in np.ndindex(2, 2)) / 4)


def loosened(body: LiftBody, at_mm: float) -> LiftBody:
    """The body with its fracture open: a layer that carries little, at a height in the grid (mm)."""
    low, high = ends_of(body.body)
    k = np.arange(body.body.shape[2])
    layer = int(np.clip(round(at_mm / body.edge_mm), int(low[body.body.any(axis=2)].min()), None))
    thick = max(1, round(v.cleft_mm.number / body.edge_mm))
    within = np.minimum(np.maximum(layer, low + 1), high - thick)[..., None]
    cleft = body.body & (k >= within) & (k < within + thick)
    share = v.cleft_share.number
    young = np.where(cleft, body.young_mpa * share, body.young_mpa)
    yields = np.where(cleft, body.yield_mpa * share, body.yield_mpa)
    return LiftBody(young, yields, body.body, body.cavity, body.edge_mm)
