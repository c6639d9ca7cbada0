"""Vertebral body stenting: a balloon spreads a stent, which stays and keeps the cavity open for cement."""

from __future__ import annotations

from vertebro.procedures.devices import Stent
from vertebro.procedures.kyphoplasty import BalloonKyphoplasty
from vertebro.procedures.procedure import Course, NamedHarm
from vertebro.procedures.site import Site
from vertebro.procedures.steps import Deflate, Scaffold, Step
from vertebro.procedures.trajectory import Trajectory
from vertebro.vocabulary.known import Unknown
from vertebro.vocabulary.library import cited_values
from vertebro.vocabulary.texts import texts

v = cited_values(beside=__file__, name="vertebral_stent_values.yaml")
say = texts(beside=__file__, name="procedure").say

STENT = Stent("vertebral stent", Unknown(say("stent")), (v.stent_height_lost,))


class VertebralStent(BalloonKyphoplasty):
    """As balloon kyphoplasty, but what the balloon lifts is held by a stent while the cement comes in."""

    name = "vertebral stent"
    gauges = (8,)
    sources = (v.stent_height_lost, v.stent_leak)
    harms = (*BalloonKyphoplasty.harms, NamedHarm("cement leak", v.stent_leak))

    def course(self, site: Site, needles: tuple[Trajectory, ...]) -> Course:
        """The course of balloon kyphoplasty with a stent on each balloon."""
        course = super().course(site, needles)
        return Course((*course.devices, STENT), course.steps, (*course.notes, say("stent")))

    def between(self, sides: tuple[str, ...]) -> tuple[Step, ...]:
        """The stent is left where the balloon has spread it, then the balloon comes out."""
        return (Scaffold(sides, STENT), Deflate(sides))
