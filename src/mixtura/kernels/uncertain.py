"""Rows that are measured with errors of their own, or not at all in some of the coordinates: worked one by one.

A row is x = t + e, where t is a point of the mixture and e of N(0, N) its own error. Under the component N(m, S), the
coordinates o that the row has are N(m_o, T) with T = S_oo + N_oo = L D L^T, where L has a diagonal of ones; with
z = L^-1 (x - m)_o and V = L^-1 S_o, the point t has the mean m + V^T D^-1 z and the covariance S - V^T D^-1 V. A gap is
an error without bound.

No two rows share T, but each row meets all components, so vectors run over these, a register at a time: their table
lies in that order. A factor is given up once what it has of the log density, with the most that the rest may add, is
`cut` nats below the best of the row.

For EM, V is of L_S in the place of S, where S = L_S L_S^T. Moments are then those of L_S^-1 (t - m), with the identity
for S; half of V is zero; and without errors it is the identity too.
Source: Bovy, Hogg and Roweis 2011, "Extreme deconvolution", section 3.
"""
# mypy: ignore-errors

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from . import posteriors
from .compiled import read_only
from .posteriors import COVARIANCE, LABEL, LANES, LOG_DENSITY, MEAN, MOMENTS, NOTHING, SHARES, Memory, Out, Row
from .threads import Spare, aligned, ranges, stream

FEW, PARTS, MOST = 64, 64, 2**14  # rows of a range at least; ranges, unless these had more rows than MOST
KEPT = 2**16  # numbers of the factors of all components that are kept until it is known which of them matter
MILD = 1e70  # variances, and their inverses, of which four may be multiplied


class Table(NamedTuple):
    """Components, a register at a time; rows of LANES numbers.

    Of each register: log weights; means (d); the least log deviations given all else, negated (d); S; and L_S, both as
    packed lower triangles, or as diagonals.
    """

    rows: Any  # (registers (1 + 2 d + 2 entries), LANES)
    unit: Any  # (d,) powers of two, by which the coordinates are multiplied
    diagonal: bool
    k: int
    extremes: tuple[float, float]  # least variance given all else, and the largest


def table(
    log_weights: NDArray[Any],
    means: NDArray[Any],
    covariances: NDArray[Any],
    factors: NDArray[Any],
    whitener: NDArray[Any],
) -> Table:
    """The table of components: means (k, d); all else (k, d, d), (1, d, d), or (k, d) of diagonal ones."""
    k, d = means.shape
    diagonal = factors.ndim == 2
    variances = covariances if diagonal else np.diagonal(covariances, axis1=1, axis2=2)
    precisions = whitener**2 if diagonal else np.einsum("kij,kij->kj", whitener, whitener)
    with np.errstate(over="ignore"):
        unit = 2.0 ** -np.round(0.25 * (np.log2(variances).max(axis=0) + np.log2(variances).min(axis=0)))
    square = unit**2 if diagonal else np.outer(unit, unit)
    if diagonal:
        packed = covariances * square, factors * unit
    else:
        rows, columns = np.tril_indices(d)
        packed = (covariances * square)[:, rows, columns], (factors * unit[:, None])[:, rows, columns]
    scaled = precisions / unit**2
    parts = [log_weights[:, None], means * unit, 0.5 * np.log(scaled), *packed]
    flat = np.concatenate([np.broadcast_to(part, (k, part.shape[1])) for part in parts], axis=1)  # (k, features)
    registers = -(-k // LANES)
    padded = np.repeat(flat[:1], registers * LANES, axis=0)
    padded[:k] = flat
    padded[k:, 0] = -np.inf
    arranged = padded.reshape(registers, LANES, -1).transpose(0, 2, 1).reshape(-1, LANES)
    extremes = float(1.0 / scaled.max()), float((variances * unit**2).max())
    rows = aligned((len(arranged), LANES))
    rows[:] = arranged
    return Table(read_only(rows), read_only(unit), diagonal, k, extremes)


def expect(
    x: NDArray[Any],
    noise: NDArray[Any] | None,
    weight: NDArray[Any],
    components: Table,
    cut: float,
    n_threads: int | None = None,
) -> Any:
    """(moments (k, 1 + d + w), log likelihood): mass, moments of L_S^-1 (t - mean), first and second.

    Second ones: the lower triangle, row by row, w = d (d + 1) / 2, or the diagonal, w = d. x: (n, d) with NaN for gaps.
    noise: (n, d) or (n, d, d), or None. weight: (n,).
    """
    d = len(components.unit)
    entries = d if components.diagonal else d * (d + 1) // 2
    size = len(components.rows) // (1 + 2 * d + 2 * entries)  # registers
    noise = np.empty((len(x), 0)) if noise is None else noise
    spare = Spare(lambda: _memory(components))

    def work(part):
        out = NOTHING._replace(sums=aligned((size * (1 + d + entries), LANES)))
        memory = spare.take()
        likelihood = _over(MOMENTS, components, x, noise, weight, part, memory, cut, out)
        spare.give(memory)
        return out.sums, likelihood

    sums, likelihood = 0.0, 0.0
    for part, value in stream(work, _parts(len(x)), n_threads):
        sums, likelihood = sums + part, likelihood + value
    return sums.reshape(size, -1, LANES).transpose(0, 2, 1).reshape(size * LANES, -1)[: components.k], likelihood


def ask(
    question: int,
    x: NDArray[Any],
    noise: NDArray[Any] | None,
    components: Table,
    cut: float,
    n_threads: int | None = None,
) -> Out:
    """The answers about each row; of rows beyond all reach, -inf or NaN."""
    n, d = x.shape
    asked = {
        LOG_DENSITY: {"values": (n,)},
        LABEL: {"labels": (n,)},
        SHARES: {"shares": (n, components.k)},
        MEAN: {"means": (n, d)},
        COVARIANCE: {"means": (n, d), "covariances": (n, d, d)},
    }[question]
    out = NOTHING._replace(**{name: np.empty(shape, getattr(NOTHING, name).dtype) for name, shape in asked.items()})
    noise = np.empty((n, 0)) if noise is None else noise
    spare = Spare(lambda: _memory(components))
    weight = np.ones(n)

    def work(part):
        memory = spare.take()
        _over(question, components, x, noise, weight, part, memory, cut, out)
        spare.give(memory)

    for _ in stream(work, _parts(n), n_threads):
        pass
    return out


def _parts(n):
    return ranges(n, max(1, min(PARTS, n // FEW), n // MOST))


def _memory(components):
    d, diagonal = len(components.unit), components.diagonal
    entries = d if diagonal else d * (d + 1) // 2
    registers = len(components.rows) // (1 + 2 * d + 2 * entries)
    row = Row(np.empty(d), np.empty(d, np.int64), np.empty(d + 1, np.int64), np.empty(entries), np.empty(d))
    slots = registers if registers * entries * LANES <= KEPT else 1
    gain = d if diagonal else d * d
    sizes = (slots if diagonal else slots * entries, slots * d, slots * d, gain, gain, d)
    sizes += registers, registers, registers * d
    return Memory(row, *(aligned((size, LANES)) for size in sizes))


def _over(question, components, x, noise, weight, part, memory, cut, out):
    """Answer for the rows of a part."""
    low, high = components.extremes
    first, last = part
    x, noise, weight = (np.ascontiguousarray(array[first:last], np.float64) for array in (x, noise, weight))
    noise = noise.reshape(len(x), -1)
    scaled = noise.max(initial=0.0) * float(components.unit.max()) ** 2
    step = 4 if low * MILD > 1.0 and max(high, scaled) < MILD else 1
    given = read_only(x), read_only(noise), read_only(weight)
    return posteriors.over(
        question, components.rows, components.unit, components.diagonal, *given, first, memory, cut, step, out
    )
