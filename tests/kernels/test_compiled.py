"""What is compiled is kept; it is known beforehand whether somebody has to wait; a warm start is quick."""

import importlib.util
import os
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest

from vertebro.kernels.compiled import COMPILED, is_kept
from vertebro.kernels.elastic import ElasticModel, solve_elastic
from vertebro.kernels.supports import NodeValues
from vertebro.kernels.sweeps import perform

WARM_SECONDS = 3.0
"""From the import to the first result, of the processor's time: another's work does not count."""

KERNEL = """
from vertebro.kernels.compiled import compiled

@compiled
def doubled(x):
    for k in range(x.size):
        x[k] *= 2
"""

FIRST_RESULT = """
import numpy as np, time
from vertebro.kernels.elastic import ElasticModel, solve_elastic
from vertebro.kernels.supports import NodeValues
young, top, bottom = np.full((12,) * 3, 100.0), np.zeros((13,) * 3, bool), np.zeros((13,) * 3, bool)
top[..., -1] = bottom[..., 0] = True
ends = (NodeValues.at(top, 2, -0.1), NodeValues.at(bottom, 2, 0.0))
solve_elastic(ElasticModel(young, 0.3, (1.0,) * 3, ends))
print(time.process_time())
"""


def loaded(path: Path) -> ModuleType:
    spec = importlib.util.spec_from_file_location(path.stem, path)
    assert spec and spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.skipif(not COMPILED, reason="nothing is compiled")
def test_it_is_known_whether_a_kernel_is_there_already(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from numba.core import config

    monkeypatch.setattr(config, "CACHE_DIR", str(tmp_path / "kept"))
    (tmp_path / "a_kernel.py").write_text(KERNEL, encoding="utf-8")
    first = loaded(tmp_path / "a_kernel.py").doubled
    assert not is_kept(first)
    first(np.ones(3))
    assert is_kept(first)
    assert is_kept(loaded(tmp_path / "a_kernel.py").doubled)  # another run finds it on the disk


@pytest.mark.skipif(not COMPILED, reason="nothing is compiled")
def test_a_warm_start_is_quick() -> None:
    young, top = np.full((4, 4, 4), 100.0), np.zeros((5, 5, 5), bool)
    top[..., -1] = True
    ends = (NodeValues.at(top, 2, -0.1), NodeValues.at(top[..., ::-1], 2, 0.0))
    solve_elastic(ElasticModel(young, 0.3, (1.0, 1.0, 1.0), ends))
    assert is_kept(perform)
    quiet = os.environ | {"NUMBA_NUM_THREADS": "1", "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}
    done = subprocess.run(
        [sys.executable, "-c", FIRST_RESULT], env=quiet, check=True, capture_output=True, text=True
    )
    assert float(done.stdout) < WARM_SECONDS
