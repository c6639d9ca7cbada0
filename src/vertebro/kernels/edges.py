"""The edge of bone in grey values, to a fraction of a voxel: a thin dense shell seen through a blur."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Protocol

import numpy as np

from vertebro.kernels.arrays import AnyArray, Array
from vertebro.kernels.surfaces import HUBER, scale_of

FINE_MM = 0.02
"""Step of the table of the blur; the edge is sought to some hundredths of a mm."""

ROUNDS = 25
"""Gauss-Newton rounds; a good start needs five to ten."""


PACKED_MM = 2.5
"""Depth over which bone packed under an end-plate thins out to its usual density (by a factor of e)."""

LEAST_SHELL_MM, MOST_SHELL_MM = 0.05, 3.0
"""Thinner than any end-plate, which keeps the derivative alive; thicker than any, beyond it is sclerosis."""


@dataclass(frozen=True)
class Blur:
    """What one voxel sees along a line: its own shadow and the scanner's blur, as tables over mm.

    ``share`` is the part of the voxel that lies on the inner side (x < 0) if its centre is at x;
    ``packed`` the mean over it of exp(x / 2.5 mm) on the inner side.
    """

    at_mm: Array
    density: Array
    share: Array
    packed: Array

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
        share = 1.0 - np.cumsum(density) * FINE_MM + density * FINE_MM / 2
        # packed(x) = integral over u > x of density(u) exp((x - u) / depth): a running sum from the right
        weighted = density * np.exp(-x / PACKED_MM) * FINE_MM
        tail = np.cumsum(weighted[::-1])[::-1] - weighted / 2
        return cls(np.asarray(x), density, np.asarray(share), np.asarray(tail * np.exp(x / PACKED_MM)))

    def share_inside(self, x_mm: AnyArray) -> Array:
        """Share of a voxel at x that lies at x < 0."""
        return np.interp(x_mm, self.at_mm, self.share, left=1.0, right=0.0)

    def weight(self, x_mm: AnyArray) -> Array:
        """Minus the slope of ``share_inside``, per mm."""
        return np.interp(x_mm, self.at_mm, self.density, left=0.0, right=0.0)

    def packed_inside(self, x_mm: Array) -> Array:
        """Mean of exp(x / depth) over the part of a voxel at x that lies at x < 0."""
        deep = self.packed[0] * np.exp((np.minimum(x_mm, self.at_mm[0]) - self.at_mm[0]) / PACKED_MM)
        return np.where(x_mm < self.at_mm[0], deep, np.interp(x_mm, self.at_mm, self.packed, right=0.0))


@dataclass(frozen=True)
class EdgeFit:
    """The fitted edge: how far it lies outside the guess (mm, per term), the shell, the levels."""

    shift_mm: Array
    covariance_mm2: Array
    shell_mm: float
    inside: float
    outside: float
    residual: float
    explained: float

    def of_first(self, terms: int) -> EdgeFit:
        """The same fit with only the first terms of the edge."""
        shift, covariance = self.shift_mm[:terms], self.covariance_mm2[:terms, :terms]
        return replace(self, shift_mm=shift, covariance_mm2=covariance)


@dataclass(frozen=True)
class Prior:
    """What is known beforehand: the guess of each term, how large it gets, how far it may shift.

    ``shell_mm`` and ``outside`` are (value, standard deviation), ``packed`` the standard deviation of the
    extra grey value under the shell. ``clumps`` is the number of voxels that share one noise: their errors
    do not average out. ``beside`` tells of what lies beyond each of the walls, where these are seen too.
    """

    guess: Array
    reach: Array
    shift: Array
    shell_mm: tuple[float, float]
    outside: tuple[float, float]
    packed: float
    clumps: float = 1.0
    beside: tuple[tuple[float, float], ...] = ()

    def start(self, inside: float) -> Array:
        """The parameters to start from: no shift, the usual shell and levels, this level inside."""
        levels = [self.shell_mm[0], inside, self.outside[0], 0.0, *(level for level, _ in self.beside)]
        return np.array([*np.zeros(len(self.guess)), *levels])

    def pulls(self) -> tuple[Array, Array]:
        """Where each parameter is pulled to, and how far from there it usually lies (rows: size, shift)."""
        none, rest = np.inf, self.start(0.0)[len(self.guess) :]
        reach = [self.shell_mm[1], none, self.outside[1], self.packed, *(spread for _, spread in self.beside)]
        to = np.array([[*(-self.guess), *rest], [*np.zeros(len(self.guess)), *rest]])
        return to, np.array([[*self.reach, *reach], [*self.shift, *np.full(len(rest), none)]])


class View(Protocol):
    """Voxels about an edge and a model of what they should hold."""

    @property
    def distance_mm(self) -> Array:
        """How far each voxel lies beyond the guess."""

    @property
    def grey(self) -> Array:
        """Its grey value."""

    def model(self, p: Array) -> tuple[Array, Array]:
        """The grey values by these parameters, and their derivatives: shifts, then as ``Prior.start``."""


@dataclass(frozen=True)
class Seen:
    """The voxels about an edge: distance beyond the guess, terms of the edge, grey values."""

    distance_mm: Array
    terms: Array
    grey: Array
    dense: float
    blur: Blur

    def model(self, p: Array) -> tuple[Array, Array]:
        """Grey values of the shell model and their derivatives by shift, shell, inside, outside, packed."""
        m = self.terms.shape[1]
        shell, inside, outside, packed = p[m:]
        x = self.distance_mm - self.terms @ p[:m]
        outer, inner, under = (
            self.blur.share_inside(x),
            self.blur.share_inside(x + shell),
            self.blur.packed_inside(x + shell),
        )
        w_outer, w_inner = self.blur.weight(x), self.blur.weight(x + shell)
        by_under = packed * (under / PACKED_MM - w_inner)
        slope = (self.dense - outside) * w_outer - (self.dense - inside) * w_inner - by_under
        by_shell = (self.dense - inside) * w_inner + by_under
        value = outside + (self.dense - outside) * outer - (self.dense - inside) * inner + packed * under
        columns = [self.terms * slope[:, None], by_shell, inner, 1.0 - outer, under]
        return value, np.column_stack(columns)


def fit_edge(seen: View, prior: Prior) -> EdgeFit:
    """The edge that explains the grey values best, by damped Gauss-Newton with Huber weights.

    Bone is a dense shell of unknown thickness over spongy bone that may be packed just under it. The
    distance is measured outwards from the guess along the normal; the edge lies at ``terms @ shift``. The
    shell's own grey value is given and its thickness found: what a voxel sees of a thin shell is the
    product of the two, so an error of the one is half an error of the other in the place of the edge.
    """
    m, grey = len(prior.guess), seen.grey
    inside = float(np.median(grey[seen.distance_mm < 0]))
    p = prior.start(inside)
    to, reach = prior.pulls()
    damping = 1e-3
    value, jacobian = seen.model(p)
    for _ in range(ROUNDS):
        residual = grey - value
        scale = max(scale_of(residual), 1e-6)
        weights = np.minimum(1.0, HUBER * scale / np.maximum(np.abs(residual), 1e-12))
        stiff = prior.clumps * (scale / reach) ** 2
        normal = jacobian.T @ (weights[:, None] * jacobian) + np.diag(stiff.sum(axis=0))
        downhill = jacobian.T @ (weights * residual) + (stiff * (to - p)).sum(axis=0)
        cost = float(np.sum(weights * residual**2) + np.sum(stiff * (to - p) ** 2))
        trial = p + np.linalg.solve(normal + damping * np.diag(np.diag(normal) + 1e-9), downhill)
        trial[m] = np.clip(trial[m], LEAST_SHELL_MM, MOST_SHELL_MM)
        new_value, new_jacobian = seen.model(trial)
        new_cost = float(np.sum(weights * (grey - new_value) ** 2) + np.sum(stiff * (to - trial) ** 2))
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
