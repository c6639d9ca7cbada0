"""One point that yields: principal values, return to the surface, the tangent, the work it loses."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose
from scipy.optimize import brentq

from vertebro.kernels.arrays import AnyArray, Array
from vertebro.kernels.compiled import compiled
from vertebro.kernels.principal import principal
from vertebro.kernels.yielding import CONE, SCRATCH, WEDGE, Solid, respond

LAM, MU = 1500.0, 1000.0
CASES = [
    pytest.param(CONE, (10.0, 10.0, 0.0), id="von Mises"),
    pytest.param(CONE, (10.0, 10.0, 300.0), id="hardening"),
    pytest.param(CONE, (10.0, 6.0, 0.0), id="Drucker-Prager"),
    pytest.param(WEDGE, (10.0, 10.0, 0.0), id="Tresca"),
    pytest.param(WEDGE, (10.0, 4.0, 0.0), id="Mohr-Coulomb"),
]


@compiled
def one_point(kind: int, e: AnyArray, m: AnyArray, kappa: float, out: AnyArray) -> bool:
    return respond(kind, (e[0], e[1], e[2], e[3], e[4], e[5]), Solid(m[0], m[1], m[2], m[3], m[4]), kappa, out)  # type: ignore[no-any-return]  # fmt: skip  # noqa: E501


@compiled
def principal_of(t: AnyArray, out: AnyArray) -> None:
    found = principal((t[0], t[1], t[2], t[3], t[4], t[5]))
    for i in range(4):
        for j in range(3):
            out[i, j] = found[i][j]


def tensor(six: AnyArray) -> Array:
    x, y, z, yz, xz, xy = six
    return np.array([[x, xy, xz], [xy, y, yz], [xz, yz, z]])


def answer(
    kind: int, limits: tuple[float, ...], e: AnyArray, kappa: float = 0.0
) -> tuple[bool, Array, Array]:
    """Whether it yields, stress (6) and tangent (6, 6)."""
    out = np.zeros(SCRATCH)
    yields = one_point(kind, np.asarray(e, float), np.array([LAM, MU, *limits]), kappa, out)
    tangent = np.zeros((6, 6))
    tangent[np.triu_indices(6)] = out[6:27]
    return bool(yields), out[:6].copy(), tangent + np.triu(tangent, 1).T


def beyond(kind: int, limits: tuple[float, ...], stress: Array, kappa: float = 0.0) -> float:
    """By how much a stress lies outside the surface, written anew from the principal stresses."""
    compressive, tensile, hardening = limits
    s = np.linalg.eigvalsh(tensor(stress))[::-1]
    if kind == WEDGE:
        return float(compressive / tensile * s[0] - s[2] - compressive)
    q = np.sqrt(((s - s.mean()) ** 2).sum() * 1.5)
    both = compressive + tensile
    slope = 3 * (compressive - tensile) / both
    return float(q + slope * s.mean() - 2 * compressive * tensile / both - hardening * kappa)


def elastic_strain(stress: Array) -> Array:
    mean = stress[:3].mean()
    normal = (stress[:3] - mean) / (2 * MU) + mean / (3 * LAM + 2 * MU)
    return np.concatenate([normal, stress[3:] / MU])


sixes = st.lists(st.floats(-1, 1).map(lambda x: round(x, 3)), min_size=6, max_size=6)


@given(sixes)
@settings(max_examples=200, deadline=None)
def test_principal_values_and_directions_rebuild_the_tensor(six: list[float]) -> None:
    """Coinciding values and nought included: rounding to thousandths makes them common."""
    out = np.zeros((4, 3))
    principal_of(np.array(six), out)
    axes = out[1:].T
    assert_allclose(axes.T @ axes, np.eye(3), atol=1e-9)
    assert_allclose(axes @ np.diag(out[0]) @ axes.T, tensor(np.array(six)), atol=1e-9)
    assert (np.diff(out[0]) <= 1e-9).all()


@pytest.mark.parametrize(("kind", "limits"), CASES)
@given(six=sixes)
@settings(max_examples=60, deadline=None)
def test_stress_returns_to_the_surface_by_its_closest_point(
    kind: int, limits: tuple[float, float, float], six: list[float]
) -> None:
    """Elastic inside; else on the surface, with a plastic strain no admissible stress does more work with."""
    e = 0.02 * np.array(six)
    yields, stress, _ = answer(kind, limits, e)
    plastic = e - elastic_strain(stress)
    kappa = np.sqrt(2 / 3 * (plastic[:3] ** 2).sum() + (plastic[3:] ** 2).sum() / 3)
    assert beyond(kind, limits, stress, kappa) <= 1e-9 * limits[0]
    if not yields:
        assert_allclose(plastic, 0, atol=1e-15)
        return
    assert abs(beyond(kind, limits, stress, kappa)) <= 1e-9 * limits[0]
    rng = np.random.default_rng(0)
    others = stress + rng.normal(size=(40, 6)) * 5
    inside = [o for o in others if beyond(kind, limits, o, kappa) <= 0]
    assert all(plastic @ (stress - o) >= -1e-9 for o in inside)  # principle of maximum dissipation


@pytest.mark.parametrize(("kind", "limits"), CASES)
@given(six=sixes)
@settings(max_examples=30, deadline=None)
def test_tangent_is_the_derivative_of_the_stress(
    kind: int, limits: tuple[float, float, float], six: list[float]
) -> None:
    e, h = 0.02 * np.array(six) + 1e-4 * np.arange(6), 1e-8
    yields, _, tangent = answer(kind, limits, e)
    if not yields:
        return
    one = [answer(kind, limits, e + h * d) for d in np.eye(6)]
    other = [answer(kind, limits, e - h * d) for d in np.eye(6)]
    numeric = np.stack([(a[1] - b[1]) / (2 * h) for a, b in zip(one, other, strict=True)], axis=-1)
    sides = [np.abs(a[2] - tangent).max() for a in (*one, *other)]
    if max(sides) < 1e-2 * MU:  # else the point lies on a fold of the mapping, where there is no derivative
        assert_allclose(tangent, numeric, atol=2e-4 * MU)
    assert np.linalg.eigvalsh(tangent).min() > -1e-9 * MU


def test_uniaxial_stress_of_every_law_is_the_named_one() -> None:
    """Crushed or pulled with free sides, a point carries its compressive or tensile yield stress."""
    for kind, limits in ((CONE, (10.0, 6.0, 0.0)), (WEDGE, (10.0, 6.0, 0.0))):
        for sign, stress in ((-1, -10.0), (1, 6.0)):
            axial = sign * 0.05

            def pressed(side: float, kind: int = kind, limits: tuple[float, ...] = limits, z: float = axial) -> Array:  # fmt: skip  # noqa: E501
                return answer(kind, limits, np.array([side, side, z, 0, 0, 0]))[1]

            free = brentq(lambda side: pressed(side)[0], -2 * axial, axial)
            assert_allclose(pressed(free)[2], stress, rtol=1e-6)


def test_pure_tension_ends_at_the_apex() -> None:
    for kind, apex in ((CONE, None), (WEDGE, 10.0 / (10 / 6 - 1))):
        _, stress, tangent = answer(kind, (10.0, 6.0, 0.0), np.array([0.05, 0.05, 0.05, 0, 0, 0]))
        expected = apex or 2 * 60 / 16 / (3 * 4 / 16)
        assert_allclose(stress, [expected] * 3 + [0] * 3, atol=1e-9)
        assert_allclose(tangent, 0, atol=1e-12)
