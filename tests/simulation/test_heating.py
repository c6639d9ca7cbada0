"""The heat of cement in bone: balances, directions that must hold, refusals, and our own claims."""

from dataclasses import replace

import numpy as np
import pytest
from numpy.testing import assert_allclose

from cemented_body import cemented_body
from vertebro.errors import BadModel
from vertebro.simulation.heating import LAWS, CementField, Heat, HeatSettings, age, heat_spread, heated, v


@pytest.fixture(scope="module")
def four_ml() -> Heat:
    field, canal = cemented_body(4)
    return heated(field, field.regions(canal))


def test_all_cement_cures_and_gives_its_heat(four_ml: Heat) -> None:
    law = LAWS["li"]
    whole_j = 4.0 * v.cement_density.number * law.heat_kj_kg.number  # mL x g/mL x kJ/kg
    first = age(law, v.minutes_since_mixing.number, v.room_temperature.number)
    assert four_ml.cured_share > 0.999
    assert_allclose(four_ml.released_j, whole_j * (four_ml.cured_share - first), rtol=1e-9)


def test_the_peak_stays_below_that_of_insulated_cement(four_ml: Heat) -> None:
    """Warm cement in bone cannot pass body temperature plus the heat of a full voxel over what it holds."""
    held = 0.9 * 1.1 * 1.458 + 0.1 * 1.908 * 1.313  # mJ/(mm3 K) in a voxel of 90 % cement, 10 % bone
    most = 37 + 0.9 * 1.1 * 100 / held
    assert 80 < four_ml.regions["centre"].peak_celsius < most
    assert four_ml.peak_celsius.max() < most


def test_it_is_cooler_away_from_the_cement(four_ml: Heat) -> None:
    hot = [four_ml.regions[name].peak_celsius for name in ("cement", "cortex", "canal_wall", "canal")]
    assert hot == sorted(hot, reverse=True) and hot[-1] > 37
    over = [four_ml.regions["cement"].minutes_over[k] for k in (45, 50)]
    assert over[0] > over[1] > 1
    assert four_ml.regions["cement"].ml_over[50] >= 4.0


def test_the_field_of_peaks_is_symmetric() -> None:
    field, _ = cemented_body(0.1, 2.0)
    middle = (np.array(field.inside.shape)[:, None, None, None] - 1) / 2
    ball = (((np.indices(field.inside.shape) - middle) ** 2).sum(axis=0) < 16) * 0.9
    peak = heated(replace(field, cement=ball), {}).peak_celsius
    for axis in (0, 1, 2):
        assert_allclose(np.flip(peak, axis), peak, atol=1e-9)


def test_more_cement_heats_longer_and_further() -> None:
    runs = [heated(field, field.regions(canal)) for field, canal in map(cemented_body, (1, 3, 7))]
    for name in ("cortex", "canal_wall"):
        peaks = [run.regions[name].peak_celsius for run in runs]
        assert peaks == sorted(peaks)
    over = [run.regions["cement"].minutes_over[50] for run in runs]
    assert over == sorted(over) and over[0] < over[2]


def test_cement_near_the_canal_heats_it(four_ml: Heat) -> None:
    field, canal = cemented_body(4, middle_mm=(0, -9, 0))
    near = heated(field, field.regions(canal)).regions["canal_wall"]
    assert near.peak_celsius > four_ml.regions["canal_wall"].peak_celsius + 5
    assert near.minutes_over[45] > four_ml.regions["canal_wall"].minutes_over[45]


def test_cement_in_the_canal_is_far_hotter_for_it(four_ml: Heat) -> None:
    field, canal = cemented_body(4)
    leak = field.cement.copy()
    back = np.argwhere(canal)[:, 1].max()
    leak[:, back - 2 : back + 1][canal[:, back - 2 : back + 1]] = 1.0
    leaked = heated(replace(field, cement=leak), field.regions(canal))
    assert leaked.regions["canal"].peak_celsius > four_ml.regions["canal"].peak_celsius + 10


def test_blood_cools_what_lies_around_the_cement(four_ml: Heat) -> None:
    field, canal = cemented_body(4)
    living = heated(field, field.regions(canal), HeatSettings(blood_ml_min_100g=v.marrow_blood_flow.number))
    for name in ("cortex", "canal_wall", "canal"):
        gain = four_ml.regions[name].peak_celsius - living.regions[name].peak_celsius
        assert 0 < gain < 3  # the marrow's blood takes up its own heat in some four minutes
    assert living.regions["centre"].peak_celsius == pytest.approx(
        four_ml.regions["centre"].peak_celsius, abs=2
    )


def test_a_wider_margin_changes_no_place_outside_the_cement_by_a_degree(four_ml: Heat) -> None:
    field, canal = cemented_body(4)
    wide = heated(field, field.regions(canal), HeatSettings(margin_mm=2 * v.margin_mm.number))
    outside = ~field.is_cement
    assert np.abs(wide.peak_celsius - four_ml.peak_celsius)[outside].max() < 1.0


def test_the_border_is_held_at_body_temperature(four_ml: Heat) -> None:
    field, _ = cemented_body(4)
    narrow = heated(field, {}, HeatSettings(margin_mm=2.0)).peak_celsius
    assert (narrow <= four_ml.peak_celsius + 1e-6).all()
    assert narrow[~field.is_cement].max() < four_ml.peak_celsius[~field.is_cement].max()


def test_a_finer_grid_says_nearly_the_same() -> None:
    """The peak at fixed places, 1 mm against 2 mm: the places are as good as the voxels."""
    found = []
    for edge in (2.0, 1.0):
        field, _ = cemented_body(4, edge)
        peak = heated(field, {}).peak_celsius
        middle = (np.array(peak.shape) - 1) // 2
        found.append([peak[middle[0], middle[1] - round(mm / edge), middle[2]] for mm in (0, 4, 14, 16)])
    assert_allclose(found[0], found[1], atol=1.5)


def test_old_cement_sets_earlier_and_hardly_hotter() -> None:
    field, canal = cemented_body(4)
    young, old = (heated(field, field.regions(canal), HeatSettings(minutes_since_mixing=m)) for m in (4, 12))
    assert old.regions["centre"].peak_minute < young.regions["centre"].peak_minute
    assert old.regions["canal"].peak_celsius == pytest.approx(young.regions["canal"].peak_celsius, abs=0.5)
    assert age(LAWS["li"], 0, 22) == LAWS["li"].first_share < age(LAWS["li"], 5, 22) < age(LAWS["li"], 5, 30)


@pytest.mark.parametrize("law", list(LAWS))
def test_no_heat_is_lost_to_time_in_the_syringe(law: str) -> None:
    """However late the injection: cement that was injected had hardly cured, whatever the law says."""
    field, canal = cemented_body(3, 2.0)
    late = heated(field, field.regions(canal), HeatSettings(law=law, minutes_since_mixing=25))
    whole_j = 3.0 * v.cement_density.number * LAWS[law].heat_kj_kg.number
    assert late.released_j >= whole_j * (late.cured_share - v.injectable_share.number) * (1 - 1e-9)
    early = heated(field, field.regions(canal), HeatSettings(law=law, minutes_since_mixing=2))
    for name, region in early.regions.items():
        assert late.regions[name].peak_celsius > region.peak_celsius - 6


def test_warm_cement_is_the_hotter_answer_for_cortex_and_canal(four_ml: Heat) -> None:
    field, canal = cemented_body(4)
    cold = heated(field, field.regions(canal), HeatSettings(entry_celsius=22))
    for name in ("cortex", "canal_wall", "canal"):
        gain = four_ml.regions[name].peak_celsius - cold.regions[name].peak_celsius
        assert 0 < gain < 1.5
    assert 0 < cold.regions["centre"].peak_celsius - four_ml.regions["centre"].peak_celsius < 20


def test_both_published_laws_are_followed() -> None:
    field, canal = cemented_body(2, 2.0)
    spread = heat_spread(field, field.regions(canal))
    assert set(spread) == set(LAWS)
    assert (
        spread["borzacchiello"].cured_share < 0.95 < spread["li"].cured_share
    )  # glassy before all is used up


def test_regions_away_from_the_cement_stay_at_body_temperature() -> None:
    shape = (60, 9, 9)
    cement, far = np.zeros(shape), np.zeros(shape, dtype=bool)
    cement[4, 3, 6], far[55] = 1.0, True
    heat = heated(CementField(cement, np.zeros(shape), np.ones(shape, dtype=bool), 1.0), {"far": far})
    assert heat.regions["far"].peak_celsius == 37
    assert heat.peak_celsius.shape == shape and heat.peak_celsius[far].max() == 37
    assert heat.peak_celsius.argmax() == cement.argmax()


@pytest.mark.parametrize(
    ("cement", "bone"), [(0.0, 0.1), (1.2, 0.0), (0.95, 0.1), (-0.1, 0.1), (np.nan, 0.1)]
)
def test_impossible_shares_are_refused(cement: float, bone: float) -> None:
    shape = (3, 3, 3)
    with pytest.raises(BadModel):
        CementField(np.full(shape, cement), np.full(shape, bone), np.ones(shape, dtype=bool), 1.0)


def test_other_shapes_and_voxels_without_size_are_refused() -> None:
    one, mask = np.full((3, 3, 3), 0.4), np.ones((3, 3, 3), dtype=bool)
    with pytest.raises(BadModel):
        CementField(one, one[:2], mask, 1.0)
    with pytest.raises(BadModel):
        CementField(one, one, mask, 0.0)
