"""The numbers of a segment under load by quantity and place, and how they change."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from vertebro.fracture.findings import Number
from vertebro.patient.frame import BodyFrame
from vertebro.simulation.discs import v
from vertebro.simulation.loading import respond
from vertebro.simulation.neighbour_results import Change, NeighbourSettings, say
from vertebro.simulation.segment import SegmentSettings
from vertebro.simulation.segment_response import SegmentResponse
from vertebro.simulation.vertebra_grid import BonyVertebra
from vertebro.simulation.voxel_model import ModelSettings, build_model
from vertebro.simulation.voxel_model import v as bone_values
from vertebro.vocabulary.known import Unknown
from vertebro.vocabulary.levels import Level
from vertebro.vocabulary.measured import Measured

UM_PER_MM = 1000.0

Key = tuple[str, str]
Values = dict[Key, float]
"""Numbers by quantity and place."""

UNITS = {
    "stiffness": "N/mm",
    "pressure": "MPa",
    "bulge": "um",
    "stress": "MPa",
    "strain": "%",
    "load_to_strength": "1",
}


@dataclass(frozen=True)
class Segment:
    """The vertebrae of a segment from the top down, which of them is treated, and the others' strengths."""

    given: Mapping[Level, BonyVertebra]
    treated: Level
    strength_n: Mapping[Level, float]

    @property
    def levels(self) -> tuple[Level, ...]:
        """All levels from the top down."""
        return tuple(self.given)

    def number(self, level: Level) -> int:
        """The number of a level, counted from 1 at the top."""
        return self.levels.index(level) + 1


def frame_of(given: Mapping[Level, BonyVertebra], treated: Level) -> BodyFrame:
    """Superior runs from the lowest body to the highest, anterior is that of the treated one."""
    first, *_, last = given.values()
    own = given[treated].frame
    return BodyFrame.from_directions(
        own.origin_mm, own.anterior, first.frame.origin_mm - last.frame.origin_mm
    )


def strengths_n(
    given: Mapping[Level, BonyVertebra], some: Sequence[Level], settings: SegmentSettings
) -> dict[Level, float]:
    """The stiffness-based strength (N) of some vertebrae, each between caps by itself [walle2025]_."""
    alone = ModelSettings(law=settings.law, voxel_mm=settings.voxel_mm)
    out = {}
    for level in some:
        model = build_model(given[level], alone)
        stiffness = respond(model, bend=False).axial_n_mm
        out[level] = bone_values.stiffness_based_factor.number * stiffness * model.height_mm
    return out


def load_of(settings: NeighbourSettings, response: SegmentResponse) -> Measured:
    """The force along the spine without any wedge: of a rig, or by a pressure measured in a man."""
    name = settings.activity
    if settings.weight_kg is None or name in v.activity_loads_n.value:
        return Measured(float(v.activity_loads_n.value[name]), "N", say("method.load", activity=name), 0.0)
    pressure = v.standing_pressure_mpa.value[name]
    for_one_newton = response.pressure_mpa(response.motion(1.0), response.model.discs[-1])
    force = pressure / for_one_newton * settings.weight_kg / v.measured_weight_kg.number
    words = {"activity": name, "mpa": pressure, "weight": f"{settings.weight_kg:g}"}
    return Measured(force, "N", say("method.load_by_pressure", man=v.measured_weight_kg.value, **words), 0.0)


def values_of(response: SegmentResponse, segment: Segment, force_n: float, forward_mm: float = 0.0) -> Values:
    """Every quantity at every place under a force that runs ``forward_mm`` before the line of load."""
    motion = response.motion(force_n, forward_mm)
    out: Values = {("stiffness", "segment"): response.axial_n_mm}
    pairs = list(zip(segment.levels, segment.levels[1:], response.model.discs, strict=False))
    for above, below, disc in pairs:
        out["pressure", f"{above}-{below}"] = response.pressure_mpa(motion, disc)
    for above, below, disc in pairs:
        for place, is_upper in ((f"{above} lower", True), (f"{below} upper", False)):
            out["bulge", place] = UM_PER_MM * response.bulge_mm(motion, disc, of_upper_bone=is_upper)
            out["stress", place] = response.endplate_stress_mpa(motion, disc, of_upper_bone=is_upper)
    for level in segment.strength_n:
        out["strain", str(level)] = 100 * response.strain_of_body(motion, segment.number(level))
    for level, strength in segment.strength_n.items():
        out["load_to_strength", str(level)] = force_n / strength
    return dict(sorted(out.items(), key=lambda item: list(UNITS).index(item[0][0])))


def measured(key: Key, value: float, spread: float = 0.0) -> Measured:
    """A number of a segment with its unit and how it came about."""
    words = {
        "share": v.critical_share_pct.value,
        "quantile": v.stress_quantile_pct.value,
        "mm": v.bony_endplate_mm.value,
        "factor": bone_values.stiffness_based_factor.value,
    }
    return Measured(value, UNITS[key[0]], say(f"method.{key[0]}", **words), spread)


def changes(before: Values, afters: Sequence[Values]) -> tuple[Change, ...]:
    """Before, the mean of what may come after, and the change; the spread is half of what ``afters`` span."""
    bulges = [abs(value) for (quantity, _), value in before.items() if quantity == "bulge"]
    least = v.least_bulge_share.number * max(bulges, default=0.0)
    return tuple(_change(key, value, [a[key] for a in afters], least) for key, value in before.items())


def _change(key: Key, before: float, after: Sequence[float], least_bulge: float) -> Change:
    middle, spread = (max(after) + min(after)) / 2, (max(after) - min(after)) / 2
    is_bulge = key[0] == "bulge"
    method = say("method.change_of_bulge" if is_bulge else "method.change")
    pct: Number
    if is_bulge and not before > least_bulge:
        pct = Unknown(say("unknown.flat"))
    elif before == 0:
        pct = Unknown(say("unknown.nothing"))
    else:
        pct = Measured(100 * (middle / before - 1), "%", method, abs(100 * spread / before))
    return Change(*key, measured(key, before), measured(key, middle, spread), pct)
