"""From the record and the images to facts: sources, spreads, the person's word, and what follows."""

from dataclasses import replace
from datetime import date
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from patients import CLEAR_CANDIDATE, LEVEL, facts_from

from vertebro.errors import HouseFault
from vertebro.fracture.findings import Findings, VertebraFindings
from vertebro.guidelines.decision import decide
from vertebro.guidelines.derive import askable, steps_between, with_derived
from vertebro.guidelines.facts_of import disagreements, facts_of
from vertebro.guidelines.reading import Derived, Reading, possible_values
from vertebro.guidelines.verdict import Stance
from vertebro.patient.case import Case
from vertebro.patient.record import ClinicalRecord
from vertebro.vocabulary.grades import GenantGrade, PosteriorWall
from vertebro.vocabulary.known import Known, Unknown
from vertebro.vocabulary.levels import Level
from vertebro.vocabulary.measured import Graded, Measured

DAY = date(2026, 11, 22)
NOT_MEASURED = Unknown("not measured here")


def case_of(values: dict[str, Any], on: date = DAY, noted: date = DAY, level: Any = LEVEL) -> Case:
    record = ClinicalRecord.of(noted, **values)
    return Case("test", on, record, level, Unknown("no CT"), Unknown("no mask"))


def findings_of(**found: Any) -> Findings:
    blank = {name: NOT_MEASURED for name in VertebraFindings.__dataclass_fields__ if name != "level"}
    at_level = VertebraFindings(level=LEVEL, **(blank | found))
    return Findings({LEVEL: at_level}, Unknown("not calibrated"), Unknown("not judged"))


def measured(value: float, unit: str, spread: float = 1.0) -> Measured:
    return Measured(value, unit, "rule of three fingers", spread)


def without(*names: str) -> dict[str, Any]:
    return {n: v for n, v in CLEAR_CANDIDATE.items() if n not in names}


def test_what_nobody_wrote_is_absent() -> None:
    facts = facts_of(case_of({"pain_nrs": 8}), NOT_MEASURED)
    assert set(facts) == {"pain_nrs", "fracture_level"}


def test_weeks_are_counted_from_the_day_of_the_fracture() -> None:
    facts = facts_of(case_of({"fracture_date": date(2026, 10, 11)}), NOT_MEASURED)
    assert facts["weeks_since_fracture"].value == 6.0
    assert "2026-10-11" in facts["weeks_since_fracture"].source


def test_weeks_go_on_after_the_record_was_written() -> None:
    """Eight weeks on the day of the record are nine a week later, and the source says so."""
    later = facts_of(case_of({"weeks_since_fracture": 8}, noted=date(2026, 11, 15)), NOT_MEASURED)
    assert later["weeks_since_fracture"].value == 9.0
    assert "2026-11-15" in later["weeks_since_fracture"].source
    same = facts_of(case_of({"weeks_since_fracture": 8}), NOT_MEASURED)
    assert same["weeks_since_fracture"] == Known(8.0, "record", DAY)
    assert "weeks_since_fracture" not in facts_of(case_of({}, noted=date(2026, 11, 15)), NOT_MEASURED)
    by_date = case_of({"fracture_date": date(2026, 10, 11)}, noted=date(2026, 11, 1))
    assert facts_of(by_date, NOT_MEASURED)["weeks_since_fracture"].value == 6.0


def test_a_person_s_word_wins_over_the_image_and_the_difference_is_said() -> None:
    images = findings_of(
        height_loss=measured(40, "%", 2),
        canal_narrowing=measured(0, "%", 2),
        posterior_wall=Graded(PosteriorWall.RETROPULSED, "bulge", (PosteriorWall.RETROPULSED,)),
    )
    case = case_of({"height_loss_pct": 30.0, "canal_narrowing_pct": 4.0, "posterior_wall": "breached"})
    facts = facts_of(case, images)
    assert facts["height_loss_pct"].value == 30.0 and facts["posterior_wall"].value == "breached"
    notes = disagreements(case, images)
    assert len(notes) == 2  # 4 % of narrowing lies just within two spreads of 0 ± 2 %
    assert "30 %" in notes[0] + notes[1] and "40" in notes[0] + notes[1]
    assert any("retropulsed" in note and "breached" in note for note in notes)


def test_a_measured_number_becomes_a_fact_with_its_spread_and_its_method() -> None:
    facts = facts_of(
        case_of({}), findings_of(height_loss=measured(30, "%", 2), local_kyphosis=measured(-4, "deg"))
    )
    loss = facts["height_loss_pct"]
    assert isinstance(loss, Reading) and loss.possible == (26.0, 30.0, 34.0)
    assert "rule of three fingers" in loss.source
    assert facts["kyphosis_deg"].value == -4.0


def test_a_measured_number_stays_within_the_range_of_the_fact() -> None:
    facts = facts_of(case_of({}), findings_of(height_loss=measured(1, "%", 2)))
    assert possible_values(facts["height_loss_pct"]) == (0.0, 1.0, 5.0)


@pytest.mark.parametrize(
    ("possible", "stance"),
    [
        ((PosteriorWall.INTACT,), Stance.CONSIDER),
        ((PosteriorWall.BREACHED,), Stance.DISCUSS),
        ((PosteriorWall.BREACHED, PosteriorWall.RETROPULSED), Stance.DISCUSS),
        ((PosteriorWall.INTACT, PosteriorWall.BREACHED), Stance.NOT_ENOUGH_INFORMATION),
        ((PosteriorWall.BREACHED, PosteriorWall.INTACT), Stance.NOT_ENOUGH_INFORMATION),
    ],
)
def test_an_uncertain_wall_is_no_firm_fact(possible: tuple[PosteriorWall, ...], stance: Stance) -> None:
    images = findings_of(posterior_wall=Graded(possible[0], "bulge", possible))
    for decision in decide(facts_of(case_of(without("posterior_wall")), images), LEVEL):
        assert decision.stance is stance
        assert (decision.ask_next == ("posterior_wall",)) is (stance is Stance.NOT_ENOUGH_INFORMATION)


def test_gas_is_a_cleft_only_where_it_is_surely_there_and_no_gas_is_no_proof() -> None:
    def cleft(gas_mm3: float, spread: float) -> Any:
        facts = facts_of(case_of({}), findings_of(cleft_gas_volume=measured(gas_mm3, "mm3", spread)))
        return facts["intravertebral_cleft"].value if "intravertebral_cleft" in facts else None

    assert cleft(200, 20) == "gas"
    assert cleft(50, 0) == "gas" and cleft(49.9, 0) is None
    assert cleft(80, 20) is None
    assert cleft(0, 5) is None


def test_a_measured_gas_cleft_shows_the_fracture_unhealed() -> None:
    images = findings_of(cleft_gas_volume=measured(400, "mm3", 20))
    facts = facts_of(case_of(without("intravertebral_cleft", "mri") | {"mri": "no_oedema"}), images)
    assert facts["fracture_unhealed"].value is True and "cleft" in facts["fracture_unhealed"].source


def test_a_number_measured_in_another_unit_is_our_fault() -> None:
    with pytest.raises(HouseFault, match="mm"):
        facts_of(case_of({}), findings_of(height_loss=measured(8, "mm")))


def test_nothing_is_taken_from_images_of_another_level_or_of_none() -> None:
    images = findings_of(height_loss=measured(30, "%"))
    assert "height_loss_pct" not in facts_of(case_of({}, level=Level.L1), images)
    assert "height_loss_pct" not in facts_of(case_of({}, level=Unknown("nobody named it")), images)
    assert "height_loss_pct" not in facts_of(case_of({}), Findings({}, NOT_MEASURED, NOT_MEASURED))
    assert disagreements(case_of({}), images) == ()


@pytest.mark.parametrize(
    ("values", "unhealed", "source"),
    [
        ({"mri": "oedema"}, True, "MRI"),
        ({"mri": "oedema", "intravertebral_cleft": "none"}, True, "MRI"),
        ({"mri": "no_oedema", "intravertebral_cleft": "none"}, False, "MRI"),
        ({"mri": "no_oedema"}, None, ""),
        ({"intravertebral_cleft": "fluid"}, True, "cleft"),
        ({"mri": "no_oedema", "intravertebral_cleft": "both"}, True, "cleft"),
        ({"intravertebral_cleft": "none"}, None, ""),
        ({"bone_scan": "uptake"}, None, ""),
        ({"bone_scan": "uptake", "mri_impossible_reason": "claustrophobia"}, True, "bone scan"),
        (
            {"bone_scan": "no_uptake", "mri_impossible_reason": "other", "intravertebral_cleft": "none"},
            False,
            "bone scan",
        ),
        ({"mri": "no_oedema", "bone_scan": "uptake", "intravertebral_cleft": "none"}, False, "MRI"),
        ({"mri_oedema_fraction": 20.0}, True, "MRI"),
        ({"mri_oedema_fraction": 0.0, "intravertebral_cleft": "none"}, False, "MRI"),
        ({"mri_oedema_fraction": 20.0, "mri": "no_oedema", "intravertebral_cleft": "none"}, False, "MRI"),
        ({}, None, ""),
    ],
    ids=str,
)
def test_healing_is_read_from_cleft_mri_or_bone_scan(
    values: dict[str, Any], unhealed: Any, source: str
) -> None:
    facts = with_derived(facts_from(values), LEVEL)
    if unhealed is None:
        assert "fracture_unhealed" not in facts
    else:
        assert facts["fracture_unhealed"].value is unhealed
        assert source in facts["fracture_unhealed"].source


@pytest.mark.parametrize(
    ("values", "osteoporotic"),
    [
        ({"osteoporosis": True, "trauma": "low_energy", "malignancy": "none"}, True),
        ({"osteoporosis": True, "trauma": "none", "malignancy": "none"}, True),
        ({"osteoporosis": True, "trauma": "low_energy"}, None),
        ({"osteoporosis": True, "malignancy": "none"}, None),
        ({"trauma": "low_energy", "malignancy": "none"}, None),
        ({"malignancy": "suspected"}, False),
        ({"trauma": "high_energy"}, False),
        ({"osteoporosis": False}, False),
    ],
    ids=str,
)
def test_the_cause_is_osteoporosis_only_if_nothing_else_is_possible(values: Any, osteoporotic: Any) -> None:
    facts = with_derived(facts_from(values), LEVEL)
    assert (
        facts["osteoporotic_fracture"].value if "osteoporotic_fracture" in facts else None
    ) is osteoporotic


@pytest.mark.parametrize(
    ("level", "tender", "matches"),
    [
        (Level.L2, ["L2"], True),
        (Level.L2, ["L3"], True),
        (Level.L2, ["L4"], False),
        (Level.L2, ["T12"], False),
        (Level.T8, ["T10"], True),
        (Level.T8, ["T11"], False),
        (Level.T12, ["L2"], True),
        (Level.L1, ["T11"], False),
        (Level.L2, [], False),
        (Level.L2, ["T4", "L1"], True),
    ],
    ids=str,
)
def test_a_tender_level_next_to_the_fracture_matches(level: Level, tender: list[str], matches: bool) -> None:
    facts = with_derived(facts_from({"tender_levels": tender}), level)
    assert facts["exam_matches_level"].value is matches
    assert facts["pain_source_is_fracture"].value is matches
    assert facts["examined"].value is True


def test_without_a_level_tenderness_cannot_match() -> None:
    facts = with_derived(facts_from({"tender_levels": ["L1"]}), Unknown("nobody named it"))
    assert "exam_matches_level" not in facts and facts["examined"].value is True


@given(st.sampled_from(list(Level)), st.sampled_from(list(Level)))
def test_steps_between_levels_are_a_distance(one: Level, other: Level) -> None:
    assert steps_between(one, other) == steps_between(other, one) >= 0
    assert (steps_between(one, other) == 0) is (one is other)
    if one.below and not one.is_rare:
        assert steps_between(one, one.below) == 1


def test_rare_levels_count_only_where_they_are_named() -> None:
    assert steps_between(Level.T12, Level.L1) == 1
    assert steps_between(Level.T12, Level.T13) == 1 and steps_between(Level.T13, Level.L1) == 1
    assert steps_between(Level.L5, Level.S1) == 1 and steps_between(Level.L6, Level.S1) == 1


@pytest.mark.parametrize(
    ("of_type", "instability"), [("OF1", "none"), ("OF4", "none"), ("OF5", "translation_or_rotation")]
)
def test_of_five_is_unstable_by_definition(of_type: str, instability: str) -> None:
    assert with_derived(facts_from({"of_type": of_type}), LEVEL)["spinal_instability"].value == instability
    written = facts_from({"of_type": of_type, "spinal_instability": "tension_band_failure"})
    assert with_derived(written, LEVEL)["spinal_instability"].value == "tension_band_failure"


def test_derived_facts_follow_when_what_they_rest_on_changes() -> None:
    before = with_derived(facts_from({"mri": "oedema"}), LEVEL)
    assert isinstance(before["fracture_unhealed"], Derived) and before["fracture_unhealed"].used == ("mri",)
    after = with_derived(
        {**before, **facts_from({"mri": "no_oedema", "intravertebral_cleft": "none"})}, LEVEL
    )
    assert after["fracture_unhealed"].value is False
    fewer = with_derived({n: k for n, k in before.items() if n != "mri"}, LEVEL)
    assert "fracture_unhealed" not in fewer and "imaging_done" not in fewer


def test_what_a_person_wrote_is_never_worked_out_anew() -> None:
    written = facts_from({"exam_matches_level": True, "pain_source_is_fracture": False, "examined": True})
    assert with_derived(written, LEVEL)["pain_source_is_fracture"].value is False


def test_questions_behind_what_is_worked_out() -> None:
    assert askable(("fracture_unhealed", "imaging_done"), {}) == ["mri"]
    assert askable(("osteoporotic_fracture",), facts_from({"trauma": "none"})) == [
        "osteoporosis",
        "malignancy",
    ]
    assert askable(("pain_source_is_fracture", "examined"), {}) == ["exam_matches_level"]
    tender = facts_from({"tender_levels": (LEVEL,)})
    assert askable(("pain_source_is_fracture", "exam_matches_level"), tender) == ["fracture_level"]
    impossible = facts_from({"mri_impossible_reason": "other"})
    assert askable(("imaging_done",), impossible) == ["bone_scan", "intravertebral_cleft"]
    scanned = facts_from({"bone_scan": "uptake"})
    assert askable(("imaging_done", "fracture_unhealed"), scanned) == ["mri_impossible_reason", "mri"]
    assert askable(("inr",), {}) == ["inr"]


def test_an_uncertain_reading_is_not_worked_into_other_facts() -> None:
    doubtful = {"mri": Reading("oedema", "image", None, ("oedema", "no_oedema"))}
    assert "fracture_unhealed" not in with_derived(doubtful, LEVEL)
    assert possible_values(replace(doubtful["mri"], possible=())) == ("oedema",)
    assert possible_values(Known(1, "test")) == (1,)


def test_a_certain_reading_is_as_good_as_a_written_fact() -> None:
    sure = {"mri": Reading("oedema", "image", None, ("oedema",))}
    assert with_derived(sure, LEVEL)["fracture_unhealed"].value is True


@pytest.mark.parametrize(
    ("genant", "mri", "said"),
    [
        (Graded(GenantGrade.NORMAL, "heights", (GenantGrade.NORMAL,)), "oedema", True),
        (Graded(GenantGrade.NORMAL, "heights", (GenantGrade.NORMAL, GenantGrade.MILD)), "oedema", False),
        (Graded(GenantGrade.MILD, "heights", (GenantGrade.MILD,)), "oedema", False),
        (Graded(GenantGrade.NORMAL, "heights", (GenantGrade.NORMAL,)), "no_oedema", False),
        (NOT_MEASURED, "oedema", False),
    ],
)
def test_oedema_in_a_body_that_surely_kept_its_height_asks_for_the_level(
    genant: Any, mri: str, said: bool
) -> None:
    notes = disagreements(case_of({"mri": mri}), findings_of(genant=genant))
    assert any("make sure" in note for note in notes) is said
    assert not said or str(LEVEL) in notes[0]
