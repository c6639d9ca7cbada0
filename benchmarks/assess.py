"""Time and memory of a whole assessment with both procedures, and of a plan that was changed.

    .venv/bin/python benchmarks/assess.py [--case CASE] [--samples 50]

The demonstration's patient if no case is given. Kernels are compiled beforehand; the first start after an
installation takes half a minute more. Goals: 90 s and 4 GiB for everything (both procedures, three volumes
each, neighbours, 50 samples), 5 s for one changed parameter of a plan.
"""

from __future__ import annotations

import argparse
import resource
import tempfile
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from vertebro.assess import assess
from vertebro.formats.casefile import read_case
from vertebro.formats.demo import write_demo_case
from vertebro.formats.output import write_output
from vertebro.fracture.measure import measure
from vertebro.patient.case import Case
from vertebro.procedures.procedure import Asked, technique
from vertebro.procedures.site import Site, site_of
from vertebro.procedures.trajectory import Plan
from vertebro.procedures.wishes import OwnNeedle, Wishes
from vertebro.simulation.compare import Wanted, compare
from vertebro.simulation.memory import Memory
from vertebro.simulation.vertebra_grid import images_of
from vertebro.vocabulary.levels import Level

MOVED_MM = 2.0  # the tip of a needle, forward


def timed(what: str, work: Callable[[], Any], goal_s: float) -> Any:
    """Prints seconds on the wall and of the processors, and their share of the goal."""
    wall, processor = time.perf_counter(), time.process_time()
    result = work()
    wall, processor = time.perf_counter() - wall, time.process_time() - processor
    print(f"| {what} | {wall:.1f} | {processor:.1f} | {goal_s:g} | {wall / goal_s:.2f} |", flush=True)
    return result


def everything(path: Path, out: Path) -> None:
    """What ``vertebro assess CASE`` does."""
    write_output(assess(read_case(path), simulate=True), out)


def needles(case: Case, level: Level, forward_mm: float) -> Wishes:
    """The planned needles of a vertebroplasty with their tips moved along themselves."""
    ct, spine = images_of(case)
    site = site_of(spine, level, ct)
    assert isinstance(site, Site)
    plan = technique("vertebroplasty").plan(site, Asked())
    assert isinstance(plan, Plan)
    own = []
    for path in plan.needles:
        entry, tip = np.asarray(path.entry_mm), np.asarray(path.target_mm)
        moved = tip + forward_mm * (tip - entry) / np.linalg.norm(tip - entry)
        own.append(OwnNeedle(path.side.value, tuple(entry.tolist()), tuple(moved.tolist())))
    return Wishes(own=tuple(own))


def main() -> None:
    """The table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--case", type=Path)
    parser.add_argument("--samples", type=int, default=50)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        path = given.case or write_demo_case(Path(folder) / "input", 1)
        case = read_case(path)
        level, findings, memory = case.level, measure(case), Memory()
        assert isinstance(level, Level)
        whole = Wanted(samples=given.samples)
        one = Wanted(procedures=("vertebroplasty",), volumes_ml=(3.0,), samples=0)
        other = Wanted(procedures=("kyphoplasty",), volumes_ml=(4.0,), samples=0)

        def again(wanted: Wanted) -> Callable[[], Any]:
            return lambda: compare(case, level, findings, wanted, memory=memory)

        compare(case, level, findings, replace(whole, samples=1))  # compiles
        print("| what | wall, s | processor, s | goal, s | share of it |\n|---|---|---|---|---|")
        timed("everything, with report and factsheet", lambda: everything(path, Path(folder) / "out"), 90)
        timed(f"compared, with {given.samples} samples each", again(whole), 90)
        timed("the same again", again(whole), 5)
        timed("vertebroplasty with 3 mL", again(one), 5)
        timed("its cement thicker", again(replace(one, viscosity="high")), 5)
        moved = needles(case, level, MOVED_MM)
        timed("its needles 2 mm deeper", again(replace(one, wishes=moved)), 5)
        timed("3.5 mL instead", again(replace(one, volumes_ml=(3.5,))), 5)
        timed("kyphoplasty with 4 mL", again(other), 5)
        timed("its cement thicker", again(replace(other, viscosity="high")), 5)
        most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
        kept = memory.held_bytes / 2**30
        print(f"\nAt most {most:.2f} GiB of memory (goal 4); kept for reuse {kept:.2f} GiB.")


if __name__ == "__main__":
    main()
