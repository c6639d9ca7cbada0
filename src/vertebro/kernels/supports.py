"""What holds and loads a voxel model: values at nodes, rigid plates, islands, and whether it can float."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TypeAlias

import numpy as np
from scipy import ndimage

from vertebro.errors import BadModel
from vertebro.kernels.arrays import AnyArray, Array, Mask
from vertebro.kernels.hexahedron import Edges


@dataclass(frozen=True)
class NodeValues:
    """Values at nodes (n, 3) in one direction (axis of the array; 0 for a scalar field).

    Node (i, j, k) is the corner of voxel (i, j, k) with the lowest indices. The values are
    displacements in mm or forces in N, as the place where they are given says.
    """

    nodes: AnyArray
    axis: int
    values: Array

    @classmethod
    def at(cls, where: AnyArray, axis: int, value: float | Array) -> NodeValues:
        """The same value, or one for each, at nodes given as indices (n, 3) or as a mask of the nodes."""
        where = np.asarray(where)
        nodes = np.argwhere(where) if where.dtype == bool else where.reshape(-1, 3)
        return cls(nodes, axis, np.broadcast_to(np.asarray(value, dtype=float), (len(nodes),)).copy())


@dataclass(frozen=True)
class Plate:
    """A rigid load plate: its nodes move as one in one direction under a force through ``centre_mm``.

    The plate stays parallel unless it ``may_tilt``; then it also turns until its moment is nought.
    ``centre_mm`` is from the first corner of the voxels; the middle of the nodes if not given.
    """

    nodes: AnyArray
    axis: int
    force_n: float
    may_tilt: bool = False
    centre_mm: tuple[float, float, float] | None = None

    def shapes(self, edges_mm: Edges) -> Array:
        """Displacements of the nodes (n, 1 or 3) for unit motions: 1 mm along, 1 rad about the others."""
        place = np.asarray(self.nodes, dtype=float) * edges_mm
        arm = place - (place.mean(axis=0) if self.centre_mm is None else self.centre_mm)
        others = [a for a in range(3) if a != self.axis] if self.may_tilt else []
        return np.stack([np.ones(len(arm)), *(arm[:, a] for a in others)], axis=-1)


Entries: TypeAlias = tuple[AnyArray, AnyArray]  # nodes and axes
NOWHERE = np.zeros((0, 3), dtype=np.int64)


def gathered(values: tuple[NodeValues, ...]) -> tuple[AnyArray, AnyArray, Array]:
    """Nodes (n, 3), axes and values of all entries, one after the other."""
    nodes = np.concatenate([NOWHERE, *(np.asarray(v.nodes, dtype=np.int64) for v in values)])
    axes = np.concatenate([np.zeros(0, np.int64), *(np.full(len(v.nodes), v.axis) for v in values)])
    return nodes, axes, np.concatenate([np.zeros(0), *(np.asarray(v.values, dtype=float) for v in values)])


def check_nodes(what: str, nodes: AnyArray, values: Array, solid: Mask) -> None:
    """Every node must be a corner of a solid voxel, and every value a finite number."""
    outside = ((nodes < 0) | (nodes > np.array(solid.shape))).any(axis=1)
    if outside.any():
        raise BadModel(
            f"{outside.sum()} {what} outside the grid, the first at {tuple(nodes[outside][0].tolist())}.",
            f"nodes from 0 to {solid.shape}",
            "Give indices of nodes: a grid of n voxels has n + 1 nodes along an axis.",
        )
    alone = ~_touches(solid, nodes).any(axis=1)
    if alone.any():
        raise BadModel(
            f"{alone.sum()} {what} in the void, the first at {tuple(nodes[alone][0].tolist())}.",
            "nodes at a corner of a solid voxel",
            "Take the nodes from the surface of the model.",
        )
    if not np.isfinite(values).all():
        raise BadModel(f"Some {what} are not numbers.", "finite values", "Check where they come from.")


def _touches(of: AnyArray, nodes: AnyArray) -> AnyArray:
    """The entries (n, 8) of the voxels around nodes; nought outside the grid."""
    around = np.zeros((len(nodes), 8), dtype=of.dtype)
    for n, offset in enumerate(np.ndindex(2, 2, 2)):
        voxel = nodes - np.array(offset)
        inside = ((voxel >= 0) & (voxel < np.array(of.shape))).all(axis=1)
        around[inside, n] = of[tuple(voxel[inside].T)]
    return around


def check_agree(nodes: AnyArray, axes: AnyArray, values: Array) -> AnyArray:
    """Indices of one entry for each node and direction; two that differ are an error."""
    order = np.lexsort((axes, nodes[:, 2], nodes[:, 1], nodes[:, 0]))
    key = np.column_stack([nodes, axes])[order]
    again = (key[1:] == key[:-1]).all(axis=1)
    differ = again & (values[order][1:] != values[order][:-1])
    if differ.any():
        node = tuple(key[1:][differ][0, :3].tolist())
        raise BadModel(
            f"Node {node} is given two different values in direction {key[1:][differ][0, 3]}.",
            "one value for each node and direction",
            "Take the node out of one of the sets.",
        )
    return order[np.concatenate([[True], ~again])] if len(order) else order


@dataclass(frozen=True)
class Parts:
    """The face-connected parts of a model: number of the part at every voxel (0: void), and how many."""

    number: AnyArray
    count: int

    def at(self, nodes: AnyArray) -> AnyArray:
        """The parts (n, 8) around nodes."""
        return _touches(self.number, nodes)


def parts_of(solid: Mask) -> Parts:
    """Parts that share faces; a part that only touches by an edge or a corner could swing freely."""
    number, count = ndimage.label(solid)
    return Parts(number, int(count))


def kept_parts(parts: Parts, held: AnyArray, loaded: AnyArray) -> AnyArray:
    """Which parts something holds (indexed by number); a loaded part must be held."""
    is_held = np.zeros(parts.count + 1, dtype=bool)
    is_held[parts.at(held)] = True
    is_held[0] = False
    if not is_held.any():
        raise BadModel(
            "Nothing holds the model.",
            "displacements given at some of its nodes",
            "Give the displacements of a boundary, for example nought at the lower plate.",
        )
    around = parts.at(loaded)
    floating = (around > 0).any(axis=1) & ~is_held[around].any(axis=1)
    if floating.any():
        node = tuple(loaded[floating][0].tolist())
        raise BadModel(
            f"A force acts on a floating body (node {node}): nothing holds that part.",
            "a given displacement on every part that is loaded",
            "Hold the part, join it to the rest, or take the force away.",
        )
    return is_held


@dataclass(frozen=True)
class Supports:
    """Held nodes with their axes, loaded nodes with axes and forces, and plates."""

    held: Entries
    loaded: Entries
    forces: Array
    plates: tuple[Plate, ...]


def check_balance(parts: Parts, kept: AnyArray, edges_mm: Edges, supports: Supports) -> None:
    """A part that can still move as a rigid body must not be pushed that way."""
    if not np.any(supports.forces) and not supports.plates:
        return
    for number in np.flatnonzero(kept):
        stops, push, size = _rigid_supports(parts, int(number), edges_mm, supports)
        _, values, vectors = np.linalg.svd(stops, full_matrices=True)
        rank = int((values > 1e-9 * values.max(initial=1e-300)).sum())  # rounding of sums over nodes
        if (np.abs(vectors[rank:] @ push) > 1e-9 * size).any():
            raise BadModel(
                f"A floating body: it can move freely in {6 - rank} of 6 ways, and the forces push it.",
                "displacements that stop every motion the forces would cause",
                "Hold a node in the missing directions, or balance the forces.",
            )


def _rigid_supports(
    parts: Parts, number: int, edges_mm: Edges, supports: Supports
) -> tuple[Array, Array, float]:
    """What the six rigid motions of a part meet: stops (n, 6), the work of the forces, and its size."""

    lengths = np.asarray(edges_mm) / np.max(np.array(parts.number.shape) * edges_mm)

    def own(nodes: AnyArray) -> AnyArray:
        return np.asarray((parts.at(nodes) == number).any(axis=1))

    (held, axes), (loaded, directions) = supports.held, supports.loaded
    here, pushed = own(held), own(loaded)
    stops = [_rigid(held[here], axes[here], lengths)]
    motions = _rigid(loaded[pushed], directions[pushed], lengths)
    push, size = motions.T @ supports.forces[pushed], float(np.abs(supports.forces[pushed]).sum())
    for plate in supports.plates:
        nodes = np.asarray(plate.nodes)[own(np.asarray(plate.nodes))]
        shapes = replace(plate, nodes=nodes).shapes(edges_mm) if len(nodes) else np.zeros((0, 1))
        motions = _rigid(nodes, np.full(len(nodes), plate.axis), lengths)
        follows = np.linalg.pinv(shapes) @ motions
        stops.append(motions - shapes @ follows)
        push, size = push + follows[0] * plate.force_n, size + abs(plate.force_n)
    return np.concatenate(stops), push, size


def _rigid(nodes: AnyArray, axes: AnyArray, lengths: Array) -> Array:
    """The six rigid motions (n, 6) at nodes in given directions; rotations about the grid's corner."""
    place, out = nodes * lengths, np.zeros((len(nodes), 6))
    out[np.arange(len(nodes)), axes] = 1
    for n, (a, b) in enumerate(((0, 1), (1, 2), (2, 0)), start=3):
        out[:, n] = np.where(axes == a, -place[:, b], np.where(axes == b, place[:, a], 0))
    return out
