"""Text from outside made fit to print: no control characters, nothing that reorders what people read."""

from __future__ import annotations

import unicodedata
from dataclasses import fields, is_dataclass, replace
from typing import Any, TypeVar

T = TypeVar("T")

UNPRINTABLE = {"Cc", "Cs", "Cn", "Co"}  # control, half a surrogate pair, not a character, private
REORDERING = set("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
REPLACEMENT = "\ufffd"


def readable(text: str) -> str:
    """The text with every character that cannot be printed shown as the replacement sign."""
    if text.isascii() and text.isprintable():
        return text
    unfit = {ord(c): REPLACEMENT for c in set(text) if _is_unfit(c)}
    return text.translate(unfit) if unfit else text


def made_readable(words: T) -> T:
    """The same words, tuples and data classes of words, all of them readable."""
    changed: Any = words
    if isinstance(words, str):
        changed = readable(words)
    elif isinstance(words, tuple):
        changed = tuple(made_readable(one) for one in words)
    elif is_dataclass(words) and not isinstance(words, type):
        changed = replace(words, **{f.name: made_readable(getattr(words, f.name)) for f in fields(words)})
    return changed  # type: ignore[no-any-return]


def _is_unfit(character: str) -> bool:
    if character in "\n\t":
        return False
    return character in REORDERING or unicodedata.category(character) in UNPRINTABLE
