"""The pore space as control volumes around nodes: numbers, volumes, means between voxels and nodes."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from scipy import ndimage

from vertebro.kernels.arrays import AnyArray, Array, Mask
from vertebro.kernels.porous import Fluids, Ports, Rock, refused
from vertebro.kernels.supports import check_nodes


def spread(voxels: Array) -> Array:
    """Sums over the eight voxels around every node."""
    out = np.zeros([n + 1 for n in voxels.shape])
    for a, b, c in np.ndindex(2, 2, 2):
        out[a : a + voxels.shape[0], b : b + voxels.shape[1], c : c + voxels.shape[2]] += voxels
    return out


def paired(field: Array, axis: int) -> Array:
    """Means of neighbours along an axis."""
    low, high = [slice(None)] * 3, [slice(None)] * 3
    low[axis], high[axis] = slice(None, -1), slice(1, None)
    return np.asarray((field[tuple(low)] + field[tuple(high)]) / 2)


def mean_of_corners(nodes: Array) -> Array:
    """Means of the eight nodes of every voxel."""
    return paired(paired(paired(nodes, 0), 1), 2)


def reached(rock: Rock, ports: Ports) -> Mask:
    """The voxels that a well feeds; each well must lie in some, with an outlet among them."""
    flows = np.asarray(rock.permeability_mm2) > 0
    for what, group in (("wells", ports.wells), ("outlets", ports.outlets)):
        for port in group:
            check_nodes(what, np.asarray(port.nodes), np.zeros(len(port.nodes)), flows)
    number, count = ndimage.label(flows)
    padded = np.pad(number, 1)
    open_to = np.unique(np.concatenate([_parts(padded, o.nodes) for o in ports.outlets]))
    keep = np.zeros(count + 1, bool)
    for well in ports.wells:
        fed = np.unique(_parts(padded, well.nodes))
        if not np.isin(fed, open_to).any():
            raise refused(
                "No outlet in the pores that a well feeds.",
                "a way out: what is incompressible must leave somewhere",
                "Add an outlet, or check for a closed wall around the well.",
            )
        keep[fed[np.isin(fed, open_to)]] = True
    return np.asarray(keep[number])


def _parts(padded: AnyArray, nodes: AnyArray) -> AnyArray:
    """The parts around nodes, without the void."""
    found = np.concatenate([padded[tuple((np.asarray(nodes) + o).T)] for o in np.ndindex(2, 2, 2)])
    return found[found > 0]


@dataclass(frozen=True)
class Box:
    """The smallest box of voxels in which anything flows: the rest costs time and tells nothing."""

    shape: tuple[int, ...]
    low: AnyArray
    high: AnyArray

    @classmethod
    def around(cls, flows: Mask) -> Box:
        """The box of the voxels of a mask."""
        some = [np.flatnonzero(flows.any(axis=others)) for others in ((1, 2), (0, 2), (0, 1))]
        return cls(flows.shape, np.array([n[0] for n in some]), np.array([n[-1] + 1 for n in some]))

    @property
    def nodes_shape(self) -> tuple[int, ...]:
        """Of a field at all nodes."""
        return tuple(n + 1 for n in self.shape)

    def voxels(self, field: AnyArray) -> AnyArray:
        """What a field of all voxels holds in the box."""
        return field[tuple(slice(a, b) for a, b in zip(self.low, self.high, strict=True))]

    def nodes(self, field: Array) -> Array:
        """What a field at all nodes holds in the box."""
        return field[tuple(slice(a, b + 1) for a, b in zip(self.low, self.high, strict=True))]

    def all_nodes(self, inside: Array) -> Array:
        """A field at all nodes, nought outside the box."""
        out = np.zeros(self.nodes_shape)
        self.nodes(out)[:] = inside
        return out

    def rock(self, rock: Rock) -> Rock:
        """The rock in the box; what no well feeds is closed there too."""
        k, pores = (np.asarray(f, dtype=float) for f in (rock.permeability_mm2, rock.porosity))
        return replace(rock, permeability_mm2=self.voxels(k), porosity=self.voxels(pores))

    def ports(self, ports: Ports) -> Ports:
        """Ports by their nodes counted from the corner of the box."""
        wells = tuple(replace(w, nodes=np.asarray(w.nodes) - self.low) for w in ports.wells)
        return Ports(wells, tuple(replace(o, nodes=np.asarray(o.nodes) - self.low) for o in ports.outlets))

    def fluids(self, fluids: Fluids) -> Fluids:
        """The fluids, a viscosity that was given for every voxel in the box alone."""
        given = fluids.cement_pa_s
        if callable(given) or not np.ndim(given):
            return fluids
        if np.shape(given) != self.shape:
            found = f"Viscosities of the shape {np.shape(given)} for voxels {self.shape}."
            raise refused(found, "one, or one for each")
        return replace(fluids, cement_pa_s=self.voxels(np.asarray(given)))


class PoreSpace:
    """Nodes (``flat``: their places in the box), flowing voxels (alike), pore volumes in the box (flat)."""

    def __init__(self, rock: Rock, flows: Mask, nodes: AnyArray) -> None:
        self.rock = rock
        self.shape = (flows.shape[0] + 1, flows.shape[1] + 1, flows.shape[2] + 1)
        self.flat = np.ravel_multi_index(tuple(nodes.T), self.shape)
        self._number = np.full(self.shape, -1)
        self._number.ravel()[self.flat] = np.arange(len(nodes))
        self.voxels = np.flatnonzero(flows)
        self._count = np.maximum(spread(flows.astype(float)), 1)
        self._flows = flows
        volume = float(np.prod(rock.edges_mm))
        self.pores_mm3 = (spread(np.where(flows, rock.porosity, 0.0)) * volume / 8).ravel()

    def numbers(self, nodes: AnyArray) -> AnyArray:
        """Which nodes they are; -1 where nothing flows, in the box or outside it."""
        inside = self._inside(nodes)
        found = self._number[tuple(np.where(inside[:, None], nodes, 0).T)]
        return np.asarray(np.where(inside, found, -1))

    def _inside(self, nodes: AnyArray) -> Mask:
        return np.asarray(((np.asarray(nodes) >= 0) & (nodes < np.array(self.shape))).all(axis=1))

    def are_pores(self, nodes: AnyArray) -> AnyArray:
        """Whether nodes lie in the box and something flows there."""
        return np.asarray(self.numbers(nodes) >= 0)

    def dense(self, values: Array) -> Array:
        """Values at nodes in the box of the grid, nought elsewhere."""
        out = np.zeros(self.shape)
        out.ravel()[self.flat] = values
        return out

    def at_nodes(self, voxels: Array) -> Array:
        """Means (flat) of the flowing voxels around every node; one number stays one everywhere."""
        if not voxels.ndim:
            return np.full(self.pores_mm3.size, float(voxels))
        return np.asarray((spread(np.where(self._flows, voxels, 0.0)) / self._count).ravel())

    def layer_mm3(self, share: Array) -> float:
        """Pores in one layer of cells along the front: its area, the integral of |grad S|, times an edge."""
        share = share.reshape(self.shape)
        some = [np.flatnonzero(share.any(axis=others)) for others in ((1, 2), (0, 2), (0, 1))]
        if not len(some[0]):
            return 0.0
        low = [max(int(n[0]) - 1, 0) for n in some]
        near = tuple(slice(a, int(n[-1]) + 2) for a, n in zip(low, some, strict=True))
        slopes, edges = self._slopes(share[near]), np.asarray(self.rock.edges_mm)
        inside = tuple(slice(a, a + n) for a, n in zip(low, slopes[0].shape, strict=True))
        pores = np.where(self._flows[inside], np.asarray(self.rock.porosity)[inside], 0.0)
        area = np.sqrt(sum(slope**2 for slope in slopes))
        return float((pores * area).sum() * edges.prod() * edges.prod() ** (1 / 3))

    def _slopes(self, nodes: Array) -> list[Array]:
        """The gradient in voxels from values at nodes."""
        out = []
        for axis in range(3):
            slope = np.diff(nodes, axis=axis) / self.rock.edges_mm[axis]
            for other in {0, 1, 2} - {axis}:
                slope = paired(slope, other)
            out.append(slope)
        return out

    def flow_mm_s(self, pressure: Array, mobility: Array) -> Array:
        """|q| in voxels from pressures (dense) and mobilities."""
        along = zip(self._slopes(pressure), self.rock.anisotropy, strict=True)
        return np.asarray(mobility * np.sqrt(sum((factor * slope) ** 2 for slope, factor in along)))
