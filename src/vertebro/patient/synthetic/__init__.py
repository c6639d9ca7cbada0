"""The synthetic patient: a whole CT of a spine with mask, STIR partner and exactly known truth."""

from vertebro.patient.synthetic.mri import MrImages, MrScan, mr_scan
from vertebro.patient.synthetic.paint import paint
from vertebro.patient.synthetic.patient import DAY, RECORD, SyntheticPatient, synthetic_patient
from vertebro.patient.synthetic.spec import Fracture, Scanner, SyntheticSpec
from vertebro.patient.synthetic.truth import CanalTruth, Truth, VertebraTruth

__all__ = [
    "DAY",
    "RECORD",
    "CanalTruth",
    "Fracture",
    "MrImages",
    "MrScan",
    "Scanner",
    "SyntheticPatient",
    "SyntheticSpec",
    "Truth",
    "VertebraTruth",
    "mr_scan",
    "paint",
    "synthetic_patient",
]
