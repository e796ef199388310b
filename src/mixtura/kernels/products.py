"""Gaussians by products of matrices: the E-step and its questions through NumPy and BLAS, without compiled code.

The log density of a Gaussian is linear in the features (x_i, 1, x_i x_j) of a point. So those of all components at a
block of points are one product of matrices, and the moments of the responsibilities are another one. Blocks are so
large that threads seldom wait for each other's calls.

Products of features lose digits where a point is near to a mean, and both are far from the centre of the features in
standard deviations. Components of which that is so, and covariances in many coordinates, are whitened one by one
instead, as z = W (x - mean).

A block is worked by one thread, and blocks do not depend on the number of threads. The caller limits BLAS to one
thread: then the result has the same bits for any number.
"""
# mypy: ignore-errors

from __future__ import annotations

import functools
from typing import Any, NamedTuple

import numpy as np
from numpy.lib.stride_tricks import as_strided
from numpy.typing import NDArray

from . import MANY
from .gaussians import Gaussians
from .normalising import NOTHING, Runs, row_of
from .threads import Room, Spare, in_turns, ranges, stream

NUMBERS = 2**18  # of a block's largest arrays together: fewer are done so soon that threads wait for each other's calls
SHORT = 8  # components up to which twice as many; of diagonals half as many
SMALL_NUMBERS = 2**16  # components x points x coordinates of small mixtures that are worked at once
LEAST = 64  # points a block at least
PARTS = 32  # ranges of blocks at most, whatever the number of threads
FARTHEST = 100.0  # standard deviations from the centre up to which features are used: they lose 1e4 times the rounding
LONGEST = 1000.0  # the same of the length of z in many coordinates, which each add but a part of the rounding
INSIDE = 12.0  # standard deviations within which points lose digits; of those beyond, z is large itself
AT_ONCE = 65_000  # pairs times coordinates up to which the obvious form, of all pairs at once, takes the fewest calls
FEW = 1000  # points whose features are not worth their calls for two or three components
WHITENED = 2**14  # numbers of points that are whitened component by component, whose arrays stay where memory is used
STACKED = 64, 512  # coordinates, and these times components, up to which all are whitened by one product
LINEAR = 1e4  # standard deviations up to which z is a difference of two products: they lose that times the rounding
SPARE = 0.2  # of the components may be whitened one by one, where another way is at hand
SHRUNK = 0.25  # of its width: a component that keeps more in a step is not looked at closely
FAINT = 1e-260  # a responsibility whose products are denormal numbers, which some processors are slow at
TAME = 1e70  # sizes, and one over them, whose squares and products neither overflow nor vanish


Array = NDArray[Any]


class Table(NamedTuple):
    """n points for products.

    x: (d, n), from `low` (d,) to `high` (d,). weight: (n,) or None. spare: memory for blocks.
    """

    x: Array
    weight: Array | None
    low: Array
    high: Array
    spare: Spare[Room]

    def block(self, rows: slice) -> Array:
        """(d, b) some of the points, by columns."""
        some = self.x[:, rows]
        return some if self.x.flags.c_contiguous else np.array(some, np.float64, order="C")


def prepare(x: Array, weight: Array | None = None, *, once: bool = False) -> Table:
    """The points (n, d) by columns; of many coordinates and for `once`, they are turned block by block, on threads."""
    columns = x.T if once and x.shape[1] > MANY else np.array(x.T, np.float64, order="C")
    weight = None if weight is None else weight.astype(np.float64)
    ends = columns if len(x) else np.zeros((x.shape[1], 1))
    low, high = (np.asarray(end, np.float64) for end in (ends.min(axis=1), ends.max(axis=1)))
    return Table(columns, weight, low, high, Spare(Room))


def about(table: Table, means: NDArray[Any]) -> Any:
    """(centre (d,), reach (d,)) that serve components with these means, and how far points are from it at most.

    Their median, which one far component does not move.
    """
    centre = np.sort(means, axis=0)[len(means) // 2]
    with np.errstate(over="ignore"):
        return centre, np.maximum(table.high - centre, centre - table.low)


class _Components:
    """k components as they are multiplied with points of a table.

    near: which of them by features, with their theta (of these, features); apart: those that are whitened one by one.
    thin: (k,) which are to be whitened, besides those that have to.
    """

    def __init__(self, table, gaussians, many=MANY, thin=np.False_) -> None:
        means, lower, whitener, log_scales = gaussians
        k, d = means.shape
        self.k, self.diagonal = k, whitener.ndim == 2
        self.centre, self.reach = about(table, means)
        self.constant = table.low == table.high
        self.means, self.scales = means, np.maximum(log_scales, NOTHING)
        self.w = whitener if len(whitener) == k else np.repeat(whitener, k, axis=0)
        self.pairs = None if self.diagonal else _pairs(d)
        self.features = 1 + 2 * d if self.diagonal else 1 + d + len(self.pairs[0])
        self.long = d > MANY and not self.diagonal
        few = 3 * k <= max(d, 9 if table.x.shape[1] <= FEW else 0)
        self.tame = self.diagonal or (d <= many and (d > MANY or not few))
        self.tame &= bool(((self.reach <= TAME) & (self.reach >= 1.0 / TAME) | (self.reach == 0.0)).all())
        with np.errstate(over="ignore"):
            self.away = means - self.centre
        near = self.is_near(self.w, lambda: _deviations(lower), self.away) & ~thin
        self.apart = np.flatnonzero(~near)
        self.near = slice(None) if near.all() else np.flatnonzero(near)
        self.theta = np.zeros((0, self.features)) if len(self.apart) == k else self._theta()
        numbers = NUMBERS * (1 + (k <= SHORT)) // (1 + self.diagonal)
        self.block = max(LEAST, numbers // (k + self.features) if len(self.theta) else WHITENED // d)
        self.stack = None
        if d <= STACKED[0] and k * d <= STACKED[1] and not (self.diagonal or len(self.theta)) and self._is_linear():
            half, rows = d // 2 if d > MANY else 0, np.concatenate([-(self.w @ self.away[:, :, None]), self.w], axis=2)
            parts = rows[:, :half, : half + 1], rows[:, half:]  # the upper half of a triangle needs half of a point
            self.stack = [np.ascontiguousarray(part).reshape(-1, part.shape[2]) for part in parts]
            self.block = size = max(LEAST, NUMBERS // (k * d))
            self.spare = Spare(lambda: (np.ones((d + 1, size)), np.empty((k * d, size))))

    def is_near(self, w, deviations, away):
        """(c,) whether features suffice for c components whose means are `away` (c, d) from the centre.

        w: whiteners. deviations(): (c, d) of the coordinates.
        """
        if not self.tame:
            return np.zeros(len(away), bool)
        w, away = np.abs(w), np.abs(away)

        def farthest(reach):
            """(c,) of points within that reach, in standard deviations, as FARTHEST or LONGEST measures it."""
            z = w * (away + reach) if self.diagonal else (w @ (away + reach)[:, :, None])[:, :, 0]
            most = z.max(axis=1)  # NaN is not near
            return most, np.sqrt(np.vecdot(z, z)) / LONGEST if self.long else most / FARTHEST

        with np.errstate(over="ignore", invalid="ignore"):
            most, share = farthest(self.reach)
            near = (share <= 1.0) & (most <= TAME)
            if not near.all():
                near = (most <= TAME) & (farthest(np.minimum(self.reach, INSIDE * deviations()))[1] <= 1.0)
            return near

    def _of_stack(self, x):
        """(k, b) the same, where all components are whitened by one product."""
        (d, b), room, out = x.shape, self.spare.take(), None
        np.subtract(x, self.centre[:, None], out=room[0][1 : d + 1, :b])
        for rows in self.stack:
            if len(rows):
                np.matmul(rows, room[0][: rows.shape[1], :b], out=room[1][: len(rows), :b])
                z = room[1][: len(rows)].reshape(self.k, len(rows) // self.k, -1)[:, :, :b]
                out = np.einsum("kdb,kdb->kb", z, z) if out is None else out + np.einsum("kdb,kdb->kb", z, z)
        self.spare.give(room)
        out *= -0.5
        out += self.scales[:, None]
        return np.maximum(out, NOTHING, out=out)

    def _is_linear(self):
        """Whether W x - W mean are not much larger than their differences."""
        with np.errstate(over="ignore", invalid="ignore"):
            return bool((np.abs(self.w) @ (np.abs(self.away) + self.reach)[:, :, None] <= LINEAR).all())

    def _theta(self):
        w, away, scales = self.w[self.near], self.away[self.near], self.scales[self.near]
        if self.diagonal:
            precision = w**2
            pull = precision * away
            second = -0.5 * precision
        else:
            i, j, factor = self.pairs
            precision = w.transpose(0, 2, 1) @ w
            pull = (precision @ away[:, :, None])[:, :, 0]
            second = factor * precision[:, i, j]
        level = scales - 0.5 * (pull * away).sum(axis=1)
        return np.concatenate([pull, level[:, None], second], axis=1)

    def phi(self, x, room):
        """(features, b) of points (d, b), in `room`; None where no component uses them."""
        if not len(self.theta):
            return None
        d, b = x.shape
        before = 0 if self.diagonal else d // 2  # rows, so that the coordinates before the first are the last ones
        rows = room.array((before + self.features, b))
        out = rows[before:]
        x = np.subtract(x, self.centre[:, None], out=out[:d])
        out[d] = 1.0
        if self.diagonal:
            np.multiply(x, x, out=out[1 + d :])
            return out
        rows[:before] = x[d - before :]
        whole = (d + 1) // 2  # distances at which every coordinate has a partner of its own
        down, along = rows.strides
        others = as_strided(x, (whole, d, b), (-down, down, along))
        np.multiply(x, others, out=out[1 + d : 1 + d + whole * d].reshape(whole, d, b))
        if before == whole:  # d is even: at this distance there are half as many pairs
            np.multiply(x[:before], rows[:before], out=out[1 + d + whole * d :])
        return out

    def joint(self, x, phi, out=None):
        """(k, b) weighted log densities of points (d, b) with features `phi`, maybe in `out`."""
        if self.stack is not None:
            return self._of_stack(x)
        out = np.empty((self.k, x.shape[1])) if out is None else out
        if not len(self.apart):
            return np.matmul(self.theta, phi, out=out)
        if phi is not None:
            out[self.near] = self.theta @ phi
        for component in self.apart:
            w = self.w[component]
            with np.errstate(over="ignore", invalid="ignore"):
                away = x - self.means[component][:, None]
                z = np.multiply(w[:, None], away, out=away) if self.diagonal else _whitened(w, away)
                z *= z
                square = z.sum(axis=0)
            square[np.isnan(square)] = np.inf  # an infinite distance in some coordinate, times 0
            out[component] = np.maximum(self.scales[component] - 0.5 * square, NOTHING)
        return out


def _whitened(w, away):
    """The product; by halves in many coordinates, as the upper half of a lower triangle needs half of `away`."""
    half = len(w) // 2
    if half < MANY // 2:
        return w @ away
    z = np.empty_like(away)
    np.matmul(w[:half, :half], away[:half], out=z[:half])
    np.matmul(w[half:], away, out=z[half:])
    return z


@functools.cache
def _pairs(d):
    """(i, j) of the pairs of coordinates, by how far j is before i around the circle; what each has in a square."""
    apart, i = np.divmod(np.arange(d * (d + 1) // 2), d)
    return i, (i - apart) % d, np.where(apart == 0, -0.5, -1.0)


def are_near(table: Table, gaussians: Gaussians) -> Any:
    """Whether features suffice for nearly all components with weight, in whatever number of coordinates."""
    apart = _Components(table, gaussians, many=len(table.x)).apart
    return bool(np.isfinite(gaussians.log_scales[apart]).sum() <= SPARE * len(gaussians.means))


def expect(table: Table, gaussians: Gaussians, n_threads: int | None = None, many: int = MANY) -> Any:
    """(mass (k,), first (k, d), second, log likelihood), moments about the means.

    second: (k, d, d), or (k, d) for a diagonal whitener. many: coordinates up to which features are used of matrices.
    """
    alone = Runs(np.array([len(gaussians.means)]))
    if _is_small(table, gaussians):
        *sums, likelihood = _expect_at_once(table, gaussians, alone)
    else:
        *sums, likelihood = _expect(table, gaussians, n_threads, alone, many)
    return *sums, float(likelihood[0])


def _is_small(table, gaussians):
    return table.x.shape[1] * gaussians.means.size <= AT_ONCE


def _joint_at_once(x, gaussians):
    """(joint (k, n), away (k, d, n), room (k, d, n)) of points x (d, n): weighted log densities, point less mean."""
    means, _, whitener, log_scales = gaussians
    with np.errstate(over="ignore", invalid="ignore"):
        away = x - means[:, :, None]
        z = whitener[:, :, None] * away if whitener.ndim == 2 else whitener @ away
        z *= z
        joint = z.sum(axis=1)
    joint *= -0.5
    joint += log_scales[:, None]
    return np.fmax(joint, NOTHING, out=joint), away, z  # NaN is an infinite distance in some coordinate, times 0


def expect_each(table: Table, gaussians: Gaussians, sizes: NDArray[Any], n_threads: int | None = None) -> Any:
    """The same as `expect`, of several mixtures at once, whose components stand one after the other.

    sizes: (b,) how many each has, in rising order. All arrays have a first axis of all components; the log likelihoods
    are (b,). What a mixture gets depends on the others by rounding alone.
    """
    runs, n = Runs(sizes), table.x.shape[1]
    if n * table.x.shape[0] * int(sizes[-1]) > AT_ONCE:
        return _expect(table, gaussians, n_threads, runs)
    cuts = runs.cut(max(1, SMALL_NUMBERS // table.x.size))
    found = [_expect_at_once(table, gaussians.some(some), Runs(sizes[which])) for some, which in cuts]
    return found[0] if len(found) == 1 else [np.concatenate(each) for each in zip(*found, strict=True)]


def _expect_at_once(table, gaussians, runs):
    shares, away, room = _joint_at_once(table.x, gaussians)
    whitener = gaussians.whitener
    found = runs.normalise(shares, Room())
    shares[shares < FAINT] = 0.0
    likelihood = found.sum(axis=1) if table.weight is None else found @ table.weight
    if table.weight is not None:
        shares *= table.weight
    first = np.matvec(away, shares)
    if whitener.ndim == 3:
        second = np.multiply(away, shares[:, None], out=room) @ away.transpose(0, 2, 1)
    else:
        with np.errstate(invalid="ignore"):
            second = np.matvec(room, shares) / whitener**2
        if np.isnan(second).any():  # the square of some z is infinite
            second = np.matvec(np.multiply(away, away, out=room), shares)
    return shares.sum(axis=1), first, second, likelihood


def _expect(table, gaussians, n_threads, runs, many=MANY):
    parts = _Components(table, gaussians, many)
    found = _sums(table, parts, n_threads, runs)
    thin = _thin(parts, *found[:3])
    if thin.any():  # components that shrink in this step to what features cannot tell from singular ones
        found = _sums(table, _Components(table, gaussians, many, thin), n_threads, runs)
    return found


def _sums(table, parts, n_threads, runs):
    (k, d), shape, apart = parts.means.shape, parts.w.shape, parts.apart

    def work(part):
        moments = np.zeros((len(parts.theta), parts.features))
        mass, first, second = np.zeros(len(apart)), np.zeros((len(apart), d)), np.zeros((len(apart), *shape[1:]))
        likelihood, room = np.zeros(len(runs.sizes)), table.spare.take()
        for rows in part:
            x = table.x[:, rows]
            phi = parts.phi(x, room)
            shares = parts.joint(x, phi, room.array((k, x.shape[1])))
            found = runs.normalise(shares, room)
            if table.weight is None:
                likelihood += found.sum(axis=1)
            else:
                shares *= table.weight[rows]
                likelihood += np.dot(found, table.weight[rows])
            if phi is not None:
                moments += np.dot(shares[parts.near], phi.T)
            for place, component in enumerate(apart):
                share, away = shares[component], x - parts.means[component][:, None]
                heavy = share * away
                mass[place] += share.sum()
                first[place] += heavy.sum(axis=1)
                if parts.diagonal:
                    heavy *= away
                    second[place] += heavy.sum(axis=1)
                else:
                    second[place] += np.dot(heavy, away.T)
            room.leave()
        table.spare.give(room)
        return moments, (mass, first, second), likelihood

    whole = np.zeros(k), np.zeros((k, d)), np.zeros(shape)
    total, likelihood = 0.0, np.zeros(len(runs.sizes))
    for moments, sums, found in stream(work, blocks(table.x.shape[1], parts.block), in_turns(n_threads)):
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
    about_zero, mass, squares = moments[:, :d], moments[:, d], moments[:, 1 + d :]
    first = about_zero - mass[:, None] * away
    if parts.diagonal:
        return mass, first, squares - away * (about_zero + first)
    i, j, _ = parts.pairs
    second = np.empty((len(away), d, d))
    second[:, i, j] = second[:, j, i] = squares
    second -= away[:, :, None] * about_zero[:, None]
    second -= first[:, :, None] * away[:, None]
    return mass, first, second


def _thin(parts, mass, first, second):
    """(k,) of the components by features, those whose moments are of a Gaussian that features are too coarse for."""
    thin = np.zeros(parts.k, bool)
    if not len(parts.theta):
        return thin
    alive = np.flatnonzero(mass > 0)
    alive = alive[np.isin(alive, parts.apart, invert=True)] if len(parts.apart) else alive
    shift, covariance = first[alive] / mass[alive, None], second[alive]
    if parts.diagonal:
        covariance = covariance / mass[alive, None] - shift**2 + parts.constant  # features of such columns are exact
        if (parts.w[alive] ** 2 * covariance > SHRUNK**2).all():
            return thin
        lower = np.sqrt(np.maximum(covariance, 0.0))
        with np.errstate(divide="ignore"):
            whitener = 1.0 / lower
    else:
        covariance = covariance / mass[alive, None, None] - shift[:, :, None] * shift[:, None]
        covariance += np.diag(parts.constant)
        if (_least_eigenvalues(parts.w[alive] @ covariance @ parts.w[alive].transpose(0, 2, 1)) > SHRUNK**2).all():
            return thin
        lower = _cholesky(covariance)
        whitener = np.linalg.inv(lower)
    thin[alive] = ~parts.is_near(whitener, lambda: _deviations(lower), parts.away[alive] + shift)
    return thin


def _least_eigenvalues(matrices):
    """(k,) lower bounds, by Gershgorin's circles."""
    own = np.diagonal(matrices, axis1=1, axis2=2)
    return (2.0 * own - np.abs(matrices).sum(axis=2)).min(axis=1)


def _cholesky(covariances):
    """Their factors; NaN where there is none."""
    try:
        return np.linalg.cholesky(covariances)
    except np.linalg.LinAlgError:
        if len(covariances) == 1:
            return np.full_like(covariances, np.nan)
        return np.concatenate([_cholesky(covariance[None]) for covariance in covariances])


def _deviations(lower):
    """(k, d) the standard deviations of the coordinates."""
    return lower if lower.ndim == 2 else np.sqrt(np.einsum("kij,kij->ki", lower, lower))


def ask(table: Table, gaussians: Gaussians, answer: Any, n_threads: int | None = None, many: int = MANY) -> list[Any]:
    """[answer(joint (k, b))] of blocks of the points, in order; `answer` may write to what it is given."""
    if _is_small(table, gaussians):
        return [answer(_joint_at_once(table.x, gaussians)[0])]
    parts = _Components(table, gaussians, many)
    return answered(table, lambda x, room: parts.joint(x, parts.phi(x, room)), parts.block, answer, n_threads)


def answered(table: Table, joint: Any, size: int, answer: Any, n_threads: int | None = None) -> list[Any]:
    """[answer(joint(x (d, b), room))] of blocks of `size` points, in order. room: memory for a block."""

    def work(part):
        found, room = [], table.spare.take()
        for rows in part:
            found.append(answer(joint(table.block(rows), room)))
            room.leave()
        table.spare.give(room)
        return found

    return [one for found in stream(work, blocks(table.x.shape[1], size), in_turns(n_threads)) for one in found]


def nearest(x: Array, weight: Array, centres: Array, n_threads: int | None = None) -> tuple[Array, Array, Array]:
    """(labels (n,), mass (k,), sums (k, d)): the nearest of the centres to each row of x (n, d), and their sums."""
    (n, d), k = x.shape, len(centres)
    rows_of, level = (-2.0 * centres).astype(x.dtype), (centres**2).sum(axis=1).astype(x.dtype)[:, None]
    labels = np.empty(n, np.intp)
    size = max(LEAST, NUMBERS // (k + d))

    def work(part):
        mass, sums = np.zeros(k), np.zeros((k, d))
        for rows in part:
            some = x[rows]
            away = rows_of @ some.T  # (k, b)
            away += level
            found = labels[rows] = row_of(away, away.min(axis=0))
            mass += np.bincount(found, weight[rows], k)
            away.fill(0.0)
            away[found, np.arange(len(found))] = weight[rows]
            sums += np.dot(away, some)
        return mass, sums

    mass, sums = np.zeros(k), np.zeros((k, d))
    for found in stream(work, blocks(n, size), in_turns(n_threads)):
        mass, sums = mass + found[0], sums + found[1]
    return labels, mass, sums


def blocks(n: int, size: int) -> list[list[slice]]:
    """Blocks of so many of n points, in a few lists of them."""
    each = [slice(start, min(start + size, n)) for start in range(0, n, size)]
    return [each[first:last] for first, last in ranges(len(each), PARTS)]
