"""High dimension: blocks of points through BLAS, moments from the pairs that are left above rounding.

Responsibilities in many coordinates are nearly one-hot, so the moments of a component need few rows of a block:
k times less work than all pairs. Each range of points is worked by one thread, with BLAS kept to one thread, and
the ranges do not depend on how many threads there are: the answer is the same to the bit for any number.
"""
# mypy: ignore-errors

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from threadpoolctl import threadpool_limits

from .threads import ranges, spread

BLOCK = 1024  # points a block
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


def expect(table: Table, means, whitener, log_scales, n_threads=None):
    """(moments (k, 1 + d), second, log likelihood, pairs): whitened moments about the means.

    second: (k, d, d), or (k, d) for a diagonal whitener.
    """
    dtype = table.x.dtype
    (n, d), k = table.x.shape, len(means)
    diagonal = whitener.ndim == 2
    w = whitener.astype(dtype)
    centres = (means - table.centre).astype(dtype)
    negligible = np.finfo(dtype).eps / 2 / k
    size = 1 + d + (d if diagonal else d * d)
    count = max(4, min(PARTS, PART_BYTES // (8 * k * size)))

    def whitened(x, component):
        if diagonal:
            return (x - centres[component]) * w[component]
        return (x - centres[component]) @ w[component if len(w) > 1 else 0].T

    def work(part):
        moments = np.zeros((k, 1 + d))
        second = np.zeros((k, d) if diagonal else (k, d, d))
        likelihood, pairs = 0.0, 0
        for start in range(part[0], part[1], BLOCK):
            rows = slice(start, min(start + BLOCK, part[1]))
            x = table.x[rows]
            joint = np.empty((len(x), k))
            for c in range(k):
                z = whitened(x, c)
                joint[:, c] = log_scales[c] - 0.5 * np.einsum("nd,nd->n", z, z, dtype=np.float64)
            top = joint.max(axis=1)
            resp = np.exp(joint - top[:, None])
            total = resp.sum(axis=1)
            weight = np.ones(len(x)) if table.weight is None else table.weight[rows].astype(np.float64)
            likelihood += float(weight @ (top + np.log(total)))
            resp *= (weight / total)[:, None]
            moments[:, 0] += resp.sum(axis=0)
            for c in range(k):
                near = np.flatnonzero(resp[:, c] > negligible * weight)
                if not len(near):
                    continue
                pairs += len(near)
                z = whitened(x[near], c)
                r = resp[near, c]
                moments[c, 1:] += r @ z
                root = np.sqrt(r).astype(dtype)[:, None] * z
                second[c] += np.einsum("nd,nd->d", root, root) if diagonal else root.T @ root
        return moments, second, likelihood, pairs

    with threadpool_limits(1, user_api="blas"):
        results = spread(work, ranges(n, count), n_threads)
    moments, second = np.zeros((k, 1 + d)), np.zeros((k, d) if diagonal else (k, d, d))
    for part in results:
        moments += part[0]
        second += part[1]
    return moments, second, sum(r[2] for r in results), sum(r[3] for r in results)
