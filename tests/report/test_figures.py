"""The pictures: right is on the left, scale and lines have their length, every level has its name."""

import base64
import re
import struct
import zlib
from collections.abc import Callable
from dataclasses import replace
from itertools import permutations, product
from typing import Any
from xml.etree import ElementTree

import numpy as np
import pytest

from vertebro.fracture.findings import Findings
from vertebro.patient.case import Case
from vertebro.patient.volume import Volume
from vertebro.report import planes
from vertebro.report.assessment import Assessment
from vertebro.report.drawing import Drawing, png
from vertebro.report.figures import CHOSEN, Picture, slices
from vertebro.report.heights_chart import PANEL_MM, heights_chart
from vertebro.vocabulary.known import Unknown
from vertebro.vocabulary.levels import Level

SVG = "{http://www.w3.org/2000/svg}"


def drawn(picture: Picture) -> ElementTree.Element:
    return ElementTree.fromstring(picture.svg)


def named(assessment: Assessment) -> dict[str, ElementTree.Element]:
    return {picture.name: drawn(picture) for picture in slices(assessment)}


def pixels(data: bytes) -> np.ndarray[Any, Any]:
    """The pixels of a PNG whose lines are not filtered, as ours are."""
    columns, rows = struct.unpack(">II", data[16:24])
    size = struct.unpack(">I", data[33:37])[0]
    lines = np.frombuffer(zlib.decompress(data[41 : 41 + size]), dtype=np.uint8).reshape(rows, -1)
    assert (lines[:, 0] == 0).all()
    return lines[:, 1:].reshape(rows, columns, -1)


def grey(root: ElementTree.Element) -> np.ndarray[Any, Any]:
    href = next(e for e in root.iter(f"{SVG}image")).attrib["href"]
    return pixels(base64.b64decode(href.split(",", 1)[1]))[..., 0].astype(float)


def size_mm(root: ElementTree.Element) -> np.ndarray[Any, Any]:
    return np.array([float(n) for n in root.attrib["viewBox"].split()[2:]])


def bright_mm(root: ElementTree.Element) -> np.ndarray[Any, Any]:
    """Centres of the white dots, in mm right of and below the middle of the picture."""
    from scipy.ndimage import center_of_mass, label

    picture = grey(root)
    spots, n = label(picture > 250)
    centres = np.array(center_of_mass(picture > 250, spots, range(1, n + 1)))[:, ::-1]
    scale = size_mm(root) / np.array(picture.shape)[::-1]
    return (centres + 0.5) * scale - size_mm(root) / 2


def text(root: ElementTree.Element) -> dict[str, tuple[float, float]]:
    return {e.text or "": (float(e.attrib["x"]), float(e.attrib["y"])) for e in root.iter(f"{SVG}text")}


def steps(element: ElementTree.Element) -> np.ndarray[Any, Any]:
    numbers = re.findall(r"-?[\d.]+", element.attrib["d"])
    return np.array(numbers, dtype=float).reshape(-1, 2)


def grid_of(codes: tuple[str, str, str]) -> np.ndarray[Any, Any]:
    signs = {"L": (0, 1), "R": (0, -1), "P": (1, 1), "A": (1, -1), "S": (2, 1), "I": (2, -1)}
    columns = np.zeros((3, 3))
    for axis, code in enumerate(codes):
        row, sign = signs[code]
        columns[row, axis] = sign
    return columns


ALL_CODES = [codes for axes in permutations(("RL", "AP", "IS")) for codes in product(*axes)]
TURN = np.array([[0.8, -0.6, 0], [0.6, 0.8, 0], [0, 0, 1]]) @ np.array(
    [[1, 0, 0], [0, 0.8, 0.6], [0, -0.6, 0.8]]
)


@pytest.mark.parametrize("codes", ALL_CODES, ids="".join)
def test_the_right_of_the_patient_is_on_the_left_for_every_axis_order(
    codes: tuple[str, str, str], make_blocks: Callable[..., Case]
) -> None:
    case = make_blocks(grid_of(codes), (2.0, 2.5, 2.0))
    assert isinstance(case.ct, Volume)
    frame = planes.upright(np.zeros(3))
    for plane, dot in ((planes.axial(frame), (-20, 0)), (planes.coronal(frame), (-20, 0))):
        assert brightest(replace(plane, size_mm=(70.0, 30.0)), case.ct) == pytest.approx(dot, abs=1.6)
    front = replace(planes.sagittal(frame), size_mm=(70.0, 40.0))
    assert brightest(front, case.ct) == pytest.approx((-22, 0), abs=1.6)


def brightest(plane: planes.Plane, ct: Volume) -> tuple[float, float]:
    """Centre of what is brighter than bone, in mm right of and below the middle of the plane."""
    cut = np.nan_to_num(plane.cut(ct, 0.5))
    row, column = (np.argwhere(cut > 800) + 0.5).mean(axis=0) * 0.5
    return float(column) - plane.size_mm[0] / 2, float(row) - plane.size_mm[1] / 2


@pytest.mark.parametrize(
    "directions", [np.eye(3), grid_of(("A", "S", "R")), TURN], ids=["LPS", "ASR", "oblique"]
)
def test_a_dot_on_the_right_of_the_patient_is_on_the_left_of_the_finished_picture(
    directions: np.ndarray[Any, Any],
    make_blocks: Callable[..., Case],
    assess_case: Callable[[Case], Assessment],
) -> None:
    views = named(assess_case(make_blocks(directions, (1.0, 1.2, 0.8))))
    beside = bright_mm(views["coronal"])[0]
    assert beside[0] < -15 and abs(beside[1]) < 2
    axial = bright_mm(views["axial"])
    assert axial[:, 0].min() < -15, "the right dot is not on the left"
    assert bright_mm(views["sagittal"])[0][0] < -15, "the front dot is not on the left"


def test_the_letters_stand_where_they_point(block_assessment: Assessment) -> None:
    expected = {"spine": "APSI", "sagittal": "APSI", "coronal": "RLSI", "axial": "RLAP"}
    for name, root in named(block_assessment).items():
        words, (width, height) = text(root), size_mm(root)
        left, right, top, bottom = expected[name]
        assert words[left][0] < width / 8 and words[right][0] > width * 7 / 8
        assert words[top][1] < height / 6 and words[bottom][1] > height * 5 / 6


def test_the_scale_bar_is_as_long_as_it_says(block_assessment: Assessment) -> None:
    for root in named(block_assessment).values():
        bar = next(e for e in root.iter(f"{SVG}path") if e.attrib.get("class") == "scale")
        (x0, y0), (x1, y1) = steps(bar)
        assert f"{x1 - x0:g} mm" in text(root) and y0 == y1
        picture = grey(root)  # the picture fills the drawing, so its millimetres are those of the bar
        assert picture.shape[1] / picture.shape[0] == pytest.approx(np.divide(*size_mm(root)), rel=0.01)


def test_every_vertebra_has_its_name_and_the_one_in_question_is_marked(
    block_assessment: Assessment,
) -> None:
    words = text(named(block_assessment)["spine"])
    assert {"T12", "L2"} <= set(words) and any(w.startswith("L1 ") for w in words)
    assert words["T12"][1] < words["L2"][1]


def test_the_outline_has_the_size_of_the_body(block_assessment: Assessment) -> None:
    root = named(block_assessment)["coronal"]
    outlines = next(g for g in root.iter(f"{SVG}g") if g.attrib["class"] == "outlines")
    own = next(steps(path) for path in outlines if path.attrib["stroke"] == CHOSEN)
    assert np.ptp(own, axis=0) == pytest.approx([34, 24], abs=1.2)


def test_the_height_lines_run_from_end_plate_to_end_plate(block_assessment: Assessment) -> None:
    root = named(block_assessment)["sagittal"]
    marks = next(g for g in root.iter(f"{SVG}g") if g.attrib["class"] == "marks")
    lines = [steps(path) for path in marks.iter(f"{SVG}path")]
    upright = [np.ptp(line[:, 1]) for line in lines if np.ptp(line[:, 0]) < 0.01]
    assert sum(abs(height - 24) < 0.05 for height in upright) >= 3
    words = text(root)
    assert words["14.2 ± 0.4 mm"][0] < words["13.1 ± 0.4 mm"][0] < words["22.0 ± 0.4 mm"][0]


def test_outside_the_image_nothing_is_invented(
    block_case: Case, assess_case: Callable[[Case], Assessment]
) -> None:
    assert isinstance(block_case.ct, Volume)
    half = block_case.ct.cropped((slice(0, 55), slice(None), slice(None)))
    root = named(assess_case(replace(block_case, ct=half)))["axial"]
    href = next(e for e in root.iter(f"{SVG}image")).attrib["href"]
    opacity = pixels(base64.b64decode(href.split(",", 1)[1]))[..., 1]
    assert (opacity[:, -20:] == 0).all() and (opacity[:, :20] == 255).all()


def test_without_a_ct_only_the_mask_is_drawn(
    block_case: Case, assess_case: Callable[[Case], Assessment]
) -> None:
    views = named(assess_case(replace(block_case, ct=Unknown("only a mask was given"))))
    for root in views.values():
        assert not list(root.iter(f"{SVG}image"))
        assert len(next(e for e in root.iter(f"{SVG}g") if e.attrib["class"] == "outlines"))


def test_words_in_a_drawing_are_escaped() -> None:
    drawing = Drawing(10, 10)
    drawing.words((1, 1), "<script>&\"'", 2)
    root = ElementTree.fromstring(drawing.svg('"><script>'))
    assert root.attrib["aria-label"] == '"><script>'
    assert [e.text for e in root.iter(f"{SVG}text")] == ["<script>&\"'"]


@pytest.mark.parametrize("channels", [1, 2, 3, 4])
def test_a_png_holds_its_pixels(channels: int) -> None:
    rng = np.random.default_rng(7)
    given = rng.integers(0, 256, size=(5, 9, channels), dtype=np.uint8)
    np.testing.assert_array_equal(pixels(png(given)), given)


def test_the_chart_puts_each_height_at_its_place_on_the_scale(block_assessment: Assessment) -> None:
    findings = block_assessment.findings
    assert isinstance(findings, Findings)
    chart = heights_chart(findings, Level.L1)
    assert chart is not None
    root = drawn(chart)
    dots = [float(e.attrib["cx"]) for e in root.iter(f"{SVG}circle") if e.attrib.get("class") == "measured"]
    assert len(dots) == 9
    anterior = dots[:3]  # T12, L1, L2 at 25.3, 14.2, 25.3 mm on a scale from 10 to 30 mm
    assert anterior[0] - anterior[1] == pytest.approx((25.3 - 14.2) / (30 - 10) * PANEL_MM, abs=0.02)
    expected = [e for e in root.iter(f"{SVG}path") if e.attrib.get("class") == "expected"]
    assert len(expected) == 6  # the posterior heights have none


def test_a_chart_without_any_height_is_not_drawn(block_assessment: Assessment) -> None:
    findings = block_assessment.findings
    assert isinstance(findings, Findings)
    why = Unknown("cut off")
    names = [f"{e}{p}_height" for e in ("", "expected_") for p in ("anterior", "middle", "posterior")]
    none = {level: replace(f, **dict.fromkeys(names, why)) for level, f in findings.vertebrae.items()}
    assert heights_chart(replace(findings, vertebrae=none), None) is None
