"""STL, GLB, Markups and derivatives read back by their specifications; never mirrored, in LPS millimetres."""

import json
from pathlib import Path
from typing import Any

import nibabel
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_allclose
from scipy import ndimage
from surface_readers import bodies_of, read_glb, read_stl

from vertebro.errors import BadFile, BadModel, HouseFault
from vertebro.formats.derivatives import Derivative, plain_word, write_derivatives
from vertebro.formats.markups import NeedleLine, write_markups
from vertebro.formats.surfaces import Body, write_glb, write_stl
from vertebro.kernels.rendering import Surface, enclosed_mm3, tube
from vertebro.patient.volume import Volume
from vertebro.report.surfaces3d import level_surface, surface_of
from vertebro.vocabulary.grades import Quantity

ARMS_MM = np.array([18.0, 11.0, 26.0])  # of a corner: far to the left, less to the back, farthest up
CORNER_MM = np.array([-42.0, 130.5, -610.0])


def corner(codes: str) -> Volume:
    """Three arms of different lengths from one corner towards left, posterior, superior."""
    n = (ARMS_MM + 6).astype(int)
    index = np.moveaxis(np.indices(n), 0, -1) - 3
    thin = (index >= 0) & (index < 5)
    mask = np.zeros(n, dtype=bool)
    for axis in range(3):
        others = [a for a in range(3) if a != axis]
        along = (index[..., axis] >= 0) & (index[..., axis] < ARMS_MM[axis])
        mask |= along & thin[..., others].all(axis=-1)
    affine = np.eye(4)
    affine[:3, 3] = CORNER_MM - 3
    return Volume(mask, affine, Quantity.LABEL).oriented(codes)


@pytest.mark.parametrize("codes", ["LPS", "RAS", "PIR", "SAL"])
def test_no_file_mirrors_or_moves_the_patient(tmp_path: Path, codes: str) -> None:
    body = Body("corner", surface_of(corner(codes), 1.0), "#d8cdb6")
    write_stl(body, tmp_path / "corner.stl")
    write_glb([body], tmp_path / "corner.glb")
    document, data = read_glb(tmp_path / "corner.glb")
    for surface in (read_stl(tmp_path / "corner.stl")[1], bodies_of(document, data)["corner"][0]):
        low, high = surface.points_mm.min(axis=0), surface.points_mm.max(axis=0)
        assert_allclose(high - CORNER_MM, ARMS_MM - 0.5, atol=0.6)  # blunted a little at the tips
        assert_allclose(low - CORNER_MM, -0.5, atol=0.6)
        volume = 25 * (ARMS_MM.sum() - 2 * 5)
        assert enclosed_mm3(surface) == pytest.approx(volume, rel=0.15)  # outwards, hence positive


def test_gltf_stands_upright_and_is_turned_not_mirrored(tmp_path: Path) -> None:
    write_glb([Body("corner", surface_of(corner("LPS"), 1.0), "#d8cdb6")], tmp_path / "c.glb")
    document, _ = read_glb(tmp_path / "c.glb")
    (top,) = document["scenes"][0]["nodes"]
    matrix = np.array(document["nodes"][top]["matrix"]).reshape(4, 4).T
    assert np.linalg.det(matrix[:3, :3]) == pytest.approx(1e-9)  # a rotation, and mm become metres
    left, back, up = (matrix[:3, :3] * 1000).T
    assert left.tolist() == [1, 0, 0] and up.tolist() == [0, 1, 0] and back.tolist() == [0, 0, -1]
    assert sorted(document["nodes"][top]["children"]) == [0]


def test_every_body_is_a_node_of_its_own_with_name_and_colour(tmp_path: Path) -> None:
    bone = Body("L1 vertebra", surface_of(corner("LPS"), 1.0), "#d8cdb6", opacity=0.35)
    rod = Body("needle left", tube(np.zeros(3), np.array([0.0, 40.0, 5.0]), 1.5), "#1f77b4")
    write_glb([bone, rod], tmp_path / "scene.glb")
    document, data = read_glb(tmp_path / "scene.glb")
    found = bodies_of(document, data)
    assert set(found) == {"L1 vertebra", "needle left"}
    bone_look, rod_look = document["materials"]
    assert (
        bone_look["alphaMode"] == "BLEND" and bone_look["pbrMetallicRoughness"]["baseColorFactor"][3] == 0.35
    )
    assert rod_look["pbrMetallicRoughness"]["baseColorFactor"] == pytest.approx(
        [0.01370, 0.18448, 0.45641, 1.0], abs=1e-4
    )
    surface, normals = found["needle left"]
    assert enclosed_mm3(surface) == pytest.approx(np.pi * 1.5**2 * np.hypot(40, 5), rel=0.02)
    side = np.abs(normals[:-2] @ np.array([0.0, 40.0, 5.0]) / np.hypot(40, 5)) < 0.8
    assert side.all()


def test_the_header_of_an_stl_says_space_and_unit_and_is_never_taken_for_text(tmp_path: Path) -> None:
    write_stl(Body("solid cement é", surface_of(corner("LPS"), 1.0), "#aaaaaa"), tmp_path / "a.stl")
    header, _, normals = read_stl(tmp_path / "a.stl")
    assert "SPACE=LPS UNIT=mm" in header and not header.lower().startswith("solid")
    assert_allclose(np.linalg.norm(normals, axis=1), 1, atol=1e-5)


def test_the_surface_of_a_field_lies_where_the_field_says() -> None:
    """A ball whose share falls linearly: the level of one half lies at its radius, in a turned image."""
    n, radius, middle = 31, 10.0, np.array([-80.0, 40.0, -300.0])
    turn = np.array([[0.0, -0.8, 0.6], [1.0, 0, 0], [0.0, 0.6, 0.8]])
    affine = np.eye(4)
    affine[:3, :3] = turn
    affine[:3, 3] = middle - turn @ np.full(3, (n - 1) / 2)
    away = np.linalg.norm(np.moveaxis(np.indices((n, n, n)), 0, -1) - (n - 1) / 2, axis=-1)
    field = Volume(np.clip(0.5 + (radius - away) / 4, 0, 1), affine, Quantity.CEMENT_SHARE)
    surface = level_surface(field)
    assert_allclose(np.linalg.norm(surface.points_mm - middle, axis=1), radius, atol=0.05)
    assert enclosed_mm3(surface) == pytest.approx(4 / 3 * np.pi * radius**3, rel=0.01)


@pytest.mark.parametrize("codes", ["LPS", "RAS"])
def test_surfaces_are_closed_for_the_printer(codes: str) -> None:
    """Every edge belongs to two triangles that run along it in opposite directions."""
    mask = corner(codes)
    share = Volume(
        ndimage.gaussian_filter(mask.values.astype(float), 1.0), mask.affine_mm, Quantity.CEMENT_SHARE
    )
    rod = tube(np.array([1.0, 2, 3]), np.array([20.0, -5, 9]), 1.6)
    for surface in (surface_of(mask, 1.3), level_surface(share), rod):
        triangles = surface.triangles
        edges = np.concatenate([triangles[:, [0, 1]], triangles[:, [1, 2]], triangles[:, [2, 0]]])
        assert len(np.unique(edges, axis=0)) == len(edges)
        assert set(map(tuple, edges)) == set(map(tuple, edges[:, ::-1]))


def test_a_field_that_never_reaches_the_level_is_refused() -> None:
    with pytest.raises(BadModel):
        level_surface(Volume(np.full((3, 3, 3), 0.4), np.eye(4), Quantity.CEMENT_SHARE))


def test_slicer_gets_every_needle_as_a_line_from_entry_to_tip(tmp_path: Path) -> None:
    needles = [
        NeedleLine("L1 left", np.array([22.5, 61.0, -120.0]), np.array([9.0, 30.0, -118.0]), 3.2),
        NeedleLine("L1 right", np.array([-22.5, 61.0, -120.0]), np.array([-9.0, 30.0, -118.0]), 3.2),
    ]
    write_markups(needles, tmp_path / "needles.mrk.json")
    document = json.loads((tmp_path / "needles.mrk.json").read_text(encoding="utf-8"))
    assert document["@schema"].endswith("markups-schema-v1.0.3.json#")
    for line, needle in zip(document["markups"], needles, strict=True):
        assert (line["type"], line["coordinateSystem"], line["coordinateUnits"]) == ("Line", "LPS", "mm")
        entry, tip = (point["position"] for point in line["controlPoints"])
        assert entry == needle.entry_mm.tolist() and tip == needle.tip_mm.tolist()
        assert all(point["positionStatus"] == "defined" for point in line["controlPoints"])
        assert line["name"] == needle.name


def test_derivatives_lie_in_the_patient_where_they_were_computed(tmp_path: Path) -> None:
    turn = np.array([[-1.0, 0, 0], [0, -1, 0], [0, 0, 1]])  # a body's own frame: right, anterior, superior
    affine = np.eye(4)
    affine[:3, :3], affine[:3, 3] = turn * 1.5, [12.0, 90.0, -400.0]
    share = np.zeros((4, 5, 6))
    share[3, 1, 2] = 0.75
    field = Volume(share, affine, Quantity.CEMENT_SHARE)
    one = Derivative("cement", "L1saturation", "probseg", field, {"Units": "share of the pore space"})
    (made,) = write_derivatives("case-7", (one,), tmp_path / "out")
    assert made.name == "sub-casex2dz7_label-cement_desc-L1saturation_probseg.nii.gz"
    image: Any = nibabel.load(made)
    at = np.argwhere(np.asarray(image.dataobj) == 0.75)
    ras = nibabel.affines.apply_affine(image.affine, at[0])
    assert_allclose(ras * [-1, -1, 1], [12 - 4.5, 90 - 1.5, -400 + 3.0], atol=1e-5)
    assert json.loads(made.with_name(made.name.replace(".nii.gz", ".json")).read_text()) == one.meaning
    about = json.loads((tmp_path / "out" / "dataset_description.json").read_text())
    assert about["DatasetType"] == "derivative" and about["GeneratedBy"][0]["Name"] == "vertebro"


@given(one=st.text(max_size=8), other=st.text(max_size=8))
def test_words_of_names_are_plain_and_two_never_become_one(one: str, other: str) -> None:
    assert plain_word(one).isascii() and plain_word(one).isalnum()
    assert (plain_word(one) == plain_word(other)) == (one == other)


def test_impossible_bodies_needles_and_places_are_refused(tmp_path: Path) -> None:
    good = tube(np.zeros(3), np.ones(3), 1.0)
    with pytest.raises(HouseFault):
        Body("empty", Surface(good.points_mm, good.triangles[:0]), "#ffffff")
    with pytest.raises(HouseFault):
        Body("nowhere", Surface(good.points_mm * np.nan, good.triangles), "#ffffff")
    with pytest.raises(HouseFault):
        write_glb([Body("a", good, "#ffffff"), Body("a", good, "#ffffff")], tmp_path / "a.glb")
    with pytest.raises(HouseFault):
        NeedleLine("stub", np.zeros(3), np.zeros(3), 3.0)
    with pytest.raises(BadFile):
        write_stl(Body("a", good, "#ffffff"), tmp_path)
    assert not list(tmp_path.iterdir())
