"""What people wrote counts for today and for this fracture only; days that disagree leave the weeks open."""

from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from patients import CLEAR_CANDIDATE, LEVEL

from vertebro.guidelines.ages import about_the_fracture, age_groups, age_limit_days
from vertebro.guidelines.decision import decide
from vertebro.guidelines.facts_of import facts_of, noticed
from vertebro.guidelines.nice.rules import IsRecent
from vertebro.guidelines.onset import every_number_between
from vertebro.guidelines.reading import possible_values
from vertebro.guidelines.ros.rules import HasHadTimeToHeal
from vertebro.guidelines.rule import MET, NOT_MET, UNKNOWN, rules
from vertebro.guidelines.unused import unused
from vertebro.guidelines.verdict import Stance
from vertebro.guidelines.written import what_is_written
from vertebro.patient.case import Case
from vertebro.patient.record import ClinicalRecord
from vertebro.vocabulary.facts import facts as dictionary
from vertebro.vocabulary.known import Known, Unknown

DAY = date(2026, 11, 22)
BROKE = DAY - timedelta(weeks=8)
NO = Unknown("not asked for")


def case_of(values: dict[str, Any], days_of: dict[str, date] | None = None, on: date = DAY) -> Case:
    entries = {n: Known(v, "test", (days_of or {}).get(n)) for n, v in values.items()}
    return Case("test", on, ClinicalRecord(DAY, entries), LEVEL, NO, NO)


def candidate(**days_of: date) -> Case:
    return case_of(CLEAR_CANDIDATE, days_of)


def stance(case: Case) -> Stance:
    (answer,) = {decision.stance for decision in decide(facts_of(case, NO), LEVEL)}
    return answer


def test_values_without_a_day_have_that_of_the_record() -> None:
    assert stance(candidate()) is Stance.CONSIDER
    assert noticed(candidate(), NO) == ()
    month_later = case_of(CLEAR_CANDIDATE, on=DAY + timedelta(days=29))
    assert stance(month_later) is Stance.NOT_ENOUGH_INFORMATION
    assert "inr" in facts_of(month_later, NO) and "pain_nrs" not in facts_of(month_later, NO)


LIMITS = [
    ("pain_nrs", 28),
    ("exam_matches_level", 28),
    ("neuro_grade", 28),
    ("infection", 28),
    ("inr", 180),
    ("platelets", 180),
]


@pytest.mark.parametrize(("name", "limit"), LIMITS)
def test_a_value_speaks_for_today_up_to_its_limit(name: str, limit: int) -> None:
    aged = CLEAR_CANDIDATE | {"weeks_since_fracture": 40.0}  # so that nothing is older than the fracture
    within = case_of(aged, {name: DAY - timedelta(days=limit)})
    past = case_of(aged, {name: DAY - timedelta(days=limit + 1)})
    assert name in facts_of(within, NO) and name not in facts_of(past, NO)
    assert stance(past) is not Stance.CONSIDER
    (said,) = (note for note in noticed(past, NO) if "asked again" in note)
    assert str(limit) in said and str(limit + 1) in said


def test_the_age_of_what_still_counts_is_said() -> None:
    (said,) = noticed(candidate(pain_nrs=DAY - timedelta(days=8)), NO)
    assert said.startswith("pain now") and "8 days old" in said
    assert noticed(candidate(pain_nrs=DAY - timedelta(days=7)), NO) == ()


@pytest.mark.parametrize("name", ["mri", "pain_nrs", "exam_matches_level", "posterior_wall", "neuro_grade"])
def test_what_is_older_than_the_fracture_says_nothing_about_it(name: str) -> None:
    recent = CLEAR_CANDIDATE | {"weeks_since_fracture": 2.0, "setting": "inpatient"}
    broke = DAY - timedelta(weeks=2)
    before, on_the_day = case_of(recent, {name: broke - timedelta(days=1)}), case_of(recent, {name: broke})
    assert name in facts_of(on_the_day, NO) and name not in facts_of(before, NO)
    assert any(str(broke) in note and "says nothing" in note for note in noticed(before, NO))


def test_oedema_seen_a_day_before_the_fracture_is_asked_again() -> None:
    old = candidate(mri=BROKE - timedelta(days=1))
    (answer, _) = decide(facts_of(old, NO), LEVEL)
    assert answer.stance is Stance.NOT_ENOUGH_INFORMATION and answer.ask_next[0] == "mri"


DANGERS: list[tuple[str, Any, Stance]] = [
    ("neuro_grade", "N3", Stance.REFER_URGENTLY),
    ("infection", "discitis_or_osteomyelitis", Stance.CONTRAINDICATED),
    ("allergies", ("pmma",), Stance.CONTRAINDICATED),
    ("malignancy", "known", Stance.OUT_OF_SCOPE),
    ("of_type", "OF5", Stance.REFER_URGENTLY),
    ("spinal_instability", "tension_band_failure", Stance.REFER_URGENTLY),
]


@pytest.mark.parametrize(("name", "value", "answer"), DANGERS)
def test_age_takes_away_reassurance_and_never_a_danger(name: str, value: Any, answer: Stance) -> None:
    bare = {n: v for n, v in CLEAR_CANDIDATE.items() if n != "spinal_instability"}
    old = case_of(bare | {name: value}, {name: date(2025, 1, 1)})
    assert stance(old) is answer
    assert any("until somebody says" in note for note in noticed(old, NO))


@settings(max_examples=60, deadline=None)
@given(st.sampled_from(sorted(CLEAR_CANDIDATE)), st.integers(0, 1000))
def test_an_older_record_is_never_answered_more_boldly(name: str, days: int) -> None:
    """Ageing one value of the clear candidate leaves the answer, or asks for the value again."""
    case = candidate(**{name: DAY - timedelta(days=days)})
    found = stance(case)
    assert found in (Stance.CONSIDER, Stance.NOT_ENOUGH_INFORMATION)
    assert (found is Stance.CONSIDER) or name not in facts_of(case, NO)


def test_every_group_of_ages_names_facts_of_the_dictionary() -> None:
    named = {name for names in age_groups().values() for name in names} | about_the_fracture()
    assert named <= set(dictionary())
    assert age_limit_days("fixed", "past") is None and age_limit_days("lasting", "past") is None


def weeks_of(**values: Any) -> tuple[float, ...]:
    known = what_is_written(case_of(values)).facts["weeks_since_fracture"]
    possible = possible_values(known)
    return (min(possible), max(possible))


FELL = DAY - timedelta(weeks=8)
HURT = DAY - timedelta(weeks=14)
WEEKS = [
    ({"fracture_date": FELL}, (8, 8)),
    ({"fracture_date": FELL, "fracture_date_basis": "event"}, (8, 8)),
    ({"fracture_date": FELL, "fracture_date_basis": "symptom"}, (8, 8)),
    ({"fracture_date": FELL, "fracture_date_basis": "imaging"}, (8, 2600)),
    ({"pain_onset_date": HURT}, (14, 14)),
    ({"fracture_date": FELL, "pain_onset_date": HURT}, (8, 14)),
    ({"fracture_date": HURT, "pain_onset_date": FELL}, (14, 14)),
    ({"fracture_date": FELL, "pain_onset_date": HURT, "fracture_date_basis": "event"}, (8, 8)),
    ({"fracture_date": FELL, "pain_onset_date": HURT, "fracture_date_basis": "imaging"}, (8, 14)),
    ({"fracture_date": HURT, "pain_onset_date": FELL, "fracture_date_basis": "imaging"}, (14, 2600)),
    ({"fracture_date": HURT, "pain_onset_date": FELL, "fracture_date_basis": "symptom"}, (8, 14)),
    ({"weeks_since_fracture": 8.0, "pain_onset_date": HURT}, (8, 14)),
    ({"weeks_since_fracture": 8.0, "pain_onset_date": DAY - timedelta(weeks=9)}, (8, 8)),
    ({"weeks_since_fracture": 14.0, "pain_onset_date": FELL}, (14, 14)),
]


@pytest.mark.parametrize(("values", "expected"), WEEKS, ids=str)
def test_the_weeks_run_from_the_earliest_onset_to_the_latest(
    values: dict[str, Any], expected: tuple[float, float]
) -> None:
    assert weeks_of(**values) == expected
    said = " ".join(noticed(case_of(values), NO))
    assert ("not certain" in said) is (expected[0] != expected[1])


def test_rules_stay_open_only_where_the_weeks_matter() -> None:
    bare = {n: v for n, v in CLEAR_CANDIDATE.items() if n != "weeks_since_fracture"}
    known = facts_of(case_of(bare | {"fracture_date": FELL, "pain_onset_date": HURT}), NO)
    assert IsRecent.outcome(known) is UNKNOWN and HasHadTimeToHeal.outcome(known) is not UNKNOWN
    (answer, _) = decide(known, LEVEL)
    assert answer.stance is Stance.NOT_ENOUGH_INFORMATION and "weeks_since_fracture" in answer.ask_next
    event = case_of(bare | {"fracture_date": FELL, "fracture_date_basis": "event", "pain_onset_date": HURT})
    assert stance(event) is Stance.CONSIDER
    assert any("began on" in note for note in noticed(event, NO))


def test_pain_from_years_before_is_said_to_have_perhaps_another_source() -> None:
    values = {"fracture_date": FELL, "fracture_date_basis": "event", "pain_onset_date": date(2020, 1, 1)}
    (said,) = noticed(case_of(values), NO)
    assert "another source" in said and "2020-01-01" in said


@settings(max_examples=60, deadline=None)
@given(st.floats(0, 60), st.floats(0, 60))
def test_every_answer_a_rule_may_give_between_two_ends_is_found(one: float, other: float) -> None:
    """A rule that changes its answer anywhere between the ends changes it among the numbers tried."""
    low, high = sorted((one, other))
    tried = every_number_between(low, high)
    for rule in rules().values():
        if rule.needs == ("weeks_since_fracture",):
            dense = {rule.holds(low + (high - low) * step / 200) for step in range(201)}
            assert dense <= {rule.holds(number) for number in tried}, rule.name()


def test_what_no_rule_reads_is_listed() -> None:
    known = {n: Known(v, "test") for n, v in {"hypertension": True, "pain_nrs": 8, "mri": "oedema"}.items()}
    assert "pain_nrs" not in unused(known) and "mri" not in unused(known)
    read = {need for rule in rules().values() for need in rule.needs}
    booleans = {n: Known(True, "test") for n, f in dictionary().items() if f.kind == "yes_no"}
    assert unused(booleans) and not set(unused(booleans)) & read
    (said,) = noticed(case_of({"anaesthesia_plan": "local", "pain_nrs": 8}), NO)
    assert said == "Recorded, and used by no rule: planned anaesthesia."


def test_healing_time_is_answered_on_both_sides() -> None:
    early = what_is_written(case_of({"fracture_date": DAY - timedelta(weeks=3)})).facts
    late = what_is_written(case_of({"fracture_date": DAY - timedelta(weeks=9)})).facts
    assert HasHadTimeToHeal.outcome(early) is NOT_MET and HasHadTimeToHeal.outcome(late) is MET
