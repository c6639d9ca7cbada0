"""Density of trabecular bone: phantoms of known tissue, what is missing, and the real scans."""

import csv
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path

import nibabel as nib
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import ndimage
from scipy.optimize import brentq

from vertebro.errors import BadCase, BadGeometry
from vertebro.fracture import density as d
from vertebro.fracture.findings import Calibration
from vertebro.fracture.sampling import hu_under
from vertebro.fracture.tissues import Sample, blocks, bright_vessel, plausible, samples_found, samples_in_mask
from vertebro.fracture.trabecular import context, margin_mm, trabecular, trabecular_region
from vertebro.kernels.calibration import fit_internal, mineral_mg_cm3
from vertebro.patient.case import Case, Phantom
from vertebro.patient.frame import BodyFrame
from vertebro.patient.record import ClinicalRecord
from vertebro.patient.spine import Spine
from vertebro.patient.volume import Volume
from vertebro.vocabulary.grades import ContrastPhase, Quantity
from vertebro.vocabulary.known import Unknown
from vertebro.vocabulary.levels import Level
from vertebro.vocabulary.measured import Graded, Measured

HU = {"adipose": -100.0, "air": -1000.0, "blood": 40.0, "cortical_bone": 1200.0, "skeletal_muscle": 45.0}
LABEL = {"adipose": 91, "air": 92, "blood": 93, "cortical_bone": 94, "skeletal_muscle": 95}
RECORD = ClinicalRecord.of(date(2026, 11, 22))
TRUE_FIT = fit_internal(np.array(list(HU.values())), d.attenuation_of(tuple(HU)))


def hu_of(mg_cm3: float) -> float:
    """The HU a density has on the published scale for these tissues, by bisection."""
    return float(brentq(lambda hu: float(mineral_mg_cm3(hu, TRUE_FIT)) - mg_cm3, -200, 1500))


@dataclass(frozen=True)
class Torso:
    """A slice of a patient with one vertebra: the CT, its spine, its tissue mask, its body and frame."""

    ct: Volume
    spine: Spine
    tissues: Volume
    body: Volume
    frame: BodyFrame


def torso(
    mg_cm3: float = 100.0,
    voxel_mm: tuple[float, float, float] = (1.5, 1.5, 1.5),
    noise_hu: float = 10.0,
    blur_mm: float = 0.7,
    blood_hu: float = 40.0,
) -> Torso:
    """An elliptical patient 220 x 160 mm with fat, muscle, an aorta and one lumbar body (42 x 32 x 27 mm)."""
    size_mm = np.array([240.0, 180.0, 60.0])
    shape = tuple(int(n) for n in np.round(size_mm / voxel_mm))
    affine = np.diag([*voxel_mm, 1.0])
    affine[:3, 3] = -size_mm / 2
    i, j, k = np.indices(shape)
    left, back, up = (affine[a, a] * x + affine[a, 3] for a, x in enumerate((i, j, k)))
    skin = (left / 110) ** 2 + (back / 80) ** 2 < 1
    wall = (left / 90) ** 2 + (back / 60) ** 2 < 1
    body = ((left / 21) ** 2 + (back / 16) ** 2 < 1) & (np.abs(up) < 13.5)
    core = ((left / 19.5) ** 2 + (back / 14.5) ** 2 < 1) & (np.abs(up) < 12)
    arch = (np.hypot(left, back - 26) < 14) & (np.hypot(left, back - 26) > 8) & (np.abs(up) < 10)
    aorta = np.hypot(left - 12, back + 32) < 11
    muscle = (np.hypot(np.abs(left) - 34, back - 30) < 18) & wall
    hu = np.full(shape, HU["air"])
    hu[skin] = HU["adipose"]
    for where, value in (
        (muscle, HU["skeletal_muscle"]),
        (aorta, blood_hu),
        (body | arch, HU["cortical_bone"]),
        (core, hu_of(mg_cm3)),
    ):
        hu[where] = value
    tissues = np.zeros(shape, dtype=int)
    deep = np.hypot(np.abs(left) - 34, back - 30) < 12
    tissues[(left / 120) ** 2 + (back / 88) ** 2 > 1.05] = LABEL["air"]
    tissues[skin & ~wall & (((left / 107) ** 2 + (back / 77) ** 2) < 1)] = LABEL["adipose"]
    tissues[deep] = LABEL["skeletal_muscle"]
    tissues[np.hypot(left - 12, back + 32) < 8] = LABEL["blood"]
    sigma = blur_mm / np.array(voxel_mm)
    rng = np.random.default_rng(7)
    ct = ndimage.gaussian_filter(hu, sigma) + rng.normal(0, noise_hu, shape)
    volume = Volume(ct.astype(np.float32), affine, Quantity.HOUNSFIELD)
    labels = Volume((body | arch).astype(int), affine, Quantity.LABEL)
    parts = Volume(body, affine, Quantity.LABEL)
    spine = Spine.from_labels(labels, {1: Level.L2}, "the phantom", parts)
    inner = spine[Level.L2].body
    assert inner is not None
    centre = inner.to_mm(np.argwhere(inner.values)).mean(axis=0)
    frame = BodyFrame.from_directions(centre, np.array([0.0, -1.0, 0.0]), np.array([0.0, 0.0, 1.0]))
    return Torso(volume, spine, Volume(tissues, affine, Quantity.LABEL), inner, frame)


def with_cortex(samples: dict[str, Sample | Unknown]) -> dict[str, Sample | Unknown]:
    """The samples with a drawn piece of cortex, which no vertebra of a phantom this coarse holds."""
    return samples | {"cortical_bone": Sample("cortical_bone", 1200.0, 50.0, 500, "drawn")}


def calibration(t: Torso) -> Calibration:
    found = d.internal_calibration(with_cortex(dict(samples_in_mask(t.ct, t.tissues))))
    assert isinstance(found, Calibration), found
    return found


@pytest.mark.parametrize("mg_cm3", [40.0, 80.0, 120.0, 200.0])
def test_a_known_density_is_found_again(mg_cm3: float) -> None:
    t = torso(mg_cm3)
    read = trabecular(t.ct, t.body, t.frame, calibration(t), is_broken=False)
    assert isinstance(read.density, Measured)
    assert read.density.value == pytest.approx(mg_cm3, abs=3)
    assert read.density.unit == "mg/cm3"
    assert "K2HPO4" in read.density.method


@pytest.mark.parametrize("noise_hu", [0.5, 30.0, 60.0])
def test_noise_widens_the_spread_and_not_the_mean(noise_hu: float) -> None:
    t = torso(100.0, noise_hu=noise_hu)
    read = trabecular(t.ct, t.body, t.frame, calibration(t), is_broken=False)
    assert isinstance(read.hu, Measured) and isinstance(read.density, Measured)
    assert read.hu.value == pytest.approx(hu_of(100.0), abs=1 + 3 * read.hu.spread)
    assert read.density.value == pytest.approx(100.0, abs=3)
    assert read.hu.spread < 0.3 + 0.1 * noise_hu


@pytest.mark.parametrize("times", [2, 3, 6])
def test_the_cortex_does_not_reach_the_region(times: int) -> None:
    """A shell of 1 mm and 1200 HU under a blur of 2.5 mm, seen by voxels of 1, 1.5 and 3 mm: 1 HU at most."""
    fine_mm, n = 0.5, 120
    x = (np.arange(n) - (n - 1) / 2) * fine_mm
    left, back, up = np.meshgrid(x, x, x, indexing="ij")

    def body(in_mm: float) -> np.ndarray:
        across = (left / (21 - in_mm)) ** 2 + (back / (16 - in_mm)) ** 2 < 1
        return np.asarray(across & (np.abs(up) < 13.5 - in_mm))

    hu = np.where(body(1.0), 120.0, np.where(body(0.0), 1200.0, 40.0))
    hu = ndimage.gaussian_filter(hu, 2.5 / 2.355 / fine_mm)

    def seen(fine: np.ndarray) -> np.ndarray:
        m = n // times
        return np.asarray(fine.reshape(m, times, m, times, m, times).mean(axis=(1, 3, 5)))

    affine = np.diag([times * fine_mm] * 3 + [1.0])
    ct = Volume(seen(hu), affine, Quantity.HOUNSFIELD)
    mask = Volume(seen(body(0.0).astype(float)) >= 0.5, affine, Quantity.LABEL)
    centre = mask.to_mm(np.argwhere(mask.values)).mean(axis=0)
    frame = BodyFrame.from_directions(centre, np.array([0.0, -1.0, 0.0]), np.array([0.0, 0.0, 1.0]))
    read = trabecular(ct, mask, frame, Unknown("not needed here"), is_broken=False)
    assert isinstance(read.hu, Measured)
    assert read.hu.value == pytest.approx(120.0, abs=1.0)
    assert isinstance(read.density, Unknown) and "not needed here" in read.density.why


def test_the_region_keeps_its_margin_and_leaves_the_posterior_third() -> None:
    t = torso()
    region = trabecular_region(t.body, t.frame)
    assert isinstance(region, Volume)
    there = t.frame.local_mm(region.to_mm(np.argwhere(region.values)))
    whole = t.frame.local_mm(t.body.to_mm(np.argwhere(t.body.values)))
    low, high = whole.min(axis=0), whole.max(axis=0)
    assert there[:, 1].min() > low[1] + (high[1] - low[1]) / 3 - 1e-6
    assert (there.max(axis=0) < high - margin_mm(t.body) + 1.5).all()
    assert (there.min(axis=0)[[0, 2]] > low[[0, 2]] + margin_mm(t.body) - 1.5).all()


@pytest.mark.parametrize("codes", ["RAS", "PIR", "SLA"])
def test_the_orientation_of_the_image_changes_nothing(codes: str) -> None:
    t = torso()
    straight = trabecular(t.ct, t.body, t.frame, calibration(t), is_broken=False)
    turned = trabecular(
        t.ct.oriented(codes), t.body.oriented(codes), t.frame, calibration(t), is_broken=False
    )
    assert isinstance(straight.hu, Measured) and isinstance(turned.hu, Measured)
    assert turned.hu.value == pytest.approx(straight.hu.value, abs=1e-6)
    assert turned.hu.spread == pytest.approx(straight.hu.spread, abs=1e-6)


def test_a_thin_body_has_no_region_and_no_density_of_zero() -> None:
    t = torso()
    low = np.abs(t.frame.local_mm(t.body.to_mm(np.moveaxis(np.indices(t.body.shape), 0, -1)))[..., 2]) < 4
    thin = Volume(t.body.values & low, t.body.affine_mm, Quantity.LABEL)
    read = trabecular(t.ct, thin, t.frame, calibration(t), is_broken=True)
    for value in (read.hu, read.density, read.region):
        assert isinstance(value, Unknown) and "mm" in value.why


def test_a_small_region_is_refused_with_its_size() -> None:
    t = torso()
    local = t.frame.local_mm(t.body.to_mm(np.moveaxis(np.indices(t.body.shape), 0, -1)))
    small = Volume(t.body.values & (np.abs(local).max(axis=-1) < 6.1), t.body.affine_mm, Quantity.LABEL)
    read = trabecular(t.ct, small, t.frame, calibration(t), is_broken=False)
    assert isinstance(read.hu, Unknown) and "300 mm³" in read.hu.why


def test_an_empty_body_is_unknown() -> None:
    t = torso()
    empty = Volume(np.zeros(t.body.shape, dtype=bool), t.body.affine_mm, Quantity.LABEL)
    assert isinstance(trabecular_region(empty, t.frame), Unknown)


def test_a_body_outside_the_ct_is_unknown() -> None:
    t = torso()
    cut = t.ct.cropped((slice(0, 80), slice(None), slice(None)))
    read = trabecular(cut, t.body, t.frame, calibration(t), is_broken=False)
    assert isinstance(read.hu, Unknown) and "beyond the CT" in read.hu.why


def test_cement_in_the_region_is_not_bone() -> None:
    t = torso()
    hu = np.array(t.ct.values)
    where = np.argwhere(hu_under(t.ct, t.ct) > -np.inf)
    near = where[np.linalg.norm(t.ct.to_mm(where) - t.frame.origin_mm, axis=1) < 9]
    hu[tuple(near.T)] = 2500
    read = trabecular(replace(t.ct, values=hu), t.body, t.frame, calibration(t), is_broken=False)
    assert isinstance(read.hu, Unknown) and "cement" in read.hu.why


def test_a_broken_body_says_that_impaction_raises_density() -> None:
    t = torso()
    read = trabecular(t.ct, t.body, t.frame, calibration(t), is_broken=True)
    assert isinstance(read.density, Measured) and "impaction" in read.density.method


@pytest.mark.parametrize("voxel_mm", [(1.5, 1.5, 1.5), (0.9, 0.9, 2.5), (3.0, 3.0, 3.0)])
def test_fat_muscle_and_air_are_found_without_a_mask(voxel_mm: tuple[float, float, float]) -> None:
    t = torso(voxel_mm=voxel_mm, noise_hu=30.0)
    found = plausible(samples_found(t.ct, t.spine))
    for name in ("adipose", "air", "skeletal_muscle"):
        sample = found[name]
        assert isinstance(sample, Sample), sample
        assert sample.hu == pytest.approx(HU[name], abs=2.0)
    assert isinstance(found["blood"], Unknown)


def test_without_a_mask_the_density_has_the_spread_of_the_missing_tissues() -> None:
    t = torso(100.0)
    few = d.internal_calibration(samples_found(t.ct, t.spine))
    assert isinstance(few, Calibration) and few.numbers["tissues"] < 5
    read = trabecular(t.ct, t.body, t.frame, few, is_broken=False)
    full = trabecular(t.ct, t.body, t.frame, calibration(t), is_broken=False)
    assert isinstance(read.density, Measured) and isinstance(full.density, Measured)
    assert read.density.spread > full.density.spread
    assert read.density.value == pytest.approx(100.0, abs=2 * read.density.spread)


def test_the_case_prefers_a_phantom_then_the_tissues_then_nothing() -> None:
    t = torso()
    case = Case("x", date(2026, 11, 22), RECORD, Level.L2, t.ct, t.spine, tissues=t.tissues)
    phantom = Phantom(0.8, -2.0, Quantity.HA_MG_CM3, "QRM, 3 May 2026")
    by_phantom = d.calibration_of(replace(case, phantom=phantom))
    assert isinstance(by_phantom, Calibration)
    assert by_phantom.kind == "ha_mg_cm3" and by_phantom.reference == "QRM, 3 May 2026"
    assert float(d.density_mg_cm3(100.0, by_phantom)) == pytest.approx(78.0)
    by_tissue = d.calibration_of(case)
    assert isinstance(by_tissue, Calibration) and by_tissue.kind == "k2hpo4_mg_cm3"
    blank = d.calibration_of(
        replace(case, ct=Unknown("no CT was given"), spine=Unknown("none"), level=Unknown("?"))
    )
    assert isinstance(blank, Unknown) and "no CT was given" in blank.why


@pytest.mark.parametrize(
    ("slope", "intercept", "quantity"),
    [
        (-0.8, 0.0, Quantity.HA_MG_CM3),
        (float("nan"), 0.0, Quantity.HA_MG_CM3),
        (0.8, float("inf"), Quantity.K2HPO4_MG_CM3),
        (0.8, 0.0, Quantity.HOUNSFIELD),
        (0.8, 0.0, Quantity.LABEL),
    ],
)
def test_a_phantom_that_gives_no_density_is_refused(
    slope: float, intercept: float, quantity: Quantity
) -> None:
    with pytest.raises(BadCase, match="density"):
        d.phantom_calibration(Phantom(slope, intercept, quantity, "x"))


def test_what_a_reader_must_know_depends_on_the_calibration() -> None:
    by_phantom = d.phantom_calibration(Phantom(0.8, -2.0, Quantity.HA_MG_CM3, "QRM"))
    plain = Graded(ContrastPhase.NONE, "given", (ContrastPhase.NONE,))
    assert [s for s in d.cautions(by_phantom, plain, ()) if "phantom's own" in s]
    few = d.internal_calibration(samples() | {"blood": Unknown("x")})
    said = d.cautions(few, plain, (Level.T12, Level.L1))
    assert any("T12, L1" in s for s in said) and any("Only 4 of 5" in s for s in said)


def test_a_calibrated_image_says_its_kind_and_is_not_calibrated_twice() -> None:
    t = torso()
    found = calibration(t)
    image = d.calibrated(t.ct, found)
    assert image.quantity is Quantity.K2HPO4_MG_CM3
    assert image.same_grid(t.ct)
    np.testing.assert_allclose(
        image.values[40, 40], d.density_mg_cm3(t.ct.values[40, 40], found), rtol=1e-4, atol=1e-3
    )
    with pytest.raises(BadGeometry, match="once only"):
        d.calibrated(image, found)


def samples(**hu: float) -> dict[str, Sample | Unknown]:
    values = {name: Sample(name, value, 10.0, 500, "given") for name, value in (HU | hu).items()}
    return dict(values)


@pytest.mark.parametrize(
    ("missing", "why"),
    [
        (("adipose", "blood", "cortical_bone"), "2 of the reference tissues"),
        (("air",), "needed: without both"),
        (("adipose", "cortical_bone"), "needed: without both"),
    ],
)
def test_missing_tissues_say_so(missing: tuple[str, ...], why: str) -> None:
    given_ = samples() | {name: Unknown(f"no {name}") for name in missing}
    found = d.internal_calibration(given_)
    assert isinstance(found, Unknown) and why in found.why
    assert all(f"no {name}" in found.why for name in missing)


@pytest.mark.parametrize(
    ("tissue", "hu"),
    [
        ("adipose", -20.0),
        ("air", -800.0),
        ("blood", 180.0),
        ("cortical_bone", 400.0),
        ("skeletal_muscle", -40.0),
    ],
)
def test_a_tissue_outside_its_window_is_not_used(tissue: str, hu: float) -> None:
    refused = plausible(samples(**{tissue: hu}))[tissue]
    assert isinstance(refused, Unknown) and f"{hu:.0f} HU" in refused.why


def test_a_wrong_air_leaves_no_calibration() -> None:
    assert isinstance(d.internal_calibration(samples(air=-800.0)), Unknown)


@given(st.floats(-1030, -940))
@settings(max_examples=30)
def test_the_width_of_the_air_window_is_harmless(air_hu: float) -> None:
    """The note at air_window_hu: in the published case 100 HU moves by less than 4 mg/cm3."""
    published = {"adipose": -82.579, "blood": 39.249, "cortical_bone": 1226.214, "skeletal_muscle": 24.561}
    found = d.internal_calibration(samples(**published, air=air_hu))
    assert isinstance(found, Calibration)
    assert float(d.density_mg_cm3(100.0, found)) == pytest.approx(88.6, abs=4)


def test_leaving_out_tissues_moves_the_published_case_as_far_as_we_say() -> None:
    """The note at fewer_tissues_mg_cm3."""
    published = samples(
        adipose=-82.579, air=-956.834, blood=39.249, cortical_bone=1226.214, skeletal_muscle=24.561
    )
    names = ["adipose", "blood", "cortical_bone", "skeletal_muscle"]
    at_100 = []
    for out in [(a,) for a in names] + [(a, b) for a in names for b in names if a < b]:
        if {"adipose", "cortical_bone"} == set(out):
            continue  # refused
        found = d.internal_calibration(published | {n: Unknown("left out") for n in out})
        assert isinstance(found, Calibration), found
        at_100.append(float(d.density_mg_cm3(100.0, found)))
    worst = max(abs(x - 88.6) for x in at_100)
    assert 14 < worst < d.v.fewer_tissues_mg_cm3.value


def hu_in_window(name: str) -> st.SearchStrategy[float]:
    low, high = getattr(d.v, f"{name}_window_hu").value
    return st.floats(low, high)


@given(
    st.fixed_dictionaries({n: hu_in_window(n) for n in HU}), st.sets(st.sampled_from(sorted(HU)), max_size=2)
)
@settings(max_examples=100)
def test_no_plausible_set_of_tissues_gives_an_absurd_density(hu: dict[str, float], out: set[str]) -> None:
    """Air, blood and muscle alone can put 100 HU anywhere from -3800 to 2400 mg/cm3: they must be refused."""
    found = d.internal_calibration(samples(**hu) | {n: Unknown("left out") for n in out})
    if "air" in out or {"adipose", "cortical_bone"} <= out:
        assert isinstance(found, Unknown)
    else:
        assert isinstance(found, Calibration)
        assert 50 < float(d.density_mg_cm3(100.0, found)) < 150
        low, high = (float(d.density_mg_cm3(x, found)) for x in (-50.0, 300.0))
        assert low < high


def test_an_energy_no_ct_has_is_refused() -> None:
    """Without air the published case fits best at 9.5 keV."""
    rest = {"adipose": -82.579, "blood": 39.249, "cortical_bone": 1226.214, "skeletal_muscle": 24.561}
    fit = fit_internal(np.array(list(rest.values())), d.attenuation_of(tuple(rest)))
    refused = d.energy_refused(fit)
    assert isinstance(refused, Unknown) and "9.5 keV" in refused.why
    assert d.energy_refused(TRUE_FIT) is None


def test_padding_is_not_air() -> None:
    t = torso()
    hu = np.array(t.ct.values)
    hu[t.tissues.values == LABEL["air"]] = -1000.0
    found = samples_in_mask(replace(t.ct, values=hu), t.tissues)["air"]
    assert isinstance(found, Unknown) and "padding" in found.why


def test_the_filling_outside_the_scanners_circle_is_not_air() -> None:
    t = torso()
    at = t.ct.to_mm(np.moveaxis(np.indices(t.ct.shape), 0, -1))
    hu = np.where(np.hypot(at[..., 0], at[..., 1]) > 112, -2000.0, t.ct.values)
    found = samples_found(replace(t.ct, values=hu), t.spine)["air"]
    assert isinstance(found, Sample) and found.hu == pytest.approx(HU["air"], abs=2)


def test_a_tissue_mask_on_another_grid_is_refused() -> None:
    t = torso()
    with pytest.raises(BadGeometry, match="grid"):
        samples_in_mask(t.ct, t.tissues.cropped((slice(1, None), slice(None), slice(None))))


def test_blocks_keep_their_place_and_their_mean() -> None:
    t = torso(voxel_mm=(1.0, 1.0, 1.5))
    coarse = blocks(t.ct)
    np.testing.assert_allclose(coarse.spacing_mm, 3.0)
    np.testing.assert_allclose(coarse.to_mm(np.zeros(3)), t.ct.to_mm(np.array([1.0, 1.0, 0.5])))
    assert coarse.values[0, 0, 0] == pytest.approx(t.ct.values[:3, :3, :2].mean(), abs=1e-3)


def test_blood_without_contrast_and_with_it() -> None:
    t, bright = torso(), torso(blood_hu=180.0)
    case = Case("x", date(2026, 11, 22), RECORD, Level.L2, t.ct, t.spine, tissues=t.tissues)
    plain = d.contrast_of(case)
    assert isinstance(plain, Graded) and plain.value is ContrastPhase.NONE and plain.is_certain
    with_agent = d.contrast_of(replace(case, ct=bright.ct))
    assert isinstance(with_agent, Graded) and with_agent.value is ContrastPhase.LIKELY
    assert d.cautions(Unknown("x"), with_agent, ())[0].startswith("Contrast agent")
    assert not d.cautions(Unknown("x"), plain, ())


def test_contrast_without_a_region_of_blood() -> None:
    """A bright aorta is noticed; a grey one proves nothing."""
    t, bright = torso(), torso(blood_hu=250.0)
    seen = d.contrast_in_vessels(bright_vessel(bright.ct, bright.spine))
    assert isinstance(seen, Graded) and seen.value is ContrastPhase.LIKELY
    assert ContrastPhase.NONE in seen.possible  # it may be bowel
    unseen = d.contrast_in_vessels(bright_vessel(t.ct, t.spine))
    assert isinstance(unseen, Unknown) and "does not prove" in unseen.why
    assert "not known" in d.cautions(Unknown("x"), unseen, (Level.L1,))[0]


def test_hu_under_a_finer_grid_is_interpolated_and_nan_outside() -> None:
    i = np.indices((8, 9, 10)).sum(axis=0).astype(float)
    ct = Volume(i, np.diag([2.0, 2.0, 2.0, 1.0]), Quantity.HOUNSFIELD)
    affine = np.diag([0.5, 0.5, 0.5, 1.0])
    affine[:3, 3] = 3.0
    fine = Volume(np.ones((4, 4, 4), dtype=bool), affine, Quantity.LABEL)
    expected = (np.indices((4, 4, 4)).sum(axis=0) * 0.5 + 9.0) / 2.0
    np.testing.assert_allclose(hu_under(ct, fine), expected)
    affine[:3, 3] = [-2.0, 0.0, 0.0]
    beside = replace(fine, affine_mm=affine)
    assert np.isnan(hu_under(ct, beside)[0]).all()
    shifted = np.diag([2.0, 2.0, 2.0, 1.0])
    shifted[:3, 3] = [-4.0, 2.0, 0.0]
    cut = hu_under(ct, Volume(np.ones((4, 3, 2), dtype=bool), shifted, Quantity.LABEL))
    assert np.isnan(cut[:2]).all()
    np.testing.assert_array_equal(cut[2:], i[:2, 1:4, :2])


def load(path: Path, quantity: Quantity) -> Volume:
    image = nib.load(path)
    affine = np.diag([-1.0, -1.0, 1.0, 1.0]) @ image.affine
    values = image.get_fdata(dtype=np.float32)
    return Volume(values.astype(int) if quantity is Quantity.LABEL else values, affine, quantity)


LUMBAR = {27: Level.L5, 28: Level.L4, 29: Level.L3, 30: Level.L2, 31: Level.L1}


def test_a_real_lumbar_ct_of_3_mm(shared_data: Path) -> None:
    """The tissues are found; L2 to L5 agree; cortex is too thin for such voxels and is refused."""
    folder = shared_data / "ct_lumbar_ts"
    ct = load(folder / "example_ct.nii.gz", Quantity.HOUNSFIELD)
    bodies = load(folder / "totalseg_vertebrae_body.nii.gz", Quantity.LABEL)
    body = Volume(bodies.values == 1, bodies.affine_mm, Quantity.LABEL)
    spine = Spine.from_labels(load(folder / "totalseg.nii.gz", Quantity.LABEL), LUMBAR, "table", body)
    found = plausible(samples_found(ct, spine))
    assert isinstance(found["cortical_bone"], Unknown)
    used = d.internal_calibration(found)
    assert isinstance(used, Calibration) and used.numbers["tissues"] == 3
    read = []
    for level in (Level.L2, Level.L3, Level.L4, Level.L5):
        part = spine[level].body
        assert part is not None
        centre = part.to_mm(np.argwhere(part.values)).mean(axis=0)
        frame = BodyFrame.from_directions(centre, np.array([0.0, -1.0, 0.0]), np.array([0.0, 0.0, 1.0]))
        hu = trabecular(ct, part, frame, used, is_broken=False).hu
        assert isinstance(hu, Measured) and hu.spread < 10
        read.append(hu.value)
    assert np.ptp(read) < 15  # neighbours of one spine
    assert 90 < np.mean(read) < 130  # the peer's medians of the whole bone are 120 to 129 HU
    assert isinstance(d.contrast_in_vessels(bright_vessel(ct, spine)), Unknown)


def test_a_real_contrast_ct_is_noticed_and_its_lung_is_not_air(shared_data: Path) -> None:
    folder = shared_data / "ct_thoracic_ts"
    ct = load(folder / "ct_cropped.nii.gz", Quantity.HOUNSFIELD)
    spine = Spine.from_labels(load(folder / "vertebrae_T12.nii.gz", Quantity.LABEL), {1: Level.T12}, "table")
    seen = d.contrast_in_vessels(bright_vessel(ct, spine))
    assert isinstance(seen, Graded) and seen.value is ContrastPhase.LIKELY
    found = d.internal_calibration(samples_found(ct, spine))
    assert isinstance(found, Unknown) and "air" in found.why.lower()


def read_as(hu: float, density: float, spread: float = 5.0) -> tuple[Measured, Measured]:
    in_k2hpo4 = Measured(density, "mg/cm3", "K2HPO4 density, given", spread)
    return Measured(hu, "[hnsf'U]", "given", spread), in_k2hpo4


@pytest.mark.parametrize(
    ("hu", "density", "words"),
    [
        (90, 60, ("compatible with osteoporosis", "compatible with osteoporosis")),
        (130, 100, ("neither suggests nor excludes", "low bone mass")),
        (200, 150, ("less likely", "normal bone mass")),
    ],
)
def test_published_limits_are_context_for_an_unbroken_l1(
    hu: float, density: float, words: tuple[str, str]
) -> None:
    said = context(Level.L1, *read_as(hu, density), Unknown("no blood"))
    assert len(said) == 2
    for sentence, word in zip(said, words, strict=True):
        assert word in sentence and "[" in sentence and "one spread" not in sentence


def test_a_value_near_a_limit_says_so() -> None:
    assert "within one spread" in context(Level.L3, *read_as(120, 82, 5), Unknown("no blood"))[0]


def test_no_context_after_contrast_or_above_the_lumbar_spine() -> None:
    bright = Graded(ContrastPhase.LIKELY, "given", (ContrastPhase.LIKELY,))
    assert context(Level.L1, *read_as(90, 60), bright) == ()
    assert context(Level.T12, *read_as(90, 60), Unknown("no blood")) == ()
    assert context(Level.L1, Unknown("a"), Unknown("b"), Unknown("no blood")) == ()


def test_the_spread_of_internal_calibration_is_the_published_one(shared_data: Path) -> None:
    """Standard deviation of phantom minus phantomless over the scans that have both [walle2025]."""
    text = (shared_data / "verse004" / "verse19fem_linear.csv").read_text(encoding="utf-8")
    without, with_ = "Phantomless Calibration vBMD [mg/cc]", "Phantom Calibration vBMD [mg/cc]"
    pairs = [(r[without], r[with_]) for r in csv.DictReader(text.splitlines())]
    both = np.array([(float(a), float(b)) for a, b in pairs if a.strip() and b.strip()])
    assert len(both) == 17
    assert (both[:, 1] - both[:, 0]).mean() == pytest.approx(1.2, abs=0.05)
    assert np.std(both[:, 1] - both[:, 0], ddof=1) == pytest.approx(d.v.internal_sd_mg_cm3.value, abs=0.06)
    t = torso()
    assert d.density_spread_mg_cm3(100.0, calibration(t)) == pytest.approx(17.8, abs=0.1)


def test_verse004_is_as_dense_as_published(shared_data: Path) -> None:
    """Her L2, calibrated by others with these equations; they print 70.7 mg/cm3 for her spine [walle2025]."""
    folder = shared_data / "verse004"
    rows = csv.DictReader((folder / "verse19fem_linear.csv").read_text(encoding="utf-8").splitlines())
    row = next(r for r in rows if float(r["subject_ID"]) == 4)
    published = float(row["Phantomless Calibration vBMD [mg/cc]"])
    image = load(folder / "sub-verse004_0000_vertebra_21_im.nii.gz", Quantity.K2HPO4_MG_CM3)
    parts = load(folder / "sub-verse004_0000_vertebra_21_seg.nii.gz", Quantity.LABEL)
    body = Volume(np.isin(parts.values, (1, 2)), parts.affine_mm, Quantity.LABEL)
    arch = np.isin(parts.values, (3, 4))
    centre = body.to_mm(np.argwhere(body.values)).mean(axis=0)
    backwards = body.to_mm(np.argwhere(arch)).mean(axis=0) - centre  # from the bone, not from the header
    frame = BodyFrame.from_directions(centre, -backwards, np.array([0.0, 0.0, 1.0]))
    region = trabecular_region(body, frame)
    assert isinstance(region, Volume)
    ours = float(np.asarray(image.values)[np.asarray(region.values)].mean())
    whole = float(np.asarray(image.values)[np.asarray(parts.values) == 1].mean())
    assert ours == pytest.approx(published, abs=10)
    assert ours < whole  # their region runs up to the end-plates
