"""How likely cement leaves by each way, volume by volume: the injection with everything unsure drawn."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from vertebro.errors import BadCase
from vertebro.kernels.arrays import Array
from vertebro.simulation.cement import inject
from vertebro.simulation.cement_model import CementModel
from vertebro.simulation.injection import CementResult, InjectionNeedle, InjectionSettings
from vertebro.simulation.leakage import Place, Route, sampled_outlets
from vertebro.simulation.permeability import sampled, v
from vertebro.simulation.rheology import CementFlow
from vertebro.simulation.rheology import v as flows
from vertebro.simulation.sampling import (
    Draw,
    Quantity,
    Sampling,
    Share,
    Tell,
    content_key,
    convergence,
    run_samples,
)
from vertebro.vocabulary.known import Unknown

STEP_ML = 0.5
"""Volumes at which the leak is noted, along one injection."""

NOT_INJECTED = "nothing was injected: the drawn tip lay outside the bone, or the cement could not be pushed"

NOT_SOLVED = "not_solved"
"""How a sample ended whose flow did not converge."""


@dataclass(frozen=True)
class Question:
    """What is asked: needles, cement, and the largest volume looked at, on one model."""

    model: CementModel
    needles: tuple[InjectionNeedle, ...]
    cement: CementFlow
    up_to_ml: float
    settings: InjectionSettings = field(
        default_factory=lambda: InjectionSettings(local_shear=False, threads=1)
    )
    also_at_ml: tuple[float, ...] = ()

    @property
    def volumes_ml(self) -> tuple[float, ...]:
        """The volumes at which the leak is told, the largest and ``also_at_ml`` among them."""
        steps = np.arange(STEP_ML, self.up_to_ml - 1e-9, STEP_ML).tolist()
        near = [ml for ml in self.also_at_ml if np.abs(np.array([*steps, self.up_to_ml]) - ml).min() > 1e-9]
        return tuple(sorted((*steps, *near, self.up_to_ml)))

    def said(self) -> dict[str, Any]:
        """Everything that decides a sample besides the seed, to know a journal by."""
        bone = self.model.bone
        return {
            "vertebra": content_key(bone.porosity, bone.permeability_mm2),
            "outlets": [[o.name, o.conductance_mm3] for o in self.model.outlets],
            "needles": [_needle_said(n) for n in self.needles],
            "cement": [self.cement.name, self.cement.flow_index, self.cement.factor],
            "cement_curve": [[m, mu] for m, mu in self.cement.curve_pa_s.items()],
            "spreads": [
                v.law_spread_factor.number,
                v.field_spread_factor.number,
                v.field_length_mm.number,
                v.outlet_spread_factor.number,
                v.execution_mm.number,
                v.execution_deg.number,
                flows.viscosity_spread_factor.number,
            ],
            "volumes_ml": list(self.volumes_ml),
            "rate_ml_min": self.settings.rate_ml_min,
            "start_min": self.settings.start_min,
            "most_mpa": self.settings.most_mpa,
        }


def _needle_said(needle: InjectionNeedle) -> list[Any]:
    entry = None if needle.entry_mm is None else np.round(needle.entry_mm, 3).tolist()
    return [needle.name, *np.round(needle.tip_mm, 3).tolist(), needle.inner_mm, entry]


def drawn(question: Question, draw: Draw) -> CementResult:
    """One injection with permeability, ways out, viscosity and needles drawn at random."""
    bone = sampled(question.model.bone, draw.stream("permeability"))
    outlets = sampled_outlets(question.model.outlets, draw.stream("outlets"))
    thicker = flows.viscosity_spread_factor.number ** draw.stream("viscosity").standard_normal()
    hand = draw.stream("needle")
    needles = [misplaced(needle, hand) for needle in question.needles]
    cement = question.cement.times(float(thicker))
    return inject(bone, outlets, needles, cement, question.up_to_ml, question.settings)


def misplaced(needle: InjectionNeedle, hand: np.random.Generator) -> InjectionNeedle:
    """The needle where a hand puts it: its tip off in each direction, its axis turned about the entry."""
    tip = np.asarray(needle.tip_mm, dtype=float)
    away, turn = hand.standard_normal(3), hand.standard_normal(2)
    if needle.entry_mm is not None:
        axis = tip - needle.entry_mm
        across = np.linalg.svd(axis[None, :])[2][1:]
        tip = tip + np.linalg.norm(axis) * np.tan(np.radians(v.execution_deg.number)) * (turn @ across)
    return replace(needle, tip_mm=tip + v.execution_mm.number * away)


def _answer(question: Question, draw: Draw) -> Mapping[str, Any]:
    """What is kept of one sample: plain numbers."""
    result = drawn(question, draw)
    at = np.array([result.course.leaks_at(ml) for ml in question.volumes_ml])
    routes = [o.route for o in result.outlets]
    places = [o.to for o in result.outlets]
    return {
        "stopped": result.stopped.value,
        "injected_ml": result.injected_ml,
        "bone_kpa": result.most_bone_kpa,
        "hub_mpa": result.most_hub_mpa,
        "by_route_ml": {r.value: at[:, [o is r for o in routes]].sum(axis=1).tolist() for r in Route},
        "by_place_ml": {p.value: at[:, [o is p for o in places]].sum(axis=1).tolist() for p in Place},
    }


@dataclass(frozen=True)
class LeakCurve:
    """For one way or place: at every volume the chance of a leak, and the leaked volume over the samples."""

    name: str
    chances: tuple[Share, ...]
    leaked_ml: tuple[Quantity | Unknown, ...]


@dataclass(frozen=True)
class LeakRisk:
    """All samples together; curves are told at ``volumes_ml``.

    An injection that ended before a volume counts there with what it had leaked. ``stops`` says how many
    ended in which way; ``converging`` the chance of a leak into the canal after more and more samples.
    """

    volumes_ml: tuple[float, ...]
    routes: tuple[LeakCurve, ...]
    places: tuple[LeakCurve, ...]
    anywhere: LeakCurve
    veins: LeakCurve
    stops: Mapping[str, int]
    bone_kpa: Quantity | Unknown
    hub_mpa: Quantity | Unknown
    converging: tuple[Share, ...]
    samples: int
    seed: int

    def curve(self, what: Route | Place) -> LeakCurve:
        """The curve of one way or place."""
        return next(c for c in (*self.routes, *self.places) if c.name == what.value)

    def stop_point_ml(self, chance: float) -> float | Unknown:
        """The first volume at which more than this share of the samples leaked into the canal.

        Unknown if at none looked at, with what the count cannot rule out.
        """
        canal = self.curve(Place.CANAL).chances
        for ml, share in zip(self.volumes_ml, canal, strict=True):
            p = share.probability
            if not isinstance(p, Unknown) and p > chance:
                return ml
        if isinstance(canal[-1].probability, Unknown):
            return canal[-1].probability
        most = f"{100 * canal[-1].high:.0f} %"
        return Unknown(
            f"no more than {100 * chance:g} % of the samples leaked there at any volume looked at; with"
            f" {self.samples} of them a chance up to {most} at {self.volumes_ml[-1]:g} mL is not ruled out"
        )

    def safe_up_to_ml(self, chance: float) -> float | None:
        """The last volume up to which the interval of the canal leak stays below this, if there is one."""
        below = None
        for ml, share in zip(self.volumes_ml, self.curve(Place.CANAL).chances, strict=True):
            if share.high >= chance:
                return below
            below = ml
        return below


def leak_risk(question: Question, sampling: Sampling, tell: Tell | None = None) -> LeakRisk:
    """The samples run and counted; a leak counts from ``leak_ml`` on."""
    if not question.up_to_ml > 0:
        raise BadCase(f"A volume of {question.up_to_ml} mL.", "a volume above 0", "Correct it.")
    plan = replace(sampling, settings={**sampling.settings, **question.said()})
    results = run_samples(lambda draw: _answer(question, draw), plan, tell)
    return counted(question.volumes_ml, results, sampling.seed)


def counted(volumes_ml: tuple[float, ...], results: Sequence[Any], seed: int) -> LeakRisk:
    """The curves of samples that were run before."""
    known = [_injected(r) for r in results]
    count = len(volumes_ml)
    routes = tuple(_curve(r.value, _leaks(known, "by_route_ml", [r.value]), count) for r in Route)
    places = tuple(_curve(p.value, _leaks(known, "by_place_ml", [p.value]), count) for p in Place)
    everything = _leaks(known, "by_route_ml", [r.value for r in Route])
    veins = _leaks(known, "by_route_ml", [r.value for r in Route if r.is_vein])
    canal = _leaks(known, "by_place_ml", [Place.CANAL.value])
    there = [k for k in known if not isinstance(k, Unknown)]
    stops = [NOT_SOLVED if isinstance(r, Unknown) else r["stopped"] for r in results]
    return LeakRisk(
        volumes_ml=volumes_ml,
        routes=routes,
        places=places,
        anywhere=_curve("anywhere", everything, count),
        veins=_curve("veins", veins, count),
        stops={name: stops.count(name) for name in sorted(set(stops))},
        bone_kpa=Quantity.of_values([k["bone_kpa"] for k in there]),
        hub_mpa=Quantity.of_values([k["hub_mpa"] for k in there]),
        converging=convergence(_yes([_last(c) for c in canal])),
        samples=len(results),
        seed=seed,
    )


def _injected(result: Any) -> Any:
    """A sample in which something was injected, else Unknown and why."""
    if isinstance(result, Unknown) or result["injected_ml"] > 0:
        return result
    return Unknown(NOT_INJECTED)


def _leaks(known: Sequence[Any], kind: str, names: Sequence[str]) -> list[Array | Unknown]:
    """Leaked volume (mL) of every sample at every volume."""
    return [k if isinstance(k, Unknown) else np.sum([k[kind][n] for n in names], axis=0) for k in known]


def _last(leak: Array | Unknown) -> float | Unknown:
    return leak if isinstance(leak, Unknown) else float(leak[-1])


def _yes(leaks: Sequence[float | Unknown]) -> list[bool | Unknown]:
    return [x if isinstance(x, Unknown) else bool(x >= v.leak_ml.number) for x in leaks]


def _curve(name: str, leaks: Sequence[Array | Unknown], count: int) -> LeakCurve:
    chances, volumes = [], []
    for n in range(count):
        at = [x if isinstance(x, Unknown) else float(x[n]) for x in leaks]
        chances.append(Share.of_answers(_yes(at)))
        volumes.append(Quantity.of_values([x for x in at if not isinstance(x, Unknown)]))
    return LeakCurve(name, tuple(chances), tuple(volumes))
