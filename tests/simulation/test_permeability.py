"""Porosity, permeability and ways out: the law, its range, grids of two sizes, the random field."""

from dataclasses import replace

import numpy as np
import pytest
from numpy.testing import assert_allclose

from shell_phantom import HALF_MM, shell_phantom
from vertebro.errors import BadModel
from vertebro.simulation.leakage import Place, Route, corners_of, foramen, nodes_near, outlets_of, track
from vertebro.simulation.permeability import (
    LAWS,
    kozeny,
    porous_vertebra,
    random_field,
    sampled,
    shell_of,
    surface_area_mm2,
    v,
)
from vertebro.simulation.vertebra_grid import VertebraGrid, vertebra_grid


@pytest.fixture(scope="module")
def grid() -> VertebraGrid:
    return vertebra_grid(shell_phantom(), 1.0, 2.0)


@pytest.mark.parametrize("law", LAWS.values(), ids=LAWS)
def test_every_law_stays_in_its_range_and_gives_the_mean_at_the_reference(law) -> None:  # type: ignore[no-untyped-def]
    low, high = law.range.value
    k_m2 = law.mm2(np.linspace(0.02, 0.98, 50)) / 1e6
    assert (k_m2 >= low).all() and (k_m2 <= high).all() and (np.diff(k_m2) >= 0).all()
    at = law.mm2(np.array([1 - v.reference_bv_tv.value])) / 1e6
    assert at[0] == pytest.approx(v.baroud_permeability_m2.value)


def test_kozeny_goes_as_the_formula_between_its_ends() -> None:
    one, other = kozeny.mm2(np.array([0.8, 0.85]))
    assert other / one == pytest.approx((0.85 / 0.8) ** 3 * (0.2 / 0.15) ** 2)


@pytest.mark.parametrize("wrong", [0.0, 1.0, np.nan])
def test_an_impossible_porosity_is_refused(wrong: float) -> None:
    with pytest.raises(BadModel, match="porosity"):
        kozeny.mm2(np.array([wrong]))


def test_the_surface_of_a_block_has_the_area_of_its_faces(grid: VertebraGrid) -> None:
    a, b, c = 2 * HALF_MM
    found = surface_area_mm2(grid.bone, grid.edge_mm).sum()
    assert found == pytest.approx(2 * (a * b + b * c + a * c), rel=0.06)  # edges are rounded off


def test_inside_and_outside_of_the_shell_share_no_corner(grid: VertebraGrid) -> None:
    inside, outside = grid.bone & ~shell_of(grid.bone), ~grid.bone
    for step in np.ndindex(3, 3, 3):
        shifted = np.roll(inside, [s - 1 for s in step], axis=(0, 1, 2))
        assert not (shifted & outside).any()


def test_a_coarse_grid_holds_the_same_pores(grid: VertebraGrid) -> None:
    coarse = vertebra_grid(shell_phantom(), 2.0, 4.0)
    assert porous_vertebra(coarse).pore_ml == pytest.approx(porous_vertebra(grid).pore_ml, rel=0.05)


def test_the_pores_are_those_of_the_density(grid: VertebraGrid) -> None:
    """100 mg/cm3 of K2HPO4 are 1.06 x 100 + 38.9 of ash; the cortex takes its layer off."""
    porosity = 1 - (1.06 * 100 + 38.9) / v.tissue_ash_mg_cm3.value
    block = np.prod(2 * (HALF_MM - v.cortex_mm.value))
    assert porous_vertebra(grid).pore_ml == pytest.approx(porosity * block / 1000, rel=0.04)


def test_a_void_is_open_and_keeps_its_permeability(grid: VertebraGrid) -> None:
    void = np.zeros(grid.shape, dtype=bool)
    void[15:20, 15:20, 12:14] = True
    bone = porous_vertebra(grid, void)
    assert (bone.porosity[void] == 1).all() and (bone.permeability_mm2[void] == 1.0).all()
    assert (bone.times(3.0).permeability_mm2[void] == 1.0).all()
    assert_allclose(bone.times(3.0).permeability_mm2[~void], 3 * bone.permeability_mm2[~void])


def test_the_field_has_its_mean_spread_and_correlation() -> None:
    wide = replace_grid(48)
    fields = np.stack([random_field(wide, np.random.default_rng(s)) for s in range(8)])
    length = int(v.field_length_mm.value)
    assert abs(fields.mean()) < 0.05 and fields.std() == pytest.approx(1, rel=0.05)
    along = (fields[:, length:] * fields[:, :-length]).mean()
    assert along == pytest.approx(np.exp(-1), abs=0.06)


def replace_grid(n: int) -> VertebraGrid:
    block = np.ones((n, n, n), dtype=bool)
    given = vertebra_grid(shell_phantom(), 4.0, 4.0)
    return replace(
        given, bone=block, body=block, density=block * 1.0, edge_mm=1.0, first_mm=np.full(3, -n / 2)
    )


def test_grids_of_any_size_meet_the_same_field(grid: VertebraGrid) -> None:
    fine = random_field(grid, np.random.default_rng(5))
    coarse_grid = vertebra_grid(shell_phantom(), 2.0, 4.0)
    coarse = random_field(coarse_grid, np.random.default_rng(5))
    at = np.round(grid.to_index(coarse_grid.to_mm(np.argwhere(coarse_grid.body)))).astype(int)
    assert np.corrcoef(fine[tuple(at.T)], coarse[coarse_grid.body])[0, 1] > 0.95


def test_a_seed_gives_the_same_vertebra_and_another_seed_another(grid: VertebraGrid) -> None:
    bone = porous_vertebra(grid)
    one, again, other = (sampled(bone, np.random.default_rng(s)).permeability_mm2 for s in (1, 1, 2))
    assert (one == again).all() and (one != other).any()
    assert ((one > 0) == bone.active).all()


def test_outlets_have_their_places_types_and_conductance(grid: VertebraGrid) -> None:
    outlets = outlets_of(grid, ())
    basivertebral, *segmental = outlets
    assert basivertebral.route is Route.BASIVERTEBRAL and basivertebral.to is Place.CANAL
    assert_allclose(basivertebral.places_mm[0, :2], [0, -14.4], atol=0.6)
    expected = np.pi * v.basivertebral_radius_mm.value**4 / (8 * v.vein_length_mm.value)
    assert basivertebral.conductance_mm3 == pytest.approx(expected)
    assert len(segmental) == 4 and all(o.to is Place.VEINS and o.route.yeom == "S" for o in segmental)
    assert sorted(np.sign(o.places_mm[0, 0]) for o in segmental) == [-1, -1, 1, 1]
    assert [r for r in Route if r.is_vein] == [Route.BASIVERTEBRAL, Route.SEGMENTAL]


def test_the_foramen_lies_behind_and_is_a_fraction_of_the_body(grid: VertebraGrid) -> None:
    hole = foramen(grid)
    where = grid.local_mm(np.argwhere(hole))
    assert where[:, 1].max() < 0 and abs(where[:, 0].mean()) < 0.6 and where[:, 2].mean() > 0
    assert 0.005 < hole.sum() / grid.body.sum() < 0.05


def test_places_become_corners_of_open_cubes(grid: VertebraGrid) -> None:
    bone = porous_vertebra(grid)
    (node,) = nodes_near(np.array([0.0, -40.0, 0.0]), corners_of(bone.active), grid)
    assert_allclose(grid.local_mm(node - 0.5), [0, -14.4, 0], atol=1.1)


def test_the_needle_track_is_a_narrow_slit() -> None:
    slit = track(np.zeros(3), outer_mm=3.0, length_mm=30.0)
    assert slit.conductance_mm3 == pytest.approx(np.pi * 3 * v.track_gap_mm.value**3 / 360)
    assert slit.route.yeom is None
