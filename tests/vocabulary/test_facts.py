"""A fact takes what may be answered, in its own type, and refuses the rest in words."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vertebro.errors import BadInput, BadRecord, HouseFault
from vertebro.vocabulary.facts import Fact, fact, facts
from vertebro.vocabulary.levels import Level
from vertebro.vocabulary.library import references

GOOD: dict[str, list[Any]] = {
    "yes_no": [True, False],
    "date": [date(2024, 5, 2)],
    "level": ["L1", "th12", Level.T4],
    "levels": [["T12", "L1"], [], (Level.L1,)],
}
NEVER: list[Any] = [None, b"bytes", {}, {"value": 1}, [[]], float("nan"), float("inf"), "", b"L1", {1}]


@pytest.mark.parametrize("asked", facts().values(), ids=lambda f: f.name)
def test_every_fact_takes_its_range_and_refuses_what_lies_outside(asked: Fact) -> None:
    if asked.kind in ("number", "integer"):
        assert asked.low is not None and asked.high is not None and asked.low < asked.high
        assert asked.check(asked.low) == asked.low and asked.check(asked.high) == asked.high
        for outside in (asked.low - 1, asked.high + 1, str(asked.low), True):
            with pytest.raises(BadRecord):
                asked.check(outside)
    elif asked.kind in ("choice", "choices"):
        for choice in asked.choices:
            given_as = [choice] if asked.kind == "choices" else choice
            assert asked.check(given_as) == (tuple(given_as) if asked.kind == "choices" else choice)
    else:
        for value in GOOD[asked.kind]:
            asked.check(value)


@pytest.mark.parametrize("asked", facts().values(), ids=lambda f: f.name)
@pytest.mark.parametrize("value", NEVER, ids=repr)
def test_no_fact_takes_nonsense(asked: Fact, value: Any) -> None:
    with pytest.raises(BadInput) as caught:
        asked.check(value)
    assert caught.value.needed and caught.value.do


@given(st.sampled_from(list(facts().values())), st.one_of(st.text(max_size=10), st.integers(), st.floats()))
def test_checking_twice_changes_nothing(asked: Fact, value: Any) -> None:
    try:
        once = asked.check(value)
    except BadInput:
        return
    assert asked.check(once) == once


def test_a_whole_number_is_asked_for_where_it_matters() -> None:
    assert fact("pain_nrs").check(8.0) == 8 and isinstance(fact("pain_nrs").check(8.0), int)
    with pytest.raises(BadRecord, match=r"pain_nrs is 8\.5"):
        fact("pain_nrs").check(8.5)


def test_an_empty_list_of_choices_says_nothing() -> None:
    with pytest.raises(BadRecord):
        fact("allergies").check([])


def test_a_time_of_day_is_not_a_day() -> None:
    with pytest.raises(BadRecord):
        fact("fracture_date").check(datetime(2024, 5, 2, 10, 0))


def test_a_misspelt_choice_and_a_misspelt_fact_get_a_hint() -> None:
    with pytest.raises(BadRecord, match=r"Did you mean 'oedema'\?"):
        fact("mri").check("edema")
    with pytest.raises(BadRecord, match=r"Did you mean 'pain_trend'\?"):
        fact("pain_trent")


def test_every_source_of_a_fact_is_in_the_bibliography() -> None:
    assert all(f.source in references() for f in facts().values() if f.source)


@pytest.mark.parametrize(
    "wrong",
    [
        {"kind": "colour"},
        {"kind": "yes_no", "origin": "rumour"},
        {"kind": "yes_no", "unit": "furlong"},
        {"kind": "choice"},
        {"kind": "number", "low": 0},
    ],
)
def test_a_badly_written_fact_is_our_own_fault(wrong: dict[str, Any]) -> None:
    with pytest.raises(HouseFault):
        Fact(name="x", **wrong)
