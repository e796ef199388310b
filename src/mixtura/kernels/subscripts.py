"""Subscripts, counting loops, arithmetic and the like, compiled in a fraction of the time that Numba's own take.

Numba finds out that an array is subscripted after seven guesses (a text, a list, a dictionary, ...), which it repeats
for each sum of two numbers; compiles a function for each minimum, and writes sixty lines of LLVM's code for the head of
a loop. A pass of ours puts intrinsics in their place. Here a subscript is never negative, and is not checked.
"""
# mypy: ignore-errors

from __future__ import annotations

import functools
import operator
from typing import Any

from llvmlite import ir as llvm
from numba import types
from numba.core import cgutils, ir
from numba.core.compiler_machinery import FunctionPass, register_pass
from numba.core.ir_utils import build_definitions
from numba.extending import models, register_model

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
        offset = functools.reduce(builder.add, map(builder.mul, indices, steps))
        return cgutils.pointer_add(builder, data, offset)
    offset = indices[0]
    for axis in range(1, kind.ndim):
        offset = builder.mul(offset, field(context, builder, kind, array, "shape", axis))
        if axis < len(indices):
            offset = builder.add(offset, indices[axis])
    return builder.gep(data, [offset])


def _number(context, builder, kind, array, indices):
    """A pointer to array[indices], of LLVM's integers of whatever width."""
    kinds = kind[1:]
    wide = [context.cast(builder, i, one, types.int64) for i, one in zip(indices, kinds, strict=True)]
    return place(context, builder, kind[0], array, wide)


@intrinsic
def _get(typing, array, *index):
    """array[index]: a number, or what it leaves of the axes."""
    count, kinds = len(index), (array, *index)
    if count == array.ndim:

        def generate(context, builder, signature, args):
            return context.unpack_value(builder, array.dtype, _number(context, builder, kinds, args[0], args[1:]))

        return array.dtype(*kinds), generate

    rest = array.copy(ndim=array.ndim - count)

    def view(context, builder, signature, args):
        made = cgutils.create_struct_proxy(rest)(context, builder)
        axes = range(count, array.ndim)
        made.data = _number(context, builder, kinds, args[0], args[1:])
        shape = [field(context, builder, array, args[0], "shape", axis) for axis in axes]
        made.shape = cgutils.pack_array(builder, shape)
        steps = [field(context, builder, array, args[0], "strides", axis) for axis in axes]
        made.strides = cgutils.pack_array(builder, steps)
        made.itemsize = field(context, builder, array, args[0], "itemsize")
        made.nitems = functools.reduce(builder.mul, shape)
        for name in ("meminfo", "parent"):
            made_type = context.data_model_manager[rest].get_member_fe_type(name)
            setattr(made, name, context.get_constant_null(made_type))
        return made._getvalue()

    return rest(*kinds), view


@intrinsic
def _set(typing, value, array, *index):
    """array[index] = value, one number."""
    kinds = (array, *index)

    def generate(context, builder, signature, args):
        pointer = _number(context, builder, kinds, args[1], args[2:])
        context.pack_value(builder, array.dtype, context.cast(builder, args[0], value, array.dtype), pointer)
        return context.get_dummy_value()

    return types.void(value, *kinds), generate


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
    @intrinsic
    def extreme(typing, *kinds):
        made = typing.unify_types(*kinds)

        def generate(context, builder, signature, args):
            values = [context.cast(builder, arg, kind, made) for arg, kind in zip(args, kinds, strict=True)]
            found = values[0]
            for value in values[1:]:
                compare = builder.fcmp_ordered if isinstance(made, types.Float) else builder.icmp_signed
                found = builder.select(compare(sign, value, found), value, found)
            return found

        return made(*kinds), generate

    return extreme


class Count(types.Type):
    """The Numba type of a loop's state: the next number, where it ends, and the step."""

    def __init__(self, compare: Any) -> None:
        self.compare = compare
        super().__init__(f"Count({compare})")


@register_model(Count)
class _Model(models.PrimitiveModel):
    def __init__(self, manager, kind) -> None:
        super().__init__(manager, kind, INT.as_pointer())


def _counting(compare):
    """A loop over a range, up or down."""
    made = Count(compare)

    @intrinsic
    def begun(typing, *kinds):
        def generate(context, builder, signature, args):
            args = [context.cast(builder, arg, kind, types.int64) for arg, kind in zip(args, kinds, strict=True)]
            first, last = args[:2] if len(args) > 1 else (INT(0), args[0])
            state = cgutils.alloca_once(builder, INT, 3)
            for i, value in enumerate((first, last, args[2] if len(args) > 2 else INT(1))):
                builder.store(value, builder.gep(state, [INT(i)]))
            return state

        return made(*kinds), generate

    return begun


_UP, _DOWN = _counting("<"), _counting(">")


@intrinsic
def _more(typing, count):
    """Whether there is another number."""

    def generate(context, builder, signature, args):
        return builder.icmp_signed(count.compare, *(builder.load(builder.gep(args[0], [INT(i)])) for i in (0, 1)))

    return types.boolean(count), generate


@intrinsic
def _next(typing, count):
    """That number."""

    def generate(context, builder, signature, args):
        value = builder.load(args[0])
        builder.store(builder.add(value, builder.load(builder.gep(args[0], [INT(2)])), flags=("nsw",)), args[0])
        return value

    return types.int64(count), generate


def _arithmetic(function):
    """Numba's own operation, which is looked for once for each two types."""

    @intrinsic
    def apply(typing, *kinds):
        signature = typing.resolve_function_type(function, kinds, {})

        def generate(context, builder, _, args):
            return context.get_function(function, signature)(builder, args)

        return signature, generate

    return apply


_ARITHMETIC = {
    getattr(operator, name): _arithmetic(getattr(operator, name))
    for name in ("add", "sub", "mul", "truediv", "floordiv", "mod", "lt", "le", "gt", "ge", "eq", "ne", "and_", "or_",
                 "xor", "lshift", "rshift")
}  # fmt: skip
_FUNCTIONS = {len: _length, bool: _truth, max: _extreme(">"), min: _extreme("<")}


@register_pass(mutates_CFG=False, analysis_only=False)
class Subscripts(FunctionPass):
    """Put our intrinsics in the place of Numba's own."""

    _name = "subscripts"

    def __init__(self) -> None:
        FunctionPass.__init__(self)

    def run_pass(self, state: Any) -> Any:
        """Rewrite the function's intermediate code."""
        code, tuples = state.func_ir, set()
        for block in code.blocks.values():
            body = []
            for statement in block.body:
                self._rewritten(code, block, statement, body, tuples)
            block.body = body
        for block in code.blocks.values():
            kept = (each for each in block.body if not isinstance(each, ir.Assign) or each.target.name not in tuples)
            block.body = list(kept)
        code._definitions = build_definitions(code.blocks)
        return True

    def _rewritten(self, code, block, statement, body, tuples):
        """Append what takes the place of a statement. tuples: takes the names of those that are no longer needed."""

        def call(function, *args):
            name = block.scope.redefine("$function", statement.loc)
            body.append(ir.Assign(ir.Global(function.__name__, function, statement.loc), name, statement.loc))
            return ir.Expr.call(name, args, (), statement.loc)

        def parts(index):
            how = _definition(code, index)
            if not isinstance(how, ir.Expr) or how.op != "build_tuple":
                return [index]
            tuples.add(index.name)
            return how.items

        value = statement.value if isinstance(statement, ir.Assign) else None
        made = None
        if isinstance(statement, ir.SetItem) and _plain(code, statement.target, statement.index):
            made = call(_set, statement.value, statement.target, *parts(statement.index))
            body.append(ir.Assign(made, block.scope.redefine("$nothing", statement.loc), statement.loc))
            return
        if isinstance(value, ir.Expr):
            if value.op == "getitem" and _plain(code, value.value, value.index):
                made = call(_get, value.value, *parts(value.index))
            elif value.op == "call":
                function = _constant(code, value.func)
                if function is range:
                    made = call(_DOWN if _negative(code, value.args) else _UP, *value.args)
                elif function in _FUNCTIONS and (function is not len or _array(code, value.args[0])):
                    made = call(_FUNCTIONS[function], *value.args)
            elif value.op == "getiter" and _made_by(code, value.value) is range:
                made = value.value
            elif value.op == "iternext" and _counts(code, value.value):
                made = call(_more, value.value)
            elif value.op in ("pair_first", "pair_second"):
                step = _definition(code, value.value)
                if _counts(code, step.value):
                    made = call(_next, step.value) if value.op == "pair_first" else value.value
            elif value.op in ("binop", "inplace_binop"):
                function = value.fn if value.op == "binop" else value.immutable_fn
                if function in _ARITHMETIC:
                    made = call(_ARITHMETIC[function], value.lhs, value.rhs)
        body.append(statement if made is None else ir.Assign(made, statement.target, statement.loc))


def _negative(code, args):
    """Whether a range has a step that is written down, and goes down."""
    step = _definition(code, args[2]) if len(args) > 2 else None
    return isinstance(step, ir.Const) and step.value < 0


def _counts(code, variable):
    """Whether it is what goes through a range."""
    found = _definition(code, variable)
    while isinstance(found, ir.Var):
        found = _definition(code, found)
    return isinstance(found, ir.Expr) and found.op == "getiter" and _made_by(code, found.value) is range


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
