"""New pictures after many of one size: their principal components, and a mixture over these."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from .arrays import Array, Numbers, Singles
from .checks import Rng
from .em.fit import fit
from .em.loop import Fit, Step
from .errors import InputError
from .model.gaussian import CovarianceType
from .model.mixture import Mixture
from .pictures import checks
from .pictures.collection import Pictures
from .pictures.collection import read as read
from .pictures.image import PIXEL_VARIANCE
from .sources.points import Points

FLAT = 1e-7  # of the largest variance: principal components with less say nothing
BLOCK = 4096  # pictures that are turned into floats at once


@dataclass(frozen=True, eq=False)
class PictureMixture:
    """A mixture over the principal components of pictures, and the way back to pictures.

    Attributes
    ----------
    centre : ndarray of float32, shape (p,)
        The mean picture, of p = h w or 3 h w values in 0..255.
    axes : ndarray of float32, shape (m, p)
        The principal components: orthonormal rows.
    variances : ndarray of float, shape (m,)
        Of the pictures along the axes, in descending order.
    total_variance : float
        Of the pictures, over all p values.
    mixture : Mixture
        Over the m coordinates along the axes, in greys of 255.
    shape : tuple of int
        (h, w) or (h, w, 3).
    """

    centre: Singles
    axes: Singles
    variances: Array
    total_variance: float
    mixture: Mixture
    shape: tuple[int, ...]

    def encode(self, pictures: ArrayLike) -> Singles:
        """The coordinates of pictures along the axes.

        Parameters
        ----------
        pictures : array_like, shape (n, h, w) or (n, h, w, 3)
            Values in 0..255; greys also as (n, h, w, 1).

        Returns
        -------
        ndarray of float32, shape (n, m)
            Their scores on the principal components.

        Raises
        ------
        InputError
            If the pictures have another shape.
        """
        rows = np.asarray(pictures)
        rows = rows[..., 0] if rows.ndim == 4 and rows.shape[3] == 1 else rows
        if rows.shape[1:] != self.shape:
            raise InputError(f"the pictures have shape {rows.shape}, expected (n, {str(self.shape)[1:]}.")
        return _project(rows, self.centre, self.axes)

    def decode(self, coordinates: ArrayLike) -> Pictures:
        """The pictures at these coordinates.

        Parameters
        ----------
        coordinates : array_like, shape (n, m)
            Along the axes; with fewer columns, along the first ones.

        Returns
        -------
        ndarray of uint8, shape (n, h, w) or (n, h, w, 3)
            The pictures, clipped to 0..255.

        Raises
        ------
        InputError
            If there are more columns than axes.
        """
        rows = np.asarray(coordinates, np.float32)
        if rows.ndim != 2 or rows.shape[1] > len(self.axes):
            raise InputError(f"coordinates has shape {rows.shape}, expected (n, m) with m <= {len(self.axes)}.")
        # In double precision, so that a picture does not depend on how many are made with it.
        made = self.centre + rows.astype(np.float64) @ self.axes[: rows.shape[1]].astype(np.float64)
        return np.asarray(np.rint(made.clip(0, 255)), np.uint8).reshape(len(rows), *self.shape)

    def sample(self, n: int, *, rng: Rng = None) -> Pictures:
        """New pictures: points drawn from the mixture, decoded.

        Parameters
        ----------
        n : int
            How many.
        rng : int, numpy.random.Generator or None
            The seed, or a generator.

        Returns
        -------
        ndarray of uint8, shape (n, h, w) or (n, h, w, 3)
            The pictures.
        """
        return self.decode(self.mixture.sample(n, rng=rng))

    def means(self) -> Pictures:
        """The means of the components as pictures, the heaviest first.

        Returns
        -------
        ndarray of uint8, shape (k, h, w) or (k, h, w, 3)
        """
        return self.decode(self.mixture.means[np.argsort(-self.mixture.weights, kind="stable")])

    def walk(self, n: int = 48, *, rng: Rng = None) -> Pictures:
        """The way from one random picture to another one and back, slower at the ends: the frames of a loop.

        Parameters
        ----------
        n : int
            How many frames, 2 at least.
        rng : int, numpy.random.Generator or None
            The seed, or a generator.

        Returns
        -------
        ndarray of uint8, shape (n, h, w) or (n, h, w, 3)
            The frames, on a straight line in the coordinates of the principal components.

        Raises
        ------
        InputError
            If `n` is less than 2.
        """
        checks.whole(n, "n", least=2, of="pictures")
        first, last = self.mixture.sample(2, rng=rng)
        share = (1 - np.cos(2 * np.pi * np.arange(n) / n)) / 2  # (n,) from 0 to 1 and back
        return self.decode(first + share[:, None] * (last - first))


def learn(
    pictures: ArrayLike,
    n_components: int = 25,
    *,
    n_axes: int = 100,
    covariance_type: CovarianceType = "full",
    reg_covar: float = PIXEL_VARIANCE,
    max_iter: int = 100,
    tol: float | None = None,
    rng: int | np.random.Generator | None = 0,
    dtype: str = "float32",
    n_threads: int | None = None,
    on_stage: Callable[[str], Any] | None = None,
    on_step: Callable[[Step], Any] | None = None,
) -> tuple[PictureMixture, Fit]:
    """Learn to make pictures: principal components first, then a mixture of the pictures' coordinates along these.

    Parameters
    ----------
    pictures : array_like, shape (n, h, w) or (n, h, w, 3)
        Greys or sRGB values in 0..255; greys also as (n, h, w, 1).
    n_components : int
        Of the mixture.
    n_axes : int
        The number of principal components at most; those along which the pictures do not vary are left out.
    covariance_type : str
        Of the mixture, as for `fit`.
    reg_covar : float
        Added to the variances, in squared greys.
    max_iter : int
        The limit of EM iterations.
    tol : float, optional
        Convergence threshold: the gain in mean log likelihood per picture, in nats; by default 0.001 per principal
        component.
    rng : int, numpy.random.Generator or None
        The seed, or a generator.
    dtype : {"float32", "float64"}
        The precision of the coordinates.
    n_threads : int, optional
        By default all there are; the result is the same.
    on_stage : callable, optional
        Called with what begins, in words.
    on_step : callable, optional
        Called with a `Step` after each iteration.

    Returns
    -------
    model : PictureMixture
        What was learnt.
    fit : Fit
        How the fit of its mixture went.

    Raises
    ------
    InputError
        If an argument is malformed.
    FitError
        If there are fewer pictures than components, as in `fit`.

    Examples
    --------
    >>> import mixtura as mx
    >>> from sklearn.datasets import load_digits
    >>> digits = load_digits().images * 15
    >>> digits.shape
    (1797, 8, 8)
    >>> model, fit = mx.generate.learn(digits, 20, n_axes=30)
    >>> model.sample(5, rng=0).shape
    (5, 8, 8)
    """
    rows = checks.pictures(pictures, "pictures")
    if len(rows) < 2:
        raise InputError("pictures has 1 picture: two at least are needed to vary.")
    checks.whole(n_axes, "n_axes", of="principal components")
    say = on_stage or (lambda stage: None)
    say("principal components")
    seed = int(np.random.default_rng(rng).integers(2**31)) if not isinstance(rng, int) else rng % 2**31
    centre, axes, variances, total, coordinates = _principal(rows, int(n_axes), seed)
    say("fitting")
    found = fit(
        Points.from_array(coordinates, dtype=dtype, copy=False, one_unit=True),
        n_components,
        covariance_type=covariance_type,
        reg_covar=reg_covar,
        max_iter=max_iter,
        tol=1e-3 * len(axes) if tol is None else tol,
        rng=rng,
        dtype=dtype,
        n_threads=n_threads,
        accelerate=True,
        on_step=on_step,
    )
    return PictureMixture(centre, axes, variances, total, found.mixture, rows.shape[1:]), found


def _principal(rows: Numbers, n_axes: int, seed: int) -> tuple[Singles, Singles, Array, float, Singles]:
    """The mean, the axes, the variances along these and over all, and the coordinates along the axes."""
    from sklearn.decomposition import PCA

    if (rows == rows[0]).all():
        raise InputError("pictures are all the same: there is nothing to learn.")
    table = rows.reshape(len(rows), -1).astype(np.float32)
    found = PCA(min(n_axes, *table.shape), random_state=seed).fit(table)
    variances = np.asarray(found.explained_variance_, np.float64)
    total = float(variances[0]) / float(found.explained_variance_ratio_[0])
    kept = variances > FLAT * variances[0]
    axes = np.ascontiguousarray(found.components_[kept], np.float32)
    centre = np.asarray(found.mean_, np.float32)
    return centre, axes, variances[kept], total, _project(rows, centre, axes)


def _project(rows: Numbers, centre: Singles, axes: Singles) -> Singles:
    out = np.empty((len(rows), len(axes)), np.float32)
    for start in range(0, len(rows), BLOCK):
        block = rows[start : start + BLOCK]
        out[start : start + BLOCK] = (block.reshape(len(block), -1).astype(np.float32) - centre) @ axes.T
    return out
