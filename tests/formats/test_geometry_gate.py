"""The gate lets one regular stack pass and names the slice, the place and the amount of every fault."""

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_allclose

from vertebro.errors import BadGeometry
from vertebro.formats.geometry_gate import SliceHeader, checked_stack, straightened

Series = list[SliceHeader]
ORIENTATION = (1.0, 0.0, 0.0, 0.0, 1.0, 0.0)


def series(count: int = 12, step_mm: float = 2.0, tilt_deg: float = 0.0) -> Series:
    """Axial slices along z whose planes lean by ``tilt_deg`` about the patient's left-right axis."""
    t = np.radians(tilt_deg)
    orientation = (1.0, 0.0, 0.0, 0.0, float(np.cos(t)), float(-np.sin(t)))
    return [
        SliceHeader(
            name=f"IM{n + 1:03d}",
            rows=512,
            columns=512,
            position_mm=(-250.0, -240.0, -700.0 + step_mm * n),
            orientation=orientation,
            pixel_spacing_mm=(0.8, 0.8),
            image_type=("ORIGINAL", "PRIMARY", "AXIAL"),
            rescale_slope=1.0,
            rescale_intercept=-1024.0,
            series_uid="1.2.3",
            frame_of_reference="1.2.3.4",
            sop_instance_uid=f"1.2.3.5.{n}",
            patient_id="7",
            sop_class="1.2.840.10008.5.1.4.1.1.2",
            acquisition=1,
            thickness_mm=2.0,
        )
        for n in range(count)
    ]


def moved(s: SliceHeader, x: float = 0.0, y: float = 0.0, z: float = 0.0) -> SliceHeader:
    assert s.position_mm
    return replace(s, position_mm=tuple(np.add(s.position_mm, (x, y, z)).tolist()))


def all_of(**changes: object) -> Callable[[Series], Series]:
    return lambda s: [replace(h, **changes) for h in s]  # type: ignore[arg-type]


def at(n: int, change: Callable[[SliceHeader], SliceHeader]) -> Callable[[Series], Series]:
    return lambda s: [change(h) if k == n else h for k, h in enumerate(s)]


def test_a_regular_stack_passes_without_a_word_and_lies_where_its_headers_say() -> None:
    stack = checked_stack(series())
    assert stack.notes == ()
    assert_allclose(stack.affine_mm, [[0.8, 0, 0, -250], [0, 0.8, 0, -240], [0, 0, 2, -700], [0, 0, 0, 1]])


@given(st.permutations(range(12)), st.booleans())
def test_the_order_of_the_files_does_not_matter(order: list[int], from_head_to_feet: bool) -> None:
    slices = series(step_mm=-2.0 if from_head_to_feet else 2.0)
    stack = checked_stack([slices[n] for n in order])
    heights = [s.position_mm[2] for s in stack.slices if s.position_mm]
    assert heights == sorted(heights)
    assert stack.affine_mm[2, 2] == 2.0
    assert stack.affine_mm[2, 3] == min(heights)


@given(st.lists(st.floats(-0.045, 0.045), min_size=12, max_size=12))
def test_rounded_positions_pass(off: list[float]) -> None:
    checked_stack([moved(s, z=d) for s, d in zip(series(), off, strict=True)])


FAULTS: dict[str, tuple[Callable[[Series], Series], str]] = {
    "nothing at all": (lambda _: [], "0 slice"),
    "one slice": (lambda s: s[:1], "1 slice"),
    "two slices": (lambda s: s[:2], "2 slice"),
    "a missing slice": (lambda s: s[:5] + s[6:], r"1 slice\(s\) are missing.*2 mm.*4 mm.*IM005.*IM007"),
    "three missing slices": (lambda s: s[:5] + s[8:], r"3 slice\(s\) are missing.*8 mm.*IM005.*IM009"),
    "every second slice missing in half": (lambda s: s[:6] + s[6::2], "missing"),
    "two increments in one series": (
        lambda s: [moved(h, z=0.7 * max(0, n - 5)) for n, h in enumerate(s)],
        "not equally spaced",
    ),
    "one slice moved along": (at(4, lambda h: moved(h, z=0.3)), "0.3|equally"),
    "one slice moved aside": (at(4, lambda h: moved(h, x=0.3)), r"IM005.*0\.30 mm"),
    "distances that drift": (
        lambda s: [moved(h, z=0.09 * np.sin(n * np.pi / 11) * 6) for n, h in enumerate(s)],
        "IM0",
    ),
    "two images at one place": (
        lambda s: [*s, replace(moved(s[3]), name="AGAIN", sop_instance_uid="9")],
        r"2 images lie at the same place.*IM004, AGAIN",
    ),
    "two phases": (
        lambda s: s + [replace(h, sop_instance_uid=f"9.{n}", acquisition=2) for n, h in enumerate(s)],
        "number 1 with 12 images, number 2 with 12 images",
    ),
    "another size": (at(2, lambda h: replace(h, rows=256)), "2 kinds.*11 x axial, 512 x 512.*1 x axial"),
    "another pixel size": (at(2, lambda h: replace(h, pixel_spacing_mm=(0.9, 0.8))), "2 kinds"),
    "another orientation": (
        at(2, lambda h: replace(h, orientation=(1.0, 0, 0, 0, 0, -1.0))),
        "2 kinds.*coronal",
    ),
    "a mirrored orientation": (at(2, lambda h: replace(h, orientation=(-1.0, 0, 0, 0, 1.0, 0))), "2 kinds"),
    "another frame of reference": (at(2, lambda h: replace(h, frame_of_reference="9")), "2 kinds"),
    "another patient": (
        lambda s: [replace(h, patient_id=str(n // 6)) for n, h in enumerate(s)],
        "2 patients",
    ),
    "magnetic resonance": (all_of(modality="MR"), "modality MR"),
    "an unknown modality": (at(0, lambda h: replace(h, modality=None)), "not said"),
    "only scouts": (
        all_of(image_type=("ORIGINAL", "PRIMARY", "LOCALIZER")),
        "scout",
    ),
    "a derived image among originals": (
        at(7, lambda h: replace(h, image_type=("DERIVED", "PRIMARY", "AXIAL"))),
        "11 original and 1 derived.*IM008",
    ),
    "a colour picture": (at(1, lambda h: replace(h, samples_per_pixel=3, photometric="RGB")), "IM002.*RGB"),
    "no position": (at(1, lambda h: replace(h, position_mm=None)), "IM002.*where it lies"),
    "a position that is no number": (
        at(1, lambda h: replace(h, position_mm=(0.0, float("nan"), 0.0))),
        "where it lies",
    ),
    "no orientation": (at(1, lambda h: replace(h, orientation=None)), "how it is turned"),
    "an orientation of length 0": (at(1, lambda h: replace(h, orientation=(0.0,) * 6)), "right angles"),
    "axes not at right angles": (
        at(1, lambda h: replace(h, orientation=(1.0, 0, 0, 0.6, 0.8, 0))),
        "right angles",
    ),
    "no pixel spacing": (at(1, lambda h: replace(h, pixel_spacing_mm=None)), "Pixel Spacing"),
    "a pixel spacing of 0": (at(1, lambda h: replace(h, pixel_spacing_mm=(0.0, 1.0))), "zero or less"),
    "no rescale": (at(1, lambda h: replace(h, rescale_slope=None)), "IM002.*rescale"),
    "a slope of 0": (at(1, lambda h: replace(h, rescale_slope=0.0)), "rescale"),
    "an electron density map": (at(1, lambda h: replace(h, rescale_type="ED")), "'ED'"),
}


@pytest.mark.parametrize("name", FAULTS)
def test_every_fault_is_refused_and_named(name: str) -> None:
    spoil, words = FAULTS[name]
    with pytest.raises(BadGeometry, match=words) as refused:
        checked_stack(spoil(series()))
    assert refused.value.needed
    assert refused.value.do


@pytest.mark.parametrize("spoil", ["a missing slice", "two images at one place", "one slice moved aside"])
def test_straightening_excuses_nothing_else(spoil: str) -> None:
    with pytest.raises(BadGeometry):
        checked_stack(FAULTS[spoil][0](series(tilt_deg=15)), straighten=True)


REMARKS: dict[str, tuple[Callable[[Series], Series], str]] = {
    "a scout in the series": (
        lambda s: [*s, replace(s[0], image_type=("O", "P", "LOCALIZER"), orientation=(0.0, 1, 0, 0, 0, -1))],
        "1 localiser",
    ),
    "a file copied twice": (lambda s: [*s, s[3]], "1 file"),
    "no frame of reference": (
        all_of(frame_of_reference=None),
        "Frame of Reference",
    ),
    "no identifiers": (all_of(sop_instance_uid=None), "12 images.*SOP Instance"),
    "lossy compression": (all_of(is_lossy=True), "12 slices were compressed with loss"),
    "a reformat": (all_of(image_type=("DERIVED", "SECONDARY", "MPR")), "MPR"),
    "gaps between slices": (all_of(thickness_mm=1.0), "1 mm thick but 2 mm apart"),
    "a tilt that the positions do not show": (
        all_of(gantry_tilt_deg=-12.0),
        "12 degrees",
    ),
    "no image type": (all_of(image_type=()), "image type"),
}


@pytest.mark.parametrize("name", REMARKS)
def test_what_cannot_mislead_is_repaired_and_said(name: str) -> None:
    change, words = REMARKS[name]
    stack = checked_stack(change(series()))
    assert len(stack.slices) == 12
    assert any(words.split(".*")[0] in n and words.split(".*")[-1] in n for n in stack.notes)


@pytest.mark.parametrize("tilt_deg", [-24.0, -2.0, -0.3, 0.3, 5.0, 18.5])
def test_a_tilted_gantry_is_refused_with_its_angle(tilt_deg: float) -> None:
    with pytest.raises(BadGeometry, match=f"tilted by {abs(tilt_deg):.1f} degrees"):
        checked_stack(series(tilt_deg=tilt_deg))
    stack = checked_stack(series(tilt_deg=tilt_deg), straighten=True)
    assert stack.tilt_deg == pytest.approx(abs(tilt_deg), abs=1e-6)
    assert "tilted" in stack.notes[-1]


@pytest.mark.parametrize("tilt_deg", [-18.0, 7.0])
@pytest.mark.parametrize("about", ["left-right", "front-back"])
def test_straightening_puts_a_smooth_field_back_where_it_is(tilt_deg: float, about: str) -> None:
    """HU that grow linearly with x, y and z are known everywhere, and linear interpolation keeps them."""

    def field(mm: np.ndarray) -> np.ndarray:
        return mm @ [3.0, -2.0, 5.0] + 40

    lean = np.tan(np.radians(tilt_deg)) * 2.5
    slices = [replace(s, rows=20, columns=16) for s in series(9, 2.5)]
    shift = {"left-right": (0.0, lean), "front-back": (lean, 0.0)}[about]
    stack = checked_stack(
        [moved(s, n * shift[0], n * shift[1]) for n, s in enumerate(slices)], straighten=True
    )
    index = np.moveaxis(np.indices((16, 20, 9)), 0, -1)
    values = field(index @ stack.affine_mm[:3, :3].T + stack.affine_mm[:3, 3]).astype(np.float32)
    straight, affine = straightened(values, stack.affine_mm, outside=-9999)
    axes = affine[:3, :3] / np.linalg.norm(affine[:3, :3], axis=0)
    assert_allclose(axes.T @ axes, np.eye(3), atol=1e-12)
    where = np.moveaxis(np.indices(straight.shape), 0, -1) @ affine[:3, :3].T + affine[:3, 3]
    truth = field(where)
    inside = np.abs(straight - truth) < 0.01
    assert inside.sum() >= 15 * 19 * 9  # all but one line at the border, which is half outside
    assert (straight[~inside] < truth[~inside]).all()  # the rest is fill


def test_whole_numbers_stay_whole_when_straightened() -> None:
    affine = np.diag([1.0, 1.0, 2.0, 1.0])
    affine[1, 2] = 0.5
    values = np.full((6, 7, 5), 40, np.int16)
    straight, _ = straightened(values, affine, -1024)
    assert straight.dtype == np.int16
    assert straight.shape == (6, 9, 5)
    assert set(np.unique(straight)) <= {-1024, 40, -492}
