"""Which engine serves a fit: by where the points are, whether values are missing, and how much work there is."""

from __future__ import annotations

import functools
from typing import Any, get_args

from ..errors import InputError, named
from ..kernels import compiling_pays
from ..model.families import CovarianceType, family
from ..sources.blocks import Blocks
from ..sources.points import Points
from ..sources.source import Source
from .base import STEP, Engine, EngineName
from .complete import complete


def choose_engine(
    source: Source, k: int, covariance_type: CovarianceType, name: str = "auto", n_threads: int | None = None
) -> Engine:
    """The engine of that name for these points; "auto" takes the fastest that is at hand.

    Precision follows the points: float32 points are worked in float32 where the engine can.
    Points with NaN have an engine of their own, which gives rows of a kind to the one of that name.
    """
    if name not in get_args(EngineName):
        raise InputError(f"{named('engine')} is {name!r}: choose auto, blas, cpu or reference.")
    if isinstance(source, Points):
        if source.incomplete:
            from .incomplete import IncompleteEngine

            return IncompleteEngine(source, k, covariance_type, name, n_threads)
        return complete(source, k, covariance_type, name, n_threads)
    if name == "auto":  # for all blocks the same, which their own sizes might not be
        survey = source.survey()
        pays = compiling_pays(survey.n, k, survey.d, family(covariance_type).triangular, STEP)
        name = "cpu" if pays else "blas"
    part = functools.partial(choose_engine, k=k, covariance_type=covariance_type, name=name)
    if isinstance(source, Blocks):
        from .stream import StreamEngine

        return StreamEngine(source.blocks, part, n_threads, keep=source.small)
    from .cluster import ClusterEngine

    held: Any = source
    return ClusterEngine(held.points, part, n_threads, keep=held.kept, passed=held.passed)
