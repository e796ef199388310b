"""High dimension: blocks of points through BLAS, and only the pairs that matter.

Responsibilities in many coordinates are nearly one-hot. So a block's points are first whitened in their leading
coordinates alone, for all components: the squared length of that part of z bounds the log density from above. The
likeliest component of each point by that bound is then evaluated in full, and after it only those whose bound comes
within the cut of it. The moments use the same z of the same pairs.

Each range of points is worked by one thread, with BLAS kept to one thread, and the ranges do not depend on how many
threads there are: the answer is the same to the bit for any number.
"""
# mypy: ignore-errors

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from threadpoolctl import threadpool_limits

from .threads import ranges, spread

BLOCK = 2048  # points a block
LEAD = 4  # the leading coordinates are one in four
PARTS = 16
PART_BYTES = 2**28


class Table(NamedTuple):
    """x: (n, d) relative to `centre` (d,); weight: (n,) or None."""

    x: np.ndarray
    weight: np.ndarray | None
    centre: np.ndarray


def prepare(x, weight) -> Table:
    """The points about their mean, so that products keep their digits far from the origin."""
    centre = x.mean(axis=0, dtype=np.float64)
    return Table((x - centre).astype(x.dtype), weight, centre)


def expect(table: Table, means, whitener, log_scales, cut, n_threads=None):
    """(moments (k, 1 + d), second, log likelihood, pairs): whitened moments about the means.

    second: (k, d, d), or (k, d) for a diagonal whitener. cut: as for the tiles.
    """
    (n, d), k = table.x.shape, len(means)
    shape = (k, d) if whitener.ndim == 2 else (k, d, d)
    whiten = _Whitening(table, means, whitener)
    size = 8 * k * (1 + d) + 8 * int(np.prod(shape))
    count = max(4, min(PARTS, PART_BYTES // size))

    def work(part):
        moments, second = np.zeros((k, 1 + d)), np.zeros(shape)
        likelihood, pairs = 0.0, 0
        for start in range(*part, BLOCK):
            rows = slice(start, min(start + BLOCK, part[1]))
            weight = None if table.weight is None else table.weight[rows].astype(np.float64)
            found = _block(table.x[rows], weight, whiten, log_scales, cut, moments, second)
            likelihood, pairs = likelihood + found[0], pairs + found[1]
        return moments, second, likelihood, pairs

    with threadpool_limits(1, user_api="blas"):
        results = spread(work, ranges(n, count), n_threads)
    moments, second = np.zeros((k, 1 + d)), np.zeros(shape)
    for part in results:
        moments += part[0]
        second += part[1]
    return moments, second, sum(r[2] for r in results), sum(r[3] for r in results)


class _Whitening:
    """z = W (x - mean), of all coordinates or of the leading ones."""

    def __init__(self, table, means, whitener):
        dtype, d = table.x.dtype, table.x.shape[1]
        self.centres = (means - table.centre).astype(dtype)
        self.w = np.broadcast_to(whitener, (len(means), *whitener.shape[1:])).astype(dtype)
        self.diagonal = whitener.ndim == 2
        self.lead = max(1, d // LEAD)

    def __call__(self, x, component, count=None):
        """z (n, count) of the rows of x; count: all coordinates by default."""
        away, w = x[:, :count] - self.centres[component, :count], self.w[component]
        return away * w[:count] if self.diagonal else away @ w[:count, :count].T


def _block(x, weight, whiten, log_scales, cut, moments, second):
    """Add the moments of one block of points; its log likelihood and the pairs above rounding."""
    n, k = len(x), len(log_scales)
    bound = np.empty((n, k))
    for c in range(k):
        bound[:, c] = _log_density(whiten(x, c, whiten.lead), log_scales[c])
    joint = np.full((n, k), -np.inf)

    def evaluate(c, rows):
        joint[rows, c] = _log_density(whiten(x[rows], c), log_scales[c])

    likeliest = bound.argmax(axis=1)
    for c in np.unique(likeliest):
        evaluate(c, np.flatnonzero(likeliest == c))
    floor = joint[np.arange(n), likeliest] - cut
    bound[np.arange(n), likeliest] = -np.inf
    for c in np.flatnonzero((bound >= floor[:, None]).any(axis=0)):
        evaluate(c, np.flatnonzero(bound[:, c] >= floor))
    top = joint.max(axis=1)
    joint -= top[:, None]
    resp = np.exp(joint, out=joint)
    total = resp.sum(axis=1)
    log_density = top + np.log(total)
    share = (1.0 if weight is None else weight) / total
    pairs = 0
    above = np.exp(-cut)
    for c in np.flatnonzero((resp > above).any(axis=0)):
        rows = np.flatnonzero(resp[:, c] > above)
        z = whiten(x[rows], c)  # again: kept from before, they could fill the memory
        r = (resp[:, c] * share)[rows]
        pairs += len(rows)
        moments[c, 0] += r.sum()
        moments[c, 1:] += r @ z
        root = np.sqrt(r).astype(z.dtype)[:, None] * z
        second[c] += np.einsum("nd,nd->d", root, root) if whiten.diagonal else root.T @ root
    return float(log_density.sum() if weight is None else weight @ log_density), pairs


def _log_density(z, log_scale):
    return log_scale - 0.5 * np.einsum("nd,nd->n", z, z, dtype=np.float64)
