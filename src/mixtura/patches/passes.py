"""One pass over a picture: patches on a grid that is a little shaken, each replaced, and their average.

The grid is cut into bands of rows by the size of the picture alone. Threads take bands, and these are added in order,
so that no number of threads changes a bit; beside the picture and the sums there is no more than a band a thread.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from ..arrays import Integers, Singles
from ..kernels import patches as kernels
from ..kernels.threads import single_blas, stream
from ..model.factors import FactorMixture

BAND = 8192  # patches of a band, about
BLOCK = 128  # patches of like energy, whose products are one matrix
NEGLIGIBLE = 0.1  # of the variance in noise: what an axis may exceed the tail by and still be of the tail

Replace = Callable[[Singles, Singles, Singles, Integers, Integers], None]
"""Of rows (n, p) without their means, the means, energies, and the places (tops, lefts): replaces the rows."""


@dataclass(frozen=True, eq=False)
class Noisy:
    """A mixture of patches under white noise, as the kernels take it: components in the order of their loudness.

    Parameters
    ----------
    mixture : FactorMixture
        Of zero means.
    variance : float
        Of the noise.
    """

    axes: Singles
    gains: Singles
    tails: Singles
    scaled: Singles
    ends: Integers
    halves: Singles
    constants: Singles
    loudest: Singles
    order: Integers

    @classmethod
    def of(cls, mixture: FactorMixture, variance: float) -> Noisy:
        """Prepare.

        Parameters
        ----------
        mixture : FactorMixture
            Of zero means.
        variance : float
            Of the noise, above 0.

        Returns
        -------
        Noisy
        """
        _, r, d = mixture.axes.shape
        order = np.argsort(mixture.variances[:, 0], kind="stable")
        weights, axes, clean, tails = (
            array[order] for array in (mixture.weights, mixture.axes, mixture.variances, mixture.tails)
        )
        kept = clean - tails[:, None] > NEGLIGIBLE * (tails[:, None] + variance)
        flat = (tails * (d - r) + np.where(kept, 0.0, clean).sum(axis=1)) / (d - kept.sum(axis=1))
        seen, floor = clean + variance, flat + variance
        logs = np.where(kept, np.log(seen), np.log(floor)[:, None]).sum(axis=1) + (d - r) * np.log(floor)
        more = np.maximum(0.5 / floor[:, None] - 0.5 / seen, 0.0)
        scaled = (axes * np.sqrt(more)[:, :, None])[kept]  # (m, d)
        gain = tails / (tails + variance)
        return cls(
            axes.astype(np.float32),
            (clean / seen - gain[:, None]).astype(np.float32),
            gain.astype(np.float32),
            scaled.astype(np.float32),
            np.cumsum(kept.sum(axis=1)),
            (0.5 / floor).astype(np.float32),
            (np.log(weights) - 0.5 * logs).astype(np.float32),
            (0.5 / np.maximum(seen[:, 0], floor)).astype(np.float32),
            order,
        )

    def labels(self, rows: Singles, energies: Singles) -> Integers:
        """The likeliest components of rows, in the order of this class.

        Parameters
        ----------
        rows : ndarray of float32, shape (n, p)
            Without their means.
        energies : ndarray of float32, shape (n,)
            Sums of squares.

        Returns
        -------
        ndarray of int, shape (n,)

        Notes
        -----
        Rows are taken in the order of their energies: in a block of like ones, most components are out since all the
        energy along the first axis, or all in the tail, decides already.
        """
        by = np.argsort(energies, kind="stable")
        labels = np.empty(len(rows), np.intp)
        starts = np.concatenate([[0], self.ends])
        for begin in range(0, len(rows), BLOCK):
            block = by[begin : begin + BLOCK]
            low, high = energies[block[0]], energies[block[-1]]
            surest = (self.constants - self.halves * high).max()
            able = np.flatnonzero(self.constants - self.loudest * low >= surest)
            first, last = int(able[0]), int(able[-1]) + 1
            products = self.scaled[starts[first] : starts[last]] @ rows[block].T
            found = np.zeros(len(block), np.int32)
            ends = self.ends[first:last] - starts[first]
            kernels.likeliest(
                products, ends, energies[block], self.halves[first:last], self.constants[first:last], found
            )
            labels[block] = found + first
        return labels

    def clean(self, rows: Singles, means: Singles, energies: Singles, tops: Integers, lefts: Integers) -> None:
        """Replace rows by their conditional means under the likeliest component: Wiener's filter.

        Parameters
        ----------
        rows, means, energies, tops, lefts
            As `Replace` has them.
        """
        kernels.shrink(rows, means, self.labels(rows, energies), self.axes, self.gains, self.tails)


def averaged(
    picture: Singles,
    side: int,
    step: int,
    replace: Replace,
    *,
    seed: int = 0,
    n_threads: int | None = None,
    watch: Callable[[float], Any] | None = None,
) -> Singles:
    """Replace all patches of a grid, and average them where they overlap.

    Parameters
    ----------
    picture : ndarray of float32, shape (h, w)
        With sides of `side` at least.
    side : int
        Of the patches.
    step : int
        Between two patches, at most half a side; each is moved by less than a step at random.
    replace : callable
        What becomes of patches.
    seed : int
        Of the moves.
    n_threads : int, optional
        By default as many as there are cores.
    watch : callable, optional
        Told which share of the picture is done.

    Returns
    -------
    ndarray of float32, shape (h, w)
    """
    height, width = picture.shape
    rows, columns = places(height, side, step), places(width, side, step)
    shake = np.random.default_rng(seed)
    per = max(1, BAND // len(columns))
    bands = [(first, min(first + per, len(rows))) for first in range(0, len(rows), per)]
    seeds = shake.integers(2**63, size=len(bands))
    total, count = np.zeros_like(picture), np.zeros_like(picture)

    def work(number: int) -> tuple[int, Singles, Singles]:
        first, last = bands[number]
        tops, lefts = shaken(rows[first:last], columns, height, width, side, step, int(seeds[number]))
        origin, end = int(tops.min()), int(tops.max()) + side
        patch, means, energies = (np.empty((len(tops), *shape), np.float32) for shape in ((side * side,), (), ()))
        kernels.gather(picture, tops, lefts, side, patch, means, energies)
        replace(patch, means, energies, tops, lefts)
        own, times = (np.zeros((end - origin, width), np.float32) for _ in range(2))
        kernels.scatter(patch, tops, lefts, side, origin, own, times)
        return origin, own, times

    with single_blas():
        for number, (origin, own, times) in enumerate(stream(work, range(len(bands)), n_threads)):
            total[origin : origin + len(own)] += own
            count[origin : origin + len(own)] += times
            if watch is not None:
                watch((number + 1) / len(bands))
    np.divide(total, count, out=total)
    return total


def places(length: int, side: int, step: int) -> Integers:
    """The grid along one axis: from the first place to the last one.

    Parameters
    ----------
    length : int
        Of the axis, in pixels.
    side, step : int
        As for `averaged`.

    Returns
    -------
    ndarray of int
    """
    last = length - side
    return np.unique(np.concatenate([np.arange(0, last, step), [last]]))


def shaken(
    rows: Integers, columns: Integers, height: int, width: int, side: int, step: int, seed: int
) -> tuple[Integers, Integers]:
    """(tops, lefts) of a grid whose places moved by less than a step, but those at the borders along these.

    Parameters
    ----------
    rows, columns : ndarray of int
        Of the grid.
    height, width : int
        Of the picture.
    side, step : int
        As for `averaged`.
    seed : int
        Of the moves.

    Returns
    -------
    tops, lefts : ndarray of int, shape (n,)
    """
    shape = len(rows), len(columns)
    move = np.random.default_rng(seed).integers(step, size=(2, *shape))
    tops, lefts = (np.broadcast_to(line, shape) for line in (rows[:, None], columns[None]))
    tops = np.where(tops == 0, 0, np.minimum(tops + move[0], height - side))
    lefts = np.where(lefts == 0, 0, np.minimum(lefts + move[1], width - side))
    return tops.ravel(), lefts.ravel()
