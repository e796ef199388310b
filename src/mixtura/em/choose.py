"""How many components, and of which family: every candidate fitted, and compared by a criterion."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterable
from contextlib import ExitStack, closing
from dataclasses import replace
from typing import Any, Literal, get_args

import numpy as np
from numpy.typing import ArrayLike

from ..checks import is_true, is_whole, random_generator
from ..engines.base import EngineName, side_by_side
from ..errors import FitError, InputError, named
from ..model.families import BASIC, COVARIANCE_TYPES, NAMES, CovarianceType, every, family
from ..sources import opened, precision
from ..sources.noise import measured
from ..sources.points import Points
from ..sources.reach import check_reach, warn_if_coarse
from . import watching
from .background import checked_noise
from .choice import Candidate, Choice, Criterion
from .collapse import least_variances
from .criteria import warn_if_light
from .few import places
from .held_out import cross_validated, folds
from .hierarchy import POINTS
from .lockstep import candidates as candidates_of
from .noisy import quiet
from .prior import Prior
from .search import Search, engines, form_of
from .settings import REG_COVAR, Settings, StartName, check_callback, usual_reg_covar, warn_if_drowned
from .stability import Halves, stable
from .start import hierarchy

WITHIN = 10_000_000
"""Points times coordinates times components from which on threads within a step pay where many fits wait."""


def choose(
    x: Any,
    n_components: int | Iterable[int] = range(1, 10),
    *,
    covariance_type: CovarianceType | Literal["all"] | Iterable[CovarianceType] = BASIC,
    criterion: Criterion = "bic",
    start: StartName = "kmeans",
    sample_weight: ArrayLike | None = None,
    tol: float = 1e-4,
    max_iter: int = 200,
    reg_covar: float | None = None,
    n_init: int = 1,
    rng: int | np.random.Generator | None = None,
    dtype: str | None = None,
    n_threads: int | None = None,
    engine: EngineName = "auto",
    accelerate: bool = True,
    missing: bool = False,
    noise_covariance: Any = None,
    prior: Prior | Literal["default"] | None = None,
    noise: bool | float | None = None,
    n_folds: int = 5,
    n_repeats: int = 10,
    on_candidate: Callable[[Candidate], Any] | None = None,
    progress: bool = False,
) -> Choice:
    """Fit mixtures of several sizes and families, and compare them by a criterion.

    Parameters
    ----------
    x : array_like, shape (n, d), or any other data
        As for `fit`; what is not in memory is arranged once for all candidates.
    n_components : int or iterable of int
        The numbers of components to try.
    covariance_type : str or iterable of str
        The families to try, by default "full", "tied", "diag" and "spherical"; "all" is all fourteen, or in one
        coordinate the two that differ there.
    criterion : {"bic", "icl", "aic", "cv", "stability"}
        What decides. Of information criteria the lowest is best: bic (how many Gaussians), icl (how many clusters), aic
        (how well new points are predicted, with more components). cv is the mean log density of points that were held
        out, the highest is best. stability is the agreement of fits to different points; the most components of those
        that agree as well as any are best.
    start : str
        The name of a start, as for `fit`. One tree of a hierarchical start serves all candidates.
    sample_weight, tol, max_iter, reg_covar
        As for `fit`.
    n_init : int
        Fresh starts per candidate.
    rng, dtype, n_threads, engine, accelerate, missing, noise_covariance, prior, noise
        As for `fit`. The same seed gives the same choice, on any number of threads. A background is beside the
        components that are counted.
    n_folds : int
        Of cv: the number of parts of the points, >= 2, of which each is held out once.
    n_repeats : int
        Of stability: how often two halves are drawn, >= 2.
    on_candidate : callable, optional
        Called with each `Candidate` as it is done, the smaller numbers of components first; the answer True ends the
        search. Small candidates are all done at once.
    progress : bool
        Whether to show a bar meanwhile, on the terminal or in a notebook.

    Returns
    -------
    Choice
        All candidates, and the best one.

    Raises
    ------
    InputError
        If an argument is malformed.
    FitError
        If no candidate can be fitted, or all are ruled out.

    Warns
    -----
    MixturaWarning
        If the weights sum to so little that their logarithm is no price of a parameter.

    Notes
    -----
    Each number of components also grows from the smaller one before: its heaviest components are split in turn, and EM
    continues from the two most promising splits beside `n_init` fresh starts; from a tree, only where the fresh start
    ends no higher than the smaller fit. The likeliest fit is kept (with a prior, the most probable one) in which no
    component has collapsed.

    A component has collapsed if it has no width in some direction: a variance that is mostly reg_covar, or below that
    of the rounding of the column's numbers, h^2 / 12 for steps of h; and, without a prior, if it has fewer points than
    its family needs: d + 1 for full and others with shapes of their own, 2 for most others, 1 where all is shared; and
    2 d + k together, if several share the shape of a matrix. Its
    likelihood then says nothing of how well the mixture describes the points, so a candidate that has one is ruled out,
    with the reason, as one that cannot be fitted; and so is one with a component that has no points. Nothing grows from
    a collapsed one. Of the others within a family, the likelihood does not fall by more than `tol` as components are
    added, unless all that grows from the smaller fit collapses.

    Families are fitted side by side on threads where steps are large, and from one tree all candidates. Those of little
    work are climbed abreast, as one stack of arrays, up to a million points times coordinates times components.

    cv makes the whole search once more without each fold; points in blocks take as many copies of a temporary file.
    stability draws halves of ten thousand points at most, or as many as starts look at, fits each from a tree of its
    own, side by side, and begins the fit to all points from the likeliest of them; so its cost hardly grows with the
    number of points. Halves of points in blocks are drawn from a sample in memory. The best has the most components of
    those whose mean agreement is within the standard deviation of the highest (0.005 at least). A single component is
    always stable, so it cannot be the best; where nothing is stable, no number is right.

    `Choice.at_limit` tells whether the best has the largest number that was tried.

    References
    ----------
    Day 1969, "Estimating the components of a mixture of normal distributions", Biometrika 56, on collapse; Smyth 2000,
    "Model selection for probabilistic clustering using cross-validated likelihood", Statistics and Computing 10; Lange,
    Roth, Braun and Buhmann 2004, "Stability-based validation of clustering solutions", Neural Computation 16.

    Examples
    --------
    >>> import mixtura as mx
    >>> x = mx.Mixture([0.5, 0.5], [[0.0], [9.0]], [1.0, 1.0], "spherical").sample(200, rng=0)
    >>> mx.choose(x, range(1, 4), covariance_type="full", rng=0).best.n_components
    2
    """
    counts, asked = _counts(n_components), _types(covariance_type)
    _check(criterion, counts, start, n_folds, n_repeats)
    added = REG_COVAR if reg_covar is None else reg_covar
    settings = [Settings(kind, tol, max_iter, added, n_init, accelerate, engine, n_threads) for kind in asked]
    check_callback("on_candidate", on_candidate)
    noise = checked_noise(noise)
    generator = random_generator(rng)
    source = opened(x, sample_weight, dtype=precision(x, dtype), missing=missing)
    if noise_covariance is not None:
        source = measured(source, noise_covariance)
    if reg_covar is None:
        added = usual_reg_covar(source)
        settings = [replace(each, reg_covar=added) for each in settings]
    check_reach(source)
    warn_if_coarse(source, stacklevel=2)
    d = source.survey().d
    for name in asked:
        family(name, d)
    if covariance_type == "all" and d == 1:
        settings = [each for each in settings if each.covariance_type in every(d)]
    alone = all(family(each.covariance_type).component_shape(d) == () for each in settings)
    warn_if_drowned(source, added, covariance_type="spherical" if alone else "full")
    warn_if_light(source, stacklevel=2)
    one = n_init == 1 or source.survey().support <= POINTS  # one tree then serves all
    here = isinstance(source, Points)
    n, k = source.survey().n, counts[-1]
    within = not here or n * d * k >= WITHIN
    matrices = any(family(each.covariance_type).triangular for each in settings)
    threads = side_by_side((n, k, d, matrices), engine, n_threads) if here and len(settings) > 1 else 1
    kinds = {each.covariance_type: each for each in settings}
    seed = tuple(generator.integers(2**63, size=2).tolist())
    with ExitStack() as stack:
        show = stack.enter_context(watching.shown(progress))
        on_candidate = watching.counted(show, "fitting", len(counts) * len(kinds), on_candidate)

        def among(points: Any, *place: int) -> Search:
            """The search among some of the points."""
            random = np.random.default_rng([*seed, *place])
            first: Any = start
            if start == "hierarchical" and one and criterion != "stability":
                seen = points if noise is None else quiet(points, noise, POINTS, random, n_threads)
                first = hierarchy(seen, random, n_threads)
            return Search(
                points,
                kinds,
                engines(
                    points, settings, counts[-1], n_threads if within and threads == 1 else 1, stack, form_of(noise)
                ),
                first,
                prior,
                (*seed, *place),
                least_variances(points, added),
                places(points, counts[-1]),
                noise,
                sure=start == "hierarchical" or criterion == "stability",
                threads=threads,
            )

        search = among(source)
        candidates: Generator[Candidate]
        if criterion == "cv":
            parts = folds(source, n_folds, generator)
            others = [candidates_of(among(part.others, number), counts) for number, part in enumerate(parts)]
            candidates = cross_validated(candidates_of(search, counts), others, [part.held for part in parts])
        elif criterion == "stability":
            halves = Halves.of(source, counts[-1], n_repeats, seed, n_threads)
            candidates = stable(search, counts, halves, n_repeats, n_threads)
        else:
            candidates = candidates_of(search, counts)
        found: list[Candidate] = []
        with closing(candidates):
            for each in candidates:
                found.append(each)
                if on_candidate is not None and is_true(on_candidate(each)):
                    break
    order = list(kinds)
    found.sort(key=lambda each: order.index(each.covariance_type))  # which keeps the order of the numbers
    return _recommended(Choice(tuple(found), criterion), search, believed=prior is not None)


def _recommended(choice: Choice, search: Search, *, believed: bool) -> Choice:
    """The choice, if one of its candidates can be the best."""
    if not any(each.eligible for each in choice.candidates):
        first = choice.candidates[0]
        what = f"({first.n_components} {first.covariance_type})"
        if all(each.fit is None for each in choice.candidates):
            why = search.errors[first.covariance_type, first.n_components].sentence
            raise FitError(f"no candidate could be fitted; of the first {what}, {why}")
        raise FitError(
            f"no candidate can be recommended; of the first {what}, {first.reason}. Give more points, smaller "
            f"{named('n_components')}{' or' if believed else ','} a simpler {named('covariance_type')}"
            + ("." if believed else f", or {named('prior', repr('default'))}.")
        )
    return choice


def _check(criterion: Any, counts: list[int], start: Any, n_folds: Any, n_repeats: Any) -> None:
    """Raise InputError for what cannot be asked, whatever the points."""
    if criterion not in get_args(Criterion):
        *most, last = get_args(Criterion)
        raise InputError(f"{named('criterion')} is {criterion!r}: choose {', '.join(most)} or {last}.")
    if not isinstance(start, str):
        raise InputError(
            f"{named('start')} is a {type(start).__name__}: give the name of one, {', '.join(get_args(StartName))}."
        )
    for name, number in (("n_folds", n_folds), ("n_repeats", n_repeats)):
        if not is_whole(number) or number < 2:
            raise InputError(f"{named(name)} is {number!r}: give a whole number >= 2.")
    if criterion == "stability" and counts == [1]:
        raise InputError(
            f"{named('criterion')} is 'stability', which compares how points are shared out, but "
            f"{named('n_components')} is 1 alone: give larger ones too."
        )


def _counts(given: Any) -> list[int]:
    """The numbers of components in rising order, each once."""
    listed: list[Any] = [given] if is_whole(given) else list(given) if isinstance(given, Iterable) else []
    wrong = [each for each in listed if not is_whole(each) or each < 1]
    if wrong or not listed:
        raise InputError(f"{named('n_components')} is {given!r}: give whole numbers >= 1, such as range(1, 10).")
    return sorted({int(each) for each in listed})


def _types(given: Any) -> list[CovarianceType]:
    """The covariance types, each once, as they were called."""
    if isinstance(given, str) and given == "all":
        return list(COVARIANCE_TYPES)
    listed: list[Any] = [given] if isinstance(given, str) else list(given) if isinstance(given, Iterable) else [given]
    wrong = [each for each in listed if each not in NAMES]
    if wrong or not listed:
        raise InputError(
            f"{named('covariance_type')} is {wrong[0] if wrong else given!r}: give one or several of "
            f"{', '.join(NAMES)}, or 'all'."
        )
    return list({family(each).name: each for each in listed}.values())
