"""Gaussians by products of matrices: the E-step and its questions through NumPy and BLAS, without compiled code.

The log density of a Gaussian is linear in the features (1, x_i, x_i x_j) of a point. So those of all components at a
block of points are one product of matrices, and the moments of the responsibilities are another one. Blocks are small
enough to stay in the cache.

Products of features lose the square of a point's distance in standard deviations. Components that are thinner than
that allows, and covariances in many coordinates, are whitened one by one instead, as z = W (x - mean).

A block is worked by one thread, and blocks do not depend on the number of threads. The caller limits BLAS to one
thread: then the result has the same bits for any number.
"""
# mypy: ignore-errors

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from .threads import ranges, stream

NUMBERS = 2**16  # of a block's largest arrays together: they fit into the cache of a core
LEAST = 64  # points a block at least
PARTS = 32  # ranges of blocks at most, whatever the number of threads
FARTHEST = 100.0  # standard deviations up to which features are used: they lose 1e4 times the rounding
WIDE = 2**18  # the same in many coordinates, whose features are so many that calls are few
MANY = 16  # coordinates beyond which a dense covariance has so many features that whitening mostly costs less
LONGEST = 1000.0  # the same of the length of z in many coordinates, which each add but a part of the rounding
SPARE = 0.2  # of the components may be whitened one by one, where another way is at hand
SAMPLE = 1000  # points from which the median is estimated
NOTHING = -1e306  # the log weight of a component of weight 0, which -inf would make NaN in a product


class Table(NamedTuple):
    """n points for products.

    x: (d, n) float64, within `reach` (d,) of `centre` (d,). weight: (n,) or None.
    """

    x: np.ndarray
    weight: np.ndarray | None
    centre: np.ndarray
    reach: np.ndarray


def prepare(x, weight=None) -> Table:
    """The points (n, d), n > 0, by columns. Their centre is the median: one far outlier would move the mean."""
    columns = np.array(x.T, np.float64, order="C")
    centre = np.median(columns[:, :: max(1, len(x) // SAMPLE)], axis=1)
    with np.errstate(over="ignore"):
        reach = np.maximum(columns.max(axis=1) - centre, centre - columns.min(axis=1))
    return Table(columns, None if weight is None else weight.astype(np.float64), centre, reach)


class Components:
    """k components as they are multiplied with points of a table.

    near: which of them by features, with their theta (of these, features); apart: those that are whitened one by one.
    thin: (k,) which are to be whitened, besides those that have to.
    """

    def __init__(self, table: Table, means, whitener, log_scales, thin=False, many=MANY):
        k, d = means.shape
        self.k, self.diagonal, self.many = k, whitener.ndim == 2, many
        self.centre, self.reach = table.centre, table.reach
        self.means, self.scales = means, np.maximum(log_scales, NOTHING)
        self.w = np.broadcast_to(whitener, (k, *whitener.shape[1:]))
        self.pairs = None if self.diagonal else np.tril_indices(d)
        self.features = 1 + 2 * d if self.diagonal else 1 + d + len(self.pairs[0])
        with np.errstate(over="ignore"):
            self.away = means - table.centre
            self.far = table.reach + np.abs(self.away)  # (k, d)
        near = self.is_near(self.w, self.far) & ~np.broadcast_to(thin, k)
        self.apart = np.flatnonzero(~near)
        self.near = slice(None) if near.all() else np.flatnonzero(near)
        self.theta = self._theta()
        numbers = WIDE if d > MANY and len(self.theta) else NUMBERS
        self.block = max(LEAST, numbers // (k + (self.features if len(self.theta) else d)))

    def is_near(self, w, far):
        """Whether features of points within `far` (c, d) of the means of c components suffice for whiteners `w`."""
        if far.shape[1] > self.many and not self.diagonal:
            return np.zeros(len(far), bool)
        with np.errstate(over="ignore", invalid="ignore"):
            z = np.abs(w) * far if self.diagonal else (np.abs(w) @ far[:, :, None])[:, :, 0]
            if far.shape[1] > MANY and not self.diagonal:
                return np.linalg.norm(z, axis=1) <= LONGEST
            return z.max(axis=1) <= FARTHEST

    def _theta(self):
        w, away, scales = self.w[self.near], self.away[self.near], self.scales[self.near]
        if self.diagonal:
            precision = w**2
            pull = precision * away
            second = -0.5 * precision
        else:
            i, j = self.pairs
            precision = w.transpose(0, 2, 1) @ w
            pull = (precision @ away[:, :, None])[:, :, 0]
            second = np.where(i == j, -0.5, -1.0) * precision[:, i, j]
        level = scales - 0.5 * (pull * away).sum(axis=1)
        return np.concatenate([level[:, None], pull, second], axis=1)

    def phi(self, x):
        """(features, b) of points (d, b); None where no component uses them."""
        if not len(self.theta):
            return None
        d, b = x.shape
        out = np.empty((self.features, b))
        out[0] = 1.0
        x = np.subtract(x, self.centre[:, None], out=out[1 : 1 + d])
        if self.diagonal:
            np.multiply(x, x, out=out[1 + d :])
            return out
        row = 1 + d
        for i in range(d):  # by rows of the triangle: i with all j <= i
            np.multiply(x[: i + 1], x[i], out=out[row : row + i + 1])
            row += i + 1
        return out

    def joint(self, x, phi):
        """(k, b) weighted log densities of points (d, b) with features `phi`."""
        if not len(self.apart):
            return self.theta @ phi
        out = np.empty((self.k, x.shape[1]))
        if phi is not None:
            out[self.near] = self.theta @ phi
        for component in self.apart:
            w, away = self.w[component], x - self.means[component][:, None]
            with np.errstate(over="ignore", invalid="ignore"):
                z = w[:, None] * away if self.diagonal else w @ away
                square = np.einsum("db,db->b", z, z)
            square[np.isnan(square)] = np.inf  # an infinite distance in some coordinate, times 0
            out[component] = np.maximum(self.scales[component] - 0.5 * square, NOTHING)
        return out


def are_near(table: Table, means, whitener, log_scales):
    """Whether features suffice for nearly all components with weight, in whatever number of coordinates."""
    parts = Components(table, means, whitener, log_scales, many=means.shape[1])
    apart = np.isfinite(log_scales[parts.apart]).sum()
    return bool(apart <= SPARE * parts.k)


def expect(table: Table, means, whitener, log_scales, n_threads=None, many=MANY):
    """(mass (k,), first (k, d), second, log likelihood), moments about the means.

    second: (k, d, d), or (k, d) for a diagonal whitener. many: coordinates up to which features are used of matrices.
    """
    parts = Components(table, means, whitener, log_scales, many=many)
    found = _expect(table, parts, n_threads)
    thin = _thin(parts, *found[:3])
    if thin.any():  # components that shrink in this step to what features cannot tell from singular ones
        found = _expect(table, Components(table, means, whitener, log_scales, thin, many), n_threads)
    return found


def _expect(table, parts, n_threads):
    (k, d), shape, apart = parts.means.shape, parts.w.shape, parts.apart

    def work(part):
        moments = np.zeros((len(parts.theta), parts.features))
        mass, first, second = np.zeros(len(apart)), np.zeros((len(apart), d)), np.zeros((len(apart), *shape[1:]))
        likelihood = 0.0
        for rows in _blocks(part, parts.block):
            x = table.x[:, rows]
            phi = parts.phi(x)
            shares = parts.joint(x, phi)
            found = normalise(shares)
            if table.weight is None:
                likelihood += float(found.sum())
            else:
                shares *= table.weight[rows]
                likelihood += float(table.weight[rows] @ found)
            if phi is not None:
                moments += shares[parts.near] @ phi.T
            for place, component in enumerate(apart):
                share, away = shares[component], x - parts.means[component][:, None]
                heavy = share * away
                mass[place] += share.sum()
                first[place] += heavy.sum(axis=1)
                second[place] += np.einsum("db,db->d", heavy, away) if parts.diagonal else heavy @ away.T
        return moments, (mass, first, second), likelihood

    whole = np.zeros(k), np.zeros((k, d)), np.zeros(shape)
    total, likelihood = 0.0, 0.0
    for moments, sums, found in stream(work, _whole(table.x.shape[1], parts.block), n_threads):
        total = total + moments
        for one, part in zip(whole, sums, strict=True):
            one[apart] += part
        likelihood += found
    if len(total):
        for one, part in zip(whole, _about(total, parts), strict=True):
            one[parts.near] = part
    return *whole, likelihood


def _about(moments, parts):
    """Moments about the means of those about the centre (c, features), of the components by features."""
    away = parts.away[parts.near]
    d = away.shape[1]
    mass, about_zero, squares = moments[:, 0], moments[:, 1 : 1 + d], moments[:, 1 + d :]
    first = about_zero - mass[:, None] * away
    if parts.diagonal:
        return mass, first, squares - away * (about_zero + first)
    i, j = parts.pairs
    second = np.empty((len(away), d, d))
    second[:, i, j] = second[:, j, i] = squares
    cross = away[:, :, None] * about_zero[:, None]
    second -= cross + cross.transpose(0, 2, 1)
    return mass, first, second + mass[:, None, None] * (away[:, :, None] * away[:, None])


def _thin(parts, mass, first, second):
    """(k,) of the components by features, those whose moments are of a Gaussian that features are too coarse for."""
    thin = np.zeros(parts.k, bool)
    if not len(parts.theta):
        return thin
    alive = np.flatnonzero(mass > 0)
    alive = alive[np.isin(alive, parts.apart, invert=True)] if len(parts.apart) else alive
    heavy, shift = mass[alive, None], first[alive] / mass[alive, None]
    constant = parts.reach == 0.0  # features of such a column are exact
    if parts.diagonal:
        with np.errstate(divide="ignore", invalid="ignore"):
            whitener = 1.0 / np.sqrt(second[alive] / heavy - shift**2 + constant)
    else:
        covariance = second[alive] / heavy[:, :, None] - shift[:, :, None] * shift[:, None] + np.diag(constant)
        try:
            whitener = np.linalg.inv(np.linalg.cholesky(covariance))
        except np.linalg.LinAlgError:
            whitener = np.stack([_whitener(matrix) for matrix in covariance])
    thin[alive] = ~parts.is_near(whitener, parts.far[alive])  # NaN is not
    return thin


def _whitener(covariance):
    try:
        return np.linalg.inv(np.linalg.cholesky(covariance))
    except np.linalg.LinAlgError:
        return np.full_like(covariance, np.nan)


def normalise(joint):
    """Make weighted log densities (k, b) the responsibilities, in place; return the log densities (b,)."""
    found, total = log_density(joint)
    joint /= total
    return found


def log_density(joint):
    """(b,) log densities, and the sums by which `joint` (k, b), made exp(joint - its maximum), is divided."""
    top = joint.max(axis=0)
    joint -= top
    np.exp(joint, out=joint)
    total = joint.sum(axis=0)
    found = top + np.log(total)
    if top.min(initial=0.0) <= NOTHING:  # beyond all reach
        lost = top <= NOTHING
        found[lost], joint[:, lost] = -np.inf, 0.0
    return found, total


def ask(table: Table, means, whitener, log_scales, answer, n_threads=None, many=MANY):
    """[answer(joint (k, b))] of blocks of the points, in order; `answer` may write to what it is given."""
    parts = Components(table, means, whitener, log_scales, many=many)

    def work(part):
        found = []
        for rows in _blocks(part, parts.block):
            x = table.x[:, rows]
            found.append(answer(parts.joint(x, parts.phi(x))))
        return found

    return [one for found in stream(work, _whole(table.x.shape[1], parts.block), n_threads) for one in found]


def nearest(x, centres, n_threads=None):
    """(n,) the nearest of the centres (k, d) to each row of x (n, d), the first of several."""
    table = np.concatenate([-2.0 * centres.T, (centres**2).sum(axis=1)[None]])  # |x - c|^2 - |x|^2 = -2 x c + |c|^2
    labels = np.empty(len(x), np.intp)
    size = max(LEAST, NUMBERS // len(centres))

    def work(part):
        for rows in _blocks(part, size):
            away = x[rows] @ table[:-1]
            away += table[-1]
            labels[rows] = away.argmin(axis=1)

    for _ in stream(work, _whole(len(x), size), n_threads):
        pass
    return labels


def nearest_sums(x, weight, centres, n_threads=None):
    """(labels (n,), mass (k,), sums (k, d)): the nearest of the centres to each row of x (n, d), and their sums."""
    (n, d), k = x.shape, len(centres)
    rows_of, level = (-2.0 * centres).astype(x.dtype), (centres**2).sum(axis=1).astype(x.dtype)[:, None]
    labels = np.empty(n, np.intp)
    size = max(LEAST, 4 * NUMBERS // (k + d))

    def work(part):
        mass, sums = np.zeros(k), np.zeros((k, d))
        for rows in _blocks(part, size):
            some = x[rows]
            away = rows_of @ some.T  # (k, b)
            away += level
            found = labels[rows] = away.argmin(axis=0)
            mass += np.bincount(found, weight[rows], k)
            away.fill(0.0)
            away[found, np.arange(len(found))] = weight[rows]
            sums += away @ some
        return mass, sums

    mass, sums = np.zeros(k), np.zeros((k, d))
    for found in stream(work, _whole(n, size), n_threads):
        mass, sums = mass + found[0], sums + found[1]
    return labels, mass, sums


def _whole(n, size):
    """Ranges of n points, each of whole blocks but for the last."""
    return [(first * size, min(last * size, n)) for first, last in ranges(-(-n // size), PARTS)]


def _blocks(part, size):
    first, last = part
    return [slice(start, min(start + size, last)) for start in range(first, last, size)]
