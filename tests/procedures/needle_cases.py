"""Vertebrae of known shape for the needle tests: mirrored, cut off, bodies alone; needles as points."""

from dataclasses import replace

import numpy as np

from vertebro.kernels.arrays import Array
from vertebro.patient.spine import Spine
from vertebro.patient.synthetic import VertebraTruth
from vertebro.procedures.access import Wish, find_paths
from vertebro.procedures.devices import needle_of
from vertebro.procedures.site import Site, site_of
from vertebro.procedures.trajectory import Side, Trajectory
from vertebro.vocabulary.known import Unknown
from vertebro.vocabulary.levels import Level

WISH = Wish((needle_of(11), needle_of(13)))


def mirrored(spine: Spine) -> Spine:
    """The same spine with right and left exchanged in the patient."""
    flip = np.diag([-1.0, 1.0, 1.0, 1.0])
    return Spine(
        {x.level: replace(x, mask=replace(x.mask, affine_mm=flip @ x.mask.affine_mm)) for x in spine},
        spine.named_by,
    )


def site(spine: Spine, level: Level) -> Site:
    """The site of a level that must have one."""
    found = site_of(spine, level)
    assert isinstance(found, Site), found
    return found


def paths(spine: Spine, level: Level, side: Side, wish: Wish = WISH) -> tuple[Trajectory, ...]:
    """The paths of a side that must have one."""
    found = find_paths(site(spine, level), side, wish)
    assert not isinstance(found, Unknown), found.why
    return found


def surface(path: Trajectory, behind_mm: float = 0.0) -> Array:
    """Points (n, 3) on and in a needle, LPS mm, from ``behind_mm`` before the entry to the tip."""
    depths = np.arange(-behind_mm, path.depth_mm, 0.5)
    other = np.cross(path.direction, [0.0, 0.0, 1.0])
    side = other / np.linalg.norm(other)
    up = np.cross(side, path.direction)
    turns = np.linspace(0, 2 * np.pi, 16, endpoint=False)
    rims = [r * (np.cos(t) * side + np.sin(t) * up) for r in (0.0, path.needle.outer_mm / 2) for t in turns]
    return np.asarray((path.at_mm(depths)[:, None, :] + np.array(rims)[None]).reshape(-1, 3))


def true_canal_mm(truth: VertebraTruth, points_mm: Array) -> Array:
    """Distance (mm) of points from the analytic canal of a synthetic vertebra; negative within it."""
    right, anterior, superior = truth.frame.local_mm(points_mm).T.astype(np.float32)
    outline = truth.arch.canal_distance(right, anterior)
    body = truth.body.distance((right, anterior, superior))
    here = np.abs(superior) < truth.body.posterior_mm / 2
    return np.asarray(np.where(here, np.maximum(outline, -body), np.inf))
