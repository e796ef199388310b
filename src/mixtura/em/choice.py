"""What the search for a number of components found: its candidates, and the one that is recommended."""

from __future__ import annotations

from dataclasses import dataclass
from textwrap import shorten
from typing import Any

from ..checks import extra
from ..errors import FitError
from ..model.gaussian import CovarianceType
from ..model.mixture import Mixture
from .criteria import Criterion
from .loop import Fit


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
        return f"<Candidate: {what}, bic {self.bic:.6g}, aic {self.aic:.6g}, icl {self.icl:.6g}>"


@dataclass(frozen=True, eq=False, repr=False)
class Choice:
    """All candidates, in the order in which they were tried, and the criterion that decides among them.

    Printed, it is a table with the best candidate marked, and the reason where one cannot be the best.

    Attributes
    ----------
    candidates : tuple of Candidate
        All of them.
    criterion : {"bic", "aic", "icl"}
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
        """The candidate with the lowest criterion, of those that are eligible."""
        return min((each for each in self.candidates if each.eligible), key=self._score)

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
        return float(getattr(candidate, self.criterion))

    def rows(self) -> list[dict[str, Any]]:
        """List the candidates, as `pandas.DataFrame` and `csv.DictWriter` take them.

        Returns
        -------
        list of dict
            One a candidate.
        """
        told = ("n_components", "covariance_type", "n_parameters", "log_likelihood", "bic", "aic", "icl", "eligible")
        names = (*told, "reason")
        return [{name: getattr(each, name) for name in names} | {"best": each is self.best} for each in self.candidates]

    def __repr__(self) -> str:
        best = self.best
        lines = [
            f"{'k':>6}  {'type':9}  {'parameters':>10}  {'log likelihood':>14}  {'bic':>12}  {'aic':>12}  {'icl':>12}"
        ]
        for each in self.candidates:
            start = f"{'>' if each is best else ' '}{each.n_components:5}  {each.covariance_type:9}"
            if not each.eligible:
                lines.append(f"{start}  {shorten(each._verdict, 96, placeholder=' ...')}")
            else:
                criteria = f"{each.bic:12.2f}  {each.aic:12.2f}  {each.icl:12.2f}"
                lines.append(f"{start}  {each.n_parameters:10}  {each.log_likelihood:14.2f}  {criteria}")
        limit = ", the largest number that was tried" * self.at_limit
        lines.append(f"> lowest {self.criterion}: {best.n_components} {best.covariance_type}{limit}")
        return "\n".join(lines)

    def plot(self, ax: Any = None) -> Any:
        """The criterion against the number of components, a line a type, the best marked. Needs the extra `plots`.

        Candidates that cannot be the best are left out.

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
        fitted = [each for each in self.candidates if each.eligible]
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
