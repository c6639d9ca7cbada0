"""Compiled kernels and the same kernels as plain Python agree; threads share work without losing any."""

import os
import subprocess
import sys

import numpy as np
import pytest
from numpy.testing import assert_allclose

from vertebro.kernels.arrays import AnyArray
from vertebro.kernels.compiled import COMPILED, STAMP, compiled
from vertebro.kernels.lanes import after, before, fill, lanes_in, load, store, unless_above
from vertebro.kernels.team import DONE, STATE_SIZE, STOP, Team, add, await_pieces, claim, look, open_phase

SMALL_SOLVE = """
import numpy as np
from vertebro.kernels.elastic import ElasticModel, solve_elastic
from vertebro.kernels.supports import NodeValues
rng = np.random.default_rng(0)
young = 10 ** rng.uniform(1, 3, (4, 5, 6)) * (rng.uniform(size=(4, 5, 6)) > 0.2)
young[:, :, [0, -1]] = 100.0
ends = [np.zeros((5, 6, 7), bool) for _ in range(2)]
ends[0][:, :, 0] = ends[1][:, :, -1] = True
held = [NodeValues.at(end, axis, 0.1 * n) for n, end in enumerate(ends) for axis in range(3)]
solved = solve_elastic(ElasticModel(young, 0.3, (1.0, 0.8, 1.2), tuple(held)), tolerance=1e-9)
print(*solved.reaction(ends[1]).tolist())
"""


def test_compiled_and_plain_python_solve_alike() -> None:
    results = []
    for disabled in ("0", "1"):
        done = subprocess.run(
            [sys.executable, "-c", SMALL_SOLVE],
            env=os.environ | {"NUMBA_DISABLE_JIT": disabled},
            check=True, capture_output=True, text=True,
        )  # fmt: skip
        results.append([float(x) for x in done.stdout.split()])
    assert_allclose(results[1], results[0], rtol=1e-6)


@compiled
def shuffled(a: AnyArray, bound: AnyArray, out: AnyArray) -> None:
    step = lanes_in(a)
    for k in range(0, 2 * step, step):
        here, ahead = load(a, k, a), load(a, k + step, a)
        store(out[0], k, after(here, ahead))
        store(out[1], k + step, before(here, ahead))
        store(out[2], k, here * fill(2.0, a) + here - ahead)
        store(out[3], k, unless_above(here, load(bound, k, a)))


@pytest.mark.parametrize("kind", [np.float32, np.float64])
def test_registers_shift_and_calculate_as_arrays_do(kind: type) -> None:
    rng = np.random.default_rng(0)
    a, bound = rng.normal(size=64).astype(kind), rng.normal(size=64).astype(np.float32)
    out = np.zeros((4, 64), kind)
    shuffled(a, bound, out)
    step = int(np.flatnonzero(out[1])[0])
    n = 2 * step
    assert_allclose(out[0, :n], a[1 : n + 1])
    assert_allclose(out[1, step : 3 * step], a[step - 1 : 3 * step - 1])
    assert_allclose(out[2, :n], 3 * a[:n] - a[step : n + step], rtol=1e-5, atol=1e-5)
    assert_allclose(out[3, :n], np.where(a[:n] <= bound[:n], a[:n], 0))


@compiled
def count_pieces(rank: int, phases: int, pieces: int, state: AnyArray, done: AnyArray) -> None:
    phase = 0
    while phase < phases:
        if rank == 0:
            open_phase(state, phase, pieces)
        while True:
            piece = claim(state)
            if piece < 0:
                break
            done[look(state, 16), piece] += 1
            add(state, DONE, 1)
        if rank == 0:
            await_pieces(state, pieces)
            phase += 1
        elif look(state, STOP):
            return


@pytest.mark.parametrize("helpers", [0, 1, 3])
def test_every_piece_of_every_phase_is_done_once_whoever_helps(helpers: int) -> None:
    state, done = np.zeros(STATE_SIZE, np.int64), np.zeros((300, 13), np.int64)
    with Team(state, helpers if COMPILED else 0, lambda rank: count_pieces(rank, 300, 13, state, done)):
        count_pieces(0, 300, 13, state, done)
    assert (done == 1).all()


@pytest.mark.skipif(not COMPILED, reason="nothing is kept")
def test_what_is_kept_on_disk_is_stamped_with_all_kernels() -> None:
    kept = count_pieces._cache._cache_file  # type: ignore[attr-defined]
    assert kept._source_stamp == STAMP
    kept.save("a kind of argument", "machine code")
    assert kept.load("a kind of argument") == "machine code"
    kept._source_stamp = STAMP[1:]  # a kernel has changed
    assert kept.load("a kind of argument") is None
    kept.flush()
