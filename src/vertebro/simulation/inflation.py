"""A balloon filled step by step inside a patient's vertebra: cavity, crushed bone, pressure, why it ends."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from enum import Enum

import numpy as np

from vertebro.errors import HouseFault, NotConverged
from vertebro.kernels.arrays import Array, Mask
from vertebro.kernels.balloon import (
    Crushed,
    CrushLaw,
    Ellipsoid,
    crush_around,
    innermost,
    plastic_limit_mpa,
)
from vertebro.patient.frame import BodyFrame
from vertebro.procedures.devices import Balloon
from vertebro.procedures.trajectory import Side, Trajectory
from vertebro.simulation.endplate_lift import Lift, LiftBody, Union, lifted, loosened, pressed_by_mm, v
from vertebro.simulation.height_gain import HeightGain, height_gain
from vertebro.simulation.inflated_bone import Room, lift_body, room_in, strength_left
from vertebro.simulation.materials import converted, kopperdahl_yield
from vertebro.simulation.vertebra_grid import VertebraGrid
from vertebro.vocabulary.known import Unknown
from vertebro.vocabulary.library import CitedValue
from vertebro.vocabulary.measured import Measured
from vertebro.vocabulary.texts import texts

say = texts(beside=__file__, name="inflation").say

MM3_PER_ML = 1000.0
PERCENT = 100.0
MG_PER_G = 1000.0
SUPERIOR = 2

Progress = Callable[[str], None]


class Stop(Enum):
    """Why an inflation ended."""

    VOLUME = "volume"
    PRESSURE = "pressure"
    WALL = "wall"
    END_PLATE = "end_plate"
    HEIGHT = "height"
    COMPACT = "compact"


@dataclass(frozen=True)
class PlacedBalloon:
    """A balloon in the frame of the grid (right, anterior, superior mm), and how far it shall be filled."""

    side: Side
    balloon: Balloon
    shape: Ellipsoid
    volume_ml: float

    def __post_init__(self) -> None:
        self.balloon.refuse_volume(self.volume_ml)


def placed(path: Trajectory, balloon: Balloon, volume_ml: float, frame: BodyFrame) -> PlacedBalloon:
    """The balloon that a needle brings to its target: its front end lies there, its length behind it."""
    front, back = frame.local_mm(path.target_mm), frame.local_mm(path.entry_mm)
    axis = (front - back) / np.linalg.norm(front - back)
    middle = front - axis * balloon.length_mm / 2
    return PlacedBalloon(path.side, balloon, Ellipsoid(middle, axis, balloon.length_mm), volume_ml)


@dataclass(frozen=True)
class Rules:
    """When an inflation ends before its volume is reached.

    ``height_to_regain_mm`` ends it at that gain of the middle height (``Unknown``: no such end).
    ``end_plate_ends`` ends it where it first lies on an end-plate; otherwise it goes on and grows sideways.
    """

    height_to_regain_mm: Measured | Unknown
    end_plate_ends: bool = False
    step_ml: float = v.step_ml.number
    wall_clearance_mm: float = v.wall_clearance_mm.number
    end_plate_clearance_mm: float = v.end_plate_clearance_mm.number


@dataclass(frozen=True)
class Filling:
    """The vertebra at one step: volume of all balloons, pressure, distances.

    ``pressure_uncompacted`` is by the other model, of bone that yields and cannot be pressed together;
    ``blocked_by_wall`` what of the balloons' own shape the walls take, over their planned volume.
    """

    volume: Measured
    pressure: Measured
    pressure_uncompacted: Measured
    wall: Measured | Unknown
    end_plate: Measured | Unknown
    on_end_plate: bool
    blocked_by_wall: float
    cavity: Mask = field(repr=False)
    crushed: Crushed = field(repr=False)


@dataclass(frozen=True)
class Inflation:
    """What the balloons did: every step, why it ended, margins, and the lift of the end-plates.

    ``gains[union][state]`` with ``full`` and ``deflated``; each holds the series of patients.
    """

    grid: VertebraGrid
    balloons: tuple[PlacedBalloon, ...]
    steps: tuple[Filling, ...]
    ended_by: Stop
    why: str
    pressure_margin: Measured | Unknown
    volume_margin: Measured | Unknown
    lifts: dict[Union, Lift]
    gains: dict[Union, dict[str, HeightGain]]
    cautions: tuple[str, ...]

    @property
    def last(self) -> Filling:
        """The vertebra at the end."""
        return self.steps[-1]

    @property
    def bone_after(self) -> VertebraGrid:
        """The grid with the density of the crushed bone."""
        return with_crushed(self.grid, self.last.crushed)


@dataclass(frozen=True)
class Patient:
    """What of the patient an inflation needs: the grid, whether the body is broken, the density's spread."""

    grid: VertebraGrid
    is_broken: bool
    density_spread_mg_cm3: float = 0.0


def inflate(
    patient: Patient,
    balloons: tuple[PlacedBalloon, ...],
    rules: Rules,
    tell: Progress = lambda _: None,
) -> Inflation | Unknown:
    """Fills the balloons together, step by step; ``Unknown`` where not even the first step fits."""
    if not balloons:
        raise HouseFault("An inflation needs a balloon.")
    bed = _Bed(patient, balloons, rules)
    steps, stop, why = _filled(bed, tell)
    if not steps:
        return Unknown(say("none", ml=f"{rules.step_ml:g}", why=why))
    pressed = pressed_by_mm(bed.lift_body(steps[-1]))
    steps, found = _until_high_enough(bed, steps, pressed, tell)
    if found is not None and len(steps) < found:
        stop, why = Stop.HEIGHT, say("stop.height")
    lifts = {union: bed.lift(steps[-1], union, pressed, tell) for union in Union}
    edge = patient.grid.edge_mm
    gains = {
        union: {
            state: height_gain(getattr(lift, state), union, state, edge) for state in ("full", "deflated")
        }
        for union, lift in lifts.items()
    }
    return Inflation(
        grid=patient.grid,
        balloons=balloons,
        steps=steps,
        ended_by=stop,
        why=why,
        pressure_margin=bed.pressure_margin(steps),
        volume_margin=bed.volume_margin(steps[-1]),
        lifts=lifts,
        gains=gains,
        cautions=bed.cautions(steps),
    )


def _filled(bed: _Bed, tell: Progress) -> tuple[tuple[Filling, ...], Stop, str]:
    """The steps until a rule of the crushed bone ends them, that rule, and why in words."""
    steps: list[Filling] = []
    for number in range(1, bed.count + 1):
        try:
            step = bed.step(number)
        except NotConverged:
            return tuple(steps), Stop.COMPACT, say("stop.compact")
        tell(f"{step.volume.in_words()} at {step.pressure.in_words()}")
        refused = bed.refuses(step)
        if refused:
            return tuple(steps), *refused
        steps.append(step)
        if step.on_end_plate and bed.rules.end_plate_ends:
            return tuple(steps), Stop.END_PLATE, say("stop.end_plate")
    return tuple(steps), Stop.VOLUME, say("stop.volume")


def _until_high_enough(
    bed: _Bed, steps: tuple[Filling, ...], pressed: float, tell: Progress
) -> tuple[tuple[Filling, ...], int | None]:
    """The steps up to the first that regains the height, if any does, and how many there were."""
    wanted = bed.rules.height_to_regain_mm
    if isinstance(wanted, Unknown):
        return steps, None

    def regained(count: int) -> bool:
        lift = bed.lift(steps[count - 1], Union.LOOSE, pressed, tell)
        return lift.full.middle_mm >= wanted.value

    if not regained(len(steps)):
        return steps, None
    low, high = 0, len(steps)  # the gain grows with the volume, so the first is found by halving
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if regained(middle) else (middle, high)
    return steps[:high], len(steps)


def allowed_in(room: Room, rules: Rules) -> Mask:
    """Where a balloon may be: in the body, off the walls and the end-plates."""
    far = (room.wall_mm >= rules.wall_clearance_mm) & (room.end_plate_mm >= rules.end_plate_clearance_mm)
    return np.asarray(room.body & far)


def blocked_mm3(level: Array, room: Room, rules: Rules, edge_mm: float) -> float:
    """What of a balloon's own shape lies in the walls or nearer to them than is allowed."""
    return float(((level < 1) & (room.wall_mm < rules.wall_clearance_mm)).sum()) * edge_mm**3


class _Bed:
    """The bone the balloons grow in, and what it answers to a filling."""

    def __init__(self, patient: Patient, balloons: tuple[PlacedBalloon, ...], rules: Rules) -> None:
        self.patient, self.balloons, self.rules = patient, balloons, rules
        grid = patient.grid
        self.places = grid.local_mm(np.moveaxis(np.indices(grid.shape), 0, -1))
        self.room: Room = room_in(grid)
        factor, exponent = kopperdahl_yield.constants.value
        left = strength_left(patient.is_broken)
        self.law = CrushLaw(
            left * factor, exponent, v.densest_mg_cm3.number / MG_PER_G, v.plateau_ratio.number
        )
        self.body = lift_body(grid, patient.is_broken)
        self.full_mm3 = sum(b.volume_ml for b in balloons) * MM3_PER_ML
        self.lifts: dict[tuple[float, Union], Lift] = {}
        self.most_ml = max(b.volume_ml for b in balloons)
        self.count = int(np.ceil(self.most_ml / rules.step_ml - 1e-9))  # rounding of a whole number of steps

    def step(self, number: int) -> Filling:
        """The vertebra after some steps; ``NotConverged`` where the bone cannot take it."""
        volumes = [min(number * self.rules.step_ml, b.volume_ml) for b in self.balloons]
        levels = np.stack(
            [
                b.shape.level(self.places, ml * MM3_PER_ML)
                for b, ml in zip(self.balloons, volumes, strict=True)
            ]
        )
        nearest = levels.min(axis=0)
        inside = self.room.wall_mm >= self.rules.wall_clearance_mm
        allowed = allowed_in(self.room, self.rules)
        cavity = np.zeros_like(allowed)
        edge = self.patient.grid.edge_mm
        for level, ml in zip(levels, volumes, strict=True):
            own = allowed & (level <= nearest)
            cavity |= innermost(level, own, round(ml * MM3_PER_ML / edge**3))
        blocked = self.room.body & inside & ~allowed & (nearest < 1)
        crushed = crush_around(self.room.density, cavity, nearest, self.room.bone, self.law)
        return replace(
            self._filling(cavity, crushed, bool(blocked.any())),
            blocked_by_wall=blocked_mm3(nearest, self.room, self.rules, edge) / self.full_mm3,
        )

    def _filling(self, cavity: Mask, crushed: Crushed, on_end_plate: bool) -> Filling:
        edge = self.patient.grid.edge_mm
        around = crushed.is_denser & (self.room.density > 0)
        density = float(self.room.density[around].mean()) if around.any() else np.inf
        pressure = crushed.pressure_mpa
        dense = self.patient.density_spread_mg_cm3 / MG_PER_G / density * self.law.exponent
        spread = float(np.hypot(dense, v.pressure_error_pct.number / PERCENT)) * pressure
        filled = float(cavity.sum()) * edge**3 / MM3_PER_ML
        how = say("method.pressure", law=kopperdahl_yield.name)
        return Filling(
            volume=Measured(filled, "mL", say("method.volume", edge=f"{edge:g}"), 0.0),
            pressure=Measured(pressure, "MPa", how, spread),
            pressure_uncompacted=Measured(self._uncompacted(around), "MPa", say("method.uncompacted"), 0.0),
            wall=_least(self.room.wall_mm, cavity, say("method.wall"), edge),
            end_plate=_least(self.room.end_plate_mm, cavity, say("method.end_plate"), edge),
            on_end_plate=on_end_plate,
            blocked_by_wall=0.0,
            cavity=cavity,
            crushed=crushed,
        )

    def _uncompacted(self, around: Mask) -> float:
        if not around.any():
            return 0.0
        young, yields = self.body.young_mpa[around].mean(), self.body.yield_mpa[around].mean()
        return plastic_limit_mpa(float(young), v.poisson.number, float(yields))

    def refuses(self, step: Filling) -> tuple[Stop, str] | None:
        """The rule that forbids a step, and why in words."""
        known = [b.balloon for b in self.balloons if isinstance(b.balloon.rated_pressure_mpa, CitedValue)]
        limits = [balloon.limit_mpa for balloon in known]
        if limits and step.pressure.value > min(limits):
            return Stop.PRESSURE, say(
                "stop.pressure", mpa=f"{step.pressure.value:.2f}", limit=f"{min(limits):g}"
            )
        limit = v.most_blocked_pct.number
        if PERCENT * step.blocked_by_wall > limit:
            part = f"{PERCENT * step.blocked_by_wall:.0f}"
            kept = f"{self.rules.wall_clearance_mm:g}"
            return Stop.WALL, say("stop.wall", mm=kept, part=part, limit=f"{limit:g}")
        return None

    def lift_body(self, step: Filling) -> LiftBody:
        """The bone around the cavity of a step."""
        crushed = with_crushed(self.patient.grid, step.crushed)
        return replace(lift_body(crushed, self.patient.is_broken), cavity=step.cavity)

    def lift(self, step: Filling, union: Union, pressed_mm: float, tell: Progress) -> Lift:
        """What the pressure of a step does to the end-plates."""
        if (step.volume.value, union) in self.lifts:
            return self.lifts[step.volume.value, union]
        tell(f"end-plates, fracture {union}")
        body = self.lift_body(step)
        if union is Union.LOOSE:
            at = np.mean([b.shape.middle_mm[SUPERIOR] for b in self.balloons])
            body = loosened(body, float(at - self.patient.grid.first_mm[SUPERIOR]))
        self.lifts[step.volume.value, union] = lifted(body, step.pressure.value, pressed_mm)
        return self.lifts[step.volume.value, union]

    def pressure_margin(self, steps: tuple[Filling, ...]) -> Measured | Unknown:
        """Rated pressure less the greatest pressure of all steps."""
        if any(isinstance(b.balloon.rated_pressure_mpa, Unknown) for b in self.balloons):
            return Unknown(say("unknown.rating"))
        most = max((s.pressure for s in steps), key=lambda p: p.value)
        limit = min(b.balloon.limit_mpa for b in self.balloons)
        return Measured(limit - most.value, "MPa", say("method.margin"), most.spread)

    def volume_margin(self, step: Filling) -> Measured | Unknown:
        """Largest filling of the balloons less the volume reached, together."""
        if any(isinstance(b.balloon.most_volume_ml, Unknown) for b in self.balloons):
            return Unknown(say("unknown.filling"))
        most = sum(b.balloon.limit_ml for b in self.balloons)
        return Measured(most - step.volume.value, "mL", say("method.volume_margin"), 0.0)

    def cautions(self, steps: tuple[Filling, ...]) -> tuple[str, ...]:
        """What a reader must know."""
        bench, psi = v.bench_restored_pct.value, v.bench_pressure_mpa.value
        said = [
            say("caution.union"),
            say("caution.posture"),
            say("caution.bench", free=bench["no load"], loaded=bench["110 N"]),
            say("caution.pressure", mean=psi[0], sd=psi[1]),
            say("caution.rating"),
            say("caution.no_spread"),
        ]
        if self.patient.is_broken:
            lost = v.residual_stiffness_pct.value[0], v.residual_strength_pct.value[0]
            said.append(say("caution.broken", stiffness=lost[0], strength=lost[1]))
        crowded = [s for s in steps if s.on_end_plate]
        if crowded:
            said.append(say("caution.crowded", ml=f"{crowded[0].volume.value:.1f}"))
        return tuple(said)


def _least(distance_mm: Array, cavity: Mask, how: str, edge_mm: float) -> Measured | Unknown:
    """The least distance at a cavity, uncertain by half a cube."""
    there = distance_mm[cavity]
    if not there.size or not np.isfinite(there).any():
        return Unknown(say("unknown.clear"))
    return Measured(float(there.min()), "mm", how, edge_mm / 2)


def with_crushed(grid: VertebraGrid, crushed: Crushed) -> VertebraGrid:
    """The grid with the density of the crushed bone, in the grid's own kind of density."""
    denser = converted(crushed.density * MG_PER_G, kopperdahl_yield.takes, grid.quantity)
    return replace(grid, density=np.where(crushed.is_denser, denser, grid.density))


def nearest_level(inflation: Inflation) -> Array:
    """How many times larger than its balloon the ellipsoid through each cube is, for the nearest balloon."""
    grid = inflation.grid
    places = grid.local_mm(np.moveaxis(np.indices(grid.shape), 0, -1))
    volume = inflation.last.volume.value * MM3_PER_ML / len(inflation.balloons)
    levels = [b.shape.level(places, min(b.volume_ml * MM3_PER_ML, volume)) for b in inflation.balloons]
    return np.asarray(np.min(levels, axis=0))
