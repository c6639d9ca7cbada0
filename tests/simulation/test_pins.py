"""A real vertebra held sideways at single nodes of its plates is solved as quickly as one that is free."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from vertebro.formats.nifti import read_nifti
from vertebro.fracture.measure import measurable
from vertebro.fracture.parts import body_mask
from vertebro.kernels.arrays import AnyArray
from vertebro.kernels.elastic import ElasticModel, ElasticSolution, solve_elastic
from vertebro.kernels.supports import NodeValues
from vertebro.patient.spine import Spine
from vertebro.simulation.vertebra_grid import BonyVertebra
from vertebro.simulation.voxel_model import ModelSettings, VoxelModel, build_model
from vertebro.vocabulary.grades import Quantity
from vertebro.vocabulary.known import Unknown
from vertebro.vocabulary.levels import Level

LEVELS = {28: Level.L4, 29: Level.L3}


@pytest.fixture(scope="module")
def l4(shared_data: Path) -> VoxelModel:
    """L4 of a CT with voxels of 3 mm; its HU are taken for densities, which is near enough here."""
    folder = shared_data / "ct_lumbar_ts"
    ct = read_nifti(folder / "example_ct.nii.gz", Quantity.HOUNSFIELD)
    spine = Spine.from_labels(read_nifti(folder / "totalseg.nii.gz", Quantity.LABEL), LEVELS, "a test")
    body = measurable(spine, None).bodies[Level.L4]
    assert not isinstance(body, Unknown)
    bone = spine[Level.L4]
    density = replace(ct, values=np.clip(ct.values, 30, 1500), quantity=Quantity.K2HPO4_MG_CM3)
    return build_model(
        BonyVertebra(density, bone.mask, body_mask(bone, body), body.frame), ModelSettings(crush=False)
    )


def solved(model: VoxelModel, pins: tuple[NodeValues, ...]) -> ElasticSolution:
    ends = (NodeValues.at(model.top, 2, -0.1), NodeValues.at(model.bottom, 2, 0.0))
    return solve_elastic(
        ElasticModel(model.young_mpa, 0.3, (model.edge_mm,) * 3, ends + pins), tolerance=1e-8
    )


def pinned(one: AnyArray, other: AnyArray) -> tuple[NodeValues, ...]:
    """One node held in both directions of the plates, another in one: no rigid motion is left."""
    return (NodeValues.at(one, 0, 0.0), NodeValues.at(one, 1, 0.0), NodeValues.at(other, 1, 0.0))


def test_pins_in_the_middle_or_at_the_rim_cost_few_iterations_and_no_stiffness(l4: VoxelModel) -> None:
    free = solved(l4, ())
    middle = np.abs(l4.bottom - l4.bottom.mean(axis=0)).sum(axis=1).argmin()
    right = l4.bottom[:, 0].argmax()
    for one, other in ((middle, right), (0, -1)):
        held = solved(l4, pinned(l4.bottom[one], l4.bottom[other]))
        assert held.convergence[0].iterations <= 1.4 * free.convergence[0].iterations
        assert held.reaction(l4.top)[2] == pytest.approx(free.reaction(l4.top)[2], rel=1e-5)
        assert np.abs(held.reaction(l4.bottom)[:2]).max() < 1e-5 * abs(free.reaction(l4.top)[2])
