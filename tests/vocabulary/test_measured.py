"""A measured number carries unit, method and spread, and is printed no finer than its spread."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vertebro.errors import HouseFault
from vertebro.vocabulary.grades import GenantGrade
from vertebro.vocabulary.measured import Graded, Measured
from vertebro.vocabulary.units import UNITS, is_unit, read_as


@pytest.mark.parametrize(
    ("value", "unit", "spread", "words"),
    [
        (24.31, "mm", 0.4, "24.3 ± 0.4 mm"),
        (24.31, "mm", 0.04, "24.31 ± 0.04 mm"),
        (24.31, "deg", 1.2, "24.3 ± 1.2°"),
        (131.6, "[hnsf'U]", 12.0, "132 ± 12 HU"),
        (12.34, "%", 0, "12.3 %"),
        (0.5, "1", 0.2, "0.5 ± 0.2"),
    ],
)
def test_it_is_read_as_people_write_it(value: float, unit: str, spread: float, words: str) -> None:
    assert Measured(value, unit, "a test", spread).in_words().strip() == words


@pytest.mark.parametrize(
    ("value", "unit", "method", "spread"),
    [
        (float("nan"), "mm", "m", 1),
        (float("inf"), "mm", "m", 1),
        (1, "", "m", 1),
        (1, "inch", "m", 1),
        (1, "mm", "", 1),
        (1, "mm", "m", -1),
        (1, "mm", "m", float("nan")),
    ],
)
def test_a_number_without_unit_method_or_sense_is_refused(
    value: float, unit: str, method: str, spread: float
) -> None:
    with pytest.raises(HouseFault):
        Measured(value, unit, method, spread)


@given(st.floats(-1e6, 1e6), st.floats(0, 1e3), st.sampled_from(list(UNITS)))
def test_the_words_hold_the_number_within_its_spread(value: float, spread: float, unit: str) -> None:
    said = Measured(value, unit, "a test", spread).in_words().split()[0].removesuffix("°")
    assert abs(float(said) - value) <= max(0.5 if spread >= 10 else 0.05, 0.005) + 1e-6


def test_every_unit_is_known_by_its_code_alone() -> None:
    assert is_unit("mm") and not is_unit("HU") and read_as("[hnsf'U]") == "HU"


def test_a_grade_lists_what_it_could_also_be() -> None:
    sure = Graded(GenantGrade.MILD, "a test", (GenantGrade.MILD,))
    unsure = Graded(GenantGrade.MILD, "a test", (GenantGrade.NORMAL, GenantGrade.MILD))
    assert sure.is_certain and not unsure.is_certain
    with pytest.raises(HouseFault):
        Graded(GenantGrade.MILD, "a test", (GenantGrade.NORMAL,))
    with pytest.raises(HouseFault):
        Graded(GenantGrade.MILD, "", (GenantGrade.MILD,))
