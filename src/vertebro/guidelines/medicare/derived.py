"""Whether imaging documents a fresh fracture, in the policy's words: oedema on MRI, or uptake on a scan."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from vertebro.guidelines.reading import Derived, Facts, certain_value
from vertebro.vocabulary.texts import texts

SHOWS_IT = {"mri": "oedema", "bone_scan": "uptake"}
"""The policy accepts either; one that shows it documents the fracture, whatever the other shows."""


def documented_on_imaging(facts: Facts) -> Derived[bool] | None:
    """True if an examination on record shows it, False if none of those on record does, None without any."""
    done = tuple(name for name in SHOWS_IT if certain_value(facts, name) is not None)
    if not done:
        return None
    shown = tuple(name for name in done if facts[name].value == SHOWS_IT[name])
    said = ", ".join(texts(beside=__file__).say(f"imaging.{name}") for name in shown or done)
    return Derived(bool(shown), said, None, shown or done)


WORKED_OUT: dict[str, Callable[[Facts], Derived[Any] | None]] = {
    "documented_on_imaging": documented_on_imaging,
}
ASK_INSTEAD: dict[str, list[str]] = {"documented_on_imaging": ["mri", "bone_scan"]}
