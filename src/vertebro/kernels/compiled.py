"""How the numerical kernels are compiled: kept on disk, free of the interpreter's lock, or left as Python."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

import numba
from numba.core import config

F = TypeVar("F", bound=Callable[..., object])

COMPILED = not getattr(config, "DISABLE_JIT")  # noqa: B009 (set while numba loads; unknown to type checkers)

# Sums may be regrouped and products fused, as vector units do; infinities and NaN keep their meaning.
FREEDOM = {"contract", "reassoc", "nsz", "arcp"}


def compiled(function: F) -> F:
    """The function as machine code, compiled once for each kind of argument and kept for the next run."""
    return numba.njit(function, cache=True, nogil=True, error_model="numpy", fastmath=FREEDOM)  # type: ignore[no-any-return]


def part(function: F) -> F:
    """A piece of a compiled function: becomes part of the machine code of whoever calls it."""
    return numba.njit(function, nogil=True, error_model="numpy", fastmath=FREEDOM)  # type: ignore[no-any-return]


def inlined(function: F) -> F:
    """A piece with one caller, copied into it before compilation: nothing is compiled twice."""
    return numba.njit(function, inline="always", nogil=True, error_model="numpy", fastmath=FREEDOM)  # type: ignore[no-any-return]
