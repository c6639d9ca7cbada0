"""A vertebroplasty played on this patient: needles by the plan, one injection, the chance of leaks."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np

from vertebro.errors import BadCase
from vertebro.kernels.arrays import Array
from vertebro.patient.case import Case
from vertebro.procedures.devices import needle_of
from vertebro.procedures.procedure import Asked, technique
from vertebro.procedures.site import site_of
from vertebro.procedures.steps import Fill
from vertebro.procedures.trajectory import Plan, Side, Trajectory
from vertebro.simulation.cement import inject, is_in_body
from vertebro.simulation.cement_model import CementModel, Prepared, prepared
from vertebro.simulation.heating import Heat, HeatSettings
from vertebro.simulation.injected import Injected, heat_of
from vertebro.simulation.injection import CementResult, InjectionNeedle, InjectionSettings, say
from vertebro.simulation.leak_risk import LeakRisk, Question, leak_risk
from vertebro.simulation.leakage import track
from vertebro.simulation.permeability import v
from vertebro.simulation.rheology import CementFlow, cement_named
from vertebro.simulation.sampling import Sampling
from vertebro.simulation.vertebra_grid import images_of
from vertebro.vocabulary.known import Unknown
from vertebro.vocabulary.levels import Level

Progress = Callable[[str], None]


@dataclass(frozen=True)
class Wanted:
    """What is asked for. ``volume_ml`` None: what the plan says.

    ``tips_mm`` instead of a plan: mm to the right, front and head of the middle of the body.
    """

    level: Level
    viscosity: str = "medium"
    volume_ml: float | None = None
    sides: tuple[Side, ...] = tuple(Side)
    tips_mm: tuple[Array, ...] = ()
    gauge: int = 11
    procedure: str = "vertebroplasty"
    settings: InjectionSettings = field(default_factory=InjectionSettings)
    samples: int = 0
    seed: int = 1
    journal: Path | None = None


@dataclass(frozen=True)
class Played:
    """What came of it. ``risk`` is Unknown where no samples were asked for; ``heat`` is by law of
    cure; ``edges_mm`` of both grids."""

    case_id: str
    wanted: Wanted
    needles: tuple[InjectionNeedle, ...]
    model: CementModel
    result: CementResult
    risk: LeakRisk | Unknown
    edges_mm: tuple[float, float]
    notes: tuple[str, ...]
    heat: Mapping[str, Heat] | Unknown = Unknown("the heat was not followed")


def play(case: Case, wanted: Wanted, tell: Progress = lambda _: None) -> Played:
    """One injection on the fine grid and, if samples are asked for, many on the coarse one."""
    if wanted.volume_ml is None and wanted.tips_mm:
        raise BadCase("No volume of cement was given.", "a volume in mL", "Give it: --volume 4.")
    _check_volume(wanted.volume_ml)
    ready = prepared(case, wanted.level, tell)
    plan = None if wanted.tips_mm else _plan(case, wanted, tell)
    cement, volume = cement_named(wanted.viscosity), _volume(wanted, plan)
    fine, coarse = v.fine_edge_mm.number, v.coarse_edge_mm.number
    model = ready.on(fine)
    needles = _of_tips(wanted, model) if plan is None else tuple(needle_along(path) for path in plan.needles)
    model = with_tracks(model, needles)
    tell(f"injecting {volume:g} mL")
    result = inject(model.bone, model.outlets, needles, cement, volume, wanted.settings)
    risk: LeakRisk | Unknown = Unknown(say("risk.not_asked"))
    if wanted.samples and not result.injected_ml:
        risk = Unknown(say("risk.never"))
    elif wanted.samples:
        risk = _risk(ready, needles, cement, (volume, wanted), tell)
    tell("following its heat")
    heat = _heat(result, wanted.settings)
    behind = [n.name for n in needles if result.injected_ml and not is_in_body(model.bone, n.tip_mm)]
    warned = tuple(say("caution.behind", name=name) for name in behind)
    notes = (*warned, *ready.cautions, *(() if plan is None else plan.notes))
    return Played(case.id, wanted, needles, model, result, risk, (fine, coarse), notes, heat)


def _heat(result: CementResult, settings: InjectionSettings) -> Mapping[str, Heat] | Unknown:
    """Of the mean injection, the cement as old as it was when the injection ended."""
    ended = settings.start_min + float(result.course.time_s[-1]) / 60
    return heat_of(Injected.of(result), HeatSettings(minutes_since_mixing=ended))


def with_tracks(model: CementModel, needles: Sequence[InjectionNeedle]) -> CementModel:
    """The model with a slit beside each needle whose way through the bone is known."""
    local, found = model.bone.grid.frame.local_mm, []
    for n in needles:
        if n.entry_mm is not None:
            depth = float(np.linalg.norm(np.asarray(n.tip_mm) - n.entry_mm))
            found.append(track(local(np.asarray(n.tip_mm)), n.outer_mm, depth))
    return replace(model, outlets=(*model.outlets, *found))


def _risk(
    ready: Prepared,
    needles: tuple[InjectionNeedle, ...],
    cement: CementFlow,
    asked: tuple[float, Wanted],
    tell: Progress,
) -> LeakRisk:
    volume, wanted = asked
    settings = replace(wanted.settings, local_shear=False, stop_leak_ml=None, keep_moments=False, threads=1)
    up_to = max(volume, v.least_curve_ml.number)
    model = with_tracks(ready.on(v.coarse_edge_mm.number), needles)
    question = Question(model, needles, cement, min(up_to, 0.9 * model.bone.pore_ml), settings)

    def told(done: int, of: int) -> None:
        if done == of or done % 20 == 0:
            tell(f"{done} of {of} samples")

    return leak_risk(question, Sampling(wanted.samples, wanted.seed, journal=wanted.journal), told)


def _plan(case: Case, wanted: Wanted, tell: Progress) -> Plan:
    ct, spine = images_of(case)
    tell("planning the needles")
    site = site_of(spine, wanted.level, ct)
    asked = Asked(wanted.sides)
    plan = site if isinstance(site, Unknown) else technique(wanted.procedure).plan(site, asked)
    if isinstance(plan, Unknown):
        raise BadCase(
            f"No needle could be planned for {wanted.level}. {plan.why}",
            "a safe way for a needle",
            "Give the tip yourself (--tip R,A,S), or plan another side.",
        )
    assert isinstance(plan, Plan)
    return plan


def needle_along(path: Trajectory) -> InjectionNeedle:
    """The cannula that lies along a planned path."""
    needle = path.needle
    return InjectionNeedle(
        str(path.side), path.target_mm, needle.inner_mm, needle.outer_mm, entry_mm=path.entry_mm
    )


def _of_tips(wanted: Wanted, model: CementModel) -> tuple[InjectionNeedle, ...]:
    needle, frame = needle_of(wanted.gauge), model.bone.grid.frame
    return tuple(
        InjectionNeedle(
            f"tip {n}", frame.world_mm(model.box.middle_mm + tip), needle.inner_mm, needle.outer_mm
        )
        for n, tip in enumerate(wanted.tips_mm, start=1)
    )


def _check_volume(volume_ml: float | None) -> None:
    if volume_ml is not None and not (np.isfinite(volume_ml) and volume_ml > 0):
        raise BadCase(f"A volume of {volume_ml} mL.", "a volume above 0", "Correct --volume.")


def _volume(wanted: Wanted, plan: Plan | None) -> float:
    """The volume asked for, or that of the plan."""
    if wanted.volume_ml is not None:
        return wanted.volume_ml
    assert plan is not None, "a tip of one's own comes with a volume"
    return next(step.volume_ml for step in plan.steps if isinstance(step, Fill))
