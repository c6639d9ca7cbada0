"""How the numerical kernels are compiled: kept on disk, free of the interpreter's lock, or left as Python.

Kernels never allocate: they get all memory from their callers. So they are compiled without reference
counts (``_nrt=False``), which would cost more than the arithmetic where arrays are cut into short views.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

import numba
from numba.core import config

F = TypeVar("F", bound=Callable[..., object])

COMPILED = not getattr(config, "DISABLE_JIT")  # noqa: B009 (set while numba loads; unknown to type checkers)

# Sums may be regrouped and products fused, as vector units do; infinities and NaN keep their meaning.
FREEDOM = {"contract", "reassoc", "nsz", "arcp"}
OPTIONS: dict[str, Any] = {"nogil": True, "_nrt": False, "error_model": "numpy", "fastmath": FREEDOM}


def compiled(function: F) -> F:
    """The function as machine code, compiled once for each kind of argument and kept for the next run."""
    return numba.njit(function, cache=True, **OPTIONS)  # type: ignore[no-any-return]


def part(function: F) -> F:
    """A piece of a compiled function, inlined into the machine code of whoever calls it."""
    return numba.njit(function, forceinline=True, **OPTIONS)  # type: ignore[no-any-return]


def inlined(function: F) -> F:
    """A piece with one caller, copied into it before compilation: nothing is compiled twice."""
    return numba.njit(function, inline="always", **OPTIONS)  # type: ignore[no-any-return]
