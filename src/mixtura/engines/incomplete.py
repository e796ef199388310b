"""The E-step over points with gaps: the expected statistics, given what is observed.

The sums are those of E[x - mean | observed] and of its square, and Cov[x | observed] is added to the square: so EM is
exact for values that are missing at random.
Source: Ghahramani and Jordan 1994, "Supervised learning from incomplete data via an EM approach".

Rows that miss the same coordinates are worked together (`model/incomplete.py`). Where they are many they have an
engine of their own over the coordinates that they have, and its Statistics are carried over to all coordinates:
E[x - mean | observed] = (x - mean) A with the gain A, so first becomes first A and second A^T second A + mass Cov.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from ..arrays import Array, Bools, Integers
from ..kernels.threads import single_blas, stream
from ..model import incomplete
from ..model.gaussian import CovarianceType, Gaussians
from ..model.incomplete import Given
from ..model.mixture import Mixture
from ..model.statistics import Statistics
from ..sources.points import Points
from .base import Engine
from .complete import complete

FEW_NUMBERS = 50_000  # pairs times coordinates of rows that miss the same, from which these have an engine of their own


class IncompleteEngine:
    """The engine of points that hold NaN; memory is bounded by blocks, whatever n, k and d."""

    def __init__(
        self, points: Points, k: int, covariance_type: CovarianceType, name: str = "auto", n_threads: int | None = None
    ) -> None:
        points = points.take(None)
        observed = ~np.isnan(points.x)
        kinds, which = incomplete.kinds(observed)
        self.total, self.n_threads = points.total, n_threads
        self.common: list[tuple[Bools, Engine]] = []  # (d,) what is observed, and the engine of such rows
        numbers = np.bincount(which) * kinds.sum(axis=1) * k
        many = np.flatnonzero(numbers >= FEW_NUMBERS) if name != "reference" else np.empty(0, np.intp)
        for kind in many:
            part = points.take(np.flatnonzero(which == kind))
            part = part.columns(np.flatnonzero(kinds[kind]))
            self.common.append((kinds[kind], complete(part, k, covariance_type, name, n_threads)))
        rare = np.flatnonzero(~np.isin(which, many))
        self.x, self.observed, self.weight = points.x[rare], observed[rare], points.counts[rare]
        self.groups = incomplete.groups(self.observed, k) if len(rare) else []

    @single_blas()
    def expect(self, mixture: Gaussians) -> Statistics:
        """The expected statistics of the points under a Mixture, given what is observed of them."""
        assert isinstance(mixture, Mixture)  # a Posterior has no marginals
        k, d = mixture.means.shape

        def work(block: tuple[Integers, Integers]) -> tuple[Any, ...]:
            rows, count = block
            given = Given(mixture, self.x[rows], self.observed[rows[:, 0]])
            weight = np.where(np.arange(rows.shape[1]) < count[:, None], self.weight[rows], 0.0)  # (g, r)
            resp = given.shares() * weight[:, None]  # (g, k, r)
            here = resp.sum(axis=2)  # (g, k)
            away = given.expected()  # (g, k, r, d)
            first = np.einsum("gkr,gkrd->kd", resp, away)
            second = _second(mixture, resp, away) + _within(mixture, here, given.rest)
            return here.sum(axis=0), first, second, float(np.vdot(weight, given.log_density()))

        sums: list[Any] = [np.zeros(k), np.zeros((k, d)), np.zeros(mixture.family.shape(k, d)), 0.0]
        for parts in stream(work, list(incomplete.blocks(self.groups, k, d)), self.n_threads):
            sums = [total + part for total, part in zip(sums, parts, strict=True)]
        mass, first, second, likelihood = sums
        found = Statistics(mass, first, second, likelihood, float(self.weight.sum()))
        for seen, engine in self.common:
            axes = np.flatnonzero(seen)
            found += _carried(engine.expect(mixture.marginal(axes)), mixture, seen)
        return found


def _second(mixture: Mixture, resp: Array, away: Array) -> Array:
    """The sum of resp (g, k, r) times the squares of away (g, k, r, d), in the shape of the covariances."""
    g, k, r, d = away.shape
    rows = away.transpose(1, 0, 2, 3).reshape(k, g * r, d)
    return mixture.family.moments(resp.transpose(1, 0, 2).reshape(k, g * r), rows)


def _within(mixture: Mixture, mass: Array, rest: Array) -> Array:
    """The sum of mass (g, k) times what is left uncertain, in the shape of the covariances."""
    if rest.shape[1] == 1:  # shared
        mass = mass.sum(axis=1, keepdims=True)
    return mixture.family.summed(np.einsum("gk,gk...->k...", mass, rest))


def _carried(part: Statistics, mixture: Mixture, seen: Bools) -> Statistics:
    """The statistics of rows with the coordinates `seen`, carried over to all coordinates."""
    k, d = mixture.means.shape
    family = mixture.family
    given = Given(mixture, np.zeros((1, 1, d)), seen[None])
    first = np.zeros((k, d))
    first[:, seen] = part.first
    second = family.embedded(part.second, np.flatnonzero(seen), d)
    if family.triangular:
        gain = given.gain[0]  # (k, d, d), or (1, d, d)
        first = (first[:, None] @ gain)[:, 0]
        second = family.unstack(gain.transpose(0, 2, 1) @ family.stack(second) @ gain)
    second = second + _within(mixture, part.mass[None], given.rest)
    return Statistics(part.mass, first, second, part.log_likelihood, part.total)
