"""Elasticity of voxels: exact states, closed forms, an independent code, symmetries, bad input."""

from collections.abc import Callable

import numpy as np
import pytest
import scipy.sparse.linalg
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose

from vertebro.errors import BadModel, NotConverged
from vertebro.kernels.arrays import AnyArray, Array, Mask
from vertebro.kernels.cycles import Effort
from vertebro.kernels.elastic import ElasticModel, ElasticSolution, solve_elastic
from vertebro.kernels.hexahedron import Edges, Integration, lame, stiffness_parts
from vertebro.kernels.motions import solve_motions
from vertebro.kernels.supports import NodeValues, Plate

Field = Callable[[Array], Array]


def node_places(shape: tuple[int, ...], edges: Edges) -> Array:
    return np.moveaxis(np.indices([n + 1 for n in shape]), 0, -1) * np.array(edges)


def surface(shape: tuple[int, ...]) -> Mask:
    outer = np.ones([n + 1 for n in shape], dtype=bool)
    outer[1:-1, 1:-1, 1:-1] = False
    return outer


def face(shape: tuple[int, ...], axis: int, side: int) -> Mask:
    mask = np.zeros([n + 1 for n in shape], dtype=bool)
    mask[(slice(None),) * axis + (0 if side < 0 else -1,)] = True
    return mask


def given_on(where: Mask, field: Array) -> tuple[NodeValues, ...]:
    return tuple(NodeValues.at(where, axis, field[where][:, axis]) for axis in range(3))


def pressed(young: Array, squeeze: float = -0.1, **rest: object) -> ElasticModel:
    """Compressed along the last axis between plates that stick."""
    shape = young.shape
    solid = young > 0
    top, bottom = face(shape, 2, 1) & corners_of(solid), face(shape, 2, -1) & corners_of(solid)
    held = tuple(NodeValues.at(where, axis, 0.0) for where in (top, bottom) for axis in (0, 1))
    ends = (NodeValues.at(top, 2, squeeze), NodeValues.at(bottom, 2, 0.0))
    arguments = {"poisson": 0.3, "edges_mm": (1.0, 1.0, 1.0)} | rest
    return ElasticModel(young, displacements_mm=held + ends, **arguments)  # type: ignore[arg-type]


def corners_of(solid: Mask) -> Mask:
    out = np.zeros([n + 1 for n in solid.shape], dtype=bool)
    for offset in np.ndindex(2, 2, 2):
        out[tuple(slice(o, o + n) for o, n in zip(offset, solid.shape, strict=True))] |= solid
    return out


def sparse_direct(model: ElasticModel, volume_at_centre: AnyArray | None = None) -> Array:
    """The displacements by plain assembly and a direct solve: slow, simple, independent of the kernels."""
    shape = model.young_mpa.shape
    number = np.arange(np.prod([n + 1 for n in shape])).reshape([n + 1 for n in shape])
    voxel = np.argwhere(model.young_mpa > 0)
    nodes = np.stack([number[tuple((voxel + c).T)] for c in np.ndindex(2, 2, 2)], axis=-1)
    dof = (3 * nodes[:, :, None] + np.arange(3)).reshape(len(voxel), 24)
    nu = np.broadcast_to(model.poisson, shape)[tuple(voxel.T)]
    lam, mu = lame(model.young_mpa[tuple(voxel.T)], nu)
    by_lambda, by_mu = stiffness_parts(model.edges_mm)
    centre, _ = stiffness_parts(model.edges_mm, volume_at_centre=True)
    use_centre = np.zeros(len(voxel), bool) if volume_at_centre is None else volume_at_centre[tuple(voxel.T)]
    K = (
        lam[:, None, None] * np.where(use_centre[:, None, None], centre, by_lambda)
        + mu[:, None, None] * by_mu
    )
    rows, columns = np.repeat(dof, 24, axis=1), np.tile(dof, (1, 24))
    A = scipy.sparse.csc_matrix((K.ravel(), (rows.ravel(), columns.ravel())), shape=(3 * number.size,) * 2)
    u, f = np.zeros(3 * number.size), np.zeros(3 * number.size)
    free = np.zeros(3 * number.size, bool)
    free[dof.ravel()] = True
    for v in model.displacements_mm:
        at = 3 * number[tuple(v.nodes.T)] + v.axis
        u[at], free[at] = v.values, False
    for v in model.forces_n:
        f[3 * number[tuple(v.nodes.T)] + v.axis] += v.values
    right = (f - A @ u)[free]
    u[free] = scipy.sparse.linalg.spsolve(A[free][:, free], right)
    return u.reshape(*number.shape, 3)


STATES = [np.eye(3)[[a]].T @ np.eye(3)[[b]] for a, b in ((0, 0), (1, 1), (2, 2), (0, 1), (0, 2), (1, 2))]


@pytest.mark.parametrize("gradient", STATES, ids=["xx", "yy", "zz", "xy", "xz", "yz"])
@pytest.mark.parametrize("integration", list(Integration))
def test_patch_every_uniform_strain_is_reproduced_exactly(gradient: Array, integration: Integration) -> None:
    shape, edges = (7, 6, 9), (1.0, 0.8, 1.5)
    exact = node_places(shape, edges) @ (0.01 * gradient).T
    model = ElasticModel(
        np.full(shape, 300.0), 0.3, edges, given_on(surface(shape), exact), integration=integration
    )
    assert_allclose(solve_elastic(model, tolerance=1e-11).displacements(), exact, atol=1e-12)


def test_patch_layers_of_two_materials_in_series_take_the_same_stress() -> None:
    young = np.full((6, 5, 10), 1000.0)
    young[:, :, 4:] = 10.0
    shape = young.shape
    held = (NodeValues.at(face(shape, 2, -1), 2, 0.0), NodeValues.at(face(shape, 2, 1), 2, -0.1))
    sides = tuple(NodeValues.at(face(shape, a, s), a, 0.0) for a in (0, 1) for s in (-1, 1))
    u = solve_elastic(ElasticModel(young, 0.0, (1.0, 1.0, 1.0), held + sides), tolerance=1e-11)
    stress = -0.1 / (4 / 1000 + 6 / 10)
    z = np.arange(11)
    exact = stress * np.where(z <= 4, z / 1000, 4 / 1000 + (z - 4) / 10)
    assert_allclose(u.displacements()[..., 2], np.broadcast_to(exact, (7, 6, 11)), atol=1e-11)
    assert u.reaction(face(shape, 2, 1))[2] == pytest.approx(stress * 30)


def test_rigid_motions_of_the_boundary_move_the_body_without_energy() -> None:
    shape = (6, 7, 8)
    rng = np.random.default_rng(2)
    young = rng.uniform(1, 1e4, shape)
    spin = np.array([[0, -2e-3, 1e-3], [2e-3, 0, 3e-3], [-1e-3, -3e-3, 0]])
    exact = node_places(shape, (1, 1, 1)) @ spin.T + [0.3, -0.2, 0.1]
    solved = solve_elastic(
        ElasticModel(young, 0.3, (1.0, 1.0, 1.0), given_on(surface(shape), exact)), tolerance=1e-10
    )
    assert_allclose(solved.displacements(), exact, atol=1e-9)
    assert abs(solved.energy_nmm) < 1e-9 * young.max()


@pytest.mark.parametrize("edges", [(1.0, 1.0, 1.0), (0.7, 1.3, 2.1)])
def test_a_porous_mixture_agrees_with_a_direct_solve(edges: Edges) -> None:
    rng = np.random.default_rng(3)
    young = rng.choice([0.0, 5.0, 200.0, 8000.0], (9, 8, 12), p=[0.2, 0.2, 0.3, 0.3])
    young[:, :, [0, -1]] = 1000.0
    poisson = rng.choice([0.1, 0.3, 0.45], young.shape)
    model = pressed(connected(young), poisson=poisson, edges_mm=edges)
    reference = sparse_direct(model, poisson > 0.4)
    solved = solve_elastic(model, tolerance=1e-10)
    assert_allclose(solved.displacements(), reference, atol=1e-6 * np.abs(reference).max())
    assert solved.energy_nmm == pytest.approx(0.5 * -0.1 * solved.reaction(face(young.shape, 2, 1))[2])


def connected(young: Array) -> Array:
    """The part that is joined by faces to the top."""
    from scipy import ndimage

    number, _ = ndimage.label(young > 0)
    return np.where(number == number[0, 0, -1], young, 0.0)


def test_scikit_fem_agrees() -> None:
    skfem = pytest.importorskip("skfem")
    from skfem.helpers import ddot, eye, sym_grad, trace
    from skfem.models.elasticity import lame_parameters

    rng = np.random.default_rng(5)
    young = 10 ** rng.uniform(1, 4, (6, 5, 7))
    model = pressed(young)
    mesh = skfem.MeshHex.init_tensor(*(np.arange(n + 1.0) for n in young.shape))
    basis = skfem.Basis(mesh, skfem.ElementVector(skfem.ElementHex1()), intorder=2)
    centres = mesh.p[:, mesh.t].mean(axis=1)
    E = young[tuple(np.floor(centres).astype(int))][:, None] * np.ones(basis.dx.shape[1])

    @skfem.BilinearForm
    def stiffness(u, v, w):  # type: ignore[no-untyped-def]
        lam, mu = lame_parameters(w.E, 0.3)
        strain = sym_grad(u)
        return ddot(lam * eye(trace(strain), 3) + 2 * mu * strain, sym_grad(v))

    A = stiffness.assemble(basis, E=E)
    x, held = np.zeros(basis.N), []
    index = {tuple(p): n for n, p in enumerate(np.round(mesh.p.T).astype(int).tolist())}
    for v in model.displacements_mm:
        dofs = basis.nodal_dofs[v.axis, [index[tuple(p)] for p in v.nodes.tolist()]]
        x[dofs] = v.values
        held.append(dofs)
    x = skfem.solve(*skfem.condense(A, x=x, D=np.concatenate(held)))
    solved = solve_elastic(model, tolerance=1e-10).displacements()
    order = [solved[tuple(np.round(p).astype(int))] for p in mesh.p.T]
    assert_allclose(np.array(order).T, x[basis.nodal_dofs], atol=1e-6 * np.abs(x).max())


def test_forces_of_gravity_like_kind_and_reactions_balance() -> None:
    young = np.full((5, 4, 12), 700.0)
    shape = young.shape
    bottom = face(shape, 2, -1)
    held = tuple(NodeValues.at(bottom, axis, 0.0) for axis in range(3))
    forces = (NodeValues.at(face(shape, 2, 1), 0, 0.4), NodeValues.at(face(shape, 2, 1), 2, -2.0))
    solved = solve_elastic(ElasticModel(young, 0.3, (1.0, 1.0, 1.0), held, forces), tolerance=1e-10)
    assert_allclose(solved.reaction(bottom), [-0.4 * 30, 0, 2.0 * 30], atol=1e-6)
    assert_allclose(
        solved.displacements(),
        sparse_direct(ElasticModel(young, 0.3, (1.0, 1.0, 1.0), held, forces)),
        atol=1e-6 * np.abs(solved.displacements()).max(),
    )


def manufactured(n: int) -> tuple[ElasticModel, Array]:
    """A smooth displacement field in a cube of edge 8 mm and the nodal forces that make it so."""
    edge, young, nu = 8.0 / n, 100.0, 0.3
    lam, mu = (float(x) for x in lame(young, nu))
    k = np.pi / 8
    place = node_places((n, n, n), (edge,) * 3)
    s, c = np.sin(k * place), np.cos(k * place)
    exact = np.stack([s[..., 0] * s[..., 1] * s[..., 2]] * 3, axis=-1)
    bubble = exact[..., 0]
    gradient_of_div = [
        -bubble + c[..., a] * (c[..., b] * s[..., d] + c[..., d] * s[..., b])
        for a, b, d in ((0, 1, 2), (1, 0, 2), (2, 0, 1))
    ]
    load = np.stack([3 * mu * bubble - (lam + mu) * g for g in gradient_of_div], axis=-1) * k**2 * edge**3
    inner = np.zeros(bubble.shape, bool)
    inner[1:-1, 1:-1, 1:-1] = True
    forces = tuple(NodeValues.at(inner, a, load[inner][:, a]) for a in range(3))
    outer = given_on(surface((n, n, n)), exact)
    return ElasticModel(np.full((n, n, n), young), nu, (edge,) * 3, outer, forces), exact


def test_the_error_falls_with_the_square_of_the_edge() -> None:
    errors = []
    for n in (4, 8, 16):
        model, exact = manufactured(n)
        errors.append(np.abs(solve_elastic(model, tolerance=1e-9).displacements() - exact).max())
    orders = np.log2(np.array(errors[:-1]) / errors[1:])
    assert orders[-1] > 1.9


def test_a_cantilever_bends_as_the_beam_theory_says() -> None:
    length, width, height, young, force = 60, 6, 6, 1000.0, -3.0
    E = np.full((length, width, height), young)
    held = tuple(NodeValues.at(face(E.shape, 0, -1), a, 0.0) for a in range(3))
    end = face(E.shape, 0, 1)
    model = ElasticModel(
        E, 0.3, (1.0,) * 3, held, (NodeValues.at(end, 2, force / end.sum()),), integration=Integration.CENTRE
    )
    tip = solve_elastic(model).displacements()[-1, :, :, 2].mean()
    inertia, area = width * height**3 / 12, width * height
    shear = young / 2.6 * 5 / 6
    theory = force * length**3 / (3 * young * inertia) + force * length / (shear * area)
    assert tip == pytest.approx(theory, rel=0.02)  # bricks bend 1 to 2 % too stiff with six over the height


def test_a_free_column_shortens_by_f_l_over_e_a() -> None:
    E = np.full((4, 5, 20), 800.0)
    top, bottom = face(E.shape, 2, 1), face(E.shape, 2, -1)
    pins = (
        NodeValues.at(np.array([[0, 0, 0]]), 0, 0.0),
        NodeValues.at(np.array([[0, 0, 0], [4, 0, 0]]), 1, 0.0),
    )
    held = (NodeValues.at(bottom, 2, 0.0), *pins)
    solved = solve_elastic(
        ElasticModel(E, 0.3, (0.5, 0.5, 0.5), held, plates=(Plate(np.argwhere(top), 2, -50.0),))
    )
    shortening = 50.0 * 10.0 / (800.0 * 2.0 * 2.5)
    assert solved.plate_motions[0][0] == pytest.approx(-shortening, rel=1e-7)
    assert solved.reaction(bottom)[2] == pytest.approx(50.0, rel=1e-7)


def test_a_tilting_plate_turns_until_its_moment_is_nought() -> None:
    E = np.full((8, 6, 10), 500.0)
    E[:4] = 100.0
    top, bottom = face(E.shape, 2, 1), face(E.shape, 2, -1)
    held = tuple(NodeValues.at(bottom, a, 0.0) for a in range(3))
    plate = Plate(np.argwhere(top), 2, -20.0, may_tilt=True)
    solved = solve_elastic(ElasticModel(E, 0.3, (1.0,) * 3, held, plates=(plate,)))
    forces = solved.reactions()[top][:, 2]
    arm = np.argwhere(top) - np.argwhere(top).mean(axis=0)
    assert forces.sum() == pytest.approx(-20.0, rel=1e-6)
    assert_allclose(arm[:, :2].T @ forces, 0, atol=1e-5)
    along, _, about = *solved.plate_motions[0][:2], solved.plate_motions[0][1]
    assert along < 0 < about  # the soft side, at low i, sinks deeper
    u = solved.displacements()[top][:, 2]
    assert_allclose(u, plate.shapes((1.0,) * 3) @ solved.plate_motions[0], atol=1e-9)


def test_a_nearly_incompressible_block_does_not_lock() -> None:
    """A bonded flat disc, squeezed: apparent modulus against that of a finer grid."""

    def apparent(n: int, integration: Integration) -> float:
        E = np.full((4 * n, 4 * n, n), 2.0)
        model = pressed(E, -0.01, poisson=0.499, edges_mm=(4.0 / n,) * 3, integration=integration)
        force = solve_elastic(model, tolerance=1e-7).reaction(face(E.shape, 2, 1))[2]
        return float(-force / 256 / (0.01 / 4))

    fine = apparent(10, Integration.SELECTIVE)
    assert apparent(4, Integration.SELECTIVE) == pytest.approx(fine, rel=0.15)
    assert apparent(4, Integration.FULL) > 1.4 * fine


def body(seed: int = 7) -> Array:
    rng = np.random.default_rng(seed)
    young = rng.choice([0.0, 20.0, 900.0], (10, 10, 12), p=[0.25, 0.35, 0.4])
    young[:, :, [0, -1]] = 2000.0
    return connected(young)


@pytest.mark.parametrize("axis", [0, 1, 2])
def test_a_bar_of_one_voxel_s_width_is_solved_along_any_axis(axis: int) -> None:
    shape = [1, 1, 1]
    shape[axis] = 30
    young = np.full(shape, 100.0)
    low, high = face(young.shape, axis, -1), face(young.shape, axis, 1)
    held = (*(NodeValues.at(low, a, 0.0) for a in range(3)), NodeValues.at(high, axis, 0.3))
    solved = solve_elastic(ElasticModel(young, 0.0, (1.0, 1.0, 1.0), held), tolerance=1e-9)
    exact = np.zeros((*(n + 1 for n in shape), 3))
    exact[..., axis] = 0.01 * np.indices(exact.shape[:3])[axis]
    assert_allclose(solved.displacements(), exact, atol=1e-8)


@pytest.mark.parametrize("axes", [(1, 0, 2), (0, 2, 1), (2, 1, 0)])
def test_turning_the_grid_turns_the_solution(axes: tuple[int, int, int]) -> None:
    young = body()
    model = pressed(young)
    turned_sets = tuple(
        NodeValues(v.nodes[:, list(axes)], axes.index(v.axis), v.values) for v in model.displacements_mm
    )
    turned = ElasticModel(np.ascontiguousarray(young.transpose(axes)), 0.3, (1.0,) * 3, turned_sets)
    a, b = (solve_elastic(m, tolerance=1e-10).displacements() for m in (model, turned))
    assert_allclose(b, a.transpose(*axes, 3)[..., list(axes)], atol=1e-8)


@pytest.mark.parametrize("axis", [0, 1, 2])
def test_a_mirrored_body_moves_as_the_mirror_image(axis: int) -> None:
    young = body()
    model, n = pressed(young), young.shape[axis]
    image = []
    for v in model.displacements_mm:
        nodes = v.nodes.copy()
        nodes[:, axis] = n - nodes[:, axis]
        image.append(NodeValues(nodes, v.axis, v.values * (-1 if v.axis == axis else 1)))
    mirrored = ElasticModel(np.flip(young, axis).copy(), 0.3, (1.0,) * 3, tuple(image))
    a, b = (solve_elastic(m, tolerance=1e-10).displacements() for m in (model, mirrored))
    sign = np.ones(3)
    sign[axis] = -1
    assert_allclose(np.flip(b, axis) * sign, a, atol=1e-8)


def test_the_result_is_the_same_to_the_last_bit_for_any_number_of_threads() -> None:
    rng = np.random.default_rng(11)
    young = rng.uniform(10, 1000, (40, 20, 20))
    results = [solve_elastic(pressed(young), effort=Effort(threads=t), tolerance=1e-6) for t in (1, 2, 3)]
    for other in results[1:]:
        assert np.array_equal(results[0].displacement_mm, other.displacement_mm)


def iterations(solved: ElasticSolution) -> int:
    return solved.convergence[0].iterations


def test_a_contrast_of_ten_million_costs_at_most_a_third_more_iterations() -> None:
    rng = np.random.default_rng(13)
    share = rng.uniform(0, 1, (24, 24, 24))
    smooth = scipy.ndimage.gaussian_filter(share, 2.0)
    inside = smooth > np.median(smooth)
    count = {}
    for contrast in (10.0, 1e4, 1e7):
        young = np.where(inside, 5000.0, 5000.0 / contrast)
        young[:, :, [0, -1]] = 2500.0
        count[contrast] = iterations(solve_elastic(pressed(young), tolerance=1e-8))
    assert count[1e7] <= 1.3 * count[1e4] + 1


def test_from_a_solution_nearby_the_change_is_told_in_fewer_steps() -> None:
    young = body()
    before = solve_elastic(pressed(young), tolerance=1e-10)
    stiffer = young.copy()
    stiffer[4:7, 4:7, 4:7] *= 3
    exact = solve_elastic(pressed(stiffer), tolerance=1e-11)
    rest, near = (solve_elastic(pressed(stiffer), tolerance=1e-6, near=n) for n in (None, before))
    assert iterations(near) < iterations(rest)

    def off(solved: ElasticSolution) -> float:
        return float(np.linalg.norm(solved.displacement_mm - exact.displacement_mm))

    assert off(near) < min(off(rest), 1e-2 * off(before))
    assert_allclose(
        near.reactions_along(np.argwhere(face(young.shape, 2, 1)), 2).sum(),
        near.reaction(face(young.shape, 2, 1))[2],
    )
    assert_allclose(near.displacements_along(2), near.displacements()[..., 2])
    with pytest.raises(BadModel, match="other voxels"):
        solve_elastic(pressed(stiffer[1:]), near=before)


def test_one_hierarchy_serves_several_motions() -> None:
    young, squeezes = body(), (-0.1, 0.3, -0.05)
    models = [pressed(young, squeeze) for squeeze in squeezes]
    together = solve_motions(models[0], [m.displacements_mm for m in models], tolerance=1e-9)
    for model, one in zip(models, together, strict=True):
        alone = solve_elastic(model, tolerance=1e-9)
        assert_allclose(one.displacement_mm, alone.displacement_mm, atol=1e-9)
        assert_allclose(one.reaction_n, alone.reaction_n, atol=1e-7)
        assert one.energy_nmm == pytest.approx(alone.energy_nmm)
    again = solve_motions(models[0], [m.displacements_mm for m in models], tolerance=1e-9, near=together)
    assert sum(iterations(s) for s in again) == 0
    with pytest.raises(BadModel, match="other nodes"):
        solve_motions(models[0], [models[0].displacements_mm, models[0].displacements_mm[:-1]])


def gap_body(gap: float, n: int = 24) -> Array:
    """Two blocks joined at the back, with a one-voxel gap (or filling) between their front parts."""
    young = np.full((n, n, n + 1), 1000.0)
    young[4:, :, n // 2] = gap
    return young


def test_thin_gaps_are_not_bridged_by_coarse_grids() -> None:
    solid, gap, soft = (solve_elastic(pressed(gap_body(g)), tolerance=1e-8) for g in (1000.0, 0.0, 1e-2))
    assert iterations(gap) <= 3 * iterations(solid)
    assert iterations(soft) <= 3 * iterations(solid)
    small = pressed(gap_body(0.0, 12))
    reference = sparse_direct(small)
    u = solve_elastic(small, tolerance=1e-10).displacements()
    assert_allclose(u, reference, atol=1e-6 * np.abs(reference).max())


def test_single_held_nodes_anywhere_cost_few_iterations() -> None:
    """Bone between stiff caps, free to slide on its plates but for single nodes that stop rigid motions."""
    rng = np.random.default_rng(1)
    i, j = np.indices((33, 33)) - 16.0
    young = np.where(np.hypot(i, 1.3 * j)[..., None] < 16.5, 100 * rng.lognormal(0, 0.8, (33, 33, 25)), 0.0)
    capped = np.hypot(i, 1.3 * j) < 13.5
    young[:, :, np.r_[:5, -5:0]] = np.where(capped, 2500.0, 0.0)[..., None]
    top, bottom = (
        face(young.shape, 2, 1) & corners_of(young > 0),
        face(young.shape, 2, -1) & corners_of(young > 0),
    )
    ends = (NodeValues.at(top, 2, -0.1), NodeValues.at(bottom, 2, 0.0))
    stuck = tuple(NodeValues.at(bottom, axis, 0.0) for axis in (0, 1))

    def iterations(supports: tuple[NodeValues, ...]) -> int:
        model = ElasticModel(young, 0.3, (1.0, 1.0, 1.0), ends + supports)
        return solve_elastic(model, tolerance=1e-8).convergence[0].iterations

    few = iterations(stuck)
    assert few <= 1.1 * iterations(())
    for _ in range(5):
        one, other = (nodes[rng.integers(len(nodes))][None] for nodes in [np.argwhere(bottom)] * 2)
        pins = (NodeValues.at(one, 0, 0.0), NodeValues.at(one, 1, 0.0), NodeValues.at(other, 1, 0.0))
        assert iterations(pins) <= 1.6 * few


@settings(max_examples=15, deadline=None)
@given(
    seed=st.integers(0, 10_000),
    shape=st.tuples(*[st.integers(1, 12)] * 3),
    porosity=st.floats(0, 0.6),
    decades=st.floats(0, 7),
)
def test_random_porous_bodies_converge(
    seed: int, shape: tuple[int, int, int], porosity: float, decades: float
) -> None:
    rng = np.random.default_rng(seed)
    young = 10 ** rng.uniform(3 - decades, 3, shape) * (rng.uniform(size=shape) > porosity)
    young[:, :, 0] = 100.0
    model = pressed(young)
    solved = solve_elastic(model, tolerance=1e-8)
    assert solved.convergence[0].residuals[-1] <= 1e-8
    held = solved.reaction(face(shape, 2, 1))[2] + solved.reaction(face(shape, 2, -1))[2]
    assert abs(held) <= 1e-4 * abs(solved.reaction(face(shape, 2, 1))[2]) + 1e-6


BLOCK = np.full((4, 4, 4), 100.0)
BOTTOM = tuple(NodeValues.at(face((4, 4, 4), 2, -1), axis, 0.0) for axis in range(3))


def island(young: Array = BLOCK) -> Array:
    """The block with a separate voxel beyond a gap."""
    out = np.zeros((4, 4, 8))
    out[:, :, :4], out[1, 1, 6] = young, 50.0
    return out


def model_of(young: Array = BLOCK, *, poisson: float | Array = 0.3, **rest: object) -> ElasticModel:
    arguments = {"edges_mm": (1.0, 1.0, 1.0), "displacements_mm": BOTTOM} | rest
    return ElasticModel(young, poisson, **arguments)  # type: ignore[arg-type]


def spoilt(value: float) -> Array:
    young = BLOCK.copy()
    young[1, 2, 3] = value
    return young


ONE_FORCE = NodeValues.at(np.array([[2, 2, 4]]), 2, -1.0)

FAULTS = {
    "Nothing holds the model": model_of(displacements_mm=()),
    "floating body (node": model_of(
        island(), forces_n=(NodeValues.at(np.array([[1, 1, 7]]), 2, 1.0),)
    ),
    "A floating body: it can move freely in 3 of 6 ways": model_of(
        displacements_mm=(BOTTOM[2],), forces_n=(NodeValues.at(np.array([[2, 2, 4]]), 0, 1.0),)
    ),
    "All voxels are void": model_of(0 * BLOCK),
    "not numbers (NaN or infinite)": model_of(spoilt(np.nan)),
    "The smallest modulus is -3 MPa": model_of(spoilt(-3.0)),
    "A Poisson's ratio is 0.5": model_of(poisson=0.5),
    "Poisson's ratios have the shape": model_of(poisson=np.full((2, 2, 2), 0.3)),
    "in the void": model_of(island(), forces_n=(NodeValues.at(np.array([[3, 3, 7]]), 2, -1.0),)),
    "outside the grid": model_of(forces_n=(NodeValues.at(np.array([[2, 2, 9]]), 2, -1.0),)),
    "two different values": model_of(
        displacements_mm=(*BOTTOM, NodeValues.at(np.array([[2, 2, 0]]), 2, 1.0))
    ),
    "A plate shares nodes": model_of(plates=(Plate(np.argwhere(face((4, 4, 4), 2, -1)), 2, -1.0),)),
    "A floating body: it can move freely in 1 of 6 ways": model_of(
        displacements_mm=BOTTOM[:2], plates=(Plate(np.argwhere(face((4, 4, 4), 2, 1)), 2, -1.0),)
    ),
    "The edges of a voxel": model_of(edges_mm=(1.0, 0.0, 1.0)),
    "The moduli have the shape": model_of(np.ones((3, 3))),
}  # fmt: skip


@pytest.mark.parametrize("words", FAULTS)
def test_a_model_that_cannot_be_solved_is_refused_in_words(words: str) -> None:
    with pytest.raises(BadModel) as caught:
        solve_elastic(FAULTS[words])
    assert words in caught.value.found
    assert caught.value.needed and caught.value.do


def test_a_model_beyond_memory_is_refused_before_the_solve(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("vertebro.kernels.resources.available_bytes", lambda: 10_000)
    with pytest.raises(BadModel, match="GiB of memory"):
        solve_elastic(model_of())


def test_an_unloaded_island_is_left_out_and_counted() -> None:
    alone = solve_elastic(model_of(forces_n=(ONE_FORCE,)))
    solved = solve_elastic(model_of(island(), forces_n=(ONE_FORCE,)))
    assert solved.dropped_voxels == 1 and alone.dropped_voxels == 0
    assert_allclose(solved.displacements()[:, :, :5], alone.displacements(), atol=1e-9)
    assert not solved.displacements()[:, :, 6:].any()


def test_a_solve_that_does_not_reach_its_tolerance_raises() -> None:
    with pytest.raises(NotConverged, match="needed: a residual of"):
        solve_elastic(pressed(body()), effort=Effort(most_iterations=2))


@pytest.mark.parametrize("young", [1e-46, 1e39])
def test_moduli_that_single_precision_cannot_hold_are_refused(young: float) -> None:
    """As nought they were void: a body without any force, in balance at once."""
    with pytest.raises(BadModel, match="single precision"):
        solve_elastic(pressed(np.full((3, 3, 4), young)))


@pytest.mark.parametrize("young", [1e-15, 1e15])
def test_moduli_at_the_bounds_are_solved(young: float) -> None:
    top = np.zeros((4, 4, 5), bool)
    top[:, :, -1] = True
    force = [abs(solve_elastic(pressed(np.full((3, 3, 4), E))).reaction(top)[2]) for E in (young, 1.0)]
    assert force[0] / young == pytest.approx(force[1], rel=1e-6) and force[1] > 0
