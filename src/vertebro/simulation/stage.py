"""Plays the steps of a plan on one vertebra: cannulas, balloons, cavities, cement, at several volumes."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np
from scipy import ndimage

from vertebro.errors import HouseFault
from vertebro.fracture.measure import Measurable, measurable
from vertebro.kernels.arrays import Array
from vertebro.patient.case import Case
from vertebro.procedures.devices import Balloon, Cement, Stent
from vertebro.procedures.trajectory import Plan, Side
from vertebro.simulation.augmented import Filled
from vertebro.simulation.cement import inject
from vertebro.simulation.cement_model import CementModel, Prepared, prepared
from vertebro.simulation.endplate_lift import Union
from vertebro.simulation.height_gain import HeightGain
from vertebro.simulation.inflation import Inflation, Patient, PlacedBalloon, Rules, inflate, placed
from vertebro.simulation.injection import CementResult, InjectionNeedle, InjectionSettings, Snapshot
from vertebro.simulation.materials import converted, kopperdahl_yield
from vertebro.simulation.permeability import v
from vertebro.simulation.rheology import CementFlow
from vertebro.simulation.vertebra_grid import HALF, VertebraGrid, images_of, room_for_caps_mm, vertebra_grid
from vertebro.simulation.vertebroplasty_run import needle_along, with_tracks
from vertebro.vocabulary.known import Unknown
from vertebro.vocabulary.levels import Level
from vertebro.vocabulary.texts import texts

say = texts(beside=__file__, name="stage").say

MG_PER_G = 1000.0

Progress = Callable[[str], None]


@dataclass(frozen=True)
class Bench:
    """One vertebra of a case, prepared once for every plan and volume that is played on it."""

    level: Level
    seen: Measurable
    ready: Prepared
    model: CementModel

    @property
    def grid(self) -> VertebraGrid:
        """Its bone as it is now."""
        return self.model.bone.grid

    @property
    def is_broken(self) -> bool:
        """True if the measurements call the vertebra broken."""
        return self.level in self.seen.broken


def bench_of(case: Case, level: Level, tell: Progress = lambda _: None) -> Bench:
    """The bench of a level; refuses a case without calibrated density or a cut vertebra."""
    ct, spine = images_of(case)
    ready = prepared(case, level, tell)
    return Bench(level, measurable(spine, ct), ready, ready.on(v.fine_edge_mm.number))


@dataclass(frozen=True)
class Played:
    """What the steps of a plan did. ``bone`` is the vertebra's grid as the balloons left it.

    ``injection`` ran up to the largest volume asked for; ``moments`` of it are the smaller ones.
    """

    plan: Plan
    needles: tuple[InjectionNeedle, ...]
    inflation: Inflation | Unknown
    model: CementModel
    bone: VertebraGrid
    injection: CementResult
    done: tuple[str, ...]

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
        if isinstance(self.inflation, Unknown):
            return bench.ready.within(grid)
        cavity = shares_on(self.inflation.last.cavity.astype(float), self.bone, grid) >= HALF
        density = shares_on(self.bone.density, self.bone, grid)
        return bench.ready.within(replace(grid, density=density, quantity=self.bone.quantity), cavity)

    def filled(self, moment: Snapshot) -> Filled:
        """The vertebra with the cement of a moment."""
        return Filled(self.bone, np.where(self.bone.body, moment.share, 0.0))

    def gain(self) -> HeightGain | Unknown:
        """Heights regained with the balloons out (or a stent in): the larger of two ways the parts may hang
        together, which is shown beside what patients gained."""
        if isinstance(self.inflation, Unknown):
            return self.inflation
        state = "full" if any(step.name == "scaffold" for step in self.plan.steps) else "deflated"
        return self.inflation.gains[Union.LOOSE][state]


def play(
    bench: Bench,
    plan: Plan,
    cement: CementFlow,
    volumes_ml: Sequence[float],
    settings: InjectionSettings | None = None,
    tell: Progress = lambda _: None,
) -> Played:
    """A plan's steps in their order, its cement up to the largest of some volumes."""
    if plan.level is not bench.level:
        raise HouseFault(f"A plan of {plan.level} cannot be played on {bench.level}.")
    stage = _Stage(bench, plan, tell)
    for step in plan.steps:
        step.play(stage)
    stage.inflate_all()
    model = with_tracks(stage.model, stage.needles)
    most = max(volumes_ml)
    tell(say("tell.injecting", procedure=plan.procedure, ml=f"{most:g}"))
    wanted = replace(settings or InjectionSettings(), keep_moments=True)
    injection = inject(model.bone, model.outlets, stage.needles, cement, most, wanted)
    return Played(
        plan, tuple(stage.needles), stage.inflation, model, stage.bone, injection, tuple(stage.done)
    )


class _Stage:
    """A vertebra to which steps are done (``procedures.steps.Scene``)."""

    def __init__(self, bench: Bench, plan: Plan, tell: Progress) -> None:
        self.bench, self.plan, self.tell = bench, plan, tell
        self.needles: list[InjectionNeedle] = []
        self.done: list[str] = []
        self.balloons: list[PlacedBalloon] = []
        self.inflation: Inflation | Unknown = Unknown(say("unknown.no_balloon"))
        self.model, self.bone = bench.model, bench.grid
        self._inflated = False

    def insert(self, side: str) -> None:
        path = self.plan.needle(Side(side))
        self.needles.append(needle_along(path))
        self.done.append(say("done.access", side=side, route=path.route, gauge=path.needle.gauge))

    def inflate(self, side: str, balloon: Balloon, volume_ml: float) -> None:
        path = self.plan.needle(Side(side))
        self.balloons.append(placed(path, balloon, volume_ml, self.bench.grid.frame))

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
        """All balloons are filled together, once."""
        if self._inflated or not self.balloons:
            return
        self._inflated = True
        patient = Patient(self.bench.grid, self.bench.is_broken)
        rules = Rules(height_to_regain_mm=Unknown(say("unknown.no_height_rule")))
        self.inflation = inflate(patient, tuple(self.balloons), rules, self.tell)
        if isinstance(self.inflation, Unknown):
            return
        self.bone = with_cavity(self.bench.grid, self.inflation)
        self.model = self.bench.ready.within(self.bone, self.inflation.last.cavity)


def shares_on(field: Array, of: VertebraGrid, to: VertebraGrid) -> Array:
    """A field of one grid on another of the same vertebra, linear between the centres of cubes."""
    places = to.to_mm(np.moveaxis(np.indices(to.shape), 0, -1))
    index = np.moveaxis(of.to_index(places), -1, 0)
    return np.asarray(ndimage.map_coordinates(field, index, order=1, mode="nearest"))


def with_cavity(grid: VertebraGrid, inflation: Inflation) -> VertebraGrid:
    """The vertebra with the density the balloons left: nought in the cavity, more around it."""
    crushed, kind = inflation.last.crushed, kopperdahl_yield.takes
    changed = grid.body & (inflation.last.cavity | crushed.is_denser)
    before = converted(grid.density, grid.quantity, kind)
    density = np.where(changed, crushed.density * MG_PER_G, before)
    return replace(grid, density=density, quantity=kind)
