"""The path of one needle and the plan of one procedure: frozen, and refused at birth where impossible."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum
from types import MappingProxyType

import numpy as np

from vertebro.errors import BadGeometry, HouseFault
from vertebro.kernels.arrays import AnyArray, Array
from vertebro.patient.volume import Volume
from vertebro.procedures.devices import Balloon, Cement, Device, Needle, Stent
from vertebro.procedures.grades import BreachGrade, Robustness
from vertebro.procedures.steps import Fill, Inflate, Step
from vertebro.vocabulary.known import Unknown
from vertebro.vocabulary.levels import Level
from vertebro.vocabulary.measured import Measured
from vertebro.vocabulary.texts import texts

say = texts(beside=__file__, name="trajectory").say

__all__ = ["Balloon", "Cement", "Image", "Needle", "Plan", "Route", "Side", "Stent", "Trajectory"]


class Side(Enum):
    """The patient's own right or left: the side on which a needle enters."""

    RIGHT = "right"
    LEFT = "left"

    @property
    def sign(self) -> float:
        """+1 towards the patient's right, -1 towards the left: the sign of a body frame's first axis."""
        return 1.0 if self is Side.RIGHT else -1.0

    def __str__(self) -> str:
        return self.value


class Route(Enum):
    """How a needle reaches the body: through the pedicle, or past its outer side."""

    TRANSPEDICULAR = "transpedicular"
    EXTRAPEDICULAR = "extrapedicular"

    def __str__(self) -> str:
        return self.value


MARGINS = (
    "canal",
    "medial_wall",
    "lateral_wall",
    "pedicle_roof",
    "pedicle_floor",
    "upper_end_plate",
    "lower_end_plate",
    "anterior_wall",
    "side_wall",
    "neighbours",
)
"""Everything a path keeps its distance from, in the order in which it is told."""


@dataclass(frozen=True)
class Image:
    """The box of an image in the patient: what lies outside was not seen and nobody may plan there."""

    affine_mm: Array
    shape: tuple[int, int, int]

    @classmethod
    def of(cls, volume: Volume) -> Image:
        """The box of this volume."""
        return cls(volume.affine_mm, volume.shape)

    def holds(self, point_mm: AnyArray) -> bool:
        """True if a point (LPS mm) lies within the outer faces of the image's voxels."""
        inverse = np.linalg.inv(self.affine_mm)
        index = inverse[:3, :3] @ np.asarray(point_mm) + inverse[:3, 3]
        return bool(np.all(index >= -0.5) and np.all(index <= np.array(self.shape) - 0.5))


@dataclass(frozen=True)
class Trajectory:
    """One straight needle path: from the entry on the bone to the target of its tip, both LPS mm.

    A margin is the free room (mm) between the needle's surface and a structure; below zero it cuts into
    it by that much. Refuses a path that leaves the image, and one without length.
    ``grade`` is how far the needle breaches the bone it shall stay in; ``robustness`` how that changes
    when the hand is off. ``words`` say angles and depth for the person at the table.
    """

    level: Level
    side: Side
    route: Route
    entry_mm: Array
    target_mm: Array
    needle: Needle
    image: Image
    margins: Mapping[str, Measured | Unknown]
    grade: BreachGrade | Unknown
    robustness: Robustness | Unknown = field(default_factory=lambda: Unknown(say("robustness.not_asked")))
    convergence: Measured | Unknown = field(default_factory=lambda: Unknown(say("angle.not_asked")))
    cranio_caudal: Measured | Unknown = field(default_factory=lambda: Unknown(say("angle.not_asked")))
    words: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        for name in ("entry_mm", "target_mm"):
            point = np.array(getattr(self, name), dtype=float)
            if point.shape != (3,) or not np.isfinite(point).all():
                raise HouseFault(f"The {name} of a path must be three finite numbers (LPS mm).")
            point.flags.writeable = False
            object.__setattr__(self, name, point)
        if set(self.margins) - set(MARGINS):
            raise HouseFault(f"Unknown margins: {sorted(set(self.margins) - set(MARGINS))}.")
        object.__setattr__(self, "margins", MappingProxyType(dict(self.margins)))
        _refuse_outside(self)

    @property
    def depth_mm(self) -> float:
        """From the entry on the bone to the tip."""
        return float(np.linalg.norm(self.target_mm - self.entry_mm))

    @property
    def direction(self) -> Array:
        """Unit vector (LPS) from the entry to the tip."""
        return np.asarray((self.target_mm - self.entry_mm) / self.depth_mm)

    @property
    def is_acceptable(self) -> bool:
        """True if the grade is known and is A or B."""
        return isinstance(self.grade, BreachGrade) and self.grade.is_acceptable

    def at_mm(self, depth_mm: AnyArray) -> Array:
        """Points (..., 3) of the axis at these depths from the entry, LPS mm."""
        return np.asarray(self.entry_mm + np.asarray(depth_mm, dtype=float)[..., None] * self.direction)


def _refuse_outside(path: Trajectory) -> None:
    for name, point in (("entry", path.entry_mm), ("target", path.target_mm)):
        if not path.image.holds(point):
            place = ", ".join(f"{x:.1f}" for x in point)
            raise BadGeometry(
                say("outside.found", side=path.side, name=say(f"outside.{name}"), place=place),
                say("outside.needed"),
                say("outside.do"),
            )
    if float(np.linalg.norm(path.target_mm - path.entry_mm)) < path.needle.outer_mm:
        raise BadGeometry(say("short.found", side=path.side), say("short.needed"), say("short.do"))


@dataclass(frozen=True)
class Plan:
    """One procedure on one vertebra: which needles, which devices, and the steps in their order.

    ``notes`` hold what the planner has to say: a side without a safe path, a limit nobody published.
    ``alternatives`` are other safe paths of the same sides, the next best first.
    Refuses steps that cannot follow each other (cement where no needle is, say), a second needle on the
    same side, and needles of another level.
    """

    procedure: str
    level: Level
    needles: tuple[Trajectory, ...]
    devices: tuple[Device, ...]
    steps: tuple[Step, ...]
    notes: tuple[str, ...] = ()
    alternatives: tuple[Trajectory, ...] = ()

    def __post_init__(self) -> None:
        if not self.needles or not self.steps:
            raise HouseFault("A plan needs at least one needle and one step.")
        if len({n.side for n in self.needles}) < len(self.needles):
            raise HouseFault("A plan holds at most one needle a side.")
        if any(n.level is not self.level for n in self.needles):
            raise HouseFault(f"A needle of another level is in the plan of {self.level}.")
        self._refuse_impossible_order()

    @property
    def sides(self) -> tuple[Side, ...]:
        """The sides of the needles."""
        return tuple(n.side for n in self.needles)

    @property
    def cement_ml(self) -> float:
        """Cement of all filling steps together."""
        return float(sum(s.volume_ml for s in self.steps if isinstance(s, Fill)))

    @property
    def has_balloons(self) -> bool:
        """True if a step fills a balloon."""
        return any(isinstance(s, Inflate) for s in self.steps)

    @property
    def cavities_ml(self) -> float:
        """Filling of all balloons together; nought without balloons."""
        return float(sum(s.volume_ml * len(s.sides) for s in self.steps if isinstance(s, Inflate)))

    def needle(self, side: Side) -> Trajectory:
        """The needle of a side."""
        for found in self.needles:
            if found.side is side:
                return found
        raise HouseFault(f"The plan has no needle on the {side}.")

    def _refuse_impossible_order(self) -> None:
        done: list[tuple[str, Side]] = []
        for step in self.steps:
            for name in step.sides:
                side = Side(name)
                self.needle(side)
                missing = [n for n in step.needs if (n, side) not in done]
                if missing:
                    raise HouseFault(f"'{step.name}' on the {side} needs '{missing[0]}' before it.")
                done = [d for d in done if d not in {(n, side) for n in step.ends}]
                done.append((step.name, side))
