"""The synthetic patient on MRI, laid on the CT by the motion that is known, so that only oedema is tested."""

from dataclasses import replace
from functools import cache

from vertebro.fracture.findings import Findings
from vertebro.fracture.measure import Measurable, measurable, measure
from vertebro.fracture.mri import Located, read_mri
from vertebro.patient.mri import Mri, MrImage, MrSequence
from vertebro.patient.registration import moved_spine
from vertebro.patient.synthetic import (
    Fracture,
    MrScan,
    SyntheticPatient,
    SyntheticSpec,
    mr_scan,
    synthetic_patient,
)
from vertebro.vocabulary.levels import Level

SAID = "the test"


@cache
def patient(oedema: float = 0.6, has_fluid: bool = False) -> SyntheticPatient:
    """T11 to L4 with a broken L1; oedema and fluid change nothing of her bones.

    Voxels of 1.05 mm are the quickest to make: wider ones are painted in parts.
    """
    broken = (Fracture.wedge(Level.L1, 33.0, oedema=oedema, cleft=has_fluid, fluid=has_fluid),)
    return synthetic_patient(
        SyntheticSpec(top=Level.T11, bottom=Level.L4, spacing_mm=(1.05, 1.05, 1.05), fractures=broken)
    )


@cache
def bones() -> tuple[Findings, Measurable]:
    """What her CT shows, measured once: it is the same whatever her MRI shows."""
    her = patient()
    return measure(her.case()), measurable(her.spine(), her.ct)


def with_mri(built: SyntheticPatient, scan: MrScan, sequence: MrSequence = MrSequence.STIR) -> Findings:
    """Her findings with this scan, her vertebrae carried onto it by the known motion."""
    images = mr_scan(built, scan)
    mri = Mri({sequence: MrImage(images.stir, sequence, SAID)})
    found, seen = bones()
    spine = moved_spine(built.spine(), images.ct_to_mri)
    place = Located(spine, seen, images.ct_to_mri, "the known motion", 0.0)
    read = read_mri(replace(built.case(), mri=mri), place, found.vertebrae)
    added = {level: read.added_to(one) for level, one in found.vertebrae.items()}
    return replace(found, vertebrae=added, mri=read.findings, cautions=read.cautions)
