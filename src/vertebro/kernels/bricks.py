"""Columns of voxels times a field: the matrix-free operator of elasticity and of conduction.

A column of voxels touches four columns of nodes. Along it run registers of neighbouring voxels: corner
values become modes (sums and differences), the moduli scale them, and the modes return as nodal forces.
Constants are those of ``hexahedron.modal_constants`` and ``scalar_constants``.
"""

from __future__ import annotations

from typing import NamedTuple, TypeAlias

from vertebro.kernels.arrays import AnyArray
from vertebro.kernels.compiled import part
from vertebro.kernels.lanes import Register, after, before, fill, lanes_in, load, store, unless_above

Places: TypeAlias = tuple[int, int, int, int]
Four: TypeAlias = tuple[Register, Register, Register, Register]
Modes: TypeAlias = tuple[Register, Register, Register, Register, Register, Register, Register]


class Column(NamedTuple):
    """Where a column of voxels lies: its length, its first voxel, its four columns of nodes (00 01 10 11)."""

    length: int
    voxel: int
    nodes: Places
    targets: Places


@part
def across(u: AnyArray, at: Places, k: int) -> Four:
    """Sums and differences over the four columns of nodes: mean, y, x, xy."""
    a, b, c, d = load(u, at[0] + k, u), load(u, at[1] + k, u), load(u, at[2] + k, u), load(u, at[3] + k, u)
    first, second = c + a, d + b
    first_x, second_x = c - a, d - b
    return second + first, second - first, second_x + first_x, second_x - first_x


@part
def modes(here: Four, ahead: Four) -> Modes:
    """The modes z, y, yz, x, xz, xy, xyz of a register of voxels."""
    m, y, x, xy = after(here[0], ahead[0]), after(here[1], ahead[1]), after(here[2], ahead[2]), after(here[3], ahead[3])  # fmt: skip  # noqa: E501
    return m - here[0], y + here[1], y - here[1], x + here[2], x - here[2], xy + here[3], xy - here[3]


@part
def ends(carried: Register, even: Register, odd: Register) -> tuple[Register, Register]:
    """Per node what voxels above and below it give (even: alike at both ends, odd: opposite)."""
    upper = even + odd
    return before(carried, upper) + (even - odd), upper


@part
def deposit(y: AnyArray, at: Places, k: int, carried: Four, f: Modes) -> Four:
    """Adds the forces of modes to the nodes; returns what the next register's first nodes still get."""
    upper = f[0]
    mean = before(carried[0], upper) - upper
    my, upper_y = ends(carried[1], f[1], f[2])
    mx, upper_x = ends(carried[2], f[3], f[4])
    mxy, upper_xy = ends(carried[3], f[5], f[6])
    low, low_y, high, high_y = mean - mx, my - mxy, mean + mx, my + mxy
    store(y, at[0] + k, load(y, at[0] + k, y) + (low - low_y))
    store(y, at[1] + k, load(y, at[1] + k, y) + (low + low_y))
    store(y, at[2] + k, load(y, at[2] + k, y) + (high - high_y))
    store(y, at[3] + k, load(y, at[3] + k, y) + (high + high_y))
    return upper, upper_y, upper_x, upper_xy


@part
def elastic_forces(
    u: Modes, v: Modes, w: Modes, L: Register, M: Register, C: AnyArray
) -> tuple[Modes, Modes, Modes]:
    """Forces of the modes of elastic voxels; C ends with the largest fully integrated lambda/mu."""
    uz, uy, uyz, ux, uxz, uxy, uxyz = u
    vz, vy, vyz, vx, vxz, vxy, vxyz = v
    wz, wy, wyz, wx, wxz, wxy, wxyz = w
    H = unless_above(L, M * fill(C[30], C))  # lambda of the higher modes
    dx, dy, dz = fill(C[0], C), fill(C[1], C), fill(C[2], C)
    ex, ey, ez = dx * ux, dy * vy, dz * wz
    pressure, M2 = L * (ex + ey + ez), M + M
    fux, fvy, fwz = dx * (pressure + M2 * ex), dy * (pressure + M2 * ey), dz * (pressure + M2 * ez)
    gxy = M * fill(C[3], C) * (uy + vx)
    gxz = M * fill(C[4], C) * (uz + wx)
    gyz = M * fill(C[5], C) * (vz + wy)
    P, Q, R = H * fill(C[18], C), H * fill(C[19], C), H * fill(C[20], C)
    fuxz = (H * fill(C[6], C) + M * fill(C[7], C)) * uxz + P * vyz
    fvyz = (H * fill(C[8], C) + M * fill(C[9], C)) * vyz + P * uxz
    fuxy = (H * fill(C[10], C) + M * fill(C[11], C)) * uxy + Q * wyz
    fwyz = (H * fill(C[12], C) + M * fill(C[13], C)) * wyz + Q * uxy
    fvxy = (H * fill(C[14], C) + M * fill(C[15], C)) * vxy + R * wxz
    fwxz = (H * fill(C[16], C) + M * fill(C[17], C)) * wxz + R * vxy
    txy = M * fill(C[21], C) * (uyz + vxz)
    txz = M * fill(C[22], C) * (uyz + wxy)
    tyz = M * fill(C[23], C) * (vxz + wxy)
    fu = (H * fill(C[24], C) + M * fill(C[25], C)) * uxyz
    fv = (H * fill(C[26], C) + M * fill(C[27], C)) * vxyz
    fw = (H * fill(C[28], C) + M * fill(C[29], C)) * wxyz
    return (
        (gxz, gxy, txy + txz, fux, fuxz, fuxy, fu),
        (gyz, fvy, fvyz, gxy, txy + tyz, fvxy, fv),
        (fwz, gyz, fwyz, gxz, fwxz, txz + tyz, fw),
    )


@part
def elastic_column(
    column: Column, lam: AnyArray, mu: AnyArray, u: AnyArray, y: AnyArray, C: AnyArray
) -> None:
    """y += K u for one column of elastic voxels."""
    e, at, to = column.voxel, column.nodes, column.targets
    u0, u1, u2, y0, y1, y2 = u[0], u[1], u[2], y[0], y[1], y[2]
    here0, here1, here2 = across(u0, at, 0), across(u1, at, 0), across(u2, at, 0)
    zero = fill(0.0, u0)
    carried0 = carried1 = carried2 = (zero, zero, zero, zero)
    step = lanes_in(u0)
    for k in range(0, column.length, step):
        ahead0, ahead1, ahead2 = across(u0, at, k + step), across(u1, at, k + step), across(u2, at, k + step)
        m0, m1, m2 = modes(here0, ahead0), modes(here1, ahead1), modes(here2, ahead2)
        here0, here1, here2 = ahead0, ahead1, ahead2
        f0, f1, f2 = elastic_forces(m0, m1, m2, load(lam, e + k, u0), load(mu, e + k, u0), C)
        carried0 = deposit(y0, to, k, carried0, f0)
        carried1 = deposit(y1, to, k, carried1, f1)
        carried2 = deposit(y2, to, k, carried2, f2)


@part
def scalar_column(column: Column, kappa: AnyArray, u: AnyArray, y: AnyArray, C: AnyArray) -> None:
    """y += K u for one column of conducting voxels."""
    e, at, to = column.voxel, column.nodes, column.targets
    u0, y0 = u[0], y[0]
    here, zero = across(u0, at, 0), fill(0.0, u0)
    carried = (zero, zero, zero, zero)
    step = lanes_in(u0)
    for k in range(0, column.length, step):
        ahead, K = across(u0, at, k + step), load(kappa, e + k, u0)
        z, my, yz, x, xz, xy, xyz = modes(here, ahead)
        here = ahead
        forces = (
            K * fill(C[2], C) * z,
            K * fill(C[1], C) * my,
            K * fill(C[5], C) * yz,
            K * fill(C[0], C) * x,
            K * fill(C[4], C) * xz,
            K * fill(C[3], C) * xy,
            K * fill(C[6], C) * xyz,
        )
        carried = deposit(y0, to, k, carried, forces)
