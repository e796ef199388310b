"""The kernels over all tiles, in parallel: the result has the same bits for any number of threads."""
# mypy: ignore-errors

from __future__ import annotations

import math
import weakref
from collections import deque
from contextlib import suppress
from typing import Any

import numpy as np
from numpy.typing import NDArray

from . import cut
from .low_dimension import COUNT, LABEL, LOG_DENSITY, MOMENTS, REGRESS, SHARES, over
from .memory import Components, answers, begun, no_moments, scratch
from .moments import move
from .packs import Pack
from .threads import Spare, aligned, ranges, stream, wanted
from .tiles import FAN, TILE, Tiles

PARTS, LEAST = 64, 32  # ranges of tiles at most, and tiles of each at least, whatever the number of threads
WORTH = 6000  # tiles of a range times features and the root of components at least: half a millisecond's work
TOGETHER = 2**FAN  # tiles in a box of the next level
KEPT = 2**20  # bytes up to which a thread's memory stays for the next pass, even if nobody holds it
COARSE = 0.03  # largest admissible error of z, in standard deviations
# Times the rounding: 2e-5 and 1e-12 of a variance.
WIDEST: dict[Any, float] = {np.dtype("float32"): 256.0, np.dtype("float64"): 1e4}


def components(log_scales: NDArray[Any], means: NDArray[Any], whitener: NDArray[Any], dtype: Any) -> Components:
    """The parameters of k components as the kernels use them.

    log_scales: (k,). means: (k, d). whitener: (k or 1, d, d) or (k, d). dtype: of the tiles.
    """
    k, d = means.shape
    triangular = whitener.ndim == 3
    w = np.broadcast_to(whitener[:, *np.tril_indices(d)], (k, d * (d + 1) // 2)) if triangular else whitener
    table = np.ascontiguousarray(np.concatenate([log_scales[None], means.T, w.T]))
    factors = np.ascontiguousarray(np.concatenate([log_scales[:, None], w], axis=1), dtype)
    return Components(table, factors, np.array(means, np.float64, order="C"), triangular)


def expect(tiles: Tiles, parts: Components, n_threads: int | None = None) -> Any:
    """(near, thin, log likelihood, visited pairs, coarse): moments (k, features).

    The statistics are the sum of `near` and of `thin`, after `thin` is mapped back from z to x. coarse: whether some
    tile is so wide in units of a component that z is inaccurate in the tiles' precision. The boxes are in double
    precision, which the caller has found to suffice.
    """
    features, k = parts.table.shape
    room = rooms(tiles, parts)
    near, thin = (np.zeros((k, features + -features % 4)) for _ in range(2))
    likelihood, pairs, met = 0.0, 0, 0.0
    for sums, *found in _walk(MOMENTS, tiles, parts, room.sums.take, n_threads):
        move(sums, near, thin)
        room.sums.give(sums)
        likelihood, pairs, met = likelihood + found[0], pairs + found[1], max(met, found[2])
    del room.sums.free[wanted(n_threads) + 1 :]
    coarse = met * float(np.finfo(tiles.u.dtype).eps) ** 2 > COARSE**2
    return near[:, :features], thin[:, :features], likelihood, pairs, coarse


def log_density(tiles: Tiles, parts: Components, n_threads: int | None = None) -> Any:
    """(T, TILE) log density of each point, in the order of the tiles."""
    values = aligned((len(tiles.u), TILE), tiles.u.dtype)
    _ask(LOG_DENSITY, tiles, parts, n_threads, values=values)
    return values


def label(tiles: Tiles, parts: Components, n_threads: int | None = None) -> Any:
    """(T, TILE) int32 component with the largest weighted density, in the order of the tiles."""
    labels = np.empty((len(tiles.u), TILE), np.int32)
    _ask(LABEL, tiles, parts, n_threads, limit=1e-3, labels=labels)  # below the best lower bound, up to rounding
    return labels


def responsibilities(tiles: Tiles, parts: Components, n_threads: int | None = None) -> Any:
    """(indptr (n + 1,), indices, shares) of the responsibilities above rounding, row by row of the original table."""
    k, order = parts.table.shape[1], tiles.order
    counts = np.zeros((len(tiles.u), TILE), np.int64)
    _ask(COUNT, tiles, parts, n_threads, counts=counts, begin=counts)
    counts.ravel()[len(order) :] = 0  # padding of the last tile
    indptr = np.concatenate([[0], np.cumsum(in_order(counts, order))])
    # Padding writes beyond the end, into memory that is cut off.
    begin = np.full_like(counts, indptr[-1])
    begin.ravel()[: len(order)] = indptr[order]
    room = indptr[-1] + k
    indices, shares = np.empty(room, np.int64), np.empty(room, tiles.u.dtype)
    _ask(SHARES, tiles, parts, n_threads, counts=counts, begin=begin, indices=indices, shares=shares)
    return indptr, indices[: indptr[-1]], shares[: indptr[-1]]


def regress(
    tiles: Tiles, parts: Components, means: NDArray[Any], gain: NDArray[Any], n_threads: int | None = None
) -> Any:
    """(T, f, TILE) conditional means, in the order of the tiles; means (k, f), gain (k, f, d)."""
    out = np.empty((len(tiles.u), means.shape[1], TILE), tiles.u.dtype)
    means, gain = np.array(means, order="C"), np.array(gain, order="C")  # writeable, or another version is compiled
    _ask(REGRESS, tiles, parts, n_threads, means=means, gain=gain, regressed=out)
    return out


def _ask(question, tiles, parts, n_threads, *, limit=None, **arrays):
    """Fill the arrays of an answer; limit: the cut, by default that of rounding."""
    out = answers(tiles.u.dtype, **arrays)
    for _ in _walk(question, tiles, parts, lambda: out, n_threads, limit):
        pass


def _walk(question, tiles, parts, take, n_threads, limit=None):
    """Yield (take(), what is found) of each range of tiles, in order. take(): where its answers go."""
    room, packs, dtype = rooms(tiles, parts), (Pack(tiles), Pack(parts)), tiles.u.dtype
    spare = Spare(lambda: begun(room.scratch.take(), parts.table))
    limit = cut(parts.table.shape[1], dtype) if limit is None else limit

    def one(part):
        memory, out = spare.take(), take()
        found = over(question, *packs, memory, *part, limit, WIDEST[dtype], out)
        spare.give(memory)
        return out, *found

    try:
        yield from stream(one, groups(tiles, *parts.table.shape), n_threads)
    except BaseException:
        room.clear()
        raise
    room.scratch.free += spare.free


class Rooms:
    """Memory of threads, which a pass leaves for the next one of as many components: new pages take long to get."""

    def __init__(self, levels: int, rows: int, k: int, d: int, dtype: Any) -> None:
        self.small: bool = 8 * k * (TILE + rows * (levels + 3)) + 8 * rows * TILE <= KEPT
        self.scratch: Spare[Any] = Spare(lambda: scratch(levels, rows, k, d, dtype))
        self.sums: Spare[Any] = Spare(lambda: no_moments(rows, k, dtype))

    def clear(self) -> None:
        """Leave nothing."""
        self.scratch.free.clear()
        self.sums.free.clear()


_held: weakref.WeakValueDictionary[Any, Rooms] = weakref.WeakValueDictionary()
_recent: deque[Rooms] = deque(maxlen=2)


def rooms(tiles: Tiles, parts: Components) -> Rooms:
    """Memory for passes over such tiles: the same one as long as somebody holds it, and a small one until later."""
    (rows, k), levels = parts.table.shape, len(tiles.offset)
    shape = levels, rows, k, tiles.u.shape[1], tiles.u.dtype
    found = _held.get(shape) or _held.setdefault(shape, Rooms(*shape))
    if found.small:
        with suppress(ValueError):
            _recent.remove(found)
        _recent.append(found)
    return found


def groups(tiles: Any, features: int, k: int) -> list[tuple[int, int]]:
    """Ranges of tiles, each of whole boxes of the next level, so that no two ranges share such a box.

    Of little work there are fewer: many threads would wait for each other between them.
    """
    count = len(tiles.u)
    least = max(LEAST, WORTH // (features * math.isqrt(k)))
    found = ranges(-(-count // TOGETHER), min(PARTS, -(-count // least)))
    return [(first * TOGETHER, min(last * TOGETHER, count)) for first, last in found]


def in_order(values: np.ndarray, order: np.ndarray) -> np.ndarray:
    """Undo the order of the tiles: values (T, ..., TILE) -> (n, ...)."""
    flat = np.moveaxis(values, -1, 1).reshape(-1, *values.shape[1:-1])[: len(order)]
    out = np.empty_like(flat)
    out[order] = flat
    return out
