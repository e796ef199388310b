"""EM for mixtures of low rank with a flat tail: exact steps, from a start that grows by splitting."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from ..arrays import Array, Floats
from ..checks import is_finite, is_whole, matrix
from ..errors import FitError, InputError, named
from ..kernels.threads import in_turns, ranges, single_blas, spread
from ..model.factors import BLOCK, FactorMixture, Joint

FAINT = 1e-5  # responsibilities below it count as nothing: a row is then of a few components
CHUNK = 32 * BLOCK  # rows whose responsibilities are held at once
GROWING = 4  # steps of EM between two splits
LEAST = 1e-6  # of the mean variance: no tail is below


@dataclass(frozen=True, eq=False)
class FactorFit:
    """What a fit found.

    Attributes
    ----------
    mixture : FactorMixture
        The last one.
    log_likelihoods : tuple of float
        The mean log likelihood of a row, in nats: before each step, and of the last mixture.
    converged : bool
        Whether the last step gained less than `tol`.
    """

    mixture: FactorMixture
    log_likelihoods: tuple[float, ...]
    converged: bool


def fit_factors(
    x: ArrayLike,
    n_components: int,
    *,
    rank: int,
    zero_mean: bool = False,
    max_iter: int = 100,
    tol: float = 1e-3,
    reg_covar: float = 0.0,
    dtype: str = "float64",
    n_threads: int | None = None,
    on_step: Callable[[int, int, float], Any] | None = None,
) -> FactorFit:
    """Fit a mixture whose components have low rank and a flat tail.

    Parameters
    ----------
    x : array_like, shape (n, d)
        The rows; many coordinates are welcome.
    n_components : int
        How many components.
    rank : int
        How many axes each has, 1 to d - 1.
    zero_mean : bool, default False
        Hold all means at 0.
    max_iter : int
        The limit of iterations with all components.
    tol : float
        It ends when a step gains less: in the mean log likelihood of a row, in nats.
    reg_covar : float
        Added to all variances.
    dtype : {"float64", "float32"}
        The precision of densities; moments are always sums in float64.
    n_threads : int, optional
        By default as many as there are cores. The answer does not depend on it.
    on_step : callable, optional
        Called after each step with its number, the number of components, and the mean log likelihood before it.

    Returns
    -------
    FactorFit

    Raises
    ------
    InputError
        If an argument is malformed.
    FitError
        If there are fewer rows than components need.

    Notes
    -----
    The M-step is that of Tipping and Bishop 1999, in closed form: the largest eigenvalues of a component's scatter,
    with their vectors, and the mean of the others as its tail. The start has no chance in it: from one component on,
    each is split in two along its first axis (where means are held, into a fainter and a stronger half), with a few
    steps of EM between, until there are enough. So the answer depends on nothing but the rows.

    References
    ----------
    Tipping and Bishop 1999, "Mixtures of probabilistic principal component analysers".

    Examples
    --------
    >>> import numpy as np
    >>> import mixtura as mx
    >>> rng = np.random.default_rng(0)
    >>> flat = rng.normal(size=(500, 2)) @ rng.normal(size=(2, 20))
    >>> found = mx.fit_factors(flat + 0.1 * rng.normal(size=(500, 20)), 1, rank=2)
    >>> bool(abs(found.mixture.tails[0] - 0.01) < 0.001)
    True
    """
    rows = matrix(x, "x", dtype)
    n, d = rows.shape
    for name, value, most in (
        ("n_components", n_components, None),
        ("rank", rank, d - 1),
        ("max_iter", max_iter, None),
    ):
        if not is_whole(value) or value < 1 or (most is not None and value > most):
            limits = ">= 1" if most is None else f"from 1 to {most}, as there are {d} coordinates"
            raise InputError(f"{named(name)} is {value!r}: give a whole number {limits}.")
    for name, number in (("tol", tol), ("reg_covar", reg_covar)):
        if not is_finite(number) or number < 0:
            raise InputError(f"{named(name)} is {number!r}: give a finite number >= 0.")
    if n < 2 * n_components:
        raise FitError(f"there are {n} rows for {n_components} components: give two a component at least.")
    total = float(np.mean(np.square(rows, dtype=np.float64) if zero_mean else np.var(rows, axis=0, dtype=np.float64)))
    if not total > 0:
        raise FitError("all rows are the same: there is nothing to fit.")
    climb = _Climb(rows, rank, zero_mean, reg_covar, LEAST * total, n_threads)
    mixture = climb.first()
    while mixture.n_components < n_components:
        mixture = climb.split(mixture, n_components)
        for step in range(GROWING):
            mixture, gained = climb.step(mixture)
            if on_step is not None:
                on_step(step + 1, mixture.n_components, gained)
    values: list[float] = []
    converged = False
    for step in range(max_iter):
        found, now = climb.step(mixture)
        values.append(now)
        if on_step is not None:
            on_step(step + 1, mixture.n_components, now)
        converged = len(values) > 1 and now - values[-2] < tol
        mixture = found
        if converged:
            break
    return FactorFit(mixture, (*values, climb.value(mixture)), converged)


@dataclass(frozen=True, eq=False)
class _Climb:
    rows: Floats
    rank: int
    zero_mean: bool
    extra: float
    least: float
    n_threads: int | None

    def first(self) -> FactorMixture:
        """One component, of all rows."""
        n, d = self.rows.shape
        mean = np.zeros(d) if self.zero_mean else self.rows.mean(axis=0, dtype=np.float64)
        second = np.zeros((d, d))
        for start in range(0, n, CHUNK):
            away = self.rows[start : start + CHUNK] - mean
            second += away.T @ away
        return self._made(np.array([float(n)]), mean[None], second[None] / n)

    def split(self, mixture: FactorMixture, most: int) -> FactorMixture:
        """Each component in two, the heaviest first where there are too many."""
        k = mixture.n_components
        chosen = np.sort(np.argsort(-mixture.weights, kind="stable")[: most - k])
        index = np.sort(np.concatenate([np.arange(k), chosen]))
        second = np.r_[False, index[1:] == index[:-1]]
        first = np.r_[second[1:], False]
        weights = mixture.weights[index] / np.where(first | second, 2.0, 1.0)
        means, variances, tails = mixture.means[index], mixture.variances[index], mixture.tails[index]
        if self.zero_mean:
            scale = np.where(first, 0.25, np.where(second, 1.5, 1.0))
            variances, tails = variances * scale[:, None], tails * scale
            variances[second, 0] *= 2.0
        else:
            side = np.where(second, 1.0, 0.0) - np.where(first, 1.0, 0.0)
            means = means + (side * np.sqrt(variances[:, 0]) * 0.7)[:, None] * mixture.axes[index, 0]
            variances = variances.copy()
            variances[first | second, 0] *= 0.5
            tails = np.minimum(tails, variances.min(axis=1))
        return FactorMixture(weights / weights.sum(), means, mixture.axes[index], variances, tails)

    def value(self, mixture: FactorMixture) -> float:
        return self._expect(mixture, moments=False)[0]

    def step(self, mixture: FactorMixture) -> tuple[FactorMixture, float]:
        """The next mixture, and the mean log likelihood of this one."""
        value, mass, first, second = self._expect(mixture)
        return self._maximised(mixture, mass, first, second), value

    @single_blas()
    def _expect(self, mixture: FactorMixture, moments: bool = True) -> tuple[float, Array, Array, Array]:
        """(mean log likelihood, mass (k,), first moments (k, d), second ones (k, d, d) about the means)."""
        k, _, d = mixture.axes.shape
        ask = Joint.of(mixture, self.rows.dtype)
        mass, first, second = np.zeros(k), np.zeros((k, d)), np.zeros((k, d, d))
        total = 0.0
        for begin in range(0, len(self.rows), CHUNK):
            chunk = self.rows[begin : begin + CHUNK]
            shares = np.empty((k, len(chunk)), self.rows.dtype)

            def expect(part: tuple[int, int], chunk: Floats = chunk, shares: Floats = shares) -> float:
                joint = ask(chunk[slice(*part)])
                top = joint.max(axis=1, keepdims=True)
                np.subtract(joint, top, out=joint)
                np.exp(joint, out=joint)
                sums = joint.sum(axis=1, keepdims=True)
                joint /= sums
                joint[joint < FAINT] = 0
                shares[:, part[0] : part[1]] = joint.T
                return float(np.sum(top, dtype=np.float64) + np.sum(np.log(sums), dtype=np.float64))

            total += sum(spread(expect, ranges(len(chunk), -(-len(chunk) // BLOCK)), in_turns(self.n_threads)))
            if not moments:
                continue

            def gather(j: int, chunk: Floats = chunk, shares: Floats = shares) -> None:
                rows = np.flatnonzero(shares[j])
                if not len(rows):
                    return
                share = shares[j, rows]
                away = chunk[rows] - mixture.means[j].astype(chunk.dtype)
                mass[j] += share.sum(dtype=np.float64)
                first[j] += np.dot(share.astype(np.float64), away)
                away *= np.sqrt(share)[:, None]
                second[j] += np.dot(away.T, away)

            spread(gather, range(k), in_turns(self.n_threads))
        return total / len(self.rows), mass, first, second

    def _maximised(self, mixture: FactorMixture, mass: Array, first: Array, second: Array) -> FactorMixture:
        weight = np.maximum(mass, 1e-12)
        shift = np.zeros_like(first) if self.zero_mean else first / weight[:, None]
        scatter = second / weight[:, None, None] - shift[:, :, None] * shift[:, None]
        return self._made(mass, mixture.means + shift, scatter)

    @single_blas()
    def _made(self, mass: Array, means: Array, scatter: Array) -> FactorMixture:
        """The likeliest mixture of this scatter: Tipping and Bishop 1999, appendix A."""
        k, d = means.shape
        r = self.rank
        values, vectors = np.empty((k, d)), np.empty((k, d, d))

        def solve(part: tuple[int, int]) -> None:
            values[slice(*part)], vectors[slice(*part)] = np.linalg.eigh(scatter[slice(*part)])

        spread(solve, ranges(k, k), self.n_threads)
        values = np.maximum(values, 0.0)
        tails = np.maximum(values[:, : d - r].mean(axis=1), self.least) + self.extra
        variances = np.maximum(values[:, : d - r - 1 : -1] + self.extra, tails[:, None])
        axes = vectors[:, :, : d - r - 1 : -1].swapaxes(1, 2)
        weights = np.maximum(mass, 1.0)
        return FactorMixture(weights / weights.sum(), means, axes, variances, tails)
