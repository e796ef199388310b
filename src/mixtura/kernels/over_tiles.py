"""The kernels over all tiles, in parallel: the result has the same bits for any number of threads."""
# mypy: ignore-errors

from __future__ import annotations

import numpy as np

from . import low_dimension
from .low_dimension import Components
from .threads import Spare, ranges, stream
from .tiles import FAN, TILE, Tiles

PARTS = 64  # ranges of tiles at most, whatever the number of threads
TOGETHER = 2**FAN  # tiles in a box of the next level
COARSE = 0.03  # largest admissible error of z, in standard deviations
WIDEST = {np.dtype("float32"): 256.0, np.dtype("float64"): 1e4}  # times the rounding: 2e-5 and 1e-12 of a variance


def components(log_scales, means, whitener, dtype) -> Components:
    """The parameters of k components as the kernels use them.

    log_scales: (k,). means: (k, d). whitener: (k or 1, d, d) or (k, d). dtype: of the tiles.
    """
    k, d = means.shape
    if whitener.ndim == 3:
        triangle = np.tril_indices(d)
        w = np.broadcast_to(whitener[:, *triangle], (k, len(triangle[0])))
    else:
        w = whitener
    table = np.ascontiguousarray(np.concatenate([log_scales[None], means.T, w.T]))
    factors = np.ascontiguousarray(np.concatenate([log_scales[:, None], w], axis=1), dtype)
    return Components(table, factors, np.ascontiguousarray(means, np.float64), np.ascontiguousarray(whitener[:1]))


def cut(k: int, dtype) -> float:
    """Terms this many nats below the largest are skipped: k of them together are below half a unit of rounding."""
    return float(np.log(k) - np.log(np.finfo(dtype).eps / 2))


def expect(tiles: Tiles, parts: Components, n_threads=None):
    """(near, thin, log likelihood, visited pairs, coarse): moments (k, features).

    The statistics are the sum of `near` and of `thin`, after `thin` is mapped back from z to x. coarse: whether some
    tile is so wide in units of a component that z is inaccurate in the tiles' precision. The boxes are in double
    precision, which the caller has found to suffice.
    """
    features, k = parts.table.shape
    sums = Spare(lambda: np.zeros((2, k, features)))
    limit, widest = cut(k, tiles.u.dtype), WIDEST[tiles.u.dtype]

    def work(dim, memory, first, last):
        near, thin = moments = sums.take()
        return moments, *low_dimension.expect(dim, tiles, parts, memory, first, last, limit, widest, near, thin)

    total = np.zeros((2, k, features))
    likelihood, pairs, met = 0.0, 0, 0.0
    for moments, *found in _walk(tiles, parts, work, n_threads):
        total += moments
        moments[...] = 0.0
        sums.give(moments)
        likelihood, pairs, met = likelihood + found[0], pairs + found[1] * TILE, max(met, found[2])
    coarse = met * float(np.finfo(tiles.u.dtype).eps) ** 2 > COARSE**2
    return *total, likelihood, pairs, coarse


def log_density(tiles: Tiles, parts: Components, n_threads=None):
    """(T, TILE) log density of each point, in the order of the tiles."""
    out = np.empty((len(tiles.u), TILE), tiles.u.dtype)
    limit = cut(parts.table.shape[1], tiles.u.dtype)

    def work(dim, memory, first, last):
        low_dimension.log_density(dim, tiles, parts, memory, first, last, limit, out)

    _finish(_walk(tiles, parts, work, n_threads))
    return out


def label(tiles: Tiles, parts: Components, n_threads=None):
    """(T, TILE) int32 component with the largest weighted density, in the order of the tiles."""
    out = np.empty((len(tiles.u), TILE), np.int32)

    def work(dim, memory, first, last):
        low_dimension.label(dim, tiles, parts, memory, first, last, out)

    _finish(_walk(tiles, parts, work, n_threads))
    return out


def responsibilities(tiles: Tiles, parts: Components, n_threads=None):
    """(indptr (n + 1,), indices, shares) of the responsibilities above rounding, row by row of the original table."""
    k = parts.table.shape[1]
    limit = cut(k, tiles.u.dtype)
    order = tiles.order
    counts = np.zeros((len(tiles.u), TILE), np.int64)
    begin = np.zeros_like(counts)

    def visit(indices, shares):
        def work(dim, memory, first, last):
            low_dimension.responsibilities(
                dim, tiles, parts, memory, first, last, limit, begin, counts, indices, shares
            )

        _finish(_walk(tiles, parts, work, n_threads))

    visit(np.empty(0, np.int64), np.empty(0, tiles.u.dtype))
    counts.ravel()[len(order) :] = 0  # padding of the last tile
    indptr = np.concatenate([[0], np.cumsum(in_order(counts, order))])
    # Padding writes beyond the end, into memory that is cut off.
    begin.ravel()[: len(order)] = indptr[order]
    begin.ravel()[len(order) :] = indptr[-1]
    room = indptr[-1] + k
    indices, shares = np.empty(room, np.int64), np.empty(room, tiles.u.dtype)
    visit(indices, shares)
    return indptr, indices[: indptr[-1]], shares[: indptr[-1]]


def regress(tiles: Tiles, parts: Components, means, gain, n_threads=None):
    """(T, f, TILE) conditional means, in the order of the tiles; means (k, f), gain (k, f, d)."""
    free = (0,) * means.shape[1]
    out = np.empty((len(tiles.u), len(free), TILE), tiles.u.dtype)
    limit = cut(len(means), tiles.u.dtype)
    means, gain = np.ascontiguousarray(means), np.ascontiguousarray(gain)

    def work(dim, memory, first, last):
        level, slope = np.empty(len(free), out.dtype), np.empty((len(free), len(dim)), out.dtype)
        low_dimension.regress(dim, free, tiles, parts, memory, means, gain, first, last, limit, level, slope, out)

    _finish(_walk(tiles, parts, work, n_threads))
    return out


def _walk(tiles, parts, work, n_threads):
    """Yield work(dim, memory, first, last) of each range of tiles, in order."""
    dim = (0,) * tiles.u.shape[1]
    spare = Spare(lambda: low_dimension.scratch(tiles, parts))

    def one(part):
        memory = spare.take()
        found = work(dim, memory, *part)
        spare.give(memory)
        return found

    return stream(one, groups(tiles), n_threads)


def groups(tiles) -> list[tuple[int, int]]:
    """Ranges of tiles, each of whole boxes of the next level, so that no two ranges share such a box."""
    count = len(tiles.u)
    return [(first * TOGETHER, min(last * TOGETHER, count)) for first, last in ranges(-(-count // TOGETHER), PARTS)]


def _finish(results):
    """Exhaust an iterator whose work is its side effects."""
    for _ in results:
        pass


def in_order(values: np.ndarray, order: np.ndarray) -> np.ndarray:
    """Undo the order of the tiles: values (T, ..., TILE) -> (n, ...)."""
    flat = np.moveaxis(values, -1, 1).reshape(-1, *values.shape[1:-1])[: len(order)]
    out = np.empty_like(flat)
    out[order] = flat
    return out
