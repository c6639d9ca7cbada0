"""One fluid displaces another in porous voxels: fractional flow, resistance of mixed voxels, and transport.

S is the displacing fluid's share of the pore space, M = mu_c/mu_m the ratio of viscosities, S^n the relative
permeabilities: f(S) = S^n/(S^n + M (1 - S)^n). Into virgin pores the displacing fluid advances with a shock
from S* to nought, S* where the chord from nought touches f (Welge). What lies below S* inside one cell is
therefore no mixture but a front on its way through: it passes nothing on, and resists as two layers in
series. Both keep fronts one cell sharp.

Transport goes from node to node in the order of falling pressure, in which everything upstream is known:
one implicit sweep of any length of time, without iterations over the grid, that loses nothing.
"""

from __future__ import annotations

from typing import NamedTuple, TypeAlias

from vertebro.kernels.arrays import AnyArray
from vertebro.kernels.compiled import compiled, part

Steps: TypeAlias = tuple[int, int, int, int, int, int]
NEWTON_STEPS = 60  # from the left under a concave function: monotone, doubling digits at the end
BISECTIONS = 50  # to the last bit of a number between 0 and 1


class Ground(NamedTuple):
    """What flow meets: mobility of voxels with a rim of nought, conduction along each axis, pore volumes."""

    mobility: AnyArray
    along: AnyArray
    pores: AnyArray


class Outflow(NamedTuple):
    """At nodes: inflow (mm^3/s), outlets' conductance and the pressure behind them."""

    inflow: AnyArray
    conductance: AnyArray
    behind: AnyArray


class Carried(NamedTuple):
    """What a sweep changes at nodes: share, volumes on the way and gone (all, displacing); M; scratch (6)."""

    share: AnyArray
    total: AnyArray
    displacing: AnyArray
    left: AnyArray
    left_displacing: AnyArray
    ratio: AnyArray
    edges: AnyArray


@part
def fraction(s: float, M: float, n: float) -> float:
    """f(S)."""
    if s <= 0:
        return 0.0
    a, b = s**n, M * (1 - s) ** n
    return a / (a + b)  # type: ignore[no-any-return]


@part
def slope(s: float, M: float, n: float) -> float:
    """df/dS, for S above nought or n = 1."""
    if n == 1:
        d = s + M * (1 - s)
        return M / (d * d)
    if s >= 1:
        return 0.0
    f = fraction(s, M, n)
    return n * f * (1 - f) / (s * (1 - s))


@part
def shock(M: float, n: float) -> float:
    """S*: where S f'(S) = f(S), that is n M (1 - S)^(n - 1) = S^n + M (1 - S)^n."""
    if n == 1:
        return 1.0 if M >= 1 else 0.0
    low, high = 0.0, 1.0
    for _ in range(BISECTIONS):
        s = 0.5 * (low + high)
        if n * M * (1 - s) ** (n - 1) > s**n + M * (1 - s) ** n:
            low = s
        else:
            high = s
    return 0.5 * (low + high)


@part
def total_mobility(s: float, thick: float, thin: float, n: float) -> float:
    """S^n/mu_c + (1 - S)^n/mu_m."""
    return s**n / thick + (1 - s) ** n / thin  # type: ignore[no-any-return]


@compiled
def resistances(share: AnyArray, thick: AnyArray, thin: float, n: float, out: AnyArray) -> None:
    """The viscosity a voxel (flat) resists with: 1/total mobility above S*, layers in series below."""
    for v in range(len(share)):
        s, mu = share[v], thick[v if len(thick) > 1 else 0]
        if s <= 0 or s >= 1:
            out[v] = thin if s <= 0 else mu
            continue
        top = shock(mu / thin, n)
        if s >= top:
            out[v] = 1 / total_mobility(s, mu, thin, n)
        else:
            out[v] = s / top / total_mobility(top, mu, thin, n) + (1 - s / top) * thin


@part
def share_after(reached: float, through: float, M: float, n: float) -> float:
    """S of a control volume that keeps all up to S*, then passes f(S) of what flows through.

    ``reached``: S if nothing left; ``through``: volume that leaves over pore volume.
    """
    top = shock(M, n)
    if reached <= top:
        return reached
    if reached - through * fraction(top, M, n) <= top:
        return top
    if top >= 1:
        return 1.0
    s = top
    for _ in range(NEWTON_STEPS):
        step = (s + through * fraction(s, M, n) - reached) / (1 + through * slope(max(s, 1e-300), M, n))
        s -= step
        if abs(step) < 1e-15:
            break
    return min(max(s, top), 1.0)


@part
def conductances(at: tuple[int, int, int], ground: Ground, out: AnyArray) -> None:
    """Of the six edges of a node: -x +x -y +y -z +z, each the sum over its four voxels."""
    i, j, k = at
    out[:] = 0
    for a in range(2):
        for b in range(2):
            for c in range(2):
                m = ground.mobility[i + a, j + b, k + c]
                out[a] += m
                out[2 + b] += m
                out[4 + c] += m
    for edge in range(6):
        out[edge] *= ground.along[edge // 2]


@part
def outflows(node: int, p: AnyArray, steps: Steps, ground: Ground, out: AnyArray) -> float:
    """Outflow along the six edges of a node (0 where it flows in); returns their sum."""
    size = (ground.mobility.shape[1] - 1, ground.mobility.shape[2] - 1)
    at = (node // (size[0] * size[1]), node // size[1] % size[0], node % size[1])
    conductances(at, ground, out)
    total = 0.0
    for edge in range(6):
        if out[edge] > 0:
            out[edge] *= max(p[node] - p[node + steps[edge]], 0.0)
            total += out[edge]
    return total


@compiled
def transport(
    order: AnyArray,
    p: AnyArray,
    ground: Ground,
    outflow: Outflow,
    carried: Carried,
    span: tuple[float, float],
) -> None:
    """Moves the share of the displacing fluid; ``span``: seconds and the exponent n.

    ``order``: nodes (flat) by falling pressure. Each node passes on what it was given, in the proportions
    of the flows its pressures drive: small errors of the pressure shift flow, but make or lose none.
    """
    nz, ny = ground.mobility.shape[2] - 1, ground.mobility.shape[1] - 1
    steps = (-ny * nz, ny * nz, -nz, nz, -1, 1)
    flow, seconds, n = carried.edges, span[0], span[1]
    for node in order:
        through_outlet = outflow.conductance[node] * (p[node] - outflow.behind[node])
        given = outflow.inflow[node] * seconds
        carried.displacing[node] += given
        carried.total[node] += given - min(through_outlet, 0.0) * seconds
        leaves = outflows(node, p, steps, ground, flow)
        leaves += max(through_outlet, 0.0)
        total, pores = carried.total[node], ground.pores[node]
        reached = carried.share[node] + carried.displacing[node] / pores
        if leaves <= 0:
            carried.share[node] = min(reached, 1.0)
            continue
        s = share_after(reached, total / pores, carried.ratio[node], n)
        passed = min(max((reached - s) * pores, 0.0), total)
        carried.share[node] = s
        for edge in range(6):
            if flow[edge] > 0:
                carried.total[node + steps[edge]] += total * flow[edge] / leaves
                carried.displacing[node + steps[edge]] += passed * flow[edge] / leaves
        if through_outlet > 0:
            carried.left[node] += total * through_outlet / leaves
            carried.left_displacing[node] += passed * through_outlet / leaves
