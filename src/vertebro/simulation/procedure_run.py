"""One procedure simulated on this patient: its steps played, one injection, heights, the chance of leaks."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np

from vertebro.errors import BadCase
from vertebro.fracture.measure import measure
from vertebro.kernels.arrays import Array
from vertebro.patient.case import Case
from vertebro.procedures.devices import needle_of
from vertebro.procedures.procedure import technique
from vertebro.procedures.site import site_of
from vertebro.procedures.steps import Inflate
from vertebro.procedures.trajectory import Plan
from vertebro.procedures.wishes import Wishes
from vertebro.simulation.cement import inject, is_in_body
from vertebro.simulation.cement_model import CementModel, with_tracks
from vertebro.simulation.compare import settled
from vertebro.simulation.heating import Heat, HeatSettings
from vertebro.simulation.height_gain import HeightsAfter
from vertebro.simulation.inflation import Inflation
from vertebro.simulation.injected import Injected, heat_of
from vertebro.simulation.injection import LEAST_ML, CementResult, InjectionNeedle, InjectionSettings
from vertebro.simulation.injection import say as cement_words
from vertebro.simulation.leak_risk import LeakRisk, Question, leak_risk
from vertebro.simulation.permeability import v
from vertebro.simulation.rheology import cement_named
from vertebro.simulation.sampling import Sampling
from vertebro.simulation.stage import Bench, Played, bench_of, play, reached_ml
from vertebro.simulation.vertebra_grid import images_of
from vertebro.vocabulary.known import Unknown
from vertebro.vocabulary.levels import Level
from vertebro.vocabulary.texts import texts

say = texts(beside=__file__, name="procedure_run").say

BY_TIPS = "vertebroplasty"
"""The procedure that tips alone can be given for: a balloon or a stent needs the direction of its needle."""

Progress = Callable[[str], None]


@dataclass(frozen=True)
class Wanted:
    """What is asked for. ``volume_ml`` of cement, None: what the plan says.

    ``tips_mm`` instead of a plan: mm to the right, front and head of the middle of the body; then cement
    is injected there and nothing else is done.
    """

    procedure: str = "vertebroplasty"
    viscosity: str = "medium"
    volume_ml: float | None = None
    tips_mm: tuple[Array, ...] = ()
    wishes: Wishes = field(default_factory=Wishes)
    settings: InjectionSettings = field(default_factory=InjectionSettings)
    samples: int = 0
    seed: int = 1
    journal: Path | None = None

    def refuse_what_cannot_be(self) -> None:
        """BadCase before any image is read: the procedure, the cement and the volume asked for."""
        technique(self.procedure)
        cement_named(self.viscosity)
        if self.tips_mm and self.procedure != BY_TIPS:
            raise _refused("tip", procedure=self.procedure)
        if self.tips_mm and (self.wishes.own or self.wishes.sides or self.wishes.route):
            raise _refused("both")
        if self.tips_mm and self.volume_ml is None:
            raise _refused("no_volume")
        if self.volume_ml is not None and not (np.isfinite(self.volume_ml) and self.volume_ml >= LEAST_ML):
            raise _refused("volume", ml=f"{self.volume_ml:g}", least=f"{LEAST_ML:g}")


@dataclass(frozen=True)
class Simulated:
    """What came of it. ``result`` is Unknown where a step before the cement could not be done.

    ``plan`` and ``done`` are of the steps played, ``inflation`` is Unknown without balloons, ``heights``
    without a gain, ``risk`` without samples; ``heat`` is by law of cure; ``edges_mm`` of both grids.
    """

    case_id: str
    level: Level
    wanted: Wanted
    needles: tuple[InjectionNeedle, ...]
    model: CementModel
    result: CementResult | Unknown
    risk: LeakRisk | Unknown
    edges_mm: tuple[float, float]
    notes: tuple[str, ...]
    heat: Mapping[str, Heat] | Unknown = field(default_factory=lambda: Unknown(say("unknown.heat")))
    plan: Plan | Unknown = field(default_factory=lambda: Unknown(say("unknown.plan")))
    inflation: Inflation | Unknown = field(default_factory=lambda: Unknown(say("unknown.balloon")))
    heights: HeightsAfter | Unknown = field(default_factory=lambda: Unknown(say("unknown.balloon")))
    done: tuple[str, ...] = ()

    @property
    def injected(self) -> CementResult | Unknown:
        """The injection, or why no cement was injected."""
        if isinstance(self.result, Unknown) or self.result.injected_ml > 0:
            return self.result
        return Unknown(self.result.why)

    @property
    def was_injected(self) -> bool:
        """True if cement was injected."""
        return not isinstance(self.injected, Unknown)


def simulate(case: Case, level: Level, wanted: Wanted, tell: Progress = lambda _: None) -> Simulated:
    """A procedure's steps with one injection on the fine grid and, if samples are asked for, many on the
    coarse one; refuses a case without calibrated density or a cut vertebra."""
    wanted.refuse_what_cannot_be()
    if wanted.tips_mm:
        return _by_tips(case, bench_of(case, level, tell), wanted, tell)
    plan = _plan(case, level, wanted, tell)
    bench = bench_of(case, level, tell)
    cement, ml = cement_named(wanted.viscosity), wanted.volume_ml
    played = play(bench, plan, cement, None if ml is None else (ml,), wanted.settings, tell)
    if ml is None:
        played = replace(played, plan=settled(played.plan, played.inflation))
    result = _cement_of(played)
    made = Simulated(
        case.id,
        level,
        wanted,
        played.needles,
        played.model,
        result,
        Unknown(cement_words("risk.not_asked")),
        _edges(),
        (*(() if ml is None else _as_asked(played, ml)), *played.plan.notes, *bench.ready.cautions),
        plan=played.plan,
        inflation=played.inflation,
        heights=_heights(case, played, tell),
        done=played.done if not isinstance(result, Unknown) else (),
    )
    return _finished(made, with_tracks(played.coarse(bench), played.needles), played.injection.asked_ml, tell)


def _by_tips(case: Case, bench: Bench, wanted: Wanted, tell: Progress) -> Simulated:
    """Cement through tips of a person's own, without a plan."""
    assert wanted.volume_ml is not None, "a tip of one's own comes with a volume"
    model = bench.model
    needles = _of_tips(wanted, model)
    tell(say("tell.injecting", ml=f"{wanted.volume_ml:g}"))
    cement = cement_named(wanted.viscosity)
    result = inject(model.bone, model.outlets, needles, cement, wanted.volume_ml, wanted.settings)
    risk = Unknown(cement_words("risk.not_asked"))
    cautions = bench.ready.cautions
    made = Simulated(case.id, bench.level, wanted, needles, model, result, risk, _edges(), cautions)
    return _finished(made, bench.ready.on(v.coarse_edge_mm.number), wanted.volume_ml, tell)


def _finished(made: Simulated, coarse: CementModel, volume: float, tell: Progress) -> Simulated:
    """With samples, heat, and a word on tips behind the body."""
    result = made.injected
    if isinstance(result, Unknown):
        asked = made.wanted.samples > 0
        return replace(made, risk=Unknown(cement_words("risk.never")) if asked else made.risk, heat=result)
    risk = _risk(made, coarse, volume, tell) if made.wanted.samples else made.risk
    tell(say("tell.heat"))
    behind = [n.name for n in made.needles if not is_in_body(made.model.bone, n.tip_mm)]
    warned = tuple(cement_words("caution.behind", name=name) for name in behind)
    heat = _heat(result, made.wanted.settings)
    return replace(made, risk=risk, heat=heat, notes=(*warned, *made.notes))


def _cement_of(played: Played) -> CementResult | Unknown:
    """The injection, unless a balloon that was part of the plan could not be filled."""
    if isinstance(played.inflation, Unknown) and any(isinstance(s, Inflate) for s in played.plan.steps):
        return Unknown(say("unknown.no_cavity", why=played.inflation.why))
    return played.injection


def _as_asked(played: Played, volume_ml: float) -> tuple[str, ...]:
    """Said where balloons took less than planned and a volume of cement was asked for all the same."""
    plan, filled = played.plan, reached_ml(played.plan, played.inflation)
    if filled == plan.cavities_ml:
        return ()
    told = {"planned": f"{plan.cavities_ml:g}", "cement": f"{plan.cement_ml:g}", "ml": f"{volume_ml:g}"}
    return (say("caution.short", filled=f"{filled:g}", **told),)


def _heights(case: Case, played: Played, tell: Progress) -> HeightsAfter | Unknown:
    gain = played.gain()
    if isinstance(gain, Unknown):
        return gain
    tell(say("tell.heights"))
    return gain.after(measure(case)[played.plan.level])


def _heat(result: CementResult, settings: InjectionSettings) -> Mapping[str, Heat] | Unknown:
    """Of the mean injection, the cement as old as it was when the injection ended."""
    ended = settings.start_min + float(result.course.time_s[-1]) / 60
    return heat_of(Injected.of(result), HeatSettings(minutes_since_mixing=ended))


def _risk(made: Simulated, coarse: CementModel, volume: float, tell: Progress) -> LeakRisk:
    wanted = made.wanted
    settings = replace(wanted.settings, local_shear=False, stop_leak_ml=None, keep_moments=False, threads=1)
    up_to = min(max(volume, v.least_curve_ml.number), 0.9 * coarse.bone.pore_ml)
    question = Question(coarse, made.needles, cement_named(wanted.viscosity), up_to, settings)

    def told(done: int, of: int) -> None:
        if done == of or done % 20 == 0:
            tell(say("tell.samples", done=done, of=of))

    return leak_risk(question, Sampling(wanted.samples, wanted.seed, journal=wanted.journal), told)


def _plan(case: Case, level: Level, wanted: Wanted, tell: Progress) -> Plan:
    ct, spine = images_of(case)
    tell(say("tell.planning"))
    site = site_of(spine, level, ct)
    wanted.wishes.refuse_tips_outside(site)
    plan = wanted.wishes.plan(technique(wanted.procedure), site)
    if isinstance(plan, Unknown):
        raise _refused("no_plan", procedure=wanted.procedure, level=level, why=plan.why)
    return plan


def _of_tips(wanted: Wanted, model: CementModel) -> tuple[InjectionNeedle, ...]:
    gauge = wanted.wishes.gauge or technique(wanted.procedure).gauges[0]
    needle, frame = needle_of(gauge), model.bone.grid.frame
    return tuple(
        InjectionNeedle(
            f"tip {n}", frame.world_mm(model.box.middle_mm + tip), needle.inner_mm, needle.outer_mm
        )
        for n, tip in enumerate(wanted.tips_mm, start=1)
    )


def _edges() -> tuple[float, float]:
    return v.fine_edge_mm.number, v.coarse_edge_mm.number


def _refused(key: str, **words: object) -> BadCase:
    return BadCase(*(say(f"{key}.{part}", **words) for part in ("found", "needed", "do")))
