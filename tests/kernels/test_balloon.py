"""A balloon in bone: its ellipsoid, mass, pressure against closed forms, forces on the wall of its cavity."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose

from vertebro.errors import BadModel, NotConverged
from vertebro.kernels.arrays import Array, Mask
from vertebro.kernels.balloon import (
    CrushLaw,
    Ellipsoid,
    crush_around,
    innermost,
    opened_mm3,
    plastic_limit_mpa,
    pressure_forces,
    similar_pressure,
    thick_ball_mpa,
)
from vertebro.kernels.elastic import ElasticModel
from vertebro.kernels.hexahedron import Integration
from vertebro.kernels.plastic import Criterion, YieldLaw, solve_plastic
from vertebro.kernels.supports import NodeValues

LAW = CrushLaw(37.4, 1.39, 1.0)
FOAM = CrushLaw(37.4, 1.39, 1.0, plateau=2.0)


def block(n: int, edge_mm: float) -> Array:
    """Centres of the cubes of a block about the origin."""
    return (np.moveaxis(np.indices((n, n, n)), 0, -1) - (n - 1) / 2) * edge_mm


def blown(density: Array, places: Array, volume_mm3: float, edge_mm: float) -> tuple[Mask, Array]:
    shape = Ellipsoid(np.zeros(3), np.array([0.0, 0.0, 1.0]), 0.0)
    level = shape.level(places, volume_mm3)
    return innermost(level, density > 0, round(volume_mm3 / edge_mm**3)), level


@given(st.floats(50, 8000), st.floats(5, 25))
def test_an_ellipsoid_has_its_volume_and_never_shrinks(volume: float, length: float) -> None:
    shape = Ellipsoid(np.zeros(3), np.array([1.0, 0, 0]), length)
    half, radius = shape.half_axes_mm(volume)
    assert_allclose(4 / 3 * np.pi * half * radius**2, volume)
    more = shape.half_axes_mm(volume * 1.1)
    assert more[0] >= half and more[1] > radius and half >= radius * (1 - 1e-12)
    ends = np.array([[half, 0, 0], [0, radius, 0], [0, 0, -radius], [half * 2, 0, 0]])
    assert_allclose(shape.level(ends, volume), [1, 1, 1, 2])


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 2**32), st.floats(100, 1200), st.sampled_from([LAW, FOAM]))
def test_no_bone_is_lost_and_none_grows_lighter(seed: int, volume: float, law: CrushLaw) -> None:
    rng = np.random.default_rng(seed)
    density = rng.uniform(-0.05, 0.4, (20, 20, 20))
    bone = rng.uniform(size=density.shape) > 0.05
    places = block(20, 1.0)
    level = Ellipsoid(rng.uniform(-3, 3, 3), np.array([0, 0.6, 0.8]), 12.0).level(places, volume)
    cavity = innermost(level, bone, round(volume))
    after = crush_around(density, cavity, level, bone, law)
    mass = np.maximum(density, 0)[bone].sum()
    assert_allclose(np.maximum(after.density, 0)[bone].sum(), mass, rtol=1e-13)
    assert (after.density[bone & ~cavity] >= density[bone & ~cavity]).all()
    assert not after.density[cavity].any() and (after.density[~bone] == density[~bone]).all()
    assert after.density.max() <= max(LAW.densest, density.max()) * (1 + 1e-12)


@pytest.mark.parametrize("law", [LAW, FOAM])
def test_pressure_in_endless_bone_is_that_of_the_similar_solution(law: CrushLaw) -> None:
    """p/Y = (1 - (3-n)/(3k))^(-2/(3-n)) with n = 2/m, whatever the size; so does the crushed layer's end."""
    density = np.full((41, 41, 41), 0.12)
    expected, reach = similar_pressure(law)
    for volume in (1500.0, 4000.0):
        cavity, level = blown(density, block(41, 1.0), volume, 1.0)
        after = crush_around(density, cavity, level, density > 0, law)
        assert_allclose(after.pressure_mpa / law.stress_mpa(0.12), expected, rtol=0.03)
        assert_allclose(level[after.is_denser].max(), reach, rtol=0.03)


def test_a_foam_is_crushed_under_an_even_stress_until_it_is_twice_as_dense() -> None:
    """2.6 times the crushing stress without a plateau, 1.5 times with it: half of its volume was pores."""
    assert_allclose([similar_pressure(law)[0] for law in (LAW, FOAM)], [2.56, 1.47], atol=0.01)
    stress = FOAM.stress_mpa(0.1)
    assert FOAM.density(0.999 * stress, 0.1) == 0.1
    assert_allclose(FOAM.density(stress, 0.1), 0.2)
    assert_allclose(FOAM.density(FOAM.stress_mpa(0.3), np.array([0.1, 0.2, 0.4])), [0.6, 0.6, 0.4])


def test_pressure_rises_with_the_volume_where_the_bone_is_confined() -> None:
    places, density, pressures = block(48, 0.5), np.full((48, 48, 48), 0.12), []
    for volume in (1500.0, 3000.0, 4500.0, 6000.0):
        cavity, level = blown(density, places, volume, 0.5)
        pressures.append(crush_around(density, cavity, level, density > 0, LAW).pressure_mpa)
    assert (np.diff(pressures) > 0).all()
    cavity, level = blown(density, places, 12700.0, 0.5)
    with pytest.raises(NotConverged, match="dense"):
        crush_around(density, cavity, level, density > 0, LAW)


def test_pressure_changes_little_with_the_cubes() -> None:
    """Bone of two densities: a few per cent from 1 to 2 mm."""
    pressures = []
    for n, edge in ((21, 2.0), (42, 1.0)):
        density = np.where(block(n, edge)[..., 0] > 0, 0.15, 0.08)
        cavity, level = blown(density, block(n, edge), 4000.0, edge)
        pressures.append(crush_around(density, cavity, level, density > 0, LAW).pressure_mpa)
    assert_allclose(pressures[0], pressures[1], rtol=0.08)


def test_a_law_without_an_end_is_refused() -> None:
    with pytest.raises(BadModel, match="exponent"):
        CrushLaw(37.4, 0.6, 1.0)
    with pytest.raises(BadModel, match="plateau"):
        CrushLaw(37.4, 1.39, 1.0, plateau=0.5)


def hollow_ball(n: int, pressure_mpa: float) -> float:
    """By how much an eighth of a hollow ball (radii n and 3 n cubes of 1/n mm) opens, mm3."""
    outer, edge = 3 * n, 1.0 / n
    away = np.linalg.norm(np.moveaxis(np.indices((outer,) * 3), 0, -1) + 0.5, axis=-1)
    solid, cavity = (away >= n) & (away < outer), away < n
    forces = pressure_forces(cavity, solid, edge)
    touched = np.zeros((outer + 1,) * 3, bool)
    for corner in np.ndindex(2, 2, 2):
        touched[tuple(slice(c, c + outer) for c in corner)] |= solid
    walls, pushed = [], []
    for axis in range(3):
        wall = touched.copy()
        wall[(slice(None),) * axis + (slice(1, None),)] = False
        walls.append(NodeValues.at(wall, axis, 0.0))
        one = next(f for f in forces if f.axis == axis)
        free = one.nodes[:, axis] > 0
        pushed.append(NodeValues(one.nodes[free], axis, one.values[free] * pressure_mpa))
    model = ElasticModel(
        np.where(solid, E, 0.0), NU, (edge,) * 3, tuple(walls), tuple(pushed), integration=Integration.CENTRE
    )
    solved = solve_plastic(model, YieldLaw(Criterion.VON_MISES, Y), [0.5, 0.8, 1.0], tolerance=1e-4)
    return opened_mm3(forces, solved.final.displacements())


E, NU, Y = 1000.0, 0.3, 10.0


def test_hollow_ball_opens_as_hills_solution_says() -> None:
    """u(a) = Y/E ((1 - nu) c^3/a^2 - 2 (1 - 2 nu) a (ln(c/a) + (1 - c^3/b^3)/3)), yielding out to c."""
    a, b, c = 1.0, 3.0, 1.8
    p = thick_ball_mpa(a, b, c, Y)
    # radial displacement at a: elastic dilatation everywhere plus the incompressible plastic flow from c
    u = Y / E * ((1 - NU) * c**3 / a**2 - 2 * (1 - 2 * NU) * a * (np.log(c / a) + (1 - c**3 / b**3) / 3))
    opened = 8 * hollow_ball(8, p)
    assert_allclose(opened, 4 * np.pi * a**2 * u, rtol=0.08)


def test_limit_pressure_of_a_solid_that_yields() -> None:
    """The thick ball's law with c^3/a^3 = E/(3 (1 - nu) Y) in an endless body is the limit pressure."""
    c = (E / (3 * (1 - NU) * Y)) ** (1 / 3)
    assert_allclose(thick_ball_mpa(1.0, 1e6, c, Y), plastic_limit_mpa(E, NU, Y), rtol=1e-12)


def test_forces_on_a_cavity_balance_and_feel_its_volume() -> None:
    """No net force or moment; for u = x they do the work of the volume."""
    rng = np.random.default_rng(3)
    cavity = np.zeros((12, 12, 12), bool)
    cavity[2:-2, 2:-2, 2:-2] = rng.uniform(size=(8, 8, 8)) > 0.4
    forces = pressure_forces(cavity, ~cavity, 0.8)
    place = np.moveaxis(np.indices((13, 13, 13)), 0, -1) * 0.8
    for axis in range(3):
        unit = np.zeros((13, 13, 13, 3))
        unit[..., axis] = 1
        assert abs(opened_mm3(forces, unit)) < 1e-12
        turn = np.cross(unit, place)
        assert abs(opened_mm3(forces, turn)) < 1e-9
        assert_allclose(opened_mm3(forces, unit * place), cavity.sum() * 0.8**3)
