"""Vector registers inside compiled kernels: as many numbers side by side as the processor holds."""

from __future__ import annotations

import operator
from collections.abc import Callable
from typing import Any, TypeAlias

import llvmlite.binding  # type: ignore[import-untyped]
import numpy as np
from llvmlite import ir
from numba.core import types
from numba.core.imputils import lower_builtin
from numba.core.typing.templates import AbstractTemplate, infer_global, signature
from numba.extending import intrinsic, models, register_model

from vertebro.kernels.arrays import AnyArray
from vertebro.kernels.compiled import COMPILED


def _register_bits() -> int:
    """Width of the processor's widest vector register."""
    features = llvmlite.binding.get_host_cpu_features()
    return 512 if features.get("avx512f") else 256 if features.get("avx2") else 128


Register: TypeAlias = AnyArray  # what type checkers are told; a Lanes in compiled code
REGISTER_BITS = _register_bits()
MOST_LANES = REGISTER_BITS // 32  # in single precision; columns are padded to this


class Lanes(types.Type):
    """The type of one register of single (32) or double (64) precision numbers."""

    def __init__(self, bits: int) -> None:
        self.bits, self.count = bits, REGISTER_BITS // bits
        super().__init__(name=f"Lanes{self.count}x{bits}")

    @property
    def key(self) -> int:
        return self.bits

    @property
    def ir(self) -> Any:
        return ir.VectorType(ir.FloatType() if self.bits == 32 else ir.DoubleType(), self.count)


@register_model(Lanes)
class _LanesModel(models.PrimitiveModel):
    def __init__(self, manager: Any, lanes: Lanes) -> None:
        super().__init__(manager, lanes, lanes.ir)  # type: ignore[no-untyped-call]


def _arithmetic(symbol: Any, instruction: str) -> None:
    @infer_global(symbol)  # type: ignore[no-untyped-call]
    class Template(AbstractTemplate):
        def generic(self, args: Any, _kws: Any) -> Any:
            same = len(args) == 2 and isinstance(args[0], Lanes) and args[0] == args[1]
            return signature(args[0], *args) if same else None  # type: ignore[no-untyped-call]

    @lower_builtin(symbol, Lanes, Lanes)  # type: ignore[no-untyped-call, untyped-decorator]
    def lower(_context: Any, builder: Any, _signature: Any, args: Any) -> Any:
        return getattr(builder, instruction)(*args, flags=("contract", "nsz"))


for _symbol, _instruction in ((operator.add, "fadd"), (operator.sub, "fsub"), (operator.mul, "fmul")):
    _arithmetic(_symbol, _instruction)


def _count(array: AnyArray) -> int:
    return REGISTER_BITS // (8 * array.dtype.itemsize)


def _bits(array: Any) -> int:
    return int(array.dtype.bitwidth)


def _address(context: Any, builder: Any, array_type: Any, array: Any, index: Any, kind: Any) -> Any:
    data = context.make_array(array_type)(context, builder, value=array).data
    return builder.bitcast(builder.gep(data, [index]), kind.as_pointer())


def _vector_of(bits: int, count: int) -> Any:
    return ir.VectorType(ir.FloatType() if bits == 32 else ir.DoubleType(), count)


def _lanes_in(array: AnyArray) -> int:
    """How many numbers of the array one register holds."""
    return _count(array)


@intrinsic
def _jit_lanes_in(_typing: Any, array: Any) -> Any:
    count = REGISTER_BITS // _bits(array)

    def generate(context: Any, _builder: Any, _signature: Any, _args: Any) -> Any:
        return context.get_constant(types.int64, count)

    return types.int64(array), generate


def _load(array: AnyArray, at: int, like: AnyArray) -> AnyArray:
    """One register of ``array`` from index ``at``, in the precision of ``like``."""
    return np.asarray(array[at : at + _count(like)].astype(like.dtype))


@intrinsic
def _jit_load(_typing: Any, array: Any, _at: Any, like: Any) -> Any:
    lanes, bits = Lanes(_bits(like)), _bits(array)

    def generate(context: Any, builder: Any, sig: Any, args: Any) -> Any:
        kind = _vector_of(bits, lanes.count)
        value = builder.load(_address(context, builder, sig.args[0], args[0], args[1], kind))
        value.align = bits // 8
        return value if bits == lanes.bits else builder.fpext(value, lanes.ir)

    return lanes(array, types.int64, like), generate


def _store(array: AnyArray, at: int, lanes: AnyArray) -> None:
    """Writes one register to ``array`` from index ``at``."""
    array[at : at + len(lanes)] = lanes


@intrinsic
def _jit_store(_typing: Any, array: Any, _at: Any, lanes: Any) -> Any:
    def generate(context: Any, builder: Any, sig: Any, args: Any) -> Any:
        target = _address(context, builder, sig.args[0], args[0], args[1], lanes.ir)
        builder.store(args[2], target).align = lanes.bits // 8
        return context.get_dummy_value()

    return types.void(array, types.int64, lanes), generate


def _fill(number: float, like: AnyArray) -> AnyArray:
    """One register with the same number in every lane, in the precision of ``like``."""
    return np.full(_count(like), number, like.dtype)


@intrinsic
def _jit_fill(_typing: Any, number: Any, like: Any) -> Any:
    lanes = Lanes(_bits(like))

    def generate(context: Any, builder: Any, sig: Any, args: Any) -> Any:
        value = context.cast(builder, args[0], sig.args[0], like.dtype)
        empty, first = ir.Constant(lanes.ir, ir.Undefined), ir.Constant(ir.IntType(32), 0)
        one = builder.insert_element(empty, value, first)
        return builder.shuffle_vector(
            one, empty, ir.Constant(ir.VectorType(ir.IntType(32), lanes.count), [0] * lanes.count)
        )

    return lanes(number, like), generate


def _after(a: AnyArray, b: AnyArray) -> AnyArray:
    """Every lane's neighbour after it: ``a`` without its first lane, then the first of ``b``."""
    return np.concatenate([a[1:], b[:1]])


def _before(a: AnyArray, b: AnyArray) -> AnyArray:
    """Every lane's neighbour before it: the last lane of ``a``, then ``b`` without its last."""
    return np.concatenate([a[-1:], b[:-1]])


def _shuffle(start: Callable[[int], int]) -> Any:
    @intrinsic
    def shuffled(_typing: Any, a: Any, b: Any) -> Any:
        order = [start(a.count) + lane for lane in range(a.count)]

        def generate(_context: Any, builder: Any, _signature: Any, args: Any) -> Any:
            mask = ir.Constant(ir.VectorType(ir.IntType(32), a.count), order)
            return builder.shuffle_vector(args[0], args[1], mask)

        return a(a, b), generate

    return shuffled


def _unless_above(value: AnyArray, bound: AnyArray) -> AnyArray:
    """The value where it is at most the bound, nought where it is above."""
    return np.where(value <= bound, value, value.dtype.type(0))


@intrinsic
def _jit_unless_above(_typing: Any, value: Any, bound: Any) -> Any:
    def generate(_context: Any, builder: Any, _signature: Any, args: Any) -> Any:
        nought = ir.Constant(value.ir, [0.0] * value.count)
        return builder.select(builder.fcmp_ordered("<=", *args), args[0], nought)

    return value(value, bound), generate


lanes_in: Any = _jit_lanes_in if COMPILED else _lanes_in
load: Any = _jit_load if COMPILED else _load
store: Any = _jit_store if COMPILED else _store
fill: Any = _jit_fill if COMPILED else _fill
after: Any = _shuffle(lambda _count: 1) if COMPILED else _after
before: Any = _shuffle(lambda count: count - 1) if COMPILED else _before
unless_above: Any = _jit_unless_above if COMPILED else _unless_above
