"""Where tests find the prepared data: VERTEBRO_SHARED_DATA, default ../shared/data."""

import os
from pathlib import Path

import pytest

SHARED = Path(os.environ.get("VERTEBRO_SHARED_DATA", Path(__file__).parents[2] / "shared" / "data"))


@pytest.fixture(scope="session")
def shared_data() -> Path:
    if not SHARED.is_dir():
        pytest.skip(f"no shared data at {SHARED}; set VERTEBRO_SHARED_DATA")
    return SHARED
