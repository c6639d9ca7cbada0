"""The published L2 of VerSe subject 004 as a vertebra of a patient, to be crushed, filled and inflated."""

from __future__ import annotations

import numpy as np

from vertebro.kernels.balloon import Ellipsoid
from vertebro.patient.frame import BodyFrame
from vertebro.patient.volume import Volume
from vertebro.procedures.devices import balloons
from vertebro.procedures.trajectory import Side
from vertebro.simulation.inflation import Inflation, Patient, PlacedBalloon, Rules, inflate
from vertebro.simulation.papers.rows import v
from vertebro.simulation.vertebra_grid import BonyVertebra, VertebraGrid, vertebra_grid
from vertebro.vocabulary.grades import Quantity
from vertebro.vocabulary.known import Unknown

BONE, BODY = 4, 2  # the highest label of each; above them lie the published caps
ROOM_MM = 9.0  # for the discs
BESIDE_MM, BEHIND_MM, STEP_ML = 8.0, 1.0, 0.5


def published_l2(density: Volume, labels: Volume, edge_mm: float) -> VertebraGrid:
    """Her L2 on cubes about the middle of its body; stored axes: side, front to back, up."""
    bone = (labels.values >= 1) & (labels.values <= BONE)
    body = bone & (labels.values <= BODY)
    middle, arch = np.argwhere(body).mean(axis=0), np.argwhere(bone & ~body).mean(axis=0)
    front = 1.0 if middle[1] > arch[1] else -1.0
    affine = np.diag([-front, -front, 1.0, 1.0])  # right-handed, with the arch behind
    affine[:3, 3] = -affine[:3, :3] @ middle
    frame = BodyFrame(np.zeros(3), np.array([-1.0, 0, 0]), np.array([0, -1.0, 0]), np.array([0, 0, 1.0]))
    given = BonyVertebra(
        Volume(density.values, affine, Quantity.K2HPO4_MG_CM3),
        Volume(bone.astype(np.float32), affine, Quantity.LABEL),
        Volume(body.astype(np.float32), affine, Quantity.LABEL),
        frame,
    )
    return vertebra_grid(given, edge_mm, ROOM_MM + 2 * edge_mm)


def inflated_l2(grid: VertebraGrid) -> Inflation:
    """Taken as broken, with two balloons beside each other."""
    middle = grid.local_mm(np.argwhere(grid.body).mean(axis=0))
    balloon = next(b for b in balloons() if b.name == v.balloon_of_l2.value)
    ahead, ml = np.array([0.0, 1.0, 0.0]), v.balloon_ml.number
    both = tuple(
        PlacedBalloon(
            s,
            balloon,
            Ellipsoid(middle + np.array([s.sign * BESIDE_MM, -BEHIND_MM, 0]), ahead, balloon.length_mm),
            ml,
        )
        for s in Side
    )
    rules = Rules(Unknown("not asked here"), step_ml=STEP_ML)
    done = inflate(Patient(grid, True, v.density_spread_of_l2.number), both, rules)
    assert isinstance(done, Inflation), done
    return done
