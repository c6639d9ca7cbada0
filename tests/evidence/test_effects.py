"""Effects at each time: what is pooled, which interval is shown, how sure one can be and why."""

import pytest

from vertebro.evidence.counts import IntervalMethod
from vertebro.evidence.effect_types import Grade
from vertebro.evidence.effects import (
    Comparison,
    Effect,
    Endpoint,
    effects,
    left_out,
    no_effects,
)
from vertebro.vocabulary.known import Unknown
from vertebro.vocabulary.procedures import Procedure

PVP, BKP = Procedure.VERTEBROPLASTY, Procedure.KYPHOPLASTY
SHAM = {(e.scale, e.time_days): e for e in effects(PVP, Comparison.SHAM)}
EVERY = [e for p in Procedure for c in Comparison for e in effects(p, c)]


def at(days: int) -> Effect:
    return SHAM["pain 0-10", days]


def test_pain_against_sham_at_one_year_by_hand() -> None:
    """1.02 (0.04, 2.01), 0.3 (-0.9, 1.5), 0.45 (-0.37, 1.24): nothing varies between trials."""
    pooled = at(365)
    assert (pooled.k, pooled.patients) == (3, 131 + 67 + 180)
    assert pooled.estimate == pytest.approx(0.598, abs=2e-3)
    ends = {i.method: (round(i.low, 2), round(i.high, 2)) for i in pooled.intervals}
    assert ends == {
        IntervalMethod.WALD: (0.04, 1.15),
        IntervalMethod.KNAPP_HARTUNG: (-0.29, 1.49),
        IntervalMethod.MODIFIED_KNAPP_HARTUNG: (-0.62, 1.81),
    }


def test_at_one_year_the_conclusion_depends_on_the_interval_and_the_crossover_is_told() -> None:
    pooled = at(365)
    assert pooled.depends_on_interval
    assert "conclusion depends on the interval" in pooled.caveats[0]
    assert any("crossed over" in caveat for caveat in pooled.caveats)
    assert any("later had the procedure" in reason for reason in pooled.certainty.reasons)


def test_with_three_trials_the_widest_interval_is_shown_first_with_two_walds() -> None:
    assert at(365).interval_method is IntervalMethod.MODIFIED_KNAPP_HARTUNG
    assert at(30).k == 2 and at(30).interval_method is IntervalMethod.WALD
    assert any("one degree of freedom" in caveat for caveat in at(30).caveats)


def test_one_trial_keeps_its_own_interval() -> None:
    alone = at(90)
    assert alone.k == 1
    assert (alone.interval.low, alone.interval.high) == (-0.54, 0.96)
    assert alone.interval_method is IntervalMethod.PRINTED
    assert isinstance(alone.heterogeneity, Unknown) and isinstance(alone.prediction, Unknown)


def test_no_pool_against_sham_reaches_the_threshold_that_matters() -> None:
    assert all(e.estimate < 1.5 for (scale, _), e in SHAM.items() if scale == "pain 0-10")


def test_a_trial_that_does_not_print_its_direction_is_told_with_what_that_changes() -> None:
    for days in (1, 7, 30, 90, 180):
        told = [c for c in at(days).caveats if "does not print which arm" in c]
        assert len(told) == 1 and "would be the same" in told[0]
    assert any("would be another one" in c for c in at(365).caveats)
    assert any("inferred" in reason for reason in at(1).certainty.reasons)


def test_the_active_control_is_not_a_sham() -> None:
    assert "VERTOS5" not in {t.trial for e in SHAM.values() for t in e.trials}
    assert {t.trial for e in effects(PVP, Comparison.ACTIVE_CONTROL) for t in e.trials} == {"VERTOS5"}


def test_the_two_procedures_are_compared_the_same_way_whichever_is_asked_about() -> None:
    versus = Comparison.KYPHOPLASTY_V_VERTEBROPLASTY
    assert effects(PVP, versus) == effects(BKP, versus)
    one_year = next(e for e in effects(BKP, versus) if e.scale == "pain 0-10" and e.time_days == 365)
    assert one_year.estimate == pytest.approx(2.3 - 3.0)  # more pain after kyphoplasty: worse


def test_what_is_missing_is_said_with_why() -> None:
    missing = {n.endpoint: n.why for n in no_effects(PVP, Comparison.USUAL_CARE)}
    assert Endpoint.PAIN in missing and "VERTOS II" in missing[Endpoint.PAIN]
    missed = {n.endpoint for n in no_effects(BKP, Comparison.SHAM)}
    assert missed == {Endpoint.PAIN, Endpoint.DISABILITY, Endpoint.QUALITY_OF_LIFE}
    for effect in left_out(PVP, Comparison.SHAM):
        assert effect.why_not


def test_open_trials_and_single_trials_are_never_of_high_certainty() -> None:
    for effect in EVERY:
        if effect.k == 1 or effect.comparison is Comparison.USUAL_CARE:
            assert effect.certainty.grade is not Grade.HIGH
        steps = list(Grade).index(effect.certainty.grade)
        assert steps == min(len(effect.certainty.reasons), 3)


def test_every_effect_has_sources_an_interval_that_holds_it_and_shares_that_add_up() -> None:
    for effect in EVERY:
        assert effect.sources
        assert all(i.holds(effect.estimate) for i in effect.intervals)
        assert sum(t.weight for t in effect.trials) == pytest.approx(1)
        assert effect.time_days > 0  # a difference before the procedure is no effect of it
