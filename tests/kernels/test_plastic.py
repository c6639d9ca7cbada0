"""Bodies that yield: closed forms of blocks, beams and tubes, energy, steps, threads, bad input."""

import os
import subprocess
import sys
from dataclasses import replace

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from vertebro.errors import BadModel, NotConverged
from vertebro.kernels.arrays import Array
from vertebro.kernels.cycles import Effort
from vertebro.kernels.elastic import ElasticModel, solve_elastic
from vertebro.kernels.hexahedron import Integration
from vertebro.kernels.plastic import Criterion, PlasticSolution, YieldLaw, solve_plastic
from vertebro.kernels.resources import estimated_bytes
from vertebro.kernels.stresses import solid_voxels, strains, stresses_mpa
from vertebro.kernels.supports import NodeValues

E, NU, Y = 1000.0, 0.3, 10.0
LAWS = [
    pytest.param(YieldLaw(Criterion.VON_MISES, Y), id="von Mises"),
    pytest.param(YieldLaw(Criterion.TRESCA, Y), id="Tresca"),
    pytest.param(YieldLaw(Criterion.MOHR_COULOMB, Y, Y / 2), id="Mohr-Coulomb"),
    pytest.param(YieldLaw(Criterion.DRUCKER_PRAGER, Y, Y / 2), id="Drucker-Prager"),
]


def ends(shape: tuple[int, ...]) -> tuple[Array, Array]:
    """Nodes of the upper and lower face."""
    top = np.zeros([n + 1 for n in shape], bool)
    bottom = top.copy()
    top[:, :, -1] = bottom[:, :, 0] = True
    return top, bottom


def column(shape: tuple[int, int, int], strain: float, **rest: object) -> ElasticModel:
    """Pressed by a strain along the last axis, free sideways."""
    edges = rest.pop("edges_mm", (1.0, 0.8, 1.2))
    top, bottom = ends(shape)
    held = (NodeValues.at(top, 2, -strain * shape[2] * edges[2]), NodeValues.at(bottom, 2, 0.0))  # type: ignore[index]
    young = rest.pop("young", np.full(shape, E))
    return ElasticModel(young, NU, edges, held, **rest)  # type: ignore[arg-type]


def rough(shape: tuple[int, int, int], seed: int = 0) -> tuple[ElasticModel, YieldLaw]:
    """A porous body of mixed stiffness and strength between plates."""
    rng = np.random.default_rng(seed)
    young = 10 ** rng.uniform(1.5, 3, shape) * (rng.uniform(size=shape) > 0.15)
    young[:, :, [0, -1]] = 500.0
    limit = np.where(young > 0, 0.006 * young, 1.0)
    return column(shape, 0.015, young=young), YieldLaw(Criterion.TRESCA, limit)


@pytest.mark.parametrize("law", LAWS)
def test_crushed_block_follows_the_law_of_its_points(law: YieldLaw) -> None:
    shape, factors = (3, 4, 5), np.array([0.2, 0.45, 0.55, 1.0])
    solved = solve_plastic(column(shape, 0.02), law, factors)
    stress = solved.force_n(ends(shape)[0], 2) / (3 * 4 * 0.8)
    assert_allclose(stress, -np.minimum(0.02 * factors * E, Y), rtol=2e-5)


def test_hardening_and_unloading_follow_the_bilinear_curve() -> None:
    """Up to 2 %, down to half, up again: slope E H/(E + H), elastic return, no new yield before the old."""
    H, factors = 100.0, np.array([0.5, 1.0, 0.8, 0.9, 1.0, 1.2])
    law = YieldLaw(Criterion.VON_MISES, Y, hardening_mpa=H)
    solved = solve_plastic(column((2, 2, 3), 0.02), law, factors)
    stress = -solved.force_n(ends((2, 2, 3))[0], 2) / (2 * 2 * 0.8)
    slope = E * H / (E + H)
    top = Y + 0.01 * slope
    expected = [10, top, top - 0.004 * E, top - 0.002 * E, top, Y + 0.014 * slope]
    assert_allclose(stress, expected, rtol=2e-5)
    assert_allclose(solved.equivalent_plastic_strain, 0.024 - expected[-1] / E, rtol=1e-4)


def test_plane_strain_block_carries_more_by_von_mises_than_by_tresca() -> None:
    """Crushed between walls: 2/sqrt(3) of the yield stress, and the yield stress."""
    shape = (2, 3, 3)
    for criterion, carried in ((Criterion.VON_MISES, 2 / np.sqrt(3)), (Criterion.TRESCA, 1.0)):
        model = column(shape, 0.08)
        everywhere = np.ones([n + 1 for n in shape], bool)
        walls = (NodeValues.at(everywhere, 0, 0.0),)
        model = ElasticModel(model.young_mpa, NU, model.edges_mm, (*model.displacements_mm, *walls))
        solved = solve_plastic(model, YieldLaw(criterion, Y), [0.2, 0.6, 1.0])
        area = 2 * 3 * 0.8
        assert_allclose(-solved.force_n(ends(shape)[0], 2)[-1] / area, carried * Y, rtol=1e-3)


def test_bent_beam_carries_half_as_much_again() -> None:
    """M = Y b h^2/4 (1 - (k_e/k)^2/3) for a rectangle, where k_e is the curvature of first yield."""
    shape, turn = (1, 24, 8), 0.02
    top, bottom = ends(shape)
    place = np.argwhere(top)
    arm = (place[:, 1] - 12) * 1.0
    held = (NodeValues.at(top, 2, turn * arm), NodeValues.at(bottom, 2, 0.0))
    law = YieldLaw(Criterion.VON_MISES, Y)
    solved = solve_plastic(ElasticModel(np.full(shape, E), NU, (1.0, 1.0, 1.0), held), law, [0.2, 0.5, 1.0])
    force = solved.final.reactions()[tuple(place.T)][:, 2]
    ratio = (2 * Y / (E * 24)) / (turn / 8)
    assert_allclose(force @ arm, Y * 24**2 / 4 * (1 - ratio**2 / 3), rtol=0.01)


def tube(n: int, share_of_limit: float, criterion: Criterion, integration: Integration) -> PlasticSolution:
    """A quarter of a tube (inner radius n voxels, outer 2 n) in plane strain under inner pressure."""
    outer = 2 * n
    i, j = np.meshgrid(np.arange(outer) + 0.5, np.arange(outer) + 0.5, indexing="ij")
    radius = np.hypot(i, j)
    solid = ((radius >= n) & (radius < outer))[:, :, None]
    touched = np.zeros((outer + 1, outer + 1, 2), bool)
    for a, b, c in np.ndindex(2, 2, 2):
        touched[a : a + outer, b : b + outer, c : c + 1] |= solid
    walls = []
    for axis in (0, 1):
        wall = touched.copy()
        wall[(slice(None),) * axis + (slice(1, None),)] = False
        walls.append(NodeValues.at(wall, axis, 0.0))
    walls.append(NodeValues.at(touched, 2, 0.0))
    pressure = np.zeros((outer + 1, outer + 1, 2, 2))
    for a, b in np.argwhere(radius < n):
        for axis, (x, y) in enumerate(((a + 1, b), (a, b + 1))):
            if x < outer and y < outer and solid[x, y, 0]:
                for d in (0, 1):
                    pressure[x + d * axis, y + d * (1 - axis), :, axis] += 0.25
    forces = []
    for axis in (0, 1):
        where = (pressure[..., axis] != 0) & ~np.isin(
            np.arange(touched.size), np.ravel_multi_index(tuple(walls[axis].nodes.T), touched.shape)
        ).reshape(touched.shape)
        forces.append(NodeValues.at(where, axis, pressure[..., axis][where]))
    model = ElasticModel(
        np.where(solid, E, 0.0), NU, (1.0, 1.0, 1.0), tuple(walls), tuple(forces), integration=integration
    )
    limit = Y * np.log(2) * (2 / np.sqrt(3) if criterion is Criterion.VON_MISES else 1.0)
    path = limit * share_of_limit * np.array([0.5, 0.7, 0.85, 0.95, 1.0])
    return solve_plastic(model, YieldLaw(criterion, Y), path, tolerance=1e-5)


@pytest.mark.parametrize("criterion", [Criterion.VON_MISES, Criterion.TRESCA])
def test_tube_under_pressure_bursts_at_the_analytic_limit(criterion: Criterion) -> None:
    """p = Y ln(b/a) (Tresca), 2/sqrt(3) of it (von Mises); steps of voxels cost some per cent."""
    assert tube(8, 0.93, criterion, Integration.CENTRE).steps[-1].yielding_share > 0.4
    with pytest.raises(NotConverged, match="limit load"):
        tube(8, 1.01, criterion, Integration.CENTRE)


def test_textbook_bricks_lock_and_carry_more_than_the_limit() -> None:
    """Why strength is read off at a strain or an offset, never as a maximum."""
    assert tube(8, 1.03, Criterion.VON_MISES, Integration.FULL).steps[-1].newton > 0


def test_newton_converges_quadratically() -> None:
    """Near the end each residual is at most about the square of the one before (times a constant)."""
    model, law = rough((6, 6, 8))
    seen: list[tuple[float, ...]] = []
    solve_plastic(model, law, [0.6, 0.8], tolerance=1e-9, tell=lambda s: seen.append(s.residuals))
    sizes = np.array(seen[-1])
    orders = np.log(sizes[2:]) / np.log(sizes[1:-1])
    assert orders[-2:].max() > 1.5, sizes


def test_work_is_stored_or_lost() -> None:
    """Work of the plates = elastic energy + dissipation, up to the length of the steps."""
    model, law = rough((5, 6, 7))
    factors = np.linspace(0, 1, 41)[1:]
    solved = solve_plastic(model, law, factors)
    top, _ = ends(model.young_mpa.shape)
    force = np.concatenate([[0.0], solved.force_n(top, 2)])
    travel = np.concatenate([[0.0], factors]) * model.displacements_mm[0].values[0]
    work = np.trapezoid(force, travel)
    unloaded = solve_plastic(model, law, [*factors, 0.999])  # the stored part comes back elastically
    assert unloaded.dissipated_nmm.sum() == pytest.approx(solved.dissipated_nmm.sum(), rel=1e-3)
    voxels = solid_voxels(solved.final)
    assert 0 < solved.dissipated_nmm.sum() < work
    mean = strains(solved.final, voxels) - solved.plastic_strain[tuple(voxels.index.T)]
    stored = 0.5 * (voxels.lam_mpa * mean[:, :3].sum(axis=1) ** 2 + 2 * voxels.mu_mpa * (mean[:, :3] ** 2).sum(axis=1) + voxels.mu_mpa * (mean[:, 3:] ** 2).sum(axis=1))  # fmt: skip  # noqa: E501
    at_least = stored.sum() * np.prod(
        model.edges_mm
    )  # the mean strain of a voxel stores less than its points
    assert at_least + solved.dissipated_nmm.sum() < work * 1.002
    assert at_least + solved.dissipated_nmm.sum() > 0.85 * work


def test_force_does_not_depend_on_the_length_of_steps() -> None:
    model, law = rough((5, 5, 6))
    top, _ = ends(model.young_mpa.shape)
    coarse = solve_plastic(model, law, np.linspace(0, 1, 5)[1:]).force_n(top, 2)
    fine = solve_plastic(model, law, np.linspace(0, 1, 17)[1:]).force_n(top, 2)
    assert_allclose(coarse, fine[3::4], rtol=0.01)


def test_elastic_voxels_and_small_loads_answer_as_the_elastic_solver() -> None:
    model, law = rough((5, 6, 5))
    top, _ = ends(model.young_mpa.shape)
    elastic = solve_elastic(model, tolerance=1e-9).reaction(top)[2]
    never = YieldLaw(Criterion.MOHR_COULOMB, np.inf)
    for which, factor in ((never, 1.0), (law, 0.02)):
        solved = solve_plastic(model, which, [factor], tolerance=1e-8)
        assert_allclose(solved.force_n(top, 2), factor * elastic, rtol=1e-6)
        assert not solved.yielding.any()


def test_mirrored_body_gives_the_mirrored_damage() -> None:
    model, law = rough((5, 4, 6))
    mirrored = ElasticModel(
        model.young_mpa[::-1].copy(),
        NU,
        model.edges_mm,
        model.displacements_mm,
        integration=model.integration,
    )
    flipped = YieldLaw(law.criterion, law.compressive_mpa[::-1].copy())  # type: ignore[index]
    one = solve_plastic(model, law, [0.5, 1.0], tolerance=1e-8)
    other = solve_plastic(mirrored, flipped, [0.5, 1.0], tolerance=1e-8)
    assert_allclose(other.equivalent_plastic_strain[::-1], one.equivalent_plastic_strain, atol=2e-5 * 0.015)
    assert one.equivalent_plastic_strain.max() > 0.005


def test_any_number_of_threads_gives_the_same_bits() -> None:
    model, law = rough((34, 14, 15))
    found = [solve_plastic(model, law, [0.5, 1.0], effort=Effort(threads=n)) for n in (1, 2, 3)]
    for other in found[1:]:
        assert_array_equal(other.equivalent_plastic_strain, found[0].equivalent_plastic_strain)
        assert_array_equal(other.final.reaction_n, found[0].final.reaction_n)


SMALL = """
import numpy as np
from vertebro.kernels.elastic import ElasticModel
from vertebro.kernels.plastic import Criterion, YieldLaw, solve_plastic
from vertebro.kernels.supports import NodeValues
rng = np.random.default_rng(0)
young = 10 ** rng.uniform(1, 3, (3, 3, 4))
ends = [np.zeros((4, 4, 5), bool) for _ in range(2)]
ends[0][:, :, 0] = ends[1][:, :, -1] = True
held = [NodeValues.at(end, axis, -0.06 * n) for n, end in enumerate(ends) for axis in range(3)]
nu = np.where(young > 100, 0.3, 0.45)
model = ElasticModel(young, nu, (1.0, 0.8, 1.2), tuple(held))
for criterion in (Criterion.DRUCKER_PRAGER, Criterion.MOHR_COULOMB):
    solved = solve_plastic(model, YieldLaw(criterion, 0.006 * young, 0.004 * young), [0.5, 1.0])
    print(*solved.final.reaction(ends[1]).tolist(), solved.dissipated_nmm.sum())
"""


def test_compiled_and_plain_python_crush_alike() -> None:
    results = []
    for disabled in ("0", "1"):
        done = subprocess.run(
            [sys.executable, "-c", SMALL],
            env=os.environ | {"NUMBA_DISABLE_JIT": disabled},
            check=True, capture_output=True, text=True,
        )  # fmt: skip
        results.append([float(x) for x in done.stdout.split()])
    assert_allclose(results[1], results[0], rtol=1e-4)


@pytest.mark.parametrize(
    ("law", "said"),
    [
        (YieldLaw(Criterion.VON_MISES, 0.0), "yield stress of 0 MPa"),
        (YieldLaw(Criterion.VON_MISES, float("nan")), "yield stress of nan"),
        (YieldLaw(Criterion.VON_MISES, np.ones((2, 2, 2))), "has the shape"),
        (YieldLaw(Criterion.TRESCA, 10.0, 5.0), "TRESCA cannot hold"),
        (YieldLaw(Criterion.MOHR_COULOMB, 5.0, 10.0), "stronger in tension"),
        (YieldLaw(Criterion.TRESCA, 5.0, hardening_mpa=1.0), "was given hardening"),
        (YieldLaw(Criterion.VON_MISES, 5.0, hardening_mpa=-1.0), "below 0"),
    ],
)
def test_laws_no_solid_has_are_refused(law: YieldLaw, said: str) -> None:
    with pytest.raises(BadModel, match=said):
        solve_plastic(column((3, 3, 3), 0.01), law, [1.0])


def test_a_path_without_points_is_refused() -> None:
    with pytest.raises(BadModel, match="load factors"):
        solve_plastic(column((3, 3, 3), 0.01), YieldLaw(Criterion.TRESCA, 5.0), [])


def pushed(newton: float) -> ElasticModel:
    """A porous body on one plate, pushed down and sideways by forces on the other."""
    model, _ = rough((5, 6, 7))
    top, bottom = ends((5, 6, 7))
    held = tuple(NodeValues.at(bottom, axis, 0.0) for axis in range(3))
    forces = NodeValues.at(top, 2, -newton / top.sum()), NodeValues.at(top, 0, newton / 6 / top.sum())
    return ElasticModel(model.young_mpa, NU, model.edges_mm, held, forces)


def test_a_body_loaded_by_forces_comes_back_to_nought() -> None:
    """Its balance is measured by the largest forces it bore: of nought, rounding would be all."""
    law, factors = (
        YieldLaw(Criterion.VON_MISES, 3.0, hardening_mpa=50.0),
        [0.001, 0.003, 0.0, 0.003, 1.0, 0.0],
    )
    solved = solve_plastic(pushed(36.0), law, factors)
    _, bottom = ends((5, 6, 7))
    assert_allclose(solved.force_n(bottom, 2), 36 * np.array(factors), atol=36e-6)
    assert solved.equivalent_plastic_strain.max() > 1e-4


@pytest.mark.parametrize("law", LAWS)
def test_turning_back_and_standing_still_tell_the_force_of_each_step(law: YieldLaw) -> None:
    """Pressed, held, pulled, pressed again: each factor heard in its turn, each force the closed form."""
    factors, heard = [0.7, 0.7, 1.0, 0.5, 0.0, -0.6, -0.6, 1.2], []
    solved = solve_plastic(column((2, 2, 3), 0.02), law, factors, tell=lambda s: heard.append(s.factor))
    tensile = Y if law.tensile_mpa is None else float(law.tensile_mpa)
    stress, at, expected = 0.0, 0.0, []
    for factor in factors:
        stress = float(np.clip(stress - 0.02 * (factor - at) * E, -Y, tensile))
        at = factor
        expected.append(stress)
    assert heard == factors
    assert_allclose(solved.force_n(ends((2, 2, 3))[0], 2) / (2 * 2 * 0.8), expected, atol=2e-4 * Y)


def test_what_is_no_number_does_not_pass_for_balance() -> None:
    """A tensile yield stress whose ratio to the compressive one overflows gives no force, not a wrong one."""
    law = YieldLaw(Criterion.MOHR_COULOMB, 10.0, 1e-310)
    with pytest.raises(NotConverged, match="residual nan"):
        solve_plastic(column((2, 2, 3), 0.01), law, [0.5])


def test_memory_for_the_points_is_refused_before_the_solve(monkeypatch: pytest.MonkeyPatch) -> None:
    """A body that the linear solver could take does not fit with what its points keep."""
    model = column((8, 8, 10), 0.01)
    points = 640 * 8 * (7 * 8 + 21 * 4)
    grid = solve_elastic(model).grid
    there = estimated_bytes(grid)
    monkeypatch.setattr("vertebro.kernels.resources.available_bytes", lambda: there + points)
    solve_elastic(model)
    with pytest.raises(BadModel, match="GiB of memory"):
        solve_plastic(model, YieldLaw(Criterion.TRESCA, Y), [1.0])


@pytest.mark.parametrize("integration", list(Integration))
def test_every_layer_of_a_crushed_body_carries_the_force_of_its_plates(integration: Integration) -> None:
    """Mean stresses without the plastic strain, not the elastic ones of the whole strain."""
    model, law = rough((5, 6, 7))
    model = replace(model, integration=integration)
    solved = solve_plastic(model, law, [0.5, 1.0, 0.9], tolerance=1e-8)
    voxels = solid_voxels(solved.final)
    along = solved.stress_mpa(voxels)[:, 2]
    layers = np.bincount(voxels.index[:, 2], along) * np.prod(model.edges_mm[:2])
    force = solved.force_n(ends((5, 6, 7))[0], 2)[-1]
    assert_allclose(layers, force, rtol=1e-5)
    elastic = stresses_mpa(strains(solved.final, voxels), voxels)[:, 2]
    assert abs(elastic).max() > 2 * abs(along).max()


def test_work_of_forces_is_that_of_the_step() -> None:
    elastic = solve_elastic(pushed(0.1))
    solved = solve_plastic(pushed(0.1), YieldLaw(Criterion.VON_MISES, np.inf), [0.25, 0.5])
    assert solved.final.energy_nmm == pytest.approx(elastic.energy_nmm / 4, rel=1e-5)


def test_what_the_void_is_given_does_not_matter() -> None:
    young = np.zeros((4, 4, 4))
    young[1:3, 1:3] = E
    top, bottom = ends((4, 4, 4))
    top[[0, 4]] = bottom[[0, 4]] = top[:, [0, 4]] = bottom[:, [0, 4]] = False
    held = (NodeValues.at(top, 2, -0.08), NodeValues.at(bottom, 2, 0.0))
    limit, hardening = (np.where(young > 0, x, np.nan) for x in (Y, 100.0))
    law = YieldLaw(Criterion.VON_MISES, limit, hardening_mpa=hardening)
    solved = solve_plastic(ElasticModel(young, NU, (1.0, 1.0, 1.0), held), law, [1.0])
    assert_allclose(solved.force_n(top, 2), -4 * (Y + 0.01 * E * 100 / (E + 100)), rtol=1e-5)
    assert np.isfinite(solved.equivalent_plastic_strain).all()
