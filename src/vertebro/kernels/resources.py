"""How many grids, processors and bytes a solve takes, told before it begins."""

from __future__ import annotations

import os

from vertebro.errors import BadModel
from vertebro.kernels.arrays import Mask
from vertebro.kernels.cycles import EXACT_FIELDS, FIELDS
from vertebro.kernels.grids import END, NX, NY, Grid

COARSEST_VOXELS = 30  # one or two hundred unknowns: their dense inverse costs less than one more level
CHILDREN = 6.5  # voxels that become one on the next grid: 8, less what is only partly filled


def levels_for(solid: Mask) -> int:
    """How many grids until few nodes are left on the coarsest."""
    count, levels, longest = float(solid.sum()), 1, max(solid.shape)
    while count > COARSEST_VOXELS and longest > 2:
        count, longest, levels = count / CHILDREN, (longest + 1) // 2, levels + 1
    return levels


def processors() -> int:
    """How many processors this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def estimated_bytes(grid: Grid, components: int = 3, more_bytes_a_voxel: int = 0) -> int:
    """Memory a solve needs beyond the given arrays: fields, inverse blocks, moduli, solution.

    ``more_bytes_a_voxel``: what the caller keeps for every voxel of the finest grid beside.
    """
    nodes, finest = int(grid.levels[-1, END]), int(grid.levels[0, END])
    blocks = 24 if components == 3 else 4
    solution = 3 * 8 * components
    voxels = int(grid.voxels[:, 1].sum())
    return (
        nodes * (FIELDS * 4 * components + blocks)
        + finest * (EXACT_FIELDS * 8 * components + solution)
        + voxels * 8
        + int(grid.voxels[: grid.levels[0, NX] * grid.levels[0, NY], 1].sum()) * more_bytes_a_voxel
    )


def available_bytes() -> int:
    """Physical memory of the machine."""
    return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")


def check_memory(grid: Grid, components: int = 3, more_bytes_a_voxel: int = 0) -> None:
    """Raises ``BadModel`` if the solve would need more memory than the machine has."""
    needed, there = estimated_bytes(grid, components, more_bytes_a_voxel), available_bytes()
    if needed > there:
        raise BadModel(
            f"The solve needs about {needed / 2**30:.1f} GiB of memory, the machine has {there / 2**30:.1f}.",
            "a model that fits into memory",
            "Take larger voxels, crop the model to the bone, or use a larger machine.",
        )
