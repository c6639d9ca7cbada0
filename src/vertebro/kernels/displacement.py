"""One fluid displaces another in porous voxels: fractional flow, resistance of mixed voxels, and transport.

S is the displacing fluid's share of the pore space, M = mu_c/mu_m the ratio of viscosities, S^n the relative
permeabilities: f(S) = S^n/(S^n + M (1 - S)^n). Into virgin pores the displacing fluid advances with a shock
from S* to nought, S* where the chord from nought touches f (Welge). What lies below S* inside one cell is
therefore no mixture but a front on its way through: it passes nothing on, and resists as two layers in
series. Both keep fronts one cell sharp.

Transport goes from node to node in the order of falling pressure, in which everything upstream is known:
implicit sweeps of any length of time, without iterations over the grid, that lose nothing. Where S varies
behind the front, S at the faces is interpolated within limits (van Leer): second order in space.
"""

from __future__ import annotations

from typing import NamedTuple, TypeAlias

from vertebro.kernels.arrays import AnyArray
from vertebro.kernels.compiled import compiled, part

Span: TypeAlias = tuple[float, float]  # seconds, and the exponent n
Steps: TypeAlias = tuple[int, int, int, int, int, int]
NEWTON_STEPS = 60  # halving in the worst case: to the last bit
TINY, ROUNDING = 1e-300, 1e-15  # the least S whose logarithm exists; of numbers near 1
BISECTIONS = 50  # to the last bit of a number between 0 and 1


class Ground(NamedTuple):
    """What flow meets: mobility of voxels with a rim of nought, conduction along each axis, pore volumes."""

    mobility: AnyArray
    along: AnyArray
    pores: AnyArray


class Outflow(NamedTuple):
    """At nodes: inflow (mm^3/s), outlets' conductance and the pressure behind them; M and its S*."""

    inflow: AnyArray
    conductance: AnyArray
    behind: AnyArray
    ratio: AnyArray
    top: AnyArray


class Carried(NamedTuple):
    """What transport changes at nodes: share, its copy before a sweep, volumes (all, displacing) on their
    way and gone through outlets; scratch for flow and offsets of S along six edges (2, 6)."""

    share: AnyArray
    before: AnyArray
    way: AnyArray
    gone: AnyArray
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


@compiled
def shocks(ratio: AnyArray, n: float, out: AnyArray) -> None:
    """S* for every M."""
    for k in range(len(ratio)):
        out[k] = out[k - 1] if k > 0 and ratio[k] == ratio[k - 1] else shock(ratio[k], n)


@part
def passing(s: float, top: float, M: float, n: float, edges: AnyArray) -> tuple[float, float]:
    """The displacing fluid's share of what leaves along the edges of a node with S = s, and its slope."""
    f, df, leaves = 0.0, 0.0, 0.0
    for edge in range(edges.shape[1]):
        if edges[0, edge] > 0:
            face = min(max(s + edges[1, edge], top), 1.0)
            f += edges[0, edge] * fraction(face, M, n)
            df += edges[0, edge] * slope(max(face, TINY), M, n)
            leaves += edges[0, edge]
    return f / leaves, df / leaves


@part
def share_after(
    reached: float, through: float, top: float, rule: tuple[float, float], edges: AnyArray
) -> float:
    """S of a control volume that keeps all up to S*, then passes f(S) of what flows through.

    ``reached``: S if nothing left; ``through``: volume that leaves over pore volume; ``rule``: M and n.
    """
    M, n = rule
    if reached <= top or reached <= 0:
        return max(reached, 0.0)
    if top >= 1 or reached - through * passing(top, top, M, n, edges)[0] <= top:
        return min(top, 1.0)
    low, high, s = top, min(reached, 1.0), top
    for _ in range(NEWTON_STEPS):
        f, df = passing(s, top, M, n, edges)
        off = s + through * f - reached
        if off > 0:
            high = s
        else:
            low = s
        step = off / (1 + through * df)
        if abs(step) < ROUNDING or high - low < ROUNDING:
            break
        s = s - step if low < s - step < high else 0.5 * (low + high)
    return s


@part
def flows_along(node: int, p: AnyArray, steps: Steps, ground: Ground, out: AnyArray) -> None:
    """Flow out along the edges -x +x -y +y -z +z of a node, each through four voxels; negative: in."""
    ny, nz = ground.mobility.shape[1] - 1, ground.mobility.shape[2] - 1
    i, j, k = node // (ny * nz), node // nz % ny, node % nz
    out[:] = 0
    for a in range(2):
        for b in range(2):
            for c in range(2):
                m = ground.mobility[i + a, j + b, k + c]
                out[a] += m
                out[2 + b] += m
                out[4 + c] += m
    for edge in range(6):
        if out[edge] > 0:
            out[edge] *= ground.along[edge // 2] * (p[node] - p[node + steps[edge]])


@part
def offsets(node: int, steps: Steps, S: AnyArray, edges: AnyArray) -> None:
    """From a node's S to that of the faces it flows out through: half the harmonic mean of both slopes."""
    for edge in range(6):
        edges[1, edge] = 0
        if edges[0, edge] > 0 and edges[0, edge ^ 1] != 0:
            ahead, behind = S[node + steps[edge]] - S[node], S[node] - S[node - steps[edge]]
            if ahead * behind > 0:
                edges[1, edge] = ahead * behind / (ahead + behind)


@part
def pass_on(node: int, steps: Steps, volumes: tuple[float, float], carried: Carried) -> None:
    """Shares among a node's ways out all (volume for a unit of flow) and the displacing fluid (by f)."""
    edges, (each, passed) = carried.edges, volumes
    weight = 0.0
    for edge in range(7):
        weight += max(edges[0, edge], 0.0) * edges[1, edge]
    scale = passed / weight if weight > 0 else 0.0
    for edge in range(7):
        if edges[0, edge] <= 0:
            continue
        everything, displacing = each * edges[0, edge], scale * edges[0, edge] * edges[1, edge]
        if edge == 6:
            carried.gone[0, node] += everything
            carried.gone[1, node] += displacing
        else:
            carried.way[0, node + steps[edge]] += everything
            carried.way[1, node + steps[edge]] += displacing


@part
def visit(node: int, p: AnyArray, ground: Ground, outflow: Outflow, carried: Carried, span: Span) -> None:
    """A node takes what came, and passes on what it cannot or need not keep."""
    nz, ny = ground.mobility.shape[2] - 1, ground.mobility.shape[1] - 1
    steps = (-ny * nz, ny * nz, -nz, nz, -1, 1)
    (seconds, n), edges, top = span, carried.edges, outflow.top[node]
    M = outflow.ratio[node]
    flows_along(node, p, steps, ground, edges[0, :6])
    through_outlet = outflow.conductance[node] * (p[node] - outflow.behind[node])
    given = outflow.inflow[node] * seconds
    total = carried.way[0, node] + given - min(through_outlet, 0.0) * seconds
    pores = ground.pores[node]
    reached = carried.share[node] + (carried.way[1, node] + given) / pores
    if top < 1:
        offsets(node, steps, carried.before, edges)
    edges[0, 6], edges[1, 6] = max(through_outlet, 0.0), 0
    leaves = 0.0
    for edge in range(7):
        leaves += max(edges[0, edge], 0.0)
    if leaves <= 0:  # nothing leaves: a dead end, to which only rounding brings any
        carried.share[node] = min(reached, 1.0)
        return
    s = share_after(reached, total / pores, top, (M, n), edges)
    s = min(max(s, reached - total / pores), 1.0)
    carried.share[node] = s
    for edge in range(7):
        edges[1, edge] = 1.0 if top >= 1 else fraction(min(max(s + edges[1, edge], top), 1.0), M, n)
    pass_on(node, steps, (total / leaves, (reached - s) * pores), carried)


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
    for node in range(len(carried.share)):
        carried.before[node] = carried.share[node]
        carried.way[0, node] = carried.way[1, node] = 0
    for node in order:
        visit(node, p, ground, outflow, carried, span)
