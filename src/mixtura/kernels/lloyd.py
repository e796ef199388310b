"""Lloyd's iterations over all pairs of a row and a centre, by products of matrices in single precision.

Where single precision does not tell which of two centres is nearer, double precision does. Only the rows that change
their centre change its sums, which are in double precision. So labels are those of exact numbers, unless a row is as
near to two centres as double precision tells.

Bounds of distances (Hamerly 2010, Elkan 2003) measure fewer pairs, and take longer: a branch costs as much as many.
"""
# mypy: ignore-errors

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from .threads import in_turns, ranges, stream

NUMBERS = 2**18  # of a block of rows, and of its distances
PARTS, PART = 16, 4  # ranges at most, whatever the number of threads; blocks of one at least: fewer are soon done
TIE = 1e-12  # of the largest squared length of a row: by how much squared distances from two centres differ at least
EPS = float(np.finfo(np.float32).eps)


class Assigned:
    """Rows (n, d) float64 about their middle, with weights (n,), each given to the nearest of k centres.

    labels: (n,) of the last centres. sums: (k + 1, 2 + d), of the rows of each centre, and of those of none yet, less
    all: how many they are, their weight, and the sum of these times the rows. tied: whether some row was as near to two
    centres, but for rounding.
    """

    labels: NDArray[Any]
    sums: NDArray[Any]
    tied: bool

    def __init__(self, x: NDArray[Any], weight: NDArray[Any], k: int, n_threads: int | None = None) -> None:
        n, d = x.shape
        self.x, self.weight, self.n_threads = x, weight, n_threads
        squares = np.vecdot(x, x)
        self.room: float = TIE * float(squares.max())
        self.rounding: float = EPS * (d + 4)
        self.slack: NDArray[np.float32] = (2.0 * self.rounding * np.sqrt(squares)).astype(np.float32)
        self.names: NDArray[Any] = np.arange(k, dtype=np.min_scalar_type(k))[:, None]
        self.size: int = max(256, NUMBERS // (k + d))
        self.blocks: Any = [self._block(slice(i, i + self.size)) for i in range(0, n, self.size)]
        self.labels, self.sums, self.tied = np.full(n, k, self.names.dtype), np.zeros((k + 1, 2 + d)), False

    def _block(self, rows):
        """(d + 1, b) the rows by columns, in single precision, and a row of ones."""
        x = self.x[rows]
        block = np.ones((x.shape[1] + 1, len(x)), np.float32)
        block[:-1] = x.T
        return block

    def assign(self, centres: NDArray[Any]) -> int:
        """How many rows have another centre than before."""
        squares = np.vecdot(centres, centres)
        factors = np.concatenate([-2.0 * centres, squares[:, None]], axis=1).astype(np.float32)
        far = float(np.sqrt(squares.max()))
        least_slack = np.float32(self.rounding * far**2)

        def work(part):
            first, last = (min(i * self.size, len(self.x)) for i in part)
            new, several, tied, sums = np.empty(last - first, self.names.dtype), [], False, 0.0
            for i in range(*part):
                rows = slice(i * self.size, (i + 1) * self.size)
                away = factors @ self.blocks[i]  # (k, b) squared distances, less those of the rows
                least = away.min(axis=0)
                least += self.slack[rows] * np.float32(far)
                least += least_slack
                near = away <= least
                (near.view(np.uint8) * self.names).max(axis=0, out=new[rows.start - first : rows.stop - first])
                if np.count_nonzero(near) > len(least):
                    several.append(rows.start + np.flatnonzero(near.view(np.uint8).sum(axis=0, dtype=np.uint16) > 1))
            if several:
                rows = np.concatenate(several)
                new[rows - first], tied = self._nearest(rows, centres, squares)
            old = self.labels[first:last]
            moved = np.flatnonzero(new != old)
            for start in range(0, len(moved), self.size):
                some = moved[start : start + self.size]
                sums = sums + self._turned(first + some, new[some], old[some])
            self.labels[first:last] = new
            return len(moved), tied, sums

        changed = 0
        parts = ranges(len(self.blocks), min(PARTS, len(self.blocks) // PART))
        for some, tied, sums in stream(work, parts, in_turns(self.n_threads)):
            changed += some
            self.tied |= tied
            self.sums += sums
        return changed

    def _nearest(self, rows, centres, squares):
        """(labels of rows, whether one is tied) in double precision."""
        away = squares[:, None] - 2.0 * (centres @ self.x.take(rows, axis=0).T)
        tied = np.count_nonzero(away <= away.min(axis=0) + self.room) > len(rows)
        return away.argmin(axis=0), tied

    def _turned(self, rows, new, old):
        """What the sums gain, and lose, where rows change their centre."""
        share, place = np.zeros((len(self.sums), len(rows))), np.arange(len(rows))
        share[new, place], share[old, place] = 1.0, -1.0
        weight, x = self.weight.take(rows), self.x.take(rows, axis=0)
        return np.dot(share, np.concatenate([np.ones((len(rows), 1)), weight[:, None], weight[:, None] * x], axis=1))
