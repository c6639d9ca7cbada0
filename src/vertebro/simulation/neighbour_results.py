"""What is asked and told about the load next door: treatment, settings, and the results, frozen."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from vertebro.errors import BadModel
from vertebro.fracture.findings import Calibration, Number
from vertebro.simulation.discs import v
from vertebro.simulation.segment import SaturationField, SegmentSettings
from vertebro.simulation.voxel_model import v as bone_values
from vertebro.vocabulary.known import Unknown
from vertebro.vocabulary.levels import Level
from vertebro.vocabulary.library import CitedValue
from vertebro.vocabulary.measured import Measured
from vertebro.vocabulary.texts import texts

say = texts(beside=__file__, name="segment").say

EVIDENCE = "next_door"
"""The contested question under which the trials on fractures next door are found (``evidence.contested``)."""


@dataclass(frozen=True)
class Treatment:
    """What was done: the cement, and the wedge before and after (degrees more than the unbroken spine has).

    A wedge of None before is taken from the CT; one of None after is not known.
    """

    cement: SaturationField | None = None
    wedge_before_deg: float | None = None
    wedge_after_deg: float | None = None


@dataclass(frozen=True)
class NeighbourSettings:
    """How the segment is made and loaded.

    ``activity`` names a load of a test rig (walking, ..), or an activity in which the pressure of a disc was
    measured (relaxed standing, ..): then the load is the one that gives the lowest disc of the model that
    pressure, in proportion to ``weight_kg``. ``cement_scaling`` is the modulus of cement inside bone over
    that of cement alone: by default both ends of its range are solved, and what they span is the spread.
    """

    segment: SegmentSettings = field(default_factory=SegmentSettings)
    activity: str = "walking"
    weight_kg: float | None = None
    cement_scaling: tuple[float, ...] = tuple(bone_values.cement_scaling.value)

    def __post_init__(self) -> None:
        rig, measured = v.activity_loads_n.value, v.standing_pressure_mpa.value
        if self.activity not in {*rig, *measured}:
            known = ", ".join([*rig, *measured])
            raise BadModel(f"There is no load for '{self.activity}'.", known, "Name one of these.")
        if self.activity in measured and not (self.weight_kg is not None and 0 < self.weight_kg < np.inf):
            raise BadModel(
                f"The load of '{self.activity}' is asked for with a weight of {self.weight_kg} kg.",
                "the weight of the body in kg",
                f"Give the weight, or take a load of the test rig: {', '.join(rig)}.",
            )


@dataclass(frozen=True)
class Reading:
    """One quantity (``stiffness``, ``pressure``, ``bulge``, ``stress``, ``strain``, ``load_to_strength``) at
    one place, as it is before anything is done."""

    quantity: str
    place: str
    value: Number


@dataclass(frozen=True)
class Change:
    """One quantity at one place before and after, and the change in per cent of before."""

    quantity: str
    place: str
    before: Number
    after: Number
    change: Number


@dataclass(frozen=True)
class Alignment:
    """What the wedge does in one posture (``uncompensated``, ``compensated``).

    ``over_straight`` is the load after, in per cent over that of the spine without any wedge.
    """

    posture: str
    wedge_before: Measured
    wedge_after: Measured
    load_before: Measured
    load_after: Measured
    over_straight: Measured
    changes: tuple[Change, ...]


@dataclass(frozen=True)
class Band:
    """Rise of the disc pressure (%) that published models span for one effect (``cement``, ``alignment``)."""

    effect: str
    low_pct: float
    high_pct: float
    sources: tuple[CitedValue, ...]


@dataclass(frozen=True)
class Neighbours:
    """The load next door by cement alone and by alignment alone: a mechanical estimate, no risk of fracture.

    ``evidence`` is the key under which the trials speak about fractures next door.
    """

    level: Level
    levels: tuple[Level, ...]
    settings: NeighbourSettings
    calibration: Calibration
    load: Measured
    model: Mapping[str, int | float]
    now: tuple[Reading, ...]
    cement: tuple[Change, ...] | Unknown
    alignment: tuple[Alignment, ...] | Unknown
    bands: tuple[Band, ...]
    evidence: str
    cautions: tuple[str, ...]
    not_done: tuple[tuple[str, str], ...]

    def by_cement(self, quantity: str, place: str) -> Number:
        """The change (%) of a quantity at a place by cement alone."""
        if isinstance(self.cement, Unknown):
            return self.cement
        for one in self.cement:
            if (one.quantity, one.place) == (quantity, place):
                return one.change
        return Unknown(say("unknown.place", quantity=quantity, place=place))
