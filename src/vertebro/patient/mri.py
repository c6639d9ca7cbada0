"""The MRI of a case: its images, which sequence each is and who says so, and its own vertebrae."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from types import MappingProxyType

from vertebro.errors import BadGeometry, HouseFault
from vertebro.patient.spine import Spine
from vertebro.patient.volume import Volume
from vertebro.vocabulary.grades import Quantity
from vertebro.vocabulary.known import Unknown


class MrSequence(Enum):
    """What an MR series shows bright: never told from its grey values, always said by somebody."""

    STIR = "stir"
    T2_FAT_SUPPRESSED = "t2_fat_suppressed"
    T2 = "t2"
    T1 = "t1"

    @property
    def shows_oedema(self) -> bool:
        """True where fat is dark, so that bright marrow is water."""
        return self in (MrSequence.STIR, MrSequence.T2_FAT_SUPPRESSED)

    def __str__(self) -> str:
        return {"stir": "STIR", "t2_fat_suppressed": "T2 with fat suppression"}.get(
            self.value, self.value.upper()
        )


@dataclass(frozen=True)
class MrImage:
    """One MR series, its sequence, and who says which sequence it is."""

    image: Volume
    sequence: MrSequence
    said_by: str

    def __post_init__(self) -> None:
        if self.image.quantity is not Quantity.MR_SIGNAL:
            raise BadGeometry(
                f"The MRI holds {self.image.quantity}.", "MR signal", "Give the MR series itself."
            )
        if not self.said_by:
            raise HouseFault("An MR image must say who named its sequence.")


@dataclass(frozen=True)
class Mri:
    """The MR series of one visit, in one frame of reference.

    ``spine`` are the vertebrae of a mask drawn on the MRI, Unknown where none was given.
    ``lies_on_ct`` is true if somebody says that the MRI was already registered to the CT.
    """

    images: Mapping[MrSequence, MrImage]
    spine: Spine | Unknown = Unknown("no mask was drawn on the MRI")
    lies_on_ct: bool = False
    notes: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if not self.images:
            raise HouseFault("An MRI must hold at least one image.")
        if any(one.sequence is not name for name, one in self.images.items()):
            raise HouseFault("An MR image is filed under another sequence than its own.")
        object.__setattr__(self, "images", MappingProxyType(dict(self.images)))

    @property
    def for_oedema(self) -> MrImage | None:
        """The image that shows oedema: STIR before T2 with fat suppression; None without either."""
        return next((self.images[s] for s in MrSequence if s.shows_oedema and s in self.images), None)

    @property
    def main(self) -> MrImage:
        """The image to look at first: the one that shows oedema, else the next."""
        return next(self.images[s] for s in MrSequence if s in self.images)

    @property
    def for_registration(self) -> MrImage:
        """The image that is laid on the CT: T1, which shows the form of everything, else the main."""
        return self.images.get(MrSequence.T1, self.main)
