"""How our functions are compiled: without the GIL, with sums that may be reordered, kept on disk."""
# mypy: ignore-errors

from __future__ import annotations

import hashlib
from pathlib import Path

import numba
from numba.core.cpu import CPUTargetOptions
from numba.core.options import TargetOptions

# Reassociation and contraction let sums and products become vector code. Infinities and NaN keep their meaning.
FASTMATH = {"contract", "reassoc", "nsz", "arcp"}

CPUTargetOptions.noalias = TargetOptions.Mapping("noalias")  # a flag of Numba's compiler that `njit` does not offer


def compiled(function=None, *, fastmath=FASTMATH, allocates=False, inner=False, apart=False):
    """`numba.njit` in our manner.

    Functions that make no array of their own do not count references to those they are given, which the caller
    holds: each count is an atomic operation, that costs a sixth of the time and more where threads share an array.
    inner: it is called by compiled functions alone; without a door for Python it compiles sooner, as a function's code
    is optimised anew in each one that calls it. apart: what it writes to overlaps nothing else that it is given; a loop
    over many arrays becomes vector code only with that promise.

    The cache lies beside the module, or in the user's cache folder where the package is read-only; where
    nothing can be written, the function is compiled anew in each process.
    """
    if function is None:
        return lambda later: compiled(later, fastmath=fastmath, allocates=allocates, inner=inner, apart=apart)
    # Division by zero gives infinity, as in NumPy; a check would keep loops scalar.
    options = {"nogil": True, "fastmath": fastmath, "error_model": "numpy", "_nrt": allocates}
    options |= {"no_cpython_wrapper": inner, "no_cfunc_wrapper": True, "noalias": apart}
    try:
        dispatcher = numba.njit(cache=True, **options)(function)
    except RuntimeError:  # "no locator available": no folder that we may write to
        return numba.njit(**options)(function)
    # Numba asks only whether the function's own file is new; what it calls lies in other files too.
    kept = getattr(dispatcher._cache, "_cache_file", None)
    if hasattr(kept, "_source_stamp"):
        kept._source_stamp = (kept._source_stamp, _SOURCES)
    return dispatcher


def _fingerprint() -> str:
    """A hash of all our compiled sources."""
    sources = sorted(Path(__file__).parent.glob("*.py"))
    return hashlib.sha256(b"\0".join(source.read_bytes() for source in sources)).hexdigest()


_SOURCES = _fingerprint()
