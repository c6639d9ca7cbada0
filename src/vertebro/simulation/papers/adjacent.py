"""The disc beside a rigid pillar of cement [baroud2003]_, and under a wedge [rohlmann2006]_.

The published model of the pillar is an L4-L5 segment of osteoporotic bone; its shapes and moduli could not be
read. Ours has bodies of that size and trabecular bone of 75 MPa (tables of published models give 100 MPa, and
osteoporotic bone is softer); the pillar stands from end-plate to end-plate. The angles of the published
wedges could not be read either: each is the angle at which the levers give the published muscle force.
"""

from __future__ import annotations

from dataclasses import dataclass

from vertebro.simulation.discs import DISCS
from vertebro.simulation.discs import v as published
from vertebro.simulation.papers.rows import PERCENT, Band, PaperRow, row, v
from vertebro.simulation.papers.segments import phantom, pillar
from vertebro.simulation.posture import Posture
from vertebro.simulation.segment import SegmentSettings, build_segment, with_cement
from vertebro.simulation.segment_response import SegmentResponse, respond_segment

LOAD_N = 600.0
"""The model is linear: a change in per cent is the same under any load."""

TREATED = 2  # the lower body, as published
PILLAR_MM = (18.0, 12.5)
"""Half axes of the pillar, in a body of 23 and 16 mm."""

WEDGES = {"residual wedge": "left", "wedge reduced": "reduced"}
FREE, HELPED = Posture(), Posture(compensation=published.compensation.number)


@dataclass(frozen=True)
class Pillared:
    """A segment without and with a pillar of cement."""

    before: SegmentResponse
    after: SegmentResponse

    def rise_pct(self) -> float:
        """By how much the pressure in the disc rises."""
        low, high = (disc_pressure(r) for r in (self.before, self.after))
        return PERCENT * (high / low - 1)

    def stiffer_pct(self) -> float:
        """By how much the segment becomes stiffer."""
        return PERCENT * (self.after.axial_n_mm / self.before.axial_n_mm - 1)

    def bulge_pct(self, *, of_upper_bone: bool) -> float:
        """What is left of the bulge of an end-plate; below 0: the middle stays up and the rim sinks."""
        low, high = (bulge_mm(r, of_upper_bone=of_upper_bone) for r in (self.before, self.after))
        return PERCENT * high / low


def bulge_mm(response: SegmentResponse, *, of_upper_bone: bool) -> float:
    """How far the middle of an end-plate of the disc is pressed in."""
    disc = response.model.discs[0]
    return response.bulge_mm(response.motion(LOAD_N), disc, of_upper_bone=of_upper_bone)


def disc_pressure(response: SegmentResponse, times: float = 1.0, forward_mm: float = 0.0) -> float:
    """Pressure in the disc under so many times the load, moved forward."""
    motion = response.motion(times * LOAD_N, forward_mm)
    return response.pressure_mpa(motion, response.model.discs[0])


def pillared(discs: str = "nucleus and annulus", half_mm: tuple[float, float] = PILLAR_MM) -> Pillared:
    """The segment of the published size, without and with a pillar in its lower body."""
    grid = phantom()
    model = build_segment(grid, SegmentSettings(discs=DISCS[discs]))
    cemented = with_cement(model, TREATED, pillar(grid, TREATED, half_mm), 1.0)
    return Pillared(respond_segment(model), respond_segment(cemented))


def pillar_rows(found: Pillared) -> tuple[PaperRow, ...]:
    """Bulge, pressure and stiffness against both papers, which disagree on the pressure."""
    told, alone = published.baroud_change_pct, published.cement_alone_pct
    asked, rise = v.bulge_left_pct.value, v.rise_by_cement_pct.value
    bulge = Band.within(f"{told.value['bulge of the end-plate left']:g}", asked, told)
    both = " to ".join(f"{x:g}" for x in sorted(alone.value.values()))
    stiffness, within = told.value["stiffness of the segment"], v.stiffer_within_pct.number
    return (
        row("pillar", "bulge", bulge, found.bulge_pct(of_upper_bone=False)),
        row("pillar", "pressure", Band.within(both, rise, alone), found.rise_pct()),
        row(
            "pillar",
            "stiffness",
            Band(f"{stiffness:g}", stiffness - within, stiffness + within, told),
            found.stiffer_pct(),
        ),
    )


def wedge_deg(wedge: str) -> float:
    """The angle at which the levers give the published muscle force."""
    return FREE.wedge_of(published.muscle_gain_pct.value[wedge] / PERCENT)


def raised_pct(response: SegmentResponse, posture: Posture, angle_deg: float) -> float:
    """Rise of the pressure in the disc under the load a wedge calls for, as next to a patient's level."""
    times, forward = posture.load_ratio(angle_deg), posture.forward_mm(angle_deg)
    return PERCENT * (disc_pressure(response, times, forward) / disc_pressure(response) - 1)


def wedge_rows(untreated: SegmentResponse) -> tuple[PaperRow, ...]:
    """Muscle force and pressure for both wedges, and pressure with compensation."""
    out, within = [], v.wedge_within_pct.number
    for wedge, name in WEDGES.items():
        angle, told = wedge_deg(wedge), published.muscle_gain_pct
        muscles = PERCENT * (FREE.muscle_ratio(angle) - 1)
        out.append(row("wedge", f"muscles_{name}", Band.about(told.value[wedge], within, told), muscles))
        for posture, told, how in (
            (FREE, published.pressure_gain_pct, "free"),
            (HELPED, published.compensated_gain_pct, "compensated"),
        ):
            band = Band.about(told.value[wedge], within, told)
            out.append(row("wedge", f"{how}_{name}", band, raised_pct(untreated, posture, angle)))
    return tuple(out)
