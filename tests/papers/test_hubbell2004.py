"""Hubbell and Seltzer 2004 (NIST): our tables of compounds follow from its elements by the mixture rule.

Mass attenuation of a compound is the mean of its elements', weighted by mass. Water comes from the
same database as the elements; K2HPO4, hydroxyapatite and triglyceride from XCOM, its twin.
"""

import numpy as np
import pytest

from vertebro.fracture.density import attenuation_tables

KEV = (30, 40, 50, 60, 80, 100, 150, 200)
ELEMENTS = {  # atomic weight, then cm2/g at these energies as printed
    "H": (1.00794, 0.3570, 0.3458, 0.3355, 0.3260, 0.3091, 0.2944, 0.2651, 0.2429),
    "C": (12.0107, 0.2562, 0.2076, 0.1871, 0.1753, 0.1610, 0.1514, 0.1347, 0.1229),
    "O": (15.9994, 0.3779, 0.2585, 0.2132, 0.1907, 0.1678, 0.1551, 0.1361, 0.1237),
    "P": (30.973762, 1.700, 0.8096, 0.4916, 0.3494, 0.2324, 0.1865, 0.1432, 0.1250),
    "K": (39.0983, 3.413, 1.541, 0.8679, 0.5678, 0.3251, 0.2345, 0.1582, 0.1319),
    "Ca": (40.078, 4.080, 1.830, 1.019, 0.6578, 0.3656, 0.2571, 0.1674, 0.1376),
}
COMPOUNDS = {
    "water": {"H": 2, "O": 1},
    "k2hpo4": {"K": 2, "H": 1, "P": 1, "O": 4},
    "hydroxyapatite": {"Ca": 10, "P": 6, "O": 26, "H": 2},
    "triglyceride": {"C": 55, "H": 98, "O": 6},
}


@pytest.mark.parametrize("name", COMPOUNDS)
def test_a_compound_is_the_mean_of_its_elements(name: str) -> None:
    mass = {e: n * ELEMENTS[e][0] for e, n in COMPOUNDS[name].items()}
    mixed = sum(m * np.array(ELEMENTS[e][1:]) for e, m in mass.items()) / sum(mass.values())
    ours = np.interp(KEV, *attenuation_tables()[name])
    # four digits printed on both sides: half a unit in the fourth of a number that begins with 1
    np.testing.assert_allclose(ours, mixed, rtol=1.0e-3)


def test_attenuation_falls_with_energy_but_for_the_edges() -> None:
    for energy, mass in attenuation_tables().values():
        assert energy[0] == 1 and energy[-1] == 200
        step, fall = np.diff(energy), np.diff(mass)
        assert (step >= 0).all()
        assert (fall[step > 0] < 0).all()
        assert (fall[step == 0] > 0).all()  # an absorption edge lifts it
