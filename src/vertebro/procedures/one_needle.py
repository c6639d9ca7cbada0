"""Vertebroplasty through one needle: its tip near the middle, from the side whose path leaves most room."""

from __future__ import annotations

from dataclasses import replace

from vertebro.procedures.grades import Robustness
from vertebro.procedures.procedure import Asked
from vertebro.procedures.site import Site
from vertebro.procedures.trajectory import Plan, Route, Side
from vertebro.procedures.vertebroplasty import Vertebroplasty
from vertebro.vocabulary.known import Unknown


class OneNeedleVertebroplasty(Vertebroplasty):
    """As vertebroplasty, with half the needles: another placement of the same cement."""

    name = "one-needle vertebroplasty"

    def plan(self, site: Site, asked: Asked) -> Plan | Unknown:
        """The better of a plan from the right and one from the left, or of the sides or needles asked for."""
        each = [replace(asked, own=(one,)) for one in asked.own]
        each = each or [replace(asked, sides=(side,)) for side in asked.sides or tuple(Side)]
        plans = [super(OneNeedleVertebroplasty, self).plan(site, one) for one in each]
        possible = [plan for plan in plans if isinstance(plan, Plan)]
        return min(possible, key=_risk) if possible else plans[0]


def _risk(plan: Plan) -> tuple[bool, float, float]:
    """Past the pedicle last; then by how often an unsteady hand meets the canal, or breaches the bone."""
    (needle,) = plan.needles
    steadiness = needle.robustness
    if not isinstance(steadiness, Robustness):
        return needle.route is not Route.TRANSPEDICULAR, 1.0, 1.0
    return needle.route is not Route.TRANSPEDICULAR, steadiness.into_canal, 1 - steadiness.acceptable
