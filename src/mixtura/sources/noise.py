"""Points that are measured with errors: the covariance of each row's error, beside the rows of any source."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..arrays import Array, Bools, Floats
from ..checks import by_name, real
from ..errors import InputError, named
from .beside import Beside
from .blocks import Blocks, Piece
from .dask import DaskSource
from .fingerprint import above
from .points import Points, noise_bits
from .source import Source, Survey

NAME = "noise_covariance"
BLOCK = 2**20  # numbers that are looked at together
WIDEST = 1e300  # a variance that can be added to others
FLAT = 64 * float(np.finfo(np.float64).eps)  # times d and the variances: what rounding leaves of an eigenvalue of 0
SKEW = 1e-8  # of the variances: what a matrix may differ from its transpose


def measured(source: Source, noise: Any) -> Source:
    """The points with the covariance of each one's error.

    Parameters
    ----------
    source : Source
        Points, wherever they are.
    noise : array_like of float, shape (d,), (n, d) or (n, d, d)
        Variances of all rows or of each row, or a matrix for each row; of shape (1, d, d), one for all rows. A frame's
        columns are taken by name, if the points have names. NaN is allowed where the row misses the coordinate.

    Returns
    -------
    Source
        `Points` with `noise`, where they are in memory. Without noise at all, the source itself.

    Raises
    ------
    InputError
        If shapes differ, or the covariance of a row is none; it names the row.
    """
    if isinstance(source, Points):
        return measured_points(source, noise)
    if isinstance(source, DaskSource):
        from .noisy_partitions import measured_partitions

        return measured_partitions(source, noise)
    assert isinstance(source, Blocks)
    survey = source.survey()
    given = shaped(noise, survey.n, survey.d, source.names)
    if not is_shared(given):
        return Measured(source, given)
    given = checked(given)
    return Measured(source, given, sound=True) if given.any() else source


def with_errors(source: Source, noise: Any) -> Source:
    """The points with their noise, if they have any."""
    return source if noise is None else measured(source, noise)


def measured_points(points: Points, noise: Any) -> Points:
    """The same of points in memory."""
    given = shaped(noise, points.n, points.d, points.names)
    if points.noise is not None:
        raise InputError(f"{named(NAME)} was given, but x is Points, which carry their own noise: give one.")
    found = checked(given, np.isnan(points.x))
    return replace(points, noise=found) if found.any() else points


def beside(
    source: Source, *, columns: Array | None = None, names: tuple[str, ...] | None = None, weight: Array | None = None
) -> Source:
    """The rows of a source, with their noise, and what is beside them: see `Beside`. Further columns have no noise."""
    noise, rows = getattr(source, "noise", None), Beside(bare(source), columns=columns, names=names, weight=weight)
    if noise is None:
        return rows
    return Measured(rows, padded(np.asarray(noise), 0 if columns is None else columns.shape[1]))


def padded(noise: Floats, more: int) -> Floats:
    """The noise of rows that have so many columns more, which are without."""
    own = noise[:1] if is_shared(noise) else noise
    wide = np.pad(own, [(0, 0), *[(0, more)] * (noise.ndim - 1)])
    return np.broadcast_to(wide[0], (len(noise), *wide.shape[1:])) if len(wide) < len(noise) else wide


def bare(source: Source) -> Source:
    """The same points without their noise."""
    found: Source = getattr(source, "bare", source)
    return found


def is_shared(noise: Floats) -> bool:
    """Whether all rows have the same noise, which is held once."""
    return noise.strides[0] == 0 or len(noise) == 1


def checked(noise: Floats, gaps: Bools | None = None, first: int = 0) -> Floats:
    """The noise of rows, unless the covariance of one is none. Rows that are all the same are held once.

    gaps: (n, d) where a row misses a coordinate; noise there does not count, and becomes 0. first: the number of the
    first row.
    """
    if is_shared(noise) and len(noise):
        return spread_over(_checked(noise[:1].copy(), None, first), len(noise))
    step, given = max(1, BLOCK // max(1, noise[:1].size)), noise
    for start in range(0, len(noise), step):
        rows = slice(start, start + step)
        some = None if gaps is None or not gaps[rows].any() else gaps[rows]
        found = _checked(given[rows], some, first + start)
        if some is not None and not np.array_equal(found, given[rows]):
            noise = noise.copy() if noise is given else noise
            noise[rows] = found
    if len(noise) > 1 and (noise[1] == noise[0]).all() and (noise == noise[0]).all():
        return spread_over(noise[:1].copy(), len(noise))
    noise = noise.view()
    noise.flags.writeable = False
    return noise


class Measured(Blocks):
    """The rows of blocks with what is in memory, or in a memory map, beside them: the noise of each.

    sound: whether the noise is checked already.
    """

    names: tuple[str, ...] | None
    n: int | None
    bare: Blocks
    noise: Floats
    sound: bool
    called: str

    def __init__(self, source: Blocks, noise: Floats, *, sound: bool = False) -> None:
        super().__init__(source.options)
        self.bare, self.noise, self.sound = source, noise, sound
        self.names, self.called, self.n = source.names, source.called, source.survey().n

    def read(self) -> Iterator[Piece]:
        """The pieces of the source."""
        return self.bare.read()

    def survey(self) -> Survey:
        """What a look at every row tells."""
        return self.bare.survey()

    def renamed(self, names: tuple[str, ...] | None) -> Measured:
        """The same points with other names of the coordinates."""
        return Measured(self.bare.renamed(names), self.noise, sound=self.sound)

    @property
    def bits(self) -> int:
        """The fingerprint of all rows, and of their noise."""
        return above(self.bare.bits, len(self.noise), noise_bits(self.noise))

    def passing(self) -> Any:
        """Begin a pass: see `Blocks`."""
        return self.bare.passing()

    def blocks(self, *, large: bool = False) -> Iterator[Points]:
        """The blocks of the source, each with its noise."""
        first = 0
        for block in self.bare.blocks(large=large):
            noise = self.noise[first : first + block.n]
            if not self.sound:
                noise = checked(np.asarray(noise), np.isnan(block.x), first)
            first += block.n
            yield replace(block, noise=noise)


def spread_over(noise: Floats, n: int) -> Floats:
    """The same for n rows, held once."""
    return np.broadcast_to(noise[0], (n, *noise.shape[1:]))


def shaped(noise: Any, n: int, d: int, names: tuple[str, ...] | None) -> Floats:
    """`noise` as (n, d) or (n, d, d) numbers, that of all rows held once."""
    noise = noise if names is None else by_name(noise, names, NAME)
    single = getattr(noise, "dtype", None) == np.float32
    array = real(noise, NAME, np.dtype(np.float32 if single else np.float64))[1]
    if array.shape == (d,):
        array = array[None]
    if array.shape in ((1, d), (1, d, d)):
        return np.broadcast_to(array[0], (n, *array.shape[1:]))
    if array.shape in ((n, d), (n, d, d)):
        return array
    matrix = f"; one matrix for all rows is given as (1, {d}, {d})" if array.shape == (d, d) else ""
    raise InputError(
        f"{named(NAME)} has shape {array.shape}, expected ({d},) for variances of all rows, ({n}, {d}) for those of "
        f"each row, or ({n}, {d}, {d}) for a matrix a row{matrix}."
    )


def _checked(noise: Floats, gaps: NDArray[np.bool_] | None, first: int) -> Floats:
    """The noise of some rows, 0 where they miss the coordinate."""
    d = noise.shape[1]
    if gaps is not None:
        out = gaps if noise.ndim == 2 else gaps[:, :, None] | gaps[:, None, :]
        noise = np.where(out, noise.dtype.type(0), noise)
    wrong = np.argwhere(~(np.abs(noise) <= min(WIDEST, np.finfo(noise.dtype).max)))
    if len(wrong):
        row, *place = wrong[0].tolist()
        value = noise[tuple(wrong[0])]
        remedy = "mark the value in x as missing (NaN, with missing=True), if nothing is known of it"
        raise InputError(_told([first + row, *place], f"is {value}, expected a finite number below {WIDEST:g}", remedy))
    variances = noise if noise.ndim == 2 else np.diagonal(noise, axis1=1, axis2=2)
    negative = np.argwhere(variances < 0)
    if len(negative):
        row, axis = negative[0].tolist()
        place = [first + row, *[axis] * (noise.ndim - 1)]
        raise InputError(
            _told(place, f"is {variances[row, axis]:.6g}, expected a variance >= 0", "give squares of deviations")
        )
    if noise.ndim == 2:
        return noise
    limit = np.sqrt(variances[:, :, None] * variances[:, None, :]).astype(np.float64)
    skew = np.abs(noise - noise.transpose(0, 2, 1)) > SKEW * limit
    if skew.any():
        row, i, j = np.argwhere(skew)[0].tolist()
        told = f"is {noise[row, i, j]:.6g}, but [{j}, {i}] of that row is {noise[row, j, i]:.6g}"
        raise InputError(_told([first + row, i, j], told, "a covariance is symmetric"))
    for row in np.flatnonzero(_may_be_negative(noise, limit, d)).tolist():
        scale = np.where(variances[row] > 0, np.sqrt(variances[row]), 1.0)
        least = float(np.linalg.eigvalsh((noise[row] / scale[:, None] / scale).astype(np.float64))[0])
        if least < -FLAT * d:
            told = f"is not positive semi-definite (smallest eigenvalue of its correlations {least:.3g}, limit 0)"
            raise InputError(_told([first + row], told, "give the covariance of this row's error"))
    return noise


def _may_be_negative(noise: Floats, limit: Array, d: int) -> Bools:
    """Which matrices, a little widened, have no Cholesky factor: all at once, a column after the other."""
    rest = np.moveaxis(noise, 0, 2).astype(np.float64, order="C")
    alone = np.moveaxis(limit, 0, 2)
    negative = np.zeros(len(noise), bool)
    for j in range(d):
        rest[j, j] += 0.5 * FLAT * d * alone[j, j]
        negative |= (rest[j, j] < 0) | ((alone[j, j] == 0) & (np.abs(rest[j:, j]) > 0).any(axis=0))
        pivot = np.where(rest[j, j] > 0, rest[j, j], 1.0)
        rest[j + 1 :, j + 1 :] -= rest[j + 1 :, j, None] * (rest[j, j + 1 :] / pivot)
    return negative


def _told(place: list[int], what: str, remedy: str) -> str:
    return f"{named(NAME)}[{', '.join(map(str, place))}] {what}: {remedy}."
