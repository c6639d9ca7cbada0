"""The end-plates as smooth surfaces, to a fraction of a voxel: from the mask, refined by the grey values."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from vertebro.fracture import rims
from vertebro.fracture.body import STEP_MM, WALL_SCATTER, Body, NoBody
from vertebro.fracture.rims import Rims
from vertebro.fracture.sharpen import voxels_in
from vertebro.kernels.arrays import AnyArray, Array, Mask
from vertebro.kernels.edges import Blur, EdgeFit, Prior, Seen, fit_edge
from vertebro.kernels.geometry import extent_along, resampled_at
from vertebro.kernels.surfaces import Rimmed, robust_least_squares, scale_of
from vertebro.patient.spine import Vertebra
from vertebro.patient.volume import Volume
from vertebro.vocabulary.library import cited_values

v = cited_values(beside=__file__, name="shape_values.yaml")

TRIALS = 48
"""Sub-voxel shifts and tilts at which a surface is digitised again to learn what the grid hides."""

BLURS_MM = (0.1, 0.4, 0.7, 1.0, 1.4)
"""Blurs tried for the scanner; the fit is flat between them."""

REACH_MM = 4.0
"""How far from an end-plate grey values are read, plus a voxel: shell, a little marrow, a little disc."""

SIDE_BLUR_MM = 1.2
"""How far the blur of a side wall reaches into the grey values of the end-plate."""

LEAN_MM = 3.0
"""How far a wall leans out before or behind its place at half the height."""

NOISE_CLUMPS = 4.0
"""Voxels of a CT that share one noise or one patch of texture."""

MOST_VOXELS = 1500
"""Voxels of a CT that are read about an end-plate; more do not place it any better."""

SCATTER = np.array([12.9898, 78.233, 37.719])
"""Any three numbers without a common measure."""

LEAST_COLUMNS = 12
"""Columns of an end-plate without which no surface can be told."""

MASK_ERROR = 0.35
"""Share of a voxel by which the coefficients of a fit to the mask are usually off (standard deviation)."""

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
    places_mm: Array
    errors_mm: Array
    roughness_mm: float
    from_ct: bool
    why_not: str

    def height_mm(self, anterior_mm: AnyArray) -> Array:
        """Superior coordinate of the plate in the mid-sagittal plane."""
        return mid_sagittal(self.surface, anterior_mm)

    def error_mm(self, anterior_mm: AnyArray) -> Array:
        """Trials of the error at these places: one row per trial."""
        at = np.atleast_1d(np.asarray(anterior_mm, dtype=float))
        return np.stack([np.interp(at, self.places_mm, row) for row in self.errors_mm])


def mid_sagittal(surface: Rimmed, anterior_mm: AnyArray) -> Array:
    """Height of a surface in the mid-sagittal plane."""
    at = np.atleast_1d(np.asarray(anterior_mm, dtype=float))
    return surface(np.zeros_like(at), at)


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
    back = _back_mm(body, sign, plate)
    with np.errstate(invalid="ignore"):
        inside = (front >= back + clear) & (front <= body.anterior_wall(plate) - clear)
    use = np.isfinite(plate) & inside & (np.abs(right) <= _half_fit_mm(body))
    return right[use], front[use], plate[use]


def _half_fit_mm(body: Body) -> float:
    """Half the width of the region of the fit: the band and a little more, eight coarse voxels across."""
    return max(1.25 * body.half_band_mm, min(4 * body.voxel_mm[0], 0.3 * body.width_mm))


def _back_mm(body: Body, sign: float, height_mm: AnyArray | float) -> Array:
    """Where an end-plate ends behind: at the wall, or before it where a fragment draws the line back."""
    plate = body.upper_mm if sign > 0 else body.lower_mm
    band = np.abs(body.right_mm) <= body.half_band_mm
    seen = np.isfinite(plate[band]).mean(axis=0) >= 0.5
    wall = body.posterior_wall(height_mm)
    if not seen.any():
        return wall
    hindmost = float(body.anterior_mm[seen].min())
    drawn = hindmost - wall > max(STEP_MM, WALL_SCATTER * body.voxel_mm[1])
    return np.where(drawn, hindmost - STEP_MM / 2, wall)


def _blank(body: Body, sign: float, height_mm: float) -> Rimmed:
    """A flat surface between the rims of the body at this height."""
    back, front = float(_back_mm(body, sign, height_mm)), float(body.anterior_wall(height_mm))
    half = (front - back) / 2 * (1 - 2 * float(v.corner_inset.value))
    return Rimmed(np.zeros(10), (back + front) / 2, half, _half_fit_mm(body))


def _reach_mm() -> Array:
    """How large the coefficients of an end-plate get (mm): place and tilt free, hollows ever smaller."""
    reach = np.full(10, FREE_MM)
    reach[list(Rimmed.ACROSS)] = v.endplate_across.value
    reach[list(Rimmed.HOLLOWS)] = v.endplate_hollows.value
    return reach


def _from_mask(body: Body, sign: float) -> EndPlate:
    right, front, height = _fit_region(body, sign)
    if len(height) < LEAST_COLUMNS:
        raise NoBody("too little of an end-plate can be seen")
    blank = _blank(body, sign, float(np.median(height)))
    design = blank.design(right, front)
    stiffness = _stiffness(body, len(height))
    coefficients, _ = robust_least_squares(design, height, STEP_MM / 4, stiffness)
    surface = replace(blank, coefficients=coefficients)
    places = blank.centre_mm + 1.2 * blank.half_depth_mm * np.linspace(-1, 1, 25)
    return EndPlate(
        surface=surface,
        sign=sign,
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
        errors[trial] = mid_sagittal(missed, places)
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
    prior = _prior(plate.sign * plate.surface.coefficients, body)
    views = {sigma: Seen(distance, design, grey, dense, Blur.of_voxel(shadows, sigma)) for sigma in BLURS_MM}
    if rims.are_needed(body, ct):
        ends = np.stack([_back_mm(body, plate.sign, height), body.anterior_wall(height)])
        seen = Rims.of(body, ct, (right, front, height), ends)
        corners = [fit_edge(seen.corner(view, sigma), seen.prior(prior)) for sigma, view in views.items()]
        fits = [fit.of_first(design.shape[1]) for fit in corners]
    else:
        fits = [fit_edge(view, prior) for view in views.values()]
    belief = _belief(fits, len(grey))
    mean = belief @ np.array([f.shift_mm for f in fits])
    moved = mid_sagittal(replace(plate.surface, coefficients=mean), plate.places_mm)
    wrong = _distrust(max(f.explained for f in fits), moved, body)
    if wrong:
        return replace(plate, why_not=wrong)
    surface = replace(plate.surface, coefficients=plate.surface.coefficients + plate.sign * mean)
    errors = _grey_errors(plate, fits, belief, mean)
    return replace(plate, surface=surface, errors_mm=errors, from_ct=True, why_not="")


def _belief(fits: Sequence[EdgeFit], voxels: int) -> Array:
    """Weight of each blur's fit by its likelihood, voxels that share one noise counting once."""
    residual = np.array([f.residual for f in fits])
    weight = (residual.min() / residual) ** (voxels / NOISE_CLUMPS)
    return np.asarray(weight / weight.sum())


def _prior(guess: Array, body: Body) -> Prior:
    reach = _reach_mm()
    shift = np.minimum(reach, max(STEP_MM, body.voxel_step[0]) * MASK_ERROR)
    shell, disc = v.endplate_thickness.value, v.disc_hu.value
    return Prior(
        guess, reach, shift, (shell[0], shell[1]), (disc[0], disc[1]), v.packed_hu.value, NOISE_CLUMPS
    )


def _distrust(explained: float, moved_mm: Array, body: Body) -> str:
    """Why a fit to the grey values is not believed; empty if it is."""
    if explained < float(v.edge_explained.value):
        return "the grey values show no clear edge at the end-plate"
    if np.abs(moved_mm).max() > 1.5 * body.voxel_step[0] + STEP_MM:
        return "the edge in the grey values lies more than a voxel from the mask's"
    return ""


def _grey_errors(plate: EndPlate, fits: Sequence[EdgeFit], belief: Array, mean: Array) -> Array:
    """Trials of the error of an edge found in grey values: noise, the blur and the shell's density unknown.

    The density is unknown to both plates alike, so its error lifts the one and lowers the other.
    """
    rng = np.random.default_rng(int(plate.sign > 0))
    density = np.random.default_rng(9).standard_normal(TRIALS) * float(v.endplate_hu_spread.value)
    draws = rng.choice(len(fits), TRIALS, p=belief)
    rows = np.empty((TRIALS, len(plate.places_mm)))
    for row, k, off in zip(rows, draws, density, strict=True):
        spread, vectors = np.linalg.eigh(fits[k].covariance_mm2)
        noise = vectors @ (np.sqrt(np.maximum(spread, 0)) * rng.standard_normal(len(spread)))
        outward = mid_sagittal(
            replace(plate.surface, coefficients=fits[k].shift_mm - mean + noise), plate.places_mm
        )
        row[:] = plate.sign * (outward + off * fits[k].shell_mm / 2)
    return rows


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
    half, low, high = _half_fit_mm(body), float(body.posterior_wall(0.0)), float(body.anterior_wall(0.0))
    heights = plate.height_mm(np.linspace(low, high, 9))
    box = np.array(
        [[-half, low - LEAN_MM, heights.min() - reach], [half, high + LEAN_MM, heights.max() + reach]]
    )
    index, local = voxels_in(body, ct, box)
    if not len(index):
        return "the CT does not hold the end-plate"
    world = ct.to_mm(index)
    right, front, height = local.T
    clear = np.hypot(SIDE_BLUR_MM, 0.75 * extent_along(ct.directions, ct.spacing_mm, body.frame.anterior))
    clear = -rims.BEYOND_MM if rims.are_needed(body, ct) else clear
    surface = plate.surface(right, front)
    beyond_mm = plate.sign * (height - surface)
    use = (np.abs(right) <= half) & (beyond_mm >= -reach) & (beyond_mm <= reach - REACH_MM + STEP_MM)
    back = _back_mm(body, plate.sign, height)
    use &= (front >= back + clear) & (front <= body.anterior_wall(height) - clear)
    blur = 0.75 * (reach - REACH_MM) + STEP_MM  # a voxel this near to a neighbour sees some of its bone
    use &= ~_in_bone(others, world) & ~_in_bone(others, world + plate.sign * blur * body.frame.superior)
    use &= plate.sign * (2 * height - surface - opposite.surface(right, front)) > 0  # this plate's half
    if use.sum() < 3 * len(plate.surface.coefficients):
        return "too few voxels of the CT lie clear of the neighbours"
    use = _thinned(use, world)
    grey = ct.values[tuple(index[use].T)].astype(float)
    if not np.isfinite(grey).all():
        return "the CT holds values that are no numbers"
    return right[use], front[use], height[use], grey


def _thinned(use: Mask, world: Array) -> Mask:
    """No more voxels than the fit needs, picked by their place so that no order of the axes matters."""
    chosen = np.flatnonzero(use)
    if len(chosen) <= MOST_VOXELS:
        return use
    scatter = np.modf(np.abs(np.sin(np.round(world[chosen], 2) @ SCATTER) * 1e4))[0]
    thin = np.zeros(len(use), dtype=bool)
    thin[chosen[np.argsort(scatter)[:MOST_VOXELS]]] = True
    return thin


def _in_bone(others: Sequence[Vertebra], world: Array) -> Mask:
    inside = np.zeros(len(world), dtype=bool)
    for other in others:
        inside |= resampled_at(other.mask.values, other.mask.affine_mm, world) > 0
    return inside
