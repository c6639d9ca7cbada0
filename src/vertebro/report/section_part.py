"""One heading of the section on the procedures: what it says, its table, its pictures, what stands below."""

from __future__ import annotations

from dataclasses import dataclass

from vertebro.vocabulary.texts import texts

say = texts(beside=__file__, name="section").say


@dataclass(frozen=True)
class Part:
    """Words, a table and the names of the pictures under one heading; ``below`` stands under all of them."""

    heading: str
    says: tuple[str, ...] = ()
    heads: tuple[str, ...] = ()
    rows: tuple[tuple[str, ...], ...] = ()
    pictures: tuple[str, ...] = ()
    below: tuple[str, ...] = ()

    @property
    def is_empty(self) -> bool:
        """True if there is nothing under the heading."""
        return not (self.says or self.rows or self.pictures or self.below)


def slug(procedure: str) -> str:
    """The name of a procedure as part of a file's name."""
    return procedure.replace(" ", "_")


def capital(sentence: str) -> str:
    """The sentence with its first letter large, the rest as it is."""
    return sentence[:1].upper() + sentence[1:]
