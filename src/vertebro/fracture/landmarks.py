"""Where a vertebral body's end-plates, corners, walls and canal lie: points in LPS mm, for people to see."""

from __future__ import annotations

from dataclasses import dataclass

from vertebro.kernels.arrays import Array
from vertebro.patient.frame import BodyFrame
from vertebro.vocabulary.known import Unknown
from vertebro.vocabulary.levels import Level


@dataclass(frozen=True)
class EndPlateLine:
    """One end-plate in the mid-sagittal plane: its three points and the line through the bone's edge.

    ``line_mm`` runs from the posterior to the anterior corner, shape (n, 3).
    """

    anterior_mm: Array
    middle_mm: Array
    posterior_mm: Array
    line_mm: Array


@dataclass(frozen=True)
class Canal:
    """The mid-sagittal diameter of the canal at this level: its two ends and its centre."""

    wall_mm: Array
    lamina_mm: Array
    centre_mm: Array


@dataclass(frozen=True)
class Landmarks:
    """The landmarks of one vertebral body, all in LPS mm.

    The walls run from the upper to the lower end-plate in the mid-sagittal plane, shape (n, 3);
    ``expected_posterior_wall_mm`` is the line the neighbours' walls lead one to expect.
    ``right_mm`` and ``left_mm`` are the sides of the body at half its depth and height.
    """

    level: Level
    frame: BodyFrame
    upper: EndPlateLine | Unknown
    lower: EndPlateLine | Unknown
    anterior_wall_mm: Array
    posterior_wall_mm: Array
    right_mm: Array
    left_mm: Array
    canal: Canal | Unknown
    expected_posterior_wall_mm: Array | Unknown
