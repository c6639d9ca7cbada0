"""How well two images of one body lie on each other: mutual information at the same places."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from vertebro.kernels.arrays import AnyArray, Array

BINS = 24
"""Levels of grey; enough to tell tissues apart, few enough for some thousand places."""

ENDS = (0.01, 0.99)
"""Quantiles between which the levels lie: a few very bright voxels must not use them up."""


def grey_levels(values: AnyArray) -> AnyArray:
    """Values as whole numbers from 0 to BINS - 1, evenly spaced between the outer quantiles."""
    low, high = np.quantile(values, ENDS)
    scaled = (np.asarray(values, dtype=float) - low) / max(float(high - low), 1e-12)
    return np.asarray(np.clip(scaled * BINS, 0, BINS - 1), dtype=np.int64)


def mutual_information(one: AnyArray, other: AnyArray) -> float:
    """Mutual information (nats) of two lists of grey levels of the same places: 0 if nothing is shared."""
    joint = np.bincount(one * BINS + other, minlength=BINS * BINS).reshape(BINS, BINS).astype(float)
    joint /= joint.sum()
    alone = joint.sum(axis=1, keepdims=True) * joint.sum(axis=0, keepdims=True)
    filled = joint > 0
    return float((joint[filled] * np.log(joint[filled] / alone[filled])).sum())


def rigid(angles_deg: Sequence[float], move_mm: Sequence[float], centre_mm: Array) -> Array:
    """4 x 4 motion: turned about the three axes through a centre, one after the other, then moved."""
    total = np.eye(3)
    for axis, angle in enumerate(np.radians(np.asarray(angles_deg, dtype=float))):
        c, s = np.cos(angle), np.sin(angle)
        one, two = (axis + 1) % 3, (axis + 2) % 3
        turn = np.eye(3)
        turn[one, one], turn[two, two], turn[one, two], turn[two, one] = c, c, -s, s
        total = turn @ total
    motion = np.eye(4)
    motion[:3, :3] = total
    motion[:3, 3] = np.asarray(centre_mm) + np.asarray(move_mm) - total @ np.asarray(centre_mm)
    return motion


def turned_deg(motion: Array) -> float:
    """The angle of a rigid motion, degrees."""
    return float(np.degrees(np.arccos(np.clip((np.trace(motion[:3, :3]) - 1) / 2, -1, 1))))
