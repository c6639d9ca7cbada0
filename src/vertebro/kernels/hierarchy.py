"""The pyramid of one model: moduli, held nodes, springs and inverse blocks of every level.

Coarse operators are rediscretised with the mean of eight moduli. A coarse direction is held where held
fine nodes carry half of its weight or more; where they carry less, or where the finer level has springs,
it gets a spring: the force by which the true coarse operator resists a motion of the whole body more
than the rediscretised one. So a single held node is felt on every level.
"""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np

from vertebro.kernels.arrays import AnyArray, Array, Mask
from vertebro.kernels.blocks import Moduli, node_blocks
from vertebro.kernels.coarsest import coarsest_inverse
from vertebro.kernels.cycles import EXACT_FIELDS, FIELDS, X2, B, P, Program, R, X
from vertebro.kernels.grids import (
    ALIGNMENT,
    BEGIN,
    END,
    MOST_PIECES,
    NODES,
    PIECE_COUNT,
    PIECES,
    Grid,
    places_of,
)
from vertebro.kernels.hexahedron import (
    Edges,
    conduction_matrix,
    corner_constants,
    modal_constants,
    scalar_constants,
    scales,
    stiffness_parts,
)
from vertebro.kernels.sweeps import APPLY, PROLONG, RESTRICT, Operator, Scene, Workspace, perform
from vertebro.kernels.team import STATE_SIZE
from vertebro.kernels.transfers import mean_moduli, restrict_piece, solid_weight


@dataclass(frozen=True)
class Brick:
    """What distinguishes elasticity (3 components) from a scalar problem (1, summed at corners or not)."""

    components: int
    edges_mm: Edges
    largest_full_ratio: float
    largest_eigenvalue: float
    at_corners: bool = False

    def edges_at(self, level: int) -> Edges:
        x, y, z = self.edges_mm
        return x * 2**level, y * 2**level, z * 2**level

    def constants(self, level: int) -> Array:
        """The numbers of the modal form, as ``bricks`` reads them."""
        if self.components == 1:
            return scalar_constants(self.edges_at(level), at_corners=self.at_corners)
        return np.append(modal_constants(self.edges_at(level)), self.largest_full_ratio)

    def corner(self, level: int) -> AnyArray:
        """Rows xx yy zz xy xz yz of a corner's block; columns lambda, lambda of higher modes, mu."""
        if self.components == 3:
            return corner_constants(self.edges_at(level)).astype(np.float32)
        out = np.zeros((6, 3), np.float32)
        out[0, 2] = self.constants(level).sum()
        return out

    def matrices(self, level: int, lam: Array, mu: Array) -> Array:
        """The matrices (n, 8 c, 8 c) of voxels, for scaled displacements."""
        edges = self.edges_at(level)
        if self.components == 1:
            matrix = conduction_matrix(edges, at_corners=self.at_corners)
            return np.asarray(matrix * mu[:, None, None])
        full = (lam <= self.largest_full_ratio * mu)[:, None, None]
        by_lambda, by_mu = stiffness_parts(edges)
        at_centre, _ = stiffness_parts(edges, volume_at_centre=True)
        s = np.tile(scales(edges), 8)
        K = np.where(full, by_lambda, at_centre) * lam[:, None, None] + by_mu * mu[:, None, None]
        return np.asarray(K / np.outer(s, s))


@dataclass(frozen=True)
class Held:
    """Directions that do not move: addresses, sorted, and the directions as bits."""

    at: AnyArray
    bits: AnyArray


@dataclass(frozen=True)
class Springs:
    """Springs to the ground: rows (address, direction), sorted by address, and stiffness."""

    at: AnyArray
    n_mm: AnyArray


SPRUNG = 1e-3  # marks what springs reach; far less than the steps in which the weight of held nodes comes
NO_SPRINGS = Springs(np.zeros((0, 2), np.int64), np.zeros(0, np.float32))


def joined(a: Springs, b: Springs) -> Springs:
    """Both sets in order, springs at the same place as one."""
    at, where = np.unique(np.concatenate([a.at, b.at]), axis=0, return_inverse=True)
    n_mm = np.zeros(len(at), np.float32)
    np.add.at(n_mm, where.ravel(), np.concatenate([a.n_mm, b.n_mm]))
    return Springs(at, n_mm)


def workspace(grid: Grid, components: int, threads: int) -> Workspace:
    """Empty fields for a grid."""
    beyond = 4 * ALIGNMENT  # registers may be read beyond the last node
    size, finest = grid.levels[-1, END] + beyond, grid.levels[0, END] + beyond
    width = 2 * (int(np.diff(grid.planes).max()) + beyond)
    return Workspace(
        fields=np.zeros((FIELDS, components, size), np.float32),
        exact=np.zeros((EXACT_FIELDS, components, finest)),
        planes=np.zeros((threads, components, width), np.float32),
        exact_planes=np.zeros((threads, components, width)),
        partial=np.zeros(MOST_PIECES),
        registers=np.zeros(8),
        coarsest=np.zeros((0, 0), np.float32),
        coarsest_at=np.zeros((0, 2), np.int64),
        coarsest_given=np.zeros(0, np.float32),
        state=np.zeros(STATE_SIZE, np.int64),
    )


class Hierarchy:
    """All levels of a model whose finest moduli (lambda, mu) are packed in columns."""

    def __init__(
        self,
        grid: Grid,
        moduli: tuple[AnyArray, AnyArray],
        brick: Brick,
        ground: tuple[Held, Springs],
        threads: int,
    ) -> None:
        self.grid, self.brick = grid, brick
        self.lam, self.mu = moduli
        self.work = workspace(grid, brick.components, threads)
        self.inverse = np.zeros((6 if brick.components == 3 else 1, self.work.fields.shape[2]), np.float32)
        self.held, self.springs, self._threads = [ground[0]], [ground[1]], threads
        self._given = ground[1]  # springs of the model itself
        self._made = NO_SPRINGS  # springs that stand for held nodes
        with ThreadPoolExecutor(threads) as self._pool:
            self._invert_blocks(0)
            for level in range(1, len(grid.levels)):
                self._coarsen(level)
                self._hold(level)
                self._invert_blocks(level)
        inverse, at = coarsest_inverse(self)
        given = np.zeros(len(at), np.float32)
        self.work = self.work._replace(coarsest=inverse, coarsest_at=at, coarsest_given=given)

    def held_bits(self, level: int) -> AnyArray:
        """Bits of the held directions at every address."""
        bits = np.zeros(self.inverse.shape[1], np.uint8)
        bits[self.held[level].at] = self.held[level].bits
        return bits

    def operator(self) -> Operator:
        """The tables of the levels built so far."""
        planes = np.append(self.grid.planes, 2**62)
        held, springs = (
            np.concatenate([h.at for h in self.held]),
            np.concatenate([s.at for s in self.springs]),
        )
        return Operator(
            lam=self.lam,
            mu=self.mu,
            constants=np.array([self.brick.constants(n) for n in range(len(self.grid.levels))], np.float32),
            exact_constants=self.brick.constants(0),
            inverse=self.inverse,
            held=np.stack([held, np.concatenate([h.bits for h in self.held])], axis=-1),
            held_from=np.searchsorted(held, planes),
            springs=springs,
            spring_from=np.searchsorted(springs[:, 0], planes),
            spring_n_mm=np.concatenate([s.n_mm for s in self.springs]),
        )

    def scene(self, program: Program) -> Scene:
        """All that is needed to play a program on these levels."""
        lines, weights = program.tables()
        return Scene(lines, weights, self.grid, self.operator(), self.work)

    def _each_piece(self, level: int, task: Callable[[tuple[int, int]], object]) -> None:
        row = self.grid.levels[level]
        pieces = self.grid.pieces[row[PIECES] : row[PIECES] + row[PIECE_COUNT]].tolist()
        if len(pieces) == 1 or self._threads == 1:
            for piece in pieces:
                task(tuple(piece))
        else:
            list(self._pool.map(lambda piece: task(tuple(piece)), pieces))

    def _lines(self, level: int) -> AnyArray:
        """Scratch for sums along a column of nodes of a level."""
        begin = self.grid.levels[level, NODES]
        return np.empty((6, 2 * int(self.grid.nodes[begin:, 1].max()) + 3), np.float32)

    def _restrict(self, level: int) -> None:
        """Field B of a level from field R of the level below."""
        R_, B_ = self.work.fields[R], self.work.fields[B]
        self._each_piece(
            level, lambda planes: restrict_piece(self.grid, level, planes, R_, B_, self._lines(level)[0])
        )

    def _coarsen(self, level: int) -> None:
        for modulus in (self.lam, self.mu) if self.brick.components == 3 else (self.mu,):
            self._each_piece(level, lambda planes, m=modulus: mean_moduli(self.grid, level, planes, m))  # type: ignore[misc]

    def _invert_blocks(self, level: int) -> None:
        held = self.held_bits(level)
        extra, springs = self.work.fields[R], self.springs[level]
        extra[springs.at[:, 1], springs.at[:, 0]] = springs.n_mm
        ratio = np.float32(self.brick.largest_full_ratio)
        moduli = Moduli(self.lam, self.mu, self.brick.corner(level), ratio)
        self._each_piece(
            level,
            lambda planes: node_blocks(
                self.grid, level, planes, moduli, (held, extra, self._lines(level)), self.inverse
            ),
        )
        extra[springs.at[:, 1], springs.at[:, 0]] = 0

    def _hold(self, level: int) -> None:
        """Holds the coarse directions that mostly stand for held ones; the rest of these get springs."""
        fine, fields, c = self.held[level - 1], self.work.fields, self.brick.components
        sprung = self._made.at
        if not len(fine.at) and not len(sprung):
            self.held.append(fine)
            self._given = self._restricted(level, self._given)
            self.springs.append(self._given)
            return
        fields[R, sprung[:, 1], sprung[:, 0]] = SPRUNG
        for n in range(c):
            fields[R, n, fine.at] = np.maximum(fields[R, n, fine.at], fine.bits >> n & 1)
        self._restrict(level)
        fields[R][:, fine.at] = fields[R][:, sprung[:, 0]] = 0
        begin, end = self.grid.levels[level, [BEGIN, END]]
        near = begin + np.flatnonzero(fields[B, :, begin:end].any(axis=0))
        weight = np.zeros(len(near))
        solid_weight(
            self.grid,
            level,
            places_of(self.grid, near, level),
            (self.inverse, self.held_bits(level - 1)),
            weight,
        )
        share = fields[B][:, near] / weight
        fixed = share > 0.5 - 1e-6  # weights are sums of eighths; the margin is for the division
        bits = (fixed * (1 << np.arange(c))[:, None]).sum(axis=0)
        self.held.append(Held(near[bits > 0], bits[bits > 0]))
        self._given = self._restricted(level, self._given)
        self.springs.append(self._given)
        self._made = self._springs(level, near, (share > 0) & ~fixed)
        self.springs[level] = joined(self._given, self._made)

    def _restricted(self, level: int, fine: Springs) -> Springs:
        """Given springs on the coarser level: P' s, their row sums in the true coarse operator."""
        if not len(fine.at):
            return NO_SPRINGS
        fields, c = self.work.fields, self.brick.components
        fields[R][fine.at[:, 1], fine.at[:, 0]] = fine.n_mm
        self._restrict(level)
        fields[R][:, fine.at[:, 0]] = 0
        begin, end = self.grid.levels[level, [BEGIN, END]]
        at = np.argwhere(fields[B, :c, begin:end].T > 0) + np.array([begin, 0])
        return Springs(at, fields[B][at[:, 1], at[:, 0]])

    def _springs(self, level: int, near: AnyArray, soft: Mask) -> Springs:
        """Row sums of the true coarse operator (P' A P) less the rediscretised one, where positive.

        All free nodes move together: sums over the soft nodes alone would count the difference between the
        two operators' stencils as a support, on every level anew.
        """
        fields, at, values = self.work.fields, [NO_SPRINGS.at], [NO_SPRINGS.n_mm]
        program = Program()
        program.line(APPLY, level, X, X, P)
        program.line(PROLONG, level - 1, X, X2)
        program.line(APPLY, level - 1, X2, X2, R)
        program.line(RESTRICT, level, R, B)
        scene = self.scene(program)
        below, here = (slice(*self.grid.levels[n, [BEGIN, END]]) for n in (level - 1, level))
        held = self.held[level]
        for n in np.flatnonzero(soft.any(axis=1)):
            which = near[soft[n]]
            fields[X, n, here], fields[X2, :, below] = 1, 0
            fields[X, n, held.at[held.bits >> n & 1 > 0]] = 0
            perform(0, 0, len(scene.lines), scene)
            fields[X, n, here] = 0
            stiffer = fields[B, n, which] - fields[P, n, which]
            at.append(np.stack([which, np.full(len(which), n)], axis=-1)[stiffer > 0])
            values.append(stiffer[stiffer > 0])
        order = np.argsort(np.concatenate(at)[:, 0], kind="stable")
        return Springs(np.concatenate(at)[order], np.concatenate(values)[order])
