"""How sure a fit is, by fits to points drawn again: the bootstrap."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Literal

import numpy as np
from numpy.typing import ArrayLike

from ..arrays import Integers
from ..checks import check_threads, random_generator
from ..engines.base import EngineName
from ..errors import FitError
from ..model import pairs
from ..model.mixture import Mixture
from . import watching
from .prior import Prior
from .refit import Refits, check_count, check_enough, repeated
from .resample import Method, draw_of
from .settings import check_callback
from .uncertainty import Bootstrap, Replicate


def bootstrap(
    x: Any,
    fit: Any,
    n: int = 200,
    *,
    method: Method = "bootstrap",
    sample_weight: ArrayLike | None = None,
    missing: bool = False,
    tol: float = 1e-7,
    max_iter: int = 1000,
    reg_covar: float | None = None,
    prior: Prior | Literal["default"] | None = None,
    fixed: Mapping[str, Any] | None = None,
    rng: int | np.random.Generator | None = None,
    n_threads: int | None = None,
    engine: EngineName = "auto",
    on_replicate: Callable[[Replicate], Any] | None = None,
    progress: bool = False,
) -> Bootstrap:
    """Standard errors and intervals of a fitted mixture, by fits to points drawn again.

    Parameters
    ----------
    x : array_like, shape (n, d)
        The points that the mixture was fitted to, in memory; columns by name, if both have names.
    fit : Fit, Mixture or estimator
        What was fitted to them. The background of a fit with noise is held as broad as it is, and its share is held or
        estimated, as in the fit.
    n : int
        The number of replicates, 2 <= n <= 100,000. Standard errors are known to about 1 / sqrt(2 n) of themselves;
        intervals want some hundreds.
    method : {"bootstrap", "weighted", "parametric"}
        "bootstrap" draws as many points with replacement. "weighted" gives all points random weights instead
        (Dirichlet's): no cluster can lose its points, which suits small ones. "parametric" draws points of the fitted
        mixture: right if the model is.
    sample_weight : array_like of float, shape (n,), optional
        Weights >= 0, which count points: weight 2 is the point twice.
    missing : bool
        Whether NaN marks missing values.
    tol, max_iter
        Of each fit, as for `mixtura.fit`; the tolerance is small, since fits that end early stay too near to where they
        began.
    reg_covar, prior, fixed
        As for the fit whose errors are wanted.
    rng : int or numpy.random.Generator, optional
        Random numbers.
    n_threads : int, optional
        Threads at most, by default as many as there are cores; small fits are one after the other. The result does not
        depend on it.
    engine : {"auto", "blas", "cpu", "reference"}
        As for `mixtura.fit`.
    on_replicate : callable, optional
        Called with each `Replicate`, in order; the answer True ends the search.
    progress : bool
        Whether to show a bar meanwhile, on the terminal or in a notebook.

    Returns
    -------
    Bootstrap
        Intervals of ``weights()``, ``means()``, ``covariances()``, and ``of(function)`` of any function of a mixture.

    Raises
    ------
    InputError
        If an argument is malformed, or x is read in blocks.
    FitError
        If the fit, or more than half of the replicates, have a collapsed component.

    Warns
    -----
    MixturaWarning
        If more than one replicate in twenty could not be used.

    Notes
    -----
    Each fit climbs from the original, which itself is climbed on first, to the same `tol`. Its components are then
    matched to the original's by the assignment of the least sum of Bhattacharyya distances, which do not depend on
    units. A replicate in which a component has collapsed (see `choose`) is left out and counted.

    Intervals are from quantiles of the replicates. They speak of the maximum of the likelihood that the original
    found: whether there is a better one elsewhere, or another number of components, they do not tell; for that see
    `likelihood_ratio_test` and `choose`. Components that overlap so much that they change places have wide intervals.

    References
    ----------
    Efron 1979, "Bootstrap methods: another look at the jackknife", Annals of Statistics 7; Newton and Raftery 1994,
    "Approximate Bayesian inference with the weighted likelihood bootstrap", JRSS B 56; O'Hagan, Murphy, Scrucca and
    Gormley 2019, "Investigation of parameter uncertainty in clustering using a Gaussian mixture model via jackknife,
    bootstrap and weighted likelihood bootstrap", Computational Statistics 34.

    Examples
    --------
    >>> import mixtura as mx
    >>> x = mx.Mixture([1.0], [[0.0]], [[[4.0]]]).sample(400, rng=0)
    >>> found = mx.bootstrap(x, mx.fit(x, 1), rng=0)
    >>> found.means().standard_error.round(1)  # 2 / sqrt(400)
    array([[0.1]])
    """
    n, draw = check_count(n), draw_of(method)
    check_threads(n_threads)
    check_callback("on_replicate", on_replicate)
    generator = random_generator(rng)
    refits = Refits.of(
        x,
        fit,
        sample_weight=sample_weight,
        missing=missing,
        tol=tol,
        max_iter=max_iter,
        reg_covar=reg_covar,
        prior=prior,
        fixed=fixed,
        engine=engine,
        n_threads=n_threads,
        regular=method == "weighted",
    )
    original = refits.mixture

    def replicate(number: int, random: np.random.Generator) -> Replicate:
        points = draw(refits.points, original, random)
        try:
            found = refits.fit(points, [lambda _: original]).mixture
        except FitError as error:
            return Replicate(number, None, error.sentence)
        if fault := refits.fault(found, points):
            return Replicate(number, None, fault)
        return Replicate(number, matched(found, original, refits.objective.background(original)))

    with watching.shown(progress) as show:
        told = watching.counted(show, "fitting again", n, on_replicate)
        done = repeated(replicate, n, generator, refits, told)
    failures = tuple(each.reason for each in done if each.mixture is None)
    remedy = "Fit fewer components, or with a prior" + ', or use method="weighted"' * (method != "weighted") + "."
    check_enough(failures, len(done), remedy, stacklevel=2)
    return Bootstrap(original, tuple(each.mixture for each in done if each.mixture is not None), method, failures)


def matched(mixture: Mixture, original: Mixture, background: int | None = None) -> Mixture:
    """The mixture with its components in the order of the original's, and a background where it is."""
    if background is None:
        order = assignment(mixture, original)
    else:
        inside = range(background)
        order = np.append(assignment(mixture.subset(inside), original.subset(inside)), background)
    return mixture if (order == np.arange(len(order))).all() else mixture.subset(order)


def assignment(mixture: Mixture, original: Mixture) -> Integers:
    """(k,) which component stands for each of the original's, by the least sum of Bhattacharyya distances."""
    from scipy.optimize import linear_sum_assignment

    distance, log_determinant = pairs.sums(original, mixture)
    own = pairs.log_determinants(original)[:, None] + pairs.log_determinants(mixture)
    _, order = linear_sum_assignment(0.25 * distance + 0.5 * log_determinant - 0.25 * own)
    return np.asarray(order, np.intp)
