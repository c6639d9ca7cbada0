"""A case's own vertebra under the balloons of a plan, with cement, and beside its unbroken neighbours."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np

from vertebro.fracture.density import density_spread_mg_cm3
from vertebro.fracture.expected import Expected
from vertebro.fracture.measure import Measurable, measurable
from vertebro.patient.case import Case
from vertebro.patient.frame import BodyFrame
from vertebro.patient.spine import Spine
from vertebro.patient.volume import Volume
from vertebro.procedures.steps import Inflate
from vertebro.procedures.trajectory import Plan, Side
from vertebro.simulation.augmented import Augmented, Carried, Filled, augmented, carried, intact_estimate
from vertebro.simulation.endplate_lift import v
from vertebro.simulation.inflated_bone import cement_in, room_in
from vertebro.simulation.inflation import (
    Inflation,
    Patient,
    PlacedBalloon,
    Progress,
    Rules,
    blocked_mm3,
    inflate,
    nearest_level,
    placed,
)
from vertebro.simulation.memory import NOTHING_KEPT, Memory
from vertebro.simulation.permeability import porosity_of
from vertebro.simulation.vertebra_grid import (
    BonyVertebra,
    VertebraGrid,
    bony_vertebra,
    calibration_needed,
    images_of,
    vertebra_grid,
    whole_vertebra,
)
from vertebro.simulation.voxel_model import ModelSettings, model_on
from vertebro.vocabulary.known import Unknown
from vertebro.vocabulary.levels import Level
from vertebro.vocabulary.measured import Measured
from vertebro.vocabulary.texts import texts

say = texts(beside=__file__, name="augmented").say
words = texts(beside=__file__, name="inflation").say

MIDDLE = 1  # of the three heights
MM3_PER_ML = 1000.0
PERCENT = 100.0


@dataclass(frozen=True)
class OnPatient:
    """One level of a case on cubes, with what was seen of the whole spine."""

    case: Case
    level: Level
    grid: VertebraGrid
    density_spread_mg_cm3: float
    seen: Measurable

    @property
    def is_broken(self) -> bool:
        """True if the level has lost height."""
        return self.level in self.seen.broken

    @property
    def height_to_regain(self) -> Measured | Unknown:
        """Middle height (mm) to be expected less the one there is."""
        expected = self.seen.expected.get(self.level)
        if self.level not in self.seen.heights or not isinstance(expected, Expected):
            return Unknown(say("unknown.height", level=self.level))
        now = self.seen.heights[self.level][MIDDLE]
        missing = max(float(expected.value_mm[MIDDLE]) - now.value, 0.0)
        spread = float(np.hypot(expected.spread_mm[MIDDLE], now.spread))
        return Measured(missing, "mm", say("method.height_lost"), spread)


def on_patient(case: Case, level: Level, edge_mm: float = v.voxel_mm.number) -> OnPatient:
    """A level of a case; refuses a case without calibrated density, or a vertebra that is cut."""
    ct, spine = images_of(case)
    calibration_needed(case)
    whole_vertebra(spine, level)
    seen = measurable(spine, ct)
    given = _bony(case, level, seen)
    return OnPatient(case, level, _cubes(given, edge_mm), _spread(case, ct, given), seen)


def _bony(case: Case, level: Level, seen: Measurable) -> BonyVertebra:
    ct, spine = images_of(case)
    return bony_vertebra(ct, whole_vertebra(spine, level), seen.bodies[level], calibration_needed(case))


def _cubes(given: BonyVertebra, edge_mm: float) -> VertebraGrid:
    return vertebra_grid(given, edge_mm, v.disc_thickness_mm.number + 2 * edge_mm)


def _spread(case: Case, ct: Volume, given: BonyVertebra) -> float:
    """The standard uncertainty of the calibration (mg/cm3) at the mean HU of the body."""
    body = given.body
    places = body.to_mm(np.argwhere(body.values))
    index = np.clip(ct.to_index(places).round().astype(int), 0, np.array(ct.shape) - 1)
    return density_spread_mg_cm3(float(ct.values[tuple(index.T)].mean()), calibration_needed(case))


def balloons_of(plan: Plan, frame: BodyFrame) -> tuple[PlacedBalloon, ...]:
    """The balloons of a plan's steps in the frame of a grid."""
    return tuple(
        placed(plan.needle(Side(side)), step.balloon, step.volume_ml, frame)
        for step in plan.steps
        if isinstance(step, Inflate)
        for side in step.sides
    )


def inflated(
    patient: OnPatient, plan: Plan, rules: Rules | None = None, tell: Progress = lambda _: None
) -> Inflation | Unknown:
    """What the balloons of a plan do in this patient; ``Unknown`` where they do not fit, or it has none."""
    rules = rules or Rules(_wanted(patient))
    given = balloons_of(plan, patient.grid.frame)
    if not given:
        return Unknown(say("unknown.no_balloon", plan=plan.procedure))
    bed = Patient(patient.grid, patient.is_broken, patient.density_spread_mg_cm3)
    balloons = tuple(with_room(balloon, patient.grid, rules) for balloon in given)
    done = inflate(bed, balloons, rules, tell)
    if isinstance(done, Unknown):
        return done
    moved = []
    for before, after in zip(given, balloons, strict=True):
        back = float(np.linalg.norm(after.shape.middle_mm - before.shape.middle_mm))
        moved += [words("caution.drawn_back", side=after.side, mm=f"{back:.0f}")] if back else []
    return replace(done, cautions=(*moved, *done.cautions))


def _wanted(patient: OnPatient) -> Measured | Unknown:
    """The height to regain, where more is missing than is uncertain."""
    lost = patient.height_to_regain
    return lost if isinstance(lost, Measured) and lost.value > lost.spread else Unknown(say("unknown.whole"))


def with_room(balloon: PlacedBalloon, grid: VertebraGrid, rules: Rules) -> PlacedBalloon:
    """The balloon drawn back along its needle until the walls leave it its shape, or most of it."""
    room = room_in(grid)
    places = grid.local_mm(np.moveaxis(np.indices(grid.shape), 0, -1))
    volume = balloon.volume_ml * MM3_PER_ML
    best, least = balloon, np.inf
    for back in np.arange(0.0, v.most_drawn_back_mm.number + 1.0):
        moved = replace(balloon.shape, middle_mm=balloon.shape.middle_mm - balloon.shape.axis * back)
        share = blocked_mm3(moved.level(places, volume), room, rules, grid.edge_mm) / volume
        if share < least:
            best, least = replace(balloon, shape=moved), share
        if PERCENT * least <= v.most_blocked_pct.number:
            break
    return best


def cement_after(inflation: Inflation, volume_ml: float) -> Filled:
    """Cement in the cavity and, what is left of it, in the rim of crushed bone around, nearest first."""
    last, grid = inflation.last, inflation.bone_after
    porosity = np.where(last.cavity, 1.0, np.where(grid.body & grid.bone, porosity_of(grid), 0.0))
    level = nearest_level(inflation)
    shares = cement_in(last.cavity, level, porosity, volume_ml * MM3_PER_ML, grid.edge_mm)
    return Filled(grid, shares)


def strengthened(
    patient: OnPatient,
    fillings: Mapping[str, Filled],
    tell: Progress = lambda _: None,
    memory: Memory = NOTHING_KEPT,
) -> Augmented:
    """The level in all its states; what it carried intact is told by its unbroken neighbours."""
    intact: Carried | Unknown | None = None
    if patient.is_broken:
        made_from = ("neighbours", patient.case, patient.level, patient.grid.edge_mm)
        near = memory.of(made_from, lambda: _neighbours(patient, tell))
        intact = intact_estimate(near, patient.level)
    return augmented(patient.level, patient.grid, fillings, intact, tell, memory)


def _neighbours(patient: OnPatient, tell: Progress) -> dict[Level, Carried]:
    """The nearest unbroken whole level above and below, each computed like the level itself."""
    _, spine = images_of(patient.case)
    found = {}
    for near in _nearest(patient.level, patient.seen.whole, spine):
        tell(f"{near}: {say('state.imaged')}")
        grid = _cubes(_bony(patient.case, near, patient.seen), patient.grid.edge_mm)
        found[near] = carried((model_on(grid, ModelSettings()),), say("state.imaged"))
    return found


def _nearest(level: Level, unbroken: list[Level], spine: Spine) -> list[Level]:
    usable = [n for n in unbroken if n is not level and not spine[n].is_cut_off]
    above = [n for n in usable if n.order < level.order]
    below = [n for n in usable if n.order > level.order]
    upper = sorted(above, key=lambda n: n.order)[-1:]
    lower = sorted(below, key=lambda n: n.order)[:1]
    return [*upper, *lower]
