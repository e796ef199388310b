"""Gaussians in many coordinates through BLAS: blocks of points, and only the pairs that matter.

Responsibilities in many coordinates are nearly one-hot, so most pairs of a point and a component only have to be ruled
out. What a pair's z = W (x - mean) measures along any directions is at most its length, and so bounds the log density
from above. For every block of points:

1. All pairs are measured along the few directions in which a component's z of all points is longest: one product.
2. The likeliest component of each point by that bound is evaluated. What is not within the cut of it is ruled out.
3. What is left is measured along the next directions, and the likeliest by that is evaluated.
4. What is left then is evaluated. The moments use the same z.

Measures that only rule out are in single precision, and allow for its rounding. Where a sample says that most pairs
matter, all are evaluated at once.

Each range of points is processed by one thread, and the ranges do not depend on the number of threads. The caller
limits BLAS to one thread: then the result has the same bits for any number.
"""
# mypy: ignore-errors

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from .threads import Room, Spare, ranges, stream

BLOCK, SMALL = 4096, 256  # points a block at most, and at least
PARTS = 16  # ranges of points at most, whatever the number of threads
PART = 2**18  # numbers a range at least: fewer are not worth the calls
KEEP = 2**21  # numbers of z of a block that are kept for the moments
MIDDLE, SAMPLE = 250, 4000  # points from which medians are estimated, and the scatter
FEW = 2000  # points: for fewer, to look for directions costs more than it saves
TRIED = 1024  # points of which is seen how many pairs matter
CROWDED = 0.6  # of the pairs: where more have to be evaluated, none is ruled out
MEASURED = 2**19  # numbers measured along the directions at once
FIRST, NEXT = (24, 2, 8), (3, 4, 64)  # directions: one for so many coordinates, at least, and at most
STEPS = 3  # towards the longest directions
ROUNDING = float(np.finfo(np.float32).eps) / 2  # of a number in single precision, at most
LENGTH, GIVEN = (
    16.0,
    (2.0**-12, 0.25),
)  # of z where a pair is near to be ruled out; what of its square may be given away
FARTHEST = 1e15  # factors and points of which single precision holds the products


class Table(NamedTuple):
    """n points about `centre` (d,) in units of `unit` (d,), powers of two near the spread of each column.

    x: (n, d + 1), with a column of ones after the first half of the columns, for offsets. weight: (n,) or None. By
    which pairs are ruled out, of no use where points are so few that all are evaluated: rough, x in single precision;
    norms, (n,) of its rows; mean, scatter, (d,), (d, d) of a sample. spare: memory for z, which every step needs.
    """

    x: np.ndarray
    rough: np.ndarray
    norms: np.ndarray
    weight: np.ndarray | None
    centre: np.ndarray
    unit: np.ndarray
    mean: np.ndarray
    scatter: np.ndarray
    spare: Spare[Room]


def prepare(x: NDArray[Any], weight: NDArray[Any] | None = None) -> Table:
    """The points relative to their median, which avoids cancellation far from the origin.

    The mean would not do: a far outlier would move it away from all other points.
    """
    n, d = x.shape
    half = d // 2
    some = x[:: max(1, n // MIDDLE)].astype(np.float64)
    centre = _middle(some)
    with np.errstate(over="ignore", invalid="ignore"):
        away = np.abs(some - centre)
        spread = _middle(away)
        spread = np.where(spread > 0, spread, away.max(axis=0))
        unit = np.exp2(np.round(np.log2(np.where(spread > 0, spread, 1.0))))
        near = np.empty((n, d + 1), x.dtype)
        for columns, place in ((slice(0, half), slice(0, half)), (slice(half, d), slice(half + 1, d + 1))):
            part = near[:, place]
            np.subtract(x[:, columns], centre[columns], out=part, casting="same_kind")
            part /= unit[columns].astype(x.dtype)
        near[:, half] = 1.0
        if n < FEW:
            return Table(near, near, np.zeros(n), weight, centre, unit, np.zeros(d), np.zeros((d, d)), Spare(Room))
        rough = near.astype(np.float32, copy=False)
        norms = np.sqrt(_squares(rough)).astype(np.float64)
        some = (x[:: max(1, n // SAMPLE)] - centre) / unit
        mean = some.mean(axis=0)
        some -= mean
        scatter = some.T @ some / len(some)
    return Table(near, rough, norms, weight, centre, unit, mean, scatter, Spare(Room))


def _middle(some):
    """The medians of columns; of an even number, the upper one. Rows are sorted in vectors, columns are not."""
    return np.sort(np.ascontiguousarray(some.T), axis=1)[:, len(some) // 2]


class Components:
    """k components as they are measured and evaluated in a table's units.

    cut: pairs whose log density is so much below the largest of their point do not matter. share: of the pairs of a
    sample that are evaluated where what can be ruled out is. crowded: whether all are evaluated at once instead.
    """

    k: int
    d: int
    half: int
    scales: NDArray[Any]
    first: _Bound
    next: _Bound

    def __init__(
        self, table: Table, means: NDArray[Any], whitener: NDArray[Any], log_scales: NDArray[Any], cut: float
    ) -> None:
        k, d = means.shape
        self.k, self.d, self.half, self.scales = k, d, d // 2, log_scales
        away = (means - table.centre) / table.unit
        w = np.broadcast_to(whitener * table.unit, (k, d, d))
        rows = self._augmented(w, away)
        self.w: NDArray[Any] = rows.astype(table.x.dtype)
        self.cut: float = cut
        self.share: float = 1.0
        if k > 1 and len(table.x) >= FEW:
            self._look_for_directions(table, w, away)
        self.crowded: bool = self.share > CROWDED
        self.size: int = max(SMALL, min(BLOCK, KEEP // (k * (d + 1)))) if self.crowded else BLOCK

    def _look_for_directions(self, table, w, away):
        """Along which to rule out, and how much is left in a sample."""
        d, n = self.d, len(table.x)
        first, more = (min(d, max(least, min(most, d // share))) for share, least, most in (FIRST, NEXT))
        reach = float(np.median(table.norms[:: max(1, n // SAMPLE)]))
        longest = self._augmented(_directions(w, away, table, min(d, first + more)), away)
        self.first, self.next = _Bound(longest[:, :first], reach), _Bound(longest[:, first:], reach)
        step = max(1, n // min(TRIED, n // 8))
        some = table._replace(x=table.x[::step], rough=table.rough[::step], norms=table.norms[::step])
        found = _Block(some, slice(0, len(some.x)), self).matter()
        self.share: float = sum(len(values) for _, _, values, _ in found) / len(some.x) / self.k

    def _augmented(self, w, away):
        """(k, m, d + 1) rows of W, with their offsets where points have a one."""
        offset = w @ away[:, :, None]
        return np.concatenate([w[:, :, : self.half], -offset, w[:, :, self.half :]], axis=2)

    def z(self, x: NDArray[Any], component: int, out: NDArray[Any] | None = None) -> Any:
        """(n, d + 1) z of augmented points, whose last column is 1. Half of the rows of W need half of x alone."""
        w, half = self.w[component], self.half
        out = np.empty_like(x) if out is None else out
        np.matmul(x[:, : half + 1], w[:half, : half + 1].T, out=out[:, :half])
        np.matmul(x, w[half:].T, out=out[:, half:-1])
        out[:, -1] = 1.0
        return out


class _Bound:
    """Half the squared length of some rows of z from below, in single precision: what is measured, less the slack.

    If the length of z is known up to e, its square is at least (1 - g) of the known one less e^2 / g, for any g in
    (0, 1): whichever costs least where a pair is near to be ruled out.
    """

    slack: Any

    def __init__(self, rows: NDArray[Any], reach: NDArray[Any]) -> None:
        width = rows.shape[2]
        steep = np.sqrt(np.square(rows).sum(axis=(1, 2)))
        fine = steep < FARTHEST  # of others, nothing is ruled out
        error = (width + 2) * ROUNDING * np.where(fine, steep, 0.0)  # of a point of length 1
        given = np.clip(error * reach / LENGTH, *GIVEN)
        rows = np.where(fine[:, None, None], rows, 0.0) * np.sqrt(0.5 * (1.0 - given))[:, None, None]
        self.rows: Any = rows.astype(np.float32)
        self.slack = 0.5 * error**2 / given  # times the squared length of an augmented point, (k,)


def _directions(w, away, table, m):
    """(k, m, d) rows of rotated whiteners: about the directions in which z of all points is longest, by subspaces."""
    d = w.shape[1]
    across = w @ (table.mean - away)[:, :, None]
    y = np.random.default_rng(0).normal(size=(1, d, m))
    with np.errstate(all="ignore"):
        for _ in range(STEPS):
            y = w @ (table.scatter @ (w.transpose(0, 2, 1) @ y)) + across @ (across.transpose(0, 2, 1) @ y)
            y /= np.abs(y).max(axis=(1, 2), keepdims=True)
        y = np.where(np.isfinite(y).all(axis=(1, 2), keepdims=True), y, 0.0)
        rows = np.linalg.qr(y)[0].transpose(0, 2, 1) @ w
        spread = rows @ table.scatter @ rows.transpose(0, 2, 1)
        return np.linalg.eigh(np.where(np.isfinite(spread), spread, 0.0))[1][:, :, ::-1].transpose(0, 2, 1) @ rows


def features_pay(d: int, k: int, share: float = 0.0) -> Any:
    """Whether all pairs by products of features take less work than to evaluate that share of them; see `products`.

    In units of about a nanosecond a pair, from measurements.
    """
    features = 1 + d + d * (d + 1) // 2
    every = 0.1 * d**2 + 1.5 * d + 60.0
    return features * (1.5 / k + 0.12) < min(every, 25.0 + 0.35 * d + share * every)


def expect(table: Table, parts: Components, n_threads: int | None = None) -> Any:
    """(moments (k, 1 + d), second (k, d, d), log likelihood, pairs): whitened moments about the means."""
    k, d = parts.k, parts.d
    spare = Spare(lambda: np.zeros((k, d + 1, d + 1)))

    def work(part):
        sums, room = spare.take(), table.spare.take()
        likelihood, pairs = 0.0, 0
        for rows in _blocks(part, parts.size):
            found = _block(table, rows, parts, room, sums)
            room.leave()
            likelihood, pairs = likelihood + found[0], pairs + found[1]
        table.spare.give(room)
        return sums, likelihood, pairs

    total = np.zeros((k, d + 1, d + 1))
    likelihood, pairs = 0.0, 0
    for sums, *found in stream(work, _ranges(table), n_threads):
        total += sums
        sums[...] = 0.0
        spare.give(sums)
        likelihood, pairs = likelihood + found[0], pairs + found[1]
    return np.roll(total[:, d], 1, axis=1), total[:, :d, :d], likelihood, pairs


def ask(table: Table, parts: Components, answer: Any, n_threads: int | None = None) -> Any:
    """[answer(joint (k, b))] of blocks of the points, in order; `answer` may write to what it is given.

    joint: the weighted log densities; -inf where they do not matter.
    """

    def work(part):
        found = []
        for rows in _blocks(part, parts.size):
            joint = np.full((parts.k, rows.stop - rows.start), -np.inf)
            for component, chosen, values, _ in _Block(table, rows, parts).pairs():
                joint[component, chosen] = values
            found.append(answer(joint))
        return found

    return [one for found in stream(work, _ranges(table), n_threads) for one in found]


def _ranges(table):
    n, width = table.x.shape
    return ranges(n, min(PARTS, -(-n // max(SMALL, min(BLOCK, PART // width)))))


def _blocks(part, size):
    first, last = part
    count = -(-(last - first) // size)
    return [slice(first + start, first + stop) for start, stop in ranges(last - first, count)]


class _Block:
    """A block of points, of which pairs are evaluated: found holds (component, rows, log densities, z or None).

    top: (n,) the largest of the weighted log densities.
    """

    def __init__(self, table, rows, parts, room=None) -> None:
        self.x, self.rough, self.norms, self.arrays = table.x[rows], table.rough[rows], table.norms[rows], room
        self.parts, self.n, self.room = parts, len(self.x), KEEP
        self.top = np.full(self.n, -np.inf)
        self.found = []

    def pairs(self):
        """What has to be evaluated."""
        return self.every() if self.parts.crowded else self.matter()

    def every(self):
        """All pairs."""
        for component in range(self.parts.k):
            self._evaluate(component, slice(None))
        return self.found

    def matter(self):
        """The pairs that matter, and some others."""
        reach = float(self.norms.max())
        if not reach < FARTHEST:
            return self.every()
        bound = self._measured(reach)
        self._likeliest(bound)
        floor, squares, further = self._floor(), self.norms**2, self.parts.next
        for component, row in enumerate(bound):
            rows = np.flatnonzero(row >= floor)
            closer = row[rows]
            if len(rows):
                closer -= _squares(self.rough.take(rows, axis=0) @ further.rows[component].T)
                closer += further.slack[component] * squares[rows]
            row.fill(-np.inf)
            row[rows] = closer
        self._likeliest(bound)
        floor = self._floor()
        for component, row in enumerate(bound):
            rows = np.flatnonzero(row >= floor)
            if len(rows):
                self._evaluate(component, rows)
        return self.found

    def _measured(self, reach):
        """(k, n) the weighted log densities from above, by the first directions."""
        bound = np.empty((self.parts.k, self.n), np.float32)
        rows, slack = self.parts.first.rows, self.parts.first.slack
        step = max(1, MEASURED // (rows.shape[1] * self.n))
        for start in range(0, len(rows), step):
            some = rows[start : start + step]
            z = (some.reshape(-1, some.shape[2]) @ self.rough.T).reshape(*some.shape[:2], self.n)
            np.einsum("kmn,kmn->kn", z, z, out=bound[start : start + step])
        level = (self.parts.scales + slack * reach**2).astype(np.float32)
        return np.subtract(level[:, None], bound, out=bound)

    def _likeliest(self, bound):
        """Evaluate the likeliest component of each point by its bound, if it may be likelier than what is known."""
        points = np.arange(self.n)
        likeliest = bound.argmax(axis=0)
        likeliest[bound[likeliest, points] < self.top] = self.parts.k
        order = np.argsort(likeliest, kind="stable")
        edges = np.searchsorted(likeliest[order], np.arange(self.parts.k + 1))
        for component in range(self.parts.k):
            rows = order[edges[component] : edges[component + 1]]
            if len(rows):
                self._evaluate(component, rows)
                bound[component, rows] = -np.inf

    def _floor(self):
        """(n,) below which a bound rules a pair out."""
        return (self.top - self.parts.cut - 8.0 * ROUNDING * np.abs(self.top)).astype(np.float32)

    def _evaluate(self, component, rows):
        if isinstance(rows, slice):
            z = self.parts.z(
                self.x, component, None if self.arrays is None else self.arrays.array(self.x.shape, self.x.dtype)
            )
        else:
            z = self.parts.z(self.x.take(rows, axis=0), component)
        values = self.parts.scales[component] - 0.5 * _squares(z[:, :-1]).astype(np.float64)
        self.top[rows] = np.maximum(self.top[rows], values)
        self.room -= z.size
        self.found.append((component, rows, values, z if self.room >= 0 else None))


def _squares(z):
    """(n,) squared lengths."""
    return np.vecdot(z, z)


def _block(table, rows, parts, room, sums):
    """Add the moments of one block of points; return its log likelihood and the number of pairs that matter."""
    block = _Block(table, rows, parts, room)
    found, top, x = block.pairs(), block.top, block.x
    total = np.zeros(len(x))
    shares = []
    for _, chosen, values, _ in found:
        share = np.exp(values - top[chosen])
        total[chosen] += share
        shares.append(share)
    densities = top + np.log(total)
    weight = None if table.weight is None else table.weight[rows].astype(np.float64)
    scale = (1.0 if weight is None else weight) / total
    above, pairs = np.exp(-parts.cut), 0
    for (component, chosen, _, z), share in zip(found, shares, strict=True):
        matter = np.flatnonzero(share > above)
        pairs += len(matter)
        heavy = share * scale[chosen]
        if len(matter) < 0.75 * len(share):
            heavy = heavy[matter]
            chosen = matter if isinstance(chosen, slice) else chosen[matter]
            z = None if z is None else z.take(matter, axis=0)
        if z is None:
            z = parts.z(x[chosen], component)
        mass = heavy.sum()
        z *= np.sqrt(heavy).astype(z.dtype)[:, None]
        part = z.T @ z
        sums[component] += part
        sums[component, -1, -1] += mass - part[-1, -1]
    return float(densities.sum() if weight is None else weight @ densities), pairs
