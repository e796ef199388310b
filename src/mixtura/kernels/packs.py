"""Many arrays as one argument of compiled code: a pointer to their addresses and lengths.

To Numba a tuple of arrays is hundreds of numbers, which each function hands on to the next: that takes longer to
compile than what they calculate.
"""
# mypy: ignore-errors

from __future__ import annotations

import functools
import hashlib
from typing import Any

import numpy as np
from llvmlite import ir
from numba import from_dtype, types
from numba.core.imputils import lower_getattr_generic
from numba.core.typing.templates import AttributeTemplate, infer_getattr
from numba.extending import NativeValue, models, register_model, unbox
from numpy.typing import NDArray

from .subscripts import INT

DATA, SHAPE, STRIDES = 4, 5, 6  # places in Numba's structure of an array; of the others ours needs none


class Pack:
    """Arrays, whole numbers and packs by name, as a named tuple holds them, for compiled code.

    Whoever is given it reads `pack.name`. Arrays are C-contiguous, and stay where they are.
    """

    def __init__(self, held: Any) -> None:
        self.held = held
        self.words: NDArray[np.int64] = np.array([word for each in held for word in _words(each)], np.int64)
        self.address: int = self.words.ctypes.data
        self._numba_type_ = _type(type(held).__name__, held._fields, tuple(_kind(each) for each in held))

    def __getattr__(self, name: Any) -> Any:
        return getattr(self.held, name)


def _words(each):
    """What compiled code reads of an array, a number or a pack."""
    if isinstance(each, np.ndarray):
        assert each.flags.c_contiguous
        return each.__array_interface__["data"][0], *each.shape
    return each.words if isinstance(each, Pack) else (int(each),)


def _kind(each):
    """What Numba's type is made of: a pack's type, or an array's kind of numbers and its axes; of a number, nothing."""
    if isinstance(each, Pack):
        return each._numba_type_
    return (each.dtype, each.ndim) if isinstance(each, np.ndarray) else None


class Packed(types.Type):
    """The Numba type of a pack. places: for each name, its type and its first word."""

    places: dict[str, Any]
    length: int

    def __init__(self, name: Any, names: Any, kinds: Any) -> None:
        self.places, self.length = {}, 0
        for each, kind in zip(names, kinds, strict=True):
            self.places[each] = kind, self.length
            self.length += 1 + kind.ndim if isinstance(kind, types.Array) else getattr(kind, "length", 1)
        digest = hashlib.sha256(repr(self.places).encode()).hexdigest()[:12]
        super().__init__(f"{name}{digest}")


@functools.cache
def _type(name, names, kinds):
    def kind(each):
        if isinstance(each, tuple):
            return types.Array(from_dtype(each[0]), each[1], "C")
        return types.int64 if each is None else each

    return Packed(name, names, [kind(each) for each in kinds])


@register_model(Packed)
class _Model(models.PrimitiveModel):
    def __init__(self, manager, kind) -> None:
        super().__init__(manager, kind, INT.as_pointer())


@unbox(Packed)
def _unboxed(kind, pack, unboxing):
    address = unboxing.pyapi.object_getattr_string(pack, "address")
    pointer = unboxing.pyapi.long_as_voidptr(address)
    unboxing.pyapi.decref(address)
    return NativeValue(unboxing.builder.bitcast(pointer, INT.as_pointer()))


@infer_getattr
class _Names(AttributeTemplate):
    key = Packed

    def generic_resolve(self, kind, name):
        return kind.places[name][0] if name in kind.places else None


@lower_getattr_generic(Packed)
def _read(context, builder, kind, value, name):
    made, first = kind.places[name]

    def word(i, type_=INT):
        pointer = builder.gep(value, [INT(first + i)])
        read = builder.load(pointer)
        read.set_metadata("invariant.load", builder.module.add_metadata([]))
        return builder.inttoptr(read, type_) if type_ != INT else read

    if isinstance(made, Packed):
        return builder.gep(value, [INT(first)])
    if not isinstance(made, types.Array):
        return word(0)
    structure = context.get_value_type(made)
    array = builder.insert_value(ir.Constant(structure, None), word(0, structure.elements[DATA]), DATA)
    stride = INT(made.dtype.bitwidth // 8)
    for axis in reversed(range(made.ndim)):
        length = word(1 + axis)
        array = builder.insert_value(array, length, [SHAPE, axis])
        array = builder.insert_value(array, stride, [STRIDES, axis])
        stride = builder.mul(stride, length) if axis else stride
    return array
