"""Cement of an injection laid where it lies, in the bone and in the canal; its heat, and its scene."""

from dataclasses import dataclass

import numpy as np
import pytest

from vertebro.errors import HouseFault
from vertebro.kernels.arrays import Array
from vertebro.patient.frame import BodyFrame
from vertebro.patient.volume import Volume
from vertebro.report.cement_of import Seen, drawn, moments_of, scene_of
from vertebro.simulation.heating import HeatSettings, heated
from vertebro.simulation.injected import Injected, heat_of
from vertebro.simulation.injection import CementResult, Course, InjectionNeedle, Stop
from vertebro.simulation.leakage import Outlet, Place, Route
from vertebro.simulation.permeability import PorousVertebra
from vertebro.simulation.vertebra_grid import VertebraGrid
from vertebro.vocabulary.grades import Quantity
from vertebro.vocabulary.known import Unknown

EDGE_MM = 2.0


def ring(closed: bool = True) -> VertebraGrid:
    """A box of a body with an arch behind it, in a frame turned against the scanner."""
    bone = np.zeros((24, 32, 14), dtype=bool)
    body = bone.copy()
    body[3:21, 14:29, 2:12] = True
    bone |= body
    bone[5:19, 2:14, 5:9] = True
    bone[8:16, 5:14, :] = False  # the canal
    bone |= body
    if not closed:
        bone[11:13, :5] = False
    frame = BodyFrame.from_directions(
        np.array([-20.0, 35.0, -410.0]), anterior=np.array([0.1, -1, 0.2]), superior=np.array([0.0, 0.2, 1])
    )
    density = np.where(bone, 120.0, 0.0)
    return VertebraGrid(
        bone, body, density, Quantity.K2HPO4_MG_CM3, EDGE_MM, np.array([-23.0, -40.0, -13.0]), frame
    )


def vein(ml_place: Place = Place.CANAL) -> Outlet:
    """Opens in the middle of the posterior wall."""
    at = np.array([[0.0, -12.0, 0.0]])
    return Outlet("to the canal", Route.BASIVERTEBRAL, ml_place, at, np.ones(1), 1.0, 100.0, 1.0)


def injected(leak_ml: float = 0.0, closed: bool = True, place: Place = Place.CANAL) -> Injected:
    grid = ring(closed)
    away = np.linalg.norm(
        grid.local_mm(np.moveaxis(np.indices(grid.shape), 0, -1)) - [5.0, 5.0, 0.0], axis=-1
    )
    share = np.clip((9.0 - away) / 2, 0, 1) * grid.body
    porosity = np.where(grid.body, 0.9, 0.0)
    return Injected(grid, porosity, share, (vein(place),), (leak_ml,))


def volume_ml(field_share: Array) -> float:
    return float(field_share.sum()) * EDGE_MM**3 / 1000


def test_the_canal_is_the_room_inside_the_ring() -> None:
    one = injected()
    canal = one.canal()
    assert not isinstance(canal, Unknown)
    inside = np.argwhere(canal)
    assert inside.min(axis=0).tolist() == [8, 5, 2] and inside.max(axis=0).tolist() == [15, 13, 11]
    assert not (canal & one.grid.bone).any()


def test_without_a_ring_there_is_no_canal_to_speak_of() -> None:
    one = injected(0.3, closed=False)
    assert isinstance(one.canal(), Unknown)
    heat = heat_of(one, HeatSettings(minutes=10))
    assert not isinstance(heat, Unknown)
    assert all("canal_wall" not in run.regions for run in heat.values())


def test_all_cement_is_in_the_field_the_leak_in_the_canal_where_it_came_out() -> None:
    one = injected(0.4)
    field, canal = one.field(), one.canal()
    assert volume_ml(field.cement) == pytest.approx(one.ml + 0.4)
    leaked = np.argwhere((field.cement > 0) & canal)
    assert volume_ml(np.where(canal, field.cement, 0)) == pytest.approx(0.4)
    middle = one.grid.local_mm(leaked).mean(axis=0)
    assert np.linalg.norm(middle - [0.0, -12.0, 0.0]) < 6.0


def test_leaks_that_do_not_reach_the_canal_put_nothing_into_it() -> None:
    one = injected(0.4, place=Place.VEINS)
    assert volume_ml(one.field().cement) == pytest.approx(one.ml)


def test_a_leak_heats_the_wall_of_the_canal() -> None:
    peaks = []
    for one in (injected(), injected(0.5)):
        canal = one.canal()
        assert not isinstance(canal, Unknown)
        field = one.field()
        peaks.append(heated(field, field.regions(canal)).regions["canal_wall"].peak_celsius)
    assert peaks[1] > peaks[0] + 5


def test_no_cement_gives_no_heat() -> None:
    one = injected()
    assert isinstance(heat_of(Injected(one.grid, one.porosity, 0 * one.share)), Unknown)


def test_the_scene_lies_in_the_patient_and_its_leak_outside_the_bone() -> None:
    one = injected(0.4)
    seen = Seen("L1", Unknown("no CT"), Volume(one.grid.bone, one.grid.affine_mm, Quantity.LABEL))
    scene = scene_of(one, seen, ())
    assert scene.ml == pytest.approx(one.ml)
    middle = scene.cement.to_mm(np.argwhere(scene.cement.values > 0.5)).mean(axis=0)
    np.testing.assert_allclose(one.grid.frame.local_mm(middle), [5.0, 5.0, 0.0], atol=1.0)
    (leak,) = scene.leaks
    local = one.grid.frame.local_mm(leak.place_mm)
    assert local[1] == pytest.approx(-12.0 - leak.radius_mm - EDGE_MM / 2)  # behind the wall
    at = np.round(one.grid.to_index(leak.place_mm)).astype(int)
    assert not one.grid.bone[tuple(at)]


def test_needles_are_named_for_people_and_those_without_an_entry_say_so() -> None:
    tip, entry = np.zeros(3), np.array([5.0, 30.0, 2.0])
    given = [InjectionNeedle("left", tip, 2.4, 3.2, entry_mm=entry), InjectionNeedle("tip 1", tip, 2.4, 3.2)]
    left, other = drawn(given)
    assert (left.name, other.name) == ("left needle", "needle tip 1")
    assert isinstance(other.entry_mm, Unknown) and left.entry_mm is not None
    np.testing.assert_array_equal(left.entry_mm, entry)


@dataclass(frozen=True)
class Shot:
    time_s: float
    injected_ml: float
    share: Array
    leak_ml: tuple[float, ...]


def test_a_film_begins_dry_and_shows_cement_only_where_pores_are() -> None:
    one = injected(0.4)
    everywhere = np.ones(one.share.shape)
    dry, full = moments_of(one, [Shot(80.0, 4.0, everywhere, (0.4,))])
    assert dry.ml == 0 and not dry.share.any() and dry.leaks_ml == (0.0,)
    assert full.ml == pytest.approx(3.6) and full.leaks_ml == (0.4,) and full.time_s == 80
    np.testing.assert_array_equal(full.share > 0, one.porosity > 0)
    assert moments_of(one, []) == ()


def test_what_an_injection_left_is_taken_over() -> None:
    one = injected(0.8)
    open_here = one.porosity > 0
    bone = PorousVertebra(one.grid, one.porosity, np.where(open_here, 1e-2, 0.0), np.zeros_like(open_here))
    nodes = np.zeros(np.array(one.grid.shape) + 1)
    nodes[10:17, 20:26, 5:11] = 1.0
    course = Course(*(np.array([0.0, 60.0]) for _ in range(4)), np.array([[0.0, 0.8]]))
    result = CementResult(bone, one.outlets, 4.0, Stop.VOLUME, "done", course, nodes)
    taken = Injected.of(result)
    assert taken.ml == pytest.approx(volume_ml(result.cement_share * one.porosity))
    assert taken.leaks_ml == (0.8,) and taken.outlets == one.outlets


def test_what_does_not_belong_together_is_our_fault() -> None:
    one = injected()
    with pytest.raises(HouseFault):
        Injected(one.grid, one.porosity, one.share[:-1])
    with pytest.raises(HouseFault):
        Injected(one.grid, one.porosity, one.share + 2)
    with pytest.raises(HouseFault):
        Injected(one.grid, one.porosity, one.share, (vein(),), ())
