"""Lloyd's iterations over all pairs of a row and a centre, for k-means that goes on for long.

Rows stand in blocks of a vector's length, by columns; only the rows that change their centre change sums. Bounds of
distances (Hamerly 2010, Elkan 2003) measure fewer pairs, and take longer: a branch costs as much as many of them.
"""
# mypy: ignore-errors

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from .compiled import compiled
from .threads import ranges, spread
from .vectors import BLOCK, any_least, fma, largest, load, smallest, splat, store, sub, where_least

PARTS = 16  # ranges of rows, whatever the number of threads
STEP = BLOCK // 8  # rows a block
TIE = 1e-12  # of the largest squared length of a row: by how much squared distances from two centres differ at least


class Rows:
    """Rows (n, d) float64 with weights (n,) and labels (n,).

    tied: whether some row was equally near to two centres but for rounding.
    """

    weight: NDArray[Any]
    labels: NDArray[Any]
    x: NDArray[Any]
    u: NDArray[Any]
    n_threads: int | None
    tied: bool

    def __init__(
        self, x: NDArray[Any], weight: NDArray[Any], labels: NDArray[Any], n_threads: int | None = None
    ) -> None:
        more = -len(x) % STEP  # rows that fill the last block
        whole = np.pad(x, ((0, more), (0, 0)), "edge").reshape(-1, STEP, x.shape[1])
        self.x, self.u = x, np.ascontiguousarray(whole.transpose(0, 2, 1))
        self.weight, self.labels, self.n_threads = weight, labels.astype(np.int64), n_threads
        self.room: float = TIE * float(np.vecdot(x, x).max())
        self.tied = False

    def assign(self, centres: NDArray[Any]) -> Any:
        """(how many rows have another centre, what that adds to the centres' weights and sums (k, 1 + d))."""
        (k, d), squares = centres.shape, np.square(centres).sum(axis=1)
        factors = np.zeros((k + k % 2, 1 + d))
        factors[:, 0], factors[:k, 0], factors[:k, 1:] = np.inf, squares, -2.0 * centres

        def work(part):
            change = np.zeros((k, 1 + d))
            found = _assign(self.u, self.weight, self.labels, factors, self.room, *part, np.empty(STEP), change)
            return *found, change

        changed, change = 0, 0.0
        for some, tied, part in spread(work, ranges(len(self.u), PARTS), self.n_threads):
            changed, change = changed + some, change + part
            self.tied |= tied > 0
        return changed, change


@compiled(fastmath={"contract", "nsz"}, vectors=True)
def _assign(u, weight, labels, factors, room, first, last, names, change):
    """The same of blocks first..last: (how many rows have another centre, in how many blocks some are tied)."""
    d = u.shape[1]
    changed, tied = 0, 0
    for block in range(first, last):
        x = u[block]
        best = splat(x, np.inf)
        second, who = best, splat(x, 0.0)
        for j in range(0, len(factors), 2):  # two at a time share what is loaded of the rows
            square, other = splat(x, factors[j, 0]), splat(x, factors[j + 1, 0])  # less those of the rows
            for m in range(d):
                here = load(x, m, 0)
                square = fma(factors[j, 1 + m], here, square)
                other = fma(factors[j + 1, 1 + m], here, other)
            second = smallest(second, largest(best, square))
            who = where_least(square, best, who, np.float64(j))
            best = smallest(best, square)
            second = smallest(second, largest(best, other))
            who = where_least(other, best, who, np.float64(j + 1))
            best = smallest(best, other)
        tied += any_least(sub(best, second), -room)
        store(names, 0, 0, who)
        begin = block * STEP
        for n in range(min(STEP, len(labels) - begin)):
            was, new = labels[begin + n], np.int64(names[n])
            if was != new:
                changed += 1
                labels[begin + n] = new
                heavy = weight[begin + n]
                change[was, 0] -= heavy
                change[new, 0] += heavy
                for m in range(d):
                    change[was, 1 + m] -= heavy * x[m, n]
                    change[new, 1 + m] += heavy * x[m, n]
    return changed, tied
