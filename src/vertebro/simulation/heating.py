"""How hot curing cement makes the bone, its cortex and the wall of the canal, and for how long."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType

import numpy as np
from scipy import ndimage

from vertebro.errors import BadModel
from vertebro.kernels.arrays import AnyArray, Array, Mask
from vertebro.kernels.heat import Cure, HeatFlow, HeatModel, HeatState
from vertebro.vocabulary.library import CitedValue, cited_values

v = cited_values(beside=__file__, name="heating_values.yaml")

TRACE = 1e-3
"""A voxel with a smaller share of cement counts as empty: it would warm by a tenth of a degree."""
HALF = 0.5
"""A voxel belongs to the cement if at least half of what is not bone is cement."""


WALL_MM = 2.0
"""The bone's surface this near to the canal is its wall: masks of bone and canal need not touch."""


@dataclass(frozen=True)
class CementLaw:
    """A published law of cure, the share cured at mixing, and the heat of one kilogram of cement."""

    name: str
    cure: Cure
    first_share: float
    heat_kj_kg: CitedValue


def _law(name: str, glass_k: float = 0.0) -> CementLaw:
    rate, activation, exponents, first, heat = (
        getattr(v, f"{name}_{part}") for part in ("rate", "activation", "exponents", "first_share", "heat")
    )
    m, n = exponents.value
    return CementLaw(name, Cure(rate.number, 1000 * activation.number, m, n, glass_k), first.number, heat)


LAWS = MappingProxyType(
    {"li": _law("li"), "borzacchiello": _law("borzacchiello", v.borzacchiello_glass.number)}
)
"""The laws of cure by name; the first is what is used where none is named."""


@dataclass(frozen=True)
class CementField:
    """Where the cement is when the injection ends: shares of each voxel's volume, on cubes of ``edge_mm``.

    ``cement`` (also outside the bone, where it leaked), ``bone`` (solid bone, without its pores), and
    ``inside``: the vertebra, where what is neither is marrow; elsewhere it is soft tissue.
    """

    cement: Array
    bone: Array
    inside: Mask
    edge_mm: float

    def __post_init__(self) -> None:
        shapes = {a.shape for a in (self.cement, self.bone, self.inside)}
        whole = self.cement + self.bone if len(shapes) == 1 else np.array(np.nan)
        fits = whole.ndim == 3 and bool((whole <= 1 + 1e-6).all()) and self.edge_mm > 0
        if not fits or min(self.cement.min(), self.bone.min()) < 0:
            raise BadModel(
                "The shares of cement and bone do not fit into their voxels.",
                "two boxes of shares, together at most 1 in every voxel, and a voxel size above 0",
                "Check saturation and porosity.",
            )
        if not (self.cement > TRACE).any():
            raise BadModel("There is no cement.", "at least one voxel with cement", "Inject some first.")

    @property
    def is_cement(self) -> Mask:
        """Voxels whose room is mostly taken by cement."""
        return np.asarray((self.cement > TRACE) & (self.cement >= HALF * (1 - self.bone)))

    def regions(self, canal: Mask | None = None) -> dict[str, Mask]:
        """Where people ask: the cement, its deepest place, the bone's surface, the wall of the canal."""
        cement = self.is_cement if self.is_cement.any() else self.cement >= self.cement.max()
        depth = ndimage.distance_transform_edt(np.pad(cement, 1))[1:-1, 1:-1, 1:-1]
        found = {"cement": cement, "centre": depth >= depth.max()}
        found["cortex"] = self.inside & _beside(~self.inside)
        if canal is not None:
            away_mm = ndimage.distance_transform_edt(~canal) * self.edge_mm if canal.any() else np.inf
            found["canal_wall"] = found["cortex"] & (away_mm <= max(WALL_MM, 1.5 * self.edge_mm))
            found["canal"] = np.asarray(canal & ~self.inside)
        return {name: mask for name, mask in found.items() if mask.any()}


def _beside(mask: Mask) -> Mask:
    return np.asarray(ndimage.binary_dilation(mask, border_value=False))


@dataclass(frozen=True)
class HeatSettings:
    """Law of cure, age and temperature of the cement, blood flow through marrow without cement."""

    law: str = next(iter(LAWS))
    minutes_since_mixing: float = v.minutes_since_mixing.number
    room_celsius: float = v.room_temperature.number
    entry_celsius: float = v.entry_temperature.number
    blood_ml_min_100g: float = 0.0
    minutes: float = v.followed_minutes.number
    margin_mm: float = v.margin_mm.number


@dataclass(frozen=True)
class RegionHeat:
    """How hot a region became, and when; for each limit the longest time of a place above it; volume."""

    peak_celsius: float
    peak_minute: float
    minutes_over: Mapping[float, float]
    ml_over: Mapping[float, float]
    hottest_celsius: Array
    """The hottest place of the region at each of ``Heat.minutes``."""


@dataclass(frozen=True)
class Heat:
    """What the cure did: by region, and the hottest temperature every voxel saw (on the field's grid)."""

    regions: Mapping[str, RegionHeat]
    peak_celsius: Array
    minutes: Array
    cured_share: float
    released_j: float
    settings: HeatSettings


def heated(field: CementField, regions: Mapping[str, Mask], settings: HeatSettings | None = None) -> Heat:
    """Follow the heat from the end of the injection until all is cured and cool, or time is up."""
    settings = settings or HeatSettings()
    law, part = LAWS[settings.law], _Part(field, settings.margin_mm)
    flow, state = HeatFlow(part.model(settings)), part.state(law, settings)
    watch = _Watch(part, regions, state.celsius)
    first, look_s = state.cured.copy(), v.look_every_s.number
    for look in range(1, round(settings.minutes * 60 / look_s) + 1):
        flow.advance(state, look_s, law.cure)
        watch.see(state.celsius, look * look_s / 60)
        if state.cured.min() > 1 - TRACE and state.celsius.max() < min(v.limits.value):
            break
    shares = part.cement.ravel()[state.where]
    made = (shares * (state.cured - first)).sum() * field.edge_mm**3 * _joules_per_mm3(law)
    cured = (shares * state.cured).sum() / shares.sum()
    peak = part.back(watch.peak, v.body_temperature.number)
    return Heat(watch.by_region(), peak, watch.minutes(), float(cured), float(made), settings)


def heat_spread(
    field: CementField, regions: Mapping[str, Mask], settings: HeatSettings | None = None
) -> dict[str, Heat]:
    """The same by every published law of cure: how far they lie apart is how little is known."""
    return {name: heated(field, regions, replace(settings or HeatSettings(), law=name)) for name in LAWS}


def age(law: CementLaw, minutes: float, celsius: float) -> float:
    """The cured share of cement that waited so long at a temperature, without its own heat."""
    one = np.ones((1, 1, 1))
    state = HeatState(one * celsius, np.array([0]), np.array([law.first_share]), np.array([0.0]))
    if minutes > 0:
        HeatFlow(HeatModel(one, one, 0 * one, 1.0, celsius)).advance(state, minutes * 60, law.cure)
    return float(state.cured[0])


def _joules_per_mm3(law: CementLaw) -> float:
    """Heat of one cubic millimetre of cement, J: kJ/kg times g/cm3, in thousandths."""
    return law.heat_kj_kg.number * v.cement_density.number * 1e-3


class _Part:
    """The surroundings of the cement, cut out of a field that was first set into soft tissue."""

    def __init__(self, field: CementField, margin_mm: float) -> None:
        self._pad = int(np.ceil(margin_mm / field.edge_mm)) + 1
        self._shape, self.edge_mm = field.cement.shape, field.edge_mm
        some = np.argwhere(np.pad(field.cement, self._pad) > TRACE)
        low, high = some.min(axis=0) - self._pad, some.max(axis=0) + self._pad + 1
        self._box = tuple(slice(int(a), int(b)) for a, b in zip(low, high, strict=True))
        self.cement, self.bone = self.of(field.cement), self.of(field.bone)
        self.marrow = np.where(self.of(field.inside), 1 - self.cement - self.bone, 0.0)
        self.tissue = np.clip(1 - self.cement - self.bone - self.marrow, 0, 1)

    def of(self, whole: AnyArray) -> AnyArray:
        """The part of an array of the field; nought or no beyond it."""
        return np.pad(whole, self._pad)[self._box]

    def back(self, part: Array, elsewhere: float) -> Array:
        """The field's array that holds the part in its place."""
        whole = np.full([n + 2 * self._pad for n in self._shape], float(elsewhere))
        whole[self._box] = part
        inner = slice(self._pad, -self._pad)
        return whole[inner, inner, inner]

    def model(self, settings: HeatSettings) -> HeatModel:
        """Mixed by volume; at body temperature all round."""
        conductivity = self._mixed(lambda name: getattr(v, f"{name}_conductivity").number * 1e-3)
        capacity = self._capacity()
        held = np.ones(capacity.shape, dtype=bool)
        held[1:-1, 1:-1, 1:-1] = False
        blood = settings.blood_ml_min_100g / 100 / 60 * v.marrow_density.number * 1e-3  # mL/(s mm3)
        cooling = np.where(
            self.cement > TRACE, 0.0, self.marrow * blood * v.blood_heat_capacity.number * 1e-3
        )
        return HeatModel(
            conductivity, np.where(held, np.inf, capacity), cooling, self.edge_mm, v.body_temperature.number
        )

    def state(self, law: CementLaw, settings: HeatSettings) -> HeatState:
        """Body temperature, and cement of its age and temperature mixed into it."""
        body, capacity = v.body_temperature.number, self._capacity()
        where = np.flatnonzero(self.cement > TRACE)
        share = self.cement.ravel()[where]
        weight = share * _capacity_of("cement") / capacity.ravel()[where]
        celsius = np.full(capacity.shape, float(body))
        celsius.ravel()[where] += weight * (settings.entry_celsius - body)
        aged = age(law, settings.minutes_since_mixing, settings.room_celsius)
        cured = np.full(len(where), min(aged, v.injectable_share.number))
        return HeatState(celsius, where, cured, share * _joules_per_mm3(law) / capacity.ravel()[where])

    def _capacity(self) -> Array:
        return self._mixed(_capacity_of)

    def _mixed(self, value: Callable[[str], float]) -> Array:
        names = ("cement", "bone", "marrow", "tissue")
        return np.asarray(sum(getattr(self, name) * value(name) for name in names))


def _capacity_of(name: str) -> float:
    """J/(mm3 K): g/cm3 times J/(kg K), in millionths."""
    return float(getattr(v, f"{name}_density").number * getattr(v, f"{name}_heat_capacity").number * 1e-6)


class _Watch:
    """Looks at the temperatures every few seconds and keeps what was hottest, and where it was too hot."""

    def __init__(self, part: _Part, regions: Mapping[str, Mask], celsius: Array) -> None:
        self._inside = {name: np.flatnonzero(part.of(mask)) for name, mask in regions.items()}
        self._voxel_ml = part.edge_mm**3 / 1000
        self.peak = celsius.copy()
        self._looks = {limit: np.zeros(celsius.shape, np.int32) for limit in v.limits.value}
        self._times = [0.0]
        self._hottest = {name: [self._most(celsius, name)] for name in self._inside}

    def see(self, celsius: Array, minute: float) -> None:
        """One look."""
        np.maximum(self.peak, celsius, out=self.peak)
        self._times.append(minute)
        for name, hottest in self._hottest.items():
            hottest.append(self._most(celsius, name))
        for limit, looks in self._looks.items():
            looks += celsius > limit

    def minutes(self) -> Array:
        """When it looked."""
        return np.array(self._times)

    def by_region(self) -> dict[str, RegionHeat]:
        """What was seen in every region."""
        return {name: self._region(name) for name in self._inside}

    def _region(self, name: str) -> RegionHeat:
        hottest, inside = np.array(self._hottest[name]), self._inside[name]
        at, per_look = int(hottest.argmax()), v.look_every_s.number / 60
        longest = {k: int(n.ravel()[inside].max(initial=0)) * per_look for k, n in self._looks.items()}
        over = {k: int((n.ravel()[inside] > 0).sum()) * self._voxel_ml for k, n in self._looks.items()}
        return RegionHeat(float(hottest[at]), self._times[at], longest, over, hottest)

    def _most(self, celsius: Array, name: str) -> float:
        """Regions away from the cement stay at body temperature."""
        return float(celsius.ravel()[self._inside[name]].max(initial=v.body_temperature.number))
