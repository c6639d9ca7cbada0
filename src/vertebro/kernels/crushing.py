"""Sweeps over voxels that may yield: their forces with return mapping, and their tangent.

The eight points of a voxel are those of the textbook brick. Where the volume is felt at the centre only,
the strain of a point is its deviator there and the change of volume at the centre (B-bar).
"""

from __future__ import annotations

from typing import NamedTuple, TypeAlias

import numpy as np

from vertebro.kernels.arrays import AnyArray
from vertebro.kernels.bricks import Column
from vertebro.kernels.compiled import compiled, part
from vertebro.kernels.grids import NX, NY, VOXELS
from vertebro.kernels.lanes import MOST_LANES
from vertebro.kernels.principal import Six
from vertebro.kernels.smoothing import Span
from vertebro.kernels.sweeps import Scene, column_at, store_residual
from vertebro.kernels.yielding import TANGENT, Solid, elastic_tangent, respond

POINTS, OF_TANGENT, OF_STATE = 8, 21, 7  # numbers a point keeps: upper triangle; plastic strain and kappa
A_VOXEL = POINTS * OF_TANGENT
GAUSS = 3.0**-0.5
NOT_WRITTEN, WRITTEN_ELASTIC, WRITTEN = range(3)
MODES, FORCES, SCRATCH = 96, 120, 144  # where scratch holds the modes of a voxel and their forces


class Yielding(NamedTuple):
    """Per voxel (by address): yield stresses, hardening, whether its volume is felt at the centre, and what
    its points have been through; ``slopes`` are xx yy zz yz xz xy, then the share of a point in the volume.
    """

    kind: int
    compressive: AnyArray
    tensile: AnyArray
    hardening: AnyArray
    at_centre: AnyArray
    state: AnyArray
    tangent: AnyArray
    written: AnyArray
    yields: AnyArray
    mixed: AnyArray
    centred: AnyArray
    dissipated: AnyArray
    slopes: AnyArray


Planes: TypeAlias = tuple[int, int]


@part
def gather(u: AnyArray, column: Column, k: int, s: AnyArray) -> None:
    """The modes (component, z y yz x xz xy xyz) of voxel k of a column."""
    for c in range(3):
        v = u[c]
        a, b, d, f = column.nodes
        a0, b0, d0, f0 = v[a + k], v[b + k], v[d + k], v[f + k]
        a1, b1, d1, f1 = v[a + k + 1], v[b + k + 1], v[d + k + 1], v[f + k + 1]
        m, n = MODES + 8 * c, 0
        low, low_y, low_x, low_xy = d0 + a0 + f0 + b0, f0 + b0 - d0 - a0, d0 - a0 + f0 - b0, f0 - b0 - d0 + a0
        up, up_y, up_x, up_xy = d1 + a1 + f1 + b1, f1 + b1 - d1 - a1, d1 - a1 + f1 - b1, f1 - b1 - d1 + a1
        s[m], s[m + 1], s[m + 2], s[m + 3] = up - low, up_y + low_y, up_y - low_y, up_x + low_x
        s[m + 4], s[m + 5], s[m + 6] = up_x - low_x, up_xy + low_xy, up_xy - low_xy
        for n in range(7):
            s[FORCES + 8 * c + n] = 0.0


@part
def slope(s: AnyArray, c: int, g: AnyArray) -> tuple[float, float, float]:
    """Differences along x, y, z of a component at a point, in units of a voxel's own."""
    m = MODES + 8 * c
    z, y, yz, x, xz, xy, xyz = s[m], s[m + 1], s[m + 2], s[m + 3], s[m + 4], s[m + 5], s[m + 6]
    return (
        x + g[1] * xy + g[2] * (xz + g[1] * xyz),
        y + g[0] * xy + g[2] * (yz + g[0] * xyz),
        z + g[0] * xz + g[1] * (yz + g[0] * xyz),
    )


@part
def spread(s: AnyArray, c: int, g: AnyArray, x: float, y: float, z: float) -> None:
    """Adds what a point's stresses on a component are to the forces of its modes."""
    m = FORCES + 8 * c
    s[m] += z
    s[m + 1] += y
    s[m + 2] += g[2] * y + g[1] * z
    s[m + 3] += x
    s[m + 4] += g[2] * x + g[0] * z
    s[m + 5] += g[1] * x + g[0] * y
    s[m + 6] += g[1] * g[2] * x + g[0] * g[2] * y + g[0] * g[1] * z


@part
def strain_at(s: AnyArray, c: AnyArray, g: AnyArray, at_centre: int) -> Six:
    """The strain of a point."""
    u, v, w = slope(s, 0, g), slope(s, 1, g), slope(s, 2, g)
    x, y, z, more = c[0] * u[0], c[1] * v[1], c[2] * w[2], 0.0
    if at_centre:
        volume = c[0] * s[MODES + 3] + c[1] * s[MODES + 9] + c[2] * s[MODES + 16]
        more = (volume - x - y - z) / 3
    shears = c[3] * (v[2] + w[1]), c[4] * (u[2] + w[0]), c[5] * (u[1] + v[0])
    return x + more, y + more, z + more, shears[0], shears[1], shears[2]


@part
def push(s: AnyArray, c: AnyArray, g: AnyArray, at_centre: int) -> float:
    """Adds a point's stress (of the scratch) to the forces; returns what acts on the centre's volume."""
    share, mean = c[6], 0.0
    if at_centre:
        mean = (s[0] + s[1] + s[2]) / 3
    yz, xz, xy = share * c[3] * s[3], share * c[4] * s[4], share * c[5] * s[5]
    spread(s, 0, g, share * c[0] * (s[0] - mean), xy, xz)
    spread(s, 1, g, xy, share * c[1] * (s[1] - mean), yz)
    spread(s, 2, g, xz, yz, share * c[2] * (s[2] - mean))
    return share * mean  # type: ignore[no-any-return]


@part
def remember(e: Six, trial: Six, m: Solid, s: AnyArray, state: AnyArray) -> float:
    """Plastic strain and kappa of a point after its step; returns the work it has lost, MPa."""
    mean = (s[0] + s[1] + s[2]) / 3
    bulk, lost, flow = 3 * m.lam + 2 * m.mu, 0.0, 0.0
    for n in range(6):
        kept = (s[n] - mean) / (2 * m.mu) + mean / bulk if n < 3 else s[n] / m.mu
        more = trial[n] - kept
        state[n] = e[n] - kept
        lost += s[n] * more
        flow += more * more if n < 3 else more * more / 2
    state[6] += (2 * flow / 3) ** 0.5
    return lost


@part
def place_of(voxel: int) -> int:
    """Where the tangent of a voxel begins: voxels of a register lie side by side."""
    lane = voxel % MOST_LANES
    return (voxel - lane) * A_VOXEL + lane


@part
def write_tangent(s: AnyArray, c: AnyArray, voxel: int, point: int, y: Yielding) -> None:
    """Keeps a point's tangent, times the slopes and the point's share."""
    at, n = place_of(voxel) + point * OF_TANGENT * MOST_LANES, TANGENT
    for i in range(6):
        for j in range(i, 6):
            y.tangent[at] = c[6] * c[i] * c[j] * s[n]
            at += MOST_LANES
            n += 1


@part
def voxel_forces(voxel: int, m: Solid, y: Yielding, points: AnyArray, s: AnyArray, commit: int) -> int:
    """Forces of the modes of one voxel, from its modes; returns how many of its points yield."""
    c, at_centre, yielding, volume = y.slopes, y.at_centre[voxel], 0, 0.0
    for q in range(POINTS):
        g, state = points[q], y.state[voxel, q]
        e = strain_at(s, c, g, at_centre)
        trial = (e[0] - state[0], e[1] - state[1], e[2] - state[2], e[3] - state[3], e[4] - state[4], e[5] - state[5])  # fmt: skip  # noqa: E501
        if respond(y.kind, trial, m, state[6], s):
            yielding += 1
            if commit:
                y.dissipated[voxel] += c[6] * remember(e, trial, m, s, state)
            else:
                write_tangent(s, c, voxel, q, y)
                y.written[voxel, q] = WRITTEN
        else:
            if not commit and y.written[voxel, q] == WRITTEN:
                y.written[voxel, q] = NOT_WRITTEN
        volume += push(s, c, g, at_centre)
    if at_centre:
        s[FORCES + 3] += c[0] * volume
        s[FORCES + 9] += c[1] * volume
        s[FORCES + 16] += c[2] * volume
    return yielding


@part
def scatter(s: AnyArray, column: Column, k: int, y: AnyArray) -> None:
    """Adds the forces of a voxel's modes to its nodes."""
    a, b, d, f = column.targets
    for c in range(3):
        t, m = y[c], FORCES + 8 * c
        for end in range(2):
            sign = 2 * end - 1
            mean = sign * s[m]
            fy, fx, fxy = s[m + 1] + sign * s[m + 2], s[m + 3] + sign * s[m + 4], s[m + 5] + sign * s[m + 6]
            low, low_y, high, high_y = mean - fx, fy - fxy, mean + fx, fy + fxy
            t[a + k + end] += low - low_y
            t[b + k + end] += low + low_y
            t[d + k + end] += high - high_y
            t[f + k + end] += high + high_y


@part
def solid_of(voxel: int, scene: Scene, y: Yielding) -> Solid:
    """What a voxel is made of."""
    lam, mu = np.float64(scene.operator.lam[voxel]), np.float64(scene.operator.mu[voxel])
    return Solid(lam, mu, y.compressive[voxel], y.tensile[voxel], y.hardening[voxel])


@compiled
def crush(
    planes: Planes, scene: Scene, law: Yielding, fields: tuple[AnyArray, AnyArray, AnyArray],
    work: tuple[AnyArray, AnyArray, AnyArray], commit: int,
) -> int:  # fmt: skip
    """A piece of out = b - forces(u) on planes of nodes, with the tangent of what yields; how many points do.

    ``fields``: u, b, out; ``work``: two planes of forces, scratch, the eight points. To ``commit`` keeps the
    state of the voxels instead of their tangent; the forces are then of no use.
    """
    row, grid = scene.grid.levels[0], scene.grid
    u, b, out = fields
    y, s, points = work
    y[:, :] = 0
    yielding = 0
    for i in range(max(planes[0] - 1, 0), planes[1]):
        own = i >= planes[0]
        if i < row[NX] and (own or not commit):
            for j in range(row[NY]):
                if grid.voxels[row[VOXELS] + i * row[NY] + j, 1] == 0:
                    continue
                column = column_at(i, j, row, grid, y.shape[1] // 2)
                for k in range(column.length):
                    voxel = column.voxel + k
                    if scene.operator.mu[voxel] == 0:
                        continue
                    gather(u, column, k, s)
                    found = voxel_forces(voxel, solid_of(voxel, scene, law), law, points, s, commit)
                    scatter(s, column, k, y)
                    if own:
                        law.yields[voxel] = found
                        yielding += found
        o, first, stop = (i & 1) * (y.shape[1] // 2), grid.planes[i], grid.planes[i + 1]
        if own:
            store_residual(Span(first, stop, o - first), y, b, 1, out)
        else:
            y[:, o : o + stop - first] = 0
    return yielding


@compiled
def complete(planes: Planes, scene: Scene, law: Yielding, s: AnyArray) -> None:
    """Marks the registers of voxels in which something yields, and fills them up with elastic tangents."""
    row, grid = scene.grid.levels[0], scene.grid
    for n in range(planes[0] * row[NY], min(planes[1], row[NX]) * row[NY]):
        count, start = grid.voxels[row[VOXELS] + n, 1], grid.voxels[row[VOXELS] + n, 2]
        for first in range(start, start + count, MOST_LANES):
            some, centred = 0, 0
            for voxel in range(first, first + MOST_LANES):
                some += law.yields[voxel]
                centred += law.at_centre[voxel]
            law.mixed[first // MOST_LANES] = 2 if centred else 1 if some else 0
            if not some + centred:
                continue
            for voxel in range(first, first + MOST_LANES):
                elastic_tangent(scene.operator.lam[voxel], scene.operator.mu[voxel], s)
                for q in range(POINTS):
                    if law.written[voxel, q] == NOT_WRITTEN:
                        write_tangent(s, law.slopes, voxel, q, law)
                        law.written[voxel, q] = WRITTEN_ELASTIC
