"""The whole measurement on the synthetic patient, whose every number is known, and on what is missing."""

from dataclasses import replace
from functools import cache

import numpy as np
import pytest

from vertebro.fracture.findings import Findings
from vertebro.fracture.measure import measure
from vertebro.patient.spine import Spine
from vertebro.patient.synthetic import Fracture, SyntheticPatient, SyntheticSpec, synthetic_patient
from vertebro.patient.volume import Volume
from vertebro.vocabulary.grades import FractureShape, GenantGrade, PosteriorWall, Quantity
from vertebro.vocabulary.known import Unknown
from vertebro.vocabulary.levels import Level
from vertebro.vocabulary.measured import Graded, Measured

BROKEN = (
    Fracture.wedge(Level.T12, 35.0),
    Fracture.crush(Level.L2, 30.0, retropulsion_mm=5.0, endplate_defect_mm=4.0),
)


@cache
def patient_of(size: float) -> SyntheticPatient:
    spec = SyntheticSpec(
        seed=2,
        top=Level.T11,
        bottom=Level.L4,
        spacing_mm=(size, size, size),
        rotation_deg=(7.0, -9.0, 11.0),
        axis_codes="PIR",
        fractures=BROKEN,
    )
    return synthetic_patient(spec)


@pytest.fixture(scope="module")
def fine() -> tuple[SyntheticPatient, Findings]:
    patient = patient_of(1.0)
    return patient, measure(patient.case())


@pytest.fixture(scope="module")
def coarse() -> tuple[SyntheticPatient, Findings]:
    patient = patient_of(3.0)
    return patient, measure(patient.case())


def errors(patient: SyntheticPatient, findings: Findings, name: str) -> tuple[np.ndarray, np.ndarray]:
    """Error and spread of one number over all levels."""
    rows = []
    for level, found in findings.vertebrae.items():
        value = getattr(found, name)
        unit = "deg" if name.endswith(("angle", "kyphosis")) else "mm"
        true = getattr(patient.truth[level], name.replace("_angle", "") + f"_{unit}")
        if isinstance(value, Measured) and not isinstance(true, Unknown):
            rows.append((value.value - true, value.spread))
    error, spread = np.array(rows).T
    return error, spread


HEIGHTS = ["anterior_height", "middle_height", "posterior_height"]
ANGLES = ["wedge_angle", "segmental_kyphosis", "local_kyphosis"]


@pytest.mark.parametrize("name", HEIGHTS)
def test_heights_on_1_mm_voxels(fine: tuple[SyntheticPatient, Findings], name: str) -> None:
    error, spread = errors(*fine, name)
    assert np.sqrt(np.mean(error**2)) <= 0.3
    assert np.mean(np.abs(error) <= 2 * spread) >= 0.8


@pytest.mark.parametrize("name", ANGLES)
def test_angles_on_1_mm_voxels(fine: tuple[SyntheticPatient, Findings], name: str) -> None:
    error, spread = errors(*fine, name)
    assert np.abs(error).max() <= 0.5  # also at the crushed body whose wall was pushed back
    assert np.mean(np.abs(error) <= 2 * spread) >= 0.8


@pytest.mark.parametrize("name", HEIGHTS)
def test_heights_on_3_mm_voxels(coarse: tuple[SyntheticPatient, Findings], name: str) -> None:
    error, spread = errors(*coarse, name)
    assert np.sqrt(np.mean(error**2)) <= 0.6
    assert np.mean(np.abs(error) <= 2 * spread) >= 0.8


@pytest.mark.parametrize("name", ANGLES)
def test_angles_on_3_mm_voxels(coarse: tuple[SyntheticPatient, Findings], name: str) -> None:
    error, spread = errors(*coarse, name)
    assert np.median(np.abs(error)) <= 1.0
    assert np.mean(np.abs(error) <= 2 * spread) >= 0.8


def test_grades_and_shapes_are_those_it_was_built_with(fine: tuple[SyntheticPatient, Findings]) -> None:
    _, findings = fine
    for level, found in findings.vertebrae.items():
        assert isinstance(found.genant, Graded)
        assert isinstance(found.shape, Graded)
        built = next((f for f in BROKEN if f.level is level), None)
        grade = GenantGrade.NORMAL if built is None else GenantGrade.MODERATE
        assert found.genant.value is grade
        assert found.shape.value is (FractureShape.NONE if built is None else built.shape)


def test_the_loss_is_that_against_the_body_before(fine: tuple[SyntheticPatient, Findings]) -> None:
    patient, findings = fine
    for level in (Level.T12, Level.L2):
        loss = findings[level].height_loss
        assert isinstance(loss, Measured)
        assert abs(loss.value - max(patient.truth[level].height_loss_pct)) <= loss.spread


def test_the_fragment_and_the_dent_are_found_where_they_are(fine: tuple[SyntheticPatient, Findings]) -> None:
    _, findings = fine
    for level, found in findings.vertebrae.items():
        assert isinstance(found.posterior_wall, Graded)
        assert isinstance(found.endplate_defect, Measured)
        assert isinstance(found.canal_narrowing, Measured)
        pushed = level is Level.L2
        assert (found.posterior_wall.value is PosteriorWall.RETROPULSED) == pushed
        assert (found.endplate_defect.value > 2.0) == pushed
        assert (found.canal_narrowing.value > 20) == pushed


def test_landmarks_lie_on_the_bone_and_name_its_directions(fine: tuple[SyntheticPatient, Findings]) -> None:
    patient, findings = fine
    for level, marks in findings.landmarks.items():
        truth = patient.truth[level]
        assert marks.frame.superior @ truth.frame.superior > np.cos(np.radians(2))
        assert marks.frame.anterior @ truth.frame.anterior > np.cos(np.radians(4))
        assert not isinstance(marks.upper, Unknown)
        for name, point in truth.landmarks_mm().items():
            plate, part = name.split("_")
            near = getattr(getattr(marks, plate), f"{part}_mm")
            assert np.linalg.norm(near - point) < 3.0
        assert (
            marks.posterior_wall_mm[0] @ marks.frame.superior
            > marks.posterior_wall_mm[-1] @ marks.frame.superior
        )


def test_without_a_ct_the_shape_is_measured_and_the_rest_is_unknown() -> None:
    case = replace(patient_of(3.0).case(), ct=Unknown("no CT was given"))
    found = measure(case)[Level.L1]
    assert isinstance(found.anterior_height, Measured)
    assert "mask alone" in found.anterior_height.method
    assert isinstance(found.trabecular_hu, Unknown)
    assert isinstance(found.metal_or_cement, Unknown)


def test_without_a_mask_nothing_is_measured() -> None:
    case = replace(patient_of(3.0).case(), spine=Unknown("no mask was given"), level=Unknown("not named"))
    findings = measure(case)
    assert not findings.vertebrae
    assert "no mask was given" in findings.cautions


def test_what_the_border_cuts_off_is_unknown_and_the_rest_is_not() -> None:
    patient = patient_of(3.0)
    labels = patient.labels.oriented("LPS")
    numbers = {
        int(n): level for n, level in zip(np.unique(labels.values)[1:], patient.spine().levels, strict=True)
    }
    top = np.argwhere(labels.values == min(numbers))[:, 2].max()
    kept = labels.cropped((slice(None), slice(None), slice(0, int(top) - 3)))
    spine = Spine.from_labels(Volume(kept.values, kept.affine_mm, Quantity.LABEL), numbers, "test")
    findings = measure(replace(patient.case(), spine=spine, ct=Unknown("no CT was given")))
    assert isinstance(findings[Level.T11].anterior_height, Unknown)
    assert "upper end-plate" in findings[Level.T11].anterior_height.why
    assert isinstance(findings[Level.L1].anterior_height, Measured)
    assert isinstance(findings[Level.T12].segmental_kyphosis, Unknown)


@pytest.mark.parametrize("axis", [0, 1, 2])
@pytest.mark.parametrize("share", [0.35, 0.6])
def test_a_spine_cut_anywhere_gives_plausible_numbers_or_none(axis: int, share: float) -> None:
    patient = patient_of(3.0)
    labels = patient.labels.oriented("LPS")
    present = np.unique(labels.values)[1:]
    numbers = {int(n): level for n, level in zip(present, patient.spine().levels, strict=True)}
    where = np.argwhere(labels.values > 0)[:, axis]
    cut = int(where.min() + share * (where.max() - where.min()))
    box = tuple(slice(0, cut) if a == axis else slice(None) for a in range(3))
    kept = labels.cropped((box[0], box[1], box[2]))
    spine = Spine.from_labels(Volume(kept.values, kept.affine_mm, Quantity.LABEL), numbers, "test")
    case = replace(patient.case(), spine=spine, level=Unknown("not named"), ct=Unknown("no CT was given"))
    for level, found in measure(case).vertebrae.items():
        for name in HEIGHTS:
            value, true = getattr(found, name), getattr(patient.truth[level], f"{name}_mm")
            assert isinstance(value, Unknown) or abs(value.value - true) <= max(2.5, 3 * value.spread)


def test_a_body_cut_from_the_side_is_not_measured() -> None:
    patient = patient_of(3.0)
    labels = patient.labels.oriented("LPS")
    present = np.unique(labels.values)[1:]
    numbers = {int(n): level for n, level in zip(present, patient.spine().levels, strict=True)}
    middle = int(np.median(np.argwhere(labels.values > 0)[:, 0]))
    kept = labels.cropped((slice(0, middle + 2), slice(None), slice(None)))
    spine = Spine.from_labels(Volume(kept.values, kept.affine_mm, Quantity.LABEL), numbers, "test")
    findings = measure(replace(patient.case(), spine=spine, ct=Unknown("no CT was given")))
    assert all(isinstance(f.middle_height, Unknown) for f in findings.vertebrae.values())
