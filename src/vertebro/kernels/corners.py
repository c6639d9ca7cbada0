"""The edge of bone where it meets its walls, in grey values: a thin dense shell seen through a blur."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from vertebro.kernels.arrays import Array
from vertebro.kernels.edges import PACKED_MM, Blur, Seen


@dataclass(frozen=True)
class Wall:
    """A wall beside an edge: how far each voxel lies beyond its guess, the terms of its place, the blur."""

    distance_mm: Array
    terms: Array
    blur: Blur

    def shares(self, shift_mm: Array, shell_mm: float) -> tuple[Array, Array, Array, Array]:
        """Shares of the voxels inside the wall and inside its shell, and by how much these grow per mm."""
        x = self.distance_mm - self.terms @ shift_mm
        share, share_in = self.blur.share_inside(x), self.blur.share_inside(x + shell_mm)
        return share, share_in, self.blur.weight(x), self.blur.weight(x + shell_mm)


@dataclass(frozen=True)
class Corner:
    """The voxels about an edge and the two walls that end it.

    What a voxel sees of a corner is the product of what it sees of the edge and of the walls: exact where
    the voxel's axes lie along them. Parameters: shifts of the edge, of one wall, of the other; then shell,
    inside, outside, packed, and the grey value beyond each wall.
    """

    edge: Seen
    walls: tuple[Wall, Wall]

    @property
    def distance_mm(self) -> Array:
        """How far each voxel lies beyond the guess of the edge."""
        return self.edge.distance_mm

    @property
    def grey(self) -> Array:
        """The grey values."""
        return self.edge.grey

    def model(self, p: Array) -> tuple[Array, Array]:
        """Grey values of the corner and their derivatives, in the order of the parameters."""
        m = self.edge.terms.shape[1]
        one, other = (wall.terms.shape[1] for wall in self.walls)
        shell, inside, outside, packed, *beside = p[m + one + other :]
        a, a_in, a_by, a_in_by = self.walls[0].shares(p[m : m + one], shell)
        b, b_in, b_by, b_in_by = self.walls[1].shares(p[m + one : m + one + other], shell)
        x, blur, dense = self.edge.distance_mm - self.edge.terms @ p[:m], self.edge.blur, self.edge.dense
        outer, inner, under = (
            blur.share_inside(x),
            blur.share_inside(x + shell),
            blur.packed_inside(x + shell),
        )
        by, in_by = blur.weight(x), blur.weight(x + shell)
        column = outside + (dense - outside) * outer  # what stands between the walls, were it all shell
        core = (inside - dense) * inner + packed * under  # what the spongy bone within changes of that
        core_by = (inside - dense) * in_by + packed * (in_by - under / PACKED_MM)
        value = column * a * b + core * a_in * b_in + beside[0] * (1 - a) + beside[1] * (1 - b)
        slope = (dense - outside) * by * a * b + core_by * a_in * b_in
        slope_a = (column * b - beside[0]) * a_by + core * b_in * a_in_by
        slope_b = (column * a - beside[1]) * b_by + core * a_in * b_in_by
        by_shell = -core_by * a_in * b_in - core * (a_in_by * b_in + b_in_by * a_in)
        shifts = [self.edge.terms * slope[:, None], self.walls[0].terms * slope_a[:, None]]
        levels = [by_shell, inner * a_in * b_in, (1 - outer) * a * b, under * a_in * b_in, 1 - a, 1 - b]
        return value, np.column_stack([*shifts, self.walls[1].terms * slope_b[:, None], *levels])
