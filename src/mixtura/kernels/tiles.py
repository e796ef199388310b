"""Points ordered into tiles of neighbours, with a tree of bounding boxes.

The points are ordered once by recursive splits at a multiple of the tile size, along the widest coordinate (a
balanced k-d tree). Each tile then has a small bounding box, eight neighbouring tiles a larger one, and so on: the
boxes determine which components can matter to a tile before any of its points is evaluated.

Within a tile the coordinates are stored by rows (structure of arrays), relative to the tile's centre, which
is kept in double precision: so single precision loses no digits far from the origin.
"""
# mypy: ignore-errors

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from .compiled import compiled
from .threads import aligned, in_turns, ranges, spread, wanted

TILE = 128  # points per tile: their log densities of ~100 components fit into the L1 cache
PART = 16  # neighbours within a tile that follow each other
# Standard deviation over range: 0.29 for uniformly spread points, 0.09 for all but one in the same place.
LOPSIDED = 0.15
FAR = 1e3  # interquantile ranges; coordinates are clipped beyond
SAMPLE = 10_000  # points from which these ranges are estimated
FEW = 256  # rows from which the widest coordinate of a range is estimated
PIVOTS, MARGIN = 64, 4  # rows from which a quantile is estimated, and how many ranks beyond it the pivot is
DEEP = 64  # ranges that may wait to be split, each at most as long as half of what they are parts of
PARTS, PIECE = 64, 2**15  # ranges of points at most that are worked side by side, and numbers of one
FAN = 3  # 2^FAN boxes of one level lie in one box of the next


class Tiles(NamedTuple):
    """n points in T tiles, with a tree of boxes over them.

    u: (T, d, TILE) coordinates relative to the tile's centre; the last tile is padded with zeros.
    weight: (T, TILE), 0 where padded.
    centre, half: (M, d) float64, a centre of each box and the largest distance from it; the T tiles first, then
    level by level.
    offset: (levels,) the index of the first box of each level in `centre`.
    order: (n,) the row of the original table at each position.
    """

    u: np.ndarray
    weight: np.ndarray
    centre: np.ndarray
    half: np.ndarray
    offset: np.ndarray
    order: np.ndarray


def build(x: NDArray[Any], weight: NDArray[Any] | None, dtype: Any, n_threads: int | None = None) -> Tiles:
    """Tiles of the rows of x (n, d), in k-d order; coordinates are scaled by their interquantile range.

    weight: (n,) or None. dtype: of the tiles.
    """
    (n, d), order = x.shape, nearness_order(x, n_threads)
    count = -(-n // TILE)
    u = aligned((count, d, TILE), dtype)
    w = aligned((count, TILE), dtype)
    low, high, centre = np.empty((3, count, d))
    heavy = np.ones(1, dtype) if weight is None else weight.astype(dtype, copy=False)

    def some(part):
        here, rows = slice(*part), order[part[0] * TILE : part[1] * TILE]
        w[here].ravel()[: len(rows)] = heavy.take(rows) if len(heavy) > 1 else heavy
        last = len(rows) % TILE  # points of the last tile, which is filled up with the same
        values = x.take(np.concatenate([rows, np.resize(rows[-last:], TILE - last)]) if last else rows, axis=0)
        values = values.reshape(-1, TILE, d).transpose(0, 2, 1).astype(np.float64, order="C")
        low[here], high[here] = values.min(axis=2), values.max(axis=2)
        with np.errstate(over="ignore", invalid="ignore"):  # of the largest numbers
            centre[here] = 0.5 * (low[here] + high[here])
            lopsided = _lopsided(values - centre[here, :, None], high[here] - low[here])
            centre[here][lopsided] = np.sort(values[lopsided], axis=1)[:, TILE // 2]
            if last:
                centre[part[1] - 1] = np.sort(values[-1, :, :last])[:, last // 2]
            np.subtract(values, centre[here, :, None], out=u[here], casting="same_kind")

    spread(some, _pieces(count, TILE * d), in_turns(n_threads))
    u[-1:, :, n - (count - 1) * TILE :] = 0.0
    return with_boxes(u, w, low, high, order, centre)


def with_boxes(
    u: NDArray[Any],
    weight: NDArray[Any],
    low: NDArray[Any],
    high: NDArray[Any],
    order: NDArray[Any],
    centre: NDArray[Any] | None = None,
) -> Tiles:
    """The tree of boxes over tiles that lie between `low` and `high`, (T, d) each, with centres `centre`."""
    levels = [(low, high)]
    while len(levels[-1][0]) > 2**FAN:
        low, high = levels[-1]
        starts = np.arange(0, len(low), 2**FAN)
        levels.append((np.minimum.reduceat(low, starts), np.maximum.reduceat(high, starts)))
    lows, highs = (np.concatenate(side) for side in zip(*levels, strict=True))
    middle = 0.5 * (lows + highs)
    if centre is not None:
        middle[: len(centre)] = centre
    offset = np.cumsum([0] + [len(low) for low, _ in levels[:-1]])
    return Tiles(u, weight, middle, np.maximum(highs - middle, middle - lows), offset, order)


def nearness_order(x: NDArray[Any], n_threads: int | None = None) -> np.ndarray:
    """(n,) a balanced kd-order of the rows of x (n, d), down to tiles."""
    n = len(x)
    sample = np.sort(x[:: max(1, n // SAMPLE)].T.astype(np.float64, order="C"), axis=1)  # faster than to look for some
    # Scaled by a robust range, so that outliers do not shrink the scale of all other points.
    low, middle, high = (sample[:, int(share * (sample.shape[1] - 1))] for share in (0.05, 0.5, 0.95))
    spread_out = np.where(high > low, high - low, sample.std(axis=1))
    scale = 1.0 / np.where(spread_out > 0, spread_out, np.inf)
    y = np.empty(x.shape, np.float32)  # single precision is enough for ordering

    def scaled(part):
        here = slice(*part)
        y[here] = np.clip((x[here] - middle) * scale, -FAR, FAR)

    spread(scaled, _pieces(*x.shape), in_turns(n_threads))
    if x.shape[1] == 1:
        return _sorted_rows(y[:, 0])
    order = np.arange(n)
    parts = [(0, n)]
    threads = wanted(n_threads)
    while len(parts) < 8 * threads and n > 64 * TILE and threads > 1:
        # The splits of each level run in parallel.
        parts = _halved(parts, spread(lambda part: _ordered(y, order, *part, once=True), parts, threads))
    spread(lambda part: _ordered(y, order, *part), parts, threads)
    return order


def _pieces(count, numbers):
    """Ranges of `count` things of so many numbers each; of little work few, since threads would wait for each other."""
    return ranges(count, min(PARTS, -(-count * numbers // PIECE)))


def _sorted_rows(y):
    """The rows by their one number: sorted as integers of its bits, which rise as it does, and then of the row."""
    bits = y.view(np.int32)
    keys = (bits ^ (bits >> 31 & np.int32(2**31 - 1))).astype(np.int64) << 32 | np.arange(len(y))
    keys.sort()
    return keys & np.int64(2**32 - 1)


def _halved(parts, middles):
    return [part for (lo, hi), middle in zip(parts, middles, strict=True) for part in ((lo, middle), (middle, hi))]


def _ordered(y, order, lo, hi, once=False):
    """Bring y[lo:hi] and order[lo:hi] into k-d order, down to parts of tiles; `once`: return where they are split."""
    return _sort(y, order, lo, hi, once, np.empty(PIVOTS, y.dtype), np.empty((DEEP, 2), np.int64))


def _lopsided(values, reach):
    """Where the values (T, d, TILE) have outliers: the median is where most of them are, the midpoint is not.

    Coordinates are rounded relative to the centre. values: about the midpoint. reach: (T, d) largest less smallest.
    """
    square = np.einsum("tji,tji->tj", values, values) / TILE - values.mean(axis=2) ** 2
    return square < (LOPSIDED * reach) ** 2


@compiled(vectors=True)
def _sort(y, order, lo, hi, once, some, waiting):
    """The same. some, waiting: scratch, for pivots and for the ranges that are still to be split."""
    deep = 0
    while True:
        if hi - lo > PART:
            middle = _split(y, order, lo, hi, some)
            if once:
                return middle
            waiting[deep, 0], waiting[deep, 1] = middle, hi
            deep, hi = deep + 1, middle
        elif deep > 0:
            deep -= 1
            lo, hi = waiting[deep, 0], waiting[deep, 1]
        else:
            return hi


@compiled(inner=True, vectors=True)
def _split(y, order, lo, hi, some):
    """Split y[lo:hi] along its widest coordinate so that the left part fills a power of two of tiles, or parts."""
    parts = (hi - lo + PART - 1) // PART
    left = 1
    while 2 * left < parts:
        left *= 2
    middle = min(hi, lo + left * PART)
    if middle < hi:
        _select(y, order, lo, hi - 1, middle, _widest(y, lo, hi), some)
    return middle


@compiled(inner=True, vectors=True)
def _widest(y, lo, hi):
    """The coordinate in which y[lo:hi] has the largest range, estimated from a few hundred rows."""
    widest, reach = 0, np.float32(-1.0)
    step = 1 + (hi - lo) // FEW
    for j in range(y.shape[1]):
        smallest = y[lo, j]
        largest = smallest
        for i in range(lo + step, hi, step):
            smallest = min(smallest, y[i, j])
            largest = max(largest, y[i, j])
        if largest - smallest > reach:
            widest, reach = j, largest - smallest
    return widest


@compiled(inner=True, vectors=True)
def _select(y, order, lo, hi, k, j, some):
    """Quickselect (Hoare 1961): afterwards y[lo:k, j] <= y[k, j] <= y[k:hi + 1, j].

    The pivot of a long range is a quantile of some of its rows, a little beyond k on the longer side, so that two
    rounds leave a short range (after Floyd and Rivest 1975). some: scratch.
    """
    while lo < hi:
        if hi - lo > 8 * len(some):
            for i in range(len(some)):
                some[i] = y[lo + i * (hi - lo) // (len(some) - 1), j]
            _sorted(some)
            rank = (k - lo) * (len(some) - 1) // (hi - lo)
            rank += MARGIN if 2 * (k - lo) < hi - lo else -MARGIN
            pivot = some[min(max(rank, 0), len(some) - 1)]
        else:
            a, b, c = y[lo, j], y[(lo + hi) // 2, j], y[hi, j]
            pivot = max(min(a, b), min(max(a, b), c))
        left, right = lo, hi
        while left <= right:
            while y[left, j] < pivot:
                left += 1
            while y[right, j] > pivot:
                right -= 1
            if left <= right:
                for m in range(y.shape[1]):
                    y[left, m], y[right, m] = y[right, m], y[left, m]
                order[left], order[right] = order[right], order[left]
                left += 1
                right -= 1
        if k <= right:
            hi = right
        elif k >= left:
            lo = left
        else:
            return


@compiled(inner=True, vectors=True)
def _sorted(values):
    """Insertion sort."""
    for i in range(1, len(values)):
        value, j = values[i], i
        while j > 0 and values[j - 1] > value:
            values[j] = values[j - 1]
            j -= 1
        values[j] = value
