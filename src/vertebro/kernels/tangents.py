"""The tangent of bodies that yield, times a field: columns of voxels with the tangents of their points."""

from __future__ import annotations

from typing import TypeAlias

from vertebro.kernels.arrays import AnyArray
from vertebro.kernels.bricks import Column, Modes, across, deposit, elastic_forces, modes
from vertebro.kernels.compiled import compiled, part
from vertebro.kernels.crushing import A_VOXEL, OF_TANGENT, POINTS, Planes, Yielding
from vertebro.kernels.grids import NX, NY, VOXELS
from vertebro.kernels.lanes import MOST_LANES, Register, fill, load
from vertebro.kernels.smoothing import Span
from vertebro.kernels.sweeps import Scene, column_at, hold, product, store_residual

Pair: TypeAlias = tuple[AnyArray, AnyArray]


@part
def slopes_of(m: Modes, gx: Register, gy: Register, gz: Register) -> tuple[Register, Register, Register]:
    """Differences along x, y, z at a point, for a register of voxels."""
    z, y, yz, x, xz, xy, xyz = m
    return x + gy * xy + gz * (xz + gy * xyz), y + gx * xy + gz * (yz + gx * xyz), z + gx * xz + gy * (yz + gx * xyz)  # fmt: skip  # noqa: E501


@part
def spread_lanes(
    f: Modes, g: tuple[Register, Register, Register], x: Register, y: Register, z: Register
) -> Modes:
    """The forces of modes with a point's stresses on a component added."""
    gx, gy, gz = g
    yz, xz, xy = gz * y + gy * z, gz * x + gx * z, gy * x + gx * y
    return f[0] + z, f[1] + y, f[2] + yz, f[3] + x, f[4] + xz, f[5] + xy, f[6] + (gy * gz * x + gx * (gz * y + gy * z))  # fmt: skip  # noqa: E501


@part
def times_tangent(T: AnyArray, at: int, e: tuple[Register, ...], like: AnyArray) -> tuple[Register, ...]:
    """The symmetric tangent of a point, for a register of voxels, times its strain."""
    n = MOST_LANES
    a, b, c, d, p, q = e
    t01, t02, t03, t04, t05 = load(T, at + n, like), load(T, at + 2 * n, like), load(T, at + 3 * n, like), load(T, at + 4 * n, like), load(T, at + 5 * n, like)  # fmt: skip  # noqa: E501
    t12, t13, t14, t15 = load(T, at + 7 * n, like), load(T, at + 8 * n, like), load(T, at + 9 * n, like), load(T, at + 10 * n, like)  # fmt: skip  # noqa: E501
    t23, t24, t25 = load(T, at + 12 * n, like), load(T, at + 13 * n, like), load(T, at + 14 * n, like)
    t34, t35, t45 = load(T, at + 16 * n, like), load(T, at + 17 * n, like), load(T, at + 19 * n, like)
    return (
        load(T, at, like) * a + t01 * b + t02 * c + t03 * d + t04 * p + t05 * q,
        t01 * a + load(T, at + 6 * n, like) * b + t12 * c + t13 * d + t14 * p + t15 * q,
        t02 * a + t12 * b + load(T, at + 11 * n, like) * c + t23 * d + t24 * p + t25 * q,
        t03 * a + t13 * b + t23 * c + load(T, at + 15 * n, like) * d + t34 * p + t35 * q,
        t04 * a + t14 * b + t24 * c + t34 * d + load(T, at + 18 * n, like) * p + t45 * q,
        t05 * a + t15 * b + t25 * c + t35 * d + t45 * p + load(T, at + 20 * n, like) * q,
    )


@part
def tangent_forces(
    m: tuple[Modes, Modes, Modes], tangent: AnyArray, at: int, points: AnyArray, centred: Register
) -> tuple[Modes, Modes, Modes]:
    """Forces of the modes of a register of voxels by the tangents of their points.

    ``points``: the eight points, then the slopes xx yy zz and their inverses; ``centred``: 1/3 where the
    volume is felt at the centre.
    """
    (u, v, w), c = m, points[POINTS]
    zero = fill(0.0, c)
    fu = fv = fw = (zero, zero, zero, zero, zero, zero, zero)
    c0, c1, c2, r0, r1, r2 = fill(c[0], c), fill(c[1], c), fill(c[2], c), fill(c[3], c), fill(c[4], c), fill(c[5], c)  # fmt: skip  # noqa: E501
    volume, pressed = c0 * u[3] + c1 * v[1] + c2 * w[0], zero
    for q in range(POINTS):
        g = fill(points[q, 0], c), fill(points[q, 1], c), fill(points[q, 2], c)
        su, sv, sw = slopes_of(u, g[0], g[1], g[2]), slopes_of(v, g[0], g[1], g[2]), slopes_of(w, g[0], g[1], g[2])  # fmt: skip  # noqa: E501
        more = centred * (volume - c0 * su[0] - c1 * sv[1] - c2 * sw[2])
        e = su[0] + r0 * more, sv[1] + r1 * more, sw[2] + r2 * more, sv[2] + sw[1], su[2] + sw[0], su[1] + sv[0]  # fmt: skip  # noqa: E501
        s = times_tangent(tangent, at + q * OF_TANGENT * MOST_LANES, e, c)
        mean = centred * (r0 * s[0] + r1 * s[1] + r2 * s[2])
        pressed = pressed + mean
        fu = spread_lanes(fu, g, s[0] - c0 * mean, s[5], s[4])
        fv = spread_lanes(fv, g, s[5], s[1] - c1 * mean, s[3])
        fw = spread_lanes(fw, g, s[4], s[3], s[2] - c2 * mean)
    return (
        (fu[0], fu[1], fu[2], fu[3] + c0 * pressed, fu[4], fu[5], fu[6]),
        (fv[0], fv[1] + c1 * pressed, fv[2], fv[3], fv[4], fv[5], fv[6]),
        (fw[0] + c2 * pressed, fw[1], fw[2], fw[3], fw[4], fw[5], fw[6]),
    )


@part
def tangent_column(
    column: Column, scene: Scene, law: Yielding, u: AnyArray, y: AnyArray, points: AnyArray
) -> None:
    """y += K u for one column of voxels, some of which yield."""
    e, at, to, lam, mu = column.voxel, column.nodes, column.targets, scene.operator.lam, scene.operator.mu
    u0, u1, u2, y0, y1, y2 = u[0], u[1], u[2], y[0], y[1], y[2]
    here0, here1, here2 = across(u0, at, 0), across(u1, at, 0), across(u2, at, 0)
    zero = fill(0.0, u0)
    carried0 = carried1 = carried2 = (zero, zero, zero, zero)
    C = scene.operator.constants[0]
    for k in range(0, column.length, MOST_LANES):
        n = k + MOST_LANES
        ahead0, ahead1, ahead2 = across(u0, at, n), across(u1, at, n), across(u2, at, n)
        m0, m1, m2 = modes(here0, ahead0), modes(here1, ahead1), modes(here2, ahead2)
        here0, here1, here2 = ahead0, ahead1, ahead2
        if law.mixed[(e + k) // MOST_LANES]:
            third = load(law.centred, e + k, u0)
            f0, f1, f2 = tangent_forces((m0, m1, m2), law.tangent, (e + k) * A_VOXEL, points, third)
        else:
            f0, f1, f2 = elastic_forces(m0, m1, m2, load(lam, e + k, u0), load(mu, e + k, u0), C)
        carried0 = deposit(y0, to, k, carried0, f0)
        carried1 = deposit(y1, to, k, carried1, f1)
        carried2 = deposit(y2, to, k, carried2, f2)


@compiled
def tangent_product(
    planes: Planes, scene: Scene, law: Yielding, fields: Pair, work: Pair
) -> float:  # fmt: skip
    """A piece of out = K u on planes of nodes, held directions nought; returns its part of u.out.

    ``work``: two planes of forces, and a table (8 points, then slopes) in single precision.
    """
    row, grid = scene.grid.levels[0], scene.grid
    (u, out), (y, points) = fields, work
    total = 0.0
    y[:, :] = 0
    for i in range(max(planes[0] - 1, 0), planes[1]):
        if i < row[NX]:
            for j in range(row[NY]):
                if grid.voxels[row[VOXELS] + i * row[NY] + j, 1] > 0:
                    tangent_column(column_at(i, j, row, grid, y.shape[1] // 2), scene, law, u, y, points)
        o, first, stop = (i & 1) * (y.shape[1] // 2), grid.planes[i], grid.planes[i + 1]
        if i < planes[0]:
            y[:, o : o + stop - first] = 0
            continue
        store_residual(Span(first, stop, o - first), y, u, 0, out)
        hold(i, scene.operator, out)
        total += product(first, stop, u, out)
    return total
