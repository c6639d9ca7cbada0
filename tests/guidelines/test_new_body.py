"""One touch to extend: a body that lies in the folder has joined, without a word in any other file."""

import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
from patients import CLEAR_CANDIDATE, LEVEL, but, decisions, facts_from

from vertebro import guidelines
from vertebro.guidelines import body, derive, gate, rule, trying
from vertebro.guidelines.conflicts import conflicts
from vertebro.guidelines.explain import all_cases, explain_rule
from vertebro.guidelines.verdict import Conflict, Decision, Outcome, Position, Procedure, Stance

RULES = '''
from vertebro.guidelines.body import Answer, Body
from vertebro.guidelines.rule import MET, Rule
from vertebro.guidelines.verdict import Procedure, Stance


class IsIntact(Rule):
    """A made-up body speaks only of people without a nerve deficit."""

    source, where, topic = "nice_ta279", "nowhere: made up for this test", "examination"

    @staticmethod
    def holds(neuro_grade: str) -> bool:
        return neuro_grade == "N0"


def answer(outcomes, procedure):
    if outcomes[IsIntact] is not MET:
        return Answer(Stance.NOT_ENOUGH_INFORMATION, "silent")
    against = procedure is Procedure.VERTEBROPLASTY
    return Answer(Stance.NOT_RECOMMENDED if against else Stance.CONSIDER, "against" if against else "option")


body = Body(criteria=(IsIntact,), answer=answer, file=__file__)
'''
TEXT = """
title: The made-up college
rating: {against: against, option: option, silent: silent}
position: {against: "Against {procedure}.", option: "{Procedure} is an option.", silent: "Says nothing."}
IsIntact: {short: intact, rule: It speaks of intact people., met: Intact., not_met: Not intact.}
"""
CASES = """
- {name: intact, given: {neuro_grade: N0}, expect: {IsIntact: met}}
- {name: weak, given: {neuro_grade: N3}, expect: {IsIntact: not met}}
- {name: nothing is written down, given: {}, expect: {IsIntact: unknown}}
"""
CACHES = (
    rule.folders,
    rule.rules,
    body.bodies,
    gate.gates,
    derive.all_worked_out,
    derive._folders_own,
    derive._asked_instead,
    trying._rules_needing,
    trying.possible_answers,
)


def forget() -> None:
    for remembered in CACHES:
        remembered.cache_clear()
    for name in [n for n in sys.modules if n.startswith("vertebro.guidelines.made_up")]:
        del sys.modules[name]


@pytest.fixture
def made_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    folder = tmp_path / "made_up"
    folder.mkdir()
    files = {
        "__init__.py": '"""Made up."""',
        "rules.py": RULES,
        "values.yaml": "{}",
        "text.en.yaml": TEXT,
        "cases.yaml": CASES,
    }
    for name, content in files.items():
        (folder / name).write_text(content, encoding="utf-8")
    monkeypatch.setattr(guidelines, "__path__", [*guidelines.__path__, str(tmp_path)])
    forget()
    yield
    monkeypatch.undo()
    forget()


def position_of(name: str, decision: Decision) -> Position:
    (found,) = (position for position in decision.positions if position.body == name)
    return found


def conflicts_among(values: Mapping[str, Any], procedure: Procedure) -> tuple[Conflict, ...]:
    """What only the deciding bodies and the made-up one disagree on."""
    hearing = body.Hearing.of(derive.with_derived(facts_from(values), LEVEL))
    three = [body.bodies()[name].position(hearing, procedure) for name in ("ros", "nice", "made_up")]
    return conflicts(hearing, procedure, three)


@pytest.mark.usefixtures("made_up")
def test_a_body_joins_by_lying_in_the_folder() -> None:
    assert list(body.bodies())[:2] == ["ros", "nice"] and "made_up" in body.bodies()
    assert "made_up" in all_cases() and len(explain_rule("made_up.IsIntact").cases) == 3
    decision = decisions(CLEAR_CANDIDATE)[Procedure.VERTEBROPLASTY]
    said = position_of("made_up", decision)
    assert said.title == "The made-up college" and said.sentence == "Against vertebroplasty."
    (verdict,) = (v for v in decision.verdicts if v.body == "made_up")
    assert verdict.outcome is Outcome.MET


@pytest.mark.usefixtures("made_up")
def test_it_is_shown_with_its_conflicts_and_does_not_make_the_stance() -> None:
    assert decisions(CLEAR_CANDIDATE)[Procedure.VERTEBROPLASTY].stance is Stance.CONSIDER
    (whole,) = conflicts_among(CLEAR_CANDIDATE, Procedure.VERTEBROPLASTY)  # no single question explains it
    assert whole.topic == "whole" and [side.leaning.value for side in whole.sides] == [
        "for",
        "for",
        "against",
    ]
    assert "made-up college: Against vertebroplasty." in whole.sentence
    assert conflicts_among(CLEAR_CANDIDATE, Procedure.KYPHOPLASTY) == ()
    silent = decisions(but(neuro_grade="N3"))[Procedure.VERTEBROPLASTY]
    assert position_of("made_up", silent).sentence == "Says nothing."
    assert conflicts_among(but(neuro_grade="N3"), Procedure.VERTEBROPLASTY) == ()


def test_without_it_nothing_is_left_behind() -> None:
    assert "made_up" not in body.bodies() and "made_up.IsIntact" not in rule.rules()
