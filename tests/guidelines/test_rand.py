"""The RAND/UCLA pathway: the score and its bands, imaging, the 576 scenarios, what it says and does not."""

from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from patients import LEVEL, but, facts_from
from vignettes import facts_of_patient, vignettes

from vertebro.guidelines.body import Hearing, bodies
from vertebro.guidelines.conflicts import conflicts, lean
from vertebro.guidelines.derive import askable, with_derived
from vertebro.guidelines.rand import rules as rand
from vertebro.guidelines.rand.derived import SIGNS
from vertebro.guidelines.rand.scenarios import LEVELS, scenarios
from vertebro.guidelines.reading import Reading, possible_values
from vertebro.guidelines.rule import MET, NOT_MET, UNKNOWN, Rule
from vertebro.guidelines.verdict import Leaning, Outcome, Position, Procedure, Stance
from vertebro.vocabulary.known import Known

EVERY_SIGN: dict[str, Any] = {
    "adl_severely_limited": True,
    "pain_less_at_rest": True,
    "trauma": "low_energy",
    "pain_on_movement": True,
    "osteoporosis": True,
    "prior_vcf_count": 1,
    "steroid_mg_day": 5.0,
    "midline_tenderness": True,
    "pain_on_position_change": True,
    "midline_pain": True,
}
NO_SIGN: dict[str, Any] = dict.fromkeys(EVERY_SIGN, False) | {
    "trauma": "none",
    "osteopenia": False,
    "prior_vcf_count": 0,
    "steroid_mg_day": 0.0,
}
GRID = {  # positive imaging, not worse, no unfavourable condition
    "age_years": 70,
    "trauma": "low_energy",
    "malignancy": "none",
    "infection": "none",
    "pain_nrs": 6,
    "mri": "oedema",
    "pain_trend": "stable",
    "height_loss_pct": 10,
    "kyphotic_deformity": False,
    "height_loss_progressing": False,
    "rmdq": 14,
}


def derived(values: Mapping[str, Any]) -> dict[str, Known[Any]]:
    return with_derived(facts_from(values), LEVEL)


def outcome(rule: type[Rule], values: Mapping[str, Any]) -> Outcome:
    return rule.outcome(derived(values))


def said(values: Mapping[str, Any], procedure: Procedure = Procedure.VERTEBROPLASTY) -> Position:
    return bodies()["rand"].position(Hearing.of(derived(values)), procedure)


# The 576 scenarios


def test_the_scenarios_are_every_combination_of_the_seven_findings_once() -> None:
    found = [tuple(facts[name].value for name in LEVELS) for facts in scenarios()]
    assert [len(values) for values in LEVELS.values()] == [4, 2, 3, 2, 2, 3, 2]
    assert len(found) == len(set(found)) == rand.v.scenarios_rated.value == 576


def test_our_rule_calls_240_of_576_appropriate_and_the_published_share_lies_between() -> None:
    ours, with_one = 0, 0
    for facts in scenarios():
        known = with_derived(facts, LEVEL)
        ours += rand.IsAppropriateScenario.outcome(known) is MET
        worse_or_one = MET in (rand.HasWorsened.outcome(known), rand.HasACondition.outcome(known))
        with_one += rand.HasPositiveImaging.outcome(known) is MET and worse_or_one
    assert ours == rand.v.approximately_appropriate.value == 240
    assert round(100 * ours / 576, 1) == 41.7 and round(100 * with_one / 576, 1) == 48.6
    assert 100 * ours / 576 < rand.v.appropriate_share.number < 100 * with_one / 576


def test_the_published_shares_are_whole() -> None:
    shares = (rand.v.appropriate_share, rand.v.nonsurgical_share, rand.v.uncertain_share)
    assert sum(share.number for share in shares) == 100


def test_every_scenario_gets_an_answer_from_the_body_and_time_never_changes_it() -> None:
    answers: Counter[str] = Counter()
    without_time: dict[tuple[Any, ...], set[str]] = {}
    for facts in scenarios():
        outcomes = Hearing.of(with_derived(facts, LEVEL)).outcomes
        key = rand.answer(outcomes, Procedure.KYPHOPLASTY).key
        answers[key] += 1
        rest = tuple(facts[name].value for name in LEVELS if name != "weeks_since_fracture")
        without_time.setdefault(rest, set()).add(key)
    assert answers == {"negative_imaging": 288, "appropriate": 240, "uncertain": 40, "no_condition": 8}
    assert all(len(keys) == 1 for keys in without_time.values()) and len(without_time) == 144


# What the body says


@pytest.mark.parametrize(
    ("changed", "stance", "rating"),
    [
        ({}, Stance.NOT_RECOMMENDED, "not appropriate (our approximation)"),
        ({"height_loss_pct": 25}, Stance.DISCUSS, "uncertain (our approximation)"),
        ({"height_loss_pct": 25, "rmdq": 18}, Stance.CONSIDER, "appropriate (our approximation)"),
        ({"pain_trend": "worsening"}, Stance.CONSIDER, "appropriate (our approximation)"),
        ({"mri": "no_oedema", "rmdq": 18}, Stance.NOT_RECOMMENDED, "not appropriate, imaging negative"),
        ({"rmdq": None}, Stance.NOT_ENOUGH_INFORMATION, "cannot tell"),
        ({"infection": None}, Stance.NOT_ENOUGH_INFORMATION, "cannot tell"),
        ({"trauma": "high_energy"}, Stance.OUT_OF_SCOPE, "out of scope"),
        ({"age_years": 17}, Stance.OUT_OF_SCOPE, "out of scope"),
        ({"malignancy": "known"}, Stance.OUT_OF_SCOPE, "out of scope"),
        ({"pain_nrs": 4}, Stance.OUT_OF_SCOPE, "out of scope, pain below 5"),
        (
            {"infection": "untreated_blood_borne"},
            Stance.CONTRAINDICATED,
            "absolute contraindication: untreated blood-borne infection",
        ),
        (
            {"infection": "surgical_site"},
            Stance.CONTRAINDICATED,
            "absolute contraindication: active infection at the surgical site",
        ),
        ({"mri": None, "pain_nrs": 7}, Stance.NOT_ENOUGH_INFORMATION, "advanced imaging first"),
        ({"mri": None}, Stance.NOT_ENOUGH_INFORMATION, "cannot tell"),
    ],
)
def test_what_the_panel_says(changed: dict[str, Any], stance: Stance, rating: str) -> None:
    values = {n: v for n, v in (GRID | changed).items() if v is not None}
    for procedure in Procedure:
        position = said(values, procedure)
        assert position.stance is stance and position.rating == rating


def test_an_approximation_says_so_with_the_published_shares_beside_it() -> None:
    for changed in ({"pain_trend": "worsening"}, {"rmdq": 18}, {}):
        sentence = said(GRID | changed).sentence
        assert "by our approximation" in sentence and "table is not free" in sentence
        assert all(share in sentence for share in ("46 %", "16 %", "38 %", "576"))
    assert "240" in said(GRID | {"pain_trend": "worsening"}).sentence


def test_the_sentence_names_what_is_present() -> None:
    sentence = said(GRID | {"kyphotic_deformity": True, "height_loss_progressing": True}).sentence
    assert "kyphotic deformity; further loss of height" in sentence and "Roland" not in sentence


def test_one_absent_condition_is_not_asked_for_once_two_are_present_but_the_grid_is() -> None:
    values = {n: v for n, v in GRID.items() if n != "rmdq"}
    two = {"height_loss_pct": 41, "kyphotic_deformity": True}
    for changed in (two, {"kyphotic_deformity": True}):
        answer = said(values | changed)
        assert answer.stance is Stance.NOT_ENOUGH_INFORMATION and "Roland-Morris" in answer.sentence
    no_kyphosis = {n: v for n, v in GRID.items() if n != "kyphotic_deformity"}
    assert said(no_kyphosis | {"height_loss_pct": 41, "rmdq": 18}).stance is Stance.CONSIDER


@pytest.mark.parametrize("changed", [{"pain_trend": "worsening"}, {"height_loss_pct": 41}, {}])
def test_a_patient_who_is_held_back_less_than_the_grid_begins_was_not_rated(changed: dict[str, Any]) -> None:
    below = said(GRID | changed | {"rmdq": 11})
    assert below.stance is Stance.OUT_OF_SCOPE and below.rating.startswith("outside the grid")
    assert "outside" not in said(GRID | changed | {"rmdq": 12}).rating


def test_moderate_symptoms_with_a_low_probability_need_no_imaging() -> None:
    values = {n: v for n, v in GRID.items() if n not in ("mri", "rmdq")} | NO_SIGN | {"midline_pain": True}
    assert said(values).rating == "not rated, imaging unnecessary"
    assert said(values).stance is Stance.NOT_ENOUGH_INFORMATION
    assert said(values | {"pain_nrs": 7}).rating == "advanced imaging first"


def test_the_panel_says_that_time_matters_less_without_taking_a_side() -> None:
    hearing = Hearing.of(derived(but(weeks_since_fracture=2.0)))
    positions = tuple(body.position(hearing, Procedure.KYPHOPLASTY) for body in bodies().values())
    timing = [c for c in conflicts(hearing, Procedure.KYPHOPLASTY, positions) if c.topic == "timing"]
    sides = [side for conflict in timing for side in conflict.sides if side.body == "rand"]
    assert [side.leaning for side in sides] == [Leaning.OPEN]
    assert "less relevant" in sides[0].sentence


def test_exclusions_that_do_not_apply_and_what_merely_has_to_be_there_take_no_side() -> None:
    """Only pain, imaging, and worse symptoms or conditions speak for augmentation."""
    outcomes = Hearing.of(derived(GRID | {"pain_trend": "worsening"})).outcomes
    reasons = {rule for rule in rand.CRITERIA if rule.is_reason}
    leanings = {rule: lean(rule, outcomes[rule]) for rule in reasons}
    assert {rule for rule, leaning in leanings.items() if leaning is Leaning.FOR} == {
        rand.HasEnoughPain,
        rand.HasPositiveImaging,
        rand.HasWorsenedOrEnoughConditions,
    }
    assert reasons - set(leanings) == set() and Leaning.AGAINST not in leanings.values()
    infected = Hearing.of(derived(GRID | {"infection": "surgical_site"})).outcomes
    assert lean(rand.HasInfectionAtTheSite, infected[rand.HasInfectionAtTheSite]) is Leaning.AGAINST


def test_the_verdict_names_what_speaks_for_augmentation() -> None:
    facts = derived(GRID | {"pain_trend": "worsening", "rmdq": 18})
    sentence = rand.HasWorsenedOrEnoughConditions.judge(facts).sentence
    assert "worse symptoms despite medication, severe impact on daily life" in sentence
    assert "kyphotic" not in sentence


def test_every_criterion_is_listed_with_the_answer() -> None:
    assert [verdict.rule.removeprefix("rand.") for verdict in said(GRID).verdicts] == [
        "IsInScope",
        "HasInfectionAtTheSite",
        "HasUntreatedBloodInfection",
        "HasEnoughPain",
        "HasPositiveImaging",
        "IsOnTheGrid",
        "HasWorsenedOrEnoughConditions",
        "IsMoreThanLowSuspicion",
        "ImagingIsAdvised",
    ]


def test_the_follow_up_is_said_to_everybody() -> None:
    (sentence,) = bodies()["rand"].always
    assert "2 to 4 weeks" in sentence and "bone density" in sentence


def test_the_published_cases_are_all_answered(shared_data: Path) -> None:
    for case in vignettes(shared_data.parent / "knowledge"):
        position = bodies()["rand"].position(
            Hearing.of(with_derived(facts_of_patient(case["patient"]), LEVEL)), Procedure.VERTEBROPLASTY
        )
        if case["patient"]["trauma"] == "high" or case["patient"]["malignancy"] != "no":
            assert position.stance is Stance.OUT_OF_SCOPE
        elif case["patient"]["mri"] == "no_oedema" and case["patient"]["nrs"] >= 5:
            assert position.rating == "not appropriate, imaging negative"


# The suspicion score


@pytest.mark.parametrize("present", range(11))
def test_ten_signs_and_the_bands_at_4_and_7(present: int) -> None:
    signs = list(EVERY_SIGN)
    values = NO_SIGN | {name: EVERY_SIGN[name] for name in signs[:present]}
    known = derived(values)["vcf_suspicion_score"]
    assert known.value == present and possible_values(known) == (present,)
    assert outcome(rand.IsMoreThanLowSuspicion, values) is (MET if present >= 4 else NOT_MET)
    band = "high" if present >= 7 else "intermediate" if present >= 4 else "low"
    assert known.source == f"{present} of 10 signs ({band})"


@given(st.dictionaries(st.sampled_from(list(SIGNS)), st.booleans(), max_size=10))
def test_what_is_not_known_keeps_the_range_open(answers: dict[str, bool]) -> None:
    """The score is between what is present and what may still be; each unknown sign is asked for."""
    values = {name: (EVERY_SIGN if yes else NO_SIGN)[name] for name, yes in answers.items()}
    if "osteoporosis" in values and not values["osteoporosis"]:
        values["osteopenia"] = False
    facts = derived(values)
    if not answers:
        assert "vcf_suspicion_score" not in facts
        assert rand.IsMoreThanLowSuspicion.missing(facts) == ("vcf_suspicion_score",)
        assert askable(["vcf_suspicion_score"], facts) == list(SIGNS)
        return
    present, unknown = sum(answers.values()), len(SIGNS) - len(answers)
    score = facts["vcf_suspicion_score"]
    assert possible_values(score) == tuple(range(present, present + unknown + 1))
    expected = MET if present >= 4 else NOT_MET if present + unknown < 4 else UNKNOWN
    assert rand.IsMoreThanLowSuspicion.outcome(facts) is expected
    if expected is UNKNOWN:
        assert set(rand.IsMoreThanLowSuspicion.missing(facts)) == set(SIGNS) - set(answers)


def test_a_range_over_two_bands_names_both() -> None:
    known = derived({"midline_pain": True, "osteoporosis": True, "trauma": "low_energy"})
    source = known["vcf_suspicion_score"].source
    assert source == "3 of 10 signs, 7 more not known (low to high)"


@pytest.mark.parametrize(
    ("values", "sign", "present"),
    [
        ({"osteoporosis": False, "osteopenia": True}, "osteoporosis", True),
        ({"osteopenia": True}, "osteoporosis", True),
        ({"osteoporosis": False}, "osteoporosis", None),
        ({"osteoporosis": False, "osteopenia": False}, "osteoporosis", False),
        ({"trauma": "high_energy"}, "trauma", False),
        ({"mobilises_on_analgesia": False}, "adl_severely_limited", True),
        ({"mobilises_on_analgesia": True}, "adl_severely_limited", None),
        ({"mobilises_on_analgesia": False, "adl_severely_limited": False}, "adl_severely_limited", False),
        ({"pain_nrs_rest": 2, "pain_nrs_movement": 8}, "pain_less_at_rest", True),
        ({"pain_nrs_rest": 8, "pain_nrs_movement": 8}, "pain_on_movement", False),
        ({"pain_nrs_rest": 8}, "pain_on_movement", None),
        ({"closed_fist_percussion": True}, "midline_tenderness", True),
        ({"closed_fist_percussion": False}, "midline_tenderness", None),
        ({"tender_levels": ["T12"]}, "midline_tenderness", True),
        ({"pain_pattern": "midline"}, "midline_pain", True),
        ({"pain_pattern": "radicular"}, "midline_pain", None),
    ],
)
def test_a_sign_is_read_from_what_is_written(values: dict[str, Any], sign: str, present: bool | None) -> None:
    assert SIGNS[sign](facts_from(values)) is present


def test_who_has_no_osteoporosis_is_asked_for_osteopenia() -> None:
    score = derived({"osteoporosis": False, "midline_pain": True})["vcf_suspicion_score"]
    assert "osteopenia" in score.missing and "osteoporosis" not in score.missing  # type: ignore[attr-defined]


# Imaging and kyphosis


@pytest.mark.parametrize(
    ("values", "result"),
    [
        ({"mri": "oedema"}, "positive"),
        ({"mri": "no_oedema"}, "negative"),
        ({"mri": "no_oedema", "bone_scan": "uptake"}, "negative"),
        ({"bone_scan": "uptake"}, "positive"),
        ({"bone_scan": "no_uptake"}, "negative"),
        ({}, None),
    ],
)
def test_mri_comes_before_a_bone_scan(values: dict[str, Any], result: str | None) -> None:
    facts = derived(values)
    assert (facts["advanced_imaging"].value if "advanced_imaging" in facts else None) == result
    if result is None:
        assert askable(["advanced_imaging"], facts) == ["mri", "bone_scan"]


@pytest.mark.parametrize(("angle", "expected"), [(14.9, NOT_MET), (15.0, MET), (40.0, MET)])
def test_kyphotic_deformity_is_read_from_the_angle_where_nobody_wrote_it(
    angle: float, expected: Outcome
) -> None:
    assert outcome(rand.HasKyphoticDeformity, {"kyphosis_deg": angle}) is expected
    assert derived({"kyphosis_deg": angle})["kyphotic_deformity"].missing == ()  # type: ignore[attr-defined]
    written = {"kyphosis_deg": angle, "kyphotic_deformity": expected is not MET}
    assert outcome(rand.HasKyphoticDeformity, written) is not expected


def test_a_measured_angle_across_the_limit_asks_the_person() -> None:
    measured = {"kyphosis_deg": Reading(14.0, "image", None, (12.0, 14.0, 16.0))}
    facts = with_derived(measured, LEVEL)
    assert rand.HasKyphoticDeformity.outcome(facts) is UNKNOWN
    assert rand.HasKyphoticDeformity.missing(facts) == ("kyphotic_deformity",)
