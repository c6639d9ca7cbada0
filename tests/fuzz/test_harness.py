"""The coverage-guided harness runs, where atheris is installed."""

import subprocess
import sys
from pathlib import Path

import pytest

pytest.importorskip("atheris", reason="the extra 'fuzz' is not installed")


@pytest.mark.slow
def test_the_harness_finds_nothing_in_a_short_run() -> None:
    harness = Path(__file__).with_name("fuzz_images.py")
    subprocess.run([sys.executable, harness, "-max_total_time=20", "-rss_limit_mb=4096"], check=True)
