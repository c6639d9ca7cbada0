"""The vertebrae of one patient, cut out of a mask, each with its level and whether the image cuts it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from types import MappingProxyType

import numpy as np

from vertebro.errors import BadLabels, HouseFault
from vertebro.kernels.arrays import Array
from vertebro.kernels.labelled import Box, boxes_of
from vertebro.patient.volume import Volume
from vertebro.vocabulary.grades import Quantity
from vertebro.vocabulary.levels import Level


@dataclass(frozen=True)
class Vertebra:
    """One vertebra: a yes/no mask of the whole bone, cropped to it with a margin.

    ``is_cut_off`` is true if the bone touches the border of the image it came from: parts of it
    may be missing, and nothing that needs those parts may be measured.
    ``body`` is the mask of the body alone on the same grid where the input gave one.
    """

    level: Level
    mask: Volume
    is_cut_off: bool
    body: Volume | None = None

    def __post_init__(self) -> None:
        if self.mask.quantity is not Quantity.LABEL or self.mask.values.dtype != np.bool_:
            raise HouseFault("A vertebra's mask must be a yes/no label volume.")
        if not self.mask.values.any():
            raise BadLabels(
                f"The mask of {self.level} is empty.",
                "at least one voxel of the vertebra",
                "Check that the mask holds this level.",
            )

    @property
    def centre_mm(self) -> Array:
        """Centroid of the whole bone in LPS mm."""
        return np.asarray(self.mask.to_mm(np.argwhere(self.mask.values)).mean(axis=0))


@dataclass(frozen=True)
class Spine:
    """The vertebrae that a mask holds, from head to sacrum, and how their names came about."""

    vertebrae: Mapping[Level, Vertebra]
    named_by: str
    notes: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if not self.vertebrae:
            raise BadLabels(
                "The mask holds no vertebra.", "at least one labelled vertebra", "Check the mask."
            )
        ordered = MappingProxyType(dict(sorted(self.vertebrae.items(), key=lambda item: item[0].order)))
        object.__setattr__(self, "vertebrae", ordered)

    @classmethod
    def from_labels(
        cls, labels: Volume, levels: Mapping[int, Level], named_by: str, body: Volume | None = None
    ) -> Spine:
        """Cut the vertebrae out of a label image; ``levels`` says which number is which vertebra."""
        boxes = boxes_of(labels.values)
        cut = {levels[n]: _cut_out(labels, n, levels[n], b, body) for n, b in boxes.items() if n in levels}
        return cls(cut, named_by)

    @property
    def levels(self) -> tuple[Level, ...]:
        """The levels present, from head to sacrum."""
        return tuple(self.vertebrae)

    def __getitem__(self, level: Level) -> Vertebra:
        try:
            return self.vertebrae[level]
        except KeyError:
            here = ", ".join(map(str, self.levels))
            raise BadLabels(
                f"{level} is not in the mask.", f"one of the levels it holds: {here}", "Name one of these."
            ) from None

    def __contains__(self, level: Level) -> bool:
        return level in self.vertebrae

    def __iter__(self) -> Iterator[Vertebra]:
        return iter(self.vertebrae.values())

    def above(self, level: Level) -> Vertebra | None:
        """The nearest vertebra of the mask above this level if it is its direct neighbour, else None."""
        return self._neighbour(level, -1)

    def below(self, level: Level) -> Vertebra | None:
        """The nearest vertebra of the mask below this level if it is its direct neighbour, else None."""
        return self._neighbour(level, +1)

    def _neighbour(self, level: Level, step: int) -> Vertebra | None:
        at = self.levels.index(level) + step
        if not 0 <= at < len(self.levels):
            return None
        found = self.levels[at]
        adjacent = {level.above, level.below}
        if found.is_rare or level.is_rare:  # a T13 lies between T12 and L1, an L6 between L5 and S1
            adjacent |= {found} if abs(found.order - level.order) == 1 else set()
        return self.vertebrae[found] if found in adjacent else None


MARGIN_MM = 6.0
"""Air left around a vertebra when it is cut out: room for the ramps of sub-voxel edges."""


def _cut_out(labels: Volume, number: int, level: Level, tight: Box, body: Volume | None) -> Vertebra:
    is_cut_off = any(s.start == 0 or s.stop == n for s, n in zip(tight, labels.shape, strict=True))
    pad = np.ceil(MARGIN_MM / labels.spacing_mm).astype(int).tolist()
    i, j, k = (
        slice(max(0, s.start - p), min(n, s.stop + p))
        for s, p, n in zip(tight, pad, labels.shape, strict=True)
    )
    part = labels.cropped((i, j, k))
    mask = Volume(part.values == number, part.affine_mm, Quantity.LABEL)
    own = None
    if body is not None:
        own = Volume(body.values[i, j, k].astype(bool) & mask.values, mask.affine_mm, Quantity.LABEL)
    return Vertebra(level, mask, is_cut_off, own)
