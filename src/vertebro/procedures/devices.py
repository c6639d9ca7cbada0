"""The devices of the procedures: needles, balloons, stents, cements, their sizes and limits cited."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cache
from math import isfinite

from vertebro.errors import BadCase, HouseFault
from vertebro.vocabulary.known import Unknown
from vertebro.vocabulary.library import CitedValue, cited_values
from vertebro.vocabulary.texts import texts

v = cited_values(beside=__file__, name="devices_values.yaml")
say = texts(beside=__file__, name="devices").say


@dataclass(frozen=True)
class Needle:
    """A straight hollow needle by its gauge; the outer diameter decides where it fits."""

    name: str
    gauge: int
    outer_mm: float
    inner_mm: float
    sources: tuple[CitedValue, ...] = field(default=(), compare=False)

    def __post_init__(self) -> None:
        if not (isfinite(self.outer_mm) and 0 < self.inner_mm < self.outer_mm):
            raise HouseFault(f"{self.name}: the bore must be above zero and below the outer diameter.")


@dataclass(frozen=True)
class Balloon:
    """A balloon that is filled inside the bone; its limits may be unknown and are then never assumed."""

    name: str
    length_mm: float
    needs_gauge: int
    most_volume_ml: CitedValue | Unknown
    rated_pressure_mpa: CitedValue | Unknown

    def refuse_volume(self, volume_ml: float) -> None:
        """BadCase where a filling is not above zero or above what the balloon is made for."""
        most = self.most_volume_ml
        if not volume_ml > 0 or (isinstance(most, CitedValue) and volume_ml > self.limit_ml):
            limit = f"{self.limit_ml:g}" if isinstance(most, CitedValue) else say("balloon.not_known")
            raise BadCase(
                say("balloon.found", name=self.name, ml=f"{volume_ml:g}"),
                say("balloon.needed", ml=limit),
                say("balloon.do"),
            )

    @property
    def limit_ml(self) -> float:
        """The largest filling, where it is known."""
        return self._limit(self.most_volume_ml)

    @property
    def limit_mpa(self) -> float:
        """The rated pressure, where it is known."""
        return self._limit(self.rated_pressure_mpa)

    def _limit(self, cited: CitedValue | Unknown) -> float:
        if isinstance(cited, Unknown):
            raise HouseFault(f"{self.name}: {cited.why}")
        value = cited.value[self.name] if isinstance(cited.value, dict) else cited.value
        return float(value)


@dataclass(frozen=True)
class Stent:
    """A cage on a balloon that stays in the bone and keeps the cavity open."""

    name: str
    length_mm: float | Unknown
    sources: tuple[CitedValue, ...] = field(default=(), compare=False)


@dataclass(frozen=True)
class Cement:
    """A bone cement by its kind; how it flows belongs to the simulation of the cement."""

    name: str
    sources: tuple[CitedValue, ...] = field(default=(), compare=False)


Device = Needle | Balloon | Stent | Cement


@cache
def needles() -> tuple[Needle, ...]:
    """The needles of the catalogue, from the widest to the thinnest."""
    outer, inner = v.needle_outer_mm.value, v.needle_inner_mm.value
    cited = (v.needle_outer_mm, v.needle_inner_mm)
    return tuple(Needle(f"{g} gauge", g, float(outer[g]), float(inner[g]), cited) for g in sorted(outer))


def needle_of(gauge: int) -> Needle:
    """The needle of a gauge (BadCase where the catalogue has none)."""
    for needle in needles():
        if needle.gauge == gauge:
            return needle
    have = ", ".join(str(n.gauge) for n in needles())
    raise BadCase(say("needle.found", gauge=gauge), say("needle.needed", have=have), say("needle.do"))


@cache
def balloons() -> tuple[Balloon, ...]:
    """The balloons of the catalogue, from the shortest to the longest."""
    return tuple(
        Balloon(name, float(length), int(v.balloon_cannula.value[name]), _volume(name), v.balloon_pressure)
        for name, length in v.balloon_length.value.items()
    )


def _volume(name: str) -> CitedValue | Unknown:
    known = name in v.balloon_volume.value
    return v.balloon_volume if known else Unknown(say("balloon.no_volume", name=name))


@cache
def cement() -> Cement:
    """The acrylic cement (PMMA) that both procedures use."""
    return Cement(say("cement.name"), (v.cement_kind,))
