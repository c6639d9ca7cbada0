"""What the readers of images say when they refuse: the words of ``images_text.en.yaml`` as an error."""

from __future__ import annotations

from typing import TypeVar

from vertebro.errors import BadInput
from vertebro.vocabulary.texts import texts

B = TypeVar("B", bound=BadInput)


def refusal(kind: type[B], key: str, **values: object) -> B:
    """The error of this kind with what was found, what is needed and what to do."""
    say = texts(__file__, "images_text").say
    return kind(*(say(f"{key}.{part}", **values) for part in ("found", "needed", "do")))


def note(key: str, **values: object) -> str:
    """One sentence about what a reader repaired or noticed, for the report."""
    return texts(__file__, "images_text").say(f"notes.{key}", **values)
