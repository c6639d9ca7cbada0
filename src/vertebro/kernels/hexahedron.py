"""One voxel as a trilinear brick: stiffness in two parts, strain and stress (mm, MPa, N).

The eight corner values of a component turn into eight sums and differences (Walsh-Hadamard modes:
1, x, y, z, xy, xz, yz, xyz). In this basis the stiffness of a brick has few, closed-form entries, and
lambda (change of volume) and mu (change of shape) enter as two factors.
"""

from __future__ import annotations

from enum import Enum
from functools import cache

import numpy as np

from vertebro.kernels.arrays import AnyArray, Array

Edges = tuple[float, float, float]

# Corners of the reference cube in the order of the local nodes: 4 i + 2 j + k.
CORNERS = np.array([[i, j, k] for i in (-1, 1) for j in (-1, 1) for k in (-1, 1)], dtype=float)


class Integration(Enum):
    """Where the change of volume is felt inside a voxel."""

    FULL = "at all 2 x 2 x 2 points: the textbook brick, which locks when nearly incompressible"
    SELECTIVE = "at the centre for voxels above LOCKING_POISSON, at all points for the others"
    CENTRE = "at the centre, in all voxels"


# Selective integration starts above this Poisson's ratio: bone (0.3) and cement keep the textbook brick,
# discs and fluids (0.45 and more), where locking shows, do not. A choice of method, not a measured value.
LOCKING_POISSON = 0.4


def lame(young_mpa: AnyArray | float, poisson: AnyArray | float) -> tuple[Array, Array]:
    """lambda = E nu/((1 + nu)(1 - 2 nu)) and mu = E/(2 (1 + nu)), MPa."""
    e, nu = np.asarray(young_mpa, dtype=float), np.asarray(poisson, dtype=float)
    mu = e / (2 * (1 + nu))
    return np.asarray(2 * mu * nu / (1 - 2 * nu)), np.asarray(mu)


def largest_full_ratio(integration: Integration) -> float:
    """The largest lambda/mu of a voxel that is integrated fully."""
    if integration is Integration.FULL:
        return float(np.finfo(np.float32).max)
    if integration is Integration.CENTRE:
        return -1.0
    return 2 * LOCKING_POISSON / (1 - 2 * LOCKING_POISSON) * (1 + 1e-6)  # rounding of the bound itself


def strain_matrix(point: AnyArray, edges_mm: Edges) -> Array:
    """B (6 x 24): strains xx, yy, zz and engineering shears yz, xz, xy at a point of the reference cube."""
    slopes = np.empty((8, 3))
    for axis in range(3):
        a, b = (axis + 1) % 3, (axis + 2) % 3
        others = (1 + CORNERS[:, a] * point[a]) * (1 + CORNERS[:, b] * point[b])
        slopes[:, axis] = CORNERS[:, axis] * others / 4 / edges_mm[axis]
    B = np.zeros((6, 24))
    for axis in range(3):
        B[axis, axis::3] = slopes[:, axis]
    for row, (a, b) in enumerate(((1, 2), (0, 2), (0, 1)), start=3):
        B[row, a::3], B[row, b::3] = slopes[:, b], slopes[:, a]
    return B


def stiffness_parts(edges_mm: Edges, *, volume_at_centre: bool = False) -> tuple[Array, Array]:
    """K_lambda and K_mu (24 x 24, N/mm for 1 MPa): K = lambda K_lambda + mu K_mu, by Gauss quadrature."""
    points = CORNERS / np.sqrt(3)
    share = np.prod(edges_mm) / 8
    trace = np.array([1.0, 1, 1, 0, 0, 0])
    shape = np.diag([2.0, 2, 2, 1, 1, 1])
    B = [strain_matrix(p, edges_mm) for p in points]
    at_volume = [strain_matrix(np.zeros(3), edges_mm)] * 8 if volume_at_centre else B
    K_lambda = sum(np.outer(trace @ b, trace @ b) for b in at_volume) * share
    K_mu = sum(b.T @ shape @ b for b in B) * share
    return np.asarray(K_lambda), np.asarray(K_mu)


def conduction_matrix(edges_mm: Edges, *, at_corners: bool = False) -> Array:
    """8 x 8 matrix of grad p . grad q over a brick (mm), by Gauss quadrature or summed at the corners.

    Summed at the corners, a brick conducts along its twelve edges only: a quarter of each face's area over
    the edge's length. Voxels together are then the control-volume scheme of seven points.
    """
    x, y, z = edges_mm
    return _conduction_matrix((x, y, z), at_corners)


@cache
def _conduction_matrix(edges_mm: Edges, at_corners: bool) -> Array:
    total = np.zeros((8, 8))
    for point in CORNERS if at_corners else CORNERS / np.sqrt(3):
        slopes = strain_matrix(point, edges_mm)[range(3), :].reshape(3, 8, 3)
        gradient = np.stack([slopes[axis, :, axis] for axis in range(3)])
        total += gradient.T @ gradient
    matrix: Array = total * np.prod(edges_mm) / 8
    matrix.setflags(write=False)  # it belongs to all who ask
    return matrix


def walsh() -> Array:
    """The 8 x 8 matrix of signs from corner values to modes; row 4 a + 2 b + c is x^a y^b z^c."""
    rows = [CORNERS[:, 0] ** a * CORNERS[:, 1] ** b * CORNERS[:, 2] ** c for a, b, c in _exponents()]
    return np.array(rows)


def _exponents() -> list[tuple[int, int, int]]:
    return [(a, b, c) for a in (0, 1) for b in (0, 1) for c in (0, 1)]


def scales(edges_mm: Edges) -> Array:
    """Each edge over the shortest: displacements times these make all bricks of a box alike in form."""
    return np.asarray(edges_mm, dtype=float) / min(edges_mm)


def modal_constants(edges_mm: Edges) -> Array:
    """The numbers of the brick in modal form, with displacements multiplied by ``scales``.

    With a_d = 1/(4 h_d) the mean gradient is du/dx = a_x u_x, and d_ij = sqrt(V) a_i / s_j:
    0-2: d_xx d_yy d_zz; 3-5: d_xy^2 d_xz^2 d_yz^2; then pairs (lambda part, mu part) of the linear
    modes u_xz v_yz u_xy w_yz v_xy w_xz (6-17); couplings of the volume part uv uw vw (18-20);
    twists xy xz yz (21-23); pairs of the trilinear modes u v w (24-29).
    """
    s = scales(edges_mm)
    root = np.sqrt(np.prod(edges_mm)) / (4 * min(edges_mm))
    d = root / np.outer(s, s)
    q = d**2
    linear = [(0, 2), (1, 2), (0, 1), (2, 1), (1, 0), (2, 0)]
    pairs = [(q[i, i] / 3, (2 * q[i, i] + q[i, j]) / 3) for i, j in linear]
    couplings = [d[i, i] * d[j, j] / 3 for i, j in ((0, 1), (0, 2), (1, 2))]
    shears = [q[0, 1], q[0, 2], q[1, 2]]
    triple = [(q[i, i] / 9, (q[i].sum() + q[i, i]) / 9) for i in range(3)]
    flat = [*np.diag(d), *shears, *np.ravel(pairs), *couplings, *(np.array(shears) / 3), *np.ravel(triple)]
    return np.array(flat)


def scalar_constants(edges_mm: Edges, *, at_corners: bool = False) -> Array:
    """Modal diagonal of the conduction brick: x y z xy xz yz xyz."""
    x, y, z = np.prod(edges_mm) / (4 * np.asarray(edges_mm, dtype=float)) ** 2
    two, three = (1, 1) if at_corners else (3, 9)
    return np.array([x, y, z, (x + y) / two, (x + z) / two, (y + z) / two, (x + y + z) / three])


def corner_constants(edges_mm: Edges) -> Array:
    """The 3 x 3 block of a brick at one of its corners (scaled displacements), by modulus.

    Rows: xx yy zz (factors of the mean volume part, of its higher modes, of mu), then xy xz yz, whose
    sign is that of the product of the corner's two coordinates.
    """
    s = scales(edges_mm)
    d = np.sqrt(np.prod(edges_mm)) / (4 * min(edges_mm)) / np.outer(s, s)
    q = d**2
    rows = [(q[i, i], q[i, i] * 7 / 9, (q[i].sum() + q[i, i]) * 16 / 9) for i in range(3)]
    rows += [(d[i, i] * d[j, j], d[i, i] * d[j, j] / 3, q[i, j] * 4 / 3) for i, j in ((0, 1), (0, 2), (1, 2))]
    return np.array(rows)


def largest_eigenvalue(edges_mm: Edges, ratios: AnyArray, *, volume_at_centre: bool = False) -> float:
    """Bound of the block-Jacobi scaled operator of any mixture of voxels with these lambda/mu."""
    K_lambda, K_mu = stiffness_parts(edges_mm, volume_at_centre=volume_at_centre)
    blocks = np.kron(np.eye(8), np.ones((3, 3)))
    largest = 0.0
    for ratio in np.unique(ratios):
        K = ratio * K_lambda + K_mu
        scaled = np.linalg.solve(K * blocks, K)
        largest = max(largest, float(np.linalg.eigvals(scaled).real.max()))
    return largest
