"""The door to a fit: what was asked is checked, the starts are drawn, and the likeliest climb is kept."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from typing import Any, Literal

import numpy as np
from numpy.typing import ArrayLike

from ..checks import random_generator
from ..engines.base import EngineName
from ..engines.choose import choose
from ..model.families import CovarianceType
from ..model.mixture import Mixture
from ..sources import opened
from ..sources.reach import check_reach, warn_if_coarse
from ..sources.source import Pass
from .checkpoint import Checkpoint
from .driver import best_of
from .fixed import Fixed
from .loop import Fit, Step
from .objective import Objective
from .prior import Prior
from .settings import Settings, check_callback, check_counts, warn_if_drowned
from .start import Start, begin


def fit(
    x: Any,
    n_components: int,
    *,
    covariance_type: CovarianceType = "full",
    start: Start = "kmeans",
    sample_weight: ArrayLike | None = None,
    tol: float = 1e-3,
    max_iter: int = 100,
    reg_covar: float = 1e-6,
    n_init: int = 1,
    rng: int | np.random.Generator | None = None,
    dtype: str = "float64",
    n_threads: int | None = None,
    engine: EngineName = "auto",
    accelerate: bool = False,
    missing: bool = False,
    fixed: Mapping[str, Any] | None = None,
    prior: Prior | Literal["default"] | None = None,
    on_step: Callable[[Step], Any] | None = None,
    on_pass: Callable[[Pass], Any] | None = None,
    checkpoint: str | os.PathLike[str] | None = None,
) -> Fit:
    """Fit a Gaussian mixture to points by exact EM.

    x: (n, d) finite numbers, or Points; or what is read in blocks at each pass (docs/streams.md).
    n_components: 1 <= k <= n. covariance_type: full, tied, diag or spherical.
    start: "kmeans", "kmeans++", "random_from_data", "partition", "random" (nearly k copies of one Gaussian, for use
    with tol=0), a Mixture, responsibilities (n, k), or a callable (points, k, rng). n_init: how many starts to try; the
    likeliest is kept.
    sample_weight: (n,) >= 0; weight 2 is exactly the point twice, weight 0 is no point.
    tol: stop after the step that follows one which raised the mean log likelihood per point by less, in nats (as
    scikit-learn does). max_iter: steps at most.
    reg_covar: >= 0, added to the variances, in squared units of x, so that no component collapses onto a point.
    rng: a seed or a numpy.random.Generator. dtype: "float64", or "float32" for twice the speed at six digits.
    n_threads: None for all there are; the answer does not depend on it. engine: "auto", "cpu" or "reference".
    accelerate: take steps with momentum, which reach the same likelihood in a half to a third of the iterations.
    missing: NaN marks a value that is missing at random, and EM is exact for the numbers that are there; a row that
    misses every value counts nothing.
    fixed: what keeps the value that it has in `start`, which must then be a Mixture: components by their numbers, as in
    {"means": [0, 1], "weights": [2], "covariances": [0]}, or True for all.
    prior: a Prior, or "default" for `Prior.default` of these points: no component collapses, and what never falls is
    `Fit.log_posteriors`.
    on_step: called with a Step after each iteration; a true answer stops the fit.
    on_pass: where x is read in blocks, called with a Pass after each of them.
    checkpoint: a file (.mix) that is written whole after each step. A fit that finds it goes on from there, and ends
    with the same bits as if it had never been stopped. With one start, max_iter and tol may be others then. It is a
    model too, for `load`.

    The likelihood never falls: a step that would lower it is not taken. Adding reg_covar can lower it; then the
    smallest variances are held at reg_covar instead. A component that loses its points is revived from half of
    the heaviest one, where that raises the likelihood, and else reported in `Fit.dormant`.
    Raises InputError for malformed arguments, FitError for too few points or a singular covariance.
    Source: Dempster, Laird and Rubin 1977; Bishop 2006, section 9.2.
    """
    settings = Settings(covariance_type, tol, max_iter, reg_covar, n_init, accelerate, engine, n_threads)
    check_callback("on_step", on_step)
    check_callback("on_pass", on_pass)
    keeper = None if checkpoint is None else Checkpoint(checkpoint)
    generator = random_generator(rng)
    source = opened(x, sample_weight, dtype=dtype, missing=missing, watch=on_pass)
    check_reach(source, dtype)
    warn_if_coarse(source, x, dtype, stacklevel=2)
    warn_if_drowned(source, reg_covar)
    k = check_counts(source, n_components)
    objective = Objective(reg_covar, Fixed.of(fixed, start, k), Prior.of(prior, source, k, covariance_type))
    expecting = choose(source, k, covariance_type, engine, n_threads)
    if keeper is not None:
        keeper.resume(source, k, settings, objective, start=start, rng=rng, random=generator, dtype=dtype)

    def first(_: Fit | None) -> Mixture:
        return begin(source, k, start, covariance_type=covariance_type, objective=objective, rng=generator)

    return best_of(expecting, objective, settings, [first] * n_init, keeper=keeper, on_step=on_step)
