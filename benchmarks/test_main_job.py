"""How long the main job takes and how much memory it needs (make bench)."""

import subprocess
import sys
from pathlib import Path

import pytest


@pytest.fixture(scope="session")
def demo_case(tmp_path_factory: pytest.TempPathFactory) -> Path:
    from vertebro.formats.demo import write_demo_case

    return write_demo_case(tmp_path_factory.mktemp("demo"), seed=1)


@pytest.fixture(scope="session")
def big_case(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A CT of 512 x 512 x 300 voxels, as a scanner makes it."""
    from vertebro.formats.demo import write_demo_case

    return write_demo_case(tmp_path_factory.mktemp("big"), seed=1, shape=(512, 512, 300))


def run(*arguments: str) -> float:
    """Peak memory in GiB of one run of the command line in a process of its own."""
    code = (
        "import resource, sys\n"
        "from vertebro.interfaces.cli import main\n"
        "try: main(sys.argv[1:])\n"
        "except SystemExit as leave: assert leave.code in (None, 0, 3), leave.code\n"
        "print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, *arguments], check=True, capture_output=True, text=True
    )
    return float(done.stdout.split()[-1])


def test_help(benchmark) -> None:  # type: ignore[no-untyped-def]
    benchmark.pedantic(run, args=("--help",), rounds=5, warmup_rounds=1)


def test_main_job_on_the_synthetic_patient(benchmark, demo_case: Path, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    gib = benchmark.pedantic(run, args=("assess", str(demo_case), "-o", str(tmp_path / "out")), rounds=2)
    benchmark.extra_info["peak memory, GiB"] = round(gib, 2)


def test_main_job_on_a_large_ct(benchmark, big_case: Path, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    gib = benchmark.pedantic(run, args=("assess", str(big_case), "-o", str(tmp_path / "out")), rounds=1)
    benchmark.extra_info["peak memory, GiB"] = round(gib, 2)
