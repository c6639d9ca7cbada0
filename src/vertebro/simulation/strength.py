"""The strength of one vertebra from its calibrated CT: stiffness, named definitions, load to strength."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType

import numpy as np

from vertebro.fracture.density import cautions, contrast_of, density_spread_mg_cm3
from vertebro.fracture.findings import Calibration
from vertebro.fracture.measure import Measurable, measurable
from vertebro.kernels.arrays import AnyArray
from vertebro.kernels.compiled import is_kept
from vertebro.kernels.crushing import crush
from vertebro.kernels.sweeps import perform
from vertebro.patient.case import Case
from vertebro.patient.volume import Volume
from vertebro.simulation.curve import FEW_STEPS, Curve, check_room, crushed
from vertebro.simulation.loading import Response, respond
from vertebro.simulation.materials import YIELD_OF, way_between
from vertebro.simulation.vertebra_grid import (
    BonyVertebra,
    bony_vertebra,
    calibration_needed,
    images_of,
    whole_vertebra,
)
from vertebro.simulation.voxel_model import ModelSettings, VoxelModel, build_model, v
from vertebro.vocabulary.known import Unknown
from vertebro.vocabulary.levels import Level
from vertebro.vocabulary.library import CitedValue
from vertebro.vocabulary.measured import Measured
from vertebro.vocabulary.texts import texts

say = texts(beside=__file__).say

DEFINED = {"offset": v.offset_pct.value, "strain": v.apparent_strain_pct.value}
"""Numbers in the names of definitions."""

Progress = Callable[[str], None]


@dataclass(frozen=True)
class Estimate:
    """One definition of strength by its name, what it gives, and where the definition comes from."""

    name: str
    value: Measured | Unknown
    source: CitedValue | None


@dataclass(frozen=True)
class Numbers:
    """What a model gives: stiffness, every definition of strength by its name, and the ratios."""

    model: Mapping[str, int | float]
    stiffness: Measured
    bending_stiffness: Measured
    height: Measured
    compression: tuple[Estimate, ...]
    flexion: tuple[Estimate, ...]
    load_to_strength: Mapping[str, Measured]


@dataclass(frozen=True)
class Strength:
    """The strength of one level: every number with its method and source, and what a reader must know."""

    level: Level
    settings: ModelSettings
    calibration: Calibration
    numbers: Numbers
    model: VoxelModel
    curve: Curve | Unknown
    cautions: tuple[str, ...]
    not_done: tuple[tuple[str, str], ...]


def strength_of(
    case: Case, level: Level, settings: ModelSettings | None = None, tell: Progress = lambda _: None
) -> Strength:
    """The strength of a level of a case; refuses a case without calibrated density or a cut vertebra."""
    settings = settings or ModelSettings()
    ct, spine = images_of(case)
    calibration, vertebra = calibration_needed(case), whole_vertebra(spine, level)
    tell("finding the body of the vertebra")
    seen = measurable(spine, ct)
    given = bony_vertebra(ct, vertebra, seen.bodies[level], calibration)
    shift = _shift(ct, given, calibration)
    model = build_model(given, settings)
    if settings.crush:
        check_room(model)
    _announce_first(settings, tell)
    tell(f"solving axial compression and bending of {level}")
    response = respond(model)
    curve = crushed(model, tell=tell) if settings.crush else Unknown(say("unknown.not_asked"))
    spread = NO_SPREAD
    if shift > 0:
        tell("solving again with the density one spread higher")
        spread = _spread((model, response, curve), build_model(given, settings, shift))
    numbers = estimates(model, response, curve, settings, spread)
    said = (
        *_broken(seen, level),
        *_without_spread(numbers, shift),
        *_cautions(case, model, settings, given, shift),
        *cautions(calibration, contrast_of(case), ()),
    )
    missing = ((say("not_done.orthotropy"), say("not_done.orthotropy_why")),)
    return Strength(level, settings, calibration, numbers, model, curve, said, missing)


def _announce_first(settings: ModelSettings, tell: Progress) -> None:
    """Says what a person waits for where this machine runs the solver for the first time."""
    if not (is_kept(perform) and (is_kept(crush) or not settings.crush)):
        tell(say("progress.preparing"))


@dataclass(frozen=True)
class Spread:
    """By what part stiffness and the two loads of the crushed bone grow with one spread of the density."""

    stiffness: float = 0.0
    offset: float = 0.0
    strain: float = 0.0


NO_SPREAD = Spread()


def _spread(known: tuple[VoxelModel, Response, Curve | Unknown], denser: VoxelModel) -> Spread:
    model, response, curve = known
    stiffness = [response.axial_n_mm, respond(denser, bend=False).axial_n_mm]
    if isinstance(curve, Unknown):
        return Spread(stiffness[1] / stiffness[0] - 1)
    curves = [crushed(m, FEW_STEPS) for m in (model, denser)]
    loads = [_loads(curve, K) for curve, K in zip(curves, stiffness, strict=True)]
    offset, strain = (b / a - 1 if a and b else 0.0 for a, b in zip(*loads, strict=True))
    return Spread(stiffness[1] / stiffness[0] - 1, offset, strain)


def _loads(curve: Curve | Unknown, stiffness_n_mm: float) -> tuple[float, float]:
    """Loads at the offset and at the strain, nought where they are not known."""
    if isinstance(curve, Unknown):
        return 0.0, 0.0
    offset = curve.offset_load_n(stiffness_n_mm, v.offset_pct.number)
    strain = curve.strain_load_n(v.apparent_strain_pct.number)
    return tuple(0.0 if isinstance(x, Unknown) else x for x in (offset, strain))  # type: ignore[return-value]


def _shift(ct: Volume, given: BonyVertebra, calibration: Calibration) -> float:
    """The standard uncertainty of the calibration (mg/cm3) at the mean HU of the body."""
    inside = ct.to_index(given.body.to_mm(np.argwhere(given.body.values))).round().astype(int)
    hu = ct.values[tuple(np.clip(inside, 0, np.array(ct.shape) - 1).T)]
    return density_spread_mg_cm3(float(hu.mean()), calibration)


def estimates(
    model: VoxelModel,
    response: Response,
    curve: Curve | Unknown,
    settings: ModelSettings,
    spread: Spread = NO_SPREAD,
) -> Numbers:
    """Stiffness, height, every definition of strength and the ratios, each with its spread."""

    def measured(value: float, unit: str, method: str, relative: float = spread.stiffness) -> Measured:
        return Measured(value, unit, method, abs(value * relative))

    K, H = response.axial_n_mm, model.height_mm
    ends = say(f"ends.{settings.ends}", depth=_depth(settings))
    how = say("method.stiffness", law=settings.law.name, voxel=f"{model.edge_mm:g}", ends=ends)
    factor, at = v.stiffness_based_factor, v.reaction_at_mm
    based = measured(factor.number * K * H, "N", say("method.stiffness_based", factor=factor.value))
    reached = measured(at.number * K, "N", say("method.reaction_at", mm=at.value))
    limit = {"share": v.critical_share_pct.value, "strain": v.critical_strain.value}
    crushed = measured(
        K * _amount(model, response, np.array([1.0, 0.0])), "N", say("method.pistoia_like", **limit)
    )
    bending = response.bending_nmm_rad
    bent = bending * _amount(model, response, response.bending_motion) / 1000
    moment = measured(bent, "N.m", say("method.flexion_pistoia_like", **limit))
    return Numbers(
        model=MappingProxyType(_counts(model)),
        stiffness=measured(K, "N/mm", how),
        bending_stiffness=measured(np.radians(bending) / 1000, "N.m/deg", say("method.flexion_stiffness")),
        height=measured(H, "mm", say("method.height"), 0.0),
        compression=(
            Estimate("stiffness_based", based, factor),
            Estimate("reaction_at", reached, at),
            Estimate("pistoia_like", crushed, v.critical_strain),
            *_of_curve(curve, K, settings, spread),
        ),
        flexion=(Estimate("flexion_pistoia_like", moment, v.critical_strain),),
        load_to_strength=MappingProxyType(_ratios(based)),
    )


def _of_curve(curve: Curve | Unknown, K: float, settings: ModelSettings, spread: Spread) -> list[Estimate]:
    """The two strengths that are read off the curve of the crushed vertebra."""
    if isinstance(curve, Unknown):
        return [Estimate(name, curve, None) for name in ("offset", "strain")]
    law = YIELD_OF[settings.law.name]
    how = {"law": settings.law.name, "yield_law": law.name, **DEFINED}
    found = {
        "offset": (curve.offset_load_n(K, v.offset_pct.number), spread.offset),
        "strain": (curve.strain_load_n(v.apparent_strain_pct.number), spread.strain),
    }
    return [
        Estimate(name, load, None)
        if isinstance(load, Unknown)
        else Estimate(
            name, Measured(load, "N", say(f"method.{name}", **how), abs(load * part)), law.constants
        )
        for name, (load, part) in found.items()
    ]


def _counts(model: VoxelModel) -> dict[str, int | float]:
    return {
        "elements": model.elements,
        "voxel_mm": model.edge_mm,
        "cap_elements": int(model.is_cap.sum()),
        "upper_plate_nodes": len(model.top),
        "lower_plate_nodes": len(model.bottom),
        "islands_removed_voxels": model.dropped_voxels,
        "voxels_below_the_law": model.floor_voxels,
    }


def _amount(model: VoxelModel, response: Response, motion: AnyArray) -> float:
    """How much of a motion brings the critical share of the body to the critical effective strain."""
    at = tuple(response.voxels.index.T)
    bone = model.is_body[at] & (model.young_mpa[at] > v.elastic_floor_mpa.number)
    effective = response.effective_strain(motion)[bone]
    return float(v.critical_strain.number / np.percentile(effective, 100 - v.critical_share_pct.number))


def _ratios(strength: Measured) -> dict[str, Measured]:
    relative = strength.spread / strength.value
    out = {}
    for activity, load in v.activity_loads_n.value.items():
        ratio = load / strength.value
        method = say("method.ratio", load=load, activity=activity)
        out[activity] = Measured(ratio, "1", method, ratio * relative)
    return out


def _cautions(
    case: Case, model: VoxelModel, settings: ModelSettings, given: BonyVertebra, shift: float
) -> tuple[str, ...]:
    low, high = v.overestimate_pct.value
    error = say("caution.error", low=low, high=high, source=f"[{v.overestimate_pct.source}]")
    numbers = {"margin": f"{settings.cap_margin_mm:g}", "depth": _depth(settings)}
    ends = say(f"caution.{settings.ends}", effect=v.cap_margin_effect_pct.value, **numbers)
    said = [say("caution.limits"), say("caution.loads"), ends, error, say("caution.plastic")]
    said.append(say("caution.spread", shift=f"{shift:.0f}") if shift > 0 else say("caution.no_spread"))
    assert isinstance(case.ct, Volume)
    if case.ct.spacing_mm.max() > model.edge_mm * 1.5:  # up to half a voxel more is no coarser to a reader
        said.append(say("caution.coarse", ct=f"{case.ct.spacing_mm.max():.1f}", voxel=f"{model.edge_mm:g}"))
    if model.dropped_voxels:
        said.append(say("caution.dropped", n=model.dropped_voxels))
    if model.floor_voxels:
        share = 100 * model.floor_voxels / (model.elements - int(model.is_cap.sum()))
        floor = v.elastic_floor_mpa.value
        said.append(say("caution.floor", n=model.floor_voxels, share=f"{share:.1f}", floor=floor))
    way = way_between(given.density.quantity, settings.law.takes)
    if way:
        sources = "; ".join(step.source.reference.short for step in way)
        takes, gives = given.density.quantity, settings.law.takes
        said.append(say("caution.converted", takes=takes, gives=gives, sources=sources))
    return tuple(said)


def _without_spread(numbers: Numbers, shift: float) -> tuple[str, ...]:
    """What is said where the density has a spread, but what it does to a strength could not be computed."""
    values = [e.value for e in (*numbers.compression, *numbers.flexion)]
    lacks = shift > 0 and any(isinstance(m, Measured) and m.spread == 0 for m in values)
    return (say("caution.spread_not_found"),) if lacks else ()


def _depth(settings: ModelSettings) -> str:
    return f"{settings.embedding_layers * settings.voxel_mm:g}"


def _broken(seen: Measurable, level: Level) -> tuple[str, ...]:
    return (say("caution.broken", level=level),) if level in seen.broken else ()
