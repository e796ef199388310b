"""Rows that come one after the other, gathered: in memory while they are few, else in a file without a name."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path
from typing import Any, BinaryIO, Self

import numpy as np

from ..arrays import Array, Bools
from ..errors import SourceError
from ..writing import nameless

FOLDER = "MIXTURA_SPILL_FOLDER"  # environment variable
MOST = 2**24  # numbers in memory: 128 MB


class Gathered:
    """Rows of d numbers.

    Within a `with` statement, which closes the file. called: where they come from, by errors.
    whole: (d,) whether all numbers of a column so far are whole ones.
    """

    d: int
    called: str
    n: int

    def __init__(self, d: int, called: str) -> None:
        self.d, self.called, self.n = d, called, 0
        self.whole: Bools = np.ones(d, bool)
        self._parts: list[Array] = []
        self._file: BinaryIO | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self._file is not None:
            self._file.close()  # what is mapped of it stays

    def add(self, x: Array) -> None:
        """More rows, (m, d). Raises SourceError where there is no room for them."""
        if self.whole.any():
            self.whole &= ((np.rint(x) == x) | np.isnan(x)).all(axis=0)
        self.n += len(x)
        self._parts.append(x)
        if self._file is not None or self.n * self.d > MOST:
            self._write()

    @property
    def array(self) -> Any:
        """(n, d) all of them: an array, or a memory map."""
        if self._file is None:
            return np.concatenate([np.empty((0, self.d)), *self._parts])
        self._file.flush()
        return np.memmap(self._file, np.float64, "r", shape=(self.n, self.d))

    def _write(self) -> None:
        folder = Path(os.environ.get(FOLDER) or tempfile.gettempdir())
        try:
            self._file = self._file or nameless(folder)
            for part in self._parts:
                self._file.write(np.ascontiguousarray(part, np.float64).tobytes())
        except OSError as error:
            raise SourceError(
                f"{self.called} has more rows than are held in memory, and {folder}, where their numbers are kept, "
                f"takes no {self.n * self.d * 8 / 1e9:.1f} GB ({error.strerror or error}): set {FOLDER} to another."
            ) from None
        self._parts = []
