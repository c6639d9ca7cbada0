"""How the numerical kernels are compiled: kept on disk, free of the interpreter's lock, or left as Python.

Kernels never allocate: they get all memory from their callers. So they are compiled without reference
counts (``_nrt=False``), which would cost more than the arithmetic where arrays are cut into short views.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Any, TypeVar

import numba
from numba.core import config

F = TypeVar("F", bound=Callable[..., object])

COMPILED = not getattr(config, "DISABLE_JIT")  # noqa: B009 (set while numba loads; unknown to type checkers)

# Sums may be regrouped and products fused, as vector units do; infinities and NaN keep their meaning.
FREEDOM = {"contract", "reassoc", "nsz", "arcp"}
OPTIONS: dict[str, Any] = {"nogil": True, "_nrt": False, "error_model": "numpy", "fastmath": FREEDOM}


def _stamp() -> tuple[tuple[str, float, int], ...]:
    """Name, date and size of every kernel's source."""
    with os.scandir(__file__.rpartition(os.sep)[0]) as entries:
        sources = [(e.name, e.stat()) for e in entries if e.name.endswith(".py")]
    return tuple(sorted((name, status.st_mtime, status.st_size) for name, status in sources))


STAMP = _stamp()


def compiled(function: F) -> F:
    """The function as machine code, compiled once for each kind of argument and kept for the next run.

    What is kept holds the pieces of other modules too, but numba looks at the function's own source only.
    So the stamp of what is kept is that of all kernels: none is ever run with an old piece inside.
    """
    dispatcher = numba.njit(function, cache=True, **OPTIONS)
    if COMPILED:
        dispatcher._cache._cache_file._source_stamp = STAMP
    return dispatcher  # type: ignore[no-any-return]


def is_kept(function: Callable[..., object]) -> bool:
    """Whether a compiled function can run at once: its machine code is there, in memory or on disk."""
    if not COMPILED:
        return True
    dispatcher: Any = function
    return bool(dispatcher.signatures) or bool(dispatcher._cache._cache_file._load_index())


def part(function: F) -> F:
    """A piece of a compiled function, inlined into the machine code of whoever calls it.

    Python never calls it, so it gets no wrapper for that: a third of what compiling it would cost.
    """
    options = OPTIONS | {"forceinline": True, "no_cpython_wrapper": True, "no_cfunc_wrapper": True}
    return numba.njit(function, **options)  # type: ignore[no-any-return]


def inlined(function: F) -> F:
    """A piece with one caller, copied into it before compilation: nothing is compiled twice."""
    return numba.njit(function, inline="always", **OPTIONS)  # type: ignore[no-any-return]
