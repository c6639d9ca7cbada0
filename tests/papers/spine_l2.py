"""The published L2 of VerSe subject 004 as a vertebra of a patient, for the tests that crush and fill it."""

from pathlib import Path

import nibabel
import numpy as np

from vertebro.patient.frame import BodyFrame
from vertebro.patient.volume import Volume
from vertebro.simulation.vertebra_grid import BonyVertebra, VertebraGrid, vertebra_grid
from vertebro.vocabulary.grades import Quantity


def published_l2(folder: Path, edge_mm: float) -> VertebraGrid:
    """Her L2 on cubes about the middle of its body; stored axes: side, front to back, up."""
    images = [nibabel.load(folder / f"sub-verse004_0000_vertebra_21_{part}.nii.gz") for part in ("im", "seg")]
    density, labels = (np.asarray(image.dataobj, dtype=np.float32) for image in images)
    bone = (labels >= 1) & (labels <= 4)
    body = bone & (labels <= 2)
    middle, arch = np.argwhere(body).mean(axis=0), np.argwhere(bone & ~body).mean(axis=0)
    front = 1.0 if middle[1] > arch[1] else -1.0
    affine = np.diag([-front, -front, 1.0, 1.0])  # right-handed, with the arch behind
    affine[:3, 3] = -affine[:3, :3] @ middle
    frame = BodyFrame(np.zeros(3), np.array([-1.0, 0, 0]), np.array([0, -1.0, 0]), np.array([0, 0, 1.0]))
    given = BonyVertebra(
        Volume(density, affine, Quantity.K2HPO4_MG_CM3),
        Volume(bone.astype(np.float32), affine, Quantity.LABEL),
        Volume(body.astype(np.float32), affine, Quantity.LABEL),
        frame,
    )
    return vertebra_grid(given, edge_mm, room_mm=9.0 + 2 * edge_mm)
