"""The E-step in high dimension: blocks of points through BLAS, and only the pairs that matter.

Responsibilities in many coordinates are nearly one-hot. So a block's points are first whitened in their leading
coordinates alone, for all components: the squared length of that part of z bounds the log density from above. The
likeliest component of each point by that bound is then evaluated in full. Of the others, those whose bound comes
within the cut of it are whitened in half of the coordinates, and those still within it, in full. The
moments use the same z of the same pairs.

Each range of points is processed by one thread, and the ranges do not depend on the number of threads. The caller
limits BLAS to one thread: then the result has the same bits for any number.
"""
# mypy: ignore-errors

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from .threads import Spare, ranges, stream

BLOCK = 2048  # points per block
LEAD, HALF = 4, 2  # the first bound uses one coordinate of four, the second one of two
KEEP = 8  # whitened components per point that are kept for the moments
PARTS = 16  # ranges of points at most, whatever the number of threads
SAMPLE = 10_000  # points from which the median is estimated


class Table(NamedTuple):
    """x: (n, d) relative to `centre` (d,); weight: (n,) or None."""

    x: np.ndarray
    weight: np.ndarray | None
    centre: np.ndarray


def prepare(x, weight) -> Table:
    """The points relative to their median, which avoids cancellation far from the origin.

    The mean would not do: a far outlier would move it away from all other points.
    """
    centre = np.median(x[:: max(1, len(x) // SAMPLE)].astype(np.float64), axis=0)
    return Table((x - centre).astype(x.dtype), weight, centre)


def expect(table: Table, means, whitener, log_scales, cut, n_threads=None):
    """(moments (k, 1 + d), second, log likelihood, pairs): whitened moments about the means.

    second: (k, d, d), or (k, d) for a diagonal whitener. cut: as for the tiles.
    """
    (n, d), k = table.x.shape, len(means)
    shape = (k, d) if whitener.ndim == 2 else (k, d, d)
    whiten = _Whitening(table, means, whitener)
    spare = Spare(lambda: (np.zeros((k, 1 + d)), np.zeros(shape)))

    def work(part):
        moments, second = sums = spare.take()
        likelihood, pairs = 0.0, 0
        for start in range(*part, BLOCK):
            rows = slice(start, min(start + BLOCK, part[1]))
            weight = None if table.weight is None else table.weight[rows].astype(np.float64)
            found = _block(table.x[rows], weight, whiten, log_scales, cut, moments, second)
            likelihood, pairs = likelihood + found[0], pairs + found[1]
        return sums, likelihood, pairs

    totals = np.zeros((k, 1 + d)), np.zeros(shape)
    likelihood, pairs = 0.0, 0
    for sums, *found in stream(work, ranges(n, min(PARTS, -(-n // BLOCK))), n_threads):
        for total, part in zip(totals, sums, strict=True):
            total += part
            part[...] = 0.0
        spare.give(sums)
        likelihood, pairs = likelihood + found[0], pairs + found[1]
    return *totals, likelihood, pairs


class _Whitening:
    """z = W (x - mean) = W x - W mean, or some of its coordinates."""

    def __init__(self, table, means, whitener):
        dtype, d = table.x.dtype, table.x.shape[1]
        w = np.broadcast_to(whitener, (len(means), d, d))
        self.w = w.astype(dtype)
        self.offset = (w @ (means - table.centre)[:, :, None])[:, :, 0].astype(dtype)
        self.d, self.lead, self.half = d, max(1, d // LEAD), max(1, d // HALF)

    def __call__(self, x, component, first, last):
        """z[:, first:last] of the rows of x, of which the first `last` columns are used."""
        z = x[:, :last] @ self.w[component, first:last, :last].T
        z -= self.offset[component, first:last]
        return z


def _block(x, weight, whiten, log_scales, cut, moments, second):
    """Add the moments of one block of points; return its log likelihood and the number of pairs above rounding."""
    n, k = len(x), len(log_scales)
    d, lead, half = whiten.d, whiten.lead, whiten.half
    everyone = np.arange(n)
    bound = np.empty((k, n))
    for c in range(k):
        bound[c] = log_scales[c] - _half_squares(whiten(x, c, 0, lead))
    joint = np.full((k, n), -np.inf)
    kept = [[] for _ in range(k)]  # for each component, rows and their z
    room = KEEP * n

    def evaluate(c, rows):
        nonlocal room
        z = whiten(x[rows], c, 0, d)
        joint[c, rows] = log_scales[c] - _half_squares(z)
        room -= len(rows)
        kept[c].append((rows, z if room >= 0 else None))

    likeliest = bound.argmax(axis=0)
    for c in np.unique(likeliest):
        evaluate(c, np.flatnonzero(likeliest == c))
    floor = joint[likeliest, everyone] - cut
    bound[likeliest, everyone] = -np.inf
    for c in np.flatnonzero((bound >= floor).any(axis=1)):
        rows = np.flatnonzero(bound[c] >= floor)
        closer = bound[c, rows] - _half_squares(whiten(x[rows, :half], c, lead, half))
        evaluate(c, rows[closer >= floor[rows]])
    top = joint.max(axis=0)
    joint -= top
    resp = np.exp(joint, out=joint)
    total = resp.sum(axis=0)
    log_density = top + np.log(total)
    share = (1.0 if weight is None else weight) / total
    above = np.exp(-cut)
    pairs = 0
    for c, evaluated in enumerate(kept):
        for rows, z in evaluated:
            matter = np.flatnonzero(resp[c, rows] > above)
            if len(matter) < len(rows):
                rows, z = rows[matter], None if z is None else z[matter]
            r = resp[c, rows] * share[rows]
            z = whiten(x[rows], c, 0, d) if z is None else z
            pairs += len(rows)
            moments[c, 0] += r.sum()
            moments[c, 1:] += r @ z
            root = np.sqrt(r).astype(z.dtype)[:, None] * z
            second[c] += root.T @ root
    return float(log_density.sum() if weight is None else weight @ log_density), pairs


def _half_squares(z):
    """Half the squared length of each row."""
    return 0.5 * np.einsum("nd,nd->n", z, z, dtype=np.float64)
