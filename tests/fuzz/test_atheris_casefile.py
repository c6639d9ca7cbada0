"""The case file under a coverage-guided fuzzer; `python tests/fuzz/test_atheris_casefile.py` runs on."""

from __future__ import annotations

import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from vertebro.errors import BadInput
from vertebro.formats.casefile import read_case, read_record_case


def one_input(data: bytes) -> None:
    """Reads the bytes as a case file and as a record: taken, or refused in words that can be printed."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "case.yaml"
        path.write_bytes(data)
        for read in (read_case, read_record_case):
            try:
                read(path)
            except BadInput as refusal:
                str(refusal).encode("utf-8")


@pytest.mark.slow
def test_a_short_guided_run_finds_nothing() -> None:
    pytest.importorskip("atheris", reason="atheris is not installed (extra 'fuzz')")
    run = [sys.executable, __file__, "-runs=20000", "-max_len=600", "-seed=1"]
    done = subprocess.run(run, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-3000:]


if __name__ == "__main__":
    import atheris

    atheris.instrument_all()
    atheris.Setup(sys.argv, one_input)
    atheris.Fuzz()
