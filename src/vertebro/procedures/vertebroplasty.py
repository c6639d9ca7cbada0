"""Percutaneous vertebroplasty: a needle on one or both sides, then cement into the unopened bone."""

from __future__ import annotations

from vertebro.procedures.devices import cement
from vertebro.procedures.procedure import Course, NamedHarm, Technique, cement_share_ml
from vertebro.procedures.site import Site
from vertebro.procedures.steps import Access, Fill
from vertebro.procedures.trajectory import Trajectory
from vertebro.vocabulary.procedures import Procedure

HARMS = (
    "cement leak",
    "infection",
    "cement in the lung",
    "allergy",
    "cord or root injury",
    "new fracture",
    "anaesthetic and general risk",
)


class Vertebroplasty(Technique):
    """Cement into the bone as it is."""

    name = "vertebroplasty"
    like = Procedure.VERTEBROPLASTY
    gauges = (11, 13)
    harms = tuple(NamedHarm(heading) for heading in HARMS)

    def course(self, site: Site, needles: tuple[Trajectory, ...]) -> Course:
        """Access, then fill."""
        sides = tuple(str(n.side) for n in needles)
        return Course((cement(),), (Access(sides), Fill(sides, cement(), cement_share_ml(site))))
