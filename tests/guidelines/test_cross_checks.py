"""Both sides of every number of every rule, and the nine cross-checks of the clinical list."""

import ast
import inspect
import textwrap
from pathlib import Path

import pytest
from patients import but, decided, facts_from
from saying import hearing_of, said

from vertebro.guidelines.explain import explain_rule
from vertebro.guidelines.rule import MET, NOT_MET, AllOf, Rule, rule, rules
from vertebro.guidelines.verdict import Outcome, Stance
from vertebro.vocabulary.facts import fact
from vertebro.vocabulary.known import Known

CROSS_CHECKS = {
    "1 the RAND rule gives 240 of 576": "test_rand::test_our_rule_calls_240_of_576_appropriate",
    "2 suspicion score, bands at 3/4 and 6/7": "test_rand::test_ten_signs_and_the_bands_at_4_and_7",
    "3 OF score, extremes -3 and 16": "test_of_score::test_the_extremes_are_those_of_the_card",
    "4 unknown counts 0 in the OF score only": "test_cross_checks::test_what_is_not_known_counts_nothing",
    "5 INR and platelets": "test_cross_checks::test_both_sides_of_every_number",
    "6 pain 4/5, 6/7, 7/8": "test_cross_checks::test_both_sides_of_every_number",
    "7 weeks 5.9/6/8/8.1/12/12.1": "test_cross_checks::test_both_sides_of_every_number",
    "8 height loss 20/25/40/70": "test_cross_checks::test_each_limit_of_height_loss_belongs_to_who_prints_it",
    "9 a gate flips and nothing else changes": "test_safety::test_nothing_else_changes",
}

EDGES: dict[str, tuple[tuple[float, float], ...]] = {
    "aaos.IsWithinDays": ((6 / 7, 5 / 7),),
    "acr.IsSymptomatic": ((0, 1),),
    "acr.IsNew": ((2.0, 1.9),),
    "acr.IsOld": ((12.0, 12.1),),
    "acr.IsDeformed": ((14.9, 15.0),),
    "considerations.IsVeryEarly": ((2.1, 2.0),),
    "considerations.PainCanStillFade": ((6.1, 6.0),),
    "considerations.MostReliefIsPast": ((13.0, 13.1),),
    "considerations.IsWithinTrialEntry": ((6.1, 6.0),),
    "considerations.IsOlderThanReview": ((73, 74),),
    "considerations.HasVeryLowDensity": ((-2.94, -2.96),),
    "considerations.IsInHighClass": ((3, 4),),
    "considerations.HasSeveralFractures": ((2, 3),),
    "considerations.TakesSteroids": ((0.0, 0.1),),
    "considerations.HasLostHeight": ((19.9, 20.0),),
    "considerations.HasKyphosis": ((14.9, 15.0),),
    "considerations.HasLostMoreThanHalf": ((50.0, 50.1),),
    "considerations.HasLostUpToHalf": ((50.1, 50.0),),
    "england.IsAdult": ((18, 19),),
    "england.HasSeverePain": ((6, 7),),
    "england.IsRecent": ((6.1, 6.0),),
    "imwg.HasSeverePain": ((5, 6),),
    "imwg.HasModeratePain": ((3, 4), (6, 5)),
    "imwg.HasMildPain": ((0, 1), (4, 3)),
    "medicare.HasManyFractures": ((3, 4),),
    "medicare.HasCanalCompromise": ((0.0, 0.1),),
    "medicare.IsAcuteOrSubacute": ((12.1, 12.0),),
    "medicare.HasSeverePain": ((7, 8),),
    "medicare.HasModeratePain": ((4, 5),),
    "medicare.HasLostHeight": ((25.0, 25.1),),
    "medicare.IsSeverelyImpaired": ((17, 18),),
    "medicare.IsPastSubacute": ((12.0, 12.1),),
    "nass.IsChronic": ((12.0, 12.1),),
    "nass.HasModestPain": ((7, 6),),
    "nass.HasStenosis": ((0.0, 0.1),),
    "nass.HasNoStenosis": ((0.1, 0.0),),
    "nass.HasKeptSomeHeight": ((80.0, 79.9),),
    "nass.HasMoreThanModestPain": ((6, 7),),
    "nice.IsSevere": ((6, 7),),
    "nice.IsRecent": ((12.1, 12.0),),
    "nice_ipg.IsCanalFree": ((0.1, 0.0),),
    "nice_ipg.HasCollapsed": ((19.9, 20.0),),
    "of_score.ScoreNamesConservativeTreatment": ((6, 5),),
    "of_score.ScoreNamesEither": ((5, 6), (7, 6)),
    "of_score.ScoreNamesSurgery": ((6, 7),),
    "pathway.HasVeryBadPain": ((7, 8),),
    "rand.IsAdult": ((17, 18),),
    "rand.HasEnoughPain": ((4, 5),),
    "rand.IsMoreThanLowSuspicion": ((3, 4),),
    "rand.HasSevereSymptoms": ((6, 7),),
    "rand.HasLostHeight": ((24.9, 25.0),),
    "rand.IsSeverelyImpaired": ((17, 18),),
    "rand_europe.HasKyphosis": ((14.9, 15.0),),
    "rand_europe.HasScoliosis": ((9.9, 10.0),),
    "rand_europe.HasLostDorsalHeight": ((9.9, 10.0),),
    "rand_europe.HasLostHeight": ((19.9, 20.0),),
    "rand_europe.HasOngoingFracture": ((19.9, 20.0),),
    "ros.HasSeverePain": ((6, 7),),
    "ros.HasReachedHealingTime": ((5.9, 6.0),),
    "ros.HasHadTimeToHeal": ((7.9, 8.0),),
    "ros.IsNotLongstanding": ((26.1, 26.0),),
    "safety.InrTooHigh": ((1.8, 1.9),),
    "safety.InrForTheOperator": ((1.5, 1.6), (1.9, 1.8)),
    "safety.PlateletsTooLow": ((50.0, 49.0),),
    "safety.ClearanceIsLow": ((50.0, 49.9),),
    "safety.IsVeryIll": ((3, 4),),
    "safety.HasFailingHeart": ((3, 4),),
    "safety.HasHighCreatinine": ((1.29, 1.3),),
    "safety.HasLowAlbumin": ((3.0, 2.99),),
    "safety.IsChild": ((18, 17),),
    "safety.IsPainless": ((1, 0),),
    "safety.CanalIsNarrowed": ((0.0, 0.1),),
    "safety.HasTooManyLevels": ((3, 4),),
    "safety.ScoreShowsInstability": ((12, 13),),
    "safety.HasFever": ((37.9, 38.0),),
    "safety.HasHighCrp": ((49.9, 50.0),),
    "safety.HasManyWhiteCells": ((11.9, 12.0),),
    "safety.HasHighEsr": ((49.9, 50.0),),
    "safety.HasSeveralLevels": ((1, 2),),
    "safety.HasLostMostHeight": ((70.0, 70.1),),
    "safety.HasLowOxygen": ((90.0, 89.9),),
    "safety.BreathesOutLittle": ((50.0, 49.9),),
    "safety.IsVeryBreathless": ((3, 4),),
    "safety.HasWeakHeart": ((30.0, 29.9),),
    "safety.IsVeryFrail": ((7, 8),),
    "safety.InjuryScoreIsOperative": ((4, 5),),
    "safety.ScoreMayShowInstability": ((6, 7), (13, 12)),
    "safety.NoFractureHurts": ((1, 0),),
    "safety.HasSeveralPainfulFractures": ((1, 2),),
    "blue_cross.CanHaveFailedLongEnough": ((5.9, 6.0),),
    "trialists.HasEntryPain": ((4, 5),),
    "trialists.IsStillPainfulLater": ((12.9, 13.0),),
    "imwg.IsAcute": ((6.1, 6.0),),
    "rand.IsOnTheGrid": ((11, 12),),
    "nass.HasMorePain": ((6, 7),),
    "sins.IsPotentiallyUnstable": ((6, 7),),
    "sins.IsUnstable": ((12, 13),),
    "sir.HasHadADayOfPainkillers": ((23.9, 24.0),),
    "tlics.ScoreIsOperative": ((4, 5),),
    "tlics.ScoreLeavesItOpen": ((3, 4), (5, 4)),
}
"""Of each rule about one number: where it is not met, and next to it where it is met."""


def is_about_one_number(found: type[Rule]) -> bool:
    return not issubclass(found, AllOf) and len(found.needs) == 1 and fact(found.needs[0]).is_number


def test_every_rule_about_a_number_shows_both_its_sides() -> None:
    assert {name for name, found in rules().items() if is_about_one_number(found)} == set(EDGES)


@pytest.mark.parametrize("name", EDGES)
def test_both_sides_of_every_number(name: str) -> None:
    def at(value: float) -> Outcome:
        return rule(name).outcome({rule(name).needs[0]: Known(value, "test")})

    for no, yes in EDGES[name]:
        assert (at(no), at(yes)) == (NOT_MET, MET)


def numbers_read(found: type[Rule]) -> set[str]:
    """The cited values a rule compares with, itself or through its parts, read off its own code."""
    if issubclass(found, AllOf):
        return {name for part in found.parts for name in numbers_read(part)}
    tree = ast.parse(textwrap.dedent(inspect.getsource(found.holds)))
    read = [node for node in ast.walk(tree) if isinstance(node, ast.Attribute)]
    cited = [node.value for node in read if node.attr in ("number", "value")]
    return {value.attr for value in cited if isinstance(value, ast.Attribute)}


@pytest.mark.parametrize("name", rules())
def test_the_explanation_of_a_rule_prints_every_number_it_rests_on(name: str) -> None:
    """Also those of its parts, so that nobody reads a joined rule without its limits; each once."""
    told = [value.name for value in explain_rule(name).numbers]
    assert numbers_read(rule(name)) <= set(told)
    assert len({(value.name, value.source) for value in explain_rule(name).numbers}) == len(told)


@pytest.mark.parametrize("check", CROSS_CHECKS)
def test_each_cross_check_has_its_test(check: str) -> None:
    file, _, test = CROSS_CHECKS[check].partition("::")
    assert f"def {test}" in Path(__file__).with_name(f"{file}.py").read_text(encoding="utf-8")


@pytest.mark.parametrize("name", ["pain_nrs", "neuro_grade"])
def test_what_is_not_known_counts_nothing_in_the_score_and_leaves_the_others_open(name: str) -> None:
    typed = but(of_type="OF3", tscore_spine=-3.0, height_loss_progressing=True, pain_on_analgesia=True)
    without = {n: value for n, value in typed.items() if n != name}
    score = hearing_of(without).facts["of_score"]
    assert "not known 0" in score.source and isinstance(score.value, int)
    if name == "pain_nrs":
        for body in ("ros", "nice"):
            assert said(body, {name: None}).stance is Stance.NOT_ENOUGH_INFORMATION
    assert decided(**{name: None}).stance is Stance.NOT_ENOUGH_INFORMATION


@pytest.mark.parametrize(
    ("loss", "used_by"),
    [
        (20.0, {"considerations.HasLostHeight", "nice_ipg.HasCollapsed", "rand_europe.HasLostHeight"}),
        (25.0, {"rand.HasLostHeight", "medicare.HasLostHeight"}),
        (40.0, set()),  # RAND's severe class counts as its moderate one in our approximation
        (70.0, {"safety.HasLostMostHeight"}),
    ],
)
def test_each_limit_of_height_loss_belongs_to_who_prints_it(loss: float, used_by: set[str]) -> None:
    single = {n: found for n, found in rules().items() if is_about_one_number(found)}

    def met(value: float) -> set[str]:
        facts = facts_from({"height_loss_pct": value})
        return {n for n, found in single.items() if found.outcome(facts) is MET}

    assert met(loss - 0.1) ^ met(loss + 0.1) == used_by
