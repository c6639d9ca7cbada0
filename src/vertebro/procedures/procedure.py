"""What a procedure is: needles, devices, steps and named harms; each lives in one file and is discovered."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cache
from types import MappingProxyType
from typing import ClassVar

from vertebro import procedures
from vertebro.errors import BadCase, HouseFault, nearest
from vertebro.procedures.access import Wish, find_paths
from vertebro.procedures.devices import Device, needle_of
from vertebro.procedures.site import Site
from vertebro.procedures.steps import Step
from vertebro.procedures.trajectory import Plan, Route, Side, Trajectory
from vertebro.vocabulary.known import Unknown
from vertebro.vocabulary.library import CitedValue, cited_values, discover
from vertebro.vocabulary.measured import Measured
from vertebro.vocabulary.procedures import Procedure
from vertebro.vocabulary.texts import texts

v = cited_values(beside=__file__)
say = texts(beside=__file__, name="procedure").say


@dataclass(frozen=True)
class NamedHarm:
    """A harm by the heading under which the evidence keeps it; ``own`` is a rate of this procedure alone."""

    heading: str
    own: CitedValue | None = None


@dataclass(frozen=True)
class Asked:
    """What a person asks of a plan: sides (None: as usual), a route, needles of their own."""

    sides: tuple[Side, ...] | None = None
    route: Route | None = None
    own: tuple[Trajectory, ...] = ()


@dataclass(frozen=True)
class Course:
    """How a procedure goes on once the needles lie: other devices, steps, what is to be said."""

    devices: tuple[Device, ...]
    steps: tuple[Step, ...]
    notes: tuple[str, ...] = ()


class Technique(ABC):
    """One procedure. A new one is a subclass in a file of its own in this folder; nothing else changes.

    ``like`` is the procedure whose trials and harms hold for it too, where there is one. ``gauges`` are the
    needles it takes, the one to prefer first; ``tips`` what the tips of two needles are for.
    """

    name: ClassVar[str] = ""
    like: ClassVar[Procedure | None] = None
    gauges: ClassVar[tuple[int, ...]] = ()
    tips: ClassVar[str] = "two_needles"
    harms: ClassVar[tuple[NamedHarm, ...]] = ()
    sources: ClassVar[tuple[CitedValue, ...]] = ()

    @abstractmethod
    def course(self, site: Site, needles: tuple[Trajectory, ...]) -> Course:
        """Devices and steps with these needles in this vertebra."""

    def plan(self, site: Site, asked: Asked) -> Plan | Unknown:
        """The plan for this vertebra, or why there is none.

        Where one of two sides has no safe path, the other is planned alone, aimed at the middle, and said so.
        """
        if asked.own:
            return self._with(site, asked.own)
        sides = asked.sides or tuple(Side)
        found = {side: find_paths(site, side, self._wish(asked, len(sides) == 1)) for side in sides}
        good = [side for side, paths in found.items() if not isinstance(paths, Unknown)]
        missing = [paths.why for paths in found.values() if isinstance(paths, Unknown)]
        if not good:
            return Unknown(" ".join(f"{why}." for why in missing).rstrip("."))
        if missing:
            alone = self.plan(site, Asked(tuple(good), asked.route))
            return alone if isinstance(alone, Unknown) else _noted(alone, say("one_side", why=missing[0]))
        ranked = self._alike(site, asked, [p for p in found.values() if not isinstance(p, Unknown)])
        others = tuple(path for paths in ranked for path in paths[1:])
        return self._with(site, tuple(paths[0] for paths in ranked), others)

    def _alike(
        self, site: Site, asked: Asked, found: list[tuple[Trajectory, ...]]
    ) -> list[tuple[Trajectory, ...]]:
        """Both needles of the thinner gauge where the sides want different ones and the bone allows it."""
        thin = max((paths[0].needle for paths in found), key=lambda n: n.gauge)
        alike = []
        for paths in found:
            wish = Wish((thin,), len(found) == 1, asked.route, self.tips)
            again = paths if paths[0].needle == thin else find_paths(site, paths[0].side, wish)
            alike.append(paths if isinstance(again, Unknown) else again)
        return alike

    def _wish(self, asked: Asked, one_sided: bool) -> Wish:
        return Wish(tuple(needle_of(g) for g in self.gauges), one_sided, asked.route, self.tips)

    def _with(
        self, site: Site, needles: tuple[Trajectory, ...], others: tuple[Trajectory, ...] = ()
    ) -> Plan | Unknown:
        course = self.course(site, needles)
        notes = (*_cautions(needles), *course.notes)
        used = tuple(dict.fromkeys(n.needle for n in needles))
        return Plan(self.name, site.level, needles, (*used, *course.devices), course.steps, notes, others)


def _noted(plan: Plan, note: str) -> Plan:
    return replace(plan, notes=(note, *plan.notes))


def _cautions(needles: tuple[Trajectory, ...]) -> tuple[str, ...]:
    """What is wrong with these paths, the canal first, and what the mask cannot show of them."""
    said = []
    for n in needles:
        room = n.margins.get("canal")
        if isinstance(room, Measured) and room.value < 0:
            said.append(say("in_canal", side=n.side, mm=f"{-room.value:.1f}"))
    if any(n.route is Route.EXTRAPEDICULAR for n in needles):
        said.append(say("past_the_pedicle"))
    for n in needles:
        if not n.is_acceptable:
            said.append(say("not_acceptable", side=n.side))
    return tuple(said)


@cache
def techniques() -> Mapping[str, Technique]:
    """Every procedure of this folder by its name; a file that is laid here has joined."""
    discover(procedures)
    found: dict[str, Technique] = {}
    kinds: list[type[Technique]] = list(Technique.__subclasses__())
    for kind in kinds:  # grows while it is read: a procedure may be built on another
        kinds += kind.__subclasses__()
        if not kind.name or not kind.gauges or not kind.harms:
            raise HouseFault(f"{kind.__name__}: a procedure needs a name, needles and named harms.")
        found[kind.name] = kind()
    return MappingProxyType(dict(sorted(found.items())))


def technique(name: str) -> Technique:
    """The procedure of this name (BadCase where there is none)."""
    known = techniques()
    if name in known:
        return known[name]
    raise BadCase(
        say("unknown.found", name=name),
        say("unknown.needed", names=", ".join(known)),
        f"{say('unknown.do')} {nearest(name, known)}".strip(),
    )


def cement_share_ml(site: Site) -> float:
    """A first volume of cement for this body (mL): a share of its size, in steps people can draw up."""
    step = float(v.cement_step.value)
    least, most = v.cement_limits.value
    wanted = float(v.cement_share.value) * site.body_ml
    return float(min(max(round(wanted / step) * step, least), most))
