"""Injects cement into a porous vertebra through needles: flow, pressures, leaks, and why it ended."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy import ndimage

from vertebro.kernels.arrays import AnyArray, Array, Mask
from vertebro.kernels.darcy import Injection
from vertebro.kernels.porespace import mean_of_corners
from vertebro.kernels.porous import Accuracy, Conditions, Drive, Filling, Fluids, Ports, Rock
from vertebro.kernels.porous import Outlet as Port
from vertebro.kernels.wells import Well
from vertebro.simulation.injection import (
    MM3_PER_ML,
    CementResult,
    Course,
    InjectionNeedle,
    InjectionSettings,
    Snapshot,
    Stop,
    say,
)
from vertebro.simulation.leakage import KPA_PER_MPA, Outlet, corners_of, nodes_near, veins_in
from vertebro.simulation.permeability import PorousVertebra
from vertebro.simulation.rheology import CementFlow, aged_min, cannula_drop_mpa, shear_in_pores_per_s
from vertebro.simulation.rheology import v as flows
from vertebro.simulation.vertebra_grid import VertebraGrid

AGREEMENT = 0.03
"""Of viscosity and flow: 0.001 would move leaks by some 4 %, pressure by 0.2 %, for five times the time."""

PORTION_ML = 0.25
"""Given through one needle, then the next: at any volume the needles have given alike. After each portion
pressure and leaks are looked at, as somebody at the table would."""


ROUNDING = 1e-6  # of sums of portions, mL

MOUTH_MM = 2.0
"""Radius of the place where a vein gathers from the bone; else leaks would hang on where corners lie."""


@dataclass(frozen=True)
class _Clock:
    """How old the cement is, in minutes at 25 degrees: in the syringe, and in the bone."""

    start_min: float

    def in_syringe(self, time_s: float) -> float:
        return aged_min(self.start_min + time_s / 60, flows.room_cel.number)

    def in_bone(self, time_s: float) -> float:
        warm = aged_min(time_s / 60, flows.body_cel.number)
        return self.in_syringe(0.0) + warm

    def sets_at_s(self, cement: CementFlow) -> float:
        """When the cement in the syringe can no longer be injected."""
        seconds = np.arange(0.0, 3600.0, 5.0)
        late = [not cement.is_workable(self.in_syringe(s)) for s in seconds]
        return float(seconds[int(np.argmax(late))]) if any(late) else float(seconds[-1])


def inject(
    bone: PorousVertebra,
    outlets: Sequence[Outlet],
    needles: Sequence[InjectionNeedle],
    cement: CementFlow,
    volume_ml: float,
    settings: InjectionSettings | None = None,
) -> CementResult:
    """One injection of ``volume_ml`` in all, through the needles in turn, a small portion each.

    What cannot be injected is an outcome of its own, said in ``why``; nothing random happens here.
    """
    bone = bone.opened(veins_in(bone.grid, outlets))
    run = _Run(bone, tuple(outlets), tuple(needles), cement, volume_ml, settings or InjectionSettings())
    never = run.refusal()
    return run.ended(never, None) if never else run.carried_out()


@dataclass(frozen=True)
class _Run:
    bone: PorousVertebra
    outlets: tuple[Outlet, ...]
    needles: tuple[InjectionNeedle, ...]
    cement: CementFlow
    volume_ml: float
    settings: InjectionSettings

    # -- before -----------------------------------------------------------------------------------

    def refusal(self) -> Stop | None:
        """Why it cannot begin, if it cannot."""
        for needle in self.needles:
            place = place_of(self.bone, needle.tip_mm)
            if place is not None:
                return place
        if self.volume_ml > self.bone.pore_ml:
            return Stop.NO_ROOM
        if not self.cement.is_workable(self._clock.in_syringe(0.0)):
            return Stop.SET
        if any(self._cannula(n, 0.0) > self.settings.most_mpa for n in range(len(self.needles))):
            return Stop.PRESSURE
        return None if self._has_way_out() else Stop.NO_WAY_OUT

    def _has_way_out(self) -> bool:
        """Whether every needle's pores lead to an outlet."""
        number, _ = ndimage.label(self.bone.active)
        leads = {int(number[at]) for o in self.outlets for at in _cubes_at(self.bone, o.places_mm)}
        return all(int(number[_cubes_at(self.bone, self._local(n)[None])[0]]) in leads for n in self.needles)

    def _local(self, needle: InjectionNeedle) -> Array:
        return self.bone.grid.frame.local_mm(np.asarray(needle.tip_mm, dtype=float))

    @property
    def _clock(self) -> _Clock:
        return _Clock(self.settings.start_min)

    # -- the injection ----------------------------------------------------------------------------

    def carried_out(self) -> CementResult:
        """Portion by portion."""
        injection = Injection(
            self._rock(),
            self._fluids(),
            self._ports(),
            accuracy=Accuracy(agreement=AGREEMENT, threads=self.settings.threads),
        )
        filling: Filling | None = None
        moments: list[Snapshot] = []
        for end in self._ends_ml():
            number = (int(np.ceil(end / PORTION_ML - ROUNDING)) - 1) % len(self.needles)
            rates = [0.0] * len(self.needles)
            rates[number] = self._rate_mm3_s
            filling = injection.advance(Drive(tuple(rates)), volume_mm3=float(end) * MM3_PER_ML)
            if self.settings.keep_moments:
                moments.append(_snapshot(filling))
            stopped = self._stopped(filling, number)
            if stopped:
                return self.ended(stopped, filling, tuple(moments))
        return self.ended(Stop.VOLUME, filling, tuple(moments))

    def _ends_ml(self) -> list[float]:
        """Volumes at which the injection is looked at: after every portion, and where it was asked for."""
        given = (*np.arange(PORTION_ML, self.volume_ml, PORTION_ML), *self.settings.also_at_ml)
        ends = [float(ml) for ml in sorted(given) if 0 < ml < self.volume_ml - ROUNDING] + [self.volume_ml]
        apart = np.diff(ends, prepend=0.0) > ROUNDING
        return [ml for ml, is_new in zip(ends, apart, strict=True) if is_new]

    @property
    def _rate_mm3_s(self) -> float:
        return self.settings.rate_ml_min * MM3_PER_ML / 60

    def _stopped(self, filling: Filling, number: int) -> Stop | None:
        if filling.stopped == "cement set":
            return Stop.SET
        if filling.stopped == "pores full":
            return Stop.FULL
        last = filling.history[-1]
        if last.wells_mpa[number] + self._cannula(number, last.time_s) > self.settings.most_mpa:
            return Stop.PRESSURE
        allowed = self.settings.stop_leak_ml
        if allowed is not None and sum(last.cement_left_mm3) > allowed * MM3_PER_ML:
            return Stop.LEAK
        return None

    def _cannula(self, number: int, time_s: float) -> float:
        needle, age = self.needles[number], self._clock.in_syringe(time_s)
        return cannula_drop_mpa(self.cement, age, self._rate_mm3_s, needle.inner_mm, needle.length_mm)

    # -- what the kernel is told --------------------------------------------------------------------

    def _rock(self) -> Rock:
        edge, across = self.bone.grid.edge_mm, self.bone.transverse_ratio
        return Rock(self.bone.permeability_mm2, self.bone.porosity, (edge,) * 3, (across, across, 1.0))

    def _fluids(self) -> Fluids:
        thickness = self._thinned_everywhere if self.settings.local_shear else self._thinned_as_a_whole
        return Fluids(thickness, flows.marrow_pa_s.number, sets_at_s=self._clock.sets_at_s(self.cement))

    def _thinned_everywhere(self, now: Conditions) -> Array:
        k, phi = now.rock.permeability_mm2, now.rock.porosity
        open_here = k > 0
        shear = np.zeros(k.shape)
        shear[open_here] = shear_in_pores_per_s(now.flow_mm_s[open_here], phi[open_here], k[open_here])
        return self.cement.pa_s(self._clock.in_bone(now.time_s), shear)

    def _thinned_as_a_whole(self, now: Conditions) -> Array:
        """By the flow at the radius where cement of one viscosity costs the pressure thinned cement does.

        From r0 to the front r_f of a sphere mu goes as r^a, a = 2(1 - n), and mu(r) is the mean of mu over
        1/r: r^a = integral of r^(a - 2) over that of r^-2.
        """
        inside = self.bone.active
        k, phi = (float(f[inside].mean()) for f in (self.bone.permeability_mm2, self.bone.porosity))
        injected = max(now.time_s * self._rate_mm3_s, PORTION_ML * MM3_PER_ML) / len(self.needles)
        r0, front = self.needles[0].inner_mm / 2, (3 * injected / (4 * np.pi * phi)) ** (1 / 3)
        a = max(2 * (1 - self.cement.flow_index), 1e-6)  # 0 for a cement that does not thin: any radius does
        whole = np.log(front / r0) if a == 1 else (front ** (a - 1) - r0 ** (a - 1)) / (a - 1)
        radius = (whole / (1 / r0 - 1 / front)) ** (1 / a)
        shear = shear_in_pores_per_s(np.array(self._rate_mm3_s / (4 * np.pi * radius**2)), phi, k)
        return self.cement.pa_s(self._clock.in_bone(now.time_s), shear)

    def _ports(self) -> Ports:
        grid = self.bone.grid
        edges = (grid.edge_mm,) * 3
        corner = grid.first_mm - grid.edge_mm / 2
        wells = []
        for needle in self.needles:
            x, y, z = self._local(needle) - corner
            wells.append(Well.at((float(x), float(y), float(z)), needle.inner_mm / 2, edges))
        return Ports(tuple(wells), _ports_of(self.outlets, self.bone))

    # -- afterwards -------------------------------------------------------------------------------

    def ended(
        self, stopped: Stop, filling: Filling | None, moments: tuple[Snapshot, ...] = ()
    ) -> CementResult:
        """The result, of an injection that never began too."""
        grid = self.bone.grid
        before = filling is None and stopped in (Stop.SET, Stop.PRESSURE)
        why = say(f"{'never' if before else 'stopped'}.{stopped.value}", **self._said())
        if filling is None:
            none = np.zeros(1)
            nothing = Course(none, none, none, none, np.zeros((len(self.outlets), 1)))
            empty = np.zeros(np.array(grid.shape) + 1)
            return CementResult(self.bone, self.outlets, self.volume_ml, stopped, why, nothing, empty)
        return CementResult(
            self.bone,
            self.outlets,
            self.volume_ml,
            stopped,
            why,
            self._course(filling),
            filling.saturation,
            filling.imbalance,
            moments,
        )

    def _said(self) -> dict[str, str]:
        return {
            "asked": f"{self.volume_ml:g}",
            "room": f"{self.bone.pore_ml:.1f}",
            "limit": f"{self.settings.most_mpa:g}",
            "start": f"{self.settings.start_min:g}",
            "rate": f"{self.settings.rate_ml_min:g}",
            "workable": f"{flows.workable_pa_s.value}",
            "leak": "" if self.settings.stop_leak_ml is None else f"{self.settings.stop_leak_ml:g}",
        }

    def _course(self, filling: Filling) -> Course:
        moments = filling.history
        flowing = [int(np.argmax(m.rates_mm3_s)) for m in moments]
        bone = np.array([m.wells_mpa[n] for m, n in zip(moments, flowing, strict=True)])
        cannula = [self._cannula(n, m.time_s) for m, n in zip(moments, flowing, strict=True)]
        return Course(
            time_s=np.array([m.time_s for m in moments]),
            injected_ml=np.array([m.injected_mm3 for m in moments]) / MM3_PER_ML,
            bone_kpa=bone * KPA_PER_MPA,
            hub_mpa=bone + cannula,
            leak_ml=np.array([m.cement_left_mm3 for m in moments]).T / MM3_PER_ML,
        )


def _snapshot(filling: Filling) -> Snapshot:
    last = filling.history[-1]
    left = tuple(mm3 / MM3_PER_ML for mm3 in last.cement_left_mm3)
    share = mean_of_corners(filling.saturation).astype(np.float32)
    return Snapshot(last.time_s, last.injected_mm3 / MM3_PER_ML, share, left)


def cube_of(grid: VertebraGrid, place_mm: AnyArray) -> AnyArray:
    """Index of the cube at a place (LPS mm); one just outside the grid for any place beyond it."""
    near = np.clip(grid.to_index(np.asarray(place_mm, dtype=float)), -1, grid.shape)
    return np.asarray(np.round(near).astype(int))


def is_in_body(bone: PorousVertebra, tip_mm: AnyArray) -> bool:
    """Whether a tip (LPS mm) in the bone lies in the body, not behind it."""
    return place_of(bone, tip_mm) is None and bool(bone.grid.body[tuple(cube_of(bone.grid, tip_mm))])


def place_of(bone: PorousVertebra, tip_mm: AnyArray) -> Stop | None:
    """None if a tip (LPS mm) lies in bone that cement can enter, else where it lies."""
    grid = bone.grid
    index = cube_of(grid, tip_mm)
    if ((index >= 0) & (index < grid.shape)).all() and bone.active[tuple(index)]:
        return None
    return Stop.IN_CANAL if _in_canal(bone, index) else Stop.NOT_IN_BONE


def _in_canal(bone: PorousVertebra, index: AnyArray) -> bool:
    """Outside the bone, behind the body, with bone of the ring to its right, its left and behind it."""
    i, j, k = (int(n) for n in index)
    ring: Mask = np.any(bone.grid.bone, axis=2)
    if not (0 <= i < ring.shape[0] and 0 <= j < ring.shape[1] and 0 <= k < bone.grid.shape[2]):
        return False
    if bone.grid.bone[i, j, k]:
        return False
    body: Mask = np.any(bone.grid.body, axis=2)
    if not body[i, j:].any() or body[i, :j].any():
        return False
    near = slice(max(j - 3, 0), j + 4)  # the pedicles stand beside the front of the canal
    return bool(ring[:i, near].any() and ring[i + 1 :, near].any() and ring[i, :j].any())


def _cubes_at(bone: PorousVertebra, places_mm: AnyArray) -> list[tuple[int, ...]]:
    """An open cube at the corner nearest to each place (body's frame)."""
    padded, found = np.pad(bone.active, 1), []
    for node in nodes_near(places_mm, corners_of(bone.active), bone.grid):
        near = [tuple(int(n) for n in node + o) for o in np.ndindex(2, 2, 2)]
        found.append(tuple(n - 1 for n in next(at for at in near if padded[at])))
    return found


def _mouth(outlet: Outlet, free: Mask, bone: PorousVertebra) -> tuple[AnyArray, Array]:
    """Corners an outlet begins at, and their shares. A single place is as wide as a mouth, on any grid."""
    if len(outlet.places_mm) == 1:
        nodes = np.argwhere(free)
        away = np.linalg.norm(bone.grid.local_mm(nodes - 0.5) - outlet.places_mm[0], axis=1)
        if (away <= MOUTH_MM).any():
            within = nodes[away <= MOUTH_MM]
            return within, np.ones(len(within))
    nodes = nodes_near(outlet.places_mm, free, bone.grid)
    unique, which = np.unique(nodes, axis=0, return_inverse=True)
    return unique, np.asarray(np.bincount(which.ravel(), weights=outlet.shares), dtype=float)


def _ports_of(outlets: Sequence[Outlet], bone: PorousVertebra) -> tuple[Port, ...]:
    """Outlets at corners of open cubes; no corner serves two of them, the one named first keeps it."""
    free, ports = corners_of(bone.active), []
    for outlet in outlets:
        unique, shares = _mouth(outlet, free, bone)
        free[tuple(unique.T)] = False
        openings = outlet.conductance_mm3 * shares / shares.sum()
        ports.append(Port(unique, openings, outlet.behind_kpa / KPA_PER_MPA, outlet.holds_mm3))
    return tuple(ports)
