"""Which pairs of a point and a component matter in many coordinates, by bounds of what they would be.

Responsibilities in many coordinates are nearly one-hot, so most pairs only have to be ruled out. What a pair's
z = W (x - mean) measures along any directions is at most its length, and so bounds the log density from above. For
every block of points:

1. All pairs are measured along the few directions in which a component's z of all points is longest: one product.
2. The likeliest component of each point by that bound is evaluated. What is not within the cut of it is ruled out.
3. What is left is measured along the next directions, and the likeliest by that is evaluated.
4. What is left then is evaluated.

Measures that only rule out are in single precision, and allow for its rounding. Where a sample says that most pairs
matter, all are evaluated at once.
"""
# mypy: ignore-errors

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from .threads import in_turns, ranges, spread

if TYPE_CHECKING:
    from .high_dimension import Table

BLOCK, SMALL = 2**16, 256  # points a block at most, and at least
PIECE = 2**13  # points of a component that are worked at once
PARTS, PART = 8, 2**11  # of the points of a block, at most, and points of one at least
WORTH = 2**20  # points times components and coordinates of a block from which more threads than one pay
KEEP = 2**26  # bytes of z of a block that are kept for the moments
HELD = 2**21  # bounds of a block
SOUGHT = 8  # components of which directions are sought at once
SAMPLE = 4000  # points from which the scatter is estimated, and the median length
FEW = 2000  # points: for fewer, to look for directions costs more than it saves
TRIED = 256  # points of which is seen how many pairs matter
CROWDED = 0.6  # of the pairs: where more have to be evaluated, none is ruled out
MEASURED = 2**19  # numbers measured along the directions at once
FIRST, NEXT = (24, 2, 8), (3, 4, 64)  # directions: one for so many coordinates, at least, and at most
STEPS = 2  # towards the longest directions
ROUNDING = float(np.finfo(np.float32).eps) / 2  # of a number in single precision, at most
LENGTH = 16.0  # of z where a pair is near to be ruled out
GIVEN = 2.0**-12, 0.25  # what of its square may be given away
FARTHEST = 1e15  # factors and points of which single precision holds the products


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
        self,
        table: Table,
        means: NDArray[Any],
        whitener: NDArray[Any],
        log_scales: NDArray[Any],
        cut: float,
        n_threads: int | None = None,
    ) -> None:
        k, d = means.shape
        self.k, self.d, self.half, self.scales = k, d, d // 2, log_scales
        away = (means - table.centre) / table.unit
        w = np.broadcast_to(whitener * table.unit, (k, d, d))
        rows = self._augmented(w, away)
        self.w: NDArray[Any] = rows.astype(table.x.dtype)
        self.cut: float = cut
        self.crowded: bool = False
        self.share: float = 1.0
        if k > 1 and len(table.x) >= FEW:
            self._look_for_directions(table, w, away, n_threads)
        self.crowded = self.share > CROWDED
        each = k if self.crowded else max(2.0, 1.25 * self.share * k)  # pairs of a point whose z are kept
        self.size: int = int(max(SMALL, min(BLOCK, HELD // k, KEEP / (each * self.w[0, :1].nbytes))))

    def _look_for_directions(self, table, w, away, n_threads):
        """Along which to rule out, and how much is left in a sample."""
        d, n = self.d, len(table.x)
        first, more = (min(d, max(least, min(most, d // share))) for share, least, most in (FIRST, NEXT))
        reach = float(np.median(table.norms[:: max(1, n // SAMPLE)]))
        found = spread(
            lambda part: _directions(w[slice(*part)], away[slice(*part)], table, min(d, first + more)),
            ranges(self.k, -(-self.k // SOUGHT)),
            in_turns(n_threads),
        )
        longest = self._augmented(np.concatenate(found), away)
        self.first, self.next = _Bound(longest[:, :first], reach), _Bound(longest[:, first:], reach)
        step = max(1, n // min(TRIED, n // 8))
        some = table._replace(x=table.x[::step], rough=table.rough[::step], norms=table.norms[::step])
        block = Block(some, slice(None), self, n_threads)
        block.evaluated()
        self.share = len(block.values) / block.n / self.k

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


class Piece(NamedTuple):
    """Some pairs of one component. place: of these among those of the block. z: as Components.z, or None."""

    component: int
    rows: Any
    place: slice
    z: Any


class Block:
    """A block of points, of which pairs are evaluated.

    top: (n,) the largest of the weighted log densities. pieces: what is evaluated; points (pairs,) and values (pairs,)
    are the points and the weighted log densities of their pairs. room: memory in which z is kept, if it is.
    """

    def __init__(self, table, rows, parts, n_threads, room=None) -> None:
        self.x, self.rough, self.norms = table.x[rows], table.rough[rows], table.norms[rows]
        self.parts, self.n = parts, len(self.x)
        self.n_threads = in_turns(n_threads) if self.x.size * parts.k >= WORTH else 1
        self.store = self.x[:0]
        if room is not None:  # as much for any block, so that memory is used again
            most = min(KEEP // self.x[:1].nbytes, min(parts.size, len(table.x)) * parts.k)
            self.store = room.array((most, self.x.shape[1]), self.x.dtype)
        self.top = np.full(self.n, -np.inf)
        self.pieces, self.points, self.values = [], np.empty(0, np.intp), np.empty(0)

    def side_by_side(self, work, items):
        """[work(item) for item in items], in parallel where the block is large."""
        return spread(work, items, self.n_threads)

    def parts_of_rows(self):
        """Ranges of the points."""
        return ranges(self.n, min(PARTS, -(-self.n // PART)))

    def evaluated(self):
        """Evaluate what has to be."""
        if self.parts.crowded or not float(self.norms.max()) < FARTHEST:
            self._evaluate(itertools.product(range(self.parts.k), (slice(*part) for part in self.parts_of_rows())))
        else:
            self._matter()

    def _matter(self):
        """Evaluate the pairs that matter, and some others."""
        bound = self.measured()
        self._likeliest(bound)
        lengths, further = self.norms**2, self.parts.next
        names, points = self._above(bound)

        def closer(piece):
            component, rows = piece
            value = bound[component, rows]
            value -= squares(self.rough.take(rows, axis=0) @ further.rows[component].T)
            value += further.slack[component] * lengths[rows]
            return value

        pieces = _pieces_of(names, points, self.parts.k)
        found = self.side_by_side(closer, pieces)
        bound.fill(-np.inf)
        for (component, rows), value in zip(pieces, found, strict=True):
            bound[component, rows] = value
        self._likeliest(bound)
        self._evaluate(_pieces_of(*self._above(bound), self.parts.k))

    def measured(self):
        """(k, n) the weighted log densities from above, by the first directions."""
        rows, slack = self.parts.first.rows, self.parts.first.slack
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

    def _likeliest(self, bound):
        """Evaluate the likeliest component of each point by its bound, if it may be likelier than what is known."""
        names = np.concatenate(
            self.side_by_side(lambda part: bound[:, slice(*part)].argmax(axis=0), self.parts_of_rows())
        )
        points = np.flatnonzero(~(bound[names, np.arange(self.n)] < self.top))
        points = points[np.argsort(names[points], kind="stable")]
        names = names[points]
        self._evaluate(_pieces_of(names, points, self.parts.k))
        bound[names, points] = -np.inf

    def _above(self, bound):
        """(components, points) of the pairs that bounds (k, n) do not rule out."""
        floor = (self.top - self.parts.cut - 8.0 * ROUNDING * np.abs(self.top)).astype(np.float32)
        return np.divmod(np.flatnonzero(bound >= floor), self.n)

    def _evaluate(self, pieces):
        """Evaluate pieces: a component and rows."""
        pieces, everyone = list(pieces), np.arange(self.n)
        ends = np.cumsum([len(everyone[rows]) for _, rows in pieces], dtype=int)
        if not len(ends):
            return
        before = len(self.values)
        store = self.store[before : before + ends[-1]]
        kept = len(store) == ends[-1]
        values = np.empty(ends[-1])

        def evaluate(number):
            component, rows = pieces[number]
            x = self.x[rows] if isinstance(rows, slice) else self.x.take(rows, axis=0)
            here = slice(ends[number] - len(x), ends[number])
            z = self.parts.z(x, component, store[here] if kept else None)
            values[here] = self.parts.scales[component] - 0.5 * squares(z[:, :-1]).astype(np.float64)
            return Piece(component, rows, slice(before + here.start, before + here.stop), z if kept else None)

        found = self.side_by_side(evaluate, range(len(pieces)))
        self.pieces += found
        self.values = np.concatenate([self.values, values])
        self.points = np.concatenate([self.points, *(everyone[rows] for _, rows in pieces)])
        for piece in found:
            self.top[piece.rows] = np.maximum(self.top[piece.rows], self.values[piece.place])


def _pieces_of(names, points, k):
    """[(component, some of its points)] of pairs in the order of their components `names`."""
    edges = np.searchsorted(names, np.arange(k + 1))
    found = []
    for component, (first, last) in enumerate(itertools.pairwise(edges)):
        found += [(component, points[start : min(start + PIECE, last)]) for start in range(first, last, PIECE)]
    return found


def squares(z):
    """(n,) squared lengths."""
    return np.vecdot(z, z)
