"""The settings of our own that an answer depends on, and the numbers a folder's sentences may use."""

from __future__ import annotations

from functools import cache

from vertebro.vocabulary.library import CitedValue, cited_values
from vertebro.vocabulary.texts import Texts, texts

own = cited_values(beside=__file__)
"""The settings shared by all folders of rules."""

PRINTED = ("severe_pain_nrs", "recent_weeks", "longstanding_weeks", "early_pain_nrs", "deciding_bodies")


def settings() -> tuple[CitedValue, ...]:
    """The settings that are printed with every answer."""
    return tuple(getattr(own, name) for name in PRINTED)


def setting_in_words(name: str) -> str:
    """What people call a setting that is printed."""
    return own_texts().say(f"setting.{name}")


def own_texts() -> Texts:
    """The sentences of the guidelines floor itself."""
    return texts(beside=__file__)


@cache
def numbers_of(file: str) -> dict[str, str]:
    """The cited values beside a file and the shared settings, as words for sentences.

    ``{healing_until}`` reads ``8 weeks`` and ``{healing_until_number}`` reads ``8``.
    """
    words: dict[str, str] = {}
    for value in (*own, *cited_values(beside=file)):
        words |= {value.name: value.in_words(), f"{value.name}_number": str(value.value)}
    return words
