"""A patient and her mirror image, from CT to needle, leak and load next door: only the side changes."""

from dataclasses import dataclass, replace

import numpy as np
import pytest

from vertebro.patient.case import Case
from vertebro.patient.spine import Spine
from vertebro.patient.synthetic import SyntheticPatient
from vertebro.patient.volume import Volume
from vertebro.procedures.procedure import Asked, technique
from vertebro.procedures.site import site_of
from vertebro.procedures.trajectory import Plan, Side, Trajectory
from vertebro.simulation.cement import inject
from vertebro.simulation.cement_model import needle_along, prepared, with_tracks
from vertebro.simulation.injection import CementResult, InjectionNeedle, InjectionSettings
from vertebro.simulation.neighbour_results import Neighbours, NeighbourSettings, Treatment
from vertebro.simulation.neighbours import cement_of, segment_of
from vertebro.simulation.rheology import cement_named
from vertebro.simulation.segment import SegmentSettings
from vertebro.vocabulary.known import Unknown
from vertebro.vocabulary.levels import Level

FLIP = np.diag([-1.0, 1.0, 1.0, 1.0])
COARSE = NeighbourSettings(SegmentSettings(voxel_mm=2.0, has_joints=False), cement_scaling=(0.75,))


@dataclass(frozen=True)
class Treated:
    """One injection, and the load next door."""

    cement: CementResult
    neighbours: Neighbours


def in_a_mirror(volume: Volume) -> Volume:
    return replace(volume, affine_mm=FLIP @ volume.affine_mm)


def mirrored(case: Case) -> Case:
    assert isinstance(case.ct, Volume) and isinstance(case.spine, Spine) and isinstance(case.tissues, Volume)
    spine = Spine({x.level: replace(x, mask=in_a_mirror(x.mask)) for x in case.spine}, "a mirror image")
    return replace(case, ct=in_a_mirror(case.ct), spine=spine, tissues=in_a_mirror(case.tissues))


def planned(case: Case, side: Side) -> Plan:
    assert isinstance(case.ct, Volume) and isinstance(case.spine, Spine)
    site = site_of(case.spine, Level.L1, case.ct)
    assert not isinstance(site, Unknown), site
    plan = technique("vertebroplasty").plan(site, Asked((side,)))
    assert isinstance(plan, Plan), plan
    return plan


def treated(case: Case, needle: InjectionNeedle) -> Treated:
    on = with_tracks(prepared(case, Level.L1).on(2.0), [needle])
    quick = InjectionSettings(local_shear=False, threads=1)
    cement = inject(on.bone, on.outlets, [needle], cement_named("low"), 6.0, quick)
    treatment = Treatment(cement_of(cement), wedge_before_deg=9.0, wedge_after_deg=4.0)
    return Treated(cement, segment_of(case, Level.L1, COARSE).treated(treatment))


@pytest.fixture(scope="module")
def case(small_patient: SyntheticPatient) -> Case:
    return small_patient.case()


@pytest.fixture(scope="module")
def paths(case: Case) -> tuple[Trajectory, Trajectory]:
    """The needle on her right, and that on the left of her mirror image."""
    return planned(case, Side.RIGHT).needles[0], planned(mirrored(case), Side.LEFT).needles[0]


@pytest.fixture(scope="module")
def both(case: Case, paths: tuple[Trajectory, Trajectory]) -> tuple[Treated, Treated]:
    """By one needle and its mirror image."""
    here = needle_along(paths[0])
    assert here.entry_mm is not None
    turn = FLIP[:3, :3]
    there = replace(here, tip_mm=turn @ here.tip_mm, entry_mm=turn @ here.entry_mm)
    return treated(case, here), treated(mirrored(case), there)


def test_the_planned_needle_is_the_mirrored_needle(paths: tuple[Trajectory, Trajectory]) -> None:
    """But for the steps in which paths are tried: some are as good as others two or three mm beside."""
    here, there = paths
    assert here.side is Side.RIGHT and there.side is Side.LEFT and here.route is there.route
    assert here.needle == there.needle and abs(here.entry_mm[0]) > 15  # far from the middle: sides differ
    for place in ("entry_mm", "target_mm"):
        assert np.linalg.norm(getattr(here, place) - FLIP[:3, :3] @ getattr(there, place)) < 4


def test_cement_and_leak_are_on_the_other_side(both: tuple[Treated, Treated]) -> None:
    here, there = (t.cement for t in both)
    assert here.spread.right_of_middle > 0.6
    assert there.spread.right_of_middle == pytest.approx(1 - here.spread.right_of_middle, abs=0.05)
    one, other = (
        {o.name: ml for o, ml in zip(c.outlets, c.course.leak_ml[:, -1], strict=True)} for c in (here, there)
    )
    for name in one:
        swapped = name.replace("right", "*").replace("left", "right").replace("*", "left")
        assert other[swapped] == pytest.approx(one[name], rel=0.25, abs=0.02), name
    assert there.most_bone_kpa == pytest.approx(here.most_bone_kpa, rel=0.1)


def test_the_load_next_door_is_the_same(both: tuple[Treated, Treated]) -> None:
    here, there = (t.neighbours for t in both)
    assert there.load.value == here.load.value
    for now, then in zip(here.now, there.now, strict=True):
        assert (now.quantity, now.place) == (then.quantity, then.place)
        assert then.value.value == pytest.approx(now.value.value, rel=0.05, abs=1e-3), now
    assert not isinstance(here.cement, Unknown) and not isinstance(there.cement, Unknown)
    pressures = [[c.after.value for c in n.cement if c.quantity == "pressure"] for n in (here, there)]  # type: ignore[union-attr]
    assert pressures[1] == pytest.approx(pressures[0], rel=0.02) and len(pressures[0]) == 2
