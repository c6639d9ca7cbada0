"""Accuracy and speed of cement displacing marrow: closed forms, scaling with the grid, other solves.

    .venv/bin/python benchmarks/cement.py [--edges 1.5 1.0 0.75 0.5]

Seconds are those of the processor on one thread, so that other work on the machine does not count. The
body: 45 x 32 x 27 mm, permeability varying threefold, a cortex one voxel thick and a million times tighter
with a gap at the back, soft tissue around; 4 mL at 3 mL/min.
"""

from __future__ import annotations

import argparse
import resource
import sys
import time
from pathlib import Path

import numpy as np
import scipy.sparse
import scipy.sparse.linalg
from scipy import ndimage

sys.path.insert(0, str(Path(__file__).parents[1] / "tests" / "kernels"))
from darcy_cases import Line, Sphere

from vertebro.kernels.cycles import Effort
from vertebro.kernels.darcy import Injection
from vertebro.kernels.elastic import ElasticModel, solve_elastic
from vertebro.kernels.porespace import spread
from vertebro.kernels.porous import Accuracy, Drive, Fluids, Outlet, Ports, Rock
from vertebro.kernels.pressure import PressureSolver
from vertebro.kernels.supports import NodeValues
from vertebro.kernels.wells import Well

CEMENT_PA_S, MARROW_PA_S, ALONE = 100.0, 0.1, Effort(threads=1)


def closed_forms() -> None:
    """Errors against the closed forms for halved edges, and the order they fall with."""
    print("| case | edges of the front's radius | error | order |\n|---|---|---|---|")
    errors = []
    for cells in (7.5, 15, 30):
        case = Sphere(1.5, 9.0, 1e-3, 0.9, Fluids(50.0, 0.1), 6.452 / cells)
        filling = case.injection().advance(Drive((50.0,)), until_s=20.0)
        exact = 50 / (4e-3 * np.pi) * (50 * (1 / 1.5 - 1 / 6.452) + 0.1 * (1 / 6.452 - 1 / 9)) * 1e-6
        errors.append(filling.history[-1].wells_mpa[0] / exact - 1)
        order = np.log2(abs(errors[-2] / errors[-1])) if len(errors) > 1 else np.nan
        print(f"| sphere, 3 mL/min, pressure | {cells} | {errors[-1]:+.2%} | {order:.2f} |")
    for voxels in (15, 30, 60):
        line = Line(30.0, 1e-3, 0.9, Fluids(50.0, 0.1), voxels)
        filling = line.injection().advance(Drive((np.inf,), 0.1), until_s=202.905 / 4)
        off = line.front_mm(filling.saturation) / 14.970030 - 1
        print(f"| line, 100 kPa, front | {voxels / 2:.1f} | {off:+.1e} | |")


def body(edge_mm: float) -> tuple[Rock, Ports]:
    """The model, its needle and the faces where marrow leaves."""
    count = np.round(np.array([48, 36, 30]) / edge_mm).astype(int)
    x, y, z = np.meshgrid(*((np.arange(n) + 0.5 - n / 2) * edge_mm for n in count), indexing="ij")
    inside = ((x / 22.5) ** 2 + (y / 16) ** 2 < 1) & (np.abs(z) < 13.5)
    core = ndimage.binary_erosion(inside)
    noise = ndimage.gaussian_filter(np.random.default_rng(0).normal(size=count), 2 / edge_mm)
    k = np.where(core, 1e-2 * 3 ** (noise / noise.std()), 0.0)
    k[inside & ~core] = 1e-8
    tissue = ndimage.binary_dilation(inside, iterations=max(1, round(1 / edge_mm))) & ~inside
    k[tissue | (inside & ~core & (np.abs(x) < 4) & (y > 0) & (np.abs(z) < 3))] = 1e-2
    around = spread((k > 0).astype(float))
    rim = np.argwhere((around > 0) & (around < 8))
    rock = Rock(k, np.where(k > 1e-7, 0.9, 0.1), (edge_mm,) * 3, (1.0, 0.78, 1.0))
    outlet = Outlet(rim, np.full(len(rim), 1e-2 * edge_mm))
    return rock, Ports((Well.at((18.0, 14.0, 15.0), 0.6, rock.edges_mm),), (outlet,))


def scaling(edges: list[float]) -> None:
    """One injection on every grid."""
    print("\n| voxel mm | voxels | solves | iterations | CPU s | us a voxel and solve | MiB | balance |")
    print("|---|---|---|---|---|---|---|---|")
    for edge in edges:
        rock, ports = body(edge)
        start = time.process_time()
        injection = Injection(rock, Fluids(CEMENT_PA_S, MARROW_PA_S), ports, accuracy=Accuracy(threads=1))
        filling = injection.advance(Drive((50.0,)), volume_mm3=4000.0)
        seconds, voxels = time.process_time() - start, np.count_nonzero(rock.permeability_mm2)
        each = seconds / voxels / len(filling.iterations) * 1e6
        mib = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        print(
            f"| {edge} | {voxels:,} | {len(filling.iterations)} | {sum(filling.iterations)} | "
            f"{seconds:.2f} | {each:.2f} | {mib:.0f} | {filling.imbalance:.0e} |",
            flush=True,
        )


def matrix(k: np.ndarray, number: np.ndarray, rock: Rock) -> scipy.sparse.csr_matrix:
    """The same seven-point matrix for marrow alone, assembled."""
    padded, size, A = np.pad(k, 1), number.max() + 1, None
    for axis in range(3):
        mobility = spread_edges(padded, axis)
        low = np.take(number, range(number.shape[axis] - 1), axis).ravel()
        high = np.take(number, range(1, number.shape[axis]), axis).ravel()
        c = mobility.ravel() / (MARROW_PA_S * 1e-6) * rock.anisotropy[axis] * rock.edges_mm[0] / 4
        use = c > 0
        i, j, c = low[use], high[use], c[use]
        part = scipy.sparse.coo_matrix(
            (np.r_[c, c, -c, -c], (np.r_[i, j, i, j], np.r_[i, j, j, i])), (size,) * 2
        )
        A = part if A is None else A + part
    return A.tocsr()


def spread_edges(padded: np.ndarray, axis: int) -> np.ndarray:
    """Sums over the four voxels around every edge along an axis."""
    inner = np.take(padded, range(1, padded.shape[axis] - 1), axis)
    for other in {0, 1, 2} - {axis}:
        low, high = [slice(None)] * 3, [slice(None)] * 3
        low[other], high[other] = slice(None, -1), slice(1, None)
        inner = inner[tuple(low)] + inner[tuple(high)]
    return inner


def ratios(edge: float = 1.0) -> None:
    """One pressure solve beside one elasticity solve, conjugate gradients and a direct solve."""
    rock, ports = body(edge)
    solver = PressureSolver(rock.permeability_mm2 > 0, rock.edges_mm, rock.anisotropy, ALONE)
    number = np.full(np.add(rock.permeability_mm2.shape, 1), -1)
    number[tuple(solver.nodes.T)] = np.arange(len(solver.nodes))
    where, inflow = number[tuple(ports.outlets[0].nodes.T)], np.zeros(len(solver.nodes))
    inflow[number[tuple(ports.wells[0].nodes.T)]] = ports.wells[0].shares
    opening = ports.outlets[0].openings_mm3() / (MARROW_PA_S * 1e-6)
    mobility = rock.permeability_mm2 / (MARROW_PA_S * 1e-6)

    def own() -> tuple[np.ndarray, int]:
        solver.prepare(mobility, where, opening)
        p, done = solver.solve(inflow, np.zeros_like(inflow), 1e-6)
        return p, done.iterations

    own()
    start = time.process_time()
    p, iterations = own()
    flow_s = time.process_time() - start
    young = np.where(rock.permeability_mm2 > 0, 300.0, 0.0)
    layers = [np.unique(solver.nodes[:, 2])[n] for n in (0, -1)]
    ends = tuple(
        NodeValues.at(solver.nodes[solver.nodes[:, 2] == layer], axis, -0.1 if (n, axis) == (1, 2) else 0.0)
        for n, layer in enumerate(layers)
        for axis in range(3)
    )
    model = ElasticModel(young, 0.3, rock.edges_mm, ends)
    solve_elastic(model, tolerance=1e-6, effort=ALONE)
    start = time.process_time()
    elastic = solve_elastic(model, tolerance=1e-6, effort=ALONE)
    elastic_s = time.process_time() - start
    cycles = elastic.convergence[0].iterations
    A = matrix(rock.permeability_mm2, number, rock)
    A = A + scipy.sparse.diags(np.bincount(where, opening, len(inflow)))
    jacobi = scipy.sparse.diags(1 / A.diagonal())
    steps: list[float] = []
    start = time.process_time()
    q, _ = scipy.sparse.linalg.cg(
        A, inflow, rtol=1e-6, maxiter=20000, M=jacobi, callback=lambda x: steps.append(x[0])
    )
    cg_s = time.process_time() - start
    n = len(inflow)
    print(f"\n{n:,} unknowns at {edge} mm, to 1e-6, set-up included")
    print("| solve | CPU s | iterations | ns an unknown and iteration | ratio |\n|---|---|---|---|---|")
    for name, seconds, count, unknowns in (
        ("pressure, multigrid", flow_s, iterations, n),
        ("elasticity, multigrid (3 unknowns a node)", elastic_s, cycles, 3 * n),
        ("pressure, scipy's conjugate gradients (Jacobi)", cg_s, len(steps), n),
    ):
        each = seconds / count / unknowns * 1e9
        print(f"| {name} | {seconds:.3f} | {count} | {each:.0f} | {seconds / flow_s:.1f} |")
    print(f"largest difference of the two pressures: {np.abs(p - q).max() / q.max():.1e} of the largest")


def main() -> None:
    """Runs everything."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--edges", type=float, nargs="+", default=[1.5, 1.0, 0.75, 0.5])
    chosen = parser.parse_args()
    closed_forms()
    scaling(chosen.edges)
    ratios()


if __name__ == "__main__":
    main()
