"""The edge of bone is found to a fraction of a voxel, and only as surely as the voxels tell."""

import numpy as np
import pytest
from numpy.testing import assert_allclose

from vertebro.kernels.edges import PACKED_MM, Blur, Prior, Seen, fit_edge

DENSE = 1200.0


def prior(shell: tuple[float, float] = (0.5, 0.25)) -> Prior:
    return Prior(np.zeros(2), np.full(2, 1e3), np.full(2, 1e3), shell, (80.0, 80.0), 120.0)


def seen(edge: float, tilt: float, size: float, shell: float = 0.6, noise: float = 10.0) -> Seen:
    """Voxels in layers across a tilted edge: their grey values integrated from the true profile."""
    rng = np.random.default_rng(1)
    x = np.repeat(np.linspace(-1, 1, 12), 6)
    layers = np.tile(np.arange(-3, 4) * size, 72)[: 72 * 7]
    x = np.repeat(x, 7)
    fine = (np.arange(400) + 0.5) / 400 - 0.5
    depth = layers[:, None] + fine * size - (edge + tilt * x)[:, None]
    bone = np.where(depth > 0, 80.0, np.where(depth > -shell, DENSE, 140.0)).mean(axis=1)
    grey = bone + rng.normal(0, noise, len(bone))
    terms = np.stack([np.ones_like(x), x], axis=-1)
    return Seen(layers, terms, grey, DENSE, Blur.of_voxel(np.array([size, 0, 0]), 0.05))


@pytest.mark.parametrize("edge", [-0.4, 0.0, 0.3])
@pytest.mark.parametrize("size", [0.8, 1.5])
def test_the_edge_of_a_tilted_plate_is_found_to_a_tenth_of_a_voxel(edge: float, size: float) -> None:
    fit = fit_edge(seen(edge, 0.8 * size, size), prior())
    assert abs(fit.shift_mm[0] - edge) < 0.1 * size
    assert abs(fit.shift_mm[1] - 0.8 * size) < 0.15 * size
    assert fit.explained > 0.8


def test_the_shell_and_the_two_levels_are_found_too() -> None:
    fit = fit_edge(seen(0.1, 0.6, 0.8), prior())
    assert fit.shell_mm == pytest.approx(0.6, abs=0.1)
    assert fit.outside == pytest.approx(80, abs=15)


def test_noise_alone_explains_nothing() -> None:
    view = seen(0.0, 0.5, 1.0)
    rng = np.random.default_rng(2)
    noise = Seen(view.distance_mm, view.terms, rng.normal(80, 20, len(view.grey)), DENSE, view.blur)
    held = Prior(np.zeros(2), np.full(2, 1e3), np.full(2, 0.5), (0.5, 0.25), (80.0, 80.0), 120.0)
    assert fit_edge(noise, held).explained < 0.3


def test_more_noise_means_more_doubt() -> None:
    quiet, loud = (fit_edge(seen(0.1, 0.6, 1.0, noise=n), prior()) for n in (5.0, 60.0))
    assert np.trace(loud.covariance_mm2) > 4 * np.trace(quiet.covariance_mm2)


def test_the_blur_of_a_voxel_is_its_box_and_keeps_all_light() -> None:
    blur = Blur.of_voxel(np.array([2.0, 0.0, 0.0]), 0.02)
    assert_allclose(blur.share_inside(np.array([-3, -0.5, 0, 0.5, 3])), [1, 0.75, 0.5, 0.25, 0], atol=0.02)
    assert blur.density.sum() * 0.02 == pytest.approx(1)


def test_packed_bone_far_inside_is_the_mean_of_its_decay_over_the_voxel() -> None:
    blur = Blur.of_voxel(np.array([2.0, 0.0, 0.0]), 0.02)
    decay = np.exp(np.linspace(-6, -4, 2001) / PACKED_MM).mean()
    assert blur.packed_inside(np.array([-5.0]))[0] == pytest.approx(decay, rel=0.02)
    assert blur.packed_inside(np.array([3.0]))[0] == 0.0


def test_the_derivatives_are_those_of_the_model() -> None:
    view = seen(0.1, 0.5, 1.0)
    p = np.array([0.07, 0.4, 0.55, 130.0, 75.0, 40.0])
    value, jacobian = view.model(p)
    for k, step in enumerate([1e-3, 1e-3, 1e-3, 1.0, 1.0, 1.0]):
        q = p.copy()
        q[k] += step
        slope = (view.model(q)[0] - value) / step
        assert np.median(np.abs(slope - jacobian[:, k])) <= 0.02 * np.abs(jacobian[:, k]).max()
