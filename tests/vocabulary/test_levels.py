"""The vertebrae by name: their order, their neighbours, and the ways people write them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vertebro.errors import BadInput
from vertebro.vocabulary.levels import Level, Region


def test_the_spine_has_24_common_vertebrae_two_rare_ones_and_s1() -> None:
    assert len(Level) == 27
    assert [x for x in Level if x.is_rare] == [Level.T13, Level.L6]
    assert sorted(Level, key=lambda x: x.order) == list(Level)
    counts = [sum(x.region is r and not x.is_rare for x in Level) for r in Region]
    assert counts == [7, 12, 5, 1]


@pytest.mark.parametrize(
    ("upper", "lower"), [("C7", "T1"), ("T12", "L1"), ("L5", "S1"), ("L1", "L2"), ("C1", "C2")]
)
def test_neighbours(upper: str, lower: str) -> None:
    assert Level(upper).below is Level(lower) and Level(lower).above is Level(upper)


def test_a_rare_vertebra_lies_between_its_neighbours() -> None:
    assert (Level.T13.above, Level.T13.below) == (Level.T12, Level.L1)
    assert (Level.L6.above, Level.L6.below) == (Level.L5, Level.S1)


def test_the_ends_have_no_neighbour() -> None:
    assert Level.C1.above is None and Level.S1.below is None


@given(st.sampled_from(list(Level)))
def test_walking_down_and_up_returns(level: Level) -> None:
    below = level.below
    if below is not None and not level.is_rare:
        assert below.above is level and level < below


@given(st.sampled_from(list(Level)), st.sampled_from(["{}", " {} ", "vertebrae_{}", "vertebra_{}"]))
def test_names_people_write(level: Level, form: str) -> None:
    assert Level.parse(form.format(level)) is level
    assert Level.parse(form.format(str(level).lower())) is level


@pytest.mark.parametrize("word", ["Th12", "th12", "D12", "d12"])
def test_other_words_for_thoracic(word: str) -> None:
    assert Level.parse(word) is Level.T12


@pytest.mark.parametrize("word", ["", "L0", "L7", "T14", "S2", "sacrum", "L", "12", "L1-L2", "LL1", "L 1"])
def test_what_is_no_vertebra_is_refused_in_words(word: str) -> None:
    with pytest.raises(BadInput, match="not the name of a vertebra"):
        Level.parse(word)


@given(st.text(max_size=20))
def test_any_word_is_a_level_or_refused(word: str) -> None:
    try:
        assert isinstance(Level.parse(word), Level)
    except BadInput as refusal:
        assert "C1 to C7" in refusal.needed
