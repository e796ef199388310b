"""New pictures after many of one size: their principal components, and a mixture over these."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from .em.fit import fit
from .em.loop import Fit, Step
from .errors import InputError, named
from .model.checks import Rng, is_whole
from .model.gaussian import CovarianceType
from .model.mixture import Mixture
from .pictures.collection import Pictures
from .pictures.collection import read as read
from .pictures.image import PIXEL_VARIANCE

Array = NDArray[np.float64]

FLAT = 1e-7  # of the largest variance: principal components with less say nothing
BLOCK = 4096  # pictures that are turned into floats at once


@dataclass(frozen=True, eq=False)
class PictureMixture:
    """A mixture over the principal components of pictures, and the way back to pictures.

    centre: (p,) the mean picture, p = h w or 3 h w numbers. axes: (m, p) principal components, orthonormal rows.
    variances: (m,) of the pictures along these, falling. total_variance: of the pictures, over all p.
    mixture: in m coordinates, those along the axes, in greys of 255. shape: (h, w) or (h, w, 3).
    """

    centre: NDArray[np.float32]
    axes: NDArray[np.float32]
    variances: Array
    total_variance: float
    mixture: Mixture
    shape: tuple[int, ...]

    def encode(self, pictures: ArrayLike) -> NDArray[np.float32]:
        """(n, m) coordinates of pictures (n, *shape) along the axes."""
        rows = np.asarray(pictures)
        if rows.shape[1:] != self.shape:
            raise InputError(f"the pictures have shape {rows.shape}, expected (n, {str(self.shape)[1:]}.")
        return _project(rows, self.centre, self.axes)

    def decode(self, coordinates: ArrayLike) -> Pictures:
        """(n, *shape) the pictures at coordinates (n, m), clipped to 0..255. With fewer columns, of the first axes."""
        rows = np.asarray(coordinates, np.float32)
        if rows.ndim != 2 or rows.shape[1] > len(self.axes):
            raise InputError(f"coordinates has shape {rows.shape}, expected (n, m) with m <= {len(self.axes)}.")
        made = self.centre + rows @ self.axes[: rows.shape[1]]
        return np.asarray(np.rint(made.clip(0, 255)), np.uint8).reshape(len(rows), *self.shape)

    def sample(self, n: int, *, rng: Rng = None) -> Pictures:
        """(n, *shape) new pictures: points of the mixture, decoded."""
        return self.decode(self.mixture.sample(n, rng=rng))

    def means(self) -> Pictures:
        """(k, *shape) the means of the components as pictures, the heaviest first."""
        return self.decode(self.mixture.means[np.argsort(-self.mixture.weights, kind="stable")])

    def walk(self, n: int = 48, *, rng: Rng = None) -> Pictures:
        """(n, *shape) the way from one random picture to another one and back, slower at the ends: n frames of a loop.

        The way is straight along the principal components.
        """
        if not is_whole(n) or n < 2:
            raise InputError(f"{named('n')} is {n!r}: a walk has two pictures at least.")
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

    pictures: (n, h, w) greys or (n, h, w, 3) sRGB in 0..255. n_components: of the mixture. n_axes: principal
    components at most; those along which the pictures do not vary are left out.
    tol: in nats a picture; by default 0.001 a coordinate. The rest is as in `fit`; reg_covar is in squared greys.
    on_stage: called with what begins, in words.
    Returns what was learnt, and the fit. Raises InputError for malformed arguments, FitError as `fit` does.

    >>> import mixtura as mx
    >>> from sklearn.datasets import load_digits
    >>> digits = load_digits().images * 15
    >>> digits.shape
    (1797, 8, 8)
    >>> model, fit = mx.generate.learn(digits, 20, n_axes=30)
    >>> model.sample(5, rng=0).shape
    (5, 8, 8)
    """
    rows = _checked(pictures)
    if not is_whole(n_axes) or n_axes < 1:
        raise InputError(f"{named('n_axes')} is {n_axes!r}: give a whole number of principal components >= 1.")
    say = on_stage or (lambda stage: None)
    say("principal components")
    seed = int(np.random.default_rng(rng).integers(2**31)) if not isinstance(rng, int) else rng % 2**31
    centre, axes, variances, total, coordinates = _principal(rows, int(n_axes), seed)
    say("fitting")
    found = fit(
        coordinates,
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


def _checked(pictures: ArrayLike) -> NDArray[Any]:
    rows = np.asarray(pictures)
    if (
        not (rows.ndim == 3 or (rows.ndim == 4 and rows.shape[3] == 3))
        or 0 in rows.shape
        or rows.dtype.kind not in "uif"
    ):
        raise InputError(f"pictures is {rows.dtype} of shape {rows.shape}, expected (n, h, w) or (n, h, w, 3) numbers.")
    if len(rows) < 2:
        raise InputError("pictures has 1 picture: two at least are needed to vary.")
    if not (rows.min() >= 0 and rows.max() <= 255):  # so that NaN fails
        raise InputError(f"pictures runs from {rows.min():g} to {rows.max():g}, expected values in 0..255.")
    return rows


def _principal(
    rows: NDArray[Any], n_axes: int, seed: int
) -> tuple[NDArray[np.float32], NDArray[np.float32], Array, float, NDArray[np.float32]]:
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


def _project(rows: NDArray[Any], centre: NDArray[np.float32], axes: NDArray[np.float32]) -> NDArray[np.float32]:
    out = np.empty((len(rows), len(axes)), np.float32)
    for start in range(0, len(rows), BLOCK):
        block = rows[start : start + BLOCK]
        out[start : start + BLOCK] = (block.reshape(len(block), -1).astype(np.float32) - centre) @ axes.T
    return out
