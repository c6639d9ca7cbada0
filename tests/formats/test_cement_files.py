"""Everything of an injection on disk: whole, named, in one place of the patient."""

import io
import json
import re
from dataclasses import asdict
from pathlib import Path

import nibabel
import numpy as np
import pytest
from PIL import Image
from surface_readers import bodies_of, read_glb, read_stl

from cemented_body import cemented_body
from vertebro.formats.cement_files import InjectionFiles, write_cement_files
from vertebro.formats.heat_document import heat_wire
from vertebro.kernels.rendering import enclosed_mm3
from vertebro.patient.frame import BodyFrame
from vertebro.patient.volume import Volume
from vertebro.report.cement_film import Moment
from vertebro.report.cement_scene import CementScene, DrawnLeak, DrawnNeedle
from vertebro.report.heat_chart import heat_chart, heat_in_words
from vertebro.simulation.heating import heat_spread
from vertebro.vocabulary.grades import Quantity
from vertebro.vocabulary.known import Unknown

EDGE_MM, MIDDLE_MM = 2.0, np.array([-15.0, 60.0, -300.0])


@pytest.fixture(scope="module")
def files() -> InjectionFiles:
    """3 mL of cement on the patient's right of a body that is turned in the scanner."""
    field, canal = cemented_body(3, EDGE_MM, middle_mm=(6, 0, 0))
    frame = BodyFrame.from_directions(
        MIDDLE_MM, anterior=np.array([0.2, -1, 0.1]), superior=np.array([0, 0.1, 1])
    )
    affine = np.eye(4)
    affine[:3, :3] = frame.axes.T * EDGE_MM
    affine[:3, 3] = frame.world_mm(-(np.array(field.inside.shape) - 1) / 2 * EDGE_MM)
    share = Volume(field.cement / 0.9, affine, Quantity.CEMENT_SHARE)
    needle = DrawnNeedle(
        "right needle", frame.world_mm(np.array([6.0, 0, 0])), 3.2, frame.world_mm(np.array([18.0, -30, 6]))
    )
    scene = CementScene(
        "L1",
        Unknown("no CT"),
        Volume(field.inside, affine, Quantity.LABEL),
        frame,
        share,
        3.0,
        (
            needle,
            DrawnNeedle("left needle", frame.world_mm(np.array([-6.0, 0, 0])), 3.2, Unknown("only its tip")),
        ),
        (DrawnLeak("to the canal", "basivertebral vein", frame.world_mm(np.array([0.0, -17, 0])), 0.1),),
    )
    steps = [Moment(share.values * k, 3.0 * k, (0.1 * k,), 60.0 * k) for k in (0, 1)]
    return InjectionFiles("case-1", scene, steps, heat_spread(field, field.regions(canal)))


@pytest.fixture(scope="module")
def folder(files: InjectionFiles, tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tmp_path_factory.mktemp("out") / "cement"
    written = write_cement_files(files, place)
    assert {place / path for path in written} == {p for p in place.rglob("*") if p.is_file()}
    return place


def test_every_file_is_there_under_its_name(folder: Path) -> None:
    assert {p.relative_to(folder).as_posix() for p in folder.rglob("*") if p.is_file()} == {
        "pictures/cement_heat.svg",
        "pictures/cement_slices.svg",
        "pictures/cement_solid.svg",
        "pictures/filling.gif",
        "surfaces/L1.glb",
        "surfaces/L1_cement.stl",
        "surfaces/L1_right_needle.stl",
        "surfaces/L1_vertebra.stl",
        "surfaces/needles.mrk.json",
        "volumes/dataset_description.json",
        *(
            f"volumes/sub-casex2dz1_{name}{end}"
            for name in (
                "label-cement_desc-L1saturation_probseg",
                "label-heat_desc-L1lipeak_map",
                "label-heat_desc-L1borzacchiellopeak_map",
            )
            for end in (".nii.gz", ".json")
        ),
    }


def test_all_files_agree_on_where_the_cement_lies(folder: Path, files: InjectionFiles) -> None:
    truth = files.scene.frame.world_mm(np.array([6.0, 0.0, 0.0]))
    image = nibabel.load(next(folder.glob("volumes/*saturation*.nii.gz")))
    share = np.asarray(image.dataobj)
    middle = nibabel.affines.apply_affine(image.affine, (np.argwhere(share > 0.5)).mean(axis=0)) * [-1, -1, 1]
    stl = read_stl(folder / "surfaces" / "L1_cement.stl")[1].points_mm
    bodies = bodies_of(*read_glb(folder / "surfaces" / "L1.glb"))
    glb = bodies["L1 cement"][0].points_mm
    markups = json.loads((folder / "surfaces" / "needles.mrk.json").read_text(encoding="utf-8"))["markups"]
    assert [line["name"] for line in markups] == ["L1 right needle"]
    tip = markups[0]["controlPoints"][1]["position"]
    for place in (middle, stl.mean(axis=0), glb.mean(axis=0), tip):
        np.testing.assert_allclose(place, truth, atol=0.5)
    assert set(bodies) == {"L1 vertebra", "L1 cement", "L1 right needle"}


def test_the_cement_s_surface_holds_its_volume(folder: Path) -> None:
    surface = read_stl(folder / "surfaces" / "L1_cement.stl")[1]
    assert enclosed_mm3(surface) == pytest.approx(3000 / 0.9, rel=0.08)


def test_the_peak_volumes_are_the_peaks(folder: Path, files: InjectionFiles) -> None:
    for law, heat in files.heat.items():
        image = nibabel.load(next(folder.glob(f"volumes/*{law}peak*.nii.gz")))
        assert np.asarray(image.dataobj).max() == pytest.approx(heat.peak_celsius.max(), abs=1e-3)
        about = json.loads(next(folder.glob(f"volumes/*{law}peak*.json")).read_text())
        assert about["Units"] == "degree Celsius" and about["LawOfCure"] == law


def test_the_film_is_a_film(folder: Path) -> None:
    assert Image.open(io.BytesIO((folder / "pictures" / "filling.gif").read_bytes())).n_frames == 2


def test_the_chart_draws_every_region_and_law_and_says_the_peaks(files: InjectionFiles) -> None:
    picture = heat_chart("L1", files.heat)
    for name, said in (("centre", "Centre of the cement"), ("canal_wall", "Wall of the canal")):
        peaks = [heat.regions[name].peak_celsius for heat in files.heat.values()]
        low, high = f"{min(peaks):.0f}", f"{max(peaks):.0f}"
        assert f"{said}: at most {low if low == high else f'{low} to {high}'} °C" in picture.alt
    assert len(re.findall("<circle", picture.svg)) == 6  # three regions by two laws
    assert "45 °C" in picture.svg and "50 °C" in picture.svg and "Belkoff" in picture.caption


def test_dry_bone_is_written_too(files: InjectionFiles, tmp_path: Path) -> None:
    empty = files.scene.at(np.zeros(files.scene.cement.shape), 0.0, (0.0,))
    write_cement_files(InjectionFiles("1", empty), tmp_path / "dry")
    assert not (tmp_path / "dry" / "surfaces" / "L1_cement.stl").exists()
    assert (tmp_path / "dry" / "surfaces" / "L1_vertebra.stl").exists()


def test_the_heat_as_data_is_that_of_the_regions(files: InjectionFiles) -> None:
    data = json.loads(json.dumps(asdict(heat_wire(files.heat)), allow_nan=False))
    assert [law["name"] for law in data["laws"]] == list(files.heat)
    for law, heat in zip(data["laws"], files.heat.values(), strict=True):
        told = {region["name"]: region for region in law["regions"]}
        assert set(told) == set(heat.regions)
        for name, region in heat.regions.items():
            assert told[name]["peak_celsius"] == region.peak_celsius
            assert told[name]["minutes_over"]["45"] == region.minutes_over[45]
    assert all(one["source"] and one["unit"] for one in data["measured_elsewhere"])
    assert len(heat_in_words(files.heat)) == 3
