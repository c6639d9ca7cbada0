"""Stiffness and strength of a vertebra: intact as its neighbours suggest, broken, and after cement."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace

import numpy as np
from scipy import ndimage

from vertebro.errors import BadModel
from vertebro.kernels.arrays import AnyArray, Array
from vertebro.kernels.cycles import Effort
from vertebro.kernels.resources import processors
from vertebro.simulation.curve import FEW_STEPS, Curve, crushed
from vertebro.simulation.inflated_bone import PERCENT, stiffness_left, strength_left
from vertebro.simulation.loading import respond
from vertebro.simulation.materials import cemented_young_mpa
from vertebro.simulation.materials import v as material
from vertebro.simulation.memory import NOTHING_KEPT, Memory
from vertebro.simulation.vertebra_grid import VertebraGrid
from vertebro.simulation.voxel_model import ModelSettings, VoxelModel, model_on
from vertebro.vocabulary.known import Unknown
from vertebro.vocabulary.levels import Level
from vertebro.vocabulary.library import cited_values
from vertebro.vocabulary.measured import Measured
from vertebro.vocabulary.texts import texts

v = cited_values(beside=__file__, name="augmented_values.yaml")
say = texts(beside=__file__, name="augmented").say

Progress = Callable[[str], None]


@dataclass(frozen=True)
class Carried:
    """What one state of a vertebra carries: stiffness (N/mm) and strength (N) by two definitions."""

    stiffness: Measured
    stiffness_based: Measured
    offset: Measured | Unknown


@dataclass(frozen=True)
class Restored:
    """Parts of the intact estimate that a state carries (%)."""

    stiffness: Measured | Unknown
    stiffness_based: Measured | Unknown
    offset: Measured | Unknown


@dataclass(frozen=True)
class Filled:
    """A vertebra after cement: the grid with the bone as it is then, and the share of each cube's pores
    that is cement (1 in a cavity that is full).
    """

    grid: VertebraGrid
    saturation: Array

    def __post_init__(self) -> None:
        if self.saturation.shape != self.grid.shape:
            raise BadModel(
                f"The cement lies on {self.saturation.shape} cubes, the bone on {self.grid.shape}.",
                "one grid",
                "Bring the cement onto the bone's grid (cement_on).",
            )


@dataclass(frozen=True)
class Augmented:
    """One level intact, as imaged, broken, and after each filling by its name, with what is restored."""

    level: Level
    intact: Carried | Unknown
    imaged: Carried
    broken: Carried | Unknown
    after: Mapping[str, Carried]
    restored: Mapping[str, Restored]
    cautions: tuple[str, ...]


def cement_on(saturation: Array, of: VertebraGrid, to: VertebraGrid) -> Array:
    """Shares of cement of one grid on another, linear between the centres of cubes, nought outside."""
    places = to.to_mm(np.moveaxis(np.indices(to.shape), 0, -1))
    index = np.moveaxis(of.to_index(places), -1, 0)
    shares = ndimage.map_coordinates(saturation.astype(float), index, order=1)
    return np.asarray(np.clip(shares, 0.0, 1.0))


@dataclass(frozen=True)
class Left:
    """The shares of the stiffness and of the strength its density gives that a broken body has left."""

    stiffness: float
    strength: float


def left_of(imaged: Carried, intact: Carried | Unknown) -> Left:
    """What vertebrae crushed in a laboratory had left, of the intact estimate or, if less, of the image.

    Impacted bone is dense and a flat body short: its image alone would make it stiffer than it ever was.
    """
    stiff = strong = 1.0
    if isinstance(intact, Carried):
        stiff = strong = min(1.0, intact.stiffness.value / imaged.stiffness.value)
        if isinstance(intact.offset, Measured) and isinstance(imaged.offset, Measured):
            strong = min(1.0, intact.offset.value / imaged.offset.value)
    return Left(stiff * stiffness_left(True), strong * strength_left(True))


IN_LABORATORY = Left(stiffness_left(True), strength_left(True))


def broken_model(model: VoxelModel, left: Left = IN_LABORATORY) -> VoxelModel:
    """The model with what its broken body has left."""
    young = np.where(model.is_body, model.young_mpa * left.stiffness, model.young_mpa)
    return replace(model, young_mpa=young, yield_mpa=_weaker(model, left.strength))


def _weaker(model: VoxelModel, left: float) -> Array | Unknown:
    if isinstance(model.yield_mpa, Unknown):
        return model.yield_mpa
    return np.where(model.is_body, model.yield_mpa * left, model.yield_mpa)


def cemented_model(model: VoxelModel, saturation: Array, scaling: float) -> VoxelModel:
    """The model with cement in its body: moduli by the porous-cement law, yield stresses alike."""
    S = np.where(model.is_body, saturation, 0.0)
    young = np.where(S > 0, cemented_young_mpa(model.young_mpa, S, scaling), model.young_mpa)
    yields = model.yield_mpa
    if not isinstance(yields, Unknown):
        yields = np.where(S > 0, _cemented_yield_mpa(yields, S, scaling), yields)
    return replace(model, young_mpa=young, yield_mpa=yields)


def _cemented_yield_mpa(bone_mpa: AnyArray, saturation: AnyArray, scaling: float) -> Array:
    """Yield stress S scaling Y_cement, bone below ``least_saturation`` in proportion [kinzl2012]_."""
    part = np.minimum(saturation / material.least_saturation.number, 1.0)
    cement = saturation * scaling * v.cement_yield_mpa.number
    return np.asarray(np.maximum(bone_mpa, part * cement + (1 - part) * bone_mpa))


def carried(models: tuple[VoxelModel, ...], state: str) -> Carried:
    """What a state carries: the middle of its models and half the range between them as spread."""
    threads = max(1, processors() // len(models))
    with ThreadPoolExecutor(len(models)) as pool:
        answers = list(pool.map(lambda model: _answer(model, threads), models))
    stiffness = [K for K, _ in answers]
    factor, height = material.stiffness_based_factor.number, models[0].height_mm
    edge = f"{models[0].edge_mm:g}"
    linear = _middle([factor * K * height for K in stiffness])
    named = {"state": state, "edge": edge, "factor": factor, "offset": material.offset_pct.value}
    loads = [
        curve if isinstance(curve, Unknown) else curve.offset_load_n(K, material.offset_pct.number)
        for K, curve in answers
    ]
    unknown = [load for load in loads if isinstance(load, Unknown)]
    known = _middle([load for load in loads if not isinstance(load, Unknown)]) if not unknown else (0.0, 0.0)
    return Carried(
        Measured(_middle(stiffness)[0], "N/mm", say("method.stiffness", **named), _middle(stiffness)[1]),
        Measured(linear[0], "N", say("method.stiffness_based", **named), linear[1]),
        unknown[0] if unknown else Measured(known[0], "N", say("method.offset", **named), known[1]),
    )


def _answer(model: VoxelModel, threads: int) -> tuple[float, Curve | Unknown]:
    """Stiffness and curve; ten steps give the load at the offset to 0.2 %."""
    effort = Effort(threads=threads)
    return respond(model, bend=False, effort=effort).axial_n_mm, crushed(model, FEW_STEPS, effort=effort)


def _middle(values: list[float]) -> tuple[float, float]:
    return (max(values) + min(values)) / 2, (max(values) - min(values)) / 2


def intact_estimate(neighbours: Mapping[Level, Carried], level: Level) -> Carried | Unknown:
    """What the level carried before it broke: its unbroken neighbours', by the ratios between levels.

    Each neighbour's value times the ratio of the two levels to L1 [walle2025]_ (a ratio of strengths, used
    for the stiffness too); the mean of all, their spread from each other, a setting for one alone.
    """
    ratios = {name: 1 + part / PERCENT for name, part in v.level_strength_pct.value.items()}
    if level.value not in ratios:
        return Unknown(say("unknown.no_ratio", level=level))
    usable = {near: c for near, c in neighbours.items() if near.value in ratios and near is not level}
    if not usable:
        return Unknown(say("unknown.no_neighbour"))
    factor = {near: ratios[level.value] / ratios[near.value] for near in usable}
    how = say("state.intact", levels=", ".join(str(near) for near in usable))

    def mean(pick: Callable[[Carried], Measured | Unknown]) -> Measured | Unknown:
        found = {near: pick(c) for near, c in usable.items()}
        known = [f.value * factor[near] for near, f in found.items() if isinstance(f, Measured)]
        if not known:
            return next(f for f in found.values() if isinstance(f, Unknown))
        unit = next(f.unit for f in found.values() if isinstance(f, Measured))
        middle, one = float(np.mean(known)), v.intact_spread_pct.number / PERCENT
        least = one * middle if len(known) == 1 else one * middle / 2
        return Measured(middle, unit, how, max(float(np.std(known)), least))

    stiffness, based = mean(lambda c: c.stiffness), mean(lambda c: c.stiffness_based)
    assert isinstance(stiffness, Measured) and isinstance(based, Measured)  # every Carried has both
    return Carried(stiffness, based, mean(lambda c: c.offset))


def restored(state: Carried, intact: Carried | Unknown, name: str) -> Restored:
    """What part of the intact estimate a state carries."""
    if isinstance(intact, Unknown):
        return Restored(intact, intact, intact)
    how = say("method.restored", state=name)

    def part(now: Measured | Unknown, before: Measured | Unknown) -> Measured | Unknown:
        if isinstance(now, Unknown):
            return now
        if isinstance(before, Unknown):
            return before
        share = now.value / before.value
        relative = np.hypot(now.spread / now.value, before.spread / before.value)
        return Measured(PERCENT * share, "%", how, PERCENT * share * float(relative))

    return Restored(
        part(state.stiffness, intact.stiffness),
        part(state.stiffness_based, intact.stiffness_based),
        part(state.offset, intact.offset),
    )


def augmented(
    level: Level,
    grid: VertebraGrid,
    fillings: Mapping[str, Filled],
    intact: Carried | Unknown | None,
    tell: Progress = lambda _: None,
    memory: Memory = NOTHING_KEPT,
) -> Augmented:
    """One level in all its states; ``intact`` is ``None`` for one that is not broken."""

    def carries(models: tuple[VoxelModel, ...], state: str) -> Carried:
        return memory.of(("carried", models, state), lambda: carried(models, state))

    settings = ModelSettings()
    model = model_on(grid, settings)
    tell(f"{level}: {say('state.imaged')}")
    imaged = carries((model,), say("state.imaged"))
    is_broken = intact is not None
    reference = imaged if intact is None else intact
    left = left_of(imaged, reference)
    broken: Carried | Unknown = Unknown(say("state.whole"))
    if is_broken:
        lost = {"stiffness": _lost(left.stiffness), "strength": _lost(left.strength)}
        broken = carries((broken_model(model, left),), say("state.broken", **lost))
    said = [say("caution.scaling")] + [say(f"caution.{c}") for c in ("residual", "neighbours") if is_broken]
    low, high = material.cement_scaling.value
    after = {}
    for name, filled in fillings.items():
        tell(f"{level}: {name}")
        base = model_on(filled.grid, settings)
        base = broken_model(base, left) if is_broken else base
        models = tuple(cemented_model(base, filled.saturation, scaling) for scaling in (low, high))
        after[name] = carries(models, say("state.cemented", name=name, low=low, high=high))
    states = {**({"broken": broken} if isinstance(broken, Carried) else {}), **after}
    if is_broken and left.stiffness < IN_LABORATORY.stiffness:
        said.append(say("caution.impacted", times=f"{IN_LABORATORY.stiffness / left.stiffness:.1f}"))
    parts = {name: restored(state, reference, name) for name, state in states.items()}
    return Augmented(level, reference, imaged, broken, after, parts, tuple(said))


def _lost(left: float) -> str:
    return f"{PERCENT * (1 - left):.0f}"
