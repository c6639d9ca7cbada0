"""The numbers of the VerSe label scheme, in which the synthetic mask is written."""

from __future__ import annotations

from types import MappingProxyType

from vertebro.vocabulary.levels import Level


def verse_number(level: Level) -> int:
    """The number of a level: C1 = 1 .. T12 = 19, L1 = 20 .. L6 = 25, S1 = 26, T13 = 28."""
    if level is Level.T13:
        return 28
    return level.order + 1 if level.order <= Level.T12.order else level.order


VERSE_LEVELS = MappingProxyType({verse_number(level): level for level in Level})
"""The level of each number."""
