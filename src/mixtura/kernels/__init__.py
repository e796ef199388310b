"""Functions of arrays, most of them compiled: they use none of the classes of `model`, and do not validate."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from numpy.typing import DTypeLike

# Coordinates up to which tiles pay, twice or more; beyond, boxes prune little, and BLAS comes near.
LOW_DIMENSION = 32
PAIR = 9  # features whose products take no longer than what a pair takes besides: its exponential and sums
MANY = 16  # coordinates beyond which BLAS whitens fast, so that only ten times as much work repays compiling


def compiling_pays(n: int, k: int, d: int, triangular: bool, least: float) -> bool:
    """Whether n points x k components x their features are so many that compiled kernels earn back their start.

    least: that many, up to MANY coordinates. Beyond LOW_DIMENSION nothing is compiled: there all is products of
    matrices.
    """
    features = max(PAIR, 1 + d + (d * (d + 1) // 2 if triangular else d))
    return d <= LOW_DIMENSION and n * k * features >= least * (10 if d > MANY else 1)


def cut(k: int, dtype: DTypeLike) -> float:
    """Terms this many nats below the largest are skipped: k of them together are below half a unit of rounding."""
    import numpy as np  # which the command does not load for its help

    return float(np.log(k) - np.log(np.finfo(dtype).eps / 2))
