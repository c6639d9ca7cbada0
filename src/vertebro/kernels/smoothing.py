"""A step of block-Jacobi smoothing fused with the residual it needs."""

from __future__ import annotations

from typing import NamedTuple

from vertebro.kernels.arrays import AnyArray
from vertebro.kernels.compiled import part
from vertebro.kernels.lanes import Register, fill, lanes_in, load, store


class Span(NamedTuple):
    """Addresses first to stop of a plane of nodes; its forces lie ``shift`` further in their buffer."""

    first: int
    stop: int
    shift: int


@part
def residual(b: AnyArray, y: AnyArray, k: int, shift: int) -> Register:
    """b - y, and y = 0."""
    r: Register = load(b, k, b) - load(y, k + shift, b)
    store(y, k + shift, fill(0.0, b))
    return r


@part
def times_block(inverse: AnyArray, k: int, r0: Register, r1: Register, r2: Register) -> tuple[Register, Register, Register]:  # fmt: skip  # noqa: E501
    """The inverse 3 x 3 blocks (xx yy zz xy xz yz) times r."""
    d3, d4, d5 = load(inverse[3], k, inverse), load(inverse[4], k, inverse), load(inverse[5], k, inverse)
    z0 = load(inverse[0], k, inverse) * r0 + d3 * r1 + d4 * r2
    z1 = d3 * r0 + load(inverse[1], k, inverse) * r1 + d5 * r2
    return z0, z1, d4 * r0 + d5 * r1 + load(inverse[2], k, inverse) * r2


@part
def smoothed(
    span: Span, y: AnyArray, b: AnyArray, inverse: AnyArray, w: AnyArray, fields: tuple[AnyArray, AnyArray]
) -> None:
    """out = u + w0 u - w1 out + w2 D^-1 (b - y): one step of a Chebyshev iteration; y = 0."""
    u, out = fields
    stay, back, go = fill(1 + w[0], u), fill(w[1], u), fill(w[2], u)
    for k in range(span.first, span.stop, lanes_in(u)):
        r0 = go * residual(b[0], y[0], k, span.shift)
        if u.shape[0] == 1:
            z0 = load(inverse[0], k, u) * r0
        else:
            r1 = go * residual(b[1], y[1], k, span.shift)
            r2 = go * residual(b[2], y[2], k, span.shift)
            z0, z1, z2 = times_block(inverse, k, r0, r1, r2)
            store(out[1], k, stay * load(u[1], k, u) - back * load(out[1], k, u) + z1)
            store(out[2], k, stay * load(u[2], k, u) - back * load(out[2], k, u) + z2)
        store(out[0], k, stay * load(u[0], k, u) - back * load(out[0], k, u) + z0)


@part
def begin_smooth(first: int, stop: int, b: AnyArray, inverse: AnyArray, weight: float, out: AnyArray) -> None:
    """out = weight D^-1 b: the first step of an iteration from nought."""
    go = fill(weight, b)
    for k in range(first, stop, lanes_in(b)):
        r0 = go * load(b[0], k, b)
        if b.shape[0] == 1:
            store(out[0], k, load(inverse[0], k, b) * r0)
        else:
            z0, z1, z2 = times_block(inverse, k, r0, go * load(b[1], k, b), go * load(b[2], k, b))
            store(out[0], k, z0)
            store(out[1], k, z1)
            store(out[2], k, z2)
