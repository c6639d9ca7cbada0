"""Walle 2025, data table: both linear strengths follow from stiffness and height in every row.

And its L2 through this program's own model (caps, directions, resampling): near the stiffness of the
published model with the same law.
"""

import csv
from pathlib import Path

import numpy as np
import pytest

from vertebro.formats.nifti import read_nifti
from vertebro.patient.frame import BodyFrame
from vertebro.patient.volume import Volume
from vertebro.simulation.loading import respond
from vertebro.simulation.vertebra_grid import BonyVertebra
from vertebro.simulation.voxel_model import ModelSettings, build_model, v
from vertebro.vocabulary.grades import Quantity


def test_the_linear_strengths_of_every_subject(shared_data: Path) -> None:
    text = (shared_data / "verse004" / "verse19fem_linear.csv").read_text(encoding="utf-8-sig")
    rows = [r for r in csv.DictReader(text.splitlines()) if r["Stiffness (linear) [N/mm]"]]
    K, H, F, R = (
        np.array([float(r[name]) for r in rows])
        for name in (
            "Stiffness (linear) [N/mm]",
            "Model height [mm]",
            "F.Load (linear) [kN]",
            "R.Force (0.2%, linear) [kN]",
        )
    )
    assert len(rows) == 160
    assert v.stiffness_based_factor.number * K * H / 1000 == pytest.approx(F, rel=1e-3)
    assert v.reaction_at_mm.number * K / 1000 == pytest.approx(R, rel=1e-3)


def test_our_own_caps_give_nearly_the_same_stiffness(shared_data: Path) -> None:
    """The header of these images is wrong, the stored axes are right: the last one is superior."""
    stem = shared_data / "verse004" / "sub-verse004_0000_vertebra_21"
    density = read_nifti(Path(f"{stem}_im.nii.gz"), Quantity.K2HPO4_MG_CM3)
    labels = read_nifti(Path(f"{stem}_seg.nii.gz"), Quantity.LABEL)
    bone, body = (
        Volume(np.isin(labels.values, some), labels.affine_mm, Quantity.LABEL)
        for some in ((1, 2, 3, 4), (1, 2))
    )
    centre = body.to_mm(np.argwhere(body.values)).mean(axis=0)
    along = labels.directions
    frame = BodyFrame.from_directions(np.round(centre), along[:, 1], along[:, 2])
    given = BonyVertebra(density, bone, body, frame)
    stiffness = {}
    for margin in (0.0, 1.0, 2.0, 3.0):
        model = build_model(given, ModelSettings(cap_margin_mm=margin))
        stiffness[margin] = respond(model, bend=False).axial_n_mm
    assert stiffness[v.cap_margin_mm.number] == pytest.approx(10547, rel=0.02)
    steps = -np.diff(np.log(list(stiffness.values()))) * 100
    assert steps.mean() == pytest.approx(v.cap_margin_effect_pct.number, abs=1)
