"""Oedema on STIR against a known truth: fractions, noise, shading, orientation, voxels; and when not."""

from dataclasses import replace

import numpy as np
import pytest
from mri_of_known_truth import SAID, patient, with_mri

from vertebro.fracture.measure import measure
from vertebro.fracture.oedema import extent_of
from vertebro.patient.mri import Mri, MrImage, MrSequence
from vertebro.patient.synthetic import MrScan, SyntheticPatient
from vertebro.patient.volume import Volume
from vertebro.vocabulary.grades import OedemaExtent, Quantity
from vertebro.vocabulary.known import Unknown
from vertebro.vocabulary.levels import Level
from vertebro.vocabulary.measured import Graded, Measured

WITHIN_PCT = 5.0
"""Error of the part with oedema, in per cent of the body, as docs/mri.md states it."""

THICK = MrScan()


@pytest.fixture(scope="module")
def her() -> SyntheticPatient:
    return patient(0.6)


def part(found: object) -> Measured:
    assert isinstance(found, Measured), found
    return found


@pytest.mark.parametrize("oedema", [0.0, 0.2, 0.4, 1.0])
def test_the_part_with_oedema_is_found_and_the_spread_is_honest(oedema: float) -> None:
    built = patient(oedema)
    found = part(with_mri(built, THICK)[Level.L1].oedema_fraction)
    error = abs(found.value - built.truth[Level.L1].oedema_pct)
    assert error < WITHIN_PCT
    assert error < 2 * found.spread < 12


@pytest.mark.parametrize(
    "scan",
    [
        MrScan(noise=40, seed=2),
        MrScan(shading=0.5),
        MrScan(axis_codes="PIR"),
        MrScan(axis_codes="RAS", turn_deg=(6, -4, 5)),
        MrScan(spacing_mm=(5.0, 0.6, 0.6)),
        pytest.param(MrScan(spacing_mm=(1.2, 1.2, 1.2)), marks=pytest.mark.slow),
    ],
    ids=["noise", "shading", "PIR", "turned", "5 mm slices", "cubes"],
)
def test_noise_shading_orientation_and_voxels_do_not_change_it(her: SyntheticPatient, scan: MrScan) -> None:
    findings = with_mri(her, scan)
    found = part(findings[Level.L1].oedema_fraction)
    assert abs(found.value - 60) < WITHIN_PCT
    for level in (Level.T12, Level.L2):
        healthy = part(findings[level].oedema_fraction)
        assert healthy.value < 1, level
        assert isinstance(findings[level].oedema_extent, Graded)


def test_a_fluid_cleft_is_seen_and_oedema_alone_is_none(her: SyntheticPatient) -> None:
    with_fluid = with_mri(patient(0.6, has_fluid=True), THICK)[Level.L1].cleft_fluid
    assert isinstance(with_fluid, Graded) and with_fluid.value and with_fluid.is_certain
    without = with_mri(her, THICK)
    for level in (Level.T12, Level.L1, Level.L2):
        found = without[level].cleft_fluid
        assert isinstance(found, Graded) and not found.value and not found.is_certain  # never ruled out


def test_another_vertebra_with_oedema_is_no_reference_and_is_named(her: SyntheticPatient) -> None:
    findings = with_mri(replace(her, stir=_brightened(her, Level.L3)), THICK)
    assert not isinstance(findings.mri, Unknown) and not isinstance(findings.mri.references, Unknown)
    assert Level.L3 not in findings.mri.references
    assert part(findings[Level.L3].oedema_fraction).value > 90
    assert abs(part(findings[Level.L1].oedema_fraction).value - 60) < WITHIN_PCT
    assert any("other vertebrae" in said and "L3" in said for said in findings.cautions)


def _brightened(built: SyntheticPatient, level: Level) -> Volume:
    """Her STIR with the whole of one unbroken body as bright as oedema."""
    values = built.stir.values.copy()
    mask = built.spine()[level].mask
    corner = np.rint(built.stir.to_index(mask.to_mm(np.zeros(3)))).astype(int)
    box = tuple(slice(c, c + n) for c, n in zip(corner, mask.shape, strict=True))
    values[box][np.asarray(mask.values)] += 500
    return replace(built.stir, values=values)


def test_t2_without_fat_suppression_is_read_and_oedema_is_not_measured(her: SyntheticPatient) -> None:
    findings = with_mri(her, THICK, MrSequence.T2)
    for found in (findings[Level.L1].oedema_fraction, findings[Level.L1].cleft_fluid):
        assert isinstance(found, Unknown) and "no STIR" in found.why and "T2" in found.why


def test_too_few_healthy_vertebrae_or_one_outside_the_picture_are_not_measured(her: SyntheticPatient) -> None:
    few = with_mri(her, MrScan(size_mm=(84, 140, 75)))
    found = few[Level.L1].oedema_fraction
    assert isinstance(found, Unknown) and "healthy vertebrae" in found.why
    outside = few[Level.L4].oedema_fraction
    assert isinstance(outside, Unknown) and "wholly in the MRI" in outside.why


def test_without_an_mri_nothing_is_said_of_oedema(her: SyntheticPatient) -> None:
    found = measure(her.case())[Level.L1].oedema_fraction
    assert found == Unknown("no MRI was given")


def test_an_mri_that_cannot_be_laid_on_the_ct_gives_no_oedema(her: SyntheticPatient) -> None:
    noise = np.random.default_rng(1).uniform(0, 900, (20, 120, 160)).astype(np.float32)
    image = MrImage(Volume(noise, np.diag([4, 1, 1, 1.0]), Quantity.MR_SIGNAL), MrSequence.STIR, SAID)
    findings = measure(replace(her.case(), mri=Mri({MrSequence.STIR: image}, lies_on_ct=True)))
    found = findings[Level.L1].oedema_fraction
    assert isinstance(found, Unknown) and "could not be laid on the CT reliably" in found.why
    assert isinstance(findings.mri, Unknown)


def test_the_steps_of_the_extent_on_both_sides_of_their_limits() -> None:
    steps = {0.4: 0, 0.6: 1, 24.4: 1, 24.6: 2, 74.4: 2, 74.6: 3, 100.0: 3}
    for percent, step in steps.items():
        assert extent_of(Measured(percent, "%", "by hand", 0.0)).value is OedemaExtent(step)
    unsure = extent_of(Measured(24, "%", "by hand", 3.0))
    assert unsure.possible == (OedemaExtent.MINOR, OedemaExtent.MODERATE)
