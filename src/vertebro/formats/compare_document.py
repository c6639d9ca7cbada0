"""The JSON document of a comparison: every option with strength, leaks, heights, neighbours, heat."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from vertebro.formats.document import MeasuredWire, UnknownWire, plain
from vertebro.formats.neighbours_document import NeighboursWire, neighbours_part
from vertebro.report.compare_words import pressure_next_door
from vertebro.simulation.augmented import Carried, Restored
from vertebro.simulation.compare import Compared, Option
from vertebro.simulation.heating import Heat
from vertebro.simulation.height_gain import HeightsAfter
from vertebro.simulation.sampling import Share
from vertebro.vocabulary.known import Unknown

COMPARISON_FORMAT = "vertebro.comparison/1"


class _Wire(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class CarriedWire(_Wire):
    """What one state of the vertebra carries."""

    stiffness: MeasuredWire | UnknownWire
    stiffness_based: MeasuredWire | UnknownWire
    offset: MeasuredWire | UnknownWire


class ChanceWire(_Wire):
    """In how many samples something happened, with the exact interval of its probability."""

    events: Annotated[int, Field(ge=0)]
    unknown: Annotated[int, Field(ge=0)]
    of: Annotated[int, Field(ge=0)]
    low: Annotated[float, Field(ge=0, le=1)]
    high: Annotated[float, Field(ge=0, le=1)]


class HeightsWire(_Wire):
    """Heights and angles after, and the gains they come from."""

    anterior: MeasuredWire | UnknownWire
    middle: MeasuredWire | UnknownWire
    posterior: MeasuredWire | UnknownWire
    wedge: MeasuredWire | UnknownWire
    local_kyphosis: MeasuredWire | UnknownWire
    gained: dict[str, MeasuredWire]


class HeatWire(_Wire):
    """The hottest of a region, °C, and the longest time of one of its places above each limit, minutes."""

    peak_celsius: float
    minutes_over: dict[str, float]


class OptionWire(_Wire):
    """One procedure at one volume of cement."""

    procedure: str
    volume: MeasuredWire
    leaked: MeasuredWire | UnknownWire
    chance_anywhere: ChanceWire | UnknownWire
    chance_canal: ChanceWire | UnknownWire
    carried: CarriedWire | UnknownWire
    restored: Annotated[CarriedWire | UnknownWire, Field(description="in per cent of the intact estimate")]
    heights: HeightsWire | UnknownWire
    disc_pressure_change: Annotated[
        MeasuredWire | UnknownWire,
        Field(description="by the cement alone, the larger of two discs"),
    ]
    neighbours: Annotated[NeighboursWire | UnknownWire, Field(description="the load next door, in full")]
    heat: Annotated[
        dict[str, dict[str, HeatWire]] | UnknownWire, Field(description="by law of cure, then by region")
    ]
    is_efficient: Annotated[
        bool, Field(description="no other option gives more strength without leaking more often")
    ]


class NeedleWire(_Wire):
    """One planned needle; points in LPS mm."""

    side: str
    route: str
    gauge: int
    entry_mm: list[float]
    target_mm: list[float]


class PlanWire(_Wire):
    """The plan of a procedure."""

    needles: list[NeedleWire]
    cement_ml: float
    done: Annotated[list[str], Field(description="the steps played, in words")]
    notes: list[str]


class ComparisonWire(_Wire):
    """Doing nothing and the procedures side by side."""

    format: Literal["vertebro.comparison/1"]
    case: str
    level: str
    viscosity: str
    samples: int
    seed: int
    plans: dict[str, PlanWire | UnknownWire]
    intact: CarriedWire | UnknownWire
    imaged: CarriedWire
    broken: CarriedWire | UnknownWire
    enough_ml: dict[str, MeasuredWire | UnknownWire]
    options: list[OptionWire]
    cautions: list[str]


def comparison_document(compared: Compared) -> dict[str, Any]:
    """A comparison as plain JSON data; format ``vertebro.comparison/1``."""
    best, strong = compared.efficient(), compared.untreated
    return {
        "format": COMPARISON_FORMAT,
        "case": compared.case_id,
        "level": str(compared.level),
        "viscosity": compared.wanted.viscosity,
        "samples": compared.wanted.samples,
        "seed": compared.wanted.seed,
        "plans": {name: _plan(compared, name) for name in compared.plans},
        "intact": _carried(strong.intact),
        "imaged": _carried(strong.imaged),
        "broken": _carried(strong.broken),
        "enough_ml": {name: plain(compared.enough(name)) for name in compared.played},
        "options": [_option(o, any(o is other for other in best)) for o in compared.options],
        "cautions": list(compared.cautions),
    }


def comparison_schema() -> dict[str, Any]:
    """The JSON schema of the document (draft 2020-12)."""
    made = ComparisonWire.model_json_schema(mode="serialization")
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", "$id": COMPARISON_FORMAT, **made}


def _plan(compared: Compared, name: str) -> dict[str, Any]:
    plan = compared.plans[name]
    if isinstance(plan, Unknown):
        return {"unknown": plan.why}
    needles = [
        {
            "side": str(n.side),
            "route": str(n.route),
            "gauge": n.needle.gauge,
            "entry_mm": [round(float(x), 2) for x in n.entry_mm],
            "target_mm": [round(float(x), 2) for x in n.target_mm],
        }
        for n in plan.needles
    ]
    done = list(compared.played[name].done)
    return {"needles": needles, "cement_ml": plan.cement_ml, "done": done, "notes": list(plan.notes)}


def _option(option: Option, is_efficient: bool) -> dict[str, Any]:
    return {
        "procedure": option.procedure,
        "volume": plain(option.volume),
        "leaked": plain(option.leaked),
        "chance_anywhere": _chance(option.anywhere),
        "chance_canal": _chance(option.canal),
        "carried": _carried(option.carried),
        "restored": _carried(option.restored),
        "heights": _heights(option.heights),
        "disc_pressure_change": plain(pressure_next_door(option.neighbours)),
        "neighbours": plain(option.neighbours)
        if isinstance(option.neighbours, Unknown)
        else neighbours_part(option.neighbours),
        "heat": _heat(option),
        "is_efficient": is_efficient,
    }


def _carried(carried: Carried | Restored | Unknown) -> dict[str, Any]:
    if isinstance(carried, Unknown):
        return {"unknown": carried.why}
    return {name: plain(getattr(carried, name)) for name in ("stiffness", "stiffness_based", "offset")}


def _chance(chance: Share | Unknown) -> dict[str, Any]:
    if isinstance(chance, Unknown):
        return {"unknown": chance.why}
    return {name: getattr(chance, name) for name in ("events", "unknown", "of", "low", "high")}


def _heights(heights: HeightsAfter | Unknown) -> dict[str, Any]:
    if isinstance(heights, Unknown):
        return {"unknown": heights.why}
    names = ("anterior", "middle", "posterior", "wedge")
    gained = {name: plain(getattr(heights.gain, name)) for name in names}
    return {n: plain(getattr(heights, n)) for n in (*names, "local_kyphosis")} | {"gained": gained}


def _heat(option: Option) -> dict[str, Any]:
    if isinstance(option.heat, Unknown):
        return {"unknown": option.heat.why}
    return {law: _regions(heat) for law, heat in option.heat.items()}


def _regions(heat: Heat) -> dict[str, Any]:
    return {
        name: {
            "peak_celsius": round(region.peak_celsius, 1),
            "minutes_over": {
                f"{limit:g}": round(minutes, 2) for limit, minutes in region.minutes_over.items()
            },
        }
        for name, region in heat.regions.items()
    }
