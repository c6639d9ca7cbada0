"""Where tests find the prepared data (VERTEBRO_SHARED_DATA), and a small synthetic patient on disk."""

import os
from pathlib import Path

import pytest
from hypothesis import settings

from vertebro.formats.nifti import write_nifti
from vertebro.patient.synthetic import Fracture, SyntheticPatient, SyntheticSpec, synthetic_patient
from vertebro.vocabulary.levels import Level

settings.register_profile("house", deadline=None)  # a busy machine is slow, not wrong
settings.load_profile("house")

SHARED = Path(os.environ.get("VERTEBRO_SHARED_DATA", Path(__file__).parents[2] / "shared" / "data"))


@pytest.fixture(scope="session")
def shared_data() -> Path:
    if not SHARED.is_dir():
        pytest.skip(f"no shared data at {SHARED}; set VERTEBRO_SHARED_DATA")
    return SHARED


@pytest.fixture(scope="session")
def small_patient() -> SyntheticPatient:
    """T12 to L2 at 1.5 mm with a wedge fracture of L1."""
    broken = (Fracture.wedge(Level.L1, 32.0),)
    spec = SyntheticSpec(top=Level.T12, bottom=Level.L2, spacing_mm=(1.5, 1.5, 1.5), fractures=broken)
    return synthetic_patient(spec)


CLEAR_CANDIDATE = """\
  age_years: 78
  sex: female
  osteoporosis: true
  malignancy: "none"
  trauma: low_energy
  weeks_since_fracture: 9
  pain_nrs: 8
  pain_trend: stable
  pain_source_is_fracture: true
  optimal_pain_management: true
  setting: outpatient
  mobilises_on_analgesia: true
  examined: true
  tender_levels: [L1]
  neuro_grade: N0
  mri: oedema
  spinal_instability: "none"
  infection: "none"
  allergies: ["none"]
  inr: 1.0
  platelets: 220
  anticoagulant: "none"
  asa: 2
  prone_tolerated: true
"""


@pytest.fixture(scope="session")
def small_case(small_patient: SyntheticPatient, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The small patient as NIfTI files with a case file; copy the folder before changing it."""
    folder = tmp_path_factory.mktemp("case")
    write_nifti(small_patient.ct, folder / "ct.nii.gz")
    write_nifti(small_patient.labels, folder / "mask.nii.gz")
    write_nifti(small_patient.tissues, folder / "tissues.nii.gz")
    (folder / "case.yaml").write_text(
        "id: small\ndate: 2026-11-22\nlevel: L1\nct: ct.nii.gz\n"
        "mask: {file: mask.nii.gz, scheme: verse}\ntissues: tissues.nii.gz\nrecord:\n" + CLEAR_CANDIDATE,
        encoding="utf-8",
    )
    return folder
