"""Doing nothing, vertebroplasty and kyphoplasty on one vertebra, at several volumes, side by side."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace

import numpy as np

from vertebro.errors import BadAnatomy, BadCase, BadInput, NotConverged
from vertebro.fracture.findings import Findings
from vertebro.patient.case import Case
from vertebro.procedures.procedure import technique
from vertebro.procedures.site import Site, site_of
from vertebro.procedures.steps import Fill, Inflate
from vertebro.procedures.trajectory import Plan
from vertebro.procedures.wishes import Wishes
from vertebro.simulation.augmented import Augmented, Carried, Filled, Restored
from vertebro.simulation.cement_model import with_tracks
from vertebro.simulation.heating import Heat
from vertebro.simulation.height_gain import HeightsAfter
from vertebro.simulation.inflation import Inflation
from vertebro.simulation.injected import Injected, heat_of
from vertebro.simulation.injection import LEAST_ML, InjectionSettings, Snapshot
from vertebro.simulation.leak_risk import LeakCurve, LeakRisk, Question, leak_risk
from vertebro.simulation.leakage import Place
from vertebro.simulation.memory import NOTHING_KEPT, Memory
from vertebro.simulation.neighbour_results import Neighbours, Treatment
from vertebro.simulation.neighbours import PreparedSegment, segment_of, wedge_before
from vertebro.simulation.on_patient import strengthened
from vertebro.simulation.rheology import cement_named
from vertebro.simulation.sampling import Sampling, Share
from vertebro.simulation.segment import SaturationField
from vertebro.simulation.stage import Bench, Played, bench_of, planned_ml, poured, reached_ml, staged
from vertebro.simulation.vertebra_grid import (
    images_of,
)
from vertebro.vocabulary.known import Unknown
from vertebro.vocabulary.levels import Level
from vertebro.vocabulary.measured import Measured
from vertebro.vocabulary.texts import texts

say = texts(beside=__file__, name="compare").say

Progress = Callable[[str], None]

USUAL = ("vertebroplasty", "kyphoplasty")
SHARES = (0.5, 1.0, 1.5)
"""Of the planned volume: less, as planned, more."""
RIMS = (0.0, 1.0, 3.0)
"""Of what is planned beyond the balloons' cavities: none, as much, more. Less would leave them empty."""


@dataclass(frozen=True)
class Wanted:
    """What is compared. ``volumes_ml`` None: less than planned, as planned, and more."""

    procedures: tuple[str, ...] = USUAL
    volumes_ml: tuple[float, ...] | None = None
    viscosity: str = "medium"
    samples: int = 50
    seed: int = 1
    wishes: Wishes = field(default_factory=Wishes)

    def refuse_what_cannot_be(self) -> None:
        """BadCase before any image is read: procedures, cement, volumes that cannot be."""
        for name in self.procedures:
            technique(name)
        if len(set(self.procedures)) < len(self.procedures) or not self.procedures:
            raise BadCase(f"The procedures are {self.procedures}.", "each of them once", "Correct them.")
        cement_named(self.viscosity)
        given = self.volumes_ml
        if given is not None and not (given and np.isfinite(given).all() and _least_step(given) >= LEAST_ML):
            needed = f"volumes above 0 mL, at least {LEAST_ML:g} mL apart"
            raise BadCase(
                f"The volumes are {', '.join(f'{ml:g}' for ml in given)} mL.", needed, "Correct them."
            )


def _least_step(volumes_ml: tuple[float, ...]) -> float:
    """The smallest volume, or the smallest step between two different ones if that is less."""
    return float(np.diff(sorted(set(volumes_ml)), prepend=0.0).min())


@dataclass(frozen=True)
class Option:
    """One procedure at one volume. What could not be computed is Unknown with its reason.

    ``canal`` and ``anywhere`` are chances of a leak; ``leaked`` is that of the one injection simulated.
    """

    procedure: str
    volume: Measured
    leaked: Measured | Unknown
    canal: Share | Unknown
    anywhere: Share | Unknown
    carried: Carried | Unknown
    restored: Restored | Unknown
    heights: HeightsAfter | Unknown
    neighbours: Neighbours | Unknown
    heat: Mapping[str, Heat] | Unknown

    @property
    def name(self) -> str:
        """The procedure and its volume in words."""
        return say("option", procedure=self.procedure, ml=f"{self.volume.value:g}")


@dataclass(frozen=True)
class Compared:
    """Everything side by side. ``untreated``: the vertebra as imaged, broken, intact as estimated."""

    case_id: str
    level: Level
    wanted: Wanted
    plans: Mapping[str, Plan | Unknown]
    played: Mapping[str, Played]
    risks: Mapping[str, LeakRisk | Unknown]
    untreated: Augmented
    segment: PreparedSegment | Unknown
    options: tuple[Option, ...]
    cautions: tuple[str, ...]

    def of(self, procedure: str) -> tuple[Option, ...]:
        """The options of one procedure, the least volume first."""
        return tuple(o for o in self.options if o.procedure == procedure)

    def as_planned(self, procedure: str) -> Option | Unknown:
        """The option with the cement of its plan, or why there is none."""
        plan = self.plans.get(procedure, Unknown(say("unknown.not_compared", procedure=procedure)))
        if isinstance(plan, Unknown):
            return plan
        found = [o for o in self.of(procedure) if np.isclose(o.volume.value, plan.cement_ml)]
        return found[0] if found else Unknown(say("unknown.not_as_planned", procedure=procedure))

    @property
    def is_at_offset(self) -> bool:
        """True if every state has its strength at the offset: one definition is told for all of them."""
        states = [o.restored for o in self.options if isinstance(o.restored, Restored)]
        return all(isinstance(r.offset, Measured) for r in (*states, *self.untreated.restored.values()))

    def strength(self, restored: Restored | Unknown) -> Measured | Unknown:
        """Strength in per cent of the intact estimate: at the offset, or all by stiffness if one has none."""
        if isinstance(restored, Unknown):
            return restored
        return restored.offset if self.is_at_offset else restored.stiffness_based

    def enough(self, procedure: str) -> Measured | Unknown:
        """The least volume that gives back the strength of the intact estimate."""
        for option in self.of(procedure):
            share = self.strength(option.restored)
            if not isinstance(share, Unknown) and share.value >= 100:
                return option.volume
        return Unknown(say("unknown.never_enough", procedure=procedure))

    def efficient(self) -> tuple[Option, ...]:
        """The options that no other beats in strength without leaking more often."""
        points = [(o, self.strength(o.restored), o.anywhere) for o in self.options]
        known = [
            (o, s.value, c.probability)
            for o, s, c in points
            if isinstance(s, Measured) and isinstance(c, Share) and not isinstance(c.probability, Unknown)
        ]
        return tuple(
            o
            for o, strong, leaky in known
            if not any(s >= strong and c <= leaky and (s, c) != (strong, leaky) for _, s, c in known)
        )


def compare(
    case: Case,
    level: Level,
    findings: Findings | Unknown,
    wanted: Wanted | None = None,
    tell: Progress = lambda _: None,
    memory: Memory = NOTHING_KEPT,
) -> Compared:
    """Plans, plays and weighs every option; refuses a case without calibrated density or a cut vertebra.

    With a ``memory`` a second comparison of the same images redoes only what changed.
    """
    wanted = wanted or Wanted()
    wanted.refuse_what_cannot_be()
    ct, spine = images_of(case)
    site = memory.of(("site", case, level), lambda: site_of(spine, level, ct))
    wanted.wishes.refuse_tips_outside(site)
    bench = bench_of(case, level, tell, memory)
    plans: dict[str, Plan | Unknown] = {}
    played, fillings, moments = {}, {}, {}
    for name in wanted.procedures:
        tell(say("tell.planning", procedure=name))
        plans[name] = _plan(name, wanted, site, bench)
        plan = plans[name]
        if isinstance(plan, Unknown):
            continue
        opened = staged(bench, plan, tell)
        plans[name] = now = settled(plan, opened.inflation)
        volumes = volumes_of(wanted, plan, reached_ml(plan, opened.inflation))
        cement = cement_named(wanted.viscosity)
        played[name] = poured(replace(opened, plan=now), cement, volumes, tell=tell)
        for ml in volumes:
            moments[name, ml] = moment = played[name].moment(ml)
            if not isinstance(moment, Unknown):
                fillings[_key(name, ml)] = played[name].filled(moment)
    tell(say("tell.strength"))
    strong = strengthened(bench.patient, fillings, tell, memory)
    risks = {name: _risk(one, bench, wanted, tell) for name, one in played.items()}
    segment = memory.of(("segment", case, level), lambda: _segment(case, level, tell))
    made = _Maker(bench, strong, segment, findings, tell)
    options = tuple(made.option(played[n], ml, moment, risks[n]) for (n, ml), moment in moments.items())
    cautions = dict.fromkeys((say("caution.estimate"), *bench.ready.cautions, *strong.cautions))
    return Compared(case.id, level, wanted, plans, played, risks, strong, segment, options, tuple(cautions))


def compared(case: Case, findings: Findings | Unknown, tell: Progress = lambda _: None) -> Compared | Unknown:
    """Every procedure played on the case's own level, or why none could be."""
    if isinstance(case.level, Unknown):
        return Unknown(case.level.why)
    try:
        return compare(case, case.level, findings, tell=tell)
    except (BadInput, NotConverged) as fault:
        return Unknown(" ".join(str(fault).split()))


def _plan(name: str, wanted: Wanted, site: Site | Unknown, bench: Bench) -> Plan | Unknown:
    made_from = ("plan", bench.patient.case, bench.level, name, wanted.wishes)
    return bench.memory.of(made_from, lambda: wanted.wishes.plan(technique(name), site))


def _key(procedure: str, ml: float) -> str:
    return say("option", procedure=procedure, ml=f"{ml:g}")


def volumes_of(wanted: Wanted, plan: Plan, cavities_ml: float) -> tuple[float, ...]:
    """The volumes of cement (mL) to compare, the least first, with cavities of so many mL."""
    if wanted.volumes_ml is not None:
        return tuple(sorted(set(wanted.volumes_ml)))
    beyond = plan.cement_ml - plan.cavities_ml
    return tuple(cavities_ml + beyond * share for share in (RIMS if plan.cavities_ml else SHARES))


def settled(plan: Plan, inflation: Inflation | Unknown) -> Plan:
    """The plan as its balloons came out: their filling, as much less cement, and a note that says so."""
    reached = reached_ml(plan, inflation)
    if reached == plan.cavities_ml:
        return plan
    now = planned_ml(plan, inflation)
    steps = []
    for step in plan.steps:
        if isinstance(step, Fill):
            step = replace(step, volume_ml=step.volume_ml * now / plan.cement_ml)
        elif isinstance(step, Inflate):
            step = replace(step, volume_ml=step.volume_ml * reached / plan.cavities_ml)
        steps.append(step)
    words = {"reached": f"{reached:g}", "asked": f"{plan.cavities_ml:g}", "planned": f"{plan.cement_ml:g}"}
    note = say("note.less_cement", procedure=plan.procedure, now=f"{now:g}", **words)
    return replace(plan, steps=tuple(steps), notes=(*plan.notes, note))


def _risk(played: Played, bench: Bench, wanted: Wanted, tell: Progress) -> LeakRisk | Unknown:
    """The chance of a leak at every volume, through the plan's needles, on the coarse grid."""
    if not wanted.samples:
        return Unknown(say("unknown.no_samples"))
    tell(say("tell.samples", n=wanted.samples, procedure=played.plan.procedure))
    model = with_tracks(played.coarse(bench), played.needles)
    settings = InjectionSettings(local_shear=False, threads=1)
    most = min(played.injection.asked_ml, 0.9 * model.bone.pore_ml)
    also = tuple(ml for ml in played.volumes_ml if ml < most)
    question = Question(model, played.needles, cement_named(wanted.viscosity), most, settings, also)
    sampling = Sampling(wanted.samples, wanted.seed)
    made_from = ("risk", bench.patient.case, bench.level, question, sampling)
    return bench.memory.of(made_from, lambda: leak_risk(question, sampling))


def _segment(case: Case, level: Level, tell: Progress) -> PreparedSegment | Unknown:
    try:
        return segment_of(case, level, tell=tell)
    except (BadAnatomy, NotConverged) as fault:
        return Unknown(str(fault.args[0]) if fault.args else str(fault))


@dataclass(frozen=True)
class _Maker:
    """What is needed to weigh one option."""

    bench: Bench
    strong: Augmented
    segment: PreparedSegment | Unknown
    findings: Findings | Unknown
    tell: Progress

    def option(
        self, played: Played, ml: float, moment: Snapshot | Unknown, risk: LeakRisk | Unknown
    ) -> Option:
        """One procedure at one volume."""
        name = played.plan.procedure
        volume = Measured(ml, "mL", say("method.volume"), 0.0)
        canal = risk if isinstance(risk, Unknown) else _chance(risk, risk.curve(Place.CANAL), ml)
        anywhere = risk if isinstance(risk, Unknown) else _chance(risk, risk.anywhere, ml)
        heights = self._heights(played)
        if isinstance(moment, Unknown):
            return Option(name, volume, moment, canal, anywhere, moment, moment, heights, moment, moment)
        self.tell(say("tell.option", option=_key(name, ml)))
        injected, filled = Injected.at(played.injection, moment), played.filled(moment)
        with ThreadPoolExecutor(1) as pool:
            heat = pool.submit(lambda: self._heat(injected))
            neighbours = self._neighbours(played, filled)
        leaked = Measured(sum(moment.leak_ml), "mL", say("method.leaked"), 0.0)
        key = _key(name, ml)
        return Option(
            procedure=name,
            volume=volume,
            leaked=leaked,
            canal=canal,
            anywhere=anywhere,
            carried=self.strong.after[key],
            restored=self.strong.restored[key],
            heights=heights,
            neighbours=neighbours,
            heat=heat.result(),
        )

    def _heights(self, played: Played) -> HeightsAfter | Unknown:
        gain = played.gain()
        if isinstance(gain, Unknown):
            return gain
        if isinstance(self.findings, Unknown):
            return Unknown(self.findings.why)
        return gain.after(self.findings[self.bench.level])

    def _heat(self, injected: Injected) -> Mapping[str, Heat] | Unknown:
        return self.bench.memory.of(("heat", injected), lambda: heat_of(injected))

    def _neighbours(self, played: Played, filled: Filled) -> Neighbours | Unknown:
        if isinstance(self.segment, Unknown):
            return self.segment
        field = SaturationField(np.clip(filled.saturation, 0.0, 1.0), filled.grid.affine_mm)
        treatment = Treatment(cement=field)
        before = wedge_before(self.bench.level, treatment, self.bench.patient.seen)
        if not isinstance(before, Unknown):
            gain = played.gain()
            less = 0.0 if isinstance(gain, Unknown) else gain.wedge.value
            treatment = replace(treatment, wedge_after_deg=before.value + less)
        segment, bench = self.segment, self.bench
        made_from = ("next door", bench.patient.case, bench.level, treatment)
        return bench.memory.of(made_from, lambda: segment.treated(treatment))


def _chance(risk: LeakRisk, curve: LeakCurve, ml: float) -> Share | Unknown:
    """The chance at the first sampled volume that is not smaller."""
    for volume, chance in zip(risk.volumes_ml, curve.chances, strict=True):
        if volume >= ml * (1 - 1e-9):
            return chance
    return Unknown(say("unknown.not_sampled", ml=f"{ml:g}"))
