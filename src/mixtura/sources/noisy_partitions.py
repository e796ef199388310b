"""The errors of rows in Dask's partitions: of all rows the same, or of each row, in memory or in partitions too."""

from __future__ import annotations

import functools
import uuid
from copy import copy
from dataclasses import replace
from typing import Any

import numpy as np

from ..arrays import Floats
from ..checks import by_name, real
from ..errors import InputError, named
from .dask import SHARE, DaskSource, delayed
from .fingerprint import above
from .noise import NAME, checked, is_shared, shaped, spread_over
from .partitions import Partitions, Workers
from .points import noise_bits
from .source import Source


def measured_partitions(source: DaskSource, noise: Any) -> Source:
    """The partitions with the noise of their rows: see `noise.measured`. What is in memory travels to its partition."""
    survey, sizes = source.survey(), [part.n for part in source.looked]
    if hasattr(type(noise), "__dask_graph__"):
        noise = noise if source.names is None else by_name(noise, source.names, NAME)
        if noise.ndim == 1 or (hasattr(noise, "chunks") and noise.shape[0] == 1):  # of all rows
            noise = np.asarray(noise)
    own, found, wide = source.partitions, copy(source), 8 * survey.n * survey.d
    if hasattr(type(noise), "__dask_graph__"):
        its = _its_partitions(noise, sizes, survey.n, survey.d)
        parts = its.mapped(_bits).values("noise")
        bits = functools.reduce(lambda all_bits, part: above(all_bits, *part), parts, 0)
        found.partitions, wide = _beside(own, its, sizes), wide * (survey.d if noise.ndim == 3 else 1)
    else:
        given = shaped(noise, survey.n, survey.d, source.names)
        if not survey.incomplete or is_shared(given):
            given = checked(given)
        if not given.any():
            return source
        noise, bits = given, noise_bits(given)
        if is_shared(given):
            found.partitions, wide = own.mapped(functools.partial(_with_the_same, noise=given[:1].copy())), 0
        else:
            found.partitions, wide = _beside(own, _cut(given, sizes), sizes), given.nbytes
    if found.kept and 0 < wide <= SHARE * Workers.now().free:
        found.partitions = found.partitions.kept("noise")
    found.surveyed = replace(survey, bits=above(survey.bits, survey.n, bits))
    found.bare, found.noise = source, noise  # type: ignore[attr-defined]
    return found


def _its_partitions(noise: Any, sizes: list[int], n: int, d: int) -> Partitions:
    """Those of a collection, cut as the rows are."""
    frame = hasattr(noise, "columns")
    shape = (n, len(noise.columns)) if frame else tuple(noise.shape)
    if shape[1:] not in ((d,), (d, d)):
        raise InputError(
            f"{named(NAME)} has shape {shape}, expected ({d},) for variances of all rows, ({n}, {d}) for those of each "
            f"row, or ({n}, {d}, {d}) for a matrix a row."
        )
    if not frame and not np.isnan(shape[0]):
        if shape[0] != n:
            raise InputError(f"{named(NAME)} has {shape[0]:,} rows, x has {n:,}: give the noise of each row.")
        noise = noise.rechunk((tuple(sizes), *((d,) for _ in shape[1:])))
    graph, keys = delayed(noise)
    if len(keys) != len(sizes):
        raise InputError(
            f"{named(NAME)} has {len(keys)} partitions, x has {len(sizes)}, and how many rows they have is not known: "
            f"call compute_chunk_sizes() on the noise, or give it in the partitions of x."
        )
    return Partitions(graph, keys)


def _cut(noise: Floats, sizes: list[int]) -> Partitions:
    """Noise in memory, cut as the rows are."""
    name, edges = f"noise-{uuid.uuid4().hex}", np.cumsum([0, *sizes])
    keys = [(name, number) for number in range(len(sizes))]
    graph = {key: noise[edges[number] : edges[number + 1]] for number, key in enumerate(keys)}
    return Partitions(graph, keys)


def _beside(rows: Partitions, noise: Partitions, sizes: list[int]) -> Partitions:
    """Each partition with its noise."""
    edges = np.cumsum([0, *sizes]).tolist()
    parts = [
        (functools.partial(_with_its_own, first=first), part, its)
        for first, part, its in zip(edges, rows.parts, noise.parts, strict=False)
    ]
    return Partitions({**rows.graph, **noise.graph}, parts)


# On the workers


def _with_the_same(part: Any, *, noise: Floats) -> Any:
    """A partition whose rows have the same noise (1, d) or (1, d, d)."""
    return replace(part, points=replace(part.points, noise=spread_over(noise, part.points.n)))


def _with_its_own(part: Any, noise: Any, *, first: int) -> Any:
    """A partition with the noise of its rows, of which `first` is the number of the first."""
    given = _numbers(noise)
    if len(given) != part.points.n:
        raise InputError(
            f"{named(NAME)} has {len(given):,} rows in the partition from row {first:,} on, x has {part.points.n:,} "
            f"there: give it in the partitions of x."
        )
    return replace(part, points=replace(part.points, noise=checked(given, np.isnan(part.points.x), first)))


def _numbers(noise: Any) -> Floats:
    single = getattr(noise, "dtype", None) == np.float32
    return real(np.asarray(noise), NAME, np.dtype(np.float32 if single else np.float64))[1]


def _bits(noise: Any) -> tuple[int, int]:
    """How many rows these are, and their fingerprint."""
    given = _numbers(noise)
    return len(given), noise_bits(given) if len(given) else 0
