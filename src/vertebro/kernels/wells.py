"""A source smaller than a voxel: what pressure it has where its surface lies, told from the nodes it feeds.

On an unbounded lattice with conductances c_x, c_y, c_z along the edges, unit inflow at a node raises the node
at (a, b, c) from it by G = integral over t of e^(-2(c_x+c_y+c_z)t) I_a(2 c_x t) I_b(2 c_y t) I_c(2 c_z t).
For a cube G(0) = 0.252731/(k h) (Watson), so the node has the pressure of the exact solution at 0.3149 h.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import integrate, special

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


def lattice_rise(offset: tuple[int, int, int], conductances: tuple[float, float, float]) -> float:
    """G at an offset in nodes from unit inflow."""
    c, order = np.asarray(conductances), np.abs(offset)
    mean = float(c.prod() ** (1 / 3))

    def at(root: float) -> float:  # t = root^2: the tail t^(-3/2) dt becomes root^(-2) droot
        return float(2 * root * special.ive(order, 2 * c / mean * root**2).prod())

    near, _ = integrate.quad(at, 0, FAR, limit=400, epsabs=1e-12, epsrel=1e-11)
    tail = 2 / FAR + ((1 - 4 * order**2) / 8 * mean / (2 * c)).sum() * 2 / (3 * FAR**3)
    return float((near + tail / (4 * np.pi) ** 1.5) / mean)


def equivalent_radius_mm(well: Well, edges_mm: Edges, anisotropy: Edges = (1.0, 1.0, 1.0)) -> float:
    """Where the exact solution has the mean pressure of the well's nodes (0.3149 h at a node of cubes).

    With anisotropy k_x, k_y, k_z it is a distance in x sqrt(k/k_x), ..., with k the geometric mean.
    """
    h, k = np.asarray(edges_mm, dtype=float), np.asarray(anisotropy, dtype=float)
    x, y, z = (k * h.prod() / h**2).tolist()
    known: dict[tuple[int, ...], float] = {}
    rise = 0.0
    for a, share in zip(well.nodes, well.shares, strict=True):
        for b, other in zip(well.nodes, well.shares, strict=True):
            i, j, m = np.abs(a - b).tolist()
            if (i, j, m) not in known:
                known[i, j, m] = lattice_rise((i, j, m), (x, y, z))
            rise += share * other * known[i, j, m]
    return float(1 / (4 * np.pi * k.prod() ** (1 / 3) * rise))
