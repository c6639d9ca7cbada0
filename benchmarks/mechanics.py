"""Speed and memory of the voxel solver on the published L2 model, beside the machine's ceilings and peers.

    .venv/bin/python benchmarks/mechanics.py [--data FOLDER] [--splits 1 2 3] [--runs 5] [--busy]

Prints a table: seconds from the voxel array to the reaction (least and median of the runs), iterations,
peak memory of a process of its own, stiffness. ``--busy`` keeps both processors busy with another
process meanwhile. Peers solve the same model when they are installed (Debian: calculix-ccx, python3-dolfinx):
``--peers`` names those to run, ``--peers spooles`` the direct solver, ``--peers`` alone none.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TextIO

import numpy as np

sys.path.insert(0, str(Path(__file__).parents[1] / "tests" / "papers"))
from walle2025 import PublishedModel, published_model

from vertebro.kernels.cycles import Effort
from vertebro.kernels.elastic import solve_elastic
from vertebro.kernels.resources import processors

SQUEEZE_MM = 0.2
TOLERANCE = 1e-6
SYSTEM_PYTHON = "/usr/bin/python3"  # Debian's, which finds its package of FEniCSx


def best_of(runs: int, task: Callable[[], object]) -> tuple[float, float]:
    """Least and median seconds, after one run that is not counted."""
    task()
    seconds = []
    for _ in range(runs):
        start = time.perf_counter()
        task()
        seconds.append(time.perf_counter() - start)
    return min(seconds), float(np.median(seconds))


def solve_row(data: Path, split: int, runs: int) -> str:
    """One line of the table, measured in this process."""
    import resource

    model = published_model(data, split=split)
    pressed = model.pressed(SQUEEZE_MM)
    least, median = best_of(runs, lambda: solve_elastic(pressed, tolerance=TOLERANCE))
    alone, _ = best_of(runs, lambda: solve_elastic(pressed, tolerance=TOLERANCE, effort=Effort(threads=1)))
    solved = solve_elastic(pressed, tolerance=TOLERANCE)
    gib = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
    voxels, nodes = np.count_nonzero(model.young_mpa), np.count_nonzero(solved.displacement_mm.any(axis=0))
    stiffness = -solved.reaction(model.top)[2] / SQUEEZE_MM
    return (
        f"| {model.edge_mm:.2f} mm | {voxels:,} | {least:.3f} | {median:.3f} | {alone:.3f} | "
        f"{solved.convergence[0].iterations} | {least / nodes * 1e9 / 3:.0f} | {gib:.2f} | {stiffness:.1f} |"
    )


def operator_speed(data: Path, runs: int) -> str:
    """The operator alone on the 0.33 mm model: unknowns a second, beside what the machine can do."""
    from vertebro.kernels import elastic, sweeps
    from vertebro.kernels.cycles import P, Program, Q
    from vertebro.kernels.team import Team

    threads = processors()
    solver = elastic.Solver(
        elastic.Checked(published_model(data, split=3).pressed()), Effort(threads=threads)
    )
    hierarchy = solver.multigrid._hierarchy
    program = Program()
    for _ in range(10):
        program.line(sweeps.APPLY, 0, P, P, Q)
    scene = hierarchy.scene(program)
    with Team(scene.work.state, threads - 1, lambda rank: sweeps.perform(rank, 0, 10, scene)):
        least, _ = best_of(runs, lambda: sweeps.perform(0, 0, 10, scene))
    unknowns = 3 * np.count_nonzero(hierarchy.inverse[2])
    return f"operator with its scalar product: {unknowns * 10 / least / 1e9:.2f} Gdof/s"


def ceilings(runs: int) -> str:
    """Bandwidth of a copy (one thread a processor) and multiply-adds a second in single precision."""
    from concurrent.futures import ThreadPoolExecutor

    import numba

    @numba.njit(nogil=True, fastmath={"contract"})  # no regrouping, or the eight become one
    def multiply_add(x, by, plus, times):  # type: ignore[no-untyped-def]
        for _ in range(times):
            for k in range(x.size):
                x[k] = x[k] * by[0] + plus[0]
                x[k] = x[k] * by[1] + plus[1]
                x[k] = x[k] * by[2] + plus[2]
                x[k] = x[k] * by[3] + plus[3]
                x[k] = x[k] * by[4] + plus[4]
                x[k] = x[k] * by[5] + plus[5]
                x[k] = x[k] * by[6] + plus[6]
                x[k] = x[k] * by[7] + plus[7]

    n = processors()
    big = [(np.ones(30_000_000, np.float32), np.ones(30_000_000, np.float32)) for _ in range(n)]
    small = [np.ones(2048, np.float32) for _ in range(n)]
    by, plus = np.linspace(0.99, 0.999, 8, dtype=np.float32), np.linspace(0.1, 0.8, 8, dtype=np.float32)
    with ThreadPoolExecutor(n) as pool:
        copy, _ = best_of(runs, lambda: list(pool.map(lambda pair: np.copyto(*pair), big)))
        flops, _ = best_of(runs, lambda: list(pool.map(lambda x: multiply_add(x, by, plus, 20_000), small)))
    gigabytes = n * 2 * 4 * 30e6 / copy / 1e9
    gigaflops = n * 2048 * 20_000 * 16 / flops / 1e9
    return f"ceilings: copy {gigabytes:.0f} GB/s, multiply-add {gigaflops:.0f} GFLOP/s (single precision)"


FIRST_RESULT = """
import time
began = time.perf_counter()
import numpy as np
from vertebro.kernels.elastic import ElasticModel, solve_elastic
from vertebro.kernels.supports import NodeValues
young, top, bottom = np.full((12,) * 3, 100.0), np.zeros((13,) * 3, bool), np.zeros((13,) * 3, bool)
top[..., -1] = bottom[..., 0] = True
ends = (NodeValues.at(top, 2, -0.1), NodeValues.at(bottom, 2, 0.0))
solve_elastic(ElasticModel(young, 0.3, (1.0,) * 3, ends))
print(f"{time.perf_counter() - began:.1f} s ({time.process_time():.1f} s of one processor)")
"""


def first_result() -> str:
    """From the import to the first result, with nothing compiled yet and with everything kept."""
    with tempfile.TemporaryDirectory() as folder:
        told = [
            subprocess.run(
                [sys.executable, "-c", FIRST_RESULT],
                env=os.environ | {"NUMBA_CACHE_DIR": folder},
                check=True,
                capture_output=True,
                text=True,
            ).stdout.strip()
            for _ in range(2)
        ]
    return f"import to first result: the first time ever {told[0]}, then {told[1]}"


@dataclass(frozen=True)
class Peer:
    """Another program on the same model: its name and how it is run; None where it is not installed."""

    name: str
    run: Callable[[PublishedModel], tuple[float, float]] | None
    missing: str = ""


def peers() -> Iterator[Peer]:
    """Every peer this benchmark knows."""
    for solver in ("ITERATIVE CHOLESKY", "SPOOLES"):
        run = partial(calculix, solver=solver) if shutil.which("ccx") else None
        yield Peer(f"CalculiX, {solver.lower()}", run, "Debian: calculix-ccx")
    has = subprocess.run([SYSTEM_PYTHON, "-c", "import dolfinx"], capture_output=True, check=False)
    for ranks in (1, 2):
        run = partial(fenicsx, ranks=ranks) if has.returncode == 0 else None
        yield Peer(f"FEniCSx, CG + GAMG, {ranks} rank{'s' * (ranks > 1)}", run, "Debian: python3-dolfinx")


def beside(model: PublishedModel, names: list[str]) -> Iterator[str]:
    """A row for ourselves and for each peer that is asked for; one run each, so against our median."""
    pressed = model.pressed(SQUEEZE_MM)
    own, median = best_of(5, lambda: solve_elastic(pressed, tolerance=TOLERANCE))
    stiffness = -solve_elastic(pressed, tolerance=TOLERANCE).reaction(model.top)[2] / SQUEEZE_MM
    yield "| program | s | N/mm | against ours | times ours |\n|---|---|---|---|---|"
    yield f"| vertebro | {median:.3f} (least {own:.3f}) | {stiffness:.1f} | | 1 |"
    for peer in peers():
        if not any(name.lower() in peer.name.lower() for name in names):
            continue
        if peer.run is None:
            yield f"| {peer.name} | not installed ({peer.missing}) | | | |"
            continue
        seconds, found = peer.run(model)
        off = 100 * (found / stiffness - 1)
        yield f"| {peer.name} | {seconds:.1f} | {found:.1f} | {off:+.3f} % | {seconds / median:.0f} |"


def fenicsx(model: PublishedModel, ranks: int) -> tuple[float, float]:
    """Seconds and stiffness of FEniCSx, from the mesh to the energy, without the compilation of its form."""
    nodes, numbers = mesh_of(model)
    voxels = np.argwhere(model.young_mpa > 0)
    order = [(i, j, k) for k in (0, 1) for j in (0, 1) for i in (0, 1)]
    top, bottom = (numbers[tuple(where.T)] - 1 for where in (model.top, model.bottom))
    with tempfile.TemporaryDirectory() as folder:
        np.savez(
            Path(folder) / "model.npz",
            places_mm=nodes * model.edge_mm,
            cells=np.stack([numbers[tuple((voxels + c).T)] for c in order], axis=-1) - 1,
            young_mpa=model.young_mpa[tuple(voxels.T)],
            top=top,
            bottom=bottom,
            pins=[bottom[0], bottom[-1]],
            squeeze_mm=SQUEEZE_MM,
        )
        parallel = ["mpirun", "--allow-run-as-root", "-n", str(ranks)] if ranks > 1 else []
        script = Path(__file__).with_name("mechanics_fenicsx.py")
        done = subprocess.run(
            [*parallel, SYSTEM_PYTHON, str(script), str(Path(folder) / "model.npz")],
            env={n: v for n, v in os.environ.items() if n != "PYTHONPATH"} | {"OMP_NUM_THREADS": "1"},
            check=True,
            capture_output=True,
            text=True,
        )
    seconds, stiffness, _ = done.stdout.split()[-3:]
    return float(seconds), float(stiffness)


def calculix(model: PublishedModel, solver: str) -> tuple[float, float]:
    """Seconds and stiffness of CalculiX, from its input deck on."""
    nodes, numbers = mesh_of(model)
    with tempfile.TemporaryDirectory() as folder:
        deck = Path(folder) / "l2.inp"
        with deck.open("w", encoding="utf-8") as out:
            write_deck(out, model, (nodes, numbers), solver)
        start = time.perf_counter()
        environment = os.environ | {"OMP_NUM_THREADS": str(processors())}
        subprocess.run(["ccx", "l2"], cwd=folder, env=environment, check=True, capture_output=True)
        seconds = time.perf_counter() - start
        text = (Path(folder) / "l2.dat").read_text(encoding="utf-8")
    force = float(re.findall(r"[-+]?\d+\.\d+E[-+]\d+", text)[-1])
    return seconds, abs(force) / SQUEEZE_MM


def mesh_of(model: PublishedModel) -> tuple[np.ndarray, np.ndarray]:
    """Node indices (n, 3) and the number of every node of the grid (from 1, 0: none)."""
    solid = model.young_mpa > 0
    used = np.zeros([n + 1 for n in solid.shape], bool)
    for offset in np.ndindex(2, 2, 2):
        used[tuple(slice(o, o + n) for o, n in zip(offset, solid.shape, strict=True))] |= solid
    numbers = np.zeros(used.shape, int)
    numbers[used] = np.arange(1, used.sum() + 1)
    return np.argwhere(used), numbers


CALCULIX_ORDER = [(0, 0, 0), (1, 0, 0), (1, 1, 0), (0, 1, 0), (0, 0, 1), (1, 0, 1), (1, 1, 1), (0, 1, 1)]


def write_deck(out: TextIO, model: PublishedModel, mesh: tuple[np.ndarray, np.ndarray], solver: str) -> None:
    """An input deck with one material for each modulus and the plates as displacements."""
    nodes, numbers = mesh
    voxels = np.argwhere(model.young_mpa > 0)
    corners = np.stack([numbers[tuple((voxels + c).T)] for c in CALCULIX_ORDER], axis=-1)
    moduli, material = np.unique(model.young_mpa[tuple(voxels.T)], return_inverse=True)
    out.write("*NODE,NSET=ALL\n")
    for number, place in enumerate(nodes * model.edge_mm, start=1):
        out.write(f"{number},{place[0]:.6g},{place[1]:.6g},{place[2]:.6g}\n")
    for m, modulus in enumerate(moduli):
        out.write(f"*ELEMENT,TYPE=C3D8,ELSET=E{m}\n")
        for v in np.flatnonzero(material == m):
            out.write(f"{v + 1}," + ",".join(map(str, corners[v])) + "\n")
        out.write(
            f"*MATERIAL,NAME=M{m}\n*ELASTIC\n{modulus:.9g},0.3\n*SOLID SECTION,ELSET=E{m},MATERIAL=M{m}\n"
        )
    for name, where in (("TOP", model.top), ("BOTTOM", model.bottom)):
        out.write(f"*NSET,NSET={name}\n" + "".join(f"{n}\n" for n in numbers[tuple(where.T)]))
    first, far = numbers[tuple(model.bottom[0])], numbers[tuple(model.bottom[-1])]
    out.write(f"*STEP\n*STATIC,SOLVER={solver}\n*BOUNDARY\nTOP,3,3,{-SQUEEZE_MM}\nBOTTOM,3,3,0\n")
    out.write(f"{first},1,2,0\n{far},2,2,0\n*NODE PRINT,NSET=TOP,TOTALS=ONLY\nRF\n*END STEP\n")


@contextlib.contextmanager
def busy_processors() -> Iterator[None]:
    """Every processor busy with another process meanwhile."""
    spin = [subprocess.Popen([sys.executable, "-c", "while True: pass"]) for _ in range(processors())]
    try:
        yield
    finally:
        for process in spin:
            process.kill()
            process.wait()


def main() -> None:
    """Runs what the command line asks for."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "--data", type=Path, default=Path(os.environ.get("VERTEBRO_SHARED_DATA", "../shared/data"))
    )
    parser.add_argument("--splits", type=int, nargs="+", default=[1, 2, 3])
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--busy", action="store_true")
    parser.add_argument("--peers", nargs="*", default=["iterative cholesky", "fenicsx"], metavar="NAME")
    parser.add_argument("--row", type=int, help=argparse.SUPPRESS)
    chosen = parser.parse_args()
    if chosen.row:
        print(solve_row(chosen.data, chosen.row, chosen.runs))
        return
    print("| voxel | voxels | least s | median s | one thread s | iterations | ns an unknown | GiB | N/mm |")
    print("|---|---|---|---|---|---|---|---|---|")
    for split in chosen.splits:
        own = [
            sys.executable,
            __file__,
            "--row",
            str(split),
            "--runs",
            str(chosen.runs),
            "--data",
            str(chosen.data),
        ]
        with busy_processors() if chosen.busy else contextlib.nullcontext():
            print(subprocess.run(own, check=True, capture_output=True, text=True).stdout.strip(), flush=True)
    print(operator_speed(chosen.data, chosen.runs))
    print(ceilings(chosen.runs))
    print(first_result())
    for line in beside(published_model(chosen.data), chosen.peers):
        print(line, flush=True)


if __name__ == "__main__":
    main()
