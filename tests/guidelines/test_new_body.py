"""One touch to extend: a body that lies in the folder has joined, without a word in any other file."""

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from patients import CLEAR_CANDIDATE, but, decisions

from vertebro import guidelines
from vertebro.guidelines import body, derive, gate, rule, trying
from vertebro.guidelines.explain import all_cases, explain_rule
from vertebro.guidelines.verdict import Outcome, Procedure, Stance

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


@pytest.mark.usefixtures("made_up")
def test_a_body_joins_by_lying_in_the_folder() -> None:
    assert list(body.bodies()) == ["ros", "nice", "made_up"]
    assert "made_up" in all_cases() and len(explain_rule("made_up.IsIntact").cases) == 3
    decision = decisions(CLEAR_CANDIDATE)[Procedure.VERTEBROPLASTY]
    assert decision.positions[-1].title == "The made-up college"
    assert decision.positions[-1].sentence == "Against vertebroplasty."
    (verdict,) = (v for v in decision.verdicts if v.body == "made_up")
    assert verdict.outcome is Outcome.MET


@pytest.mark.usefixtures("made_up")
def test_it_is_shown_with_its_conflicts_and_does_not_make_the_stance() -> None:
    both = decisions(CLEAR_CANDIDATE)
    against = both[Procedure.VERTEBROPLASTY]
    assert against.stance is Stance.CONSIDER
    (whole,) = against.conflicts  # no single question explains it
    assert whole.topic == "whole" and [side.leaning.value for side in whole.sides] == [
        "for",
        "for",
        "against",
    ]
    assert "made-up college: Against vertebroplasty." in whole.sentence
    assert both[Procedure.KYPHOPLASTY].conflicts == ()
    silent = decisions(but(neuro_grade="N3"))[Procedure.VERTEBROPLASTY]
    assert silent.positions[-1].sentence == "Says nothing." and silent.conflicts == ()


def test_without_it_nothing_is_left_behind() -> None:
    assert "made_up" not in body.bodies() and "made_up.IsIntact" not in rule.rules()
