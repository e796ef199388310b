"""Whether a component has collapsed, so that its likelihood says nothing of how well a mixture describes points.

The likelihood of a mixture is unbounded: a component on one point, in a plane through a few, or on the ties of rounded
numbers raises it as far as its variance may fall (Day 1969). Where that ends is a matter of reg_covar alone, and so is
every criterion that counts it.
"""

from __future__ import annotations

import numpy as np

from ..arrays import Array
from ..model.families import ROUNDING
from ..model.mixture import Mixture
from ..model.reduction import spreads
from ..sources.source import Source, Survey
from ..sources.tables import coordinate_names
from .start import sample

LOOKED_AT = 20_000  # points in which steps of rounding are looked for
SPARE = 2  # times the points that a shared shape needs at least, beside one a component
WIDTH = 2.0  # times reg_covar, which is added to the variances: what is below is mostly reg_covar
SAME = 1e-9  # of a column's range: numbers that are nearer than this are the same
NEARLY = 1e-9  # of a number of points, which is a sum of shares


def least_variances(source: Source, reg_covar: float) -> Array:
    """(d,) below which a component's variance is that of reg_covar, or of the rounding of the column's numbers.

    Numbers in steps of h hold errors of variance h^2 / 12, and nothing that is narrower. The step is the least gap of
    different numbers: where they are not rounded, it is next to nothing. Where all rows are measured with more noise
    than that, the likelihood is bounded, and a component may be as narrow as it likes.
    """
    seen = sample(source, LOOKED_AT, np.random.default_rng(0))
    x = np.sort(seen.x.astype(np.float64), axis=0)  # NaN come last
    gaps = np.diff(x, axis=0)
    wide = gaps > SAME * (np.fmax.reduce(x) - np.fmin.reduce(x))
    steps = np.min(gaps, axis=0, initial=np.inf, where=wide)
    least = np.maximum(WIDTH * reg_covar, np.where(np.isfinite(steps), steps, 0.0) ** 2 / 12.0)
    if seen.noise is None:
        return least
    noise = seen.noise if seen.noise.ndim == 2 else np.diagonal(seen.noise, axis1=1, axis2=2)
    return np.where(np.where(np.isnan(seen.x), np.inf, noise).min(axis=0) > least, 0.0, least)


def collapsed(mixture: Mixture, survey: Survey, least: Array, *, regular: bool = False) -> str:
    """Say which component has collapsed, and onto what; "" where none has.

    survey: of the points that the mixture was fitted to. least: see `least_variances`. regular: whether a prior keeps
    covariances regular, so that a component may have as few points as it likes.
    """
    return _without_width(mixture, least) or ("" if regular else _without_points(mixture, survey))


def _without_points(mixture: Mixture, survey: Survey) -> str:
    """Say which component has fewer points than a covariance of its family needs."""
    # Weights may be counts, or shares of one; a row is worth one point at least.
    total = max(survey.total, float(survey.support))
    points, kind, (k, d) = total * mixture.weights, mixture.family, mixture.means.shape
    need = kind.least_points(d)
    few = np.flatnonzero((points < need * (1.0 - NEARLY)) & (mixture.weights > 0))
    if len(few):
        worst = int(few[points[few].argmin()])
        return (
            f"component {worst} has {points[worst]:.3g} points, and a {kind.name} one in {d} coordinates needs {need}"
        )
    # Several components that share a shape leave it what is left of the points once each has its mean.
    if k > 1 and total - k < (spare := SPARE * kind.shared_points(d)):
        return f"the components have {total:.4g} points, and {k} {kind.name} ones in {d} coordinates need {spare + k}"
    return ""


def _without_width(mixture: Mixture, least: Array) -> str:
    """Say which component is flat in more directions than all components together are, and in which column most."""
    kind, d = mixture.family, mixture.n_coordinates
    floor = np.maximum(least, ROUNDING * d * spreads(mixture) ** 2)
    awake = np.zeros(1, np.intp) if kind.shared else np.flatnonzero(mixture.weights)
    if kind.triangular:
        unit = np.sqrt(np.outer(floor, floor))
        whole = np.linalg.eigvalsh(mixture.covariance() / unit)
        widths, axes = np.linalg.eigh(kind.stack(mixture.covariances)[awake] / unit)
        columns = np.abs(axes[..., 0]).argmax(axis=1)  # where the flattest direction points
    else:
        whole = spreads(mixture) ** 2 / floor
        widths = np.square(mixture.lower[awake]) / floor
        columns = widths.argmin(axis=1)
    flat = np.flatnonzero((widths < 1.0).sum(axis=1) > (whole < 1.0).sum())
    if not len(flat):
        return ""
    worst = int(flat[widths[flat].min(axis=1).argmin()])
    column = int(columns[worst])
    which = "the components have" if kind.shared else f"component {awake[worst]} has"
    return (
        f"{which} no width in {coordinate_names(mixture.names, d)[column]} (variance "
        f"{widths[worst].min() * floor[column]:.2g}; below {floor[column]:.2g} it is that of rounding or reg_covar)"
    )
