"""The steps of a procedure: what is done, on which sides, after what, and how a simulation plays it."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import ClassVar, Protocol

from vertebro.errors import HouseFault
from vertebro.procedures.devices import Balloon, Cement, Stent


class Scene(Protocol):
    """What a step can do to a vertebra. The simulation is one; a step that needs more adds it here."""

    def insert(self, side: str) -> None:
        """Bring the cannula of this side to its target."""

    def inflate(self, side: str, balloon: Balloon, volume_ml: float) -> None:
        """Fill the balloon of this side to a volume."""

    def deflate(self, side: str) -> None:
        """Empty and withdraw the balloon of this side; the bone may spring back."""

    def scaffold(self, side: str, stent: Stent) -> None:
        """Leave a stent in the cavity of this side, which keeps it open."""

    def fill(self, side: str, cement: Cement, volume_ml: float) -> None:
        """Inject cement through the cannula of this side."""


@dataclass(frozen=True)
class Step(ABC):
    """One step on one or both sides (``right``, ``left``).

    ``needs`` are the steps that must have been done on the same side, ``ends`` those it undoes.
    """

    sides: tuple[str, ...]

    name: ClassVar[str] = ""
    needs: ClassVar[tuple[str, ...]] = ()
    ends: ClassVar[tuple[str, ...]] = ()

    def __post_init__(self) -> None:
        if not self.sides or len(set(self.sides)) < len(self.sides):
            raise HouseFault(f"'{self.name}' needs its sides, each of them once.")

    @abstractmethod
    def play(self, scene: Scene) -> None:
        """Do this step to the vertebra."""


@dataclass(frozen=True)
class Access(Step):
    """A cannula is brought along its path to the target."""

    name = "access"

    def play(self, scene: Scene) -> None:
        """One cannula a side."""
        for side in self.sides:
            scene.insert(side)


@dataclass(frozen=True)
class Inflate(Step):
    """A balloon in front of the cannula is filled to ``volume_ml`` a side."""

    balloon: Balloon
    volume_ml: float

    name = "inflate"
    needs = ("access",)

    def __post_init__(self) -> None:
        super().__post_init__()
        self.balloon.refuse_volume(self.volume_ml)

    def play(self, scene: Scene) -> None:
        """The balloons of both sides are filled one after the other."""
        for side in self.sides:
            scene.inflate(side, self.balloon, self.volume_ml)


@dataclass(frozen=True)
class Deflate(Step):
    """The balloon is emptied and withdrawn; its cavity stays."""

    name = "deflate"
    needs = ("inflate",)
    ends = ("inflate",)

    def play(self, scene: Scene) -> None:
        """One balloon a side."""
        for side in self.sides:
            scene.deflate(side)


@dataclass(frozen=True)
class Scaffold(Step):
    """A stent that the balloon has spread stays in the cavity."""

    stent: Stent

    name = "scaffold"
    needs = ("inflate",)

    def play(self, scene: Scene) -> None:
        """One stent a side."""
        for side in self.sides:
            scene.scaffold(side, self.stent)


@dataclass(frozen=True)
class Fill(Step):
    """Cement is injected: ``volume_ml`` in all, shared evenly by the sides."""

    cement: Cement
    volume_ml: float

    name = "fill"
    needs = ("access",)

    def __post_init__(self) -> None:
        super().__post_init__()
        if not self.volume_ml > 0:
            raise HouseFault("A filling step needs a volume above zero.")

    def play(self, scene: Scene) -> None:
        """An even share through each cannula."""
        for side in self.sides:
            scene.fill(side, self.cement, self.volume_ml / len(self.sides))
