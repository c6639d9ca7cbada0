"""Place the walls of a body by the grey values of the CT, where the mask is too coarse to tell."""

from __future__ import annotations

from dataclasses import replace
from itertools import product

import numpy as np

from vertebro.fracture.body import RIM, STEP_MM, Body
from vertebro.kernels.arrays import AnyArray, Array
from vertebro.kernels.edges import Blur, Prior, Seen, fit_edge
from vertebro.kernels.geometry import extent_along
from vertebro.kernels.surfaces import WallLine
from vertebro.patient.volume import Volume
from vertebro.vocabulary.library import cited_values

v = cited_values(beside=__file__, name="shape_values.yaml")

BLURS_MM = (0.1, 0.5, 1.0)
"""Blurs tried for the scanner."""

INNER, OUTER = 4.0, 1.0
"""How far (mm) inside and outside a wall grey values are read, besides a voxel's own reach."""

NOISE_CLUMPS = 4.0
"""Voxels of a CT that share one noise or one patch of texture."""

LEAST_VOXELS = 30
"""Voxels without which a wall is left where the mask has it."""

FREE_MM = 1e3
"""A reach so large that it binds nothing."""


def voxels_in(body: Body, ct: Volume, box_mm: Array) -> tuple[AnyArray, Array]:
    """Indices and places (right, anterior, superior) of the CT's voxels about a box in the body's frame."""
    corners = np.array(list(product(*box_mm.T)))
    at = ct.to_index(body.frame.world_mm(corners))
    first = np.maximum(np.floor(at.min(axis=0)).astype(int), 0)
    last = np.minimum(np.ceil(at.max(axis=0)).astype(int), np.array(ct.shape) - 1)
    ranges = [np.arange(f, n + 1) for f, n in zip(first, last, strict=True)]
    index = np.stack(np.meshgrid(*ranges, indexing="ij"), -1).reshape(-1, 3)
    return index, body.frame.local_mm(ct.to_mm(index))


def sharpened(body: Body, ct: Volume) -> Body:
    """The body with both walls placed by the grey values where these show them clearly."""
    back, back_profile = _placed(body, ct, body.posterior_wall, body.posterior_profile_mm)
    front, front_profile = _placed(body, ct, body.anterior_wall, body.anterior_profile_mm)
    return replace(
        body,
        posterior_wall=back,
        anterior_wall=front,
        posterior_profile_mm=back_profile,
        anterior_profile_mm=front_profile,
    )


def _placed(body: Body, ct: Volume, wall: WallLine, profile: Array) -> tuple[WallLine, Array]:
    """The wall and its profile, moved to where the grey values have the edge of the bone."""
    side = 1.0 if float(wall(0.0)) > float(body.posterior_wall(0.0) + body.anterior_wall(0.0)) / 2 else -1.0
    picked = _near_wall(body, ct, wall, profile, side)
    if picked is None:
        return wall, profile
    distance, terms, grey = picked
    normal = body.frame.anterior - wall.slope * body.frame.superior
    shadows = np.abs(ct.directions.T @ (normal / np.linalg.norm(normal))) * ct.spacing_mm
    prior = _prior(body, side * wall.bend_mm)
    views = [Seen(distance, terms, grey, v.endplate_hu.value, Blur.of_voxel(shadows, s)) for s in BLURS_MM]
    fits = [fit_edge(view, prior) for view in views]
    best = min(fits, key=lambda f: f.residual)
    moved = side * best.shift_mm
    if best.explained < v.edge_explained.value or np.abs(moved[:3]).max() > body.voxel_mm[1] + STEP_MM:
        return wall, profile
    half = (wall.high_mm - wall.low_mm) / 2
    slope = wall.slope + float(moved[1]) / half
    centre = (wall.high_mm + wall.low_mm) / 2
    offset = wall.offset_mm + float(moved[0]) - float(moved[1]) * centre / half
    new = WallLine(offset, slope, wall.bend_mm + float(moved[2]), wall.low_mm, wall.high_mm)
    return new, profile + new(body.superior_mm) - wall(body.superior_mm)


def _prior(body: Body, bend_mm: float) -> Prior:
    step = max(STEP_MM, body.voxel_mm[1])
    reach = v.wall_shape.value["bend"]
    shell, outside = v.endplate_thickness.value, v.wall_surroundings_hu.value
    return Prior(
        guess=np.array([0.0, 0.0, bend_mm, 0.0, 0.0]),
        reach=np.array([FREE_MM, FREE_MM, reach, reach, reach]),
        shift=np.array([step / 2, step / 2, step / 2, FREE_MM, FREE_MM]),
        shell_mm=(shell[0], shell[1]),
        outside=(outside[0], outside[1]),
        packed=v.packed_hu.value,
        clumps=NOISE_CLUMPS,
    )


def _near_wall(
    body: Body, ct: Volume, wall: WallLine, profile: Array, side: float
) -> tuple[Array, Array, Array] | None:
    """Distance outside the wall, terms and grey values of the CT's voxels about it, clear of fragments."""
    size = extent_along(ct.directions, ct.spacing_mm, body.frame.anterior)
    half = max(4.0, min(2.5 * body.voxel_mm[0], 0.2 * body.width_mm))
    heights = np.array([wall.low_mm, wall.high_mm])
    reach = np.sort(wall(heights)[:, None] + side * np.array([-INNER - size, OUTER + size]), axis=None)
    box = np.array([[-half, reach[0], heights[0]], [half, reach[-1], heights[1]]])
    index, local = voxels_in(body, ct, box)
    right, front, height = local.T
    out = side * (front - wall(height))
    rim = (wall.high_mm - wall.low_mm) * RIM / 2
    rim += extent_along(ct.directions, ct.spacing_mm, body.frame.superior) / 2
    known = np.isfinite(profile)
    fragment = np.interp(height, body.superior_mm[known], side * (profile - wall(body.superior_mm))[known])
    use = (np.abs(right) <= half) & (out >= -INNER - size) & (out <= OUTER + size)
    use &= (height >= wall.low_mm + rim) & (height <= wall.high_mm - rim)
    use &= fragment <= max(STEP_MM, 0.6 * body.voxel_mm[1])
    if use.sum() < LEAST_VOXELS:
        return None
    grey = ct.values[tuple(index[use].T)].astype(float)
    if not np.isfinite(grey).all():
        return None
    t = (2 * height[use] - wall.high_mm - wall.low_mm) / (wall.high_mm - wall.low_mm)
    y = right[use] / half
    cosine = 1 / np.hypot(1.0, wall.slope)
    terms = np.stack([np.ones_like(t), t, -(1 - t**2), y**2, y], axis=-1) * cosine
    return out[use] * cosine, terms, grey
