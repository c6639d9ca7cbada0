"""The edge of bone in grey values, to a fraction of a voxel: a thin dense shell seen through a blur."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from vertebro.kernels.arrays import AnyArray, Array
from vertebro.kernels.surfaces import HUBER, scale_of

FINE_MM = 0.02
"""Step of the table of the blur; the edge is sought to some hundredths of a mm."""

ROUNDS = 25
"""Gauss-Newton rounds; a good start needs five to ten."""


@dataclass(frozen=True)
class Blur:
    """What one voxel sees along a line: its own shadow and the scanner's blur, as tables over mm.

    ``share`` is the part of the voxel that lies on the inner side (x < 0) if its centre is at x.
    """

    at_mm: Array
    density: Array
    share: Array

    @classmethod
    def of_voxel(cls, shadows_mm: AnyArray, sigma_mm: float) -> Blur:
        """Boxes as wide as the voxel's shadows along each of its axes, folded with a Gaussian."""
        reach = float(np.sum(shadows_mm)) / 2 + 4 * sigma_mm + 2 * FINE_MM
        half = int(np.ceil(reach / FINE_MM))
        x = FINE_MM * np.arange(-half, half + 1)
        density: Array = np.exp(-0.5 * (x / max(sigma_mm, FINE_MM)) ** 2)
        for width in shadows_mm:
            n = round(float(width) / FINE_MM)
            if n > 1:
                density = np.convolve(density, np.ones(n + 1 - n % 2), mode="same")
        density = np.asarray(density / (density.sum() * FINE_MM))
        return cls(x, np.asarray(density), 1.0 - np.cumsum(density) * FINE_MM + density * FINE_MM / 2)

    def share_inside(self, x_mm: AnyArray) -> Array:
        """Share of a voxel at x that lies at x < 0."""
        return np.interp(x_mm, self.at_mm, self.share, left=1.0, right=0.0)

    def weight(self, x_mm: AnyArray) -> Array:
        """Minus the slope of ``share_inside``, per mm."""
        return np.interp(x_mm, self.at_mm, self.density, left=0.0, right=0.0)


@dataclass(frozen=True)
class EdgeFit:
    """The fitted edge: how far it lies outside the guess (mm, per term), the shell, the two levels."""

    shift_mm: Array
    covariance_mm2: Array
    shell_mm: float
    inside: float
    outside: float
    residual: float
    explained: float


@dataclass(frozen=True)
class Prior:
    """What is known of the terms beforehand: their guess, how large each gets, how far it may shift.

    ``clumps`` is the number of voxels that share one noise: their errors do not average out.
    """

    guess: Array
    reach: Array
    shift: Array
    clumps: float = 1.0

    def stiffness(self, scale: float) -> tuple[Array, Array]:
        """Weights of the squares of the terms and of their shifts, for residuals of this scale."""
        return self.clumps * (scale / self.reach) ** 2, self.clumps * (scale / self.shift) ** 2


def fit_edge(
    distance_mm: Array, terms: Array, grey: Array, dense: float, blur: Blur, prior: Prior
) -> EdgeFit:
    """The edge that explains the grey values best, by damped Gauss-Newton with Huber weights.

    ``distance_mm`` is measured outwards from the guess along the normal; the edge lies at
    ``terms @ shift``. The shell's own grey value ``dense`` is given, its thickness is found: what a
    voxel sees of a thin shell is the product of the two, so an error of the one is half an error
    of the other in the place of the edge.
    """
    m = terms.shape[1]
    levels = [np.median(grey[distance_mm < 0]), np.median(grey[distance_mm > 0])]
    p = np.concatenate([np.zeros(m), [0.5], levels])
    damping = 1e-3
    value, jacobian = _model(p, distance_mm, terms, dense, blur)
    for _ in range(ROUNDS):
        residual = grey - value
        scale = max(scale_of(residual), 1e-6)
        weights = np.minimum(1.0, HUBER * scale / np.maximum(np.abs(residual), 1e-12))
        size, shift = prior.stiffness(scale)
        normal = jacobian.T @ (weights[:, None] * jacobian)
        normal[range(m), range(m)] += size + shift
        downhill = jacobian.T @ (weights * residual)
        downhill[:m] -= size * (prior.guess + p[:m]) + shift * p[:m]
        cost = _cost(p[:m], weights, residual, prior, scale)
        step = np.linalg.solve(normal + damping * np.diag(np.diag(normal) + 1e-9), downhill)
        trial = p + step
        trial[m] = np.clip(trial[m], LEAST_SHELL_MM, MOST_SHELL_MM)
        new_value, new_jacobian = _model(trial, distance_mm, terms, dense, blur)
        new_cost = _cost(trial[:m], weights, grey - new_value, prior, scale)
        if new_cost > cost * (1 + 1e-12):
            damping *= 10
            if damping > 1e6:  # no direction helps any more
                break
            continue
        moved = float(np.abs(trial - p)[:m].max())
        p, value, jacobian, damping = trial, new_value, new_jacobian, max(damping / 5, 1e-9)
        if moved < 1e-4:  # a tenth of a micrometre
            break
    residual = grey - value
    around = grey - np.median(grey)
    return EdgeFit(
        shift_mm=p[:m],
        covariance_mm2=np.asarray(prior.clumps * scale**2 * np.linalg.pinv(normal)[:m, :m]),
        shell_mm=float(p[m]),
        inside=float(p[m + 1]),
        outside=float(p[m + 2]),
        residual=float(np.sqrt(np.mean(weights * residual**2))),
        explained=1.0 - float(np.sum(weights * residual**2) / np.sum(weights * around**2)),
    )


def _cost(terms: Array, weights: Array, residual: Array, prior: Prior, scale: float) -> float:
    size, shift = prior.stiffness(scale)
    pull = np.sum(size * (prior.guess + terms) ** 2) + np.sum(shift * terms**2)
    return float(np.sum(weights * residual**2) + pull)


def _model(p: Array, distance_mm: Array, terms: Array, dense: float, blur: Blur) -> tuple[Array, Array]:
    """Grey values of the shell model and their derivatives by shift, shell, inside, outside."""
    m = terms.shape[1]
    x = distance_mm - terms @ p[:m]
    shell, inside, outside = p[m:]
    outer, inner = blur.share_inside(x), blur.share_inside(x + shell)
    slope = (dense - outside) * blur.weight(x) - (dense - inside) * blur.weight(x + shell)
    by_shell = (dense - inside) * blur.weight(x + shell)
    value = outside + (dense - outside) * outer - (dense - inside) * inner
    return value, np.column_stack([terms * slope[:, None], by_shell, inner, 1.0 - outer])


MOST_SHELL_MM = 3.0
"""Thicker than any end-plate: beyond it the dense part is sclerosis, and the fit stops growing it."""

LEAST_SHELL_MM = 0.05
"""Thinner than any end-plate: keeps the derivative by the shell's thickness alive."""
