"""A body's own directions: right, anterior, superior, at its centre. Never left-handed by accident."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from vertebro.errors import HouseFault
from vertebro.kernels.arrays import AnyArray, Array


@dataclass(frozen=True)
class BodyFrame:
    """Origin (LPS mm) and unit vectors towards the body's right, anterior and superior (in LPS).

    (right, anterior, superior) is right-handed, as RAS is.
    """

    origin_mm: Array
    right: Array
    anterior: Array
    superior: Array

    def __post_init__(self) -> None:
        axes = np.array([self.right, self.anterior, self.superior], dtype=float)
        if not np.allclose(axes @ axes.T, np.eye(3), atol=1e-6):
            raise HouseFault("The axes of a body frame must be orthonormal.")
        if np.linalg.det(axes) < 0:
            raise HouseFault("The axes of a body frame must be right-handed (right, anterior, superior).")

    @property
    def axes(self) -> Array:
        """Rows right, anterior, superior."""
        return np.array([self.right, self.anterior, self.superior])

    def local_mm(self, points_mm: AnyArray) -> Array:
        """Points (..., 3) in LPS mm as (right, anterior, superior) mm from the origin."""
        return np.asarray((points_mm - self.origin_mm) @ self.axes.T)

    def world_mm(self, local_mm: AnyArray) -> Array:
        """Points (..., 3) given as (right, anterior, superior) mm, in LPS mm."""
        return np.asarray(local_mm @ self.axes + self.origin_mm)

    @classmethod
    def from_directions(cls, origin_mm: Array, anterior: Array, superior: Array) -> BodyFrame:
        """The frame with this superior direction and the anterior one made orthogonal to it."""
        s = superior / np.linalg.norm(superior)
        a = anterior - (anterior @ s) * s
        a = a / np.linalg.norm(a)
        return cls(origin_mm=np.asarray(origin_mm, dtype=float), right=np.cross(a, s), anterior=a, superior=s)
