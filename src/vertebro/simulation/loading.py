"""Load cases on a capped vertebra: axial compression and forward bending, and what its voxels feel."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from vertebro.kernels.arrays import AnyArray, Array
from vertebro.kernels.cycles import Effort
from vertebro.kernels.elastic import ElasticModel, ElasticSolution, solve_elastic
from vertebro.kernels.stresses import SolidVoxels, solid_voxels, strains, stresses_mpa
from vertebro.kernels.supports import NodeValues
from vertebro.simulation.voxel_model import VoxelModel, v

TOLERANCE = 1e-8  # of the residual force: the stiffness is then right to 1e-6 (at 1e-6 only to 1e-4)
ANTERIOR, SUPERIOR = 1, 2


@dataclass(frozen=True)
class Response:
    """Forces on the upper plate for unit motions, and the strains they cause.

    ``stiffness`` is [[N/mm, N/rad], [N mm/mm, N mm/rad]] for pressing down by 1 mm and turning forward
    by 1 rad about the middle of the plate; it is symmetric. ``strain`` holds (2, n, 6) for ``voxels``.
    """

    stiffness: Array
    strain: Array
    voxels: SolidVoxels

    @property
    def axial_n_mm(self) -> float:
        """Force over displacement of parallel plates, N/mm."""
        return float(self.stiffness[0, 0])

    @property
    def bending_nmm_rad(self) -> float:
        """Moment over angle with no net force, N mm/rad."""
        S = self.stiffness
        return float(S[1, 1] - S[0, 1] * S[1, 0] / S[0, 0])

    @property
    def bending_motion(self) -> Array:
        """Displacement (mm) and angle (1 rad) of pure bending."""
        return np.array([-self.stiffness[0, 1] / self.stiffness[0, 0], 1.0])

    def effective_strain(self, motion: AnyArray) -> Array:
        """sqrt(2 U/E) of every voxel, where U is the density of its strain energy, for a motion."""
        strain = np.tensordot(np.asarray(motion), self.strain, axes=1)
        lam, mu = self.voxels.lam_mpa, self.voxels.mu_mpa
        young = mu * (3 * lam + 2 * mu) / (lam + mu)
        twice_energy = (strain * stresses_mpa(strain, self.voxels)).sum(axis=1)
        return np.asarray(np.sqrt(np.maximum(twice_energy, 0) / young))


def respond(model: VoxelModel, *, bend: bool = True, effort: Effort | None = None) -> Response:
    """What a model answers to pressing and (``bend``) turning its upper plate."""
    arm = (model.top[:, ANTERIOR] - model.top[:, ANTERIOR].mean()) * model.edge_mm
    motions = [np.ones(len(arm)), arm] if bend else [np.ones(len(arm))]
    solved = [solve_elastic(held(model, -motion), tolerance=TOLERANCE, effort=effort) for motion in motions]
    voxels = solid_voxels(solved[0])
    stiffness = np.zeros((len(motions), len(motions)))
    for column, solution in enumerate(solved):
        pressed = -_along(solution, model.top)
        stiffness[:, column] = [motion @ pressed for motion in motions]
    return Response(stiffness, np.stack([strains(s, voxels) for s in solved]), voxels)


def held(model: VoxelModel, superior_mm: Array) -> ElasticModel:
    """The model between plates that hold their nodes along the spine only.

    Nothing stops the three motions in the plane of the plates; nothing pushes them either, and neither
    strain nor force knows of them.
    """
    supports = (
        NodeValues.at(model.top, SUPERIOR, superior_mm),
        NodeValues.at(model.bottom, SUPERIOR, 0.0),
    )
    return ElasticModel(model.young_mpa, v.poisson_bone.number, (model.edge_mm,) * 3, supports)


def _along(solution: ElasticSolution, nodes: AnyArray) -> Array:
    """The force of the support along the spine at every one of some nodes, N."""
    return solution.reactions_along(nodes, SUPERIOR)
