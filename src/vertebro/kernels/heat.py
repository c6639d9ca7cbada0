"""Heat that spreads through voxels, and the cure of cement that makes it (arrays in, arrays out).

    C dT/dt = div(kappa grad T) + p (T_b - T) + q dw/dt,    dw/dt = k0 exp(-E/(R T)) w^m (w_max(T) - w)^n

Finite volumes: what leaves a voxel enters its neighbour, so heat is kept to rounding. The conduction step is
explicit and short enough that no voxel leaves the range of its neighbours; the cure of each voxel is
followed with its own heat between two such steps. Units: mm, s, J, K (temperatures in degrees Celsius).
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field

import numpy as np

from vertebro.errors import BadModel
from vertebro.kernels.arrays import AnyArray, Array
from vertebro.kernels.compiled import compiled, part

ZERO_CELSIUS_K = 273.15
GAS_J_MOL_K = 8.314462618  # CODATA; exact since 2019
CURED = 1e-6  # a voxel with less than this left to cure gives no heat that could be felt
FEW = 0.1  # of the time a reaction takes at most in one of its steps: error below 1 % of the heat of a step
Law = tuple[float, float, float, float, float]
SAFE = 0.95  # of the longest stable step


@dataclass(frozen=True)
class HeatModel:
    """Voxels (nx, ny, nz) that hold and conduct heat.

    ``conductivity`` in W/(mm K), ``capacity`` in J/(mm3 K), infinite where the temperature is held;
    ``cooling`` in W/(mm3 K) draws towards ``body_celsius``.
    """

    conductivity: Array
    capacity: Array
    cooling: Array
    edge_mm: float
    body_celsius: float

    def __post_init__(self) -> None:
        for name, least in (("conductivity", False), ("capacity", True), ("cooling", False)):
            values = getattr(self, name)
            wrong = np.isnan(values) | ((values <= 0) if least else ((values < 0) | np.isinf(values)))
            if values.ndim != 3 or values.shape != self.capacity.shape or wrong.any():
                raise BadModel(
                    f"The {name} has the shape {values.shape}, or some of it is negative or no number.",
                    "one box of voxels with possible numbers",
                    "Check where they come from.",
                )


@dataclass(frozen=True)
class Cure:
    """How cement cures: rate = k0 exp(-E/(R T)) w^m (w_max - w)^n with w_max = min(1, T / T_glass)."""

    rate_per_s: float
    activation_j_mol: float
    m: float
    n: float
    glass_k: float = 0.0
    """0: every monomer is used up at any temperature."""

    def numbers(self) -> Law:
        """As the kernel takes them."""
        return (self.rate_per_s, self.activation_j_mol / GAS_J_MOL_K, self.m, self.n, self.glass_k)


@dataclass
class HeatState:
    """Temperatures (nx, ny, nz), and of some voxels (flat indices) the cured share and their heat.

    ``rise_k`` is how much a voxel warms if all of its cement cures at once.
    """

    celsius: Array
    where: AnyArray = field(default_factory=lambda: np.zeros(0, np.int64))
    cured: Array = field(default_factory=lambda: np.zeros(0))
    rise_k: Array = field(default_factory=lambda: np.zeros(0))


class HeatFlow:
    """Steps a state through time; prepared once for a model."""

    def __init__(self, model: HeatModel) -> None:
        self.model = model
        n = model.capacity.shape
        kappa = np.zeros([k + 2 for k in n])
        kappa[1:-1, 1:-1, 1:-1] = model.conductivity * model.edge_mm
        self._faces = (_between(kappa, 0), _between(kappa, 1), _between(kappa, 2))
        leaving = np.zeros(kappa.shape)
        for axis, face in enumerate(self._faces):
            leaving += face + np.roll(face, 1, axis=axis)
        cubic = model.edge_mm**3
        rate = leaving[1:-1, 1:-1, 1:-1] / (model.capacity * cubic) + model.cooling / model.capacity
        fastest = float(rate.max())
        self.longest_step_s = SAFE / fastest if fastest > 0 else math.inf
        self._over = np.zeros(kappa.shape)
        self._over[1:-1, 1:-1, 1:-1] = 1 / (model.capacity * cubic)
        self._cooling = np.zeros(kappa.shape)
        self._cooling[1:-1, 1:-1, 1:-1] = model.cooling / model.capacity
        self._held: tuple[Array, Array] = (np.zeros(kappa.shape), np.zeros(kappa.shape))

    def advance(
        self, state: HeatState, seconds: float, cure: Cure | None = None, most_s: float = 1.0
    ) -> None:
        """Changes a state to what it is ``seconds`` later, in steps of at most ``most_s``."""
        steps = max(1, math.ceil(seconds / min(self.longest_step_s, most_s) - 1e-9))
        now, then = self._held
        now[1:-1, 1:-1, 1:-1] = state.celsius
        law = (cure or Cure(0.0, 0.0, 1.0, 1.0)).numbers()
        _, rows, columns = now.shape
        i, j, k = np.unravel_index(state.where, state.celsius.shape)
        where = ((i + 1) * rows + j + 1) * columns + k + 1
        last = _run(
            now,
            then,
            (*self._faces, self._over, self._cooling),
            (seconds / steps, self.model.body_celsius),
            steps,
            (where, state.cured, state.rise_k, law),
        )
        state.celsius[...] = (now if last == 0 else then)[1:-1, 1:-1, 1:-1]

    def heat_j(self, state: HeatState) -> float:
        """Heat above 0 degrees Celsius in the voxels whose temperature is free."""
        free = np.isfinite(self.model.capacity)
        held = self.model.capacity[free] * state.celsius[free] * self.model.edge_mm**3
        return float(math.fsum(held))


def _between(kappa: Array, axis: int) -> Array:
    """Conductance (W/K) from each voxel to the next along an axis: two halves in series."""
    following = np.roll(kappa, -1, axis=axis)
    both = kappa + following
    return np.where(both > 0, 2 * kappa * following / np.where(both > 0, both, 1), 0.0)


@part
def _rate(celsius: float, cured: float, law: Law) -> float:
    k0, e_over_r, m, n, glass = law
    kelvin = celsius + ZERO_CELSIUS_K
    most = 1.0
    if glass > 0.0 and kelvin < glass:
        most = kelvin / glass
    if cured >= most or cured <= 0.0:
        return 0.0
    return k0 * math.exp(-e_over_r / kelvin + m * math.log(cured) + n * math.log(most - cured))


@part
def _react(celsius: float, cured: float, rise: float, seconds: float, law: Law) -> float:
    """Cured share after some seconds in which the voxel keeps its own heat; midpoint rule."""
    start, left = cured, seconds
    while left > 0.0 and 1.0 - cured > CURED:
        speed = _rate(celsius + rise * (cured - start), cured, law)
        step = left
        # the steps are short against growth (w grows e-fold in w / rate) and against what is left
        short = FEW * min(max(cured, 1e-3), 1.0 - cured + 1e-3)
        if speed * step > short:
            step = short / speed
        half = cured + 0.5 * step * speed
        if half > 1.0:
            half = 1.0
        cured += step * _rate(celsius + rise * (half - start), half, law)
        if cured > 1.0:
            cured = 1.0
        left -= step
    return cured


@compiled
def _run(
    now: Array,
    then: Array,
    tables: tuple[Array, Array, Array, Array, Array],
    clock: tuple[float, float],
    steps: int,
    cement: tuple[AnyArray, Array, Array, Law],
) -> int:
    """Steps of cure and conduction; gives 0 if the last temperatures are in ``now``, else 1."""
    along_x, along_y, along_z, over, cooling = tables
    dt, body = clock
    where, cured, rise, law = cement
    nx, ny, nz = now.shape
    for step in range(steps):
        here = now if step % 2 == 0 else then
        there = then if step % 2 == 0 else now
        flat = here.reshape(nx * ny * nz)
        for c in range(where.size):
            if 1.0 - cured[c] > CURED:
                after = _react(flat[where[c]], cured[c], rise[c], dt, law)
                flat[where[c]] += rise[c] * (after - cured[c])
                cured[c] = after
        for i in range(1, nx - 1):
            for j in range(1, ny - 1):
                for k in range(1, nz - 1):
                    t = here[i, j, k]
                    flow = along_z[i, j, k] * (here[i, j, k + 1] - t)
                    flow -= along_z[i, j, k - 1] * (t - here[i, j, k - 1])
                    flow += along_y[i, j, k] * (here[i, j + 1, k] - t)
                    flow -= along_y[i, j - 1, k] * (t - here[i, j - 1, k])
                    flow += along_x[i, j, k] * (here[i + 1, j, k] - t)
                    flow -= along_x[i - 1, j, k] * (t - here[i - 1, j, k])
                    there[i, j, k] = t + dt * (over[i, j, k] * flow + cooling[i, j, k] * (body - t))
    return steps % 2
