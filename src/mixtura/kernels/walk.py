"""The kernels over all tiles, spread over threads: the same answer to the bit for any number of them."""
# mypy: ignore-errors

from __future__ import annotations

import numpy as np

from . import small
from .small import Components
from .threads import ranges, spread
from .tiles import TILE, Tiles

PARTS = 64  # ranges of tiles, whatever the number of threads
PART_BYTES = 2**26  # for the moments of all ranges together
COARSE = 0.03  # standard deviations that z may be wrong by
WIDEST = {np.dtype("float32"): 256.0, np.dtype("float64"): 1e4}  # times the rounding: 2e-5 and 1e-12 of a variance


def components(log_scales, means, whitener) -> Components:
    """The kernels' form of k components: log_scales (k,), means (k, d), whitener (k or 1, d, d) or (k, d)."""
    k, d = means.shape
    if whitener.ndim == 3:
        rows = np.tril_indices(d)
        w = np.broadcast_to(whitener[:, *rows], (k, len(rows[0])))
    else:
        w = whitener
    table = np.concatenate([log_scales[None], means.T, w.T])
    return Components(np.ascontiguousarray(table), np.ascontiguousarray(whitener[:1]))


def cut(k: int, dtype) -> float:
    """How many nats below the largest a term may be left out: k of them together stay below half a unit of rounding."""
    return float(np.log(k) - np.log(np.finfo(dtype).eps / 2))


def expect(tiles: Tiles, parts: Components, n_threads=None):
    """(near, thin, log likelihood, visited pairs, coarse): moments (k, features) about the means, see small.expect.

    The statistics are the sum of `near` and of `thin`, once that is mapped back from z to x. coarse: whether some
    tile is so wide in units of a component that z has lost its digits.
    """
    d, (features, k) = tiles.u.shape[1], parts.table.shape
    count = max(8, min(PARTS, PART_BYTES // (16 * k * features)))
    limit = cut(k, tiles.u.dtype)

    def work(part):
        near, thin = np.zeros((2, k, features))
        memory = small.scratch(tiles, parts)
        widest = WIDEST[tiles.u.dtype]
        return near, thin, *small.expect((0,) * d, tiles, parts, memory, *part, limit, widest, near, thin)

    results = spread(work, ranges(len(tiles.u), count), n_threads)
    near, thin = np.zeros((2, k, features))
    for part in results:
        near += part[0]
        thin += part[1]
    coarse = max(r[4] for r in results) * float(np.finfo(tiles.u.dtype).eps) ** 2 > COARSE**2
    return near, thin, sum(r[2] for r in results), sum(r[3] for r in results) * TILE, coarse


def log_density(tiles: Tiles, parts: Components, n_threads=None):
    """(T, TILE) log density of each point, in the order of the tiles."""
    d, k = tiles.u.shape[1], parts.table.shape[1]
    out = np.empty((len(tiles.u), TILE), tiles.u.dtype)
    limit = cut(k, tiles.u.dtype)
    spread(
        lambda part: small.log_density((0,) * d, tiles, parts, small.scratch(tiles, parts), *part, limit, out),
        ranges(len(tiles.u), PARTS),
        n_threads,
    )
    return out


def label(tiles: Tiles, parts: Components, n_threads=None):
    """(T, TILE) int32 component with the largest weighted density, in the order of the tiles."""
    d = tiles.u.shape[1]
    out = np.empty((len(tiles.u), TILE), np.int32)
    spread(
        lambda part: small.label((0,) * d, tiles, parts, small.scratch(tiles, parts), *part, out),
        ranges(len(tiles.u), PARTS),
        n_threads,
    )
    return out


def responsibilities(tiles: Tiles, parts: Components, n_threads=None):
    """(indptr (n + 1,), indices, shares) of the responsibilities above rounding, row by row of the original table."""
    d, k = tiles.u.shape[1], parts.table.shape[1]
    limit = cut(k, tiles.u.dtype)
    order = tiles.order
    counts = np.zeros((len(tiles.u), TILE), np.int64)
    begin = np.zeros_like(counts)

    def visit(indices, shares):
        def work(part):
            memory = small.scratch(tiles, parts)
            small.responsibilities((0,) * d, tiles, parts, memory, *part, limit, begin, counts, indices, shares)

        spread(work, ranges(len(tiles.u), PARTS), n_threads)

    visit(np.empty(0, np.int64), np.empty(0, tiles.u.dtype))
    counts.ravel()[len(order) :] = 0  # the last tile's spare places hold no points
    indptr = np.concatenate([[0], np.cumsum(in_order(counts, order))])
    # Spare places write behind the end, into room that is cut off.
    begin.ravel()[: len(order)] = indptr[order]
    begin.ravel()[len(order) :] = indptr[-1]
    room = indptr[-1] + k
    indices, shares = np.empty(room, np.int64), np.empty(room, tiles.u.dtype)
    visit(indices, shares)
    return indptr, indices[: indptr[-1]], shares[: indptr[-1]]


def regress(tiles: Tiles, parts: Components, means, gain, n_threads=None):
    """(T, f, TILE) conditional means, in the order of the tiles; means (k, f), gain (k, f, d)."""
    d, k, f = tiles.u.shape[1], parts.table.shape[1], means.shape[1]
    out = np.empty((len(tiles.u), f, TILE), tiles.u.dtype)
    limit = cut(k, tiles.u.dtype)
    means, gain = np.ascontiguousarray(means), np.ascontiguousarray(gain)

    def work(part):
        memory = small.scratch(tiles, parts)
        small.regress((0,) * d, (0,) * f, tiles, parts, memory, means, gain, *part, limit, out)

    spread(work, ranges(len(tiles.u), PARTS), n_threads)
    return out


def in_order(values: np.ndarray, order: np.ndarray) -> np.ndarray:
    """Undo the order of the tiles: values (T, ..., TILE) -> (n, ...)."""
    flat = np.moveaxis(values, -1, 1).reshape(-1, *values.shape[1:-1])[: len(order)]
    out = np.empty_like(flat)
    out[order] = flat
    return out
