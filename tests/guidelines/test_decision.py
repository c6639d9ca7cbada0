"""The decision: gates flip a clear candidate and nothing else; both sides of every number; what to ask."""

from itertools import combinations
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from patients import CLEAR_CANDIDATE, LEVEL, but, decided, decisions, facts_from

from vertebro.guidelines.ask import ask_next, possible_answers, required_for_consider
from vertebro.guidelines.body import Hearing
from vertebro.guidelines.decision import always_said, decide, judge
from vertebro.guidelines.derive import with_derived
from vertebro.guidelines.gate import Stage, gates
from vertebro.guidelines.paths import other_paths
from vertebro.guidelines.rule import Rule, rules
from vertebro.guidelines.settle import settle
from vertebro.guidelines.verdict import Decision, Leaning, Outcome, Procedure, Stance
from vertebro.guidelines.what_if import boundaries
from vertebro.vocabulary.facts import Fact, fact, facts
from vertebro.vocabulary.known import Known, Unknown
from vertebro.vocabulary.levels import Level

PVP, BKP = Procedure.VERTEBROPLASTY, Procedure.KYPHOPLASTY
DECIDING = ("ros", "nice")


def differing(decision: Decision) -> list[str]:
    """The questions on which the two bodies that make the stance lean both ways."""
    both = {Leaning.FOR, Leaning.AGAINST}
    return [
        conflict.topic
        for conflict in decision.conflicts
        if both <= {side.leaning for side in conflict.sides if side.body in DECIDING}
    ]


GATES: list[tuple[dict[str, Any], Stance, str]] = [
    ({"age_years": 17}, Stance.OUT_OF_SCOPE, "safety.IsChild"),
    ({"trauma": "high_energy"}, Stance.OUT_OF_SCOPE, "safety.HadHighEnergyInjury"),
    ({"malignancy": "suspected"}, Stance.OUT_OF_SCOPE, "safety.MayBeMalignant"),
    ({"malignancy": "known"}, Stance.OUT_OF_SCOPE, "safety.MayBeMalignant"),
    ({"tumour_signs": ["convex_posterior_wall"]}, Stance.OUT_OF_SCOPE, "safety.HasTumourSigns"),
    ({"osteoporosis": False}, Stance.OUT_OF_SCOPE, "safety.IsNotOsteoporotic"),
    ({"neuro_grade": "N2"}, Stance.REFER_URGENTLY, "safety.HasNerveDeficit"),
    ({"neuro_grade": "N3"}, Stance.REFER_URGENTLY, "safety.HasNerveDeficit"),
    ({"neuro_grade": "N4"}, Stance.REFER_URGENTLY, "safety.HasNerveDeficit"),
    ({"spinal_instability": "tension_band_failure"}, Stance.REFER_URGENTLY, "safety.IsUnstable"),
    ({"spinal_instability": None, "of_type": "OF5"}, Stance.REFER_URGENTLY, "safety.IsUnstable"),
    ({"infection": "suspected"}, Stance.CONTRAINDICATED, "safety.HasInfection"),
    ({"infection": "untreated_blood_borne"}, Stance.CONTRAINDICATED, "safety.HasInfection"),
    ({"infection_signs": ["abscess"]}, Stance.CONTRAINDICATED, "safety.HasInfectionSigns"),
    ({"pregnant": True}, Stance.CONTRAINDICATED, "safety.IsPregnant"),
    ({"allergies": ["pmma"]}, Stance.CONTRAINDICATED, "safety.IsAllergicToCement"),
    ({"inr": 1.9}, Stance.CORRECT_FIRST, "safety.InrTooHigh"),
    ({"platelets": 49.0}, Stance.CORRECT_FIRST, "safety.PlateletsTooLow"),
    (
        {"anticoagulant": "apixaban", "anticoagulant_held": False},
        Stance.CORRECT_FIRST,
        "safety.BloodThinnerNotPaused",
    ),
    ({"pain_nrs": 0}, Stance.NOT_RECOMMENDED, "safety.IsPainless"),
    ({"pain_source_is_fracture": False}, Stance.NOT_RECOMMENDED, "safety.HurtsElsewhere"),
    ({"exam_matches_level": False}, Stance.NOT_RECOMMENDED, "safety.HurtsElsewhere"),
    ({"mri": "no_oedema"}, Stance.NOT_RECOMMENDED, "safety.IsHealed"),
    ({"posterior_wall": "retropulsed"}, Stance.DISCUSS, "safety.PosteriorWallIsBroken"),
    ({"posterior_wall": "breached"}, Stance.DISCUSS, "safety.PosteriorWallIsBroken"),
    ({"canal_narrowing_pct": 5.0}, Stance.DISCUSS, "safety.CanalIsNarrowed"),
    ({"neuro_grade": "N1"}, Stance.DISCUSS, "safety.HadPassingDeficit"),
    ({"symptomatic_levels": 4}, Stance.DISCUSS, "safety.HasTooManyLevels"),
    ({"allergies": ["barium"]}, Stance.DISCUSS, "safety.IsAllergicToOpacifier"),
    ({"asa": 4}, Stance.DISCUSS, "safety.IsVeryIll"),
    ({"prone_tolerated": False}, Stance.DISCUSS, "safety.CannotLieProne"),
    ({"sins": 13}, Stance.REFER_URGENTLY, "safety.ScoreShowsInstability"),
    ({"temperature": 38.0}, Stance.CORRECT_FIRST, "safety.HasFever"),
    ({"crp": 50.0}, Stance.CORRECT_FIRST, "safety.HasHighCrp"),
    ({"symptomatic_levels": 0}, Stance.NOT_RECOMMENDED, "safety.NoFractureHurts"),
    ({"intravertebral_cleft": "fluid", "mri": "no_oedema"}, Stance.DISCUSS, "safety.HasCleftWithoutOedema"),
    (
        {
            "intravertebral_cleft": "gas",
            "mri": None,
            "mri_impossible_reason": "other",
            "bone_scan": "no_uptake",
        },
        Stance.DISCUSS,
        "safety.HasCleftWithoutUptake",
    ),
    ({"pain_pattern": "radicular"}, Stance.DISCUSS, "safety.HasRadicularPain"),
    ({"pulmonary_reserve": "severe"}, Stance.DISCUSS, "safety.HasPoorLungs"),
    ({"injury_morphology": "distraction"}, Stance.REFER_URGENTLY, "safety.MorphologyShowsInstability"),
    ({"posterior_ligaments": "injured"}, Stance.REFER_URGENTLY, "safety.LigamentsAreTorn"),
    ({"tlics": 5}, Stance.REFER_URGENTLY, "safety.InjuryScoreIsOperative"),
    ({"sins": 7}, Stance.DISCUSS, "safety.ScoreMayShowInstability"),
    ({"sins": 12}, Stance.DISCUSS, "safety.ScoreMayShowInstability"),
    ({"posterior_ligaments": "suspected"}, Stance.DISCUSS, "safety.LigamentsMayBeTorn"),
    (
        {"of_type": "OF4", "tscore_spine": -3.5},
        Stance.DISCUSS,
        "safety.OsteoporoticScoreNamesSurgery",
    ),
    ({"wbc": 22.0}, Stance.CORRECT_FIRST, "safety.HasManyWhiteCells"),
    ({"esr": 110.0}, Stance.CORRECT_FIRST, "safety.HasHighEsr"),
    ({"spo2": 82.0, "pulmonary_reserve": "normal"}, Stance.DISCUSS, "safety.HasLowOxygen"),
    ({"lvef_pct": 18.0}, Stance.DISCUSS, "safety.HasWeakHeart"),
    ({"cfs": 8}, Stance.DISCUSS, "safety.IsVeryFrail"),
    ({"pain_on_analgesia": False}, Stance.DISCUSS, "safety.PainIsScoredWithoutPainkillers"),
    ({"height_loss_pct": 71.0}, Stance.DISCUSS, "safety.HasLostMostHeight"),
    (
        {"symptomatic_levels": 2, "myeloma_screen_done": False},
        Stance.DISCUSS,
        "safety.IsUnscreenedWithSeveral",
    ),
]


ORDER = {
    Stage.CHILD: "IsChild",
    Stage.EMERGENCY: "HasNerveDeficit IsUnstable HasInfection HasInfectionSigns TypeShowsInstability "
    "ScoreShowsInstability MorphologyShowsInstability LigamentsAreTorn InjuryScoreIsOperative",
    Stage.SCOPE: "HadHighEnergyInjury MayBeMalignant HasTumourSigns IsNotOsteoporotic HasMyeloma "
    "IsOutsideThoracolumbarSpine HasSeveralPainfulFractures HasHadCancer",
    Stage.ABSOLUTE: "IsPregnant IsAllergicToCement",
    Stage.CORRECTABLE: "InrTooHigh InrForTheOperator PlateletsTooLow BloodThinnerNotPaused HasFever "
    "HasHighCrp HasManyWhiteCells HasHighEsr BloodThinnerStaysLonger StentNeedsCardiologist "
    "HasUrinaryInfection HasHadLungTuberculosis",
    Stage.HEALED: "IsPainless HurtsElsewhere IsHealed NoFractureHurts",
    Stage.RELATIVE: "PosteriorWallIsBroken CanalIsNarrowed HadPassingDeficit HasRadicularPain "
    "HasTooManyLevels IsAllergicToOpacifier ExaminationContradictsItself HasCleftWithoutOedema "
    "HasCleftWithoutUptake IsUnscreenedHighUp IsUnscreenedWithSeveral LigamentsMayBeTorn "
    "ScoreMayShowInstability OsteoporoticScoreNamesSurgery PainIsScoredWithoutPainkillers "
    "TypeContradictsHeight BothSignsAreNegative IsTenderElsewhereToo",
    Stage.CHOICE: "IsAllergicToContrast",
    Stage.FEASIBILITY: "IsAllergicToCementAntibiotic IsAllergicToLatex IsAllergicToLocalAnaesthetic "
    "HasOtherAllergy IsVeryIll HasPoorLungs HasFailingHeart HasPulmonaryHypertension HasHighCreatinine "
    "HasLowAlbumin CannotLieProne HasLowOxygen BreathesOutLittle IsVeryBreathless HasWeakHeart "
    "IsVeryFrail HasDementia HasLostMostHeight MayHaveStoppedDenosumab",
}
"""When each gate is asked, written down apart from the gates."""


def test_every_gate_is_asked_in_its_stage() -> None:
    found: dict[Stage, set[str]] = {}
    for gate in gates(BKP):
        found.setdefault(gate.stage, set()).add(gate.__name__)
    assert found == {stage: set(names.split()) for stage, names in ORDER.items()}


def test_the_clear_candidate_may_be_considered_for_both() -> None:
    for decision in decisions(CLEAR_CANDIDATE).values():
        assert decision.stance is Stance.CONSIDER
        assert decision.ask_next == () and not differing(decision)
        own = [reason for reason in decision.reasons_against if "In general" not in reason]
        assert all("thoracolumbar junction" in reason for reason in own)
        assert any("unhealed" in reason and "(" in reason for reason in decision.reasons_for)


@pytest.mark.parametrize(("changed", "stance", "gate"), GATES, ids=lambda x: str(x)[:40])
def test_each_gate_flips_the_clear_candidate(changed: dict[str, Any], stance: Stance, gate: str) -> None:
    for decision in decisions(but(**changed)).values():
        assert decision.stance is stance, decision.headline
        assert decision.decided_by == gate
        (verdict,) = (v for v in decision.verdicts if v.rule == gate)
        assert verdict.outcome is Outcome.MET and verdict.sentence in decision.headline
        assert any(verdict.sentence in reason for reason in decision.reasons_against)


@pytest.mark.parametrize(("changed", "stance", "gate"), GATES, ids=lambda x: str(x)[:40])
def test_a_gate_changes_no_verdict_but_those_that_use_the_fact(
    changed: dict[str, Any], stance: Stance, gate: str
) -> None:
    assert stance and gate
    before = with_derived(facts_from(CLEAR_CANDIDATE), LEVEL)
    after = with_derived(facts_from(but(**changed)), LEVEL)
    touched = {n for n in {*before, *after} if before.get(n) != after.get(n)}
    for rule in rules().values():
        if touched.isdisjoint(rule.needs):
            assert rule.outcome(before) is rule.outcome(after), rule.name()


def test_an_allergy_to_contrast_concerns_the_balloon_only() -> None:
    both = decisions(but(allergies=["iodinated_contrast"]))
    assert both[PVP].stance is Stance.CONSIDER
    assert both[BKP].stance is Stance.DISCUSS and "balloon" in both[BKP].headline


def test_an_allergy_no_source_judges_is_said_and_changes_nothing() -> None:
    decision = decided(allergies=["latex"])
    assert decision.stance is Stance.CONSIDER
    assert any("latex" in reason for reason in decision.reasons_against)


@pytest.mark.parametrize(
    ("changed", "stance"),
    [
        ({"pain_nrs": 6}, Stance.NOT_RECOMMENDED),
        ({"pain_nrs": 7}, Stance.CONSIDER),
        ({"weeks_since_fracture": 5.9}, Stance.WAIT),
        ({"weeks_since_fracture": 6.0}, Stance.DISCUSS),
        ({"weeks_since_fracture": 7.9}, Stance.DISCUSS),
        ({"weeks_since_fracture": 8.0}, Stance.CONSIDER),
        ({"weeks_since_fracture": 8.1}, Stance.CONSIDER),
        ({"weeks_since_fracture": 12.0}, Stance.CONSIDER),
        ({"weeks_since_fracture": 12.1}, Stance.DISCUSS),
        ({"weeks_since_fracture": 26.0}, Stance.DISCUSS),
        ({"weeks_since_fracture": 26.1}, Stance.DISCUSS),
        ({"age_years": 18, "pregnant": False}, Stance.CONSIDER),
        ({"inr": 1.5}, Stance.CONSIDER),
        ({"inr": 1.6}, Stance.CONSIDER),
        ({"inr": 1.8}, Stance.CONSIDER),
        ({"inr": 1.9}, Stance.CORRECT_FIRST),
        ({"platelets": 49.0}, Stance.CORRECT_FIRST),
        ({"platelets": 50.0}, Stance.CONSIDER),
        ({"asa": 3}, Stance.CONSIDER),
        ({"symptomatic_levels": 3, "myeloma_screen_done": True}, Stance.CONSIDER),
        ({"canal_narrowing_pct": 0.0}, Stance.CONSIDER),
        ({"pain_trend": "worsening"}, Stance.CONSIDER),
        ({"pain_trend": "improving"}, Stance.WAIT),
        ({"optimal_pain_management": False}, Stance.CORRECT_FIRST),
        ({"intravertebral_cleft": "gas"}, Stance.CONSIDER),
        ({"intravertebral_cleft": "gas", "mri": "no_oedema"}, Stance.DISCUSS),
        ({"temperature": 37.9, "crp": 49.9, "sins": 6}, Stance.CONSIDER),
        ({"pulmonary_reserve": "reduced", "pain_pattern": "diffuse"}, Stance.CONSIDER),
        ({"symptomatic_levels": 1}, Stance.CONSIDER),
        ({"mri": None, "mri_impossible_reason": "other", "bone_scan": "uptake"}, Stance.CONSIDER),
        ({"mri": None, "mri_impossible_reason": "other", "bone_scan": "no_uptake"}, Stance.NOT_RECOMMENDED),
    ],
    ids=str,
)
def test_both_sides_of_every_number(changed: dict[str, Any], stance: Stance) -> None:
    assert decided(**changed).stance is stance


def test_an_inr_left_to_the_operator_is_said() -> None:
    said = [reason for reason in decided(inr=1.6).reasons_against if "1.6" in reason]
    assert said and "operator" in said[0]
    assert not any("INR" in reason for reason in decided(inr=1.5).reasons_against)


@pytest.mark.parametrize(
    ("changed", "stance", "by"),
    [
        ({"setting": "inpatient", "pain_nrs": 8}, Stance.DISCUSS, "pathway.IsEarlyException"),
        ({"mobilises_on_analgesia": False, "pain_nrs": 8}, Stance.DISCUSS, "pathway.IsEarlyException"),
        ({"setting": "inpatient", "pain_nrs": 7}, Stance.WAIT, "ros.HasReachedHealingTime"),
        ({"pain_nrs": 9}, Stance.WAIT, "ros.HasReachedHealingTime"),
        ({"setting": None, "pain_nrs": 9}, Stance.NOT_ENOUGH_INFORMATION, "pathway.IsEarlyException"),
        (
            {"setting": "inpatient", "pain_nrs": 9, "pain_trend": "improving"},
            Stance.WAIT,
            "ros.HasReachedHealingTime",
        ),
    ],
    ids=str,
)
def test_before_the_healing_time(changed: dict[str, Any], stance: Stance, by: str) -> None:
    decision = decided(weeks_since_fracture=2.0, **changed)
    assert decision.stance is stance and decision.decided_by == by
    if by == "pathway.IsEarlyException" and stance is Stance.NOT_ENOUGH_INFORMATION:
        assert decision.ask_next[0] == "setting"


def test_a_conflict_names_both_bodies_and_the_numbers_of_this_patient() -> None:
    early = decided(weeks_since_fracture=2.0, setting="inpatient", pain_nrs=9)
    (said,) = (conflict for conflict in early.conflicts if conflict.topic == "timing")
    for words in ("Royal Osteoporosis Society", "NICE TA279", "2 weeks", "8 weeks", "12 weeks"):
        assert words in said.sentence
    late = decided(weeks_since_fracture=22.0)
    assert late.decided_by == "nice" and late.conflicts[0].sentence in late.headline
    assert "22 weeks" in late.conflicts[0].sentence


def test_a_conflict_that_is_not_about_one_question_is_still_said() -> None:
    """Longstanding and unhealed: the society would discuss, NICE's criteria are not met."""
    decision = decided(weeks_since_fracture=30.0)
    assert decision.stance is Stance.DISCUSS
    assert "not usually" in decision.headline and "NICE" in decision.headline


def test_a_known_danger_is_not_hidden_behind_a_missing_answer() -> None:
    for danger in ({"neuro_grade": "N3"}, {"infection": "suspected"}, {"pregnant": True}, {"age_years": 12}):
        alone = decide(facts_from(danger), Unknown("nobody named it"))
        assert all(d.stance not in (Stance.NOT_ENOUGH_INFORMATION, Stance.CONSIDER) for d in alone)


URGENT = [
    ({"neuro_grade": "N3"}, Stance.REFER_URGENTLY),
    ({"spinal_instability": "translation_or_rotation"}, Stance.REFER_URGENTLY),
    ({"infection": "suspected"}, Stance.CONTRAINDICATED),
]
OUTSIDE = [({"malignancy": "known"}, "oncology"), ({"trauma": "high_energy"}, "trauma pathway")]


@pytest.mark.parametrize(("urgent", "stance"), URGENT, ids=str)
@pytest.mark.parametrize(("outside", "said"), OUTSIDE, ids=str)
def test_an_emergency_is_the_headline_and_the_scope_is_said_after_it(
    urgent: dict[str, Any], stance: Stance, outside: dict[str, Any], said: str
) -> None:
    """A deficit with a tumour or after an accident is as urgent as without."""
    decision = decided(**urgent, **outside)
    assert decision.stance is stance and said in decision.headline
    assert not decision.headline.startswith("Out of")


def test_a_child_stays_out_of_scope_with_the_emergency_said() -> None:
    decision = decided(age_years=12, neuro_grade="N4")
    assert decision.stance is Stance.OUT_OF_SCOPE and decision.decided_by == "safety.IsChild"
    assert "Urgent surgical referral" in decision.headline


def test_several_painful_fractures_are_not_considered_before_a_test_for_myeloma() -> None:
    open_still = decided(symptomatic_levels=2)
    assert open_still.stance is Stance.NOT_ENOUGH_INFORMATION
    assert open_still.ask_next == ("myeloma_screen_done",)
    assert decided(symptomatic_levels=1).stance is Stance.CONSIDER
    assert decided(symptomatic_levels=2, myeloma_screen_done=True).stance is Stance.CONSIDER


def test_known_myeloma_is_a_malignant_cause_whatever_else_is_written() -> None:
    decision = decided(myeloma=True)
    assert decision.stance is Stance.OUT_OF_SCOPE and "yeloma" in decision.headline
    assert decided(myeloma=False).stance is Stance.CONSIDER


@pytest.mark.parametrize("name", sorted(CLEAR_CANDIDATE))
def test_consider_is_never_the_answer_while_a_needed_fact_is_missing(name: str) -> None:
    needed = {n for p in Procedure for n in required_for_consider(p)}
    for procedure, decision in decisions(but(**{name: None})).items():
        if name in required_for_consider(procedure) and name != "intravertebral_cleft":
            assert decision.stance is Stance.NOT_ENOUGH_INFORMATION
            assert name in decision.ask_next
            assert fact(name).label in decision.headline
        elif name not in needed:
            assert decision.stance is Stance.CONSIDER


@pytest.mark.parametrize(
    "name", ["age_years", "trauma", "malignancy", "osteoporosis", "neuro_grade", "infection"]
)
@pytest.mark.parametrize(
    "milder", [{"weeks_since_fracture": 2.0}, {"pain_nrs": 5}, {"mri": "no_oedema"}], ids=str
)
def test_nothing_at_all_is_answered_while_a_danger_is_unchecked(name: str, milder: dict[str, Any]) -> None:
    """Not even 'wait' or 'not recommended': an unseen infection or deficit does not wait."""
    decision = decided(**{name: None}, **milder)
    assert decision.stance is Stance.NOT_ENOUGH_INFORMATION and name in decision.ask_next
    assert decided(inr=None, **milder).stance is not Stance.NOT_ENOUGH_INFORMATION


def test_what_consider_needs_is_stated() -> None:
    needed = set(required_for_consider(BKP))
    assert {"pain_nrs", "mri", "exam_matches_level", "infection", "neuro_grade", "inr", "allergies"} <= needed
    assert "symptomatic_levels" not in needed and "fracture_unhealed" not in needed


@pytest.mark.parametrize(
    ("sex", "age", "asked"),
    [("female", 12, True), ("female", 55, True), ("female", 56, False), ("male", 30, False)],
)
def test_pregnancy_is_asked_only_where_it_can_be(sex: str, age: int, asked: bool) -> None:
    decision = decided(sex=sex, age_years=max(age, 18) if age != 12 else 12, pregnant=None)
    facts_known = with_derived(facts_from(but(sex=sex, age_years=age)), LEVEL)
    assert ("pregnant" not in facts_known) is asked
    if asked and age >= 18:
        assert decision.stance is Stance.NOT_ENOUGH_INFORMATION and decision.ask_next == ("pregnant",)


def test_a_pregnancy_that_is_written_counts_at_any_age() -> None:
    assert decided(age_years=60, pregnant=True).stance is Stance.CONTRAINDICATED


def test_what_to_ask_next_begins_with_what_decides_most() -> None:
    decision = decided(mri=None, inr=None, asa=None)
    assert decision.ask_next[0] == "mri" and set(decision.ask_next) == {"mri", "inr", "asa"}
    assert decided(mri=None, mri_impossible_reason="other").ask_next == ("bone_scan",)
    assert set(decided(mri=None, bone_scan="uptake").ask_next) == {"mri", "mri_impossible_reason"}
    assert decided(mri="no_oedema", intravertebral_cleft=None).ask_next == ("intravertebral_cleft",)
    nothing = decide({}, Unknown("nobody named it"))[0].ask_next
    assert nothing.index("infection") < nothing.index("inr") and "anticoagulant_held" not in nothing
    assert {name for name in nothing if fact(name).origin == "derived"} == {"fracture_level"}


def test_tender_vertebrae_ask_for_the_level_first() -> None:
    tender = facts_from(but(exam_matches_level=None, pain_source_is_fracture=None, tender_levels=(LEVEL,)))
    asked = decide(tender, Unknown("nobody named it"))[0].ask_next
    assert asked[0] == "fracture_level" and "exam_matches_level" not in asked


def test_where_mri_cannot_be_done_a_cleft_counts_as_imaging_and_without_a_reason_it_does_not() -> None:
    on_ct = {"mri": None, "intravertebral_cleft": "gas"}
    reasoned = decided(**on_ct, mri_impossible_reason="pacemaker_or_implant")
    assert reasoned.stance is not Stance.NOT_ENOUGH_INFORMATION
    assert decided(**on_ct).ask_next == ("mri",)


def test_every_danger_is_asked_before_what_only_consider_needs() -> None:
    asked = decide({}, Unknown("nobody named it"))[0].ask_next
    dangers = {"age_years", "trauma", "malignancy", "osteoporosis", "neuro_grade", "infection"}
    bodies_need = {"pain_nrs", "pain_trend", "weeks_since_fracture", "exam_matches_level", "mri"}
    first = dangers | bodies_need | {"optimal_pain_management"}
    assert set(asked[: len(first)]) == first
    # a danger goes before a fact that would settle more, because nothing is answered without it
    one_of_each = decided(age_years=None, allergies=None, inr=None, sex="male").ask_next
    assert one_of_each[0] == "age_years" and set(one_of_each) == {"age_years", "allergies", "inr"}


def test_where_the_answer_stands_only_facts_that_could_change_it_are_asked() -> None:
    settled = decided(neuro_grade="N3", asa=None, spinal_instability=None)
    assert settled.stance is Stance.REFER_URGENTLY and settled.ask_next == ()
    healed = decided(mri="no_oedema", asa=None, spinal_instability=None)
    assert healed.ask_next == ("spinal_instability",)


def test_limits_are_tried_on_both_sides() -> None:
    assert {1.4, 1.5, 1.6, 1.8, 1.9, 0.5, 20.0} <= {round(answer, 6) for answer in possible_answers("inr")}
    assert {0, 6, 7, 8, 10} <= set(possible_answers("pain_nrs"))
    assert possible_answers("allergies")[1] == ("pmma",)
    assert possible_answers("asa") == (1, 2, 3, 4, 5)
    assert possible_answers("pain_nrs") == (0, 1, 6, 7, 8, 9, 10)
    assert possible_answers("pregnant") == (True, False)
    assert possible_answers("fracture_level") == tuple(Level)


def test_a_blood_thinner_comes_with_how_long_to_hold_it() -> None:
    def headline(drug: str) -> str:
        return decided(anticoagulant=drug, anticoagulant_held=False).headline

    assert "2 days" in headline("apixaban") and "Douketis" in headline("apixaban")
    assert "5 days" in headline("warfarin") and "INR" in headline("warfarin")
    assert "4 days" in headline("dabigatran") and "50 mL/min" in headline("dabigatran")
    assert "5 days" in headline("clopidogrel") and "European Society" in headline("clopidogrel")
    assert "no time of holding it is verified" in headline("other")
    assert decided(anticoagulant="warfarin", anticoagulant_held=True).stance is Stance.CONSIDER
    asked = decided(anticoagulant="warfarin")
    assert asked.stance is Stance.NOT_ENOUGH_INFORMATION and asked.ask_next == ("anticoagulant_held",)


def test_a_level_outside_the_thoracic_and_lumbar_spine_is_out_of_scope() -> None:
    for level, stance in [
        (Level.C7, Stance.OUT_OF_SCOPE),
        (Level.T1, Stance.NOT_ENOUGH_INFORMATION),  # so high up myeloma is asked for
        (Level.T5, Stance.CONSIDER),
        (Level.L6, Stance.CONSIDER),
        (Level.S1, Stance.OUT_OF_SCOPE),
    ]:
        assert decide(facts_from(CLEAR_CANDIDATE), level)[0].stance is stance


def test_the_type_of_an_unstable_spine_wins_over_a_record_that_calls_it_stable() -> None:
    for decision in decisions(but(of_type="OF5", spinal_instability="none")).values():
        assert decision.stance is Stance.REFER_URGENTLY
        assert decision.decided_by == "safety.TypeShowsInstability" and "OF5" in decision.headline
    assert decided(of_type="OF3").stance is Stance.CONSIDER


def test_an_examination_that_contradicts_itself_goes_to_the_meeting() -> None:
    for decision in decisions(but(exam_matches_level=True, tender_levels=["L5"])).values():
        assert decision.stance is Stance.DISCUSS
        assert decision.decided_by == "safety.ExaminationContradictsItself"
        assert "L5" in decision.headline and "T12" in decision.headline
    assert decided(exam_matches_level=True, tender_levels=["L2"]).stance is Stance.CONSIDER


def test_nothing_is_considered_at_a_level_that_nobody_named() -> None:
    for decision in decide(facts_from(CLEAR_CANDIDATE), Unknown("nobody named it")):
        assert decision.stance is Stance.NOT_ENOUGH_INFORMATION
        assert decision.ask_next[0] == "fracture_level"


def test_high_in_the_thoracic_spine_myeloma_is_ruled_out_first() -> None:
    def at(level: Level, **changed: Any) -> Decision:
        return decide(facts_from(but(**changed)), level)[0]

    for level in (Level.T1, Level.T4):
        asked = at(level)
        assert asked.stance is Stance.NOT_ENOUGH_INFORMATION and asked.ask_next == ("myeloma_screen_done",)
        assert at(level, myeloma_screen_done=True).stance is Stance.CONSIDER
        unscreened = at(level, myeloma_screen_done=False)
        assert unscreened.stance is Stance.DISCUSS and unscreened.decided_by == "safety.IsUnscreenedHighUp"
    assert at(Level.T5, myeloma_screen_done=False).stance is Stance.CONSIDER


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"symptomatic_levels": 2, "myeloma_screen_done": True}, "2 vertebrae"),
        ({"cancer_history": True}, "had cancer"),
    ],
)
def test_a_caution_about_tumours_is_said_and_changes_nothing(changed: dict[str, Any], said: str) -> None:
    decision = decided(**changed)
    assert decision.stance is Stance.CONSIDER
    assert any(said in reason for reason in decision.reasons_against)


def test_an_answer_that_lacks_nothing_askable_still_says_what_is_wrong() -> None:
    decision = decided(examined=False)
    assert decision.stance is Stance.NOT_ENOUGH_INFORMATION and decision.ask_next == ()
    assert "the back has not been examined" in decision.headline and "Ask first" not in decision.headline


def test_waiting_with_poor_pain_treatment_names_the_pain_treatment() -> None:
    waiting = decided(weeks_since_fracture=2.0, optimal_pain_management=False)
    assert waiting.stance is Stance.WAIT and "Pain treatment is not yet" in waiting.headline
    assert "Pain treatment" not in decided(weeks_since_fracture=2.0).headline
    assert decided(optimal_pain_management=False).headline.count("Pain treatment is not yet") == 1


def test_both_bodies_may_say_no_before_everything_is_known() -> None:
    """Mild pain needs no MRI to be turned down; severe pain without one is not answered."""
    assert decided(pain_nrs=3, mri=None).stance is Stance.NOT_RECOMMENDED
    assert decided(pain_nrs=7, mri=None).stance is Stance.NOT_ENOUGH_INFORMATION


def test_a_body_in_favour_is_shown_behind_the_safety_check_that_decided() -> None:
    def sentences(**changed: Any) -> list[str]:
        said = (p for p in decided(**changed).positions if p.body in DECIDING)
        return [p.sentence for p in said if p.stance is Stance.CONSIDER]

    for danger in ({"infection": "suspected"}, {"inr": 2.6}, {"posterior_wall": "breached"}):
        assert len(sentences(**danger)) == 2
        assert all("safety check that decided goes before" in said for said in sentences(**danger))
    assert not any("safety check" in said for said in [*sentences(), *sentences(weeks_since_fracture=2.0)])
    turned_down = decided(infection="suspected", pain_nrs=3).positions
    assert not any("safety check" in p.sentence for p in turned_down if p.body in DECIDING)


def test_a_body_that_would_commission_it_if_arranged_stands_behind_the_gate_as_well() -> None:
    """England's 'commissioned if the meeting is arranged' leans for it, though it is no plain yes."""
    acute = {"weeks_since_fracture": 3.0, "pain_nrs": 9}
    for danger, behind in (({"infection": "suspected"}, True), ({}, False)):
        (england,) = (p for p in decided(**acute, **danger).positions if p.body == "england")
        assert england.stance is Stance.DISCUSS
        assert ("safety check that decided goes before" in england.sentence) is behind


@pytest.mark.parametrize(
    ("changed", "opening"),
    [
        ({}, "Vertebroplasty may be considered as an option."),
        ({"weeks_since_fracture": 2.0}, "Wait and review in 2 to 4 weeks. It is 2 weeks"),
        ({"weeks_since_fracture": 7.0}, "Discuss in the meeting. On the right time"),
        ({"pain_nrs": 3}, "Not recommended. Not usually used."),
        ({"mri": None}, "Too little is known to answer. Ask first: MRI."),
        ({"optimal_pain_management": False}, "Correct first. Pain treatment"),
    ],
    ids=str,
)
def test_a_headline_opens_with_its_stance(changed: dict[str, Any], opening: str) -> None:
    assert decided(**changed).headline.startswith(opening)


def test_a_headline_holds_each_gate_once_and_no_caution() -> None:
    assert decided(inr=1.9).headline == (
        "Correct first: the INR of 1.9 is above 1.8. Bring it down to 1.8 at most before a "
        "procedure with high bleeding risk; above 1.5 it is the operator's choice."
    )
    assert "1.6" not in decided(inr=1.6, platelets=40.0).headline


def test_bodies_that_agree_on_not_now_are_no_conflict() -> None:
    improving = decided(pain_trend="improving")
    said = {p.stance for p in improving.positions if p.body in DECIDING}
    assert said == {Stance.WAIT, Stance.NOT_RECOMMENDED}
    assert not differing(improving)
    assert decided(weeks_since_fracture=2.0, optimal_pain_management=False).conflicts  # they differ on time


def test_everybody_is_told_what_the_procedures_do_not_do() -> None:
    said = " ".join(always_said())
    for words in (
        "do not improve bone strength",
        "6 to 8 weeks",
        "cement leaking",
        "infection",
        "lung",
        "allergic",
        "spinal cord or a nerve root",
        "burst balloon",
        "neighbours",
        "general anaesthetic",
        "osteoporosis itself",
    ):
        assert words in said
    assert "Royal Osteoporosis Society says" in said and "found no such difference" in said
    assert decided(pain_nrs=0).always_said == always_said()


def any_answer(asked: Fact) -> st.SearchStrategy[Any]:
    """Any value the dictionary allows for a fact."""
    assert asked.kind not in ("number", "integer") or asked.low is not None
    low, high = asked.low or 0, asked.high or 0
    return {
        "yes_no": st.booleans(),
        "choice": st.sampled_from(asked.choices or ("",)),
        "choices": st.lists(st.sampled_from(asked.choices or ("",)), min_size=1, max_size=2).map(tuple),
        "integer": st.integers(int(low), int(high)),
        "number": st.floats(low, high),
        "levels": st.lists(st.sampled_from(list(Level)), max_size=3).map(tuple),
        "level": st.sampled_from(list(Level)),
        "date": st.none(),
    }[asked.kind]


RECORDED = [f for f in facts().values() if f.origin == "record" and f.kind != "date"]
ANY_FACTS = st.fixed_dictionaries({}, optional={f.name: any_answer(f) for f in RECORDED}).map(
    lambda values: {name: Known(value, "drawn") for name, value in values.items()}
)


@settings(max_examples=60, deadline=None)
@given(
    known=ANY_FACTS,
    added=st.sampled_from(RECORDED).flatmap(lambda f: st.tuples(st.just(f.name), any_answer(f))),
)
def test_a_fact_changes_only_rules_that_use_it(known: dict[str, Known[Any]], added: tuple[str, Any]) -> None:
    name, value = added
    more = {**known, name: Known(value, "added")}
    for rule in rules().values():
        if name not in rule.needs:
            assert rule.outcome(known) is rule.outcome(more)
        elif name not in known and rule.outcome(known) is not Outcome.UNKNOWN:
            assert rule.outcome(known) is rule.outcome(more), "an answer was given before its fact was known"


@settings(max_examples=60, deadline=None)
@given(known=ANY_FACTS, level=st.sampled_from([Level.T12, Level.L3, Unknown("nobody named it")]))
def test_any_record_gets_one_explained_answer(known: dict[str, Known[Any]], level: Level | Unknown) -> None:
    for decision in decide(known, level):
        assert decision.headline and decision.decided_by and isinstance(decision.stance, Stance)
        assert "{" not in decision.headline
        assert set(decision.ask_next) <= set(facts())
        if decision.stance is Stance.CONSIDER:
            assert_nothing_speaks_against(decision, known)
        if decision.stance is Stance.NOT_ENOUGH_INFORMATION:
            assert decision.ask_next


def assert_nothing_speaks_against(decision: Decision, known: dict[str, Known[Any]]) -> None:
    """What a 'consider' promises, written down independently of the gates."""
    value = {name: k.value for name, k in known.items()}
    assert value["age_years"] >= 18 and value["trauma"] != "high_energy" and value["malignancy"] == "none"
    assert value["infection"] == "none" and value["neuro_grade"] == "N0"
    assert "pmma" not in value["allergies"] and value.get("pregnant") is not True
    assert value["inr"] <= 1.8 and value["platelets"] >= 50 and value["asa"] < 4
    assert value["pain_nrs"] >= 7 and value["posterior_wall"] == "intact"
    assert decision.procedure is PVP or "iodinated_contrast" not in value["allergies"]
    assert isinstance(decision.level, Level) and 8 <= value["weeks_since_fracture"] <= 12
    assert value["pain_trend"] != "improving" and value["optimal_pain_management"] is True
    assert value.get("exam_matches_level") is not False and value.get("pain_source_is_fracture") is not False
    assert value["osteoporosis"] is True and value["prone_tolerated"] is True
    assert value.get("mri") != "no_oedema" and not value.get("canal_narrowing_pct")
    assert value.get("spinal_instability", "none") == "none" and value.get("of_type") != "OF5"
    assert value["anticoagulant"] == ("none",) or value["anticoagulant_held"] is True
    assert value.get("sins", 0) < 13 and value.get("temperature", 30) < 38 and value.get("crp", 0) < 50
    assert 1 <= value.get("symptomatic_levels", 1) <= 3
    assert value.get("pain_pattern") != "radicular" and value.get("pulmonary_reserve") != "severe"
    signs = (*value.get("tumour_signs", ()), *value.get("infection_signs", ()))
    assert set(signs) <= {"none"}


FOR_CONSIDER = {
    name: st.just(Known(value, "kept")) | any_answer(fact(name)).map(lambda v: Known(v, "drawn"))
    for name, value in CLEAR_CANDIDATE.items()
}


@settings(max_examples=150, deadline=None)
@given(
    known=st.fixed_dictionaries(FOR_CONSIDER),
    more=st.lists(
        st.sampled_from([f for f in RECORDED if f.name not in CLEAR_CANDIDATE]).flatmap(
            lambda f: st.tuples(st.just(f.name), any_answer(f))
        ),
        max_size=3,
    ),
)
def test_near_the_clear_candidate_consider_keeps_its_promise(
    known: dict[str, Known[Any]], more: list[tuple[str, Any]]
) -> None:
    known = known | {name: Known(value, "drawn") for name, value in more}
    for decision in decide(known, LEVEL):
        if decision.stance is Stance.CONSIDER:
            assert_nothing_speaks_against(decision, known)


@pytest.mark.parametrize(
    ("changed", "stance"),
    [
        ({"asa": 4, "weeks_since_fracture": 2.0}, Stance.WAIT),
        ({"posterior_wall": "breached", "mri": None}, Stance.NOT_ENOUGH_INFORMATION),
        ({"inr": 2.6, "mri": None}, Stance.NOT_ENOUGH_INFORMATION),
        ({"inr": 2.6, "mri": "no_oedema"}, Stance.CORRECT_FIRST),
        ({"inr": 2.6, "weeks_since_fracture": 2.0}, Stance.CORRECT_FIRST),
        ({"mri": "no_oedema", "weeks_since_fracture": 2.0}, Stance.NOT_RECOMMENDED),
        ({"pain_nrs": 6, "weeks_since_fracture": 2.0}, Stance.WAIT),
        ({"pain_nrs": 6, "pain_trend": "improving"}, Stance.NOT_RECOMMENDED),
        ({"pain_nrs": 6, "optimal_pain_management": False}, Stance.NOT_RECOMMENDED),
        ({"optimal_pain_management": False, "weeks_since_fracture": 20.0}, Stance.CORRECT_FIRST),
        ({"asa": 4, "weeks_since_fracture": 20.0}, Stance.DISCUSS),
        ({"asa": 4, "inr": None}, Stance.DISCUSS),
        ({"pregnant": True, "mri": None}, Stance.CONTRAINDICATED),
        ({"malignancy": "known", "infection": None}, Stance.OUT_OF_SCOPE),
        ({"inr": 1.6, "platelets": 49.0}, Stance.CORRECT_FIRST),
        ({"allergies": ["latex"], "prone_tolerated": False}, Stance.DISCUSS),
    ],
    ids=str,
)
def test_the_first_stage_with_an_answer_gives_it(changed: dict[str, Any], stance: Stance) -> None:
    assert decided(**changed).stance is stance


def test_two_changes_never_give_a_milder_answer_than_consider_allows() -> None:
    """Any two gate fields changed together: the earlier stage answers, and both stand in the verdicts."""
    stage = {gate.name(): gate.stage for gate in gates(PVP)}
    answer, before = {gate: stance for _, stance, gate in GATES}, ""
    for (one, _, first), (other, _, second) in combinations(GATES, 2):
        if one.keys() & other.keys() or first == second:
            continue
        hearing = Hearing.of(with_derived(facts_from(but(**one, **other)), LEVEL))
        stance = settle(hearing.outcomes, PVP).stance
        earliest = min(stage[first], stage[second])
        assert stance in {answer[gate] for gate in (first, second) if stage[gate] == earliest}
        fired = {rule.name() for rule, outcome in hearing.outcomes.items() if outcome is Outcome.MET}
        judged = {first, second}
        if not hearing.facts["osteoporotic_fracture"].value:
            judged.discard("safety.OsteoporoticScoreNamesSurgery")  # a score of osteoporotic fractures alone
        assert judged <= fired
        if first != before:  # in words too, once for each first change
            decision = decisions(but(**one, **other))[PVP]
            assert decision.stance is stance
            assert judged <= {v.rule for v in decision.verdicts if v.outcome is Outcome.MET}
        before = first


def test_the_answer_does_not_depend_on_derived_facts_given_again() -> None:
    """Judging the facts of a decision once more gives the same decision."""
    known = with_derived(facts_from(CLEAR_CANDIDATE), LEVEL)
    assert [d.stance for d in decide(known, LEVEL)] == [Stance.CONSIDER] * 2
    changed = known | facts_from({"mri": "no_oedema"})
    assert decide(changed, LEVEL)[0].stance is Stance.NOT_RECOMMENDED
    assert ask_next(Hearing.of(known), LEVEL) == ()
    assert issubclass(next(iter(Hearing.of(known).outcomes)), Rule)


def test_a_judgement_is_the_decisions_the_other_paths_and_what_would_change_them() -> None:
    known = facts_from(but(weeks_since_fracture=2.0))
    found = judge(known, LEVEL)
    assert found.decisions == decide(known, LEVEL)
    assert found.other_paths == other_paths(Hearing.of(with_derived(known, LEVEL)), found.decisions)
    assert found.boundaries == boundaries(known, LEVEL) != ()


def test_the_rules_that_join_the_bodies_answers_stand_among_the_verdicts() -> None:
    """Whoever reads why somebody waits or goes to the meeting finds the early exception there, met or not."""
    for decision in decisions(CLEAR_CANDIDATE).values():
        listed = {verdict.rule: verdict.outcome for verdict in decision.verdicts}
        assert listed["pathway.IsEarlyException"] is Outcome.NOT_MET
        assert listed["pathway.PainTreatmentCanImprove"] is Outcome.NOT_MET
        assert listed["pathway.ShowsNoOedema"] is Outcome.NOT_MET


def test_who_speaks_for_and_against_in_general_is_among_the_reasons_once() -> None:
    vertebroplasty, kyphoplasty = (decisions(but())[procedure] for procedure in Procedure)
    for body in ("AAOS guideline", "Cochrane", "American Society for Bone and Mineral Research"):
        assert len([r for r in vertebroplasty.reasons_against if "In general" in r and body in r]) == 1
    assert not [r for r in kyphoplasty.reasons_against if "In general" in r]
    for decision in (vertebroplasty, kyphoplasty):
        for body in ("NICE TA279", "ACR Appropriateness Criteria", "SIR"):
            assert len([r for r in decision.reasons_for if "In general" in r and body in r]) == 1


def test_a_late_unhealed_fracture_leads_with_the_question_on_which_bodies_differ() -> None:
    late = decided(weeks_since_fracture=30.0)
    assert late.stance is Stance.DISCUSS and "ACR" in late.headline and "Medicare" in late.headline
    assert "whole answer" not in late.headline
    with_cleft_alone = decided(weeks_since_fracture=30.0, mri="no_oedema", intravertebral_cleft="gas")
    assert with_cleft_alone.stance is Stance.DISCUSS
    assert "do not speak for it" in with_cleft_alone.headline and "not usually" in with_cleft_alone.headline


def test_waiting_says_that_other_bodies_differ_only_where_they_do() -> None:
    early = decided(weeks_since_fracture=5.0, pain_nrs=10, pain_trend="worsening", setting="outpatient")
    assert early.stance is Stance.WAIT and "Other bodies differ" in early.headline
    assert "timing" in {conflict.topic for conflict in early.conflicts}
    assert "Other bodies differ" not in decided().headline
