"""Which pairs of a point and a component matter in many coordinates, by bounds of what they would be.

Responsibilities in many coordinates are nearly one-hot, so most pairs only have to be ruled out. What a pair's
z = W (x - mean) measures along any directions is at most its length, and so bounds the log density from above. For
every block of points:

1. All pairs are measured along the few directions in which a component's z of all points is longest: one product.
2. The likeliest component of each point by that bound is evaluated. What is not within the cut of it is ruled out.
3. What is left is measured along the next directions, and the likeliest by that is evaluated.
4. What is left then is measured along all, if that is cheaper than to evaluate it.
5. What is left then is evaluated.

Measures that only rule out are in single precision, and allow for its rounding. Where a sample says that most pairs
matter, all are evaluated at once.
"""
# mypy: ignore-errors

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from .normalising import row_of
from .threads import in_turns, ranges, spread

if TYPE_CHECKING:
    from .gaussians import Gaussians
    from .high_dimension import Table

BLOCK, SMALL = 2**16, 256  # points a block at most, and at least
PIECE = 2**13  # points of a component that are worked by one thread
TOGETHER = 2**18  # numbers of points that are gathered, and worked, at once: they stay in the cache
BAND = 16  # rows of which products are efficient
PARTS, PART = 8, 2**11  # of the points of a block, at most, and points of one at least
WORTH = 2**20  # points times components and coordinates of a block from which more threads than one pay
KEEP = 2**26  # bytes of z of a block that are kept for the moments
HELD = 2**21  # bounds of a block
SOUGHT = 8  # components of which directions are sought at once
SAMPLE = 4000  # points from which the scatter is estimated, and the median length
FEW = 2000  # points: for fewer, to look for directions costs more than it saves
TRIED = 128  # points of which is seen how many pairs matter
CROWDED = 0.6  # of the pairs: where more have to be evaluated, none is ruled out
MEASURED = 2**19  # numbers measured along the directions at once
FIRST, NEXT = (24, 2, 8), (3, 4, 64)  # directions: one for so many coordinates, at least, and at most
STEPS = 2  # towards the longest directions
SINGLE = 0.5  # of the work of a pair in double precision
ROUNDING = float(np.finfo(np.float32).eps) / 2  # of a number in single precision, at most
LENGTH = 16.0  # of z where a pair is near to be ruled out
GIVEN = 2.0**-12, 0.25  # what of its square may be given away
FARTHEST = 1e15  # factors and points of which single precision holds the products


class Components:
    """k components as they are measured and evaluated in a table's units.

    cut: pairs whose log density is so much below the largest of their point do not matter. share: of the pairs of a
    sample that would be evaluated where what can be ruled out is. crowded: whether all are evaluated at once instead.
    work: of a pair, in those of one that is evaluated. bands: see `_bands`.
    """

    k: int
    d: int
    bands: Any
    scales: NDArray[Any]
    first: Any
    next: Any
    all: Any

    def __init__(self, table: Table, gaussians: Gaussians, cut: float, n_threads: int | None = None) -> None:
        means, _, whitener, log_scales = gaussians
        k, d = means.shape
        self.k, self.d, self.bands, self.scales = k, d, _bands(d), log_scales
        away = (means - table.centre) / table.unit
        w = np.broadcast_to(whitener * table.unit, (k, d, d))
        rows = _augmented(w, away)
        self.w: NDArray[Any] = rows.astype(table.x.dtype)
        self.cut: float = cut
        self.share: float = 1.0
        self.work: float = 1.0
        if k > 1 and len(table.x) >= FEW:
            self._look_for_directions(table, w, away, rows, n_threads)
        self.crowded: bool = self.work > CROWDED
        each = k if self.crowded else max(2.0, 1.25 * self.share * k)  # pairs of a point whose z are kept
        self.size: int = int(max(SMALL, min(BLOCK, HELD // k, KEEP / (each * self.w[0, :1].nbytes))))

    def _look_for_directions(self, table, w, away, rows, n_threads):
        """Along which to rule out, and how much is left in a sample."""
        d, n = self.d, len(table.x)
        first, more = (min(d, max(least, min(most, d // share))) for share, least, most in (FIRST, NEXT))
        more -= more % BAND if more > BAND else 0
        reach = float(np.median(table.norms[:: max(1, n // SAMPLE)]))
        found = spread(
            lambda part: _directions(w[slice(*part)], away[slice(*part)], table, min(d, first + more)),
            ranges(self.k, -(-self.k // SOUGHT)),
            in_turns(n_threads),
        )
        longest = _augmented(np.concatenate(found), away)
        self.first, self.next = _Bound(longest[:, :first], reach), _Bound(longest[:, first:], reach)
        self.all = _Bound(rows, reach, self.bands)
        step = max(1, n // min(TRIED, n // 24))
        some = table._replace(x=table.x[::step], rough=table.rough[::step], norms=table.norms[::step])
        self.share, measured = _Block(some, slice(None), self, n_threads).share_left()
        self.work = self.share + SINGLE * (measured - self.share)

    def z(self, x: NDArray[Any], component: int, out: NDArray[Any]) -> None:
        """(n, d + 1) z of augmented points, after a column of ones."""
        out[:, 0] = 1.0
        _times(self.w[component], x, out[:, 1:], self.bands)


def _times(w, x, out, bands):
    """`out` becomes x w', a band of rows of w at a time, which need no columns of x after it: w is a triangle."""
    for first, last in bands:
        np.matmul(x[:, : last + 1], w[first:last, : last + 1].T, out=out[:, first:last])


def _augmented(w, away):
    """(k, m, d + 1) rows of W after their offsets, where points have a one."""
    return np.concatenate([-(w @ away[:, :, None]), w], axis=2)


def _bands(d):
    """Ranges of the rows of a triangle that are multiplied at once: about three, as rows above need less of a point."""
    band = max(1, round(d / 3 / BAND)) * BAND
    return list(itertools.pairwise([0, *range(d % band + band, d, band), d]))


class _Bound:
    """Half the squared length of some rows of z from below, in single precision: what is measured, less the slack.

    If the length of z is known up to e, its square is at least (1 - g) of the known one less e^2 / g, for any g in
    (0, 1): whichever costs least where a pair is near to be ruled out.
    """

    def __init__(self, rows, reach, bands=None) -> None:
        width = rows.shape[2]
        self.bands = bands or [(0, width)]
        flat = rows.reshape(len(rows), -1)
        steep = np.sqrt(np.vecdot(flat, flat))
        fine = steep < FARTHEST  # of others, nothing is ruled out
        error = (width + 2) * ROUNDING * np.where(fine, steep, 0.0)  # of a point of length 1
        given = np.clip(error * reach / LENGTH, *GIVEN)
        shrink = np.where(fine, np.sqrt(0.5 * (1.0 - given)), 0.0)[:, None, None]
        self.rows = np.empty(rows.shape, np.float32)
        np.multiply(rows if fine.all() else np.where(shrink > 0, rows, 0.0), shrink, out=self.rows, casting="same_kind")
        self.slack = 0.5 * error**2 / given  # times the squared length of an augmented point, (k,)

    def squares(self, x, component, room):
        """(n,) of points (n, d + 1), without the slack."""
        w = self.rows[component]
        z = room.array((len(x), len(w)), np.float32)
        _times(w, x, z, self.bands)
        return np.vecdot(z, z)


def _directions(w, away, table, m):
    """(k, m, d) rows of rotated whiteners: about the directions in which z of all points is longest, by subspaces."""
    d = w.shape[1]
    y = np.random.default_rng(0).normal(size=(1, d, m)).astype(np.float32)
    with np.errstate(all="ignore"):  # steps in single precision, which directions need no more of
        across = (w @ (table.mean - away)[:, :, None]).astype(np.float32)
        steep, scatter = w.astype(np.float32), table.scatter.astype(np.float32)
        for _ in range(STEPS):
            y = steep @ (scatter @ (steep.transpose(0, 2, 1) @ y)) + across @ (across.transpose(0, 2, 1) @ y)
            y /= np.abs(y).max(axis=(1, 2), keepdims=True)
        y = y.astype(np.float64)
        y = np.where(np.isfinite(y).all(axis=(1, 2), keepdims=True), y, 0.0)
        rows = np.linalg.qr(y)[0].transpose(0, 2, 1) @ w
        spread = rows @ table.scatter @ rows.transpose(0, 2, 1)
        return np.linalg.eigh(np.where(np.isfinite(spread), spread, 0.0))[1][:, :, ::-1].transpose(0, 2, 1) @ rows


class Pairs(NamedTuple):
    """Pairs, component by component, which begin at `edges` (k + 1,). bounds: log densities from above."""

    edges: Any
    points: Any
    bounds: Any

    def that(self, chosen: NDArray[Any]) -> Any:
        """Those of them that are chosen."""
        places = np.flatnonzero(chosen)
        return Pairs(places.searchsorted(self.edges), self.points.take(places), self.bounds.take(places))

    def pieces(self) -> Any:
        """[(component, a slice of its pairs)]."""
        each = enumerate(itertools.pairwise(self.edges))
        return [
            (component, slice(start, min(start + PIECE, last)))
            for component, (first, last) in each
            for start in range(first, last, PIECE)
        ]


class Piece(NamedTuple):
    """Some pairs of one component. place: of these among those of the block. kept: whether their z are."""

    component: int
    rows: Any
    place: slice
    kept: bool


class _Block:
    """A block of points, of which pairs are evaluated.

    top: (n,) the largest of the weighted log densities. pieces: what is evaluated; points (pairs,) and values (pairs,)
    are the points and the weighted log densities of their pairs. room: memory in which z is kept, if it is.
    """

    def __init__(self, table, rows, parts, n_threads, room=None) -> None:
        self.x, self.rough, self.norms = table.x[rows], table.rough[rows], table.norms[rows]
        self.parts, self.n = parts, len(self.x)
        self.n_threads = in_turns(n_threads) if self.x.size * parts.k >= WORTH else 1
        self.store, self.rooms = self.x[:0], table.rooms
        self.finely = self.x.dtype != self.rough.dtype  # then what single precision rules out is worth its products
        if room is not None:  # as much for any block, so that memory is used again
            most = min(KEEP // self.x[:1].nbytes, min(parts.size, len(table.x)) * parts.k)
            self.store = room.array((most, self.x.shape[1]), self.x.dtype)
        self.top = np.full(self.n, -np.inf)
        self.pieces, self.points, self.values = [], np.empty(0, np.intp), np.empty(0)

    def side_by_side(self, work: Any, items: Any) -> Any:
        """[work(item) for item in items], in parallel where the block is large."""
        return spread(work, items, self.n_threads)

    def parts_of_rows(self) -> Any:
        """Ranges of the points."""
        return ranges(self.n, min(PARTS, -(-self.n // PART)))

    def evaluated(self) -> None:
        """Evaluate what has to be."""
        if self.parts.crowded or not float(self.norms.max()) < FARTHEST:
            rows = [slice(*part) for part in self.parts_of_rows()]
            self._evaluate_pieces(list(itertools.product(range(self.parts.k), rows)))
        else:
            self._matter()

    def _matter(self):
        """Evaluate the pairs that matter, and some others."""
        bound, everyone = self.measured(self.parts.first), np.arange(self.n)
        best = self.side_by_side(lambda part: _first_largest(bound[:, slice(*part)]), self.parts_of_rows())
        names = np.concatenate(best).astype(np.min_scalar_type(self.parts.k))  # short numbers are sorted in one pass
        points = names.argsort(kind="stable")
        self._evaluate(Pairs(names[points].searchsorted(range(self.parts.k + 1)), points, points))
        bound[names, everyone] = -np.inf
        pairs = self._above(bound)
        self.closer(pairs, self.parts.next)
        best = np.full(self.n, -np.inf, np.float32)
        np.maximum.at(best, pairs.points, pairs.bounds)
        likely = (pairs.bounds == best[pairs.points]) & ~(pairs.bounds < self.top[pairs.points])
        self._evaluate(pairs.that(likely))
        pairs = pairs.that(~likely & (pairs.bounds >= self._floor()[pairs.points]))
        if self.finely:
            pairs.bounds[:] = np.repeat(self.parts.scales, np.diff(pairs.edges))
            self.closer(pairs, self.parts.all)
            pairs = pairs.that(pairs.bounds >= self._floor()[pairs.points])
        self._evaluate(pairs)

    def closer(self, pairs: Pairs, further: Any) -> None:
        """Take from the bounds of pairs what further directions measure."""
        lengths = self.norms**2

        def measure(piece):
            component, place = piece
            points, bounds = pairs.points[place], pairs.bounds[place]
            bounds += further.slack[component] * lengths.take(points)
            for part, x, room in gathered(self.rough, points, self.rooms):
                bounds[part] -= further.squares(x, component, room)

        self.side_by_side(measure, pairs.pieces())

    def share_left(self) -> Any:
        """About the shares of the pairs that are evaluated, and that are evaluated or measured along all directions."""
        bound, whole = (self.measured(some) for some in (self.parts.first, self.parts.all))
        scales = self.parts.scales
        closer = bound + self.measured(self.parts.next) - np.where(np.isfinite(scales), scales, 0.0)[:, None]
        everyone, left, top = np.arange(self.n), np.zeros(bound.shape, bool), -np.inf
        for names in (_first_largest(bound), _first_largest(closer)):
            left[names, everyone] = True
            top = np.maximum(top, whole[names, everyone])
        near = closer >= top - self.parts.cut
        left |= near & (whole >= top - self.parts.cut) if self.finely else near
        return left.mean(), (left | near).mean()

    def measured(self, directions: Any) -> Any:
        """(k, n) the weighted log densities from above, by some directions."""
        rows, slack = directions.rows, directions.slack
        bound = np.empty((self.parts.k, self.n), np.float32)
        level = (self.parts.scales + slack * float(self.norms.max()) ** 2).astype(np.float32)[:, None]
        step = max(1, MEASURED // (rows.shape[1] * -(-self.n // PARTS)))

        def measure(part):
            here = slice(*part)
            for start in range(0, len(rows), step):
                some = rows[start : start + step]
                z = (some.reshape(-1, some.shape[2]) @ self.rough[here].T).reshape(*some.shape[:2], -1)
                np.einsum("kmn,kmn->kn", z, z, out=bound[start : start + step, here])
            np.subtract(level, bound[:, here], out=bound[:, here])

        self.side_by_side(measure, self.parts_of_rows())
        return bound

    def _floor(self):
        """(n,) bounds below which a pair does not matter."""
        return (self.top - self.parts.cut - 8.0 * ROUNDING * np.abs(self.top)).astype(np.float32)

    def _above(self, bound):
        """The pairs that bounds (k, n) do not rule out."""
        floor = self._floor()

        def above(component):
            points = np.flatnonzero(bound[component] >= floor)
            return points, bound[component].take(points)

        found = self.side_by_side(above, range(self.parts.k))
        points, bounds = (np.concatenate(part) for part in zip(*found, strict=True))
        return Pairs(np.cumsum([0] + [len(some) for some, _ in found]), points, bounds)

    def _evaluate(self, pairs):
        self._evaluate_pieces([(component, pairs.points[place]) for component, place in pairs.pieces()])

    def _evaluate_pieces(self, pieces):
        """Evaluate pieces: a component and rows."""
        if not pieces:
            return
        points = [np.arange(rows.start, rows.stop) if isinstance(rows, slice) else rows for _, rows in pieces]
        ends = np.cumsum([len(some) for some in points])
        before = len(self.values)
        store = self.store[before : before + ends[-1]]
        kept = len(store) == ends[-1]
        values = np.empty(ends[-1])

        def evaluate(number):
            component, rows = pieces[number]
            last = ends[number]
            here = slice(ends[number - 1] if number else 0, last)
            for part, x, room in gathered(self.x, rows, self.rooms):
                place = slice(here.start + part.start, here.start + part.stop)
                z = store[place] if kept else room.array(x.shape, x.dtype)
                self.parts.z(x, component, z)
                values[place] = np.vecdot(z[:, 1:], z[:, 1:])
            values[here] *= -0.5
            values[here] += self.parts.scales[component]
            return Piece(component, rows, slice(before + here.start, before + here.stop), kept)

        found = self.side_by_side(evaluate, range(len(pieces)))
        self.pieces += found
        self.values = np.concatenate([self.values, values])
        self.points = np.concatenate([self.points, *points])
        np.maximum.at(self.top, self.points[before:], values)


def _first_largest(values):
    return row_of(values, values.max(axis=0))


def gathered(x: NDArray[Any], rows: Any, rooms: Any) -> Any:
    """(slice, x[rows][slice], memory until the next) one after the other."""
    room, step = rooms.take(), max(1, TOGETHER // x.shape[1])
    view = x[rows] if isinstance(rows, slice) else None
    for part in ranges(n := len(rows if view is None else view), -(-n // step)):
        here = slice(*part)
        if view is not None:
            yield here, view[here], room
        else:
            out = room.array((part[1] - part[0], x.shape[1]), x.dtype)
            yield here, np.take(x, rows[here], axis=0, out=out, mode="clip"), room
        room.leave()
    rooms.give(room)
