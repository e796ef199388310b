"""Compilation by Numba: without the GIL, with reassociation of sums, cached on disk."""
# mypy: ignore-errors

from __future__ import annotations

import hashlib
from pathlib import Path

import numba
from numba.core.cpu import CPUTargetOptions
from numba.core.options import TargetOptions

# Reassociation and contraction allow sums and products to be vectorised. Infinities and NaN keep their meaning.
FASTMATH = {"contract", "reassoc", "nsz", "arcp"}

CPUTargetOptions.noalias = TargetOptions.Mapping("noalias")  # a flag of Numba's compiler that `njit` does not expose


def compiled(function=None, *, fastmath=FASTMATH, allocates=False, inner=False, apart=False):
    """Compile by `numba.njit` with our options.

    allocates: whether it allocates arrays. If not, references are not counted, since the caller holds them: each count
    is an atomic operation, which costs a sixth of the time or more where threads share an array.
    inner: it is only called by compiled functions; without a Python wrapper it compiles faster, as a function's code
    is optimised again in each caller. apart: its outputs do not overlap any other argument (noalias); a loop
    over many arrays is vectorised only with that guarantee.

    The cache is in the module's folder, or in the user's cache folder where the package is read-only; if neither can be
    written, the function is compiled in each process.
    """
    if function is None:
        return lambda later: compiled(later, fastmath=fastmath, allocates=allocates, inner=inner, apart=apart)
    # Division by zero gives infinity, as in NumPy; a check would keep loops scalar.
    options = {"nogil": True, "fastmath": fastmath, "error_model": "numpy", "_nrt": allocates}
    options |= {"no_cpython_wrapper": inner, "no_cfunc_wrapper": True, "noalias": apart}
    try:
        dispatcher = numba.njit(cache=True, **options)(function)
    except RuntimeError:  # "no locator available": no writable folder
        return numba.njit(**options)(function)
    # Numba checks the time stamp of the function's own file only; it may call functions of other files.
    kept = getattr(dispatcher._cache, "_cache_file", None)
    if hasattr(kept, "_source_stamp"):
        kept._source_stamp = (kept._source_stamp, _SOURCES)
    return dispatcher


def _fingerprint() -> str:
    """A hash of all source files of the kernels."""
    sources = sorted(Path(__file__).parent.glob("*.py"))
    return hashlib.sha256(b"\0".join(source.read_bytes() for source in sources)).hexdigest()


_SOURCES = _fingerprint()
