"""Compilation by Numba: without the GIL, with reassociation of sums, cached on disk, and never in silence."""
# mypy: ignore-errors

from __future__ import annotations

import contextlib
import functools
import gc
import hashlib
from pathlib import Path
from typing import Any

from llvmlite import binding
from numba.core import compiler, fastmathpass, typed_passes, types, typing, untyped_passes
from numba.core.codegen import JITCodeLibrary
from numba.core.compiler_machinery import PassManager
from numba.core.cpu import CPUContext
from numba.core.registry import CPUDispatcher, CPUTarget
from numba.core.typing.templates import Registry, _OverloadAttributeTemplate

from .cache import Cache
from .notice import say
from .subscripts import Subscripts

# Reassociation and contraction allow sums and products to be vectorised. Infinities and NaN keep their meaning.
FASTMATH = {"contract", "reassoc", "nsz", "arcp"}
FUNCTIONS: list[Any] = []  # all that Python calls, of the modules that are loaded

# Those of Numba's passes that our functions need: they have no closures, generators, overloads of ours or literals
# that decide about types, nor array expressions.
_PASSES = (
    untyped_passes.TranslateByteCode,
    untyped_passes.FixupArgs,
    Subscripts,
    untyped_passes.ReconstructSSA,
    typed_passes.NopythonTypeInference,
    typed_passes.PreLowerStripPhis,
    typed_passes.IRLegalization,
    typed_passes.AnnotateTypes,
    typed_passes.NativeLowering,
    typed_passes.NoPythonBackend,
)


def compiled(
    function: Any = None,
    *,
    fastmath: Any = FASTMATH,
    allocates: bool = False,
    inner: bool = False,
    vectors: bool = False,
) -> Any:
    """Compile by `numba.njit` with our options.

    allocates: whether it allocates arrays. If not, references are not counted, since the caller holds them: each count
    is an atomic operation, which costs a sixth of the time or more where threads share an array.
    inner: it is only called by compiled functions, and is never run by itself.
    vectors: what is to be vector code is written as such (see vectors.py). So it is optimised as a part of its callers
    alone, in fewer passes; a loop would no longer be recognised as vector code there, among arrays that may overlap.

    The cache is in the module's folder, or in the user's cache folder where the package is read-only; if neither can be
    written, the function is compiled in each process.
    """
    if function is None:
        return lambda later: compiled(later, fastmath=fastmath, allocates=allocates, inner=inner, vectors=vectors)
    # Division by zero gives infinity, as in NumPy; a check would keep loops scalar.
    options = {"nopython": True, "nogil": True, "fastmath": fastmath, "error_model": "numpy", "_nrt": allocates}
    options |= {"no_cpython_wrapper": inner, "no_cfunc_wrapper": True}
    kind, steps = (_Small, _Written) if vectors else (_Function, _Compiler)
    dispatcher = kind(function, targetoptions=options, pipeline_class=steps)
    if not inner:
        FUNCTIONS.append(dispatcher)
        with contextlib.suppress(RuntimeError, OSError):  # no folder to write to
            dispatcher._cache = Cache(function, _SOURCES, allocates)
    return dispatcher


def caches() -> list[Cache]:
    """The caches of those functions; none where no folder can be written to."""
    return [function._cache for function in FUNCTIONS if isinstance(function._cache, Cache)]


def read_only(array: Any) -> Any:
    """The same array as one that cannot be written to: for Numba these are two types, and both would be compiled."""
    view = array.view()
    view.flags.writeable = False
    return view


@contextlib.contextmanager
def _uncollected():
    """Look for no garbage meanwhile: what a compiler makes is in use nearly to the end."""
    was = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was:
            gc.enable()


class _Compiler(compiler.CompilerBase):
    """Numba's compiler with few passes, and with libraries of ours. It runs where nothing was found on disk."""

    vectors = False

    def define_pipelines(self):
        passes = PassManager("kernels")
        for each in _PASSES:
            passes.add_pass(each, each.name())
        passes.finalize()
        return [passes]

    def compile_extra(self, func):
        say(kept=bool(caches()))
        kind = _Part if self.state.flags.no_cpython_wrapper else _Whole
        self.state.library = kind(self.state.targetctx.codegen(), func.__qualname__)
        self.state.library.vectors = self.vectors
        self.state.library.enable_object_caching()
        with _uncollected():
            return super().compile_extra(func)


class _Written(_Compiler):
    """The same for functions of vectors that are written as such."""

    vectors = True


class _Types(typing.Context):
    """What Numba knows of the types of numbers, tuples and arrays."""

    def __init__(self) -> None:
        self.seen = {"functions": 0, "attributes": 0, "globals": 0}
        super().__init__()

    def load_additional_registries(self):
        """None."""

    def install_registry(self, registry):
        """What is new in it, but for methods that are compiled: the first of them would load all the rest of Numba."""
        new = Registry()
        for kind, before in self.seen.items():
            every = getattr(registry, kind)
            for each in every[before:]:
                if not isinstance(each, type) or not issubclass(each, _OverloadAttributeTemplate):
                    getattr(new, kind).append(each)
            self.seen[kind] = len(every)
        super().install_registry(new)


class _Context(CPUContext):
    """What Numba can generate code for: numbers, tuples and arrays; to load the rest takes a quarter of a second."""

    def load_additional_registries(self):
        """These few."""
        from numba.cpython import builtins, mathimpl, numbers, tupleobj  # noqa: F401
        from numba.np import arrayobj  # noqa: F401

        self.install_registry(mathimpl.registry)

    def post_lowering(self, mod, library):
        """Link nothing of Numba's runtime."""
        if self.fastmath:
            fastmathpass.rewrite_module(mod, self.fastmath)


class _Target(CPUTarget):
    """The processor that we are on, for functions that need no more of Numba."""

    @functools.cached_property
    def _toplevel_target_context(self):
        return _Context(self.typing_context, self._target_name)

    @functools.cached_property
    def _toplevel_typing_context(self):
        return _Types()


class _Function(CPUDispatcher):
    """A compiled function."""

    def get_call_template(self, args, kws):
        """For callers: one version for all numbers, where Numba has others for those that are written down."""
        return super().get_call_template([types.unliteral(each) for each in args], kws)


class _Small(_Function):
    """A function of numbers, arrays and vectors alone."""

    targetdescr = _Target("cpu")


class _Whole(JITCodeLibrary):
    """Machine code of a function that Python calls, together with all that it calls: optimised once, as a whole.

    In Numba's libraries the copies of what is called are weak: whichever copy the process met first serves all callers,
    and these round differently, according to what they were optimised with. So the bits of an answer would depend on
    what came from the cache, and on what was asked before.
    """

    def _optimize_functions(self, ll_module):
        ll_module.data_layout = self._codegen._data_layout

    def _optimize_final_module(self):
        for function in self._final_module.functions:
            if not function.is_declaration and function.linkage == binding.Linkage.linkonce_odr:
                function.linkage = "internal"
        self._optimize()

    def _optimize(self):
        passes, builder = self._codegen._module_pass_manager()
        if self.vectors:  # no more of them is to be found, and unrolled loops take longer to compile than they save
            options = binding.create_pipeline_tuning_options(speed_level=2)
            options.loop_unrolling = options.loop_vectorization = options.slp_vectorization = False
            builder = binding.create_pass_builder(self._codegen._tm, options)
            passes = builder.getModulePassManager()
        passes.run(self._final_module, builder)


class _Part(_Whole):
    """The code of a function that only compiled ones call: for them to link, never to run."""

    codegen = property(lambda self: self)  # which would be told of the environment of what it runs

    def set_env(self, name, env):
        """Nothing here runs."""

    def get_pointer_to_function(self, name):
        """Nowhere."""
        self._ensure_finalized()
        return 0

    def _optimize_final_module(self):
        if not self.vectors:
            self._optimize()
        for function in self._final_module.functions:
            if not function.is_declaration and function.linkage == binding.Linkage.external:
                function.linkage = "linkonce_odr"

    def _finalize_final_module(self):
        self._shared_module = self._final_module
        self._finalized = True


def _fingerprint() -> str:
    """A hash of all source files of the kernels."""
    sources = sorted(Path(__file__).parent.glob("*.py"))
    return hashlib.sha256(b"\0".join(source.read_bytes() for source in sources)).hexdigest()


# Numba checks the function's own file only; it may call functions of other files.
_SOURCES = _fingerprint()
