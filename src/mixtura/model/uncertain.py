"""A mixture asked about rows that hold gaps, or errors of their own: who works them, by the size of the work.

Many rows with the same gaps and errors are rows of another mixture, that of what was measured, with the covariances
S + N of the coordinates that they have. All others are worked one by one in compiled kernels, or, where they are few,
in groups by `Given`, which waits for no compiler.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from ..arrays import Array, Floats, Integers
from ..kernels import cut
from . import incomplete
from .families import CovarianceType, Family, family
from .incomplete import FAR, FarError

if TYPE_CHECKING:
    from ..kernels.uncertain import Table
    from .mixture import Mixture

ASKED = 1e7  # pairs times features of a question from which compiled kernels earn back their start
LARGEST = 256  # coordinates beyond which LAPACK factorises fast, and tables of kernels are large


def is_diagonal(kind: Family, noise: Floats | None) -> bool:
    """Whether no coordinate of a row says anything of another one. noise: of rows, (n, d) or (n, d, d)."""
    return not kind.triangular and (noise is None or noise.ndim == 2)


def kernels_pay(mixture: Mixture, n: int, noise: Floats | None, least: float | None = None) -> bool:
    """Whether n rows are work for compiled kernels: at least so many pairs times features, by default ASKED."""
    k, d = mixture.means.shape
    diagonal = is_diagonal(mixture.family, noise)
    features = 1 + d + (d if diagonal else d * (d + 1) // 2)
    return n * k * features >= (ASKED if least is None else least) and (diagonal or d <= LARGEST)


def measured_type(covariance_type: CovarianceType, noise: Floats | None) -> CovarianceType:
    """The family of what is measured, where all rows have the noise (d,) or (d, d)."""
    kind = family(covariance_type)
    if noise is None:
        return kind.name
    if is_diagonal(kind, noise[None]):
        return "EEI" if kind.shared else "diag"
    return "tied" if kind.shared else "full"


def convolved(mixture: Mixture, noise: Floats) -> Mixture:
    """The mixture of what is measured with an error N(0, noise), which is (d,) or (d, d)."""
    found = family(measured_type(mixture.family.name, noise))
    if found.triangular:
        covariances = mixture.matrices + (np.diag(noise) if noise.ndim == 1 else noise)
    else:
        covariances = mixture.lower**2 + noise
    weights, means = mixture.weights, mixture.means
    held = np.ascontiguousarray(found.unstack(found.cells(covariances)))
    return type(mixture).trusted(weights, means, held, found.name, names=mixture.names)


def table(mixture: Mixture, noise: Floats | None) -> Table:
    """The kernels' form of a mixture."""
    from ..kernels import uncertain

    if not mixture.family.triangular and not is_diagonal(mixture.family, noise):
        mixture = convolved(mixture, np.zeros(2 * mixture.means.shape[1:]))
    with np.errstate(divide="ignore"):
        log_weights = np.log(mixture.weights)
    lower, whitener = mixture.lower, mixture.whitener
    covariances = lower**2 if lower.ndim == 2 else mixture.family.stack(mixture.covariances)
    return uncertain.table(log_weights, mixture.means, covariances, lower, whitener)


def _asked(mixture: Mixture, question: str, x: Floats, noise: Floats | None, n_threads: int | None) -> Any:
    from ..kernels import uncertain

    limit = cut(mixture.n_components, np.float64)
    return uncertain.ask(getattr(uncertain, question), x, noise, table(mixture, noise), limit, n_threads)


def log_density(mixture: Mixture, x: Floats, noise: Floats | None, n_threads: int | None) -> Array:
    """(n,) log of the marginal density of what each row has; 0 where it has nothing."""
    if not kernels_pay(mixture, len(x), noise):
        return incomplete.log_density(mixture, x, noise)
    return np.asarray(_asked(mixture, "LOG_DENSITY", x, noise, n_threads).values)


def responsibilities(mixture: Mixture, x: Floats, noise: Floats | None, n_threads: int | None) -> Array:
    """(n, k) P(component | what a row has); the weights where it has nothing."""
    if not kernels_pay(mixture, len(x), noise):
        return incomplete.responsibilities(mixture, x, noise)
    return _reached(_asked(mixture, "SHARES", x, noise, n_threads).shares)


def predict(mixture: Mixture, x: Floats, noise: Floats | None, n_threads: int | None) -> Integers:
    """(n,) the component with the largest responsibility for what a row has."""
    if not kernels_pay(mixture, len(x), noise):
        return incomplete.predict(mixture, x, noise)
    return np.asarray(_asked(mixture, "LABEL", x, noise, n_threads).labels, np.intp)


def posterior(
    mixture: Mixture, x: Floats, noise: Floats | None, n_threads: int | None, *, covariance: bool
) -> tuple[Array, Array | None]:
    """(n, d) E[t | what a row has], and if wanted (n, d, d) Cov[t | it], of the points t that were measured.

    Coordinates without noise are as they are.
    """
    if kernels_pay(mixture, len(x), noise):
        out = _asked(mixture, "COVARIANCE" if covariance else "MEAN", x, noise, n_threads)
        mean, spread = _reached(out.means), out.covariances if covariance else None
    else:
        mean, spread = incomplete.posterior(mixture, x, noise, covariance=covariance)
    known = ~np.isnan(x)
    if noise is not None:
        known &= (noise if noise.ndim == 2 else np.diagonal(noise, axis1=1, axis2=2)) == 0
    mean = np.where(known, x, mean)
    if spread is not None:
        spread[known] = 0.0
        spread.transpose(0, 2, 1)[known] = 0.0
    return mean, spread


def _reached(answer: Array) -> Array:
    if np.isnan(answer).any():
        raise FarError(FAR)
    return answer
