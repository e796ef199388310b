"""Vectors of numbers as values in compiled code: `a = load(u, row, i)`, `fma(a, b, c)`, `store(s, row, i, a)`.

A loop over points that a compiler has to recognise as vector code is easily lost, and silently: to one wider integer,
one array that may overlap another. Here the vectors are written down. A `Vector` is LLVM's <n x float>: it lives in
registers, several of them if the processor's are shorter, so the number of coordinates may be known at run time alone.

Three widths: a block, which is what one component's points hold in registers while coordinates are summed up; a
register, for sums of which several are held at once; and a line of the cache, of eight doubles on any processor.
Scalars are widened where they meet a vector.
"""
# mypy: ignore-errors

from __future__ import annotations

from typing import Any

import numpy as np
from llvmlite import ir
from numba import types
from numba.core import cgutils
from numba.core.registry import cpu_target
from numba.extending import models, register_model

from .intrinsics import intrinsic
from .subscripts import INT, field, place
from .threads import LINE

WIDE = "+avx512f" in cpu_target.target_context.codegen().magic_tuple()[-1]  # 32 registers of 64 bytes
BLOCK, REGISTER = (256, 64) if WIDE else (128, 32)  # bytes
FLAGS = ("contract", "nsz")  # fused multiply-adds; nothing is reordered, and infinities and NaN keep their meaning


class Vector(types.Type):
    """The Numba type of n numbers of a kind."""

    dtype: Any
    n: int

    def __init__(self, dtype: Any, n: int) -> None:
        self.dtype, self.n = dtype, n
        super().__init__(f"Vector({dtype}, {n})")

    def llvm(self) -> Any:
        """Its LLVM type."""
        return ir.VectorType(number(self.dtype), self.n)

    def constant(self, value: Any) -> Any:
        """All of them `value`."""
        return ir.Constant(self.llvm(), [value] * self.n)

    def widened(self, context: Any, builder: Any, value: Any, kind: Any) -> Any:
        """A value of the Numba type `kind` as such a vector."""
        if isinstance(kind, Vector):
            return value
        value = context.cast(builder, value, kind, self.dtype)
        undefined = ir.Constant(self.llvm(), ir.Undefined)
        one = builder.insert_element(undefined, value, ir.IntType(32)(0))
        return builder.shuffle_vector(one, undefined, ir.Constant(ir.VectorType(ir.IntType(32), self.n), [0] * self.n))


def number(dtype: Any) -> Any:
    """The LLVM type of a Numba float."""
    return ir.FloatType() if dtype == types.float32 else ir.DoubleType()


@register_model(Vector)
class _Model(models.PrimitiveModel):
    def __init__(self, manager, kind) -> None:
        super().__init__(manager, kind, kind.llvm())


def _place(context, builder, kind, array, row, i, n):
    """A pointer to n numbers from array[row, i] on, or array[i] if it has one axis; and the bytes of a number."""
    pointer = place(context, builder, kind, array, [i] if kind.ndim == 1 else [row, i])
    size = context.get_abi_sizeof(context.get_data_type(kind.dtype))
    return builder.bitcast(pointer, ir.VectorType(number(kind.dtype), n).as_pointer()), size


def _memory(width):
    """load(array, row, i), store(array, row, i, vector) and splat(array, value), vectors of so many bytes."""

    def vector(array):
        return Vector(array.dtype, width // (array.dtype.bitwidth // 8))

    @intrinsic
    def load(_, array, row, i):
        made = vector(array)

        def generate(context, builder, signature, args):
            place, size = _place(context, builder, array, *args, made.n)
            return builder.load(place, align=size)

        return made(array, types.int64, types.int64), generate

    @intrinsic
    def store(_, array, row, i, value):
        def generate(context, builder, signature, args):
            place, size = _place(context, builder, array, *args[:3], value.n)
            builder.store(args[3], place, align=size)
            return context.get_dummy_value()

        return types.void(array, types.int64, types.int64, value), generate

    @intrinsic
    def splat(_, array, value):
        made = vector(array)

        def generate(context, builder, signature, args):
            return made.widened(context, builder, args[1], value)

        return made(array, value), generate

    return load, store, splat


@intrinsic
def lanes(_: Any, array: Any) -> Any:
    """How many numbers of an array a block holds."""
    return types.int64(array), lambda *_: INT(BLOCK * 8 // array.dtype.bitwidth)


@intrinsic
def registered(_: Any, array: Any) -> Any:
    """How many numbers of an array a register holds."""
    return types.int64(array), lambda *_: INT(REGISTER * 8 // array.dtype.bitwidth)


load: Any
store: Any
splat: Any
load, store, splat = _memory(BLOCK)
load_register: Any
store_register: Any
splat_register: Any
load_register, store_register, splat_register = _memory(REGISTER)
load_line: Any
splat_line: Any
load_line, _, splat_line = _memory(LINE)


@intrinsic
def lowest(_: Any, array: Any) -> Any:
    """The lowest finite number of the array's precision; NumPy's finfo brings SciPy to whoever loads the code."""

    def generate(context, builder, signature, args):
        return number(array.dtype)(float(np.finfo(str(array.dtype)).min))

    return array.dtype(array), generate


@intrinsic
def load_doubles(_: Any, array: Any, row: Any, i: Any) -> Any:
    """A register of doubles from array[row, i] on, or array[i], whatever the precision of the array."""
    made = Vector(types.float64, REGISTER // 8)

    def generate(context, builder, signature, args):
        place, size = _place(context, builder, array, *args, made.n)
        value = builder.load(place, align=size)
        return builder.fpext(value, made.llvm()) if array.dtype == types.float32 else value

    return made(array, types.int64, types.int64), generate


def _operation(build):
    """A function of several values, of which one is a vector."""

    def typed(_, *kinds):
        made = next(kind for kind in kinds if isinstance(kind, Vector))

        def generate(context, builder, signature, args):
            values = (made.widened(context, builder, value, kind) for value, kind in zip(args, kinds, strict=True))
            return build(builder, *values)

        return made(*kinds), generate

    return intrinsic(typed)


def _select(how):
    return lambda builder, x, y: builder.select(builder.fcmp_ordered(how, x, y), x, y)


def fused(builder: Any, x: Any, y: Any, z: Any) -> Any:
    """LLVM for x y + z."""
    return builder.fadd(builder.fmul(x, y, flags=FLAGS), z, flags=FLAGS)


add: Any = _operation(lambda builder, x, y: builder.fadd(x, y, flags=FLAGS))
sub: Any = _operation(lambda builder, x, y: builder.fsub(x, y, flags=FLAGS))
mul: Any = _operation(lambda builder, x, y: builder.fmul(x, y, flags=FLAGS))
div: Any = _operation(lambda builder, x, y: builder.fdiv(x, y, flags=FLAGS))
largest: Any = _operation(_select(">"))
smallest: Any = _operation(_select("<"))
fma: Any = _operation(fused)
magnitude: Any = _operation(lambda builder, x: _called(builder, "fabs", x.type, [x]))
where_least: Any = _operation(  # yes where x >= y, else no
    lambda builder, x, y, yes, no: builder.select(builder.fcmp_ordered(">=", x, y), yes, no)
)


def _called(builder, name, returned, args, fastmath=()):
    """A call of an intrinsic of LLVM's that is named after its vector."""
    kind = args[-1].type
    suffix = f"v{kind.count}f{32 if kind.element == ir.FloatType() else 64}"
    declared = ir.FunctionType(returned, [value.type for value in args])
    return builder.call(
        cgutils.get_or_insert_function(builder.module, declared, f"llvm.{name}.{suffix}"), args, fastmath=fastmath
    )


@intrinsic
def total(_: Any, x: Any) -> Any:
    """The sum of a vector's numbers."""

    def generate(context, builder, signature, args):
        kind = number(x.dtype)
        return _called(builder, "vector.reduce.fadd", kind, [kind(0.0), args[0]], ("reassoc", "nsz"))

    return x.dtype(x), generate


@intrinsic
def least(_: Any, x: Any) -> Any:
    """The smallest of a vector's numbers."""

    def generate(context, builder, signature, args):
        return _called(builder, "vector.reduce.fmin", number(x.dtype), args, ("nnan",))

    return x.dtype(x), generate


@intrinsic
def at_least(_: Any, x: Any, y: Any) -> Any:
    """For which of a vector's numbers x >= y, as the bits of a whole number."""

    def generate(context, builder, signature, args):
        found = builder.fcmp_ordered(">=", args[0], x.widened(context, builder, args[1], y))
        return builder.zext(builder.bitcast(found, ir.IntType(x.n)), INT)

    return types.int64(x, y), generate


@intrinsic
def add_columns(_: Any, array: Any, rows: Any, f: Any, columns: Any, b: Any) -> Any:
    """Add columns[f + m, b + n] to array[rows[b + n], f + m], for m and n of 0 to 3, in double precision."""
    four = ir.VectorType(ir.DoubleType(), 4)

    def generate(context, builder, signature, args):
        whose = field(context, builder, rows, args[1], "data")

        def at_row(kind, value, row, i):
            pointer, size = _place(context, builder, kind, value, row, i, 4)
            return builder.bitcast(pointer, four.as_pointer()), size

        across = []
        for m in range(4):
            pointer, size = at_row(columns, args[3], builder.add(args[2], INT(m)), args[4])
            across.append(builder.load(pointer, align=size))
        pairs = [
            [builder.shuffle_vector(*across[m : m + 2], _lanes(lanes)) for lanes in ([0, 4, 1, 5], [2, 6, 3, 7])]
            for m in (0, 2)
        ]
        for n in range(4):
            lanes = [0, 1, 4, 5] if n % 2 == 0 else [2, 3, 6, 7]
            down = builder.shuffle_vector(pairs[0][n // 2], pairs[1][n // 2], _lanes(lanes))
            row = builder.load(builder.gep(whose, [builder.add(args[4], INT(n))]))
            pointer, size = at_row(array, args[0], row, args[2])
            builder.store(builder.fadd(builder.load(pointer, align=size), down, flags=FLAGS), pointer, align=size)
        return context.get_dummy_value()

    return types.void(array, rows, types.int64, columns, types.int64), generate


@intrinsic
def store_totals(_: Any, array: Any, row: Any, i: Any, a: Any, b: Any, c: Any, d: int) -> Any:
    """Write the sums of the numbers of four vectors to array[row, i] and the next three.

    Halves of two vectors are added into one, so that most additions serve several sums.
    """

    def generate(context, builder, signature, args):
        def folded(x, y, groups):
            """The vector of the groups of x and then of y, each half as long: the sum of its halves."""
            long = a.n // groups
            parts = [range(start, start + long // 2) for start in range(0, 2 * a.n, long)]
            low = [lane for part in parts for lane in part]
            high = [lane + long // 2 for lane in low]
            sides = (builder.shuffle_vector(x, y, _lanes(side)) for side in (low, high))
            return builder.fadd(*sides, flags=FLAGS)

        whole = folded(folded(args[3], args[4], 1), folded(args[5], args[6], 1), 2)
        length = a.n // 4
        while length > 1:
            length //= 2
            shifted = [lane + length if lane % (2 * length) < length else lane for lane in range(a.n)]
            whole = builder.fadd(whole, builder.shuffle_vector(whole, whole, _lanes(shifted)), flags=FLAGS)
        sums = builder.shuffle_vector(whole, whole, _lanes(range(0, a.n, a.n // 4)))
        place, size = _place(context, builder, array, *args[:3], 4)
        builder.store(sums, place, align=size)
        return context.get_dummy_value()

    return types.void(array, types.int64, types.int64, a, b, c, d), generate


def _lanes(chosen):
    """A constant for shuffles."""
    chosen = list(chosen)
    return ir.Constant(ir.VectorType(ir.IntType(32), len(chosen)), chosen)
