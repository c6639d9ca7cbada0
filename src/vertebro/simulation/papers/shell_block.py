"""A block of spongy bone with a thin shell and a round hole of known size in it, as a CT would show it."""

from __future__ import annotations

from functools import cache

import numpy as np
from scipy import ndimage

from vertebro.patient.frame import BodyFrame
from vertebro.patient.volume import Volume
from vertebro.simulation.vertebra_grid import BonyVertebra
from vertebro.vocabulary.grades import Quantity

FRAME = BodyFrame.from_directions(
    np.zeros(3), anterior=np.array([0.0, -1, 0]), superior=np.array([0.0, 0, 1])
)
HALF_MM = np.array([19.2, 14.4, 12.0])
SHELL_MM, SHELL_MG, SPONGY_MG, OUTSIDE_MG = 0.4, 1000.0, 100.0, 40.0
FINE_MM = 0.4


@cache
def shell_phantom(
    hole_mm: float = 0.0, where: str = "upper", voxel_mm: float = 0.8, noise_mg: float = 15.0, seed: int = 0
) -> BonyVertebra:
    """Blurred by 0.6 mm, averaged over voxels, with noise; the hole goes through the shell alone."""
    n = (np.ceil((HALF_MM + 5) / voxel_mm)).astype(int)
    parts = round(voxel_mm / FINE_MM)
    axes = [(np.arange(2 * c * parts) + 0.5) * FINE_MM - c * voxel_mm for c in n]
    x, y, z = np.meshgrid(*axes, indexing="ij")
    away = np.maximum(np.maximum(abs(x) - HALF_MM[0], abs(y) - HALF_MM[1]), abs(z) - HALF_MM[2])
    density = np.where(away < 0, SPONGY_MG, OUTSIDE_MG)
    through = {"upper": (x, y, z > 0), "side": (y, z, x < 0), "behind": (x, z, y > 0)}[where]
    shell = (away < 0) & (away >= -SHELL_MM)
    hole = (np.hypot(through[0], through[1]) < hole_mm / 2) & through[2]
    density[shell & ~hole] = SHELL_MG
    density = ndimage.gaussian_filter(density, 0.6 / FINE_MM)
    for axis in range(3):
        shape = list(density.shape)
        shape[axis : axis + 1] = [shape[axis] // parts, parts]
        density = density.reshape(shape).mean(axis=axis + 1)
    density += np.random.default_rng(seed).normal(0, noise_mg, density.shape)
    affine = np.diag([voxel_mm] * 3 + [1.0])
    affine[:3, 3] = [-c * voxel_mm + voxel_mm / 2 for c in n]
    places = np.stack(
        np.meshgrid(*[affine[a, 3] + voxel_mm * np.arange(2 * c) for a, c in enumerate(n)], indexing="ij")
    )
    mask = (np.abs(places) < HALF_MM[:, None, None, None]).all(axis=0)
    bone = Volume(mask, affine, Quantity.LABEL)
    return BonyVertebra(Volume(density.astype(np.float32), affine, Quantity.K2HPO4_MG_CM3), bone, bone, FRAME)
