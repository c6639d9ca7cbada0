"""A segment as voxels: equilibrium, energy, symmetry, refinement, dose, locking, joints, refusals."""

from dataclasses import replace

import numpy as np
import pytest

from segments import SMALL, phantom, pillar
from vertebro.errors import BadModel
from vertebro.kernels.elastic import ElasticModel, ElasticSolution, solve_elastic
from vertebro.kernels.hexahedron import Integration
from vertebro.kernels.stresses import force_through_cut, solid_voxels
from vertebro.kernels.supports import NodeValues
from vertebro.simulation.discs import DISCS, Tissue, disc_between, v
from vertebro.simulation.segment import (
    SaturationField,
    SegmentModel,
    SegmentSettings,
    build_segment,
    with_cement,
)
from vertebro.simulation.segment_response import SegmentResponse, respond_segment
from vertebro.simulation.voxel_model import plate_nodes

FORCE_N = 300.0


def small(count: int = 2, edge_mm: float = 1.0) -> SegmentModel:
    return build_segment(phantom(count, edge_mm, **SMALL), SegmentSettings(voxel_mm=edge_mm))


def filled(model: SegmentModel, share: float = 0.7, right_mm: float = 0.0) -> SegmentResponse:
    cement = pillar(model.grid, 2, (15 * share, 11 * share), right_mm)
    return respond_segment(with_cement(model, 2, cement, 1.0))


@pytest.fixture(scope="module")
def three() -> SegmentResponse:
    return respond_segment(small(count=3))


def pressed(model: SegmentModel, integration: Integration = Integration.SELECTIVE) -> ElasticSolution:
    ends = (NodeValues.at(model.top, 2, -0.1), NodeValues.at(model.bottom, 2, 0.0))
    edges = (model.grid.edge_mm,) * 3
    return solve_elastic(
        ElasticModel(model.young_mpa, model.poisson, edges, ends, integration=integration), tolerance=1e-8
    )


def pressures(response: SegmentResponse, force_n: float = FORCE_N, forward_mm: float = 0.0) -> list[float]:
    motion = response.motion(force_n, forward_mm)
    return [response.pressure_mpa(motion, disc) for disc in response.model.discs]


def test_the_discs_fill_the_room_between_the_end_plates() -> None:
    model = small(count=3)
    assert model.dropped_voxels == 0 and len(model.discs) == 2
    for disc in model.discs:
        assert disc.bone_taken == 0
        assert disc.core.sum() / disc.columns.sum() == pytest.approx(v.nucleus_share.number, abs=0.03)
        assert 8 <= disc.height_mm(1.0) <= 11  # 8 mm and two hollows
        behind = np.argwhere(disc.columns)[:, 1].mean() - np.argwhere(disc.core)[:, 1].mean()
        assert 0 < behind < 2
    nucleus = model.tissue == Tissue.NUCLEUS
    assert set(np.unique(model.young_mpa[nucleus])) == {1.0}
    assert (model.poisson[nucleus] == 0.499).all()


def test_every_cut_carries_the_load_and_the_work_is_the_energy() -> None:
    model = small(count=3)
    solution = pressed(model)
    top, bottom = (solution.reaction(nodes)[2] for nodes in (model.top, model.bottom))
    assert top == pytest.approx(-bottom, rel=1e-5)
    voxels = solid_voxels(solution)
    k = np.arange(model.tissue.shape[2])
    for level in (30, 36, 45, 52):  # through a disc, a body, a disc, a body
        side = np.broadcast_to(k >= level, model.tissue.shape)
        assert force_through_cut(solution, voxels, side)[2] == pytest.approx(top, rel=1e-5)
    assert solution.energy_nmm == pytest.approx(0.5 * top * -0.1, rel=1e-9)


def test_the_stiffness_holds_the_energy_of_every_motion(three: SegmentResponse) -> None:
    np.testing.assert_allclose(three.energy_nmm, np.diag(three.stiffness) / 2, rtol=1e-4)


def test_pressures_are_linear_and_near_the_mean_stress(three: SegmentResponse) -> None:
    once, twice = pressures(three), pressures(three, 2 * FORCE_N)
    np.testing.assert_allclose(twice, 2 * np.array(once))
    for pressure, disc in zip(once, three.model.discs, strict=True):
        assert 0.8 < pressure * disc.area_mm2(1.0) / FORCE_N < 1.6


def test_a_load_further_forward_tilts_forward_and_turning_left_mirrors_right(three: SegmentResponse) -> None:
    rest, forward = three.motion(FORCE_N), three.motion(FORCE_N, forward_mm=3.0)
    assert forward[1] > rest[1]
    right, left = three.motion(FORCE_N, right_mm=2.0), three.motion(FORCE_N, right_mm=-2.0)
    assert right[2] == pytest.approx(-left[2], rel=1e-3) and right[0] == pytest.approx(left[0], rel=1e-4)


def test_cement_on_one_side_mirrored_is_the_mirrored_answer() -> None:
    model = small()
    one, other = (filled(model, 0.4, side) for side in (5.0, -5.0))
    assert pressures(one) == pytest.approx(pressures(other), rel=1e-4)
    a, b = one.motion(FORCE_N), other.motion(FORCE_N)
    assert a[2] == pytest.approx(-b[2], rel=5e-3) and abs(a[2]) > 1e-5
    assert a[2] < 0  # the soft side is on the left, and the plate sinks there


def test_more_cement_is_more_pressure_and_a_stiffer_segment() -> None:
    model = small()
    answers = [respond_segment(model), *(filled(model, share) for share in (0.4, 0.6, 0.85))]
    stiffness = [r.axial_n_mm for r in answers]
    assert np.all(np.diff(stiffness) > 0)
    assert all(pressures(r)[0] > pressures(answers[0])[0] for r in answers[1:])
    strains = [r.strain_of_body(r.motion(FORCE_N), 2) for r in answers]
    assert np.all(np.diff(strains) < 0)
    weaker = respond_segment(with_cement(model, 2, pillar(model.grid, 2, (9.0, 6.6)), 0.5))
    assert answers[0].axial_n_mm < weaker.axial_n_mm < answers[2].axial_n_mm


@pytest.mark.slow
def test_half_the_edge_changes_pressure_and_cement_effect_little() -> None:
    found = []
    for edge in (1.0, 0.5):
        model = small(edge_mm=edge)
        before, after = pressures(respond_segment(model))[0], pressures(filled(model))[0]
        found.append((before, 100 * (after / before - 1)))
    (coarse, coarse_rise), (fine, fine_rise) = found
    assert coarse == pytest.approx(fine, rel=0.08)
    assert coarse_rise == pytest.approx(fine_rise, abs=0.5)


def halved(model: SegmentModel) -> SegmentModel:
    """The very same shapes with voxels of half the edge."""
    tissue, young, poisson = (
        a.repeat(2, 0).repeat(2, 1).repeat(2, 2) for a in (model.tissue, model.young_mpa, model.poisson)
    )
    layers = np.flatnonzero((tissue == Tissue.CAP).any(axis=(0, 1)))
    top, bottom = (plate_nodes(tissue == Tissue.CAP, layers[n], step) for n, step in ((-1, 1), (0, 0)))
    grid = replace(model.grid, edge_mm=model.grid.edge_mm / 2)
    return replace(model, grid=grid, tissue=tissue, young_mpa=young, poisson=poisson, top=top, bottom=bottom)


def test_the_discs_do_not_lock() -> None:
    """The textbook brick makes nearly incompressible discs much stiffer; ours are near a finer grid."""
    coarse = small(edge_mm=2.0)
    poisson = np.where(coarse.tissue == Tissue.ANNULUS, 0.499, coarse.poisson)
    coarse = replace(coarse, poisson=poisson)  # all of the disc, so that locking would show
    fine = pressed(halved(coarse)).reaction(halved(coarse).top)[2]
    ours = pressed(coarse).reaction(coarse.top)[2]
    textbook = pressed(coarse, Integration.FULL).reaction(coarse.top)[2]
    assert ours == pytest.approx(fine, rel=0.1)
    assert textbook / fine > 1.2


def with_arches(gap_mm: float) -> SegmentModel:
    """Columns behind both bodies that end ``gap_mm`` from each other, joined to the bodies by pedicles."""
    grid = phantom(**SMALL)
    x, y, z = (grid.first_mm[a] + np.arange(n) for a, n in enumerate(grid.number.shape))
    x, y, z = np.meshgrid(x, y, z, indexing="ij")
    number, density = grid.number.copy(), grid.density.copy()
    number, density = (np.pad(a, ((0, 0), (8, 0), (0, 0))) for a in (number, density))
    shape = number.shape
    column = np.zeros(shape, bool)
    column[8:24, 2:8] = True
    column &= np.arange(shape[2]) > 6
    column &= np.arange(shape[2]) < shape[2] - 6
    pedicle = np.zeros(shape, bool)
    pedicle[8:24, 2:16, 8:14] = pedicle[8:24, 2:16, -14:-8] = True
    middle = shape[2] / 2
    k = np.arange(shape[2]) + 0.5
    for n, side in ((1, k > middle + gap_mm / 2), (2, k < middle - gap_mm / 2)):
        own = (column | pedicle) & side & (number == 0)
        number[own], density[own] = n, 500.0
    body = np.pad(grid.is_body, ((0, 0), (8, 0), (0, 0)))
    first = grid.first_mm - [0, 8, 0]
    return build_segment(
        replace(grid, number=number, density=density, is_body=body, first_mm=first), SegmentSettings()
    )


def test_joints_fill_narrow_gaps_and_carry_part_of_the_load() -> None:
    joined, apart = with_arches(2.0), with_arches(7.0)
    assert (joined.tissue == Tissue.JOINT).sum() > 50
    assert (apart.tissue == Tissue.JOINT).sum() == 0
    response = respond_segment(joined)
    share = response.joint_share(response.motion(FORCE_N), 1)
    assert 0.02 < share < 0.9
    free = respond_segment(apart)
    assert free.joint_share(free.motion(FORCE_N), 1) == 0
    assert response.axial_n_mm > free.axial_n_mm
    assert pressures(response)[0] < pressures(free)[0]


def test_bones_that_touch_are_parted_by_a_joint_not_welded() -> None:
    model = with_arches(0.0)
    upper = (model.grid.number == 1) & (model.tissue == Tissue.BONE)
    lower = (model.grid.number == 2) & (model.tissue == Tissue.BONE)
    i, j, k = np.nonzero(upper)
    near = np.zeros_like(upper)
    for step in np.ndindex(3, 3, 3):
        near[i + step[0] - 1, j + step[1] - 1, k + step[2] - 1] = True
    assert not (near & lower).any()


def test_bodies_that_touch_give_way_to_a_thin_disc_and_that_is_counted() -> None:
    grid = phantom(half_mm=(15.0, 11.0), body_mm=14.0, disc_mm=0.0)
    disc = disc_between(grid.body(1), grid.body(2), 1.0)
    assert (disc.upper - disc.lower + 1)[disc.columns].min() >= 2
    assert disc.bone_taken > 50


def test_cement_stays_in_the_bone_of_its_vertebra() -> None:
    model = small()
    affine = np.diag([500.0, 500, 500, 1])
    affine[:3, 3] = -250
    everywhere = SaturationField(np.ones((2, 2, 2)), affine)
    changed = with_cement(model, 2, everywhere, 1.0).young_mpa != model.young_mpa
    assert changed.any() and (model.grid.number[changed] == 2).all()
    assert (model.tissue[changed] == Tissue.BONE).all()


def test_refusals() -> None:
    with pytest.raises(BadModel, match="between 0 and 1"):
        SaturationField(np.full((2, 2, 2), 1.5), np.eye(4))
    with pytest.raises(BadModel, match="where it lies"):
        SaturationField(np.ones((2, 2, 2)), np.eye(3))
    far = np.zeros((20, 20, 20), bool)
    near = far.copy()
    far[2:5, 2:5, 12:15] = near[12:15, 12:15, 2:5] = True
    with pytest.raises(BadModel, match="do not face"):
        disc_between(far, near, 1.0)
    assert set(DISCS) >= {"nucleus and annulus", "one material"}
