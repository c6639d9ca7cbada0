"""Anything that decides or measures can be traced to its source by name."""

import pytest

from vertebro.errors import BadInput
from vertebro.guidelines.rule import rules
from vertebro.report.explain import LISTS, explain
from vertebro.vocabulary.facts import facts
from vertebro.vocabulary.library import all_cited_values, references


@pytest.mark.parametrize("name", [*rules(), *all_cited_values(), *facts(), *references()])
def test_everything_has_an_explanation(name: str) -> None:
    assert name.rpartition(".")[2] in explain(name)


def test_a_rule_shows_sentence_source_day_and_cases() -> None:
    said = explain("ros.HasHadTimeToHeal")
    assert "Royal Osteoporosis Society" in said and "8 weeks" in said
    assert "last checked: 20" in said
    assert {"met", "not met", "unknown"} <= {line.rpartition(": ")[2] for line in said.splitlines()}


@pytest.mark.parametrize("name", rules())
def test_no_sentence_of_a_rule_shows_an_open_placeholder(name: str) -> None:
    assert "{" not in explain(name)


def test_numbers_are_filled_in_and_the_patients_facts_are_marked() -> None:
    assert "The pain score of ‹pain now (0 to 10)› reaches 7" in explain("england.HasSeverePain")
    assert "‹met parts›" in explain("rand.HasEnoughConditions")
    assert "(‹pain comes from this fracture, where from›)" in explain("medicare.HasPainFromElsewhere")


def test_a_short_name_is_enough() -> None:
    assert explain("HasHadTimeToHeal") == explain("ros.HasHadTimeToHeal")


@pytest.mark.parametrize("kind", LISTS)
def test_lists(kind: str) -> None:
    assert len(explain(kind).splitlines()) > 10


def test_a_misspelt_name_gets_the_nearest() -> None:
    with pytest.raises(BadInput, match="Did you mean 'pain_nrs'"):
        explain("pain_nsr")
