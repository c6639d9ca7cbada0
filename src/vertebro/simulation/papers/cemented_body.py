"""A vertebral body of elliptic section with a canal behind it and a ball of cement, on cubes."""

import numpy as np

from vertebro.kernels.arrays import Mask
from vertebro.simulation.heating import CementField

SIZE_MM = np.array([40.0, 30.0, 25.0])  # right to left, front to back, height: a lumbar body


def cemented_body(
    ml: float, edge_mm: float = 1.5, middle_mm: tuple[float, float, float] = (0, 0, 0), porosity: float = 0.9
) -> tuple[CementField, Mask]:
    """Cement fills the pores nearest to a place until ``ml`` are in; axes run right, anterior, superior."""
    n = tuple(int(n) | 1 for n in np.ceil((SIZE_MM + 8) / edge_mm))  # odd: a voxel lies in the middle
    mm = (np.moveaxis(np.indices(n), 0, -1) - (np.array(n) - 1) / 2) * edge_mm
    right, anterior, superior = np.moveaxis(mm, -1, 0)
    a, b, c = SIZE_MM / 2
    inside = ((right / a) ** 2 + (anterior / b) ** 2 < 1) & (abs(superior) < c)
    canal = (anterior <= -b) & (anterior > -b - 12) & (abs(right) < 9)
    bone = np.where(inside, 1 - porosity, 0.0)
    away = np.linalg.norm(mm - middle_mm, axis=-1)
    cement, left = np.zeros(inside.size), ml * 1000 / edge_mm**3
    for voxel in np.argsort(np.where(inside, away, np.inf).ravel(), kind="stable"):
        cement[voxel] = min(left, porosity)
        left -= cement[voxel]
        if left <= 0:
            break
    return CementField(cement.reshape(inside.shape), bone, inside, edge_mm), canal
