"""Principal values and directions of a symmetric 3 x 3 tensor, without iteration."""

from __future__ import annotations

from math import acos, cos, pi, sqrt
from typing import TypeAlias

from vertebro.kernels.compiled import part

Three: TypeAlias = tuple[float, float, float]
Six: TypeAlias = tuple[float, float, float, float, float, float]

DEGENERATE = 1e-30  # squared length of a cross product of two parallel rows of a matrix of size one


@part
def cross(a: Three, b: Three) -> Three:
    """a x b."""
    return a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2], a[0] * b[1] - a[1] * b[0]


@part
def square(a: Three) -> float:
    """a . a"""
    return a[0] * a[0] + a[1] * a[1] + a[2] * a[2]


@part
def unit(a: Three) -> Three:
    """a over its length."""
    scale = 1 / sqrt(square(a))
    return a[0] * scale, a[1] * scale, a[2] * scale


@part
def times(t: Six, a: Three) -> Three:
    """The tensor (xx yy zz yz xz xy) times a."""
    return (
        t[0] * a[0] + t[5] * a[1] + t[4] * a[2],
        t[5] * a[0] + t[1] * a[1] + t[3] * a[2],
        t[4] * a[0] + t[3] * a[1] + t[2] * a[2],
    )


@part
def null_direction(t: Six, value: float) -> Three:
    """The direction of a single principal value: the longest cross product of two rows of t - value."""
    x, y, z = (t[0] - value, t[5], t[4]), (t[5], t[1] - value, t[3]), (t[4], t[3], t[2] - value)
    xy, xz, yz = cross(x, y), cross(x, z), cross(y, z)
    a, b, c = square(xy), square(xz), square(yz)
    if a >= b and a >= c:
        return unit(xy) if a > DEGENERATE else (1.0, 0.0, 0.0)
    if b >= c:
        return unit(xz)
    return unit(yz)


@part
def across_from(a: Three) -> Three:
    """A unit vector at right angles to a unit vector."""
    if abs(a[0]) > abs(a[1]):
        return unit((-a[2], 0.0, a[0]))
    return unit((0.0, a[2], -a[1]))


@part
def within_plane(t: Six, normal: Three, value: float) -> Three:
    """The direction at right angles to ``normal`` of a second principal value."""
    u = across_from(normal)
    v = cross(normal, u)
    tu, tv = times(t, u), times(t, v)
    uu = u[0] * tu[0] + u[1] * tu[1] + u[2] * tu[2] - value
    uv = v[0] * tu[0] + v[1] * tu[1] + v[2] * tu[2]
    vv = v[0] * tv[0] + v[1] * tv[1] + v[2] * tv[2] - value
    a, b = (uu, uv) if abs(uu) > abs(vv) else (uv, vv)
    size = sqrt(a * a + b * b)
    if size * size <= DEGENERATE:
        return u
    a, b = a / size, b / size
    return b * u[0] - a * v[0], b * u[1] - a * v[1], b * u[2] - a * v[2]


@part
def along(t: Six, a: Three) -> float:
    """a . t a: second-order right where the direction is right to first order."""
    b = times(t, a)
    return a[0] * b[0] + a[1] * b[1] + a[2] * b[2]


@part
def principal(t: Six) -> tuple[Three, Three, Three, Three]:
    """Principal values, greatest first, and their directions, of a tensor (xx yy zz yz xz xy).

    The trigonometric solution of the cubic, then the best separated direction first (Eberly's order):
    right to a few units of the last digit of the largest entry, for coinciding values too.
    """
    q = (t[0] + t[1] + t[2]) / 3
    x, y, z = t[0] - q, t[1] - q, t[2] - q
    size = sqrt((x * x + y * y + z * z + 2 * (t[3] * t[3] + t[4] * t[4] + t[5] * t[5])) / 6)
    if size <= 1e-150:  # its square would be denormal
        return (q, q, q), (1.0, 0.0, 0.0), (0.0, 1.0, 0.0), (0.0, 0.0, 1.0)
    scale = 1 / size
    s = (x * scale, y * scale, z * scale, t[3] * scale, t[4] * scale, t[5] * scale)
    half = (
        s[0] * (s[1] * s[2] - s[3] * s[3])
        - s[5] * (s[5] * s[2] - s[3] * s[4])
        + s[4] * (s[5] * s[3] - s[1] * s[4])
    ) / 2
    angle = acos(min(max(half, -1.0), 1.0)) / 3
    greatest, least = 2 * cos(angle), 2 * cos(angle + 2 * pi / 3)
    middle = -greatest - least
    if half >= 0:
        a = null_direction(s, greatest)
        b = within_plane(s, a, middle)
        c = cross(a, b)
    else:
        c = null_direction(s, least)
        b = within_plane(s, c, middle)
        a = cross(b, c)
    return (along(t, a), along(t, b), along(t, c)), a, b, c
