"""Arrays on disk: NumPy memory maps, and what is cut like them, such as arrays of Zarr and HDF5."""

from __future__ import annotations

import mmap
from collections.abc import Iterator
from typing import Any

import numpy as np

from ..errors import InputError
from .blocks import Blocks, Options, Piece, rows_of


class ArraySource(Blocks):
    """Rows of an array (n, d) that lies on disk; weight: (n,), in memory or on disk too, or None."""

    def __init__(self, x: Any, weight: Any = None, options: Options = Options(), called: str = "x") -> None:  # noqa: B008
        super().__init__(options)
        self.called = called
        if len(x.shape) != 2:
            raise InputError(
                f"{called} has {len(x.shape)} dimensions, expected 2 (n, d): rows are points, columns coordinates."
            )
        self.x, self.weight = x, weight
        self.n, d = (int(side) for side in x.shape)
        if not self.n or not d:
            raise InputError(f"{called} has shape {tuple(x.shape)}: at least one point and one coordinate are needed.")
        if weight is not None:
            found = tuple(weight.shape) if hasattr(weight, "shape") else np.shape(weight)
            if found != (self.n,):
                raise InputError(f"sample_weight has shape {found}, expected ({self.n},): one weight a point.")
            self.weight = weight if hasattr(weight, "shape") else np.asarray(weight)
        rows = rows_of(d)
        chunk = int((getattr(x, "chunks", None) or (1,))[0])  # read whole: each is unpacked but once
        self.step = max(chunk, rows // chunk * chunk)

    def read(self) -> Iterator[Piece]:
        """The rows, in pieces of whole chunks."""
        assert self.n is not None
        for first in range(0, self.n, self.step):
            last = min(self.n, first + self.step)
            weight = None if self.weight is None else self.weight[first:last]
            yield Piece(self.x[first:last], weight, f"{self.called}[{first}:{last}]")
            _let_go(self.x)
            _let_go(self.weight)


def _let_go(array: Any) -> None:
    """Pages of a memory map that were read need not stay with this process; the system may keep them, or not."""
    if not isinstance(array, np.memmap) or array.mode == "c" or not hasattr(mmap, "MADV_DONTNEED"):
        return  # of a map that copies what is written to it, pages hold what is nowhere else
    base: Any = array
    while isinstance(base, np.ndarray):
        base = base.base
    if isinstance(base, mmap.mmap):
        base.madvise(mmap.MADV_DONTNEED)
