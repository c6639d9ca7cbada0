"""The synthetic patient's images agree with her truth at any voxel size, orientation and axis order."""

from functools import cache
from pathlib import Path

import nibabel as nib
import numpy as np
import pytest
from scipy.ndimage import binary_erosion, label, map_coordinates

from vertebro.errors import BadCase, BadLabels
from vertebro.kernels.arrays import AnyArray
from vertebro.patient.synthetic import (
    Fracture,
    Scanner,
    SyntheticPatient,
    SyntheticSpec,
    VertebraTruth,
    paint,
    synthetic_patient,
)
from vertebro.patient.synthetic.spec import v
from vertebro.patient.volume import Volume
from vertebro.vocabulary.grades import FractureShape, Quantity
from vertebro.vocabulary.levels import Level

BROKEN = Fracture.wedge(Level.L1, 40.0, retropulsion_mm=4.0, cleft=True)
QUIET = Scanner(noise_hu=0.0)


@cache
def patient(
    spacing_mm: tuple[float, float, float] = (1.0, 1.0, 1.0),
    rotation_deg: tuple[float, float, float] = (0.0, 0.0, 0.0),
    axis_codes: str = "LPS",
    scanner: Scanner = QUIET,
) -> SyntheticPatient:
    spec = SyntheticSpec(
        top=Level.T12,
        bottom=Level.L2,
        fractures=(BROKEN,),
        spacing_mm=spacing_mm,
        rotation_deg=rotation_deg,
        axis_codes=axis_codes,
        scanner=scanner,
    )
    return synthetic_patient(spec)


def at(image: Volume, points_mm: AnyArray, order: int = 1) -> AnyArray:
    """The image between its voxels (order 1) or of the nearest one (order 0)."""
    index = np.moveaxis(image.to_index(points_mm), -1, 0)
    return np.asarray(map_coordinates(np.asarray(image.values, dtype=np.float32), index, order=order))


def lattice(half: tuple[float, float, float], step: float = 0.8) -> AnyArray:
    steps = [np.arange(-h, h + step / 2, step) for h in half]
    return np.stack(np.meshgrid(*steps, indexing="ij"), axis=-1).reshape(-1, 3)


def test_the_same_spec_gives_the_same_bytes_and_another_seed_another_grain() -> None:
    spec = SyntheticSpec(top=Level.L1, bottom=Level.L1, spacing_mm=(2, 2, 2))
    one, same = synthetic_patient(spec), synthetic_patient(spec)
    other = synthetic_patient(SyntheticSpec(top=Level.L1, bottom=Level.L1, spacing_mm=(2, 2, 2), seed=2))
    for name in ("ct", "labels", "tissues", "stir"):
        assert getattr(one, name).values.tobytes() == getattr(same, name).values.tobytes()
    assert np.array_equal(one.labels.values, other.labels.values)
    assert not np.array_equal(one.ct.values, other.ct.values)


def test_all_images_lie_on_one_grid_and_say_what_they_hold() -> None:
    p = patient()
    kinds = (Quantity.HOUNSFIELD, Quantity.LABEL, Quantity.LABEL, Quantity.MR_SIGNAL)
    for image, kind in zip((p.ct, p.labels, p.tissues, p.stir), kinds, strict=True):
        assert image.quantity is kind and image.same_grid(p.ct)
    assert p.ct.values.dtype == np.float32


def test_the_mask_holds_every_level_whole_and_in_one_piece() -> None:
    spine = patient().spine()
    assert spine.levels == (Level.T12, Level.L1, Level.L2)
    assert not any(vertebra.is_cut_off for vertebra in spine)
    assert all(label(vertebra.mask.values)[1] == 1 for vertebra in spine)


@pytest.mark.parametrize(
    "fracture", [Fracture.crush(Level.L1, 75), Fracture.wedge(Level.L1, 70, retropulsion_mm=8.0)]
)
def test_the_worst_fractures_leave_whole_vertebrae_that_do_not_touch(fracture: Fracture) -> None:
    spec = SyntheticSpec(top=Level.T12, bottom=Level.L2, spacing_mm=(1, 1, 1), fractures=(fracture,))
    p = synthetic_patient(spec)
    assert all(label(vertebra.mask.values)[1] == 1 for vertebra in p.spine())
    assert not touching(p.labels.values)


@pytest.mark.parametrize(
    ("spacing", "turn"),
    [
        ((1.0, 1.0, 1.0), (9.0, -6.0, 12.0)),
        ((0.8, 0.8, 2.0), (0.0, 0.0, 0.0)),
        ((1.5, 1.5, 1.5), (0.0, 8.0, 0.0)),
    ],
)
def test_a_vertebra_has_one_volume_in_every_grid(
    spacing: tuple[float, float, float], turn: tuple[float, float, float]
) -> None:
    straight, turned = patient().spine(), patient(spacing, turn).spine()
    for level in straight.levels:
        one, two = (s[level].mask for s in (straight, turned))
        volumes = [m.values.sum() * m.voxel_mm3 for m in (one, two)]
        assert volumes[1] == pytest.approx(volumes[0], rel=0.012)
        centres = [s[level].centre_mm for s in (straight, turned)]
        assert np.linalg.norm(centres[0] - centres[1]) < 0.15


def test_the_stored_axes_change_nothing() -> None:
    one, two = patient(), patient(axis_codes="PIR")
    assert two.ct.axis_codes == "PIR"
    for name in ("ct", "labels", "tissues", "stir"):
        back = getattr(two, name).oriented("LPS")
        assert np.array_equal(back.values, getattr(one, name).values)
        assert back.same_grid(getattr(one, name), within_mm=1e-9)


def test_a_turned_grid_sees_the_same_patient() -> None:
    one, two = patient(), patient(rotation_deg=(9.0, -6.0, 12.0))
    for truth in one.truth.vertebrae.values():
        place = truth.frame.world_mm(lattice((20, 14, 10), 1.7))
        difference = at(one.ct, place) - at(two.ct, place)
        assert abs(difference.mean()) < 3 and np.abs(difference).mean() < 25


def test_left_and_right_mirror_each_other_in_bone_but_not_in_the_belly() -> None:
    p = patient()
    assert np.array_equal(p.labels.values, p.labels.values[::-1])
    blood = p.tissues.to_mm(np.argwhere(p.tissues.values == 93))
    assert (blood[:, 0] > 0).all()  # the aorta lies to the patient's left: +x in LPS
    assert (blood[:, 1] < 0).all()


def measured_height_mm(p: SyntheticPatient, truth: VertebraTruth, anterior_mm: float) -> tuple[float, float]:
    """Mean height around a place on the end-plates from the mask, and the truth over the same lines."""
    found, true = [], []
    mask = p.spine()[truth.level].mask
    s = np.arange(-20, 20, 0.05)
    for r in np.arange(-4, 4.1, 0.8):
        for a in anterior_mm + np.arange(-1.5, 1.6, 0.5):
            line = np.stack([np.full_like(s, r), np.full_like(s, a), s], axis=1)
            inside = s[at(mask, truth.frame.world_mm(line)) > 0.5]
            found.append(inside.max() - inside.min() + 0.05)
            true.append(float(truth.body.upper_mm(r, a) - truth.body.lower_mm(r, a)))
    return float(np.mean(found)), float(np.mean(true))


@pytest.mark.parametrize(("spacing", "within"), [((1.0, 1.0, 1.0), 0.15), ((1.5, 1.5, 1.5), 0.8)])
def test_the_rendered_mask_is_as_high_as_the_truth(
    spacing: tuple[float, float, float], within: float
) -> None:
    """Single places err where a plate lies along the voxels and steps by whole ones; their mean does not."""
    p = patient(spacing, (9.0, -6.0, 12.0))
    errors = []
    for truth in p.truth.vertebrae.values():
        rim = truth.body.rim_mm - 2.0
        for a in (rim, 0.0, -rim):
            found, true = measured_height_mm(p, truth, a)
            errors.append(found - true)
    assert np.abs(errors).max() < within
    assert abs(np.mean(errors)) < 0.15


def test_the_grey_values_stand_for_the_end_plates_where_the_truth_has_them() -> None:
    """Half a voxel's shift of the cortex would move the peak along the axis by half a mm."""
    p = patient(rotation_deg=(9.0, -6.0, 12.0))
    truth = p.truth[Level.L2]
    s = np.arange(-16, 16, 0.05)
    half = v.shell_thickness.value / 2
    for a in (-6.0, 0.0, 6.0):
        line = at(p.ct, truth.frame.world_mm(np.stack([0 * s, 0 * s + a, s], axis=1)))
        up, low = float(truth.body.upper_mm(0, a)), float(truth.body.lower_mm(0, a))
        assert s[s > 0][np.argmax(line[s > 0])] == pytest.approx(up - half, abs=0.5)
        assert s[s < 0][np.argmax(line[s < 0])] == pytest.approx(low + half, abs=0.5)


def test_the_spongy_bone_has_the_density_of_the_truth() -> None:
    p = patient()
    for level in (Level.T12, Level.L2):
        truth = p.truth[level]
        b = truth.body
        middle = lattice((0.3 * b.width_mm, 0.25 * b.depth_mm, 0.5 * b.half_height_mm))
        middle = middle[middle[:, 1] > 0]  # before the basivertebral foramen
        assert at(p.ct, truth.frame.world_mm(middle)).mean() == pytest.approx(truth.trabecular_hu, abs=9)


def test_the_five_tissues_have_their_published_hu() -> None:
    p = patient(scanner=Scanner())
    cited = {91: v.adipose_hu, 92: v.air_hu, 93: v.blood_hu, 94: v.cortical_hu, 95: v.muscle_hu}
    for number, hu in cited.items():
        sample = p.ct.values[p.tissues.values == number]
        assert sample.size * p.ct.voxel_mm3 > 100
        assert sample.mean() == pytest.approx(hu.value, abs=8 if number == 94 else 2)
        assert 10 < sample.std() < 30


def test_the_noise_is_as_strong_as_asked() -> None:
    loud = patient(scanner=Scanner(noise_hu=40.0))
    air = loud.tissues.values == 92
    noise = loud.ct.values[air]
    assert noise.mean() == pytest.approx(v.air_hu.value, abs=2)
    soft = loud.ct.values[loud.tissues.values == 93]
    assert soft.std() == pytest.approx(40, rel=0.06)


def test_thick_slices_blur_along_the_slices_only() -> None:
    spec = {"top": Level.L1, "bottom": Level.L1, "spacing_mm": (1.5, 1.5, 1.0)}
    thin, thick = (
        synthetic_patient(SyntheticSpec(scanner=Scanner(0.0, 0.4, mm), **spec)).ct.values  # type: ignore[arg-type]
        for mm in (None, 5.0)
    )
    steps = [[np.abs(np.diff(image, axis=axis)).max() for axis in (0, 2)] for image in (thin, thick)]
    assert steps[1][1] < 0.6 * steps[0][1]
    assert thick.mean() == pytest.approx(thin.mean(), abs=1)


def test_the_couch_shows_behind_the_skin_where_the_field_is_wide() -> None:
    spec = {"top": Level.L1, "bottom": Level.L1, "spacing_mm": (2.0, 2.0, 5.0), "scanner": QUIET}
    wide = synthetic_patient(SyntheticSpec(field_of_view_mm=(400, 380, 40), **spec))  # type: ignore[arg-type]
    place = wide.ct.to_mm(np.argwhere(np.abs(wide.ct.values - v.other_hu.value["couch"]) < 30))
    assert (place[np.abs(place[:, 0]) < 20, 1].max()) == pytest.approx(130, abs=3)
    assert wide.ct.values[wide.tissues.values == 92].max() == pytest.approx(v.air_hu.value, abs=0.5)


def touching(labels: AnyArray) -> int:
    """Pairs of voxels of different vertebrae that share a face."""
    pairs = 0
    for axis in range(3):
        moved = np.moveaxis(labels, axis, 0)
        one, two = moved[:-1], moved[1:]
        pairs += int(((one > 0) & (two > 0) & (one != two)).sum())
    return pairs


def test_neighbours_do_not_touch() -> None:
    assert not touching(patient().labels.values)


def test_bone_is_where_the_mask_is_and_nowhere_in_the_canal() -> None:
    p = patient()
    for truth in p.truth.vertebrae.values():
        arch = truth.arch
        points = lattice((14, 13, 9), 0.9) + np.array([0, arch.back_mm - 8, 0])
        r, a, s = (points[:, n].astype(np.float32) for n in range(3))
        free = (arch.canal_distance(r, a) < -1.0) & (truth.body.distance((r, a, s)) > 1.0)
        place = truth.frame.world_mm(points[free])
        assert at(p.labels, place, order=0).max() == 0
        assert at(p.ct, place).max() < 400  # partial volume and blur of the cortex next to it
    core = binary_erosion(p.labels.values > 0, iterations=3)
    assert p.ct.values[core & (p.labels.values != 20)].min() > -60


def test_the_fragment_lies_in_the_canal_as_deep_as_the_truth_says() -> None:
    p = patient((1.0, 1.0, 1.0), (9.0, -6.0, 12.0))
    truth = p.truth[Level.L1]
    a = np.arange(-28, 0, 0.05)
    line = np.stack([0 * a, a, 0 * a + truth.body.retropulsion_height_mm], axis=1)
    inside = a[at(p.spine()[Level.L1].mask, truth.frame.world_mm(line)) > 0.5]
    bony = inside[inside > truth.arch.back_mm - 10]
    assert bony.min() == pytest.approx(-truth.body.depth_mm / 2 - 4.0 + 0.5, abs=0.5)


def test_gas_fills_the_cleft_and_nothing_else() -> None:
    p = patient()
    for truth in p.truth.vertebrae.values():
        b = truth.body
        points = lattice((0.4 * b.width_mm, 0.4 * b.depth_mm, b.half_height_mm), 0.5)
        inside = truth.body.distance(tuple(points.T.astype(np.float32))) < -1.5  # type: ignore[arg-type]
        hu = at(p.ct, truth.frame.world_mm(points[inside]))
        lacking = np.clip(truth.trabecular_hu - hu, 150, None) - 150
        volume = lacking.sum() * 0.5**3 / (truth.trabecular_hu - v.other_hu.value["gas"] - 150)
        if truth.fracture is None:
            assert volume < 5
        else:
            assert volume == pytest.approx(truth.cleft_gas_mm3, rel=0.25)


def test_oedema_is_bright_on_stir_in_the_part_that_was_asked_for() -> None:
    p = patient()
    signal = v.stir_signal.value
    middle = (signal["oedema"] + signal["marrow"]) / 2
    for truth in p.truth.vertebrae.values():
        b = truth.body
        points = lattice((0.3 * b.width_mm, 0.3 * b.depth_mm, b.half_height_mm))
        points = points[points[:, 1] > 1]
        r, a, s = points.T
        inside = (s < b.upper_mm(r, a) - 1) & (s > b.lower_mm(r, a) + 1)
        found = at(p.stir, truth.frame.world_mm(points[inside]))
        bright = (found > middle).mean()
        if truth.fracture is None:
            assert bright < 0.01
        else:  # the gas of the cleft is dark
            assert 0.3 < bright < truth.fracture.oedema + 0.05
    fat = p.stir.values[p.tissues.values == 91].mean()
    assert fat < 0.1 * signal["fluid"] and p.stir.values.max() > 0.9 * signal["fluid"]


def test_contrast_agent_brightens_blood_and_a_little_the_bone() -> None:
    spec = {"top": Level.L1, "bottom": Level.L2, "spacing_mm": (1.5, 1.5, 2.0), "scanner": QUIET}
    plain = synthetic_patient(SyntheticSpec(**spec))  # type: ignore[arg-type]
    bright = synthetic_patient(SyntheticSpec(contrast=True, **spec))  # type: ignore[arg-type]
    blood = plain.tissues.values == 93
    assert bright.ct.values[blood].mean() == pytest.approx(v.other_hu.value["contrast_blood"], abs=2)
    assert bright.truth[Level.L1].trabecular_density_mg_cm3 == plain.truth[Level.L1].trabecular_density_mg_cm3
    truth = plain.truth[Level.L1]
    place = truth.frame.world_mm(lattice((8, 6, 5)))
    more = (at(bright.ct, place) - at(plain.ct, place)).mean()
    assert more == pytest.approx(v.contrast_bone_hu.value, abs=3)


def test_her_case_names_the_broken_level_and_may_be_changed() -> None:
    case = patient().case(pain_nrs=3, mri=None)
    assert case.level is Level.L1
    assert case.record.value("pain_nrs") == 3
    assert case.record.value("mri") is None
    assert "synthetic" in case.id


def test_a_shape_that_the_losses_do_not_make_is_refused() -> None:
    with pytest.raises(BadCase, match="wedge"):
        Fracture(Level.L1, FractureShape.WEDGE, anterior_loss_pct=10, middle_loss_pct=40)


def test_a_ct_is_painted_on_a_real_mask(shared_data: Path) -> None:
    stored = nib.load(shared_data / "verse004" / "sub-verse004_seg-vert_msk.nii.gz")
    values = np.asarray(stored.dataobj).astype(np.uint8)[:, 60:230]
    affine = np.diag([-1.0, -1.0, 1.0, 1.0]) @ stored.affine  # NIfTI is RAS, the house is LPS
    affine[:3, 3] += affine[:3, 1] * 60
    labels = Volume(values, affine, Quantity.LABEL)
    ct = paint(labels, SyntheticSpec())
    assert ct.same_grid(labels) and ct.quantity is Quantity.HOUNSFIELD
    for number in (18, 19, 21, 22):  # T11, T12, L2, L3: whole and unbroken
        bone = values == number
        core = binary_erosion(bone, iterations=5)
        assert ct.values[core].mean() == pytest.approx(120, abs=60)
        edge = bone & ~binary_erosion(bone)
        assert ct.values[edge].mean() > ct.values[core].mean() + 100
    assert ct.values[values == 0].mean() < 60


def test_a_mask_without_vertebrae_is_refused() -> None:
    with pytest.raises(BadLabels, match="no vertebra"):
        paint(Volume(np.zeros((4, 4, 4), np.uint8), np.eye(4), Quantity.LABEL), SyntheticSpec())
