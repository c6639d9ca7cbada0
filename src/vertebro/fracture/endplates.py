"""The end-plates as smooth surfaces, to a fraction of a voxel: from the mask, refined by the grey values."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from vertebro.fracture.body import STEP_MM, Body, NoBody
from vertebro.kernels.arrays import AnyArray, Array, Mask
from vertebro.kernels.edges import Blur, EdgeFit, Prior, fit_edge
from vertebro.kernels.geometry import extent_along, resampled_at
from vertebro.kernels.surfaces import Rimmed, robust_least_squares, scale_of
from vertebro.patient.spine import Vertebra
from vertebro.patient.volume import Volume
from vertebro.vocabulary.library import cited_values

v = cited_values(beside=__file__, name="shape_values.yaml")

TRIALS = 48
"""Sub-voxel shifts and tilts at which a surface is digitised again to learn what the grid hides."""

BLURS_MM = (0.3, 0.6, 0.9, 1.3, 1.8)
"""Blurs tried for the scanner; the fit is flat between them."""

REACH_MM = 4.0
"""How far from an end-plate grey values are read, plus a voxel: shell, a little marrow, a little disc."""

SIDE_BLUR_MM = 1.2
"""How far the blur of a side wall reaches into the grey values of the end-plate."""

NOISE_CLUMPS = 4.0
"""Voxels of a CT that share one noise or one patch of texture."""

LEAST_COLUMNS = 12
"""Columns of an end-plate without which no surface can be told."""

FREE_MM = 1e3
"""A reach so large that it binds nothing."""


@dataclass(frozen=True)
class EndPlate:
    """One end-plate of a body as a smooth surface, and the error of it at points of the mid-sagittal line.

    ``errors_mm`` holds, for each of a number of trials (rows), by how much the surface misses at each of
    ``places_mm`` (columns, anterior coordinate). ``from_ct`` is True where grey values placed the edge;
    ``why_not`` says why they did not.
    """

    surface: Rimmed
    sign: float
    half_band_mm: float
    places_mm: Array
    errors_mm: Array
    roughness_mm: float
    from_ct: bool
    why_not: str

    def height_mm(self, anterior_mm: AnyArray) -> Array:
        """Superior coordinate of the plate, averaged over the mid-sagittal band."""
        return band_mean(self.surface, self.half_band_mm, anterior_mm)

    def error_mm(self, anterior_mm: AnyArray) -> Array:
        """Trials of the error at these places: one row per trial."""
        at = np.atleast_1d(np.asarray(anterior_mm, dtype=float))
        return np.stack([np.interp(at, self.places_mm, row) for row in self.errors_mm])


def band_mean(surface: Rimmed, half_band_mm: float, anterior_mm: AnyArray) -> Array:
    """Mean height over the mid-sagittal band at each place from back to front."""
    across = np.linspace(-half_band_mm, half_band_mm, 9)
    at = np.atleast_1d(np.asarray(anterior_mm, dtype=float))
    right, front = np.meshgrid(across, at, indexing="ij")
    return np.asarray(surface(right, front).mean(axis=0))


def end_plates(body: Body, ct: Volume | None, others: Sequence[Vertebra]) -> tuple[EndPlate, EndPlate]:
    """The upper and the lower end-plate; ``others`` are the neighbours, whose bone is left out of the fit."""
    upper, lower = (_from_mask(body, sign) for sign in (1.0, -1.0))
    if ct is None:
        return upper, lower
    return _from_ct(body, upper, lower, ct, others), _from_ct(body, lower, upper, ct, others)


def _fit_region(body: Body, sign: float) -> tuple[Array, Array, Array]:
    """Right, anterior and height of the columns that carry the fit: the band, clear of the two walls."""
    plate = body.upper_mm if sign > 0 else body.lower_mm
    right, front = np.meshgrid(body.right_mm, body.anterior_mm, indexing="ij")
    clear = max(STEP_MM, 0.75 * body.voxel_mm[1])  # the walls' own ramps lie within this
    with np.errstate(invalid="ignore"):
        inside = (front >= body.posterior_wall(plate) + clear) & (front <= body.anterior_wall(plate) - clear)
    use = np.isfinite(plate) & inside & (np.abs(right) <= _half_fit_mm(body))
    return right[use], front[use], plate[use]


def _half_fit_mm(body: Body) -> float:
    """Half the width of the region of the fit: the band and a little more, at least a voxel's width."""
    return max(1.25 * body.half_band_mm, 0.75 * body.voxel_mm[0])


def _blank(body: Body, height_mm: float) -> Rimmed:
    """A flat surface between the rims of the body at this height."""
    back, front = float(body.posterior_wall(height_mm)), float(body.anterior_wall(height_mm))
    half = (front - back) / 2 * (1 - 2 * float(v.corner_inset.value))
    return Rimmed(np.zeros(9), (back + front) / 2, half, _half_fit_mm(body))


def _reach_mm() -> Array:
    """How large the coefficients of an end-plate get (mm): place and tilt free, hollows ever smaller."""
    reach = np.full(9, FREE_MM)
    reach[list(Rimmed.ACROSS)] = v.endplate_across.value
    reach[list(Rimmed.HOLLOWS)] = v.endplate_hollows.value
    return reach


def _from_mask(body: Body, sign: float) -> EndPlate:
    right, front, height = _fit_region(body, sign)
    if len(height) < LEAST_COLUMNS:
        raise NoBody("too little of an end-plate can be seen")
    blank = _blank(body, float(np.median(height)))
    design = blank.design(right, front)
    stiffness = _stiffness(body, len(height))
    coefficients, _ = robust_least_squares(design, height, STEP_MM / 4, stiffness)
    surface = replace(blank, coefficients=coefficients)
    places = blank.centre_mm + 1.2 * blank.half_depth_mm * np.linspace(-1, 1, 25)
    return EndPlate(
        surface=surface,
        sign=sign,
        half_band_mm=body.half_band_mm,
        places_mm=places,
        errors_mm=_digitising_errors(body, surface, places, int(sign > 0)),
        roughness_mm=scale_of(height - design @ coefficients),
        from_ct=False,
        why_not="no CT was given",
    )


def _stiffness(body: Body, samples: int) -> Array:
    """Ridge of a fit to mask columns: each voxel along the depth counts once, with the error of its step."""
    voxels = max(1.0, body.depth_mm / max(STEP_MM, body.voxel_mm[1]))
    noise = body.voxel_step[0] / np.sqrt(12)
    return np.asarray(samples / voxels * (noise / _reach_mm()) ** 2)


def _digitising_errors(body: Body, surface: Rimmed, places: Array, seed: int) -> Array:
    """How far a fit to the mask's voxels may miss, found by digitising the fitted surface again.

    The surface is shifted and tilted by up to half a voxel at its ends, cut into the mask's own voxel
    steps, and fitted again: where the grid lies flat against the end-plate the steps hide the shift,
    where it lies askew the steps average it out.
    """
    rng = np.random.default_rng(seed)  # the same spread for the same mask, another for the other plate
    depth, half = body.depth_mm, _half_fit_mm(body)
    rows = np.arange(-half, half + 1e-6, max(STEP_MM, body.voxel_mm[0]))
    columns = np.arange(0.05 * depth, 0.95 * depth, max(STEP_MM, body.voxel_mm[1])) + body.posterior_wall(0.0)
    right, front = (g.ravel() for g in np.meshgrid(rows - rows.mean(), columns, indexing="ij"))
    design = surface.design(right, front)
    ridge = np.diag(_stiffness(body, len(design)))
    back = np.linalg.solve(design.T @ design + ridge, design.T)
    x = design[:, 1]
    step, (by_right, by_front) = body.voxel_step
    errors = np.empty((TRIALS, len(places)))
    for trial in range(TRIALS):
        shift, tilt = rng.uniform(-0.5, 0.5, 2) * step
        true = surface(right, front) + shift + tilt * x
        phase = (true - by_right * right - by_front * front) / step
        seen = true + (np.round(phase) - phase) * step
        missed = replace(surface, coefficients=back @ (seen - true))
        errors[trial] = band_mean(missed, body.half_band_mm, places)
    return errors


def _from_ct(
    body: Body, plate: EndPlate, opposite: EndPlate, ct: Volume, others: Sequence[Vertebra]
) -> EndPlate:
    """The plate with its edge placed by the grey values, or as it was with the reason why not."""
    picked = _grey_near(body, plate, opposite, ct, others)
    if isinstance(picked, str):
        return replace(plate, why_not=picked)
    right, front, height, grey = picked
    by_right, by_front = plate.surface.slopes(right, front)
    cosine = 1 / np.sqrt(1 + by_right**2 + by_front**2)
    distance = plate.sign * (height - plate.surface(right, front)) * cosine
    design = plate.surface.design(right, front) * cosine[:, None]
    shadows = _shadows(body, plate, ct)
    dense = float(v.endplate_hu.value)
    reach = _reach_mm()
    shift = np.minimum(reach, body.voxel_step[0])  # a mask is seldom off by more than its own voxel
    prior = Prior(plate.sign * plate.surface.coefficients, reach, shift, NOISE_CLUMPS)
    fits = [fit_edge(distance, design, grey, dense, Blur.of_voxel(shadows, s), prior) for s in BLURS_MM]
    fit = min(fits, key=lambda f: f.residual)
    moved_by = replace(plate.surface, coefficients=fit.shift_mm)
    moved = band_mean(moved_by, plate.half_band_mm, plate.places_mm)
    wrong = _distrust(fit, moved, body)
    if wrong:
        return replace(plate, why_not=wrong)
    surface = replace(plate.surface, coefficients=plate.surface.coefficients + plate.sign * fit.shift_mm)
    errors = _grey_errors(fit, plate)
    return replace(plate, surface=surface, errors_mm=errors, from_ct=True, why_not="")


def _distrust(fit: EdgeFit, moved_mm: Array, body: Body) -> str:
    """Why a fit to the grey values is not believed; empty if it is."""
    if fit.explained < float(v.edge_explained.value):
        return "the grey values show no clear edge at the end-plate"
    if fit.inside < fit.outside - fit.residual:
        return "the bone under the end-plate is not denser than what lies beyond it"
    if np.abs(moved_mm).max() > 1.5 * body.voxel_step[0] + STEP_MM:
        return "the edge in the grey values lies more than a voxel from the mask's"
    return ""


def _grey_errors(fit: EdgeFit, plate: EndPlate) -> Array:
    """Trials of the error of an edge found in grey values: noise and the shell's unknown density."""
    rng = np.random.default_rng(int(plate.sign > 0))
    root = np.linalg.cholesky(fit.covariance_mm2 + 1e-12 * np.eye(len(fit.covariance_mm2)))
    noise = rng.standard_normal((TRIALS, len(root))) @ root.T
    shell = fit.shell_mm / 2 * float(v.endplate_hu_spread.value)
    common = rng.standard_normal(TRIALS) * shell
    rows = [
        band_mean(replace(plate.surface, coefficients=c), plate.half_band_mm, plate.places_mm) for c in noise
    ]
    return np.array(rows) + common[:, None]


def _shadows(body: Body, plate: EndPlate, ct: Volume) -> Array:
    """How wide one voxel of the CT is along the plate's mean normal, for each of its three axes."""
    by_right, by_front = plate.surface.slopes(np.zeros(1), np.full(1, plate.surface.centre_mm))
    local = np.array([-by_right[0], -by_front[0], 1.0])
    normal = local / np.linalg.norm(local) @ body.frame.axes
    return np.asarray(np.abs(ct.directions.T @ normal) * ct.spacing_mm)


def _grey_near(
    body: Body, plate: EndPlate, opposite: EndPlate, ct: Volume, others: Sequence[Vertebra]
) -> tuple[Array, Array, Array, Array] | str:
    """Places (right, anterior, superior) and grey values of the CT's own voxels about an end-plate."""
    reach = REACH_MM + extent_along(ct.directions, ct.spacing_mm, body.frame.superior)
    half, low, high = _half_fit_mm(body), body.posterior_wall(0.0), body.anterior_wall(0.0)
    heights = plate.height_mm(np.linspace(low, high, 9))
    corners = np.array(
        [
            [r, a, s]
            for r in (-half, half)
            for a in (low, high)
            for s in (heights.min() - reach, heights.max() + reach)
        ]
    )
    index = ct.to_index(body.frame.world_mm(corners))
    first = np.maximum(np.floor(index.min(axis=0)).astype(int), 0)
    last = np.minimum(np.ceil(index.max(axis=0)).astype(int), np.array(ct.shape) - 1)
    if (last <= first).any():
        return "the CT does not hold the end-plate"
    grid = np.stack(
        np.meshgrid(*(np.arange(f, n + 1) for f, n in zip(first, last, strict=True)), indexing="ij"), -1
    )
    grid = grid.reshape(-1, 3)
    world = ct.to_mm(grid)
    local = body.frame.local_mm(world)
    right, front, height = local.T
    clear = SIDE_BLUR_MM + 0.75 * extent_along(ct.directions, ct.spacing_mm, body.frame.anterior)
    surface = plate.surface(right, front)
    use = (np.abs(right) <= half) & (np.abs(height - surface) <= reach)
    use &= (front >= body.posterior_wall(height) + clear) & (front <= body.anterior_wall(height) - clear)
    beyond = world + plate.sign * (0.75 * (reach - REACH_MM) + STEP_MM) * body.frame.superior
    use &= ~_in_bone(others, world) & ~_in_bone(others, beyond)
    use &= plate.sign * (2 * height - surface - opposite.surface(right, front)) > 0  # this plate's half
    if use.sum() < 3 * len(plate.surface.coefficients):
        return "too few voxels of the CT lie clear of the neighbours"
    grey = ct.values[tuple(grid[use].T)].astype(float)
    if not np.isfinite(grey).all():
        return "the CT holds values that are no numbers"
    outside = plate.sign * (height[use] - surface[use]) > STEP_MM
    if outside.sum() < len(plate.surface.coefficients):
        return "the neighbour lies too close to see the edge of the end-plate"
    return right[use], front[use], height[use], grey


def _in_bone(others: Sequence[Vertebra], world: Array) -> Mask:
    inside = np.zeros(len(world), dtype=bool)
    for other in others:
        inside |= resampled_at(other.mask.values, other.mask.affine_mm, world) > 0
    return inside
