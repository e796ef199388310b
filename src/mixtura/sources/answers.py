"""What is asked of points that are read block by block: computed block by block, and kept only if one wants it."""

from __future__ import annotations

import io
import os
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from ..errors import InputError
from ..writing import check_target, whole_file

if TYPE_CHECKING:
    from .points import Points
    from .source import Source


class Answers:
    """What a mixture says of rows that are not all in memory: an iterable of arrays, one a block, in the rows' order.

    Each iteration is one pass over the rows; nothing is kept. ``numpy.asarray(answers)`` brings all into memory, and
    `save` writes them to a file in bounded memory.

    Parameters
    ----------
    blocks : callable
        Begins a pass over the rows: an iterator of `Points`.
    ask : callable
        Of a block of them; gives an array of a row a point.
    source : Source
        Of the rows.

    Examples
    --------
    >>> import mixtura as mx
    >>> mix = mx.Mixture([0.5, 0.5], [[0.0], [9.0]], [1.0, 1.0], "spherical")
    >>> labels = mix.predict(lambda: iter([[[1.0], [8.0]], [[0.5]]]))
    >>> [block.tolist() for block in labels], np.asarray(labels).tolist()
    ([[0, 1, 0]], [0, 1, 0])
    """

    def __init__(self, blocks: Callable[[], Iterator[Points]], ask: Callable[[Points], Any], source: Source) -> None:
        self._blocks, self._ask, self._source = blocks, ask, source

    def __iter__(self) -> Iterator[Any]:
        return map(self._ask, self._blocks())

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> NDArray[Any]:
        if copy is False:
            raise ValueError("the answers are computed anew at each look: they cannot be had without a copy.")
        parts = list(self)
        if not parts:
            self._source.survey()  # which says that there are no rows
        if any(hasattr(part, "toarray") for part in parts):
            raise InputError("sparse answers are no array: go through their blocks one after the other.")
        return np.asarray(np.concatenate(parts), dtype)

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write all answers to a .npy, block by block: whole or not at all.

        Parameters
        ----------
        path : str or path-like
            Ends in .npy.

        Raises
        ------
        OutputError
            If the file cannot be written.
        """
        check_target(path, (".npy",), standard=False)
        with whole_file(path) as file:
            n, like = 0, np.empty(0)
            for part in self:
                like = np.ascontiguousarray(part)
                if not n:
                    file.write(header_of(like, 0))
                n += len(like)
                file.write(like.tobytes())
            file.seek(0)
            file.write(header_of(like, n))

    def __repr__(self) -> str:
        return f"<Answers about {self._source!r}: iterate over blocks, numpy.asarray(...), or .save('answers.npy')>"


def header_of(like: NDArray[Any], n: int) -> bytes:
    """That of a .npy of n rows; NumPy leaves room in it for the number to grow."""
    text = io.BytesIO()
    header = np.lib.format.header_data_from_array_1_0(like) | {"shape": (n, *like.shape[1:])}
    np.lib.format.write_array_header_1_0(text, header)
    return text.getvalue()
