"""Tours of places in the plane: along a Hilbert curve, and shortened by exchanges of edges."""
# mypy: ignore-errors

from __future__ import annotations

import numpy as np

from .compiled import compiled

BITS = 16  # of each coordinate on the curve
NEAR = 8  # neighbours of a place that may become its neighbours on the tour
SEGMENT = 3  # places that are moved to another part of the tour together, at most
FAR = 50_000  # places along a part that is turned round, at most: longer ones cost more than they save


def along_curve(places: np.ndarray) -> np.ndarray:
    """(n,) the order of places (n, 2) along a Hilbert curve over their square: neighbours on it are near.

    As a tour of random places it is about a third longer than the shortest.
    Source: Skilling 2004, "Programming the Hilbert curve"; Platzman and Bartholdi 1989 on tours along such curves.
    """
    low = places.min(axis=0)
    side = float((places - low).max()) or 1.0
    cells = np.minimum((places - low) * (2**BITS / side), 2**BITS - 1).astype(np.int64)
    keys = np.empty(len(places), np.int64)
    _keys(cells, keys)
    return np.argsort(keys, kind="stable")


def short(places: np.ndarray) -> np.ndarray:
    """(n,) the order of places (n, 2) on a short tour with open ends, about 7 percent above the shortest.

    The curve's tour, by 2-opt and Or-opt: two edges are exchanged, or up to three places in a row are moved, as long as
    either saves length. Only near places become neighbours, so that the cost is O(n log n) in practice.
    Source: Bentley 1992, "Fast algorithms for geometric traveling salesman problems".
    """
    from scipy.spatial import cKDTree

    n, x = len(places), np.ascontiguousarray(places, np.float64)
    if n < 3:
        return np.arange(n)
    near = cKDTree(x).query(x, min(1 + NEAR, n))[1][:, 1:]  # the first is the place, or one in the same place
    # A place without distance to any other joins the ends: all exchanges are then those of a closed tour.
    tour = np.append(along_curve(x), n)
    where = np.empty(n + 1, np.int64)
    where[tour] = np.arange(n + 1)
    least = 1e-12 * np.ptp(x)  # what rounding could make of no gain
    _shorten(x, near, tour, where, tour.copy(), np.ones(n + 1, np.bool_), least)
    return np.roll(tour, -where[n])[1:]


@compiled
def _keys(cells, keys):
    for i in range(len(cells)):
        x, y, key = cells[i, 0], cells[i, 1], 0
        half = 1 << (BITS - 1)
        while half:
            right, down = (x & half) > 0, (y & half) > 0
            key += half * half * ((3 if right else 0) ^ (1 if down else 0))
            x, y = x & (half - 1), y & (half - 1)
            # Each quarter holds the curve again, turned so that its ends meet its neighbours'.
            if not down:
                if right:
                    x, y = half - 1 - x, half - 1 - y
                x, y = y, x
            half >>= 1
        keys[i] = key


@compiled(allocates=True)
def _shorten(x, near, tour, where, queue, waits, least):
    """Shorten `tour` in place. queue: the places in the order in which they are looked at; waits: which are in it."""
    n = len(tour)
    first, count = 0, n
    ends = np.empty(6, np.int64)  # of the edges that are exchanged
    while count:
        a = queue[first]
        first, count = (first + 1) % n, count - 1
        waits[a] = False
        if a == len(x):
            continue
        changed = _exchange(x, near, tour, where, a, least, ends)
        if not changed:
            changed = _move(x, near, tour, where, a, least, ends)
        for i in range(changed):  # their neighbours are new
            if not waits[ends[i]]:
                waits[ends[i]] = True
                queue[(first + count) % n] = ends[i]
                count += 1


@compiled(inner=True)
def _apart(x, a, b):
    if a == len(x) or b == len(x):
        return 0.0
    return np.sqrt((x[a, 0] - x[b, 0]) ** 2 + (x[a, 1] - x[b, 1]) ** 2)


@compiled(inner=True)
def _beside(tour, where, a, step):
    """The place that comes `step` after `a` on the tour; |step| is less than its length."""
    at = where[a] + step
    n = len(tour)
    return tour[at - n if at >= n else at + n if at < 0 else at]


@compiled(inner=True)
def _exchange(x, near, tour, where, a, least, ends):
    """Put a neighbour of `a` beside it, by exchange of two edges, if that saves length; return how many `ends`."""
    for step in (1, -1):
        b = _beside(tour, where, a, step)
        ab = _apart(x, a, b)
        for c in near[a]:
            ac = _apart(x, a, c)
            if ac >= ab:
                break
            if c == a:
                continue
            d = _beside(tour, where, c, step)
            if ab - ac + _apart(x, c, d) - _apart(x, b, d) > least and _swap(tour, where, a, b, c, d, FAR):
                ends[0], ends[1], ends[2], ends[3] = a, b, c, d
                return 4
    return 0


@compiled(inner=True)
def _move(x, near, tour, where, a, least, ends):
    """Move a row of places that begins with `a` beside one of its neighbours, if that saves length."""
    n = len(tour)
    for step in (1, -1):
        p = _beside(tour, where, a, -step)
        pa = _apart(x, p, a)
        for more in range(min(SEGMENT, n - 3)):
            e = _beside(tour, where, a, step * more)
            q = _beside(tour, where, e, step)
            if q == p:
                break
            saved = pa + _apart(x, e, q) - _apart(x, p, q)
            for c in near[a]:
                ac = _apart(x, a, c)
                if ac >= min(pa, saved):
                    break
                if (step * (where[c] - where[a])) % n <= more:
                    continue  # within the row itself
                for side in (step, -step):
                    f = _beside(tour, where, c, side)
                    if (side == step and c == p) or (side != step and c == q):
                        continue
                    if saved - ac - _apart(x, e, f) + _apart(x, c, f) <= least:
                        continue
                    if side == step:  # p a..e q..c f: p q..c a..e f
                        done = _swap(tour, where, p, a, c, f, FAR)
                        if done:
                            _swap(tour, where, p, c, q, e, n)
                            _swap(tour, where, c, e, a, f, n)
                    else:  # p a..e q..f c: p q..f e..a c
                        done = _swap(tour, where, p, a, f, c, FAR)
                        if done:
                            _swap(tour, where, p, f, q, e, n)
                    if done:
                        ends[0], ends[1], ends[2], ends[3], ends[4], ends[5] = a, e, p, q, c, f
                        return 6
    return 0


@compiled(inner=True)
def _swap(tour, where, a, b, c, d, far):
    """Exchange the edges a-b, c-d for a-c, b-d; return False, and do nothing, if more than `far` places had to turn."""
    n = len(tour)
    if _beside(tour, where, a, 1) == b:
        i, j = where[b], where[c]
    else:
        i, j = where[a], where[d]
    inner = (j - i) % n + 1
    if 2 * inner > n:  # what lies outside is turned round instead
        i, j, inner = (j + 1) % n, (i - 1) % n, n - inner
    if inner > far:
        return False
    for _ in range(inner // 2):
        u, v = tour[i], tour[j]
        tour[i], tour[j] = v, u
        where[v], where[u] = i, j
        i, j = i + 1 if i + 1 < n else 0, j - 1 if j else n - 1
    return True
