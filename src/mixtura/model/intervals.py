"""The standard normal between two ends: its mass, mean and variance, and samples, also far out and very thin.

All functions take arrays of ends that broadcast, a < b, infinite where open.
"""

from __future__ import annotations

import numpy as np

from ..arrays import Array
from .gaussian import LOG_2PI

THIN = 1e-3  # below, in units in which the density changes, a short series is more precise than differences
FAR = 3.0  # beyond, the tail is nearly exponential


def moments(a: Array, b: Array) -> tuple[Array, Array, Array]:
    """(ln mass, mean, variance) of a standard normal between a and b.

    The mass of a tail is phi(a) (R(a) - exp((a^2 - b^2) / 2) R(b)) with Mills' ratio R, which keeps its digits where
    the mass itself underflows. The variance far out is that of an exponential, good to a few digits.
    """
    from scipy.special import erfcx, log_ndtr

    with np.errstate(invalid="ignore", over="ignore", divide="ignore"):
        flip = ~(a + b >= 0) & ~np.isinf(b)  # NaN where all is open
        a, b = np.where(flip, -b, a), np.where(flip, -a, b)
        width = b - a
        middle = np.where(np.isinf(width), np.inf, 0.5 * (a + b))
        fall = 0.5 * width * (a + b)  # ln phi(a) - ln phi(b) >= 0
        fall = np.where(np.isnan(fall), 0.0, fall)
        # From the ends.
        tail = a > 0
        beyond = np.exp(-fall)
        mills = np.sqrt(0.5 * np.pi) * (erfcx(a / np.sqrt(2)) - beyond * erfcx(b / np.sqrt(2)))
        outer = np.exp(log_ndtr(a)) + np.exp(log_ndtr(-b))
        log_phi = -0.5 * (np.square(a) + LOG_2PI)
        log_mass = np.where(tail, log_phi + np.log(mills), np.log1p(-outer))
        edge = np.where(tail, 1.0 / mills, np.exp(log_phi - log_mass))  # phi(a) / mass
        mean = edge * -np.expm1(-fall)
        slope = np.where(np.isinf(a), 0.0, a * edge) - np.where(np.isinf(b), 0.0, b * edge * beyond)
        variance = 1.0 + slope - np.square(mean)
        # Far out or narrow: an exponential of rate a, cut at the width.
        rate = np.maximum(a, FAR)
        run = rate * width
        cut = np.where(run > 500, 0.0, np.square(run) * np.exp(-run) / np.square(np.expm1(-run)))
        variance = np.where((a > 10 * FAR) | (width < 0.1), (1.0 - cut) / np.square(rate), variance)
        # Thin: constant but for two terms.
        thin = width * np.maximum(1.0, middle) < THIN
        flat = np.log(width) - 0.5 * (np.square(middle) + LOG_2PI)
        log_mass = np.where(thin, flat + np.square(width) * (np.square(middle) - 1.0) / 24.0, log_mass)
        mean = np.where(thin, middle * (1.0 - np.square(width) / 12.0), mean)
        variance = np.where(thin, np.square(width) / 12.0, np.clip(variance, 1e-30, 1.0))
    return log_mass, np.where(flip, -mean, mean), variance


def draw(a: Array, b: Array, generator: np.random.Generator) -> Array:
    """One independent sample between each pair of ends (n,)."""
    from scipy.special import ndtr, ndtri

    flip = np.abs(a) > np.abs(b)  # then the left end is the nearer to 0, or the lower of two around it
    a, b = np.where(flip, -b, a), np.where(flip, -a, b)
    out = np.empty(a.shape)
    steep = (a > FAR) | (b - a < THIN)
    plain = np.flatnonzero(~steep)
    # By the quantile, from the upper tail, where probabilities keep their digits.
    top, bottom = ndtr(-a[plain]), ndtr(-b[plain])
    out[plain] = -ndtri(bottom + (top - bottom) * generator.uniform(size=len(plain)))
    left = np.flatnonzero(steep)
    while len(left):  # an exponential of rate a from the left end, accepted nearly always
        start, width = a[left], b[left] - a[left]
        with np.errstate(divide="ignore", invalid="ignore"):
            share = generator.uniform(size=len(left))
            curved = -np.log1p(share * np.expm1(-start * width)) / start
            step = np.where(np.abs(start) * width < 1e-12, share * width, curved)
        out[left] = start + step
        left = left[generator.uniform(size=len(left)) > np.exp(-0.5 * np.square(step))]
    out = np.clip(out, a, b)
    return np.where(flip, -out, out)


def quantiles(a: Array, b: Array, share: Array) -> Array:
    """Where each standard normal between its ends (n,) has that share of its mass below, 0 < share < 1."""
    from scipy.special import log_ndtr, ndtri_exp

    flip = np.abs(a) > np.abs(b)  # then the left end is the nearer to 0, or the lower of two around it
    a, b = np.where(flip, -b, a), np.where(flip, -a, b)
    share = np.where(flip, 1.0 - share, share)
    top = log_ndtr(-a)  # of the upper tail, where probabilities keep their digits
    with np.errstate(invalid="ignore"):
        out = np.clip(-ndtri_exp(top + np.log1p(share * np.expm1(log_ndtr(-b) - top))), a, b)
    return np.where(flip, -out, out)
