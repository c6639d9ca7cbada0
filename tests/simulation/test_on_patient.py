"""A kyphoplasty of a case from its plan: balloons where the needles lead, cement, neighbours; refusals."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from numpy.testing import assert_allclose

from vertebro.formats.casefile import read_case
from vertebro.patient.spine import Spine
from vertebro.patient.synthetic import SyntheticPatient
from vertebro.patient.volume import Volume
from vertebro.procedures.procedure import Asked, technique
from vertebro.procedures.site import Site, site_of
from vertebro.procedures.trajectory import Plan
from vertebro.simulation.augmented import Augmented
from vertebro.simulation.inflation import Inflation
from vertebro.simulation.on_patient import (
    OnPatient,
    balloons_of,
    cement_after,
    inflated,
    on_patient,
    strengthened,
)
from vertebro.vocabulary.known import Unknown
from vertebro.vocabulary.levels import Level
from vertebro.vocabulary.measured import Measured


@pytest.fixture(scope="module")
def patient(small_patient: SyntheticPatient) -> OnPatient:
    return on_patient(small_patient.case(), Level.L1, 2.0)


@pytest.fixture(scope="module")
def plan(small_patient: SyntheticPatient) -> Plan:
    where = site_of(small_patient.spine(), Level.L1, small_patient.ct)
    assert isinstance(where, Site)
    made = technique("kyphoplasty").plan(where, Asked())
    assert isinstance(made, Plan)
    return made


@pytest.fixture(scope="module")
def after(patient: OnPatient, plan: Plan) -> Inflation:
    done = inflated(patient, plan)
    assert isinstance(done, Inflation), done
    return done


def test_a_balloon_lies_on_its_needle_with_its_front_at_the_target(patient: OnPatient, plan: Plan) -> None:
    for balloon in balloons_of(plan, patient.grid.frame):
        needle = plan.needle(balloon.side)
        front = balloon.shape.middle_mm + balloon.shape.axis * balloon.balloon.length_mm / 2
        assert_allclose(patient.grid.frame.world_mm(front), needle.target_mm, atol=1e-9)
        assert np.sign(front[0]) == balloon.side.sign


def test_a_broken_level_is_filled_and_told_what_it_regains(patient: OnPatient, after: Inflation) -> None:
    assert patient.is_broken
    assert isinstance(patient.height_to_regain, Measured) and patient.height_to_regain.value > 3
    assert after.last.cavity.any() and (after.grid.body | ~after.last.cavity).all()
    assert isinstance(after.last.wall, Measured) and after.last.wall.value >= 2
    inside = after.bone_after.density[after.last.crushed.is_denser]
    assert (inside >= after.grid.density[after.last.crushed.is_denser] - 1e-9).all()


def test_cement_fills_cavity_and_rim_and_makes_it_stiffer(patient: OnPatient, after: Inflation) -> None:
    ml = after.last.volume.value + 1.0
    filled = cement_after(after, ml)
    assert (filled.saturation[after.last.cavity] == 1).all()
    assert filled.saturation[~after.last.cavity].any() and not filled.saturation[~after.grid.body].any()
    told = strengthened(patient, {"kyphoplasty": filled})
    assert isinstance(told, Augmented)
    part = told.restored
    assert isinstance(part["broken"].stiffness, Measured) and isinstance(
        part["kyphoplasty"].stiffness, Measured
    )
    assert part["kyphoplasty"].stiffness.value > part["broken"].stiffness.value


def test_a_plan_without_a_balloon_has_no_inflation(patient: OnPatient, plan: Plan) -> None:
    bare = replace(plan, steps=tuple(s for s in plan.steps if s.name == "access"))
    none = inflated(patient, bare)
    assert isinstance(none, Unknown) and "no balloon" in none.why


@pytest.mark.slow
def test_a_real_ct_of_3_mm_from_plan_to_strength(
    shared_data: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """A healthy L3 under two balloons: it ends by a rule, within the rating, and cement makes it stiffer."""
    folder, data = tmp_path_factory.mktemp("lumbar"), shared_data / "ct_lumbar_ts"
    images = f"ct: {data}/example_ct.nii.gz\nmask: {data}/totalseg.nii.gz\n"
    (folder / "case.yaml").write_text(f"id: lumbar\ndate: 2026-11-22\nlevel: L3\n{images}", encoding="utf-8")
    case = read_case(folder)
    patient = on_patient(case, Level.L3, 2.0)
    assert isinstance(case.spine, Spine) and isinstance(case.ct, Volume) and not patient.is_broken
    where = site_of(case.spine, Level.L3, case.ct)
    assert isinstance(where, Site)
    made = technique("kyphoplasty").plan(where, Asked())
    assert isinstance(made, Plan)
    done = inflated(patient, made)
    assert isinstance(done, Inflation) and done.why
    assert isinstance(done.pressure_margin, Measured) and done.pressure_margin.value >= 0
    assert isinstance(done.last.wall, Measured) and done.last.wall.value >= 2
    told = strengthened(patient, {"after": cement_after(done, done.last.volume.value + 1)})
    stiffer = told.restored["after"].stiffness
    assert isinstance(stiffer, Measured) and 100 < stiffer.value < 250
    assert isinstance(told.broken, Unknown)
