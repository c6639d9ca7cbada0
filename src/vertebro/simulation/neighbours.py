"""What cement and a wedge do to the discs and vertebrae next door: a mechanical estimate, apart by cause."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from functools import cached_property
from types import MappingProxyType

import numpy as np

from vertebro.errors import BadAnatomy, NotConverged
from vertebro.fracture.density import cautions as density_cautions
from vertebro.fracture.density import contrast_of
from vertebro.fracture.expected import Expected
from vertebro.fracture.findings import Calibration, Number
from vertebro.fracture.measure import Measurable, measurable
from vertebro.fracture.shape import BodyShape
from vertebro.kernels.resources import processors
from vertebro.patient.case import Case
from vertebro.patient.spine import Spine
from vertebro.patient.volume import Volume
from vertebro.simulation.discs import Tissue, v
from vertebro.simulation.injection import CementResult
from vertebro.simulation.neighbour_loads import (
    Segment,
    Values,
    changes,
    frame_of,
    load_of,
    measured,
    strengths_n,
    values_of,
)
from vertebro.simulation.neighbour_results import (
    EVIDENCE,
    Alignment,
    Band,
    Change,
    Neighbours,
    NeighbourSettings,
    Reading,
    Treatment,
    say,
)
from vertebro.simulation.posture import Posture
from vertebro.simulation.segment import (
    SaturationField,
    SegmentGrid,
    SegmentModel,
    build_segment,
    segment_grid,
    with_cement,
)
from vertebro.simulation.segment_response import SegmentResponse, respond_segment
from vertebro.simulation.vertebra_grid import (
    BonyVertebra,
    bony_vertebra,
    calibration_needed,
    images_of,
    whole_vertebra,
)
from vertebro.vocabulary.known import Unknown
from vertebro.vocabulary.levels import Level
from vertebro.vocabulary.measured import Measured

Progress = Callable[[str], None]


@dataclass(frozen=True)
class PreparedSegment:
    """A segment of one patient, solved once without cement; every treatment of it is quick to add."""

    segment: Segment
    settings: NeighbourSettings
    calibration: Calibration
    seen: Measurable
    untreated: SegmentResponse
    left_out: tuple[tuple[str, str], ...]
    cautions: tuple[str, ...]

    @property
    def load(self) -> Measured:
        """The force along the spine without any wedge."""
        return load_of(self.settings, self.untreated)

    def cemented(
        self, cement: SaturationField, scaling: float, threads: int | None = None
    ) -> SegmentResponse | Unknown:
        """The same segment, solved with cement in the treated vertebra."""
        model, level = self.untreated.model, self.segment.treated
        filled = with_cement(model, self.segment.number(level), cement, scaling)
        if np.array_equal(filled.young_mpa, model.young_mpa):
            return Unknown(say("unknown.cement_elsewhere", level=level))
        try:
            return respond_segment(filled, self.untreated, threads)
        except NotConverged as fault:
            return Unknown(say("unknown.not_converged", why=str(fault).splitlines()[0]))

    @cached_property
    def _now(self) -> Values:
        return values_of(self.untreated, self.segment, self.load.value)

    @cached_property
    def _counted(self) -> dict[str, int | float]:
        return _counts(self.untreated, self.segment)

    @cached_property
    def _aligned(self) -> dict[tuple[float | None, float | None], tuple[Alignment, ...] | Unknown]:
        """What wedges do, worked out before: cement has no part in it."""
        return {}

    def treated(self, treatment: Treatment) -> Neighbours:
        """What a treatment does next door."""
        now, wedges = self._now, (treatment.wedge_before_deg, treatment.wedge_after_deg)
        if wedges not in self._aligned:
            self._aligned[wedges] = _by_alignment(self, treatment)
        alignment = self._aligned[wedges]
        return Neighbours(
            level=self.segment.treated,
            levels=self.segment.levels,
            settings=self.settings,
            calibration=self.calibration,
            load=self.load,
            model=MappingProxyType(self._counted),
            now=tuple(Reading(*key, measured(key, value)) for key, value in now.items()),
            cement=_by_cement(self, treatment, now),
            alignment=alignment,
            bands=_bands(),
            evidence=EVIDENCE,
            cautions=(*self.cautions, *_beyond(alignment)),
            not_done=(*self.left_out, *_never_done()),
        )


def neighbours_of(
    case: Case,
    level: Level,
    treatment: Treatment,
    settings: NeighbourSettings | None = None,
    tell: Progress = lambda _: None,
) -> Neighbours:
    """What a treatment of a level does next door; refuses a case without calibrated density or neighbours."""
    return segment_of(case, level, settings, tell).treated(treatment)


def segment_of(
    case: Case, level: Level, settings: NeighbourSettings | None = None, tell: Progress = lambda _: None
) -> PreparedSegment:
    """The segment around a level, solved without cement: what a caller keeps for several treatments."""
    settings = settings or NeighbourSettings()
    ct, spine = images_of(case)
    calibration = calibration_needed(case)
    seen = measurable(spine, ct)
    given, left_out = _vertebrae(ct, spine, level, seen, calibration)
    tell(say("tell.segment", levels=", ".join(map(str, given))))
    grid = segment_grid(list(given.values()), frame_of(given, level), settings.segment.voxel_mm)
    untreated, said = _solved(grid, settings)
    others = [n for n in given if n is not level]
    return PreparedSegment(
        segment=Segment(given, level, strengths_n(given, others, settings.segment)),
        settings=settings,
        calibration=calibration,
        seen=seen,
        untreated=untreated,
        left_out=tuple(left_out),
        cautions=(
            *_cautions(ct, untreated.model, level, seen),
            *_about_the_load(settings),
            *said,
            *density_cautions(calibration, contrast_of(case), ()),
        ),
    )


def _solved(grid: SegmentGrid, settings: NeighbourSettings) -> tuple[SegmentResponse, tuple[str, ...]]:
    """The segment without cement; where what lies behind the bodies defeats the solver, that is left out."""
    try:
        return respond_segment(build_segment(grid, settings.segment)), ()
    except NotConverged:
        if not settings.segment.has_joints:
            raise
        bodies = replace(settings.segment, has_joints=False)
        return respond_segment(build_segment(grid, bodies)), (say("caution.no_arches"),)


def cement_of(result: CementResult) -> SaturationField:
    """The cement of a simulated injection, for a ``Treatment``."""
    return SaturationField(result.cement_share, result.bone.grid.affine_mm)


def _vertebrae(
    ct: Volume, spine: Spine, level: Level, seen: Measurable, calibration: Calibration
) -> tuple[dict[Level, BonyVertebra], list[tuple[str, str]]]:
    """The level and its neighbours from the top down, and which neighbour cannot be used and why."""
    near = {level: bony_vertebra(ct, whole_vertebra(spine, level), seen.bodies[level], calibration)}
    left_out = []
    for side, found in (("above", spine.above(level)), ("below", spine.below(level))):
        what = say(f"not_done.{side}", level=level)
        if found is None:
            left_out.append((what, say("unknown.no_neighbour")))
            continue
        try:
            whole = whole_vertebra(spine, found.level)
            near[found.level] = bony_vertebra(ct, whole, seen.bodies[found.level], calibration)
        except BadAnatomy as fault:
            left_out.append((what, fault.found))
    if len(near) == 1:
        raise BadAnatomy(
            f"No neighbour of {level} can be used: " + "; ".join(why for _, why in left_out),
            "a whole vertebra above or below it",
            "Take an image and a mask that reach beyond the level.",
        )
    return dict(sorted(near.items(), key=lambda item: item[0].order)), left_out


def _by_cement(of: PreparedSegment, treatment: Treatment, now: Values) -> tuple[Change, ...] | Unknown:
    """The same segment under the same load with the cement in place."""
    if treatment.cement is None:
        return Unknown(say("unknown.no_cement"))
    cement, scalings = treatment.cement, of.settings.cement_scaling
    threads = max(1, processors() // len(scalings))
    with ThreadPoolExecutor(processors()) as pool:
        responses = list(pool.map(lambda scaling: of.cemented(cement, scaling, threads), scalings))
    afters: list[Values] = []
    for response in responses:
        if isinstance(response, Unknown):
            return response
        afters.append(values_of(response, of.segment, of.load.value))
    return changes(now, afters)


def _by_alignment(of: PreparedSegment, treatment: Treatment) -> tuple[Alignment, ...] | Unknown:
    """The same segment without cement under the loads that the wedge before and after call for."""
    before = wedge_before(of.segment.treated, treatment, of.seen)
    if isinstance(before, Unknown):
        return before
    if treatment.wedge_after_deg is None:
        return Unknown(say("unknown.wedge_after"))
    after = Measured(treatment.wedge_after_deg, "deg", say("method.wedge_given"), 0.0)
    postures = {"uncompensated": Posture(), "compensated": Posture(compensation=v.compensation.number)}
    return tuple(_in_posture(name, posture, (before, after), of) for name, posture in postures.items())


def _in_posture(
    name: str,
    posture: Posture,
    wedges: tuple[Measured, Measured],
    of: PreparedSegment,
) -> Alignment:
    loads = [_load(posture, wedge, of.load.value) for wedge in wedges]
    places = [posture.forward_mm(wedge.value) for wedge in wedges]
    before, after = (
        values_of(of.untreated, of.segment, load.value, forward)
        for load, forward in zip(loads, places, strict=True)
    )
    over = 100 / of.load.value
    return Alignment(
        posture=name,
        wedge_before=wedges[0],
        wedge_after=wedges[1],
        load_before=loads[0],
        load_after=loads[1],
        over_straight=Measured(
            over * loads[1].value - 100, "%", say("method.over_straight"), over * loads[1].spread
        ),
        changes=changes(before, [after]),
    )


def _load(posture: Posture, wedge: Measured, straight_n: float) -> Measured:
    """The compression under a wedge in N, with the spread the angle gives it."""
    force = straight_n * posture.load_ratio(wedge.value)
    ends = [straight_n * posture.load_ratio(wedge.value + sign * wedge.spread) for sign in (-1, 1)]
    return Measured(force, "N", say("method.posture"), abs(ends[1] - ends[0]) / 2)


def wedge_before(level: Level, treatment: Treatment, seen: Measurable) -> Number:
    """The wedge as told, or how many degrees more than the unbroken body the CT shows."""
    if treatment.wedge_before_deg is not None:
        return Measured(treatment.wedge_before_deg, "deg", say("method.wedge_given"), 0.0)
    shape, expected = seen.shapes[level], seen.expected.get(level)
    if not isinstance(shape, BodyShape) or not isinstance(expected, Expected):
        why = (
            shape.why if isinstance(shape, Unknown) else getattr(expected, "why", say("unknown.no_expected"))
        )
        return Unknown(say("unknown.wedge_before", why=why))
    depth = shape.body.depth_mm
    front, _, back = seen.heights[level]
    own, usual = back.value - front.value, float(expected.value_mm[2] - expected.value_mm[0])
    angle = [np.degrees(2 * np.arctan(step / 2 / depth)) for step in (own, usual)]
    spreads = [front.spread, back.spread, float(expected.spread_mm[0]), float(expected.spread_mm[2])]
    spread = float(np.degrees(np.linalg.norm(spreads) / depth))
    more, widest = float(angle[0] - angle[1]), v.widest_wedge_deg.number
    if abs(more) + spread > widest:
        return Unknown(
            say("unknown.widest", wedge=f"{more:.0f}", spread=f"{spread:.0f}", widest=f"{widest:g}")
        )
    if more < 0:  # a crush: what is published is the effect of a front that is lower
        return Unknown(say("unknown.no_wedge", wedge=f"{more:.1f}", spread=f"{spread:.1f}"))
    return Measured(more, "deg", say("method.wedge_measured"), spread)


def _counts(response: SegmentResponse, segment: Segment) -> dict[str, int | float]:
    model = response.model
    motion = response.motion(1.0)
    out: dict[str, int | float] = {
        "elements": model.elements,
        "voxel_mm": model.grid.edge_mm,
        "islands_removed_voxels": model.dropped_voxels,
        "bone_given_to_discs_voxels": sum(d.bone_taken for d in model.discs),
    }
    for n, (above, below, disc) in enumerate(
        zip(segment.levels, segment.levels[1:], model.discs, strict=False), start=1
    ):
        place = f"{above}-{below}"
        out[f"disc_area_mm2 {place}"] = disc.area_mm2(model.grid.edge_mm)
        out[f"disc_height_mm {place}"] = round(disc.height_mm(model.grid.edge_mm), 1)
        out[f"joint_share {place}"] = round(response.joint_share(motion, n), 3)
    return out


def _bands() -> tuple[Band, ...]:
    alone, most = v.cement_alone_pct, v.pressure_gain_pct
    least = v.compensated_gain_pct
    return (
        Band("cement", min(alone.value.values()), max(alone.value.values()), (alone, v.baroud_change_pct)),
        Band("alignment", min(least.value.values()), max(most.value.values()), (least, most)),
    )


def _beyond(alignment: tuple[Alignment, ...] | Unknown) -> tuple[str, ...]:
    """What to say where a wedge is larger than the published ones that the levers are fitted to."""
    fitted = Posture().wedge_of(max(v.muscle_gain_pct.value.values()) / 100)
    wedges = () if isinstance(alignment, Unknown) else (alignment[0].wedge_before, alignment[0].wedge_after)
    widest = max((wedge.value for wedge in wedges), default=0.0)
    return (say("caution.beyond", wedge=f"{widest:.0f}", fitted=f"{fitted:.0f}"),) if widest > fitted else ()


def _cautions(ct: Volume, model: SegmentModel, level: Level, seen: Measurable) -> tuple[str, ...]:
    low, high = (v.pressure_shift_pct.value[n] for n in ("low", "high"))
    said = [say("caution.estimate"), say("caution.discs", low=low, high=high)]
    has_joint = bool((model.tissue == Tissue.JOINT).any())
    said += [say("caution.joints" if has_joint else "caution.no_joints")]
    said += [say("caution.spread"), say("caution.lever")]
    if level in seen.broken:
        said.append(say("caution.broken", level=level))
    coarse = float(ct.spacing_mm.max())
    if coarse > v.coarse_edge_mm.number:
        said.append(say("caution.coarse", ct=f"{coarse:.1f}"))
    taken = sum(d.bone_taken for d in model.discs)
    if taken:
        said.append(say("caution.taken", n=taken, mm=v.least_disc_mm.value))
    if model.empty_voxels:
        said.append(say("caution.empty", n=model.empty_voxels))
    if model.dropped_voxels:
        said.append(say("caution.dropped", n=model.dropped_voxels))
    return tuple(said)


def _about_the_load(settings: NeighbourSettings) -> tuple[str, ...]:
    is_rig = settings.activity in v.activity_loads_n.value
    return (say("caution.loads") if is_rig else say("caution.load_by_pressure"),)


def _never_done() -> tuple[tuple[str, str], ...]:
    return tuple((say(f"not_done.{n}"), say(f"not_done.{n}_why")) for n in ("nonlinear", "muscles", "sink"))
