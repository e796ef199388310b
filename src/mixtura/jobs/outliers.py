"""Rows that a model finds unlikely, and what in them it finds so."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ..arrays import Array
from ..errors import InputError
from ..model.mixture import Mixture

DRAWS = 100_000
"""From the model, whose densities say how rare one is."""


@dataclass(frozen=True)
class Strange:
    """A row with a low density.

    Attributes
    ----------
    row : int
        Its number, 1 the first.
    log_density : float
        In nats, of what it has.
    tail : float
        The share of draws from the model that are as unlikely, or less likely; one in `DRAWS` where none is.
    fewer : bool
        Whether none is.
    column : int
        The coordinate that lies farthest from what the others let expect, in standard deviations.
    value, expected, deviation : float
        Its value, its conditional mean given the others, and its conditional standard deviation.
    """

    row: int
    log_density: float
    tail: float
    fewer: bool
    column: int
    value: float
    expected: float
    deviation: float

    @property
    def z(self) -> float:
        """How far off the value is, in standard deviations."""
        return (self.value - self.expected) / self.deviation


def strangest(
    mixture: Mixture, blocks: Iterable[Array], n: int, *, rng: int = 0, n_threads: int | None = None
) -> list[Strange]:
    """The n rows of the lowest density, the lowest first.

    Parameters
    ----------
    mixture : Mixture
        What the rows are held against.
    blocks : iterable of ndarray of float, shape (m, d)
        Rows, some at a time; NaN marks a missing value, and its row is judged by the others. Rows of none are left out.
    n : int
        How many.
    rng : int, default 0
        Of the draws that a density is compared with.
    n_threads : int, optional
        By default as many as there are cores.

    Returns
    -------
    list of Strange

    Raises
    ------
    InputError
        If no row has any value.
    """
    lowest: list[tuple[float, int, Array]] = []
    first = 0
    for x in blocks:
        rows = np.flatnonzero(np.isfinite(x).any(axis=1))
        densities = np.asarray(mixture.log_density(x[rows], missing=True, n_threads=n_threads)) if len(rows) else rows
        few = np.argsort(densities, kind="stable")[:n]
        lowest += [(float(densities[i]), first + int(rows[i]), x[rows[i]].copy()) for i in few]
        lowest = sorted(lowest, key=lambda each: each[:2])[:n]
        first += len(x)
    if not lowest:
        raise InputError("no row has any value: there is nothing to judge.")
    draws = np.asarray(mixture.sample(DRAWS, rng=rng))
    known: dict[bytes, Array] = {}  # densities of draws, by which coordinates are seen
    found = []
    for density, number, row in lowest:
        seen = np.isfinite(row)
        if seen.tobytes() not in known:
            there = np.flatnonzero(seen)
            known[seen.tobytes()] = np.sort(np.asarray(mixture.marginal(there).log_density(draws[:, there])))
        below = int(np.searchsorted(known[seen.tobytes()], density, side="right"))
        column, expected, deviation = _farthest(mixture, row, np.flatnonzero(seen))
        tail = max(below, 1) / DRAWS
        found.append(Strange(number + 1, density, tail, not below, column, float(row[column]), expected, deviation))
    return found


def _farthest(mixture: Mixture, row: Array, seen: NDArray[np.intp]) -> tuple[int, float, float]:
    """The coordinate that is farthest from its conditional mean, that mean, and its standard deviation."""
    best, far = (0, 0.0, 1.0), -1.0
    for j in seen:
        others = seen[seen != j]
        if len(others):
            mean, spread = mixture.marginal([*others, j]).regress(
                list(range(len(others))), row[None, others], return_cov=True
            )
            expected, deviation = float(mean[0, 0]), float(np.sqrt(spread[0, 0, 0]))
        else:
            alone = mixture.marginal([j])
            expected, deviation = float(alone.mean()[0]), float(np.sqrt(alone.covariance()[0, 0]))
        if abs(row[j] - expected) / deviation > far:
            best, far = (int(j), expected, deviation), abs(row[j] - expected) / deviation
    return best
