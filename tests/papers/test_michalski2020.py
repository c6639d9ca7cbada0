"""Michalski 2020, as its authors' program logged it for one subject (VerSe 004, April 2025).

The log prints means of five tissues, the effective energy, R2, and the lines fitted at that energy
to three to six digits; the density of a few HU follows from them by the published equation.
"""

import re
from pathlib import Path

import numpy as np
import pytest
from numpy.testing import assert_allclose

from vertebro.fracture.density import attenuation_of, attenuation_tables
from vertebro.kernels.calibration import fit_internal, mineral_mg_cm3

TISSUES_HU = {
    "adipose": -82.579,
    "air": -956.834,
    "blood": 39.249,
    "cortical_bone": 1226.214,
    "skeletal_muscle": 24.561,
}
FIT = fit_internal(np.array(list(TISSUES_HU.values())), attenuation_of(tuple(TISSUES_HU)))


def test_the_effective_energy_and_its_fit() -> None:
    assert FIT.energy_kev == 97.0
    assert FIT.r_squared == pytest.approx(0.998965, abs=5e-7)  # as printed


def test_the_lines_at_that_energy() -> None:
    assert FIT.attenuation_cm2_g.slope == pytest.approx(1.61035e-5, rel=1e-5)
    assert FIT.attenuation_cm2_g.intercept == pytest.approx(0.171240, rel=1e-5)
    assert FIT.density_g_cm3.slope == pytest.approx(8.92607e-4, rel=1e-5)
    assert FIT.density_g_cm3.intercept == pytest.approx(0.968731, rel=1e-5)


@pytest.mark.parametrize(
    ("hu", "mg_cm3"),
    [
        (-100, -6.5),
        (0, 37.0),
        (50, 61.8),
        (100, 88.6),
        (150, 117.5),
        (200, 148.3),
        (500, 376.3),
        (1200, 1193.0),
    ],
)
def test_hu_to_density(hu: float, mg_cm3: float) -> None:
    assert mineral_mg_cm3(hu, FIT) == pytest.approx(mg_cm3, abs=0.1)


def test_against_the_log_itself(shared_data: Path) -> None:
    log = (shared_data / "verse004" / "sub-verse004_0000.txt").read_text(encoding="utf-8")

    def printed(label: str) -> float:
        found = re.search(rf"{re.escape(label)}:?\s+(-?[\d.]+)", log)
        assert found, label
        return float(found.group(1))

    hu = [printed(n) for n in ("Adipose", "Air", "Blood", "Cortical Bone", "Skeletal Muscle")]
    fit = fit_internal(np.array(hu), attenuation_of(tuple(TISSUES_HU)))
    assert fit.energy_kev == printed("Energy [keV]")
    assert fit.r_squared == pytest.approx(printed("Max R^2"), abs=5e-7)
    assert fit.attenuation_cm2_g.slope == pytest.approx(printed("HU-u/p Slope"), abs=5e-7)
    assert fit.attenuation_cm2_g.intercept == pytest.approx(printed("HU-u/p Y-Intercept"), abs=5e-7)
    assert fit.density_g_cm3.slope == pytest.approx(printed("HU-Material Density Slope"), abs=5e-7)
    assert fit.density_g_cm3.intercept == pytest.approx(printed("HU-Material Density Y-Intercept"), abs=5e-7)


PRINTED = {  # keV: as tabulated for that program at these energies
    60: (0.1974, 0.1875, 0.2057, 0.3148, 0.2048, 0.3890, 0.4067, 0.1945, 0.2059),
    70: (0.1887, 0.17685, 0.1942, 0.26885, 0.19355, 0.3199, 0.3328, 0.1867, 0.1948),
    80: (0.1800, 0.1662, 0.1827, 0.2229, 0.1823, 0.2508, 0.2589, 0.1789, 0.1837),
    90: (0.1744, 0.16015, 0.1761, 0.2042, 0.1758, 0.2240, 0.2304, 0.1736, 0.1772),
    97: (0.17048, 0.15591, 0.17148, 0.19111, 0.17125, 0.20524, 0.21045, 0.16989, 0.17265),
    100: (0.1688, 0.1541, 0.1695, 0.1855, 0.1693, 0.1972, 0.2019, 0.1683, 0.1707),
    110: (0.16504, 0.1504, 0.16544, 0.1780, 0.16528, 0.18736, 0.19154, 0.16462, 0.16666),
}
ORDER = (*TISSUES_HU, "k2hpo4", "hydroxyapatite", "triglyceride", "water")


@pytest.mark.parametrize("kev", PRINTED)
def test_mass_attenuation_between_the_tabulated_energies(kev: int) -> None:
    ours = [np.interp(kev, *attenuation_tables()[name]) for name in ORDER]
    assert_allclose(ours, PRINTED[kev], atol=1e-5)
