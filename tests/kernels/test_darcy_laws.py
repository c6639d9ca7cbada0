"""What must hold for any rock: balance, bounds, symmetry, threads, a direct solve, and clear refusals."""

from dataclasses import replace

import numpy as np
import pytest
import scipy.sparse
import scipy.sparse.linalg
from numpy.testing import assert_allclose

from vertebro.errors import BadModel
from vertebro.kernels.arrays import AnyArray
from vertebro.kernels.darcy import Injection
from vertebro.kernels.porous import Accuracy, Drive, Filling, Fluids, Outlet, Ports, Rock
from vertebro.kernels.wells import Lattice, Well, lattice_rise

SHAPE = (12, 10, 9)


def face(axis: int, side: int, shape: tuple[int, ...] = SHAPE) -> AnyArray:
    mask = np.zeros([n + 1 for n in shape], bool)
    np.moveaxis(mask, axis, 0)[side] = True
    return np.argwhere(mask)


def rock(seed: int = 3, contrast: float = 1e3) -> Rock:
    rng = np.random.default_rng(seed)
    k = 1e-2 * contrast ** rng.uniform(-1, 0, SHAPE)
    k[rng.uniform(size=SHAPE) < 0.05] = 0
    k[4:8, 3:7, 3:6] = 1e-2
    k[:, :, [0, -1]] = 1e-2
    return Rock(k, rng.uniform(0.5, 0.95, SHAPE), (1.0, 0.8, 1.2), (1.0, 0.78, 1.3))


PORTS = Ports(
    (Well.at((6.0, 4.0, 5.4), 0.6, (1.0, 0.8, 1.2)),),
    (Outlet(face(2, 0), 0.5), Outlet(face(2, -1), 0.2, pressure_mpa=0.001, volume_mm3=20.0)),
)


def injected(
    given: Rock, fluids: Fluids, ports: Ports = PORTS, volume: float = 400.0, threads: int = 1
) -> Filling:
    injection = Injection(given, fluids, ports, accuracy=Accuracy(threads=threads))
    return injection.advance(Drive((20.0,)), volume_mm3=volume)


@pytest.mark.parametrize(
    "fluids", [Fluids(80.0, 0.1), Fluids(1.0, 0.1, 2.0), Fluids(0.05, 0.1), Fluids(5.0, 0.1, 2.5)]
)
def test_no_cement_is_lost_and_shares_stay_between_nought_and_one(fluids: Fluids) -> None:
    ports = replace(PORTS, outlets=tuple(replace(o, pressure_mpa=0.001) for o in PORTS.outlets))
    filling = injected(rock(), fluids, ports)
    end = filling.history[-1]
    assert abs(filling.imbalance) < 1e-12
    assert sum(end.all_left_mm3) == pytest.approx(end.injected_mm3, rel=1e-9)
    assert sum(end.cement_left_mm3) > 0
    assert filling.saturation.min() >= 0
    assert filling.saturation.max() <= 1


def test_pressure_agrees_with_a_direct_solve_at_a_contrast_of_a_million() -> None:
    given, fluids = rock(contrast=1e6), Fluids(80.0, 0.1)
    ports = replace(PORTS, outlets=tuple(replace(o, pressure_mpa=0.0) for o in PORTS.outlets))
    ports = replace(ports, outlets=tuple(replace(o, volume_mm3=0.0) for o in ports.outlets))
    injection = Injection(given, fluids, ports, accuracy=Accuracy(tolerance=1e-10, threads=1))
    filling = injection.advance(Drive((20.0,)), until_s=1e-9)  # all marrow still
    h, number = np.array(given.edges_mm), np.arange(filling.pressure_mpa.size).reshape(np.add(SHAPE, 1))
    rows, columns, values = [], [], []
    for voxel in np.argwhere(given.permeability_mm2 > 0):
        for axis in range(3):
            c = (
                given.permeability_mm2[tuple(voxel)]
                / 0.1e-6
                * given.anisotropy[axis]
                * h.prod()
                / h[axis] ** 2
            )
            for corner in np.ndindex(2, 2):
                at = voxel + np.insert(corner, axis, 0)
                a, b = number[tuple(at)], number[tuple(at + np.eye(3, dtype=int)[axis])]
                rows += [a, b, a, b]
                columns += [a, b, b, a]
                values += [c / 4, c / 4, -c / 4, -c / 4]
    A = scipy.sparse.csc_matrix((values, (rows, columns)), shape=(number.size,) * 2)
    rest, inflow = A.diagonal() == 0, np.zeros(number.size)
    for outlet in ports.outlets:
        at = number[tuple(outlet.nodes.T)]
        A += scipy.sparse.csc_matrix((outlet.openings_mm3() / 0.1e-6 * ~rest[at], (at, at)), shape=A.shape)
    well = ports.wells[0]
    inflow[number[tuple(well.nodes.T)]] = 20.0 * well.shares
    exact = np.zeros(number.size)
    exact[~rest] = scipy.sparse.linalg.spsolve(A[~rest][:, ~rest], inflow[~rest])
    assert_allclose(filling.pressure_mpa.ravel(), exact, atol=1e-6 * exact.max())


def test_a_turned_and_mirrored_rock_fills_turned_and_mirrored() -> None:
    given, fluids = rock(), Fluids(80.0, 0.1)
    plain = injected(given, fluids)
    turned = Rock(
        given.permeability_mm2.transpose(2, 0, 1)[:, ::-1],
        given.porosity.transpose(2, 0, 1)[:, ::-1],
        (1.2, 1.0, 0.8),
        (1.3, 1.0, 0.78),
    )

    def moved(nodes: AnyArray) -> AnyArray:
        return np.stack([nodes[:, 2], SHAPE[0] - nodes[:, 0], nodes[:, 1]], axis=-1)

    ports = Ports(
        tuple(replace(w, nodes=moved(w.nodes)) for w in PORTS.wells),
        tuple(replace(o, nodes=moved(o.nodes)) for o in PORTS.outlets),
    )
    other = injected(turned, fluids, ports)
    assert_allclose(other.saturation, plain.saturation.transpose(2, 0, 1)[:, ::-1], atol=1e-4)
    assert other.history[-1].wells_mpa == pytest.approx(plain.history[-1].wells_mpa, rel=1e-5)


def test_any_number_of_threads_gives_the_same_bits() -> None:
    one, two = (injected(rock(), Fluids(80.0, 0.1), threads=n, volume=60.0) for n in (1, 2))
    assert np.array_equal(one.saturation, two.saturation)
    assert one.history == two.history


def test_an_injection_goes_on_where_it_stopped() -> None:
    injection = Injection(rock(), Fluids(80.0, 0.1), PORTS, accuracy=Accuracy(threads=1))
    injection.advance(Drive((20.0,)), volume_mm3=60.0)
    injection.rest(10.0)
    filling = injection.advance(Drive((10.0,)), until_s=12.0)
    assert filling.history[-1].injected_mm3 == pytest.approx(80.0)
    assert [m.time_s for m in filling.history] == sorted({m.time_s for m in filling.history})
    assert abs(filling.imbalance) < 1e-12


def test_a_rate_falls_at_the_pressure_limit_and_cement_sets() -> None:
    fluids = Fluids(200.0, 0.1, sets_at_s=60.0)
    free = injected(rock(), replace(fluids, sets_at_s=np.inf), volume=1200.0)
    most = 0.3 * max(m.wells_mpa[0] for m in free.history)
    injection = Injection(rock(), fluids, PORTS, accuracy=Accuracy(threads=1))
    filling = injection.advance(Drive((20.0,), most), volume_mm3=1e4)
    assert filling.stopped == "cement set"
    assert max(m.wells_mpa[0] for m in filling.history) <= most * (1 + 1e-9)
    assert filling.history[0].rates_mm3_s == (20.0,)
    assert filling.history[-1].rates_mm3_s[0] < 15


def test_a_limit_below_the_pressure_outside_stops_at_once() -> None:
    ports = replace(PORTS, outlets=tuple(replace(o, pressure_mpa=0.01) for o in PORTS.outlets))
    filling = Injection(rock(), Fluids(80.0, 0.1), ports).advance(Drive((20.0,), 0.005), volume_mm3=10.0)
    assert filling.stopped == "pressure limit reached"
    assert filling.history[-1].injected_mm3 == 0


def test_full_pores_stop_an_injection() -> None:
    box = Rock(np.full((1, 1, 6), 1e-2), np.full((1, 1, 6), 0.9), (1.0,) * 3)
    low = np.argwhere(np.ones((2, 2, 1)))
    ports = Ports((Well.over(low),), (Outlet(low + np.array([0, 0, 6]), 1.0),))
    filling = Injection(box, Fluids(50.0, 0.1), ports).advance(Drive((1.0,)), volume_mm3=100.0)
    assert filling.stopped == "pores full"
    assert filling.history[-1].injected_mm3 == pytest.approx(5.4, abs=1.0)


def test_the_lattice_has_watsons_integral_and_balances() -> None:
    one = (1.0, 1.0, 1.0)
    assert lattice_rise((0, 0, 0), one) == pytest.approx(0.252731009858, abs=1e-9)
    c = (1.0, 0.4, 2.5)
    steps = [
        lattice_rise((0, 0, 0), c) - lattice_rise(tuple(np.eye(3, dtype=int)[a].tolist()), c)
        for a in range(3)
    ]
    assert 2 * np.dot(c, steps) == pytest.approx(1.0, abs=1e-8)
    well = Well.at((5.0, 5.0, 5.0), 0.4, one)
    assert Lattice(one).equivalent_radius_mm(well) == pytest.approx(0.3149, abs=1e-4)


GOOD, FULL = rock(), np.ones(np.add(SHAPE, 1))
FAR_OFF = replace(PORTS, wells=(Well.at((60.0, 4.0, 5.0), 1.0, (1.0, 1.0, 1.0)),))


@pytest.mark.parametrize(
    "wrong, words",
    [
        (lambda: replace(GOOD, permeability_mm2=np.full(SHAPE, np.nan)), "not numbers"),
        (lambda: replace(GOOD, permeability_mm2=np.zeros(SHAPE)), "No voxel lets"),
        (lambda: replace(GOOD, porosity=np.full(SHAPE, 1.2)), "above 1"),
        (lambda: replace(GOOD, porosity=np.full((2, 2, 2), 0.9)), "shape"),
        (lambda: replace(GOOD, edges_mm=(1.0, 0.0, 1.0)), "Edges"),
        (lambda: Fluids(0.0, 0.1), "not numbers above 0"),
        (lambda: Fluids(50.0, np.nan), "marrow"),
        (lambda: Fluids(50.0, 0.1, corey=0.5), "Corey"),
        (lambda: Well.at((np.nan, 0, 0), 1.0, (1.0,) * 3), "well lies"),
        (lambda: Well.over(np.zeros((0, 3), int)), "0 nodes"),
        (lambda: Outlet(face(2, 0), -1.0), "openings of 0 or less"),
        (lambda: Ports(PORTS.wells, ()), "0 outlets"),
        (lambda: Ports(PORTS.wells, PORTS.outlets[:1] * 2), "two outlets"),
        (lambda: Drive((0.0,)), "Rates"),
        (lambda: Drive((np.inf,)), "Neither a rate"),
        (lambda: Accuracy(stride=0), "stride"),
        (lambda: injected(GOOD, Fluids(50.0, 0.1), FAR_OFF), "outside the grid"),
        (lambda: Injection(GOOD, Fluids(50.0, 0.1), PORTS, saturation=FULL), "nothing to displace"),
        (lambda: Injection(GOOD, Fluids(50.0, 0.1), PORTS).advance(Drive((1.0, 1.0)), until_s=1), "2 rates"),
        (lambda: Injection(GOOD, Fluids(50.0, 0.1), PORTS).advance(Drive((1.0,))), "No time and no volume"),
    ],
)
def test_what_cannot_be_is_refused(wrong, words: str) -> None:  # type: ignore[no-untyped-def]
    with pytest.raises(BadModel, match=words):
        wrong()


def test_a_closed_wall_around_the_well_is_refused() -> None:
    k = np.full(SHAPE, 1e-2)
    k[3:9, 2:8, 2:8] = 0
    k[5:7, 4:6, 4:6] = 1e-2
    with pytest.raises(BadModel, match="No outlet"):
        injected(replace(GOOD, permeability_mm2=k), Fluids(50.0, 0.1))
    with pytest.raises(BadModel, match="in the void"):
        k[3:9, 2:8, 2:8] = 0
        injected(replace(GOOD, permeability_mm2=k), Fluids(50.0, 0.1))


@pytest.mark.parametrize("behind_mpa", [(0.0, 0.0), (0.004, 0.004), (0.02, 0.001)])
def test_given_rates_cost_the_same_pressure_as_a_limit_that_is_never_met(
    behind_mpa: tuple[float, float],
) -> None:
    """One solve for all that flows, or one for each well and for rest: two ways to one answer.

    Uneven bone with a void, two needles in turn and together, outlets with pressures behind them.
    """
    rng, n, edges = np.random.default_rng(3), (9, 10, 8), (1.5, 1.5, 1.5)
    k = np.exp(rng.normal(-6, 1, n))
    k[:2], k[5, 5, 6] = 0.0, 0.0  # the box is smaller than the image, and has a hole
    nodes = np.argwhere(np.ones((7, 1, 8))) + np.array([3, 0, 0])
    outlets = tuple(
        Outlet(nodes + np.array([0, at, 0]), np.full(len(nodes), 2e-3), mpa)
        for at, mpa in zip((0, 10), behind_mpa, strict=True)
    )
    wells = tuple(Well.at(at, 1.0, edges) for at in ((6.0, 4.5, 6.0), (10.5, 10.5, 6.0)))
    answers = []
    for most in (np.inf, 1e6):
        injection = Injection(
            Rock(k, np.full(n, 0.8), edges, (0.7, 0.7, 1.0)), Fluids(100.0, 0.04), Ports(wells, outlets)
        )
        for end, rates in (
            (60.0, (50.0, 0.0)),
            (120.0, (0.0, 50.0)),
            (180.0, (25.0, 25.0)),
            (240.0, (50.0, 0.0)),
        ):
            filling = injection.advance(Drive(rates, most), volume_mm3=end)
        answers.append(filling)
    given, limited = answers
    assert len(given.history) == len(limited.history)
    for one, other in zip(given.history, limited.history, strict=True):
        assert_allclose(one.wells_mpa, other.wells_mpa, rtol=1e-5, atol=1e-7)
        assert_allclose(one.time_s, other.time_s)
    assert_allclose(given.saturation, limited.saturation, atol=1e-4)
    assert given.saturation.max() > 0.9 and not given.saturation[:2].any()
