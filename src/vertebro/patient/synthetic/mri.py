"""The synthetic patient in the MR scanner: STIR and T1 in thick sagittal slices, lying as she lay there."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import ndimage

from vertebro.errors import BadCase
from vertebro.kernels.arrays import AnyArray, Array
from vertebro.patient.synthetic.patient import SyntheticPatient
from vertebro.patient.synthetic.scanner import rotation
from vertebro.patient.synthetic.spec import v
from vertebro.patient.synthetic.verse import verse_number
from vertebro.patient.volume import Volume
from vertebro.vocabulary.grades import Quantity

FINEST_MM = 1.1
"""Voxels wider than this are averaged from parts of about this size, as a scanner averages over them."""


@dataclass(frozen=True)
class MrScan:
    """How she was scanned: voxels right-left, front-back, foot-head of the scanner, and how she lay.

    ``turn_deg`` and ``move_mm`` take her from where she lay in the CT to where she lies here: turned about
    the left, posterior and superior axis through the middle of her spine, then moved (LPS). ``shading`` is
    by what part the signal falls from the coil at the back to the front, and from the middle to the ends.
    """

    spacing_mm: tuple[float, float, float] = (4.0, 0.9, 0.9)
    size_mm: tuple[float, float, float] | None = None
    turn_deg: tuple[float, float, float] = (0.0, 0.0, 0.0)
    move_mm: tuple[float, float, float] = (0.0, 0.0, 0.0)
    shading: float = 0.0
    noise: float = v.scanner.value["stir_noise"]
    axis_codes: str = "LPS"
    seed: int = 1

    def __post_init__(self) -> None:
        if min(self.spacing_mm) < 0.3 or max(self.spacing_mm) > 8 or not 0 <= self.shading < 1:
            raise BadCase(
                f"The MR scan has voxels of {self.spacing_mm} mm and a shading of {self.shading:g}.",
                "voxels from 0.3 to 8 mm and a shading from 0 up to 1",
                "Change the scan.",
            )


@dataclass(frozen=True)
class MrImages:
    """What the MR scanner gives, and the truth of how she moved between the scans."""

    stir: Volume
    t1: Volume
    labels: Volume
    ct_to_mri: Array


def mr_scan(patient: SyntheticPatient, scan: MrScan | None = None) -> MrImages:
    """STIR, T1 and the vertebra mask (VerSe numbers) of an MR visit. The same scan gives the same bytes."""
    scan = scan or MrScan()
    middle = np.mean([x.frame.origin_mm for x in patient.truth.vertebrae.values()], axis=0)
    motion = np.eye(4)
    motion[:3, :3] = rotation(scan.turn_deg)
    motion[:3, 3] = middle + np.array(scan.move_mm) - motion[:3, :3] @ middle
    grid, parts = _grid(patient, scan, middle)
    places = _places(grid, parts) @ np.linalg.inv(motion)[:3, :3].T + np.linalg.inv(motion)[:3, 3]
    ct, stir = (_signal(image, places, parts) for image in (patient.ct, patient.stir))
    labels = _labels(patient, places, parts)
    t1 = t1_signal(ct, stir)
    light = _light(grid, middle + np.array(scan.move_mm), scan.shading)
    random = np.random.default_rng([scan.seed, 6])
    stir, t1 = (_with_noise(image * light, scan.noise, random) for image in (stir, t1))
    made = (stir, Quantity.MR_SIGNAL), (t1, Quantity.MR_SIGNAL), (labels, Quantity.LABEL)
    one, two, mask = (_stored(Volume(x, grid.affine_mm, kind), scan.axis_codes) for x, kind in made)
    return MrImages(one, two, mask, motion)


def t1_signal(hu: AnyArray, stir: AnyArray) -> AnyArray:
    """T1 signal of places with this HU and STIR signal: fat bright, water dark, cortex and air darkest.

    Arbitrary signal, made to look right and never measured: marrow is fat as far as STIR is dark in it.
    """
    s, t = v.stir_signal.value, v.t1_signal.value
    fat = np.clip((0 - hu) / -v.adipose_hu.value, 0, 1)
    bone = np.clip((hu - 60) / 60, 0, 1) * np.clip((s["oedema"] - stir) / (s["oedema"] - s["marrow"]), 0, 1)
    watery = np.clip((stir - s["muscle"]) / (s["fluid"] - s["muscle"]), 0, 1)
    base = t["muscle"] + watery * (t["fluid"] - t["muscle"])
    fatty = np.maximum(fat * t["adipose"], bone * t["marrow"])
    signal = base + np.maximum(fat, bone) * (fatty / np.maximum(np.maximum(fat, bone), 1e-3) - base)
    cortex = np.clip((hu - 350) / 500, 0, 1)
    signal = signal * (1 - cortex) + t["cortical"] * cortex
    return np.asarray(np.where(hu < -300, t["air"], signal), dtype=np.float32)


def _grid(patient: SyntheticPatient, scan: MrScan, middle: Array) -> tuple[Volume, tuple[int, int, int]]:
    """An empty volume around the spine, and into how many parts its voxels are divided."""
    ends = [x.frame.origin_mm[2] for x in patient.truth.vertebrae.values()]
    size = scan.size_mm or (84.0, 140.0, max(ends) - min(ends) + 30.0)
    spacing = np.array(scan.spacing_mm)
    shape = np.maximum(3, np.round(np.array(size) / spacing)).astype(int)
    affine = np.eye(4)
    affine[:3, :3] = np.diag(spacing)
    centre = middle + np.array(scan.move_mm) + [0.0, 12.0, 0.0]
    affine[:3, 3] = centre - affine[:3, :3] @ ((shape - 1) / 2)
    parts = np.maximum(1, np.ceil(spacing / FINEST_MM)).astype(int)
    empty = np.zeros(tuple(shape), dtype=np.float32)
    return Volume(empty, affine, Quantity.MR_SIGNAL), (int(parts[0]), int(parts[1]), int(parts[2]))


def _places(grid: Volume, parts: tuple[int, int, int]) -> Array:
    """Where the parts of the voxels lie, LPS mm, shape (i, j, k, 3) of parts."""
    along = [(np.arange(n * p) + 0.5) / p - 0.5 for n, p in zip(grid.shape, parts, strict=True)]
    return grid.to_mm(np.stack(np.meshgrid(*along, indexing="ij"), axis=-1))


def _signal(image: Volume, places: Array, parts: tuple[int, int, int]) -> AnyArray:
    index = np.moveaxis(image.to_index(places), -1, 0)
    found = ndimage.map_coordinates(image.values, index, output=np.float32, order=1, mode="nearest")
    return _averaged(found, parts)


def _averaged(values: AnyArray, parts: tuple[int, int, int]) -> AnyArray:
    i, j, k = (n // p for n, p in zip(values.shape, parts, strict=True))
    return np.asarray(values.reshape(i, parts[0], j, parts[1], k, parts[2]).mean(axis=(1, 3, 5)))


def _labels(patient: SyntheticPatient, places: Array, parts: tuple[int, int, int]) -> AnyArray:
    """The vertebra that fills more than half of each voxel."""
    index = np.rint(patient.labels.to_index(places)).astype(int)
    inside = ((index >= 0) & (index < patient.labels.shape)).all(axis=-1)
    fine = np.zeros(index.shape[:3], dtype=np.uint8)
    fine[inside] = patient.labels.values[tuple(index[inside].T)]
    labels = np.zeros(_averaged(np.zeros(fine.shape, dtype=np.float32), parts).shape, dtype=np.uint8)
    for level in patient.spec.levels:
        number = verse_number(level)
        labels[_averaged((fine == number).astype(np.float32), parts) > 0.5] = number
    return labels


def _light(grid: Volume, middle: Array, shading: float) -> AnyArray:
    """What part of the signal the coil receives at each voxel: most at the back and in the middle."""
    _, j, k = np.ogrid[: grid.shape[0], : grid.shape[1], : grid.shape[2]]
    y = grid.affine_mm[1, 3] + j * grid.affine_mm[1, 1] - middle[1]
    z = grid.affine_mm[2, 3] + k * grid.affine_mm[2, 2] - middle[2]
    reach = max(1.0, float(np.abs(z).max()))
    return np.asarray((1 - shading * np.clip((60 - y) / 120, 0, 1)) * (1 - shading * 0.6 * (z / reach) ** 2))


def _with_noise(signal: AnyArray, sd: float, random: np.random.Generator) -> AnyArray:
    """The magnitude of the signal with noise in both channels (Rician)."""
    one, other = (random.standard_normal(signal.shape, dtype=np.float32) * sd for _ in range(2))
    return np.asarray(np.hypot(signal + one, other), dtype=np.float32)


def _stored(volume: Volume, codes: str) -> Volume:
    turned = volume.oriented(codes)
    return Volume(np.ascontiguousarray(turned.values), turned.affine_mm, turned.quantity)
