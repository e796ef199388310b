"""Gaussians in many coordinates through BLAS: blocks of points, and only the pairs that matter.

Blocks are worked one after the other, and the pieces of each in parallel: a piece is a component and some points of the
block. Pieces do not depend on the number of threads. The caller limits BLAS to one thread: then the result has the same
bits for any number.
"""
# mypy: ignore-errors

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from .ruled_out import FEW, SAMPLE, Components, _Block, gathered
from .threads import Room, Spare, in_turns, ranges, spread, stream

SUMMED = 4096  # points of which moments are summed at once, at least
FILLED = 2**18  # numbers that one thread prepares at once, where there are more
MIDDLE = 250  # points from which centre and units are estimated


class Table(NamedTuple):
    """n points about `centre` (d,) in units of `unit` (d,), powers of two near the spread of each column.

    x: (n, d + 1), after a column of ones, for offsets. weight: (n,) or None. By which pairs are ruled out, of no use
    where points are so few that all are evaluated: rough, x in single precision; norms, (n,) of its rows; mean,
    scatter, (d,), (d, d) of a sample. spare: memory for z, which every step needs; rooms: that of threads.
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
    rooms: Spare[Room]


def prepare(x: NDArray[Any], weight: NDArray[Any] | None = None, n_threads: int | None = None) -> Table:
    """The points relative to their median, which avoids cancellation far from the origin.

    The mean would not do: a far outlier would move it away from all other points.
    """
    (n, d), spare = x.shape, (Spare(Room), Spare(Room))
    some = x[:: max(1, n // MIDDLE)].astype(np.float64)
    centre = _middle(some)
    with np.errstate(over="ignore", invalid="ignore"):
        away = np.abs(some - centre)
    reach = _middle(away)
    reach = np.where(reach > 0, reach, away.max(axis=0))
    unit = np.exp2(np.round(np.log2(np.where(reach > 0, reach, 1.0))))
    near = np.empty((n, d + 1), x.dtype)
    rough = near if n < FEW or x.dtype == np.float32 else np.empty(near.shape, np.float32)
    norms = np.zeros(n)

    def fill(part):
        here = slice(*part)
        with np.errstate(over="ignore", invalid="ignore"):
            rows = np.subtract(x[here], centre, out=near[here, 1:], casting="same_kind")
            rows /= unit.astype(x.dtype)
            near[here, 0] = 1.0
            if n >= FEW:
                rough[here] = near[here]
                norms[here] = np.sqrt(np.vecdot(rough[here], rough[here]))

    spread(fill, ranges(n, -(-n * d // FILLED)), in_turns(n_threads))
    if n < FEW:
        return Table(near, rough, norms, weight, centre, unit, np.zeros(d), np.zeros((d, d)), *spare)
    with np.errstate(over="ignore", invalid="ignore"):
        some = (x[:: max(1, n // SAMPLE)] - centre) / unit
        mean = some.mean(axis=0)
        some -= mean
        scatter = some.T @ some / len(some)
    return Table(near, rough, norms, weight, centre, unit, mean, scatter, *spare)


def _middle(some):
    """The medians of columns; of an even number, the upper one. Rows are sorted in vectors, columns are not."""
    return np.sort(np.ascontiguousarray(some.T), axis=1)[:, len(some) // 2]


def features_pay(d: int, k: int, share: float = 0.0) -> Any:
    """Whether all pairs by products of features take less work than to evaluate that share of them; see `products`.

    In units of about a nanosecond a pair, from measurements.
    """
    features = 1 + d + d * (d + 1) // 2
    every = 0.09 * d**2 + 1.2 * d + 50.0
    return features * (1.15 / k + 0.085) < min(every, 25.0 + 0.35 * d + share * every)


def expect(table: Table, parts: Components, n_threads: int | None = None) -> Any:
    """(moments (k, 1 + d), second (k, d, d), log likelihood, pairs): whitened moments about the means."""
    k, d = parts.k, parts.d
    sums, room = np.zeros((k, d + 1, d + 1)), table.spare.take()
    likelihood, pairs = 0.0, 0
    for rows in _blocks(len(table.x), parts.size):
        found = _block(table, rows, parts, n_threads, room, sums)
        room.leave()
        likelihood, pairs = likelihood + found[0], pairs + found[1]
    table.spare.give(room)
    return sums[:, 0], sums[:, 1:, 1:], likelihood, pairs


def ask(table: Table, parts: Components, answer: Any, n_threads: int | None = None) -> list[Any]:
    """[answer(joint (k, b))] of points one after the other; `answer` may write to what it is given.

    joint: the weighted log densities; -inf where they do not matter.
    """
    found = []
    for rows in _blocks(len(table.x), parts.size):
        block = _Block(table, rows, parts, n_threads)
        joint = np.full((parts.k, block.n), -np.inf)
        block.evaluated()
        for piece in block.pieces:
            joint[piece.component, piece.rows] = block.values[piece.place]
        found += block.side_by_side(lambda part, joint=joint: answer(joint[:, slice(*part)]), block.parts_of_rows())
    return found


def _blocks(n, size):
    return [slice(*part) for part in ranges(n, -(-n // size))]


def _block(table, rows, parts, n_threads, room, sums):
    """Add the moments of one block of points; return its log likelihood and the number of pairs that matter."""
    block = _Block(table, rows, parts, n_threads, room)
    block.evaluated()
    share = np.exp(block.values - block.top[block.points])
    total = np.bincount(block.points, share, block.n)
    densities = block.top + np.log(total)
    weight = None if table.weight is None else table.weight[rows].astype(np.float64)
    matter = share > np.exp(-parts.cut)
    heavy = share * ((1.0 if weight is None else weight) / total)[block.points]

    def summed(pieces):
        """(component, moments of z, mass) of pieces of one component."""
        component, kept = pieces[0].component, pieces[0].kept
        places = np.concatenate([piece.place.start + np.flatnonzero(matter[piece.place]) for piece in pieces])
        mass = heavy[places]
        sums = np.zeros((parts.d + 1, parts.d + 1))
        given = (block.store, places) if kept else (block.x, block.points[places])
        for part, z, room in gathered(*given, block.rooms):
            if not kept:  # it is computed again
                x, z = z, room.array(z.shape, z.dtype)
                parts.z(x, component, z)
            z *= np.sqrt(mass[part]).astype(z.dtype)[:, None]
            sums += np.dot(z.T, z)
        return component, sums, mass.sum()

    for component, part, mass in stream(summed, _together(block.pieces), block.n_threads):
        sums[component] += part
        sums[component, 0, 0] += mass - part[0, 0]
    return float(densities.sum() if weight is None else weight @ densities), np.count_nonzero(matter)


def _together(pieces):
    """Groups of pieces of one component, of enough points, whose z are all kept or all not."""
    groups, waiting, count = [], [], 0
    for piece in sorted(pieces, key=lambda piece: (piece.component, piece.kept)):
        like = waiting and (waiting[0].component, waiting[0].kept) == (piece.component, piece.kept)
        if waiting and (not like or count >= SUMMED):
            groups.append(waiting)
            waiting, count = [], 0
        waiting.append(piece)
        count += piece.place.stop - piece.place.start
    return [*groups, waiting] if waiting else groups
