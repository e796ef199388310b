"""Subscripts, lengths, truths, minima and maxima, compiled in a fraction of the time that Numba's own take.

Numba finds out that an array is subscripted after seven guesses (a text, a list, a dictionary, ...), and compiles a
function for each minimum of two numbers. A pass of ours puts intrinsics in their place. Here a subscript is never
negative, and is not checked.
"""
# mypy: ignore-errors

from __future__ import annotations

from typing import Any

from llvmlite import ir as llvm
from numba import types
from numba.core import cgutils, ir
from numba.core.compiler_machinery import FunctionPass, register_pass
from numba.core.ir_utils import build_definitions

from .intrinsics import intrinsic

INT: Any = llvm.IntType(64)


def field(context: Any, builder: Any, kind: Any, array: Any, name: Any, *axis: Any) -> Any:
    """What an array's structure holds by that name: of `shape` and `strides`, along an axis."""
    place = context.data_model_manager[kind].get_field_position(name)
    return builder.extract_value(array, [place, *axis])


def place(context: Any, builder: Any, kind: Any, array: Any, indices: Any) -> Any:
    """A pointer to array[indices]; indices that are not given are 0."""
    data = field(context, builder, kind, array, "data")
    if kind.layout != "C":
        steps = [field(context, builder, kind, array, "strides", axis) for axis in range(len(indices))]
        offset = sum_of(builder, [builder.mul(i, step) for i, step in zip(indices, steps, strict=True)])
        return cgutils.pointer_add(builder, data, offset)
    offset = indices[0]
    for axis in range(1, kind.ndim):
        offset = builder.mul(offset, field(context, builder, kind, array, "shape", axis))
        if axis < len(indices):
            offset = builder.add(offset, indices[axis])
    return builder.gep(data, [offset])


def sum_of(builder: Any, values: Any) -> Any:
    """The sum of LLVM's integers."""
    first, *others = values
    for value in others:
        first = builder.add(first, value)
    return first


def _indices(context, builder, kind, index):
    """LLVM's integers of a Numba index, a number or a tuple."""
    kinds = kind.types if isinstance(kind, types.BaseTuple) else [kind]
    values = cgutils.unpack_tuple(builder, index) if isinstance(kind, types.BaseTuple) else [index]
    return [context.cast(builder, value, one, types.int64) for value, one in zip(values, kinds, strict=True)]


@intrinsic
def _get(typing, array, index):
    """array[index]: a number, or what it leaves of the axes."""
    count = len(index) if isinstance(index, types.BaseTuple) else 1
    if count == array.ndim:

        def generate(context, builder, signature, args):
            pointer = place(context, builder, array, args[0], _indices(context, builder, index, args[1]))
            return context.unpack_value(builder, array.dtype, pointer)

        return array.dtype(array, index), generate

    rest = array.copy(ndim=array.ndim - count)

    def view(context, builder, signature, args):
        made = cgutils.create_struct_proxy(rest)(context, builder)
        axes = range(count, array.ndim)
        made.data = place(context, builder, array, args[0], _indices(context, builder, index, args[1]))
        shape = [field(context, builder, array, args[0], "shape", axis) for axis in axes]
        made.shape = cgutils.pack_array(builder, shape)
        steps = [field(context, builder, array, args[0], "strides", axis) for axis in axes]
        made.strides = cgutils.pack_array(builder, steps)
        made.itemsize = field(context, builder, array, args[0], "itemsize")
        made.nitems = shape[0]
        for length in shape[1:]:
            made.nitems = builder.mul(made.nitems, length)
        for name in ("meminfo", "parent"):
            made_type = context.data_model_manager[rest].get_member_fe_type(name)
            setattr(made, name, context.get_constant_null(made_type))
        return made._getvalue()

    return rest(array, index), view


@intrinsic
def _set(typing, array, index, value):
    """array[index] = value, one number."""

    def generate(context, builder, signature, args):
        pointer = place(context, builder, array, args[0], _indices(context, builder, index, args[1]))
        context.pack_value(builder, array.dtype, context.cast(builder, args[2], value, array.dtype), pointer)
        return context.get_dummy_value()

    return types.void(array, index, value), generate


@intrinsic
def _length(typing, array):
    def generate(context, builder, signature, args):
        return field(context, builder, array, args[0], "shape", 0)

    return types.int64(array), generate


@intrinsic
def _truth(typing, value):
    def generate(context, builder, signature, args):
        return context.cast(builder, args[0], value, types.boolean)

    return types.boolean(value), generate


def _extreme(sign):
    def typed(typing, kinds):
        made = typing.unify_types(*kinds)

        def generate(context, builder, signature, args):
            values = [context.cast(builder, arg, kind, made) for arg, kind in zip(args, kinds, strict=True)]
            found = values[0]
            for value in values[1:]:
                compare = builder.fcmp_ordered if isinstance(made, types.Float) else builder.icmp_signed
                found = builder.select(compare(sign, value, found), value, found)
            return found

        return made(*kinds), generate

    two = intrinsic(lambda typing, x, y: typed(typing, (x, y)))
    three = intrinsic(lambda typing, x, y, z: typed(typing, (x, y, z)))
    return {2: two, 3: three}


_LENGTHS = {1: _length}
# by the number of arguments
_FUNCTIONS = {len: _LENGTHS, bool: {1: _truth}, max: _extreme(">"), min: _extreme("<")}


@register_pass(mutates_CFG=False, analysis_only=False)
class Subscripts(FunctionPass):
    """Put our intrinsics in the place of Numba's subscripts, lengths, truths, minima and maxima."""

    _name = "subscripts"

    def __init__(self) -> None:
        FunctionPass.__init__(self)

    def run_pass(self, state: Any) -> Any:
        """Rewrite the function's intermediate code."""
        code = state.func_ir
        for block in code.blocks.values():
            body = []
            for statement in block.body:
                self._rewritten(code, block, statement, body)
            block.body = body
        code._definitions = build_definitions(code.blocks)
        return True

    def _rewritten(self, code, block, statement, body):
        """Append what takes the place of a statement."""

        def call(function, *args):
            name = block.scope.redefine("$function", statement.loc)
            body.append(ir.Assign(ir.Global(function.__name__, function, statement.loc), name, statement.loc))
            return ir.Expr.call(name, args, (), statement.loc)

        value = statement.value if isinstance(statement, ir.Assign) else None
        if isinstance(statement, ir.SetItem) and _plain(code, statement.target, statement.index):
            made = call(_set, statement.target, statement.index, statement.value)
            statement = ir.Assign(made, block.scope.redefine("$nothing", statement.loc), statement.loc)
        elif isinstance(value, ir.Expr) and value.op == "getitem" and _plain(code, value.value, value.index):
            statement = ir.Assign(call(_get, value.value, value.index), statement.target, statement.loc)
        elif isinstance(value, ir.Expr) and value.op == "call":
            made = _FUNCTIONS.get(_constant(code, value.func), {})
            if len(value.args) in made and (made is not _LENGTHS or _array(code, value.args[0])):
                made = call(made[len(value.args)], *value.args)
                statement = ir.Assign(made, statement.target, statement.loc)
        body.append(statement)


def _definition(code, variable):
    try:
        return code.get_definition(variable)
    except KeyError:
        return None


def _constant(code, variable):
    """The function that a variable stands for."""
    found = _definition(code, variable)
    return getattr(found, "value", None) if isinstance(found, ir.Global | ir.FreeVar) else None


def _array(code, variable):
    """Whether it may be an array: not a shape, a tuple or a list."""
    found = _definition(code, variable)
    if not isinstance(found, ir.Expr):
        return True
    return found.op == "call" or (found.op == "getattr" and found.attr != "shape")


def _plain(code, array, index):
    """Whether it is an array that is subscripted, and by numbers, not by a slice."""
    how = _definition(code, index)
    parts = how.items if isinstance(how, ir.Expr) and how.op == "build_tuple" else [index]
    return _array(code, array) and not any(_made_by(code, part) is slice for part in parts)


def _made_by(code, variable):
    """The function that a variable is the result of."""
    found = _definition(code, variable)
    return _constant(code, found.func) if isinstance(found, ir.Expr) and found.op == "call" else None
