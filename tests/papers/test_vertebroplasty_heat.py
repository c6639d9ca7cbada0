"""Temperatures of cement in vertebrae against what was measured in cadavers, patients, pigs and ewes.

Where we agree: centre, cortex and canal lie within the ranges of [belkoff_molloy2003]; the canal of a usual
dose within the highest of [canal_heat2012]. Where we do not: our centre is hotter than in pigs (68 degrees)
and far hotter than in living ewes (43): here all cement is one ball, no blood flows, and the
hottest place is known.
"""

import numpy as np
import pytest

from cemented_body import cemented_body
from vertebro.simulation.heating import LAWS, Heat, HeatSettings, heated, v
from vertebro.vocabulary.library import CitedValue


@pytest.fixture(scope="module")
def doses() -> dict[tuple[str, float], Heat]:
    made = {}
    for law in LAWS:
        for ml in (4.0, 6.0, 10.0):
            field, canal = cemented_body(ml, 2.0)
            made[law, ml] = heated(field, field.regions(canal), HeatSettings(law=law))
    return made


@pytest.mark.parametrize("law", list(LAWS))
@pytest.mark.parametrize("ml", [6.0, 10.0])
@pytest.mark.parametrize(
    ("region", "band"),
    [("centre", v.measured_centre), ("cortex", v.measured_anterior_cortex), ("canal_wall", v.measured_canal)],
)
def test_belkoff_and_molloy(
    doses: dict[tuple[str, float], Heat], law: str, ml: float, region: str, band: CitedValue
) -> None:
    low, high = band.value
    assert low <= doses[law, ml].regions[region].peak_celsius <= high


@pytest.mark.parametrize("law", list(LAWS))
def test_belkoff_and_molloy_time_above_50_degrees(doses: dict[tuple[str, float], Heat], law: str) -> None:
    """Six millilitres stay near the eight minutes measured; ten stay above for longer than any measured."""
    most = v.measured_centre_over_50_min.value[1]
    assert doses[law, 6.0].regions["centre"].minutes_over[50] <= most + 1
    assert most < doses[law, 10.0].regions["centre"].minutes_over[50] < 1.5 * most


@pytest.mark.parametrize("law", list(LAWS))
def test_the_canal_of_a_usual_dose_stays_as_cool_as_measured(
    doses: dict[tuple[str, float], Heat], law: str
) -> None:
    assert doses[law, 4.0].regions["canal"].peak_celsius <= v.measured_canal_bath.number
    assert doses[law, 4.0].regions["canal_wall"].minutes_over[45] == 0


def test_patients_of_hot_cements_but_hotter_than_pigs_and_ewes(doses: dict[tuple[str, float], Heat]) -> None:
    centre = [doses[law, 4.0].regions["centre"].peak_celsius for law in LAWS]
    hottest_group, spread = v.measured_living.value[1], 10.7
    assert abs(min(centre) - hottest_group) < spread < max(centre) - hottest_group < 2 * spread
    mean, spread = v.measured_pig_centre.value
    assert min(centre) > mean + 3 * spread  # not matched, and on the safe side
    mean, spread = v.measured_ewe_centre.value
    assert min(centre) > mean + 3 * spread  # not matched, and on the safe side


def test_pigs_with_cement_in_the_canal() -> None:
    """A thin sheet of cement along the posterior wall heats it as much as in pigs, within their spread."""
    field, canal = cemented_body(4, 1.0)
    leak, back = field.cement.copy(), np.argwhere(canal)[:, 1].max()
    sheet = np.zeros_like(canal)
    sheet[:, back - 3 : back + 1] = canal[:, back - 3 : back + 1]  # 4 mm
    leak[sheet] = 1.0
    heat = heated(type(field)(leak, field.bone, field.inside, 1.0), field.regions(canal))
    mean, spread = v.measured_pig_wall_with_leak.value
    assert abs(heat.regions["canal_wall"].peak_celsius - mean) < 2 * spread
