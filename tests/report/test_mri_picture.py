"""CT and MRI side by side: the same place in every panel, levels named, bright marrow outlined."""

from dataclasses import replace
from xml.etree import ElementTree

import numpy as np
import pytest

from vertebro.fracture.findings import MriFindings
from vertebro.patient.mri import Mri, MrImage, MrSequence
from vertebro.patient.volume import Volume
from vertebro.report.assessment import Assessment
from vertebro.report.content import content
from vertebro.report.mri_picture import OEDEMA, PANEL_MM, mri_picture
from vertebro.report.tables import mri_table
from vertebro.vocabulary.grades import Quantity
from vertebro.vocabulary.known import Unknown
from vertebro.vocabulary.levels import Level
from vertebro.vocabulary.measured import Measured

SVG = "{http://www.w3.org/2000/svg}"


@pytest.fixture
def on_mri(block_assessment: Assessment) -> Assessment:
    """The block spine with a STIR and a T1 on the CT's own grid, the upper half of L1 bright."""
    case, findings = block_assessment.case, block_assessment.findings
    assert isinstance(case.ct, Volume) and not isinstance(case.spine, Unknown)
    assert not isinstance(findings, Unknown)
    signal = Volume(
        np.clip(case.ct.values, 0, None).astype(np.float32), case.ct.affine_mm, Quantity.MR_SIGNAL
    )
    images = {s: MrImage(signal, s, "the case file") for s in (MrSequence.STIR, MrSequence.T1)}
    mask = case.spine[Level.L1].mask
    up = mask.to_mm(np.moveaxis(np.indices(mask.shape, dtype=float), 0, -1))[..., 2]
    bright = replace(mask, values=mask.values & (up > 0))
    frames = {level: findings.landmarks[level].frame for level in findings.landmarks}
    seen = MriFindings(
        images[MrSequence.STIR],
        case.spine,
        frames,
        "the known place",
        Unknown("none"),
        (Level.T12, Level.L2),
        {Level.L1: bright},
    )
    part = replace(findings[Level.L1], oedema_fraction=Measured(50, "%", "by hand", 4))
    found = replace(findings, mri=seen, vertebrae={**findings.vertebrae, Level.L1: part})
    return replace(block_assessment, case=replace(case, mri=Mri(images)), findings=found)


def test_every_panel_shows_the_same_place_with_names_scale_and_directions(on_mri: Assessment) -> None:
    picture = mri_picture(on_mri)
    assert picture is not None
    root = ElementTree.fromstring(picture.svg)
    assert len(root.findall(f".//{SVG}image")) == 3
    words = [t.text for t in root.iter(f"{SVG}text")]
    for said in ("CT", "STIR", "T1", "20 mm"):
        assert words.count(said) == 1
    for said in ("L1", "T12", "L2", "A", "P", "S", "I"):
        assert words.count(said) == 3, said


def test_the_bright_part_is_outlined_on_the_mri_where_it_lies(on_mri: Assessment) -> None:
    picture = mri_picture(on_mri)
    assert picture is not None
    root = ElementTree.fromstring(picture.svg)
    lines = [p for p in root.iter(f"{SVG}path") if p.get("stroke") == OEDEMA]
    assert len(lines) >= 2
    points = np.array([[float(n) for n in xy.split(",")] for xy in lines[0].attrib["d"][1:-1].split()])
    assert np.ptp(points[:, 0]) == pytest.approx(28, abs=2) and points[:, 0].min() > PANEL_MM[0]
    assert points[:, 1].max() == pytest.approx(PANEL_MM[1] / 2, abs=1.5)  # from the top of L1 to its middle
    assert "50.0 ± 4.0 %" in picture.caption and "the known place" in picture.caption


def test_the_report_tells_of_the_mri_in_words_and_in_a_table(on_mri: Assessment) -> None:
    said = content(on_mri)
    assert any("Oedema on MRI: 50" in line for line in said.lead)
    assert said.mri_table is not None
    header = dict(said.header)
    assert "STIR" in header["MRI"] and "the case file" in header["MRI"]


def test_without_an_mri_or_a_level_there_is_no_picture_and_no_table(
    block_assessment: Assessment, on_mri: Assessment
) -> None:
    assert mri_picture(block_assessment) is None
    assert not isinstance(block_assessment.findings, Unknown)
    assert mri_table(block_assessment.findings, Level.L1) is None
    assert mri_picture(replace(on_mri, case=replace(on_mri.case, level=Unknown("not named")))) is None
