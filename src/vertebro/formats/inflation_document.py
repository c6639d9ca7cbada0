"""The balloons of a simulated procedure as a part of its JSON document."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field

from vertebro.formats.document import MeasuredWire, PointWire, UnknownWire, plain
from vertebro.simulation.height_gain import HeightGain, HeightsAfter, PatientSeries
from vertebro.simulation.inflation import Filling, Inflation, PlacedBalloon
from vertebro.vocabulary.known import Unknown

Number = MeasuredWire | UnknownWire


class _Wire(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class BalloonWire(_Wire):
    """A balloon where it was filled."""

    side: str
    name: str
    length_mm: float
    planned_ml: float
    middle_mm: PointWire
    axis: Annotated[list[float], Field(description="unit vector along its needle, towards the tip (LPS)")]


class FillingWire(_Wire):
    """One step: volume of all balloons together, pressure by two models, least distances."""

    volume: MeasuredWire
    pressure: MeasuredWire
    pressure_uncompacted: MeasuredWire
    wall: Number
    end_plate: Number
    on_end_plate: bool


class GainWire(_Wire):
    """Gain of height, and the change of the wedge angle (below 0: less wedged)."""

    anterior: MeasuredWire
    middle: MeasuredWire
    posterior: MeasuredWire
    wedge: MeasuredWire


class SeriesWire(_Wire):
    """What a series of patients gained; the spread is its standard deviation."""

    name: str
    anterior: MeasuredWire
    middle: MeasuredWire
    posterior: MeasuredWire
    angle: MeasuredWire
    source: str
    where: str


class AfterWire(_Wire):
    """Heights and angles after, with the larger of the computed gains."""

    anterior: Number
    middle: Number
    posterior: Number
    wedge: Number
    local_kyphosis: Number


class InflationWire(_Wire):
    """What the balloons did."""

    balloons: list[BalloonWire]
    steps: list[FillingWire]
    ended_by: str
    why: str
    pressure_margin: Annotated[Number, Field(description="rated pressure less the greatest pressure")]
    volume_margin: Annotated[Number, Field(description="largest filling less the volume reached")]
    gains: Annotated[
        dict[str, dict[str, GainWire]], Field(description="by healed or loose, then full or deflated")
    ]
    patients: Annotated[list[SeriesWire], Field(min_length=1)]
    heights: AfterWire | UnknownWire
    cautions: list[str]


def inflation_wire(inflation: Inflation, heights: HeightsAfter | Unknown) -> InflationWire:
    """The balloons as data, each gain beside what patients gained."""
    series = next(iter(inflation.gains.values()))["full"].patients
    raw = {
        "balloons": [_balloon(one, inflation) for one in inflation.balloons],
        "steps": [_filling(step) for step in inflation.steps],
        "ended_by": inflation.ended_by.value,
        "why": inflation.why,
        "pressure_margin": plain(inflation.pressure_margin),
        "volume_margin": plain(inflation.volume_margin),
        "gains": {
            str(union): {state: _gain(gain) for state, gain in by_state.items()}
            for union, by_state in inflation.gains.items()
        },
        "patients": [_series(one) for one in series],
        "heights": _heights(heights),
        "cautions": list(inflation.cautions),
    }
    return InflationWire.model_validate(raw)


def _balloon(placed: PlacedBalloon, inflation: Inflation) -> dict[str, Any]:
    frame = inflation.grid.frame
    return {
        "side": str(placed.side),
        "name": placed.balloon.name,
        "length_mm": placed.balloon.length_mm,
        "planned_ml": placed.volume_ml,
        "middle_mm": plain(frame.world_mm(placed.shape.middle_mm)),
        "axis": [float(x) for x in frame.axes.T @ placed.shape.axis],
    }


def _filling(step: Filling) -> dict[str, Any]:
    names = ("volume", "pressure", "pressure_uncompacted", "wall", "end_plate", "on_end_plate")
    return {name: plain(getattr(step, name)) for name in names}


def _gain(gain: HeightGain) -> dict[str, Any]:
    return {name: plain(getattr(gain, name)) for name in ("anterior", "middle", "posterior", "wedge")}


def _series(one: PatientSeries) -> dict[str, Any]:
    places = ("anterior", "middle", "posterior", "angle")
    source = {"source": one.source.source, "where": one.source.where}
    return {"name": one.name} | {name: plain(getattr(one, name)) for name in places} | source


def _heights(heights: HeightsAfter | Unknown) -> dict[str, Any]:
    if isinstance(heights, Unknown):
        return {"unknown": heights.why}
    names = ("anterior", "middle", "posterior", "wedge", "local_kyphosis")
    return {name: plain(getattr(heights, name)) for name in names}
