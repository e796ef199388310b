"""How strong the noise of a picture is: that under which its patches are likeliest."""

from __future__ import annotations

import math
import warnings
from typing import Any

import numpy as np
from scipy.optimize import minimize_scalar
from scipy.special import logsumexp

from ..arrays import Singles
from ..errors import MixturaWarning, named
from ..kernels.threads import single_blas
from .planes import Planes, padded
from .prior import PatchMixture, standard

DRAWN = 1000  # patches that are asked
RANGE = 0.25, 150.0
COARSE, FAINT = 1.6, 18.0  # noise that falls by less when pixels are averaged, and is stronger, is not white


def noise(picture: Any, *, prior: PatchMixture | None = None) -> float:
    """Estimate the standard deviation of white noise in a picture.

    Parameters
    ----------
    picture : array_like, shape (h, w), (h, w, 3) or (h, w, 4)
        Greys or colours in 0..255.
    prior : PatchMixture, optional
        By default `standard`.

    Returns
    -------
    float
        In steps of 255; at least 0.25, which is less than rounding to bytes leaves.

    Raises
    ------
    InputError
        If it is no picture.

    Warns
    -----
    MixturaWarning
        If the noise does not fall as it would if each pixel had its own: then it is coarser than pixels (after JPEG,
        scaling or demosaicing), and more of it would be seen as picture.

    Notes
    -----
    The likelihood is that of the mixture with the noise added to its covariances, over 1,000 patches from the whole
    picture, of those that nothing clipped if these are enough. Of colours, it is asked of the brightness.
    """
    prior = prior or standard()
    parts = Planes.of(picture)
    plane = parts.planes[0]
    brightness = plane / math.sqrt(3.0) if len(parts.planes) == 3 else plane
    scale = math.sqrt(3.0) if len(parts.planes) == 3 else 1.0
    found = scale * likeliest_noise(padded(brightness, prior.size), prior)
    height, width = (length // 2 * 2 for length in plane.shape)
    if min(height, width) >= 4 * prior.size:
        half = brightness[:height, :width].reshape(height // 2, 2, width // 2, 2).mean(axis=(1, 3))
        coarse = 2.0 * scale * likeliest_noise(half, prior)
        if coarse > FAINT + COARSE * found:
            warnings.warn(
                MixturaWarning(
                    f"the noise is coarser than a pixel: {found:.1f} steps of 255 by pixels, but {coarse:.1f} by "
                    f"squares of two; if too much is left, give {named('sigma')} a number, or shrink the picture to a "
                    f"half first."
                ),
                stacklevel=2,
            )
    return found


@single_blas()
def likeliest_noise(plane: Singles, prior: PatchMixture) -> float:
    """The noise under which patches of a plane are likeliest.

    Parameters
    ----------
    plane : ndarray of float32, shape (h, w)
        As large as a patch at least; in the units of the prior.
    prior : PatchMixture
        Of patches without noise.

    Returns
    -------
    float
    """
    size, mixture = prior.size, prior.mixture
    draw = np.random.default_rng(0)
    view = np.lib.stride_tricks.sliding_window_view(plane, (size, size))
    tops, lefts = (draw.integers(side, size=2 * DRAWN) for side in view.shape[:2])
    rows = np.array(view[tops, lefts], np.float32).reshape(len(tops), -1)
    clipped = (rows.min(axis=1) <= 0.5) | (rows.max(axis=1) >= 254.5)
    rows = rows[~clipped] if (~clipped).sum() >= DRAWN // 4 else rows
    rows = rows[:DRAWN]
    rows -= rows.mean(axis=1, keepdims=True)
    energies = np.einsum("nd,nd->n", rows, rows)[:, None]  # (n, 1)
    _, r, d = mixture.axes.shape
    squares = [np.square(rows @ mixture.axes[:, j].T.astype(np.float32)) for j in range(r)]  # r of (n, k)
    free = d - 1 - r  # what a patch without its mean has beside the axes

    def cost(log: float) -> float:
        variances, tails = mixture.variances + math.exp(2 * log), mixture.tails * (d - r) / free + math.exp(2 * log)
        logs = np.log(variances).sum(axis=1) + free * np.log(tails)
        halves = (0.5 / tails).astype(np.float32)
        joint = (np.log(mixture.weights) - 0.5 * logs).astype(np.float32) - energies * halves
        more = (0.5 / tails[:, None] - 0.5 / variances).astype(np.float32)
        for square, gain in zip(squares, more.T, strict=True):
            joint += square * gain
        return -float(logsumexp(joint, axis=1).mean())

    found = minimize_scalar(
        cost, bounds=(math.log(RANGE[0]), math.log(RANGE[1])), method="bounded", options={"xatol": 0.02}
    )
    return math.exp(float(found.x))
