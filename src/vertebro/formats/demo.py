"""The demonstration: the synthetic patient written to disk as a hospital would send her."""

from __future__ import annotations

from pathlib import Path
from textwrap import indent

from pydicom.uid import generate_uid

from vertebro.formats.dicom_write import MrTimes, SeriesWords, write_ct_series, write_mr_series
from vertebro.formats.nifti import write_nifti
from vertebro.formats.writing import writing
from vertebro.patient.synthetic import (
    DAY,
    RECORD,
    Fracture,
    MrScan,
    SyntheticPatient,
    SyntheticSpec,
    mr_scan,
    synthetic_patient,
)
from vertebro.vocabulary.levels import Level

LOSS_PCT = 33.0
"""A moderate wedge fracture by Genant, clear of the limits of the next grades."""


CASE = """\
# A synthetic patient: images and record are invented.
id: synthetic-{seed}
date: {day}
level: L1
ct: ct
mask:
  file: vertebrae.nii.gz
  scheme: verse
  confirmed_by: the program that drew her
tissues: tissues.nii.gz
mri:
  stir: stir
  t1: t1
record:
{record}"""


def demo_spec(seed: int, shape: tuple[int, int, int] | None = None) -> SyntheticSpec:
    """The patient of the demonstration; ``shape`` asks for a whole scanner field of so many voxels."""
    broken = (Fracture.wedge(Level.L1, LOSS_PCT, oedema=0.6),)
    if shape is None:
        return SyntheticSpec(seed=seed, fractures=broken)
    spacing = (0.75, 0.75, 1.0)
    i, j, k = (n * mm for n, mm in zip(shape, spacing, strict=True))
    return SyntheticSpec(seed=seed, fractures=broken, spacing_mm=spacing, field_of_view_mm=(i, j, k))


def write_demo_case(folder: Path, seed: int, shape: tuple[int, int, int] | None = None) -> Path:
    """Write a DICOM CT series, the mask, the tissue samples and a case file; gives the case file's path."""
    patient = synthetic_patient(demo_spec(seed, shape))
    record = indent(RECORD.read_text(encoding="utf-8"), "  ")
    with writing(folder) as made:
        made.mkdir()
        write_ct_series(patient.ct, made / "ct", SeriesWords(description="synthetic spine"))
        write_nifti(patient.labels, made / "vertebrae.nii.gz")
        write_nifti(patient.tissues, made / "tissues.nii.gz")
        _write_mri(patient, made)
        (made / "case.yaml").write_text(CASE.format(seed=seed, day=DAY, record=record), encoding="utf-8")
    return folder / "case.yaml"


STIR = MrTimes("SE\\IR", echo_ms=60, repetition_ms=4000, inversion_ms=160)
T1 = MrTimes("SE", echo_ms=10, repetition_ms=600)
"""Ordinary times of the two sequences, so that their headers say what they are."""


def _write_mri(patient: SyntheticPatient, folder: Path) -> None:
    """STIR and T1 of another day, on which she lay a little differently, as sagittal DICOM slices."""
    scan = MrScan(turn_deg=(4.0, 2.0, -3.0), move_mm=(6.0, -8.0, 20.0), shading=0.3, seed=patient.spec.seed)
    images, frame = mr_scan(patient, scan), generate_uid(prefix=None)
    for number, (name, image, times) in enumerate((("stir", images.stir, STIR), ("t1", images.t1, T1)), 1):
        words = SeriesWords(description=f"sag {name}", number=number)
        write_mr_series(image.oriented("PIR"), folder / name, words, times, frame)
