"""Surfaces and needles of a played procedure on disk: volumes, sides, markups, and a mirrored patient."""

import json
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import numpy as np
import pytest
from surface_readers import bodies_of, read_glb, read_stl

from vertebro.formats.procedure_files import write_procedures
from vertebro.kernels.arrays import Array
from vertebro.kernels.rendering import Surface, enclosed_mm3
from vertebro.patient.case import Case
from vertebro.patient.spine import Spine
from vertebro.patient.synthetic import SyntheticPatient
from vertebro.patient.volume import Volume
from vertebro.procedures.procedure import technique
from vertebro.procedures.site import Site, site_of
from vertebro.procedures.trajectory import Plan, Side
from vertebro.procedures.wishes import OwnNeedle, Wishes
from vertebro.simulation.rheology import cement_named
from vertebro.simulation.stage import Played, bench_of, play
from vertebro.vocabulary.known import Unknown
from vertebro.vocabulary.levels import Level

FLIP = np.diag([-1.0, 1.0, 1.0, 1.0])
ML = 1.0


def flipped(volume: Volume) -> Volume:
    return replace(volume, affine_mm=FLIP @ volume.affine_mm)


def mirrored(case: Case) -> Case:
    """The same patient with right and left exchanged, images and all."""
    assert isinstance(case.spine, Spine) and isinstance(case.ct, Volume) and isinstance(case.tissues, Volume)
    spine = Spine({x.level: replace(x, mask=flipped(x.mask)) for x in case.spine}, case.spine.named_by)
    return replace(case, spine=spine, ct=flipped(case.ct), tissues=flipped(case.tissues))


def played_on(case: Case, wishes: Wishes) -> Played:
    """A kyphoplasty with 1 mL of cement."""
    assert isinstance(case.spine, Spine) and isinstance(case.ct, Volume)
    site = site_of(case.spine, Level.L2, case.ct)
    assert isinstance(site, Site)
    plan = wishes.plan(technique("kyphoplasty"), site)
    assert isinstance(plan, Plan)
    return play(bench_of(case, Level.L2), plan, cement_named("medium"), (ML,))


def written(played: Played, case: Case, out: Path) -> Path:
    compared = cast(Any, SimpleNamespace(played={"kyphoplasty": played}))
    assert write_procedures(compared, case, out) == ("surfaces/kyphoplasty-1mL: 1 mL of cement",)
    return out / "surfaces" / "kyphoplasty-1mL"


@pytest.fixture(scope="module")
def case(small_patient: SyntheticPatient) -> Case:
    return small_patient.case()


@pytest.fixture(scope="module")
def played(case: Case) -> Played:
    return played_on(case, Wishes((Side.RIGHT,)))


@pytest.fixture(scope="module")
def folder(played: Played, case: Case, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return written(played, case, tmp_path_factory.mktemp("files"))


def middle(surface: Surface) -> Array:
    """The middle of the triangles' area."""
    a, b, c = np.moveaxis(surface.points_mm[surface.triangles], 1, 0)
    area = np.linalg.norm(np.cross(b - a, c - a), axis=1)
    return np.asarray(((a + b + c) / 3 * area[:, None]).sum(axis=0) / area.sum())


def test_every_surface_is_closed_and_holds_its_voxels_volume(
    folder: Path, played: Played, case: Case
) -> None:
    assert not isinstance(played.inflation, Unknown) and isinstance(case.spine, Spine)
    mask = case.spine[Level.L2].mask
    moment = played.moment(ML)
    assert not isinstance(moment, Unknown)
    expected = {
        "vertebra": mask.values.sum() * mask.voxel_mm3,
        "cavity": played.inflation.last.volume.value * 1000,
        "cement": (np.asarray(moment.share) > 0.5).sum() * played.injection.bone.grid.edge_mm**3,
    }
    for name, mm3 in expected.items():
        header, surface, normals = read_stl(folder / f"L2_{name}.stl")
        assert "SPACE=LPS UNIT=mm" in header and header.startswith(f"L2 {name}")
        assert enclosed_mm3(surface) == pytest.approx(mm3, rel=0.06), name  # and turned outwards
        a, b, c = np.moveaxis(surface.points_mm[surface.triangles], 1, 0)
        face = np.cross(b - a, c - a)
        assert np.abs(face.sum(axis=0)).max() < 1e-3 * np.abs(face).sum()  # closed: areas cancel
        assert (np.einsum("ij,ij->i", face, normals) >= -1e-6).all()


def test_right_is_right_in_every_file(folder: Path, played: Played, case: Case) -> None:
    assert isinstance(case.spine, Spine)
    mask = case.spine[Level.L2].mask
    body = mask.to_mm(np.argwhere(mask.values)).mean(axis=0)
    (needle,) = played.plan.needles
    (line,) = json.loads((folder / "needles.mrk.json").read_text(encoding="utf-8"))["markups"]
    assert line["coordinateSystem"] == "LPS" and line["name"] == "L2 right needle"
    entry, tip = (np.array(point["position"]) for point in line["controlPoints"])
    np.testing.assert_allclose([entry, tip], [needle.entry_mm, needle.target_mm], atol=1e-6)
    bodies = bodies_of(*read_glb(folder / "L2.glb"))
    assert set(bodies) == {"L2 vertebra", "L2 cavity", "L2 cement", "L2 right needle"}
    for name in ("cavity", "cement", "right needle"):
        in_glb = middle(bodies[f"L2 {name}"][0])
        in_stl = middle(read_stl(folder / f"L2_{name.replace(' ', '_')}.stl")[1])
        np.testing.assert_allclose(in_glb, in_stl, atol=1e-3)
        assert in_stl[0] < body[0] - 1.0  # LPS: the patient's right is negative
    np.testing.assert_allclose(middle(bodies["L2 vertebra"][0])[0], body[0], atol=1.0)


def test_a_mirrored_patient_gives_mirrored_files(
    folder: Path, played: Played, case: Case, tmp_path: Path
) -> None:
    (needle,) = played.plan.needles
    ends = [tuple(float(x) for x in FLIP[:3, :3] @ end) for end in (needle.entry_mm, needle.target_mm)]
    own = OwnNeedle("mine", cast(Any, ends[0]), cast(Any, ends[1]))
    other_case = mirrored(case)
    other = played_on(other_case, Wishes(own=(own,), gauge=needle.needle.gauge))
    assert other.plan.sides == (Side.LEFT,)
    place = written(other, other_case, tmp_path)
    assert json.loads((place / "needles.mrk.json").read_text())["markups"][0]["name"] == "L2 left needle"
    for name in ("vertebra", "cavity", "cement"):
        here, there = (read_stl(at / f"L2_{name}.stl")[1] for at in (folder, place))
        np.testing.assert_allclose(middle(there) * [-1, 1, 1], middle(here), atol=0.6, err_msg=name)
        assert enclosed_mm3(there) == pytest.approx(enclosed_mm3(here), rel=0.05)


def test_cement_that_was_never_reached_is_not_drawn(played: Played, case: Case, tmp_path: Path) -> None:
    short = replace(played, injection=replace(played.injection, moments=()))
    (said,) = write_procedures(
        cast(Any, SimpleNamespace(played={"kyphoplasty": short})), case, tmp_path / "short"
    )
    assert said.startswith("surfaces/kyphoplasty-no-cement: bone and needles alone. 1 mL were not reached")
    kept = {p.name for p in (tmp_path / "short" / "surfaces" / "kyphoplasty-no-cement").iterdir()}
    assert "L2_cement.stl" not in kept and {"L2_vertebra.stl", "L2_cavity.stl", "needles.mrk.json"} <= kept
