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


def test_a_short_name_is_enough() -> None:
    assert explain("HasHadTimeToHeal") == explain("ros.HasHadTimeToHeal")


@pytest.mark.parametrize("kind", LISTS)
def test_lists(kind: str) -> None:
    assert len(explain(kind).splitlines()) > 10


def test_a_misspelt_name_gets_the_nearest() -> None:
    with pytest.raises(BadInput, match="Did you mean 'pain_nrs'"):
        explain("pain_nsr")
