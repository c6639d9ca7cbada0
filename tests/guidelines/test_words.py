"""The dictionary's words: every choice, number and list as people read it."""

from typing import Any

import pytest

from vertebro.guidelines.settings import setting_in_words, settings
from vertebro.vocabulary.facts import fact, facts
from vertebro.vocabulary.levels import Level
from vertebro.vocabulary.units import read_as, weeks_in_words


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        ("weeks_since_fracture", 8.0, "8 weeks"),
        ("weeks_since_fracture", 1.0, "1 week"),
        ("weeks_since_fracture", 1.5, "1.5 weeks"),
        ("pain_nrs", 0, "0"),
        ("platelets", 49.0, "49 ×10⁹/L"),
        ("symptomatic_levels", 1, "1 vertebra"),
        ("pregnant", True, "yes"),
        ("pregnant", False, "no"),
        ("mri", "no_oedema", "no oedema"),
        ("posterior_wall", "retropulsed", "retropulsed"),
        ("allergies", ("pmma", "latex"), "bone cement (PMMA), latex"),
        ("fracture_level", Level.L1, "L1"),
        ("tender_levels", (Level.T12, Level.L1), "T12, L1"),
        ("tender_levels", (), "none"),
    ],
)
def test_a_value_reads_as_people_say_it(name: str, value: Any, words: str) -> None:
    assert fact(name).in_words(value) == words


def test_every_choice_has_words_without_underscores() -> None:
    for known in facts().values():
        for choice in known.choices:
            value = (choice,) if known.kind == "choices" else choice
            assert known.in_words(value) and "_" not in known.in_words(value)


def test_one_of_a_unit_is_singular() -> None:
    assert read_as("d", 1) == "day" and read_as("d", 2) == "days" and read_as("mm", 1) == "mm"


@pytest.mark.parametrize(
    ("days", "words"),
    [(1, "1 day"), (3, "3 days"), (7, "1 week"), (8, "1 week and 1 day"), (52, "7 weeks and 3 days")],
)
def test_weeks_counted_in_days_are_said_in_weeks_and_days(days: int, words: str) -> None:
    assert weeks_in_words(days / 7) == words


def test_weeks_that_are_no_whole_number_of_days_are_said_as_they_were_written() -> None:
    assert weeks_in_words(7.9) == "7.9 weeks" and weeks_in_words(12.1) == "12.1 weeks"


def test_every_setting_that_is_printed_has_its_words() -> None:
    assert setting_in_words("recent_weeks") == "a recent fracture, up to"
    assert all(setting_in_words(value.name) for value in settings())
