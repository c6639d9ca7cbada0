"""An image: numbers on a regular grid, where the grid lies in the patient (LPS, mm), what they mean."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from vertebro.errors import BadGeometry
from vertebro.kernels.arrays import AnyArray, Array
from vertebro.vocabulary.grades import Quantity

SHEAR_TOLERANCE = 1e-3
"""Largest cosine between two grid axes still called orthogonal; 0.06 degrees, rounding in headers."""


@dataclass(frozen=True)
class Volume:
    """``values[i, j, k]`` lie at ``affine_mm @ (i, j, k, 1)``: mm towards Left, Posterior, Superior.

    Refuses a singular or sheared affine, and numbers that do not say what they mean.
    """

    values: AnyArray
    affine_mm: Array
    quantity: Quantity

    def __post_init__(self) -> None:
        values, affine = np.asarray(self.values), np.array(self.affine_mm, dtype=float)
        if values.ndim != 3 or 0 in values.shape:
            raise BadGeometry(
                f"The image has the shape {values.shape}.",
                "three axes, none of them empty",
                "Give one three-dimensional image.",
            )
        if not isinstance(self.quantity, Quantity):
            raise TypeError("quantity must be a Quantity: say what the numbers mean.")
        _check_affine(affine)
        affine.flags.writeable = False
        view = values.view()
        view.flags.writeable = False
        object.__setattr__(self, "values", view)
        object.__setattr__(self, "affine_mm", affine)

    @property
    def shape(self) -> tuple[int, int, int]:
        """Number of voxels along i, j, k."""
        i, j, k = self.values.shape
        return i, j, k

    @property
    def spacing_mm(self) -> Array:
        """Distance between voxel centres along i, j, k."""
        return np.asarray(np.linalg.norm(self.affine_mm[:3, :3], axis=0))

    @property
    def voxel_mm3(self) -> float:
        """Volume of one voxel."""
        return float(abs(np.linalg.det(self.affine_mm[:3, :3])))

    @property
    def directions(self) -> Array:
        """Unit vectors of i, j, k as columns, in LPS."""
        return np.asarray(self.affine_mm[:3, :3] / self.spacing_mm)

    @property
    def axis_codes(self) -> str:
        """Where i, j, k point, most nearly: three of R/L, A/P, I/S. ``LPS`` is the house's own."""
        codes = ["", "", ""]
        cosines = np.abs(self.directions)
        for _ in range(3):  # the clearest axis is named first, so each letter is used once
            row, col = np.unravel_index(np.argmax(cosines), (3, 3))
            codes[int(col)] = ("RL", "AP", "IS")[int(row)][int(self.directions[row, col] > 0)]
            cosines[row, :] = cosines[:, col] = -1
        return "".join(codes)

    def to_mm(self, index: AnyArray) -> Array:
        """Positions in LPS mm of voxel indices, shape (..., 3)."""
        return np.asarray(index @ self.affine_mm[:3, :3].T + self.affine_mm[:3, 3])

    def to_index(self, point_mm: AnyArray) -> Array:
        """Fractional voxel indices of positions in LPS mm, shape (..., 3)."""
        inverse = np.linalg.inv(self.affine_mm)
        return np.asarray(point_mm @ inverse[:3, :3].T + inverse[:3, 3])

    def oriented(self, codes: str = "LPS") -> Volume:
        """The same image with its axes permuted and flipped to point most nearly along ``codes``."""
        own = self.axis_codes
        pairs = ["RL", "AP", "IS"]
        order = [next(n for n, c in enumerate(own) if any({c, w} <= set(p) for p in pairs)) for w in codes]
        values = np.transpose(self.values, order)
        affine = self.affine_mm[:, [*order, 3]].copy()
        for axis, wanted in enumerate(codes):
            if own[order[axis]] != wanted:
                affine[:, 3] += affine[:, axis] * (values.shape[axis] - 1)
                affine[:, axis] *= -1
                values = np.flip(values, axis)
        return replace(self, values=values, affine_mm=affine)

    def cropped(self, box: tuple[slice, slice, slice]) -> Volume:
        """The part inside a box of voxel indices (step 1), at its place in the patient."""
        corner = [s.indices(n)[0] for s, n in zip(box, self.shape, strict=True)]
        affine = self.affine_mm.copy()
        affine[:3, 3] = self.to_mm(np.array(corner))
        return replace(self, values=self.values[box], affine_mm=affine)

    def same_grid(self, other: Volume, within_mm: float = 0.05) -> bool:
        """True if both images have their voxels in the same places, to a small fraction of a mm."""
        if self.shape != other.shape:
            return False
        corners = np.array(np.meshgrid(*[(0, n - 1) for n in self.shape])).reshape(3, -1).T
        return bool(np.abs(self.to_mm(corners) - other.to_mm(corners)).max() <= within_mm)


def _check_affine(affine: Array) -> None:
    if affine.shape != (4, 4) or not np.isfinite(affine).all():
        raise BadGeometry(
            "The image does not say where its voxels lie (its affine is not a finite 4x4 matrix).",
            "a finite 4x4 matrix from voxel indices to mm",
            "Export the image again with its orientation and spacing.",
        )
    spacing = np.linalg.norm(affine[:3, :3], axis=0)
    if (spacing < 1e-6).any():
        raise BadGeometry(
            f"The voxel size is {np.round(spacing, 6).tolist()} mm.",
            "a size above zero along every axis",
            "Export the image again with its true spacing.",
        )
    cosines = (affine[:3, :3] / spacing).T @ (affine[:3, :3] / spacing)
    worst = float(np.abs(cosines - np.eye(3)).max())
    if worst > SHEAR_TOLERANCE:
        angle = np.degrees(np.arcsin(min(1.0, worst)))
        raise BadGeometry(
            f"The axes of the image are not at right angles (off by {angle:.1f} degrees).",
            "a rectangular grid",
            "A tilted gantry does this: resample the series to a rectangular grid first.",
        )
