"""Which engine serves a fit: by where the points are, whether values are missing, and how much work there is."""

from __future__ import annotations

import functools
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, get_args

from ..errors import InputError, named
from ..kernels import LOW_DIMENSION, compiling_pays
from ..model.families import CovarianceType, family
from ..sources.blocks import Blocks
from ..sources.points import Points
from ..sources.source import Source
from .base import STEP, Engine, EngineName
from .complete import complete

if TYPE_CHECKING:
    from .cluster import ClusterEngine
    from .stream import StreamEngine


def choose_engine(
    source: Source,
    k: int,
    covariance_type: CovarianceType,
    name: str = "auto",
    n_threads: int | None = None,
    *,
    keep: bool = True,
    like: Engine | None = None,
) -> Engine:
    """The engine of that name for these points; "auto" takes the fastest that is at hand.

    Precision follows the points: float32 points are worked in float32 where the engine can.
    Points with NaN or noise have an engine of their own, which gives rows of a kind to the one of that name.
    keep: whether points that are not in memory are kept as they are arranged, which more passes than one repay.
    like: an engine of the same points for another family and as many components, which is taken if it serves this one.
    """
    if name not in get_args(EngineName):
        raise InputError(f"{named('engine')} is {name!r}: choose auto, blas, cpu or reference.")
    if isinstance(source, Points):
        if source.incomplete or source.noise is not None:
            from .incomplete import IncompleteEngine

            return IncompleteEngine(source, k, covariance_type, name, n_threads)
        return complete(source, k, covariance_type, name, n_threads)
    if name == "auto":  # for all blocks the same, which their own sizes might not be
        survey = source.survey()
        pays = compiling_pays(survey.n, k, survey.d, family(covariance_type).triangular, STEP)
        name = "cpu" if pays else "blas"
    # Tiles serve every family.
    tiles_of = (source, name) if name == "cpu" and source.survey().d <= LOW_DIMENSION else None
    if tiles_of is not None and like is not None and getattr(like, "tiles_of", None) == tiles_of:
        return like
    part = functools.partial(choose_engine, k=k, covariance_type=covariance_type, name=name)
    found: StreamEngine | ClusterEngine
    if isinstance(source, Blocks):
        from .stream import StreamEngine

        slow = name == "reference"
        keep = keep and (source.small or not slow)
        found = StreamEngine(source, part, n_threads, keep=keep, alone=slow)
    else:
        from .cluster import ClusterEngine

        held: Any = source
        found = ClusterEngine(held.points, part, n_threads, keep=held.kept, passed=held.passed)
    found.tiles_of = tiles_of
    return found


@contextmanager
def released(*engines: Engine) -> Iterator[None]:
    """In the end the engines give back the room that their points take, on disk or in memory."""
    try:
        yield
    finally:
        for engine in engines:
            if hasattr(engine, "close"):
                engine.close()
