"""The scanner: where its grid lies, how it blurs, and the grain of its noise."""

from __future__ import annotations

from math import cos, radians, sin, sqrt

import numpy as np
from scipy import ndimage

from vertebro.kernels.arrays import AnyArray, Array
from vertebro.patient.synthetic.bone import Bone
from vertebro.patient.synthetic.canvas import Grid
from vertebro.patient.synthetic.spec import Scanner, SyntheticSpec, v
from vertebro.patient.synthetic.trunk import SKIN_BACK_MM

MARGIN_MM = 8.0
"""Left free between the bones and the edge of the grid."""

SIDE_MM, FRONT_MM, BEHIND_SKIN_MM = 80.0, 55.0, 26.0
"""How far the grid reaches beside and before the spine and behind the skin, when no size is asked for."""


def grid_of(spec: SyntheticSpec, bones: list[Bone]) -> Grid:
    """The grid of the scan, in the order right-left, front-back, foot-head of the scanner."""
    low, high = _reach(bones)
    centre = np.array([0.0, (SKIN_BACK_MM + BEHIND_SKIN_MM - FRONT_MM) / 2, (low + high) / 2])
    size = spec.field_of_view_mm or (2 * SIDE_MM, SKIN_BACK_MM + BEHIND_SKIN_MM + FRONT_MM, high - low)
    spacing = np.array(spec.spacing_mm)
    shape = [max(2, round(s / d)) for s, d in zip(size, spacing, strict=True)]
    affine = np.eye(4)
    affine[:3, :3] = rotation(spec.rotation_deg) * spacing
    affine[:3, 3] = centre - affine[:3, :3] @ ((np.array(shape) - 1) / 2)
    return Grid((shape[0], shape[1], shape[2]), affine)


def rotation(angles_deg: tuple[float, float, float]) -> Array:
    """Rotation about the left, then the posterior, then the superior axis."""
    total = np.eye(3)
    for axis, angle in enumerate(angles_deg):
        c, s = cos(radians(angle)), sin(radians(angle))
        one, two = (axis + 1) % 3, (axis + 2) % 3
        turn = np.eye(3)
        turn[one, one], turn[two, two], turn[one, two], turn[two, one] = c, c, -s, s
        total = turn @ total
    return total


def _reach(bones: list[Bone]) -> tuple[float, float]:
    """Lowest and highest point of the bones with the margin, LPS mm."""
    ends = []
    for bone in bones:
        half, (_, _, pedicle) = bone.arch.intact.half_height_mm, bone.arch.pedicle_mm
        name = bone.level.value
        tip = pedicle - 3 - v.spinous_drop.value[name] - v.spinous_height.value[name]
        back = bone.arch.back_mm - bone.arch.canal_depth_mm - v.spinous_length.value[name]
        joint = -half - v.disc_height.value[name] - 10
        places = [[0, back, tip], [0, bone.arch.back_mm, joint], [0, bone.arch.back_mm, half + 8]]
        ends.append(bone.frame.world_mm(np.array(places))[:, 2])
    return float(np.min(ends)) - MARGIN_MM, float(np.max(ends)) + MARGIN_MM


def blur(hu: AnyArray, spacing_mm: Array, scanner: Scanner) -> None:
    """Blur an image by the scanner's point spread, in place; slices thicker than their distance overlap."""
    sigma = scanner.blur_mm / spacing_mm
    thickness = scanner.slice_thickness_mm
    if thickness is not None and thickness > spacing_mm[2]:
        sigma[2] = sqrt(sigma[2] ** 2 + (thickness**2 / spacing_mm[2] ** 2 - 1) / 12)
    for axis in range(3):
        if sigma[axis] > 0.05:  # a narrower kernel changes nothing
            ndimage.gaussian_filter1d(hu, sigma[axis], axis=axis, output=hu, mode="nearest", truncate=3.0)


def add_noise(image: AnyArray, sd: float, seed: list[int]) -> None:
    """Add grain of this standard deviation, a little correlated inside each slice, in place."""
    if sd == 0:
        return
    random = np.random.default_rng(seed)
    grain = float(v.scanner.value["noise_grain_px"])
    shrink = 1 / (2 * sqrt(np.pi) * grain)  # what the filter leaves of the SD of white noise
    for k in range(0, image.shape[2], 16):
        part = image[:, :, k : k + 16]
        noise = random.standard_normal(part.shape, dtype=np.float32)
        for axis in (0, 1):
            ndimage.gaussian_filter1d(noise, grain, axis=axis, output=noise, mode="wrap", truncate=3.0)
        part += noise * np.float32(sd / shrink)
