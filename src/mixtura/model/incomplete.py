"""A mixture asked about incomplete rows: NaN marks a coordinate that is missing at random, and rows may hold errors.

Under a Gaussian N(m, S), a row with an error of N(0, N) of its own has coordinates o that are N(m_o, T_oo), T = S + N.
The point t that was measured has given them the mean m + S_o^T T_oo^-1 (x - m)_o and the covariance
S - S_o^T T_oo^-1 S_o (Bishop 2006, section 2.3.3; Bovy, Hogg and Roweis 2011). Without errors, that is what x misses.

Rows that miss the same coordinates, and have the same errors, are worked together, and many such groups at once. For
this all matrices stay d x d: with T the identity where a coordinate is missing, T = L L^T, V = L^-1 and a difference
e = x - m that is 0 where x is missing, the observed part of z = V e is standard normal and the rest is 0, and
S V^T V e is E[t - m | x_o].

Many rows in groups of one are worked by compiled kernels instead (`kernels/uncertain.py`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from ..arrays import Array, Bools, Floats, Integers
from ..errors import InputError
from ..sources.noise import is_shared
from .gaussian import LOG_2PI

if TYPE_CHECKING:
    from .mixture import Mixture

BLOCK = 2**19  # numbers in a temporary array


def kinds(observed: Bools) -> tuple[Bools, Integers]:
    """The distinct rows of `observed` (n, d), as (p, d), and which of them each row is, (n,)."""
    bits = np.packbits(observed, axis=1)
    codes = np.pad(bits, ((0, 0), (0, -bits.shape[1] % 8))).view(np.uint64)
    codes = codes[:, 0] if codes.shape[1] == 1 else codes  # plain numbers are sorted faster
    _, first, which = np.unique(codes, axis=0, return_index=True, return_inverse=True)
    return observed[first], which.reshape(-1)


def arranged(which: Integers, most: int) -> list[tuple[Integers, Integers]]:
    """Rows in groups of one kind: pairs of rows (g, r) and how many of each group count, (g,).

    which: (n,) the kind of each row. most: rows that a group may have. r is a power of two; a shorter group repeats
    its last row.
    """
    most = 1 << max(0, most.bit_length() - 1)
    order = np.argsort(which, kind="stable")
    sizes = np.bincount(which)
    pieces = -(-sizes // most)
    ends = np.cumsum(sizes)
    # The number of each piece within its kind, counted from 0.
    number = np.arange(pieces.sum()) - np.repeat(np.cumsum(pieces) - pieces, pieces)
    start = np.repeat(ends - sizes, pieces) + number * most
    count = np.minimum(np.repeat(ends, pieces) - start, most)
    level = np.ceil(np.log2(np.maximum(count, 1))).astype(np.intp)
    out = []
    for each in np.unique(level):
        chosen = level == each
        step = np.minimum(np.arange(1 << each), count[chosen, None] - 1)
        out.append((order[start[chosen, None] + step], count[chosen]))
    return out


def groups(observed: Bools, k: int, noise: Floats | None = None) -> list[tuple[Integers, Integers]]:
    """`arranged` for k components: no group needs more than a block of memory. Rows of their own noise are alone."""
    if noise is not None and not is_shared(noise):
        return [(np.arange(len(observed))[:, None], np.ones(len(observed), np.intp))]
    return arranged(kinds(observed)[1], max(1, BLOCK // (k * observed.shape[1])))


def blocks(arrangement: list[tuple[Integers, Integers]], k: int, d: int) -> Iterator[tuple[Integers, Integers]]:
    """The same groups, no more at a time than a block of memory holds for k components in d coordinates."""
    for rows, count in arrangement:
        size = max(1, BLOCK // (k * d * (d + rows.shape[1])))
        for first in range(0, len(rows), size):
            yield rows[first : first + size], count[first : first + size]


class Given:
    """What a mixture makes of g groups of r rows, the rows of a group with the same coordinates observed.

    x: (g, r, d), anything where it is not observed. observed: (g, d). noise: (g, d) or (g, d, d), that of each group's
    rows.
    """

    def __init__(self, mixture: Mixture, x: Floats, observed: Bools, noise: Floats | None = None) -> None:
        self.mixture = mixture
        self.observed = observed
        self.diagonal: bool = mixture.lower.ndim == 2 and (noise is None or noise.ndim == 2)
        self.noise: Array | None = None
        if noise is not None:
            self.noise = noise.astype(np.float64)[:, None]
            if not self.diagonal and noise.ndim == 2:
                self.noise = self.noise[..., None] * np.eye(noise.shape[1])
        self.away: NDArray[Any] = np.where(
            observed[:, None, None, :], x[:, None] - mixture.means[:, None], 0.0
        )  # (g, k, r, d)
        self.z: Array = self._whitened(self.away)  # (g, k, r, d)

    @cached_property
    def whitener(self) -> Array:
        """V: (g, k, d), or (g, k, d, d) with (g, 1, d, d) for tied."""
        seen = self.observed
        if self.diagonal:
            own = self.mixture.whitener if self.noise is None else 1.0 / np.sqrt(self._matrices + self.noise)
            return np.where(seen[:, None], own, 1.0)
        square = seen[:, None, :, None] & seen[:, None, None, :]
        matrices = self._matrices if self.noise is None else self._matrices + self.noise
        together = np.where(square, matrices, np.eye(matrices.shape[-1]))  # T
        return np.asarray(np.tril(np.linalg.inv(np.linalg.cholesky(together))))

    def _whitened(self, away: Array) -> Array:
        return away * self.whitener[:, :, None] if self.diagonal else away @ _turned(self.whitener)

    @property
    def _matrices(self) -> Array:
        """The covariances: variances (k, d), or (k, d, d), (1, d, d)."""
        mixture = self.mixture
        if self.diagonal:
            return mixture.lower**2
        return mixture.family.stack(mixture.covariances) if mixture.family.triangular else mixture.matrices

    @cached_property
    def joint(self) -> Array:
        """(g, k, r) log of the weight times the marginal density of what is observed."""
        diagonal = self.whitener if self.diagonal else np.diagonal(self.whitener, axis1=-2, axis2=-1)
        with np.errstate(divide="ignore"):
            scale = np.log(self.mixture.weights) + np.log(diagonal).sum(axis=-1)  # (g, k)
        scale = scale - 0.5 * LOG_2PI * self.observed.sum(axis=1)[:, None]
        with np.errstate(over="ignore"):
            return np.asarray(scale[:, :, None] - 0.5 * np.einsum("gkrd,gkrd->gkr", self.z, self.z))

    def log_density(self) -> Array:
        """(g, r) log of the marginal density of what is observed."""
        from scipy.special import logsumexp

        return np.asarray(logsumexp(self.joint, axis=1))

    def shares(self) -> Array:
        """(g, k, r) responsibilities; NaN where a row lies beyond all reach."""
        with np.errstate(invalid="ignore"):
            return np.asarray(np.exp(self.joint - self.log_density()[:, None]))

    def expected(self) -> Array:
        """(g, k, r, d) E[t - mean | observed] under each component: without noise, x - mean where it is observed."""
        return self.carried(self.away)

    def carried(self, away: Array) -> Array:
        """(g, k, r, d) `away`, which is 0 where it is not observed, with what follows from it there."""
        if self.diagonal:
            return away if self.noise is None else away * self.gain[:, :, None]
        z = self.z if away is self.away else self._whitened(away)
        follows: Array = (z @ self.whitener) @ self._matrices
        if self.noise is not None:
            return follows
        return np.where(self.observed[:, None, None, :], away, follows)

    @cached_property
    def rest(self) -> Array:
        """Cov[t | observed] under each component, without noise 0 where x is observed.

        (g, k, d), or (g, k, d, d), (g, 1, d, d).
        """
        gap, matrices = ~self.observed, self._matrices
        if self.diagonal:
            left = 0.0 if self.noise is None else self.noise * self.gain
            return np.where(gap[:, None], matrices, left)
        known = self.whitener @ np.where(self.observed[:, None, :, None], matrices, 0.0)
        if self.noise is not None:
            return np.asarray(matrices - _turned(known) @ known)
        return np.where(gap[:, None, :, None] & gap[:, None, None, :], matrices - _turned(known) @ known, 0.0)

    @cached_property
    def gain(self) -> Array:
        """A with E[t - mean | observed] = (x - mean) A for a row x - mean that is 0 where missing; shaped as `rest`."""
        seen = self.observed
        if self.diagonal:
            return np.where(seen[:, None], self._matrices * self.whitener**2, 0.0)
        follows = _turned(self.whitener) @ self.whitener @ self._matrices
        if self.noise is not None:
            return np.where(seen[:, None, :, None], follows, 0.0)
        eye = np.eye(seen.shape[1], dtype=bool)
        return np.where(seen[:, None, None, :], eye, np.where(seen[:, None, :, None], follows, 0.0))


class FarError(InputError):
    """A point lies too far from every component; what knows the points tells which."""


FAR = (
    "a point lies too far from every component to be counted: its squared distance overflows. Rescale it or leave it "
    "out."
)


def _turned(matrices: Array) -> Array:
    return np.swapaxes(matrices, -1, -2)


def _by_groups(
    mixture: Mixture, x: Floats, reduce: Callable[[Given], Any], *out: Any, noise: Floats | None = None
) -> Any:
    """Fill each of out with what reduce(given) tells of every row, as (g, r, ...)."""
    observed = ~np.isnan(x)
    for rows, _ in blocks(groups(observed, mixture.n_components, noise), *mixture.means.shape):
        first = rows[:, 0]
        found = reduce(Given(mixture, x[rows], observed[first], None if noise is None else noise[first]))
        for array, part in zip(out, found if len(out) > 1 else (found,), strict=True):
            array[rows] = part
    return out if len(out) > 1 else out[0]


def _reached(given: Given) -> Array:
    """(g, k, r) responsibilities, for rows that some component reaches."""
    shares = given.shares()
    if np.isnan(shares).any():
        raise FarError(FAR)
    return shares


def log_density(mixture: Mixture, x: Floats, noise: Floats | None = None) -> Array:
    """(n,) log of the marginal density of what each row has; 0 where it has nothing."""
    return np.asarray(_by_groups(mixture, x, Given.log_density, np.empty(len(x)), noise=noise))


def responsibilities(mixture: Mixture, x: Floats, noise: Floats | None = None) -> Array:
    """(n, k) P(component | what a row has); the weights where it has nothing."""
    out = np.empty((len(x), mixture.n_components))
    return np.asarray(_by_groups(mixture, x, lambda given: _reached(given).transpose(0, 2, 1), out, noise=noise))


def predict(mixture: Mixture, x: Floats, noise: Floats | None = None) -> Integers:
    """(n,) the component with the largest responsibility for what a row has."""
    out = np.empty(len(x), np.intp)
    return np.asarray(_by_groups(mixture, x, lambda given: given.joint.argmax(axis=1), out, noise=noise))


def posterior(
    mixture: Mixture, x: Floats, noise: Floats | None = None, *, covariance: bool = False
) -> tuple[Array, Array | None]:
    """(n, d) E[t | what a row has], and if wanted (n, d, d) Cov[t | it]."""
    d = x.shape[1]

    def told(given: Given) -> Any:
        shares = _reached(given)
        centres = given.expected() + mixture.means[:, None]  # (g, k, r, d)
        mean = np.einsum("gkr,gkrd->grd", shares, centres)
        if not covariance:
            return mean
        rest = given.rest[..., None] * np.eye(d) if given.diagonal else given.rest
        within = np.einsum("gkr,gkij->grij", shares, np.broadcast_to(rest, (*shares.shape[:2], d, d)))
        away = centres - mean[:, None]
        return mean, within + np.einsum("gkr,gkri,gkrj->grij", shares, away, away, optimize=True)

    if not covariance:
        return _by_groups(mixture, x, told, np.empty(x.shape), noise=noise), None
    mean, spread = _by_groups(mixture, x, told, np.empty(x.shape), np.empty((len(x), d, d)), noise=noise)
    return mean, spread


def drawn(mixture: Mixture, x: Floats, rng: np.random.Generator) -> Array:
    """`x` with its gaps filled by a draw of the missing given the observed."""
    out = np.array(x, np.float64)
    gaps = np.isnan(out)
    rows = np.flatnonzero(gaps.any(axis=1))
    given = _by_groups(
        mixture, x[rows], lambda each: _drawn(each, _reached(each), rng), np.empty((len(rows), x.shape[1]))
    )
    out[rows] = np.where(gaps[rows], given, out[rows])
    return out


def _drawn(given: Given, shares: Array, rng: np.random.Generator) -> Array:
    """(g, r, d) draws of x given what is observed.

    A component by its share; then a point of that Gaussian, moved by what its observed part lacks. That has the
    conditional mean and covariance, and needs no square root of the latter.
    """
    g, _, r = shares.shape
    means, lower = given.mixture.means, given.mixture.lower
    normal = rng.standard_normal((g, 1, r, means.shape[1]))
    noise = normal * lower[:, None] if given.diagonal else normal @ _turned(lower)  # (g, k, r, d), or (g, 1, r, d)
    lack = np.where(given.observed[:, None, None], given.away - noise, 0.0)
    drawn = means[:, None] + noise + given.carried(lack)
    sums = np.cumsum(shares, axis=1)
    label = (sums <= rng.random((g, 1, r)) * sums[:, -1:]).sum(axis=1)  # (g, r)
    return np.asarray(drawn[np.arange(g)[:, None], label, np.arange(r)])
