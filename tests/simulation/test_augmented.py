"""Strength and stiffness after cement: porous-cement law, neighbours, monotone in the filling."""

import numpy as np
import pytest
from inflated_body import elliptic_body
from numpy.testing import assert_allclose, assert_array_equal

from vertebro.errors import BadModel
from vertebro.kernels.arrays import Array
from vertebro.simulation.augmented import (
    Augmented,
    Carried,
    Filled,
    augmented,
    broken_model,
    cement_on,
    cemented_model,
    intact_estimate,
    left_of,
    restored,
)
from vertebro.simulation.inflated_bone import cement_in
from vertebro.simulation.vertebra_grid import VertebraGrid
from vertebro.simulation.voxel_model import ModelSettings, model_on
from vertebro.vocabulary.known import Unknown
from vertebro.vocabulary.levels import Level
from vertebro.vocabulary.measured import Measured

EDGE = 3.0


@pytest.fixture(scope="module")
def grid() -> VertebraGrid:
    return elliptic_body(EDGE)


def filled(grid: VertebraGrid, share: float) -> Array:
    """Cement from two needles that fills a share of the body."""
    places = grid.local_mm(np.moveaxis(np.indices(grid.shape), 0, -1))
    away = np.minimum(*(np.linalg.norm(places - [side * 9, 3, 0], axis=-1) for side in (1, -1)))
    porosity = np.where(grid.body, 0.9, 0.0)
    volume = share * grid.body.sum() * grid.edge_mm**3
    return cement_in(np.zeros(grid.shape, bool), away, porosity, volume, grid.edge_mm)


def of(stiffness: float, offset: float | None = None) -> Carried:
    load = Unknown("no curve") if offset is None else Measured(offset, "N", "made up", 0.0)
    return Carried(
        Measured(stiffness, "N/mm", "made up", 0.0), Measured(stiffness / 6, "N", "made up", 0.0), load
    )


def test_cement_fills_the_cavity_first_and_no_more_than_there_is(grid: VertebraGrid) -> None:
    cavity = np.zeros(grid.shape, bool)
    middle = tuple(n // 2 for n in grid.shape)
    cavity[middle] = True
    porosity = np.where(cavity, 1.0, np.where(grid.body, 0.9, 0.0))
    level = np.linalg.norm(np.moveaxis(np.indices(grid.shape), 0, -1) - np.array(middle), axis=-1)
    for volume in (0.5 * EDGE**3, 40 * EDGE**3):
        shares = cement_in(cavity, level, porosity, volume, EDGE)
        assert_allclose((shares * porosity).sum() * EDGE**3, volume)
        assert shares.min() >= 0 and shares.max() <= 1 and not shares[~grid.body].any()
    assert shares[middle] == 1
    assert cement_in(cavity, level, porosity, 0.5 * EDGE**3, EDGE)[middle] == 0.5


@pytest.fixture(scope="module")
def doses(grid: VertebraGrid) -> Augmented:
    fillings = {f"{share:.0%}": Filled(grid, filled(grid, share)) for share in (0.08, 0.25)}
    model = of(12000, 1900)
    return augmented(Level.L1, grid, fillings, model)


def test_more_cement_is_never_weaker_and_its_spread_spans_the_scaling(doses: Augmented) -> None:
    assert isinstance(doses.broken, Carried)
    states = [doses.broken, *doses.after.values()]
    stiffness = [s.stiffness.value for s in states]
    loads = [s.offset.value for s in states if isinstance(s.offset, Measured)]
    assert (np.diff(stiffness) > 0).all() and (np.diff(loads) > 0).all() and len(loads) == 3
    assert all(s.stiffness.spread > 0 for s in doses.after.values())
    assert set(doses.restored) == {"broken", *doses.after}


def test_broken_bone_is_as_soft_as_in_the_laboratory(doses: Augmented) -> None:
    """The body makes nearly all of the stiffness: 47 % of it is left of the whole."""
    assert isinstance(doses.broken, Carried) and isinstance(doses.intact, Carried)
    least = min(doses.imaged.stiffness.value, doses.intact.stiffness.value)
    assert_allclose(doses.broken.stiffness.value / least, 0.47, atol=0.05)


def test_impacted_bone_is_never_stronger_than_it_was_intact(grid: VertebraGrid) -> None:
    """A body that its image makes twice as stiff as the neighbours tell."""
    imaged = of(12000, 2000)
    left = left_of(imaged, of(6000, 500))
    assert_allclose([left.stiffness, left.strength], [0.5 * 0.47, 0.25 * 0.89])
    softer = left_of(imaged, of(24000, 9000))
    assert_allclose([softer.stiffness, softer.strength], [0.47, 0.89])
    told = augmented(Level.L1, grid, {}, of(4000, 500))
    assert isinstance(told.broken, Carried) and isinstance(told.restored["broken"].stiffness, Measured)
    assert told.restored["broken"].stiffness.value < 60
    assert any("impacted" in c for c in told.cautions)


def test_no_cement_changes_nothing(grid: VertebraGrid) -> None:
    model = broken_model(model_on(grid, ModelSettings()))
    same = cemented_model(model, np.zeros(grid.shape), 1.0)
    assert_array_equal(same.young_mpa, model.young_mpa)
    assert_array_equal(same.yield_mpa, model.yield_mpa)


def test_cement_keeps_its_place_on_another_grid(grid: VertebraGrid) -> None:
    fine = elliptic_body(1.5)
    shares = filled(grid, 0.15)
    there = cement_on(shares, grid, fine)
    assert_allclose(there.sum() * 1.5**3, shares.sum() * EDGE**3, rtol=0.02)
    for one, of_grid in ((shares, grid), (there, fine)):
        middle = np.average(of_grid.local_mm(np.argwhere(one > 0)), axis=0, weights=one[one > 0])
        assert_allclose(middle, [0, 3, 0], atol=0.6)
    with pytest.raises(BadModel, match="one grid"):
        Filled(fine, shares)


def test_neighbours_tell_what_a_level_carried() -> None:
    near = {Level.T12: of(10220, 1022), Level.L2: of(10850)}
    estimate = intact_estimate(near, Level.L1)
    assert isinstance(estimate, Carried)
    assert_allclose(estimate.stiffness.value, 10000)
    assert_allclose(estimate.stiffness.spread, 750)
    assert isinstance(estimate.offset, Measured) and estimate.offset.value == pytest.approx(1000)
    assert isinstance(intact_estimate({}, Level.L1), Unknown)
    assert isinstance(intact_estimate({Level.L1: of(1.0)}, Level.L1), Unknown)
    assert isinstance(intact_estimate(near, Level.T3), Unknown)


def test_an_unknown_intact_state_leaves_the_part_unknown() -> None:
    part = restored(of(100.0, 10.0), Unknown("nobody knows"), "cement")
    assert isinstance(part.stiffness, Unknown) and isinstance(part.offset, Unknown)
    part = restored(of(100.0), of(200.0, 5.0), "cement")
    assert isinstance(part.stiffness, Measured) and part.stiffness.value == 50
    assert isinstance(part.offset, Unknown)
