"""The vertebrae by name, from C1 to S1, with the rare T13 and L6."""

from __future__ import annotations

import re
from enum import Enum

from vertebro.errors import BadInput, nearest


class Region(Enum):
    """The part of the spine a vertebra belongs to."""

    CERVICAL = "cervical"
    THORACIC = "thoracic"
    LUMBAR = "lumbar"
    SACRAL = "sacral"


_NAMES = (
    [f"C{n}" for n in range(1, 8)] + [f"T{n}" for n in range(1, 14)] + [f"L{n}" for n in range(1, 7)] + ["S1"]
)
_REGION_OF = {"C": Region.CERVICAL, "T": Region.THORACIC, "L": Region.LUMBAR, "S": Region.SACRAL}


class Level(Enum):
    """One vertebra by its anatomical name; ordered from head to sacrum."""

    C1, C2, C3, C4, C5, C6, C7 = _NAMES[:7]
    T1, T2, T3, T4, T5, T6, T7, T8, T9, T10, T11, T12, T13 = _NAMES[7:20]
    L1, L2, L3, L4, L5, L6 = _NAMES[20:26]
    S1 = _NAMES[26]

    @classmethod
    def parse(cls, text: str) -> Level:
        """The level written as ``L1``, ``l1``, ``Th12``, ``D12`` or ``vertebrae_L1``."""
        word = text.strip().removeprefix("vertebrae_").removeprefix("vertebra_").upper()
        word = re.sub(r"^(TH|D)(?=\d)", "T", word)
        if word in cls.__members__:
            return cls[word]
        hint = nearest(word, cls.__members__) if len(word) < 6 else ""
        raise BadInput(
            f"'{text}' is not the name of a vertebra.",
            "C1 to C7, T1 to T13, L1 to L6 or S1",
            f"Write the level as in 'L1'. {hint}".strip(),
        )

    @property
    def order(self) -> int:
        """Position counted from C1 = 0 downwards."""
        return _NAMES.index(self.value)

    @property
    def region(self) -> Region:
        """Cervical, thoracic, lumbar or sacral."""
        return _REGION_OF[self.value[0]]

    @property
    def is_rare(self) -> bool:
        """True for T13 and L6, which most people do not have."""
        return self in (Level.T13, Level.L6)

    @property
    def above(self) -> Level | None:
        """The next level towards the head in a spine without T13 and L6; None above C1."""
        return self._step(-1)

    @property
    def below(self) -> Level | None:
        """The next level towards the sacrum in a spine without T13 and L6; None below S1."""
        return self._step(+1)

    def _step(self, by: int) -> Level | None:
        at = self.order + by
        while 0 <= at < len(_NAMES):
            level = Level(_NAMES[at])
            if not level.is_rare:
                return level
            at += by
        return None

    def __lt__(self, other: Level) -> bool:
        """True if this level lies nearer to the head."""
        return self.order < other.order

    def __str__(self) -> str:
        return self.value
