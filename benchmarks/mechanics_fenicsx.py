"""A voxel model solved by FEniCSx: trilinear hexahedra, conjugate gradients, GAMG with rigid motions given.

    /usr/bin/python3 benchmarks/mechanics_fenicsx.py MODEL.npz

Run by ``mechanics.py`` with the Python that has ``dolfinx`` (Debian: python3-dolfinx). The file holds
``places_mm`` (n, 3), ``cells`` (m, 8: the first axis runs fastest), ``young_mpa`` (m), ``top`` and ``bottom``
(numbers of the nodes of the plates), ``pins`` (two nodes held sideways) and ``squeeze_mm``. Prints seconds
(mesh, assembly, solve), stiffness in N/mm and iterations; the form is compiled before the clock starts.
"""

import sys
import time

import dolfinx
import numpy as np
import ufl
from mpi4py import MPI
from petsc4py import PETSc

POISSON = 0.3
TOLERANCE = 1e-6


def solved(given):
    """Seconds, stiffness, iterations."""
    start = time.perf_counter()
    domain = ufl.Mesh(ufl.VectorElement("Lagrange", ufl.hexahedron, 1))
    first = MPI.COMM_WORLD.rank == 0
    cells = given["cells"] if first else np.zeros((0, 8), np.int64)
    places = given["places_mm"] if first else np.zeros((0, 3))
    mesh = dolfinx.mesh.create_mesh(MPI.COMM_WORLD, cells, places, domain)
    V = dolfinx.fem.VectorFunctionSpace(mesh, ("Lagrange", 1))
    young = dolfinx.fem.Function(dolfinx.fem.FunctionSpace(mesh, ("DG", 0)))
    young.x.array[:] = given["young_mpa"][mesh.topology.original_cell_index]
    a, energy, uh = forms(V, young)
    bcs = supports(V, given)
    A = dolfinx.fem.petsc.assemble_matrix(a, bcs=bcs)
    A.assemble()
    A.setNearNullSpace(rigid_motions(V, A))
    right = dolfinx.fem.Function(V)  # kept: its vector does not own its memory
    b = right.vector
    dolfinx.fem.petsc.apply_lifting(b, [a], bcs=[bcs])
    b.ghostUpdate(addv=PETSc.InsertMode.ADD, mode=PETSc.ScatterMode.REVERSE)
    dolfinx.fem.petsc.set_bc(b, bcs)
    ksp = solver(A)
    ksp.solve(b, uh.vector)
    uh.x.scatter_forward()
    work = MPI.COMM_WORLD.allreduce(dolfinx.fem.assemble_scalar(energy), op=MPI.SUM)
    seconds = time.perf_counter() - start
    assert ksp.converged, ksp.reason
    return seconds, work / float(given["squeeze_mm"]) ** 2, ksp.its


def forms(V, young):
    """The compiled bilinear form, twice the strain energy of the solution, and the solution."""
    u, v, uh = ufl.TrialFunction(V), ufl.TestFunction(V), dolfinx.fem.Function(V)
    mu, lam = young / (2 * (1 + POISSON)), young * POISSON / ((1 + POISSON) * (1 - 2 * POISSON))
    dx = ufl.dx(metadata={"quadrature_degree": 2})

    def product(a, b):
        e = ufl.sym(ufl.grad(a))
        stress = 2 * mu * e + lam * ufl.tr(e) * ufl.Identity(3)
        return ufl.inner(stress, ufl.sym(ufl.grad(b))) * dx

    return dolfinx.fem.form(product(u, v)), dolfinx.fem.form(product(uh, uh)), uh


def supports(V, given):
    """Plates held along the last axis, pins sideways."""
    mesh = V.mesh
    block = np.zeros(len(mesh.geometry.input_global_indices), np.int32)
    block[mesh.geometry.dofmap.array] = V.dofmap.list.array
    local = {int(n): i for i, n in enumerate(mesh.geometry.input_global_indices)}

    def at(nodes, axis, value):
        dofs = np.array([3 * block[local[int(n)]] + axis for n in nodes if int(n) in local], np.int32)
        return dolfinx.fem.dirichletbc(PETSc.ScalarType(value), np.sort(dofs), V.sub(axis))

    one, other = given["pins"]
    return [
        at(given["top"], 2, -float(given["squeeze_mm"])),
        at(given["bottom"], 2, 0.0),
        at([one], 0, 0.0),
        at([one, other], 1, 0.0),
    ]


def rigid_motions(V, A):
    """The six motions that cost no energy, orthonormal, for the coarse grids of GAMG."""
    x = V.tabulate_dof_coordinates()
    owned = V.dofmap.index_map.size_local
    x = x[:owned] - x[:owned].mean(axis=0)
    basis = []
    for n in range(6):
        field = np.zeros((owned, 3))
        if n < 3:
            field[:, n] = 1
        else:
            i, j = ((0, 1), (1, 2), (2, 0))[n - 3]
            field[:, i], field[:, j] = -x[:, j], x[:, i]
        vector = A.createVecLeft()
        vector.array[:] = field.ravel()
        for other in basis:
            vector.axpy(-vector.dot(other), other)
        vector.normalize()
        basis.append(vector)
    return PETSc.NullSpace().create(vectors=basis, comm=MPI.COMM_WORLD)


def solver(A):
    """Conjugate gradients with smoothed aggregation."""
    options = PETSc.Options()  # the moduli span seven decades: more steps for the smoother than usual
    for name, value in {
        "ksp_type": "cg",
        "pc_type": "gamg",
        "mg_levels_ksp_type": "chebyshev",
        "mg_levels_pc_type": "jacobi",
        "mg_levels_esteig_ksp_type": "cg",
        "mg_levels_ksp_chebyshev_esteig_steps": 20,
        "pc_gamg_esteig_ksp_max_it": 20,
        "pc_gamg_threshold": 0.01,
    }.items():
        options[name] = value
    ksp = PETSc.KSP().create(MPI.COMM_WORLD)
    ksp.setOperators(A)
    ksp.setTolerances(rtol=TOLERANCE)
    ksp.setFromOptions()
    ksp.setUp()
    return ksp


def single_voxel():
    """A model of one cube: what is compiled for it serves any other."""
    corners = np.array([[i, j, k] for k in (0, 1) for j in (0, 1) for i in (0, 1)], float)
    return {
        "places_mm": corners,
        "cells": np.arange(8)[None],
        "young_mpa": np.ones(1),
        "top": [4, 5, 6, 7],
        "bottom": [0, 1, 2, 3],
        "pins": [0, 1],
        "squeeze_mm": 0.1,
    }


if __name__ == "__main__":
    if MPI.COMM_WORLD.size == 1:
        solved(single_voxel())
    with np.load(sys.argv[1]) as stored:
        seconds, stiffness, iterations = solved(dict(stored))
    if MPI.COMM_WORLD.rank == 0:
        print(f"{seconds:.3f} {stiffness:.3f} {iterations}")
