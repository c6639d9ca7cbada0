"""An elliptic vertebral body with a shell and an arch on cubes, and balloons in it, for tests."""

import numpy as np

from vertebro.kernels.balloon import Ellipsoid
from vertebro.patient.frame import BodyFrame
from vertebro.procedures.devices import Balloon, balloons
from vertebro.procedures.trajectory import Side
from vertebro.simulation.inflation import PlacedBalloon
from vertebro.simulation.vertebra_grid import VertebraGrid
from vertebro.vocabulary.grades import Quantity

SIZE_MM = np.array([44.0, 32.0, 24.0])


def elliptic_body(edge_mm: float = 2.0, spongy_mg_cm3: float = 60.0, room_mm: float = 12.0) -> VertebraGrid:
    """Body about the origin; behind it two pedicles of compact bone."""
    half = SIZE_MM / 2 + room_mm
    n = (2 * np.ceil(half / edge_mm)).astype(int)  # even: no layer lies in the middle, mirrored or not
    first = -(n - 1) / 2 * edge_mm
    right, anterior, superior = np.moveaxis(first + np.moveaxis(np.indices(n), 0, -1) * edge_mm, -1, 0)
    a, b, c = SIZE_MM / 2
    out = np.hypot(right / a, anterior / b)
    body = (out < 1) & (abs(superior) < c)
    shell = body & ((out > 1 - 2 / b) | (abs(superior) > c - 2))
    arch = (abs(abs(right) - 12) < 4) & (anterior < -8) & (anterior > -b - 8) & (abs(superior - 4) < 5)
    density = np.where(shell | (arch & ~body), 300.0, spongy_mg_cm3)
    bone = body | arch
    frame = BodyFrame(np.zeros(3), np.array([-1.0, 0, 0]), np.array([0, -1.0, 0]), np.array([0, 0, 1.0]))
    return VertebraGrid(
        bone, body, np.where(bone, density, 0.0), Quantity.K2HPO4_MG_CM3, edge_mm, first, frame
    )


def balloon_of(size: str = "15/3") -> Balloon:
    """A balloon of the catalogue."""
    return next(b for b in balloons() if b.name == size)


def beside(side: Side, volume_ml: float, off_mm: float = 9.0, size: str = "15/3") -> PlacedBalloon:
    """A balloon from the back to the front, off the middle to its side; nought: in the middle."""
    shape = Ellipsoid(np.array([side.sign * off_mm, 3.0, 0.0]), np.array([0.0, 1.0, 0.0]), 15.0)
    return PlacedBalloon(side, balloon_of(size), shape, volume_ml)
