"""The door to a fit: what was asked is checked, the starts are drawn, and the likeliest climb is kept."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from typing import Any, Literal

import numpy as np
from numpy.typing import ArrayLike

from ..engines.base import EngineName, Pass
from ..errors import InputError, named
from ..model import gaussian
from ..model.checks import check_flag, check_threads, is_finite, is_whole, random_generator
from ..model.gaussian import CovarianceType
from ..model.points import Points
from .checkpoint import Checkpoint, Saved, digest, told_where
from .data import opened, warn_if_drowned
from .fixed import Fixed
from .loop import Ascent, Fit, Step, climb
from .objective import Objective
from .prior import Prior
from .start import Start, check_counts


def fit(
    x: ArrayLike | Points,
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
    check_flag(accelerate, "accelerate")
    if on_pass is not None and not callable(on_pass):
        raise InputError(f"on_pass is {on_pass!r}: give a function of a Pass.")
    keeper = None if checkpoint is None else Checkpoint(checkpoint)
    generator = random_generator(rng)
    data = opened(x, sample_weight, dtype, missing, on_pass)
    k = check_counts(data.survey, n_components)
    check_settings(
        covariance_type=covariance_type,
        tol=tol,
        reg_covar=reg_covar,
        max_iter=max_iter,
        n_init=n_init,
        n_threads=n_threads,
        callback=("on_step", on_step),
    )
    warn_if_drowned(data.survey, reg_covar)
    held = Fixed.of(fixed, start, k)
    objective = Objective(reg_covar, held, data.prior(prior, k, covariance_type))
    expecting = data.engine(k, covariance_type, engine, n_threads)
    saved: Saved | None = None
    if keeper is not None:
        survey = data.survey
        job = {
            "n_components": k,
            "covariance_type": covariance_type,
            "the number of coordinates": survey.d,
            "names": None if data.names is None else list(data.names),
            "the number of points": survey.n,
            "the sum of the weights": survey.total,
            "the fingerprint of the points": data.bits,
            "dtype": str(np.dtype(dtype)),
            "missing": bool(missing),
            "start": digest(start),
            "n_init": int(n_init),
            # Starts that ended before kept to these.
            "max_iter": int(max_iter) if n_init > 1 else None,
            "tol": float(tol) if n_init > 1 else None,
            "reg_covar": float(reg_covar),
            "rng": int(rng) if is_whole(rng) else None if rng is None else digest(generator),
            "accelerate": bool(accelerate),
            "engine": engine,
            "fixed": digest(held),
            "prior": digest(objective.prior),
        }
        saved = keeper.read(job)
    best = None if saved is None else saved.best
    if keeper is not None and saved is not None:
        keeper.restore(generator, saved)
    for number in range(0 if saved is None else saved.number, n_init):
        if saved is not None:
            again, first = saved.ascent, saved.ascent.place.mixture
            over, saved = saved.over(tol), None
        else:
            again, first, over = None, data.begin(k, start, covariance_type, objective, generator), False

        def keep(ascent: Ascent, number: int = number, before: Fit | None = best) -> None:
            if keeper is not None:
                keeper.write(Saved(number, ascent, before, generator.bit_generator.state, float(tol)))

        if again is not None and over:
            found = again.ended(objective)
        else:
            with told_where(keeper):
                found = climb(
                    expecting,
                    first,
                    objective,
                    tol=tol,
                    max_iter=max_iter,
                    accelerate=accelerate,
                    on_step=on_step,
                    again=again,
                    keep=keep,
                )
        if best is None or found.log_posteriors[-1] > best.log_posteriors[-1]:
            best = found
        if found.stop_reason == "callback":
            break
    assert best is not None
    return best


def check_settings(
    *,
    covariance_type: Any,
    tol: Any,
    reg_covar: Any,
    max_iter: Any,
    n_init: Any,
    n_threads: Any,
    callback: tuple[str, Any],
) -> None:
    """Raise InputError unless these are what `fit` can use. callback: its name and what was given."""
    if covariance_type not in gaussian.COVARIANCE_TYPES:
        raise InputError(
            f"{named('covariance_type')} is {covariance_type!r}: choose one of {', '.join(gaussian.COVARIANCE_TYPES)}."
        )
    for name, number in (("tol", tol), ("reg_covar", reg_covar)):
        if not is_finite(number) or number < 0:
            raise InputError(f"{named(name)} is {number!r}: give a finite number >= 0.")
    for name, count, least in (("max_iter", max_iter, 0), ("n_init", n_init, 1)):
        if not is_whole(count) or count < least:
            raise InputError(f"{named(name)} is {count!r}: give a whole number >= {least}.")
    if callback[1] is not None and not callable(callback[1]):
        raise InputError(f"{callback[0]} is {callback[1]!r}: give a function of a {callback[0][3:].title()}.")
    check_threads(n_threads)
