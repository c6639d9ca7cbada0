"""Displacements with a closed form: a line fed at its end, a sphere fed at its centre (mm, s, MPa, Pa s)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from vertebro.kernels.arrays import Array
from vertebro.kernels.darcy import Injection
from vertebro.kernels.porespace import spread
from vertebro.kernels.porous import Accuracy, Fluids, Outlet, Ports, Rock
from vertebro.kernels.wells import Well

WIDE_OPEN = 1e5  # an outlet's conductance over that of a voxel: pressure falls behind it by less than shows


@dataclass(frozen=True)
class Line:
    """A column one voxel wide, along z."""

    length_mm: float
    permeability_mm2: float
    porosity: float
    fluids: Fluids
    voxels: int

    @property
    def edge_mm(self) -> float:
        return self.length_mm / self.voxels

    @property
    def area_mm2(self) -> float:
        return self.edge_mm**2

    def injection(self, accuracy: Accuracy | None = None) -> Injection:
        h, n = self.edge_mm, self.voxels
        rock = Rock(np.full((1, 1, n), self.permeability_mm2), np.full((1, 1, n), self.porosity), (h, h, h))
        low = np.argwhere(np.ones((2, 2, 1)))
        outlet = Outlet(low + np.array([0, 0, n]), WIDE_OPEN * self.permeability_mm2 * h)
        ports = Ports((Well.over(low),), (outlet,))
        return Injection(rock, self.fluids, ports, accuracy=accuracy or Accuracy(threads=1))

    def front_mm(self, saturation: Array) -> float:
        """Where all cement together would end if it filled the pores."""
        along = saturation.mean(axis=(0, 1))
        return float((along.sum() - (along[0] + along[-1]) / 2) * self.edge_mm)


@dataclass(frozen=True)
class Sphere:
    """Rock within the radius R, filled with cement up to r0, the radius of the well at its centre."""

    r0_mm: float
    R_mm: float
    permeability_mm2: float
    porosity: float
    fluids: Fluids
    edge_mm: float

    @property
    def half(self) -> int:
        return int(np.ceil(self.R_mm / self.edge_mm))

    def _radii(self, shift: float, count: int) -> Array:
        along = (np.arange(count) + shift - self.half) * self.edge_mm
        return np.asarray(np.sqrt(sum(np.meshgrid(*[along**2] * 3, indexing="ij"))))

    def injection(self, accuracy: Accuracy | None = None) -> Injection:
        h, n = self.edge_mm, 2 * self.half
        centre, node = self._radii(0.5, n), self._radii(0.0, n + 1)
        inside = centre < self.R_mm
        k = np.where(inside, self.permeability_mm2, 0.0)
        around = spread(inside.astype(float))
        rim = np.argwhere((around > 0) & (around < 8))
        share = np.clip((self.r0_mm - node) / h + 0.5, 0, 1)
        share *= min(1.0, 4 / 3 * np.pi * self.r0_mm**3 / ((share * around).sum() / 8 * h**3))
        rock = Rock(k, np.full(k.shape, self.porosity), (h, h, h))
        outlet = Outlet(rim, np.full(len(rim), WIDE_OPEN * self.permeability_mm2 * h))
        middle = (self.half * h,) * 3
        well = Well.at(middle, self.r0_mm, rock.edges_mm)
        ports = Ports((well,), (outlet,))
        return Injection(rock, self.fluids, ports, saturation=share, accuracy=accuracy or Accuracy(threads=1))

    def front_mm(self, injected_mm3: float) -> float:
        return float((3 * injected_mm3 / (4 * np.pi * self.porosity) + self.r0_mm**3) ** (1 / 3))

    def radii_mm(self, saturation: Array) -> Array:
        """Where S falls through a half, outward along the axes and both kinds of diagonals."""
        found, middle = [], self.half
        for way in ((1, 0, 0), (0, 1, 0), (0, 0, 1), (1, 1, 0), (1, 0, 1), (0, 1, 1), (1, 1, 1)):
            line = np.array([saturation[tuple(middle + n * np.array(way))] for n in range(middle)])
            last = int(np.flatnonzero(line >= 0.5)[-1])
            part = (line[last] - 0.5) / (line[last] - line[last + 1])
            found.append((last + part) * self.edge_mm * np.linalg.norm(way))
        return np.array(found)
