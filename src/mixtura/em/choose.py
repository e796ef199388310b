"""How many components, and of which type: every candidate fitted, and compared by an information criterion."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from textwrap import shorten
from typing import Any, Literal, get_args

import numpy as np
from numpy.typing import ArrayLike

from ..checks import extra, is_true, is_whole, random_generator
from ..engines.base import Engine, EngineName
from ..engines.choose import choose_engine
from ..errors import FitError, InputError, named
from ..model.gaussian import COVARIANCE_TYPES, CovarianceType
from ..model.mixture import Mixture
from ..model.reduction import give_half, padded
from ..sources import opened
from ..sources.reach import check_reach, warn_if_coarse
from ..sources.source import Source
from .criteria import Criterion, from_likelihood, overlap
from .driver import Begin, best_of
from .loop import Fit, climb
from .objective import Objective
from .prior import Prior
from .settings import Settings, StartName, check_callback, check_counts, warn_if_drowned
from .start import begin

SPLITS = 4  # of the heaviest components: what a larger fit tries to split first
GLANCE = 5  # steps after which the most promising split is chosen


@dataclass(frozen=True, eq=False, repr=False)
class Candidate:
    """One number of components of one type, fitted; or the reason why it could not be.

    Attributes
    ----------
    n_components : int
        The number of components.
    covariance_type : str
        Their family.
    fit : Fit or None
        The likeliest of those that were tried; None where none could be fitted.
    n_parameters : int or None
        The number of free parameters.
    log_likelihood : float or None
        Of all points together, in nats.
    bic, aic, icl : float or None
        The information criteria; lower is better.
    reason : str
        Why there is no fit; "" where there is one.

    Examples
    --------
    >>> choose([[0.0], [1.0], [5.0], [6.0]], [1], covariance_type="diag", rng=0).best.n_components
    1
    """

    n_components: int
    covariance_type: CovarianceType
    fit: Fit | None = None
    n_parameters: int | None = None
    log_likelihood: float | None = None
    bic: float | None = None
    aic: float | None = None
    icl: float | None = None
    reason: str = ""

    @property
    def mixture(self) -> Mixture:
        """The fitted mixture. Raises FitError where there is none."""
        if self.fit is None:
            raise FitError(f"{self.n_components} {self.covariance_type} components have no mixture: {self.reason}")
        return self.fit.mixture

    def __repr__(self) -> str:
        what = f"{self.n_components} {self.covariance_type} component" + "s" * (self.n_components != 1)
        if self.fit is None:
            return f"<Candidate: {what}, not fitted: {self.reason}>"
        return f"<Candidate: {what}, bic {self.bic:.6g}, aic {self.aic:.6g}, icl {self.icl:.6g}>"


@dataclass(frozen=True, eq=False, repr=False)
class Choice:
    """All candidates, in the order in which they were tried, and the criterion that decides among them.

    Printed, it is a table with the best candidate marked.

    Attributes
    ----------
    candidates : tuple of Candidate
        All of them.
    criterion : {"bic", "aic", "icl"}
        What decides.

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> choice = choose(np.r_[rng.normal(0, 1, 200), rng.normal(9, 1, 200)][:, None], range(1, 4), rng=0)
    >>> choice.best.n_components, len(choice.candidates)  # three of each of four types
    (2, 12)
    """

    candidates: tuple[Candidate, ...]
    criterion: Criterion

    @property
    def best(self) -> Candidate:
        """The fitted candidate with the lowest criterion."""
        return min((each for each in self.candidates if each.fit is not None), key=self._score)

    @property
    def mixture(self) -> Mixture:
        """The mixture of the best candidate."""
        return self.best.mixture

    def _score(self, candidate: Candidate) -> float:
        return float(getattr(candidate, self.criterion))

    def rows(self) -> list[dict[str, Any]]:
        """List the candidates, as `pandas.DataFrame` and `csv.DictWriter` take them.

        Returns
        -------
        list of dict
            One a candidate.
        """
        names = ("n_components", "covariance_type", "n_parameters", "log_likelihood", "bic", "aic", "icl", "reason")
        return [{name: getattr(each, name) for name in names} | {"best": each is self.best} for each in self.candidates]

    def __repr__(self) -> str:
        best = self.best
        lines = [
            f"{'k':>6}  {'type':9}  {'parameters':>10}  {'log likelihood':>14}  {'bic':>12}  {'aic':>12}  {'icl':>12}"
        ]
        for each in self.candidates:
            start = f"{'>' if each is best else ' '}{each.n_components:5}  {each.covariance_type:9}"
            if each.fit is None:
                lines.append(f"{start}  not fitted: {shorten(each.reason, 68, placeholder=' ...')}")
            else:
                criteria = f"{each.bic:12.2f}  {each.aic:12.2f}  {each.icl:12.2f}"
                lines.append(f"{start}  {each.n_parameters:10}  {each.log_likelihood:14.2f}  {criteria}")
        lines.append(f"> lowest {self.criterion}: {best.n_components} {best.covariance_type}")
        return "\n".join(lines)

    def plot(self, ax: Any = None) -> Any:
        """The criterion against the number of components, a line a type, the best marked. Needs the extra `plots`.

        Parameters
        ----------
        ax : matplotlib.axes.Axes, optional
            Where to draw; by default in a new figure, which ``.figure.savefig("choice.png")`` keeps.

        Returns
        -------
        matplotlib.axes.Axes
            The axes.
        """
        extra("matplotlib", "figures need Matplotlib", "plots")
        from matplotlib.backends.backend_agg import FigureCanvasAgg
        from matplotlib.figure import Figure
        from matplotlib.ticker import MaxNLocator

        if ax is None:
            figure = Figure(layout="constrained")
            FigureCanvasAgg(figure)
            ax = figure.add_subplot()
        best = self.best
        fitted = [each for each in self.candidates if each.fit is not None]
        for kind in dict.fromkeys(each.covariance_type for each in fitted):
            here = sorted((each for each in fitted if each.covariance_type == kind), key=lambda each: each.n_components)
            scores = [self._score(each) for each in here]
            (line,) = ax.plot([each.n_components for each in here], scores, marker="o", markersize=3.5, label=kind)
            if kind == best.covariance_type:
                colour = line.get_color()
        ring = {"markersize": 11, "markerfacecolor": "none", "markeredgewidth": 1.6, "linestyle": "none"}
        name = f"best: {best.n_components} {best.covariance_type}"
        ax.plot([best.n_components], [self._score(best)], marker="o", color=colour, label=name, **ring)
        ax.set(xlabel="number of components", ylabel=f"{self.criterion} (lower is better)")
        ax.xaxis.set_major_locator(MaxNLocator(integer=True))
        ax.legend(frameon=False)
        return ax


def choose(
    x: Any,
    n_components: int | Iterable[int] = range(1, 10),
    *,
    covariance_type: CovarianceType | Iterable[CovarianceType] = COVARIANCE_TYPES,
    criterion: Criterion = "bic",
    start: StartName = "kmeans",
    sample_weight: ArrayLike | None = None,
    tol: float = 1e-4,
    max_iter: int = 200,
    reg_covar: float = 1e-6,
    n_init: int = 1,
    rng: int | np.random.Generator | None = None,
    dtype: str = "float64",
    n_threads: int | None = None,
    engine: EngineName = "auto",
    accelerate: bool = True,
    missing: bool = False,
    prior: Prior | Literal["default"] | None = None,
    on_candidate: Callable[[Candidate], Any] | None = None,
) -> Choice:
    """Fit mixtures of several sizes and types, and compare them by an information criterion.

    Parameters
    ----------
    x : array_like, shape (n, d), or any other data
        As for `fit`; what is not in memory costs one survey and then passes, never a copy.
    n_components : int or iterable of int
        The numbers of components to try.
    covariance_type : str or iterable of str
        The families to try.
    criterion : {"bic", "icl", "aic"}
        What decides, lower is better: bic (how many Gaussians), icl (how many clusters), or aic (how well new points
        are predicted, with more components).
    start : str
        The name of a start, as for `fit`.
    sample_weight, tol, max_iter, reg_covar
        As for `fit`.
    n_init : int
        Fresh starts per candidate.
    rng, dtype, n_threads, engine, accelerate, missing, prior
        As for `fit`.
    on_candidate : callable, optional
        Called with each `Candidate` as it is done; the answer True ends the search.

    Returns
    -------
    Choice
        All candidates, and the best one.

    Raises
    ------
    InputError
        If an argument is malformed.
    FitError
        If no candidate can be fitted.

    Notes
    -----
    Each number of components grows from the smaller one before: its heaviest components are split in turn, and EM
    continues from the most promising split beside `n_init` fresh starts. The likeliest fit is kept, so that within a
    family the likelihood does not fall as components are added (with a prior, the posterior decides). A candidate that
    cannot be fitted gives the reason, and the search continues.

    Examples
    --------
    >>> import mixtura as mx
    >>> x = mx.Mixture([0.5, 0.5], [[0.0], [9.0]], [1.0, 1.0], "spherical").sample(200, rng=0)
    >>> mx.choose(x, range(1, 4), covariance_type="full", rng=0).best.n_components
    2
    """
    counts, types = _counts(n_components), _types(covariance_type)
    if criterion not in get_args(Criterion):
        raise InputError(f"{named('criterion')} is {criterion!r}: choose bic, aic or icl.")
    if not isinstance(start, str):
        raise InputError(
            f"{named('start')} is a {type(start).__name__}: give the name of one, {', '.join(get_args(StartName))}."
        )
    settings = [Settings(kind, tol, max_iter, reg_covar, n_init, accelerate, engine, n_threads) for kind in types]
    check_callback("on_candidate", on_candidate)
    generator = random_generator(rng)
    source = opened(x, sample_weight, dtype=dtype, missing=missing)
    check_reach(source)
    warn_if_coarse(source, stacklevel=2)
    warn_if_drowned(source, reg_covar, covariance_type="full" if set(types) != {"spherical"} else "spherical")
    found: list[Candidate] = []
    failures: list[FitError] = []
    for kind, k in itertools.product(settings, counts):
        if k == counts[0]:
            expecting = choose_engine(source, counts[-1], kind.covariance_type, engine, n_threads)
            search = _Search(source, expecting, kind, start, prior, generator, failures)
            smaller: Fit | None = None
        found.append(search.candidate(k, smaller))
        smaller = found[-1].fit or smaller
        if on_candidate is not None and is_true(on_candidate(found[-1])):
            break
    if all(each.fit is None for each in found):
        first = f"{found[0].n_components} {found[0].covariance_type}"
        raise FitError(f"no candidate could be fitted; of the first ({first}), {failures[0].sentence}")
    return Choice(tuple(found), criterion)


@dataclass(frozen=True, eq=False)
class _Search:
    """The candidates of one type."""

    source: Source
    engine: Engine
    settings: Settings
    start: StartName
    prior: Prior | Literal["default"] | None
    rng: np.random.Generator
    failures: list[FitError]

    def candidate(self, k: int, smaller: Fit | None) -> Candidate:
        """The likeliest of the fits of k components, fresh or grown from a smaller one."""
        settings, kind = self.settings, self.settings.covariance_type
        try:
            check_counts(self.source, k)
            objective = Objective(settings.reg_covar, prior=Prior.of(self.prior, self.source, k, kind))
            best = best_of(self.engine, objective, settings, self._starts(k, smaller, objective), forgiving=True)
        except FitError as error:
            self.failures.append(error)
            return Candidate(k, kind, reason=str(error))
        n = self.source.survey().total
        parameters, total = best.mixture.n_parameters, best.log_likelihood * n
        bic, aic = (from_likelihood(name, total, parameters, n) for name in ("bic", "aic"))
        return Candidate(k, kind, best, parameters, total, bic, aic, bic + overlap(best.mixture, self.source))

    def _starts(self, k: int, smaller: Fit | None, objective: Objective) -> list[Begin]:
        """Fresh ones; the smaller fit with components split; and, so that none is less likely, with empty ones."""

        def fresh(_: Fit | None) -> Mixture:
            kind = self.settings.covariance_type
            return begin(self.source, k, self.start, covariance_type=kind, objective=objective, rng=self.rng)

        starts: list[Begin] = [fresh] * self.settings.n_init
        if smaller is None:
            return starts

        def empty(best: Fit | None) -> Mixture | None:
            there = best is not None and best.log_likelihood >= smaller.log_likelihood
            return None if objective.prior is not None or there else padded(smaller.mixture, k)

        return [*starts, lambda _: self._grown(k, smaller.mixture, objective), empty]

    def _grown(self, k: int, mixture: Mixture, objective: Objective) -> Mixture:
        """The mixture with components split one after the other: each time the most promising one."""
        while mixture.n_components < k:
            wide = padded(mixture, mixture.n_components + 1)
            heaviest = np.argsort(-mixture.weights, kind="stable")[:SPLITS]
            split = (give_half(wide, int(old), wide.n_components - 1) for old in heaviest)
            brief = replace(self.settings, max_iter=GLANCE)
            glances = [climb(self.engine, each, objective, settings=brief) for each in split]
            mixture = max(glances, key=lambda each: each.log_posteriors[-1]).mixture
        return mixture


def _counts(given: Any) -> list[int]:
    """The numbers of components in rising order, each once."""
    listed: list[Any] = [given] if is_whole(given) else list(given) if isinstance(given, Iterable) else []
    wrong = [each for each in listed if not is_whole(each) or each < 1]
    if wrong or not listed:
        raise InputError(f"{named('n_components')} is {given!r}: give whole numbers >= 1, such as range(1, 10).")
    return sorted({int(each) for each in listed})


def _types(given: Any) -> list[CovarianceType]:
    """The covariance types, each once."""
    listed: list[Any] = [given] if isinstance(given, str) else list(given) if isinstance(given, Iterable) else [given]
    wrong = [each for each in listed if each not in COVARIANCE_TYPES]
    if wrong or not listed:
        raise InputError(
            f"{named('covariance_type')} is {wrong[0] if wrong else given!r}: give one or several of "
            f"{', '.join(COVARIANCE_TYPES)}."
        )
    return list(dict.fromkeys(listed))
