"""What one point of a yielding material answers to a strain: return mapping and consistent tangent.

Two families, both with associated flow. The *cone*: q + A p = B + H kappa (von Mises with A = 0,
Drucker-Prager else). The *wedge*: k s1 - s3 = s_c with k = s_c/s_t (Tresca with k = 1, Mohr-Coulomb else).
q is von Mises' stress, p the mean stress (tension positive), s1 >= s2 >= s3 principal stresses, s_c and s_t
the yield stresses in uniaxial compression and tension, kappa the accumulated plastic strain. A step of
backward Euler is the closest point of the surface in elastic energy; it is found in closed form, on the
plane, the edges and the apex.
Strains are (xx yy zz yz xz xy) with engineering shears, stresses in the same order.
"""

from __future__ import annotations

from math import sqrt
from typing import NamedTuple, TypeAlias

from vertebro.kernels.arrays import AnyArray
from vertebro.kernels.compiled import part
from vertebro.kernels.principal import Six, Three, principal

CONE, WEDGE = 0, 1
STRESS, TANGENT, SCRATCH = 0, 6, 96  # where a point's stress (6) and tangent (21) lie in its scratch
FRAME, PAIRS, MIXED, BLOCK = 32, 50, 68, 86  # of the wedge: dyads of directions, and the principal tangent

Bool: TypeAlias = bool


class Solid(NamedTuple):
    """Lame's moduli (MPa), yield stresses in compression and tension (MPa), hardening modulus (MPa)."""

    lam: float
    mu: float
    compressive: float
    tensile: float
    hardening: float


@part
def elastic(e: Six, lam: float, mu: float, out: AnyArray) -> None:
    """The stress of an elastic strain."""
    pressure = lam * (e[0] + e[1] + e[2])
    for n in range(3):
        out[n] = pressure + 2 * mu * e[n]
        out[n + 3] = mu * e[n + 3]


@part
def elastic_tangent(lam: float, mu: float, out: AnyArray) -> None:
    """The upper triangle (21) of the elastic stiffness, by rows."""
    at = TANGENT
    for i in range(6):
        for j in range(i, 6):
            both_normal = j < 3
            out[at] = lam if both_normal else 0.0
            if i == j:
                out[at] = lam + 2 * mu if both_normal else mu
            at += 1


@part
def on_cone(e: Six, m: Solid, kappa: float, out: AnyArray) -> Bool:
    """Stress and tangent of a point of the cone; false, and the stress only, where it stays elastic."""
    both = m.compressive + m.tensile
    A = 3 * (m.compressive - m.tensile) / both
    K, mu, mean = m.lam + 2 * m.mu / 3, m.mu, (e[0] + e[1] + e[2]) / 3
    n0, n1, n2 = 2 * mu * (e[0] - mean), 2 * mu * (e[1] - mean), 2 * mu * (e[2] - mean)
    n3, n4, n5 = mu * e[3], mu * e[4], mu * e[5]
    size = sqrt(n0 * n0 + n1 * n1 + n2 * n2 + 2 * (n3 * n3 + n4 * n4 + n5 * n5))
    q, p = sqrt(1.5) * size, 3 * K * mean
    limit = 2 * m.compressive * m.tensile / both + m.hardening * kappa
    over = q + A * p - limit
    if over <= 0:
        elastic(e, m.lam, mu, out)
        return False
    D = 3 * mu + K * A * A + m.hardening
    flow = over / D
    if 3 * mu * flow >= q:  # beyond the apex: no shear is left, and no stiffness
        for n in range(3):
            out[STRESS + n], out[STRESS + n + 3] = limit / A, 0.0
        for n in range(21):
            out[TANGENT + n] = 0.0
        return True
    theta, p, unit = 1 - 3 * mu * flow / q, p - K * A * flow, 1 / size
    d = (n0 * unit, n1 * unit, n2 * unit, n3 * unit, n4 * unit, n5 * unit)
    turn, root, at = 6 * mu * mu * flow / q, sqrt(6.0) * mu, TANGENT
    for i in range(6):
        out[STRESS + i] = theta * size * d[i] + (p if i < 3 else 0.0)
        a = root * d[i] + (K * A if i < 3 else 0.0)
        for j in range(i, 6):
            b = root * d[j] + (K * A if j < 3 else 0.0)
            value = turn * d[i] * d[j] - a * b / D
            if j < 3:
                value += K - 2 * mu * theta / 3
            if i == j:
                value += 2 * mu * theta if j < 3 else mu * theta
            out[at] = value
            at += 1
    return True


@part
def on_wedge(e: Six, m: Solid, out: AnyArray) -> Bool:
    """Stress and tangent of a point of the wedge; false, and the stress only, where it stays elastic."""
    lam, mu, sc, k = m.lam, m.mu, m.compressive, m.compressive / m.tensile
    mean = (e[0] + e[1] + e[2]) / 3
    x, y, z = e[0] - mean, e[1] - mean, e[2] - mean
    shear = e[3] * e[3] + e[4] * e[4] + e[5] * e[5]
    size = 2 * mu * sqrt(x * x + y * y + z * z + shear / 2)
    # no principal stress deviates from the mean by more than sqrt(2/3) of the deviator's size
    if (k - 1) * (3 * lam + 2 * mu) * mean + (k + 1) * sqrt(2 / 3) * size <= sc:
        elastic(e, lam, mu, out)
        return False
    value, a, b, c = principal((e[0], e[1], e[2], e[3] / 2, e[4] / 2, e[5] / 2))
    volume = lam * (e[0] + e[1] + e[2])
    trial = (volume + 2 * mu * value[0], volume + 2 * mu * value[1], volume + 2 * mu * value[2])
    if k * trial[0] - trial[2] <= sc:
        elastic(e, lam, mu, out)
        return False
    stress = returned(trial, m, out)
    assemble(value, stress, (a, b, c), mu, out)
    return True


@part
def block(lam: float, mu: float, out: AnyArray) -> None:
    """The elastic principal tangent, 3 x 3."""
    for i in range(3):
        for j in range(3):
            out[BLOCK + 3 * i + j] = lam + (2 * mu if i == j else 0.0)


@part
def lessened(a: Three, b: Three, factor: float, out: AnyArray) -> None:
    """The principal tangent less factor times the symmetric part of a b."""
    for i in range(3):
        for j in range(3):
            out[BLOCK + 3 * i + j] -= factor * (a[i] * b[j] + a[j] * b[i]) / 2


@part
def returned(trial: Three, m: Solid, out: AnyArray) -> Three:
    """Principal stresses back on the wedge: its plane, else one of its edges, else its apex."""
    lam, mu, sc, k = m.lam, m.mu, m.compressive, m.compressive / m.tensile
    volume = lam * (k - 1)
    own = volume * (k - 1) + 2 * mu * (k * k + 1)
    over = k * trial[0] - trial[2] - sc
    d = (volume + 2 * mu * k, volume, volume - 2 * mu)
    g = over / own
    s = (trial[0] - g * d[0], trial[1] - g * d[1], trial[2] - g * d[2])
    block(lam, mu, out)
    if s[0] >= s[1] >= s[2]:
        lessened(d, d, 1 / own, out)
        return s
    first = s[1] > s[0]  # which two coincide: the first two, or the last two
    d2 = (volume, volume + 2 * mu * k, volume - 2 * mu) if first else (volume + 2 * mu * k, volume - 2 * mu, volume)  # fmt: skip  # noqa: E501
    over2 = k * trial[1] - trial[2] - sc if first else k * trial[0] - trial[1] - sc
    common = volume * (k - 1) + 2 * mu * (1.0 if first else k * k)
    det = own * own - common * common
    g, g2 = (own * over - common * over2) / det, (own * over2 - common * over) / det
    s = (trial[0] - g * d[0] - g2 * d2[0], trial[1] - g * d[1] - g2 * d2[1], trial[2] - g * d[2] - g2 * d2[2])  # fmt: skip  # noqa: E501
    if k > 1 and s[0] < s[2] + 1e-12 * sc:  # past the apex, where all three coincide
        for n in range(9):
            out[BLOCK + n] = 0.0
        return sc / (k - 1), sc / (k - 1), sc / (k - 1)
    lessened(d, d, own / det, out)
    lessened(d2, d2, own / det, out)
    lessened(d, d2, -2 * common / det, out)
    if first:
        mean = (s[0] + s[1]) / 2
        return mean, mean, s[2]
    mean = (s[1] + s[2]) / 2
    return s[0], mean, mean


@part
def dyad(a: Three, b: Three, at: int, out: AnyArray) -> None:
    """The symmetric part of a b as (xx yy zz yz xz xy)."""
    out[at], out[at + 1], out[at + 2] = a[0] * b[0], a[1] * b[1], a[2] * b[2]
    out[at + 3] = (a[1] * b[2] + a[2] * b[1]) / 2
    out[at + 4] = (a[0] * b[2] + a[2] * b[0]) / 2
    out[at + 5] = (a[0] * b[1] + a[1] * b[0]) / 2


@part
def assemble(
    strain: Three, stress: Three, axes: tuple[Three, Three, Three], mu: float, out: AnyArray
) -> None:
    """Stress and tangent in the given axes, from principal values and the principal tangent in ``out``."""
    for i in range(3):
        dyad(axes[i], axes[i], FRAME + 6 * i, out)
        j = (i + 1) % 3
        dyad(axes[i], axes[j], PAIRS + 6 * i, out)
    for n in range(6):
        out[STRESS + n] = 0.0
        for i in range(3):
            out[STRESS + n] += stress[i] * out[FRAME + 6 * i + n]
            mixed = 0.0
            for j in range(3):
                mixed += out[BLOCK + 3 * i + j] * out[FRAME + 6 * j + n]
            out[MIXED + 6 * i + n] = mixed
    for n in range(21):
        out[TANGENT + n] = 0.0
    for i in range(3):
        j = (i + 1) % 3
        apart = strain[i] - strain[j]
        if abs(apart) > 1e-10 * (abs(strain[i]) + abs(strain[j])):  # else rounding would speak
            turn = 2 * (stress[i] - stress[j]) / apart
        else:
            turn = 2 * (out[BLOCK + 4 * i] - out[BLOCK + 3 * i + j])
        turn, at = min(max(turn, 0.0), 4 * mu), TANGENT
        for p in range(6):
            one, two = out[MIXED + 6 * i + p], turn * out[PAIRS + 6 * i + p]
            for q in range(p, 6):
                out[at] += one * out[FRAME + 6 * i + q] + two * out[PAIRS + 6 * i + q]
                at += 1


@part
def respond(kind: int, e: Six, m: Solid, kappa: float, out: AnyArray) -> Bool:
    """Stress, and where the point yields (true) its tangent, for an elastic trial strain."""
    if kind == CONE:
        return on_cone(e, m, kappa, out)
    return on_wedge(e, m, out)
