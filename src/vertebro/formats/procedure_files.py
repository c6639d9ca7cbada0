"""Bone, cavity, cement and needles of every procedure of a comparison, for planners and 3D printers."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from vertebro.formats.cement_files import write_surfaces
from vertebro.patient.case import Case
from vertebro.report.cement_of import Seen, cavity_of, drawn, scene_of
from vertebro.report.cement_scene import CementScene
from vertebro.simulation.compare import Compared
from vertebro.simulation.injected import Injected
from vertebro.simulation.injection import Snapshot
from vertebro.simulation.stage import Played
from vertebro.simulation.vertebra_grid import images_of
from vertebro.vocabulary.known import Unknown

SURFACES = "surfaces"
"""The folder of a comparison's surfaces, within its output."""


def write_procedures(compared: Compared, case: Case, out: Path) -> tuple[str, ...]:
    """One folder a procedure in ``out/surfaces``, named after its volume; gives what is to be said of them.

    The cement is that of the planned volume (with the cavities the balloons reached), or of the largest that
    was played if all were smaller. Where the injection did not come to it there is no cement, and the
    folder's name says so.
    """
    said = []
    for name, played in compared.played.items():
        ml = min(played.plan.cement_ml, played.injection.asked_ml)
        moment = played.moment(ml)
        slug = name.replace(" ", "-")
        if isinstance(moment, Unknown):
            place = f"{SURFACES}/{slug}-no-cement"
            said.append(f"{place}: bone and needles alone. {moment.why}")
        else:
            place = f"{SURFACES}/{slug}-{ml:g}mL"
            said.append(f"{place}: {ml:g} mL of cement")
        write_surfaces(played_scene(played, moment, case), out / place)
    return tuple(said)


def played_scene(played: Played, moment: Snapshot | Unknown, case: Case) -> CementScene:
    """The vertebra as imaged with needles and cavity, and the cement of a moment (none where Unknown)."""
    ct, spine = images_of(case)
    level = played.plan.level
    seen = Seen(str(level), ct, spine[level].mask, cavity_of(played.inflation))
    return scene_of(_injected(played, moment), seen, drawn(played.needles))


def _injected(played: Played, moment: Snapshot | Unknown) -> Injected:
    if not isinstance(moment, Unknown):
        return Injected.at(played.injection, moment)
    bone = played.injection.bone
    return Injected(bone.grid, bone.porosity, np.zeros(bone.grid.shape))
