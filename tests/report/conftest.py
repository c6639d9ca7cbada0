"""Assessments made by hand for the report: a phantom spine of blocks, and a real CT with its mask."""

from collections.abc import Callable
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import nibabel as nib
import numpy as np
import pytest

from vertebro.fracture.findings import Calibration, Findings, VertebraFindings
from vertebro.fracture.landmarks import Canal, EndPlateLine, Landmarks
from vertebro.guidelines.verdict import (
    Conflict,
    Decision,
    Leaning,
    Outcome,
    Position,
    Procedure,
    Side,
    Stance,
    Verdict,
)
from vertebro.patient.case import Case
from vertebro.patient.frame import BodyFrame
from vertebro.patient.record import ClinicalRecord
from vertebro.patient.spine import Spine
from vertebro.patient.volume import Volume
from vertebro.report.assessment import Assessment
from vertebro.report.planes import upright
from vertebro.vocabulary.grades import ContrastPhase, FractureShape, GenantGrade, PosteriorWall, Quantity
from vertebro.vocabulary.known import Known, Unknown
from vertebro.vocabulary.levels import Level
from vertebro.vocabulary.measured import Graded, Measured

DAY = date(2026, 11, 22)
MM = "the three lines from end-plate to end-plate"
WHY_NO_GAS = "the mask leaves out the disc"


def mm(value: float) -> Measured:
    return Measured(value, "mm", MM, 0.4)


def of(value: float, unit: str, spread: float, method: str = "from the heights") -> Measured:
    return Measured(value, unit, method, spread)


def vertebra_findings(level: Level, broken: bool = False) -> VertebraFindings:
    grade = GenantGrade.SEVERE if broken else GenantGrade.NORMAL
    shape = FractureShape.WEDGE if broken else FractureShape.NONE
    return VertebraFindings(
        level=level,
        anterior_height=mm(14.2 if broken else 25.3),
        middle_height=mm(13.1 if broken else 24.8),
        posterior_height=mm(22.0 if broken else 26.1),
        expected_anterior_height=mm(25.0),
        expected_middle_height=mm(24.6),
        expected_posterior_height=Unknown("only one neighbour was measured"),
        height_loss=of(46.8, "%", 2.6) if broken else of(0.8, "%", 2.4),
        wedge_angle=of(14.3 if broken else 1.2, "deg", 0.9),
        segmental_kyphosis=of(18.0, "deg", 1.1),
        local_kyphosis=of(15.5, "deg", 1.0),
        posterior_wall_bulge=of(2.4, "mm", 0.5),
        canal_narrowing=of(12.0, "%", 4.0),
        endplate_defect=Unknown("the voxels are too large"),
        cleft_gas_volume=Unknown(WHY_NO_GAS),
        trabecular_hu=of(88.0, "[hnsf'U]", 6.0, "mean of a 10 mm cylinder"),
        trabecular_density=of(82.0, "mg/cm3", 7.0, "calibrated with fat and air"),
        genant=Graded(grade, "Genant's limits", (grade, GenantGrade.MODERATE) if broken else (grade,)),
        shape=Graded(shape, "lowest height", (shape,)),
        posterior_wall=Graded(
            PosteriorWall.RETROPULSED, "bulge", (PosteriorWall.RETROPULSED, PosteriorWall.INTACT)
        ),
        metal_or_cement=Graded(False, "no voxel above the limit", (False,)),
    )


def landmarks(level: Level, frame: BodyFrame, half_mm: tuple[float, float, float]) -> Landmarks:
    """Landmarks of a block body with these half sizes (right, anterior, superior)."""
    r, a, s = half_mm

    def at(right: float, anterior: float, superior: float) -> np.ndarray[Any, Any]:
        return frame.world_mm(np.array([right, anterior, superior]))

    def plate(z: float) -> EndPlateLine:
        return EndPlateLine(at(0, a, z), at(0, 0, z), at(0, -a, z), np.array([at(0, -a, z), at(0, a, z)]))

    wall = np.array([at(0, -a, s), at(0, -a, -s)])
    canal = Canal(at(0, -a, 0), at(0, -a - 15, 0), at(0, -a - 7.5, 0))
    front = np.array([at(0, a, s), at(0, a, -s)])
    return Landmarks(level, frame, plate(s), plate(-s), front, wall, at(r, 0, 0), at(-r, 0, 0), canal, wall)


FACTS = {
    "pain_nrs": Known(8, "record", DAY),
    "weeks_since_fracture": Known(7.0, "record", DAY),
    "mri": Known("oedema", "MRI report", date(2026, 11, 20)),
    "height_loss_pct": Known(46.8, "measured on the CT"),
    "osteoporosis": Known(True, "record", DAY),
}


def verdict(rule: str, outcome: Outcome, missing: tuple[str, ...] = (), **changes: Any) -> Verdict:
    used = {} if missing else {"pain_nrs": FACTS["pain_nrs"]}
    made = Verdict(
        rule,
        "ros",
        outcome,
        f"The rule {rule} says this.",
        "ros_surgery_for_pain_relief",
        "second paragraph",
        used,
        missing,
    )
    return replace(made, **changes)


def decision(procedure: Procedure, stance: Stance, level: Level | Unknown) -> Decision:
    verdicts = (
        verdict("HasSeverePain", Outcome.MET),
        verdict(
            "HasHadTimeToHeal", Outcome.NOT_MET, used={"weeks_since_fracture": FACTS["weeks_since_fracture"]}
        ),
        verdict("HasNoInfection", Outcome.UNKNOWN, ("infection", "inr")),
        verdict("IsRecent", Outcome.MET, body="nice", source="nice_ta279", where="1.1"),
    )
    positions = (
        Position(
            "ros",
            "Royal Osteoporosis Society",
            Stance.WAIT,
            "wait",
            "Most fractures heal unaided.",
            verdicts[:3],
        ),
        Position(
            "nice", "NICE TA279", Stance.CONSIDER, "option", "It is an option for some people.", verdicts[3:]
        ),
    )
    conflict = Conflict(
        "timing",
        "the right time",
        tuple(
            Side(p.body, p.title, leaning, p.sentence, "nice_ta279", "1.1")
            for p, leaning in zip(positions, (Leaning.AGAINST, Leaning.FOR), strict=True)
        ),
        "The Royal Osteoporosis Society waits 8 weeks; NICE names no number.",
    )
    return Decision(
        procedure,
        level,
        stance,
        "The time to heal unaided has not passed: wait, and look again.",
        "ros",
        "too_early",
        verdicts,
        positions,
        conflicts=(conflict,),
        reasons_for=("Pain now is 8 of 10.", "The MRI shows oedema."),
        reasons_against=("The fracture is 7 weeks old; most heal by 8 weeks.",),
        always_said=("The procedure does not strengthen other bones.",),
        ask_next=("infection", "inr"),
    )


def assessment(case: Case, findings: Findings | Unknown) -> Assessment:
    decisions = (
        decision(Procedure.VERTEBROPLASTY, Stance.WAIT, case.level),
        decision(Procedure.KYPHOPLASTY, Stance.NOT_ENOUGH_INFORMATION, case.level),
    )
    from vertebro.guidelines.settings import settings
    from vertebro.guidelines.what_if import boundaries

    return Assessment(
        case,
        findings,
        FACTS,
        decisions,
        settings(),
        {"vertebro": "0.1.0", "python": "3.11"},
        boundaries(FACTS, case.level),
        not_done=(("simulation", "this version does not simulate"),),
    )


def findings_of(spine: Spine, broken: Level, marks: dict[Level, Landmarks]) -> Findings:
    return Findings(
        {level: vertebra_findings(level, level == broken) for level in spine.levels},
        Calibration("fat and air", "k2hpo4_mg_cm3", {"slope": 0.98, "intercept": -12.5}, "vertebro_setting"),
        Graded(ContrastPhase.NONE, "HU of the aorta", (ContrastPhase.NONE,)),
        ("The slices are 3 mm thick.",),
        marks,
    )


RIGHT_DOT = (20.0, 0.0, 0.0)  # right, anterior, superior mm from the centre of L1
FRONT_DOT = (0.0, 22.0, 0.0)


def block_spine(directions: np.ndarray[Any, Any], spacing_mm: tuple[float, float, float]) -> Case:
    """Three block vertebrae in a box of water, with a bright dot at the right and a metal one in front.

    The grid's axes are the columns of ``directions`` (LPS); the patient lies straight in LPS.
    """
    shape = tuple(int(np.ceil(110 / s)) for s in spacing_mm)
    affine = np.eye(4)
    affine[:3, :3] = directions * np.array(spacing_mm)
    affine[:3, 3] = -affine[:3, :3] @ (np.array(shape) - 1) / 2
    grid = np.moveaxis(np.indices(shape), 0, -1)
    left, back, up = np.moveaxis(grid @ affine[:3, :3].T + affine[:3, 3], -1, 0)
    labels = np.zeros(shape, dtype=np.uint8)
    for number, centre in ((19, 32), (20, 0), (21, -32)):
        body = (abs(left) < 17) & (abs(back) < 14) & (abs(up - centre) < 12)
        process = (abs(left) < 4) & (back > 28) & (back < 45) & (abs(up - centre) < 6)
        labels[body | process] = number
    hu = np.where(labels > 0, 250, 40).astype(np.int16)
    for r, a, s in (RIGHT_DOT, FRONT_DOT):
        hu[(left + r) ** 2 + (back + a) ** 2 + (up - s) ** 2 < 3.5**2] = 2000
    names = {19: Level.T12, 20: Level.L1, 21: Level.L2}
    spine = Spine.from_labels(Volume(labels, affine, Quantity.LABEL), names, "VerSe numbers (side-car)")
    record = ClinicalRecord.of(DAY, pain_nrs=8)
    return Case("block spine", DAY, record, Level.L1, Volume(hu, affine, Quantity.HOUNSFIELD), spine)


@pytest.fixture(scope="session")
def block_case() -> Case:
    return block_spine(np.eye(3), (1.0, 1.0, 1.0))


@pytest.fixture(scope="session")
def block_assessment(block_case: Case) -> Assessment:
    return assess_blocks(block_case)


def assess_blocks(case: Case) -> Assessment:
    assert isinstance(case.spine, Spine)
    marks = {
        level: landmarks(level, upright(np.array([0.0, 0.0, height])), (17, 14, 12))
        for level, height in ((Level.T12, 32), (Level.L1, 0), (Level.L2, -32))
    }
    return assessment(case, findings_of(case.spine, Level.L1, marks))


@pytest.fixture
def assess_case() -> Callable[[Case], Assessment]:
    return assess_blocks


@pytest.fixture
def make_blocks() -> Callable[..., Case]:
    return block_spine


def read_lps(path: Path) -> tuple[np.ndarray[Any, Any], np.ndarray[Any, Any]]:
    image = nib.load(path)
    return np.asanyarray(image.dataobj), np.diag([-1.0, -1, 1, 1]) @ image.affine


@pytest.fixture(scope="session")
def lumbar_assessment(shared_data: Path) -> Assessment:
    """The real lumbar CT (3 mm) with its VerSe mask; its numbers are made up, its pictures real."""
    folder = shared_data / "ct_lumbar_ts"
    hu, affine = read_lps(folder / "example_ct.nii.gz")
    labels, _ = read_lps(folder / "totalseg_vertebrae_pp_refined.nii.gz")
    body, _ = read_lps(folder / "totalseg_vertebrae_body.nii.gz")
    names = {n: Level.parse(name) for n, name in enumerate(("T12", "L1", "L2", "L3", "L4", "L5"), 19)}
    body_mask = Volume(body == 1, affine, Quantity.LABEL)
    spine = Spine.from_labels(Volume(labels, affine, Quantity.LABEL), names, "the user's word", body_mask)
    marks = {}
    for one in spine:
        assert one.body is not None
        points = one.body.to_mm(np.argwhere(one.body.values))
        half = np.percentile(np.abs(points - points.mean(axis=0)), 92, axis=0)
        marks[one.level] = landmarks(one.level, upright(points.mean(axis=0)), tuple(half))
    record = ClinicalRecord.of(DAY, pain_nrs=8)
    ct = Volume(hu.astype(np.int16), affine, Quantity.HOUNSFIELD)
    case = Case(
        "lumbar CT, 3 mm", DAY, record, Level.L3, ct, spine, notes=("The mask was given in VerSe numbers.",)
    )
    return assessment(case, findings_of(spine, Level.L3, marks))
