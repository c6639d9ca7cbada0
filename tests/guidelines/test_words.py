"""The dictionary's words: every choice, number and list as people read it."""

from typing import Any

import pytest

from vertebro.vocabulary.facts import fact, facts
from vertebro.vocabulary.levels import Level
from vertebro.vocabulary.units import read_as


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
