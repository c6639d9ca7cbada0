"""Vertebrae of exactly known size: a body between two given end-plates, a ring canal and processes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from scipy import ndimage
from scipy.spatial.transform import Rotation

from vertebro.kernels.arrays import AnyArray, Array, Mask
from vertebro.patient.spine import Spine
from vertebro.patient.volume import Volume
from vertebro.vocabulary.grades import Quantity
from vertebro.vocabulary.levels import Level

DISC_HU, SPONGY_HU, SHELL_HU = 80.0, 130.0, 1200.0
MARGIN_MM = np.array([[40.0, 22.0, 22.0], [40.0, 60.0, 22.0]])
"""Room about the origins of the blocks: right, anterior, below; left, posterior, above."""

RIM = 0.88
"""Share of the depth between the flat rims of a hollow end-plate."""

SHELL_MM = 0.7
NUMBERS = {level.order + 1: level for level in Level}


@dataclass(frozen=True)
class Block:
    """A vertebra in its own frame (right, anterior, superior; mm), its heights true by construction.

    The chords of the end-plates are straight from wall to wall, and each plate is hollow by ``hollow_mm`` in
    the middle. ``bulge_mm`` moves the middle of the posterior wall backwards.
    """

    anterior_mm: float = 24.0
    posterior_mm: float = 26.0
    hollow_mm: float = 0.0
    depth_mm: float = 32.0
    width_mm: float = 44.0
    bulge_mm: float = 0.0
    canal_mm: float = 16.0
    has_arch: bool = True

    @property
    def middle_mm(self) -> float:
        return (self.anterior_mm + self.posterior_mm) / 2 - 2 * self.hollow_mm

    @property
    def wedge_deg(self) -> float:
        return float(2 * np.degrees(np.arctan((self.posterior_mm - self.anterior_mm) / 2 / self.depth_mm)))

    def body(self, place: Array, cell_mm: float, shrink: float = 0.0) -> Array:
        """Share of a small cell at places (3, ...) that lies in the body, its surface shrunk by so much."""
        r, a, s = place
        if self.bulge_mm:
            a = np.where(a < 0, a + self.bulge_mm * np.exp(-((s / 5) ** 2) - (r / 10) ** 2), a)
        half_width, half_depth = self.width_mm / 2 - shrink, self.depth_mm / 2 - shrink
        side = np.cbrt(np.sqrt(((r / half_width) ** 2) ** 3 + ((a / half_depth) ** 2) ** 3))
        chord = (self.anterior_mm + self.posterior_mm) / 4
        chord = chord + (self.anterior_mm - self.posterior_mm) / 2 / self.depth_mm * a
        x = 2 * a / (RIM * self.depth_mm)
        hollow = self.hollow_mm * np.clip(1 - x**2, 0, None) ** 2
        outside = np.maximum(np.abs(s) - chord + hollow + shrink, (side - 1) * half_depth)
        return np.clip(0.5 - outside / cell_mm, 0, 1)

    def arch(self, place: Array) -> Mask:
        r, a, s = place
        back = -self.depth_mm / 2
        middle, wide = back - self.canal_mm / 2, self.canal_mm / 2 + 3
        canal = (np.hypot(r / wide, (a - middle) / (self.canal_mm / 2)) <= 1) | (
            (np.abs(r) < wide - 1) & (a > middle)
        )
        outer = np.hypot(r / (wide + 6), (a - middle) / (self.canal_mm / 2 + 6)) <= 1
        lamina = outer & (a < middle) & (s < 4) & (s > -14)
        pedicle = (np.abs(r) > wide - 1) & (np.abs(r) < wide + 7) & (a > middle - 4) & (a < back + 3)
        spinous = (np.abs(r) < 3.5) & (a < back - self.canal_mm) & (a > back - 40) & (s < -2) & (s > -16)
        wing = (np.abs(r) > wide) & (np.abs(r) < 36) & (np.abs(a - middle) < 4) & (s > -3) & (s < 5)
        return np.asarray((lamina | (pedicle & (s > -4) & (s < 9)) | spinous | wing) & ~(canal & (a < back)))

    def bone(self, place: Array, cell_mm: float) -> Array:
        body = self.body(place, cell_mm)
        return np.maximum(body, self.arch(place)) if self.has_arch else body


@dataclass(frozen=True)
class Scan:
    """How a phantom is scanned: voxel size, turn (deg) and shift (share of a voxel) of the grid, codes."""

    spacing_mm: tuple[float, float, float] = (1.0, 1.0, 1.0)
    rotation_deg: tuple[float, float, float] = (0.0, 0.0, 0.0)
    shift: tuple[float, float, float] = (0.0, 0.0, 0.0)
    codes: str = "LPS"
    parts: int = 2
    blur_mm: float = 0.5
    noise_hu: float = 20.0


Place = tuple[Array, Array]
"""Where a block stands: its origin (LPS, mm) and its axes right, anterior, superior as rows."""


def column(blocks: Mapping[Level, Block], gap_mm: float = 8.0, bend_deg: float = 0.0) -> dict[Level, Place]:
    """The blocks one below the other, each bent by ``bend_deg`` against the one above (kyphosis positive)."""
    places: dict[Level, Place] = {}
    at, tilt = np.zeros(3), 0.0
    upright = np.array([[-1.0, 0, 0], [0, -1.0, 0], [0, 0, 1.0]])
    for level, block in blocks.items():
        axes = upright @ Rotation.from_euler("x", tilt, degrees=True).as_matrix().T
        half = (block.anterior_mm + block.posterior_mm) / 4
        at = at - axes[2] * half
        places[level] = (at, axes)
        at = at - axes[2] * (half + gap_mm)
        tilt -= bend_deg
    return places


def scanned(
    blocks: Mapping[Level, Block], scan: Scan, places: Mapping[Level, Place] | None = None
) -> tuple[Spine, Volume]:
    """The spine (mask by more than half occupancy) and the CT (partial volume, blur, noise)."""
    places = places or column(blocks)
    affine, shape = _grid(np.array([origin for origin, _ in places.values()]), scan)
    labels, ct = np.zeros(shape, dtype=np.int16), np.full(shape, DISC_HU, dtype=np.float32)
    for level, block in blocks.items():
        box, bone, spongy = _occupied(block, places[level], affine, shape, scan.parts)
        labels[box] = np.where(bone > 0.5, level.order + 1, labels[box])
        ct[box] = ct[box] * (1 - bone) + spongy * SPONGY_HU + (bone - spongy) * SHELL_HU
    spine = Spine.from_labels(Volume(labels, affine, Quantity.LABEL).oriented(scan.codes), NUMBERS, "phantom")
    ct = ndimage.gaussian_filter(ct, [scan.blur_mm / s for s in scan.spacing_mm])
    ct += np.random.default_rng(0).normal(0, scan.noise_hu, shape).astype(np.float32)
    return spine, Volume(ct, affine, Quantity.HOUNSFIELD).oriented(scan.codes)


def _grid(origins: Array, scan: Scan) -> tuple[Array, tuple[int, int, int]]:
    low, high = origins.min(axis=0) - MARGIN_MM[0], origins.max(axis=0) + MARGIN_MM[1]
    turn = Rotation.from_euler("xyz", scan.rotation_deg, degrees=True).as_matrix()
    shape = np.ceil(np.abs(turn.T) @ (high - low) / np.array(scan.spacing_mm)).astype(int)
    affine = np.eye(4)
    affine[:3, :3] = turn * np.array(scan.spacing_mm)
    affine[:3, 3] = (low + high) / 2 - affine[:3, :3] @ ((shape - 1) / 2 + np.array(scan.shift))
    return affine, (int(shape[0]), int(shape[1]), int(shape[2]))


def _occupied(
    block: Block, place: Place, affine: Array, shape: tuple[int, int, int], parts: int
) -> tuple[tuple[slice, slice, slice], AnyArray, AnyArray]:
    """A box of voxels about a block, and the share of each that is bone and spongy bone."""
    origin, axes = place
    corners = np.array(np.meshgrid([-38, 38], [-58, 20], [-20, 20])).reshape(3, -1).T @ axes + origin
    index = (corners - affine[:3, 3]) @ np.linalg.inv(affine[:3, :3]).T
    low = np.maximum(np.floor(index.min(axis=0)).astype(int), 0)
    high = np.minimum(np.ceil(index.max(axis=0)).astype(int) + 1, shape)
    ranges = [np.arange(a, b) for a, b in zip(low, high, strict=True)]
    counts = tuple(len(r) for r in ranges)
    to_local = axes @ affine[:3, :3]
    steps = (np.arange(parts) + 0.5) / parts - 0.5
    bone, spongy = np.zeros(counts), np.zeros(counts)
    cell = float(np.abs(np.linalg.det(affine[:3, :3]))) ** (1 / 3) / parts
    for step in np.stack(np.meshgrid(steps, steps, steps), -1).reshape(-1, 3):
        i, j, k = np.ix_(*(r + x for r, x in zip(ranges, step, strict=True)))
        first = axes @ (affine[:3, 3] - origin)
        local = np.stack([t[0] * i + t[1] * j + t[2] * k + f for t, f in zip(to_local, first, strict=True)])
        bone += block.bone(local, cell)
        spongy += block.body(local, cell, SHELL_MM)
    box = slice(low[0], high[0]), slice(low[1], high[1]), slice(low[2], high[2])
    return box, bone / parts**3, spongy / parts**3
