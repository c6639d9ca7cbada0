"""Every material law: positive and rising over its range, refused outside it and for another density."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_allclose

from vertebro.errors import BadModel, HouseFault
from vertebro.simulation import materials as m
from vertebro.simulation.materials import LAWS, MATERIALS, Law
from vertebro.vocabulary.grades import Quantity

EVERY_LAW = pytest.mark.parametrize("law", LAWS.values(), ids=lambda law: law.name)
DENSITIES = [Quantity.K2HPO4_MG_CM3, Quantity.HA_MG_CM3, Quantity.ASH_MG_CM3, Quantity.APPARENT_MG_CM3]


@EVERY_LAW
def test_a_law_is_positive_and_rises_over_its_range(law: Law) -> None:
    low, high = law.range_mg_cm3
    value = law(np.linspace(low, high, 2001), law.takes)
    assert (value > 0).all() and np.isfinite(value).all()
    assert (np.diff(value) >= 0).all() and value[-1] > 100 * value[0] if low == 0 else value[-1] > value[0]


@EVERY_LAW
def test_a_law_names_its_source_and_the_source_of_its_range(law: Law) -> None:
    assert law.constants.reference.title and law.range.reference.title and law.gives.endswith("_mpa")


@EVERY_LAW
@pytest.mark.parametrize("kind", list(Quantity))
def test_another_kind_of_density_is_an_error(law: Law, kind: Quantity) -> None:
    if kind is not law.takes:
        with pytest.raises(BadModel, match=f"kind {kind}"):
            law(np.array([150.0]), kind)


@EVERY_LAW
def test_density_above_the_range_is_refused(law: Law) -> None:
    with pytest.raises(BadModel, match="Metal and cement"):
        law(np.array([200.0, law.range_mg_cm3[1] + 1]), law.takes)


@EVERY_LAW
def test_density_below_the_range_is_the_floor_of_its_source_or_refused(law: Law) -> None:
    below = np.array([law.range_mg_cm3[0] - 1.0])
    if law.is_clipped_below:
        assert law(below, law.takes) == 1e-4
    else:
        with pytest.raises(BadModel, match="outside the law"):
            law(below, law.takes)


@EVERY_LAW
def test_a_density_that_is_not_a_number_is_refused(law: Law) -> None:
    with pytest.raises(BadModel, match="not numbers"):
        law(np.array([np.nan]), law.takes)


RHO = np.array([50.0, 100, 150, 200, 300])
WORKED_OUT = {  # 2980 rho^1.05, 37.4 rho^1.39, -34.7 + 3230 rho
    "kopperdahl_young": [128.3, 265.6, 406.5, 549.9, 841.8],
    "kopperdahl_yield": [0.581, 1.524, 2.677, 3.993, 7.016],
    "crawford_young": [126.8, 288.3, 449.8, 611.3, 934.3],
}


@pytest.mark.parametrize("name", WORKED_OUT)
def test_values_of_the_laws(name: str) -> None:
    assert_allclose(LAWS[name](RHO, Quantity.K2HPO4_MG_CM3), WORKED_OUT[name], rtol=1e-3)


def test_crawford_is_floored_where_its_line_is_negative() -> None:
    assert m.crawford_young(np.array([5.0]), Quantity.K2HPO4_MG_CM3) == 1e-4


def test_two_laws_cannot_share_a_name() -> None:
    with pytest.raises(HouseFault, match="kopperdahl_young"):
        m.law(takes=m.ASH, gives="young_mpa", constants=m.v.hip_young_mpa, within=m.v.ash_range_mg_cm3)(
            m.kopperdahl_young.formula
        )


def test_an_unknown_law_lists_those_there_are() -> None:
    with pytest.raises(BadModel, match="kopperdahl_young"):
        m.law_named("kopperdal")


def test_ash_density_as_published() -> None:
    assert m.converted(100.0, m.K2HPO4, m.ASH) == pytest.approx(1.06 * 100 + 38.9)
    assert m.converted(100.0, m.HA, m.ASH) == pytest.approx(0.839 * 100 + 69.8)
    assert m.converted(59.8, m.ASH, m.APPARENT) == pytest.approx(100.0)
    assert m.converted(100.0, m.HA, m.K2HPO4) == pytest.approx((0.839 * 100 + 69.8 - 38.9) / 1.06)


@pytest.mark.parametrize("takes", DENSITIES)
@pytest.mark.parametrize("gives", DENSITIES)
@given(density=st.floats(-100, 1500))
def test_a_conversion_there_and_back_changes_nothing(
    takes: Quantity, gives: Quantity, density: float
) -> None:
    assert m.converted(m.converted(density, takes, gives), gives, takes) == pytest.approx(density, abs=1e-6)


@pytest.mark.parametrize("kind", [Quantity.HOUNSFIELD, Quantity.MR_SIGNAL, Quantity.LABEL])
def test_hounsfield_units_are_never_a_density(kind: Quantity) -> None:
    with pytest.raises(BadModel, match="No published line"):
        m.converted(100.0, kind, Quantity.K2HPO4_MG_CM3)


@pytest.mark.parametrize("material", MATERIALS.values(), ids=lambda x: x.name)
def test_a_material_is_physically_possible(material: m.Material) -> None:
    assert material.young_mpa > 0 and -1 < material.poisson < 0.5 and material.source.reference.title
    for strength in (material.compressive_yield_mpa, material.tensile_yield_mpa):
        assert strength is None or 0 < strength < material.young_mpa


def test_full_pores_have_the_modulus_of_cement_whatever_the_bone() -> None:
    """[kinzl2012]: the bone inside is switched off; never the sum of both."""
    bone = np.array([1.0, 100.0, 500.0])
    assert_allclose(m.cemented_young_mpa(bone, np.ones(3), 1.0), 1937)
    assert_allclose(m.cemented_young_mpa(bone, np.ones(3), 0.5), 1937 / 2)


def test_no_cement_leaves_the_bone() -> None:
    bone = np.array([1e-4, 100.0, 5000.0])
    assert_allclose(m.cemented_young_mpa(bone, np.zeros(3), 0.75), bone)


@given(bone=st.floats(1e-4, 6000), scaling=st.floats(0.5, 1.0))
def test_more_cement_never_softens(bone: float, scaling: float) -> None:
    E = m.cemented_young_mpa(bone, np.linspace(0, 1, 101), scaling)
    assert (np.diff(E) >= -1e-9 * E[1:]).all() and E[0] == pytest.approx(bone)


@pytest.mark.parametrize(("saturation", "scaling"), [(1.1, 1.0), (-0.1, 1.0), (np.nan, 1.0), (0.5, 1.2)])
def test_impossible_fillings_are_refused(saturation: float, scaling: float) -> None:
    with pytest.raises(BadModel):
        m.cemented_young_mpa(100.0, saturation, scaling)
