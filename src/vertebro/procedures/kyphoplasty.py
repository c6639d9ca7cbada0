"""Balloon kyphoplasty: a cannula on each side, balloons that lift and leave a cavity, then cement."""

from __future__ import annotations

from typing import ClassVar

import numpy as np

from vertebro.errors import BadCase
from vertebro.procedures.devices import Balloon, balloons, cement
from vertebro.procedures.procedure import Course, NamedHarm, Technique
from vertebro.procedures.site import Site
from vertebro.procedures.steps import Access, Deflate, Fill, Inflate, Step
from vertebro.procedures.trajectory import Trajectory
from vertebro.procedures.vertebroplasty import HARMS
from vertebro.vocabulary.library import CitedValue, cited_values
from vertebro.vocabulary.procedures import Procedure
from vertebro.vocabulary.texts import texts

v = cited_values(beside=__file__)
say = texts(beside=__file__, name="procedure").say


class BalloonKyphoplasty(Technique):
    """Balloons first, cement into their cavities."""

    name = "kyphoplasty"
    like = Procedure.KYPHOPLASTY
    gauges: ClassVar[tuple[int, ...]] = (8, 10)
    tips = "two_balloons"
    harms = tuple(NamedHarm(heading) for heading in (*HARMS, "balloon rupture"))

    def course(self, site: Site, needles: tuple[Trajectory, ...]) -> Course:
        """Access, inflate, take the balloons out, fill the cavities and a little more."""
        sides = tuple(str(n.side) for n in needles)
        balloon = fitting_balloon(site, needles)
        filling = balloon_ml(site, balloon)
        total = filling * len(sides) + float(v.cement_beyond_cavity.value)
        steps = (
            Access(sides),
            Inflate(sides, balloon, filling),
            *self.between(sides),
            Fill(sides, cement(), total),
        )
        limits = (balloon.most_volume_ml, balloon.rated_pressure_mpa)
        unsure = any(isinstance(x, CitedValue) and x.is_setting for x in limits)
        notes = (say("balloon_limits", name=balloon.name),) if unsure else ()
        return Course((balloon, cement()), steps, notes)

    def between(self, sides: tuple[str, ...]) -> tuple[Step, ...]:
        """What is done between lifting and filling."""
        return (Deflate(sides),)


def fitting_balloon(site: Site, needles: tuple[Trajectory, ...]) -> Balloon:
    """The longest balloon through the thinnest cannula whose middle lies in the front half of the body."""
    gauge = max(n.needle.gauge for n in needles)
    room = 2 * min(_in_front_half_mm(site, n) for n in needles)
    through = [b for b in balloons() if b.needs_gauge >= gauge]
    if not through:
        raise BadCase(
            say("no_balloon.found", gauge=gauge),
            say("no_balloon.needed", gauge=max(b.needs_gauge for b in balloons())),
            say("no_balloon.do"),
        )
    lying = [b for b in through if b.length_mm <= room] or [min(through, key=lambda b: b.length_mm)]
    return max(lying, key=lambda b: (b.length_mm, -b.needs_gauge))


def balloon_ml(site: Site, balloon: Balloon) -> float:
    """A first filling of each balloon (mL): a share of the body, never above a part of its limit."""
    step = float(v.cement_step.value)
    wanted = float(v.balloon_share.value) * site.body_ml
    most = min(balloon.limit_ml * float(v.balloon_reserve.value), float(v.balloon_most.value))
    return float(max(step, np.floor(min(wanted, most) / step) * step))


def _in_front_half_mm(site: Site, needle: Trajectory) -> float:
    """How far behind its tip the needle still lies in the front half of the body."""
    body = site.body
    depths = np.arange(0.0, needle.depth_mm, 0.5)
    points = body.frame.local_mm(needle.at_mm(depths))
    half = (body.posterior_wall(points[:, 2]) + body.anterior_wall(points[:, 2])) / 2
    return float(np.count_nonzero(points[:, 1] > half)) * 0.5
