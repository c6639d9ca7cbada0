"""Cement displaces marrow in porous bone: implicit pressure, then transport in the order of falling pressure.

Units: mm, s, MPa; viscosities in Pa s. Places of wells and outlets are nodes, corners of voxels.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from vertebro.errors import NotConverged
from vertebro.kernels.arrays import Array
from vertebro.kernels.displacement import Carried, Outflow, transport
from vertebro.kernels.drainage import Answer, Drainage
from vertebro.kernels.porespace import Box, mean_of_corners, reached
from vertebro.kernels.porous import Accuracy, Conditions, Drive, Filling, Fluids, Moment, Ports, Rock, refused

# Viscosities that follow the flow are repeated until the power they cost changes by less than this.
MOST_REPEATS = 40
NOTHING = 1e-9  # of all pores: less marrow than sums of rounding errors leave
SHARP = (
    0.98  # S* above which cement is a piston, and time needs no finer steps for transport than for pressure
)
SWEEPS = 8  # of transport in a step otherwise: an implicit sweep smears a fan by half of what passes in it
THERE = 1e-6  # of a time or volume asked for: closer is there


@dataclass(frozen=True)
class _Step:
    """A step whose end the next pressures tell."""

    began_s: float
    volume_mm3: float
    rates: Array

    def slower(self, rate: float) -> float:
        """By how much 1/rate grows with volume, if the rate is this at the step's end."""
        return (1 / rate - 1 / float(self.rates.sum())) / self.volume_mm3


class Injection:
    """An injection that goes on from where it stands with every ``advance``."""

    def __init__(
        self,
        rock: Rock,
        fluids: Fluids,
        ports: Ports,
        *,
        saturation: Array | None = None,
        accuracy: Accuracy | None = None,
    ) -> None:
        flows = reached(rock, ports)
        self._box = Box.around(flows)
        self.rock, self.ports = self._box.rock(rock), self._box.ports(ports)
        self.fluids = self._box.fluids(fluids)
        self._accuracy = accuracy or Accuracy()
        self._drainage = Drainage(self.rock, self.ports, self._box.voxels(flows), self._accuracy)
        self._space = self._drainage.space
        self._share = self._first_share(saturation)
        self._held_mm3 = float((self._space.pores_mm3 * self._share).sum())
        self._gone = np.zeros((2, self._share.size))  # all and cement that left, at nodes
        self._time_s = self._injected_mm3 = 0.0
        self._flow_mm_s = np.zeros(np.shape(self.rock.permeability_mm2))
        self._history: list[Moment] = []

    def advance(self, drive: Drive, *, until_s: float = np.inf, volume_mm3: float = np.inf) -> Filling:
        """Injects until a time or a volume in all, or until something else stops it."""
        if len(drive.rates_mm3_s) != len(self.ports.wells):
            raise refused(
                f"{len(drive.rates_mm3_s)} rates for {len(self.ports.wells)} wells.",
                "one for each",
                "Give 0 for a well that rests.",
            )
        if not (np.isfinite(until_s) or np.isfinite(volume_mm3)):
            raise refused("No time and no volume to stop at.", "one of them", "Give until_s or volume_mm3.")
        stop_s, before, answer = min(until_s, self.fluids.sets_at_s), None, self._answer(drive)
        while True:
            self._record(answer)
            stopped = self._stopped(answer, stop_s, volume_mm3)
            if stopped:
                return self._filling(answer, stopped)
            step = self._plan(answer, before, stop_s, volume_mm3)
            self._move(answer, step)
            before, answer = step, self._answer(drive)
            self._time_s = step.began_s + _seconds(step, answer.rates, drive)

    # -- time ----------------------------------------------------------------------------------------

    def _stopped(self, answer: Answer, stop_s: float, volume_mm3: float) -> str:
        if self._injected_mm3 >= volume_mm3 * (1 - THERE):
            return "volume reached"
        if self._time_s >= stop_s * (1 - THERE):
            return "cement set" if stop_s == self.fluids.sets_at_s else "time reached"
        if not answer.rates.sum() > 0:
            return "pressure limit reached"
        pores = self._space.pores_mm3
        return "pores full" if (pores * (1 - self._share)).sum() < NOTHING * pores.sum() else ""

    def _plan(self, answer: Answer, before: _Step | None, stop_s: float, volume_mm3: float) -> _Step:
        """As much cement as moves its front by the stride; at first what the nodes of the wells hold."""
        fed = np.unique(np.concatenate(self._drainage.at_wells))
        first = float(self._space.pores_mm3[self._space.flat[fed]].sum())
        stride = self._accuracy.stride * max(self._space.layer_mm3(self._share), first)
        rate = float(answer.rates.sum())
        slower = 0.0 if before is None else before.slower(rate)
        until = _volume_by(stop_s - self._time_s, rate, slower)
        left_mm3 = volume_mm3 - self._injected_mm3
        return _Step(self._time_s, min(stride, until, left_mm3), answer.rates)

    def rest(self, until_s: float) -> None:
        """Lets time pass without flow."""
        if not until_s >= self._time_s:
            raise refused(f"A rest until {until_s} s at {self._time_s} s.", "a time that is still to come")
        self._time_s = float(until_s)

    # -- flow ----------------------------------------------------------------------------------------

    def _answer(self, drive: Drive) -> Answer:
        """Rates and pressures for the fluids as they lie now, with a viscosity that agrees with the flow."""
        if not self.fluids.follows:
            return self._solve(drive, self.fluids.cement(self._conditions()))
        if not self._flow_mm_s.any():
            self._see(self._solve(drive, np.asarray(self.fluids.marrow_pa_s)))
        for _ in range(MOST_REPEATS):
            cement = self.fluids.cement(self._conditions())
            answer = self._solve(drive, cement)
            self._see(answer)
            if self._power_off(cement) < self._accuracy.agreement:
                return answer
        raise NotConverged(
            f"After {MOST_REPEATS} repeats viscosity and flow do not agree.",
            f"power that changes by less than {self._accuracy.agreement} of itself",
            "Bound the viscosity, or let it depend less on the flow.",
        )

    def _conditions(self) -> Conditions:
        return Conditions(self._time_s, self._flow_mm_s, self.rock)

    def _solve(self, drive: Drive, cement_pa_s: Array) -> Answer:
        self._drainage.fill(self._share, cement_pa_s, self.fluids, self._gone[1])
        return self._drainage.answer(drive)

    def _see(self, answer: Answer) -> None:
        pressure = self._space.dense(answer.pressure)
        self._flow_mm_s = self._space.flow_mm_s(pressure, self._drainage.mobility)

    def _power_off(self, cement_pa_s: Array) -> float:
        """By how much the power that cement takes changes with what the flow makes of its viscosity."""
        new, k = self.fluids.cement(self._conditions()), np.asarray(self.rock.permeability_mm2)
        share = mean_of_corners(self._share.reshape(self._space.shape))
        weight = np.divide(share * self._flow_mm_s**2, k, out=np.zeros(k.shape), where=k > 0)
        cost = (weight * new).sum()
        return float((weight * np.abs(new - cement_pa_s)).sum() / cost) if cost > 0 else 0.0

    def _move(self, answer: Answer, step: _Step) -> None:
        """One step of transport; its time is a guess until the next pressures are known."""
        size, flat = self._share.size, self._space.flat
        seconds = step.volume_mm3 / float(step.rates.sum())
        pressure, inflow, conductance, behind = np.zeros((4, size))
        pressure[flat] = answer.pressure
        for at, well, rate in zip(self._drainage.at_wells, self.ports.wells, step.rates, strict=True):
            np.add.at(inflow, flat[at], rate * well.shares)
        outlets = zip(self._drainage.at_outlets, self.ports.outlets, self._drainage.conductance, strict=True)
        for at, outlet, each in outlets:
            conductance[flat[at]], behind[flat[at]] = each, outlet.pressure_mpa
        order = flat[np.argsort(-answer.pressure, kind="stable")]
        outflow = Outflow(inflow, conductance, behind, self._drainage.ratio, self._drainage.top)
        carried = Carried(self._share, np.zeros(size), np.zeros((2, size)), self._gone, np.zeros((2, 7)))
        sweeps = 1 if self._drainage.top.min() >= SHARP else SWEEPS
        for _ in range(sweeps):
            span = seconds / sweeps, self.fluids.corey
            transport(order, pressure, self._drainage.ground, outflow, carried, span)
        self._time_s, self._injected_mm3 = step.began_s + seconds, self._injected_mm3 + step.volume_mm3

    # -- what comes out ------------------------------------------------------------------------------

    def _first_share(self, given: Array | None) -> Array:
        pores, shape = self._space.pores_mm3, self._box.nodes_shape
        share = np.zeros(shape) if given is None else np.array(given, dtype=float)
        if share.shape != shape or not np.isfinite(share).all() or share.min() < 0 or share.max() > 1:
            raise refused(
                f"Saturations of the shape {share.shape}, or some not from 0 to 1.",
                f"numbers from 0 to 1 at nodes {shape}",
            )
        share = np.where(pores > 0, self._box.nodes(share).ravel(), 0.0)
        if not (pores * (1 - share)).sum() > NOTHING * pores.sum():
            raise refused("All pores hold cement: there is nothing to displace.", "pores with marrow")
        return share

    def _record(self, answer: Answer) -> None:
        flat = self._space.flat
        everything, cement = (
            tuple(float(gone[flat[at]].sum()) for at in self._drainage.at_outlets) for gone in self._gone
        )
        rates, wells = tuple(answer.rates.tolist()), tuple(answer.wells.tolist())
        moment = Moment(self._time_s, self._injected_mm3, rates, wells, cement, everything)
        if self._history and self._history[-1].time_s == moment.time_s:
            self._history.pop()
        self._history.append(moment)

    def _filling(self, answer: Answer, stopped: str) -> Filling:
        held = float((self._space.pores_mm3 * self._share).sum()) - self._held_mm3
        off = held + float(self._gone[1].sum()) - self._injected_mm3
        return Filling(
            tuple(self._history),
            self._box.all_nodes(self._share.reshape(self._space.shape)),
            self._box.all_nodes(self._space.dense(answer.pressure)),
            stopped,
            off / self._injected_mm3 if self._injected_mm3 > 0 else 0.0,
            tuple(self._drainage.iterations),
        )


def _volume_by(seconds: float, rate: float, slower: float) -> float:
    """What flows in some time if 1/rate grows with volume by ``slower``."""
    root = 1 / rate**2 + 2 * slower * seconds if np.isfinite(seconds) else 0.0
    return seconds * rate if root <= 0 else 2 * seconds / (1 / rate + float(np.sqrt(root)))


def _seconds(step: _Step, after: Array, drive: Drive) -> float:
    """How long a step took: by a well that keeps its rate, or by the mean of 1/rate at both ends."""
    rate, asked = float(step.rates.sum()), np.asarray(drive.rates_mm3_s)
    steady = (asked > 0) & (step.rates == asked) & (after == asked)
    if steady.any() or not after.sum() > 0:
        return step.volume_mm3 / rate
    return step.volume_mm3 * (1 / rate + 1 / float(after.sum())) / 2
