"""The synthetic patient of the published checks: T12 to L2, L1 broken, and L2 as a laboratory has it."""

from __future__ import annotations

from functools import cache

from vertebro.patient.case import Case
from vertebro.patient.synthetic import Fracture, SyntheticSpec, synthetic_patient
from vertebro.procedures.procedure import Asked, technique
from vertebro.procedures.site import Site, site_of
from vertebro.procedures.trajectory import Plan
from vertebro.simulation.papers.rows import v
from vertebro.simulation.vertebra_grid import images_of
from vertebro.vocabulary.levels import Level

BROKEN, WHOLE = Level.L1, Level.L2


@cache
def synthetic_case() -> Case:
    """Voxels of 1.5 mm, 75 mg/cm3, a wedge of a third of the height."""
    fractures = (Fracture.wedge(BROKEN, v.wedge_of_patient_pct.number),)
    spec = SyntheticSpec(top=Level.T12, bottom=WHOLE, spacing_mm=(1.5, 1.5, 1.5), fractures=fractures)
    return synthetic_patient(spec).case()


def planned(procedure: str) -> Plan:
    """The plan of a procedure for the broken level, as the planner makes it unasked."""
    ct, spine = images_of(synthetic_case())
    site = site_of(spine, BROKEN, ct)
    plan = technique(procedure).plan(site, Asked()) if isinstance(site, Site) else site
    assert isinstance(plan, Plan), plan
    return plan
