"""What would change the answer: every line of the table holds, and nothing nearer changes it."""

from datetime import date
from typing import Any

import pytest
from patients import CLEAR_CANDIDATE, LEVEL, but, decisions, facts_from

from vertebro.errors import BadRecord
from vertebro.guidelines.body import Hearing
from vertebro.guidelines.derive import with_derived
from vertebro.guidelines.settle import settle
from vertebro.guidelines.trying import possible_answers, step_of
from vertebro.guidelines.verdict import Procedure, Stance
from vertebro.guidelines.what_if import Boundary, boundaries
from vertebro.patient.record import ClinicalRecord
from vertebro.vocabulary.facts import fact, facts
from vertebro.vocabulary.known import Known

PATIENTS: dict[str, dict[str, Any]] = {
    "a clear candidate": CLEAR_CANDIDATE,
    "too early": but(weeks_since_fracture=2.0, pain_nrs=6),
    "nerve deficit": but(neuro_grade="N3"),
    "hardly anything known": {"pain_nrs": 9},
    "no MRI": but(mri=None),
}


def stances(values: dict[str, Any]) -> dict[Procedure, Stance]:
    return {procedure: decision.stance for procedure, decision in decisions(values).items()}


@pytest.fixture(params=PATIENTS, scope="module")
def patient(request: pytest.FixtureRequest) -> dict[str, Any]:
    return PATIENTS[request.param]


@pytest.fixture(scope="module")
def table(patient: dict[str, Any]) -> tuple[Boundary, ...]:
    return boundaries(facts_from(patient), LEVEL)


def test_every_line_comes_true_when_the_fact_is_changed(
    patient: dict[str, Any], table: tuple[Boundary, ...]
) -> None:
    for line in table:
        for value in line.values:
            assert stances(patient | {line.fact: value}) == line.stances != stances(patient), line
            for procedure, decision in decisions(patient | {line.fact: value}).items():
                assert decision.decided_by in line.decided_by[procedure] or len(line.values) > 1


def test_one_step_nearer_the_answer_is_another(patient: dict[str, Any], table: tuple[Boundary, ...]) -> None:
    for line in table:
        if fact(line.fact).is_number and isinstance(line.now, Known):
            nearest, step = line.values[0], step_of(line.fact)
            nearer = round(nearest + (step if nearest < line.now.value else -step), 6)
            assert stances(patient | {line.fact: nearer}) != line.stances, line


def test_what_is_not_in_the_table_changes_nothing(
    patient: dict[str, Any], table: tuple[Boundary, ...]
) -> None:
    listed, now = {line.fact for line in table}, stances(patient)
    for name, asked in facts().items():
        if asked.origin == "record" and name not in listed:
            tried = [value for value in possible_answers(name) if can_be_written(patient | {name: value})]
            for value in tried:
                assert settled(patient | {name: value}) == now, (name, value)
            for value in tried[-1:]:  # and in the whole decision, with its words and questions
                assert stances(patient | {name: value}) == now, (name, value)


def settled(values: dict[str, Any]) -> dict[Procedure, Stance]:
    """The stances alone, every rule asked again: a tenth of the work of a decision in words."""
    outcomes = Hearing.of(with_derived(facts_from(values), LEVEL)).outcomes
    return {procedure: settle(outcomes, procedure).stance for procedure in Procedure}


def can_be_written(values: dict[str, Any]) -> bool:
    try:
        ClinicalRecord.of(date(2026, 11, 22), **values)
    except BadRecord:
        return False
    return True


def test_every_line_of_the_table_can_be_written_into_the_record(
    patient: dict[str, Any], table: tuple[Boundary, ...]
) -> None:
    for line in table:
        assert all(can_be_written(patient | {line.fact: value}) for value in line.values), line


def test_what_the_record_would_refuse_is_no_line_and_comes_back_with_what_stood_against_it() -> None:
    def changed(**values: Any) -> set[str]:
        return {line.fact for line in boundaries(facts_from(but(**values)), LEVEL)}

    assert "canal_narrowing_pct" not in changed(posterior_wall="intact", canal_narrowing_pct=0)
    assert "canal_narrowing_pct" in changed(posterior_wall=None, canal_narrowing_pct=0)
    assert "examined" not in changed(tender_levels=(LEVEL,), exam_matches_level=None)
    scanned = {"mri": None, "mri_impossible_reason": "other", "bone_scan": "uptake"}
    assert "mri" not in changed(**scanned) and "bone_scan" in changed(**scanned)


def test_facts_that_contradict_each_other_already_refuse_nothing_more() -> None:
    both = boundaries(facts_from(but(posterior_wall="intact", canal_narrowing_pct=30)), LEVEL)
    assert {line.fact for line in both} & {"pain_nrs", "neuro_grade"}


def test_the_limits_of_the_clear_candidate_are_those_of_the_rules() -> None:
    table = boundaries(facts_from(CLEAR_CANDIDATE), LEVEL)
    by_fact = {(line.fact, line.values[0]): line.stances[Procedure.VERTEBROPLASTY] for line in table}
    assert by_fact["pain_nrs", 6] is Stance.NOT_RECOMMENDED
    assert by_fact["weeks_since_fracture", 5.9] is Stance.WAIT
    assert by_fact["weeks_since_fracture", 12.1] is Stance.DISCUSS
    assert by_fact["age_years", 55] is Stance.NOT_ENOUGH_INFORMATION  # pregnancy is asked from here on
    assert by_fact["age_years", 17] is Stance.OUT_OF_SCOPE
    assert by_fact["inr", 1.9] is by_fact["platelets", 49.9] is Stance.CORRECT_FIRST
    assert ("rmdq", 18) not in by_fact


def test_a_choice_lists_every_alternative_with_the_same_answer() -> None:
    table = boundaries(facts_from(CLEAR_CANDIDATE), LEVEL)
    (deficit,) = (line for line in table if line.fact == "neuro_grade" and "N2" in line.values)
    assert deficit.values == ("N2", "N3", "N4")
    (contrast,) = (line for line in table if line.values[0] == ("iodinated_contrast",))
    assert contrast.stances[Procedure.VERTEBROPLASTY] is Stance.CONSIDER
    assert contrast.stances[Procedure.KYPHOPLASTY] is Stance.DISCUSS
