"""Rates and pressures of an injection for the fluids as they lie: pressure is linear in the rates."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from vertebro.kernels.arrays import Array, Mask
from vertebro.kernels.cycles import Effort
from vertebro.kernels.displacement import Ground, resistances, shocks
from vertebro.kernels.porespace import PoreSpace, mean_of_corners
from vertebro.kernels.porous import MPA_PER_PA, Accuracy, Drive, Fluids, Outlet, Ports, Rock
from vertebro.kernels.pressure import PressureSolver
from vertebro.kernels.resources import processors
from vertebro.kernels.wells import Lattice


class Answer(NamedTuple):
    """Rates (mm^3/s) and pressures (MPa) of the wells, pressures at nodes."""

    rates: Array
    wells: Array
    pressure: Array


class Drainage:
    """Pressures in one pore space with its ports, for mobilities that change."""

    def __init__(self, rock: Rock, ports: Ports, flows: Mask, accuracy: Accuracy) -> None:
        self._ports, self._tolerance = ports, accuracy.tolerance
        threads = accuracy.threads or processors()
        self._solver = PressureSolver(flows, rock.edges_mm, rock.anisotropy, Effort(threads=threads))
        self.space = PoreSpace(rock, flows, self._solver.nodes)
        h, count = np.asarray(rock.edges_mm), len(self._solver.nodes)
        along = np.asarray(rock.anisotropy) * h.prod() / h**2 / 4
        rim = np.zeros([n + 2 for n in flows.shape])
        self.ground = Ground(rim, along, self.space.pores_mm3)
        self.at_wells = [self.space.numbers(w.nodes) for w in ports.wells]
        numbers = [self.space.numbers(o.nodes) for o in ports.outlets]
        self._open = [n >= 0 for n in numbers]  # nodes in pores that no well feeds have no flow
        self.at_outlets = [n[n >= 0] for n in numbers]
        lattice = Lattice(rock.edges_mm, rock.anisotropy)
        seen = [lattice.surface(w, self.space.are_pores) for w in ports.wells]
        self._seen = [(self.space.numbers(nodes), weights) for nodes, weights in seen]
        self._base, self._rise = np.zeros(count), np.zeros((len(ports.wells), count))
        self._before: dict[tuple[float, ...], Array] = {}
        self.conductance: list[Array] = []
        self.iterations: list[int] = []

    @property
    def mobility(self) -> Array:
        """Of voxels, mm^2/(MPa s)."""
        return self.ground.mobility[1:-1, 1:-1, 1:-1]

    def fill(self, share: Array, cement_pa_s: Array, fluids: Fluids, gone_mm3: Array) -> None:
        """Takes the fluids as they lie: share of cement at nodes, viscosity, cement gone at nodes (flat)."""
        space, marrow = self.space, fluids.marrow_pa_s
        mixed = mean_of_corners(share.reshape(space.shape)).ravel()[space.voxels]
        thick = cement_pa_s.ravel()[space.voxels] if cement_pa_s.ndim else cement_pa_s.reshape(1)
        mu = np.empty(len(mixed))
        resistances(mixed, thick, marrow, fluids.corey, mu)
        mobility = np.zeros(space.rock.permeability_mm2.shape)
        k = np.asarray(space.rock.permeability_mm2, dtype=float).ravel()[space.voxels]
        mobility.ravel()[space.voxels] = k / (mu * MPA_PER_PA)
        self.mobility[:] = mobility
        at_nodes = space.at_nodes(cement_pa_s)
        self.ratio, self.top = at_nodes / marrow, np.empty(len(at_nodes))
        shocks(self.ratio, fluids.corey, self.top)
        self.conductance = []
        for n, outlet in enumerate(self._ports.outlets):
            nodes = space.flat[self.at_outlets[n]]
            filled = _filled(outlet, share[nodes], gone_mm3[nodes])
            mixture = filled * at_nodes[nodes] + (1 - filled) * marrow
            self.conductance.append(outlet.openings_mm3()[self._open[n]] / (mixture * MPA_PER_PA))
        self._solver.prepare(mobility, np.concatenate(self.at_outlets), np.concatenate(self.conductance))

    def answer(self, drive: Drive) -> Answer:
        """Rates that no pressure limits take one solve; else one for each well that is fed, one for outlets
        with different pressures behind them."""
        asked, ports = np.asarray(drive.rates_mm3_s, dtype=float), self._ports
        if np.isinf(drive.most_mpa):
            return self._given(asked)
        self.iterations.append(self._rest())
        for n in np.flatnonzero(asked > 0):
            inflow = np.zeros(len(self._base))
            inflow[self.at_wells[n]] = ports.wells[n].shares
            self._rise[n], done = self._solver.solve(inflow, self._rise[n], self._tolerance)
            self.iterations[-1] += done.iterations
        A = np.array([weights @ self._base[at] for at, weights in self._seen])
        B = np.array([[weights @ rise[at] for rise in self._rise] for at, weights in self._seen])
        rates = permitted(asked, drive.most_mpa, A, B)
        return Answer(rates, A + B @ rates, self._base + np.einsum("n,nk->k", rates, self._rise))

    def _given(self, rates: Array) -> Answer:
        """Pressures for given rates, begun from those for the same rates before."""
        key = tuple(rates.tolist())
        inflow = self._push()
        for at, well, rate in zip(self.at_wells, self._ports.wells, rates, strict=True):
            np.add.at(inflow, at, rate * well.shares)
        guess = self._before.get(key, self._base)
        pressure, done = self._solver.solve(inflow, guess, self._tolerance)
        self._before[key] = pressure
        self.iterations.append(done.iterations)
        return Answer(rates, np.array([weights @ pressure[at] for at, weights in self._seen]), pressure)

    def _push(self) -> Array:
        """What the pressures behind the outlets feed into the nodes."""
        push = np.zeros(len(self._base))
        for at, o, each in zip(self.at_outlets, self._ports.outlets, self.conductance, strict=True):
            push[at] += each * o.pressure_mpa
        return push

    def _rest(self) -> int:
        """Pressures without inflow; returns the iterations."""
        behind = {o.pressure_mpa for o in self._ports.outlets}
        if len(behind) == 1:
            self._base[:] = behind.pop()
            return 0
        self._base, done = self._solver.solve(self._push(), self._base, self._tolerance)
        return done.iterations


def _filled(outlet: Outlet, share: Array, gone_mm3: Array) -> Array:
    """How much of an outlet's way cement fills, at each of its nodes."""
    if outlet.volume_mm3 == 0:
        return share
    return np.full(len(share), min(float(gone_mm3.sum()) / outlet.volume_mm3, 1.0))


def permitted(asked: Array, most: float, A: Array, B: Array) -> Array:
    """The rates asked for, less where a well's pressure A + B q would be above the most; none negative."""
    limited, shut = np.isinf(asked), asked == 0
    rates = np.where(limited | shut, 0.0, asked)
    while True:
        rates[limited] = 0
        if limited.any():
            gap = most - A - B @ rates
            rates[limited] = np.linalg.solve(B[np.ix_(limited, limited)], gap[limited])
        backwards = limited & (rates < 0)
        if backwards.any():
            rates[backwards] = 0
            shut, limited = shut | backwards, limited & ~backwards
            continue
        margin = 1e-12 * abs(most) if np.isfinite(most) else 0.0  # rounding at the limit itself
        above = ~limited & ~shut & (A + B @ rates > most + margin)
        if not above.any():
            return np.asarray(rates)
        limited = limited | above
