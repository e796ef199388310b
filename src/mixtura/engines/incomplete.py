"""The E-step over points with gaps, or measured with errors: the expected statistics, given what is observed.

The sums are those of E[t - mean | observed] and of its square, and Cov[t | observed] is added to the square, where t is
the point that was measured: so EM is exact for values that are missing at random and for errors that are Gaussian.
Sources: Ghahramani and Jordan 1994, "Supervised learning from incomplete data via an EM approach"; Bovy, Hogg and
Roweis 2011, "Extreme deconvolution".

Many rows that miss the same coordinates, and have the same noise, have an engine of their own over the coordinates that
they have, under the mixture of what is measured. Its Statistics are carried over to all coordinates:
E[t - mean | observed] = (x - mean) A with the gain A, so first becomes first A and second A^T second A + mass Cov.
All other rows are worked one by one in compiled kernels, or, where they are few, in groups (`model/incomplete.py`).
"""

from __future__ import annotations

import functools
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..arrays import Array, Bools, Floats, Integers
from ..kernels import cut
from ..kernels.threads import in_turns, single_blas, stream
from ..model import incomplete, uncertain
from ..model.gaussian import CovarianceType, Gaussians
from ..model.incomplete import Given
from ..model.mixture import Mixture
from ..model.statistics import Statistics
from ..sources.noise import is_shared
from ..sources.points import Points
from .base import Engine
from .complete import complete
from .precision import unpacked, unwhitened

FEW_NUMBERS = 50_000  # pairs times coordinates of rows that miss the same, from which these have an engine of their own
ALONE = 1e6  # pairs times features of other rows from which compiled kernels earn back their start


class IncompleteEngine:
    """The engine of points that hold NaN or have noise; memory is bounded by blocks, whatever n, k and d."""

    total: float
    n_threads: int | None
    name: str
    x: Floats
    noise: Floats | None
    weight: Array

    def __init__(
        self, points: Points, k: int, covariance_type: CovarianceType, name: str = "auto", n_threads: int | None = None
    ) -> None:
        points = points.take(None)
        observed = ~np.isnan(points.x)
        kinds, which = incomplete.kinds(observed)
        self.total, self.n_threads, self.name = points.total, n_threads, name
        self.common: list[tuple[Bools, Floats | None, Engine]] = []  # (d,) what is observed, noise; engine of such rows
        noise = points.noise
        same = noise is None or is_shared(noise)
        alike = np.ones(points.n, bool) if noise is None or same else ~noise.reshape(points.n, -1).any(axis=1)
        numbers = np.bincount(which[alike], minlength=len(kinds)) * kinds.sum(axis=1) * k
        many = np.flatnonzero(numbers >= FEW_NUMBERS) if name != "reference" else np.empty(0, np.intp)
        one = noise[0] if same and noise is not None else None
        measured = uncertain.measured_type(covariance_type, one)
        for kind in many:
            part = points.bare.take(np.flatnonzero((which == kind) & alike))
            part = part.columns(np.flatnonzero(kinds[kind]))
            self.common.append((kinds[kind], one, complete(part, k, measured, name, n_threads)))
        rare = ~(np.isin(which, many) & alike)
        rest = points if rare.all() else points.take(np.flatnonzero(rare))
        self.x, self.noise, self.weight = rest.x, rest.noise, rest.counts
        self.observed: NDArray[Any] = observed if rare.all() else observed[rare]
        self.k = k

    @functools.cached_property
    def groups(self) -> list[tuple[Integers, Integers]]:
        """The other rows, as they are worked in groups."""
        return incomplete.groups(self.observed, self.k, self.noise) if len(self.x) else []

    @single_blas()
    def expect(self, mixture: Gaussians) -> Statistics:
        """The expected statistics of the points under a Mixture, given what is observed of them."""
        assert isinstance(mixture, Mixture)  # a Posterior has no marginals
        least = {"auto": ALONE, "cpu": 1.0}.get(self.name, np.inf)
        pays = uncertain.kernels_pay(mixture, len(self.x), self.noise, least)
        found = self._one_by_one(mixture) if pays else self._in_groups(mixture)
        for seen, noise, engine in self.common:
            axes = np.flatnonzero(seen)
            wide = mixture if noise is None else uncertain.convolved(mixture, noise)
            found += _carried(engine.expect(wide.marginal(axes)), mixture, wide, seen, noise)
        return found

    def _one_by_one(self, mixture: Mixture) -> Statistics:
        """The statistics of the other rows, by kernels."""
        from ..kernels import uncertain as kernels

        table, limit = uncertain.table(mixture, self.noise), cut(mixture.n_components, np.float64)
        found, likelihood = kernels.expect(self.x, self.noise, self.weight, table, limit, self.n_threads)
        mass, first, second = unpacked(found, mixture.n_coordinates, diagonal=table.diagonal)
        kind = mixture.family
        if not kind.triangular and second.ndim == 3:
            lower = mixture.lower
            first, second = lower * first, second * lower[:, :, None] * lower[:, None, :]
        else:
            first, second = unwhitened(first, second, mixture.lower)
        second = kind.reduced(second) if second.ndim == 3 else kind.summed(second)
        return Statistics(mass, first, second, likelihood, float(self.weight.sum()))

    def _in_groups(self, mixture: Mixture) -> Statistics:
        """The same, by products of matrices."""
        k, d = mixture.means.shape

        def work(block: tuple[Integers, Integers]) -> tuple[Any, ...]:
            rows, count = block
            alone = rows[:, 0]
            noise = None if self.noise is None else self.noise[alone]
            given = Given(mixture, self.x[rows], self.observed[alone], noise)
            weight = np.where(np.arange(rows.shape[1]) < count[:, None], self.weight[rows], 0.0)  # (g, r)
            resp = given.shares() * weight[:, None]  # (g, k, r)
            here = resp.sum(axis=2)  # (g, k)
            away = given.expected()  # (g, k, r, d)
            first = np.einsum("gkr,gkrd->kd", resp, away)
            second = _second(mixture, resp, away) + _within(mixture, here, given.rest, given.diagonal)
            return here.sum(axis=0), first, second, float(np.vdot(weight, given.log_density()))

        sums: list[Any] = [np.zeros(k), np.zeros((k, d)), np.zeros(mixture.family.shape(k, d)), 0.0]
        for parts in stream(work, list(incomplete.blocks(self.groups, k, d)), in_turns(self.n_threads)):
            sums = [total + part for total, part in zip(sums, parts, strict=True)]
        mass, first, second, likelihood = sums
        return Statistics(mass, first, second, likelihood, float(self.weight.sum()))


def _second(mixture: Mixture, resp: Array, away: Array) -> Array:
    """The sum of resp (g, k, r) times the squares of away (g, k, r, d), in the shape of the covariances."""
    g, k, r, d = away.shape
    rows = away.transpose(1, 0, 2, 3).reshape(k, g * r, d)
    return mixture.family.moments(resp.transpose(1, 0, 2).reshape(k, g * r), rows)


def _within(mixture: Mixture, mass: Array, rest: Array, diagonal: bool) -> Array:
    """The sum of mass (g, k) times what is left uncertain, in the shape of the covariances.

    diagonal: whether that is variances.
    """
    if rest.shape[1] == 1 and len(mixture.weights) > 1:  # shared
        mass = mass.sum(axis=1, keepdims=True)
    kind, total = mixture.family, np.einsum("gk,gk...->k...", mass, rest)
    return kind.summed(total) if diagonal or kind.triangular else kind.reduced(total)


def _carried(part: Statistics, mixture: Mixture, wide: Mixture, seen: Bools, noise: Floats | None) -> Statistics:
    """The statistics of rows with the coordinates `seen`, carried over to all coordinates of the mixture.

    wide: of what was measured, with the noise (d,) or (d, d) of these rows; the mixture itself where there is none.
    """
    k, d = mixture.means.shape
    given = Given(mixture, np.zeros((1, 1, d)), seen[None], None if noise is None else noise[None])
    first = np.zeros((k, d))
    first[:, seen] = part.first
    second = wide.family.embedded(part.second, np.flatnonzero(seen), d)
    if wide.family.triangular:
        gain = given.gain[0]  # (k, d, d), or (1, d, d)
        first = (first[:, None] @ gain)[:, 0]
        own = gain[:1] if wide.family.shared else gain
        second = mixture.family.reduced(own.transpose(0, 2, 1) @ wide.family.stack(second) @ own)
    elif noise is not None:
        gain = given.gain[0]  # (k, d)
        first = first * gain
        second = mixture.family.summed(wide.family.stack(second) * gain[: 1 if wide.family.shared else None] ** 2)
    second = second + _within(mixture, part.mass[None], given.rest, given.diagonal)
    return Statistics(part.mass, first, second, part.log_likelihood, part.total)
