"""The sentences of the factsheet and the plain names of the procedures."""

from __future__ import annotations

from vertebro.vocabulary.procedures import Procedure
from vertebro.vocabulary.texts import Texts, texts


def say(key: str, **values: object) -> str:
    """The sentence of the factsheet with that key; a missing sentence or value is a HouseFault."""
    return sheet_texts().say(key, **values)


def knows(key: str) -> bool:
    """True if the factsheet has a sentence of that key."""
    return key in sheet_texts()


def sheet_texts() -> Texts:
    """Every sentence of the factsheet."""
    return texts(beside=__file__, name="factsheet")


def name_of(procedure: Procedure) -> str:
    """``vertebroplasty`` or ``balloon kyphoplasty``."""
    return say(f"name.{short(procedure)}")


def short(procedure: Procedure) -> str:
    """The procedure as a key: ``vertebroplasty``, ``kyphoplasty``."""
    return procedure.name.lower()
