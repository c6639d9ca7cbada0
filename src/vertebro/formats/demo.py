"""The demonstration: the synthetic patient written to disk as a hospital would send her."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from textwrap import indent

import numpy as np

from vertebro.formats.dicom_write import SeriesWords, write_ct_series
from vertebro.formats.nifti import write_nifti
from vertebro.formats.writing import writing
from vertebro.patient.synthetic import DAY, RECORD, Fracture, SyntheticSpec, synthetic_patient
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
        stir = replace(patient.stir, values=np.rint(patient.stir.values).astype(np.int16))
        write_nifti(stir, made / "stir.nii.gz")
        (made / "case.yaml").write_text(CASE.format(seed=seed, day=DAY, record=record), encoding="utf-8")
    return folder / "case.yaml"
