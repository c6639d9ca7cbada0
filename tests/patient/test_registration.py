"""An MRI is laid back on the CT to within a millimetre, and one that does not belong there is refused."""

from dataclasses import replace

import numpy as np
import pytest

from vertebro.kernels.alignment import grey_levels, mutual_information, rigid, turned_deg
from vertebro.patient import registration_search
from vertebro.patient.registration import Alignment, align, moved_spine
from vertebro.patient.synthetic import (
    Fracture,
    MrImages,
    MrScan,
    SyntheticPatient,
    SyntheticSpec,
    mr_scan,
    synthetic_patient,
)
from vertebro.patient.volume import Volume
from vertebro.vocabulary.known import Unknown
from vertebro.vocabulary.levels import Level

LAY = MrScan(turn_deg=(6.0, 3.0, -4.0), move_mm=(8.0, -15.0, 45.0), shading=0.3)


@pytest.fixture(scope="module")
def her() -> SyntheticPatient:
    broken = (Fracture.wedge(Level.L1, 33.0),)
    return synthetic_patient(
        SyntheticSpec(top=Level.T11, bottom=Level.L4, spacing_mm=(1.05, 1.05, 1.05), fractures=broken)
    )


@pytest.fixture(scope="module")
def scanned(her: SyntheticPatient) -> MrImages:
    return mr_scan(her, LAY)


def off(found: Alignment, images: MrImages, her: SyntheticPatient) -> tuple[float, float]:
    """How far any vertebra is from its place, mm, and the angle between the motions, degrees."""
    centres = np.array([x.frame.origin_mm for x in her.truth.vertebrae.values()])
    places = [centres @ m[:3, :3].T + m[:3, 3] for m in (found.ct_to_mri, images.ct_to_mri)]
    return (
        float(np.linalg.norm(places[0] - places[1], axis=1).max()),
        turned_deg(found.ct_to_mri @ np.linalg.inv(images.ct_to_mri)),
    )


@pytest.mark.parametrize("name", ["stir", "t1"])
def test_a_moved_and_turned_mri_is_laid_back(her: SyntheticPatient, scanned: MrImages, name: str) -> None:
    pytest.importorskip("SimpleITK")
    found = align(her.ct, her.spine(), getattr(scanned, name), False)
    assert isinstance(found, Alignment), found
    mm, degrees = off(found, scanned, her)
    assert mm < 1.3 and degrees < 1.0
    assert found.numbers["fit_one_vertebra_off"] < 0.85
    assert found.misfit_mm < 2.5 and found.notes


def flipped(image: Volume, axes: int | tuple[int, ...]) -> Volume:
    return replace(image, values=np.ascontiguousarray(np.flip(image.values, axes)))


def scaled(image: Volume, by: float) -> Volume:
    """The MRI of a person of another size."""
    return replace(image, affine_mm=image.affine_mm @ np.diag([by, by, by, 1.0]))


@pytest.mark.parametrize(
    ("change", "why"),
    [
        (lambda i: flipped(i, 0), "left and right"),
        pytest.param(lambda i: flipped(i, 2), "head and feet", marks=pytest.mark.slow),
        (lambda i: scaled(i, 0.88), "could not be laid"),
    ],
    ids=["mirrored", "upside down", "a smaller person"],
)
def test_what_does_not_belong_there_is_refused(
    her: SyntheticPatient, scanned: MrImages, change: object, why: str
) -> None:
    pytest.importorskip("SimpleITK")
    assert callable(change)
    found = align(her.ct, her.spine(), change(scanned.t1), False)
    assert isinstance(found, Unknown) and why in found.why


@pytest.mark.slow
def test_other_levels_in_view_are_refused(her: SyntheticPatient) -> None:
    pytest.importorskip("SimpleITK")
    other = synthetic_patient(SyntheticSpec(top=Level.T9, bottom=Level.T12, spacing_mm=(1.05, 1.05, 1.05)))
    found = align(her.ct, her.spine(), mr_scan(other, MrScan()).t1, False)
    assert isinstance(found, Unknown)


def test_somebodys_word_that_the_two_lie_on_each_other_is_tested(her: SyntheticPatient) -> None:
    straight, moved = mr_scan(her, MrScan()), mr_scan(her, MrScan(move_mm=(0.0, 0.0, 9.0)))
    found = align(her.ct, her.spine(), straight.t1, True)
    assert isinstance(found, Alignment) and np.array_equal(found.ct_to_mri, np.eye(4))
    assert isinstance(align(her.ct, her.spine(), moved.t1, True), Unknown)


def test_without_the_extra_the_answer_says_how_to_get_it(
    her: SyntheticPatient, scanned: MrImages, monkeypatch: pytest.MonkeyPatch
) -> None:
    def missing(name: str) -> None:
        raise ImportError(name)

    monkeypatch.setattr(registration_search, "import_module", missing)
    found = align(her.ct, her.spine(), scanned.t1, False)
    assert isinstance(found, Unknown) and "vertebro[registration]" in found.why


def test_a_spine_is_carried_along_without_resampling(her: SyntheticPatient) -> None:
    motion = rigid((5, 0, 0), (1, 2, 3), np.zeros(3))
    moved = moved_spine(her.spine(), motion)
    for one in her.spine():
        there = moved[one.level]
        assert there.mask.values is not None and np.array_equal(there.mask.values, one.mask.values)
        assert np.allclose(there.centre_mm, motion[:3, :3] @ one.centre_mm + motion[:3, 3])


def test_mutual_information_is_that_of_the_textbook() -> None:
    one = grey_levels(np.repeat(np.arange(24.0), 400))
    rng = np.random.default_rng(0)
    assert mutual_information(one, one) == pytest.approx(np.log(24), rel=0.02)
    assert mutual_information(one, one[::-1].copy()) == pytest.approx(np.log(24), rel=0.02)
    assert mutual_information(one, rng.permutation(one)) < 0.05


def test_no_ct_means_no_registration(her: SyntheticPatient, scanned: MrImages) -> None:
    found = align(Unknown("no CT was given"), her.spine(), scanned.stir, False)
    assert isinstance(found, Unknown) and "no CT was given" in found.why
    said = align(Unknown("no CT was given"), her.spine(), scanned.stir, True)
    assert isinstance(said, Alignment) and "could not be tested" in said.notes[0]
