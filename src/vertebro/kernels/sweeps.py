"""The steps of a multigrid solve, each cut into pieces that threads may share.

A *line* says what to do: (operation, level, up to four fields, register), with three weights. A program
is a table of lines; ``perform`` plays it. A sweep walks over planes of voxels with two planes of forces
kept at hand, so that an operator and what follows it (residual, smoothing) pass memory once.
"""

from __future__ import annotations

from typing import NamedTuple, TypeAlias

import numpy as np

from vertebro.kernels.arrays import AnyArray
from vertebro.kernels.bricks import Column, elastic_column, scalar_column
from vertebro.kernels.compiled import compiled, inlined, part
from vertebro.kernels.grids import BEGIN, END, NODES, NX, NY, PIECE_COUNT, PIECES, PLANES, VOXELS, Grid
from vertebro.kernels.lanes import fill, lanes_in, load, store
from vertebro.kernels.smoothing import Span, begin_smooth, smoothed
from vertebro.kernels.team import (
    ALONE,
    DONE,
    STOP,
    TASK,
    add,
    await_pieces,
    claim,
    learn,
    look,
    open_phase,
    rest,
)
from vertebro.kernels.transfers import prolong, restrict

APPLY, RESIDUAL, SMOOTH, BEGIN_SMOOTH, RESTRICT, PROLONG, SOLVE, DOT, STEP, DIRECTION = range(10)
EXACT_RESIDUAL, NARROW, CORRECT = range(10, 13)
RZ, RZ_BEFORE, PQ, RR, OUTER = range(5)  # registers: products of the conjugate gradients; exact |r|^2
NODES_A_NAP = 10_000  # nodes a thread sweeps over while another naps (about 75 microseconds)

Number: TypeAlias = float | np.float32 | np.float64


class Operator(NamedTuple):
    """Moduli of all levels, constants of the bricks, inverse node blocks, held nodes and springs."""

    lam: AnyArray
    mu: AnyArray
    constants: AnyArray
    exact_constants: AnyArray
    inverse: AnyArray
    held: AnyArray
    held_from: AnyArray
    springs: AnyArray
    spring_from: AnyArray
    spring_n_mm: AnyArray


class Workspace(NamedTuple):
    """Fields in single and double precision, two planes of forces a thread, registers, coarsest inverse."""

    fields: AnyArray
    exact: AnyArray
    planes: AnyArray
    exact_planes: AnyArray
    partial: AnyArray
    registers: AnyArray
    coarsest: AnyArray
    coarsest_at: AnyArray
    coarsest_given: AnyArray
    state: AnyArray


class Scene(NamedTuple):
    """All that a program is played with."""

    lines: AnyArray
    weights: AnyArray
    grid: Grid
    operator: Operator
    work: Workspace


@part
def column_at(i: int, j: int, row: AnyArray, grid: Grid, width: int) -> Column:
    """The column (i, j) of voxels of a level; its targets are two planes of forces kept in turn."""
    v = row[VOXELS] + i * row[NY] + j
    lowest = grid.voxels[v, 0]
    n = row[NODES] + i * (row[NY] + 1) + j
    m = n + row[NY] + 1
    a = grid.nodes[n, 2] + lowest - grid.nodes[n, 0]
    b = grid.nodes[n + 1, 2] + lowest - grid.nodes[n + 1, 0]
    c = grid.nodes[m, 2] + lowest - grid.nodes[m, 0]
    d = grid.nodes[m + 1, 2] + lowest - grid.nodes[m + 1, 0]
    low = (i & 1) * width - grid.planes[row[PLANES] + i]
    high = ((i + 1) & 1) * width - grid.planes[row[PLANES] + i + 1]
    return Column(grid.voxels[v, 1], grid.voxels[v, 2], (a, b, c, d), (a + low, b + low, c + high, d + high))


@part
def voxel_plane(i: int, row: AnyArray, scene: Scene, u: AnyArray, y: AnyArray, C: AnyArray) -> None:
    """Adds the forces of plane i of voxels to the two planes of nodes at hand."""
    for j in range(row[NY]):
        if scene.grid.voxels[row[VOXELS] + i * row[NY] + j, 1] == 0:
            continue
        column = column_at(i, j, row, scene.grid, y.shape[1] // 2)
        if u.shape[0] == 3:
            elastic_column(column, scene.operator.lam, scene.operator.mu, u, y, C)
        else:
            scalar_column(column, scene.operator.mu, u, y, C)


@part
def hold(plane: int, op: Operator, out: AnyArray) -> None:
    """Sets the held directions of the nodes of a plane to nought."""
    for n in range(op.held_from[plane], op.held_from[plane + 1]):
        for c in range(out.shape[0]):
            if op.held[n, 1] >> c & 1:
                out[c, op.held[n, 0]] = 0


@part
def spring_forces(plane: int, shift: int, op: Operator, u: AnyArray, y: AnyArray) -> None:
    """Adds the forces of the springs at the nodes of a plane."""
    for n in range(op.spring_from[plane], op.spring_from[plane + 1]):
        node, c = op.springs[n, 0], op.springs[n, 1]
        y[c, node + shift] += op.spring_n_mm[n] * u[c, node]


@part
def store_residual(span: Span, y: AnyArray, b: AnyArray, sign: float, out: AnyArray) -> None:
    """out = b - y, or y where the sign is nought; y = 0."""
    for c in range(out.shape[0]):
        to, of, given = out[c], y[c], b[c]
        zero = fill(0.0, to)
        for k in range(span.first, span.stop, lanes_in(to)):
            value = load(of, k + span.shift, to)
            store(of, k + span.shift, zero)
            store(to, k, value if sign == 0 else load(given, k, to) - value)


@part
def product(first: int, stop: int, a: AnyArray, b: AnyArray) -> float:
    """Scalar product over addresses, summed in double precision."""
    total = 0.0
    for c in range(a.shape[0]):
        x, y = a[c, first:stop], b[c, first:stop]
        for k in range(stop - first):
            total += np.float64(x[k]) * np.float64(y[k])
    return total


@inlined
def sweep(rank: int, task: int, piece: int, scene: Scene) -> float:
    """A piece of APPLY (returns u.Au), RESIDUAL or SMOOTH on field a, with b given, into c."""
    line, grid, op, work = scene.lines[task], scene.grid, scene.operator, scene.work
    row, y = grid.levels[line[1]], work.planes[rank]
    u, b, out = work.fields[line[2]], work.fields[line[3]], work.fields[line[4]]
    first, stop = grid.pieces[row[PIECES] + piece, 0], grid.pieces[row[PIECES] + piece, 1]
    total = 0.0
    y[:, :] = 0
    for i in range(max(first - 1, 0), stop):
        if i < row[NX]:
            voxel_plane(i, row, scene, u, y, op.constants[line[1]])
        plane, o = row[PLANES] + i, (i & 1) * (y.shape[1] // 2)
        s, f = grid.planes[plane], grid.planes[plane + 1]
        if i < first:
            y[:, o : o + f - s] = 0
            continue
        spring_forces(plane, o - s, op, u, y)
        span = Span(s, f, o - s)
        if line[0] == SMOOTH:
            smoothed(span, y, b, op.inverse, scene.weights[task], (u, out))
            continue
        store_residual(span, y, b, line[0], out)
        hold(plane, op, out)
        if line[0] == APPLY:
            total += product(s, f, u, out)
    return total


@inlined
def exact_residual(rank: int, task: int, piece: int, scene: Scene) -> float:
    """A piece of c = b - A a in double precision on the finest level; returns its square.

    Held directions are left out, unless the line's second number asks for them.
    """
    line, grid, work = scene.lines[task], scene.grid, scene.work
    row, y = grid.levels[0], work.exact_planes[rank]
    u, b, out = work.exact[line[2]], work.exact[line[3]], work.exact[line[4]]
    first, stop = grid.pieces[piece, 0], grid.pieces[piece, 1]
    total = 0.0
    y[:, :] = 0
    for i in range(max(first - 1, 0), stop):
        if i < row[NX]:
            voxel_plane(i, row, scene, u, y, scene.operator.exact_constants)
        o, s, f = (i & 1) * (y.shape[1] // 2), grid.planes[i], grid.planes[i + 1]
        if i < first:
            y[:, o : o + f - s] = 0
            continue
        spring_forces(i, o - s, scene.operator, u, y)
        store_residual(Span(s, f, o - s), y, b, 1, out)
        if line[1] == 0:
            hold(i, scene.operator, out)
        total += product(s, f, out, out)
    return total


@part
def scaled_sum(first: int, stop: int, keep: Number, x: AnyArray, factor: Number, y: AnyArray) -> None:
    """y = keep y + factor x."""
    for c in range(x.shape[0]):
        a, b = x[c, first:stop], y[c, first:stop]
        for k in range(stop - first):
            b[k] = keep * b[k] + factor * a[k]


@inlined
def vector_step(task: int, first: int, stop: int, scene: Scene) -> float:
    """The operations on whole vectors over addresses; returns a part of their scalar product."""
    line, work = scene.lines[task], scene.work
    a, b, registers = work.fields[line[2]], work.fields[line[3]], work.registers
    if line[0] == DOT:
        return product(first, stop, a, b)
    if line[0] == BEGIN_SMOOTH:
        begin_smooth(first, stop, a, scene.operator.inverse, scene.weights[task, 2], b)
    elif line[0] == STEP:  # b += alpha a; d -= alpha c; returns d.d
        alpha = np.float32(registers[RZ] / registers[PQ])
        scaled_sum(first, stop, np.float32(1), a, alpha, b)
        d = work.fields[line[5]]
        scaled_sum(first, stop, np.float32(1), work.fields[line[4]], -alpha, d)
        return product(first, stop, d, d)
    elif line[0] == DIRECTION:  # b = a + beta b
        beta = np.float32(registers[RZ] / registers[RZ_BEFORE])
        scaled_sum(first, stop, beta, a, np.float32(1), b)
    elif line[0] == NARROW:  # field b = exact a / |r|, field c = 0
        scale, c = 1 / np.sqrt(registers[OUTER]), work.fields[line[4]]
        scaled_sum(first, stop, np.float32(0), work.exact[line[2]], scale, b)
        scaled_sum(first, stop, np.float32(0), c, np.float32(0), c)
    else:  # CORRECT: exact b += |r| field a
        scaled_sum(first, stop, 1.0, a, np.sqrt(registers[OUTER]), work.exact[line[3]])
    return 0.0


@inlined
def solve_coarsest(task: int, scene: Scene) -> float:
    """field b = inverse times field a on the coarsest level."""
    line, work = scene.lines[task], scene.work
    a, b, at = work.fields[line[2]], work.fields[line[3]], work.coarsest_at
    given, n = work.coarsest_given, len(at)
    for k in range(n):
        given[k] = a[at[k, 1], at[k, 0]]
    for k in range(n):
        total, row = np.float32(0), work.coarsest[k]
        for m in range(n):
            total += row[m] * given[m]
        b[at[k, 1], at[k, 0]] = total
    return 0.0


@inlined
def piece_of(rank: int, task: int, piece: int, scene: Scene) -> float:
    """One piece of one line."""
    line, grid, fields = scene.lines[task], scene.grid, scene.work.fields
    if line[0] <= SMOOTH:
        return sweep(rank, task, piece, scene)
    if line[0] == SOLVE:
        return solve_coarsest(task, scene)
    if line[0] == EXACT_RESIDUAL:
        return exact_residual(rank, task, piece, scene)
    row = grid.levels[line[1]]
    first, stop = grid.pieces[row[PIECES] + piece, 0], grid.pieces[row[PIECES] + piece, 1]
    scratch = scene.work.planes[rank, 0]
    if line[0] == RESTRICT:
        restrict(grid, line[1], (first, stop), fields[line[2]], fields[line[3]], scratch)
    elif line[0] == PROLONG:
        prolong(grid, line[1], (first, stop), fields[line[2]], fields[line[3]], scratch)
        for i in range(first, stop):
            hold(row[PLANES] + i, scene.operator, fields[line[3]])
    else:
        planes = grid.planes[row[PLANES] :]
        return vector_step(task, planes[first], planes[stop], scene)
    return 0.0


@inlined
def pieces_of(line: AnyArray, grid: Grid) -> int:
    """How many pieces a line has."""
    if line[0] == SOLVE:
        return 1
    level = 0 if line[0] == EXACT_RESIDUAL else line[1]
    return grid.levels[level, PIECE_COUNT]  # type: ignore[no-any-return]


@inlined
def settle(line: AnyArray, pieces: int, work: Workspace) -> None:
    """Adds the parts of a scalar product, always in the same order, into the line's register."""
    register = line[6]
    if register < 0:
        return
    total = 0.0
    for n in range(pieces):
        total += work.partial[n]
    if register == RZ:
        work.registers[RZ_BEFORE] = work.registers[RZ]
    work.registers[register] = total


@inlined
def bearable_naps(line: AnyArray, pieces: int, grid: Grid) -> int:
    """How many naps a piece in another's hand may last: about its own length, and some."""
    level = 0 if line[0] == EXACT_RESIDUAL else line[1]
    nodes = grid.levels[level, END] - grid.levels[level, BEGIN]
    return 4 + nodes // pieces // NODES_A_NAP  # type: ignore[no-any-return]


@compiled
def perform(rank: int, begin: int, end: int, scene: Scene) -> None:
    """Plays lines begin to end of the program (rank 0), or helps whoever plays them until told to stop."""
    state, partial = scene.work.state, scene.work.partial
    task, looks, following = begin, 0, 0
    while task < end:
        pieces, alone = 0, False
        if rank == 0:
            pieces, following = pieces_of(scene.lines[task], scene.grid), 0
            alone = pieces == 1 or state[ALONE] > 0
            if not alone:
                open_phase(state, task, pieces)
        while True:
            piece = following if alone else claim(state)
            if piece < 0 or (alone and piece == pieces):
                break
            now = task if alone else look(state, TASK)
            partial[piece] = piece_of(rank, now, piece, scene)
            following += 1
            looks = 0
            if not alone:
                add(state, DONE, 1)
        if rank == 0:
            if not alone:
                naps = await_pieces(state, pieces)
                learn(state, naps, bearable_naps(scene.lines[task], pieces, scene.grid))
            elif pieces > 1:
                state[ALONE] -= 1
            settle(scene.lines[task], pieces, scene.work)
            task += 1
        elif look(state, STOP):
            return
        else:
            looks = rest(looks)
