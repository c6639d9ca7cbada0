"""What a segment answers to a load: pressures in its discs, bulges of its end-plates, strain of its bones."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy import ndimage

from vertebro.kernels.arrays import AnyArray, Array, Mask
from vertebro.kernels.cycles import Effort
from vertebro.kernels.elastic import ElasticModel, ElasticSolution
from vertebro.kernels.motions import solve_motions
from vertebro.kernels.resources import processors
from vertebro.kernels.stresses import (
    SolidVoxels,
    nodal_forces_n,
    solid_voxels,
    strains,
    stresses_mpa,
    von_mises,
)
from vertebro.kernels.supports import NodeValues
from vertebro.simulation.discs import Disc, Tissue, inner_columns, v
from vertebro.simulation.segment import SegmentModel

TOLERANCE = 1e-8  # of the residual force: pressures and bulges are then right to 1e-5
OF_CHANGES = 1e-7  # from a solution nearby: changes are then right to some 1 % of themselves
MOST_ITERATIONS = 600  # whole vertebrae take up to some 350, bodies alone some 100
RIGHT, ANTERIOR, SUPERIOR = 0, 1, 2


@dataclass(frozen=True)
class SegmentResponse:
    """Strains and displacements for three unit motions of the upper plate; the lower one is held.

    The motions are down by 1 mm, forward and to the right by 1 rad about the line of load; ``stiffness``
    holds the force and the two moments on the plate for each. Every load is a mixture of them.
    ``solved`` are the displacements, from which a segment with other moduli is solved.
    """

    model: SegmentModel
    stiffness: Array
    strain: Array
    superior_mm: Array
    voxels: SolidVoxels
    joint_n: Array
    energy_nmm: Array
    solved: tuple[ElasticSolution, ...]

    def motion(self, force_n: float, forward_mm: float = 0.0, right_mm: float = 0.0) -> Array:
        """The three motions under a force that runs beside the line of load; the plate is free to tilt."""
        return np.asarray(np.linalg.solve(self.stiffness, force_n * np.array([1.0, forward_mm, right_mm])))

    @property
    def axial_n_mm(self) -> float:
        """Force on the line of load over the displacement of that point, N/mm."""
        return float(1.0 / np.linalg.inv(self.stiffness)[0, 0])

    def stress(self, motion: Array, some: AnyArray) -> Array:
        """Stress (n, 6) in MPa of some voxels (rows)."""
        strain = np.einsum("m,mnc->nc", motion, self.strain[:, some])
        part = SolidVoxels(
            self.voxels.index[some],
            self.voxels.corners[some],
            self.voxels.lam_mpa[some],
            self.voxels.mu_mpa[some],
        )
        return stresses_mpa(strain, part)

    def rows(self, where: Mask) -> AnyArray:
        """Rows of the voxels of a mask."""
        return np.flatnonzero(where[tuple(self.voxels.index.T)])

    def pressure_mpa(self, motion: Array, disc: Disc) -> float:
        """Mean pressure in the nucleus of a disc."""
        nucleus = disc.voxels & (self.model.tissue == Tissue.NUCLEUS)
        return -float(self.stress(motion, self.rows(nucleus))[:, :3].mean())

    def bulge_mm(self, motion: Array, disc: Disc, *, of_upper_bone: bool) -> float:
        """How far the middle of an end-plate is pressed into its bone, against its rim."""
        moved = np.einsum("m,mijk->ijk", motion, self.superior_mm)
        layer = disc.upper + 1 if of_upper_bone else disc.lower
        i, j = np.nonzero(disc.columns)
        k = layer[i, j]
        plate = sum(moved[i + a, j + b, k] for a in (0, 1) for b in (0, 1)) / 4
        rim, middle = disc.rim[i, j], inner_columns(disc.columns, v.middle_share.number)[i, j]
        design = np.stack([np.ones(len(i)), i, j], axis=-1)
        flat, *_ = np.linalg.lstsq(design[rim], plate[rim], rcond=None)
        inward = (plate - design @ flat)[middle].mean()
        return float(inward if of_upper_bone else -inward)

    def endplate_stress_mpa(self, motion: Array, disc: Disc, *, of_upper_bone: bool) -> float:
        """A high quantile of the von Mises stress in the bony end-plate over the nucleus."""
        rows = self.rows(self._endplate(disc, of_upper_bone=of_upper_bone))
        share = v.stress_quantile_pct.number
        return float(np.percentile(von_mises(self.stress(motion, rows)), share))

    def _endplate(self, disc: Disc, *, of_upper_bone: bool) -> Mask:
        layers = max(1, round(v.bony_endplate_mm.number / self.model.grid.edge_mm))
        k = np.arange(disc.voxels.shape[2])
        if of_upper_bone:
            near = (k > disc.upper[:, :, None]) & (k <= disc.upper[:, :, None] + layers)
        else:
            near = (k < disc.lower[:, :, None]) & (k >= disc.lower[:, :, None] - layers)
        return np.asarray(near & disc.core[:, :, None] & (self.model.tissue == Tissue.BONE))

    def strain_of_body(self, motion: Array, n: int) -> float:
        """The effective strain that a small share of the body of vertebra ``n`` exceeds."""
        rows = self.rows(self.model.grid.body(n) & (self.model.tissue == Tissue.BONE))
        return float(np.percentile(self.effective_strain(motion, rows), 100 - v.critical_share_pct.number))

    def effective_strain(self, motion: Array, some: AnyArray) -> Array:
        """sqrt(2 U/E) of some voxels (rows), where U is the density of their strain energy."""
        strain = np.einsum("m,mnc->nc", motion, self.strain[:, some])
        twice_energy = (strain * self.stress(motion, some)).sum(axis=1)
        return np.asarray(np.sqrt(np.maximum(twice_energy, 0) / self._young(some)))

    def _young(self, rows: AnyArray) -> Array:
        lam, mu = self.voxels.lam_mpa[rows], self.voxels.mu_mpa[rows]
        return np.asarray(mu * (3 * lam + 2 * mu) / (lam + mu))

    def joint_share(self, motion: Array, n: int) -> float:
        """Share of the force that runs through the joints below vertebra ``n``."""
        return float(self.joint_n[n - 1] @ motion / (self.stiffness[0] @ motion))


def respond_segment(
    model: SegmentModel, near: SegmentResponse | None = None, threads: int | None = None
) -> SegmentResponse:
    """Press the upper plate down, turn it forward, turn it to the right.

    ``near``: the response of the same segment with other moduli, to begin from.
    """
    right, forward = model.line_of_load()
    edge = model.grid.edge_mm
    arms = ((model.top[:, ANTERIOR] - forward) * edge, (model.top[:, RIGHT] - right) * edge)
    motions = [np.ones(len(model.top)), *arms]
    effort = Effort(most_iterations=MOST_ITERATIONS, threads=threads or processors())
    begun, tolerance = (None, TOLERANCE) if near is None else (near.solved, OF_CHANGES)
    body = ElasticModel(model.young_mpa, model.poisson, (edge,) * 3, ())
    plates = [_plates(model, -motion) for motion in motions]
    solved = solve_motions(body, plates, tolerance=tolerance, effort=effort, near=begun)
    voxels = solid_voxels(solved[0])
    stiffness = np.zeros((3, 3))
    for column, solution in enumerate(solved):
        pressed = -solution.reactions_along(model.top, SUPERIOR)
        stiffness[:, column] = [motion @ pressed for motion in motions]
    return SegmentResponse(
        model=model,
        stiffness=(stiffness + stiffness.T) / 2,  # as Betti has it
        strain=np.stack([strains(s, voxels) for s in solved]),
        superior_mm=np.stack([s.displacements_along(SUPERIOR) for s in solved]),
        voxels=voxels,
        joint_n=np.array([_through_joints(solved, voxels, model, n) for n in _pairs(model)]),
        energy_nmm=np.array([s.energy_nmm for s in solved]),
        solved=solved,
    )


def _pairs(model: SegmentModel) -> range:
    return range(1, model.grid.count)


def _plates(model: SegmentModel, superior_mm: Array) -> tuple[NodeValues, ...]:
    """Plates that hold their nodes along the spine only."""
    return NodeValues.at(model.top, SUPERIOR, superior_mm), NodeValues.at(model.bottom, SUPERIOR, 0.0)


def _through_joints(
    solved: Sequence[ElasticSolution], voxels: SolidVoxels, model: SegmentModel, n: int
) -> list[float]:
    """Forces (N), for each motion, with which vertebra ``n`` presses down on the joint below it."""
    bone = (model.grid.number == n) & (model.tissue == Tissue.BONE)
    near = ndimage.binary_dilation(bone, np.ones((3, 3, 3)))
    rows = np.flatnonzero(((model.tissue == Tissue.JOINT) & near)[tuple(voxels.index.T)])
    if not len(rows):
        return [0.0] * len(solved)
    above = np.zeros(solved[0].displacement_mm.shape[1], bool)
    above[voxels.corners[bone[tuple(voxels.index.T)]]] = True
    share = above[voxels.corners[rows]]
    return [-float((nodal_forces_n(s, voxels, rows)[..., SUPERIOR] * share).sum()) for s in solved]
