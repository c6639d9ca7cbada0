"""Find the body inside a whole vertebra: its directions, its walls, its end-plates as height maps."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from scipy import ndimage

from vertebro.kernels.arrays import Array, Mask
from vertebro.kernels.geometry import (
    Grid,
    enclosed_hole,
    extent_along,
    first_exit,
    largest_part,
    longest_run,
    resampled,
    run_edges,
    thickest_point,
)
from vertebro.kernels.surfaces import WallFit, WallLine, robust_least_squares, wall_line
from vertebro.patient.frame import BodyFrame
from vertebro.patient.spine import Vertebra
from vertebro.patient.volume import Volume
from vertebro.vocabulary.levels import Level
from vertebro.vocabulary.library import cited_values

v = cited_values(beside=__file__, name="shape_values.yaml")

STEP_MM = 1.0
"""Sampling step of the body's own grid; the edges are found between the samples."""

RIM = 0.15
"""Share of a height or depth next to a rim that is left out of line and plane fits: beaks, round edges."""

CORE_MM = 6.0
"""Reach about the centre of a body that is bone in every body, however small."""

LEAST_WALL_MM = 5.0
"""A wall shorter than this tells its place but not its slope."""

LEAST_PLATE = 30
"""Columns (about mm2) of an end-plate without which its tilt cannot be told."""

WALL_BAND_MM = 3.0
"""Half the width of the strip beside the mid-sagittal plane in which the walls are followed."""

WALL_SCATTER = 0.6
"""Points of a wall scatter by up to half a voxel of the mask about it."""

INNER_ROWS = 0.3
"""Share of the rows of a wall that lie where it should be, whatever a fragment does to the others."""

BESIDE = 0.7
"""Where the height of a wall is read, as a share of its distance from the centre: clear of any fragment."""

HOLLOW_WALL_MM = 4.0
"""No wall is more hollow than this."""

CANAL_CLEAR = 2
"""Samples behind the wall at which the search for the lamina starts, clear of the wall's own ramp."""


class NoBody(Exception):
    """No vertebral body can be told apart in this mask; caught where it becomes an Unknown."""


@dataclass(frozen=True)
class Body:
    """The body of one vertebra in its own frame; all coordinates (right, anterior, superior) in mm.

    ``upper_mm`` and ``lower_mm`` are height maps over (right, anterior), NaN outside the body.
    ``lamina_mm`` is None where the mask shows no closed ring behind the body.
    ``missing`` names the parts that the border of the image cuts off.
    """

    level: Level
    frame: BodyFrame
    right_mm: Array
    anterior_mm: Array
    superior_mm: Array
    upper_mm: Array
    lower_mm: Array
    width_mm: float
    posterior_wall: WallLine
    anterior_wall: WallLine
    posterior_profile_mm: Array
    anterior_profile_mm: Array
    lamina_mm: Array | None
    voxel_mm: tuple[float, float, float]
    grid_rows: Array
    missing: frozenset[str] = frozenset()

    @property
    def depth_mm(self) -> float:
        """Distance of the two walls at the height of the origin."""
        return float(self.anterior_wall(0.0) - self.posterior_wall(0.0))

    @property
    def voxel_step(self) -> tuple[float, tuple[float, float]]:
        """The steps in which the mask tells heights: their size (mm), how they lean to right and front."""
        along = np.array(self.grid_rows @ self.frame.axes.T)
        row = along[np.argmax(np.abs(along[:, 2]))]
        return float(1 / abs(row[2])), (float(-row[0] / row[2]), float(-row[1] / row[2]))

    @property
    def half_band_mm(self) -> float:
        """Half the width of the mid-sagittal band."""
        return float(self.width_mm * v.band_width_share.value / 2)


def find_body(vertebra: Vertebra, superior: Array, anterior: Array) -> Body:
    """The body of a vertebra, from guesses of where superior and anterior lie (unit vectors, LPS)."""
    frame = BodyFrame.from_directions(vertebra.centre_mm, anterior, superior)
    frame, has_ring = _facing_forward(vertebra, frame)
    body = _measured(vertebra, frame, has_ring)
    for _ in range(2):  # the second round changes the directions by a fraction of a degree
        body = _measured(vertebra, _levelled(body), has_ring)
    return body


def _grid(mask: Volume, frame: BodyFrame, step_mm: float) -> Grid:
    points = frame.local_mm(mask.to_mm(np.argwhere(mask.values)))
    reach = 2 * float(mask.spacing_mm.max())
    return Grid.around(points.min(axis=0) - reach, points.max(axis=0) + reach, np.full(3, step_mm))


def _occupancy(mask: Volume, frame: BodyFrame, grid: Grid) -> Array:
    return resampled(mask.values, mask.affine_mm, frame.origin_mm, frame.axes, grid)


def _facing_forward(vertebra: Vertebra, frame: BodyFrame) -> tuple[BodyFrame, bool]:
    """The frame turned about its superior axis so that anterior runs from the canal through the body."""
    has_ring = False
    for _ in range(3):  # the first turn may be large, the later ones polish it
        grid = _grid(vertebra.mask, frame, STEP_MM)
        thickness = (_occupancy(vertebra.mask, frame, grid) > 0.5).sum(axis=2) * STEP_MM
        silhouette = thickness > 0
        hole = enclosed_hole(silhouette, v.smallest_canal_mm2.value / STEP_MM**2)
        at, radius = thickest_point(silhouette)
        rough = np.array([grid.right_mm[at[0]], grid.anterior_mm[at[1]]])
        if hole is None:
            body, canal = _without_ring(silhouette, radius, grid)
        else:
            body, canal = _before(hole, rough, silhouette, thickness, grid)
        has_ring = hole is not None
        forward = frame.anterior if canal is None else _turn(frame, body - canal)
        origin = frame.world_mm(np.array([body[0], body[1], 0.0]))
        frame = BodyFrame.from_directions(origin, forward, frame.superior)
    return frame, has_ring


def _turn(frame: BodyFrame, step: Array) -> Array:
    return np.asarray(step[0] * frame.right + step[1] * frame.anterior)


def _places(chosen: Mask, grid: Grid) -> Array:
    i, j = np.nonzero(chosen)
    return np.stack([grid.right_mm[i], grid.anterior_mm[j]], axis=-1)


def _before(hole: Mask, rough: Array, silhouette: Mask, thickness: Array, grid: Grid) -> tuple[Array, Array]:
    """Centres (right, anterior) of the body and of the canal: the body is what lies before the canal."""
    canal_places = _places(hole, grid)
    canal = canal_places.mean(axis=0)
    forward = (rough - canal) / np.linalg.norm(rough - canal)
    edge = ((canal_places - canal) @ forward).max()
    places = _places(silhouette, grid)
    ahead = (places - canal) @ forward > edge
    if not ahead.any():
        return rough, canal
    weight = thickness[np.nonzero(silhouette)][ahead]
    return np.asarray((places[ahead] * weight[:, None]).sum(axis=0) / weight.sum()), canal


def _without_ring(silhouette: Mask, radius: float, grid: Grid) -> tuple[Array, Array | None]:
    """Centre of the body, and of what lies behind it if there is anything worth the name."""
    size = max(1, round(0.6 * radius))  # a disc that fits into the body but not into a process
    disc = np.hypot(*np.mgrid[-size : size + 1, -size : size + 1]) <= size
    body = largest_part(np.asarray(ndimage.binary_opening(silhouette, disc)))
    rest = silhouette & ~ndimage.binary_dilation(body, iterations=2)
    if not body.any():
        raise NoBody("the mask is too small for a vertebral body")
    centre = _places(body, grid).mean(axis=0)
    if rest.sum() < 0.1 * body.sum():  # nothing but corners: a body alone
        return centre, None
    return centre, _places(rest, grid).mean(axis=0)


def _measured(vertebra: Vertebra, frame: BodyFrame, has_ring: bool) -> Body:
    """Walls and end-plates in a given frame."""
    source = vertebra.mask if vertebra.body is None else vertebra.body
    grid = _grid(vertebra.mask, frame, STEP_MM)
    inside = _occupancy(source, frame, grid)
    frame, grid = _at_mid_height(frame, grid, inside)
    rough_half = _half_width(inside, grid) * v.band_width_share.value
    middle = np.abs(grid.right_mm) <= rough_half
    axes = (frame.right, frame.anterior, frame.superior)
    sizes = [extent_along(source.directions, source.spacing_mm, axis) for axis in axes]
    central = np.abs(grid.right_mm) <= max(WALL_BAND_MM, sizes[0] / 2)
    profiles = [_profile(inside[central], grid, step) for step in (-1, +1)]
    lower, upper = run_edges(inside, grid.superior_mm)
    walls = [_wall(profile, (upper[middle], lower[middle]), grid, sizes[1]) for profile in profiles]
    profiles = [
        _near_wall(p, wall, grid, side) for p, wall, side in zip(profiles, walls, (-1, 1), strict=True)
    ]
    within = _between(walls[0], walls[1], upper, lower, grid)
    upper, lower = np.where(within, upper, np.nan), np.where(within, lower, np.nan)
    lamina = None
    if has_ring:
        lamina = _lamina(_occupancy(vertebra.mask, frame, grid), grid, walls[0], rough_half / 2)
    return Body(
        level=vertebra.level,
        frame=frame,
        right_mm=grid.right_mm,
        anterior_mm=grid.anterior_mm,
        superior_mm=grid.superior_mm,
        upper_mm=upper,
        lower_mm=lower,
        width_mm=_width(upper - lower, grid, walls),
        posterior_wall=walls[0],
        anterior_wall=walls[1],
        posterior_profile_mm=profiles[0],
        anterior_profile_mm=profiles[1],
        lamina_mm=lamina,
        voxel_mm=(sizes[0], sizes[1], sizes[2]),
        grid_rows=np.asarray(np.linalg.inv(source.affine_mm)[:3, :3]),
    )


def _near(grid: Grid, radius_mm: float) -> Mask:
    return np.asarray(np.hypot(grid.right_mm[:, None], grid.anterior_mm[None, :]) <= radius_mm)


def _at_mid_height(frame: BodyFrame, grid: Grid, inside: Array) -> tuple[BodyFrame, Grid]:
    """The frame and grid moved along superior so that the origin lies half-way between the end-plates."""
    lower, upper = run_edges(inside[_near(grid, CORE_MM)], grid.superior_mm)
    centre = (lower + upper) / 2
    if not np.isfinite(centre).any():
        raise NoBody("the mask has no solid body where its centre should be")
    shift = float(np.nanmedian(centre))
    moved = replace(frame, origin_mm=frame.origin_mm + shift * frame.superior)
    return moved, replace(grid, superior_mm=grid.superior_mm - shift)


def _half_width(inside: Array, grid: Grid) -> float:
    """Half the width (mm) of the body at its centre."""
    level = np.abs(grid.superior_mm) <= CORE_MM / 2
    row = np.abs(grid.anterior_mm) <= CORE_MM / 2
    across = inside[:, row][:, :, level].reshape(len(grid.right_mm), -1).mean(axis=1) > 0.5
    _, _, length = longest_run(across)
    return float(length) * STEP_MM / 2


def _profile(inside: Array, grid: Grid, step: int) -> Array:
    """Where the mid-sagittal band leaves the bone, backwards (-1) or forwards (+1), at each height."""
    start = int(np.argmin(np.abs(grid.anterior_mm)))
    exits = first_exit(np.moveaxis(inside, 1, 2), grid.anterior_mm, start, step)
    known = np.isfinite(exits).mean(axis=0) >= 0.5
    profile = np.full(exits.shape[1], np.nan)
    profile[known] = np.nanmedian(exits[:, known], axis=0)
    return profile


def _wall(profile: Array, plates: tuple[Array, Array], grid: Grid, step_mm: float) -> WallLine:
    """The line along a wall, fitted between the rims of the end-plates."""
    upper, lower = plates
    known = np.isfinite(profile)
    core = known & (np.abs(grid.superior_mm) <= CORE_MM / 2)
    if not core.any():
        raise NoBody("the mask has no wall at half its height")
    place = float(np.median(profile[core]))
    column = int(np.argmin(np.abs(grid.anterior_mm - BESIDE * place)))
    top, bottom = _middle_of(upper[:, column]), _middle_of(lower[:, column])
    share = (grid.superior_mm - bottom) / (top - bottom)
    use = known & (share >= RIM / 2) & (share <= 1 - RIM / 2)
    if use.any():  # a row much further in than the inner ones met an end-plate instead of the wall
        far = np.abs(np.nan_to_num(profile))
        use &= far >= np.quantile(far[use], INNER_ROWS) - HOLLOW_WALL_MM
    if use.sum() * STEP_MM < LEAST_WALL_MM:
        return WallLine(place, 0.0, 0.0, bottom, top)
    within = max(STEP_MM, WALL_SCATTER * step_mm)
    reach = v.wall_shape.value
    samples = max(1.0, step_mm / STEP_MM)
    fit = WallFit(bottom, top, float(np.sign(place)), within, reach["bend"], reach["tilt"], samples)
    return wall_line(grid.superior_mm[use], profile[use], fit)


def _middle_of(edges: Array) -> float:
    known = edges[np.isfinite(edges)]
    if not len(known):
        raise NoBody("the end-plates cannot be seen beside a wall")
    return float(np.median(known))


def _near_wall(profile: Array, wall: WallLine, grid: Grid, side: int) -> Array:
    """The profile without the places far inside the wall: there a line met a hollow end-plate instead."""
    inward = side * (wall(grid.superior_mm) - profile)
    return np.where(np.nan_to_num(inward, nan=np.inf) <= HOLLOW_WALL_MM, profile, np.nan)


def _between(posterior: WallLine, anterior: WallLine, upper: Array, lower: Array, grid: Grid) -> Mask:
    """Columns of the body: between the two walls at their own height, and high enough to be bone."""
    middle = (upper + lower) / 2
    place = grid.anterior_mm[None, :]
    with np.errstate(invalid="ignore"):
        inside = (place >= posterior(middle)) & (place <= anterior(middle)) & (upper - lower > STEP_MM)
    labels, _ = ndimage.label(inside)
    i, j = int(np.argmin(np.abs(grid.right_mm))), int(np.argmin(np.abs(grid.anterior_mm)))
    if labels[i, j] == 0:
        raise NoBody("the mask has no solid body where its centre should be")
    return np.asarray(labels == labels[i, j])


def _width(height: Array, grid: Grid, walls: list[WallLine]) -> float:
    """Width (mm) of the body at half its depth."""
    depth = float(walls[1](0.0) - walls[0](0.0))
    middle = float(walls[1](0.0) + walls[0](0.0)) / 2
    row = np.abs(grid.anterior_mm - middle) <= depth / 8
    tall = np.nan_to_num(height[:, row])
    if not (tall > 0).any():
        raise NoBody("the mask has no solid body at half its depth")
    across = np.median(tall, axis=1) > np.median(tall[tall > 0]) / 2
    _, _, length = longest_run(across)
    return float(length) * STEP_MM


def _lamina(inside: Array, grid: Grid, wall: WallLine, half_mm: float) -> Array:
    """Where the posterior elements begin behind the canal in the mid-sagittal band, at each height."""
    band = inside[np.abs(grid.right_mm) <= half_mm].mean(axis=0)
    found = np.full(len(grid.superior_mm), np.nan)
    for k, height in enumerate(grid.superior_mm):
        start = int(np.searchsorted(grid.anterior_mm, float(wall(height)))) - CANAL_CLEAR
        if start > 0 and band[start, k] <= 0.5:
            behind = first_exit(1.0 - band[:, k][None], grid.anterior_mm, start, -1)
            found[k] = behind[0]
    return found


def _levelled(body: Body) -> BodyFrame:
    """The frame tilted so that superior is the mean of the two end-plates' normals."""
    depth, middle = body.depth_mm, float(body.anterior_wall(0.0) + body.posterior_wall(0.0)) / 2
    right, front = np.meshgrid(body.right_mm, body.anterior_mm, indexing="ij")
    inner = (np.abs(right) <= body.width_mm / 3) & (np.abs(front - middle) <= depth / 2 * (1 - RIM))
    normals = []
    for plate in (body.upper_mm, body.lower_mm):
        use = inner & np.isfinite(plate)
        if use.sum() < LEAST_PLATE:
            raise NoBody("too little of an end-plate can be seen")
        design = np.stack([np.ones(use.sum()), right[use], front[use]], axis=-1)
        (_, by_right, by_front), _ = robust_least_squares(design, plate[use], STEP_MM / 4)
        normal = np.array([-by_right, -by_front, 1.0])
        normals.append(normal / np.linalg.norm(normal))
    superior = (normals[0] + normals[1]) @ body.frame.axes
    centre = body.frame.world_mm(np.array([0.0, middle, 0.0]))
    return BodyFrame.from_directions(centre, body.frame.anterior, superior)
