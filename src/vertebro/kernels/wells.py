"""A source smaller than a voxel: what pressure it has where its surface lies, told from the nodes it feeds.

On an unbounded lattice with conductances c_x, c_y, c_z along the edges, unit inflow at a node raises the node
at (a, b, c) from it by G = integral over t of e^(-2(c_x+c_y+c_z)t) I_a(2 c_x t) I_b(2 c_y t) I_c(2 c_z t).
For a cube G(0) = 0.252731/(k h) (Watson), so the node has the pressure of the exact solution at 0.3149 h.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from scipy import special

from vertebro.errors import BadModel
from vertebro.kernels.arrays import AnyArray, Array
from vertebro.kernels.hexahedron import Edges


@dataclass(frozen=True)
class Well:
    """Nodes (n, 3) with their shares of the inflow; ``radius_mm``: of the sphere it comes from.

    Without a radius the well's pressure is the mean one of its nodes (a face, a cavity of its own).
    """

    nodes: AnyArray
    shares: Array
    radius_mm: float | None = None

    @classmethod
    def at(cls, position_mm: tuple[float, float, float], radius_mm: float, edges_mm: Edges) -> Well:
        """A sphere at a place in mm from the first corner of the voxels, fed through the nodes around it."""
        place = np.asarray(position_mm, dtype=float) / edges_mm
        if not (np.isfinite(place).all() and np.isfinite(radius_mm) and radius_mm > 0):
            raise BadModel(
                f"The well lies at {position_mm} mm with a radius of {radius_mm} mm.",
                "a place in mm and a radius above 0",
                "Check where they come from.",
            )
        low = np.floor(place + ON_A_NODE)
        within = np.where(np.abs(place - low) < ON_A_NODE, 0.0, place - low)
        corners = np.array(list(np.ndindex(2, 2, 2)))
        shares = np.where(corners == 1, within, 1 - within).prod(axis=1)
        return cls((low + corners)[shares > 0].astype(np.int64), shares[shares > 0], float(radius_mm))

    @classmethod
    def over(cls, nodes: AnyArray, shares: Array | None = None) -> Well:
        """Nodes (n, 3) that share the inflow, equally if no shares are given."""
        given = np.ones(len(nodes)) if shares is None else np.asarray(shares, dtype=float)
        if not len(nodes) or len(given) != len(nodes) or not (given >= 0).all() or not given.sum() > 0:
            raise BadModel(
                f"A well with {len(nodes)} nodes and {len(given)} shares, or some negative or not numbers.",
                "a share of at least 0 for each of its nodes",
                "Check where they come from.",
            )
        return cls(np.asarray(nodes, dtype=np.int64).reshape(-1, 3), given / given.sum())


ON_A_NODE = 1e-6  # of an edge: a place that rounding alone moves from a node is fed through that node
FAR = 50.0  # root of the time from which on two terms of the tail are exact to 1e-9
PIECES = ((0.0, 1.0), (1.0, 4.0), (4.0, 14.0), (14.0, FAR))  # of the integral, 60 points each: to 1e-10
POINTS, WEIGHTS = np.polynomial.legendre.leggauss(60)
ROOTS = np.concatenate([(a + b + (b - a) * POINTS) / 2 for a, b in PIECES])
SHARES = np.concatenate([(b - a) / 2 * WEIGHTS for a, b in PIECES])


def lattice_rise(offset: tuple[int, int, int], conductances: tuple[float, float, float]) -> float:
    """G at an offset in nodes from unit inflow."""
    c, order = np.asarray(conductances), np.abs(offset)
    mean = float(c.prod() ** (1 / 3))
    # t = root^2: the tail t^(-3/2) dt becomes root^(-2) droot
    values = 2 * ROOTS * special.ive(order[:, None], 2 * c[:, None] / mean * ROOTS**2).prod(axis=0)
    tail = 2 / FAR + ((1 - 4 * order**2) / 8 * mean / (2 * c)).sum() * 2 / (3 * FAR**3)
    return float((SHARES @ values + tail / (4 * np.pi) ** 1.5) / mean)


@dataclass(frozen=True)
class Lattice:
    """Edges and anisotropy of an unbounded grid of unit mobility."""

    edges_mm: Edges
    anisotropy: Edges = (1.0, 1.0, 1.0)

    @property
    def mean(self) -> float:
        """The geometric mean of the anisotropy."""
        return float(np.prod(self.anisotropy) ** (1 / 3))

    @property
    def stretch(self) -> Array:
        """Factors of the three directions that make the rock isotropic with the mean permeability."""
        return np.sqrt(self.mean / np.asarray(self.anisotropy, dtype=float))

    def rise(self, fed: tuple[AnyArray, Array], seen: tuple[AnyArray, Array]) -> float:
        """Weighted mean of G at nodes that are seen, for inflow shared among nodes that are fed."""
        h = np.asarray(self.edges_mm, dtype=float)
        x, y, z = (np.asarray(self.anisotropy) * h.prod() / h**2).tolist()
        offsets = np.abs(seen[0][:, None] - fed[0][None]).reshape(-1, 3)
        distinct, which = np.unique(offsets, axis=0, return_inverse=True)
        G = np.array([lattice_rise((a, b, c), (x, y, z)) for a, b, c in distinct.tolist()])
        return float(seen[1] @ G[which.ravel()].reshape(len(seen[1]), -1) @ fed[1])

    def equivalent_radius_mm(self, well: Well) -> float:
        """Where the exact solution has the mean pressure of the well's nodes (0.3149 h at one of cubes)."""
        both = well.nodes, well.shares
        return 1 / (4 * np.pi * self.mean * self.rise(both, both))

    def shell(self, well: Well, radius_mm: float) -> tuple[AnyArray, Array]:
        """Nodes about as far from the well's middle, with weights that fall to nought an edge away."""
        h = np.asarray(self.edges_mm, dtype=float) * self.stretch
        middle, width = well.shares @ well.nodes, float(h.max())
        low, high = np.floor(middle - (radius_mm + width) / h), np.ceil(middle + (radius_mm + width) / h)
        box = [np.arange(int(a), int(b) + 1) for a, b in zip(low, high, strict=True)]
        nodes = np.stack(np.meshgrid(*box, indexing="ij"), axis=-1).reshape(-1, 3)
        weight = 1 - np.abs(np.linalg.norm((nodes - middle) * h, axis=1) - radius_mm) / width
        return nodes[weight > 0], weight[weight > 0] / weight[weight > 0].sum()

    def surface(self, well: Well, inside: Callable[[AnyArray], AnyArray]) -> tuple[AnyArray, Array]:
        """Nodes with weights whose mean pressure is that at the well's radius, whatever flows there.

        A mean of two shells of nodes (or of the fed nodes and one), weighted to be exact for a point source
        in uniform rock. ``inside`` tells which nodes are in the pores.
        """
        fed = well.nodes, well.shares
        if well.radius_mm is None:
            return fed
        width = float((np.asarray(self.edges_mm) * self.stretch).max())
        inner = well.radius_mm - width / 2
        near = _kept(self.shell(well, inner), inside) if inner > width else fed
        far = _kept(self.shell(well, max(well.radius_mm + width / 2, 1.25 * width)), inside)
        if not len(near[1]) or not len(far[1]):
            return fed
        close, distant = self.rise(fed, near), self.rise(fed, far)
        share = (1 / (4 * np.pi * self.mean * well.radius_mm) - distant) / (close - distant)
        return np.concatenate([near[0], far[0]]), np.concatenate([share * near[1], (1 - share) * far[1]])


def _kept(shell: tuple[AnyArray, Array], inside: Callable[[AnyArray], AnyArray]) -> tuple[AnyArray, Array]:
    here = inside(shell[0])
    weight = shell[1][here]
    return shell[0][here], weight / weight.sum() if len(weight) else weight
