"""Points that are not in memory, or not all of them: what a fit can read block by block.

`opened` tells what can be read so, and is the only door.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from ..engines.base import Pass, Source
from ..errors import InputError
from .blocks import KEPT, Options

__all__ = ["opened"]


def opened(
    x: Any,
    sample_weight: Any = None,
    *,
    dtype: Any = "float64",
    missing: bool = False,
    watch: Callable[[Pass], Any] | None = None,
) -> Source | None:
    """What reads x block by block; None where x is in memory, or small enough to be put there.

    Raises InputError for what looks like blocks but cannot be passed over twice.
    """
    options = Options(dtype, missing, watch)
    if hasattr(type(x), "__dask_graph__"):
        from .dask import DaskSource

        return DaskSource(x, sample_weight, options)
    if isinstance(x, np.memmap):
        if x.size <= KEPT:
            return None
        from .array import ArraySource

        return ArraySource(x, sample_weight, options)
    if isinstance(x, Iterator):
        raise InputError(
            f"x is a {type(x).__name__}, which gives its blocks once, but a fit passes over its points many times: "
            f"give a function that makes it, such as lambda: blocks()."
        )
    if callable(x) and not hasattr(x, "__array__"):
        from .iterable import IterableSource

        if sample_weight is not None:
            raise InputError("sample_weight was given, but x is a function: let its blocks be pairs (x, weight).")
        return IterableSource(x, options)
    return None
