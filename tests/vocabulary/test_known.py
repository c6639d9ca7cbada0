"""Known says where from, Unknown says why, and neither is ever taken for yes or no."""

from __future__ import annotations

import pytest

from vertebro.errors import HouseFault
from vertebro.vocabulary.known import Known, Unknown


@pytest.mark.parametrize("value", [True, False, 0, "", None])
def test_neither_has_a_truth_value(value: object) -> None:
    with pytest.raises(TypeError, match="truth value"):
        bool(Known(value, "a test"))
    with pytest.raises(TypeError, match="neither true nor false"):
        bool(Unknown("a test"))
    with pytest.raises(TypeError):
        _ = not Unknown("a test")
    with pytest.raises(TypeError):
        _ = Unknown("a test") or value


def test_both_must_explain_themselves() -> None:
    with pytest.raises(HouseFault, match="where it comes from"):
        Known(1, "")
    with pytest.raises(HouseFault, match="why"):
        Unknown("")


def test_equal_by_content_and_frozen() -> None:
    assert Known(1, "a") == Known(1, "a") != Known(1, "b")
    assert Unknown("a") == Unknown("a") != Unknown("b")
    with pytest.raises(AttributeError):
        Known(1, "a").value = 2  # type: ignore[misc]
