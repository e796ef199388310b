"""Functions of compiled code that say themselves what they are in LLVM's."""
# mypy: ignore-errors

from __future__ import annotations

from typing import Any

from numba import types
from numba.core.imputils import lower_builtin
from numba.core.typing.templates import AbstractTemplate, builtin_registry


def intrinsic(function: Any) -> Any:
    """As `numba.extending.intrinsic`, which looks through all that Numba knows whenever one is called.

    function(typing context, types of the arguments...) returns a signature, and what generates the code.
    """
    known = {}

    class Template(AbstractTemplate):
        key = function

        def generic(self, args, kws):
            if args not in known:
                signature, generate = function(self.context, *args)
                known[args] = known[signature.args] = signature, generate
            return known[args][0]

    builtin_registry.register_global(function, types.Function(Template))

    @lower_builtin(function, types.VarArg(types.Any))
    def lowered(context, builder, signature, args):
        return known[signature.args][1](context, builder, signature, args)

    return function
