"""Patches of a picture: taken, told which component they are of, cleaned by it, and averaged."""
# mypy: ignore-errors

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from .compiled import compiled


@compiled
def gather(
    picture: NDArray[Any],
    tops: NDArray[Any],
    lefts: NDArray[Any],
    side: int,
    rows: NDArray[Any],
    means: NDArray[Any],
    energies: NDArray[Any],
) -> None:
    """Fill `rows` (n, p) float32 with patches of `picture` (h, w) without their means; these, and sums of squares."""
    for i in range(len(rows)):
        top, left = tops[i], lefts[i]
        total = np.float32(0)
        for a in range(side):
            for b in range(side):
                value = picture[top + a, left + b]
                rows[i, a * side + b] = value
                total += value
        mean = total / np.float32(side * side)
        means[i] = mean
        energy = np.float32(0)
        for c in range(side * side):
            rows[i, c] -= mean
            energy += rows[i, c] * rows[i, c]
        energies[i] = energy


@compiled(allocates=True)
def likeliest(products, ends, energies, halves, constants, labels):
    """Fill `labels` (n,) with the components whose joint density is largest.

    products (m, n): of scaled axes with rows, those of component j up to ends[j]. The log density is
    constants[j] - halves[j] energy + the sum of the squares of its products.
    """
    n = len(energies)
    best = np.full(n, np.float32(-np.inf))
    value = np.empty(n, np.float32)
    start = 0
    for j in range(len(ends)):
        for i in range(n):
            value[i] = constants[j] - halves[j] * energies[i]
        for c in range(start, ends[j]):
            for i in range(n):
                value[i] += products[c, i] * products[c, i]
        start = ends[j]
        for i in range(n):
            labels[i] = j if value[i] > best[i] else labels[i]
            best[i] = max(value[i], best[i])


@compiled(allocates=True)
def shrink(rows, means, labels, axes, gains, tails):
    """Replace `rows` (n, p) by their conditional means, with the means of the patches added.

    axes (k, r, p), gains (k, r): how much of what lies along an axis is kept, beside tails (k,) of all.
    """
    p = rows.shape[1]
    out = np.empty(p, np.float32)
    for i in range(len(rows)):
        row, j = rows[i], labels[i]
        for c in range(p):
            out[c] = row[c] * tails[j] + means[i]
        for a in range(axes.shape[1]):
            product = np.float32(0)
            for c in range(p):
                product += row[c] * axes[j, a, c]
            product *= gains[j, a]
            for c in range(p):
                out[c] += product * axes[j, a, c]
        for c in range(p):
            row[c] = out[c]


@compiled
def scatter(
    rows: NDArray[Any],
    tops: NDArray[Any],
    lefts: NDArray[Any],
    side: int,
    origin: NDArray[Any],
    total: NDArray[Any],
    count: NDArray[Any],
) -> None:
    """Add `rows` (n, p) at their places to `total` (m, w), whose first row is `origin`, and 1 to `count`."""
    for i in range(len(rows)):
        top, left = tops[i] - origin, lefts[i]
        for a in range(side):
            for b in range(side):
                total[top + a, left + b] += rows[i, a * side + b]
                count[top + a, left + b] += np.float32(1)


@compiled
def marks(picture: NDArray[Any], tops: NDArray[Any], lefts: NDArray[Any], side: int, rows: NDArray[Any]) -> None:
    """Fill `rows` (n, p) float32 with the patches of `picture` (h, w) as they are."""
    for i in range(len(rows)):
        for a in range(side):
            for b in range(side):
                rows[i, a * side + b] = picture[tops[i] + a, lefts[i] + b]


@compiled(allocates=True)
def complete(rows, means, labels, trust, factors, precisions, tails, variance):
    """Replace `rows` (n, p) by their conditional means, given the pixels as far as they are trusted; add `means`.

    trust (n, p): 1 for a known pixel, 0 for a missing one. factors (k, p, m): axes, and a constant one for what the
    mean is off. precisions (k, m): of the coordinates along them, beside tails (k,). variance: of the known pixels.
    """
    n, p = rows.shape
    m = factors.shape[2]
    gram = np.empty((m, m), np.float32)
    right = np.empty(m, np.float32)
    for i in range(n):
        j = labels[i]
        inverse = np.float32(1) / (tails[j] + variance)
        gram[:] = 0
        right[:] = 0
        for c in range(p):
            weight = trust[i, c] * inverse
            if weight > 0:
                for a in range(m):
                    scaled = weight * factors[j, c, a]
                    right[a] += scaled * rows[i, c]
                    for b in range(m):
                        gram[a, b] += scaled * factors[j, c, b]
        for a in range(m):
            gram[a, a] += precisions[j, a]
        _solve(gram, right)
        for c in range(p):
            value = np.float32(0)
            for a in range(m):
                value += factors[j, c, a] * right[a]
            own = trust[i, c] * tails[j]
            rows[i, c] = means[i] + value + own / (own + variance) * (rows[i, c] - value)


@compiled(inner=True)
def _solve(matrix, right):
    """Solve for `right` (m,) in place, by Cholesky, in the lower triangle of a positive definite matrix."""
    m = len(right)
    for a in range(m):
        for b in range(a):
            matrix[a, b] /= matrix[b, b]
            for c in range(b + 1, a + 1):
                matrix[a, c] -= matrix[a, b] * matrix[c, b]
        matrix[a, a] = np.sqrt(matrix[a, a])
    for a in range(m):
        for b in range(a):
            right[a] -= matrix[a, b] * right[b]
        right[a] /= matrix[a, a]
    for a in range(m - 1, -1, -1):
        right[a] /= matrix[a, a]
        for b in range(a):
            right[b] -= matrix[a, b] * right[a]
