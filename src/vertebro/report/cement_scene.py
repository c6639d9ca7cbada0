"""What pictures of an injection show: CT, bone, needles, cement and leaks, each with its colour and sign."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from types import MappingProxyType

import numpy as np

from vertebro.errors import HouseFault
from vertebro.kernels.arrays import AnyArray, Array
from vertebro.patient.frame import BodyFrame
from vertebro.patient.volume import Volume
from vertebro.report import planes
from vertebro.report.planes import Plane
from vertebro.vocabulary.known import Unknown
from vertebro.vocabulary.texts import texts

say = texts(beside=__file__, name="cement").say

CEMENT, NEEDLE, BONE, OUTLINE, CAVITY = "#ffa62b", "#8fe3ff", "#d8cdb6", "#f4ead2", "#ff3fa4"

SIGNS = MappingProxyType(
    {
        "basivertebral vein": ("B", "#ff4d5e"),
        "segmental vein": ("S", "#c98bff"),
        "gap in the cortex": ("C", "#39d39f"),
        "gap in an end-plate": ("D", "#6fa8ff"),
        "needle track": ("N", "#d0d4da"),
    }
)
"""Sign (Yeom's letter where it has one) and colour of every way out; none is told by colour alone."""

SHOWN_ML = 0.005
"""Less than this is not drawn: it would be written as 0.00 mL."""


@dataclass(frozen=True)
class DrawnNeedle:
    """A needle by its tip and outer diameter (LPS mm), and where it enters the bone if that is known."""

    name: str
    tip_mm: Array
    outer_mm: float
    entry_mm: Array | Unknown


@dataclass(frozen=True)
class DrawnLeak:
    """Cement that left: which way, where (LPS mm) and how much."""

    name: str
    route: str
    place_mm: Array
    ml: float

    def __post_init__(self) -> None:
        if self.route not in SIGNS:
            raise HouseFault(f"No sign is known for cement that leaves by '{self.route}'.")

    @property
    def sign(self) -> str:
        """One letter."""
        return SIGNS[self.route][0]

    @property
    def colour(self) -> str:
        """Of the way it took."""
        return SIGNS[self.route][1]

    @property
    def radius_mm(self) -> float:
        """Of the ball that holds it."""
        return float((3 * 1000 * self.ml / (4 * np.pi)) ** (1 / 3))


@dataclass(frozen=True)
class CementScene:
    """One vertebra: ``cement`` is the share of its pores that is filled, ``ml`` the cement in the bone.

    ``cavity`` is the mask of what balloons made, Unknown without them.
    """

    level: str
    ct: Volume | Unknown
    bone: Volume
    frame: BodyFrame
    cement: Volume
    ml: float
    needles: tuple[DrawnNeedle, ...]
    leaks: tuple[DrawnLeak, ...] = ()
    cavity: Volume | Unknown = field(default_factory=lambda: Unknown(say("no_cavity")))

    def at(self, share: AnyArray, ml: float, leaks_ml: Iterable[float]) -> CementScene:
        """The same scene at another moment: the share filled, and what was in the bone and had left."""
        leaks = tuple(replace(one, ml=left) for one, left in zip(self.leaks, leaks_ml, strict=True))
        return replace(self, cement=replace(self.cement, values=share), ml=ml, leaks=leaks)

    @property
    def seen_leaks(self) -> tuple[DrawnLeak, ...]:
        """Those large enough to be told, the largest first."""
        return tuple(sorted((one for one in self.leaks if one.ml >= SHOWN_ML), key=lambda one: -one.ml))

    def leaks_in_words(self) -> str:
        """One or two sentences."""
        if not self.seen_leaks:
            return say("leaks.none")
        each = ", ".join(
            say("leaks.one", sign=one.sign, name=one.name, ml=f"{one.ml:.2f}") for one in self.seen_leaks
        )
        return say("leaks.some", each=each) + " " + say("leaks.letters")

    def planes(self, margin_mm: float = 7.0) -> tuple[Plane, ...]:
        """Sagittal, coronal and axial through the first needle's tip, sized to hold the bone."""
        frame = self.frame if not self.needles else replace(self.frame, origin_mm=self.needles[0].tip_mm)
        corners = planes.corners_mm([tight(self.bone)])
        return tuple(
            plane.fitted(corners, margin_mm)
            for plane in (planes.sagittal(frame), planes.coronal(frame), planes.axial(frame))
        )


def tight(mask: Volume) -> Volume:
    """A mask without the empty room around it."""
    inside = np.argwhere(mask.values)
    low, high = inside.min(axis=0), inside.max(axis=0) + 1
    i, j, k = (slice(int(a), int(b)) for a, b in zip(low, high, strict=True))
    return mask.cropped((i, j, k))


def rgb(colour: str) -> Array:
    """Red, green, blue from 0 to 255."""
    return np.array([int(colour[k : k + 2], 16) for k in (1, 3, 5)], dtype=float)
