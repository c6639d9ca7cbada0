"""Heat in voxels: closed forms, order of convergence, nothing lost, never hotter than its sources."""

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose
from scipy.integrate import solve_ivp
from scipy.special import erf

from vertebro.errors import BadModel
from vertebro.kernels.heat import GAS_J_MOL_K, ZERO_CELSIUS_K, Cure, HeatFlow, HeatModel, HeatState

KAPPA, CAPACITY = 0.25e-3, 2.4e-3  # W/(mm K), J/(mm3 K): near those of marrow
DIFFUSIVITY = KAPPA / CAPACITY
FAST = Cure(5.206e9, 67891.0, 1.05, 1.10)
GLASSY = Cure(1.2088e4, 33240.0, 0.98, 1.14, glass_k=378.0)


def uniform(shape: tuple[int, int, int], edge_mm: float) -> HeatModel:
    return HeatModel(
        np.full(shape, KAPPA), np.full(shape, CAPACITY), np.zeros(shape), edge_mm, body_celsius=37.0
    )


def slab_error(cells: int, length_mm: float = 20.0, seconds: float = 200.0) -> float:
    """Largest error (K) of a slab of 1 degree between walls of 0 degrees, against the Fourier series."""
    edge = length_mm / cells
    model = uniform((cells + 1, 1, 1), edge)
    capacity = model.capacity.copy()
    capacity[[0, -1]] = np.inf
    flow = HeatFlow(HeatModel(model.conductivity, capacity, model.cooling, edge, 37.0))
    state = HeatState(np.where(np.isinf(capacity), 0.0, 1.0))
    flow.advance(state, seconds, most_s=np.inf)
    x, n = np.arange(cells + 1) * edge, np.arange(1, 200, 2)[:, None]
    decay = np.exp(-DIFFUSIVITY * (n * np.pi / length_mm) ** 2 * seconds)
    series = (4 / (n * np.pi) * np.sin(n * np.pi * x / length_mm) * decay).sum(axis=0)
    return float(np.abs(state.celsius[:, 0, 0] - series).max())


def test_a_slab_cools_as_its_series_with_second_order() -> None:
    errors = [slab_error(n) for n in (20, 40, 80)]
    assert errors[0] < 3e-3
    assert all(1.8 < np.log2(a / b) < 2.2 for a, b in itertools.pairwise(errors))


def ball_share(shape: tuple[int, int, int], edge: float, radius: float) -> tuple[np.ndarray, np.ndarray]:
    """The part of each voxel inside a ball about the middle voxel, and distances from its centre."""
    middle = (np.array(shape) - 1) / 2
    places = (np.moveaxis(np.indices(shape), 0, -1) - middle) * edge
    tick = ((np.arange(6) + 0.5) / 6 - 0.5) * edge
    share = np.zeros(shape)
    for dx in tick:
        for dy in tick:
            share += (
                np.linalg.norm(places[..., None, :] + [[dx, dy, t] for t in tick], axis=-1) < radius
            ).mean(axis=-1)
    return share / 36, np.linalg.norm(places, axis=-1)


def test_a_hot_ball_in_a_large_body_cools_as_its_closed_form() -> None:
    edge, radius, seconds = 1.0, 7.0, 80.0
    shape = (45, 45, 45)
    share, r = ball_share(shape, edge, radius)
    state = HeatState(37.0 + 60.0 * share)
    HeatFlow(uniform(shape, edge)).advance(state, seconds)
    at = 2 * np.sqrt(DIFFUSIVITY * seconds)
    r = np.maximum(r, 1e-6)
    inside = 0.5 * (erf((radius - r) / at) + erf((radius + r) / at))
    edges = (
        at
        / 2
        / r
        / np.sqrt(np.pi)
        * (np.exp(-(((radius - r) / at) ** 2)) - np.exp(-(((radius + r) / at) ** 2)))
    )
    exact = 37.0 + 60.0 * (inside - edges)
    assert np.abs(state.celsius - exact).max() < 0.01 * 60.0
    assert state.celsius.max() > 70.0  # the test means something: it is still hot


def test_two_layers_share_the_difference_by_their_resistances() -> None:
    """Held at 0 and 1 degree, settled: the same flow crosses every face, two half voxels in series."""
    kappa = np.r_[np.full(5, 1e-3), np.full(7, 1e-4)].reshape(-1, 1, 1)
    capacity = np.full(kappa.shape, CAPACITY)
    capacity[[0, -1]] = np.inf
    state = HeatState(np.linspace(0, 1, 12).reshape(-1, 1, 1))
    HeatFlow(HeatModel(kappa, capacity, 0 * kappa, 0.5, 37.0)).advance(state, 2000.0, most_s=np.inf)
    half = 0.25 / kappa[:, 0, 0]  # K/W for 1 mm2
    resistance = np.cumsum(np.r_[0, half[:-1] + half[1:]])
    assert_allclose(state.celsius[:, 0, 0], resistance / resistance[-1], atol=1e-9)


def random_state(seed: int, cement: bool) -> tuple[HeatModel, HeatState]:
    rng = np.random.default_rng(seed)
    shape = tuple(int(n) for n in rng.integers(1, 7, 3))
    model = HeatModel(
        rng.uniform(0, 1e-3, shape),
        rng.uniform(1e-3, 4e-3, shape),
        np.zeros(shape),
        rng.uniform(0.5, 2),
        37.0,
    )
    where = np.flatnonzero(rng.random(shape) < 0.4) if cement else np.zeros(0, np.int64)
    cured = rng.uniform(1e-4, 1, len(where))
    return model, HeatState(rng.uniform(20, 90, shape), where, cured, rng.uniform(0, 70, len(where)))


@settings(max_examples=40, deadline=None)
@given(seed=st.integers(0, 10**6))
def test_no_voxel_leaves_the_range_of_temperatures_and_no_heat_is_lost(seed: int) -> None:
    model, state = random_state(seed, cement=False)
    flow = HeatFlow(model)
    low, high, heat = state.celsius.min(), state.celsius.max(), flow.heat_j(state)
    for _ in range(3):
        flow.advance(state, 20.0)
        assert low - 1e-9 <= state.celsius.min() and state.celsius.max() <= high + 1e-9
    assert_allclose(flow.heat_j(state), heat, rtol=1e-12)


@settings(max_examples=30, deadline=None)
@given(seed=st.integers(0, 10**6), law=st.sampled_from([FAST, GLASSY]))
def test_the_heat_that_appears_is_that_of_the_cured_cement(seed: int, law: Cure) -> None:
    model, state = random_state(seed, cement=True)
    flow, cured = HeatFlow(model), state.cured.copy()
    heat = flow.heat_j(state)
    flow.advance(state, 60.0, law)
    assert (state.cured >= cured).all() and (state.cured <= 1).all()
    made = (state.cured - cured) * state.rise_k * model.capacity.ravel()[state.where] * model.edge_mm**3
    assert_allclose(flow.heat_j(state), heat + made.sum(), rtol=1e-12)


def test_mirror_images_stay_mirror_images() -> None:
    model, state = random_state(5, cement=True)
    flow = HeatFlow(model)
    flipped = HeatModel(
        *(np.flip(a).copy() for a in (model.conductivity, model.capacity, model.cooling)), model.edge_mm, 37.0
    )
    n = state.celsius.size
    mirror = HeatState(
        np.flip(state.celsius).copy(), n - 1 - state.where, state.cured.copy(), state.rise_k.copy()
    )
    flow.advance(state, 50.0, FAST)
    HeatFlow(flipped).advance(mirror, 50.0, FAST)
    assert_allclose(np.flip(mirror.celsius), state.celsius, rtol=1e-13)


def reference(law: Cure, celsius: float, cured: float, rise: float, seconds: float) -> float:
    """The cured share of one insulated voxel by an independent, adaptive solver."""

    def speed(_: float, w: np.ndarray) -> np.ndarray:
        kelvin = celsius + rise * (w - cured) + ZERO_CELSIUS_K
        most = np.minimum(1, kelvin / law.glass_k) if law.glass_k else 1.0
        k = law.rate_per_s * np.exp(-law.activation_j_mol / GAS_J_MOL_K / kelvin)
        return np.asarray(k * w**law.m * np.maximum(most - w, 0) ** law.n)

    found = solve_ivp(speed, (0, seconds), [cured], rtol=1e-9, atol=1e-12, method="LSODA")
    return float(found.y[0, -1])


@pytest.mark.parametrize("law", [FAST, GLASSY])
@pytest.mark.parametrize("rise", [0.0, 55.0])
@pytest.mark.parametrize("seconds", [200.0, 500.0, 620.0, 900.0])
def test_one_insulated_voxel_cures_as_an_independent_solver_says(
    law: Cure, rise: float, seconds: float
) -> None:
    state = HeatState(np.full((1, 1, 1), 37.0), np.array([0]), np.array([1e-4]), np.array([rise]))
    HeatFlow(uniform((1, 1, 1), 1.0)).advance(state, seconds, law)
    exact = reference(law, 37.0, 1e-4, rise, seconds)
    assert_allclose(state.cured[0], exact, atol=2e-3)
    assert_allclose(state.celsius[0, 0, 0], 37.0 + rise * (state.cured[0] - 1e-4), rtol=1e-12)


@pytest.mark.parametrize("law", [FAST, GLASSY])
def test_a_fast_cure_is_followed_in_steps_of_its_own(law: Cure) -> None:
    """However long the step of the conduction: 20 s here, in which most of the cement cures."""
    for seconds in (500.0, 620.0):
        state = HeatState(np.full((1, 1, 1), 37.0), np.array([0]), np.array([1e-4]), np.array([55.0]))
        HeatFlow(uniform((1, 1, 1), 1.0)).advance(state, seconds, law, most_s=20.0)
        assert_allclose(state.cured[0], reference(law, 37.0, 1e-4, 55.0, seconds), atol=0.05)


def test_an_insulated_voxel_warms_by_the_heat_over_its_capacity() -> None:
    state = HeatState(np.full((1, 1, 1), 37.0), np.array([0]), np.array([1e-4]), np.array([55.0]))
    HeatFlow(uniform((1, 1, 1), 1.0)).advance(state, 2000.0, FAST)
    assert_allclose(state.celsius[0, 0, 0], 37.0 + 55.0 * (1 - 1e-4), atol=0.01)


def test_blood_cools_exponentially() -> None:
    shape, cooling = (3, 3, 3), 1e-5
    model = HeatModel(np.full(shape, KAPPA), np.full(shape, CAPACITY), np.full(shape, cooling), 1.0, 37.0)
    state = HeatState(np.full(shape, 57.0))
    HeatFlow(model).advance(state, 240.0, most_s=0.5)
    assert_allclose(state.celsius, 37 + 20 * np.exp(-cooling / CAPACITY * 240), rtol=2e-4)


def test_the_length_of_a_step_hardly_matters() -> None:
    peaks = []
    for most in (1.5, 0.75, 0.375):
        share, _ = ball_share((25, 25, 25), 1.0, 8.0)
        where = np.flatnonzero(share > 0)
        state = HeatState(
            np.full(share.shape, 37.0), where, np.full(len(where), 1e-3), 55.0 * share.ravel()[where]
        )
        flow, peak = HeatFlow(uniform(share.shape, 1.0)), 0.0
        for _ in range(80):
            flow.advance(state, 10.0, FAST, most_s=most)
            peak = max(peak, float(state.celsius.max()))
        peaks.append(peak)
    assert abs(peaks[0] - peaks[2]) < 0.5 and abs(peaks[1] - peaks[2]) < abs(peaks[0] - peaks[2])


def test_impossible_models_are_refused() -> None:
    good = uniform((2, 2, 2), 1.0)
    for wrong in (
        {"capacity": np.zeros((2, 2, 2))},
        {"conductivity": -good.conductivity},
        {"cooling": np.full((2, 2, 2), np.nan)},
    ):
        with pytest.raises(BadModel):
            HeatModel(
                **(
                    {"conductivity": good.conductivity, "capacity": good.capacity, "cooling": good.cooling}
                    | wrong
                ),
                edge_mm=1.0,
                body_celsius=37.0,
            )
