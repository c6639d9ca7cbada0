"""What must not be said: an unknown is broken, a sacrum has an end-plate, grey values that nobody read."""

from dataclasses import replace
from datetime import date

import numpy as np

from vertebro.fracture.measure import measure
from vertebro.guidelines.facts_of import disagreements
from vertebro.patient.case import Case
from vertebro.patient.record import ClinicalRecord
from vertebro.patient.spine import Spine
from vertebro.patient.synthetic import SyntheticPatient
from vertebro.vocabulary.known import Unknown
from vertebro.vocabulary.levels import Level

DAY = date(2026, 11, 22)


def case_of(patient: SyntheticPatient, spine: Spine, with_ct: bool = True, level: Level = Level.L1) -> Case:
    ct = patient.ct if with_ct else Unknown("no CT was given")
    record = ClinicalRecord.of(DAY, mri="oedema")
    return Case("honest", DAY, record, level, ct, spine)


def test_a_sacrum_is_not_measured_as_a_vertebra(small_patient: SyntheticPatient) -> None:
    names = {19: Level.L5, 20: Level.S1}
    labels = replace(
        small_patient.labels,
        values=np.where(small_patient.labels.values > 20, 0, small_patient.labels.values),
    )
    findings = measure(case_of(small_patient, Spine.from_labels(labels, names, "a test"), level=Level.L5))
    for name, found in findings[Level.S1]:
        assert isinstance(found, Unknown) or name == "metal_or_cement", name


def test_a_vertebra_without_a_known_loss_is_not_called_broken(small_patient: SyntheticPatient) -> None:
    alone = Spine.from_labels(small_patient.labels, {21: Level.L2}, "a test")
    findings = measure(case_of(small_patient, alone, level=Level.L2))
    assert isinstance(findings[Level.L2].genant, Unknown)
    assert not any("denser" in caution for caution in findings.cautions)


def test_without_a_ct_nothing_is_said_of_contrast_or_density(small_patient: SyntheticPatient) -> None:
    findings = measure(case_of(small_patient, small_patient.spine(), with_ct=False))
    assert not any("HU" in caution or "density" in caution for caution in findings.cautions)


def test_oedema_at_a_level_that_kept_its_height_is_pointed_out(small_patient: SyntheticPatient) -> None:
    case = case_of(small_patient, small_patient.spine(), level=Level.L2)
    findings = measure(case)
    own = findings[Level.L2]
    certain = replace(own, genant=replace(own.genant, possible=(own.genant.value,)))  # type: ignore[type-var]
    at_l2 = replace(findings, vertebrae={**findings.vertebrae, Level.L2: certain})
    assert any("wrong level" in said for said in disagreements(case, at_l2))
    broken = replace(case, level=Level.L1)
    assert not any("wrong level" in said for said in disagreements(broken, findings))
