"""One patient's case: the record, the images in one frame, the spine, and the level in question."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from vertebro.errors import BadGeometry
from vertebro.patient.mri import Mri
from vertebro.patient.record import ClinicalRecord
from vertebro.patient.spine import Spine
from vertebro.patient.volume import Volume
from vertebro.vocabulary.grades import Quantity
from vertebro.vocabulary.known import Unknown
from vertebro.vocabulary.levels import Level


@dataclass(frozen=True)
class Phantom:
    """A density phantom's own calibration: density = slope x HU + intercept, of the named kind."""

    slope_mg_cm3_per_hu: float
    intercept_mg_cm3: float
    quantity: Quantity
    source: str


@dataclass(frozen=True)
class Case:
    """Everything known about one patient on one day. Images are optional; the record is not.

    ``level`` is the vertebra the decision is about, Unknown until somebody names it.
    ``notes`` hold what the readers repaired or noticed, in words, for the report.
    """

    id: str
    on: date
    record: ClinicalRecord
    level: Level | Unknown
    ct: Volume | Unknown
    spine: Spine | Unknown
    phantom: Phantom | Unknown = Unknown("no phantom was scanned with the patient")
    tissues: Volume | Unknown = Unknown("no tissue mask was given")
    notes: tuple[str, ...] = ()
    mri: Mri | Unknown = Unknown("no MRI was given")

    def __post_init__(self) -> None:
        if isinstance(self.ct, Volume) and self.ct.quantity is not Quantity.HOUNSFIELD:
            raise BadGeometry(f"The CT holds {self.ct.quantity}.", "Hounsfield units", "Give the CT itself.")
        if isinstance(self.level, Level) and isinstance(self.spine, Spine):
            _ = self.spine[self.level]  # raises BadLabels where the level is not in the mask
