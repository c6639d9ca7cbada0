"""Print how well the shape of synthetic vertebrae is measured, by voxel size and with or without CT.

Run with: python benchmarks/accuracy.py
The truth is analytic. Columns: mean, standard deviation and worst of the error, mean of the stated spread,
and the share of true values within two spreads of the measured one.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import numpy as np

from vertebro.fracture.measure import measure
from vertebro.patient.synthetic import Fracture, SyntheticSpec, VertebraTruth, synthetic_patient
from vertebro.vocabulary.known import Unknown
from vertebro.vocabulary.levels import Level
from vertebro.vocabulary.measured import Measured

FRACTURES = (
    Fracture.wedge(Level.T12, 35.0),
    Fracture.biconcave(Level.L2, 32.0),
    Fracture.crush(Level.L4, 30.0, retropulsion_mm=5.0),
)
GRIDS = (((0.0, 0.0, 0.0), "LPS"), ((13.0, 0.0, 0.0), "RAS"), ((7.0, -9.0, 11.0), "PIR"))
SIZES = ((1.0, 1.0, 1.0), (3.0, 3.0, 3.0))
NAMES = (
    "anterior_height",
    "middle_height",
    "posterior_height",
    "wedge_angle",
    "segmental_kyphosis",
    "local_kyphosis",
    "height_loss",
    "posterior_wall_bulge",
    "canal_narrowing",
)

Row = tuple[Level, str, float, float]
"""Level, what was measured, its error and its stated spread."""


def truth(vertebra: VertebraTruth, name: str) -> float | Unknown:
    """The exact number behind a finding."""
    if name == "height_loss":
        return max(0.0, *vertebra.height_loss_pct)
    known = {
        "posterior_wall_bulge": vertebra.retropulsion_mm,
        "canal_narrowing": vertebra.canal_narrowing_pct,
        "segmental_kyphosis": vertebra.segmental_kyphosis_deg,
        "local_kyphosis": vertebra.local_kyphosis_deg,
        "wedge_angle": vertebra.wedge_deg,
    }
    return known[name] if name in known else float(getattr(vertebra, f"{name}_mm"))


def errors(spec: SyntheticSpec, with_ct: bool) -> Iterator[Row]:
    """Error and spread of every measured number of one synthetic patient."""
    patient = synthetic_patient(spec)
    case = patient.case() if with_ct else replace(patient.case(), ct=Unknown("no CT was given"))
    for level, found in measure(case).vertebrae.items():
        for name in NAMES:
            value, true = getattr(found, name), truth(patient.truth[level], name)
            if isinstance(value, Measured) and not isinstance(true, Unknown):
                yield level, name, value.value - true, value.spread


def main() -> None:
    """The table, one block per voxel size and source of the edges, all orientations together."""
    for size in SIZES:
        for with_ct in (True, False):
            rows: list[Row] = []
            for turn, codes in GRIDS:
                spec = SyntheticSpec(1, Level.T11, Level.L5, size, None, turn, codes, FRACTURES)
                rows += errors(spec, with_ct)
            print(f"\nvoxels of {size[0]:g} mm, {'mask and CT' if with_ct else 'mask alone'}")
            print(f"{'':22s}{'n':>4s}{'mean':>8s}{'SD':>7s}{'worst':>16s}{'spread':>8s}{'within 2':>9s}")
            for name in NAMES:
                error = np.array([r[2] for r in rows if r[1] == name])
                spread = np.array([r[3] for r in rows if r[1] == name])
                worst = int(np.abs(error).argmax())
                level = [r[0] for r in rows if r[1] == name][worst]
                inside = np.mean(np.abs(error) <= 2 * spread)
                print(
                    f"{name:22s}{len(error):4d}{error.mean():8.2f}{error.std():7.2f}"
                    f"{error[worst]:10.2f} ({level!s:>3s}){spread.mean():8.2f}{inside:9.0%}"
                )


if __name__ == "__main__":
    main()
