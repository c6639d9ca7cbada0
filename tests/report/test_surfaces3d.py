"""The surfaces: true to size and side, closed, small enough for a page, at any grid."""

import base64
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from vertebro.kernels.rendering import Surface, enclosed_mm3
from vertebro.patient.case import Case
from vertebro.patient.spine import Spine
from vertebro.patient.volume import Volume
from vertebro.report import surfaces3d
from vertebro.report.assessment import Assessment
from vertebro.report.content import content
from vertebro.report.page import html
from vertebro.report.pictures import Pictures
from vertebro.report.surfaces3d import (
    BONE,
    CHOSEN,
    GLASS,
    GLASS_OPACITY,
    Inlay,
    scene,
    surface_of,
    surfaces,
)
from vertebro.vocabulary.grades import Quantity
from vertebro.vocabulary.levels import Level


def block(spacing: tuple[float, float, float], directions: np.ndarray[Any, Any]) -> Volume:
    """A block of 40 (left) x 30 (back) x 24 (up) mm with a knob on the patient's right."""
    shape = tuple(int(70 / s) for s in spacing)
    affine = np.eye(4)
    affine[:3, :3] = directions * np.array(spacing)
    affine[:3, 3] = -affine[:3, :3] @ (np.array(shape) - 1) / 2
    grid = np.moveaxis(np.indices(shape), 0, -1) @ affine[:3, :3].T + affine[:3, 3]
    left, back, up = np.moveaxis(grid, -1, 0)
    body = (abs(left) < 20) & (abs(back) < 15) & (abs(up) < 12)
    knob = (left < -19) & (left > -28) & (abs(back) < 4) & (abs(up) < 4)
    return Volume(body | knob, affine, Quantity.LABEL)


MIRRORED = np.diag([-1.0, 1, 1])  # a left-handed grid: RPS
GRIDS = [((1.0, 1.0, 1.0), np.eye(3)), ((0.6, 0.9, 2.5), MIRRORED), ((3.0, 3.0, 3.0), np.eye(3)[[2, 0, 1]])]


@pytest.mark.parametrize(("spacing", "directions"), GRIDS, ids=["1 mm", "uneven, mirrored", "3 mm, turned"])
def test_a_surface_keeps_size_side_and_outside(
    spacing: tuple[float, float, float], directions: np.ndarray[Any, Any]
) -> None:
    mask = block(spacing, directions)
    shape = surface_of(mask, 1.6)
    true = mask.values.sum() * mask.voxel_mm3
    assert enclosed_mm3(shape) == pytest.approx(true, rel=0.06)  # positive: the outside is outside
    low, high = shape.points_mm.min(axis=0), shape.points_mm.max(axis=0)
    assert low[0] == pytest.approx(-28, abs=max(spacing)) and high[0] == pytest.approx(20, abs=max(spacing))


def test_a_surface_is_closed() -> None:
    triangles = surface_of(block((1.0, 1.0, 1.0), np.eye(3)), 1.6).triangles
    edges = np.sort(triangles[:, [0, 1, 1, 2, 2, 0]].reshape(-1, 2), axis=1)
    _, times = np.unique(edges, axis=0, return_counts=True)
    assert (times == 2).all()


def test_a_bone_at_the_border_of_its_image_is_closed_too() -> None:
    mask = Volume(np.ones((12, 12, 12), dtype=bool), np.eye(4), Quantity.LABEL)
    assert enclosed_mm3(surface_of(mask, 1.0)) == pytest.approx(12**3, rel=0.06)


def numbers(packed: dict[str, str]) -> np.ndarray[Any, Any]:
    kind = {"f4": "<f4", "i4": "<i4", "u2": "<u2"}[packed["dtype"]]
    return np.frombuffer(base64.b64decode(packed["bdata"]), dtype=kind)


def test_the_scene_holds_the_surfaces_in_millimetres_from_their_middle(block_case: Case) -> None:
    assert isinstance(block_case.spine, Spine)
    shapes = surfaces(block_case.spine)
    data = scene(shapes, Level.L1)["data"]
    meshes = [trace for trace in data if trace["type"] == "mesh3d"]
    assert [mesh["name"] for mesh in meshes] == ["T12", "L1", "L2"]
    assert len({mesh["color"] for mesh in meshes}) == 2
    points = np.concatenate([shape.points_mm for shape in shapes.values()])
    middle = (points.min(axis=0) + points.max(axis=0)) / 2
    for mesh, shape in zip(meshes, shapes.values(), strict=True):
        np.testing.assert_allclose(
            np.stack([numbers(mesh[axis]) for axis in "xyz"]).T, shape.points_mm - middle, atol=1e-4
        )
        assert numbers(mesh["i"]).max() < len(shape.points_mm)
    letters = dict(zip(data[-1]["text"], zip(data[-1]["x"], data[-1]["y"], strict=True), strict=True))
    assert letters["L"][0] > 17 and letters["R"][0] < -17
    assert letters["A"][1] < -14 and letters["P"][1] > 29


def test_the_page_stays_small(lumbar_assessment: Assessment) -> None:
    page = html(content(lumbar_assessment), Pictures.of(lumbar_assessment))
    assert len(page.encode("utf-8")) < 8_000_000
    assert '<figure class="still">' in page, "the still picture is there where scripts do not run"


def test_more_vertebrae_get_a_coarser_grid(make_blocks: Callable[..., Case]) -> None:
    case = make_blocks(np.eye(3), (1.0, 1.0, 1.0))
    assert isinstance(case.spine, Spine)
    one = case.spine[Level.L1]
    few = surfaces(Spine({Level.L1: one}, "user"))[Level.L1]
    many = surfaces(Spine(dict.fromkeys(list(Level)[1:25], one), "user"))[Level.L1]
    assert len(many.triangles) < 0.6 * len(few.triangles)


def test_what_procedures_leave_lies_in_the_frame_of_the_bones_and_one_is_shown_at_a_time() -> None:
    """The page's script speaks of the same glass and colours as the scene."""
    bone = Surface(np.array([[0.0, 0, 0], [40, 0, 0], [0, 30, 0], [0, 0, 20]]), np.array([[0, 1, 2]]))
    rod = Surface(bone.points_mm + 5.0, bone.triangles)
    inlays = [Inlay(name, f"{name}, needle", rod, "#1f7ea8") for name in ("a", "b")]
    made = scene({Level.L1: bone}, Level.L1, inlays)["data"]
    assert [m["visible"] for m in made[:2]] == [True, False]
    assert made[2]["meta"] == GLASS and made[2]["opacity"] == GLASS_OPACITY and made[2]["color"] == BONE

    def numbers(mesh: dict[str, Any]) -> np.ndarray:
        return np.frombuffer(base64.b64decode(mesh["x"]["bdata"]), np.float32)

    np.testing.assert_allclose(numbers(made[0]) - numbers(made[2]), 5.0, atol=1e-4)
    script = (Path(surfaces3d.__file__).parent / "templates" / "solid.js").read_text(encoding="utf-8")
    for said in (f'"{GLASS}"', str(GLASS_OPACITY), f'"{BONE}"', f'"{CHOSEN}"'):
        assert said in script
    assert "meta" not in scene({Level.L1: bone}, Level.L1)["data"][0]
