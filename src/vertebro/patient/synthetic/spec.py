"""What a synthetic patient shall be: her spine, her fractures, the scanner and its grid."""

from __future__ import annotations

from dataclasses import dataclass, field

from vertebro.errors import BadCase
from vertebro.vocabulary.grades import FractureShape
from vertebro.vocabulary.levels import Level
from vertebro.vocabulary.library import cited_values

v = cited_values(beside=__file__)

MOST_LOSS_PCT = 80.0
"""A body lower than this cannot hold its pedicles; the model stops being anatomy."""


HOLLOW = float(v.middle_over_mean.value)
"""The middle of an intact body over the mean of front and back; it never stands above their mean."""


@dataclass(frozen=True)
class Fracture:
    """A broken vertebra: the loss of height in front, in the middle and behind, and what came with it.

    Losses are per cent of the height the body had before. ``cleft`` puts gas into the body, or fluid if
    ``fluid`` is true (she has lain on her back for a while);
    ``endplate_defect_mm`` presses a hole of that depth into the upper end-plate, beside the middle;
    ``impacted`` packs the trabeculae under the upper end-plate (a fresh fracture);
    ``oedema`` is the part of the marrow that is bright on STIR.
    """

    level: Level
    shape: FractureShape
    anterior_loss_pct: float = 0.0
    middle_loss_pct: float = 0.0
    posterior_loss_pct: float = 0.0
    retropulsion_mm: float = 0.0
    cleft: bool = False
    endplate_defect_mm: float = 0.0
    impacted: bool = True
    oedema: float = 0.6
    fluid: bool = False

    def __post_init__(self) -> None:
        for name in ("anterior_loss_pct", "middle_loss_pct", "posterior_loss_pct"):
            _within(f"{name} of {self.level}", getattr(self, name), 0, MOST_LOSS_PCT)
        _within(f"retropulsion_mm of {self.level}", self.retropulsion_mm, 0, 10)
        _within(f"endplate_defect_mm of {self.level}", self.endplate_defect_mm, 0, 5)
        _within(f"oedema of {self.level}", self.oedema, 0, 1)
        mean = 100 - (self.anterior_loss_pct + self.posterior_loss_pct) / 2
        _within(f"middle_loss_pct of {self.level}", self.middle_loss_pct, 100 - mean / HOLLOW, MOST_LOSS_PCT)
        if self.shape is not self._most_lost():
            raise BadCase(
                f"The fracture of {self.level} is a {self.shape}; its losses make it {self._most_lost()}.",
                "wedge: most lost in front; biconcave: most in the middle; crush: much lost behind as well",
                "Correct the shape or the losses.",
            )

    def _most_lost(self) -> FractureShape:
        front, middle, back = self.anterior_loss_pct, self.middle_loss_pct, self.posterior_loss_pct
        if front == middle == back == 0:
            return FractureShape.NONE
        if back >= v.crush_share.value * max(front, middle):
            return FractureShape.CRUSH
        return FractureShape.WEDGE if front >= middle else FractureShape.BICONCAVE

    @classmethod
    def wedge(cls, level: Level, loss_pct: float, **more: float | bool) -> Fracture:
        """Lower in front; the middle loses 0.7 of that, the back a twentieth."""
        losses = {"middle_loss_pct": 0.7 * loss_pct, "posterior_loss_pct": 0.05 * loss_pct}
        return cls(level, FractureShape.WEDGE, loss_pct, **(losses | more))  # type: ignore[arg-type]

    @classmethod
    def biconcave(cls, level: Level, loss_pct: float, **more: float | bool) -> Fracture:
        """Lower in the middle; the front loses a quarter of that."""
        losses = {"anterior_loss_pct": 0.25 * loss_pct, "middle_loss_pct": loss_pct}
        return cls(level, FractureShape.BICONCAVE, **(losses | more))  # type: ignore[arg-type]

    @classmethod
    def crush(cls, level: Level, loss_pct: float, **more: float | bool) -> Fracture:
        """Lower everywhere by the same part."""
        losses = {"anterior_loss_pct": loss_pct, "middle_loss_pct": loss_pct, "posterior_loss_pct": loss_pct}
        return cls(level, FractureShape.CRUSH, **(losses | more))  # type: ignore[arg-type]


@dataclass(frozen=True)
class Scanner:
    """How sharp and noisy the CT is; ``slice_thickness_mm`` None means as thick as the slices lie apart."""

    noise_hu: float = v.scanner.value["noise_hu"]
    blur_mm: float = v.scanner.value["blur_mm"]
    slice_thickness_mm: float | None = None


@dataclass(frozen=True)
class SyntheticSpec:
    """Everything that decides a synthetic patient; the same spec gives the same bytes.

    ``spacing_mm`` and ``field_of_view_mm`` run right-left, front-back, foot-head of the scanner, before
    ``axis_codes`` order the stored axes; ``rotation_deg`` turns the scanner's grid about the patient's
    left, posterior and superior axes. Without a field of view the grid just holds the spine and the skin
    of the back.
    """

    seed: int = 1
    top: Level = Level.T10
    bottom: Level = Level.L4
    spacing_mm: tuple[float, float, float] = (0.8, 0.8, 1.0)
    field_of_view_mm: tuple[float, float, float] | None = None
    rotation_deg: tuple[float, float, float] = (0.0, 0.0, 0.0)
    axis_codes: str = "LPS"
    fractures: tuple[Fracture, ...] = ()
    density_mg_cm3: float = v.density.value
    contrast: bool = False
    scanner: Scanner = field(default_factory=Scanner)

    def __post_init__(self) -> None:
        for size in self.spacing_mm:
            _within("spacing_mm", size, 0.2, 6)
        for size in self.field_of_view_mm or ():
            _within("field_of_view_mm", size, 20, 600)
        _within("density_mg_cm3", self.density_mg_cm3, 20, 250)
        if sorted(self.axis_codes.translate(str.maketrans("RAI", "LPS"))) != ["L", "P", "S"]:
            raise BadCase(
                f"axis_codes is {self.axis_codes!r}.",
                "three letters, one each of L or R, P or A, S or I",
                "Write for example 'LPS' or 'RAS'.",
            )
        broken = [f.level for f in self.fractures]
        if len(set(broken)) < len(broken) or not set(broken) <= set(self.levels):
            raise BadCase(
                f"The fractures are at {', '.join(map(str, broken))}.",
                f"different levels from {self.top} to {self.bottom}",
                "Give each level at most one fracture, inside the spine that is built.",
            )

    @property
    def levels(self) -> tuple[Level, ...]:
        """The levels built, from head to sacrum."""
        named = [Level[n] for n in v.body_width.value]
        chosen = [level for level in named if self.top.order <= level.order <= self.bottom.order]
        if not chosen or chosen[0] is not self.top or chosen[-1] is not self.bottom:
            raise BadCase(
                f"The spine runs from {self.top} to {self.bottom}.",
                f"levels from {named[0]} to {named[-1]}, the upper one first",
                "Choose levels the synthetic patient has.",
            )
        return tuple(chosen)

    def fracture_of(self, level: Level) -> Fracture | None:
        """The fracture of this level, if it has one."""
        return next((f for f in self.fractures if f.level is level), None)


def _within(name: str, value: float, low: float, high: float) -> None:
    if not low <= value <= high:
        raise BadCase(f"{name} is {value:g}.", f"a number from {low:g} to {high:g}", f"Change {name}.")
