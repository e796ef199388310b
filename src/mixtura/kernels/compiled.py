"""How our functions are compiled: without the GIL, with sums that may be reordered, kept on disk."""
# mypy: ignore-errors

from __future__ import annotations

import numba

# Reassociation and contraction let sums and products become vector code. Infinities and NaN keep their meaning.
FASTMATH = {"contract", "reassoc", "nsz", "arcp"}


def compiled(function=None, *, fastmath=FASTMATH):
    """`numba.njit` in our manner.

    The cache lies beside the module, or in the user's cache folder where the package is read-only; where
    nothing can be written, the function is compiled anew in each process.
    """
    if function is None:
        return lambda later: compiled(later, fastmath=fastmath)
    # Division by zero gives infinity, as in NumPy; a check would keep loops scalar.
    options = {"nogil": True, "fastmath": fastmath, "error_model": "numpy"}
    try:
        return numba.njit(cache=True, **options)(function)
    except RuntimeError:  # "no locator available": no folder that we may write to
        return numba.njit(**options)(function)
