"""The grades a fracture is given: Genant's severity and shape, the posterior wall, the density kind."""

from __future__ import annotations

from enum import Enum, IntEnum


class GenantGrade(IntEnum):
    """Genant's semiquantitative severity; the limits are cited in ``fracture/values.yaml``."""

    NORMAL = 0
    MILD = 1
    MODERATE = 2
    SEVERE = 3

    def __str__(self) -> str:
        return f"grade {self.value} ({self.name.lower()})"


class FractureShape(Enum):
    """Genant's shape of a fracture: which part of the body has lost most height."""

    NONE = "none"
    WEDGE = "wedge"
    BICONCAVE = "biconcave"
    CRUSH = "crush"

    def __str__(self) -> str:
        return self.value


class PosteriorWall(Enum):
    """State of the posterior wall of the vertebral body."""

    INTACT = "intact"
    BREACHED = "breached"
    RETROPULSED = "retropulsed"

    def __str__(self) -> str:
        return self.value


class ContrastPhase(Enum):
    """Whether contrast agent in the blood raises the HU of bone."""

    NONE = "no contrast seen"
    LIKELY = "contrast likely"

    def __str__(self) -> str:
        return self.value


class OedemaExtent(IntEnum):
    """How much of a vertebral body shows oedema, in four steps; limits in ``fracture/oedema_values.yaml``."""

    NONE = 0
    MINOR = 1
    MODERATE = 2
    SEVERE = 3

    def __str__(self) -> str:
        words = (
            "none",
            "minor (less than a quarter of the body)",
            "moderate (a quarter to three quarters of the body)",
            "severe (most of the body)",
        )
        return words[self.value]


class Quantity(Enum):
    """What the numbers of an image mean. A density names its kind: the scales must not be mixed."""

    HOUNSFIELD = "hounsfield"
    K2HPO4_MG_CM3 = "k2hpo4_mg_cm3"
    HA_MG_CM3 = "ha_mg_cm3"
    ASH_MG_CM3 = "ash_mg_cm3"
    APPARENT_MG_CM3 = "apparent_mg_cm3"
    MR_SIGNAL = "mr_signal"
    LABEL = "label"
    CEMENT_SHARE = "cement_share"
    CELSIUS = "celsius"

    def __str__(self) -> str:
        return self.value
