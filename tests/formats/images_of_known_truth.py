"""Images of known truth for the tests of the readers."""

import itertools

import numpy as np

from vertebro.patient.volume import Volume
from vertebro.vocabulary.grades import Quantity

CODES = ["".join(c) for axes in itertools.permutations(("RL", "AP", "IS")) for c in itertools.product(*axes)]
"""All 48 ways in which the three axes of an image can run."""


def body_like_hu(shape: tuple[int, int, int] = (9, 8, 7), seed: int = 1) -> np.ndarray:
    """Numbers as different from each other as can be, that pass as a CT: air, fat, muscle, bone."""
    rng = np.random.default_rng(seed)
    return rng.permutation(np.linspace(-1000, 1200, int(np.prod(shape)))).reshape(shape).astype(np.int16)


def oblique_affine_mm() -> np.ndarray:
    """A grid turned by 12 and 7 degrees, with three different spacings, far from the origin."""
    a, b = np.radians(12), np.radians(-7)
    about_z = np.array([[np.cos(a), -np.sin(a), 0], [np.sin(a), np.cos(a), 0], [0, 0, 1]])
    about_x = np.array([[1, 0, 0], [0, np.cos(b), -np.sin(b)], [0, np.sin(b), np.cos(b)]])
    affine = np.eye(4)
    affine[:3, :3] = about_z @ about_x * [0.7, 0.8, 2.5]
    affine[:3, 3] = [-31.5, 40.25, -612.0]
    return affine


def oblique_ct(codes: str = "LPS") -> Volume:
    return Volume(body_like_hu(), oblique_affine_mm(), Quantity.HOUNSFIELD).oriented(codes)


def by_place(volume: Volume) -> tuple[np.ndarray, np.ndarray]:
    """Positions in LPS mm and values, in an order that depends on the places alone."""
    where = volume.to_mm(np.indices(volume.shape).reshape(3, -1).T)
    order = np.lexsort(np.round(where, 2).T)
    return where[order], volume.values.reshape(-1)[order]
