"""Tests that a registration can fail: elsewhere, mirrored, turned round, and vertebra by vertebra."""

from __future__ import annotations

from itertools import product

import numpy as np
from scipy.optimize import minimize

from vertebro.kernels.alignment import BINS, rigid
from vertebro.kernels.arrays import AnyArray, Array
from vertebro.patient.registration_search import Places, motions_by_fit, roughly
from vertebro.patient.spine import Spine
from vertebro.patient.volume import Volume
from vertebro.vocabulary.levels import Level

FEW = 3000
"""Places compared for the mirror image."""

REACH_MM = 6
"""How far a vertebra by itself is moved to front, back, head and feet."""

LEAST_IN_VIEW = 0.6
"""Of a vertebra's surroundings that must lie in the MRI for it to be tested by itself."""

PER_BIN = 0.5
"""Added to every bin of the joint histogram, so that an unseen pair of greys is unlikely, not impossible."""


def fits_elsewhere(places: Places, motion: Array, spine: Spine) -> float:
    """The fit one vertebra higher or lower, or where else the search led, as a part of the fit here."""
    own = places.score(motion)[0]
    heights = np.sort(places.centres_mm[:, 2])
    step = float(np.median(np.diff(heights))) if len(spine.levels) > 1 else 30.0
    fits = []
    for sign in (-1, 1):
        moved = motion.copy()
        moved[2, 3] += sign * step
        found = roughly(places, moved)
        if places.apart_mm(found, motion) > step / 2:  # it did not simply come back
            fits.append(places.score(found)[0])
    return max(fits, default=0.0) / own


def fits_mirrored(places: Places, motion: Array) -> float:
    """The best fit of the mirror image (left for right) near this motion, as a part of the fit itself."""
    centre = places.centres_mm.mean(axis=0)
    points = places.points_mm.copy()
    points[:, 0] = 2 * centre[0] - points[:, 0]

    def best(of: Array) -> float:
        def loss(x: Array) -> float:
            turn = rigid((x[2], x[3], x[4]), (x[0], x[1], 0.0), centre)
            return -places.score(motion @ turn, of)[0]

        start = np.zeros(5)
        options = {"maxfev": 250, "xtol": 0.1, "ftol": 1e-3}
        steps = np.diag([3.0, 2.0, 2.0, 2.0, 2.0])
        return float(-minimize(loss, start, method="Powell", options={**options, "direc": steps}).fun)

    return best(points) / best(places.points_mm)


def clearest_flip(places: Places) -> tuple[int, ...] | None:
    """The axes (left, back, head) that fit clearly better turned round; None where they fit as they are."""
    found = {f: motions_by_fit(places, f, (0.0,)) for f in product((1, -1), repeat=3)}
    fits = {f: motions[0][0] if motions else 0.0 for f, motions in found.items()}
    best = max(fits, key=lambda flips: fits[flips])
    return best if fits[best] > CLEARLY * fits[1, 1, 1] else None


CLEARLY = 1.15
"""Wrong axes fit better by this factor or more on the synthetic patient; chance does not."""


def residuals_mm(places: Places, motion: Array, spine: Spine) -> dict[Level, float]:
    """How far each vertebra by itself would move on to front, back, head or feet, in mm.

    Each is moved over the MRI to where its greys are likeliest, by the pairs of greys of the whole spine.
    """
    at = places.points_mm @ motion[:3, :3].T + motion[:3, 3]
    grey = _LevelsAt(places.mri, at)
    likely = _log_likelihood(places.ct_grey, grey(at))
    owner = np.linalg.norm(places.points_mm[:, None] - places.centres_mm[None], axis=2).argmin(axis=1)
    shifts = np.arange(-REACH_MM, REACH_MM + 1.0)
    found = {}
    for n, level in enumerate(spine.levels):
        mine = owner == n
        if not mine.any() or (grey(at[mine]) >= 0).mean() < LEAST_IN_VIEW:
            continue
        table = np.array(
            [
                [_mean(likely, places.ct_grey[mine], grey(at[mine] + [0, y, z])) for z in shifts]
                for y in shifts
            ]
        )
        y, z = np.unravel_index(int(table.argmax()), table.shape)
        found[level] = float(np.hypot(shifts[y], shifts[z]))
    return found


class _LevelsAt:
    """Grey levels of the MRI at any places, on the scale of the places it was made for; -1 outside."""

    def __init__(self, mri: Volume, at: Array) -> None:
        self.mri = mri
        index, inside = self._index(at)
        values = np.asarray(mri.values[tuple(index[inside].T)], dtype=float)
        self.edges = np.quantile(values, np.linspace(0, 1, BINS // 2 + 1)[1:-1])

    def _index(self, at: Array) -> tuple[AnyArray, AnyArray]:
        index = np.rint(self.mri.to_index(at)).astype(int)
        return index, np.asarray(((index >= 0) & (index < self.mri.shape)).all(axis=1))

    def __call__(self, at: Array) -> AnyArray:
        index, inside = self._index(at)
        levels = np.full(len(at), -1)
        levels[inside] = np.searchsorted(self.edges, self.mri.values[tuple(index[inside].T)])
        return levels


def _log_likelihood(ct: AnyArray, mri: AnyArray) -> Array:
    """Logarithm of how likely each grey of the MRI is for each grey of the CT, against chance."""
    joint = np.full((BINS, BINS // 2), PER_BIN)
    seen = mri >= 0
    np.add.at(joint, (ct[seen], mri[seen]), 1.0)
    given = joint / joint.sum(axis=1, keepdims=True)
    return np.asarray(np.log(given / (joint.sum(axis=0) / joint.sum())))


def _mean(likely: Array, ct: AnyArray, mri: AnyArray) -> float:
    seen = mri >= 0
    return float(likely[ct[seen], mri[seen]].mean()) if seen.any() else -np.inf
