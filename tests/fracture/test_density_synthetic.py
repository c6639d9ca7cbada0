"""The synthetic patient: density, gas and contrast agent are found as they were built."""

from collections.abc import Mapping

import numpy as np
import pytest

from vertebro.fracture import density as d
from vertebro.fracture.contents import cleft_gas, metal_or_cement
from vertebro.fracture.findings import Calibration
from vertebro.fracture.tissues import bright_vessel, samples_found, samples_in_mask
from vertebro.fracture.trabecular import trabecular
from vertebro.patient.spine import Vertebra
from vertebro.patient.synthetic import (
    Fracture,
    SyntheticPatient,
    SyntheticSpec,
    VertebraTruth,
    synthetic_patient,
)
from vertebro.patient.synthetic.spec import v as built
from vertebro.patient.volume import Volume
from vertebro.vocabulary.grades import ContrastPhase, Quantity
from vertebro.vocabulary.known import Unknown
from vertebro.vocabulary.levels import Level
from vertebro.vocabulary.measured import Graded, Measured

GRAIN_MG_CM3 = 12.0
"""How far the built-in grain moves the mean of one body from the density it was built with."""


@pytest.fixture(scope="module")
def patient() -> SyntheticPatient:
    broken = Fracture.wedge(Level.L1, 40, cleft=True)
    spacing = (1.05, 1.05, 1.05)
    return synthetic_patient(
        SyntheticSpec(top=Level.T12, bottom=Level.L3, spacing_mm=spacing, fractures=(broken,))
    )


def body_of(bone: Vertebra, truth: VertebraTruth) -> Volume:
    """The part of the bone in front of the truth's posterior wall."""
    at = bone.mask.to_mm(np.moveaxis(np.indices(bone.mask.shape), 0, -1))
    ahead = truth.frame.local_mm(at)[..., 1] > -truth.body.depth_mm / 2
    return Volume(np.asarray(bone.mask.values) & ahead, bone.mask.affine_mm, Quantity.LABEL)


def densities(patient: SyntheticPatient, found: Calibration) -> Mapping[Level, tuple[Measured, float]]:
    """Density read and built of the unbroken levels."""
    out = {}
    for bone in patient.spine():
        truth = patient.truth.vertebrae[bone.level]
        if truth.fracture is None:
            read = trabecular(patient.ct, body_of(bone, truth), truth.frame, found, is_broken=False).density
            assert isinstance(read, Measured), read
            out[bone.level] = (read, truth.trabecular_density_mg_cm3)
    return out


@pytest.mark.parametrize("masked", [True, False])
def test_her_density_is_found_with_and_without_a_tissue_mask(patient: SyntheticPatient, masked: bool) -> None:
    spine = patient.spine()
    samples = samples_in_mask(patient.ct, patient.tissues) if masked else samples_found(patient.ct, spine)
    found = d.internal_calibration(samples)
    assert isinstance(found, Calibration), found
    assert found.numbers["energy_kev"] == pytest.approx(97.0, abs=3)  # she is built with the published case
    pairs = densities(patient, found)
    assert len(pairs) == 3
    for read, true in pairs.values():
        assert read.value == pytest.approx(true, abs=GRAIN_MG_CM3)
    assert np.mean([read.value - true for read, true in pairs.values()]) == pytest.approx(0, abs=7)


def test_the_gas_in_her_cleft_is_found_where_it_is_and_nowhere_else(patient: SyntheticPatient) -> None:
    for bone in patient.spine():
        truth = patient.truth.vertebrae[bone.level]
        gas = cleft_gas(patient.ct, body_of(bone, truth), truth.frame)
        assert isinstance(gas, Measured), gas
        if truth.fracture is None:
            assert gas.value == 0.0
            continue
        gas_hu, bone_hu = built.other_hu.value["gas"], truth.trabecular_hu
        pure = truth.cleft_gas_mm3 * (bone_hu - gas_hu) / (bone_hu + 1000)  # her gas is not built pure
        assert gas.value == pytest.approx(pure, rel=0.15)


def test_a_body_spoiled_by_its_cleft_has_no_density_rather_than_a_low_one(patient: SyntheticPatient) -> None:
    truth = patient.truth.vertebrae[Level.L1]
    read = trabecular(
        patient.ct,
        body_of(patient.spine()[Level.L1], truth),
        truth.frame,
        Unknown("not asked"),
        is_broken=True,
    )
    assert isinstance(read.hu, Unknown) and "Gas" in read.hu.why


def test_she_has_no_metal(patient: SyntheticPatient) -> None:
    for bone in patient.spine():
        found = metal_or_cement(patient.ct, bone.mask)
        assert isinstance(found, Graded) and found.value is False and found.is_certain


def test_contrast_agent_is_noticed_with_and_without_a_mask(patient: SyntheticPatient) -> None:
    spec = SyntheticSpec(top=Level.L1, bottom=Level.L2, spacing_mm=(1.5, 1.5, 3.0), contrast=True)
    bright = synthetic_patient(spec)
    vessel = bright_vessel(bright.ct, bright.spine())
    seen = d.contrast_in_vessels(vessel)
    assert isinstance(seen, Graded) and seen.value is ContrastPhase.LIKELY
    assert isinstance(d.contrast_in_vessels(bright_vessel(patient.ct, patient.spine())), Unknown)
