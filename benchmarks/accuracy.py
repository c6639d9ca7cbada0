"""Print how well the shape of synthetic vertebrae is measured, by voxel size and with or without CT.

Run with: python benchmarks/accuracy.py
The truth is analytic. Columns: mean, standard deviation and worst of the error, the share of true values
within the aim (0.3 mm and 0.5 degrees at 1 mm, 0.6 mm and 1 degree at 3 mm), mean of the stated spread, and
the share within two spreads of the measured value.

The synthetic scanner blurs what it has already sampled: where in a voxel a thing lies leaves no trace.
A scanner blurs first. The blocks "blurred before sampling" paint the patient at 0.5 mm, blur her there by
the same width, and only then average to the voxels.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import numpy as np
from scipy import ndimage

from vertebro.fracture.measure import measure
from vertebro.kernels.arrays import AnyArray
from vertebro.patient.synthetic import (
    Fracture,
    SyntheticPatient,
    SyntheticSpec,
    VertebraTruth,
    synthetic_patient,
)
from vertebro.patient.synthetic.scanner import add_noise
from vertebro.patient.volume import Volume
from vertebro.vocabulary.grades import Quantity
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

FINE_MM = 0.5
"""Voxels in which a scan is painted that is blurred before it is sampled."""

BLOCK_MM = (100.0, 130.0, 250.0)
"""Field of view of such a scan: the spine alone."""

AIMS = {1.0: (0.3, 0.5), 3.0: (0.6, 1.0)}
"""Errors of heights (mm) and angles (deg) to stay within, by voxel size (mm)."""

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


def blurred_first(spec: SyntheticSpec) -> SyntheticPatient:
    """The patient as a scanner sees her: blurred, then averaged to the voxels, then noise."""
    still = replace(spec.scanner, noise_hu=0.0, blur_mm=0.0)
    fine = replace(
        spec, spacing_mm=(FINE_MM,) * 3, field_of_view_mm=BLOCK_MM, axis_codes="LPS", scanner=still
    )
    painted = synthetic_patient(fine)
    parts = round(spec.spacing_mm[0] / FINE_MM)
    grey = averaged(ndimage.gaussian_filter(painted.ct.values, spec.scanner.blur_mm / FINE_MM), parts)
    add_noise(grey, spec.scanner.noise_hu, [spec.seed, 3])
    labels = np.zeros(grey.shape, dtype=np.uint8)
    for number in np.unique(painted.labels.values)[1:]:
        labels[averaged((painted.labels.values == number).astype(np.float32), parts) > 0.5] = number
    affine = painted.ct.affine_mm.copy()
    affine[:3, 3] += affine[:3, :3] @ np.full(3, (parts - 1) / 2)
    affine[:3, :3] *= parts
    ct, mask = Volume(grey, affine, Quantity.HOUNSFIELD), Volume(labels, affine, Quantity.LABEL)
    return replace(
        painted, ct=ct, labels=mask, tissues=replace(mask, values=np.zeros_like(labels)), spec=spec
    )


def averaged(values: AnyArray, parts: int) -> AnyArray:
    """Means of blocks of this many parts along each axis."""
    i, j, k = (n // parts for n in values.shape)
    whole = values[: i * parts, : j * parts, : k * parts].reshape(i, parts, j, parts, k, parts)
    return np.asarray(whole.mean(axis=(1, 3, 5), dtype=np.float32))


def errors(patient: SyntheticPatient, with_ct: bool) -> Iterator[Row]:
    """Error and spread of every measured number of one synthetic patient."""
    case = patient.case() if with_ct else replace(patient.case(), ct=Unknown("no CT was given"))
    for level, found in measure(case).vertebrae.items():
        for name in NAMES:
            value, true = getattr(found, name), truth(patient.truth[level], name)
            if isinstance(value, Measured) and not isinstance(true, Unknown):
                yield level, name, value.value - true, value.spread


def aim(name: str, size_mm: float) -> float:
    """What an error should stay within; infinite where no aim is set."""
    height, angle = AIMS[size_mm]
    if name.endswith("_height"):
        return height
    return angle if name.endswith(("_angle", "_kyphosis")) else np.inf


def table(title: str, rows: list[Row], size_mm: float) -> None:
    """Print one block of the table."""
    print(f"\n{title}")
    print(
        f"{'':22s}{'n':>4s}{'mean':>8s}{'SD':>7s}{'worst':>16s}{'in aim':>8s}{'spread':>8s}{'within 2':>9s}"
    )
    for name in NAMES:
        level, _, _, _ = worst = max((r for r in rows if r[1] == name), key=lambda r: abs(r[2]))
        error, spread = np.array([r[2:] for r in rows if r[1] == name]).T
        limit = aim(name, size_mm)
        met = f"{np.mean(np.abs(error) <= limit):8.0%}" if np.isfinite(limit) else f"{'':8s}"
        print(
            f"{name:22s}{len(error):4d}{error.mean():8.2f}{error.std():7.2f}{worst[2]:10.2f} ({level!s:>3s})"
            f"{met}{spread.mean():8.2f}{np.mean(np.abs(error) <= 2 * spread):9.0%}"
        )


def main() -> None:
    """The table, one block per voxel size and source of the edges, all orientations together."""
    for size in SIZES:
        specs = [SyntheticSpec(1, Level.T11, Level.L5, size, None, t, c, FRACTURES) for t, c in GRIDS]
        patients = [synthetic_patient(spec) for spec in specs]
        for source, with_ct in (("mask and CT", True), ("mask alone", False)):
            rows = [row for patient in patients for row in errors(patient, with_ct)]
            table(f"voxels of {size[0]:g} mm, {source}", rows, size[0])
        rows = [row for spec in specs for row in errors(blurred_first(spec), with_ct=True)]
        table(f"voxels of {size[0]:g} mm, mask and CT, blurred before sampling", rows, size[0])


if __name__ == "__main__":
    main()
