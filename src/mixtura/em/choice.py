"""What the search for a number of components found: its candidates, and the one that is recommended."""

from __future__ import annotations

from dataclasses import dataclass, replace
from textwrap import shorten
from typing import Any, Literal

from ..checks import extra
from ..errors import FitError, InputError, named
from ..model.gaussian import CovarianceType
from ..model.mixture import Mixture
from .loop import Fit

Criterion = Literal["bic", "icl", "aic", "cv", "stability"]
HIGHER = ("cv", "stability")  # criteria of which the highest is best
LEVEL = 0.005  # of agreement: what is no difference
FAINT = 0.6  # agreement below which there is hardly a structure
VERDICTS = {
    "bic": "lowest bic",
    "icl": "lowest icl",
    "aic": "lowest aic",
    "cv": "highest cv",
    "stability": "most components as stable as any",
}


@dataclass(frozen=True, eq=False, repr=False)
class Candidate:
    """One number of components of one type, fitted; or the reason why it cannot be recommended.

    Attributes
    ----------
    n_components : int
        The number of components.
    covariance_type : str
        Their family.
    fit : Fit or None
        The likeliest of those that were tried in which no component has collapsed, or of all where each has one; None
        where none could be fitted.
    n_parameters : int or None
        The number of free parameters.
    log_likelihood : float or None
        Of all points together, in nats.
    bic, aic, icl : float or None
        The information criteria; lower is better.
    reason : str
        Why it cannot be the best: why there is no fit, or what has become of a component; "" where it can.
    cv : float or None
        The mean log density of points that were held out, in nats; higher is better. Of `criterion="cv"` alone.
    stability : float or None
        The mean agreement of fits to halves of the points, 1 at most; higher is better. Of `criterion="stability"`
        alone.
    spread : float or None
        Of cv its standard error, of stability the standard deviation of the repeats.
    repeats : tuple of float
        What cv or stability is the mean of: a number a fold, or a repeat.

    Examples
    --------
    >>> import mixtura as mx
    >>> mx.choose([[0.0], [1.0], [5.0], [6.0]], [1], covariance_type="diag", rng=0).best.n_components
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
    cv: float | None = None
    stability: float | None = None
    spread: float | None = None
    repeats: tuple[float, ...] = ()

    @property
    def eligible(self) -> bool:
        """Whether it can be the best: it could be fitted, and no component has collapsed."""
        return self.fit is not None and not self.reason

    @property
    def _verdict(self) -> str:
        return f"{'not fitted' if self.fit is None else 'ruled out'}: {self.reason}"

    @property
    def mixture(self) -> Mixture:
        """The fitted mixture. Raises FitError where there is none."""
        if self.fit is None:
            raise FitError(f"{self.n_components} {self.covariance_type} components have no mixture: {self.reason}")
        return self.fit.mixture

    def __repr__(self) -> str:
        what = f"{self.n_components} {self.covariance_type} component" + "s" * (self.n_components != 1)
        if not self.eligible:
            return f"<Candidate: {what}, {self._verdict}>"
        told = "".join(
            f", {name} {getattr(self, name):.4g} ± {self.spread:.2g}"
            for name in HIGHER
            if getattr(self, name) is not None
        )
        return f"<Candidate: {what}, bic {self.bic:.6g}, aic {self.aic:.6g}, icl {self.icl:.6g}{told}>"


@dataclass(frozen=True, eq=False, repr=False)
class Choice:
    """All candidates, family by family, and the criterion that decides among them.

    Printed, it is a table with the best candidate marked, and the reason where one cannot be the best.

    Attributes
    ----------
    candidates : tuple of Candidate
        All of them.
    criterion : {"bic", "icl", "aic", "cv", "stability"}
        What decides.

    Examples
    --------
    >>> import numpy as np
    >>> import mixtura as mx
    >>> rng = np.random.default_rng(0)
    >>> choice = mx.choose(np.r_[rng.normal(0, 1, 200), rng.normal(9, 1, 200)][:, None], range(1, 4), rng=0)
    >>> choice.best.n_components, len(choice.candidates)  # three of each of four types
    (2, 12)
    """

    candidates: tuple[Candidate, ...]
    criterion: Criterion

    @property
    def best(self) -> Candidate:
        """The candidate with the best criterion, of those that are eligible.

        The lowest bic, icl or aic; the highest cv; of stability the most components that are as stable as the most
        stable ones but for its spread, or LEVEL, and of these the most stable.
        """
        eligible = [each for each in self.candidates if each.eligible]
        if any(getattr(each, self.criterion) is None for each in eligible):
            raise InputError(
                f"the candidates have no {self.criterion}: mx.choose(..., {named('criterion', repr(self.criterion))}) "
                f"finds it."
            )
        if self.criterion != "stability":
            return min(eligible, key=self._score)
        first = min(eligible, key=self._score)
        least = first.stability - max(first.spread or 0.0, LEVEL)  # type: ignore[operator]
        level = [each for each in eligible if (each.stability or 0.0) >= least]
        most = max(each.n_components for each in level)
        return min((each for each in level if each.n_components == most), key=self._score)

    def by(self, criterion: Criterion) -> Choice:
        """The same candidates, among which another criterion decides.

        Parameters
        ----------
        criterion : {"bic", "icl", "aic", "cv", "stability"}
            One that they have.

        Returns
        -------
        Choice
            With another best candidate, maybe.
        """
        return replace(self, criterion=criterion)

    @property
    def at_limit(self) -> bool:
        """Whether the best has the largest of several numbers of components: then a larger one may be better still."""
        counts = {each.n_components for each in self.candidates}
        return len(counts) > 1 and self.best.n_components == max(counts)

    @property
    def mixture(self) -> Mixture:
        """The mixture of the best candidate."""
        return self.best.mixture

    def _score(self, candidate: Candidate) -> float:
        """What is lowest for the best."""
        score = float(getattr(candidate, self.criterion))
        return -score if self.criterion in HIGHER else score

    def rows(self) -> list[dict[str, Any]]:
        """List the candidates, as `pandas.DataFrame` and `csv.DictWriter` take them.

        Returns
        -------
        list of dict
            One a candidate.
        """
        told = ("n_components", "covariance_type", "n_parameters", "log_likelihood", "bic", "aic", "icl", *self._more)
        names = (*told, "eligible", "reason")
        best = self.best
        return [{name: getattr(each, name) for name in names} | {"best": each is best} for each in self.candidates]

    @property
    def _more(self) -> tuple[str, ...]:
        """What candidates have beside information criteria."""
        names = [name for name in HIGHER if any(getattr(each, name) is not None for each in self.candidates)]
        return (*names, "spread") if names else ()

    def _repr_html_(self) -> str:
        from .html import of_choice

        return of_choice(self)

    def __repr__(self) -> str:
        best, more = self.best, self._more
        lines = [
            f"{'k':>6}  {'type':9}  {'parameters':>10}  {'log likelihood':>14}  {'bic':>12}  {'aic':>12}  {'icl':>12}"
            + "".join(f"  {name:>10}" for name in more)
        ]
        for each in self.candidates:
            start = f"{'>' if each is best else ' '}{each.n_components:5}  {each.covariance_type:9}"
            if not each.eligible:
                lines.append(f"{start}  {shorten(each._verdict, 96, placeholder=' ...')}")
            else:
                criteria = f"{each.bic:12.2f}  {each.aic:12.2f}  {each.icl:12.2f}"
                criteria += "".join(f"  {getattr(each, name):10.4f}" for name in more)
                lines.append(f"{start}  {each.n_parameters:10}  {each.log_likelihood:14.2f}  {criteria}")
        limit = ", the largest number that was tried" * self.at_limit
        faint = self.criterion == "stability" and (best.stability or 0.0) < FAINT
        limit += ", but no number is stable" * faint
        lines.append(f"> {VERDICTS[self.criterion]}: {best.n_components} {best.covariance_type}{limit}")
        return "\n".join(lines)

    def plot(self, ax: Any = None) -> Any:
        """The criterion against the number of components: `mixtura.plots.choice`. Needs the extra ``plots``.

        Parameters
        ----------
        ax : matplotlib.axes.Axes, optional
            Where to draw; by default in pyplot's current axes.

        Returns
        -------
        matplotlib.axes.Axes
            The axes.
        """
        extra("matplotlib", "figures need Matplotlib", "plots")
        from ..plots import choice

        return choice(self, ax=ax)
