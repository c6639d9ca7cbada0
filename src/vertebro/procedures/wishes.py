"""What a person asks of every plan that is made: sides, a route, needles of their own with their gauge."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from vertebro.errors import BadCase
from vertebro.procedures.access import own_path
from vertebro.procedures.devices import needle_of
from vertebro.procedures.procedure import Asked, Technique
from vertebro.procedures.site import Site
from vertebro.procedures.trajectory import Plan, Route, Side
from vertebro.vocabulary.known import Unknown
from vertebro.vocabulary.texts import texts

say = texts(beside=__file__, name="wishes").say

Point = tuple[float, float, float]


@dataclass(frozen=True)
class OwnNeedle:
    """One needle as a person drew it: its name, its entry and its tip (LPS mm)."""

    name: str
    entry_mm: Point
    target_mm: Point


@dataclass(frozen=True)
class Wishes:
    """Sides (None: as usual), a route, own needles; ``gauge`` is theirs (None: the procedure's first)."""

    sides: tuple[Side, ...] | None = None
    route: Route | None = None
    own: tuple[OwnNeedle, ...] = ()
    gauge: int | None = None

    def plan(self, kind: Technique, site: Site | Unknown) -> Plan | Unknown:
        """The plan of a procedure with these wishes; own needles are measured, never moved."""
        if isinstance(site, Unknown):
            return site
        needle = needle_of(kind.gauges[0] if self.gauge is None else self.gauge)
        own = tuple(own_path(site, np.array(n.entry_mm), np.array(n.target_mm), needle) for n in self.own)
        sides = [path.side for path in own]
        for side in Side:
            if sides.count(side) > 1:
                told = {"n": sides.count(side), "side": side, "level": site.level}
                raise BadCase(*(say(f"same_side.{part}", **told) for part in ("found", "needed", "do")))
        return kind.plan(site, Asked(self.sides, self.route, own))

    def refuse_tips_outside(self, site: Site | Unknown) -> None:
        """BadCase if the tip of an own needle does not lie in the bone: nothing could be played there."""
        if isinstance(site, Unknown):
            return
        half = site.seen_from(Side.RIGHT)
        for one in self.own:
            tip = np.array(one.target_mm)
            if half.bone(half.from_world(tip)[None])[0] < 0:
                place = ", ".join(f"{x:.1f}" for x in tip)
                told = {"name": one.name, "level": site.level, "place": place}
                raise BadCase(*(say(f"outside.{part}", **told) for part in ("found", "needed", "do")))
