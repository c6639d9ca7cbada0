"""The rule machine, and for every rule: met, not met and unknown as its cases say, and its sentences."""

import re
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from patients import CLEAR_CANDIDATE, LEVEL, facts_from

from vertebro import guidelines
from vertebro.errors import HouseFault
from vertebro.guidelines.body import bodies, position
from vertebro.guidelines.derive import with_derived
from vertebro.guidelines.explain import Case, all_cases, explain_rule
from vertebro.guidelines.gate import Gate, gates
from vertebro.guidelines.nice import rules as nice
from vertebro.guidelines.reading import Reading
from vertebro.guidelines.rule import MET, NOT_MET, UNKNOWN, AllOf, AnyOf, Rule, join, rule, rules
from vertebro.guidelines.settings import own_texts, settings
from vertebro.guidelines.sir import rules as sir
from vertebro.guidelines.verdict import Outcome, Procedure, Stance
from vertebro.vocabulary.known import Known
from vertebro.vocabulary.library import references
from vertebro.vocabulary.texts import texts

CASES = [(folder, case) for folder, cases in all_cases().items() for case in cases]
FOLDER = Path(guidelines.__path__[0])
NAMES_WITH_DIGITS = r"\{[^}]*\}|TA279|IPG\d+|L\d{5}|\bOF[1-5]|\bN[0-4]|\b[CTLS]\d{1,2}\b|\b(19|20)\d\d\b"
"""Placeholders, names of documents, grades and vertebrae, years: digits that are no numbers."""
TEXTS = sorted(FOLDER.rglob("text.*.yaml"))


@pytest.mark.parametrize(("folder", "case"), CASES, ids=lambda c: c.name if isinstance(c, Case) else c)
def test_a_case_comes_out_as_signed(folder: str, case: Case) -> None:
    facts = facts_from(case.given)
    for name, expected in case.expect.items():
        verdict = rule(f"{folder}.{name}").judge(facts)
        assert verdict.outcome.value == expected, name
        assert verdict.source in references() and verdict.where
        assert set(verdict.missing).isdisjoint(facts)


@pytest.mark.parametrize("name", rules())
def test_every_rule_is_shown_met_not_met_and_unknown(name: str) -> None:
    assert {expected for _, expected in explain_rule(name).cases} == {o.value for o in Outcome}


@pytest.mark.parametrize("name", rules())
def test_the_explanation_of_a_rule_names_its_source_and_its_numbers(name: str) -> None:
    told = explain_rule(name)
    assert told.sentence and told.when_met and told.when_not_met and told.needs
    assert told.where and told.reference.title
    assert all(number.checked_on and number.where for number in told.numbers)
    assert bool(told.parts) == issubclass(rule(name), AllOf)
    gate = rule(name)
    assert told.stance == (gate.stance.value if issubclass(gate, Gate) and gate.stance else "")


def test_a_misspelt_rule_is_answered_with_the_nearest_one() -> None:
    with pytest.raises(HouseFault, match=r"ros\.HasHadTimeToHeal"):
        explain_rule("ros.HasHadTimeToHeel")


@pytest.mark.parametrize("path", TEXTS, ids=lambda p: f"{p.parent.name}/{p.name}")
def test_no_number_is_typed_into_a_sentence(path: Path) -> None:
    words = texts(beside=str(path), name="text", language=path.suffixes[0].removeprefix("."))
    for key in words.keys():  # noqa: SIM118  Texts is no dictionary
        typed = re.sub(NAMES_WITH_DIGITS, "", words.raw(key))
        assert not re.search(r"\d", typed), f"{key}: {typed}"


@pytest.mark.parametrize("path", TEXTS, ids=lambda p: f"{p.parent.name}/{p.name}")
def test_no_sentence_gives_an_order(path: Path) -> None:
    assert not re.search(r"\b(should|must|indicated)\b", path.read_text(encoding="utf-8"), re.IGNORECASE)


@pytest.mark.parametrize("path", sorted(FOLDER.rglob("text.en.yaml")), ids=lambda p: p.parent.name)
def test_another_language_has_every_sentence(path: Path) -> None:
    ours = texts(beside=str(path), name="text")
    for other in path.parent.glob("text.*.yaml"):
        theirs = texts(beside=str(path), name="text", language=other.suffixes[0].removeprefix("."))
        assert set(ours.keys()) == set(theirs.keys())


@pytest.mark.parametrize("name", rules())
@pytest.mark.parametrize("key", ["rule", "short", "met", "not_met"])
def test_every_placeholder_of_a_rule_is_a_fact_it_needs_or_a_cited_value(name: str, key: str) -> None:
    found = rule(name)
    facts = with_derived(facts_from(CLEAR_CANDIDATE), LEVEL)
    whole = {need: facts.get(need, Known(0, "test")) for need in found.needs} | facts
    words = {n: k for n, k in whole.items() if n in found.needs}
    if key in ("met", "not_met"):
        for case in all_cases()[found.body()]:
            if case.expect.get(found.__name__) == key.replace("_", " "):
                assert found.say(key, facts_from(case.given))
                return
    assert found.say(key, {} if key == "rule" else words)


def test_a_rule_without_a_source_is_refused() -> None:
    with pytest.raises(HouseFault, match="source"):

        class Nameless(Rule):
            where = "somewhere"

            @staticmethod
            def holds(pain_nrs: int) -> bool:
                return pain_nrs > 0


def test_a_rule_with_an_unheard_of_source_is_refused() -> None:
    with pytest.raises(HouseFault, match="no reference 'hearsay'"):

        class Hearsay(Rule):
            source, where = "hearsay", "somewhere"

            @staticmethod
            def holds(pain_nrs: int) -> bool:
                return pain_nrs > 0


def test_a_gate_that_does_not_say_what_it_answers_is_refused() -> None:
    with pytest.raises(HouseFault, match="when it is asked"):

        class Stageless(Gate):
            source, where = "nice_ta279", "section 1.1"

            @staticmethod
            def holds(pain_nrs: int) -> bool:
                return pain_nrs > 0


@given(st.lists(st.sampled_from([MET, NOT_MET, UNKNOWN]), min_size=1, max_size=5))
def test_parts_join_by_three_valued_logic(parts: list[Outcome]) -> None:
    order = [NOT_MET, UNKNOWN, MET]  # Kleene: and is the least, or is the greatest
    assert join(parts, settles=NOT_MET) is min(parts, key=order.index)
    assert join(parts, settles=MET) is max(parts, key=order.index)


def test_a_joined_rule_names_only_what_its_unknown_parts_miss() -> None:
    severe = facts_from({"pain_nrs": 8})
    assert nice.HasSevereOngoingPain.missing(severe) == ("pain_trend",)
    assert nice.HasSevereOngoingPain.missing(facts_from({"pain_nrs": 3})) == ()
    assert issubclass(AnyOf, AllOf) and nice.HasSevereOngoingPain.needs == ("pain_nrs", "pain_trend")


def test_a_reading_whose_spread_crosses_the_limit_stays_unknown() -> None:
    recent = nice.IsRecent
    for possible, expected in [((11.0, 11.9), MET), ((11.9, 12.1), UNKNOWN), ((12.1, 13.0), NOT_MET)]:
        facts = {"weeks_since_fracture": Reading(possible[0], "image", None, possible)}
        verdict = recent.judge(facts)
        assert verdict.outcome is expected
        assert verdict.missing == (("weeks_since_fracture",) if expected is UNKNOWN else ())


def test_only_the_fact_that_is_not_certain_is_missing() -> None:
    """A score that is written down settles nothing while the source of the pain is doubtful."""
    doubtful = Reading(True, "image", None, (True, False))
    facts = facts_from({"pain_nrs": 8}) | {"pain_source_is_fracture": doubtful}
    verdict = sir.IsSymptomatic.judge(facts)
    assert verdict.outcome is UNKNOWN and verdict.missing == ("pain_source_is_fracture",)


def test_the_bodies_that_make_the_stance_come_first() -> None:
    assert list(bodies())[:2] == ["ros", "nice"]


def test_one_body_can_be_asked_alone() -> None:
    facts = with_derived(facts_from(CLEAR_CANDIDATE), LEVEL)
    said = position("nice", facts, Procedure.KYPHOPLASTY)
    assert said.stance is Stance.CONSIDER and "without stenting" in said.sentence
    assert "stenting" not in position("nice", facts, Procedure.VERTEBROPLASTY).sentence


def test_the_gates_are_asked_in_the_order_of_their_stages() -> None:
    for procedure in Procedure:
        stages = [gate.stage for gate in gates(procedure)]
        assert stages == sorted(stages)


def test_the_settings_printed_with_an_answer_say_why() -> None:
    printed: dict[str, Any] = {value.name: value for value in settings()}
    assert {"severe_pain_nrs", "recent_weeks", "longstanding_weeks"} <= set(printed)
    assert [printed[n].value for n in ("severe_pain_nrs", "recent_weeks", "longstanding_weeks")] == [
        7,
        12,
        26,
    ]
    assert all(value.is_setting and value.note and value.in_words() for value in printed.values())


def test_every_question_two_bodies_may_differ_on_has_its_words() -> None:
    topics = {found.topic for found in rules().values()} - {""}
    assert {f"topic.{topic}" for topic in topics} <= set(own_texts().keys())
