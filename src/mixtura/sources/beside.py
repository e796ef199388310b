"""Rows of a source together with what is in memory beside them: more columns, other weights."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from ..arrays import Array
from ..errors import InputError
from .blocks import Blocks, Options, Piece
from .source import Source


class Chosen(Blocks):
    """The rows of a source with some of its columns, in that order."""

    source: Any
    axes: list[int]

    def __init__(self, source: Any, axes: Sequence[int]) -> None:
        super().__init__(Options(source.dtype, source.incomplete))
        self.source, self.axes = source, list(axes)
        self.n: int | None = source.survey().n
        if source.names is not None:
            self.names: tuple[str, ...] | None = tuple(source.names[i] for i in axes)

    def read(self) -> Iterator[Piece]:
        """The blocks of the source, with these columns."""
        row = 0
        for block in self.source.blocks():
            yield Piece(block.x[:, self.axes], block.weight, self.called, row)
            row += block.n


class Beside(Blocks):
    """The rows of a source with more columns (n, m) behind its own, or with other weights (n,).

    names: of the columns that are added.
    """

    source: Source
    more: Array | None
    weight: Array | None

    called = "X"

    def __init__(
        self,
        source: Source,
        *,
        columns: Array | None = None,
        names: tuple[str, ...] | None = None,
        weight: Array | None = None,
    ) -> None:
        super().__init__(Options(missing=source.incomplete))
        self.source, self.more, self.weight = source, columns, weight
        self.n: int | None = source.survey().n
        for given in (columns, weight):
            if given is not None and len(given) != self.n:
                raise InputError(
                    f"X has {self.n} rows, but y or sample_weight has {len(given)}: give one for each row."
                )
        if source.names is not None:
            self.names: tuple[str, ...] | None = (*source.names, *(names or ()))

    def read(self) -> Iterator[Piece]:
        """The blocks of the source, with what is beside each."""
        row = 0
        for block in self.source.blocks():
            rows = slice(row, row + block.n)
            x = block.x if self.more is None else np.column_stack([block.x, self.more[rows]])
            yield Piece(x, block.weight if self.weight is None else self.weight[rows], self.called, row)
            row += block.n
