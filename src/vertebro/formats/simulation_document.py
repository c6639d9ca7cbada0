"""The JSON document of a simulated procedure: its own versioned wire format, with a published schema."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated, Any, Literal, TypeVar

from pydantic import TypeAdapter, WithJsonSchema

from vertebro import __version__
from vertebro.formats.document import UnknownWire
from vertebro.formats.heat_document import HeatWire, heat_wire
from vertebro.formats.inflation_document import InflationWire, inflation_wire
from vertebro.formats.plan_document import plan_part, plan_part_schema
from vertebro.simulation.cement_model import CementModel
from vertebro.simulation.injection import CementResult, InjectionNeedle
from vertebro.simulation.leak_risk import LeakCurve, LeakRisk
from vertebro.simulation.permeability import v
from vertebro.simulation.procedure_run import Simulated
from vertebro.simulation.sampling import Quantity, Share
from vertebro.vocabulary.known import Unknown

T = TypeVar("T")

FORMAT: Literal["vertebro.simulation/1"] = "vertebro.simulation/1"


@dataclass(frozen=True)
class NeedleWire:
    """A needle by its tip and where it enters the bone (LPS mm; null where that is not known)."""

    name: str
    tip_mm: list[float]
    entry_mm: list[float] | None
    inner_mm: float
    outer_mm: float


@dataclass(frozen=True)
class OutletWire:
    """A way out, Yeom's letter where it has one, where it leads, and the cement that took it."""

    name: str
    route: str
    yeom: str | None
    to: str
    leaked_ml: float


@dataclass(frozen=True)
class GapWire:
    """A gap of the shell that the CT shows: side, area, middle (LPS mm)."""

    side: str
    area_mm2: float
    centre_mm: list[float]


@dataclass(frozen=True)
class CourseWire:
    """The injection step by step."""

    time_s: list[float]
    injected_ml: list[float]
    bone_kpa: list[float]
    hub_mpa: list[float]
    leaked_ml: list[float]


@dataclass(frozen=True)
class InjectionWire:
    """One injection: volumes, why it ended, types of leak, pressures, where the cement lies.

    Pressures and places are unknown where nothing was injected.
    """

    asked_ml: float
    injected_ml: float
    in_bone_ml: float
    leaked_ml: float
    in_veins_ml: float
    stopped: str
    why: str
    yeom: list[str]
    outlets: list[OutletWire]
    most_bone_kpa: float | UnknownWire
    most_hub_mpa: float | UnknownWire
    reach_mm: list[float] | UnknownWire
    share_of_body_pores: float | UnknownWire
    share_right_of_middle: float | UnknownWire
    share_in_posterior_part: float | UnknownWire
    meets_upper_plate: bool | UnknownWire
    meets_lower_plate: bool | UnknownWire
    course: CourseWire
    imbalance: float


@dataclass(frozen=True)
class ChanceWire:
    """In how many samples something happened, of how many, how many gave no answer; a 95 % interval."""

    events: int
    of: int
    unknown: int
    probability: float | UnknownWire
    low: float
    high: float


@dataclass(frozen=True)
class QuantityWire:
    """A quantity over the samples: median with its 95 % interval, and where the middle 90 % lie."""

    median: float
    median_low: float
    median_high: float
    p5: float
    p95: float


@dataclass(frozen=True)
class CurveWire:
    """Chance of a leak and leaked volume (mL) at each volume."""

    name: str
    chances: list[ChanceWire]
    leaked_ml: list[QuantityWire | UnknownWire]


@dataclass(frozen=True)
class RiskWire:
    """The samples together. A leak counts from ``leak_ml`` on."""

    samples: int
    seed: int
    leak_ml: float
    volumes_ml: list[float]
    anywhere: CurveWire
    veins: CurveWire
    by_route: list[CurveWire]
    by_place: list[CurveWire]
    canal_volume_ml: float | UnknownWire
    canal_chance: float
    stops: dict[str, int]
    bone_kpa: QuantityWire | UnknownWire
    hub_mpa: QuantityWire | UnknownWire
    converging: list[ChanceWire]


@dataclass(frozen=True)
class SimulationWire:
    """The whole document."""

    format: Literal["vertebro.simulation/1"]
    versions: dict[str, str]
    case: str
    level: str
    procedure: str
    viscosity: str
    rate_ml_min: float
    start_min: float
    plan: Annotated[dict[str, Any], WithJsonSchema(plan_part_schema())] | UnknownWire
    done: list[str]
    needles: list[NeedleWire]
    inflation: InflationWire | UnknownWire
    gaps: list[GapWire] | UnknownWire
    pores_ml: float
    edge_mm: float
    samples_edge_mm: float
    injection: InjectionWire | UnknownWire
    risk: RiskWire | UnknownWire
    heat: HeatWire | UnknownWire
    notes: list[str]


WIRE = TypeAdapter(SimulationWire)


def simulation_schema() -> dict[str, Any]:
    """The JSON schema (draft 2020-12) of the document."""
    made = WIRE.json_schema(mode="serialization")
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", "$id": FORMAT, **made}


def simulation_document(played: Simulated) -> dict[str, Any]:
    """A simulated procedure as plain JSON data; format ``vertebro.simulation/1``."""
    wanted, model = played.wanted, played.model
    wire = SimulationWire(
        format=FORMAT,
        versions={"vertebro": __version__},
        case=played.case_id,
        level=str(played.level),
        procedure=wanted.procedure,
        viscosity=wanted.viscosity,
        rate_ml_min=wanted.settings.rate_ml_min,
        start_min=wanted.settings.start_min,
        plan=_unknown(played.plan) if isinstance(played.plan, Unknown) else plan_part(played.plan),
        done=list(played.done),
        needles=[_needle(n) for n in played.needles],
        inflation=_inflation(played),
        gaps=_gaps(model),
        pores_ml=model.bone.pore_ml,
        edge_mm=played.edges_mm[0],
        samples_edge_mm=played.edges_mm[1],
        injection=_unknown(played.result)
        if isinstance(played.result, Unknown)
        else _injection(played.result),
        risk=_unknown(played.risk) if isinstance(played.risk, Unknown) else _risk(played.risk),
        heat=_unknown(played.heat) if isinstance(played.heat, Unknown) else heat_wire(played.heat),
        notes=list(played.notes),
    )
    data: dict[str, Any] = WIRE.dump_python(wire, mode="json")
    return data


def _numbers(values: Sequence[float] | Any) -> list[float]:
    return [float(x) for x in values]


def _unknown(value: Unknown) -> UnknownWire:
    return UnknownWire(unknown=value.why)


def _gaps(model: CementModel) -> list[GapWire] | UnknownWire:
    if isinstance(model.gaps, Unknown):
        return _unknown(model.gaps)
    frame = model.bone.grid.frame
    return [GapWire(g.side.value, g.area_mm2, _numbers(frame.world_mm(g.centre_mm))) for g in model.gaps]


def _needle(needle: InjectionNeedle) -> NeedleWire:
    entry = None if needle.entry_mm is None else _numbers(needle.entry_mm)
    return NeedleWire(needle.name, _numbers(needle.tip_mm), entry, needle.inner_mm, needle.outer_mm)


def _inflation(played: Simulated) -> InflationWire | UnknownWire:
    found = played.inflation
    return _unknown(found) if isinstance(found, Unknown) else inflation_wire(found, played.heights)


def _injection(result: CementResult) -> InjectionWire:
    spread, course = result.spread, result.course
    last = course.leak_ml[:, -1]

    def seen(value: T) -> T | UnknownWire:
        return value if result.injected_ml > 0 else UnknownWire(unknown=result.why)

    return InjectionWire(
        asked_ml=result.asked_ml,
        injected_ml=result.injected_ml,
        in_bone_ml=result.in_bone_ml,
        leaked_ml=result.leaked_ml,
        in_veins_ml=result.in_veins_ml,
        stopped=result.stopped.value,
        why=result.why,
        yeom=list(result.yeom),
        outlets=[
            OutletWire(o.name, o.route.value, o.route.yeom, o.to.value, float(ml))
            for o, ml in zip(result.outlets, last, strict=True)
        ],
        most_bone_kpa=seen(result.most_bone_kpa),
        most_hub_mpa=seen(result.most_hub_mpa),
        reach_mm=seen(_numbers(spread.reach_mm)),
        share_of_body_pores=seen(spread.of_body_pores),
        share_right_of_middle=seen(spread.right_of_middle),
        share_in_posterior_part=seen(spread.in_posterior_part),
        meets_upper_plate=seen(spread.meets_upper_plate),
        meets_lower_plate=seen(spread.meets_lower_plate),
        course=CourseWire(
            _numbers(course.time_s),
            _numbers(course.injected_ml),
            _numbers(course.bone_kpa),
            _numbers(course.hub_mpa),
            _numbers(course.leak_ml.sum(axis=0)),
        ),
        imbalance=result.imbalance,
    )


def _risk(risk: LeakRisk) -> RiskWire:
    chance = v.stop_chance.number
    at = risk.stop_point_ml(chance)
    return RiskWire(
        samples=risk.samples,
        seed=risk.seed,
        leak_ml=v.leak_ml.number,
        volumes_ml=list(risk.volumes_ml),
        anywhere=_curve(risk.anywhere),
        veins=_curve(risk.veins),
        by_route=[_curve(c) for c in risk.routes],
        by_place=[_curve(c) for c in risk.places],
        canal_volume_ml=_unknown(at) if isinstance(at, Unknown) else at,
        canal_chance=chance,
        stops=dict(risk.stops),
        bone_kpa=_quantity(risk.bone_kpa),
        hub_mpa=_quantity(risk.hub_mpa),
        converging=[_chance(s) for s in risk.converging],
    )


def _curve(curve: LeakCurve) -> CurveWire:
    return CurveWire(curve.name, [_chance(s) for s in curve.chances], [_quantity(q) for q in curve.leaked_ml])


def _chance(share: Share) -> ChanceWire:
    p = share.probability
    known = _unknown(p) if isinstance(p, Unknown) else p
    return ChanceWire(share.events, share.of, share.unknown, known, share.low, share.high)


def _quantity(q: Quantity | Unknown) -> QuantityWire | UnknownWire:
    if isinstance(q, Unknown):
        return _unknown(q)
    return QuantityWire(q.median, q.median_low, q.median_high, q.p5, q.p95)
