"""Image quality against an original: PSNR and SSIM."""

from __future__ import annotations

import math

import numpy as np

from ..arrays import Array, Numbers
from ..errors import InputError
from .image import grey

SIGMA, RADIUS = 1.5, 5  # of the window, in pixels
C1, C2 = (0.01 * 255) ** 2, (0.03 * 255) ** 2
_ROWS = 256  # at once


def psnr(picture: Numbers, original: Numbers) -> float:
    """Compute the peak signal-to-noise ratio over all pixels and channels.

    Parameters
    ----------
    picture, original : ndarray, shape (h, w, 3)
        sRGB values in 0..255.

    Returns
    -------
    float
        10 log10(255^2 / mean squared error), in dB; infinite for equal pictures.

    Raises
    ------
    InputError
        If the shapes differ, or are not (h, w, 3).
    """
    _check_alike(picture, original)
    total = 0.0
    for row in range(0, len(original), _ROWS):
        error = picture[row : row + _ROWS].astype(np.float32) - original[row : row + _ROWS]
        total += float(np.square(error).sum(dtype=np.float64))  # of bytes, exact
    return 10 * math.log10(255.0**2 * original.size / total) if total else math.inf


def ssim(picture: Numbers, original: Numbers, *, n_threads: int | None = None) -> float:
    """Compute the mean structural similarity of the greys.

    Parameters
    ----------
    picture, original : ndarray, shape (h, w, 3)
        sRGB values in 0..255.
    n_threads : int, optional
        By default as many as there are cores.

    Returns
    -------
    float
        At most 1, which equal pictures have.

    Raises
    ------
    InputError
        If the shapes differ, or are not (h, w, 3).

    Notes
    -----
    Gaussian windows of sigma 1.5, here 11 pixels wide; K1 = 0.01, K2 = 0.03. The mean is over the pixels whose whole
    window lies in the picture; of a picture with fewer than 11 pixels a side, over all. Costs O(h w).

    References
    ----------
    Wang, Bovik, Sheikh and Simoncelli 2004, "Image quality assessment: from error visibility to structural
    similarity".
    """
    from scipy.ndimage import gaussian_filter1d

    from ..kernels import threads

    _check_alike(picture, original)
    height, width = original.shape[:2]
    edge = RADIUS if min(height, width) > 2 * RADIUS else 0

    def blur(rows: Array) -> Array:
        across = gaussian_filter1d(rows, SIGMA, axis=1, radius=RADIUS)
        return np.asarray(gaussian_filter1d(across, SIGMA, axis=0, radius=RADIUS))

    def of(strip: tuple[int, int]) -> float:
        begin, end = strip
        low, high = max(0, begin - RADIUS), min(height, end + RADIUS)
        x, y = (grey(each[low:high]).astype(np.float64) for each in (picture, original))
        mean_x, mean_y = blur(x), blur(y)
        variance_x, variance_y = blur(x * x) - mean_x**2, blur(y * y) - mean_y**2
        covariance = blur(x * y) - mean_x * mean_y
        alike = (2 * mean_x * mean_y + C1) * (2 * covariance + C2)
        alike /= (mean_x**2 + mean_y**2 + C1) * (variance_x + variance_y + C2)
        return float(alike[begin - low : end - low, edge : width - edge].sum())

    strips = [(row, min(row + _ROWS, height - edge)) for row in range(edge, height - edge, _ROWS)]
    total = math.fsum(threads.spread(of, strips, n_threads))
    return float(total / ((height - 2 * edge) * (width - 2 * edge)))


def _check_alike(picture: Numbers, original: Numbers) -> None:
    if picture.shape != original.shape or original.ndim != 3 or original.shape[2] != 3 or 0 in original.shape:
        raise InputError(f"the pictures have the shapes {picture.shape} and {original.shape}: both must be (h, w, 3).")
