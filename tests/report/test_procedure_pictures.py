"""What the report draws of the procedures: everything on its own side, in words too, on one scale."""

import base64
import io
import re
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast
from xml.etree import ElementTree

import numpy as np
import pytest
from PIL import Image

sys.path.insert(0, str(Path(__file__).parents[1] / "simulation"))
from inflated_body import elliptic_body

from vertebro.patient.case import Case
from vertebro.patient.spine import Spine
from vertebro.patient.volume import Volume
from vertebro.procedures.trajectory import Side
from vertebro.report.before_after import before_after, columns_of, cuts_of
from vertebro.report.figures import Picture
from vertebro.report.next_door_chart import next_door_chart
from vertebro.report.plan_picture import across_needle, narrowest_mm, shaded
from vertebro.simulation.leakage import Outlet, Place, Route
from vertebro.simulation.neighbour_results import Alignment, Band, Change
from vertebro.vocabulary.grades import Quantity
from vertebro.vocabulary.known import Unknown
from vertebro.vocabulary.levels import Level
from vertebro.vocabulary.measured import Measured

BODY = elliptic_body(2.0)
WHY = Unknown("no balloon is part of this procedure")
SVG = "{http://www.w3.org/2000/svg}"


def case_of(flipped: bool = False) -> Case:
    """The body as a CT with its mask; ``flipped``: stored from the patient's left to his right."""
    affine, bone = BODY.affine_mm.copy(), BODY.bone
    if flipped:
        bone = bone[::-1]
        affine[:3, 3] = affine[:3, 3] + affine[:3, 0] * (bone.shape[0] - 1)
        affine[:3, 0] = -affine[:3, 0]
    labels = Volume(np.where(bone, 20, 0).astype(np.uint8), affine, Quantity.LABEL)
    ct = Volume(np.where(bone, 300, -50).astype(np.int16), affine, Quantity.HOUNSFIELD)
    spine = Spine.from_labels(labels, {20: Level.L1}, "made")
    return cast(Any, SimpleNamespace(spine=spine, ct=ct))


def played(side: Side, ml: float = 4.0, leak_ml: float = 0.2, inflation: Any = WHY) -> Any:
    """Cement in the upper front quarter of one side of the body, and a leak to the same side."""
    right, front, up = np.moveaxis(BODY.local_mm(np.moveaxis(np.indices(BODY.shape), 0, -1)), -1, 0)
    share = ((right * side.sign > 6) & (front > 2) & (up > 0) & BODY.body).astype(np.float32)
    place = np.array([[side.sign * 22.0, 0.0, 2.0]])
    vein = Outlet(f"{side} segmental vein", Route.SEGMENTAL, Place.VEINS, place, np.ones(1), 1.0, 1.0, 0.0)
    moment = SimpleNamespace(injected_ml=ml, share=share, leak_ml=(leak_ml,))
    porous = SimpleNamespace(grid=BODY, porosity=np.where(BODY.bone, 0.9, 0.0))
    return SimpleNamespace(
        plan=SimpleNamespace(cement_ml=ml),
        moment=lambda _: moment,
        injection=SimpleNamespace(bone=porous, outlets=(vein,)),
        inflation=inflation,
    )


def compared(**each: Any) -> Any:
    return SimpleNamespace(level=Level.L1, played=each)


def panels(svg: str) -> list[tuple[float, float, np.ndarray]]:
    """Upper left corner (mm) and pixels of every picture in a drawing."""
    found = []
    for image in ElementTree.fromstring(svg).iter(f"{SVG}image"):
        raw = base64.b64decode(image.attrib["href"].split(",")[1])
        pixels = np.asarray(Image.open(io.BytesIO(raw)).convert("RGB")).astype(int)
        found.append((float(image.attrib["x"]), float(image.attrib["y"]), pixels))
    return found


def centre(mask: np.ndarray) -> np.ndarray:
    """Of a mask, as shares of the width and of the height."""
    rows, columns = np.nonzero(mask)
    return np.array([columns.mean() / mask.shape[1], rows.mean() / mask.shape[0]])


def orange(pixels: np.ndarray) -> np.ndarray:
    return np.asarray(pixels[..., 0] - pixels[..., 2] > 60)


@pytest.mark.parametrize("flipped", [False, True])
def test_cement_is_drawn_on_the_side_it_lies_on(flipped: bool) -> None:
    both = compared(vertebroplasty=played(Side.RIGHT), kyphoplasty=played(Side.LEFT))
    picture = before_after(both, case_of(flipped))
    assert isinstance(picture, Picture)
    drawn = panels(picture.svg)
    assert len({left for left, _, _ in drawn}) == 3 and len({top for _, top, _ in drawn}) == 2
    by_column = sorted(drawn, key=lambda panel: (panel[0], panel[1]))
    imaged, right, left = by_column[:2], by_column[2:4], by_column[4:]
    assert not any(orange(pixels).any() for _, _, pixels in imaged)
    assert centre(orange(right[0][2]))[0] < 0.45 < 0.55 < centre(orange(left[0][2]))[0]
    for _, _, pixels in (right[0], left[0]):
        assert centre(orange(pixels))[1] < 0.45  # the front above
    shown = [pixels for _, _, pixels in (right[1], left[1]) if orange(pixels).any()]
    assert shown  # the slice from the side goes through cement
    for pixels in shown:
        assert centre(orange(pixels))[0] < 0.45 and centre(orange(pixels))[1] < 0.5  # front left, head up


def test_every_column_has_the_same_slices_at_the_same_scale() -> None:
    both = compared(vertebroplasty=played(Side.RIGHT), kyphoplasty=played(Side.LEFT))
    picture = before_after(both, case_of())
    assert isinstance(picture, Picture)
    sizes = {(i.attrib["width"], i.attrib["height"], i.attrib["y"]) for i in images(picture.svg)}
    assert len(sizes) == 2  # one for each row
    words = texts_of(picture.svg)
    assert words.count("R") == 3 and words.count("A") == 6 and words.count("S") >= 3
    for said in ("as imaged", "vertebroplasty", "kyphoplasty"):
        assert said in words
    assert any("full line" in w for w in words) and not any("dashed" in w for w in words)
    assert "S right segmental vein: vertebroplasty 0.20 mL" in picture.caption
    assert "kyphoplasty: " in picture.alt and "0.20 mL outside" in picture.alt


def test_the_slice_from_the_side_says_on_which_side_it_lies() -> None:
    for side in Side:
        one = compared(vertebroplasty=played(side))
        cuts = cuts_of(one, columns_of(one, case_of()))
        assert cuts.right_mm * side.sign > 6 and cuts.above_mm > 0
        assert f"patient's {side}" in cuts.titles[1] and "above" in cuts.titles[0]


def test_a_cavity_is_dashed_and_named() -> None:
    cavity = BODY.body & (abs(BODY.local_mm(np.moveaxis(np.indices(BODY.shape), 0, -1))[..., 0]) < 8)
    balloons = SimpleNamespace(grid=BODY, last=SimpleNamespace(cavity=cavity))
    picture = before_after(compared(kyphoplasty=played(Side.LEFT, inflation=balloons)), case_of())
    assert isinstance(picture, Picture)
    assert "stroke-dasharray" in picture.svg and any("dashed" in w for w in texts_of(picture.svg))


def test_without_a_filling_there_is_no_picture_but_a_reason() -> None:
    stopped = played(Side.RIGHT)
    stopped.moment = lambda _: Unknown("it stopped before")
    assert isinstance(before_after(compared(vertebroplasty=stopped), case_of()), Unknown)


def images(svg: str) -> list[ElementTree.Element]:
    return list(ElementTree.fromstring(svg).iter(f"{SVG}image"))


def texts_of(svg: str) -> list[str]:
    return ["".join(t.itertext()) for t in ElementTree.fromstring(svg).iter(f"{SVG}text")]


def needle(side: Side) -> Any:
    """From behind, 18 mm to a side, to the front of the body, leaning inwards."""
    entry = BODY.frame.world_mm(np.array([side.sign * 18.0, -30.0, 3.0]))
    target = BODY.frame.world_mm(np.array([side.sign * 8.0, 8.0, 0.0]))
    along = (target - entry) / np.linalg.norm(target - entry)
    return SimpleNamespace(
        direction=along,
        depth_mm=float(np.linalg.norm(target - entry)),
        at_mm=lambda depth: entry + np.asarray(depth, dtype=float)[..., None] * along,
    )


def scene() -> Any:
    """The canal: a round column behind the body."""
    site = SimpleNamespace(
        body=SimpleNamespace(frame=BODY.frame),
        canal=lambda at: np.hypot(at[..., 0], at[..., 1] + 24.0) - 8.0,
    )
    return SimpleNamespace(site=site, ct=case_of().ct, bone=None)


@pytest.mark.parametrize("side", Side)
def test_across_a_needle_the_canal_lies_towards_the_middle(side: Side) -> None:
    path, here = needle(side), scene()
    depth = narrowest_mm(here, path)
    assert 0 < depth < path.depth_mm
    plane = across_needle(here, path, depth)
    np.testing.assert_allclose([plane.across @ path.direction, plane.down @ path.direction], 0, atol=1e-9)
    assert plane.letters == ("L", "R", "S", "I")
    assert plane.across @ BODY.frame.right > 0.9 and plane.down @ BODY.frame.superior < -0.9
    lps = BODY.local_mm(np.moveaxis(np.indices(BODY.shape), 0, -1))
    canal = Volume(np.hypot(lps[..., 0], lps[..., 1] + 24.0) < 8.0, BODY.affine_mm, Quantity.LABEL)
    pixels = shaded(here, canal, plane).astype(int)
    red = pixels[..., 0] - pixels[..., 2] > 20
    across = centre(red)[0]
    assert across < 0.5 if side is Side.RIGHT else across > 0.5


def percent(value: float, spread: float = 0.0) -> Measured:
    return Measured(value, "%", "made", spread)


def neighbours(cement_pct: float, load: tuple[float, float]) -> Any:
    """So much more pressure by cement; the load before and after over a straight spine (%)."""
    before, after = load
    one = Alignment(
        "uncompensated",
        Measured(10, "deg", "made", 1),
        Measured(8, "deg", "made", 0),
        Measured(6 * (100 + before), "N", "made", 30),
        Measured(6 * (100 + after), "N", "made", 0),
        percent(after),
        (),
    )
    change = Change("pressure", "T12-L1", percent(1), percent(1), percent(cement_pct))
    bands = (Band("cement", 2.4, 19.0, ()), Band("alignment", 7.5, 60.0, ()))
    return SimpleNamespace(cement=(change,), alignment=(one,), bands=bands)


def test_the_effects_next_door_stand_apart_on_one_scale_beside_their_bands() -> None:
    made = next_door_chart("L1", {"a": neighbours(-20.0, (50.0, 10.0)), "b": neighbours(30.0, (50.0, 40.0))})
    assert isinstance(made, Picture)
    root = ElementTree.fromstring(made.svg)
    dots = [float(c.attrib["cx"]) for c in root.iter(f"{SVG}circle")]
    cement, alignment = dots[:2], dots[3:6]  # the third dot belongs to the legend
    zero = (cement[0] * 30 + cement[1] * 20) / 50
    assert cement[0] < zero < cement[1]
    scale = (cement[1] - cement[0]) / 50
    np.testing.assert_allclose((np.array(alignment) - zero) / scale, [50, 10, 40], atol=0.5)
    band = [r for r in root.iter(f"{SVG}rect") if r.attrib.get("opacity") == "0.6"]
    ends = [float(band[0].attrib["x"]), float(band[0].attrib["x"]) + float(band[0].attrib["width"])]
    np.testing.assert_allclose((np.array(ends) - zero) / scale, [2.4, 19.0], atol=0.2)
    assert "not a risk of fracture" in made.caption and "a -20.0 %" in made.alt
    assert not re.search(r"\{\w+\}", made.svg)


def test_nothing_known_next_door_is_no_chart() -> None:
    none = SimpleNamespace(cement=WHY, alignment=WHY, bands=())
    assert isinstance(next_door_chart("L1", {"a": cast(Any, none)}), Unknown)
