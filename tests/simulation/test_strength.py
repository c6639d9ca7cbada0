"""The capped voxel model and the strengths named from it: closed forms, symmetry, islands, refusals."""

import json
from dataclasses import replace
from pathlib import Path
from xml.etree import ElementTree

import jsonschema
import numpy as np
import pytest
from numpy.testing import assert_allclose

from vertebro.errors import BadAnatomy, BadCase, BadLabels, BadModel
from vertebro.formats.casefile import read_case
from vertebro.formats.document import as_json
from vertebro.formats.strength_document import strength_document
from vertebro.formats.strength_schema import strength_schema
from vertebro.kernels.arrays import Mask
from vertebro.patient.case import Case, Phantom
from vertebro.patient.frame import BodyFrame
from vertebro.patient.volume import Volume
from vertebro.report.strength_picture import strength_picture
from vertebro.report.strength_words import strength_in_words
from vertebro.simulation.curve import Curve, crushed
from vertebro.simulation.loading import Response, respond
from vertebro.simulation.materials import CAP, kopperdahl_yield, kopperdahl_young, law_named, morgan_young
from vertebro.simulation.strength import Spread, Strength, estimates, strength_of
from vertebro.simulation.vertebra_grid import BonyVertebra
from vertebro.simulation.voxel_model import Ends, ModelSettings, VoxelModel, build_model
from vertebro.vocabulary.grades import Quantity
from vertebro.vocabulary.known import Unknown
from vertebro.vocabulary.levels import Level
from vertebro.vocabulary.measured import Measured

FRAME = BodyFrame.from_directions(
    np.zeros(3), anterior=np.array([0.0, -1, 0]), superior=np.array([0.0, 0, 1])
)
LINEAR = ModelSettings(crush=False)
SCHEMA = Path(__file__).parents[2] / "docs" / "schema" / "strength-1.schema.json"
HALF_MM = (12.0, 10.0, 9.0)
DENSITY = 150.0


def block(mask: Mask | None = None, density: float | np.ndarray = DENSITY, step: float = 1.0) -> BonyVertebra:
    """A brick of bone of 24 x 20 x 18 mm in the middle of its image (LPS), or any mask on that grid."""
    axes = [np.arange(-24 + step / 2, 24, step)] * 3
    x, y, z = np.meshgrid(*axes, indexing="ij")
    if mask is None:
        mask = (abs(x) < HALF_MM[0]) & (abs(y) < HALF_MM[1]) & (abs(z) < HALF_MM[2])
    affine = np.diag([step, step, step, 1.0])
    affine[:3, 3] = axes[0][0]
    bone = Volume(mask, affine, Quantity.LABEL)
    values = np.broadcast_to(np.asarray(density, dtype=np.float32), mask.shape)
    return BonyVertebra(Volume(values, affine, Quantity.K2HPO4_MG_CM3), bone, bone, FRAME)


def model_of(given: BonyVertebra, voxel_mm: float = 1.0) -> VoxelModel:
    """With caps over the whole end-plate, for which there are closed forms."""
    return build_model(given, ModelSettings(voxel_mm=voxel_mm, cap_margin_mm=0.0))


@pytest.fixture(scope="module")
def brick() -> tuple[VoxelModel, Response]:
    model = model_of(block())
    return model, respond(model)


def test_a_brick_gets_flat_caps_of_three_millimetres(brick: tuple[VoxelModel, Response]) -> None:
    model, _ = brick
    assert model.height_mm == 18.0 and model.dropped_voxels == 0 and model.floor_voxels == 0
    assert model.elements == 24 * 20 * (18 + 6) and model.is_cap.sum() == 24 * 20 * 6
    assert len(model.top) == len(model.bottom) == 25 * 21
    assert np.ptp(model.top[:, 2]) == 0 and model.top[0, 2] - model.bottom[0, 2] == 24


def test_its_stiffness_lies_between_the_bounds_of_springs_in_series(
    brick: tuple[VoxelModel, Response],
) -> None:
    """Free sideways everywhere is a lower bound (Reuss); a bone that caps keep from widening is the upper."""
    E, area, nu = float(kopperdahl_young(np.array([DENSITY]), Quantity.K2HPO4_MG_CM3)[0]), 24 * 20, 0.3
    lower = area / (18 / E + 6 / CAP.young_mpa)
    confined = E * (1 - nu) / ((1 + nu) * (1 - 2 * nu))
    stiffness = brick[1].axial_n_mm
    assert lower < stiffness < area / (18 / confined + 6 / CAP.young_mpa)
    assert stiffness == pytest.approx(lower, rel=0.06)


def test_the_stiffness_matrix_is_symmetric_and_the_brick_does_not_couple(
    brick: tuple[VoxelModel, Response],
) -> None:
    S = brick[1].stiffness
    assert abs(S[0, 1]) < 1e-5 * np.sqrt(S[0, 0] * S[1, 1]) and abs(S[0, 1] - S[1, 0]) < 1e-3 * S[0, 0]


def test_bending_stiffness_is_that_of_a_beam(brick: tuple[VoxelModel, Response]) -> None:
    """M = E I theta / L for bone and caps in series; the caps confine the bone a little."""
    E, inertia = float(kopperdahl_young(np.array([DENSITY]), Quantity.K2HPO4_MG_CM3)[0]), 24 * 20**3 / 12
    beam = inertia / (18 / E + 6 / CAP.young_mpa)
    assert brick[1].bending_nmm_rad == pytest.approx(beam, rel=0.08)


def test_softer_in_front_bends_and_presses_together_symmetrically() -> None:
    """Betti: the force that turning causes is the moment that pressing causes."""
    y = np.linspace(23.5, -23.5, 48)  # density falls towards the front (LPS: anterior is -y)
    given = block(density=np.broadcast_to(150 + 3 * y[::-1][None, :, None], (48, 48, 48)))
    S = respond(model_of(given)).stiffness
    assert S[0, 1] == pytest.approx(S[1, 0], rel=1e-4) and S[0, 1] < 0  # the stiff side is behind


def test_pressing_is_uniform_strain_in_the_middle(brick: tuple[VoxelModel, Response]) -> None:
    model, response = brick
    effective = response.voxels.dense(response.effective_strain(np.array([1.0, 0.0])), model.young_mpa.shape)
    middle = tuple(n // 2 for n in effective.shape)
    E = float(kopperdahl_young(np.array([DENSITY]), Quantity.K2HPO4_MG_CM3)[0])
    assert effective[middle] == pytest.approx(response.axial_n_mm / (24 * 20 * E), rel=0.06)


def test_definitions_of_strength(brick: tuple[VoxelModel, Response]) -> None:
    curve = Unknown("not crushed here")
    numbers = estimates(*brick, curve, ModelSettings(), Spread(stiffness=0.1))
    by_name = {e.name: e.value for e in numbers.compression}
    K = brick[1].axial_n_mm
    based, reached, crushed = (by_name[n] for n in ("stiffness_based", "reaction_at", "pistoia_like"))
    assert isinstance(based, Measured) and isinstance(reached, Measured) and isinstance(crushed, Measured)
    assert based.value == pytest.approx(0.0068 * K * 18) and based.spread == pytest.approx(based.value / 10)
    assert reached.value == pytest.approx(0.2 * K)
    assert 0.7 < crushed.value / (0.011 * 24 * 20 * 406.5) <= 1.0  # uniform strain would give 1
    assert isinstance(by_name["offset"], Unknown) and isinstance(by_name["strain"], Unknown)
    for activity, load in (("walking", 600), ("lifting 5 to 10 kg", 1250)):
        assert numbers.load_to_strength[activity].value == pytest.approx(load / based.value)


def test_embedded_plates_leave_a_shorter_bone_free() -> None:
    """Two millimetres of bone at either end move as one with the plates: the rest bears as a free block."""
    model = build_model(block(), ModelSettings(cap_margin_mm=0.0, ends=Ends.EMBEDDED))
    E, area, nu = float(kopperdahl_young(np.array([DENSITY]), Quantity.K2HPO4_MG_CM3)[0]), 24 * 20, 0.3
    assert not model.is_cap.any() and model.elements == 24 * 20 * 18 and model.height_mm == 18.0
    assert len(model.top) == len(model.bottom) == 25 * 21 * 3
    stiffness = respond(model, bend=False).axial_n_mm
    free, held_sideways = E * area / 14, E * area / 14 * (1 - nu) / ((1 + nu) * (1 - 2 * nu))
    assert free < stiffness < held_sideways and stiffness == pytest.approx(free, rel=0.05)


@pytest.mark.parametrize(("ends", "coarsest"), [(Ends.CAPS, 3.0), (Ends.EMBEDDED, 2.0)])
def test_voxels_too_coarse_for_the_ends_are_refused(ends: Ends, coarsest: float) -> None:
    """Plates a voxel of 5 mm deep hold most of a body: its stiffness would read two thirds too high."""
    assert respond(build_model(block(), ModelSettings(voxel_mm=coarsest, ends=ends)), bend=False).axial_n_mm
    with pytest.raises(BadModel, match=f"at most {coarsest:g} mm"):
        ModelSettings(voxel_mm=coarsest + 0.1, ends=ends)


def test_the_depth_of_embedded_plates_is_told_as_it_is() -> None:
    """Whole voxels reach 1.5 mm of the 2 mm asked for, and the words must not claim the 2."""
    settings = ModelSettings(voxel_mm=1.5, cap_margin_mm=0.0, ends=Ends.EMBEDDED)
    model = build_model(block(), settings)
    numbers = estimates(model, respond(model), Unknown("not asked"), settings)
    assert "1.5 mm deep" in numbers.stiffness.method
    assert len(np.unique(model.top[:, 2])) == 2


def test_what_the_uncertainty_adds_is_not_taken_for_metal() -> None:
    """Bone just below the end of the law, and one standard uncertainty more: a model all the same."""
    dense = block(density=1995.0)
    model, more = (build_model(dense, ModelSettings(voxel_mm=2.0), shift) for shift in (0.0, 20.0))
    inside = more.is_body & ~more.is_cap
    least, most = (kopperdahl_young(np.array([d]), Quantity.K2HPO4_MG_CM3)[0] for d in (1995.0, 2000.0))
    assert_allclose(more.young_mpa[inside], most, rtol=1e-6)
    assert_allclose(model.young_mpa[inside], least, rtol=1e-6)


def test_plates_that_meet_inside_the_bone_are_refused() -> None:
    axes = [np.arange(-23.5, 24)] * 3
    x, y, z = np.meshgrid(*axes, indexing="ij")
    thin = block((abs(x) < 12) & (abs(y) < 10) & (abs(z) < 2))
    with pytest.raises(BadModel, match="two embedded plates"):
        build_model(thin, ModelSettings(cap_margin_mm=0.0, ends=Ends.EMBEDDED))


def test_strength_grows_with_density_as_the_law_does() -> None:
    thin, dense = (respond(model_of(block(density=d)), bend=False).axial_n_mm for d in (100.0, 200.0))
    assert 1.8 < dense / thin < 2**1.05  # the caps give way a little too


def test_mirroring_left_and_right_changes_nothing() -> None:
    rng = np.random.default_rng(4)
    density = 150 + 60 * rng.random((48, 48, 48))
    one, other = (respond(model_of(block(density=d))).stiffness for d in (density, density[::-1]))
    assert_allclose(one, other, rtol=1e-5, atol=1e-5 * np.abs(one).max())


def test_caps_leave_the_rim_free_and_a_wider_rim_is_softer(brick: tuple[VoxelModel, Response]) -> None:
    model = build_model(block(), ModelSettings())
    assert model.is_cap.sum() == 20 * 16 * 6 and len(model.top) == 21 * 17
    assert respond(model, bend=False).axial_n_mm < brick[1].axial_n_mm


def test_an_island_is_left_out_and_counted() -> None:
    given = block()
    mask = given.bone.values.copy()
    mask[2:5, 2:5, 20:23] = True
    model = model_of(block(mask))
    assert model.dropped_voxels == 27 and model.elements == 24 * 20 * 24


def test_bone_without_mineral_carries_next_to_nothing_and_is_counted() -> None:
    density = np.full((48, 48, 48), DENSITY)
    density[24, 24, :] = -50.0
    model = model_of(block(density=density))
    assert model.floor_voxels == 18
    assert model.young_mpa[model.young_mpa > 0].min() == 1e-4


def test_a_lip_that_overhangs_the_waist_is_not_loaded_past_the_bone() -> None:
    given = block()
    mask = given.bone.values.copy()
    mask[12:36, 34:38, 15:18] = True  # a lip of the lower end-plate, in front of the body or behind it
    model = model_of(block(mask))
    assert len(model.top) == len(model.bottom) == 25 * 21
    lip_only = model.is_cap.sum()
    assert lip_only == 24 * 20 * 6


def test_a_wedge_is_capped_to_flat_plates() -> None:
    x, y, z = np.meshgrid(*[np.arange(-23.5, 24)] * 3, indexing="ij")
    mask = (abs(x) < 12) & (abs(y) < 10) & (z > -9) & (z < 9 + 0.4 * (y - 10))  # the front (-y) has lost 8 mm
    model = model_of(block(mask))
    assert np.ptp(model.top[:, 2]) == 0 and model.height_mm == pytest.approx(14, abs=0.5)
    assert len(model.top) == 25 * 21


def test_a_turned_image_gives_the_same_stiffness() -> None:
    """Directions come from the frame of the body, not from the axes of the image."""
    given, angle = block(), np.radians(30)
    turn = np.eye(4)
    turn[1:3, 1:3] = [[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]]

    def turned(image: Volume) -> Volume:
        return Volume(image.values, turn @ image.affine_mm, image.quantity)

    R = turn[:3, :3]
    frame = BodyFrame(np.zeros(3), R @ FRAME.right, R @ FRAME.anterior, R @ FRAME.superior)
    other = BonyVertebra(turned(given.density), turned(given.bone), turned(given.body), frame)
    first, second = (respond(model_of(b), bend=False).axial_n_mm for b in (given, other))
    assert second == pytest.approx(first, rel=1e-4)


def test_refusals_of_the_model() -> None:
    nothing = np.zeros((48, 48, 48), bool)
    with pytest.raises(BadLabels, match="empty"):
        model_of(block(nothing))
    given = block()
    with pytest.raises(BadLabels, match="body of the vertebra is empty"):
        model_of(replace(given, body=Volume(nothing, given.bone.affine_mm, Quantity.LABEL)))
    x, y, z = np.meshgrid(*[np.arange(-23.5, 24)] * 3, indexing="ij")
    legs = (abs(abs(x) - 9) < 3) & (abs(abs(y) - 7) < 3) & (abs(z) < 9)
    table = (abs(x) < 12) & (abs(y) < 10) & (abs(z + 8) < 1)  # no body between two end-plates
    with pytest.raises(BadModel, match="No caps"):
        model_of(block(legs | table))
    with pytest.raises(BadModel, match="GiB of memory"):
        model_of(given, voxel_mm=0.003)
    with pytest.raises(BadModel, match="voxel size"):
        model_of(given, voxel_mm=0.0)
    with pytest.raises(BadModel, match="Metal and cement"):
        model_of(block(density=2500.0))
    cropped = given.density.cropped((slice(14, 48), slice(0, 48), slice(0, 48)))
    with pytest.raises(BadAnatomy, match="outside the CT"):
        model_of(replace(given, density=cropped))


def test_a_law_of_yield_is_no_law_of_stiffness_and_apparent_density_has_a_narrow_range() -> None:
    with pytest.raises(BadModel, match="yield_mpa"):
        ModelSettings(kopperdahl_yield)
    with pytest.raises(BadModel, match="outside the law 'morgan_young'"):
        build_model(block(density=300.0), ModelSettings(morgan_young))
    assert law_named("crawford_young").gives == "young_mpa"


@pytest.fixture(scope="module")
def case(small_case: Path) -> Case:
    return read_case(small_case)


@pytest.fixture(scope="module")
def l2(case: Case) -> Strength:
    return strength_of(case, Level.L2, ModelSettings(voxel_mm=1.5))


def test_a_whole_case(l2: Strength, case: Case) -> None:
    K = l2.numbers.stiffness
    assert K.unit == "N/mm" and 0.05 * K.value < K.spread < 0.4 * K.value
    assert l2.calibration.kind == "k2hpo4_mg_cm3"
    document = strength_document(case.id, l2)
    assert document["format"] == "vertebro.strength/1" and document["level"] == "L2"
    jsonschema.validate(json.loads(as_json(document)), strength_schema())
    assert document["compression"]["stiffness_based"]["source"]["key"] == "walle2025"
    offset, strain, reached = (document["compression"][n] for n in ("offset", "strain", "reaction_at"))
    assert 0 < offset["value"] < strain["value"] < reached["value"] * 0.019 * l2.numbers.height.value / 0.2
    assert 0.05 * offset["value"] < offset["spread"] < 0.5 * offset["value"]
    assert offset["source"]["key"] == "ogo_material_laws"
    forces = document["curve"]["force_n"]
    assert len(forces) == 21 and forces[0] == 0 and forces == sorted(forces)
    assert forces[1] == pytest.approx(K.value * document["curve"]["displacement_mm"][1], rel=0.01)
    said = " ".join(strength_in_words(l2).split())
    assert f"{K.value:.0f}" in said and "Limits published for other programs" in said
    assert "without ±" not in said
    assert f"0.2 % offset: {offset['value']:.0f}" in said and "broken" not in said
    picture = ElementTree.fromstring(strength_picture(l2))
    words = " ".join("".join(text.itertext()) for text in picture.iter("{http://www.w3.org/2000/svg}text"))
    assert f"{offset['value'] / 1000:.2f} kN" in words and "elastic line, moved by 0.2 %" in words


@pytest.mark.parametrize(
    ("missing", "crush_asked", "announced"),
    [(None, False, False), ("perform", False, True), ("crush", True, True), ("crush", False, False)],
)
def test_who_waits_for_the_first_compilation_is_told_so_first(
    case: Case, monkeypatch: pytest.MonkeyPatch, missing: str | None, crush_asked: bool, announced: bool
) -> None:
    monkeypatch.setattr("vertebro.simulation.strength.is_kept", lambda kernel: kernel.__name__ != missing)
    heard: list[str] = []
    strength_of(case, Level.L2, ModelSettings(voxel_mm=3.0, crush=crush_asked), heard.append)
    preparing = [n for n, said in enumerate(heard) if said.startswith("preparing the solver")]
    solving = next(n for n, said in enumerate(heard) if said.startswith("solving"))
    assert len(preparing) == announced and all(n < solving for n in preparing)


def test_too_little_memory_for_crushing_is_said_before_the_linear_solve(
    case: Case, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("vertebro.simulation.curve.available_bytes", lambda: 100_000)
    heard: list[str] = []
    with pytest.raises(BadModel, match="--linear"):
        strength_of(case, Level.L2, ModelSettings(voxel_mm=3.0), heard.append)
    assert not any(said.startswith("solving") for said in heard)


def test_a_spread_that_could_not_be_computed_is_said(case: Case, monkeypatch: pytest.MonkeyPatch) -> None:
    """The denser model does not come into balance: the two strengths of the curve stand bare, and why."""
    real, first = crushed, []

    def denser_fails(model: VoxelModel, *rest: object, **more: object) -> Curve | Unknown:
        first.append(model)
        known = all(model is not other for other in first[:-1]) and len(first) > 1
        return Unknown("no balance") if known else real(model, *rest, **more)  # type: ignore[arg-type]

    monkeypatch.setattr("vertebro.simulation.strength.crushed", denser_fails)
    found = strength_of(case, Level.L2, ModelSettings(voxel_mm=3.0))
    values = {e.name: e.value for e in found.numbers.compression}
    assert isinstance(values["offset"], Measured) and values["offset"].spread == 0
    assert isinstance(values["stiffness_based"], Measured) and values["stiffness_based"].spread > 0
    assert any("without ± is not exact" in said for said in found.cautions)


def test_the_schema_of_the_document_is_published() -> None:
    made = as_json(strength_schema())
    assert SCHEMA.read_text(encoding="utf-8") == made, f"publish it again: {SCHEMA.name}"


def test_a_broken_vertebra_is_called_so(case: Case) -> None:
    found = strength_of(case, Level.L1, LINEAR)
    jsonschema.validate(json.loads(as_json(strength_document(case.id, found))), strength_schema())
    assert found.cautions[0].startswith("L1 is broken")


def test_density_of_another_phantom_is_converted_and_that_is_said(case: Case) -> None:
    phantom = Phantom(0.8, 0.0, Quantity.HA_MG_CM3, "test")
    found = strength_of(replace(case, phantom=phantom), Level.L2, LINEAR)
    assert any("converted from ha_mg_cm3 to k2hpo4_mg_cm3" in c for c in found.cautions)
    assert found.numbers.stiffness.spread == 0 and any("No spread" in c for c in found.cautions)


def test_without_calibration_there_is_no_strength(case: Case) -> None:
    assert isinstance(case.ct, Volume)
    flat = Volume(np.full(case.ct.shape, 100, np.int16), case.ct.affine_mm, Quantity.HOUNSFIELD)
    bare = replace(case, ct=flat, tissues=Unknown("none"))
    with pytest.raises(BadCase, match="not calibrated"):
        strength_of(bare, Level.L2, LINEAR)
    with pytest.raises(BadCase, match="nothing to make a model of"):
        strength_of(replace(case, ct=Unknown("no CT was given")), Level.L2)


def test_a_vertebra_at_the_border_is_refused(case: Case) -> None:
    assert not isinstance(case.spine, Unknown)
    cut = {n: replace(x, is_cut_off=n is Level.L2) for n, x in case.spine.vertebrae.items()}
    with pytest.raises(BadAnatomy, match="touches the border"):
        strength_of(replace(case, spine=replace(case.spine, vertebrae=cut)), Level.L2)


def test_a_vertebra_that_holds_cement_is_refused_not_taken_for_dense_bone(case: Case) -> None:
    assert not isinstance(case.spine, Unknown) and not isinstance(case.ct, Unknown)
    vertebra = case.spine[Level.L2]
    places = case.ct.to_index(vertebra.mask.to_mm(np.argwhere(vertebra.mask.values))).round().astype(int)
    middle = np.median(places, axis=0)
    near = places[np.linalg.norm((places - middle) * case.ct.spacing_mm, axis=1) < 8]
    values = case.ct.values.copy()
    values[tuple(near.T)] = 3000  # HU of bone cement with barium
    treated = replace(case, ct=replace(case.ct, values=values))
    with pytest.raises(BadAnatomy, match="L2 holds metal or cement"):
        strength_of(treated, Level.L2, LINEAR)
