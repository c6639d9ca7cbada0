"""One MR series from NIfTI or DICOM, with who says which sequence it is; grey values are never asked."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from vertebro.errors import BadGeometry
from vertebro.formats.nifti import read_nifti_with_notes
from vertebro.formats.places import is_folder
from vertebro.formats.refusals import refusal
from vertebro.patient.mri import MrSequence
from vertebro.patient.volume import Volume
from vertebro.vocabulary.grades import Quantity
from vertebro.vocabulary.library import cited_values
from vertebro.vocabulary.texts import texts

v = cited_values(beside=__file__, name="dicom_values.yaml")
say = texts(__file__, "casefile_text").say


@dataclass(frozen=True)
class MrSeries:
    """An MR image, who says which sequence it is, and whose it is where the file tells."""

    image: Volume
    said_by: str
    patient_id: str | None
    frame_of_reference: str | None
    notes: tuple[str, ...]


def read_mr_image(path: Path, sequence: MrSequence, series: str | None = None) -> MrSeries:
    """The MR series that a person calls by this sequence; a DICOM header that says otherwise refuses it."""
    if is_folder(path):
        from vertebro.formats.dicom_mr import read_mr_series  # pydicom is slow to load and often not needed

        read = read_mr_series(path, sequence, series)
        check_mr_signal(read.image, path)
        return read
    image, notes = read_nifti_with_notes(path, Quantity.MR_SIGNAL)
    check_mr_signal(image, path)
    return MrSeries(image, say("mri.user"), None, None, notes)


def check_mr_signal(image: Volume, path: Path) -> None:
    """Refuses numbers that cannot be the signal of an MR image: negative ones, or all alike."""
    lowest, highest = float(image.values.min()), float(image.values.max())
    if lowest < -v.mr_most_negative.value * max(highest, 0.0):
        raise refusal(BadGeometry, "mr.negative", where=path.name, lowest=f"{lowest:g}")
    if lowest == highest:
        raise refusal(BadGeometry, "mr.constant", where=path.name, value=f"{lowest:g}")
