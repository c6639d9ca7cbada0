"""A balloon that grows in bone: its ellipsoid, its cavity, the bone it crushes, its pressure (mm, MPa).

Crushed bone is a foam: it yields at sigma(rho) = c rho^m, is pressed together under that stress until it is
k times as dense (the plateau of a foam), and from there on is as dense as the stress it carries. It carries
nothing around the balloon. Balance along a ray then gives sigma_r = p (r_a/r)^2 outside a cavity that reaches
to r_a, and the mass that the cavity displaced gives p.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from vertebro.errors import BadModel, NotConverged
from vertebro.kernels.arrays import AnyArray, Array, Mask
from vertebro.kernels.supports import NodeValues

MOST_BISECTIONS = 200  # of the pressure: far more than a double holds
MASS_TOLERANCE = 1e-12  # of the displaced mass: what rounding leaves in a sum over a body
TIE = 1 + 1e-9  # voxels that lie equally far out, but for rounding, belong to the cavity together


@dataclass(frozen=True)
class Ellipsoid:
    """A balloon's middle, the unit vector along its needle, and its length while it is thin."""

    middle_mm: Array
    axis: Array
    length_mm: float

    def half_axes_mm(self, volume_mm3: float) -> tuple[float, float]:
        """Half its length and its radius: as long as it was made until it is round, then a ball."""
        ball = (3 * volume_mm3 / (4 * np.pi)) ** (1 / 3)
        half = max(self.length_mm / 2, ball)
        return half, float(np.sqrt(3 * volume_mm3 / (4 * np.pi * half)))

    def level(self, points_mm: AnyArray, volume_mm3: float) -> Array:
        """How many times larger than the balloon the ellipsoid through each point (..., 3) is."""
        half, radius = self.half_axes_mm(volume_mm3)
        away = np.asarray(points_mm) - self.middle_mm
        along = away @ self.axis
        across = np.maximum((away**2).sum(axis=-1) - along**2, 0)
        return np.asarray(np.sqrt((along / half) ** 2 + across / radius**2))


def innermost(level: Array, allowed: Mask, count: int) -> Mask:
    """At least ``count`` voxels of those allowed, of the lowest level; those of equal level together."""
    levels = level[allowed]
    if count > levels.size:
        raise NotConverged(
            f"The balloon needs {count} voxels, {levels.size} are free.",
            "room in the bone",
            "Fill it less.",
        )
    if count <= 0:
        return np.zeros_like(allowed)
    last = np.partition(levels, count - 1)[count - 1]
    return np.asarray(allowed & (level <= last * TIE))


@dataclass(frozen=True)
class CrushLaw:
    """Bone of density rho (g/cm3) is crushed at ``factor`` rho^``exponent`` MPa, to ``densest`` at most.

    ``plateau`` is how many times as dense it becomes before it carries more than that.
    """

    factor_mpa: float
    exponent: float
    densest: float
    plateau: float = 1.0

    def __post_init__(self) -> None:
        sound = self.factor_mpa > 0 and self.exponent > 2 / 3 and self.densest > 0 and self.plateau >= 1
        if not sound:
            raise BadModel(
                f"A law of crushing with factor {self.factor_mpa:g}, exponent {self.exponent:g} "
                f"and plateau {self.plateau:g}.",
                "a factor above 0, an exponent above 2/3 and a plateau of 1 or more",
                "With a lower exponent the crushed layer would have no end.",
            )

    def stress_mpa(self, density: AnyArray) -> Array:
        """What bone of a density carries when it begins to be crushed."""
        return np.asarray(self.factor_mpa * np.maximum(density, 0.0) ** self.exponent)

    def density(self, stress_mpa: AnyArray, before: AnyArray) -> Array:
        """How dense bone is that carries a stress: as before below the stress that crushes it."""
        grown = self.plateau * (np.asarray(stress_mpa) / self.factor_mpa) ** (1 / self.exponent)
        crushed = np.maximum(before, np.minimum(grown, self.densest))
        return np.asarray(np.where(stress_mpa >= self.stress_mpa(before), crushed, before))


@dataclass(frozen=True)
class Crushed:
    """The density around a cavity (nought in it), the pressure that crushes it so, and where it is denser."""

    density: Array
    pressure_mpa: float
    is_denser: Mask


def crush_around(density: Array, cavity: Mask, level: Array, bone: Mask, law: CrushLaw) -> Crushed:
    """The bone of the cavity pressed into the bone around it: no mass is lost.

    ``level`` is the distance from the balloon's middle over that of its surface. Bone denser than its
    place needs stays as it is. Raises ``NotConverged`` where the bone around cannot take the mass.
    """
    density = density.astype(float)
    before = np.maximum(density, 0.0)
    displaced = float(before[cavity].sum())
    around = bone & ~cavity
    own, out = before[around], 1 / np.maximum(level[around], 1.0) ** 2
    if displaced == 0:
        return Crushed(np.where(cavity, 0.0, density), 0.0, np.zeros_like(cavity))

    def grown(pressure: float) -> Array:
        return law.density(pressure * out, own)

    low, high = 0.0, float(law.stress_mpa(np.array(law.densest)) / out.min()) if own.size else 0.0
    if not own.size or grown(high).sum() - own.sum() < displaced:
        raise NotConverged(
            "The bone around the balloon is as dense as bone can be crushed.",
            "room for the bone that the balloon displaces",
            "Fill the balloon less.",
        )
    for _ in range(MOST_BISECTIONS):
        middle = (low + high) / 2
        low, high = (middle, high) if grown(middle).sum() - own.sum() < displaced else (low, middle)
        if high - low <= 4 * np.finfo(float).eps * high:
            break
    new = grown(high)
    added = new - own
    new = own + added * (displaced / added.sum())
    out_density = np.where(cavity, 0.0, density)
    out_density[around] = np.where(added > 0, new, density[around])
    is_denser = np.zeros_like(cavity)
    is_denser[around] = added > 0
    return Crushed(out_density, high, is_denser)


def similar_pressure(law: CrushLaw) -> tuple[float, float]:
    """For a ball in bone that has no end: p over the crushing stress, and the crushed layer's outer radius
    over the ball's. From (a/b)^(3-n) = 1 - (3-n)/(3k) with n = 2/m; both independent of the ball's size.
    """
    n = 2 / law.exponent
    ratio = (1 - (3 - n) / (3 * law.plateau)) ** (-1 / (3 - n))
    return ratio**2, ratio


def plastic_limit_mpa(young_mpa: float, poisson: float, yield_mpa: float) -> float:
    """p at which a ball grows without end in a solid that yields and cannot be compacted (infinite body).

    p = 2Y/3 (1 + ln(E/(3 (1 - nu) Y))), the same for von Mises and Tresca: another model than that of
    crushed bone, to set beside it.
    """
    return 2 * yield_mpa / 3 * (1 + float(np.log(young_mpa / (3 * (1 - poisson) * yield_mpa))))


def thick_ball_mpa(inner_mm: float, outer_mm: float, front_mm: float, yield_mpa: float) -> float:
    """p inside a hollow ball that yields out to a radius: 2Y (ln(c/a) + (1 - c^3/b^3)/3)."""
    spread = (1 - (front_mm / outer_mm) ** 3) / 3
    return float(2 * yield_mpa * (np.log(front_mm / inner_mm) + spread))


def pressure_forces(cavity: Mask, solid: Mask, edge_mm: float) -> tuple[NodeValues, ...]:
    """The forces (N) of a pressure of 1 MPa on the faces between a cavity and the solid around it.

    Consistent for trilinear voxels: every face gives a quarter of its force to each of its corners.
    """
    forces = np.zeros((3, *(n + 1 for n in cavity.shape)))
    share = edge_mm**2 / 4
    for axis in range(3):
        for sign in (1, -1):
            beyond = np.zeros_like(solid)  # whether the neighbour in this direction is solid
            to: list[slice] = [slice(None)] * 3
            of: list[slice] = [slice(None)] * 3
            to[axis], of[axis] = (slice(None, -1), slice(1, None))[::sign]
            beyond[tuple(to)] = solid[tuple(of)]
            faces = np.argwhere(cavity & beyond)
            faces[:, axis] += sign > 0
            others = [a for a in range(3) if a != axis]
            for step in np.ndindex(2, 2):
                corner = faces.copy()
                corner[:, others] += step
                np.add.at(forces[axis], tuple(corner.T), sign * share)
    return tuple(
        NodeValues.at(np.argwhere(forces[axis] != 0), axis, forces[axis][forces[axis] != 0])
        for axis in range(3)
        if (forces[axis] != 0).any()
    )


def opened_mm3(forces: tuple[NodeValues, ...], displacement: Array) -> float:
    """By how much a cavity has opened: the work of a pressure of 1 MPa, mm3.

    ``displacement`` is (nx + 1, ny + 1, nz + 1, 3) in mm.
    """
    return float(sum((f.values * displacement[(*f.nodes.T, f.axis)]).sum() for f in forces))
