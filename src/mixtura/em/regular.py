"""Whether the covariances that an M-step made are ones: exactly singular points must not pass for a fit by rounding.

A coordinate without a spread of its own makes the likelihood unbounded. In exact numbers its covariance is singular; in
rounded ones a rest remains, by chance positive, and the fit would be of that. So two quantities are held against what
rounding leaves, both free of the units of the columns: the variance of a coordinate against the steps of a float64 at
its mean, and the share of its variance that the others do not explain, 1 - R^2, the inverse of its variance inflation
factor [S^-1]_ii S_ii.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from ..arrays import Array, Bools
from ..errors import FitError, named
from ..model.families import EPS, CovarianceType, Family, family
from ..model.mixture import Mixture

# Rounding leaves some ten EPS of the variance of a coordinate that follows from the others, a few hundred where points
# repeat the same numbers. Where nothing is added to the variances, the rest must be known to some percent.
OWN, OWN_WITH_MORE = 1024 * EPS, 32 * EPS
STEPS = 4.0  # of a float64 that the standard deviation of a coordinate must exceed


class Parts(NamedTuple):
    """What a mixture is about to be made of."""

    weights: Array
    means: Array
    covariances: Array
    covariance_type: CovarianceType
    names: tuple[str, ...] | None

    @property
    def family(self) -> Family:
        """The record of all that depends on the covariance type."""
        return family(self.covariance_type)


NO_WIDTH = "the points of a component lie on a point, line or plane"


def advice(k: int) -> str:
    """What to do about a singular covariance of a mixture of k components."""
    instead = f" or lower {named('n_components')}" if k > 1 else ", or leave out columns that tell nothing new"
    return f"Raise {named('reg_covar')}{instead}."


def check_spread(mixture: Mixture | Parts, *, advice: str, steps: float = STEPS, made: Bools | None = None) -> None:
    """Raise FitError where a column has one value among the points of a component.

    advice: what to do about it. steps: of a float64 at its mean that a column must span; 0 where any variance will do.
    made: (k,) the components to look at, if not all.
    """
    kind, means = family(mixture.covariance_type), mixture.means
    stack = kind.stack(mixture.covariances)
    variances = np.diagonal(stack, axis1=-2, axis2=-1) if kind.triangular else stack.reshape(len(stack), -1)
    squares = (mixture.weights @ means**2)[None] if kind.shared else means**2
    if variances.shape[1] < means.shape[1]:  # one for all coordinates
        squares = squares.mean(axis=1, keepdims=True)
    limits = (steps * EPS) ** 2 * squares
    flat = np.argwhere(~(variances > limits) & _asked(kind, made)[:, None])
    if not len(flat):
        return
    component, column = flat[0]
    what = f"{_column(column, mixture.names)} has" if variances.shape[1] == means.shape[1] > 1 else "its points have"
    raise FitError(
        f"covariances[{component}] is not positive definite (variance {variances[component, column]:.2g}, it must be > "
        f"{limits[component, column]:.2g}): {what} one value there, up to rounding. {advice}"
    )


def check_regular(mixture: Mixture, *, least: float = OWN, advice: str = "", made: Bools | None = None) -> None:
    """Raise FitError where a column follows from the others among the points of a component.

    least: of the share of its variance that the others do not explain. advice: what to do about it. made: (k,) the
    components to look at, if not all.
    """
    if not mixture.family.triangular or mixture.n_coordinates == 1:
        return
    w, stack = mixture.whitener, mixture.family.stack(mixture.covariances)
    explained = np.einsum("kij,kij->kj", w, w) * stack.diagonal(axis1=1, axis2=2)  # (k or 1, d)
    if explained.max() * least < 1.0:
        return
    worst = np.where(_asked(mixture.family, made), explained.max(axis=1), 0.0)
    component = int(worst.argmax())
    if worst[component] * least < 1.0:
        return
    column = _column(int(explained[component].argmax()), mixture.names)
    raise FitError(
        f"covariances[{component}] is not positive definite, up to rounding ({column} has {1 / worst[component]:.2g} "
        f"of its variance to itself, it must be > {least:.2g}; the rest follows from the other columns): "
        f"{NO_WIDTH}. {advice}"
    )


def _asked(kind: Family, made: Bools | None) -> Bools:
    """(k,), or (1,) where covariances are shared."""
    made = np.ones(1, bool) if made is None else made
    return np.atleast_1d(made.any()) if kind.shared else made


def _column(column: int, names: tuple[str, ...] | None) -> str:
    return f"column {column if names is None else repr(names[column])}"
