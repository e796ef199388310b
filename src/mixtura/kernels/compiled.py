"""Compilation by Numba: without the GIL, with reassociation of sums, cached on disk, and never in silence."""
# mypy: ignore-errors

from __future__ import annotations

import contextlib
import hashlib
from pathlib import Path

import numba
from llvmlite import binding
from numba.core.codegen import JITCodeLibrary
from numba.core.compiler import Compiler

from .cache import Cache
from .notice import say

# Reassociation and contraction allow sums and products to be vectorised. Infinities and NaN keep their meaning.
FASTMATH = {"contract", "reassoc", "nsz", "arcp"}
FUNCTIONS: list = []  # all that Python calls, of the modules that are loaded


def compiled(function=None, *, fastmath=FASTMATH, allocates=False, inner=False):
    """Compile by `numba.njit` with our options.

    allocates: whether it allocates arrays. If not, references are not counted, since the caller holds them: each count
    is an atomic operation, which costs a sixth of the time or more where threads share an array.
    inner: it is only called by compiled functions; without a Python wrapper it compiles faster, as a function's code
    is optimised again in each caller, and kept with it.

    The cache is in the module's folder, or in the user's cache folder where the package is read-only; if neither can be
    written, the function is compiled in each process.
    """
    if function is None:
        return lambda later: compiled(later, fastmath=fastmath, allocates=allocates, inner=inner)
    # Division by zero gives infinity, as in NumPy; a check would keep loops scalar.
    options = {"nogil": True, "fastmath": fastmath, "error_model": "numpy", "_nrt": allocates}
    options |= {"no_cpython_wrapper": inner, "no_cfunc_wrapper": True}
    dispatcher = numba.njit(pipeline_class=_Compiler, **options)(function)
    if not inner:
        FUNCTIONS.append(dispatcher)
        with contextlib.suppress(RuntimeError, OSError):  # no folder to write to
            dispatcher._cache = Cache(function, _SOURCES)
    return dispatcher


def caches() -> list[Cache]:
    """The caches of those functions; none where no folder can be written to."""
    return [function._cache for function in FUNCTIONS if isinstance(function._cache, Cache)]


def read_only(array):
    """The same array as one that cannot be written to: for Numba these are two types, and both would be compiled."""
    view = array.view()
    view.flags.writeable = False
    return view


class _Compiler(Compiler):
    """Numba's compiler, which puts machine code into a library of ours. It runs where nothing was found on disk."""

    def compile_extra(self, func):
        say(kept=bool(caches()))
        self.state.library = _Library(self.state.targetctx.codegen(), func.__qualname__)
        self.state.library.enable_object_caching()
        return super().compile_extra(func)


class _Library(JITCodeLibrary):
    """Machine code whose copies of the functions it calls are its own.

    In Numba's library they are weak: whichever copy the process met first serves all callers. It may be the function as
    compiled by itself, or a copy that was optimised within some caller, and these round differently. So the bits of an
    answer would depend on what came from the cache, and on what was asked before.
    """

    def _finalize_final_module(self):
        shared = self._final_module.clone()  # for callers to link, as in Numba's `_get_module_for_linking`
        for function in shared.functions:
            if not function.is_declaration and function.linkage == binding.Linkage.external:
                function.linkage = "linkonce_odr"
        self._shared_module = shared
        for function in self._final_module.functions:
            if not function.is_declaration and function.linkage == binding.Linkage.linkonce_odr:
                function.linkage = "internal"
        super()._finalize_final_module()


def _fingerprint() -> str:
    """A hash of all source files of the kernels."""
    sources = sorted(Path(__file__).parent.glob("*.py"))
    return hashlib.sha256(b"\0".join(source.read_bytes() for source in sources)).hexdigest()


# Numba checks the function's own file only; it may call functions of other files.
_SOURCES = _fingerprint()
