"""Cement displaces marrow: the closed forms of a line and of a sphere, and how fast errors fall."""

import numpy as np
import pytest
from darcy_cases import Line, Sphere
from numpy.testing import assert_allclose

from vertebro.kernels.arrays import Array
from vertebro.kernels.darcy import Injection
from vertebro.kernels.porous import Accuracy, Conditions, Drive, Fluids, Outlet, Ports, Rock
from vertebro.kernels.rheology import power_law_pa_s
from vertebro.kernels.wells import Well

PA = 1e-6  # MPa


def order(coarse: float, fine: float) -> float:
    """The power of the edge with which an error falls when the edge is halved."""
    return float(np.log(abs(coarse) / abs(fine)) / np.log(2))


# -- a line -----------------------------------------------------------------------------------------


def breakthrough_s(line: Line, pressure_mpa: float) -> float:
    k, mu = line.permeability_mm2, line.fluids
    viscosity = float(np.asarray(mu.cement_pa_s)) + mu.marrow_pa_s
    return line.porosity * line.length_mm**2 * viscosity * PA / (2 * k * pressure_mpa)


@pytest.mark.parametrize(
    "thick, thin, k, mpa", [(50.0, 0.1, 1e-3, 0.1), (2.0, 1.0, 4e-3, 0.02), (300, 0.04, 0.02, 0.5)]
)
@pytest.mark.parametrize("share", [0.25, 0.8])
def test_constant_pressure_drives_a_piston_along_a_line(
    thick: float, thin: float, k: float, mpa: float, share: float
) -> None:
    line = Line(30.0, k, 0.9, Fluids(thick, thin), voxels=30)
    seconds = share * breakthrough_s(line, mpa)
    filling = line.injection().advance(Drive((np.inf,), mpa), until_s=seconds)
    under = (thin * 30) ** 2 + 2 * (thick - thin) * k * mpa * seconds / PA / 0.9
    front = (np.sqrt(under) - thin * 30) / (thick - thin)
    assert line.front_mm(filling.saturation) == pytest.approx(front, rel=1e-4)
    assert filling.history[-1].time_s == pytest.approx(seconds, rel=1e-6)


def test_the_printed_check_of_the_line() -> None:
    line = Line(30.0, 1e-3, 0.9, Fluids(50.0, 0.1), voxels=30)
    seconds = breakthrough_s(line, 0.1)
    assert seconds == pytest.approx(202.905, abs=1e-3)
    filling = line.injection().advance(Drive((np.inf,), 0.1), until_s=seconds / 4)
    assert line.front_mm(filling.saturation) == pytest.approx(14.970, abs=1e-3)


@pytest.mark.parametrize("thick", [100.0, 1.0, 0.1])
def test_constant_rate_raises_the_pressure_in_proportion(thick: float) -> None:
    line = Line(20.0, 1e-2, 0.7, Fluids(thick, 0.1), voxels=25)
    rate = 0.05 * line.area_mm2
    filling = line.injection().advance(Drive((rate,)), until_s=140.0)
    front = 0.05 * 140 / 0.7
    drop = 0.05 / 1e-2 * (thick * front + 0.1 * (20 - front)) * PA
    assert line.front_mm(filling.saturation) == pytest.approx(front, rel=1e-9)
    assert filling.history[-1].wells_mpa[0] == pytest.approx(drop, rel=1e-3)


def fan(M: float, xi: Array) -> Array:
    """S behind and in the fan of a thinner fluid, linear relative permeabilities."""
    inside = (np.sqrt(M / np.maximum(xi, M)) - M) / (1 - M)
    return np.where(xi >= 1 / M, 0.0, np.minimum(inside, 1.0))


def welge(M: float, xi: Array) -> Array:
    """S for quadratic relative permeabilities: a fan from 1 to S*, then the shock."""
    s = np.linspace(np.sqrt(M / (1 + M)), 1, 4001)
    speed = 2 * M * s * (1 - s) / (s**2 + M * (1 - s) ** 2) ** 2
    return np.where(xi > speed[0], 0.0, np.interp(xi, speed[::-1], s[::-1]))


def profile_errors(M: float, corey: float, filled: float, voxels: int) -> tuple[float, float]:
    """Mean error of S over the filled length, and the relative error of the pressure."""
    line = Line(30.0, 1e-3, 0.9, Fluids(0.1 * M, 0.1, corey), voxels)
    filling = line.injection().advance(Drive((1.0,)), volume_mm3=filled * 30 * 0.9 * line.area_mm2)
    exact = welge if corey == 2 else fan
    S = filling.saturation.mean(axis=(0, 1))
    weight = np.ones(voxels + 1)
    weight[[0, -1]] = 0.5
    off = np.abs(S - exact(M, np.arange(voxels + 1) / voxels / filled)) * weight
    fine = exact(M, (np.arange(20000) + 0.5) / 20000 / filled)
    resistance = (1 / (fine**corey / (0.1 * M) + (1 - fine) ** corey / 0.1)).mean()
    drop = 30 / line.area_mm2 / 1e-3 * resistance * PA
    return float(off.sum() / voxels / filled), filling.history[-1].wells_mpa[0] / drop - 1


@pytest.mark.parametrize(
    "M, corey, filled", [(0.5, 1, 0.4), (0.2, 1, 0.15), (10, 2, 0.6), (1, 2, 0.5), (0.3, 2, 0.3)]
)
def test_fans_and_shocks_come_out_and_their_errors_halve_with_the_edge(
    M: float, corey: float, filled: float
) -> None:
    coarse, fine = (profile_errors(M, corey, filled, n) for n in (60, 120))
    assert fine[0] < 0.035
    assert abs(coarse[1]) < 0.03
    assert order(coarse[1], fine[1]) > 0.75
    assert order(coarse[0], fine[0]) > 0.6


def test_the_printed_shock_of_quadratic_permeabilities() -> None:
    line = Line(30.0, 1e-3, 0.9, Fluids(1.0, 0.1, 2.0), voxels=120)
    filling = line.injection().advance(Drive((1.0,)), volume_mm3=0.5 * 30 * 0.9 * line.area_mm2)
    S = filling.saturation.mean(axis=(0, 1))
    x = np.arange(121) * line.edge_mm
    front = np.interp(-0.5 * 0.9535, -S, x)
    assert front == pytest.approx(1.0244 * 15, rel=0.01)
    assert S[int(0.98 * front / line.edge_mm)] == pytest.approx(0.9535, abs=0.01)


# -- a sphere ---------------------------------------------------------------------------------------

R0, FRONT = 1.5, 6.452


def sphere(fluids: Fluids, edge: float = FRONT / 15, k: float = 1e-3, R: float = 9.0) -> Sphere:
    return Sphere(R0, R, k, 0.9, fluids, edge)


def pressure_mpa(rate: float, k: float, mu: tuple[float, float], radii: tuple[float, float]) -> float:
    front, R = radii
    return rate / (4 * np.pi * k) * (mu[0] * (1 / R0 - 1 / front) + mu[1] * (1 / front - 1 / R)) * PA


def test_the_printed_check_of_the_sphere() -> None:
    assert sphere(Fluids(50.0, 0.1)).front_mm(1000.0) == pytest.approx(6.452, abs=1e-3)
    assert pressure_mpa(50.0, 1e-3, (50.0, 0.1), (6.452, 15.0)) == pytest.approx(0.10183, abs=1e-5)


@pytest.mark.parametrize("thick, thin, k, rate", [(50.0, 0.1, 1e-3, 50.0), (2.0, 1.0, 0.03, 20.0)])
def test_a_sphere_at_constant_rate(thick: float, thin: float, k: float, rate: float) -> None:
    errors = []
    for edge in (2 * FRONT / 15, FRONT / 15):
        case = sphere(Fluids(thick, thin), edge, k)
        filling = case.injection().advance(Drive((rate,)), until_s=1000.0 / rate)
        exact = pressure_mpa(rate, k, (thick, thin), (FRONT, 9.0))
        errors.append(filling.history[-1].wells_mpa[0] / exact - 1)
    radii = case.radii_mm(filling.saturation)
    assert radii.mean() == pytest.approx(FRONT, rel=0.01)
    # a front that viscosity hardly steadies keeps more of the grid's directions
    assert_allclose(radii, FRONT, rtol=0.02 if thick / thin > 10 else 0.03)
    assert abs(errors[1]) < 0.03
    assert order(errors[0], errors[1]) > 0.9


def filling_s(case: Sphere, mu: tuple[float, float], front: float, mpa: float) -> float:
    (thick, thin), scale = mu, case.porosity * PA / (case.permeability_mm2 * mpa)
    cubes, squares = (front**3 - R0**3) / 3, (front**2 - R0**2) / 2
    return float(scale * ((thick / R0 - thin / case.R_mm) * cubes - (thick - thin) * squares))


@pytest.mark.parametrize("mu", [(50.0, 0.1), (5.0, 1.0)])
def test_a_sphere_at_constant_pressure(mu: tuple[float, float]) -> None:
    errors = []
    for edge in (2 * FRONT / 15, FRONT / 15):
        case = sphere(Fluids(*mu), edge)
        seconds = filling_s(case, mu, FRONT, 0.1)
        filling = case.injection().advance(Drive((np.inf,), 0.1), until_s=seconds)
        errors.append(case.front_mm(filling.history[-1].injected_mm3) / FRONT - 1)
    assert abs(errors[1]) < 0.01
    assert order(errors[0], errors[1]) > 0.9


@pytest.mark.parametrize("n", [0.5, 0.8])
def test_a_power_law_fluid_in_a_sphere(n: float) -> None:
    consistency, k, thin, errors = 50.0, 1e-3, 0.01, []

    def viscosity(now: Conditions) -> Array:
        return power_law_pa_s(now, consistency, n, 1e-4)

    for edge in (2 * FRONT / 15, FRONT / 15):
        case = sphere(Fluids(viscosity, thin), edge)
        filling = case.injection().advance(Drive((50.0,)), until_s=20.0)
        m, front = 1e-3, FRONT * 1e-3
        effective = consistency / 12 * (9 + 3 / n) ** n * (150 * k * m**2 * 0.9) ** ((1 - n) / 2)
        shape = (
            np.log(front / (R0 * m))
            if n == 0.5
            else ((R0 * m) ** (1 - 2 * n) - front ** (1 - 2 * n)) / (2 * n - 1)
        )
        cement = effective / (k * m**2) * (50 * m**3 / (4 * np.pi)) ** n * shape * PA
        exact = cement + 50 / (4 * np.pi * k) * thin * (1 / FRONT - 1 / 9.0) * PA
        errors.append(filling.history[-1].wells_mpa[0] / exact - 1)
    assert abs(errors[1]) < 0.03
    assert order(errors[0], errors[1]) > 0.9


def test_shorter_strides_change_little() -> None:
    one, half = (
        sphere(Fluids(50.0, 0.1), 0.86)
        .injection(Accuracy(stride=s, threads=1))
        .advance(Drive((np.inf,), 0.1), volume_mm3=800.0)
        for s in (1.0, 0.5)
    )
    assert one.history[-1].time_s == pytest.approx(half.history[-1].time_s, rel=0.01)


def test_void_around_the_pores_and_ways_out_of_other_parts_change_nothing() -> None:
    rng, h = np.random.default_rng(3), (1.0, 1.0, 1.0)
    k, pores = rng.uniform(0.5e-3, 2e-3, (6, 5, 7)), rng.uniform(0.5, 0.9, (6, 5, 7))
    thick = rng.uniform(20.0, 60.0, k.shape)
    well, wall = np.array([[2, 2, 3]]), np.argwhere(np.ones((7, 6, 1)))
    room = ((4, 3), (2, 5), (6, 1))
    corner = np.array([low for low, _ in room])
    wide, far = (np.pad(field, room) for field in (k, pores)), np.array([[0, 0, 0]])
    around_k, around_pores = wide
    around_k[0, 0, 0], around_pores[0, 0, 0] = (
        1e-3,
        0.5,
    )  # a part that no well feeds, with a way out of its own
    small = Injection(Rock(k, pores, h), Fluids(thick, 0.1), Ports((Well.over(well),), (Outlet(wall, 1e-3),)))
    outlets = (Outlet(wall + corner, 1e-3), Outlet(far, 1e-3))
    large = Injection(
        Rock(around_k, around_pores, h),
        Fluids(np.pad(thick, room, constant_values=1.0), 0.1),
        Ports((Well.over(well + corner),), outlets),
    )
    alone, within = (one.advance(Drive((50.0,)), volume_mm3=60.0) for one in (small, large))
    held = tuple(slice(a, a + n) for a, n in zip(corner, alone.saturation.shape, strict=True))
    assert_allclose(within.saturation[held], alone.saturation, atol=1e-6)
    assert within.saturation.shape == tuple(n + 1 for n in around_k.shape)
    assert within.saturation.sum() == pytest.approx(alone.saturation.sum())
    assert within.history[-1].cement_left_mm3 == pytest.approx(
        (*alone.history[-1].cement_left_mm3, 0.0), abs=1e-5
    )
    assert within.history[-1].wells_mpa == pytest.approx(alone.history[-1].wells_mpa, rel=1e-5)
