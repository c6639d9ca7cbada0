"""Pictures of an injection: everything on its side, nothing told by colour alone, a small film."""

import io
import re
from dataclasses import replace

import numpy as np
import pytest
from PIL import Image

from vertebro.errors import HouseFault
from vertebro.patient.volume import Volume
from vertebro.report.cement_film import PANEL_PX, Moment, film, film_in_words
from vertebro.report.cement_picture import (
    cement_slices,
    cement_solid,
    leaks_on,
    needle_lines,
    painted,
    solid_views,
)
from vertebro.report.cement_scene import CEMENT, CementScene, DrawnLeak, DrawnNeedle, rgb
from vertebro.report.planes import upright
from vertebro.vocabulary.grades import Quantity
from vertebro.vocabulary.known import Unknown

MIDDLE_MM = np.array([30.0, -20.0, -500.0])
EDGE_MM = 2.0


def beside(left: float, back: float, up: float) -> np.ndarray:
    return MIDDLE_MM + np.array([left, back, up])


def ellipsoid(centre_mm: np.ndarray, radii_mm: tuple[float, float, float]) -> np.ndarray:
    mm = (np.moveaxis(np.indices((30, 30, 24)), 0, -1) - [14.5, 14.5, 11.5]) * EDGE_MM + MIDDLE_MM
    return np.asarray((((mm - centre_mm) / radii_mm) ** 2).sum(axis=-1))


@pytest.fixture(scope="module")
def scene() -> CementScene:
    """Cement in the patient's right front upper corner; a needle from the left; a leak behind, one above."""
    affine = np.diag([EDGE_MM, EDGE_MM, EDGE_MM, 1.0])
    affine[:3, 3] = MIDDLE_MM - np.array([14.5, 14.5, 11.5]) * EDGE_MM
    bone = ellipsoid(MIDDLE_MM, (22, 18, 14)) < 1
    cement = np.clip(2 - ellipsoid(beside(-9, -6, 4), (6, 6, 5)), 0, 1) * bone
    tip, entry = beside(-8, -4, 2), beside(14, 18, 6)
    ways = (
        ("to the canal", "basivertebral vein", [0, 20, 0], 0.3),
        ("to the disc", "gap in an end-plate", [-8, -4, 15], 0.1),
    )
    return CementScene(
        level="L1",
        ct=Volume(np.where(bone, 300, -50).astype(np.int16), affine, Quantity.HOUNSFIELD),
        bone=Volume(bone, affine, Quantity.LABEL),
        frame=upright(MIDDLE_MM),
        cement=Volume(cement, affine, Quantity.CEMENT_SHARE),
        ml=0.9,
        needles=(DrawnNeedle("left needle", tip, 3.0, entry),),
        leaks=tuple(DrawnLeak(name, route, MIDDLE_MM + place, ml) for name, route, place, ml in ways),
    )


def orange(pixels: np.ndarray) -> np.ndarray:
    """Where a picture (rows, columns, colours) has more of the cement's colour than grey can have."""
    red, _, blue = np.moveaxis(pixels[..., :3].astype(int), -1, 0)
    return np.asarray(red - blue > 60)


def centre(mask: np.ndarray) -> tuple[float, float]:
    """Of a mask, as shares of the picture's width and height."""
    rows, columns = np.nonzero(mask)
    return float(columns.mean() / mask.shape[1]), float(rows.mean() / mask.shape[0])


def test_cement_lies_on_its_side_of_every_slice(scene: CementScene) -> None:
    sagittal, coronal, axial = (centre(orange(painted(scene, plane, 0.5))) for plane in scene.planes())
    assert sagittal[0] < 0.45 and sagittal[1] < 0.45  # front on the left, head up
    assert coronal[0] < 0.45 and coronal[1] < 0.45  # the patient's right on the left, head up
    assert axial[0] < 0.45 and axial[1] < 0.45  # the patient's right on the left, front up


def test_cement_lies_on_its_side_of_every_solid_view(scene: CementScene) -> None:
    dry = replace(scene, leaks=())
    found = {name: centre(orange(pixels) & (pixels[..., 3] == 255)) for name, pixels, _ in solid_views(dry)}
    assert found["front"][0] < 0.45 < 0.55 < found["back"][0]
    assert found["left"][0] < 0.45
    assert found["below"][0] < 0.45 and found["below"][1] < 0.45


def test_opacity_grows_with_the_share_filled(scene: CementScene) -> None:
    plane = scene.planes()[2]
    seen = []
    for share in (0.0, 0.5, 1.0):
        full = scene.at(np.where(scene.bone.values, share, 0.0), 1.0, (0.0, 0.0))
        rows, columns, _ = (pixels := painted(full, plane, 0.5)).shape
        seen.append(float(np.abs(pixels[rows // 2, columns // 2] - rgb(CEMENT)).sum()))
    assert seen[0] > seen[1] > seen[2] > 0  # the CT is seen through it even where the pores are full


def test_a_needle_ends_at_its_tip_and_comes_from_its_side(scene: CementScene) -> None:
    axial = scene.planes()[2]
    lines = needle_lines(scene, axial)
    tip = axial.picture_mm(scene.needles[0].tip_mm)
    assert min(np.linalg.norm(start - tip) for start, _, _ in lines) < 1e-6
    far = max((end for _, end, _ in lines), key=lambda p: float(np.linalg.norm(p - tip)))
    assert far[0] > tip[0] and far[1] > tip[1]  # towards the patient's left and back
    assert [hidden for _, _, hidden in lines] == [False, True]  # it leaves the slice on its way


def test_a_needle_without_a_known_way_is_a_short_mark(scene: CementScene) -> None:
    needle = replace(scene.needles[0], entry_mm=Unknown("only the tip was given"))
    ((start, end, hidden),) = needle_lines(replace(scene, needles=(needle,)), scene.planes()[0])
    assert np.linalg.norm(end - start) < 2 and not hidden


def test_leaks_are_drawn_where_they_lie_and_only_on_slices_near_them(scene: CementScene) -> None:
    sagittal, coronal, axial = scene.planes()
    assert [leak.sign for leak, _ in leaks_on(scene, coronal)] == ["D"]
    assert [leak.sign for leak, _ in leaks_on(scene, sagittal)] == ["D"]
    assert [leak.sign for leak, _ in leaks_on(scene, axial)] == ["B"]
    (_, at), *_ = leaks_on(scene, axial)
    np.testing.assert_allclose(at, axial.picture_mm(beside(0, 20, 0)))


def test_a_leak_too_small_to_be_written_is_not_shown(scene: CementScene) -> None:
    dry = scene.at(scene.cement.values, 0.9, (0.004, 0.0))
    assert dry.seen_leaks == () and "No cement left" in dry.leaks_in_words()
    assert "No cement left" in cement_slices(dry).alt


@pytest.mark.parametrize("draw", [cement_slices, cement_solid])
def test_pictures_say_what_they_show(scene: CementScene, draw) -> None:  # type: ignore[no-untyped-def]
    picture = draw(scene)
    for said in (picture.alt, picture.caption):
        assert "L1" in said and "B to the canal 0.30 mL" in said and "D to the disc 0.10 mL" in said
        assert "{" not in said
    assert "omputed" in picture.caption
    assert picture.svg.startswith("<svg") and len(picture.svg) < 1_500_000


def test_slices_carry_letters_signs_and_a_scale(scene: CementScene) -> None:
    words = re.findall(r"<text[^>]*>([^<]*)</text>", cement_slices(scene).svg)
    assert {"R", "L", "A", "P", "S", "I", "B", "D"} <= set(words)
    assert any(word.endswith(" mm") for word in words) and "to the canal 0.30 mL" in words


def test_without_a_ct_the_mask_is_the_ground(scene: CementScene) -> None:
    bare = replace(scene, ct=Unknown("no CT was given"))
    pixels = painted(bare, bare.planes()[2], 0.5)
    assert orange(pixels).any() and 40 < pixels[pixels.shape[0] // 2, pixels.shape[1] * 3 // 4].mean() < 60


def moments(scene: CementScene, n: int = 4) -> list[Moment]:
    return [
        Moment(
            scene.cement.values * (k / n) ** 0.2, scene.ml * k / n, (0.3 * max(0, k - 2) / n, 0.0), 30.0 * k
        )
        for k in range(n + 1)
    ]


def test_the_film_grows_and_stays_small(scene: CementScene) -> None:
    data = film(scene, moments(scene))
    image = Image.open(io.BytesIO(data))
    assert image.n_frames == 5 and len(data) < 2_000_000
    assert image.width >= 3 * PANEL_PX[0]
    counts, lasts = [], []
    for frame in range(image.n_frames):
        image.seek(frame)
        lasts.append(image.info["duration"])
        counts.append(int(orange(np.asarray(image.convert("RGB"))[40 : 40 + PANEL_PX[1]]).sum()))
    assert counts == sorted(counts) and counts[-1] > counts[1]
    assert lasts[-1] > lasts[0]
    assert film(scene, moments(scene)) == data  # the same on every run
    said = film_in_words(scene, moments(scene))
    assert "0.9 mL" in said and "2 min 0 s" in said and "B to the canal 0.15 mL" in said


def test_impossible_films_and_leaks_are_our_fault(scene: CementScene) -> None:
    with pytest.raises(HouseFault):
        film(scene, [])
    with pytest.raises(HouseFault):
        DrawnLeak("somewhere", "osmosis", MIDDLE_MM, 0.1)
