"""The published model of L2 of VerSe subject 004 [walle2025], its bin shift included, for its check alone."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import Enum

import numpy as np

from vertebro.kernels.arrays import AnyArray, Array
from vertebro.kernels.geometry import largest_part
from vertebro.patient.volume import Volume
from vertebro.simulation.curve import Curve, crushed
from vertebro.simulation.loading import respond
from vertebro.simulation.materials import CAP, Law, kopperdahl_yield, kopperdahl_young
from vertebro.simulation.voxel_model import VoxelModel, plate_nodes, v
from vertebro.vocabulary.known import Unknown
from vertebro.vocabulary.library import CitedValue
from vertebro.vocabulary.texts import texts

say = texts(beside=__file__).say

BONE, CORTICAL, LOWER_CAP, UPPER_CAP = (1, 2, 3, 4), (2, 4), 5, 6
"""Labels of the published mask, in the order of its arrays; the last axis is superior."""


class Binning(Enum):
    """How density became modulus: the published table, the same without its shift, or the law itself."""

    PUBLISHED = "published, every voxel the density of the next bin"
    OWN_BIN = "every voxel the density of its own bin"
    NONE = "this program's: every voxel its own density"


def published_model(density: Volume, labels: Volume, binning: Binning) -> VoxelModel:
    """The model as published, from its own image and mask in stored order."""
    values = np.asarray(density.values, dtype=float)
    young, yields = (_by(law, values, labels.values, binning) for law in (kopperdahl_young, kopperdahl_yield))
    is_lower, is_upper = labels.values == LOWER_CAP, labels.values == UPPER_CAP
    young[is_lower | is_upper], yields[is_lower | is_upper] = CAP.young_mpa, CAP.compressive_yield_mpa
    whole = largest_part(young > 0)
    low, high = (int(edge) for edge in (np.nonzero(is_lower)[2].min(), np.nonzero(is_upper)[2].max()))
    box = tuple(slice(int(n.min()), int(n.max()) + 1) for n in np.nonzero(whole))
    lowest = box[2].start
    return VoxelModel(
        young_mpa=np.where(whole, young, 0.0)[box],
        yield_mpa=np.where(whole, yields, 0.0)[box],
        is_body=np.isin(labels.values, (1, 2))[box],
        is_cap=(is_lower | is_upper)[box],
        edge_mm=float(labels.spacing_mm.max()),
        top=plate_nodes((is_upper & whole)[box], high - lowest, step=1),
        bottom=plate_nodes((is_lower & whole)[box], low - lowest, step=0),
        height_mm=v.published_height_mm.number,
        dropped_voxels=int((young > 0).sum() - whole.sum()),
        floor_voxels=int((young[whole] <= v.elastic_floor_mpa.number).sum()),
    )


def _by(law: Law, density: Array, labels: AnyArray, binning: Binning) -> Array:
    """What a law gives every voxel of bone, MPa."""
    bone = np.isin(labels, BONE)
    if binning is Binning.NONE:
        given = np.zeros(density.shape)
        given[bone] = law(density[bone], law.takes)
        return given
    value = np.where(bone, np.trunc(np.maximum(density, v.published_least_mg_cm3.number)), 0.0)
    bins = int(v.published_bins.number)
    edges = np.linspace(value[value != 0].min(), value[value != 0].max(), bins + 1)
    of_bin = law((edges[:-1] + edges[1:]) / 2, law.takes)
    own = np.clip(np.digitize(value, edges), 1, bins) - 1
    counts = (value != 0) | np.isin(labels, CORTICAL)  # a trabecular voxel of value 0 was background
    if binning is Binning.OWN_BIN:
        return np.where(counts & bone, of_bin[own], 0.0)
    next_bin = np.append(of_bin[1:], of_bin[0])  # past its last bin the published table begins anew
    is_nought = value == 0  # a cortical voxel of value 0 read the first entry
    return np.where(counts & bone, np.where(is_nought, of_bin[0], next_bin[own]), 0.0)


@dataclass(frozen=True)
class Row:
    """One number as published (None: not published) and as ours, and how far they may differ."""

    name: str
    published: float | None
    ours: float
    unit: str
    tolerance_pct: float

    @property
    def difference_pct(self) -> float | None:
        """How far ours is from the published number."""
        return None if self.published is None else 100 * (self.ours / self.published - 1)

    @property
    def agrees(self) -> bool | None:
        """True if ours is the published number within the tolerance; None if nothing was published."""
        return None if self.difference_pct is None else abs(self.difference_pct) <= self.tolerance_pct


@dataclass(frozen=True)
class Comparison:
    """Published numbers beside ours."""

    subject: str
    source: CitedValue
    rows: tuple[Row, ...]
    curve: Curve | Unknown
    not_done: tuple[tuple[str, str], ...]

    @property
    def agrees(self) -> bool:
        """True if every published number is met."""
        return all(row.agrees is not False for row in self.rows)


def compared(density: Volume, labels: Volume, tell: Callable[[str], None] = lambda _: None) -> Comparison:
    """The published model against ours, number by number, and what the shift of bins does to it."""
    stiffness: dict[Binning, float] = {}
    curve: Curve | Unknown = Unknown(say("unknown.not_crushed"))
    for binning in Binning:
        tell(say("validation.solving", binning=binning.value))
        model = published_model(density, labels, binning)
        response = respond(model, bend=False)
        stiffness[binning] = response.axial_n_mm
        if binning is Binning.PUBLISHED:
            nodes = len(np.unique(response.voxels.corners))
            tell(say("validation.crushing"))
            curve = crushed(model, tell=tell)
            counted = [model.elements, nodes, len(model.top), len(model.bottom)]
    exact = zip(v.published_counts.value.items(), counted, strict=True)
    counts = [Row(say(f"validation.{name}"), told, ours, "1", 0.0) for (name, told), ours in exact]
    K = stiffness[Binning.PUBLISHED]
    loads = _of_curve(curve, K)
    known = [Row(name, None, n, "N", 0.0) for name, n in loads.items() if not isinstance(n, Unknown)]
    unknown = [(name, n.why) for name, n in loads.items() if isinstance(n, Unknown)]
    rows = (*counts, *_derived(K), *_without_shift(stiffness), *known)
    not_done = (*unknown, (say("validation.no_number"), say("validation.no_number_why")))
    return Comparison(say("validation.subject"), v.published_stiffness_n_mm, rows, curve, not_done)


def _of_curve(curve: Curve | Unknown, stiffness_n_mm: float) -> dict[str, float | Unknown]:
    """Loads of the published model when its bone yields, which the study does not print for this subject."""
    offset, strain = v.offset_pct, v.apparent_strain_pct
    names = (
        say("validation.offset", offset=offset.value),
        say("validation.strain", strain=strain.value),
    )
    if isinstance(curve, Unknown):
        return dict.fromkeys(names, curve)
    loads = curve.offset_load_n(stiffness_n_mm, offset.number), curve.strain_load_n(strain.number)
    return dict(zip(names, loads, strict=True))


def _derived(K: float) -> list[Row]:
    """Stiffness as published, and the two linear strengths that follow from it at the published height."""
    H, within = v.published_height_mm.number, v.published_tolerance_pct.number
    told = (v.published_stiffness_n_mm, v.published_reaction_kn, v.published_linear_load_kn)
    ours = (K, v.reaction_at_mm.number * K / 1000, v.stiffness_based_factor.number * K * H / 1000)
    names = ("stiffness", "reaction", "linear_load")
    rows = zip(names, told, ours, strict=True)
    return [
        Row(say(f"validation.{name}", mm=v.reaction_at_mm.value), t.number, value, t.unit, within)
        for name, t, value in rows
    ]


def _without_shift(stiffness: Mapping[Binning, float]) -> list[Row]:
    others = (b for b in Binning if b is not Binning.PUBLISHED)
    return [Row(say("validation.other", binning=b.value), None, stiffness[b], "N/mm", 0.0) for b in others]
