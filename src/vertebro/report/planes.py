"""The planes the report's pictures are cut along, and which way each picture is to be held."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

import numpy as np

from vertebro.kernels.arrays import AnyArray, Array
from vertebro.kernels.slicing import plane_points_mm, values_at
from vertebro.patient.frame import BodyFrame
from vertebro.patient.volume import Volume


@dataclass(frozen=True)
class Plane:
    """A rectangle in the patient: its centre (LPS mm), unit vectors across and down, its size.

    ``across`` points to the right edge of the picture. The letters name what lies towards the
    left, right, upper and lower edge.
    """

    view: str
    centre_mm: Array
    across: Array
    down: Array
    size_mm: tuple[float, float]
    letters: tuple[str, str, str, str]

    @property
    def normal(self) -> Array:
        """Unit vector out of the plane."""
        return np.asarray(np.cross(self.across, self.down))

    def picture_mm(self, points_mm: AnyArray) -> Array:
        """Points (..., 3) in LPS mm as (across, down) mm from the picture's upper left corner."""
        offset = np.asarray(points_mm) - self.centre_mm
        flat = np.stack([offset @ self.across, offset @ self.down], axis=-1)
        return np.asarray(flat + np.array(self.size_mm) / 2)

    def lettered(self, corner: Array, margin_mm: float) -> list[tuple[str, tuple[float, float]]]:
        """Each letter and where it stands on paper, just inside its edge of a picture laid at a corner."""
        (w, h), (x, y) = self.size_mm, corner
        edges = (
            (x + margin_mm, y + h / 2),
            (x + w - margin_mm, y + h / 2),
            (x + w / 2, y + margin_mm),
            (x + w / 2, y + h - margin_mm),
        )
        return list(zip(self.letters, edges, strict=True))

    def cut(self, image: Volume, pixel_mm: float) -> Array:
        """The image on this plane, (rows, columns); NaN outside the image."""
        points = plane_points_mm(self.centre_mm, self.across, self.down, self.size_mm, pixel_mm)
        return values_at(image.values, image.to_index(points))

    def fitted(self, points_mm: AnyArray, margin_mm: float) -> Plane:
        """The same plane moved and sized to hold these points and a margin."""
        flat = self.picture_mm(points_mm) - np.array(self.size_mm) / 2
        low, high = flat.min(axis=0) - margin_mm, flat.max(axis=0) + margin_mm
        shift = (low + high) / 2
        centre = self.centre_mm + shift[0] * self.across + shift[1] * self.down
        return replace(self, centre_mm=centre, size_mm=(float(high[0] - low[0]), float(high[1] - low[1])))


def sagittal(frame: BodyFrame) -> Plane:
    """The body's sagittal plane: its front on the left of the picture."""
    return _plane("sagittal", frame, -frame.anterior, -frame.superior, ("A", "P", "S", "I"))


def coronal(frame: BodyFrame) -> Plane:
    """The body's coronal plane seen from the front: the patient's right on the left of the picture."""
    return _plane("coronal", frame, -frame.right, -frame.superior, ("R", "L", "S", "I"))


def axial(frame: BodyFrame) -> Plane:
    """The body's axial plane seen from the feet: the patient's right on the left of the picture."""
    return _plane("axial", frame, -frame.right, -frame.anterior, ("R", "L", "A", "P"))


def upright(centre_mm: AnyArray) -> BodyFrame:
    """A frame along the patient's own axes, for a body whose own directions are not known."""
    back, up = np.array([0.0, 1.0, 0.0]), np.array([0.0, 0.0, 1.0])
    return BodyFrame.from_directions(np.asarray(centre_mm, dtype=float), anterior=-back, superior=up)


def corners_mm(images: Iterable[Volume]) -> Array:
    """The eight outermost corners of each image, in LPS mm, shape (n, 3)."""
    found = []
    for image in images:
        ends = [(-0.5, n - 0.5) for n in image.shape]
        found.append(image.to_mm(np.array(np.meshgrid(*ends)).reshape(3, -1).T))
    return np.concatenate(found)


def _plane(
    view: str, frame: BodyFrame, across: Array, down: Array, letters: tuple[str, str, str, str]
) -> Plane:
    return Plane(view, frame.origin_mm, across, down, (1.0, 1.0), letters)
