"""A cited value is no number without a source; the bibliography; what lies in a folder is found."""

from datetime import date
from pathlib import Path
from typing import Any

import pytest

from vertebro import evidence
from vertebro.errors import HouseFault
from vertebro.vocabulary.library import (
    SETTING,
    CitedValue,
    Reference,
    all_cited_values,
    cited_values,
    discover,
)

GOOD: dict[str, Any] = {
    "name": "healing_weeks",
    "value": 8,
    "unit": "wk",
    "source": "nice_ta279",
    "where": "section 1.1",
    "checked_on": date(2026, 11, 22),
}


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"unit": "fortnight"}, "'fortnight' is not a unit"),
        ({"source": "hearsay"}, "no reference 'hearsay'"),
        ({"where": ""}, "say where in the source"),
        ({"source": SETTING}, "must say why"),
    ],
)
def test_a_number_that_cannot_be_looked_up_is_refused(changed: dict[str, Any], said: str) -> None:
    with pytest.raises(HouseFault, match=said):
        CitedValue(**GOOD | changed)


def test_a_setting_of_ours_that_says_why_is_taken_and_known_as_one() -> None:
    assert CitedValue(**GOOD | {"source": SETTING, "note": "why"}).is_setting
    assert not CitedValue(**GOOD).is_setting


@pytest.mark.parametrize("value", [True, [1, 2], "eight"])
def test_only_a_number_is_compared_as_a_number(value: Any) -> None:
    with pytest.raises(HouseFault, match="healing_weeks is not a number"):
        _ = CitedValue(**GOOD | {"value": value}).number
    assert CitedValue(**GOOD).number == 8


@pytest.mark.parametrize(("value", "words"), [(8, "8 weeks"), (1, "1 week"), ([6, 8], "6, 8 weeks")])
def test_a_value_is_read_with_its_unit(value: Any, words: str) -> None:
    assert CitedValue(**GOOD | {"value": value}).in_words() == words


def test_a_work_is_named_with_its_year_or_says_that_none_is_printed() -> None:
    work = Reference("k", "On needles", "A Nobody", 2010, "https://example.org/n")
    assert str(work) == "A Nobody (2010). On needles. https://example.org/n"
    assert str(Reference("k", "On needles", "A Nobody", None, "")).endswith("(no year printed). On needles.")


def test_a_value_that_is_not_there_names_the_file() -> None:
    values = cited_values(beside=str(Path(__file__).parents[2] / "src/vertebro/guidelines/settings.py"))
    with pytest.raises(HouseFault, match=r"No value 'severity' in .*guidelines.values\.yaml"):
        _ = values.severity


def test_a_value_file_with_a_missing_or_unheard_of_entry_is_refused(tmp_path: Path) -> None:
    (tmp_path / "values.yaml").write_text("healing: {value: 8, unit: wk}", encoding="utf-8")
    with pytest.raises(HouseFault, match=r"values\.yaml: .*source"):
        cited_values(beside=str(tmp_path / "rules.py"))


def test_a_value_file_may_be_empty(tmp_path: Path) -> None:
    (tmp_path / "values.yaml").write_text("# no numbers\n", encoding="utf-8")
    assert list(cited_values(beside=str(tmp_path / "rules.py"))) == []


def test_every_value_is_listed_under_its_floor_and_folder() -> None:
    every = all_cited_values()
    assert every["guidelines.severe_pain_nrs"].value == 7
    assert every["guidelines.safety.platelets_below"].value == 50


def test_what_lies_in_a_folder_is_discovered() -> None:
    names = {module.__name__ for module in discover(evidence)}
    assert any(name.startswith("vertebro.evidence.") for name in names)
