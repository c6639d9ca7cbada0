"""The safety gate as a whole: every gate flips a clear candidate to its answer and nothing else changes."""

from datetime import date
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from patients import CLEAR_CANDIDATE, decisions, facts_from

from vertebro.guidelines.body import bodies
from vertebro.guidelines.decision import decide
from vertebro.guidelines.derive import with_derived
from vertebro.guidelines.gate import Gate, Stage, gates
from vertebro.guidelines.rule import MET, NOT_MET, rule, rules
from vertebro.guidelines.verdict import Decision, Procedure, Stance
from vertebro.vocabulary.levels import Level
from vertebro.vocabulary.library import references

PVP, BKP = Procedure.VERTEBROPLASTY, Procedure.KYPHOPLASTY
LEVEL = Level.T12

WHOLE = CLEAR_CANDIDATE | {
    "pregnant": False,
    "pain_source_is_fracture": True,
    "anticoagulant": ("aspirin", "dabigatran"),
    "anticoagulant_held": True,
    "crcl_ml_min": 50.0,
    "coronary_stent": False,
    "symptomatic_levels": 1,
    "canal_narrowing_pct": 0.0,
    "tumour_signs": ("none",),
    "infection_signs": ("none",),
    "pain_pattern": "midline",
    "pulmonary_reserve": "normal",
    "of_type": "OF2",
    "sins": 6,
    "injury_morphology": "burst",
    "posterior_ligaments": "intact",
    "tlics": 4,
    "myeloma": False,
    "wbc": 11.9,
    "esr": 49.0,
    "pain_on_analgesia": True,
    "height_loss_pct": 70.0,
    "closed_fist_percussion": True,
    "supine_sign": False,
    "osteoporosis_drug": "antiresorptive",
    "osteoporosis_drug_last_dose": date(2026, 6, 1),
    "spo2": 90.0,
    "fev1_pct": 50.0,
    "dyspnoea_mmrc": 3,
    "lvef_pct": 30.0,
    "cfs": 7,
    "dementia": False,
    "temperature": 37.9,
    "crp": 49.9,
    "tender_levels": ("T12",),
    "cancer_history": False,
    "active_uti": False,
    "lung_tuberculosis": False,
    "nyha": 3,
    "pulmonary_hypertension": False,
    "creatinine": 1.2,
    "albumin": 3.0,
    "myeloma_screen_done": True,
}
"""A clear candidate of whom every fact that a gate asks for is known, each close to its limit."""

FLIPS: dict[str, dict[str, Any]] = {
    "IsChild": {"age_years": 17},
    "HadHighEnergyInjury": {"trauma": "high_energy"},
    "MayBeMalignant": {"malignancy": "suspected"},
    "HasTumourSigns": {"tumour_signs": ["pedicle_destroyed"]},
    "IsNotOsteoporotic": {"osteoporosis": False},
    "HasSeveralPainfulFractures": {"symptomatic_levels": 2},
    "HasHadCancer": {"cancer_history": True},
    "HasNerveDeficit": {"neuro_grade": "N2"},
    "IsUnstable": {"spinal_instability": "translation_or_rotation"},
    "HasInfection": {"infection": "suspected"},
    "HasInfectionSigns": {"infection_signs": ["bright_disc"]},
    "TypeShowsInstability": {"of_type": "OF5"},
    "ScoreShowsInstability": {"sins": 13},
    "MorphologyShowsInstability": {"injury_morphology": "translation_or_rotation"},
    "LigamentsAreTorn": {"posterior_ligaments": "injured"},
    "InjuryScoreIsOperative": {"tlics": 5},
    "LigamentsMayBeTorn": {"posterior_ligaments": "suspected"},
    "ScoreMayShowInstability": {"sins": 7},
    "OsteoporoticScoreNamesSurgery": {"of_type": "OF4"},
    "HasMyeloma": {"myeloma": True},
    "HasManyWhiteCells": {"wbc": 12.0},
    "HasHighEsr": {"esr": 50.0},
    "IsUnscreenedWithSeveral": {"symptomatic_levels": 2, "myeloma_screen_done": False},
    "PainIsScoredWithoutPainkillers": {"pain_on_analgesia": False},
    "TypeContradictsHeight": {"of_type": "OF1"},
    "BothSignsAreNegative": {"closed_fist_percussion": False},
    "IsTenderElsewhereToo": {"tender_levels": ["T12", "L4"]},
    "HasLostMostHeight": {"height_loss_pct": 70.1},
    "MayHaveStoppedDenosumab": {"osteoporosis_drug": "denosumab"},
    "HasLowOxygen": {"spo2": 89.9},
    "BreathesOutLittle": {"fev1_pct": 49.9},
    "IsVeryBreathless": {"dyspnoea_mmrc": 4},
    "HasWeakHeart": {"lvef_pct": 29.9},
    "IsVeryFrail": {"cfs": 8},
    "HasDementia": {"dementia": True},
    "IsPregnant": {"pregnant": True},
    "IsAllergicToCement": {"allergies": ["pmma"]},
    "InrTooHigh": {"inr": 1.81},
    "InrForTheOperator": {"inr": 1.8},
    "PlateletsTooLow": {"platelets": 49.0},
    "BloodThinnerNotPaused": {"anticoagulant_held": False},
    "BloodThinnerStaysLonger": {"crcl_ml_min": 49.9},
    "StentNeedsCardiologist": {"coronary_stent": True},
    "HasFever": {"temperature": 38.0},
    "HasHighCrp": {"crp": 50.0},
    "HasUrinaryInfection": {"active_uti": True},
    "HasHadLungTuberculosis": {"lung_tuberculosis": True},
    "IsPainless": {"pain_nrs": 0},
    "HurtsElsewhere": {"pain_source_is_fracture": False},
    "IsHealed": {"mri": "no_oedema"},
    "NoFractureHurts": {"symptomatic_levels": 0},
    "PosteriorWallIsBroken": {"posterior_wall": "breached"},
    "CanalIsNarrowed": {"canal_narrowing_pct": 0.1},
    "HadPassingDeficit": {"neuro_grade": "N1"},
    "HasRadicularPain": {"pain_pattern": "radicular"},
    "HasTooManyLevels": {"symptomatic_levels": 4},
    "IsAllergicToOpacifier": {"allergies": ["barium"]},
    "ExaminationContradictsItself": {"tender_levels": ["L5"]},
    "HasCleftWithoutOedema": {"intravertebral_cleft": "gas", "mri": "no_oedema"},
    "HasCleftWithoutUptake": {"intravertebral_cleft": "gas", "bone_scan": "no_uptake"},
    "IsAllergicToContrast": {"allergies": ["iodinated_contrast"]},
    "IsAllergicToCementAntibiotic": {"allergies": ["cement_antibiotic"]},
    "IsAllergicToLatex": {"allergies": ["latex"]},
    "IsAllergicToLocalAnaesthetic": {"allergies": ["local_anaesthetic"]},
    "HasOtherAllergy": {"allergies": ["other"]},
    "IsVeryIll": {"asa": 4},
    "HasPoorLungs": {"pulmonary_reserve": "severe"},
    "HasFailingHeart": {"nyha": 4},
    "HasPulmonaryHypertension": {"pulmonary_hypertension": True},
    "HasHighCreatinine": {"creatinine": 1.3},
    "HasLowAlbumin": {"albumin": 2.9},
    "CannotLieProne": {"prone_tolerated": False},
}
"""For every gate, the change of a fact (or two) that makes it fire."""

BY_LEVEL: dict[str, tuple[Level, dict[str, Any]]] = {
    "IsOutsideThoracolumbarSpine": (Level.C7, {}),
    "IsUnscreenedHighUp": (Level.T4, {}),
}
COMPANIONS = {
    "HasTooManyLevels": {"HasSeveralPainfulFractures"},
    "HadHighEnergyInjury": {"IsNotOsteoporotic"},
    "MayBeMalignant": {"IsNotOsteoporotic"},
    "HasMyeloma": {"IsNotOsteoporotic"},
    "HasTumourSigns": {"IsNotOsteoporotic"},
    "TypeShowsInstability": {"OsteoporoticScoreNamesSurgery"},
    "IsUnscreenedWithSeveral": {"HasSeveralPainfulFractures"},
}
"""Gates that fire with another because they ask for the same fact, or for one worked out from it."""

B0 = {
    "scope": "IsChild HadHighEnergyInjury MayBeMalignant HasTumourSigns HasMyeloma",
    "infection": "HasInfection HasInfectionSigns",
    "pregnancy": "IsPregnant",
    "pain source": "HurtsElsewhere NoFractureHurts",
    "neurology": "HasNerveDeficit HadPassingDeficit",
    "instability": "IsUnstable TypeShowsInstability ScoreShowsInstability MorphologyShowsInstability "
    "LigamentsAreTorn InjuryScoreIsOperative",
    "allergy": "IsAllergicToCement IsAllergicToContrast",
    "coagulation": "InrTooHigh InrForTheOperator PlateletsTooLow BloodThinnerNotPaused",
    "asymptomatic": "IsPainless",
}
"""The lines of the clinical safety gate (section B0) and the gates that hold them."""


def gate_of(name: str) -> type[Gate]:
    found = rule(f"safety.{name}")
    assert issubclass(found, Gate)
    return found


def after(name: str) -> dict[Procedure, Decision]:
    return decisions(WHOLE | FLIPS[name])


def fired(changed: dict[str, Any], procedure: Procedure) -> set[str]:
    facts = with_derived(facts_from(WHOLE | changed), LEVEL)
    return {gate.__name__ for gate in gates(procedure) if gate.outcome(facts) is MET}


def test_every_gate_has_its_change() -> None:
    assert {gate.__name__ for gate in gates(BKP)} == set(FLIPS) | set(BY_LEVEL)


def test_the_whole_candidate_passes_every_gate() -> None:
    facts = with_derived(facts_from(WHOLE), LEVEL)
    assert all(gate.outcome(facts) is NOT_MET for gate in gates(BKP) if gate is not bone_scan_gate())
    assert {d.stance for d in decisions(WHOLE).values()} == {Stance.CONSIDER}


def bone_scan_gate() -> type[Gate]:
    """The one gate that asks for a scan in place of an MRI, which the candidate has had."""
    return gate_of("HasCleftWithoutUptake")


@pytest.mark.parametrize("name", FLIPS)
def test_a_gate_flips_the_candidate_to_its_answer(name: str) -> None:
    gate, answers = gate_of(name), after(name)
    for procedure, decision in answers.items():
        concerned = procedure in gate.procedures and gate.stance is not None
        assert decision.stance is (gate.stance if concerned else Stance.CONSIDER), decision.headline
        if concerned:
            assert decision.decided_by == gate.name()


@pytest.mark.parametrize("name", FLIPS)
def test_nothing_else_changes(name: str) -> None:
    for procedure in gate_of(name).procedures:
        assert fired(FLIPS[name], procedure) == {name} | COMPANIONS.get(name, set())
    before = with_derived(facts_from(WHOLE), LEVEL)
    now = with_derived(facts_from(WHOLE | FLIPS[name]), LEVEL)
    touched = {n for n in {*before, *now} if before.get(n) != now.get(n)}
    for other in rules().values():
        if touched.isdisjoint(other.needs):
            assert other.outcome(before) is other.outcome(now), other.name()


@pytest.mark.parametrize("name", FLIPS)
def test_a_gate_that_fires_is_listed_with_its_source(name: str) -> None:
    gate = gate_of(name)
    for procedure in gate.procedures:
        decision = after(name)[procedure]
        (verdict,) = (v for v in decision.verdicts if v.rule == gate.name())
        assert verdict.source in references() and verdict.where
        assert any(verdict.sentence in reason for reason in decision.reasons_against)


@pytest.mark.parametrize("name", BY_LEVEL)
def test_a_level_fires_its_gate(name: str) -> None:
    level, changed = BY_LEVEL[name]
    known = facts_from(WHOLE | changed | {"tender_levels": (level,), "myeloma_screen_done": False})
    for decision in decide(known, level):
        assert decision.stance is gate_of(name).stance and decision.decided_by == f"safety.{name}"


@settings(max_examples=120, deadline=None)
@given(
    st.lists(st.sampled_from([n for n in FLIPS if gate_of(n).stance]), min_size=2, max_size=4, unique=True)
)
def test_the_first_gate_of_the_order_is_the_headline_and_all_others_are_listed(names: list[str]) -> None:
    changes = [FLIPS[name] for name in names]
    touched = [fact for change in changes for fact in change]
    if len(touched) != len(set(touched)):
        return
    together = {fact: value for change in changes for fact, value in change.items()}
    names_fired = fired(together, BKP)
    decision = decisions(WHOLE | together)[BKP]
    first = next(g for g in gates(BKP) if g.stance is not None and g.__name__ in names_fired)
    assert gate_of(decision.decided_by.removeprefix("safety.")).stage == first.stage
    listed = {v.rule.removeprefix("safety.") for v in decision.verdicts if v.outcome is MET}
    assert names_fired <= listed
    for name in names_fired:
        sentence = next(v.sentence for v in decision.verdicts if v.rule == f"safety.{name}")
        assert any(sentence in reason for reason in decision.reasons_against)


ANSWERS: dict[Stance | None, str] = {
    Stance.OUT_OF_SCOPE: "IsChild HasMyeloma HadHighEnergyInjury MayBeMalignant HasTumourSigns "
    "IsNotOsteoporotic IsOutsideThoracolumbarSpine",
    Stance.REFER_URGENTLY: "HasNerveDeficit IsUnstable MorphologyShowsInstability LigamentsAreTorn "
    "InjuryScoreIsOperative TypeShowsInstability ScoreShowsInstability",
    Stance.CONTRAINDICATED: "HasInfection HasInfectionSigns IsPregnant IsAllergicToCement",
    Stance.CORRECT_FIRST: "InrTooHigh PlateletsTooLow BloodThinnerNotPaused HasManyWhiteCells HasHighEsr "
    "HasFever HasHighCrp HasUrinaryInfection",
    Stance.NOT_RECOMMENDED: "IsPainless HurtsElsewhere IsHealed NoFractureHurts",
    Stance.DISCUSS: "IsUnscreenedWithSeveral PainIsScoredWithoutPainkillers PosteriorWallIsBroken "
    "CanalIsNarrowed HadPassingDeficit HasRadicularPain HasTooManyLevels LigamentsMayBeTorn "
    "ScoreMayShowInstability OsteoporoticScoreNamesSurgery IsAllergicToOpacifier "
    "ExaminationContradictsItself HasCleftWithoutOedema HasCleftWithoutUptake IsUnscreenedHighUp "
    "IsAllergicToContrast HasLostMostHeight IsVeryIll HasPoorLungs HasFailingHeart CannotLieProne "
    "HasLowOxygen BreathesOutLittle IsVeryBreathless HasWeakHeart IsVeryFrail",
    None: "HasSeveralPainfulFractures HasHadCancer InrForTheOperator BloodThinnerStaysLonger "
    "StentNeedsCardiologist HasHadLungTuberculosis TypeContradictsHeight BothSignsAreNegative "
    "IsTenderElsewhereToo MayHaveStoppedDenosumab HasPulmonaryHypertension HasHighCreatinine "
    "HasLowAlbumin HasDementia IsAllergicToCementAntibiotic IsAllergicToLatex "
    "IsAllergicToLocalAnaesthetic HasOtherAllergy",
}
"""What each gate answers, written down apart from the gates; None is a caution."""

CHECKED_BEFORE_ANY_ANSWER = (
    "IsChild HasNerveDeficit HasInfection HadHighEnergyInjury MayBeMalignant IsNotOsteoporotic"
)
CHECKED_BEFORE_CONSIDER = (
    "IsUnstable IsOutsideThoracolumbarSpine IsPregnant IsAllergicToCement InrTooHigh InrForTheOperator "
    "PlateletsTooLow BloodThinnerNotPaused BloodThinnerStaysLonger IsPainless HurtsElsewhere IsHealed "
    "PosteriorWallIsBroken HadPassingDeficit IsAllergicToOpacifier IsUnscreenedHighUp IsAllergicToContrast "
    "IsAllergicToCementAntibiotic IsAllergicToLatex IsAllergicToLocalAnaesthetic HasOtherAllergy IsVeryIll "
    "CannotLieProne"
)
"""What has to be known first; every other gate speaks only where somebody wrote something."""


def test_each_gate_gives_the_answer_that_is_written_down_for_it() -> None:
    answers: dict[Stance | None, set[str]] = {}
    for gate in gates(BKP):
        answers.setdefault(gate.stance, set()).add(gate.__name__)
    assert answers == {stance: set(names.split()) for stance, names in ANSWERS.items()}


def test_what_has_to_be_known_before_an_answer_is_that_which_is_written_down() -> None:
    before_any = {gate.__name__ for gate in gates(BKP) if gate.must_know}
    assert before_any == set(CHECKED_BEFORE_ANY_ANSWER.split())
    before_consider = {gate.__name__ for gate in gates(BKP) if gate.blocks} - before_any
    assert before_consider == set(CHECKED_BEFORE_CONSIDER.split())


@pytest.mark.parametrize(
    ("name", "signs"),
    [
        ("HasTumourSigns", {"tumour_signs": ("pedicle_destroyed", "none")}),
        ("HasInfectionSigns", {"infection_signs": ("none", "abscess")}),
        ("BloodThinnerNotPaused", {"anticoagulant": ("none", "apixaban"), "anticoagulant_held": False}),
    ],
)
def test_a_danger_written_beside_none_still_counts(name: str, signs: dict[str, Any]) -> None:
    assert name in fired(signs, BKP)


CAUTIONS = [name for name in FLIPS if gate_of(name).stance is None]


@pytest.mark.parametrize("caution", CAUTIONS)
def test_a_caution_never_hides_a_danger(caution: str) -> None:
    """What is only said to the team does not stand in the way of the gates behind it."""
    for danger in ("HasNerveDeficit", "IsPregnant", "InrTooHigh", "IsPainless", "PosteriorWallIsBroken"):
        if FLIPS[danger].keys() & FLIPS[caution].keys():
            continue
        for decision in decisions(WHOLE | FLIPS[caution] | FLIPS[danger]).values():
            assert decision.decided_by == f"safety.{danger}"
            assert decision.stance is gate_of(danger).stance


@pytest.mark.parametrize("line", B0)
def test_every_line_of_the_clinical_gate_is_there_and_names_its_own_source(line: str) -> None:
    for name in B0[line].split():
        gate = gate_of(name)
        assert gate.source in references() and gate.source not in bodies() and gate.where


def test_the_order_is_that_of_the_clinical_gate_with_known_dangers_before_missing_answers() -> None:
    assert [stage.name for stage in Stage] == [
        *("CHILD", "EMERGENCY", "SCOPE", "ABSOLUTE", "DATA", "CORRECTABLE", "HEALED"),
        *("TIMING", "INDICATION", "RELATIVE", "CHOICE", "FEASIBILITY"),
    ]


SIDES: list[tuple[str, float, float, str]] = [  # fact, last value that passes, first that fires, gate
    ("age_years", 18, 17, "IsChild"),
    ("inr", 1.5, 1.51, "InrForTheOperator"),
    ("inr", 1.8, 1.81, "InrTooHigh"),
    ("platelets", 50, 49.9, "PlateletsTooLow"),
    ("crcl_ml_min", 50, 49.9, "BloodThinnerStaysLonger"),
    ("temperature", 37.9, 38, "HasFever"),
    ("crp", 49.9, 50, "HasHighCrp"),
    ("sins", 12, 13, "ScoreShowsInstability"),
    ("sins", 6, 7, "ScoreMayShowInstability"),
    ("tlics", 4, 5, "InjuryScoreIsOperative"),
    ("wbc", 11.9, 12, "HasManyWhiteCells"),
    ("esr", 49, 50, "HasHighEsr"),
    ("height_loss_pct", 70, 70.1, "HasLostMostHeight"),
    ("spo2", 90, 89.9, "HasLowOxygen"),
    ("fev1_pct", 50, 49.9, "BreathesOutLittle"),
    ("dyspnoea_mmrc", 3, 4, "IsVeryBreathless"),
    ("lvef_pct", 30, 29.9, "HasWeakHeart"),
    ("cfs", 7, 8, "IsVeryFrail"),
    ("symptomatic_levels", 1, 0, "NoFractureHurts"),
    ("symptomatic_levels", 1, 2, "HasSeveralPainfulFractures"),
    ("symptomatic_levels", 3, 4, "HasTooManyLevels"),
    ("canal_narrowing_pct", 0, 0.1, "CanalIsNarrowed"),
    ("pain_nrs", 1, 0, "IsPainless"),
    ("asa", 3, 4, "IsVeryIll"),
    ("nyha", 3, 4, "HasFailingHeart"),
    ("creatinine", 1.29, 1.3, "HasHighCreatinine"),
    ("albumin", 3, 2.99, "HasLowAlbumin"),
]


@pytest.mark.parametrize(("fact", "passes", "fires", "name"), SIDES)
def test_both_sides_of_every_number(fact: str, passes: float, fires: float, name: str) -> None:
    assert name not in fired({fact: passes}, BKP)
    assert name in fired({fact: fires}, BKP)


def test_the_page_of_the_decision_lists_every_gate_in_its_order() -> None:
    page = (Path(__file__).parents[2] / "docs" / "decision.md").read_text(encoding="utf-8")
    places = [page.find(f"`{gate.name()}`") for gate in gates(BKP)]
    assert -1 not in places and places == sorted(places)
