"""Plays the steps of a plan on one vertebra: cannulas, balloons, cavities, cement, at several volumes."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np
from scipy import ndimage

from vertebro.errors import HouseFault
from vertebro.kernels.arrays import Array
from vertebro.patient.case import Case
from vertebro.procedures.devices import Balloon, Cement, Stent
from vertebro.procedures.trajectory import Plan, Side
from vertebro.simulation.augmented import Filled
from vertebro.simulation.cement import inject
from vertebro.simulation.cement_model import CementModel, Prepared, needle_along, prepared, with_tracks
from vertebro.simulation.endplate_lift import Union
from vertebro.simulation.height_gain import HeightGain
from vertebro.simulation.inflation import Inflation, Stop
from vertebro.simulation.injection import CementResult, InjectionNeedle, InjectionSettings, Snapshot
from vertebro.simulation.materials import converted
from vertebro.simulation.memory import NOTHING_KEPT, Memory
from vertebro.simulation.on_patient import OnPatient, balloons_of, inflated, on_patient
from vertebro.simulation.permeability import v
from vertebro.simulation.rheology import CementFlow
from vertebro.simulation.vertebra_grid import HALF, VertebraGrid, room_for_caps_mm, vertebra_grid
from vertebro.vocabulary.known import Unknown
from vertebro.vocabulary.levels import Level
from vertebro.vocabulary.texts import texts

say = texts(beside=__file__, name="stage").say

TRACE_MG_CM3 = 1e-6  # rounding of densities that nothing has crushed

Progress = Callable[[str], None]


@dataclass(frozen=True)
class Bench:
    """One vertebra of a case, prepared once for every plan and volume that is played on it.

    ``patient`` is the vertebra on the cubes of strength and balloons, ``model`` on the finer ones of flow.
    """

    level: Level
    patient: OnPatient
    ready: Prepared
    model: CementModel
    memory: Memory = NOTHING_KEPT


def bench_of(
    case: Case, level: Level, tell: Progress = lambda _: None, memory: Memory = NOTHING_KEPT
) -> Bench:
    """The bench of a level; refuses a case without calibrated density or a cut vertebra."""
    ready = memory.of(("prepared", case, level), lambda: prepared(case, level, tell))
    patient = memory.of(("cubes", case, level), lambda: on_patient(case, level))
    model = memory.of(("pores", case, level), lambda: ready.on(v.fine_edge_mm.number))
    return Bench(level, patient, ready, model, memory)


@dataclass(frozen=True)
class Played:
    """What the steps of a plan did. ``bone`` is the vertebra's grid as the balloons left it.

    ``injection`` ran up to the largest of the volumes asked for; ``moments`` of it are the smaller ones.
    """

    plan: Plan
    needles: tuple[InjectionNeedle, ...]
    inflation: Inflation | Unknown
    model: CementModel
    bone: VertebraGrid
    injection: CementResult
    done: tuple[str, ...]
    volumes_ml: tuple[float, ...]

    def moment(self, volume_ml: float) -> Snapshot | Unknown:
        """The filling when so much had been injected, or why it never came to that."""
        if isinstance(self.inflation, Unknown) and any(step.name == "inflate" for step in self.plan.steps):
            return self.inflation  # cement without its cavity would be another procedure
        for moment in self.injection.moments:
            if moment.injected_ml >= volume_ml * (1 - 1e-6):  # portions are summed up
                return moment
        reached = f"{self.injection.injected_ml:.1f}"
        return Unknown(
            say("unknown.stopped", asked=f"{volume_ml:g}", reached=reached, why=self.injection.why)
        )

    def coarse(self, bench: Bench) -> CementModel:
        """The model of flow on the coarse cubes on which samples are drawn, the cavity in it."""
        edge = v.coarse_edge_mm.number
        grid = vertebra_grid(bench.ready.given, edge, room_for_caps_mm(edge))
        return emptied(bench, self.inflation, grid)

    def filled(self, moment: Snapshot) -> Filled:
        """The vertebra with the cement of a moment, on the cubes of strength."""
        share = shares_on(np.asarray(moment.share, dtype=float), self.injection.bone.grid, self.bone)
        return Filled(self.bone, np.where(self.bone.body, np.clip(share, 0.0, 1.0), 0.0))

    def gain(self) -> HeightGain | Unknown:
        """Heights regained with the balloons out (or a stent in): the larger of two ways the parts may hang
        together, which is shown beside what patients gained."""
        if isinstance(self.inflation, Unknown):
            return self.inflation
        state = "full" if any(step.name == "scaffold" for step in self.plan.steps) else "deflated"
        return self.inflation.gains[Union.LOOSE][state]


@dataclass(frozen=True)
class Staged:
    """A vertebra with its cannulas in and its balloons out again, before any cement."""

    bench: Bench
    plan: Plan
    needles: tuple[InjectionNeedle, ...]
    inflation: Inflation | Unknown
    model: CementModel
    bone: VertebraGrid
    done: tuple[str, ...]


def play(
    bench: Bench,
    plan: Plan,
    cement: CementFlow,
    volumes_ml: Sequence[float] | None,
    settings: InjectionSettings | None = None,
    tell: Progress = lambda _: None,
) -> Played:
    """A plan's steps in their order, its cement up to the largest of some volumes (None: as planned)."""
    opened = staged(bench, plan, tell)
    volumes = (planned_ml(plan, opened.inflation),) if volumes_ml is None else volumes_ml
    return poured(opened, cement, volumes, settings, tell)


def staged(bench: Bench, plan: Plan, tell: Progress = lambda _: None) -> Staged:
    """A plan's needles and balloons."""
    if plan.level is not bench.level:
        raise HouseFault(f"A plan of {plan.level} cannot be played on {bench.level}.")
    stage = _Stage(bench, plan, tell)
    for step in plan.steps:
        step.play(stage)
    stage.inflate_all()
    model = with_tracks(stage.model, stage.needles)
    return Staged(bench, plan, tuple(stage.needles), stage.inflation, model, stage.bone, tuple(stage.done))


def poured(
    opened: Staged,
    cement: CementFlow,
    volumes_ml: Sequence[float],
    settings: InjectionSettings | None = None,
    tell: Progress = lambda _: None,
) -> Played:
    """Cement up to the largest of some volumes, the filling kept at each of them."""
    plan, model, needles, volumes = opened.plan, opened.model, opened.needles, tuple(sorted(volumes_ml))
    wanted = replace(settings or InjectionSettings(), keep_moments=True, also_at_ml=volumes)
    bench = opened.bench
    made_from = ("poured", bench.patient.case, bench.level, model, needles, cement, wanted)

    def injected() -> CementResult:
        tell(say("tell.injecting", procedure=plan.procedure, ml=f"{volumes[-1]:g}"))
        return inject(model.bone, model.outlets, needles, cement, volumes[-1], wanted)

    result = bench.memory.of(made_from, injected)
    return Played(plan, needles, opened.inflation, model, opened.bone, result, opened.done, volumes)


def reached_ml(plan: Plan, inflation: Inflation | Unknown) -> float:
    """What the balloons reached (to a tenth of a mL) where they ended early, else what was planned."""
    if isinstance(inflation, Unknown) or inflation.ended_by is Stop.VOLUME:
        return plan.cavities_ml
    return round(inflation.last.volume.value, 1)


def planned_ml(plan: Plan, inflation: Inflation | Unknown) -> float:
    """The cement of a plan (mL), as much less as its balloons fell short of."""
    short = plan.cavities_ml - reached_ml(plan, inflation)
    return plan.cement_ml - short


class _Stage:
    """A vertebra to which steps are done (``procedures.steps.Scene``)."""

    def __init__(self, bench: Bench, plan: Plan, tell: Progress) -> None:
        self.bench, self.plan, self.tell = bench, plan, tell
        self.needles: list[InjectionNeedle] = []
        self.done: list[str] = []
        self.inflation: Inflation | Unknown = Unknown(say("unknown.no_balloon"))
        self.model, self.bone = bench.model, bench.patient.grid
        self._wants_balloons = False

    def insert(self, side: str) -> None:
        path = self.plan.needle(Side(side))
        self.needles.append(needle_along(path))
        self.done.append(say("done.access", side=side, route=path.route, gauge=path.needle.gauge))

    def inflate(self, side: str, balloon: Balloon, volume_ml: float) -> None:
        self._wants_balloons = True
        self.done.append(say("done.inflate", side=side, name=balloon.name, ml=f"{volume_ml:g}"))

    def deflate(self, side: str) -> None:
        self.inflate_all()
        self.done.append(say("done.deflate", side=side))

    def scaffold(self, side: str, stent: Stent) -> None:
        self.inflate_all()
        self.done.append(say("done.scaffold", side=side, name=stent.name))

    def fill(self, side: str, cement: Cement, volume_ml: float) -> None:
        self.inflate_all()
        self.done.append(say("done.fill", side=side, name=cement.name, ml=f"{volume_ml:g}"))

    def inflate_all(self) -> None:
        """The balloons of the plan are filled together, once."""
        if not self._wants_balloons:
            return
        self._wants_balloons = False
        patient, plan, level = self.bench.patient, self.plan, self.bench.level
        made_from = ("inflated", patient.case, level, plan.procedure, balloons_of(plan, patient.grid.frame))
        self.inflation = self.bench.memory.of(made_from, lambda: inflated(patient, plan, tell=self.tell))
        if isinstance(self.inflation, Unknown):
            return
        after = self.inflation.bone_after
        self.bone = replace(after, density=np.where(self.inflation.last.cavity, 0.0, after.density))
        self.model = emptied(self.bench, self.inflation, self.bench.model.bone.grid)


def emptied(bench: Bench, inflation: Inflation | Unknown, grid: VertebraGrid) -> CementModel:
    """The model of flow on a grid, with the cavity of the balloons as void and the bone they crushed."""
    if isinstance(inflation, Unknown):
        return bench.ready.within(grid)
    before, after, kind = inflation.grid, inflation.bone_after, inflation.bone_after.quantity
    was = converted(before.density, before.quantity, kind)
    changed = shares_on((np.abs(after.density - was) > TRACE_MG_CM3).astype(float), after, grid) > 0
    now = shares_on(after.density, after, grid)
    density = np.where(changed & grid.body, now, converted(grid.density, grid.quantity, kind))
    cavity = shares_on(inflation.last.cavity.astype(float), after, grid) >= HALF
    return bench.ready.within(replace(grid, density=density, quantity=kind), cavity & grid.body)


def shares_on(field: Array, of: VertebraGrid, to: VertebraGrid) -> Array:
    """A field of one grid on another of the same vertebra, linear between the centres of cubes."""
    places = to.to_mm(np.moveaxis(np.indices(to.shape), 0, -1))
    index = np.moveaxis(of.to_index(places), -1, 0)
    return np.asarray(ndimage.map_coordinates(field, index, order=1, mode="nearest"))
