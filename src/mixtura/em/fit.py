"""The door to a fit: what was asked is checked, the starts are drawn, and the likeliest climb is kept."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any, Literal

import numpy as np
from numpy.typing import ArrayLike

from ..checks import random_generator
from ..engines.base import Engine, EngineName
from ..model.families import CovarianceType, family
from ..model.mixture import Mixture
from ..sources import opened, precision
from ..sources.noise import measured
from ..sources.reach import check_reach, warn_if_coarse
from ..sources.source import Pass
from . import watching
from .background import WithBackground, checked_noise, with_noise
from .driver import fit_source
from .few import warn_if_few
from .fixed import Fixed
from .loop import Fit, Step
from .noisy import noisy
from .objective import Objective
from .prior import Prior
from .settings import REG_COVAR, Settings, check_callback, check_counts, usual_reg_covar, warn_if_drowned
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
    reg_covar: float | None = None,
    n_init: int = 1,
    rng: int | np.random.Generator | None = None,
    dtype: str | None = None,
    n_threads: int | None = None,
    engine: EngineName = "auto",
    accelerate: bool = False,
    missing: bool = False,
    noise_covariance: Any = None,
    fixed: Mapping[str, Any] | None = None,
    prior: Prior | Literal["default"] | None = None,
    noise: bool | float | None = None,
    on_step: Callable[[Step], Any] | None = None,
    on_pass: Callable[[Pass], Any] | None = None,
    checkpoint: str | os.PathLike[str] | None = None,
    progress: bool = False,
) -> Fit:
    """Fit a Gaussian mixture to points by exact EM.

    Parameters
    ----------
    x : array_like, shape (n, d), or any other data
        Finite numbers; rows are points, columns coordinates. All that `mixtura.sources.opened` knows: lists, frames,
        tables in files, memory maps, arrays on disk, functions that give blocks, Dask collections, `Points`. What is
        not in memory is read in blocks, which are arranged once and kept in a temporary file, in bounded memory.
    n_components : int
        The number of components k, 1 <= k <= n.
    covariance_type : str
        The family of the covariances: "full" (VVV), "tied" (EEE), "diag" (VVI), "spherical" (VII), or another of
        mclust's: EII, EEI, VEI, EVI, VEE, EVE, VVE, EEV, VEV, EVV, whose letters say whether volume, shape and
        orientation are Equal in all components or Vary, and I that the axes are those of the coordinates. The names in
        brackets are understood too, and E and V for points of one coordinate.
    start : str, Mixture, array_like or callable
        "kmeans", "kmeans++", "random_from_data", "partition"; "hierarchical" (clusters of Gaussians that are united one
        by one, as in mclust; a tree of 2000 points at most); "random" (nearly k copies of one Gaussian, for use with
        tol=0); a Mixture, which takes columns by name; responsibilities, shape (n, k); or a function ``(points, k,
        rng)`` that returns one of these. The last two need all points in memory.
    sample_weight : array_like of float, shape (n,), optional
        Weights >= 0; weight 2 is exactly the point twice, weight 0 is no point. For a table in a file also a column.
    tol : float
        Convergence threshold >= 0 on the gain in mean log likelihood per point, in nats; one more step follows, as in
        scikit-learn.
    max_iter : int
        The largest number of iterations.
    reg_covar : float, optional
        Added to the variances, >= 0, in squared units of x, so that no component collapses onto a point. Families that
        share volume, shape or orientation make their covariances of what was added to. By default 1e-6; of points that
        know their `Points.within_variance`, as pixels do, that.
    n_init : int
        The number of starts; the fit with the highest likelihood is returned.
    rng : int or numpy.random.Generator, optional
        A seed, or the generator to draw from.
    dtype : {"float64", "float32"}, optional
        The precision; float32 takes half the time and keeps six digits. By default that of `Points`, and of a source
        that was opened; else float64.
    n_threads : int, optional
        Threads at most, by default as many as there are cores; work in NumPy takes four. The result does not depend on
        it.
    engine : {"auto", "blas", "cpu", "reference"}
        What computes the E-step: products of matrices ("blas"), which wait for no compiler; pruned tiles of points
        through compiled kernels ("cpu"), for large jobs in few coordinates; or the obvious form ("reference"). By
        default the faster of the first two, by the size of the job alone. The start is the same for all, and large ones
        are compiled.
    accelerate : bool
        Whether to take steps with momentum, which reach the same likelihood in a half to a third of the iterations.
    missing : bool
        Whether NaN marks values missing at random; EM is then exact for what is observed. A row that misses every value
        has weight 0.
    noise_covariance : array_like of float, shape (d,), (n, d) or (n, d, d), optional
        The covariance of the error that each row was measured with: variances that are the same for all rows, or of
        each row, or a matrix for each row; of shape (1, d, d), one matrix for all. In squared units of x. The mixture
        is then that of the points without their errors ("extreme deconvolution"). For x in blocks it is an array of all
        rows, such as a memory map; for Dask collections it must be the same for all rows.
    fixed : dict, optional
        What keeps its value in `start`, which must then be a Mixture: components by number, such as
        ``{"means": [0, 1], "weights": [2], "covariances": [0]}``, or True for all.
    prior : Prior or "default", optional
        A conjugate prior, which keeps components from collapsing; "default" is `Prior.default` of these points. EM then
        maximises the posterior, `Fit.log_posteriors`.
    noise : bool or float, optional
        Whether there are points of no component. Then the mixture has one component more, the last, a background: its
        mean and variances are those of points that are spread evenly over the box of the data, and stay so. True
        estimates its weight, a number above 0 and below 1 holds it. See `Fit.background`.
    on_step : callable, optional
        Called with a `Step` after each iteration; the answer True stops the fit.
    on_pass : callable, optional
        Where x is read in blocks, called with a `Pass` after each of them.
    checkpoint : str or path-like, optional
        A file (.mix) that is written whole after each step. If the file exists, the fit resumes from it, bit for bit;
        with one start, max_iter and tol may differ then. It is a model too, for `load`.
    progress : bool
        Whether to show a bar while it fits, on the terminal or in a notebook.

    Returns
    -------
    Fit
        The mixture, the likelihood after each step, and why the fit ended.

    Raises
    ------
    InputError
        If an argument is malformed.
    FitError
        If there are too few points, or a covariance is singular.

    Warns
    -----
    MixturaWarning
        If there are fewer points than so many components of the family need, or fewer different ones, so that some are
        only as wide as reg_covar (with one above 1e-6, if K is above the number of different points); if reg_covar is
        more than the variance of a column.

    Notes
    -----
    A start by name measures each column in units of its own spread, so that a fit to rescaled columns is the rescaled
    fit, but for reg_covar; families that depend on the units (EII, spherical, and those whose axes are shared or of one
    shape: EVE, VVE, EEV, VEV), and `Points` of one unit, keep that of the columns, except for the hierarchical start.

    The likelihood never falls: a step that would lower it is not taken. Adding reg_covar can lower it; then the
    smallest variances are held at reg_covar instead. A component that loses its points is revived from half of the
    heaviest one, where that raises the likelihood; otherwise its weight is 0 and it is listed in `Fit.dormant`.

    With noise, EM is exact too: row x_i = t_i + e_i has the density of the mixture with the covariances S_j + N_i, and
    the M-step takes the posterior mean and covariance of t_i. It converges the slower, the wider the errors.

    References
    ----------
    Dempster, Laird and Rubin 1977; Bishop 2006, section 9.2; Celeux and Govaert 1995 on the families; Fraley 1998 on
    the hierarchical start; Bovy, Hogg and Roweis 2011 on noise.
    """
    check_callback("on_step", on_step)
    check_callback("on_pass", on_pass)
    with watching.shown(progress) as show:
        watch = None if show is None else watching.Watched(show, max_iter, tol, n_init, on_step, on_pass)
        if watch is not None:
            on_step, on_pass = watch.step, watch.passed
        added = REG_COVAR if reg_covar is None else reg_covar
        settings = Settings(
            covariance_type, tol, max_iter, added, n_init, accelerate, engine, n_threads, checkpoint, on_step
        )
        generator = random_generator(rng)
        source = opened(x, sample_weight, dtype=precision(x, dtype), missing=missing, watch=on_pass)
        if noise_covariance is not None:
            source = measured(source, noise_covariance)
        if reg_covar is None:
            settings = replace(settings, reg_covar=usual_reg_covar(source))
        check_reach(source)
        warn_if_coarse(source, stacklevel=2)
        warn_if_drowned(source, settings.reg_covar, covariance_type=covariance_type)
        covariance_type = family(covariance_type, source.survey().d).name
        k = check_counts(source, n_components)
        known = Prior.of(prior, source, k, covariance_type, n_threads)
        inner = Objective(settings.reg_covar, Fixed.of(fixed, start, k), known)
        objective = with_noise(checked_noise(noise), source, covariance_type, inner)

        def first(_: Engine) -> Mixture:
            if isinstance(objective, WithBackground):
                return noisy(source, k, start, objective=objective, rng=generator, n_threads=n_threads)
            how: dict[str, Any] = {"covariance_type": covariance_type, "objective": objective, "n_threads": n_threads}
            return begin(source, k, start, rng=generator, **how)

        found = fit_source(source, k, settings, objective, first, start=start, rng=rng, random=generator, watch=watch)
        warn_if_few(source, k, covariance_type, objective)
        return found
