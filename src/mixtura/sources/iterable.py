"""Blocks that a function makes: whatever can be read, computed or fetched again at each pass."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from ..errors import InputError
from .blocks import Blocks, Options, Piece


class IterableSource(Blocks):
    """The blocks of make(), which is called at the beginning of each pass.

    A block is a table (m, d), or a tuple of a table and its weights (m,); m may differ, and be 0.
    """

    def __init__(self, make: Callable[[], Any], options: Options, called: str = "x") -> None:
        super().__init__(options)
        self.make = make
        self.called = called

    def read(self) -> Iterator[Piece]:
        """The blocks as they come."""
        made = self.make()
        try:
            blocks = iter(made)
        except TypeError:
            raise InputError(
                f"{self.called}() gave a {type(made).__name__}, expected blocks of points one after the other: give "
                f"a function that returns an iterator of arrays (m, d)."
            ) from None
        for number, block in enumerate(blocks):
            if isinstance(block, tuple) and len(block) != 2:
                raise InputError(
                    f"block {number} of {self.called} is a tuple of {len(block)}, expected an array (m, d), or a "
                    f"tuple of it and its weights (m,)."
                )
            x, weight = block if isinstance(block, tuple) else (block, None)
            yield Piece(x, weight, f"block {number} of {self.called}")
