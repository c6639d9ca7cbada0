"""Height lost since the first image: none, where a person writes that there was no further loss."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from vertebro.guidelines.reading import Derived, Facts, certain_value
from vertebro.vocabulary.texts import texts


def height_loss_progression_pct(facts: Facts) -> Derived[float] | None:
    """Nothing, if the vertebra is known not to have lost more height; else it is asked for."""
    if certain_value(facts, "height_loss_progressing") is not False:
        return None
    said = texts(beside=__file__).say("no_further_loss")
    return Derived(0.0, said, None, ("height_loss_progressing",))


WORKED_OUT: dict[str, Callable[[Facts], Derived[Any] | None]] = {
    "height_loss_progression_pct": height_loss_progression_pct,
}
ASK_INSTEAD: dict[str, list[str]] = {}
