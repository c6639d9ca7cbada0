"""The Medicare policies: the logic of inclusion and exclusion, its limits, and the published cases."""

from collections.abc import Mapping
from itertools import product
from pathlib import Path
from typing import Any

import pytest
from patients import LEVEL, but, facts_from
from vignettes import facts_of_patient, vignettes

from vertebro.guidelines.body import Hearing, bodies
from vertebro.guidelines.conflicts import conflicts, lean
from vertebro.guidelines.derive import askable, with_derived
from vertebro.guidelines.medicare import rules as lcd
from vertebro.guidelines.medicare.contraindications import EXCLUSIONS
from vertebro.guidelines.medicare.contraindications import RELATIVE as CONTRAINDICATIONS
from vertebro.guidelines.reading import Facts
from vertebro.guidelines.rule import MET, NOT_MET, Rule
from vertebro.guidelines.verdict import Leaning, Position, Procedure, Stance
from vertebro.vocabulary.levels import Level

COVERED: dict[str, Any] = {
    "age_years": 78,
    "osteoporosis": True,
    "malignancy": "none",
    "trauma": "low_energy",
    "mri": "oedema",
    "weeks_since_fracture": 8.0,
    "setting": "outpatient",
    "pain_nrs": 6,
    "optimal_pain_management": True,
    "pain_trend": "stable",
    "height_loss_progressing": False,
    "height_loss_pct": 30.0,
    "kyphotic_deformity": True,
    "rmdq": 15,
    "exam_matches_level": True,
    "infection": "none",
    "pregnant": False,
    "symptomatic_levels": 1,
    "allergies": ("none",),
    "inr": 1.0,
    "platelets": 220.0,
    "anticoagulant": ("none",),
    "spinal_instability": "none",
    "neuro_grade": "N0",
    "posterior_wall": "intact",
    "canal_narrowing_pct": 0.0,
}
RELATIVE = {
    "neuro deficit": "neurologic deficit",
    "retropulsion": "retropulsion or canal compromise",
    "coagulopathy": "uncorrected coagulopathy",
    "allergy": "allergy to cement or opacifier",
}
UNMET = {
    "<2 conditions": "worsening pain, or 2 of four findings",
    "no oedema/uptake": "oedema or uptake on advanced imaging",
    ">12 wk": "acute or subacute fracture (up to 12 weeks)",
}
"""The words of the column for what ours calls by the name of the criterion."""


def position(facts: Facts, procedure: Procedure = Procedure.VERTEBROPLASTY) -> Position:
    return bodies()["medicare"].position(Hearing.of(facts), procedure)


def said(changed: Mapping[str, Any] | None = None, level: Level = LEVEL) -> Position:
    values = {n: v for n, v in (COVERED | dict(changed or {})).items() if v is not None}
    return position(with_derived(facts_from(values), level))


def expected_rating(column: str) -> tuple[str, tuple[str, ...]]:
    """How our rating begins for a column of the published cases, and the criteria it names."""
    if column.startswith("met / relative CI: "):
        named = column.removeprefix("met / relative CI: ").split(", ")
        return "met, relative contraindication: ", tuple(RELATIVE[name] for name in named)
    if column.startswith("excluded: "):
        ours = column.replace("pain not from this VCF", "pain not from this fracture")
        return ours, ()
    if column.startswith("not met (") and column != "not met (no advanced imaging)":
        return "not met: ", (UNMET[column.removeprefix("not met (").removesuffix(")")],)
    return column, ()


VIGNETTES = [f"V{n:02}" for n in (1, 2, 3, 4, 5, 7, 8, 9, 11, 12, 13, 14, 15, 17, 19, 21, 23, 24, 26, 28)]


@pytest.mark.parametrize("name", VIGNETTES)
def test_the_policies_say_what_their_column_says(name: str, shared_data: Path) -> None:
    cases = {case["id"]: case for case in vignettes(shared_data.parent / "knowledge")}
    assert set(cases) == set(VIGNETTES)
    patient = cases[name]["patient"]
    facts = with_derived(facts_of_patient(patient), Level.parse(patient["levels"][0]))
    begins, names = expected_rating(cases[name]["lcd"])
    for procedure in Procedure:
        rating = position(facts, procedure).rating
        assert rating.startswith(begins), rating
        for part in names:
            assert part in rating
        if begins == "met":
            assert rating == "met"
        if begins.startswith("met, relative"):
            assert len(rating.removeprefix(begins).split("; ")) == len(names)


@pytest.mark.parametrize(
    ("changed", "stance", "rating"),
    [
        ({}, Stance.CONSIDER, "met"),
        ({"pain_nrs": 5}, Stance.CONSIDER, "met"),
        ({"pain_nrs": 4}, Stance.NOT_RECOMMENDED, "not met: pain score of 5 or more outside hospital"),
        ({"setting": "inpatient", "pain_nrs": 8}, Stance.CONSIDER, "met"),
        (
            {"setting": "inpatient", "pain_nrs": 7},
            Stance.NOT_RECOMMENDED,
            "not met: pain score of 8 or more in hospital",
        ),
        ({"weeks_since_fracture": 12.0}, Stance.CONSIDER, "met"),
        (
            {"weeks_since_fracture": 12.1},
            Stance.NOT_RECOMMENDED,
            "not met: acute or subacute fracture (up to 12 weeks)",
        ),
        (
            {"height_loss_pct": 25.0},
            Stance.NOT_RECOMMENDED,
            "not met: worsening pain, or 2 of four findings",
        ),
        ({"height_loss_pct": 25.1}, Stance.CONSIDER, "met"),
        ({"height_loss_pct": 25.0, "rmdq": 18}, Stance.CONSIDER, "met"),
        ({"height_loss_pct": 25.0, "pain_trend": "worsening"}, Stance.CONSIDER, "met"),
        (
            {"optimal_pain_management": False},
            Stance.NOT_RECOMMENDED,
            "not met: despite optimal non-surgical management",
        ),
        ({"infection": "suspected"}, Stance.CONTRAINDICATED, "excluded: infection"),
        ({"pregnant": True}, Stance.CONTRAINDICATED, "excluded: pregnancy"),
        ({"exam_matches_level": False}, Stance.NOT_RECOMMENDED, "excluded: pain not from this fracture"),
        (
            {"exam_matches_level": False, "pregnant": True},
            Stance.CONTRAINDICATED,
            "excluded: pain not from this fracture; pregnancy",
        ),
        ({"malignancy": "known"}, Stance.OUT_OF_SCOPE, "separate malignant policy"),
        ({"trauma": "high_energy"}, Stance.OUT_OF_SCOPE, "out of scope"),
        ({"osteoporosis": None}, Stance.NOT_ENOUGH_INFORMATION, "cannot tell"),
        ({"infection": None}, Stance.NOT_ENOUGH_INFORMATION, "cannot tell"),
        ({"setting": None}, Stance.NOT_ENOUGH_INFORMATION, "cannot tell"),
        ({"inr": None}, Stance.CONSIDER, "met, relative contraindications not all known"),
        (
            {"symptomatic_levels": 4},
            Stance.DISCUSS,
            "met, relative contraindication: more than 3 painful fractures",
        ),
        (
            {"spinal_instability": "translation_or_rotation", "neuro_grade": "N2", "inr": None},
            Stance.DISCUSS,
            "met, relative contraindication: spinal instability; neural impingement (others not known)",
        ),
    ],
)
def test_what_the_policies_say(changed: dict[str, Any], stance: Stance, rating: str) -> None:
    found = said(changed)
    assert (found.stance, found.rating) == (stance, rating)


@pytest.mark.parametrize(
    ("level", "covered"), [(Level.C7, False), (Level.T1, True), (Level.L5, True), (Level.L6, False)]
)
def test_the_covered_levels(level: Level, covered: bool) -> None:
    found = said(level=level)
    assert (found.rating == "met") is covered
    if not covered:
        assert found.rating == "not met: a level from T1 to L5"


def test_the_inclusion_logic_is_that_of_the_policy() -> None:
    """Every combination, against the criterion as the policy words it."""
    wheres, scores, trends = ("inpatient", "outpatient"), (4, 5, 7, 8), ("improving", "stable", "worsening")
    findings = ((False, 25.0, False, 17), (False, 26.0, False, 17), (True, 25.0, False, 18))
    for where, score, best, trend, four in product(wheres, scores, (False, True), trends, findings):
        losing, loss, kyphotic, impact = four
        two = sum((losing, loss > 25, kyphotic, impact > 17)) >= 2
        at_home = score >= 5 and best and (trend == "worsening" or two)
        expected = score >= 8 if where == "inpatient" else at_home
        found = said(
            {
                "setting": where,
                "pain_nrs": score,
                "optimal_pain_management": best,
                "pain_trend": trend,
                "height_loss_progressing": losing,
                "height_loss_pct": loss,
                "kyphotic_deformity": kyphotic,
                "rmdq": impact,
            }
        )
        assert (found.rating == "met") is expected


# Imaging that is not on record: the policy asks for documentation, so it is not met; nothing is assumed


def test_without_imaging_the_policy_is_not_met_and_the_criterion_stays_unknown() -> None:
    found = said({"mri": None})
    assert found.rating == "not met (no advanced imaging)"
    assert found.stance is Stance.NOT_ENOUGH_INFORMATION
    (open_one,) = (v for v in found.verdicts if v.missing)
    assert open_one.rule == "medicare.IsDocumentedByImaging"
    assert "MRI" in open_one.sentence and "bone scan" in open_one.sentence


def test_without_imaging_what_else_is_not_met_is_named() -> None:
    found = said({"mri": None, "weeks_since_fracture": 13.0})
    assert found.rating == "not met (no advanced imaging): acute or subacute fracture (up to 12 weeks)"
    assert found.stance is Stance.NOT_RECOMMENDED


def test_without_imaging_and_more_unknown_nothing_is_said() -> None:
    found = said({"mri": None, "setting": None})
    assert found.rating == "cannot tell" and "MRI" in found.sentence
    assert position({}).rating == "cannot tell"


@pytest.mark.parametrize(
    ("imaging", "documented"),
    [
        ({"mri": "oedema"}, True),
        ({"mri": "no_oedema"}, False),
        ({"bone_scan": "uptake"}, True),
        ({"bone_scan": "no_uptake"}, False),
        ({"mri": "no_oedema", "bone_scan": "uptake"}, True),
        ({"mri_oedema_fraction": 10.0}, True),
        ({}, None),
    ],
)
def test_either_examination_documents_the_fracture(imaging: dict[str, Any], documented: bool | None) -> None:
    facts = with_derived(facts_from(imaging), LEVEL)
    found = facts.get("documented_on_imaging")
    assert (None if found is None else found.value) is documented
    if found is None:
        assert askable(["documented_on_imaging"], facts) == ["mri", "bone_scan"]


# Which way each criterion leans


def test_exclusions_that_do_not_apply_and_what_merely_has_to_be_there_take_no_side() -> None:
    outcomes = Hearing.of(with_derived(facts_from(COVERED), LEVEL)).outcomes
    leanings = {rule: lean(rule, outcomes[rule]) for rule in lcd.CRITERIA if rule.is_reason}
    assert {rule for rule, leaning in leanings.items() if leaning is Leaning.FOR} == {
        lcd.IsDocumentedByImaging,
        lcd.IsAcuteOrSubacute,
        lcd.HasEnoughPain,
        lcd.IsInHospitalOrDespiteOptimalCare,
        lcd.HasGroundsBesidesPain,
    }
    assert Leaning.AGAINST not in leanings.values()


@pytest.mark.parametrize("rule", [*EXCLUSIONS, *CONTRAINDICATIONS], ids=lambda rule: str(rule.__name__))
def test_every_contraindication_speaks_against(rule: type[Rule]) -> None:
    assert lean(rule, MET) is Leaning.AGAINST and lean(rule, NOT_MET) is Leaning.OPEN


def test_the_verdicts_name_what_was_found() -> None:
    values = COVERED | {"inr": 2.6, "platelets": 38.0, "posterior_wall": "retropulsed"}
    facts = with_derived(facts_from(values), LEVEL)
    grounds = lcd.HasGroundsBesidesPain.judge(facts).sentence
    assert grounds.endswith("ask for: loss of height above 25 %, kyphotic deformity.")
    by_name = {rule.__name__: rule.judge(facts).sentence for rule in CONTRAINDICATIONS}
    assert by_name["HasRetropulsionOrCanalCompromise"] == "On imaging: retropulsion."
    assert "INR" in by_name["HasUncorrectedCoagulopathy"]
    assert "platelets" in by_name["HasUncorrectedCoagulopathy"]


# Chronic fractures


def test_a_chronic_fracture_with_oedema_is_said_not_to_be_covered() -> None:
    for weeks, stated in ((12.0, False), (12.1, True)):
        values = COVERED | {"weeks_since_fracture": weeks}
        hearing = Hearing.of(with_derived(facts_from(values), LEVEL))
        assert (hearing.outcomes[lcd.IsChronicWithOedema] is MET) is stated
        positions = tuple(body.position(hearing, Procedure.KYPHOPLASTY) for body in bodies().values())
        sides = [s for c in conflicts(hearing, Procedure.KYPHOPLASTY, positions) for s in c.sides]
        ours = [side for side in sides if side.body == "medicare" and "declined" in side.sentence]
        assert all(side.leaning is Leaning.AGAINST for side in ours) and (stated or not ours)
    (statement,) = lcd.STATEMENTS
    assert statement.topic == "chronic"
    assert "12 weeks" in bodies()["medicare"].texts.say(
        "statement.chronic_not_covered", **bodies()["medicare"].numbers
    )


def test_the_pain_score_that_is_asked_for_is_named_for_where_the_patient_is() -> None:
    inpatient = with_derived(facts_from(but(setting="inpatient", pain_nrs=7)), LEVEL)
    sentence = lcd.HasEnoughPain.judge(inpatient).sentence
    assert "7 is too low" in sentence and "8 or more in hospital" in sentence and "outside" not in sentence
    nowhere = with_derived(facts_from(but(setting=None, pain_nrs=4)), LEVEL)
    sentence = lcd.HasEnoughPain.judge(nowhere).sentence
    assert "8 or more in hospital, 5 or more outside" in sentence
