"""Threads that share the pieces of one piece of work, and never wait for one that has not begun.

A leader opens a phase of pieces; whoever is free claims the next piece. The leader works too and waits
only for pieces already claimed, so a helper that the operating system keeps asleep costs nothing: under
load the leader does the work alone. Pieces do not depend on who does them: results are the same to the
last bit for any number of threads.

A helper may still fall asleep with a claimed piece in hand. Each time that costs the leader more than
such a piece, it keeps the next phases to itself: more of them each time, fewer after phases without loss.

State (int64): [TICKET] phase << 32 | pieces << 16 | next piece; [DONE] finished pieces; [TASK] what the
phase is about; [STOP] not 0 when helpers may leave; [ALONE] phases the leader keeps to itself, [CAUTION]
how many it will be the next time. The numbers lie on cache lines of their own.
"""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable
from types import TracebackType
from typing import Any

import numpy as np
from llvmlite import ir  # type: ignore[import-untyped]
from numba.core import types
from numba.core.typing.templates import Signature
from numba.extending import intrinsic

from vertebro.kernels.arrays import AnyArray
from vertebro.kernels.compiled import COMPILED, part

TICKET, DONE, TASK, STOP, ALONE, CAUTION = 0, 8, 16, 24, 32, 40
STATE_SIZE = 48
MOST_PIECES = 2**16 - 1
PATIENCE = 20_000  # looks before a nap: about 20 microseconds, the length of a short phase
NAP_US = 25  # shorter than a phase on a middle-sized level, longer than the call itself
FEWEST_ALONE, MOST_ALONE = 8, 256  # phases: a fraction of a cycle, and a few iterations of a solve


def _look(state: AnyArray, at: int) -> int:
    return int(state[at])


def _put(state: AnyArray, at: int, value: int) -> None:
    state[at] = value


def _add(state: AnyArray, at: int, value: int) -> int:
    state[at] += value
    return int(state[at]) - value


def _swap(state: AnyArray, at: int, old: int, new: int) -> bool:
    unchanged = bool(state[at] == old)
    if unchanged:
        state[at] = new
    return unchanged


def _place(context: Any, builder: Any, sig: Any, args: Any) -> Any:
    data = context.make_array(sig.args[0])(context, builder, value=args[0]).data
    return builder.gep(data, [args[1]])


@intrinsic
def _jit_look(_typing: Any, state: Any, _at: Any) -> Any:
    def generate(context: Any, builder: Any, sig: Any, args: Any) -> Any:
        return builder.load_atomic(_place(context, builder, sig, args), "seq_cst", 8)

    return types.int64(state, types.int64), generate


@intrinsic
def _jit_put(_typing: Any, state: Any, _at: Any, _value: Any) -> Any:
    def generate(context: Any, builder: Any, sig: Any, args: Any) -> Any:
        builder.store_atomic(args[2], _place(context, builder, sig, args), "seq_cst", 8)
        return context.get_dummy_value()

    return types.void(state, types.int64, types.int64), generate


@intrinsic
def _jit_add(_typing: Any, state: Any, _at: Any, _value: Any) -> Any:
    def generate(context: Any, builder: Any, sig: Any, args: Any) -> Any:
        return builder.atomic_rmw("add", _place(context, builder, sig, args), args[2], "seq_cst")

    return types.int64(state, types.int64, types.int64), generate


@intrinsic
def _jit_swap(_typing: Any, state: Any, _at: Any, _old: Any, _new: Any) -> Any:
    def generate(context: Any, builder: Any, sig: Any, args: Any) -> Any:
        place = _place(context, builder, sig, args)
        result = builder.cmpxchg(place, args[2], args[3], "seq_cst", "seq_cst")
        return builder.zext(builder.extract_value(result, 1), ir.IntType(8))

    return types.int8(state, types.int64, types.int64, types.int64), generate


look: Any = _jit_look if COMPILED else _look
put: Any = _jit_put if COMPILED else _put
add: Any = _jit_add if COMPILED else _add
swap: Any = _jit_swap if COMPILED else _swap
_CAN_NAP = COMPILED and sys.platform != "win32"
_sleeps = Signature(types.int32, (types.uint32,), None)  # type: ignore[no-untyped-call]
_usleep: Any = types.ExternalFunction("usleep", _sleeps) if _CAN_NAP else None


@part
def rest(looks: int) -> int:
    """One more look for nothing: after PATIENCE looks, sleep a little between them."""
    if _CAN_NAP and looks > PATIENCE:
        _usleep(np.uint32(NAP_US))
    return looks + 1


@part
def claim(state: AnyArray) -> int:
    """The next piece of the open phase, or -1 if none is left."""
    while True:
        ticket = look(state, TICKET)
        piece: int = ticket & MOST_PIECES
        if piece >= (ticket >> 16) & MOST_PIECES:
            return -1
        if swap(state, TICKET, ticket, ticket + 1):
            return piece


@part
def open_phase(state: AnyArray, task: int, pieces: int) -> None:
    """Lets everybody claim the pieces of a task; the phase before must be finished."""
    put(state, DONE, 0)
    put(state, TASK, task)
    phase = (look(state, TICKET) >> 32) + 1
    put(state, TICKET, (phase << 32) | (pieces << 16))


@part
def await_pieces(state: AnyArray, pieces: int) -> int:
    """Returns when all claimed pieces are finished, with the number of naps that took."""
    looks = 0
    while look(state, DONE) < pieces:
        looks = rest(looks)
    return max(looks - PATIENCE, 0)


@part
def learn(state: AnyArray, naps: int, bearable: int) -> None:
    """Keeps the next phases to the leader if it had to wait longer than is bearable."""
    if naps > bearable:
        state[ALONE] = max(state[CAUTION], FEWEST_ALONE)
        state[CAUTION] = min(2 * state[ALONE], MOST_ALONE)
    elif state[CAUTION] > FEWEST_ALONE:
        state[CAUTION] -= 1


class Team:
    """Helper threads for the length of a ``with``: each runs ``help_with(rank)`` until told to stop."""

    def __init__(self, state: AnyArray, helpers: int, help_with: Callable[[int], object]) -> None:
        self._state = state
        count = helpers if COMPILED else 0
        self._threads = [
            threading.Thread(target=help_with, args=(rank,), daemon=True) for rank in range(1, count + 1)
        ]

    def __enter__(self) -> Team:
        self._state[STOP] = 0
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._state[STOP] = 1
        for thread in self._threads:
            thread.join()
