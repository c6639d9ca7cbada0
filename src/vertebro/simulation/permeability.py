"""Porosity and permeability of one vertebra from its calibrated density, with a seeded random field."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
from scipy import ndimage

from vertebro.errors import BadModel, HouseFault
from vertebro.kernels.arrays import AnyArray, Array, Mask
from vertebro.kernels.geometry import largest_part
from vertebro.simulation.materials import ASH, converted
from vertebro.simulation.vertebra_grid import VertebraGrid
from vertebro.vocabulary.library import CitedValue, cited_values

v = cited_values(beside=__file__, name="cement_values.yaml")

MM2_PER_M2 = 1e6
EVERY_NEIGHBOUR = np.ones((3, 3, 3), dtype=bool)
"""Voxels that share a corner are neighbours: a layer thus found lets nothing pass by a corner."""

DEEP_MM = 2.0
"""Depth at which a CT's blur no longer mixes cortex or soft tissue into spongy bone."""

FIELD_REACH_MM = 48.0
"""Half the width of the cube the random field fills; it repeats beyond, and no body is that large."""

REACH_BEHIND_MM = 12.0
"""Bone kept behind the posterior wall: the pedicles, where cement can go; the arch beyond is left out."""

Formula = Callable[[Array], Array]


@dataclass(frozen=True)
class PermeabilityLaw:
    """What bone of a porosity lets through, as k over k at the reference porosity; then the mean in m2."""

    name: str
    formula: Formula
    mean: CitedValue
    range: CitedValue

    def mm2(self, porosity: AnyArray) -> Array:
        """Permeability along the spine in mm2, held within the law's range."""
        phi = np.asarray(porosity, dtype=float)
        if not ((phi > 0) & (phi < 1)).all():
            raise BadModel("A porosity lies outside 0 to 1.", "shares of the volume", "Check the density.")
        reference = np.array(1 - v.reference_bv_tv.number)
        low, high = self.range.value
        k_m2 = np.clip(self.mean.number * self.formula(phi) / self.formula(reference), low, high)
        return np.asarray(k_m2 * MM2_PER_M2)


LAWS: dict[str, PermeabilityLaw] = {}
"""Every registered law of permeability by its name."""


def permeability_law(*, mean: CitedValue, within: CitedValue) -> Callable[[Formula], PermeabilityLaw]:
    """Register a formula of the porosity with the mean it is scaled to and the range it is held within."""

    def register(formula: Formula) -> PermeabilityLaw:
        if formula.__name__ in LAWS:
            raise HouseFault(f"Two laws of permeability are called '{formula.__name__}'.")
        LAWS[formula.__name__] = made = PermeabilityLaw(formula.__name__, formula, mean, within)
        return made

    return register


@permeability_law(mean=v.baroud_permeability_m2, within=v.permeability_range_m2)
def kozeny(porosity: Array) -> Array:
    """k goes as phi^3 / (1 - phi)^2, scaled to the cores of [baroud2004_permeability]_."""
    return np.asarray(porosity**3 / (1 - porosity) ** 2)


@permeability_law(mean=v.baroud_permeability_m2, within=v.permeability_range_m2)
def uniform(porosity: Array) -> Array:
    """The same everywhere: density tells nothing of the permeability. To see what the law changes."""
    return np.ones_like(porosity)


def porosity_of(grid: VertebraGrid) -> Array:
    """1 - BV/TV of every cube, BV/TV being ash density over that of solid bone."""
    ash = converted(grid.density, grid.quantity, ASH)
    return np.asarray(1 - np.clip(ash / v.tissue_ash_mg_cm3.number, 0.02, 0.98))  # no bone is all or nothing


@dataclass(frozen=True)
class PorousVertebra:
    """Bone as cement meets it: porosity (0 where nothing flows) and permeability along the spine.

    Across the spine it is ``transverse_ratio`` of that. ``open_mm2`` is the part of it that no bone makes:
    voids and veins. The surface of the bone is closed: what leaves does so by outlets.
    """

    grid: VertebraGrid
    porosity: Array
    permeability_mm2: Array
    open_mm2: Array
    transverse_ratio: float = v.transverse_ratio.number

    @property
    def active(self) -> Mask:
        """Cubes that fluid can enter."""
        return np.asarray(self.porosity > 0)

    @property
    def pore_ml(self) -> float:
        """Volume of all pores that can be reached."""
        return float(self.porosity.sum() * self.grid.edge_mm**3 / 1000)

    @property
    def pore_in_body_ml(self) -> float:
        """Volume of the pores of the body alone."""
        return float(self.porosity[self.grid.body].sum() * self.grid.edge_mm**3 / 1000)

    def times(self, factor: AnyArray | float) -> PorousVertebra:
        """With the permeability of the bone multiplied by one factor or a field of them."""
        bone_mm2 = self.permeability_mm2 - self.open_mm2
        return replace(self, permeability_mm2=np.asarray(bone_mm2 * factor + self.open_mm2))

    def opened(self, by_mm2: Array) -> PorousVertebra:
        """With room that is not bone added where fluid flows, as permeability along the spine."""
        more = np.where(self.active, by_mm2, 0.0)
        return replace(self, permeability_mm2=self.permeability_mm2 + more, open_mm2=self.open_mm2 + more)


def porous_vertebra(
    grid: VertebraGrid, void: Mask | None = None, law: PermeabilityLaw = kozeny
) -> PorousVertebra:
    """Porosity and mean permeability of a vertebra; ``void`` are cubes without bone (gas, a cavity).

    Near the surface the CT mixes bone, cortex and what lies outside; there the density of the nearest
    deep cube is taken, and the layer of cortex, which no cement enters, is taken off the pores.
    """
    void = np.zeros(grid.shape, dtype=bool) if void is None else void & grid.bone
    flows = _reached(grid)
    deep = ndimage.distance_transform_edt(grid.bone) * grid.edge_mm >= DEEP_MM + grid.edge_mm / 2
    if not deep.any():
        raise BadModel("The bone is nowhere thick enough for a model of flow.", "a body", "Check the mask.")
    nearest = ndimage.distance_transform_edt(~(deep & ~void), return_distances=False, return_indices=True)
    porosity = porosity_of(grid)[tuple(nearest)]
    spongy = 1 - np.minimum(
        surface_area_mm2(grid.bone, grid.edge_mm) * v.cortex_mm.number / grid.edge_mm**3, 0.9
    )
    permeability = np.where(flows & ~void, law.mm2(porosity) * spongy, 0.0)
    phi = np.where(flows, np.where(void, 1.0, porosity * spongy), 0.0)
    bone = PorousVertebra(grid, phi, permeability, np.zeros(grid.shape))
    return bone.opened(np.where(void, v.void_permeability_m2.number * MM2_PER_M2, 0.0))


def _reached(grid: VertebraGrid) -> Mask:
    """The body and the pedicles: bone that hangs together and does not lie far behind the posterior wall."""
    anterior = grid.local_mm(np.stack(np.nonzero(grid.body), axis=-1))[:, 1]
    front = grid.first_mm[1] + np.arange(grid.shape[1]) * grid.edge_mm
    kept = grid.bone & (front >= np.percentile(anterior, 1) - REACH_BEHIND_MM)[None, :, None]
    return largest_part(np.asarray(kept))


def shell_of(mask: Mask) -> Mask:
    """The outermost layer of a mask: inside and outside of it share not even a corner."""
    padded = np.pad(mask, 1)
    return np.asarray(mask & ~ndimage.binary_erosion(padded, EVERY_NEIGHBOUR)[1:-1, 1:-1, 1:-1])


def outward(mask: Mask) -> Array:
    """Unit vectors (..., 3) that point out of a mask, smooth over a few cubes."""
    smooth = ndimage.gaussian_filter(mask.astype(float), 1.5)  # cubes: the stairs of a sloping face vanish
    gradient = -np.stack(np.gradient(smooth), axis=-1)
    length = np.linalg.norm(gradient, axis=-1, keepdims=True)
    return np.asarray(gradient / np.maximum(length, 1e-12))  # deep inside there is no direction


def surface_area_mm2(mask: Mask, edge_mm: float) -> Array:
    """Area of the surface of a mask that lies in each of its cubes: every open face, seen from its normal."""
    normal, padded = np.abs(outward(mask)), np.pad(mask, 1)
    area = np.zeros(mask.shape)
    for axis in range(3):
        for step in (-1, 1):
            beyond = np.roll(padded, step, axis=axis)[1:-1, 1:-1, 1:-1]
            area += (mask & ~beyond) * normal[..., axis] * edge_mm**2
    return area


def random_field(grid: VertebraGrid, generator: np.random.Generator) -> Array:
    """A Gaussian field of mean 0 and variance 1 with correlation exp(-(d/L)^2), L = ``field_length_mm``.

    It is made on a lattice of its own in the frame of the body: grids of any size meet the same field.
    """
    spacing = v.field_length_mm.number / 2  # smoothing by one step then gives the length
    n = 2 * int(np.ceil(FIELD_REACH_MM / spacing))
    white = generator.standard_normal((n, n, n))
    smooth = ndimage.gaussian_filter(white, 1.0, mode="wrap")
    smooth /= (2 * np.sqrt(np.pi)) ** -1.5  # standard deviation of unit noise smoothed by one step in 3D
    first = grid.first_mm / spacing + n / 2
    step = grid.edge_mm / spacing
    at = [first[a] + step * np.arange(size) for a, size in enumerate(grid.shape)]
    index = np.stack(np.meshgrid(*at, indexing="ij"))
    return np.asarray(ndimage.map_coordinates(smooth, index, order=3, mode="grid-wrap"))


def sampled(bone: PorousVertebra, generator: np.random.Generator) -> PorousVertebra:
    """A vertebra drawn at random about the law: one factor for the whole bone and a field inside it."""
    whole = v.law_spread_factor.number ** generator.standard_normal()
    return bone.times(whole * v.field_spread_factor.number ** random_field(bone.grid, generator))
