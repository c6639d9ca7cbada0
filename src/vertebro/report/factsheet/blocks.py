"""What a factsheet is made of: sections of paragraphs, lists, tables, boxes and pictures."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import ClassVar

from vertebro.report.factsheet.numbers import Rate
from vertebro.report.figures import Picture
from vertebro.report.plain_language import Passage, Side

Said = list[tuple[str, Side, bool]]
"""Texts, each with its side and whether it is prose (the reading grade is that of the prose)."""


class Block(ABC):
    """Something a section is made of; ``kind`` tells the pages how to lay it out."""

    kind: ClassVar[str]

    @abstractmethod
    def said(self) -> Said:
        """Every text a reader meets in it."""


@dataclass(frozen=True)
class Paragraph(Block):
    """One paragraph."""

    text: str
    side: Side = Side.NEITHER
    kind: ClassVar[str] = "paragraph"

    def said(self) -> Said:
        return [(self.text, self.side, True)]


@dataclass(frozen=True)
class Points(Block):
    """A list, with a heading of its own where it has one; ``boxes`` gives every item boxes to tick."""

    items: tuple[str, ...]
    heading: str = ""
    boxes: tuple[str, ...] = ()
    side: Side = Side.NEITHER
    kind: ClassVar[str] = "points"

    def said(self) -> Said:
        return [(item, self.side, True) for item in self.items]


@dataclass(frozen=True)
class Rates(Block):
    """Frequencies one below the other, all out of the same number; ``brief`` leaves out who counted."""

    rates: tuple[Rate, ...]
    heading: str = ""
    text: str = ""
    side: Side = Side.NEITHER
    brief: bool = False
    kind: ClassVar[str] = "rates"

    def said(self) -> Said:
        lines = [(r.sentence, self.side, False) for r in self.rates]
        return ([(self.text, self.side, True)] if self.text else []) + lines


@dataclass(frozen=True)
class Times(Block):
    """The same times side by side: without cement and with it."""

    heads: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    kind: ClassVar[str] = "times"

    def said(self) -> Said:
        return [(cell, Side.GOOD, False) for row in self.rows for cell in row[1:]]


@dataclass(frozen=True)
class Box(Block):
    """A frame with a heading, for what is about one person alone or for what must not be missed.

    Where it is ``listed`` the first line opens a list of the others.
    """

    heading: str
    lines: tuple[str, ...]
    tone: str = "own"
    listed: bool = False
    kind: ClassVar[str] = "box"

    def said(self) -> Said:
        return [(line, Side.NEITHER, True) for line in self.lines]


@dataclass(frozen=True)
class Drawn(Block):
    """Pictures side by side."""

    pictures: tuple[Picture, ...]
    kind: ClassVar[str] = "pictures"

    def said(self) -> Said:
        return [(words, Side.NEITHER, False) for p in self.pictures for words in (p.caption, p.alt)]


@dataclass(frozen=True)
class Works(Block):
    """The works behind the numbers, with their addresses."""

    works: tuple[tuple[str, str], ...]
    kind: ClassVar[str] = "works"

    def said(self) -> Said:
        return []  # titles of works are not ours to put into plain words


@dataclass(frozen=True)
class Section:
    """A heading, what stands below it, and the works it cites besides those of the one table."""

    key: str
    heading: str
    blocks: tuple[Block, ...]
    works: tuple[str, ...] = ()

    def passages(self) -> list[Passage]:
        """What a reader reads here, for the checks of plain language."""
        return [Passage(self.key, *said) for block in self.blocks for said in block.said()]


@dataclass(frozen=True)
class Sheet:
    """A whole factsheet: the overview first, then every section."""

    title: str
    kind: str
    header: tuple[tuple[str, str], ...]
    sections: tuple[Section, ...]

    def passages(self) -> list[Passage]:
        """Everything a reader reads, in order."""
        return [passage for section in self.sections for passage in section.passages()]
